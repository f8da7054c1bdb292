//! Attributes as SoftHSM writes them.

use cryptoki_sys::*;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The attributes of an object.
pub type Record = BTreeMap<CK_ATTRIBUTE_TYPE, Stored>;

/// A value.
pub enum Stored {
    Bool(bool),
    Number(CK_ULONG),
    Bytes(Zeroizing<Vec<u8>>),
    Mechanisms(Vec<CK_MECHANISM_TYPE>),
    Template(Vec<(CK_ATTRIBUTE_TYPE, Stored)>),
}

/// How numbers are written, which are the machine's own in a database and the same everywhere in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Of 8 bytes, the highest first; lists of mechanisms begin with their number.
    File,
    #[cfg_attr(not(feature = "store"), allow(dead_code))]
    /// As the machine has them, of which only the usual (8 bytes, the lowest first) is read; a kind has 4 bytes, and lists
    /// of mechanisms begin with their length in bytes.
    Database,
}

/// Reads values one after the other; nothing if there are not enough bytes.
pub struct Reader<'a> {
    rest: &'a [u8],
    layout: Layout,
    /// Whether this is a template, in which there is no other.
    within: bool,
}

const BOOL: u64 = 1;
const NUMBER: u64 = 2;
const BYTES: u64 = 3;
const TEMPLATE: u64 = 4;
const MECHANISMS: u64 = 5;

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], layout: Layout) -> Self {
        Self { rest: bytes, layout, within: false }
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        let bytes = self.take(8)?.try_into().ok()?;
        Some(if self.layout == Layout::File { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// An attribute's type and its value.
    pub fn attribute(&mut self) -> Option<(CK_ATTRIBUTE_TYPE, Stored)> {
        let attribute = CK_ATTRIBUTE_TYPE::try_from(self.number()?).ok()?;
        let kind = match self.layout {
            Layout::File => self.number()?,
            Layout::Database => u32::from_le_bytes(self.take(4)?.try_into().ok()?).into(),
        };
        let value = match kind {
            BOOL => Stored::Bool(self.take(1)? != [0]),
            NUMBER => Stored::Number(CK_ULONG::try_from(self.number()?).ok()?),
            BYTES => {
                let length = self.number()?;
                Stored::Bytes(Zeroizing::new(self.take(length)?.to_vec()))
            }
            TEMPLATE if !self.within => {
                let length = self.number()?;
                Stored::template(self.take(length)?, self.layout)?
            }
            MECHANISMS => {
                let count = self.number()?;
                let length = if self.layout == Layout::File { count.checked_mul(8)? } else { count };
                Stored::mechanisms(self.take(length)?, self.layout)?
            }
            _ => return None,
        };
        Some((attribute, value))
    }
}

impl Stored {
    pub fn template(bytes: &[u8], layout: Layout) -> Option<Self> {
        let mut reader = Reader { rest: bytes, layout, within: true };
        let mut inner = Vec::new();
        while !reader.is_at_end() {
            inner.push(reader.attribute()?);
        }
        Some(Self::Template(inner))
    }

    pub fn mechanisms(bytes: &[u8], layout: Layout) -> Option<Self> {
        let (mut reader, mut list) = (Reader::new(bytes, layout), Vec::new());
        while !reader.is_at_end() {
            list.push(CK_MECHANISM_TYPE::try_from(reader.number()?).ok()?);
        }
        Some(Self::Mechanisms(list))
    }
}
