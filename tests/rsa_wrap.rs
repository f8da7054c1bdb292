//! Wrapping with RSA keys, and wrapping RSA keys, through the C interface.

mod common;
mod rsa_keys;

use common::*;
use rsa_keys::*;

fn secret(session: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    let template = [
        class(CKO_SECRET_KEY),
        key_type(kind),
        bytes(CKA_VALUE, value),
        yes(CKA_EXTRACTABLE),
        yes(CKA_WRAP),
        yes(CKA_UNWRAP),
    ];
    ok(session.create(&template))
}

fn readable(kind: CK_KEY_TYPE) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(kind), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

fn with_length(kind: CK_KEY_TYPE, length: CK_ULONG) -> Vec<Attribute> {
    with(&readable(kind), ulong(CKA_VALUE_LEN, length))
}

#[test]
fn secret_keys_are_wrapped_and_unwrapped() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    for (kind, value) in [(CKK_AES, &[3; 16][..]), (CKK_AES, &[0, 5, 0].repeat(8)), (CKK_GENERIC_SECRET, &[1; 57])] {
        let key = secret(&session, kind, value);
        for mechanism in [mech(CKM_RSA_PKCS), oaep(CKM_SHA_1, CKG_MGF1_SHA256, b"label")] {
            let wrapped = ok(session.wrap(&mechanism, public, key));
            assert_eq!(wrapped.len(), 128);
            let unwrapped = ok(session.unwrap(&mechanism, private, &wrapped, &readable(kind)));
            assert_eq!(ok(session.get(unwrapped, CKA_VALUE)), value);
            // The plaintext is the value of the key.
            assert_eq!(ok(session.decrypt(&mechanism, private, &wrapped)), value);
        }
    }
}

/// "However many bytes are specified in the template for the length of the key are taken from the end."
#[test]
fn a_key_wrapped_by_the_bare_operation_is_at_the_end() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let mechanism = mech(CKM_RSA_X_509);
    let value: Vec<u8> = (0..24).collect();
    for kind in [CKK_AES, CKK_GENERIC_SECRET] {
        let key = secret(&session, kind, &value);
        let wrapped = ok(session.wrap(&mechanism, public, key));
        let unwrapped = ok(session.unwrap(&mechanism, private, &wrapped, &with_length(kind, 24)));
        assert_eq!(ok(session.get(unwrapped, CKA_VALUE)), value);
    }
    let wrapped = ok(session.wrap(&mechanism, public, secret(&session, CKK_GENERIC_SECRET, &value)));
    // Nothing but the template can say how long the key is (section 5.18.4).
    for kind in [CKK_GENERIC_SECRET, CKK_AES] {
        refused(session.unwrap(&mechanism, private, &wrapped, &readable(kind)), CKR_TEMPLATE_INCOMPLETE);
    }
    // What is cut off must be padding, or a key could be unwrapped short and guessed.
    refused(
        session.unwrap(&mechanism, private, &wrapped, &with_length(CKK_GENERIC_SECRET, 8)),
        CKR_WRAPPED_KEY_LEN_RANGE,
    );
    let too_long = with_length(CKK_GENERIC_SECRET, 129);
    refused(session.unwrap(&mechanism, private, &wrapped, &too_long), CKR_WRAPPED_KEY_LEN_RANGE);
}

#[test]
fn a_wrong_wrapped_key_is_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let template = readable(CKK_AES);
    let oaep = oaep(CKM_SHA256, CKG_MGF1_SHA256, &[]);
    for mechanism in [&mech(CKM_RSA_PKCS), &mech(CKM_RSA_X_509), &oaep] {
        for length in [0, 1, 127, 129] {
            let wrapped = vec![1; length];
            refused(session.unwrap(mechanism, private, &wrapped, &template), CKR_WRAPPED_KEY_LEN_RANGE);
        }
        refused(session.unwrap(mechanism, private, &[0xff; 128], &template), CKR_WRAPPED_KEY_INVALID);
    }
    refused(session.unwrap(&oaep, private, &[1; 128], &template), CKR_WRAPPED_KEY_INVALID);
    // A wrong padding is not told: what it decrypts to is the key, if an AES key can be of that length.
    let pkcs = mech(CKM_RSA_PKCS);
    for first in 0..4 {
        let wrapped = [&[first][..], &[1; 127]].concat();
        let plain = ok(session.decrypt(&pkcs, private, &wrapped));
        match session.unwrap(&pkcs, private, &wrapped, &template) {
            Ok(key) => assert_eq!(ok(session.get(key, CKA_VALUE)), plain),
            Err(code) => {
                assert_eq!(code, CKR_WRAPPED_KEY_LEN_RANGE);
                assert!(![16, 24, 32].contains(&plain.len()));
            }
        }
        let generic = session.unwrap(&pkcs, private, &wrapped, &readable(CKK_GENERIC_SECRET));
        if !plain.is_empty() {
            assert_eq!(ok(session.get(ok(generic), CKA_VALUE)), plain);
        }
    }
    // 15 bytes are no AES key.
    let wrapped = ok(session.encrypt(&oaep, public, &[1; 15]));
    refused(session.unwrap(&oaep, private, &wrapped, &template), CKR_WRAPPED_KEY_LEN_RANGE);
}

#[test]
fn a_key_too_long_for_the_modulus_is_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    for (mechanism, length) in [
        (mech(CKM_RSA_PKCS), 118),
        (mech(CKM_RSA_X_509), 129),
        (mech(CKM_RSA_X_509), 128),
        (oaep(CKM_SHA256, CKG_MGF1_SHA256, &[]), 63),
    ] {
        let key = secret(&session, CKK_GENERIC_SECRET, &vec![0xff; length]);
        refused(session.wrap(&mechanism, public, key), CKR_KEY_SIZE_RANGE);
        refused(session.wrap(&mechanism, public, private), CKR_KEY_NOT_WRAPPABLE);
    }
    let key = secret(&session, CKK_AES, &[1; 16]);
    refused(session.wrap(&mech(CKM_RSA_PKCS), private, key), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    refused(session.wrap(&mech(CKM_RSA_PKCS), key, key), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    let wrapped = ok(session.wrap(&mech(CKM_RSA_PKCS), public, key));
    let template = readable(CKK_AES);
    refused(session.unwrap(&mech(CKM_RSA_PKCS), public, &wrapped, &template), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    let too_large = oaep(CKM_SHA512, CKG_MGF1_SHA512, &[]);
    refused(session.wrap(&too_large, public, key), CKR_MECHANISM_PARAM_INVALID);
    refused(session.unwrap(&too_large, private, &wrapped, &template), CKR_MECHANISM_PARAM_INVALID);
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn rsa_keys_are_wrapped_as_pkcs8() {
    let token = token();
    let session = token.user();
    let (_, private) = RSA_1025.import(&session);
    let wrapping = secret(&session, CKK_AES, &[9; 32]);
    let mechanism = mech_bytes(CKM_AES_CBC_PAD, &[0; 16]);
    let wrapped = ok(session.wrap(&mechanism, wrapping, private));
    let template = [class(CKO_PRIVATE_KEY), key_type(CKK_RSA), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let unwrapped = ok(session.unwrap(&mechanism, wrapping, &wrapped, &template));
    for attribute in [CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PUBLIC_KEY_INFO].into_iter().chain(SECRET_NUMBERS) {
        assert_eq!(ok(session.get(unwrapped, attribute)), ok(session.get(private, attribute)), "{attribute:x}");
    }
    // It is what openssl takes for a private key.
    let folder = Folder::new();
    let encoding = ok(session.decrypt(&mechanism, wrapping, &wrapped));
    folder.put("key.der", &encoding);
    let said = folder.openssl(&["pkey", "-inform", "DER", "-in", "key.der", "-noout", "-check"]);
    assert_eq!(said.trim(), "Key is valid");
    // Each number of it counts: a bit that is changed makes it invalid, and so does a cut.
    let numbers = [RSA_1025.n, RSA_1025.d, RSA_1025.p, RSA_1025.q, RSA_1025.dp, RSA_1025.dq, RSA_1025.qinv];
    for number in numbers.map(hex) {
        let place = encoding.windows(number.len()).position(|window| window == number).unwrap() + number.len() / 2;
        let mut wrong = encoding.clone();
        wrong[place] ^= 1;
        let wrapped = ok(session.encrypt(&mechanism, wrapping, &wrong));
        refused(session.unwrap(&mechanism, wrapping, &wrapped, &template), CKR_WRAPPED_KEY_INVALID);
    }
    for wrong in [&encoding[..encoding.len() - 1], &encoding[1..], &[0; 600][..], &[0x30, 0]] {
        let wrapped = ok(session.encrypt(&mechanism, wrapping, wrong));
        refused(session.unwrap(&mechanism, wrapping, &wrapped, &template), CKR_WRAPPED_KEY_INVALID);
    }
    // Another type of key than the template says.
    let other = [class(CKO_PRIVATE_KEY), key_type(CKK_EC)];
    assert!(session.unwrap(&mechanism, wrapping, &wrapped, &other).is_err());
}
