//! AES-XTS: its keys, and the length of a data unit.

use super::cases::{aes_key, open_key};
use crate::common::*;

fn two_halves(length: usize) -> Vec<u8> {
    (0..length).map(|n| if n < length / 2 { 1 } else { 2 }).collect()
}

#[test]
fn xts_keys_are_two_different_aes_keys() {
    let s = token().user();
    let create = |value: &[u8]| s.create(&[class(CKO_SECRET_KEY), key_type(CKK_AES_XTS), bytes(CKA_VALUE, value)]);
    for length in 0..=80 {
        let made = create(&two_halves(length));
        let generated = s.generate(&mech(CKM_AES_XTS_KEY_GEN), &[ulong(CKA_VALUE_LEN, length as CK_ULONG)]);
        if [32, 64].contains(&length) {
            assert_eq!(ok(s.get_ulong(ok(made), CKA_VALUE_LEN)), length as CK_ULONG);
            let generated = ok(generated);
            assert_eq!(ok(s.get_ulong(generated, CKA_VALUE_LEN)), length as CK_ULONG);
            assert_eq!(ok(s.get_ulong(generated, CKA_KEY_TYPE)), CKK_AES_XTS);
            assert_eq!(ok(s.get_ulong(generated, CKA_KEY_GEN_MECHANISM)), CKM_AES_XTS_KEY_GEN);
            assert!(ok(s.get_bool(generated, CKA_LOCAL)));
        } else {
            refused(made, CKR_ATTRIBUTE_VALUE_INVALID);
            refused(generated, CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
    refused(s.generate(&mech(CKM_AES_XTS_KEY_GEN), &[]), CKR_TEMPLATE_INCOMPLETE);
    let with_parameter = mech_bytes(CKM_AES_XTS_KEY_GEN, b"x");
    refused(s.generate(&with_parameter, &[ulong(CKA_VALUE_LEN, 32)]), CKR_MECHANISM_PARAM_INVALID);
    refused(create(&[7; 32]), CKR_ATTRIBUTE_VALUE_INVALID);
    refused(create(&[7; 64]), CKR_ATTRIBUTE_VALUE_INVALID);
}

#[test]
fn xts_and_the_other_modes_do_not_share_keys() {
    let s = token().user();
    let unit = mech_bytes(CKM_AES_XTS, &[0; 16]);
    let (aes, xts) = (aes_key(&s, &[1; 32]), open_key(&s, CKK_AES_XTS, &two_halves(32)));
    refused(s.encrypt_init(&unit, aes), CKR_KEY_TYPE_INCONSISTENT);
    refused(s.decrypt_init(&unit, aes), CKR_KEY_TYPE_INCONSISTENT);
    refused(s.encrypt_init(&mech(CKM_AES_ECB), xts), CKR_KEY_TYPE_INCONSISTENT);
    for wrong in [mech(CKM_AES_XTS), mech_bytes(CKM_AES_XTS, &[0; 8]), mech_bytes(CKM_AES_XTS, &[0; 17])] {
        refused(s.encrypt_init(&wrong, xts), CKR_MECHANISM_PARAM_INVALID);
        refused(s.decrypt_init(&wrong, xts), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(s.sign_init(&unit, xts), CKR_MECHANISM_INVALID);
}

#[test]
fn a_data_unit_has_a_block_at_least_and_a_million_at_most() {
    let s = token().user();
    let (key, m) = (open_key(&s, CKK_AES_XTS, &two_halves(64)), mech_bytes(CKM_AES_XTS, &[5; 16]));
    for length in [0, 1, 15] {
        refused(s.encrypt(&m, key, &vec![0; length]), CKR_DATA_LEN_RANGE);
        refused(s.decrypt(&m, key, &vec![0; length]), CKR_ENCRYPTED_DATA_LEN_RANGE);
        refused(s.encrypt_parts(&m, key, &[&vec![0; length]]), CKR_DATA_LEN_RANGE);
    }
    let most = vec![7; 16 << 20];
    let sealed = ok(s.encrypt(&m, key, &most));
    assert!(ok(s.decrypt(&m, key, &sealed)) == most);
    let more = [&most[..], &[7]].concat();
    refused(s.encrypt(&m, key, &more), CKR_DATA_LEN_RANGE);
    refused(s.decrypt(&m, key, &more), CKR_ENCRYPTED_DATA_LEN_RANGE);
    refused(s.encrypt_parts(&m, key, &[&most, &[7]]), CKR_DATA_LEN_RANGE);
    refused(s.decrypt_parts(&m, key, &[&most, &[7]]), CKR_ENCRYPTED_DATA_LEN_RANGE);
}

#[test]
fn xts_keys_wrap_and_are_wrapped() {
    let s = token().user();
    let (xts, m) = (open_key(&s, CKK_AES_XTS, &two_halves(64)), mech_bytes(CKM_AES_XTS, &[5; 16]));
    let open = |kind| [class(CKO_SECRET_KEY), key_type(kind), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
    let secret = open_key(&s, CKK_GENERIC_SECRET, &[3; 21]);
    let wrapped = ok(s.wrap(&m, xts, secret));
    assert_eq!(wrapped, ok(s.encrypt(&m, xts, &[3; 21])));
    let unwrapped = ok(s.unwrap(&m, xts, &wrapped, &open(CKK_GENERIC_SECRET)));
    assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), [3; 21]);
    refused(s.wrap(&m, xts, open_key(&s, CKK_GENERIC_SECRET, &[3; 15])), CKR_KEY_SIZE_RANGE);
    refused(s.unwrap(&m, xts, &wrapped[..15], &open(CKK_GENERIC_SECRET)), CKR_WRAPPED_KEY_LEN_RANGE);

    let (aes, kw) = (aes_key(&s, &[1; 32]), mech(CKM_AES_KEY_WRAP));
    let wrapped = ok(s.wrap(&kw, aes, xts));
    assert_eq!(ok(s.get(ok(s.unwrap(&kw, aes, &wrapped, &open(CKK_AES_XTS))), CKA_VALUE)), two_halves(64));
    // No key for another mode by another name, and no two halves that are the same.
    refused(s.unwrap(&kw, aes, &wrapped, &open(CKK_AES)), CKR_WRAPPED_KEY_LEN_RANGE);
    let same = ok(s.wrap(&kw, aes, open_key(&s, CKK_GENERIC_SECRET, &[3; 32])));
    refused(s.unwrap(&kw, aes, &same, &open(CKK_AES_XTS)), CKR_WRAPPED_KEY_INVALID);
}
