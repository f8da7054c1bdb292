//! Keys derived by encrypting data ("Key derivation by data encryption", sections 6.17, 6.34 and 6.36).

use super::{WholeBlocks, blocks};
use crate::buffer;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use zeroize::Zeroizing;

/// The first bytes of the data's encryption in ECB or, with an initialisation vector, in CBC; all of it where the template
/// does not tell the length.
///
/// `MechanismParamInvalid` for data that is not made of whole blocks, `DataLenRange` for data that is too short.
pub(super) fn derive<M: WholeBlocks>(
    mechanism: &Mechanism,
    params: &Params,
    key: &Key,
    wanted: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>> {
    let Params::EncryptData { iv, data } = params else { return Err(Error::MechanismParamInvalid) };
    if !data.len().is_multiple_of(M::BLOCK) {
        return Err(Error::MechanismParamInvalid);
    }
    let length = wanted.unwrap_or(data.len());
    if data.is_empty() || length > data.len() {
        return Err(Error::DataLenRange);
    }
    let mode = iv.clone().map_or(Params::None, Params::Iv);
    let mut value = buffer::zeros(data.len())?;
    blocks::encrypt::<M>(mechanism, &mode, key)?.one_shot(data, &mut value)?;
    value.truncate(length);
    Ok(value)
}
