//! What the tests of ML-KEM, ML-DSA and SLH-DSA share.
#![allow(dead_code)] // Each test program uses a part of it.

use crate::common::*;

/// A name for a parameter set in encodings: 2.16.840.1.101.3.4 and these two arcs.
pub type Arcs = [u8; 2];

pub fn public_template(kind: CK_KEY_TYPE, set: CK_ULONG, value: &[u8]) -> Vec<Attribute> {
    vec![class(CKO_PUBLIC_KEY), key_type(kind), ulong(CKA_PARAMETER_SET, set), bytes(CKA_VALUE, value)]
}

/// A private key that may be looked at, without a value.
pub fn private_template(kind: CK_KEY_TYPE, set: CK_ULONG) -> Vec<Attribute> {
    let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    [&[class(CKO_PRIVATE_KEY), key_type(kind), ulong(CKA_PARAMETER_SET, set)][..], &open].concat()
}

pub fn with(template: &[Attribute], more: &[Attribute]) -> Vec<Attribute> {
    [template, more].concat()
}

/// A pair whose private key may be looked at.
pub fn pair(session: &Session, generator: CK_MECHANISM_TYPE, set: CK_ULONG) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let private = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    ok(session.generate_pair(&mech(generator), &[ulong(CKA_PARAMETER_SET, set)], &private))
}

/// A mechanism with `CK_SIGN_ADDITIONAL_CONTEXT`; it points into the context.
pub fn context(kind: CK_MECHANISM_TYPE, hedge: CK_HEDGE_TYPE, context: &[u8]) -> Mech {
    let parameter = CK_SIGN_ADDITIONAL_CONTEXT {
        hedgeVariant: hedge,
        pContext: context.as_ptr().cast_mut(),
        ulContextLen: context.len() as CK_ULONG,
    };
    mech_params(kind, &parameter)
}

/// A mechanism with `CK_HASH_SIGN_ADDITIONAL_CONTEXT`; it points into the context.
pub fn hash_context(kind: CK_MECHANISM_TYPE, hedge: CK_HEDGE_TYPE, context: &[u8], hash: CK_MECHANISM_TYPE) -> Mech {
    let parameter = CK_HASH_SIGN_ADDITIONAL_CONTEXT {
        hedgeVariant: hedge,
        pContext: context.as_ptr().cast_mut(),
        ulContextLen: context.len() as CK_ULONG,
        hash,
    };
    mech_params(kind, &parameter)
}

/// Mechanisms of this kind whose parameter is malformed, or of no sense for verification either.
pub fn malformed(kind: CK_MECHANISM_TYPE, size: usize) -> Vec<Mech> {
    let nowhere = CK_SIGN_ADDITIONAL_CONTEXT { hedgeVariant: 0, pContext: std::ptr::null_mut(), ulContextLen: 1 };
    let endless = CK_SIGN_ADDITIONAL_CONTEXT { ulContextLen: CK_ULONG::MAX, ..nowhere };
    let mut wrong: Vec<Mech> = [1, size - 1, size + 1].map(|size| mech_bytes(kind, &vec![0; size])).into();
    for structure in [nowhere, endless] {
        let mut parameter = mech_params(kind, &structure).parameter;
        parameter.resize(size, 0);
        // The hash, where the structure has one, comes last.
        if size > size_of::<CK_SIGN_ADDITIONAL_CONTEXT>() {
            let at = std::mem::offset_of!(CK_HASH_SIGN_ADDITIONAL_CONTEXT, hash);
            parameter[at..].copy_from_slice(&CKM_SHA256.to_ne_bytes());
        }
        wrong.push(Mech { kind, parameter });
    }
    wrong
}

/// DER with a tag.
pub fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let header = match length {
        0..128 => vec![tag, length as u8],
        128..256 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [header, value.to_vec()].concat()
}

fn algorithm(arcs: Arcs) -> Vec<u8> {
    tlv(0x30, &tlv(6, &[&hex("60864801650304")[..], &arcs].concat()))
}

/// `SubjectPublicKeyInfo`.
pub fn spki(arcs: Arcs, public: &[u8]) -> Vec<u8> {
    tlv(0x30, &[algorithm(arcs), tlv(3, &[&[0], public].concat())].concat())
}

/// `PrivateKeyInfo`, with something after the private key.
pub fn pkcs8_with(arcs: Arcs, version: u8, inner: &[u8], rest: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(2, &[version]), algorithm(arcs), tlv(4, inner), rest.to_vec()].concat())
}

/// `PrivateKeyInfo`.
pub fn pkcs8(arcs: Arcs, inner: &[u8]) -> Vec<u8> {
    pkcs8_with(arcs, 0, inner, &[])
}

/// A key that wraps other keys, and encrypts what it unwraps.
pub struct Wrapper<'s> {
    session: &'s Session,
    key: CK_OBJECT_HANDLE,
    mechanism: Mech,
}

impl<'s> Wrapper<'s> {
    pub fn new(session: &'s Session) -> Self {
        let key = ok(session.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 32)]));
        Self { session, key, mechanism: mech_bytes(CKM_AES_CBC_PAD, &[7; 16]) }
    }

    /// A key's `PrivateKeyInfo`.
    pub fn wrap(&self, key: CK_OBJECT_HANDLE) -> Vec<u8> {
        let wrapped = ok(self.session.wrap(&self.mechanism, self.key, key));
        ok(self.session.decrypt(&self.mechanism, self.key, &wrapped))
    }

    /// The private key in a `PrivateKeyInfo`.
    pub fn unwrap(&self, kind: CK_KEY_TYPE, info: &[u8]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        let wrapped = ok(self.session.encrypt(&self.mechanism, self.key, info));
        let template = [class(CKO_PRIVATE_KEY), key_type(kind), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        self.session.unwrap(&self.mechanism, self.key, &wrapped, &template)
    }
}

/// `C_GetMechanismInfo`.
pub fn info(token: &Token, kind: CK_MECHANISM_TYPE) -> (CK_ULONG, CK_ULONG, CK_FLAGS) {
    let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
    // SAFETY: a place for the information.
    ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
    (info.ulMinKeySize, info.ulMaxKeySize, info.flags)
}
