//! `C_SetAttributeValue`, `C_CopyObject` and `C_DestroyObject` (sections 4.1.2, 4.1.3 and 5.7).

use crate::common::*;
use crate::making::*;

/// All attributes of a secret key that can be seen.
fn picture(session: &Session, object: CK_OBJECT_HANDLE) -> Vec<Result<Vec<u8>, CK_RV>> {
    let kinds = [
        CKA_LABEL,
        CKA_ID,
        CKA_SENSITIVE,
        CKA_EXTRACTABLE,
        CKA_ENCRYPT,
        CKA_SIGN,
        CKA_START_DATE,
        CKA_WRAP_WITH_TRUSTED,
        CKA_CHECK_VALUE,
        CKA_COPYABLE,
        CKA_UNIQUE_ID,
        CKA_TOKEN,
        CKA_LOCAL,
        CKA_ALWAYS_SENSITIVE,
        CKA_VALUE,
    ];
    kinds.iter().map(|kind| session.get(object, *kind)).collect()
}

#[test]
fn what_is_refused_leaves_the_object_as_it_was() {
    let session = token().user();
    let key = aes(&session, &[text(CKA_LABEL, "old"), yes(CKA_ENCRYPT)]);
    let before = picture(&session, key);
    let good = [text(CKA_LABEL, "new"), bytes(CKA_ID, b"1"), yes(CKA_SENSITIVE), no(CKA_ENCRYPT)];
    for (bad, code) in [
        (bytes(CKA_VALUE, [1; 16]), CKR_ATTRIBUTE_READ_ONLY),
        (ulong(CKA_CLASS, CKO_DATA), CKR_ATTRIBUTE_READ_ONLY),
        (ulong(CKA_KEY_TYPE, CKK_GENERIC_SECRET), CKR_ATTRIBUTE_READ_ONLY),
        (ulong(CKA_VALUE_LEN, 32), CKR_ATTRIBUTE_READ_ONLY),
        (yes(CKA_LOCAL), CKR_ATTRIBUTE_READ_ONLY),
        (yes(CKA_TRUSTED), CKR_ATTRIBUTE_READ_ONLY),
        (yes(CKA_TOKEN), CKR_ATTRIBUTE_READ_ONLY),
        (no(CKA_PRIVATE), CKR_ATTRIBUTE_READ_ONLY),
        (no(CKA_MODIFIABLE), CKR_ATTRIBUTE_READ_ONLY),
        (no(CKA_DESTROYABLE), CKR_ATTRIBUTE_READ_ONLY),
        (bytes(CKA_SIGN, [1; 8]), CKR_ATTRIBUTE_VALUE_INVALID),
        (bytes(CKA_MODULUS, [1; 8]), CKR_TEMPLATE_INCONSISTENT),
        (yes(0x7777), CKR_ATTRIBUTE_TYPE_INVALID),
        (text(CKA_LABEL, "other"), CKR_TEMPLATE_INCONSISTENT),
    ] {
        for place in 0..=good.len() {
            let mut template = good.to_vec();
            template.insert(place, bad.clone());
            refused(session.set(key, &template), code);
            assert!(picture(&session, key) == before, "refused, but changed");
        }
        assert_eq!(session.find(&[text(CKA_LABEL, "new")]), []);
    }
    ok(session.set(key, &good));
    assert_eq!(session.find(&[text(CKA_LABEL, "new")]), [key]);
    assert_eq!(session.find(&[text(CKA_LABEL, "old")]), []);
}

#[test]
fn an_empty_template_changes_nothing() {
    let session = token().user();
    let key = aes(&session, &[]);
    let before = picture(&session, key);
    ok(session.set(key, &[]));
    assert!(picture(&session, key) == before);
}

#[test]
fn an_unmodifiable_object_is_not_modified_and_its_copy_neither() {
    let session = token().user();
    let key = aes(&session, &[no(CKA_MODIFIABLE), no(CKA_DECRYPT), text(CKA_LABEL, "fixed")]);
    for change in [&[text(CKA_LABEL, "x")][..], &[yes(CKA_DECRYPT)], &[yes(CKA_SENSITIVE)], &[]] {
        refused(session.set(key, change), CKR_ACTION_PROHIBITED);
    }
    refused(session.copy(key, &[yes(CKA_MODIFIABLE)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(key, &[yes(CKA_DECRYPT)]), CKR_ACTION_PROHIBITED);
    for template in [&[][..], &[text(CKA_LABEL, "copy")], &[yes(CKA_TOKEN)], &[no(CKA_DESTROYABLE), no(CKA_TOKEN)]] {
        let copy = ok(session.copy(key, template));
        assert!(!ok(session.get_bool(copy, CKA_MODIFIABLE)));
        refused(session.set(copy, &[text(CKA_LABEL, "x")]), CKR_ACTION_PROHIBITED);
    }
    ok(session.destroy(key));
}

#[test]
fn an_uncopyable_object_is_not_copied_and_stays_so() {
    let session = token().user();
    let key = aes(&session, &[no(CKA_COPYABLE)]);
    refused(session.copy(key, &[]), CKR_ACTION_PROHIBITED);
    refused(session.set(key, &[yes(CKA_COPYABLE)]), CKR_ATTRIBUTE_READ_ONLY);
    let other = aes(&session, &[]);
    ok(session.set(other, &[no(CKA_COPYABLE)]));
    refused(session.copy(other, &[]), CKR_ACTION_PROHIBITED);
    refused(session.set(other, &[yes(CKA_COPYABLE)]), CKR_ATTRIBUTE_READ_ONLY);
}

#[test]
fn an_undestroyable_object_is_not_destroyed() {
    let token = token();
    let session = token.user();
    let key = aes(&session, &[no(CKA_DESTROYABLE)]);
    refused(session.destroy(key), CKR_ACTION_PROHIBITED);
    assert_eq!(ok(session.get(key, CKA_VALUE)), SECRET);
    // It dies with its session all the same.
    drop(token.session());
    let other = token.session();
    ok(session.close());
    refused(other.get(key, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
}

#[test]
fn a_destroyed_object_is_gone_for_every_function() {
    let session = token().user();
    let key = aes(&session, &[text(CKA_LABEL, "gone")]);
    ok(session.destroy(key));
    refused(session.destroy(key), CKR_OBJECT_HANDLE_INVALID);
    refused(session.get(key, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
    refused(session.set(key, &[]), CKR_OBJECT_HANDLE_INVALID);
    refused(session.copy(key, &[]), CKR_OBJECT_HANDLE_INVALID);
    refused(session.size(key), CKR_OBJECT_HANDLE_INVALID);
    refused(session.encrypt_init(&mech(CKM_AES_ECB), key), CKR_KEY_HANDLE_INVALID);
    assert_eq!(session.find(&[text(CKA_LABEL, "gone")]), []);
    assert_ne!(aes(&session, &[]), key, "a handle is not used again");
}

#[test]
fn a_copy_tightens_and_never_loosens() {
    let session = token().user();
    let open = aes(&session, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE), no(CKA_PRIVATE)]);
    let tight =
        ok(session
            .copy(open, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE), yes(CKA_WRAP_WITH_TRUSTED), yes(CKA_PRIVATE)]));
    refused(session.get(tight, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    assert_eq!(ok(session.get(open, CKA_VALUE)), SECRET);
    refused(session.copy(tight, &[no(CKA_SENSITIVE)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(tight, &[yes(CKA_EXTRACTABLE)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(tight, &[no(CKA_WRAP_WITH_TRUSTED)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(tight, &[no(CKA_PRIVATE)]), CKR_TEMPLATE_INCONSISTENT);
    let again = ok(session.copy(tight, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]));
    refused(session.get(again, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    // The copy of a copy is the same key.
    let m = mech(CKM_AES_ECB);
    assert_eq!(ok(session.encrypt(&m, again, &[0; 16])), ok(session.encrypt(&m, open, &[0; 16])));
}

/// What NSS does: a token key becomes a session key, and that is copied once more.
#[test]
fn a_token_object_is_copied_to_the_session_and_copied_again() {
    let token = token();
    let session = token.user();
    let (_, private) = rsa(&session, &[], &[yes(CKA_TOKEN), bytes(CKA_ID, b"nss")]);
    let copy = ok(session.copy(private, &[no(CKA_TOKEN)]));
    let again = ok(session.copy(copy, &[]));
    for key in [copy, again] {
        assert!(!ok(session.get_bool(key, CKA_TOKEN)));
        assert_eq!(ok(session.get(key, CKA_ID)), b"nss");
        assert!(ok(session.get_bool(key, CKA_SENSITIVE)));
        let m = mech(CKM_SHA256_RSA_PKCS);
        assert_eq!(ok(session.sign(&m, key, b"x")), ok(session.sign(&m, private, b"x")));
    }
    let other = token.session();
    ok(session.close());
    refused(other.get(copy, CKA_ID), CKR_OBJECT_HANDLE_INVALID);
    assert_eq!(other.find(&[bytes(CKA_ID, b"nss"), class(CKO_PRIVATE_KEY)]), [private]);
}

/// Once, a copy could be told to have its original's unique identifier, and the word was not kept.
#[test]
fn no_unique_identifier_may_be_given_to_a_copy() {
    let session = token().user();
    let object = data(&session, "x");
    let id = ok(session.get(object, CKA_UNIQUE_ID));
    refused(session.copy(object, &[bytes(CKA_UNIQUE_ID, &id)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(object, &[bytes(CKA_UNIQUE_ID, b"mine")]), CKR_ATTRIBUTE_READ_ONLY);
    let copy = ok(session.copy(object, &[]));
    assert_ne!(ok(session.get(copy, CKA_UNIQUE_ID)), id);
}

/// Two threads that change one object: each change stands.
#[test]
fn changes_of_two_threads_are_not_lost() {
    let session = token().user();
    let object = aes(&session, &[]);
    let session = &session;
    std::thread::scope(|scope| {
        scope.spawn(move || (0..500_u32).for_each(|n| ok(session.set(object, &[bytes(CKA_ID, n.to_be_bytes())]))));
        scope.spawn(move || (0..500_u32).for_each(|n| ok(session.set(object, &[bytes(CKA_LABEL, n.to_be_bytes())]))));
    });
    let last = 499_u32.to_be_bytes();
    assert_eq!([ok(session.get(object, CKA_ID)), ok(session.get(object, CKA_LABEL))], [last, last]);
    assert_eq!(session.find(&[bytes(CKA_ID, last), bytes(CKA_LABEL, last)]), [object]);
}
