//! Keys for one-time passwords by a counter (PKCS#11 3.2, sections "OTP Key objects" and "OATH HOTP"; RFC 4226).

use super::secret::complete_any;
use super::{Key, KeyType};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Read, Value};
use core::ops::RangeInclusive;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The key type.
pub const TYPES: &[KeyType] =
    &[KeyType { id: CKK_HOTP, complete, parse, to_pkcs8: None, from_pkcs8: None, fixed_length: None }];

/// How many digits a password may have (RFC 4226, section 5.3).
pub const DIGITS: RangeInclusive<CK_ULONG> = 6..=8;

/// What a password depends on.
pub struct HotpKey {
    /// The secret.
    pub value: Zeroizing<Vec<u8>>,
    /// How many digits a password has if nobody says: one of [`DIGITS`].
    pub digits: CK_ULONG,
    /// Whether passwords may be asked for as people read them. They are digits in any case.
    pub user_friendly: bool,
    /// `CK_OTP_PARAM_…`: whether the caller brings the counter.
    pub counter_requirement: CK_ULONG,
}

impl HotpKey {
    fn of(attributes: &Attributes) -> Result<Self> {
        let number = |attribute| attributes.ulong(attribute).ok_or(Error::AttributeValueInvalid);
        let digits = number(CKA_OTP_LENGTH)?;
        let key = Self {
            value: Zeroizing::new(attributes.required(CKA_VALUE)?.to_vec()),
            digits,
            user_friendly: attributes.bool(CKA_OTP_USER_FRIENDLY_MODE),
            counter_requirement: number(CKA_OTP_COUNTER_REQUIREMENT)?,
        };
        let right = DIGITS.contains(&digits)
            && key.counter_requirement <= CK_OTP_PARAM_MANDATORY
            && number(CKA_OTP_FORMAT)? == CK_OTP_FORMAT_DECIMAL;
        if right { Ok(key) } else { Err(Error::AttributeValueInvalid) }
    }
}

/// The counter of the next password, as the attributes say that it is now.
pub fn counter(attributes: &Attributes) -> Result<u64> {
    let counter = attributes.required(CKA_OTP_COUNTER)?;
    counter.try_into().map(u64::from_be_bytes).map_err(|_| Error::AttributeValueInvalid)
}

/// The counter begins with 0. Whatever else a one-time password may depend on, these do not, so no key can demand it.
fn complete(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    if class != CKO_OTP_KEY {
        return Err(Error::TemplateInconsistent);
    }
    complete_any(class, attributes)?;
    if attributes.required(CKA_OTP_COUNTER).is_err() {
        attributes.insert(CKA_OTP_COUNTER, Value::bytes([0; 8]));
    }
    let ignored = |attribute: &CK_ATTRIBUTE_TYPE| attributes.ulong(*attribute) == Some(CK_OTP_PARAM_IGNORED);
    let others = [CKA_OTP_CHALLENGE_REQUIREMENT, CKA_OTP_TIME_REQUIREMENT, CKA_OTP_PIN_REQUIREMENT];
    if !others.iter().all(ignored) {
        return Err(Error::AttributeValueInvalid);
    }
    counter(attributes)?;
    HotpKey::of(attributes).map(drop)
}

fn parse(_: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    HotpKey::of(attributes).map(Key::Hotp)
}
