//! The keys of ChaCha20, Salsa20 and Poly1305.

use super::{chacha20, chacha20_poly1305, key, salsa20};
use crate::common::*;

const KINDS: [(CK_KEY_TYPE, CK_MECHANISM_TYPE); 3] =
    [(CKK_CHACHA20, CKM_CHACHA20_KEY_GEN), (CKK_SALSA20, CKM_SALSA20_KEY_GEN), (CKK_POLY1305, CKM_POLY1305_KEY_GEN)];

#[test]
fn keys_have_256_bits() {
    let s = token().user();
    for (kind, _) in KINDS {
        for length in [0, 16, 31, 33, 64] {
            let wrong = [class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, vec![1; length])];
            refused(s.create(&wrong), CKR_ATTRIBUTE_VALUE_INVALID);
        }
        let object = key(&s, kind, &[1; 32]);
        assert_eq!(ok(s.get_ulong(object, CKA_VALUE_LEN)), 32);
        assert_eq!(ok(s.get(object, CKA_CHECK_VALUE)), ok(s.digest(&mech(CKM_SHA_1), &[1; 32]))[..3]);
    }
}

#[test]
fn keys_are_generated_with_or_without_their_length() {
    let s = token().user();
    for (kind, generation) in KINDS {
        let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        let told = [&open[..], &[ulong(CKA_VALUE_LEN, 32)]].concat();
        let values = [&open[..], &told].map(|template| {
            let object = ok(s.generate(&mech(generation), template));
            assert_eq!(ok(s.get_ulong(object, CKA_KEY_TYPE)), kind);
            assert_eq!(ok(s.get_ulong(object, CKA_VALUE_LEN)), 32);
            assert_eq!(ok(s.get_ulong(object, CKA_KEY_GEN_MECHANISM)), generation);
            assert!(ok(s.get_bool(object, CKA_LOCAL)));
            ok(s.get(object, CKA_VALUE))
        });
        assert!(values[0].len() == 32 && values[0] != values[1]);
        for length in [0, 16, 31, 33, CK_ULONG::MAX] {
            refused(s.generate(&mech(generation), &[ulong(CKA_VALUE_LEN, length)]), CKR_ATTRIBUTE_VALUE_INVALID);
        }
        refused(s.generate(&mech_bytes(generation, b"x"), &[]), CKR_MECHANISM_PARAM_INVALID);
        refused(s.generate(&mech(generation), &[key_type(CKK_AES)]), CKR_TEMPLATE_INCONSISTENT);
    }
}

#[test]
fn sizes_are_told_in_the_standards_units() {
    let token = token();
    let crypts = CKF_ENCRYPT | CKF_DECRYPT;
    let messages = CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MULTI_MESSAGE;
    for (kind, size, flags) in [
        (CKM_CHACHA20_KEY_GEN, 32, CKF_GENERATE),
        (CKM_SALSA20_KEY_GEN, 32, CKF_GENERATE),
        (CKM_POLY1305_KEY_GEN, 32, CKF_GENERATE),
        (CKM_CHACHA20, 256, crypts | CKF_WRAP | CKF_UNWRAP),
        (CKM_SALSA20, 256, crypts | CKF_WRAP | CKF_UNWRAP),
        (CKM_CHACHA20_POLY1305, 256, crypts | messages),
        // Its keys are good for one message.
        (CKM_POLY1305, 256, CKF_SIGN | CKF_VERIFY),
    ] {
        let mut info = CK_MECHANISM_INFO::default();
        // SAFETY: a place for the structure.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (size, size, flags), "{kind:#x}");
    }
}

#[test]
fn keys_of_another_type_are_refused() {
    let s = token().user();
    let [chacha, salsa, poly] = [CKK_CHACHA20, CKK_SALSA20, CKK_POLY1305].map(|kind| key(&s, kind, &[1; 32]));
    let aes = key(&s, CKK_AES, &[1; 32]);
    for wrong in [salsa, poly, aes] {
        refused(s.encrypt_init(&chacha20(&[0; 4], &[0; 12]), wrong), CKR_KEY_TYPE_INCONSISTENT);
        refused(s.decrypt_init(&chacha20_poly1305(&[0; 12], b""), wrong), CKR_KEY_TYPE_INCONSISTENT);
    }
    for wrong in [chacha, poly, aes] {
        refused(s.encrypt_init(&salsa20(&[0; 8], &[0; 8]), wrong), CKR_KEY_TYPE_INCONSISTENT);
    }
    for wrong in [chacha, salsa, aes] {
        refused(s.sign_init(&mech(CKM_POLY1305), wrong), CKR_KEY_TYPE_INCONSISTENT);
    }
    ok(s.set(chacha, &[no(CKA_ENCRYPT)]));
    refused(s.encrypt_init(&chacha20(&[0; 4], &[0; 12]), chacha), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(s.decrypt_init(&chacha20(&[0; 4], &[0; 12]), chacha));
}

#[test]
fn keys_are_wrapped_and_unwrapped() {
    let s = token().user();
    let (aes, kw) = (key(&s, CKK_AES, &[1; 32]), mech(CKM_AES_KEY_WRAP_KWP));
    for (kind, _) in KINDS {
        let wrapped = ok(s.wrap(&kw, aes, key(&s, kind, &[2; 32])));
        let template = [class(CKO_SECRET_KEY), key_type(kind), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        assert_eq!(ok(s.get(ok(s.unwrap(&kw, aes, &wrapped, &template)), CKA_VALUE)), [2; 32]);
        let short = ok(s.wrap(&kw, aes, key(&s, CKK_AES, &[2; 16])));
        refused(s.unwrap(&kw, aes, &short, &template), CKR_WRAPPED_KEY_LEN_RANGE);
    }
}
