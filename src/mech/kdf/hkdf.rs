//! HKDF (PKCS#11 3.2, section 6.62; RFC 5869).

use super::params::Salt;
use super::prf::{Prf, stream};
use super::{Form, KdfParams, from_secrets, kdf_params};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::mech::derive::{Described, Ingredients, Outcome, Wanted, Wish, one_key};
use crate::mech::secret::{self, MAX_BYTES};
use crate::mech::{Mechanism, Params, Unit};
use crate::object::template::Attributes;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_HKDF_DERIVE).derives_by(one_key, derive),
    row(CKM_HKDF_DATA).derives_by(one_data_object, derive),
    Mechanism::new(CKM_HKDF_KEY_GEN).secret_keys(&[CKK_HKDF], 1, MAX_BYTES, Unit::Bytes).generates(secret::generate),
];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    from_secrets(id, Form::Hkdf, &[CKK_HKDF, CKK_GENERIC_SECRET]).from_data()
}

fn one_data_object(_: &Mechanism, _: &Params, _: &Attributes) -> Result<Vec<Wish>> {
    Ok(vec![Wish::new(CKO_DATA, Described::ByCall)])
}

/// The standard wants a base key as long as the hash. That would leave out what HKDF is used for, the secrets of key
/// agreements (X25519 with SHA-384 in TLS 1.3, say): so only what is expanded without being extracted must have that
/// length, or more, as RFC 5869 wants it.
fn derive(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let KdfParams::Hkdf { extract, expand, hash, salt, info } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    let hash = Hash::of_mechanism(*hash).ok_or(Error::MechanismParamInvalid)?;
    let is_data = keys.base.key_type.is_none();
    if !(*extract || *expand) || (is_data && !(*extract && *salt != Salt::Null)) {
        return Err(Error::MechanismParamInvalid);
    }
    let base = keys.base.value()?;
    if (is_data && base.len() != hash.output_len()) || (!extract && base.len() < hash.output_len()) {
        return Err(Error::KeySizeRange);
    }
    let (prf, wanted) = (Prf::Hmac(hash), Wanted::only(wanted)?);
    let key = if *extract {
        let salt = match salt {
            // HMAC fills up a key with zeros: no salt is the same as that of zeros.
            Salt::Null => &[][..],
            Salt::Data(salt) => salt,
            Salt::Key(_) => keys.other(0)?.value()?,
        };
        prf.of(salt, &[base])?
    } else {
        Zeroizing::new(base.to_vec())
    };
    if !expand {
        // The length of the hash "may be set, but that is not necessary".
        let length = wanted.out_of(key.len())?;
        return if length == key.len() { Ok(Outcome::value(key)) } else { Err(Error::KeySizeRange) };
    }
    let length = wanted.at_most(255 * hash.output_len())?;
    let okm = stream(length, &[], |before, number| prf.of(&key, &[before, info, &[number as u8]]))?;
    Ok(Outcome::value(okm))
}
