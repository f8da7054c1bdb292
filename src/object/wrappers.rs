//! Which keys have wrapped hidden keys, and what such a key may still do.
//!
//! PKCS#11 lets one key both wrap and decrypt. Whoever may use it so wraps a sensitive key, decrypts what he got, and reads
//! it; or unwraps it again, but not as sensitive (J. Clulow, "On the security of PKCS#11", 2003; M. Bortolozzo and others,
//! "Attacking and fixing PKCS#11 security tokens", 2010). Clients do not say beforehand what a key is for: most leave all
//! of its uses open. So a key decides by what it does. One that has wrapped a hidden key does nothing but wrap and
//! unwrap from then on, and what it unwraps is as hidden as what it wrapped.
//!
//! What counts is the key itself, not its handle: its copies, and the same key brought in again, are held to it too. Where a token
//! lasts, so does this: it is written down as a record among the token's objects, before the wrapped key is given away, and all
//! processes learn of it as they learn of objects. Session keys count as well, for they may be copies.

use super::Object;
use super::rules::History;
use super::template::{Attributes, Read, Value};
use crate::error::{Error, Result};
use crate::sync::{AtomicUsize, Ordering, RwLock};
use cryptoki_sys::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The keys of one token that have wrapped hidden keys.
pub struct Wrappers {
    /// Whether anything is noted at all; the configuration decides.
    separate: bool,
    known: RwLock<HashMap<Fingerprint, Wrapped>>,
    /// How many they are: they are asked after with each operation, and mostly there are none.
    count: AtomicUsize,
}

/// The class of the records of which a token's store has one for each (docs/store-format.md). They are no objects for anybody.
const RECORD: CK_OBJECT_CLASS = CKO_VENDOR_DEFINED | 0x4654_0002;

/// What tells a key from others, and a pair from others, whatever its attributes are.
type Fingerprint = [u8; 32];

/// What a key has wrapped.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Wrapped {
    sensitive: bool,
    with_trusted: bool,
}

impl Wrapped {
    fn and(self, other: Self) -> Self {
        let (sensitive, with_trusted) = (self.sensitive || other.sensitive, self.with_trusted || other.with_trusted);
        Self { sensitive, with_trusted }
    }

    /// As a store keeps it: in the attributes that are there without an object's body.
    fn record(self, fingerprint: &Fingerprint) -> Attributes {
        let what = [u8::from(self.sensitive), u8::from(self.with_trusted)];
        let [class, id, label] = [Value::Ulong(RECORD), Value::bytes(fingerprint), Value::bytes(what)];
        Attributes::from([(CKA_CLASS, class), (CKA_ID, id), (CKA_LABEL, label), (CKA_TOKEN, Value::Bool(true))])
    }

    fn recorded(head: &Attributes) -> Option<(Fingerprint, Self)> {
        let [sensitive, with_trusted] = head.bytes(CKA_LABEL)?.try_into().ok()?;
        let wrapped = Self { sensitive: sensitive != 0, with_trusted: with_trusted != 0 };
        Some((head.bytes(CKA_ID)?.try_into().ok()?, wrapped))
    }
}

impl Wrappers {
    /// None yet; if keys are not to be held to what they wrapped, there never will be any.
    pub fn new(separate: bool) -> Self {
        Self { separate, known: RwLock::default(), count: AtomicUsize::new(0) }
    }

    /// The record of a key that wraps another, unless all of that is known.
    pub fn news(&self, wrapping: &Object, wrapped: &Object) -> Option<Attributes> {
        let hidden =
            Wrapped { sensitive: wrapped.bool(CKA_SENSITIVE), with_trusted: wrapped.bool(CKA_WRAP_WITH_TRUSTED) };
        let fingerprint = fingerprint(wrapping).filter(|_| self.separate && hidden != Wrapped::default())?;
        let known = self.known.read().get(&fingerprint).copied().unwrap_or_default();
        (known.and(hidden) != known).then(|| hidden.record(&fingerprint))
    }

    /// Takes note of a record, of which only the indexed attributes are needed; false if it is none.
    pub fn learn(&self, record: &Attributes) -> bool {
        let is_record = record.ulong(CKA_CLASS) == Some(RECORD);
        if let Some((fingerprint, wrapped)) = Wrapped::recorded(record).filter(|_| is_record && self.separate) {
            let mut known = self.known.write();
            let entry = known.entry(fingerprint).or_default();
            *entry = entry.and(wrapped);
            self.count.store(known.len(), Ordering::Release);
        }
        is_record
    }

    /// `KeyFunctionNotPermitted` for a use that would open what the key has wrapped.
    pub fn admit(&self, key: &Object, mechanism: CK_MECHANISM_TYPE, permission: CK_ATTRIBUTE_TYPE) -> Result<()> {
        if opens(key.class(), mechanism, permission) && self.of(key).is_some() {
            return Err(Error::KeyFunctionNotPermitted);
        }
        Ok(())
    }

    /// A number that grows when a key has wrapped a hidden key for the first time: operations of before are then looked at again.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// What keys inherit that this one unwraps, if it has wrapped hidden ones.
    pub fn history(&self, unwrapping: &Object) -> Option<History> {
        self.of(unwrapping).map(|wrapped| History::of_wrapped(wrapped.sensitive, wrapped.with_trusted))
    }

    fn of(&self, key: &Object) -> Option<Wrapped> {
        if self.count() == 0 {
            return None;
        }
        self.known.read().get(&fingerprint(key)?).copied()
    }
}

/// Whether a use of a wrapping key can open what it wrapped. A secret key's encryption can too: in a stream mode it is the same
/// as decryption, and so is a MAC of one block the encryption of it. Of a private key's signatures only the bare RSA
/// operation can; a secret agreed on by it is what the envelope mechanisms wrap with. And unwrapping by the bare operation tells
/// whether what was wrapped, multiplied by any number, is smaller than any power of 256: by that it is found bit by bit
/// (J. Manger, "A chosen ciphertext attack on RSA OAEP", 2001).
pub fn opens(class: CK_OBJECT_CLASS, mechanism: CK_MECHANISM_TYPE, permission: CK_ATTRIBUTE_TYPE) -> bool {
    match (class, permission) {
        (CKO_SECRET_KEY, CKA_WRAP | CKA_UNWRAP) => false,
        (CKO_SECRET_KEY, _) => true,
        (CKO_PRIVATE_KEY, CKA_DECRYPT | CKA_DERIVE | CKA_DECAPSULATE) => true,
        (CKO_PRIVATE_KEY, CKA_SIGN | CKA_SIGN_RECOVER | CKA_UNWRAP) => mechanism == CKM_RSA_X_509,
        _ => false,
    }
}

/// A secret key is known by its value, the two halves of a pair by the public one.
fn fingerprint(key: &Object) -> Option<Fingerprint> {
    let attributes = &key.attributes;
    let material = match key.class() {
        CKO_SECRET_KEY => attributes.bytes(CKA_VALUE),
        CKO_PUBLIC_KEY | CKO_PRIVATE_KEY => attributes.bytes(CKA_PUBLIC_KEY_INFO),
        _ => None,
    }?;
    let mut hash = Sha256::new_with_prefix(material);
    if key.key_type() == Some(CKK_DES2) {
        // As a key of triple length it is K₁ K₂ K₁, and does the same.
        hash.update(material.get(..8)?);
    }
    (!material.is_empty()).then(|| hash.finalize().into())
}
