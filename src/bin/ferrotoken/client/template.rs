//! What calls take: attributes and mechanisms.

use cryptoki_sys::*;
use std::ptr::{from_ref, null_mut};
use std::sync::Arc;
use zeroize::Zeroizing;

/// An attribute with its value.
#[derive(Clone)]
pub struct Attribute {
    kind: CK_ATTRIBUTE_TYPE,
    value: Zeroizing<Vec<u8>>,
    /// What the value points to, if it is a template.
    _inner: Arc<[Attribute]>,
}

impl Attribute {
    /// A number.
    pub fn number(attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Self {
        Self::bytes(attribute, &value.to_ne_bytes())
    }

    /// A boolean.
    pub fn boolean(attribute: CK_ATTRIBUTE_TYPE, value: bool) -> Self {
        Self::bytes(attribute, &[value.into()])
    }

    /// Bytes.
    pub fn bytes(attribute: CK_ATTRIBUTE_TYPE, value: &[u8]) -> Self {
        Self { kind: attribute, value: Zeroizing::new(value.to_vec()), _inner: Arc::new([]) }
    }

    /// A template: for `CKA_WRAP_TEMPLATE` and its like.
    pub fn template(attribute: CK_ATTRIBUTE_TYPE, inner: Vec<Attribute>) -> Self {
        let raw = raw_template(&inner);
        let words = raw.iter().flat_map(|raw| {
            [
                raw.type_.to_ne_bytes().to_vec(),
                (raw.pValue as usize).to_ne_bytes().to_vec(),
                raw.ulValueLen.to_ne_bytes().to_vec(),
            ]
        });
        let value = Zeroizing::new(words.flatten().collect());
        Self { kind: attribute, value, _inner: inner.into() }
    }

    /// Its type.
    pub fn kind(&self) -> CK_ATTRIBUTE_TYPE {
        self.kind
    }

    /// Its value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

/// A mechanism and its parameter, if it has one that is a string of bytes.
pub struct Mechanism<'a>(pub CK_MECHANISM_TYPE, pub &'a [u8]);

impl Mechanism<'_> {
    pub(super) fn raw(&self) -> CK_MECHANISM {
        let pointer = if self.1.is_empty() { null_mut() } else { self.1.as_ptr().cast_mut().cast() };
        CK_MECHANISM { mechanism: self.0, pParameter: pointer, ulParameterLen: self.1.len() as CK_ULONG }
    }
}

/// A mechanism whose parameter may be a structure, for calls in a loop.
pub struct Prepared {
    raw: CK_MECHANISM,
    // What `raw` points to, and what that points to.
    _parameter: Vec<u8>,
    _behind: Vec<Vec<u8>>,
}

impl Prepared {
    /// A mechanism with the bytes of its parameter, and with what addresses in those are of.
    pub fn new(mechanism: CK_MECHANISM_TYPE, parameter: Vec<u8>, behind: Vec<Vec<u8>>) -> Self {
        Self { raw: Mechanism(mechanism, &parameter).raw(), _parameter: parameter, _behind: behind }
    }

    pub(super) fn pointer(&self) -> *mut CK_MECHANISM {
        from_ref(&self.raw).cast_mut()
    }
}

/// A template as a call takes it; what it points to is the attributes' own.
pub(super) fn raw_template(template: &[Attribute]) -> Vec<CK_ATTRIBUTE> {
    template
        .iter()
        .map(|attribute| CK_ATTRIBUTE {
            type_: attribute.kind,
            pValue: from_ref(attribute.value.as_slice()).cast_mut().cast(),
            ulValueLen: attribute.value.len() as CK_ULONG,
        })
        .collect()
}
