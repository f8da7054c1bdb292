//! Secret keys of any length (PKCS#11 3.2, section 6.8): generation of generic secrets, and of all other keys that are
//! nothing but random bytes.

use super::{Mechanism, Params, Unit};
use crate::error::{Error, Result};
use crate::key;
use crate::object::template::{Attributes, Contribution, Read, Value};
use crate::random;
use cryptoki_sys::*;

/// The rows of generic secrets.
pub const ROWS: &[Mechanism] = &[Mechanism::new(CKM_GENERIC_SECRET_KEY_GEN)
    .secret_keys(&[CKK_GENERIC_SECRET], 8, MAX_BYTES * 8, Unit::Bits)
    .generates(generate)];

/// The longest secret key that is generated or used for a MAC, in bytes: more than anybody needs, and little enough to
/// make for anybody who asks.
pub const MAX_BYTES: CK_ULONG = 1 << 16;

/// Generates `CKA_VALUE` of `CKA_VALUE_LEN` random bytes, or of as many as all keys of the type have.
///
/// `TemplateIncomplete` without a length, `AttributeValueInvalid` if it is not within the mechanism's limits.
pub fn generate(mechanism: &Mechanism, _: &Params, template: &Attributes) -> Result<Contribution> {
    let fixed = || Some(key::fixed_length(*mechanism.key_types.first()?)? as CK_ULONG);
    let length = template.ulong(CKA_VALUE_LEN).or_else(fixed).ok_or(Error::TemplateIncomplete)?;
    let size = match mechanism.unit {
        Unit::Bits => length.checked_mul(8),
        Unit::Bytes => Some(length),
    };
    let (min, max) = mechanism.sizes;
    if size.is_none_or(|size| !(min..=max).contains(&size)) {
        return Err(Error::AttributeValueInvalid);
    }
    let length = usize::try_from(length).map_err(|_| Error::AttributeValueInvalid)?;
    Ok(vec![(CKA_VALUE, Value::Bytes(random::secret(length)?.into()))])
}
