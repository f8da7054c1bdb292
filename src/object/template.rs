//! Attribute values: as a caller sends them, and typed as an object keeps them.

pub use super::attributes::Attributes;
use super::bytes::Bytes;
use crate::buffer;
use crate::error::{Error, Result};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// How an attribute's value is laid out in memory (the "Data type" column of the standard's tables).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `CK_BBOOL`: one byte, 0 or 1.
    Bool,
    /// `CK_ULONG` and its aliases.
    Ulong,
    /// A byte array or a string.
    Bytes,
    /// An unsigned integer, most significant byte first. Leading zeros are dropped, as the standard's form wants.
    BigInteger,
    /// `CK_DATE`: empty, or eight digits.
    Date,
    /// `CK_VERSION`: two bytes.
    Version,
    /// An array of numbers: `CK_MECHANISM_TYPE`, say.
    Ulongs,
    /// An array of `CK_ATTRIBUTE`.
    Template,
}

/// A value as the caller sent it, already copied to our memory.
#[derive(Clone, PartialEq, Eq)]
pub enum Raw {
    /// The bytes at `pValue`.
    Bytes(Zeroizing<Vec<u8>>),
    /// The template at `pValue`, for the array attributes that are templates.
    Template(Template),
}

impl Raw {
    fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes) => size_of::<CK_ATTRIBUTE_TYPE>() + bytes.len(),
            Self::Template(inner) => inner.iter().map(|(_, raw)| raw.size()).sum(),
        }
    }

    /// A value as a caller would send it.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Template(template) => Self::Template(template.to_vec()),
            other => Self::Bytes(other.to_bytes()),
        }
    }
}

/// A caller's template: attributes in the caller's order, duplicates included.
pub type Template = Vec<(CK_ATTRIBUTE_TYPE, Raw)>;

/// Attributes that a function or a key's encoding gives to a new object, beside its template.
pub type Contribution = Vec<(CK_ATTRIBUTE_TYPE, Value)>;

/// A typed value.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A boolean.
    Bool(bool),
    /// A number.
    Ulong(CK_ULONG),
    /// Bytes of any meaning: they may be secret, so they are cleared when dropped.
    Bytes(Bytes),
    /// Numbers.
    Ulongs(Box<[CK_ULONG]>),
    /// A template for other keys.
    Template(Box<Template>),
}

impl Value {
    /// A byte string.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes(bytes.as_ref().into())
    }

    /// A big integer in the standard's form: no leading zeros.
    pub fn big_integer(bytes: impl AsRef<[u8]>) -> Self {
        Self::bytes(strip_zeros(bytes.as_ref()))
    }

    /// Reads what a caller sent; `AttributeValueInvalid` if it is not of the kind.
    pub fn parse(kind: Kind, raw: &Raw) -> Result<Self> {
        let invalid = Error::AttributeValueInvalid;
        let bytes = match (kind, raw) {
            (Kind::Template, Raw::Template(template)) => return Ok(Self::Template(template.clone().into())),
            // An empty template attribute arrives as a template with nothing in it; nothing else does.
            (_, Raw::Template(_)) | (Kind::Template, _) => return Err(invalid),
            (_, Raw::Bytes(bytes)) => bytes,
        };
        match kind {
            Kind::Bool => match bytes[..] {
                [CK_FALSE] => Ok(Self::Bool(false)),
                // Any other value is true in C; the standard knows only CK_TRUE, but clients send what they like.
                [_] => Ok(Self::Bool(true)),
                _ => Err(invalid),
            },
            Kind::Ulong => Ok(Self::Ulong(ulong(bytes).ok_or(invalid)?)),
            Kind::Bytes => Ok(Self::Bytes(Zeroizing::new(buffer::copied(bytes)?).into())),
            Kind::BigInteger => Ok(Self::Bytes(Zeroizing::new(buffer::copied(strip_zeros(bytes))?).into())),
            Kind::Date => match bytes.len() {
                0 => Ok(Self::bytes(bytes)),
                8 if is_date(bytes) => Ok(Self::bytes(bytes)),
                _ => Err(invalid),
            },
            Kind::Version => match bytes.len() {
                2 => Ok(Self::bytes(bytes)),
                _ => Err(invalid),
            },
            Kind::Ulongs => {
                let (words, rest) = bytes.as_chunks::<{ size_of::<CK_ULONG>() }>();
                if !rest.is_empty() {
                    return Err(invalid);
                }
                Ok(Self::Ulongs(words.iter().map(|word| CK_ULONG::from_ne_bytes(*word)).collect()))
            }
            Kind::Template => Err(invalid),
        }
    }

    /// The value as `C_GetAttributeValue` writes it. Templates have a form of their own (`abi`) and give nothing here.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Bool(value) => Zeroizing::new(vec![CK_BBOOL::from(*value)]),
            Self::Ulong(value) => Zeroizing::new(value.to_ne_bytes().to_vec()),
            Self::Bytes(bytes) => Zeroizing::new(bytes.to_vec()),
            Self::Ulongs(list) => Zeroizing::new(list.iter().flat_map(|m| m.to_ne_bytes()).collect()),
            Self::Template(_) => Zeroizing::new(Vec::new()),
        }
    }

    /// How many bytes it is made of, those of templates within included.
    pub fn size(&self) -> usize {
        match self {
            Self::Template(inner) => inner.iter().map(|(_, raw)| raw.size()).sum(),
            _ => self.to_bytes().len(),
        }
    }

    /// Whether a search template's value is this one.
    pub fn matches(&self, raw: &Raw) -> bool {
        match (self, raw) {
            (Self::Template(own), Raw::Template(asked)) => **own == *asked,
            (Self::Template(_), _) | (_, Raw::Template(_)) => false,
            (Self::Bytes(own), Raw::Bytes(asked)) => own[..] == asked[..],
            (Self::Bool(own), Raw::Bytes(asked)) => matches!(asked[..], [byte] if (byte != CK_FALSE) == *own),
            (_, Raw::Bytes(asked)) => self.to_bytes() == *asked,
        }
    }
}

/// The unsigned integer without its leading zeros.
pub fn strip_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// A `CK_ULONG` from exactly its bytes.
pub fn ulong(bytes: &[u8]) -> Option<CK_ULONG> {
    Some(CK_ULONG::from_ne_bytes(bytes.try_into().ok()?))
}

fn is_date(bytes: &[u8]) -> bool {
    let number = |range: core::ops::Range<usize>| {
        bytes
            .get(range)?
            .iter()
            .try_fold(0u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    number(0..4).is_some()
        && number(4..6).is_some_and(|month| (1..=12).contains(&month))
        && number(6..8).is_some_and(|day| (1..=31).contains(&day))
}

/// Whether objects of a class are keys that come alone and have a value.
pub fn is_secret_key(class: CK_OBJECT_CLASS) -> bool {
    matches!(class, CKO_SECRET_KEY | CKO_OTP_KEY)
}

/// Typed reading of [`Attributes`]; an absent attribute and one of another kind look the same.
pub trait Read {
    /// A boolean; false where absent.
    fn bool(&self, attribute: CK_ATTRIBUTE_TYPE) -> bool;
    /// A number.
    fn ulong(&self, attribute: CK_ATTRIBUTE_TYPE) -> Option<CK_ULONG>;
    /// Bytes; `None` where absent.
    fn bytes(&self, attribute: CK_ATTRIBUTE_TYPE) -> Option<&[u8]>;
    /// Bytes that an object cannot do without: `TemplateIncomplete` where absent or empty.
    fn required(&self, attribute: CK_ATTRIBUTE_TYPE) -> Result<&[u8]> {
        self.bytes(attribute).filter(|bytes| !bytes.is_empty()).ok_or(Error::TemplateIncomplete)
    }
}

impl Read for Attributes {
    fn bool(&self, attribute: CK_ATTRIBUTE_TYPE) -> bool {
        matches!(self.get(&attribute), Some(Value::Bool(true)))
    }

    fn ulong(&self, attribute: CK_ATTRIBUTE_TYPE) -> Option<CK_ULONG> {
        match self.get(&attribute) {
            Some(Value::Ulong(value)) => Some(*value),
            _ => None,
        }
    }

    fn bytes(&self, attribute: CK_ATTRIBUTE_TYPE) -> Option<&[u8]> {
        match self.get(&attribute) {
            Some(Value::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }
}
