//! Where a key comes from: CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE.

use crate::common::*;
use crate::making::*;

/// LOCAL, ALWAYS_SENSITIVE, NEVER_EXTRACTABLE.
fn history(session: &Session, key: CK_OBJECT_HANDLE) -> [bool; 3] {
    [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE].map(|kind| ok(session.get_bool(key, kind)))
}

fn generator(session: &Session, key: CK_OBJECT_HANDLE) -> CK_MECHANISM_TYPE {
    ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM))
}

/// All ways in which a key can be open or closed.
fn accesses() -> [(bool, bool, [Attribute; 2]); 4] {
    [(false, false), (false, true), (true, false), (true, true)].map(|(sensitive, extractable)| {
        let values = [sensitive, extractable].map(u8::from);
        (sensitive, extractable, [bytes(CKA_SENSITIVE, [values[0]]), bytes(CKA_EXTRACTABLE, [values[1]])])
    })
}

#[test]
fn generated_keys_are_local_and_have_always_been_what_they_are() {
    let session = token().user();
    for (sensitive, extractable, access) in accesses() {
        let expected = [true, sensitive, !extractable];
        let key = generated_aes(&session, &access);
        assert_eq!(history(&session, key), expected);
        assert_eq!(generator(&session, key), CKM_AES_KEY_GEN);
        for ((public, private), mechanism) in
            [(rsa(&session, &[], &access), CKM_RSA_PKCS_KEY_PAIR_GEN), (ec(&session, &access), CKM_EC_KEY_PAIR_GEN)]
        {
            assert_eq!(history(&session, private), expected);
            assert!(ok(session.get_bool(public, CKA_LOCAL)));
            assert_eq!([generator(&session, public), generator(&session, private)], [mechanism; 2]);
            refused(session.get(public, CKA_ALWAYS_SENSITIVE), CKR_ATTRIBUTE_TYPE_INVALID);
        }
    }
}

#[test]
fn created_and_unwrapped_keys_have_a_past_that_nobody_knows() {
    let session = token().user();
    let wrapping = aes(&session, &[yes(CKA_WRAP), yes(CKA_UNWRAP)]);
    let original = generated_aes(&session, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    let wrapped = ok(session.wrap(&mech(CKM_AES_KEY_WRAP), wrapping, original));
    for (_, _, access) in accesses() {
        let created = aes(&session, &access);
        let template = with(&[class(CKO_SECRET_KEY), key_type(CKK_AES)], &access);
        let unwrapped = ok(session.unwrap(&mech(CKM_AES_KEY_WRAP), wrapping, &wrapped, &template));
        for key in [created, unwrapped] {
            assert_eq!(history(&session, key), [false; 3]);
            assert_eq!(generator(&session, key), CK_UNAVAILABLE_INFORMATION);
        }
    }
    let plain = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    let unwrapped = ok(session.unwrap(&mech(CKM_AES_KEY_WRAP), wrapping, &wrapped, &plain));
    assert!(ok(session.get_bool(unwrapped, CKA_EXTRACTABLE)), "the default for unwrapped keys (section 5.18.4)");
}

#[test]
fn a_change_does_not_change_the_past() {
    let session = token().user();
    let key = generated_aes(&session, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    ok(session.set(key, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]));
    assert_eq!(history(&session, key), [true, false, false]);
    let copy = ok(session.copy(key, &[]));
    assert_eq!(history(&session, copy), [true, false, false]);
}

#[test]
fn a_copy_has_the_past_of_its_original() {
    let session = token().user();
    for (sensitive, extractable, access) in accesses() {
        let key = generated_aes(&session, &access);
        let tight = ok(session.copy(key, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]));
        for copy in [ok(session.copy(key, &[])), tight] {
            assert_eq!(history(&session, copy), [true, sensitive, !extractable]);
            assert_eq!(generator(&session, copy), CKM_AES_KEY_GEN);
        }
        assert_eq!(history(&session, ok(session.copy(aes(&session, &access), &[]))), [false; 3]);
    }
}

/// Section 6.3.20, "Elliptic Curve Diffie-Hellman key derivation": both may be specified as either; the past is the base's
/// and the new key's together.
#[test]
fn a_key_agreed_on_has_the_past_of_its_base_and_its_own() {
    let session = token().user();
    for (base_sensitive, base_extractable, base_access) in accesses() {
        let (public, private) = ec(&session, &base_access);
        let (_point, agree) = ecdh(&session, public);
        for (sensitive, extractable, access) in accesses() {
            let key = ok(session.derive(&agree, private, &access));
            assert_eq!(history(&session, key), [false, base_sensitive && sensitive, !base_extractable && !extractable]);
            assert_eq!(generator(&session, key), CK_UNAVAILABLE_INFORMATION);
            assert_eq!(ok(session.get_bool(key, CKA_SENSITIVE)), sensitive);
            assert_eq!(ok(session.get_bool(key, CKA_EXTRACTABLE)), extractable);
        }
    }
    // A base that was not made here has no past to hand on.
    let (public, private) = ec(&session, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    let template =
        with(&[class(CKO_PRIVATE_KEY), key_type(CKK_EC)], &copied(&session, private, &[CKA_EC_PARAMS, CKA_VALUE]));
    let base = ok(session.create(&with(&template, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)])));
    let (_point, agree) = ecdh(&session, public);
    let key = ok(session.derive(&agree, base, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]));
    assert_eq!(history(&session, key), [false; 3]);
}

#[test]
fn no_derivation_takes_a_value_or_a_past_from_the_caller() {
    let session = token().user();
    let (public, private) = ec(&session, &[]);
    let (_point, agree) = ecdh(&session, public);
    for given in [
        bytes(CKA_VALUE, SECRET),
        yes(CKA_LOCAL),
        yes(CKA_ALWAYS_SENSITIVE),
        yes(CKA_NEVER_EXTRACTABLE),
        ulong(CKA_KEY_GEN_MECHANISM, CKM_AES_KEY_GEN),
        bytes(CKA_UNIQUE_ID, b"x"),
    ] {
        refused(session.derive(&agree, private, &[given]), CKR_ATTRIBUTE_READ_ONLY);
    }
    refused(session.derive(&agree, private, &[class(CKO_PRIVATE_KEY), key_type(CKK_EC)]), CKR_TEMPLATE_INCONSISTENT);
    refused(session.derive(&agree, private, &[class(CKO_DATA)]), CKR_TEMPLATE_INCONSISTENT);
    refused(session.derive(&agree, private, &[key_type(CKK_RSA)]), CKR_TEMPLATE_INCONSISTENT);
}

#[test]
fn unique_identifiers_never_repeat_and_never_change() {
    let session = token().user();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..200 {
        let object = data(&session, "same");
        let id = ok(session.get(object, CKA_UNIQUE_ID));
        ok(session.set(object, &[text(CKA_LABEL, "other")]));
        assert_eq!(ok(session.get(object, CKA_UNIQUE_ID)), id);
        assert_eq!(session.find(&[bytes(CKA_UNIQUE_ID, &id)]), [object]);
        let copy = ok(session.copy(object, &[]));
        let copied = ok(session.get(copy, CKA_UNIQUE_ID));
        ok(session.destroy(object));
        assert!(seen.insert(id) && seen.insert(copied));
    }
    let (public, private) = ec(&session, &[]);
    assert_ne!(ok(session.get(public, CKA_UNIQUE_ID)), ok(session.get(private, CKA_UNIQUE_ID)));
}
