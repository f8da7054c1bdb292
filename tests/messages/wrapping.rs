//! Keys wrapped with additional data, and with nonces that are made by the token.

use super::*;

fn template() -> [Attribute; 4] {
    [class(CKO_SECRET_KEY), key_type(CKK_AES), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

/// Two AEADs that wrap, with the length of their nonces.
const WRAPPING: [(CK_MECHANISM_TYPE, usize); 2] = [(CKM_AES_GCM, 12), (CKM_AES_CCM, 13)];

/// Wrapping is encryption: the key of test case 4 of the GCM specification is its plaintext, the last 4 bytes aside.
#[test]
fn wrapping_is_the_encryption_of_the_keys_value() {
    let s = token().user();
    let wrapping = key(&s, CKK_AES, &hex("feffe9928665731c6d6a8f9467308308"));
    let text = hex("d9313225f88406e5a55909c5aff5269a 86a7a9531534f7da2e4c303d8a318a72
         1c3c0c95956809532fcf0e2449a6b525 b16aedf5aa0de657ba637b39");
    let aad = hex("feedfacedeadbeeffeedfacedeadbeef abaddad2");
    let secret = key(&s, CKK_GENERIC_SECRET, &text);
    let mut parameter = gcm(&hex("cafebabefacedbaddecaf888"));
    let wrapped = ok(s.wrap_authenticated(&mut parameter, wrapping, secret, &aad));
    let sealed = hex("42831ec2217774244b7221b784d0d49c e3aa212f2c02a4e035c17e2329aca12e
         21d514b25466931c7d8f6a5aac84aa05 1ba30b396a0aac973d58e091");
    assert_eq!((wrapped, parameter.tag), (sealed, hex("5bc94fbc3221a5db94fae95ae7121a47")));
}

#[test]
fn a_key_is_wrapped_with_a_nonce_that_is_made_and_unwrapped_with_it() {
    let s = token().user();
    for (kind, nonce_len) in WRAPPING {
        let value = [kind as u8; 16];
        let (wrapping, secret) = (key(&s, CKK_AES, &value), key(&s, CKK_AES, &[5; 32]));
        for generator in [CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_RANDOM, CKG_GENERATE_COUNTER_XOR] {
            let mut nonces = Vec::new();
            for _ in 0..5 {
                let mut parameter = MessageParam::made(kind, &vec![0xff; nonce_len], generator, 16);
                let wrapped = ok(s.wrap_authenticated(&mut parameter, wrapping, secret, b"header"));
                assert_eq!(wrapped.len(), 32);
                assert_eq!(parameter.nonce[..2], [0xff; 2]);
                assert!(!nonces.contains(&parameter.nonce), "a nonce came twice");
                nonces.push(parameter.nonce.clone());
                let again = ok(s.unwrap_authenticated(&mut parameter, wrapping, &wrapped, &template(), b"header"));
                assert_eq!(ok(s.get(again, CKA_VALUE)), [5; 32]);
                for history in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
                    assert!(!ok(s.get_bool(again, history)));
                }
                let unwrap = |parameter: &MessageParam, wrapped: &[u8], aad: &[u8]| {
                    s.unwrap_authenticated(&mut parameter.clone(), wrapping, wrapped, &template(), aad)
                };
                refused(unwrap(&parameter, &wrapped, b"other"), CKR_WRAPPED_KEY_INVALID);
                refused(unwrap(&parameter, &wrapped[1..], b"header"), CKR_WRAPPED_KEY_INVALID);
                refused(unwrap(&parameter, b"", b"header"), CKR_WRAPPED_KEY_LEN_RANGE);
                parameter.tag[3] ^= 1;
                refused(unwrap(&parameter, &wrapped, b"header"), CKR_WRAPPED_KEY_INVALID);
            }
        }
        // One that was used comes no more, whoever asks for it.
        let mut parameter = MessageParam::given(kind, &vec![6; nonce_len], 16);
        ok(s.wrap_authenticated(&mut parameter, wrapping, secret, b""));
        refused(s.wrap_authenticated(&mut parameter, wrapping, secret, b""), CKR_MECHANISM_PARAM_INVALID);
        // Nor with the same key by another handle; with another key it does.
        let same = key(&s, CKK_AES, &value);
        refused(s.wrap_authenticated(&mut parameter, same, secret, b""), CKR_MECHANISM_PARAM_INVALID);
        ok(s.wrap_authenticated(&mut parameter, key(&s, CKK_AES, &[8; 16]), secret, b""));
        let mut full = MessageParam::made(kind, &vec![8; nonce_len], CKG_GENERATE, nonce_len as CK_ULONG * 8 - 1);
        ok(s.wrap_authenticated(&mut full, wrapping, secret, b""));
    }
}

#[test]
fn the_nonces_of_wrapping_come_to_an_end() {
    let s = token().user();
    let (wrapping, secret) = (aes(&s), key(&s, CKK_AES, &[5; 32]));
    let wrap = || {
        s.wrap_authenticated(&mut MessageParam::made(CKM_AES_GCM, &[8; 12], CKG_GENERATE, 95), wrapping, secret, b"")
    };
    ok(wrap());
    ok(wrap());
    refused(wrap(), CKR_FUNCTION_FAILED);
}

/// As with `C_WrapKey`: what may open a hidden key does so no more, and a process that had begun is over.
#[test]
fn a_key_that_has_wrapped_a_hidden_key_opens_no_messages() {
    let s = token().user();
    let hidden = ok(s.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_AES),
        bytes(CKA_VALUE, [5; 16]),
        yes(CKA_SENSITIVE),
        yes(CKA_EXTRACTABLE),
    ]));
    let wrapping = aes(&s);
    ok(s.message_decrypt_init(CKM_AES_GCM, wrapping));
    let mut parameter = gcm(&[1; 12]);
    let wrapped = ok(s.wrap_authenticated(&mut parameter, wrapping, hidden, b""));
    refused(s.decrypt_message(&mut parameter.clone(), b"", &wrapped), CKR_OPERATION_NOT_INITIALIZED);
    refused(s.message_decrypt_init(CKM_AES_GCM, wrapping), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(s.message_encrypt_init(CKM_AES_GCM, wrapping), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(s.message_sign_init(&mech(CKM_AES_CMAC), wrapping), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES), yes(CKA_EXTRACTABLE)];
    let again = ok(s.unwrap_authenticated(&mut parameter, wrapping, &wrapped, &template, b""));
    refused(s.get(again, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
}

#[test]
fn private_keys_are_wrapped_too() {
    let s = token().user();
    let curve = [bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"))];
    let (_, private) = ok(s.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &curve, &[yes(CKA_EXTRACTABLE)]));
    for (kind, nonce_len) in WRAPPING {
        let mut parameter = MessageParam::made(kind, &vec![0; nonce_len], CKG_GENERATE, 0);
        let wrapping = aes(&s);
        let wrapped = ok(s.wrap_authenticated(&mut parameter, wrapping, private, b"header"));
        let template = [class(CKO_PRIVATE_KEY), key_type(CKK_EC), yes(CKA_SIGN)];
        let again = ok(s.unwrap_authenticated(&mut parameter, wrapping, &wrapped, &template, b"header"));
        ok(s.sign(&mech(CKM_ECDSA_SHA256), again, b"data"));
    }
}

#[test]
fn what_may_not_be_wrapped_is_not() {
    let s = token().user();
    let (wrapping, secret) = (aes(&s), key(&s, CKK_AES, &[5; 32]));
    let wrap = |wrapping, secret| s.wrap_authenticated(&mut gcm(&[1; 12]), wrapping, secret, b"");
    refused(wrap(wrapping, 0), CKR_KEY_HANDLE_INVALID);
    refused(wrap(0, secret), CKR_WRAPPING_KEY_HANDLE_INVALID);
    refused(wrap(key(&s, CKK_CHACHA20, &[5; 32]), secret), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    let hidden = ok(s.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16), no(CKA_EXTRACTABLE)]));
    refused(wrap(wrapping, hidden), CKR_KEY_UNEXTRACTABLE);
    let idle = ok(s.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_AES),
        bytes(CKA_VALUE, [1; 16]),
        no(CKA_WRAP),
        no(CKA_UNWRAP),
    ]));
    refused(wrap(idle, secret), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let mut parameter = gcm(&[1; 12]);
    let wrapped = ok(s.wrap_authenticated(&mut parameter, wrapping, secret, b""));
    let unwrap =
        |key, template: &[Attribute]| s.unwrap_authenticated(&mut parameter.clone(), key, &wrapped, template, b"");
    refused(unwrap(idle, &template()), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(unwrap(0, &template()), CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    refused(unwrap(wrapping, &[]), CKR_TEMPLATE_INCOMPLETE);
    // The mechanisms that the standard has no wrapping for, and a parameter of another form.
    let chacha = key(&s, CKK_CHACHA20, &[5; 32]);
    let mut other = MessageParam::given(CKM_CHACHA20_POLY1305, &[1; 12], 16);
    refused(s.wrap_authenticated(&mut other, chacha, secret, b""), CKR_MECHANISM_INVALID);
    let function = f().C_WrapKeyAuthenticated.unwrap();
    for (mechanism, code) in [
        (mech_bytes(CKM_AES_CBC_PAD, &[0; 16]), CKR_MECHANISM_INVALID),
        (mech(CKM_AES_KEY_WRAP), CKR_MECHANISM_INVALID),
        (mech(CKM_AES_GCM), CKR_MECHANISM_PARAM_INVALID),
        (mech_bytes(CKM_AES_GCM, &[0; 56]), CKR_MECHANISM_PARAM_INVALID),
    ] {
        let mut length = 0;
        let (mut raw, none) = (mechanism.raw(), std::ptr::null_mut());
        // SAFETY: a mechanism and a place for the length.
        refused(result(unsafe { function(s.handle, &mut raw, wrapping, secret, none, 0, none, &mut length) }), code);
    }
}

/// `CK_GCM_WRAP_PARAMS` and `CK_CCM_WRAP_PARAMS` with the older functions: the tag stands behind the key.
#[test]
fn c_wrap_key_makes_nonces_too() {
    let s = token().user();
    let (wrapping, secret) = (aes(&s), key(&s, CKK_AES, &[5; 32]));
    let aad = b"header";
    for generator in [CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_COUNTER_XOR, CKG_GENERATE_RANDOM] {
        for round in 0..3 {
            let mut iv = [0xee; 12];
            let parameter = CK_GCM_WRAP_PARAMS {
                pIv: iv.as_mut_ptr(),
                ulIvLen: 12,
                ulIvFixedBits: 32,
                ivGenerator: generator,
                pAAD: aad.as_ptr().cast_mut(),
                ulAADLen: aad.len() as CK_ULONG,
                ulTagBits: 128,
            };
            let mechanism = mech_params(CKM_AES_GCM, &parameter);
            let wrapped = ok(s.wrap(&mechanism, wrapping, secret));
            assert_eq!(wrapped.len(), 48);
            if generator == CKG_GENERATE_COUNTER {
                assert_eq!(iv, [[0xee; 4], [0; 4], [0, 0, 0, round]].concat()[..]);
            }
            let again = ok(s.unwrap(&mechanism, wrapping, &wrapped, &template()));
            assert_eq!(ok(s.get(again, CKA_VALUE)), [5; 32]);
            // It is what CK_GCM_PARAMS give.
            let plain = CK_GCM_PARAMS {
                pIv: iv.as_mut_ptr(),
                ulIvLen: 12,
                ulIvBits: 96,
                pAAD: aad.as_ptr().cast_mut(),
                ulAADLen: aad.len() as CK_ULONG,
                ulTagBits: 128,
            };
            assert_eq!(ok(s.wrap(&mech_params(CKM_AES_GCM, &plain), wrapping, secret)), wrapped);
            assert_eq!(ok(s.encrypt(&mech_params(CKM_AES_GCM, &plain), wrapping, &[5; 32])), wrapped);

            let mut nonce = [0xee; 11];
            let parameter = CK_CCM_WRAP_PARAMS {
                // To be ignored.
                ulDataLen: 77,
                pNonce: nonce.as_mut_ptr(),
                ulNonceLen: 11,
                ulNonceFixedBits: 8,
                nonceGenerator: generator,
                pAAD: aad.as_ptr().cast_mut(),
                ulAADLen: aad.len() as CK_ULONG,
                ulMACLen: 12,
            };
            let mechanism = mech_params(CKM_AES_CCM, &parameter);
            let other = key(&s, CKK_AES, &[generator as u8; 16]);
            let wrapped = ok(s.wrap(&mechanism, other, secret));
            assert_eq!((wrapped.len(), nonce[0]), (44, 0xee));
            let again = ok(s.unwrap(&mechanism, other, &wrapped, &template()));
            assert_eq!(ok(s.get(again, CKA_VALUE)), [5; 32]);
        }
    }
    // These forms are for wrapping alone.
    let mut iv = [0; 12];
    let parameter = CK_GCM_WRAP_PARAMS { pIv: iv.as_mut_ptr(), ulIvLen: 12, ulTagBits: 128, ..Default::default() };
    refused(s.encrypt_init(&mech_params(CKM_AES_GCM, &parameter), wrapping), CKR_MECHANISM_PARAM_INVALID);
}
