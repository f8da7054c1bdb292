//! RC2 (PKCS#11 2.40's historical mechanisms; RFC 2268): for what was encrypted long ago.

use super::block::{self, Begun};
use super::{Mechanism, Params, Shape, Unit, secret};
use crate::block_cipher::{RC2_MAX_BYTES, Rc2, rc2_effective};
use crate::error::{Error, Result};
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

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_RC2], 1, RC2_MAX_BYTES as CK_ULONG, Unit::Bytes)
}

impl Begun for Rc2 {
    fn begun(key: &[u8], params: &Params) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let Params::Rc2 { effective_bits, .. } = params else { return Err(invalid) };
        let bits = usize::try_from(*effective_bits).ok().filter(|bits| (1..=RC2_MAX_BYTES * 8).contains(bits));
        rc2_effective(key, bits.ok_or(invalid)?)
    }
}
