use crate::cases::*;
use crate::groups::*;

const PUBLIC: CK_MECHANISM_TYPE = CKM_PUB_KEY_FROM_PRIV_KEY;

/// Pairs of each type: the mechanism, the public template, what says which key it is.
fn pairs() -> Vec<(CK_MECHANISM_TYPE, Vec<Attribute>, &'static [CK_ATTRIBUTE_TYPE])> {
    let curve = |oid: &str| vec![bytes(CKA_EC_PARAMS, hex(oid))];
    let point: &[CK_ATTRIBUTE_TYPE] = &[CKA_EC_PARAMS, CKA_EC_POINT];
    let subgroup = vec![bytes(CKA_PRIME, hex(P_1024)), bytes(CKA_SUBPRIME, hex(Q_1024)), bytes(CKA_BASE, hex(G_1024))];
    let numbers: &[CK_ATTRIBUTE_TYPE] = &[CKA_PRIME, CKA_SUBPRIME, CKA_BASE, CKA_VALUE];
    vec![
        (CKM_DSA_KEY_PAIR_GEN, subgroup.clone(), numbers),
        (CKM_X9_42_DH_KEY_PAIR_GEN, subgroup, numbers),
        (
            CKM_DH_PKCS_KEY_PAIR_GEN,
            vec![bytes(CKA_PRIME, hex(FFDHE2048)), bytes(CKA_BASE, [2])],
            &[CKA_PRIME, CKA_BASE, CKA_VALUE],
        ),
        (
            CKM_RSA_PKCS_KEY_PAIR_GEN,
            vec![ulong(CKA_MODULUS_BITS, 1024)],
            &[CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_MODULUS_BITS],
        ),
        (CKM_EC_KEY_PAIR_GEN, curve("06082a8648ce3d030107"), point),
        (CKM_EC_KEY_PAIR_GEN, curve("06052b8104000a"), point),
        (CKM_EC_KEY_PAIR_GEN, curve("06092b2403030208010107"), point),
        (CKM_EC_EDWARDS_KEY_PAIR_GEN, curve("06032b6570"), point),
        (CKM_EC_EDWARDS_KEY_PAIR_GEN, curve("06032b6571"), point),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, curve("06032b656f"), point),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, curve("06032b656e"), point),
    ]
}

#[test]
fn the_public_key_is_that_of_the_pair() {
    let session = token().user();
    for (kind, template, numbers) in pairs() {
        let own = [text(CKA_ID, "id"), text(CKA_SUBJECT, "subject"), no(CKA_DERIVE), text(CKA_LABEL, "private")];
        let (public, private) = ok(session.generate_pair(&mech(kind), &template, &own));
        let derived = ok(session.derive(&mech(PUBLIC), private, &[]));
        assert_eq!(ok(session.get_ulong(derived, CKA_CLASS)), CKO_PUBLIC_KEY);
        for attribute in numbers.iter().chain(&[CKA_KEY_TYPE, CKA_PUBLIC_KEY_INFO]) {
            assert_eq!(ok(session.get(derived, *attribute)), ok(session.get(public, *attribute)), "{attribute:#x}");
        }
        for (of_public, of_private) in [
            (CKA_ENCRYPT, CKA_DECRYPT),
            (CKA_VERIFY, CKA_SIGN),
            (CKA_VERIFY_RECOVER, CKA_SIGN_RECOVER),
            (CKA_WRAP, CKA_UNWRAP),
            (CKA_ENCAPSULATE, CKA_DECAPSULATE),
            (CKA_DERIVE, CKA_DERIVE),
            (CKA_ID, CKA_ID),
            (CKA_SUBJECT, CKA_SUBJECT),
            (CKA_KEY_GEN_MECHANISM, CKA_KEY_GEN_MECHANISM),
        ] {
            assert_eq!(ok(session.get(derived, of_public)), ok(session.get(private, of_private)), "{of_public:#x}");
        }
        for (attribute, value) in [
            (CKA_TOKEN, false),
            (CKA_PRIVATE, false),
            (CKA_LOCAL, false),
            (CKA_TRUSTED, false),
            (CKA_MODIFIABLE, true),
            (CKA_COPYABLE, true),
            (CKA_DESTROYABLE, true),
        ] {
            assert_eq!(ok(session.get_bool(derived, attribute)), value, "{attribute:#x}");
        }
        assert_eq!(ok(session.get(derived, CKA_LABEL)), b"");
    }
}

#[test]
fn the_template_overrules_and_is_checked() {
    let session = token().user();
    let params = [bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"))];
    let own = [mechanisms(CKA_ALLOWED_MECHANISMS, &[CKM_ECDSA, PUBLIC])];
    let (public, private) = ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &params, &own));
    let given =
        [class(CKO_PUBLIC_KEY), key_type(CKK_EC), no(CKA_VERIFY), text(CKA_ID, "other"), text(CKA_LABEL, "mine")];
    let derived = ok(session.derive(&mech(PUBLIC), private, &given));
    assert!(!ok(session.get_bool(derived, CKA_VERIFY)));
    assert_eq!(ok(session.get(derived, CKA_ID)), b"other");
    assert_eq!(ok(session.get(derived, CKA_LABEL)), b"mine");
    assert_eq!(ok(session.get(derived, CKA_ALLOWED_MECHANISMS)), ok(session.get(private, CKA_ALLOWED_MECHANISMS)));

    let derive = |template: &[Attribute]| session.derive(&mech(PUBLIC), private, template);
    refused(derive(&[class(CKO_SECRET_KEY)]), CKR_TEMPLATE_INCONSISTENT);
    refused(derive(&[key_type(CKK_RSA)]), CKR_TEMPLATE_INCONSISTENT);
    refused(derive(&[yes(CKA_TRUSTED)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(derive(&[no(CKA_SENSITIVE)]), CKR_TEMPLATE_INCONSISTENT);
    refused(derive(&[ulong(CKA_VALUE_LEN, 32)]), CKR_TEMPLATE_INCONSISTENT);
    refused(session.derive(&mech_bytes(PUBLIC, b"x"), private, &[]), CKR_MECHANISM_PARAM_INVALID);
    refused(session.derive(&mech(PUBLIC), public, &[]), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.derive(&mech(PUBLIC), open(&session, b"secret"), &[]), CKR_KEY_TYPE_INCONSISTENT);
    let (_, barred) = ok(session.generate_pair(
        &mech(CKM_EC_KEY_PAIR_GEN),
        &params,
        &[mechanisms(CKA_ALLOWED_MECHANISMS, &[CKM_ECDSA])],
    ));
    refused(session.derive(&mech(PUBLIC), barred, &[]), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn private_rsa_keys_may_not_derive_because_of_it() {
    let session = token().user();
    let (_, private) =
        ok(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &[ulong(CKA_MODULUS_BITS, 1024)], &[]));
    assert!(!ok(session.get_bool(private, CKA_DERIVE)));
    assert_eq!(info(&session, PUBLIC).2, CKF_DERIVE);
}
