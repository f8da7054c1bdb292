//! Values as the profiles' XML writes them ("Value Representation" in PKCS#11 Profiles): read by what they are, compared,
//! and shown.

use cryptoki_sys::*;
use ferrotoken::names::{Named, Shown};
use std::fmt;

/// A value that a function gave.
#[derive(Clone)]
pub enum Value {
    /// A number.
    Number(CK_ULONG),
    /// A number that stands for something.
    Name(CK_ULONG, Family),
    /// A set of flags.
    Flags(CK_FLAGS, &'static [(&'static str, CK_FLAGS)]),
    /// A boolean.
    Bool(bool),
    /// Text. Blanks and zeros at its end do not count: XML has no zeros, and structures are filled with blanks.
    Text(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A version.
    Version(CK_VERSION),
}

/// What a number may stand for.
#[derive(Clone, Copy)]
pub enum Family {
    /// `CKM_…`
    Mechanism,
    /// `CKO_…`
    Class,
    /// `CKK_…`
    KeyType,
    /// `CKC_…`
    CertificateType,
    /// `CKS_…`
    SessionState,
    /// `CKU_…`
    User,
}

impl Family {
    fn number(self, name: &str) -> Option<CK_ULONG> {
        let named = match self {
            Self::Mechanism => Named::mechanism(name),
            Self::Class => Named::class(name),
            Self::KeyType => Named::key_type(name),
            Self::CertificateType => Named::certificate_type(name),
            Self::SessionState => Named::session_state(name),
            Self::User => Named::user(name),
        };
        named.or_else(|| number(name))
    }

    fn shown(self, number: CK_ULONG) -> String {
        let name = match self {
            Self::Mechanism => Shown::mechanism(number),
            Self::Class => Shown::class(number),
            Self::KeyType => Shown::key_type(number),
            Self::CertificateType => Shown::certificate_type(number),
            Self::SessionState => Shown::session_state(number),
            Self::User => Shown::user(number),
        };
        name.split_once('_').map_or(name.clone(), |(_, bare)| bare.to_owned())
    }
}

impl Value {
    /// A value of the same kind out of a text; `None` if it is none.
    pub fn read_alike(&self, text: &str) -> Option<Self> {
        Some(match self {
            Self::Number(_) => Self::Number(number(text)?),
            Self::Name(_, family) => Self::Name(family.number(text)?, *family),
            Self::Flags(_, names) => Self::Flags(flags(text, names)?, names),
            Self::Bool(_) => Self::Bool(boolean(text)?),
            Self::Text(_) => Self::Text(text.as_bytes().to_vec()),
            Self::Bytes(_) => Self::Bytes(bytes(text)?),
            Self::Version(_) => {
                let (major, minor) = text.split_once('.')?;
                Self::Version(CK_VERSION { major: major.parse().ok()?, minor: minor.parse().ok()? })
            }
        })
    }

    /// Whether both say the same.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one == other,
            (Self::Name(one, _), Self::Name(other, _)) => one == other,
            (Self::Flags(one, _), Self::Flags(other, _)) => one == other,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => trimmed(one) == trimmed(other),
            (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (Self::Version(one), Self::Version(other)) => (one.major, one.minor) == (other.major, other.minor),
            _ => false,
        }
    }

    /// The bytes of an attribute of this value.
    pub fn to_attribute(&self) -> Vec<u8> {
        match self {
            Self::Number(number) | Self::Name(number, _) | Self::Flags(number, _) => number.to_ne_bytes().to_vec(),
            Self::Bool(value) => vec![CK_BBOOL::from(*value)],
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.clone(),
            Self::Version(version) => vec![version.major, version.minor],
        }
    }

    /// An attribute's bytes in the form of its type.
    pub fn of_attribute(attribute: CK_ATTRIBUTE_TYPE, bytes: Vec<u8>) -> Self {
        let number = || bytes.as_slice().try_into().ok().map(CK_ULONG::from_ne_bytes);
        match (form_of(attribute), bytes.as_slice(), number()) {
            (Form::Bool, [value], _) => Self::Bool(*value != CK_FALSE),
            (Form::Number, _, Some(number)) => Self::Number(number),
            (Form::Name(family), _, Some(number)) => Self::Name(number, family),
            (Form::Text, _, _) => Self::Text(bytes),
            _ => Self::Bytes(bytes),
        }
    }

    /// An attribute's value out of a text.
    pub fn read_attribute(attribute: CK_ATTRIBUTE_TYPE, text: &str) -> Option<Self> {
        let example = match form_of(attribute) {
            Form::Bool => Self::Bool(false),
            Form::Number => Self::Number(0),
            Form::Name(family) => Self::Name(0, family),
            Form::Text => Self::Text(Vec::new()),
            Form::Bytes => Self::Bytes(Vec::new()),
        };
        example.read_alike(text)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(CK_UNAVAILABLE_INFORMATION) => to.write_str("UnavailableInformation"),
            Self::Number(number) => number.fmt(to),
            Self::Name(number, family) => to.write_str(&family.shown(*number)),
            Self::Flags(flags, names) => to.write_str(&shown_flags(*flags, names)),
            Self::Bool(value) => value.fmt(to),
            Self::Text(bytes) => to.write_str(&String::from_utf8_lossy(trimmed(bytes))),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(to, "{byte:02x}")),
            Self::Version(version) => write!(to, "{}.{}", version.major, version.minor),
        }
    }
}

/// A number: decimal, hexadecimal, or one of the two that have a name.
pub fn number(text: &str) -> Option<CK_ULONG> {
    match text {
        "UnavailableInformation" => Some(CK_UNAVAILABLE_INFORMATION),
        "EffectivelyInfinite" => Some(CK_EFFECTIVELY_INFINITE),
        _ => match text.strip_prefix("0x") {
            Some(digits) => CK_ULONG::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
    }
}

/// `true` or `false`.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "TRUE" => Some(true),
        "false" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Bytes in hexadecimal.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// Flags by name, between them blanks or bars; or a number.
pub fn flags(text: &str, names: &[(&str, CK_FLAGS)]) -> Option<CK_FLAGS> {
    let words = text.split([' ', '|']).filter(|word| !word.is_empty());
    let flag = |word: &str| names.iter().find(|known| known.0 == word).map(|known| known.1).or_else(|| number(word));
    words.map(flag).try_fold(0, |flags, flag| Some(flags | flag?))
}

fn shown_flags(flags: CK_FLAGS, names: &[(&str, CK_FLAGS)]) -> String {
    let known = names.iter().filter(|(_, flag)| flags & flag != 0);
    let rest = known.clone().fold(flags, |rest, (_, flag)| rest & !flag);
    let mut words: Vec<String> = known.map(|(name, _)| (*name).to_owned()).collect();
    if rest != 0 || words.is_empty() {
        words.push(format!("{rest:#x}"));
    }
    words.join("|")
}

fn trimmed(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !matches!(byte, b' ' | 0)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or(text)
}

/// How an attribute's value is written.
enum Form {
    Bool,
    Number,
    Name(Family),
    Text,
    Bytes,
}

fn form_of(attribute: CK_ATTRIBUTE_TYPE) -> Form {
    match attribute {
        CKA_CLASS => Form::Name(Family::Class),
        CKA_KEY_TYPE => Form::Name(Family::KeyType),
        CKA_CERTIFICATE_TYPE => Form::Name(Family::CertificateType),
        CKA_MECHANISM_TYPE | CKA_KEY_GEN_MECHANISM => Form::Name(Family::Mechanism),
        CKA_TOKEN
        | CKA_PRIVATE
        | CKA_MODIFIABLE
        | CKA_COPYABLE
        | CKA_DESTROYABLE
        | CKA_TRUSTED
        | CKA_SENSITIVE
        | CKA_ENCRYPT
        | CKA_DECRYPT
        | CKA_WRAP
        | CKA_UNWRAP
        | CKA_SIGN
        | CKA_SIGN_RECOVER
        | CKA_VERIFY
        | CKA_VERIFY_RECOVER
        | CKA_DERIVE
        | CKA_ENCAPSULATE
        | CKA_DECAPSULATE
        | CKA_EXTRACTABLE
        | CKA_LOCAL
        | CKA_NEVER_EXTRACTABLE
        | CKA_ALWAYS_SENSITIVE
        | CKA_ALWAYS_AUTHENTICATE
        | CKA_WRAP_WITH_TRUSTED => Form::Bool,
        CKA_VALUE_LEN
        | CKA_VALUE_BITS
        | CKA_MODULUS_BITS
        | CKA_PRIME_BITS
        | CKA_PARAMETER_SET
        | CKA_PROFILE_ID
        | CKA_HW_FEATURE_TYPE
        | CKA_CERTIFICATE_CATEGORY => Form::Number,
        CKA_LABEL | CKA_APPLICATION | CKA_UNIQUE_ID | CKA_URL => Form::Text,
        _ => Form::Bytes,
    }
}

/// The flags of `CK_SLOT_INFO`.
pub const SLOT_FLAGS: &[(&str, CK_FLAGS)] =
    &[("TOKEN_PRESENT", CKF_TOKEN_PRESENT), ("REMOVABLE_DEVICE", CKF_REMOVABLE_DEVICE), ("HW_SLOT", CKF_HW_SLOT)];

/// The flags of `CK_TOKEN_INFO`.
pub const TOKEN_FLAGS: &[(&str, CK_FLAGS)] = &[
    ("RNG", CKF_RNG),
    ("WRITE_PROTECTED", CKF_WRITE_PROTECTED),
    ("LOGIN_REQUIRED", CKF_LOGIN_REQUIRED),
    ("USER_PIN_INITIALIZED", CKF_USER_PIN_INITIALIZED),
    ("RESTORE_KEY_NOT_NEEDED", CKF_RESTORE_KEY_NOT_NEEDED),
    ("CLOCK_ON_TOKEN", CKF_CLOCK_ON_TOKEN),
    ("PROTECTED_AUTHENTICATION_PATH", CKF_PROTECTED_AUTHENTICATION_PATH),
    ("DUAL_CRYPTO_OPERATIONS", CKF_DUAL_CRYPTO_OPERATIONS),
    ("TOKEN_INITIALIZED", CKF_TOKEN_INITIALIZED),
    ("SECONDARY_AUTHENTICATION", CKF_SECONDARY_AUTHENTICATION),
    ("USER_PIN_COUNT_LOW", CKF_USER_PIN_COUNT_LOW),
    ("USER_PIN_FINAL_TRY", CKF_USER_PIN_FINAL_TRY),
    ("USER_PIN_LOCKED", CKF_USER_PIN_LOCKED),
    ("USER_PIN_TO_BE_CHANGED", CKF_USER_PIN_TO_BE_CHANGED),
    ("SO_PIN_COUNT_LOW", CKF_SO_PIN_COUNT_LOW),
    ("SO_PIN_FINAL_TRY", CKF_SO_PIN_FINAL_TRY),
    ("SO_PIN_LOCKED", CKF_SO_PIN_LOCKED),
    ("SO_PIN_TO_BE_CHANGED", CKF_SO_PIN_TO_BE_CHANGED),
    ("ERROR_STATE", CKF_ERROR_STATE),
    ("SEED_RANDOM_REQUIRED", CKF_SEED_RANDOM_REQUIRED),
    ("ASYNC_SESSION_SUPPORTED", CKF_ASYNC_SESSION_SUPPORTED),
];

/// The flags of a session.
pub const SESSION_FLAGS: &[(&str, CK_FLAGS)] =
    &[("RW_SESSION", CKF_RW_SESSION), ("SERIAL_SESSION", CKF_SERIAL_SESSION), ("ASYNC_SESSION", CKF_ASYNC_SESSION)];

/// The flags of `CK_MECHANISM_INFO`.
pub const MECHANISM_FLAGS: &[(&str, CK_FLAGS)] = &[
    ("HW", CKF_HW),
    ("MESSAGE_ENCRYPT", CKF_MESSAGE_ENCRYPT),
    ("MESSAGE_DECRYPT", CKF_MESSAGE_DECRYPT),
    ("MESSAGE_SIGN", CKF_MESSAGE_SIGN),
    ("MESSAGE_VERIFY", CKF_MESSAGE_VERIFY),
    ("MULTI_MESSAGE", CKF_MULTI_MESSAGE),
    ("FIND_OBJECTS", CKF_FIND_OBJECTS),
    ("ENCRYPT", CKF_ENCRYPT),
    ("DECRYPT", CKF_DECRYPT),
    ("DIGEST", CKF_DIGEST),
    ("SIGN", CKF_SIGN),
    ("SIGN_RECOVER", CKF_SIGN_RECOVER),
    ("VERIFY", CKF_VERIFY),
    ("VERIFY_RECOVER", CKF_VERIFY_RECOVER),
    ("GENERATE", CKF_GENERATE),
    ("GENERATE_KEY_PAIR", CKF_GENERATE_KEY_PAIR),
    ("WRAP", CKF_WRAP),
    ("UNWRAP", CKF_UNWRAP),
    ("DERIVE", CKF_DERIVE),
    ("EC_F_P", CKF_EC_F_P),
    ("EC_F_2M", CKF_EC_F_2M),
    ("EC_ECPARAMETERS", CKF_EC_ECPARAMETERS),
    ("EC_OID", CKF_EC_OID),
    ("EC_UNCOMPRESS", CKF_EC_UNCOMPRESS),
    ("EC_COMPRESS", CKF_EC_COMPRESS),
    ("EC_CURVENAME", CKF_EC_CURVENAME),
    ("ENCAPSULATE", CKF_ENCAPSULATE),
    ("DECAPSULATE", CKF_DECAPSULATE),
    ("EXTENSION", CKF_EXTENSION),
];
