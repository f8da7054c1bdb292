//! What goes into a call: attributes and mechanisms, kept alive for as long as C looks at them.

use cryptoki_sys::*;
use std::ptr;

/// One attribute of a template.
#[derive(Clone)]
pub struct Attribute {
    pub kind: CK_ATTRIBUTE_TYPE,
    pub value: AttributeValue,
}

#[derive(Clone)]
pub enum AttributeValue {
    Bytes(Vec<u8>),
    Template(Vec<Attribute>),
}

pub fn bytes(kind: CK_ATTRIBUTE_TYPE, value: impl AsRef<[u8]>) -> Attribute {
    Attribute { kind, value: AttributeValue::Bytes(value.as_ref().to_vec()) }
}

pub fn text(kind: CK_ATTRIBUTE_TYPE, value: &str) -> Attribute {
    bytes(kind, value)
}

pub fn ulong(kind: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Attribute {
    bytes(kind, value.to_ne_bytes())
}

pub fn yes(kind: CK_ATTRIBUTE_TYPE) -> Attribute {
    bytes(kind, [CK_TRUE])
}

pub fn no(kind: CK_ATTRIBUTE_TYPE) -> Attribute {
    bytes(kind, [CK_FALSE])
}

pub fn class(class: CK_OBJECT_CLASS) -> Attribute {
    ulong(CKA_CLASS, class)
}

pub fn key_type(key_type: CK_KEY_TYPE) -> Attribute {
    ulong(CKA_KEY_TYPE, key_type)
}

pub fn mechanisms(kind: CK_ATTRIBUTE_TYPE, list: &[CK_MECHANISM_TYPE]) -> Attribute {
    bytes(kind, list.iter().flat_map(|mechanism| mechanism.to_ne_bytes()).collect::<Vec<_>>())
}

/// A template as the value of `CKA_WRAP_TEMPLATE` and its like.
pub fn template(kind: CK_ATTRIBUTE_TYPE, list: &[Attribute]) -> Attribute {
    Attribute { kind, value: AttributeValue::Template(list.to_vec()) }
}

/// Attributes as C sees them; they point into what they were made of.
pub struct Template {
    list: Vec<CK_ATTRIBUTE>,
    // The lists of templates within; the outer list points to them.
    _inner: Vec<Template>,
}

impl Template {
    pub fn new(attributes: &[Attribute]) -> Self {
        let mut inner = Vec::new();
        let list = attributes.iter().map(|attribute| {
            let (value, length) = match &attribute.value {
                AttributeValue::Bytes(bytes) => (bytes.as_ptr().cast_mut().cast(), bytes.len()),
                AttributeValue::Template(list) => {
                    inner.push(Template::new(list));
                    let list = &mut inner.last_mut().unwrap().list;
                    (list.as_mut_ptr().cast(), size_of_val(&list[..]))
                }
            };
            CK_ATTRIBUTE { type_: attribute.kind, pValue: value, ulValueLen: length as CK_ULONG }
        });
        let list = list.collect();
        Self { list, _inner: inner }
    }

    pub fn list(&self) -> *mut CK_ATTRIBUTE {
        if self.list.is_empty() { ptr::null_mut() } else { self.list.as_ptr().cast_mut() }
    }

    pub fn count(&self) -> CK_ULONG {
        self.list.len() as CK_ULONG
    }
}

/// A mechanism with its parameter.
pub struct Mech {
    pub kind: CK_MECHANISM_TYPE,
    pub parameter: Vec<u8>,
}

/// A mechanism without a parameter.
pub fn mech(kind: CK_MECHANISM_TYPE) -> Mech {
    mech_bytes(kind, &[])
}

/// A mechanism whose parameter is a string of bytes.
pub fn mech_bytes(kind: CK_MECHANISM_TYPE, parameter: &[u8]) -> Mech {
    Mech { kind, parameter: parameter.to_vec() }
}

/// A mechanism whose parameter is a structure. What it points to must live as long as the mechanism is used.
pub fn mech_params<T: Copy>(kind: CK_MECHANISM_TYPE, parameter: &T) -> Mech {
    let mut bytes = vec![0; size_of::<T>()];
    // SAFETY: both have that size. Between the fields there may be bytes that nobody has set: they are copied, as C does, and not
    // looked at.
    unsafe { ptr::copy_nonoverlapping(ptr::from_ref(parameter).cast::<u8>(), bytes.as_mut_ptr(), bytes.len()) };
    Mech { kind, parameter: bytes }
}

/// `CK_GCM_PARAMS` with the usual lengths and no additional data. The nonce must live as long as they are used.
pub fn gcm_params(nonce: &[u8; 12]) -> CK_GCM_PARAMS {
    CK_GCM_PARAMS {
        pIv: nonce.as_ptr().cast_mut(),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: ptr::null_mut(),
        ulAADLen: 0,
        ulTagBits: 128,
    }
}

impl Mech {
    /// As C sees it.
    pub fn raw(&self) -> CK_MECHANISM {
        let length = self.parameter.len() as CK_ULONG;
        let start = if length == 0 { ptr::null_mut() } else { self.parameter.as_ptr().cast_mut().cast() };
        CK_MECHANISM { mechanism: self.kind, pParameter: start, ulParameterLen: length }
    }
}

/// Bytes from hexadecimal digits; blanks between them are fine.
pub fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    assert!(digits.len().is_multiple_of(2), "an odd number of digits");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
