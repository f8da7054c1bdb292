//! C_VerifySignature and its relatives: verification with the signature given beforehand (section 5.15).

mod common;

use common::*;

/// A session with an HMAC key and a P-256 pair, and each with a mechanism that takes parts.
fn signers(session: &Session) -> Vec<(Mech, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)> {
    let p256 = hex("06082a8648ce3d030107");
    let hmac = ok(session.create(&[
        class(CKO_SECRET_KEY),
        ulong(CKA_KEY_TYPE, CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [0x0b; 20]),
        yes(CKA_SIGN),
        yes(CKA_VERIFY),
    ]));
    let (public, private) = ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, &p256)], &[]));
    vec![(mech(CKM_SHA256_HMAC), hmac, hmac), (mech(CKM_ECDSA_SHA256), private, public)]
}

fn verify(session: &Session, data: &[u8]) -> Result<(), CK_RV> {
    // SAFETY: as above.
    result(unsafe { f().C_VerifySignature.unwrap()(session.handle, data.as_ptr().cast_mut(), data.len() as CK_ULONG) })
}

fn update(session: &Session, data: &[u8]) -> Result<(), CK_RV> {
    // SAFETY: as above.
    result(unsafe {
        f().C_VerifySignatureUpdate.unwrap()(session.handle, data.as_ptr().cast_mut(), data.len() as CK_ULONG)
    })
}

fn finish(session: &Session) -> Result<(), CK_RV> {
    // SAFETY: as above.
    result(unsafe { f().C_VerifySignatureFinal.unwrap()(session.handle) })
}

#[test]
fn the_answer_is_that_of_rfc_4231() {
    let token = token();
    let session = token.user();
    let (mechanism, key, _) = signers(&session).remove(0);
    let mac = hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    ok(session.verify_signature_init(&mechanism, key, &mac));
    ok(verify(&session, b"Hi There"));
    ok(session.verify_signature_init(&mechanism, key, &mac));
    refused(verify(&session, b"Hi there"), CKR_SIGNATURE_INVALID);
}

#[test]
fn data_comes_in_one_part_or_in_several() {
    let token = token();
    let session = token.user();
    for (mechanism, signer, verifier) in signers(&session) {
        let data: Vec<u8> = (0..200).collect();
        let signature = ok(session.sign(&mechanism, signer, &data));
        ok(session.verify_signature_init(&mechanism, verifier, &signature));
        ok(verify(&session, &data));
        for size in [1, 7, 64, 199] {
            ok(session.verify_signature_init(&mechanism, verifier, &signature));
            data.chunks(size).for_each(|part| ok(update(&session, part)));
            ok(finish(&session));
        }
        ok(session.verify_signature_init(&mechanism, verifier, &signature));
        ok(update(&session, &data[1..]));
        refused(finish(&session), CKR_SIGNATURE_INVALID);
        refused(finish(&session), CKR_OPERATION_NOT_INITIALIZED);
    }
}

#[test]
fn a_single_part_after_others_ends_the_operation() {
    let token = token();
    let session = token.user();
    let (mechanism, key, _) = signers(&session).remove(0);
    ok(session.verify_signature_init(&mechanism, key, &[0; 32]));
    ok(update(&session, b"a"));
    refused(verify(&session, b"b"), CKR_OPERATION_NOT_INITIALIZED);
    refused(update(&session, b"c"), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn a_signature_of_a_wrong_length_is_refused() {
    let token = token();
    let session = token.user();
    let (mechanism, key, _) = signers(&session).remove(0);
    for length in [0, 31, 33] {
        ok(session.verify_signature_init(&mechanism, key, &vec![0; length]));
        refused(verify(&session, b"data"), CKR_SIGNATURE_LEN_RANGE);
    }
}

#[test]
fn it_is_another_operation_than_that_of_c_verify() {
    let token = token();
    let session = token.user();
    let (mechanism, key, _) = signers(&session).remove(0);
    ok(session.verify_signature_init(&mechanism, key, &[0; 32]));
    refused(session.verify_init(&mechanism, key), CKR_OPERATION_ACTIVE);
    refused(session.verify_signature_init(&mechanism, key, &[0; 32]), CKR_OPERATION_ACTIVE);
    // SAFETY: the arguments are what the functions want; a NULL mechanism ends the operation.
    unsafe {
        let (data, size) = ([0u8; 4].as_mut_ptr(), 4);
        refused(result(f().C_VerifyUpdate.unwrap()(session.handle, data, size)), CKR_OPERATION_NOT_INITIALIZED);
        let none = std::ptr::null_mut();
        ok(result(f().C_VerifySignatureInit.unwrap()(session.handle, none, key, none.cast(), 0)));
        ok(session.verify_init(&mechanism, key));
        refused(verify(&session, b"data"), CKR_OPERATION_NOT_INITIALIZED);
        ok(result(f().C_SessionCancel.unwrap()(session.handle, CKF_VERIFY)));
        ok(session.verify_signature_init(&mechanism, key, &[0; 32]));
        ok(result(f().C_SessionCancel.unwrap()(session.handle, CKF_VERIFY)));
        refused(finish(&session), CKR_OPERATION_NOT_INITIALIZED);
    }
}

#[test]
fn a_key_that_may_not_verify_is_refused() {
    let token = token();
    let session = token.user();
    let key = ok(session.create(&[
        class(CKO_SECRET_KEY),
        ulong(CKA_KEY_TYPE, CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [1; 20]),
        no(CKA_VERIFY),
    ]));
    refused(session.verify_signature_init(&mech(CKM_SHA256_HMAC), key, &[0; 32]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.verify_signature_init(&mech(CKM_SHA256_HMAC), 0, &[0; 32]), CKR_KEY_HANDLE_INVALID);
    refused(session.verify_signature_init(&mech(CKM_SHA256), key, &[0; 32]), CKR_MECHANISM_INVALID);
}

#[test]
fn no_operation_is_claimed_to_be_validated() {
    let token = token();
    let session = token.session();
    let mut flags = 7;
    // SAFETY: the flags have room.
    unsafe {
        let function = f().C_GetSessionValidationFlags.unwrap();
        ok(result(function(session.handle, CKS_LAST_VALIDATION_OK, &mut flags)));
        assert_eq!(flags, 0);
        refused(result(function(session.handle, 99, &mut flags)), CKR_ARGUMENTS_BAD);
        refused(result(function(session.handle, CKS_LAST_VALIDATION_OK, std::ptr::null_mut())), CKR_ARGUMENTS_BAD);
    }
}
