//! Every mechanism with every key, above all with those that are not its own.

use crate::common::*;

/// `C_…Init`, whose arguments are all the same, and the functions that use up what it began.
const BEGIN: [&str; 10] = [
    "C_EncryptInit",
    "C_DecryptInit",
    "C_SignInit",
    "C_VerifyInit",
    "C_SignRecoverInit",
    "C_VerifyRecoverInit",
    "C_MessageEncryptInit",
    "C_MessageDecryptInit",
    "C_MessageSignInit",
    "C_MessageVerifyInit",
];

/// RSA mechanisms with an HMAC key ended a rival. Without a parameter, for the mechanisms that need one are refused for that.
#[test]
fn every_mechanism_survives_every_key() {
    let token = token();
    let session = token.user();
    let (public, private) = super::rsa(&session);
    let (agreement, _) = super::agreement(&session);
    let kem = super::kem(&session);
    let hmac = [class(CKO_SECRET_KEY), key_type(CKK_SHA256_HMAC), bytes(CKA_VALUE, [1; 32]), yes(CKA_SIGN)];
    let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16])];
    let data = ok(session.create(&[class(CKO_DATA)]));
    let [hmac, aes] = [&hmac[..], &aes].map(|template| ok(session.create(template)));
    let keys = [hmac, aes, public, private, agreement, kem.0, kem.1, data];
    let mut refused_types = 0;
    for kind in mechanisms_of(&token) {
        for name in BEGIN {
            let index = FUNCTIONS.iter().position(|other| *other == name).unwrap();
            for key in keys {
                let words = [kind as usize, 0, 0];
                // SAFETY: a mechanism without a parameter.
                let code = unsafe { call(index, &[session.handle as usize, words.as_ptr() as usize, key as usize]) };
                returns::settle();
                refused_types += usize::from(code == CKR_KEY_TYPE_INCONSISTENT);
                assert!(code != CKR_OK || key != data, "{name} with {kind:#x} and an object that is no key");
                if code == CKR_OK {
                    let _ = session.sign_update(b"abc");
                    ok(session.cancel(CK_FLAGS::MAX));
                }
            }
        }
    }
    assert!(refused_types > 500, "{refused_types}");
    let rsa = mech(CKM_RSA_PKCS);
    refused(session.sign_init(&rsa, hmac), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.encrypt_init(&rsa, aes), CKR_KEY_TYPE_INCONSISTENT);
}

fn mechanisms_of(token: &Token) -> Vec<CK_MECHANISM_TYPE> {
    let mut count = 0;
    let list = f().C_GetMechanismList.unwrap();
    // SAFETY: NULL, and a place for the count.
    ok(result(unsafe { list(token.slot, std::ptr::null_mut(), &mut count) }));
    let mut found = vec![0; count as usize];
    // SAFETY: a list of its length.
    ok(result(unsafe { list(token.slot, found.as_mut_ptr(), &mut count) }));
    found
}
