//! One row of the attribute table: what the standard's tables say of an attribute.

use super::template::Kind;
use cryptoki_sys::*;

/// One row.
pub(super) struct Row {
    /// `CKA_…`
    pub attribute: CK_ATTRIBUTE_TYPE,
    /// The layout of its value.
    pub kind: Kind,
    /// The footnotes.
    pub notes: &'static [u8],
    /// What it is if nobody says.
    pub default: Fallback,
}

/// What an attribute is if nobody gives a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fallback {
    /// The object does not have it.
    Absent,
    /// An empty string, date or number.
    Empty,
    /// A boolean.
    Bool(bool),
    /// A number.
    Ulong(CK_ULONG),
    /// Footnote 9, "token-specific": decided in `rules/` by the class, the key type and the origin.
    Decided,
}

/// Short names, for the tables.
pub(super) const BOOL: Kind = Kind::Bool;
pub(super) const ULONG: Kind = Kind::Ulong;
pub(super) const FALSE: Fallback = Fallback::Bool(false);
pub(super) const TRUE: Fallback = Fallback::Bool(true);

/// Footnote 1: must be given to `C_CreateObject`.
pub(super) const MUST_CREATE: u8 = 1;
/// Footnote 2: must not be given to `C_CreateObject`.
pub(super) const NOT_CREATE: u8 = 2;
/// Footnote 3: must be given to `C_GenerateKey` or `C_GenerateKeyPair`.
pub(super) const MUST_GENERATE: u8 = 3;
/// Footnote 4: must not be given to `C_GenerateKey` or `C_GenerateKeyPair`.
pub(super) const NOT_GENERATE: u8 = 4;
/// Footnote 5: must be given to `C_UnwrapKey`.
pub(super) const MUST_UNWRAP: u8 = 5;
/// Footnote 6: must not be given to `C_UnwrapKey`.
pub(super) const NOT_UNWRAP: u8 = 6;
/// Footnote 7: not revealed if the key is sensitive or not extractable.
pub(super) const SECRET: u8 = 7;
/// Footnote 8: may be changed by `C_SetAttributeValue` and while copying.
pub(super) const MODIFIABLE: u8 = 8;
/// Footnote 10: only the SO sets it to true.
pub(super) const SO_ONLY: u8 = 10;
/// Footnote 11: stays true once it is true.
pub(super) const STAYS_TRUE: u8 = 11;
/// Footnote 12: stays false once it is false.
pub(super) const STAYS_FALSE: u8 = 12;
/// Not a footnote: the attributes that section 4.1.3 lets a copy change beside the modifiable ones.
pub(super) const COPY_ONLY: u8 = 100;

impl Row {
    /// Whether a footnote holds.
    pub(super) fn has(&self, note: u8) -> bool {
        self.notes.contains(&note)
    }
}

/// A row.
pub(super) const fn row(attribute: CK_ATTRIBUTE_TYPE, kind: Kind, notes: &'static [u8], default: Fallback) -> Row {
    Row { attribute, kind, notes, default }
}
