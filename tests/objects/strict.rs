//! CKA_ALWAYS_AUTHENTICATE and CKA_ALLOWED_MECHANISMS. (`tests/tokens.rs` has the login's own life.)

use crate::common::*;
use crate::making::*;

#[test]
fn every_purpose_of_a_strict_key_wants_its_own_login() {
    let session = token().user();
    let (public, private) = rsa(&session, &[], &[yes(CKA_ALWAYS_AUTHENTICATE), yes(CKA_SIGN_RECOVER)]);
    let m = mech(CKM_RSA_PKCS);
    let encrypted = ok(session.encrypt(&m, public, b"secret"));
    let signature = {
        ok(session.sign_init(&m, private));
        refused(session.pass(f().C_Sign.unwrap(), b"data"), CKR_USER_NOT_LOGGED_IN);
        ok(session.login(CKU_CONTEXT_SPECIFIC, USER_PIN));
        ok(session.pass(f().C_Sign.unwrap(), b"data"))
    };
    ok(session.verify(&m, public, b"data", &signature));
    ok(session.decrypt_init(&m, private));
    refused(session.pass(f().C_Decrypt.unwrap(), &encrypted), CKR_USER_NOT_LOGGED_IN);
    ok(session.login(CKU_CONTEXT_SPECIFIC, USER_PIN));
    assert_eq!(ok(session.pass(f().C_Decrypt.unwrap(), &encrypted)), b"secret");
    ok(session.sign_recover_init(&m, private));
    refused(session.pass(f().C_SignRecover.unwrap(), b"data"), CKR_USER_NOT_LOGGED_IN);
    ok(session.login(CKU_CONTEXT_SPECIFIC, USER_PIN));
    ok(session.pass(f().C_SignRecover.unwrap(), b"data"));
    // One login, one use.
    ok(session.sign_init(&m, private));
    refused(session.pass(f().C_Sign.unwrap(), b"data"), CKR_USER_NOT_LOGGED_IN);
}

/// Once, unwrapping and deriving used a strict key without asking: what RSA had encrypted could be read as an unwrapped
/// secret, and secrets agreed on, with no PIN.
#[test]
fn a_strict_key_is_not_used_by_functions_that_leave_no_moment_for_the_login() {
    let session = token().user();
    let (public, private) = rsa(&session, &[], &[yes(CKA_ALWAYS_AUTHENTICATE), yes(CKA_UNWRAP)]);
    let encrypted = ok(session.encrypt(&mech(CKM_RSA_PKCS), public, &SECRET));
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    refused(session.unwrap(&mech(CKM_RSA_PKCS), private, &encrypted, &template), CKR_USER_NOT_LOGGED_IN);
    let (public, private) = ec(&session, &[yes(CKA_ALWAYS_AUTHENTICATE), yes(CKA_DERIVE)]);
    let (_point, agree) = ecdh(&session, public);
    refused(session.derive(&agree, private, &[]), CKR_USER_NOT_LOGGED_IN);
}

#[test]
fn strictness_is_for_private_objects_and_for_ever() {
    let session = token().user();
    let strict = yes(CKA_ALWAYS_AUTHENTICATE);
    let pair = |private: &[Attribute]| {
        session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, P256)], private)
    };
    refused(pair(&[strict.clone(), no(CKA_PRIVATE)]), CKR_TEMPLATE_INCONSISTENT);
    refused(session.create(&with(&aes_template(), std::slice::from_ref(&strict))), CKR_TEMPLATE_INCONSISTENT);
    let (_, private) = ok(pair(std::slice::from_ref(&strict)));
    refused(session.set(private, &[no(CKA_ALWAYS_AUTHENTICATE)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(private, &[no(CKA_ALWAYS_AUTHENTICATE)]), CKR_ATTRIBUTE_READ_ONLY);
    let copy = ok(session.copy(private, &[]));
    ok(session.sign_init(&mech(CKM_ECDSA), copy));
    refused(session.pass(f().C_Sign.unwrap(), &[1; 32]), CKR_USER_NOT_LOGGED_IN);
    // No login is asked for where nothing is active, nor where the key is an ordinary one.
    let other = token().user();
    refused(other.login(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
    let (_, ordinary) = ec(&other, &[]);
    ok(other.sign_init(&mech(CKM_ECDSA), ordinary));
    refused(other.login(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
    ok(other.pass(f().C_Sign.unwrap(), &[1; 32]));
}

#[test]
fn a_key_works_with_the_mechanisms_that_it_allows_and_no_other() {
    let session = token().user();
    let allowed = |list: &[CK_MECHANISM_TYPE]| mechanisms(CKA_ALLOWED_MECHANISMS, list);
    let key = aes(
        &session,
        &[allowed(&[CKM_AES_ECB, CKM_AES_KEY_WRAP]), yes(CKA_WRAP), yes(CKA_UNWRAP), yes(CKA_EXTRACTABLE)],
    );
    assert_eq!(ok(session.get(key, CKA_ALLOWED_MECHANISMS)).len(), 16);
    ok(session.encrypt(&mech(CKM_AES_ECB), key, &[0; 16]));
    ok(session.decrypt(&mech(CKM_AES_ECB), key, &[0; 16]));
    let wrapped = ok(session.wrap(&mech(CKM_AES_KEY_WRAP), key, key));
    let cbc = mech_bytes(CKM_AES_CBC, &[0; 16]);
    refused(session.encrypt(&cbc, key, &[0; 16]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.decrypt(&cbc, key, &[0; 16]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.wrap(&cbc, key, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    refused(session.unwrap(&cbc, key, &[0; 16], &template), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(session.unwrap(&mech(CKM_AES_KEY_WRAP), key, &wrapped, &template));
    refused(session.sign_init(&mech(CKM_AES_CMAC), key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.verify_init(&mech(CKM_AES_CMAC), key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    // The list holds for copies, and does not change.
    let copy = ok(session.copy(key, &[]));
    refused(session.encrypt(&cbc, copy, &[0; 16]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.set(key, &[allowed(&[CKM_AES_CBC])]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(key, &[allowed(&[])]), CKR_ATTRIBUTE_READ_ONLY);
    let (public, private) = ec(&session, &[allowed(&[CKM_ECDSA_SHA256])]);
    refused(session.sign_init(&mech(CKM_ECDSA), private), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let (_point, agree) = ecdh(&session, public);
    refused(session.derive(&agree, private, &[]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(session.sign(&mech(CKM_ECDSA_SHA256), private, b"x"));
}
