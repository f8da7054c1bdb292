//! Attributes as bytes, as docs/store-format.md has them.
//!
//! Numbers are little-endian, of 64 bits for what is a `CK_ULONG`, and of 32 bits for lengths and counts.

use crate::error::{Error, Result};
use crate::object::template::{Attributes, Raw, Template, Value};
use cryptoki_sys::CK_ULONG;
use zeroize::Zeroizing;

/// Templates within templates go no deeper than the standard's own do.
const DEEPEST: usize = 4;

const BOOL: u8 = 1;
const ULONG: u8 = 2;
const BYTES: u8 = 3;
const NUMBERS: u8 = 4;
const TEMPLATE: u8 = 5;

/// Writes attributes.
pub(super) fn encode<'a>(attributes: impl IntoIterator<Item = (&'a CK_ULONG, &'a Value)>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(1024));
    for (attribute, value) in attributes {
        number(&mut out, *attribute);
        match value {
            Value::Bool(value) => {
                out.push(BOOL);
                out.push(u8::from(*value));
            }
            Value::Ulong(value) => {
                out.push(ULONG);
                number(&mut out, *value);
            }
            Value::Bytes(value) => {
                out.push(BYTES);
                bytes(&mut out, value);
            }
            Value::Ulongs(list) => {
                out.push(NUMBERS);
                length(&mut out, list.len());
                list.iter().for_each(|one| number(&mut out, *one));
            }
            Value::Template(inner) => {
                out.push(TEMPLATE);
                template(&mut out, inner);
            }
        }
    }
    out
}

/// Reads attributes; `DeviceError` if the bytes are no such thing.
pub(super) fn decode(bytes: &[u8]) -> Result<Attributes> {
    let mut reader = Reader(bytes);
    let mut attributes = Attributes::new();
    while !reader.0.is_empty() {
        let attribute = reader.number()?;
        let value = match reader.byte()? {
            BOOL => Value::Bool(reader.byte()? != 0),
            ULONG => Value::Ulong(reader.number()?),
            BYTES => Value::bytes(reader.bytes()?),
            NUMBERS => {
                let count = reader.length()?;
                Value::Ulongs((0..count).map(|_| reader.number()).collect::<Result<_>>()?)
            }
            TEMPLATE => Value::Template(reader.template(DEEPEST)?.into()),
            _ => return Err(Error::DeviceError),
        };
        attributes.insert(attribute, value);
    }
    Ok(attributes)
}

fn template(out: &mut Vec<u8>, inner: &Template) {
    length(out, inner.len());
    for (attribute, raw) in inner {
        number(out, *attribute);
        match raw {
            Raw::Bytes(value) => {
                out.push(BYTES);
                bytes(out, value);
            }
            Raw::Template(inner) => {
                out.push(TEMPLATE);
                template(out, inner);
            }
        }
    }
}

#[allow(clippy::useless_conversion)] // CK_ULONG has 32 bits on some systems.
fn number(out: &mut Vec<u8>, number: CK_ULONG) {
    // All ones is CK_UNAVAILABLE_INFORMATION, on every system.
    let number = if number == CK_ULONG::MAX { u64::MAX } else { u64::from(number) };
    out.extend_from_slice(&number.to_le_bytes());
}

/// Nothing that an object holds is as long as four gigabytes; were it, reading would fail and not misread.
fn length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Error::DeviceError)?;
        self.0 = rest;
        Ok(*array)
    }

    fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<CK_ULONG> {
        match u64::from_le_bytes(self.array()?) {
            u64::MAX => Ok(CK_ULONG::MAX),
            number => CK_ULONG::try_from(number).map_err(|_| Error::DeviceError),
        }
    }

    fn length(&mut self) -> Result<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).map_err(|_| Error::DeviceError)
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Error::DeviceError)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn template(&mut self, deepest: usize) -> Result<Template> {
        let deepest = deepest.checked_sub(1).ok_or(Error::DeviceError)?;
        let count = self.length()?;
        let mut template = Template::new();
        for _ in 0..count {
            let attribute = self.number()?;
            let raw = match self.byte()? {
                BYTES => Raw::Bytes(Zeroizing::new(self.bytes()?.to_vec())),
                TEMPLATE => Raw::Template(self.template(deepest)?),
                _ => return Err(Error::DeviceError),
            };
            template.push((attribute, raw));
        }
        Ok(template)
    }
}
