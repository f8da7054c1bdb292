//! Certificates, trust objects, data objects and domain parameters.

use crate::common::*;
use crate::groups::*;
use crate::making::*;
use crate::standard::*;

#[test]
fn certificates_of_all_three_types_are_kept() {
    let session = token().user();
    let value = b"\x30\x03abc";
    let check = ok(session.digest(&mech(CKM_SHA_1), value))[..3].to_vec();
    let wtls = but(&certificate_template(), ulong(CKA_CERTIFICATE_TYPE, CKC_WTLS));
    for template in [certificate_template(), wtls, attribute_certificate()] {
        let object = ok(session.create(&template));
        for given in &template {
            let AttributeValue::Bytes(value) = &given.value else { unreachable!() };
            assert_eq!(&ok(session.get(object, given.kind)), value);
        }
        assert_eq!(ok(session.get(object, CKA_CHECK_VALUE)), check);
        ok(session.create(&with(&template, &[bytes(CKA_CHECK_VALUE, &check)])));
        refused(session.create(&with(&template, &[bytes(CKA_CHECK_VALUE, b"no!")])), CKR_ATTRIBUTE_VALUE_INVALID);
        assert!(!ok(session.get_bool(object, CKA_PRIVATE)), "certificates are public if nobody says otherwise");
    }
}

/// Sections 4.6.3 and 4.6.4, footnotes 2 to 4. Once, a URL was taken without the hashes by which to know what is there.
#[test]
fn a_certificate_elsewhere_has_a_place_and_hashes() {
    let session = token().user();
    let hashes = [bytes(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, [1; 20]), bytes(CKA_HASH_OF_ISSUER_PUBLIC_KEY, [2; 20])];
    for kind in [CKC_X_509, CKC_WTLS] {
        let template = but(&certificate_template(), ulong(CKA_CERTIFICATE_TYPE, kind));
        let empty = but(&template, bytes(CKA_VALUE, b""));
        let url = text(CKA_URL, "https://example.org/c");
        refused(session.create(&empty), CKR_TEMPLATE_INCOMPLETE);
        for given in [&[][..], &hashes[..1], &hashes[1..]] {
            let incomplete = with(&with(&empty, std::slice::from_ref(&url)), given);
            refused(session.create(&incomplete), CKR_TEMPLATE_INCOMPLETE);
        }
        let object = ok(session.create(&with(&with(&empty, std::slice::from_ref(&url)), &hashes)));
        refused(session.get(object, CKA_CHECK_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
        ok(session.create(&with(&with(&template, &[url]), &hashes)));
    }
    let wtls = but(&certificate_template(), ulong(CKA_CERTIFICATE_TYPE, CKC_WTLS));
    refused(session.create(&but(&wtls, bytes(CKA_SUBJECT, b""))), CKR_TEMPLATE_INCOMPLETE);
}

#[test]
fn categories_and_domains_are_those_of_the_standard() {
    let session = token().user();
    for kind in [CKA_CERTIFICATE_CATEGORY, CKA_JAVA_MIDP_SECURITY_DOMAIN] {
        for value in 0..=3 {
            ok(session.create(&with(&certificate_template(), &[ulong(kind, value)])));
        }
        for value in [4, CK_ULONG::MAX] {
            refused(session.create(&with(&certificate_template(), &[ulong(kind, value)])), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
}

#[test]
fn a_certificate_is_no_key() {
    let session = token().user();
    let certificate = ok(session.create(&certificate_template()));
    refused(session.verify_init(&mech(CKM_SHA256_RSA_PKCS), certificate), CKR_KEY_HANDLE_INVALID);
    refused(session.encrypt_init(&mech(CKM_AES_ECB), data(&session, "x")), CKR_KEY_HANDLE_INVALID);
    let key = aes(&session, &[yes(CKA_WRAP)]);
    refused(session.wrap(&mech(CKM_AES_KEY_WRAP), key, certificate), CKR_KEY_HANDLE_INVALID);
}

const USES: core::ops::RangeInclusive<CK_ATTRIBUTE_TYPE> = CKA_TRUST_SERVER_AUTH..=CKA_TRUST_OCSP_SIGNING;

#[test]
fn who_trusts_a_certificate_says_which() {
    let session = token().user();
    let hash = bytes(CKA_HASH_OF_CERTIFICATE, [1; 20]);
    for usage in USES {
        for harmless in [CKT_TRUST_UNKNOWN, CKT_NOT_TRUSTED] {
            ok(session.create(&with(&trust_template(), &[ulong(usage, harmless.into())])));
        }
        for trust in [CKT_TRUSTED, CKT_TRUST_ANCHOR, CKT_TRUST_MUST_VERIFY_TRUST] {
            let given = ulong(usage, trust.into());
            refused(session.create(&with(&trust_template(), std::slice::from_ref(&given))), CKR_TEMPLATE_INCOMPLETE);
            let object = ok(session.create(&with(&trust_template(), &[given, hash.clone()])));
            assert_eq!(ok(session.get_ulong(object, usage)), CK_ULONG::from(trust));
        }
        for unknown in [5, CK_ULONG::MAX] {
            let given = [ulong(usage, unknown), hash.clone()];
            refused(session.create(&with(&trust_template(), &given)), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
}

/// Once, a trust object could be changed into one that trusts a certificate without saying which.
#[test]
fn a_changed_trust_object_still_says_which_certificate() {
    let session = token().user();
    let anchor = ulong(CKA_TRUST_SERVER_AUTH, CKT_TRUST_ANCHOR.into());
    let object = ok(session.create(&trust_template()));
    refused(session.set(object, std::slice::from_ref(&anchor)), CKR_TEMPLATE_INCONSISTENT);
    refused(session.copy(object, std::slice::from_ref(&anchor)), CKR_TEMPLATE_INCONSISTENT);
    refused(session.set(object, &[ulong(CKA_TRUST_SERVER_AUTH, 77)]), CKR_ATTRIBUTE_VALUE_INVALID);
    assert_eq!(ok(session.get_ulong(object, CKA_TRUST_SERVER_AUTH)), CK_ULONG::from(CKT_TRUST_UNKNOWN));
    ok(session.set(object, &[anchor, bytes(CKA_HASH_OF_CERTIFICATE, [1; 20])]));
    refused(session.set(object, &[bytes(CKA_HASH_OF_CERTIFICATE, b"")]), CKR_TEMPLATE_INCONSISTENT);
    ok(session.set(object, &[ulong(CKA_TRUST_SERVER_AUTH, CKT_NOT_TRUSTED.into())]));
    ok(session.set(object, &[bytes(CKA_HASH_OF_CERTIFICATE, b"")]));
}

/// Once they were refused, and NSS could not set the trust of a certificate on the token.
#[test]
fn trust_objects_of_nss_are_kept() {
    const TRUSTED_DELEGATOR: CK_ULONG = 0xce53_4352;
    const SERVER_AUTH: CK_ATTRIBUTE_TYPE = 0xce53_6358;
    const SHA1_HASH: CK_ATTRIBUTE_TYPE = 0xce53_63b4;
    let session = token().user();
    let which = [class(0xce53_4353), bytes(CKA_ISSUER, b"\x30\x00"), bytes(CKA_SERIAL_NUMBER, b"\x02\x01\x01")];
    let trust = [ulong(SERVER_AUTH, TRUSTED_DELEGATOR), bytes(SHA1_HASH, [1; 20])];
    let object = ok(session.create(&with(&with(&which, &trust), &[no(0xce53_6360)])));
    assert_eq!(session.find(&which), [object]);
    assert_eq!(session.find(&trust), [object]);
    ok(session.set(object, &[ulong(SERVER_AUTH, 0xce53_435a)]));
    assert_eq!(ok(session.get_ulong(object, SERVER_AUTH)), 0xce53_435a);
    refused(session.create(&without(&which, CKA_ISSUER)), CKR_TEMPLATE_INCOMPLETE);
}

#[test]
fn data_objects_keep_any_value() {
    let token = token();
    let session = token.user();
    for length in [0, 1, 255, 65_536, 1 << 20] {
        let value = vec![0xa5; length];
        let template = with(&data_template("data"), &[bytes(CKA_VALUE, &value), text(CKA_APPLICATION, "test")]);
        let object = ok(session.create(&template));
        assert_eq!(ok(session.get(object, CKA_VALUE)), value);
        assert_eq!(session.find(&[bytes(CKA_VALUE, &value)]), [object]);
    }
}

/// Once, the lengths that section 6 wants of created domain parameters were missing, and zeros were taken for numbers.
#[test]
fn domain_parameters_tell_their_lengths() {
    let session = token().user();
    for (kind, subprime) in [(CKK_DSA, true), (CKK_DH, false), (CKK_X9_42_DH, true)] {
        let template = domain(kind, subprime);
        let object = ok(session.create(&template));
        assert_eq!(ok(session.get_ulong(object, CKA_PRIME_BITS)), 1024);
        let prime = hex(P_1024);
        assert_eq!(ok(session.get(object, CKA_PRIME)), prime);
        let padded = ok(session.create(&but(&template, bytes(CKA_PRIME, [&[0, 0], &prime[..]].concat()))));
        assert_eq!(ok(session.get(padded, CKA_PRIME)), prime, "big integers have no leading zeros");
        for zero in [&[][..], &[0], &[0, 0]] {
            for number in [CKA_PRIME, CKA_BASE] {
                refused(session.create(&but(&template, bytes(number, zero))), CKR_DOMAIN_PARAMS_INVALID);
            }
        }
        let bits = ulong(CKA_PRIME_BITS, 1024);
        refused(session.create(&with(&template, &[bits])), CKR_ATTRIBUTE_READ_ONLY);
    }
    let x9_42 = ok(session.create(&domain(CKK_X9_42_DH, true)));
    assert_eq!(ok(session.get_ulong(x9_42, CKA_SUBPRIME_BITS)), 160);
}
