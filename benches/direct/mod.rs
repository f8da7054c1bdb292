//! What AWS-LC has and the library does not use, because it is no faster there: called as it is.
#![allow(unsafe_code)]

use super::Step;
use aws_lc_sys::*;
use std::hint::black_box;
use std::ptr;

pub fn sha256(data: &[u8]) {
    let mut out = [0; 32];
    // SAFETY: reads exactly the slice, and writes 32 bytes.
    unsafe { SHA256(data.as_ptr(), data.len(), out.as_mut_ptr()) };
    black_box(out);
}

pub fn sha1(data: &[u8]) {
    let mut out = [0; 20];
    // SAFETY: reads exactly the slice, and writes 20 bytes.
    unsafe { SHA1(data.as_ptr(), data.len(), out.as_mut_ptr()) };
    black_box(out);
}

pub fn sha3_256(data: &[u8]) {
    let mut out = [0; 32];
    let (none, engine) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: reads exactly the slice, and writes 32 bytes.
    unsafe { EVP_Digest(data.as_ptr().cast(), data.len(), out.as_mut_ptr(), none, EVP_sha3_256(), engine) };
    black_box(out);
}

pub fn ed25519_verify(point: Vec<u8>, signature: Vec<u8>) -> Step {
    assert_eq!((point.len(), signature.len()), (32, 64));
    Box::new(move || {
        // SAFETY: all have their lengths.
        assert_eq!(unsafe { ED25519_verify([5; 32].as_ptr(), 32, signature.as_ptr(), point.as_ptr()) }, 1);
    })
}

/// Signing and verification. The key lives as long as the process.
pub fn secp256k1() -> (Step, Step) {
    let digest = [5u8; 32];
    // SAFETY: makes a key with its curve, which is only read from then on, and a signature.
    let (key, signature) = unsafe {
        let key = EC_KEY_new_by_curve_name(NID_secp256k1);
        assert!(!key.is_null() && EC_KEY_generate_key(key) == 1);
        (key, ECDSA_do_sign(digest.as_ptr(), digest.len(), key))
    };
    // SAFETY: the key is valid, and the signature that is made is freed.
    let sign = move || unsafe { ECDSA_SIG_free(ECDSA_do_sign(digest.as_ptr(), digest.len(), key)) };
    // SAFETY: key and signature are valid.
    let verify = move || assert_eq!(unsafe { ECDSA_do_verify(digest.as_ptr(), digest.len(), signature, key) }, 1);
    (Box::new(sign), Box::new(verify))
}
