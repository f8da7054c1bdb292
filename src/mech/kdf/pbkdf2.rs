//! PBKDF2 (PKCS#11 3.2, section 6.40; RFC 8018): secret keys of any type out of passwords.

use super::{Form, KdfParams, kdf_params};
use crate::error::{Error, Result};
use crate::key;
use crate::mech::secret::MAX_BYTES;
use crate::mech::{Mechanism, Params, Shape, Unit};
use crate::object::template::{Attributes, Contribution, Read, Value};
use cryptoki_sys::*;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use zeroize::Zeroizing;

/// The row.
pub const ROWS: &[Mechanism] = &[Mechanism::new(CKM_PKCS5_PBKD2)
    .secret_keys(&[], 1, MAX_BYTES, Unit::Bytes)
    .params(Shape::Kdf(Form::Pbkdf2))
    .generates(generate)];

/// Ten times what anybody asks for today; beyond it lie calls that do not end.
pub(super) const MOST_ITERATIONS: CK_ULONG = 1 << 24;

fn generate(_: &Mechanism, params: &Params, template: &Attributes) -> Result<Contribution> {
    let KdfParams::Pbkdf2 { salt, iterations, prf, password } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    if !(1..=MOST_ITERATIONS).contains(iterations) {
        return Err(Error::MechanismParamInvalid);
    }
    let function = match *prf {
        CKP_PKCS5_PBKD2_HMAC_SHA1 => pbkdf2_hmac::<Sha1>,
        CKP_PKCS5_PBKD2_HMAC_SHA224 => pbkdf2_hmac::<Sha224>,
        CKP_PKCS5_PBKD2_HMAC_SHA256 => pbkdf2_hmac::<Sha256>,
        CKP_PKCS5_PBKD2_HMAC_SHA384 => pbkdf2_hmac::<Sha384>,
        CKP_PKCS5_PBKD2_HMAC_SHA512 => pbkdf2_hmac::<Sha512>,
        CKP_PKCS5_PBKD2_HMAC_SHA512_224 => pbkdf2_hmac::<Sha512_224>,
        CKP_PKCS5_PBKD2_HMAC_SHA512_256 => pbkdf2_hmac::<Sha512_256>,
        _ => return Err(Error::MechanismParamInvalid),
    };
    let given = template.ulong(CKA_VALUE_LEN).map(usize::try_from).transpose();
    let given = given.map_err(|_| Error::AttributeValueInvalid)?;
    let fixed = template.ulong(CKA_KEY_TYPE).and_then(key::fixed_length);
    let length = given.or(fixed).ok_or(Error::TemplateIncomplete)?;
    if !(1..=MAX_BYTES as usize).contains(&length) {
        return Err(Error::AttributeValueInvalid);
    }
    let mut value = Zeroizing::new(vec![0; length]);
    function(password, salt, *iterations as u32, &mut value);
    Ok(vec![(CKA_VALUE, Value::Bytes(value.into()))])
}
