//! RC2 (PKCS#11 2.40's historical mechanisms; RFC 2268): for what was encrypted long ago.

use super::block::{self, BlockCipher};
use super::{Mechanism, Params, Shape, Unit, secret};
use crate::error::{Error, Result};
use ::rc2::Rc2;
use cryptoki_sys::*;

/// The rows of RC2.
pub const ROWS: &[Mechanism] = &[
    row(CKM_RC2_KEY_GEN).generates(secret::generate),
    block::ecb::<Rc2>(row(CKM_RC2_ECB)).params(Shape::Rc2),
    block::cbc::<Rc2>(row(CKM_RC2_CBC)).params(Shape::Rc2Iv),
    block::cbc_pad::<Rc2>(row(CKM_RC2_CBC_PAD)).params(Shape::Rc2Iv),
    block::cbc_mac::<Rc2>(row(CKM_RC2_MAC)).params(Shape::Rc2),
    block::cbc_mac::<Rc2>(row(CKM_RC2_MAC_GENERAL)).params(Shape::Rc2MacLength),
];

/// The longest key, in bytes.
const MAX_BYTES: usize = 128;

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_RC2], 1, MAX_BYTES as CK_ULONG, Unit::Bytes)
}

impl BlockCipher for Rc2 {
    /// All bits of the key count.
    fn keyed(key: &[u8]) -> Result<Self> {
        effective(key, key.len().saturating_mul(8))
    }

    fn begun(key: &[u8], params: &Params) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let Params::Rc2 { effective_bits, .. } = params else { return Err(invalid) };
        let bits = usize::try_from(*effective_bits).ok().filter(|bits| (1..=MAX_BYTES * 8).contains(bits));
        effective(key, bits.ok_or(invalid)?)
    }
}

/// The crate has no error of its own: it wants these lengths, and up to 1024 bits.
fn effective(key: &[u8], bits: usize) -> Result<Rc2> {
    if (1..=MAX_BYTES).contains(&key.len()) {
        Ok(Rc2::new_with_eff_key_len(key, bits))
    } else {
        Err(Error::KeySizeRange)
    }
}
