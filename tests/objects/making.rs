//! Objects that the tests need.

use crate::common::*;

pub const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
pub const X25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x6e];

/// Sixteen bytes that are somebody's secret.
pub const SECRET: [u8; 16] = [0x5a; 16];

/// A template and more.
pub fn with(template: &[Attribute], more: &[Attribute]) -> Vec<Attribute> {
    [template, more].concat()
}

/// A template without an attribute.
pub fn without(template: &[Attribute], kind: CK_ATTRIBUTE_TYPE) -> Vec<Attribute> {
    template.iter().filter(|attribute| attribute.kind != kind).cloned().collect()
}

/// A template in which an attribute has another value, or is new.
pub fn but(template: &[Attribute], attribute: Attribute) -> Vec<Attribute> {
    with(&without(template, attribute.kind), &[attribute])
}

/// An AES key of a known value.
pub fn aes_template() -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, SECRET)]
}

pub fn aes(session: &Session, more: &[Attribute]) -> CK_OBJECT_HANDLE {
    ok(session.create(&with(&aes_template(), more)))
}

pub fn generated_aes(session: &Session, more: &[Attribute]) -> CK_OBJECT_HANDLE {
    ok(session.generate(&mech(CKM_AES_KEY_GEN), &with(&[ulong(CKA_VALUE_LEN, 16)], more)))
}

pub fn generic_template(value: &[u8]) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, value)]
}

pub fn data_template(label: &str) -> Vec<Attribute> {
    vec![class(CKO_DATA), text(CKA_LABEL, label)]
}

pub fn data(session: &Session, label: &str) -> CK_OBJECT_HANDLE {
    ok(session.create(&data_template(label)))
}

pub fn certificate_template() -> Vec<Attribute> {
    vec![
        class(CKO_CERTIFICATE),
        ulong(CKA_CERTIFICATE_TYPE, CKC_X_509),
        bytes(CKA_SUBJECT, b"\x30\x00"),
        bytes(CKA_VALUE, b"\x30\x03abc"),
    ]
}

pub fn trust_template() -> Vec<Attribute> {
    vec![class(CKO_TRUST), bytes(CKA_ISSUER, b"\x30\x00"), bytes(CKA_SERIAL_NUMBER, b"\x02\x01\x01")]
}

/// A pair of RSA keys, the public and the private one.
pub fn rsa(session: &Session, public: &[Attribute], private: &[Attribute]) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let public = with(&[ulong(CKA_MODULUS_BITS, 1024)], public);
    ok(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &public, private))
}

pub fn ec(session: &Session, private: &[Attribute]) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, P256)], private))
}

/// The attributes of an object, for another one.
pub fn copied(session: &Session, object: CK_OBJECT_HANDLE, kinds: &[CK_ATTRIBUTE_TYPE]) -> Vec<Attribute> {
    kinds.iter().map(|kind| bytes(*kind, ok(session.get(object, *kind)))).collect()
}

/// ECDH with a pair's own public key: what it agrees on does not matter.
pub fn ecdh(session: &Session, public: CK_OBJECT_HANDLE) -> (Vec<u8>, Mech) {
    let point = ok(session.get(public, CKA_EC_POINT));
    let params = CK_ECDH1_DERIVE_PARAMS {
        kdf: CKD_NULL,
        ulSharedDataLen: 0,
        pSharedData: std::ptr::null_mut(),
        ulPublicDataLen: point.len() as CK_ULONG,
        pPublicData: point.as_ptr().cast_mut(),
    };
    let mechanism = mech_params(CKM_ECDH1_DERIVE, &params);
    (point, mechanism)
}

/// Asks for attributes as they stand; what comes back stands in them.
pub fn ask(session: &Session, object: CK_OBJECT_HANDLE, list: &mut [CK_ATTRIBUTE]) -> Result<(), CK_RV> {
    let count = list.len() as CK_ULONG;
    // SAFETY: the tests give room as they say.
    result(unsafe { f().C_GetAttributeValue.unwrap()(session.handle, object, list.as_mut_ptr(), count) })
}

/// A question for an attribute, with room for its value in a buffer.
pub fn question(kind: CK_ATTRIBUTE_TYPE, room: &mut [u8]) -> CK_ATTRIBUTE {
    CK_ATTRIBUTE { type_: kind, pValue: room.as_mut_ptr().cast(), ulValueLen: room.len() as CK_ULONG }
}

/// A question for an attribute's length.
pub fn length_of(kind: CK_ATTRIBUTE_TYPE) -> CK_ATTRIBUTE {
    CK_ATTRIBUTE { type_: kind, pValue: std::ptr::null_mut(), ulValueLen: 0 }
}
