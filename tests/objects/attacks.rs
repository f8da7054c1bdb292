//! What somebody who has the user's PIN tries to read a key that was made not to be read.

use crate::common::*;
use crate::making::*;

/// A key that is sensitive and not extractable, of a value that the test knows and the attacker does not.
fn victim(session: &Session) -> CK_OBJECT_HANDLE {
    aes(session, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE), yes(CKA_DERIVE)])
}

#[test]
fn no_change_of_attributes_opens_a_key() {
    let session = token().user();
    let key = victim(&session);
    let openings = [
        &[no(CKA_SENSITIVE)][..],
        &[yes(CKA_EXTRACTABLE)],
        &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)],
        &[bytes(CKA_SENSITIVE, [])],
        &[bytes(CKA_EXTRACTABLE, [0xff])],
        &[bytes(CKA_EXTRACTABLE, [2])],
        &[ulong(CKA_CLASS, CKO_DATA)],
        &[class(CKO_PUBLIC_KEY)],
        &[key_type(CKK_GENERIC_SECRET)],
        &[yes(CKA_SENSITIVE), no(CKA_SENSITIVE)],
        &[no(CKA_SENSITIVE), yes(CKA_SENSITIVE)],
        &[bytes(CKA_VALUE, [0; 16])],
        &[ulong(CKA_VALUE_LEN, 1)],
    ];
    for opening in openings {
        for order in [opening.to_vec(), opening.iter().rev().cloned().collect()] {
            assert!(session.set(key, &order).is_err());
            assert!(session.copy(key, &order).is_err());
        }
        refused(session.get(key, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    }
}

/// Once, a copy told whether a guess of a hidden value was right: the right one was "unchanged" and accepted.
#[test]
fn a_copy_does_not_tell_whether_a_guess_is_right() {
    let session = token().user();
    let key = victim(&session);
    let (right, wrong) = (bytes(CKA_VALUE, SECRET), bytes(CKA_VALUE, [0; 16]));
    refused(session.copy(key, std::slice::from_ref(&right)), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(key, std::slice::from_ref(&wrong)), CKR_ATTRIBUTE_READ_ONLY);
    for guess in [right, wrong] {
        refused(session.set(key, std::slice::from_ref(&guess)), CKR_ATTRIBUTE_READ_ONLY);
        assert_eq!(session.find(&[guess]), []);
    }
}

#[test]
fn an_unextractable_key_is_wrapped_by_nobody() {
    let session = token().user();
    let key = victim(&session);
    let own = aes(&session, &[yes(CKA_WRAP)]);
    let (public, _) = rsa(&session, &[yes(CKA_WRAP)], &[]);
    for copy in [key, ok(session.copy(key, &[])), ok(session.copy(key, &[yes(CKA_TOKEN)]))] {
        refused(session.wrap(&mech(CKM_AES_KEY_WRAP), own, copy), CKR_KEY_UNEXTRACTABLE);
        refused(session.wrap(&mech(CKM_AES_ECB), own, copy), CKR_KEY_UNEXTRACTABLE);
        refused(session.wrap(&mech(CKM_RSA_PKCS), public, copy), CKR_KEY_UNEXTRACTABLE);
        refused(session.wrap(&mech(CKM_AES_KEY_WRAP), copy, copy), CKR_KEY_UNEXTRACTABLE);
    }
    let (_, private) = rsa(&session, &[], &[no(CKA_EXTRACTABLE)]);
    refused(session.wrap(&mech(CKM_AES_KEY_WRAP_KWP), own, private), CKR_KEY_UNEXTRACTABLE);
    let (_, private) = ec(&session, &[no(CKA_EXTRACTABLE)]);
    refused(session.wrap(&mech(CKM_AES_KEY_WRAP_KWP), own, private), CKR_KEY_UNEXTRACTABLE);
}

/// Once, a key with a template for what it unwraps decrypted by default, and what it should have unwrapped as sensitive
/// could be read.
#[test]
fn a_key_whose_wrapping_is_restricted_does_not_decrypt_unless_it_is_told_to() {
    let token = token();
    let session = token.user();
    let demanded = [yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)];
    for kind in [CKA_UNWRAP_TEMPLATE, CKA_WRAP_TEMPLATE] {
        let restricted = aes(&session, &[template(kind, &demanded)]);
        assert!(!ok(session.get_bool(restricted, CKA_DECRYPT)));
        assert!(ok(session.get_bool(restricted, CKA_UNWRAP)) && ok(session.get_bool(restricted, CKA_WRAP)));
        assert!(ok(session.get_bool(aes(&session, &[template(kind, &demanded), yes(CKA_DECRYPT)]), CKA_DECRYPT)));
    }
    let (_, private) = rsa(&session, &[], &[template(CKA_UNWRAP_TEMPLATE, &demanded)]);
    assert!(!ok(session.get_bool(private, CKA_DECRYPT)));
    assert!(ok(session.get_bool(aes(&session, &[]), CKA_DECRYPT)));
    ok(session.logout());
    let so = token.so();
    let trusted = aes(&so, &[no(CKA_PRIVATE), yes(CKA_TRUSTED)]);
    assert!(!ok(so.get_bool(trusted, CKA_DECRYPT)));
}

/// A key may be wrapped only with a trusted key. The attacker makes one, renames one, borrows one.
#[test]
fn wrap_with_trusted_is_not_got_round() {
    let token = token();
    let so = token.so();
    let uses = [no(CKA_DECRYPT), no(CKA_UNWRAP), yes(CKA_WRAP), yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)];
    let trusted = aes(&so, &with(&uses, &[yes(CKA_TOKEN), no(CKA_PRIVATE), yes(CKA_TRUSTED)]));
    ok(so.logout());
    let session = token.user();
    let secret = generated_aes(&session, &[yes(CKA_SENSITIVE), yes(CKA_EXTRACTABLE), yes(CKA_WRAP_WITH_TRUSTED)]);
    let ecb = mech(CKM_AES_ECB);
    let wrapped = ok(session.wrap(&ecb, trusted, secret));
    let reading = |key| session.decrypt(&ecb, key, &wrapped);
    refused(reading(trusted), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.set(trusted, &[yes(CKA_DECRYPT)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(trusted, &[yes(CKA_DECRYPT)]), CKR_ATTRIBUTE_READ_ONLY);
    let copy = ok(session.copy(trusted, &[no(CKA_TRUSTED), text(CKA_LABEL, "mine")]));
    refused(session.set(copy, &[yes(CKA_DECRYPT)]), CKR_ACTION_PROHIBITED);
    refused(reading(copy), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let copy_of_copy = ok(session.copy(copy, &[]));
    refused(session.set(copy_of_copy, &[yes(CKA_DECRYPT)]), CKR_ACTION_PROHIBITED);
    let unwrapped = [class(CKO_SECRET_KEY), key_type(CKK_AES), no(CKA_SENSITIVE)];
    refused(session.unwrap(&ecb, trusted, &wrapped, &unwrapped), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let own = aes(&session, &[yes(CKA_WRAP)]);
    for key in [secret, ok(session.copy(secret, &[]))] {
        refused(session.wrap(&ecb, own, key), CKR_KEY_NOT_WRAPPABLE);
        refused(session.wrap(&ecb, copy, key), CKR_KEY_NOT_WRAPPABLE);
    }
}

#[test]
fn a_hidden_private_key_shows_its_public_half_and_no_more() {
    let session = token().user();
    let (_, private) = ec(&session, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]);
    for kind in 0..0x800 {
        if let Ok(value) = session.get(private, kind) {
            assert!(kind != CKA_VALUE && value.len() < 128);
        }
    }
    refused(session.get(private, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    let (_, private) = rsa(&session, &[], &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]);
    let told: Vec<_> = (CKA_MODULUS..CKA_PUBLIC_KEY_INFO).filter(|kind| session.get(private, *kind).is_ok()).collect();
    assert_eq!(told, [CKA_MODULUS, CKA_PUBLIC_EXPONENT]);
}

#[test]
fn what_belongs_to_another_token_is_out_of_reach() {
    let (mine, theirs) = (token().user(), token().user());
    let key = aes(&theirs, &[no(CKA_SENSITIVE), text(CKA_LABEL, "theirs")]);
    // The same number may be a handle here too, but never of that object.
    if let Ok(label) = mine.get(key, CKA_LABEL) {
        assert_ne!(label, b"theirs");
    }
    assert_eq!(mine.find(&[text(CKA_LABEL, "theirs")]), []);
}
