//! The openssl program and the token on the same keys and data, both ways: ciphers, digests, MACs, derivations, key formats.
//! What needs keys of one family only (signatures, agreements, RSA's encryptions) is in that family's test.

#[path = "openssl/ciphers.rs"]
mod ciphers;
mod common;
mod curves;
#[path = "openssl/kdf.rs"]
mod kdf;
#[path = "openssl/keys.rs"]
mod keys;
#[path = "openssl/macs.rs"]
mod macs;
#[path = "openssl/pbe.rs"]
mod pbe;

use common::*;

/// Hexadecimal digits of bytes, as openssl takes them.
fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Some data: different bytes.
fn data(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 37 % 251) as u8).collect()
}

/// A secret key that may do everything and be looked at.
fn secret(s: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    let open = [yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE), yes(CKA_DERIVE)];
    ok(s.create(&[&[class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value)], &open[..]].concat()))
}

/// Bytes that stay where they are, for a structure that points to them.
fn kept(bytes: &[u8]) -> *mut u8 {
    bytes.to_vec().leak().as_mut_ptr()
}
