//! The simple derivations (PKCS#11 3.2, section 6.43, "Miscellaneous simple key derivation mechanisms").
//!
//! They give away what they are made of piece by piece, if a key may be shorter than its base: so from a key whose value
//! is hidden they take much or nothing ([`Ingredient::fewest`]). And what they put beside a hidden value is known to the caller, so
//! that a piece of the whole may hold one unknown byte and many known ones: such keys are marked ([`MIXED`]), and taken whole only.

use super::{Form, KdfParams, from_any_secret, kdf_params};
use crate::error::{Error, Result};
use crate::mech::derive::{Ingredient, Ingredients, Outcome, Wanted, one_key};
use crate::mech::{Mechanism, Params};
use crate::object::rules::MIXED;
use crate::object::template::Value;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    from_any_secret(CKM_CONCATENATE_BASE_AND_KEY, Form::Key).derives_by(one_key, base_and_key),
    from_any_secret(CKM_CONCATENATE_BASE_AND_DATA, Form::Data).derives_by(one_key, base_and_data),
    from_any_secret(CKM_CONCATENATE_DATA_AND_BASE, Form::Data).derives_by(one_key, data_and_base),
    from_any_secret(CKM_XOR_BASE_AND_DATA, Form::Data).derives_by(one_key, xor),
    from_any_secret(CKM_EXTRACT_KEY_FROM_KEY, Form::Bit).derives_by(one_key, extract),
];

fn base_and_key(_: &Mechanism, _: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    concatenation(&[Part::Key(&keys.base), Part::Key(keys.other(0)?)], wanted)
}

fn base_and_data(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    concatenation(&[Part::Key(&keys.base), Part::Data(data(params)?)], wanted)
}

fn data_and_base(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    concatenation(&[Part::Data(data(params)?), Part::Key(&keys.base)], wanted)
}

/// As many bytes as the shorter of key and data has, or fewer.
fn xor(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let (base, data) = (keys.base.value()?, data(params)?);
    let length = Wanted::only(wanted)?.out_of(base.len().min(data.len()))?;
    let value = base.iter().zip(data).map(|(one, other)| one ^ other).take(length).collect();
    piece(&keys.base, Zeroizing::new(value))
}

/// Consecutive bits of the base key, from one of them on and round its end.
fn extract(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let KdfParams::Bit(first) = kdf_params(params)? else { return Err(Error::MechanismParamInvalid) };
    let base = keys.base.value()?;
    let first = usize::try_from(*first).map_err(|_| Error::MechanismParamInvalid)?;
    let (byte, shift) = (first / 8, first % 8);
    if byte >= base.len() {
        return Err(Error::MechanismParamInvalid);
    }
    let length = Wanted::only(wanted)?.out_of(base.len())?;
    let bytes = base.iter().cycle().skip(byte);
    let value = bytes.clone().zip(bytes.skip(1)).take(length);
    let value = value.map(|(one, next)| (u16::from_be_bytes([*one, *next]) << shift).to_be_bytes()[0]);
    piece(&keys.base, Zeroizing::new(value.collect()))
}

/// A key of bytes of one other. `KeySizeRange` if it takes too few of them.
fn piece(base: &Ingredient<'_>, value: Zeroizing<Vec<u8>>) -> Result<Outcome> {
    if value.len() < base.fewest { Err(Error::KeySizeRange) } else { Ok(outcome(value, base.is_mixed())) }
}

fn outcome(value: Zeroizing<Vec<u8>>, mixed: bool) -> Outcome {
    let mark = mixed.then_some((MIXED, Value::Bool(true)));
    Outcome::object([(CKA_VALUE, Value::Bytes(value.into()))].into_iter().chain(mark).collect())
}

/// What a concatenation is made of.
enum Part<'a> {
    Key(&'a Ingredient<'a>),
    Data(&'a [u8]),
}

/// The first bytes of the parts, one after the other. `KeySizeRange` if that takes too few bytes of a key.
fn concatenation(parts: &[Part<'_>], wanted: &[Wanted]) -> Result<Outcome> {
    let mut sized = Vec::with_capacity(parts.len());
    for part in parts {
        sized.push(match part {
            Part::Key(key) => (key.value()?, key.fewest, key.is_mixed()),
            Part::Data(data) => (*data, 0, false),
        });
    }
    let length = Wanted::only(wanted)?.out_of(sized.iter().map(|(bytes, ..)| bytes.len()).sum())?;
    let mut value = Zeroizing::new(Vec::with_capacity(length));
    let (mut hides, mut mixed, mut sources) = (false, false, 0);
    for (bytes, fewest, of_mixed) in sized {
        let taken = bytes.len().min(length - value.len());
        if taken > 0 && taken < fewest {
            return Err(Error::KeySizeRange);
        }
        if taken > 0 {
            hides |= fewest > 0;
            mixed |= of_mixed;
            sources += 1;
        }
        value.extend(bytes.iter().take(taken));
    }
    // Of two hidden keys one may be of the caller's own making.
    Ok(outcome(value, mixed || (hides && sources > 1)))
}

fn data(params: &Params) -> Result<&[u8]> {
    match kdf_params(params)? {
        KdfParams::Data(data) => Ok(data),
        _ => Err(Error::MechanismParamInvalid),
    }
}
