//! Keys derived by encrypting data ("Key derivation by data encryption", sections 6.17 and others).

use super::{BlockCipher, blocks};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use zeroize::Zeroizing;

/// The first bytes of the ciphertext, or all where nobody tells a length. `MechanismParamInvalid` for data that is not
/// whole blocks, `DataLenRange` if it is too little.
pub(super) fn derive<C: BlockCipher>(
    mechanism: &Mechanism,
    params: &Params,
    base: &Key,
    wanted: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>> {
    let (mode, data) = match params {
        Params::Data(data) => (Params::None, data),
        Params::IvAndData { iv, data } => (Params::Iv(iv.clone()), data),
        _ => return Err(Error::MechanismParamInvalid),
    };
    if data.is_empty() || data.len() % C::BLOCK != 0 {
        return Err(Error::MechanismParamInvalid);
    }
    let length = wanted.unwrap_or(data.len());
    if length > data.len() {
        return Err(Error::DataLenRange);
    }
    let mut value = Zeroizing::new(vec![0; data.len()]);
    blocks::encrypt::<C>(mechanism, &mode, base)?.one_shot(data, &mut value)?;
    value.truncate(length);
    Ok(value)
}
