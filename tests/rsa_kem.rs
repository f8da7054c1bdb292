//! C_EncapsulateKey and C_DecapsulateKey with RSA keys (section 6.1), through the C interface. Known answers are in `rsa_vectors`:
//! a decapsulation is a decryption into a key.

mod common;
mod rsa_keys;

use common::*;
use rsa_keys::*;

const OAEP_SHA256: fn() -> Mech = || oaep(CKM_SHA256, CKG_MGF1_SHA256, b"label");

fn open(kind: CK_KEY_TYPE, length: CK_ULONG) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(kind), ulong(CKA_VALUE_LEN, length), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

fn padded() -> [Mech; 2] {
    [mech(CKM_RSA_PKCS), OAEP_SHA256()]
}

#[test]
fn a_secret_is_made_and_encrypted_as_a_key_is_wrapped() {
    let session = token().user();
    let (public, private) = RSA_2048.import(&session);
    for mechanism in padded() {
        for (kind, length) in [(CKK_AES, 32), (CKK_GENERIC_SECRET, 1), (CKK_GENERIC_SECRET, 190), (CKK_CHACHA20, 32)] {
            let template = open(kind, length);
            let (ciphertext, key) = ok(session.encapsulate(&mechanism, public, &template));
            let value = ok(session.get(key, CKA_VALUE));
            assert_eq!((ciphertext.len(), value.len() as CK_ULONG), (256, length));
            assert_eq!(ok(session.decrypt(&mechanism, private, &ciphertext)), value, "the plaintext is the key");
            let again = ok(session.decapsulate(&mechanism, private, &ciphertext, &template));
            assert_eq!(ok(session.get(again, CKA_VALUE)), value);
            // "Exactly equivalent to C_UnwrapKey": which needs no length, for the padding tells it.
            let unwrapped = ok(session.unwrap(&mechanism, private, &ciphertext, &without(&template, CKA_VALUE_LEN)));
            assert_eq!(ok(session.get(unwrapped, CKA_VALUE)), value);
            for key in [key, again] {
                for attribute in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
                    assert!(!ok(session.get_bool(key, attribute)));
                }
            }
            let (other, second) = ok(session.encapsulate(&mechanism, public, &template));
            assert_ne!(other, ciphertext);
            assert!(length == 1 || ok(session.get(second, CKA_VALUE)) != value, "every time another key");
        }
    }
}

/// SP 800-56B, section 7.2.1: the secret is the number that is encrypted, as long as the modulus.
#[test]
fn the_bare_operation_is_rsasve() {
    let session = token().user();
    for numbers in [RSA_1024, RSA_1025, RSA_2048] {
        let (public, private) = numbers.import(&session);
        let mechanism = mech(CKM_RSA_X_509);
        let template = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        for _ in 0..20 {
            let (ciphertext, key) = ok(session.encapsulate(&mechanism, public, &template));
            let value = ok(session.get(key, CKA_VALUE));
            assert_eq!((ciphertext.len(), value.len()), (numbers.k(), numbers.k()));
            assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
            assert_eq!(ok(session.encrypt(&mechanism, public, &value)), ciphertext);
            let again = ok(session.decapsulate(&mechanism, private, &ciphertext, &template));
            assert_eq!(ok(session.get(again, CKA_VALUE)), value);
        }
        for wrong in [1, numbers.k() as CK_ULONG - 1, numbers.k() as CK_ULONG + 1] {
            let template = open(CKK_GENERIC_SECRET, wrong);
            refused(session.encapsulate(&mechanism, public, &template), CKR_TEMPLATE_INCONSISTENT);
            refused(session.decapsulate(&mechanism, private, &[1; 128], &template), CKR_TEMPLATE_INCONSISTENT);
        }
        refused(session.encapsulate(&mechanism, public, &open(CKK_AES, 32)), CKR_TEMPLATE_INCONSISTENT);
    }
}

/// 0, 1 and n - 1 are their own ciphertexts (or nearly): whoever sends them knows the secret.
#[test]
fn ciphertexts_that_hide_nothing_are_refused() {
    let session = token().user();
    let (_, private) = RSA_2048.import(&session);
    let mechanism = mech(CKM_RSA_X_509);
    let template = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let mut one = vec![0; 256];
    one[255] = 1;
    let modulus = hex(RSA_2048.n);
    let mut last = modulus.clone();
    last[255] -= 1;
    for wrong in [vec![0; 256], one, last, modulus, vec![0xff; 256]] {
        refused(session.decapsulate(&mechanism, private, &wrong, &template), CKR_WRAPPED_KEY_INVALID);
    }
    for wrong in [0, 1, 255, 257, 512] {
        refused(session.decapsulate(&mechanism, private, &vec![1; wrong], &template), CKR_WRAPPED_KEY_LEN_RANGE);
    }
}

#[test]
fn a_template_that_does_not_fit_is_refused_and_makes_nothing() {
    let session = token().user();
    let (public, private) = RSA_1024.import(&session);
    let before = session.find(&[]);
    for (mechanism, most) in [(mech(CKM_RSA_PKCS), 117), (OAEP_SHA256(), 62)] {
        let encapsulate = |template: &[Attribute]| session.encapsulate(&mechanism, public, template);
        // Nothing says how long the key is to be.
        refused(encapsulate(&[]), CKR_TEMPLATE_INCOMPLETE);
        refused(encapsulate(&without(&open(CKK_AES, 16), CKA_VALUE_LEN)), CKR_TEMPLATE_INCOMPLETE);
        for wrong in [0, most + 1, 1 << 20] {
            refused(encapsulate(&open(CKK_GENERIC_SECRET, wrong)), CKR_TEMPLATE_INCONSISTENT);
        }
        refused(encapsulate(&[class(CKO_PRIVATE_KEY), key_type(CKK_RSA)]), CKR_TEMPLATE_INCONSISTENT);
        let (ciphertext, key) = ok(encapsulate(&open(CKK_GENERIC_SECRET, most)));
        ok(session.destroy(key));
        let decapsulate = |template: &[Attribute]| session.decapsulate(&mechanism, private, &ciphertext, template);
        refused(decapsulate(&open(CKK_GENERIC_SECRET, most - 1)), CKR_WRAPPED_KEY_LEN_RANGE);
        refused(decapsulate(&[key_type(CKK_AES)]), CKR_WRAPPED_KEY_LEN_RANGE);
        refused(decapsulate(&[key_type(CKK_DES3)]), CKR_WRAPPED_KEY_LEN_RANGE);
    }
    assert_eq!(session.find(&[]), before);
}

#[test]
fn the_length_is_told_and_too_small_a_buffer_makes_nothing() {
    let session = token().user();
    let (public, _) = RSA_1024.import(&session);
    let before = session.find(&[]);
    let (mechanism, wanted) = (mech(CKM_RSA_PKCS), open(CKK_AES, 16));
    let template = Template::new(&wanted);
    let call = |buffer: *mut u8, length: &mut CK_ULONG| {
        let mut key = CK_INVALID_HANDLE;
        let raw = &mut mechanism.raw();
        let encapsulate = f().C_EncapsulateKey.unwrap();
        // SAFETY: a mechanism, a template, a buffer of its length and a place for the handle.
        result(unsafe {
            encapsulate(session.handle, raw, public, template.list(), template.count(), buffer, length, &mut key)
        })
    };
    let mut length = 0;
    ok(call(std::ptr::null_mut(), &mut length));
    assert_eq!(length, 128);
    let mut buffer = [0xa5; 128];
    length = 127;
    refused(call(buffer.as_mut_ptr(), &mut length), CKR_BUFFER_TOO_SMALL);
    assert_eq!((length, buffer), (128, [0xa5; 128]));
    assert_eq!(session.find(&[]), before);
}

#[test]
fn keys_permit_it_by_attributes_of_its_own() {
    let session = token().user();
    let (public, private) = RSA_1024.import(&session);
    assert!(ok(session.get_bool(public, CKA_ENCAPSULATE)) && ok(session.get_bool(private, CKA_DECAPSULATE)));
    let template = open(CKK_AES, 16);
    let (ciphertext, _) = ok(session.encapsulate(&mech(CKM_RSA_PKCS), public, &template));
    ok(session.set(public, &[no(CKA_ENCAPSULATE)]));
    ok(session.set(private, &[no(CKA_DECAPSULATE)]));
    for mechanism in [mech(CKM_RSA_PKCS), OAEP_SHA256(), mech(CKM_RSA_X_509)] {
        refused(session.encapsulate(&mechanism, public, &template), CKR_KEY_FUNCTION_NOT_PERMITTED);
        refused(session.decapsulate(&mechanism, private, &ciphertext, &template), CKR_KEY_FUNCTION_NOT_PERMITTED);
        refused(session.encapsulate(&mechanism, private, &template), CKR_KEY_TYPE_INCONSISTENT);
        refused(session.decapsulate(&mechanism, public, &ciphertext, &template), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    }
    refused(session.encapsulate(&mech(CKM_RSA_PKCS_PSS), public, &template), CKR_MECHANISM_PARAM_INVALID);
    refused(session.encapsulate(&mech(CKM_SHA256_RSA_PKCS), public, &template), CKR_MECHANISM_INVALID);
    refused(session.encapsulate(&mech_bytes(CKM_RSA_PKCS, b"x"), public, &template), CKR_MECHANISM_PARAM_INVALID);
    refused(session.encapsulate(&mech(CKM_RSA_PKCS_OAEP), public, &template), CKR_MECHANISM_PARAM_INVALID);
}

/// With RSA, to decapsulate is to unwrap: a restriction on the one must not be got round by the other.
#[test]
fn who_may_only_unwrap_under_a_template_cannot_decapsulate_without() {
    let session = token().user();
    let demanded = [yes(CKA_SENSITIVE)];
    for (attribute, other) in [(CKA_UNWRAP_TEMPLATE, CKA_DECAPSULATE), (CKA_DECAPSULATE_TEMPLATE, CKA_UNWRAP)] {
        let restricted = ok(session.create(&with(&RSA_1024.private(), template(attribute, &demanded))));
        assert!(!ok(session.get_bool(restricted, other)));
        assert!(!ok(session.get_bool(restricted, CKA_DECRYPT)));
    }
    let restricted = ok(session.create(&with(&RSA_1024.private(), template(CKA_DECAPSULATE_TEMPLATE, &demanded))));
    let public = ok(session.create(&RSA_1024.public()));
    for mechanism in padded() {
        let (ciphertext, _) = ok(session.encapsulate(&mechanism, public, &open(CKK_AES, 16)));
        refused(
            session.decapsulate(&mechanism, restricted, &ciphertext, &open(CKK_AES, 16)),
            CKR_TEMPLATE_INCONSISTENT,
        );
        let key = ok(session.decapsulate(&mechanism, restricted, &ciphertext, &[key_type(CKK_AES)]));
        refused(session.get(key, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    }
    // The public half's template is compared with the new key.
    let choosy = ok(session.create(&with(&RSA_1024.public(), template(CKA_ENCAPSULATE_TEMPLATE, &demanded))));
    refused(session.encapsulate(&mech(CKM_RSA_PKCS), choosy, &open(CKK_AES, 16)), CKR_KEY_HANDLE_INVALID);
    ok(session.encapsulate(
        &mech(CKM_RSA_PKCS),
        choosy,
        &[key_type(CKK_AES), ulong(CKA_VALUE_LEN, 16), yes(CKA_SENSITIVE)],
    ));
}

/// Once, DES keys came by encapsulation only if chance gave all of their bytes odd parity.
#[test]
fn des_keys_that_are_encapsulated_have_parity() {
    let session = token().user();
    let (public, private) = RSA_2048.import(&session);
    for mechanism in padded() {
        for (kind, length) in [(CKK_DES, 8), (CKK_DES2, 16), (CKK_DES3, 24)] {
            let template = [key_type(kind), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
            let (ciphertext, key) = ok(session.encapsulate(&mechanism, public, &template));
            let again = ok(session.decapsulate(&mechanism, private, &ciphertext, &template));
            let value = ok(session.get(key, CKA_VALUE));
            assert_eq!(value.len(), length);
            assert!(value.iter().all(|byte| byte.count_ones() % 2 == 1));
            assert_eq!(ok(session.get(again, CKA_VALUE)), value, "both sides have the same key");
        }
    }
}
