//! What AES refuses, and with which code.

use super::cases::{Parameter, aes_key};
use crate::common::*;

#[test]
fn keys_have_one_of_three_lengths() {
    let s = token().user();
    for length in 0..=48 {
        let key = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, vec![1; length])];
        let result = s.create(&key);
        if [16, 24, 32].contains(&length) {
            assert_eq!(ok(s.get_ulong(ok(result), CKA_VALUE_LEN)), length as CK_ULONG);
        } else {
            refused(result, CKR_ATTRIBUTE_VALUE_INVALID);
        }
        let result = s.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, length as CK_ULONG)]);
        if [16, 24, 32].contains(&length) {
            assert_eq!(ok(s.get_ulong(ok(result), CKA_VALUE_LEN)), length as CK_ULONG);
        } else {
            refused(result, CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
    refused(s.generate(&mech(CKM_AES_KEY_GEN), &[]), CKR_TEMPLATE_INCOMPLETE);
    for length in [1 << 32, 1 << 40, CK_ULONG::MAX] {
        refused(s.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, length)]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

#[test]
fn wrong_parameters_are_refused() {
    let s = token().user();
    let key = aes_key(&s, &[1; 16]);
    let counter = |bits| Parameter::counter(&"00".repeat(16), bits);
    let ccm = |data_len, nonce: usize, mac_len| Parameter::ccm(data_len, &vec![1; nonce], b"", mac_len);
    let mut wrong = vec![
        (CKM_AES_ECB, Parameter::Bytes(vec![0; 16])),
        (CKM_AES_CBC, Parameter::None),
        (CKM_AES_CBC, Parameter::Bytes(vec![0; 15])),
        (CKM_AES_CBC, Parameter::Bytes(vec![0; 17])),
        (CKM_AES_CBC_PAD, Parameter::None),
        (CKM_AES_CBC_PAD, Parameter::Bytes(vec![0; 8])),
        (CKM_AES_OFB, Parameter::None),
        (CKM_AES_OFB, Parameter::Bytes(vec![0; 15])),
        (CKM_AES_CFB1, Parameter::None),
        (CKM_AES_CFB8, Parameter::Bytes(vec![0; 1])),
        (CKM_AES_CFB64, Parameter::Bytes(vec![0; 8])),
        (CKM_AES_CFB128, Parameter::Bytes(vec![0; 17])),
        (CKM_AES_CTS, Parameter::None),
        (CKM_AES_CTS, Parameter::Bytes(vec![0; 8])),
        (CKM_AES_CTR, Parameter::None),
        (CKM_AES_CTR, Parameter::Bytes(vec![0; 16])),
        (CKM_AES_CTR, counter(0)),
        (CKM_AES_CTR, counter(129)),
        (CKM_AES_CTR, counter(CK_ULONG::MAX)),
        (CKM_AES_GCM, Parameter::None),
        (CKM_AES_GCM, Parameter::Bytes(vec![0; 12])),
        (CKM_AES_GCM, Parameter::gcm(b"", b"", 128)),
        (CKM_AES_GCM, Parameter::gcm(&[0; 12], b"", 129)),
        (CKM_AES_GCM, Parameter::gcm(&[0; 12], b"", 136)),
        (CKM_AES_GCM, Parameter::gcm(&[0; 12], b"", 127)),
        (CKM_AES_GCM, Parameter::gcm(&[0; 12], b"", usize::MAX)),
        (CKM_AES_CCM, Parameter::None),
        (CKM_AES_CCM, ccm(0, 6, 8)),
        (CKM_AES_CCM, ccm(0, 14, 8)),
        (CKM_AES_CCM, ccm(0, 0, 8)),
        // Two bytes are left for the length of the data.
        (CKM_AES_CCM, ccm(1 << 16, 13, 8)),
        (CKM_AES_CCM, ccm(usize::MAX, 8, 8)),
        (CKM_AES_KEY_WRAP, Parameter::Bytes(vec![0; 4])),
        (CKM_AES_KEY_WRAP, Parameter::Bytes(vec![0; 16])),
        (CKM_AES_KEY_WRAP_PKCS7, Parameter::Bytes(vec![0; 4])),
        (CKM_AES_KEY_WRAP_KWP, Parameter::Bytes(vec![0; 8])),
        (CKM_AES_KEY_WRAP_PAD, Parameter::Bytes(vec![0; 5])),
    ];
    wrong.extend([0, 1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 18, 128].map(|mac_len| (CKM_AES_CCM, ccm(0, 12, mac_len))));
    let target = aes_key(&s, &[2; 16]);
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    for (kind, parameter) in wrong {
        let m = parameter.mech(kind);
        refused(s.encrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
        refused(s.decrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
        // Wrapping takes the length of the data from the key.
        if !matches!(parameter, Parameter::Ccm { data_len: 1.., .. }) {
            refused(s.unwrap(&m, key, &[0; 32], &template), CKR_MECHANISM_PARAM_INVALID);
            refused(s.wrap(&m, key, target), CKR_MECHANISM_PARAM_INVALID);
        }
    }
    for length in [0, 17, CK_ULONG::MAX] {
        refused(s.sign_init(&mech_params(CKM_AES_CMAC_GENERAL, &length), key), CKR_MECHANISM_PARAM_INVALID);
        refused(s.verify_init(&mech_params(CKM_AES_CMAC_GENERAL, &length), key), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(s.sign_init(&mech(CKM_AES_CMAC_GENERAL), key), CKR_MECHANISM_PARAM_INVALID);
    refused(s.sign_init(&mech_bytes(CKM_AES_CMAC, &[0; 8]), key), CKR_MECHANISM_PARAM_INVALID);
    refused(s.generate(&mech_bytes(CKM_AES_KEY_GEN, &[0]), &[ulong(CKA_VALUE_LEN, 16)]), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn wrong_lengths_of_data_are_refused() {
    let s = token().user();
    let key = aes_key(&s, &[1; 16]);
    let iv = Parameter::Bytes(vec![0; 16]);
    let ccm = Parameter::ccm(20, &[1; 12], b"", 8);
    let gcm = Parameter::gcm(&[1; 12], b"", 128);
    // Mechanism, parameter, lengths that cannot be encrypted, lengths that cannot be decrypted.
    let table: &[(CK_MECHANISM_TYPE, &Parameter, &[usize], &[usize])] = &[
        (CKM_AES_ECB, &Parameter::None, &[1, 15, 17], &[1, 15, 17]),
        (CKM_AES_CBC, &iv, &[1, 15, 17], &[1, 15, 17]),
        (CKM_AES_CBC_PAD, &iv, &[], &[0, 1, 15, 17]),
        (CKM_AES_CTS, &iv, &[0, 1, 15], &[0, 1, 15]),
        (CKM_AES_GCM, &gcm, &[], &[0, 1, 15]),
        (CKM_AES_CCM, &ccm, &[0, 19, 21], &[0, 7, 8, 20, 27, 29]),
        (CKM_AES_KEY_WRAP, &Parameter::None, &[0, 8, 15, 17, 20], &[0, 8, 16, 23, 25]),
        (CKM_AES_KEY_WRAP_PKCS7, &Parameter::None, &[0, 7], &[0, 8, 16, 23, 25]),
        (CKM_AES_KEY_WRAP_KWP, &Parameter::None, &[0], &[0, 8, 15, 17]),
        (CKM_AES_KEY_WRAP_PAD, &Parameter::None, &[0], &[0, 8, 15, 17]),
    ];
    for (kind, parameter, plain, sealed) in table {
        let m = parameter.mech(*kind);
        for length in *plain {
            refused(s.encrypt(&m, key, &vec![0; *length]), CKR_DATA_LEN_RANGE);
        }
        for length in *sealed {
            refused(s.decrypt(&m, key, &vec![0; *length]), CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        // In parts it comes out with the part that is too much, or at the end.
        let in_parts = [CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD, CKM_AES_CTS, CKM_AES_GCM, CKM_AES_CCM];
        if in_parts.contains(kind) {
            for length in *plain {
                let data = vec![0; *length];
                refused(s.encrypt_parts(&m, key, &data.chunks(5).collect::<Vec<_>>()), CKR_DATA_LEN_RANGE);
            }
            for length in *sealed {
                let data = vec![0; *length];
                refused(s.decrypt_parts(&m, key, &data.chunks(5).collect::<Vec<_>>()), CKR_ENCRYPTED_DATA_LEN_RANGE);
            }
        }
    }
}

#[test]
fn wrong_keys_are_refused() {
    let s = token().user();
    let secret = |kind, value: &[u8], more: &[Attribute]| {
        ok(s.create(&[&[class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value)], more].concat()))
    };
    let generic = secret(CKK_GENERIC_SECRET, &[1; 16], &[]);
    let closed = [CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_VERIFY].map(no);
    let closed = secret(CKK_AES, &[1; 16], &closed);
    let target = aes_key(&s, &[2; 16]);
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    for (m, code) in [(generic, CKR_KEY_TYPE_INCONSISTENT), (closed, CKR_KEY_FUNCTION_NOT_PERMITTED)]
        .into_iter()
        .flat_map(|(key, code)| [mech(CKM_AES_ECB), mech(CKM_AES_KEY_WRAP)].map(|m| (m, (key, code))))
    {
        let (key, code) = code;
        refused(s.encrypt_init(&m, key), code);
        refused(s.decrypt_init(&m, key), code);
        let wrong_type = code == CKR_KEY_TYPE_INCONSISTENT;
        refused(s.wrap(&m, key, target), if wrong_type { CKR_WRAPPING_KEY_TYPE_INCONSISTENT } else { code });
        let wrong = if wrong_type { CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT } else { code };
        refused(s.unwrap(&m, key, &[0; 32], &template), wrong);
    }
    refused(s.sign_init(&mech(CKM_AES_CMAC), generic), CKR_KEY_TYPE_INCONSISTENT);
    refused(s.verify_init(&mech(CKM_AES_CMAC), closed), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(s.encrypt_init(&mech(CKM_AES_ECB), CK_INVALID_HANDLE), CKR_KEY_HANDLE_INVALID);
    // Each mechanism only does what it is for.
    refused(s.encrypt_init(&mech(CKM_AES_CMAC), target), CKR_MECHANISM_INVALID);
    refused(s.sign_init(&mech(CKM_AES_ECB), target), CKR_MECHANISM_INVALID);
    refused(s.encrypt_init(&mech(CKM_AES_KEY_GEN), target), CKR_MECHANISM_INVALID);
}

#[test]
fn macs_of_a_wrong_length_or_value_are_refused() {
    let s = token().user();
    let (key, m) = (aes_key(&s, &[1; 16]), mech(CKM_AES_CMAC));
    let mut mac = ok(s.sign(&m, key, b"data"));
    assert_eq!(mac.len(), 16);
    ok(s.verify(&m, key, b"data", &mac));
    refused(s.verify(&m, key, b"data", &mac[..15]), CKR_SIGNATURE_LEN_RANGE);
    refused(s.verify(&m, key, b"data", b""), CKR_SIGNATURE_LEN_RANGE);
    refused(s.verify(&m, key, b"date", &mac), CKR_SIGNATURE_INVALID);
    mac[15] ^= 1;
    refused(s.verify(&m, key, b"data", &mac), CKR_SIGNATURE_INVALID);
    refused(s.verify_update(b"data"), CKR_OPERATION_NOT_INITIALIZED);
}
