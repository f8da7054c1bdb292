//! The keys: their lengths, parity and check values, made, generated and refused.

use super::cases::{cipher_key, sample};
use crate::common::*;

/// Key type, generation, lengths that keys can have.
const SIZED: &[(CK_KEY_TYPE, CK_MECHANISM_TYPE, &[usize])] = &[
    (CKK_CAMELLIA, CKM_CAMELLIA_KEY_GEN, &[16, 24, 32]),
    (CKK_ARIA, CKM_ARIA_KEY_GEN, &[16, 24, 32]),
    (CKK_TWOFISH, CKM_TWOFISH_KEY_GEN, &[16, 24, 32]),
    (
        CKK_BLOWFISH,
        CKM_BLOWFISH_KEY_GEN,
        &[
            4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
            32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56,
        ],
    ),
];

/// Key type, generation, length.
const DES: [(CK_KEY_TYPE, CK_MECHANISM_TYPE, usize); 3] =
    [(CKK_DES, CKM_DES_KEY_GEN, 8), (CKK_DES2, CKM_DES2_KEY_GEN, 16), (CKK_DES3, CKM_DES3_KEY_GEN, 24)];

fn value(kind: CK_KEY_TYPE, value: &[u8]) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value)]
}

fn odd(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.count_ones() % 2 == 1)
}

#[test]
fn keys_have_the_lengths_that_their_cipher_takes() {
    let s = token().user();
    for (kind, generation, lengths) in SIZED {
        for length in 0..=60 {
            let created = s.create(&value(*kind, &vec![1; length]));
            let told = [ulong(CKA_VALUE_LEN, length as CK_ULONG), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
            let generated = s.generate(&mech(*generation), &told);
            if lengths.contains(&length) {
                assert_eq!(ok(s.get_ulong(ok(created), CKA_VALUE_LEN)), length as CK_ULONG);
                let generated = ok(generated);
                assert_eq!(ok(s.get(generated, CKA_VALUE)).len(), length);
                assert_eq!(ok(s.get_ulong(generated, CKA_KEY_TYPE)), *kind);
                assert_eq!(ok(s.get_ulong(generated, CKA_KEY_GEN_MECHANISM)), *generation);
                assert!(ok(s.get_bool(generated, CKA_LOCAL)));
            } else {
                refused(created, CKR_ATTRIBUTE_VALUE_INVALID);
                refused(generated, CKR_ATTRIBUTE_VALUE_INVALID);
            }
        }
        refused(s.generate(&mech(*generation), &[]), CKR_TEMPLATE_INCOMPLETE);
        refused(s.generate(&mech(*generation), &[ulong(CKA_VALUE_LEN, CK_ULONG::MAX)]), CKR_ATTRIBUTE_VALUE_INVALID);
        let superfluous = mech_bytes(*generation, &[0]);
        refused(s.generate(&superfluous, &[ulong(CKA_VALUE_LEN, 16)]), CKR_MECHANISM_PARAM_INVALID);
    }
}

/// pkcs11-tool tells it, though the standard's table has no length for them.
#[test]
fn the_length_of_new_des_keys_may_be_told_if_it_is_theirs() {
    let s = token().user();
    for (kind, generation, right) in DES {
        for length in 0..=32 {
            let generated = s.generate(&mech(generation), &[ulong(CKA_VALUE_LEN, length)]);
            if length == right as CK_ULONG {
                let generated = ok(generated);
                assert_eq!(ok(s.get_ulong(generated, CKA_KEY_TYPE)), kind);
                refused(s.get(generated, CKA_VALUE_LEN), CKR_ATTRIBUTE_TYPE_INVALID);
            } else {
                refused(generated, CKR_TEMPLATE_INCONSISTENT);
            }
        }
    }
}

#[test]
fn des_keys_have_one_length() {
    let s = token().user();
    for (kind, _, right) in DES {
        for length in 0..=32 {
            let created = s.create(&value(kind, &vec![1; length]));
            if length == right {
                // The standard's table has no length for them.
                refused(s.get(ok(created), CKA_VALUE_LEN), CKR_ATTRIBUTE_TYPE_INVALID);
            } else {
                refused(created, CKR_ATTRIBUTE_VALUE_INVALID);
            }
        }
        let told = [value(kind, &vec![1; right]), vec![ulong(CKA_VALUE_LEN, right as CK_ULONG)]].concat();
        refused(s.create(&told), CKR_TEMPLATE_INCONSISTENT);
    }
}

#[test]
fn des_keys_without_parity_are_refused() {
    let s = token().user();
    for (kind, _, length) in DES {
        for index in 0..length {
            for bit in 0..8 {
                let mut wrong = sample(kind);
                wrong[index] ^= 1 << bit;
                refused(s.create(&value(kind, &wrong)), CKR_ATTRIBUTE_VALUE_INVALID);
            }
        }
        ok(s.create(&value(kind, &sample(kind))));
    }
}

#[test]
fn generated_des_keys_have_parity() {
    let s = token().user();
    for (kind, generation, length) in DES {
        let mut seen = Vec::new();
        for _ in 0..50 {
            let key = ok(s.generate(&mech(generation), &[yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)]));
            let value = ok(s.get(key, CKA_VALUE));
            assert!(value.len() == length && odd(&value));
            assert!(!seen.contains(&value), "twice the same key");
            seen.push(value);
            assert_eq!(ok(s.get_ulong(key, CKA_KEY_TYPE)), kind);
            assert!(ok(s.get_bool(key, CKA_LOCAL)));
        }
        // Of the seven bits of each byte that count, none is always the same.
        for byte in 0..length {
            let ones = seen.iter().fold(0, |ones, value| ones | value[byte]);
            let zeros = seen.iter().fold(0, |zeros, value| zeros | !value[byte]);
            assert_eq!((ones, zeros), (0xff, 0xff));
        }
        refused(s.generate(&mech_bytes(generation, &[0]), &[]), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(s.generate(&mech(CKM_DES2_KEY_GEN), &[key_type(CKK_DES3)]), CKR_TEMPLATE_INCONSISTENT);
}

#[test]
fn check_values_begin_the_encryption_of_zeros() {
    let s = token().user();
    let ciphers = [
        (CKK_DES, CKM_DES_CBC),
        (CKK_DES2, CKM_DES3_CBC),
        (CKK_DES3, CKM_DES3_CBC),
        (CKK_CAMELLIA, CKM_CAMELLIA_CBC),
        (CKK_ARIA, CKM_ARIA_CBC),
        (CKK_BLOWFISH, CKM_BLOWFISH_CBC),
        (CKK_TWOFISH, CKM_TWOFISH_CBC),
    ];
    for (kind, cbc) in ciphers {
        let block = if [CKM_DES_CBC, CKM_DES3_CBC, CKM_BLOWFISH_CBC].contains(&cbc) { 8 } else { 16 };
        let key = cipher_key(&s, kind, &sample(kind));
        let zeros = vec![0; block];
        let check = ok(s.encrypt(&mech_bytes(cbc, &zeros), key, &zeros))[..3].to_vec();
        assert_eq!(ok(s.get(key, CKA_CHECK_VALUE)), check);
        let with = |check: &[u8]| [value(kind, &sample(kind)), vec![bytes(CKA_CHECK_VALUE, check)]].concat();
        ok(s.create(&with(&check)));
        refused(s.create(&with(b"no!")), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    // The check value that the whole world computes for this key.
    let des = cipher_key(&s, CKK_DES, &hex("0123456789abcdef"));
    assert_eq!(ok(s.get(des, CKA_CHECK_VALUE)), hex("d5d44f"));
}

#[test]
fn sizes_are_told_in_bytes() {
    let token = token();
    for (kind, sizes) in [
        (CKM_DES_KEY_GEN, (8, 8)),
        (CKM_DES2_KEY_GEN, (16, 16)),
        (CKM_DES3_KEY_GEN, (24, 24)),
        (CKM_DES3_CBC, (16, 24)),
        (CKM_DES3_CMAC, (16, 24)),
        (CKM_CAMELLIA_CTR, (16, 32)),
        (CKM_ARIA_MAC, (16, 32)),
        (CKM_BLOWFISH_CBC, (4, 56)),
        (CKM_TWOFISH_KEY_GEN, (16, 32)),
    ] {
        let mut info = CK_MECHANISM_INFO::default();
        // SAFETY: a place for the structure.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize), sizes, "{kind:#x}");
    }
}
