//! Processes of many messages, and keys wrapped with additional data, through the C interface.

mod common;

#[path = "messages/ciphers.rs"]
mod ciphers;
#[path = "messages/nonces.rs"]
mod nonces;
#[path = "messages/process.rs"]
mod process;
#[path = "messages/signatures.rs"]
mod signatures;
#[path = "messages/wrapping.rs"]
mod wrapping;

use common::*;

/// A key that may do everything, and leave.
fn key(s: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    ok(s.create(&[class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value), yes(CKA_EXTRACTABLE)]))
}

fn aes(s: &Session) -> CK_OBJECT_HANDLE {
    key(s, CKK_AES, &[7; 16])
}

/// A given nonce for AES-GCM.
fn gcm(nonce: &[u8]) -> MessageParam {
    MessageParam::given(CKM_AES_GCM, nonce, 16)
}

fn none() -> Mech {
    mech(0)
}
