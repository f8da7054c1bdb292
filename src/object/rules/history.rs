//! What a key inherits: how open it may be, and what is said of its past.

use crate::mech::{Inherits, Mechanism};
use crate::object::template::{Attributes, Read, Value, is_secret_key};
use cryptoki_sys::*;

/// What a key inherits from the keys that it is derived from, or as which it was wrapped.
#[derive(Clone, Copy)]
pub struct History {
    /// Whether there is a secret key among them.
    secret: bool,
    /// `CKA_SENSITIVE`, of one of them at least.
    pub(super) sensitive: bool,
    /// `CKA_EXTRACTABLE`, of all.
    pub(super) extractable: bool,
    /// `CKA_ALWAYS_SENSITIVE`, of one or all, as the mechanism says.
    pub(super) always_sensitive: bool,
    /// `CKA_NEVER_EXTRACTABLE`, likewise.
    pub(super) never_extractable: bool,
    /// `CKA_WRAP_WITH_TRUSTED`, of one at least.
    pub(super) wrap_with_trusted: bool,
    /// Whether the new key is just as open, and not less.
    pub(super) exactly: bool,
    /// Whether their owner lets the mechanism give away what it makes.
    pub(super) discloses: bool,
    /// How many bytes of them the new key must have been made of ([`fewest_bytes`]).
    pub(super) least: usize,
}

/// The fewest bytes, 112 bits, that are taken from a key whose value is hidden, unless it has fewer itself. A key of a
/// few bytes can be guessed with the help of its MACs; whoever could derive a key of the first byte, then one of the
/// first two, and so on, would have the whole.
const FEWEST: usize = 14;

/// An attribute that no caller sees: a part of the key's value may be known to somebody, because it was put beside the secret
/// part or because the key was unwrapped from a blob that could be changed. Fourteen bytes of such a key may hide only one. It is kept
/// with the object, and its copies have it too.
pub const MIXED: CK_ATTRIBUTE_TYPE = CKA_VENDOR_DEFINED | 0x4654_0001;

impl History {
    /// The history of the keys that a mechanism derives from, the base key first.
    pub fn of(mechanism: &Mechanism, base: &Attributes, others: &[&Attributes]) -> Self {
        let own = Self::of_one(mechanism, base);
        others
            .iter()
            .map(|other| Self::of_one(mechanism, other))
            .fold(own, |one, other| one.and(other, mechanism.inherits))
    }

    /// The history of what a key unwraps that has wrapped hidden keys: it is as hidden as they were, and not so short that
    /// it could be a piece that was cut off a longer one.
    pub fn of_wrapped(sensitive: bool, wrap_with_trusted: bool) -> Self {
        Self {
            secret: true,
            sensitive,
            extractable: true,
            always_sensitive: false,
            never_extractable: false,
            wrap_with_trusted,
            exactly: false,
            discloses: false,
            least: FEWEST,
        }
    }

    /// Of what nobody can have cut: it may have any length.
    pub fn whole(self) -> Self {
        Self { least: 0, ..self }
    }

    fn of_one(mechanism: &Mechanism, base: &Attributes) -> Self {
        let named = |list: &[CK_MECHANISM_TYPE]| list.contains(&mechanism.id);
        Self {
            secret: base.ulong(CKA_CLASS) == Some(CKO_SECRET_KEY),
            sensitive: base.bool(CKA_SENSITIVE),
            extractable: base.bool(CKA_EXTRACTABLE),
            always_sensitive: base.bool(CKA_ALWAYS_SENSITIVE),
            never_extractable: base.bool(CKA_NEVER_EXTRACTABLE),
            wrap_with_trusted: base.bool(CKA_WRAP_WITH_TRUSTED),
            exactly: mechanism.inherits == Inherits::Exactly,
            discloses: !hidden(base)
                || matches!(base.get(&CKA_ALLOWED_MECHANISMS), Some(Value::Ulongs(list)) if named(list)),
            least: fewest_bytes(base).min(FEWEST),
        }
    }

    fn and(self, other: Self, inherits: Inherits) -> Self {
        let join = |one: bool, other: bool| if inherits == Inherits::Any { one || other } else { one && other };
        Self {
            secret: self.secret || other.secret,
            sensitive: self.sensitive || other.sensitive,
            // What is not secret cannot be extracted, and says nothing about it.
            extractable: (self.extractable || !self.secret) && (other.extractable || !other.secret),
            always_sensitive: join(self.always_sensitive, other.always_sensitive),
            never_extractable: join(self.never_extractable, other.never_extractable),
            wrap_with_trusted: self.wrap_with_trusted || other.wrap_with_trusted,
            exactly: self.exactly,
            discloses: self.discloses && other.discloses,
            least: self.least.max(other.least),
        }
    }

    /// Whether what is derived must be no more open than the base. A key agreement is free by the text of its
    /// sections (6.3.20 and following): clients derive secrets with it in order to read them. What comes of a
    /// secret key is not.
    pub(super) fn binds(&self) -> bool {
        self.secret
    }
}

/// How many bytes of a key a derivation has to take if it takes any as they are: 0 if everybody may see its value, all of them
/// if it is [`MIXED`].
pub fn fewest_bytes(key: &Attributes) -> usize {
    let most = if key.bool(MIXED) { usize::MAX } else { FEWEST };
    if hidden(key) { key.bytes(CKA_VALUE).map_or(0, <[u8]>::len).min(most) } else { 0 }
}

/// Whether it is a secret key whose value is hidden.
fn hidden(key: &Attributes) -> bool {
    key.ulong(CKA_CLASS).is_some_and(is_secret_key) && (key.bool(CKA_SENSITIVE) || !key.bool(CKA_EXTRACTABLE))
}
