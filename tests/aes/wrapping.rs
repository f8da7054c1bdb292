//! Keys wrapped and unwrapped with AES.

use super::cases::{Parameter, aes_key, cases};
use crate::common::*;

/// Every mechanism that wraps, with a parameter; how much longer than a key of 20 bytes its result is.
fn wrapping() -> Vec<(CK_MECHANISM_TYPE, Parameter, usize)> {
    let iv = Parameter::Bytes(vec![5; 16]);
    vec![
        (CKM_AES_ECB, Parameter::None, 32),
        (CKM_AES_CBC, iv.clone(), 32),
        (CKM_AES_CBC_PAD, iv.clone(), 32),
        (CKM_AES_OFB, iv.clone(), 20),
        (CKM_AES_CFB1, iv.clone(), 20),
        (CKM_AES_CFB8, iv.clone(), 20),
        (CKM_AES_CFB64, iv.clone(), 20),
        (CKM_AES_CFB128, iv.clone(), 20),
        (CKM_AES_CTS, iv, 20),
        (CKM_AES_CTR, Parameter::counter(&"00".repeat(16), 128), 20),
        (CKM_AES_GCM, Parameter::gcm(&[1; 12], b"aad", 128), 36),
        (CKM_AES_CCM, Parameter::ccm(0, &[1; 12], b"aad", 8), 28),
        (CKM_AES_KEY_WRAP, Parameter::None, 32),
        (CKM_AES_KEY_WRAP, Parameter::Bytes(vec![7; 8]), 32),
        (CKM_AES_KEY_WRAP_PAD, Parameter::None, 32),
        (CKM_AES_KEY_WRAP_KWP, Parameter::None, 32),
        (CKM_AES_KEY_WRAP_KWP, Parameter::Bytes(vec![7; 4]), 32),
        (CKM_AES_KEY_WRAP_PKCS7, Parameter::None, 32),
        (CKM_AES_KEY_WRAP_PKCS7, Parameter::Bytes(vec![7; 8]), 32),
    ]
}

/// The modes that fill up with zeros, and need to be told the length.
const PADS_WITH_ZEROS: [CK_MECHANISM_TYPE; 3] = [CKM_AES_ECB, CKM_AES_CBC, CKM_AES_KEY_WRAP];

/// The modes that carry nothing to know a damaged key by; CBC with padding does only by chance.
const UNAUTHENTICATED: [CK_MECHANISM_TYPE; 10] = [
    CKM_AES_ECB,
    CKM_AES_CBC,
    CKM_AES_CBC_PAD,
    CKM_AES_CTR,
    CKM_AES_OFB,
    CKM_AES_CFB1,
    CKM_AES_CFB8,
    CKM_AES_CFB64,
    CKM_AES_CFB128,
    CKM_AES_CTS,
];

fn secret(value: &[u8]) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, value), yes(CKA_EXTRACTABLE)]
}

fn readable(kind: CK_KEY_TYPE) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(kind), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

#[test]
fn known_answers_hold_for_wrapping_too() {
    let s = token().user();
    for case in cases() {
        let key = case.key_in(&s);
        let target = ok(s.create(&secret(&case.plain)));
        assert_eq!(ok(s.wrap(&case.mech(), key, target)), case.cipher, "{}", case.name);
        let length = ulong(CKA_VALUE_LEN, case.plain.len() as CK_ULONG);
        let template = [&readable(CKK_GENERIC_SECRET)[..], &[length]].concat();
        let unwrapped = ok(s.unwrap(&case.mech(), key, &case.cipher, &template));
        assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), case.plain, "{}", case.name);
    }
}

#[test]
fn initial_values_of_key_wrap_are_the_callers() {
    let s = token().user();
    let key = aes_key(&s, &hex("000102030405060708090a0b0c0d0e0f"));
    // As OpenSSL wraps with the same initial values.
    let table = [
        (
            CKM_AES_KEY_WRAP,
            "0011223344556677",
            "00112233445566778899aabbccddeeff",
            "fe6ce91785ef994869f837c76669cf8d8f9e4691a4713e39",
        ),
        (
            CKM_AES_KEY_WRAP_KWP,
            "00112233",
            "466f7250617369466f725061",
            "a2e1926a2cc66574ea7e6bf1f15d2de017ac2de80d3c1d55",
        ),
    ];
    for (kind, iv, plain, wrapped) in table {
        let m = mech_bytes(kind, &hex(iv));
        assert_eq!(ok(s.encrypt(&m, key, &hex(plain))), hex(wrapped));
        assert_eq!(ok(s.decrypt(&m, key, &hex(wrapped))), hex(plain));
        refused(s.decrypt(&mech(kind), key, &hex(wrapped)), CKR_ENCRYPTED_DATA_INVALID);
    }
}

#[test]
fn secrets_of_any_length_come_back() {
    let s = token().user();
    let key = aes_key(&s, &[1; 32]);
    for (kind, parameter, wrapped_len) in wrapping() {
        let m = parameter.mech(kind);
        for length in (1..=40).chain([100, 1000]) {
            let value: Vec<u8> = (1..=length).map(|n| n as u8).collect();
            let target = ok(s.create(&secret(&value)));
            // KW begins with two semiblocks, after its padding.
            let least = match kind {
                CKM_AES_KEY_WRAP => 9,
                CKM_AES_KEY_WRAP_PKCS7 => 8,
                CKM_AES_CTS => 16,
                _ => 1,
            };
            if length < least {
                refused(s.wrap(&m, key, target), CKR_KEY_SIZE_RANGE);
                continue;
            }
            let wrapped = ok(s.wrap(&m, key, target));
            if length == 20 {
                assert_eq!(wrapped.len(), wrapped_len, "{kind:#x}");
            }
            let mut template = readable(CKK_GENERIC_SECRET);
            if PADS_WITH_ZEROS.contains(&kind) {
                template.push(ulong(CKA_VALUE_LEN, length as CK_ULONG));
            }
            let unwrapped = ok(s.unwrap(&m, key, &wrapped, &template));
            assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), value, "{kind:#x}, {length} bytes");
            assert_eq!(ok(s.get_ulong(unwrapped, CKA_VALUE_LEN)), length as CK_ULONG);
            assert!(!ok(s.get_bool(unwrapped, CKA_LOCAL)));
        }
    }
}

#[test]
fn a_key_cannot_be_unwrapped_as_a_shorter_one() {
    let s = token().user();
    let key = aes_key(&s, &[1; 32]);
    let target = aes_key(&s, &[2; 32]);
    for (kind, parameter, _) in wrapping() {
        let m = parameter.mech(kind);
        let wrapped = ok(s.wrap(&m, key, target));
        for length in [0, 16, 20, 33, CK_ULONG::MAX] {
            let template = [&readable(CKK_AES)[..], &[ulong(CKA_VALUE_LEN, length)]].concat();
            refused(s.unwrap(&m, key, &wrapped, &template), CKR_WRAPPED_KEY_LEN_RANGE);
            let template = [&readable(CKK_GENERIC_SECRET)[..], &[ulong(CKA_VALUE_LEN, length)]].concat();
            if !(17..=32).contains(&length) {
                refused(s.unwrap(&m, key, &wrapped, &template), CKR_WRAPPED_KEY_LEN_RANGE);
            }
        }
        let same = [&readable(CKK_AES)[..], &[ulong(CKA_VALUE_LEN, 32)]].concat();
        assert_eq!(ok(s.get(ok(s.unwrap(&m, key, &wrapped, &same)), CKA_VALUE)), [2; 32]);
    }
    // Twenty bytes are no AES key.
    let target = ok(s.create(&secret(&[3; 20])));
    let wrapped = ok(s.wrap(&mech(CKM_AES_KEY_WRAP_KWP), key, target));
    refused(s.unwrap(&mech(CKM_AES_KEY_WRAP_KWP), key, &wrapped, &readable(CKK_AES)), CKR_WRAPPED_KEY_LEN_RANGE);
}

#[test]
fn the_length_must_be_told_where_nothing_else_tells_it() {
    let s = token().user();
    let key = aes_key(&s, &[1; 32]);
    for (kind, parameter, _) in wrapping() {
        let m = parameter.mech(kind);
        for length in [16, 24, 32] {
            let wrapped = ok(s.wrap(&m, key, aes_key(&s, &vec![2; length])));
            // Blocks of 32 bytes may hold an AES key of 24 or of 32.
            let ambiguous = [CKM_AES_ECB, CKM_AES_CBC].contains(&kind) && length > 16;
            match s.unwrap(&m, key, &wrapped, &readable(CKK_AES)) {
                result if ambiguous => refused(result, CKR_TEMPLATE_INCOMPLETE),
                result => assert_eq!(ok(s.get(ok(result), CKA_VALUE)), vec![2; length]),
            }
            match s.unwrap(&m, key, &wrapped, &readable(CKK_GENERIC_SECRET)) {
                result if PADS_WITH_ZEROS.contains(&kind) => refused(result, CKR_TEMPLATE_INCOMPLETE),
                result => assert_eq!(ok(s.get(ok(result), CKA_VALUE)), vec![2; length]),
            }
        }
    }
}

#[test]
fn damaged_keys_are_refused() {
    let s = token().user();
    let (key, target) = (aes_key(&s, &[1; 32]), aes_key(&s, &[2; 32]));
    for (kind, parameter, _) in wrapping() {
        let m = parameter.mech(kind);
        let wrapped = ok(s.wrap(&m, key, target));
        refused(s.unwrap(&m, key, b"", &readable(CKK_AES)), CKR_WRAPPED_KEY_LEN_RANGE);
        refused(s.unwrap(&m, key, &wrapped[..7], &readable(CKK_AES)), CKR_WRAPPED_KEY_LEN_RANGE);
        if UNAUTHENTICATED.contains(&kind) {
            continue;
        }
        for index in [0, wrapped.len() / 2, wrapped.len() - 1] {
            let mut damaged = wrapped.clone();
            damaged[index] ^= 0x10;
            refused(s.unwrap(&m, key, &damaged, &readable(CKK_AES)), CKR_WRAPPED_KEY_INVALID);
        }
    }
}

#[test]
fn a_short_buffer_for_a_wrapped_key_is_told_the_length() {
    let s = token().user();
    let (key, target) = (aes_key(&s, &[1; 32]), aes_key(&s, &[2; 24]));
    for (kind, parameter, _) in wrapping() {
        let m = parameter.mech(kind);
        let wrapped = ok(s.wrap(&m, key, target));
        let (mut raw, mut buffer, mut length) = (m.raw(), vec![0; wrapped.len()], wrapped.len() as CK_ULONG - 1);
        let mut wrap = |length: &mut CK_ULONG| {
            // SAFETY: a mechanism and a buffer that is at least of its length.
            unsafe { f().C_WrapKey.unwrap()(s.handle, &mut raw, key, target, buffer.as_mut_ptr(), length) }
        };
        assert_eq!(wrap(&mut length), CKR_BUFFER_TOO_SMALL);
        assert_eq!(length as usize, wrapped.len());
        assert_eq!(wrap(&mut length), CKR_OK);
        assert_eq!(buffer, wrapped);
    }
}
