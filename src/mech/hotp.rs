//! One-time passwords by a counter (PKCS#11 3.2, sections "OTP" and "OATH HOTP"; RFC 4226).
//!
//! A signature is a password. If the counter is the key's own, it is advanced before the password is given away, so that no two
//! callers get the same. Verification takes the counter from its parameter, as the standard wants it, and looks no further: how
//! far somebody may be ahead is for the server to say, which keeps the counter.

use super::hmac;
use super::{Mechanism, Params, Place, Shape, Spends, secret};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::hotp::{self, DIGITS, HotpKey};
use crate::object::template::{Attributes, Contribution, Value, ulong};
use crate::op::Verify;
use core::mem::offset_of;
use cryptoki_sys::*;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The rows. RFC 4226 demands keys of 16 bytes, but those of 10 that enrolment codes have must work.
pub const ROWS: &[Mechanism] = &[
    row(CKM_HOTP_KEY_GEN).generates(secret::generate),
    row(CKM_HOTP).params(Shape::Otp).spends(Spends { bound, sign }, verify),
];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).otp_keys(&[CKK_HOTP], 10, 64).hash(Hash::Sha1)
}

fn bound(_: &Mechanism, params: &Params, key: &Key) -> Result<usize> {
    let asked = Asked::of(params, hotp_key(key)?)?;
    Ok(information(&vec![0; asked.digits], 0, Place(0)).len())
}

fn sign(
    _: &Mechanism,
    params: &Params,
    key: &Key,
    attributes: &Attributes,
    data: &[u8],
    place: Place,
) -> Result<(Vec<u8>, Contribution)> {
    if !data.is_empty() {
        return Err(Error::DataLenRange);
    }
    let key = hotp_key(key)?;
    let asked = Asked::of(params, key)?;
    let counter = asked.counter(asked.counter.map_or_else(|| hotp::counter(attributes), Ok)?)?;
    let changes = match (asked.counter, counter.checked_add(1)) {
        (Some(_), _) => Vec::new(),
        (None, Some(next)) => vec![(CKA_OTP_COUNTER, Value::bytes(next.to_be_bytes()))],
        (None, None) => return Err(Error::KeyExhausted),
    };
    Ok((information(password(&key.value, counter, asked.digits)?.as_bytes(), counter, place), changes))
}

fn verify(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = hotp_key(key)?;
    let asked = Asked::of(params, key)?;
    let counter = asked.counter.and_then(|given| asked.counter(given).ok()).ok_or(Error::MechanismParamInvalid)?;
    Ok(Box::new(Expected(password(&key.value, counter, asked.digits)?)))
}

fn hotp_key(key: &Key) -> Result<&HotpKey> {
    match key {
        Key::Hotp(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

/// What is asked of a password.
struct Asked {
    counter: Option<u64>,
    next: bool,
    digits: usize,
}

/// Whatever a password may be asked for without, but the counter.
const HARMLESS: CK_FLAGS = CKF_NEXT_OTP | CKF_EXCLUDE_TIME | CKF_EXCLUDE_CHALLENGE | CKF_EXCLUDE_PIN;

impl Asked {
    /// `MechanismParamInvalid` for what is not known here, comes twice, or contradicts the key.
    fn of(params: &Params, key: &HotpKey) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let Params::Otp(list) = params else { return Err(invalid) };
        let (mut counter, mut next, mut digits) = (None, false, key.digits);
        for (index, (kind, value)) in list.iter().enumerate() {
            if list.iter().take(index).any(|(earlier, _)| earlier == kind) {
                return Err(invalid);
            }
            let number = || ulong(value).ok_or(invalid);
            match *kind {
                CK_OTP_COUNTER => counter = Some(u64::from_be_bytes(value[..].try_into().map_err(|_| invalid)?)),
                CK_OTP_OUTPUT_LENGTH => digits = number()?,
                CK_OTP_OUTPUT_FORMAT if number()? == CK_OTP_FORMAT_DECIMAL => {}
                CK_OTP_FLAGS => {
                    let friendly = if key.user_friendly { CKF_USER_FRIENDLY_OTP } else { 0 };
                    if number()? & !(HARMLESS | friendly) != 0 {
                        return Err(invalid);
                    }
                    next = number()? & CKF_NEXT_OTP != 0;
                }
                // The key's attributes say that they are ignored.
                CK_OTP_PIN | CK_OTP_CHALLENGE | CK_OTP_TIME => {}
                _ => return Err(invalid),
            }
        }
        match key.counter_requirement {
            CK_OTP_PARAM_MANDATORY if counter.is_none() => return Err(invalid),
            CK_OTP_PARAM_IGNORED => counter = None,
            _ => {}
        }
        let digits = Some(digits).filter(|digits| DIGITS.contains(digits)).ok_or(invalid)? as usize;
        Ok(Self { counter, next, digits })
    }

    /// The counter, or the one after it. `KeyExhausted` if there is none.
    fn counter(&self, first: u64) -> Result<u64> {
        first.checked_add(self.next.into()).ok_or(Error::KeyExhausted)
    }
}

/// The password of a counter (RFC 4226, section 5.3).
fn password(key: &[u8], counter: u64, digits: usize) -> Result<Zeroizing<String>> {
    let mut mac = hmac::keyed(Hash::Sha1, key);
    mac.update(&counter.to_be_bytes());
    let mac = mac.finish();
    let offset = usize::from(mac.last().ok_or(Error::GeneralError)? & 0xf);
    let (word, _) = mac.get(offset..).and_then(<[u8]>::split_first_chunk).ok_or(Error::GeneralError)?;
    let number = u32::from_be_bytes(*word) & 0x7fff_ffff;
    let all = format!("{number:010}");
    Ok(Zeroizing::new(all.get(all.len().saturating_sub(digits)..).unwrap_or_default().into()))
}

/// A password to be compared with.
struct Expected(Zeroizing<String>);

impl Verify for Expected {
    fn update(&mut self, data: &[u8]) -> Result<()> {
        if data.is_empty() { Ok(()) } else { Err(Error::DataLenRange) }
    }

    fn finish(&mut self, signature: &[u8]) -> Result<()> {
        match self.0.as_bytes() {
            expected if expected.len() != signature.len() => Err(Error::SignatureLenRange),
            expected if bool::from(expected.ct_eq(signature)) => Ok(()),
            _ => Err(Error::SignatureInvalid),
        }
    }
}

/// `CK_OTP_SIGNATURE_INFO` with all that it points to behind it, as it will be in the caller's memory: the password, and the
/// counter that it is made of.
fn information(password: &[u8], counter: u64, place: Place) -> Vec<u8> {
    const HEAD: usize = size_of::<CK_OTP_SIGNATURE_INFO>();
    const PARAM: usize = size_of::<CK_OTP_PARAM>();
    let counter = counter.to_be_bytes();
    let values = [(CK_OTP_VALUE, password), (CK_OTP_COUNTER, &counter)];
    let mut out = vec![0; HEAD + values.len() * PARAM];
    let mut put = |start: usize, bytes: &[u8]| {
        out.iter_mut().skip(start).zip(bytes).for_each(|(to, from)| *to = *from);
    };
    let address = |offset: usize| place.0.wrapping_add(offset).to_ne_bytes();
    put(offset_of!(CK_OTP_SIGNATURE_INFO, pParams), &address(HEAD));
    put(offset_of!(CK_OTP_SIGNATURE_INFO, ulCount), &(values.len() as CK_ULONG).to_ne_bytes());
    let mut end = HEAD + values.len() * PARAM;
    for (index, (kind, value)) in values.iter().enumerate() {
        let start = HEAD + index * PARAM;
        put(start + offset_of!(CK_OTP_PARAM, type_), &kind.to_ne_bytes());
        put(start + offset_of!(CK_OTP_PARAM, pValue), &address(end));
        put(start + offset_of!(CK_OTP_PARAM, ulValueLen), &(value.len() as CK_ULONG).to_ne_bytes());
        end += value.len();
    }
    values.iter().for_each(|(_, value)| out.extend_from_slice(value));
    out
}
