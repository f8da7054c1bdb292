//! Who may see, make and change what: read-only sessions, private objects, the security officer, trust.

use crate::common::*;
use crate::making::*;

#[test]
fn a_read_only_session_writes_no_token_object() {
    let token = token();
    let user = token.user();
    let stored = ok(user.create(&with(&data_template("stored"), &[yes(CKA_TOKEN)])));
    let open = [yes(CKA_TOKEN), yes(CKA_WRAP), yes(CKA_UNWRAP), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let key = aes(&user, &open);
    let (public, private) = ec(&user, &[yes(CKA_TOKEN)]);
    let session = token.read_only();
    let code = CKR_SESSION_READ_ONLY;
    let on_token = [yes(CKA_TOKEN)];
    refused(session.create(&with(&data_template("x"), &on_token)), code);
    refused(session.set(stored, &[text(CKA_LABEL, "x")]), code);
    refused(session.destroy(stored), code);
    refused(session.copy(stored, &[]), code);
    let own = data(&session, "own");
    refused(session.copy(own, &on_token), code);
    let length = [ulong(CKA_VALUE_LEN, 16), yes(CKA_TOKEN)];
    refused(session.generate(&mech(CKM_AES_KEY_GEN), &length), code);
    let curve = bytes(CKA_EC_PARAMS, P256);
    let pair = |public: &[Attribute], private: &[Attribute]| {
        session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &with(std::slice::from_ref(&curve), public), private)
    };
    refused(pair(&on_token, &[]), code);
    refused(pair(&[], &on_token), code);
    let wrapped = ok(session.wrap(&mech(CKM_AES_KEY_WRAP), key, key));
    let unwrapped = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    refused(session.unwrap(&mech(CKM_AES_KEY_WRAP), key, &wrapped, &with(&unwrapped, &on_token)), code);
    let (_point, agree) = ecdh(&session, public);
    refused(session.derive(&agree, private, &on_token), code);
    // What is not on the token is fine, all of it.
    let copy = ok(session.copy(stored, &[no(CKA_TOKEN)]));
    ok(session.set(copy, &[text(CKA_LABEL, "y")]));
    ok(session.destroy(copy));
    ok(pair(&[], &[]));
    ok(session.unwrap(&mech(CKM_AES_KEY_WRAP), key, &wrapped, &unwrapped));
    ok(session.derive(&agree, private, &[]));
    assert_eq!(ok(session.get(stored, CKA_LABEL)), b"stored");
}

#[test]
fn without_login_there_are_no_private_objects() {
    let token = token();
    let session = token.session();
    let code = CKR_USER_NOT_LOGGED_IN;
    for storage in [no(CKA_TOKEN), yes(CKA_TOKEN)] {
        let private = [storage, yes(CKA_PRIVATE)];
        refused(session.create(&with(&data_template("x"), &private)), code);
        refused(session.create(&with(&aes_template(), &private)), code);
        refused(session.generate(&mech(CKM_AES_KEY_GEN), &with(&private, &[ulong(CKA_VALUE_LEN, 16)])), code);
        refused(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, P256)], &private), code);
        let public = with(&private, &[bytes(CKA_EC_PARAMS, P256)]);
        refused(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &public, &[no(CKA_PRIVATE)]), code);
        refused(session.copy(data(&session, "y"), &private), code);
    }
    // Public ones can be made.
    ok(session.create(&with(&aes_template(), &[no(CKA_PRIVATE)])));
    ok(session.create(&with(&data_template("z"), &[yes(CKA_TOKEN)])));
}

#[test]
fn private_objects_are_out_of_sight_without_login_and_their_handles_die() {
    let token = token();
    let session = token.user();
    let stored = ok(session.create(&with(&data_template("p"), &[yes(CKA_TOKEN), yes(CKA_PRIVATE)])));
    let fleeting = ok(session.create(&with(&data_template("p"), &[yes(CKA_PRIVATE)])));
    let public = data(&session, "p");
    ok(session.logout());
    let all_refused = || {
        for handle in [stored, fleeting] {
            refused(session.get(handle, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
            refused(session.set(handle, &[]), CKR_OBJECT_HANDLE_INVALID);
            refused(session.copy(handle, &[]), CKR_OBJECT_HANDLE_INVALID);
            refused(session.size(handle), CKR_OBJECT_HANDLE_INVALID);
            refused(session.destroy(handle), CKR_OBJECT_HANDLE_INVALID);
        }
    };
    all_refused();
    assert_eq!(session.find(&[text(CKA_LABEL, "p")]), [public]);
    assert_eq!(session.find(&[yes(CKA_PRIVATE)]), []);
    ok(session.login(CKU_SO, SO_PIN));
    all_refused();
    assert_eq!(session.find(&[text(CKA_LABEL, "p")]), [public]);
    ok(session.logout());
    ok(session.login(CKU_USER, USER_PIN));
    all_refused();
    // The one on the token is there again, under another handle; the one of the session went with the login.
    let found = session.find(&[text(CKA_LABEL, "p"), yes(CKA_PRIVATE)]);
    assert_eq!(found.len(), 1);
    assert_ne!(found, [stored]);
}

#[test]
fn the_security_officer_makes_public_objects_only() {
    let token = token();
    let so = token.so();
    let code = CKR_USER_NOT_LOGGED_IN;
    refused(so.create(&aes_template()), code);
    refused(so.create(&with(&data_template("x"), &[yes(CKA_PRIVATE)])), code);
    refused(so.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]), code);
    refused(so.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, P256)], &[]), code);
    refused(so.copy(data(&so, "y"), &[yes(CKA_PRIVATE)]), code);
    ok(so.create(&with(&aes_template(), &[no(CKA_PRIVATE)])));
}

/// A session of the user on a token where the SO has made a trusted key, and that key.
fn trusted_key(token: &Token, more: &[Attribute]) -> CK_OBJECT_HANDLE {
    let so = token.so();
    let key = aes(&so, &with(&[yes(CKA_TOKEN), no(CKA_PRIVATE), yes(CKA_TRUSTED), yes(CKA_WRAP)], more));
    ok(so.logout());
    key
}

#[test]
fn no_function_lets_the_user_make_trusted_objects() {
    let session = token().user();
    let trust = yes(CKA_TRUSTED);
    let code = CKR_ATTRIBUTE_READ_ONLY;
    refused(session.create(&with(&aes_template(), std::slice::from_ref(&trust))), code);
    refused(session.create(&with(&certificate_template(), std::slice::from_ref(&trust))), code);
    refused(session.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16), trust.clone()]), code);
    let public = [bytes(CKA_EC_PARAMS, P256), trust.clone()];
    refused(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &public, &[]), code);
    let key = aes(&session, &[yes(CKA_WRAP), yes(CKA_UNWRAP), yes(CKA_EXTRACTABLE)]);
    refused(session.set(key, std::slice::from_ref(&trust)), code);
    refused(session.copy(key, std::slice::from_ref(&trust)), code);
    let wrapped = ok(session.wrap(&mech(CKM_AES_KEY_WRAP), key, key));
    let unwrapped = [class(CKO_SECRET_KEY), key_type(CKK_AES), trust.clone()];
    refused(session.unwrap(&mech(CKM_AES_KEY_WRAP), key, &wrapped, &unwrapped), code);
    let (public, private) = ec(&session, &[]);
    let (_point, agree) = ecdh(&session, public);
    refused(session.derive(&agree, private, std::slice::from_ref(&trust)), code);
    // Nor by the detour of a key's own templates.
    let keyed = aes(&session, &[template(CKA_UNWRAP_TEMPLATE, std::slice::from_ref(&trust)), yes(CKA_UNWRAP)]);
    refused(session.unwrap(&mech(CKM_AES_KEY_WRAP), keyed, &wrapped, &unwrapped[..2]), code);
    let (_, private) = ec(&session, &[template(CKA_DERIVE_TEMPLATE, std::slice::from_ref(&trust))]);
    refused(session.derive(&agree, private, &[]), code);
    // A value that is not CK_TRUE but not CK_FALSE either does not help.
    refused(session.set(key, &[bytes(CKA_TRUSTED, [0xff])]), code);
    refused(session.create(&with(&aes_template(), &[bytes(CKA_TRUSTED, [2])])), code);
}

#[test]
fn the_security_officer_trusts_by_creating_and_by_setting() {
    let token = token();
    let so = token.so();
    let key = aes(&so, &[no(CKA_PRIVATE), yes(CKA_TRUSTED)]);
    assert!(ok(so.get_bool(key, CKA_TRUSTED)));
    ok(so.set(key, &[no(CKA_TRUSTED)]));
    assert!(!ok(so.get_bool(key, CKA_TRUSTED)));
    ok(so.set(key, &[yes(CKA_TRUSTED)]));
    assert!(ok(so.get_bool(ok(so.copy(key, &[])), CKA_TRUSTED)));
    let generated = generated_aes(&so, &[no(CKA_PRIVATE), yes(CKA_TRUSTED)]);
    assert!(ok(so.get_bool(generated, CKA_TRUSTED)));
    let certificate = ok(so.create(&certificate_template()));
    ok(so.set(certificate, &[yes(CKA_TRUSTED)]));
}

#[test]
fn wrap_with_trusted_means_a_trusted_key() {
    let token = token();
    let trusted = trusted_key(&token, &[]);
    let session = token.user();
    let untrusted = aes(&session, &[yes(CKA_WRAP)]);
    let secret = aes(&session, &[yes(CKA_EXTRACTABLE), yes(CKA_WRAP_WITH_TRUSTED)]);
    let wrap = mech(CKM_AES_KEY_WRAP);
    refused(session.wrap(&wrap, untrusted, secret), CKR_KEY_NOT_WRAPPABLE);
    ok(session.wrap(&wrap, trusted, secret));
    let copy = ok(session.copy(trusted, &[]));
    refused(session.wrap(&wrap, copy, secret), CKR_KEY_NOT_WRAPPABLE);
    refused(session.set(secret, &[no(CKA_WRAP_WITH_TRUSTED)]), CKR_ATTRIBUTE_READ_ONLY);
    let (_, private) = rsa(&session, &[], &[yes(CKA_EXTRACTABLE), yes(CKA_WRAP_WITH_TRUSTED)]);
    refused(session.wrap(&mech(CKM_AES_KEY_WRAP_KWP), untrusted, private), CKR_KEY_NOT_WRAPPABLE);
    ok(session.wrap(&mech(CKM_AES_KEY_WRAP_KWP), trusted, private));
}

/// Once, the user's copy of a trusted object could be said to be trusted: it was not, and the call succeeded.
#[test]
fn a_users_copy_of_a_trusted_object_is_not_trusted_and_does_not_say_so() {
    let token = token();
    let trusted = trusted_key(&token, &[]);
    let session = token.user();
    refused(session.copy(trusted, &[yes(CKA_TRUSTED)]), CKR_ATTRIBUTE_READ_ONLY);
    for template in [&[][..], &[no(CKA_TRUSTED)]] {
        assert!(!ok(session.get_bool(ok(session.copy(trusted, template)), CKA_TRUSTED)));
    }
    refused(session.set(trusted, &[no(CKA_TRUSTED)]), CKR_ATTRIBUTE_READ_ONLY);
}

/// Once, the user could let a trusted wrapping key decrypt too, and read what it had wrapped.
#[test]
fn a_trusted_key_gets_no_other_use_from_the_user() {
    let token = token();
    let trusted = trusted_key(&token, &[no(CKA_DECRYPT), no(CKA_UNWRAP), no(CKA_DERIVE), yes(CKA_SENSITIVE)]);
    let session = token.user();
    for usage in [CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE] {
        refused(session.set(trusted, &[yes(usage)]), CKR_ATTRIBUTE_READ_ONLY);
        refused(session.copy(trusted, &[yes(usage)]), CKR_ATTRIBUTE_READ_ONLY);
        let copy = ok(session.copy(trusted, &[no(usage)]));
        refused(session.set(copy, &[yes(usage)]), CKR_ACTION_PROHIBITED);
        refused(session.copy(copy, &[yes(usage)]), CKR_ACTION_PROHIBITED);
        refused(session.decrypt(&mech(CKM_AES_ECB), copy, &[0; 16]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
    refused(session.copy(trusted, &[yes(CKA_MODIFIABLE)]), CKR_ATTRIBUTE_READ_ONLY);
    ok(session.set(trusted, &[text(CKA_LABEL, "named"), no(CKA_EXTRACTABLE)]));
}

/// Once, the SO could modify a trusted certificate.
#[test]
fn a_trusted_certificate_cannot_be_modified() {
    let token = token();
    let so = token.so();
    let certificate = ok(so.create(&with(&certificate_template(), &[yes(CKA_TOKEN), yes(CKA_TRUSTED)])));
    refused(so.set(certificate, &[bytes(CKA_ID, b"x")]), CKR_ATTRIBUTE_READ_ONLY);
    ok(so.logout());
    ok(so.login(CKU_USER, USER_PIN));
    refused(so.set(certificate, &[bytes(CKA_ID, b"x")]), CKR_ATTRIBUTE_READ_ONLY);
    refused(so.set(certificate, &[text(CKA_LABEL, "x")]), CKR_ATTRIBUTE_READ_ONLY);
    let copy = ok(so.copy(certificate, &[bytes(CKA_ID, b"x")]));
    assert!(!ok(so.get_bool(copy, CKA_TRUSTED)));
}
