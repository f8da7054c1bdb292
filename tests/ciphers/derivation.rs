//! Keys derived by encrypting data.

use super::cases::{CIPHERS, EncryptData, cipher_key, sample};
use crate::common::*;

/// The mechanism with its structure, which points to the data.
fn ecb(kinds: &EncryptData, data: &[u8]) -> Mech {
    let params = CK_KEY_DERIVATION_STRING_DATA { pData: data.as_ptr().cast_mut(), ulLen: data.len() as CK_ULONG };
    mech_params(kinds.ecb, &params)
}

fn cbc(kinds: &EncryptData, iv: &[u8], data: &[u8]) -> Mech {
    let (start, length) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
    if let Ok(iv) = iv.try_into() {
        return mech_params(kinds.cbc, &CK_DES_CBC_ENCRYPT_DATA_PARAMS { iv, pData: start, length });
    }
    let iv = iv.try_into().unwrap();
    mech_params(kinds.cbc, &CK_CAMELLIA_CBC_ENCRYPT_DATA_PARAMS { iv, pData: start, length })
}

fn readable(more: &[Attribute]) -> Vec<Attribute> {
    [&[class(CKO_SECRET_KEY), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)], more].concat()
}

/// The encryptions themselves have known answers.
#[test]
fn the_ciphertext_is_the_key() {
    let s = token().user();
    for cipher in CIPHERS {
        let Some(kinds) = &cipher.encrypt_data else { continue };
        let data: Vec<u8> = (0..cipher.block as u8 * 4).collect();
        let iv = vec![0x5a; cipher.block];
        for key in cipher.keys(&s) {
            for (m, sealed) in [
                (ecb(kinds, &data), ok(s.encrypt(&mech(cipher.ecb.unwrap()), key, &data))),
                (cbc(kinds, &iv, &data), ok(s.encrypt(&mech_bytes(cipher.cbc, &iv), key, &data))),
            ] {
                let whole = ok(s.derive(&m, key, &readable(&[])));
                assert_eq!(ok(s.get(whole, CKA_VALUE)), sealed, "{}", cipher.name);
                assert_eq!(ok(s.get_ulong(whole, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
                assert!(!ok(s.get_bool(whole, CKA_LOCAL)));
                // What is not used is cut off at the end.
                for length in [1, 16, 24, sealed.len()] {
                    let told = readable(&[ulong(CKA_VALUE_LEN, length as CK_ULONG)]);
                    assert_eq!(ok(s.get(ok(s.derive(&m, key, &told)), CKA_VALUE)), sealed[..length]);
                }
                let aes = readable(&[key_type(CKK_AES), ulong(CKA_VALUE_LEN, 16)]);
                assert_eq!(ok(s.get(ok(s.derive(&m, key, &aes)), CKA_VALUE)), sealed[..16]);
                let too_long = readable(&[ulong(CKA_VALUE_LEN, sealed.len() as CK_ULONG + 1)]);
                refused(s.derive(&m, key, &too_long), CKR_DATA_LEN_RANGE);
            }
        }
    }
}

#[test]
fn derived_des_keys_have_their_length_and_parity() {
    let s = token().user();
    for cipher in CIPHERS {
        let Some(kinds) = &cipher.encrypt_data else { continue };
        let (key, data) = (cipher.keys(&s)[0], vec![7; 48]);
        let sealed = ok(s.encrypt(&mech(cipher.ecb.unwrap()), key, &data));
        for (kind, length) in [(CKK_DES, 8), (CKK_DES2, 16), (CKK_DES3, 24)] {
            let derived = ok(s.derive(&ecb(kinds, &data), key, &readable(&[key_type(kind)])));
            let value = ok(s.get(derived, CKA_VALUE));
            assert_eq!(value.len(), length);
            assert!(value.iter().all(|byte| byte.count_ones() % 2 == 1));
            assert!(value.iter().zip(&sealed).all(|(one, other)| one | 1 == other | 1));
        }
        let data = vec![7; 16];
        refused(s.derive(&ecb(kinds, &data), key, &readable(&[key_type(CKK_DES3)])), CKR_DATA_LEN_RANGE);
    }
}

#[test]
fn wrong_parameters_are_refused() {
    let s = token().user();
    for cipher in CIPHERS {
        let Some(kinds) = &cipher.encrypt_data else { continue };
        let (key, iv) = (cipher.keys(&s)[0], vec![0; cipher.block]);
        for length in [1, cipher.block - 1, cipher.block + 1] {
            let data = vec![0; length];
            refused(s.derive(&ecb(kinds, &data), key, &readable(&[])), CKR_MECHANISM_PARAM_INVALID);
            refused(s.derive(&cbc(kinds, &iv, &data), key, &readable(&[])), CKR_MECHANISM_PARAM_INVALID);
        }
        refused(s.derive(&ecb(kinds, &[]), key, &readable(&[])), CKR_DATA_LEN_RANGE);
        refused(s.derive(&cbc(kinds, &iv, &[]), key, &readable(&[])), CKR_DATA_LEN_RANGE);
        let null = CK_KEY_DERIVATION_STRING_DATA { pData: std::ptr::null_mut(), ulLen: 16 };
        for m in [
            mech(kinds.ecb),
            mech(kinds.cbc),
            mech_params(kinds.ecb, &null),
            mech_params(kinds.cbc, &null),
            mech_bytes(kinds.ecb, &[0; 15]),
            // The structure of ciphers with blocks of another size.
            cbc(kinds, &vec![0; 24 - cipher.block], &[0; 16]),
        ] {
            refused(s.derive(&m, key, &readable(&[])), CKR_MECHANISM_PARAM_INVALID);
        }
    }
}

#[test]
fn only_keys_of_the_cipher_that_may_derive_are_used() {
    let s = token().user();
    let data = [0; 16];
    for cipher in CIPHERS {
        let Some(kinds) = &cipher.encrypt_data else { continue };
        let m = ecb(kinds, &data);
        refused(s.derive(&m, cipher_key(&s, CKK_AES, &[1; 16]), &readable(&[])), CKR_KEY_TYPE_INCONSISTENT);
        let kind = cipher.key_types[0];
        let value = [class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, sample(kind))];
        let may_not = ok(s.create(&value));
        refused(s.derive(&m, may_not, &readable(&[])), CKR_KEY_FUNCTION_NOT_PERMITTED);
        // What comes of a sensitive key is sensitive.
        let sensitive = ok(s.create(&[&value[..], &[yes(CKA_DERIVE), yes(CKA_SENSITIVE)]].concat()));
        refused(s.derive(&m, sensitive, &readable(&[])), CKR_TEMPLATE_INCONSISTENT);
        ok(s.derive(&m, sensitive, &[class(CKO_SECRET_KEY)]));
    }
}
