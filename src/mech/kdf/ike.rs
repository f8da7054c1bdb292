//! IKE (PKCS#11 3.2, section "IKE Mechanisms"; RFC 2409, RFC 7296).

use super::prf::{Prf, stream};
use super::{Form, KdfParams, from_any_secret, kdf_params};
use crate::error::{Error, Result};
use crate::mech::derive::{Ingredient, Ingredients, Outcome, Wanted, Wish, one_key};
use crate::mech::{Mechanism, Params};
use crate::object::template::{Attributes, Value};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    from_any_secret(CKM_IKE_PRF_DERIVE, Form::Ike).derives_by(plan_initial, initial),
    from_any_secret(CKM_IKE1_PRF_DERIVE, Form::Ike1).derives_by(plan_further, further),
    from_any_secret(CKM_IKE1_EXTENDED_DERIVE, Form::Ike1Extended).derives_by(one_key, extended),
    from_any_secret(CKM_IKE2_PRF_PLUS_DERIVE, Form::Ike2).derives_by(one_key, prf_plus),
];

/// "If CKA_KEY_TYPE is not specified in the template, it will be the underlying key type of the prf."
fn plan_initial(_: &Mechanism, params: &Params, _: &Attributes) -> Result<Vec<Wish>> {
    let KdfParams::Ike { prf, data_as_key, rekey, .. } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    if *data_as_key && rekey.is_some() {
        return Err(Error::ArgumentsBad);
    }
    let own = Prf::key_types(*prf).last().ok_or(Error::MechanismParamInvalid)?;
    Ok(vec![Wish::secret_key().suggesting(CKA_KEY_TYPE, &Value::Ulong(*own))])
}

/// SKEYID, or SKEYSEED.
fn initial(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let KdfParams::Ike { prf: id, data_as_key, rekey, nonces } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    let prf = Prf::of_mechanism(*id).ok_or(Error::MechanismParamInvalid)?;
    let value = if *data_as_key {
        keys.base.check_type(&[CKK_GENERIC_SECRET])?;
        prf.of(nonces, &[keys.base.value()?])
    } else {
        let base = key_of(*id, &keys.base)?;
        match rekey {
            None => prf.of(base, &[nonces]),
            Some(_) => prf.of(base, &[shared(keys.other(0)?)?, nonces]),
        }
    }?;
    match Wanted::only(wanted)?.length {
        Some(length) if length != value.len() => Err(Error::KeySizeRange),
        _ => Ok(Outcome::value(value)),
    }
}

/// "The value CKA_KEY_TYPE must be specified in the template."
fn plan_further(_: &Mechanism, _: &Params, _: &Attributes) -> Result<Vec<Wish>> {
    Ok(vec![Wish { type_must_be_named: true, ..Wish::secret_key() }])
}

/// SKEYID_d, _a and _e.
fn further(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let KdfParams::Ike1 { prf: id, previous, cookies, number, .. } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    let prf = Prf::of_mechanism(*id).ok_or(Error::MechanismParamInvalid)?;
    let base = key_of(*id, &keys.base)?;
    let previous = if previous.is_some() { keys.other(1)?.value()? } else { &[] };
    let mut value = prf.of(base, &[previous, shared(keys.other(0)?)?, cookies, &[*number]])?;
    let length = Wanted::only(wanted)?.length.unwrap_or(value.len());
    if !(1..=value.len()).contains(&length) {
        return Err(Error::KeySizeRange);
    }
    value.truncate(length);
    Ok(Outcome::value(value))
}

/// RFC 2409, appendix B, and quick mode (its section 5.5).
fn extended(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let Long { prf, base, first: seed_key, seed } = Long::new(params, keys, |key| shared(key))?;
    let length = Wanted::only(wanted)?.at_most(255 * prf.output_len())?;
    if length <= prf.output_len() && seed_key.is_none() {
        let value = base.get(..length).ok_or(Error::KeySizeRange)?;
        return Ok(Outcome::value(Zeroizing::new(value.to_vec())));
    }
    let shared = seed_key.unwrap_or_default();
    let value = stream(length, &[], |before, number| {
        let first_of_nothing = number == 1 && shared.is_empty() && seed.is_empty();
        prf.of(base, &[before, shared, if first_of_nothing { &[0] } else { seed }])
    })?;
    Ok(Outcome::value(value))
}

/// RFC 7296, section 2.13.
fn prf_plus(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let Long { prf, base, first: seed_key, seed } = Long::new(params, keys, |key| key.value())?;
    let length = Wanted::only(wanted)?.at_most(255 * prf.output_len())?;
    let first = seed_key.unwrap_or_default();
    Ok(Outcome::value(stream(length, &[], |before, number| prf.of(base, &[before, first, seed, &[number as u8]]))?))
}

/// What a long key is made of.
struct Long<'a> {
    prf: Prf,
    base: &'a [u8],
    /// The value of the seed's key.
    first: Option<&'a [u8]>,
    /// The rest of the seed.
    seed: &'a [u8],
}

impl<'a> Long<'a> {
    /// Reads it off the parameter; `key` judges the seed's key.
    fn new(
        params: &'a Params,
        keys: &'a Ingredients<'_>,
        key: fn(&'a Ingredient<'a>) -> Result<&'a [u8]>,
    ) -> Result<Self> {
        let KdfParams::IkeExtended { prf: id, seed_key, seed } = kdf_params(params)? else {
            return Err(Error::MechanismParamInvalid);
        };
        let prf = Prf::of_mechanism(*id).ok_or(Error::MechanismParamInvalid)?;
        let base = key_of(*id, &keys.base)?;
        let first = seed_key.map(|_| keys.other(0).and_then(key)).transpose()?;
        Ok(Self { prf, base, first, seed })
    }
}

/// The base key, which must be one of the function's.
fn key_of<'a>(prf: CK_MECHANISM_TYPE, base: &'a Ingredient<'_>) -> Result<&'a [u8]> {
    base.check_type(Prf::key_types(prf))?;
    base.value()
}

/// A shared secret, which must be a generic one.
fn shared<'a>(key: &'a Ingredient<'_>) -> Result<&'a [u8]> {
    key.check_type(&[CKK_GENERIC_SECRET])?;
    key.value()
}
