//! CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE and CKA_DERIVE_TEMPLATE at work (sections 5.18.3 to 5.18.5).

use crate::common::*;
use crate::making::*;

const KW: CK_MECHANISM_TYPE = CKM_AES_KEY_WRAP;

#[test]
fn a_wrapping_key_takes_only_what_its_template_describes() {
    let session = token().user();
    let demanded = [class(CKO_SECRET_KEY), text(CKA_LABEL, "out"), no(CKA_SIGN)];
    let wrapping = aes(&session, &[yes(CKA_WRAP), template(CKA_WRAP_TEMPLATE, &demanded)]);
    let key = |label: &str, sign| {
        aes(&session, &[yes(CKA_EXTRACTABLE), yes(CKA_SENSITIVE), text(CKA_LABEL, label), bytes(CKA_SIGN, [sign])])
    };
    ok(session.wrap(&mech(KW), wrapping, key("out", 0)));
    refused(session.wrap(&mech(KW), wrapping, key("in", 0)), CKR_KEY_HANDLE_INVALID);
    refused(session.wrap(&mech(KW), wrapping, key("out", 1)), CKR_KEY_HANDLE_INVALID);
    let (_, private) = ec(&session, &[yes(CKA_EXTRACTABLE), text(CKA_LABEL, "out"), no(CKA_SIGN)]);
    refused(session.wrap(&mech(CKM_AES_KEY_WRAP_KWP), wrapping, private), CKR_KEY_HANDLE_INVALID);
    // An attribute that the key does not have is not matched either.
    let other = aes(&session, &[yes(CKA_WRAP), template(CKA_WRAP_TEMPLATE, &[bytes(CKA_SUBJECT, b"")])]);
    refused(session.wrap(&mech(KW), other, key("out", 0)), CKR_KEY_HANDLE_INVALID);
    // An empty template demands nothing. A copy demands what its original does, and nobody changes it.
    let any = aes(&session, &[yes(CKA_WRAP), template(CKA_WRAP_TEMPLATE, &[])]);
    ok(session.wrap(&mech(KW), any, key("in", 1)));
    let copy = ok(session.copy(wrapping, &[]));
    refused(session.wrap(&mech(KW), copy, key("in", 0)), CKR_KEY_HANDLE_INVALID);
    refused(session.set(wrapping, &[template(CKA_WRAP_TEMPLATE, &[])]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.copy(wrapping, &[template(CKA_WRAP_TEMPLATE, &[])]), CKR_ATTRIBUTE_READ_ONLY);
}

#[test]
fn a_public_wrapping_key_has_a_template_too() {
    let session = token().user();
    let (public, _) = rsa(&session, &[yes(CKA_WRAP), template(CKA_WRAP_TEMPLATE, &[text(CKA_LABEL, "out")])], &[]);
    let key = |label| aes(&session, &[yes(CKA_EXTRACTABLE), text(CKA_LABEL, label)]);
    ok(session.wrap(&mech(CKM_RSA_PKCS), public, key("out")));
    refused(session.wrap(&mech(CKM_RSA_PKCS), public, key("in")), CKR_KEY_HANDLE_INVALID);
}

/// Once, CKA_WRAP_TEMPLATE was compared with hidden values, so that wrapping told whether a guess was right.
#[test]
fn a_wrap_template_does_not_guess_hidden_values() {
    let session = token().user();
    let guess = template(CKA_WRAP_TEMPLATE, &[bytes(CKA_VALUE, SECRET)]);
    let wrapping = aes(&session, &[yes(CKA_WRAP), guess]);
    let hidden = aes(&session, &[yes(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    refused(session.wrap(&mech(KW), wrapping, hidden), CKR_KEY_HANDLE_INVALID);
    let open = aes(&session, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    ok(session.wrap(&mech(KW), wrapping, open));
}

#[test]
fn an_unwrapping_key_adds_its_template_without_being_told() {
    let session = token().user();
    let demanded =
        [class(CKO_SECRET_KEY), key_type(CKK_AES), yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE), text(CKA_LABEL, "in")];
    let unwrapping = aes(&session, &[yes(CKA_WRAP), yes(CKA_UNWRAP), template(CKA_UNWRAP_TEMPLATE, &demanded)]);
    let wrapped = ok(session.wrap(&mech(KW), unwrapping, aes(&session, &[yes(CKA_EXTRACTABLE)])));
    let unwrap = |given: &[Attribute]| session.unwrap(&mech(KW), unwrapping, &wrapped, given);
    for given in [&[][..], &demanded[..2], &demanded, &[no(CKA_SIGN)]] {
        let key = ok(unwrap(given));
        assert_eq!(ok(session.get(key, CKA_LABEL)), b"in");
        assert!(ok(session.get_bool(key, CKA_SENSITIVE)) && !ok(session.get_bool(key, CKA_EXTRACTABLE)));
        refused(session.get(key, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    }
    for conflict in [
        no(CKA_SENSITIVE),
        yes(CKA_EXTRACTABLE),
        text(CKA_LABEL, "else"),
        key_type(CKK_GENERIC_SECRET),
        class(CKO_PRIVATE_KEY),
    ] {
        refused(unwrap(&[conflict]), CKR_TEMPLATE_INCONSISTENT);
    }
    refused(session.set(unwrapping, &[template(CKA_UNWRAP_TEMPLATE, &[])]), CKR_ATTRIBUTE_READ_ONLY);
    let copy = ok(session.copy(unwrapping, &[]));
    let key = ok(session.unwrap(&mech(KW), copy, &wrapped, &[]));
    assert!(ok(session.get_bool(key, CKA_SENSITIVE)));
}

#[test]
fn a_private_unwrapping_key_has_a_template_too() {
    let session = token().user();
    let demanded = [yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)];
    let (public, private) = rsa(&session, &[], &[yes(CKA_UNWRAP), template(CKA_UNWRAP_TEMPLATE, &demanded)]);
    let wrapped = ok(session.wrap(&mech(CKM_RSA_PKCS), public, aes(&session, &[yes(CKA_EXTRACTABLE)])));
    let given = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    let key = ok(session.unwrap(&mech(CKM_RSA_PKCS), private, &wrapped, &given));
    assert!(ok(session.get_bool(key, CKA_SENSITIVE)) && !ok(session.get_bool(key, CKA_EXTRACTABLE)));
    let open = with(&given, &[no(CKA_SENSITIVE)]);
    refused(session.unwrap(&mech(CKM_RSA_PKCS), private, &wrapped, &open), CKR_TEMPLATE_INCONSISTENT);
}

#[test]
fn a_base_key_adds_its_template_to_what_is_derived() {
    let session = token().user();
    let demanded =
        [key_type(CKK_AES), ulong(CKA_VALUE_LEN, 32), yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE), no(CKA_ENCRYPT)];
    let (public, private) = ec(&session, &[yes(CKA_DERIVE), template(CKA_DERIVE_TEMPLATE, &demanded)]);
    let (_point, agree) = ecdh(&session, public);
    for given in [&[][..], &[text(CKA_LABEL, "derived")], &demanded] {
        let key = ok(session.derive(&agree, private, given));
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_AES);
        assert_eq!(ok(session.get_ulong(key, CKA_VALUE_LEN)), 32);
        assert!(ok(session.get_bool(key, CKA_SENSITIVE)) && !ok(session.get_bool(key, CKA_ENCRYPT)));
    }
    for conflict in [no(CKA_SENSITIVE), yes(CKA_ENCRYPT), ulong(CKA_VALUE_LEN, 16), key_type(CKK_GENERIC_SECRET)] {
        refused(session.derive(&agree, private, &[conflict]), CKR_TEMPLATE_INCONSISTENT);
    }
}

/// Once, unwrapping made data objects, certificates, whatever the template said: a key's value could be read in one.
#[test]
fn unwrapping_makes_keys_and_nothing_else() {
    let session = token().user();
    let key = aes(&session, &[yes(CKA_WRAP), yes(CKA_UNWRAP), yes(CKA_EXTRACTABLE), no(CKA_DECRYPT)]);
    let wrapped = ok(session.wrap(&mech(KW), key, key));
    let (public, _) = ec(&session, &[]);
    let public = with(&[class(CKO_PUBLIC_KEY), key_type(CKK_EC)], &copied(&session, public, &[CKA_EC_PARAMS]));
    let domain = [class(CKO_DOMAIN_PARAMETERS), key_type(CKK_DH)];
    for template in
        [data_template("x"), without(&certificate_template(), CKA_VALUE), trust_template(), public, domain.to_vec()]
    {
        refused(session.unwrap(&mech(KW), key, &wrapped, &template), CKR_TEMPLATE_INCONSISTENT);
    }
    for built_in in [CKO_HW_FEATURE, CKO_MECHANISM, CKO_PROFILE] {
        refused(session.unwrap(&mech(KW), key, &wrapped, &[class(built_in)]), CKR_TEMPLATE_INCONSISTENT);
    }
}

/// Once, a wrong check value was taken for a damaged wrapped key.
#[test]
fn a_wrong_check_value_is_the_templates_fault_when_unwrapping_too() {
    let session = token().user();
    let key = aes(&session, &[yes(CKA_WRAP), yes(CKA_UNWRAP), yes(CKA_EXTRACTABLE)]);
    let wrapped = ok(session.wrap(&mech(KW), key, key));
    let check = ok(session.get(key, CKA_CHECK_VALUE));
    let given = |value: &[u8]| [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_CHECK_VALUE, value)];
    ok(session.unwrap(&mech(KW), key, &wrapped, &given(&check)));
    refused(session.unwrap(&mech(KW), key, &wrapped, &given(b"no!")), CKR_ATTRIBUTE_VALUE_INVALID);
}

/// Once, a template within might contradict itself, hold what is no attribute, and values that are none.
#[test]
fn a_template_within_is_judged_when_it_is_given() {
    let session = token().user();
    for kind in [CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE] {
        let create = |inner: &[Attribute]| session.create(&with(&aes_template(), &[template(kind, inner)]));
        refused(create(&[yes(CKA_SIGN), no(CKA_SIGN)]), CKR_TEMPLATE_INCONSISTENT);
        refused(create(&[yes(0x7777)]), CKR_ATTRIBUTE_TYPE_INVALID);
        refused(create(&[bytes(CKA_SIGN, [1, 0, 0, 0])]), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(create(&[bytes(CKA_CLASS, [3, 0, 0, 0])]), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(create(&[template(CKA_WRAP_TEMPLATE, &[])]), CKR_TEMPLATE_INCONSISTENT);
        refused(create(&[template(kind, &[yes(CKA_SIGN)])]), CKR_TEMPLATE_INCONSISTENT);
        let twice = ok(create(&[yes(CKA_SIGN), yes(CKA_SIGN)]));
        let mut length = [length_of(kind)];
        ok(ask(&session, twice, &mut length));
        assert_eq!(length[0].ulValueLen as usize, size_of::<CK_ATTRIBUTE>());
    }
}
