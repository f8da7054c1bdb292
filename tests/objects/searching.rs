//! `C_FindObjects…` (section 5.7).

use crate::common::*;
use crate::making::*;

#[test]
fn every_attribute_that_may_be_seen_is_searchable() {
    let session = token().user();
    let key = aes(
        &session,
        &[
            text(CKA_LABEL, "a key"),
            bytes(CKA_ID, b"id"),
            no(CKA_SENSITIVE),
            yes(CKA_EXTRACTABLE),
            text(CKA_START_DATE, "20260101"),
            mechanisms(CKA_ALLOWED_MECHANISMS, &[CKM_AES_ECB]),
        ],
    );
    data(&session, "other");
    let seen = [
        CKA_CLASS,
        CKA_UNIQUE_ID,
        CKA_TOKEN,
        CKA_PRIVATE,
        CKA_MODIFIABLE,
        CKA_LABEL,
        CKA_COPYABLE,
        CKA_DESTROYABLE,
        CKA_KEY_TYPE,
        CKA_ID,
        CKA_START_DATE,
        CKA_END_DATE,
        CKA_DERIVE,
        CKA_LOCAL,
        CKA_KEY_GEN_MECHANISM,
        CKA_ALLOWED_MECHANISMS,
        CKA_SENSITIVE,
        CKA_ENCRYPT,
        CKA_DECRYPT,
        CKA_SIGN,
        CKA_VERIFY,
        CKA_WRAP,
        CKA_UNWRAP,
        CKA_EXTRACTABLE,
        CKA_ALWAYS_SENSITIVE,
        CKA_NEVER_EXTRACTABLE,
        CKA_CHECK_VALUE,
        CKA_WRAP_WITH_TRUSTED,
        CKA_TRUSTED,
        CKA_VALUE,
        CKA_VALUE_LEN,
    ];
    for kind in seen {
        let value = ok(session.get(key, kind));
        assert!(session.find(&[bytes(kind, &value)]).contains(&key), "{kind:#x}");
        let mut wrong = value.clone();
        match wrong.first_mut() {
            Some(byte) => *byte ^= 1,
            None => wrong.push(0),
        }
        assert!(!session.find(&[bytes(kind, &wrong)]).contains(&key), "{kind:#x}");
        wrong.push(0);
        assert!(!session.find(&[bytes(kind, &wrong)]).contains(&key), "{kind:#x}");
    }
    // All must match, in any order; what nobody has matches nothing.
    let all: Vec<_> = seen.iter().map(|kind| bytes(*kind, ok(session.get(key, *kind)))).collect();
    assert_eq!(session.find(&all), [key]);
    assert_eq!(session.find(&with(&all, &[text(CKA_LABEL, "another")])), []);
    assert_eq!(session.find(&[yes(0x7777)]), []);
    assert_eq!(session.find(&[bytes(CKA_MODULUS, b"")]), []);
    assert_eq!(session.find(&[bytes(CKA_CLASS, [4, 0, 0, 0])]), []);
}

#[test]
fn a_search_does_not_guess_hidden_values() {
    let session = token().user();
    aes(&session, &[yes(CKA_SENSITIVE)]);
    aes(&session, &[no(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]);
    assert_eq!(session.find(&[bytes(CKA_VALUE, SECRET)]), []);
    let open = aes(&session, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    assert_eq!(session.find(&[bytes(CKA_VALUE, SECRET)]), [open]);
}

#[test]
fn results_come_in_portions_and_once() {
    let session = token().user();
    let objects: Vec<_> = (0..10).map(|_| data(&session, "many")).collect();
    for most in [1, 2, 3, 9, 10, 11, 100] {
        ok(session.find_init(&[text(CKA_LABEL, "many")]));
        let mut found = Vec::new();
        loop {
            let some = ok(session.find_some(most));
            assert!(some.len() <= most);
            found.extend_from_slice(&some);
            if some.len() < most {
                break;
            }
        }
        assert_eq!(found, objects);
        assert!(ok(session.find_some(5)).is_empty());
        ok(session.find_final());
    }
    ok(session.find_init(&[]));
    assert!(ok(session.find_some(0)).is_empty());
    assert_eq!(ok(session.find_some(100)), objects);
    ok(session.find_final());
}

/// Once, the code of functions that make objects came through.
#[test]
fn a_search_by_a_template_within_a_template_is_for_a_value_that_none_has() {
    let session = token().user();
    let within = [template(CKA_WRAP_TEMPLATE, &[template(CKA_UNWRAP_TEMPLATE, &[])])];
    refused(session.find_init(&within), CKR_ATTRIBUTE_VALUE_INVALID);
    ok(session.find_init(&[template(CKA_WRAP_TEMPLATE, &[yes(CKA_SIGN)])]));
    ok(session.find_final());
}

#[test]
fn a_search_has_a_beginning_and_an_end() {
    let session = token().user();
    refused(session.find_some(1), CKR_OPERATION_NOT_INITIALIZED);
    refused(session.find_final(), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.find_init(&[]));
    refused(session.find_init(&[]), CKR_OPERATION_ACTIVE);
    ok(session.find_final());
    refused(session.find_some(1), CKR_OPERATION_NOT_INITIALIZED);
    // It stands beside other operations, and is each session's own.
    ok(session.find_init(&[]));
    ok(session.digest(&mech(CKM_SHA256), b"x"));
    let key = aes(&session, &[]);
    ok(session.encrypt(&mech(CKM_AES_ECB), key, &[0; 16]));
    ok(session.find_final());
}

#[test]
fn what_is_made_and_destroyed_meanwhile_does_no_harm() {
    let token = token();
    let (session, other) = (token.user(), token.user());
    let objects: Vec<_> = (0..6).map(|_| data(&other, "meanwhile")).collect();
    ok(session.find_init(&[text(CKA_LABEL, "meanwhile")]));
    assert_eq!(ok(session.find_some(2)), objects[..2]);
    ok(other.destroy(objects[3]));
    let late = data(&other, "meanwhile");
    let rest = ok(session.find_some(10));
    assert!(rest.iter().all(|handle| objects[2..].contains(handle) || *handle == late));
    assert!([objects[2], objects[4], objects[5]].iter().all(|handle| rest.contains(handle)));
    for handle in rest {
        match session.get(handle, CKA_LABEL) {
            Ok(label) => assert_eq!(label, b"meanwhile"),
            Err(code) => assert_eq!((code, handle), (CKR_OBJECT_HANDLE_INVALID, objects[3])),
        }
    }
    ok(session.find_final());
    // What another session makes is found by the next search.
    assert_eq!(session.find(&[text(CKA_LABEL, "meanwhile")]).last(), Some(&late));
    ok(other.close());
    assert_eq!(session.find(&[text(CKA_LABEL, "meanwhile")]), []);
}

#[test]
fn objects_are_those_of_one_token() {
    let (one, two) = (token().user(), token().user());
    data(&one, "one");
    assert_eq!(two.find(&[]), []);
    assert_eq!(one.find(&[]).len(), 1);
}
