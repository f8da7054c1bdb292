//! Saving and restoring what a session is doing (sections 5.6.5 and 5.6.6).

mod common;
use common::*;

const DIGESTS: [CK_MECHANISM_TYPE; 12] = [
    CKM_MD5,
    CKM_SHA_1,
    CKM_SHA224,
    CKM_SHA256,
    CKM_SHA384,
    CKM_SHA512,
    CKM_SHA512_224,
    CKM_SHA512_256,
    CKM_SHA3_224,
    CKM_SHA3_256,
    CKM_SHA3_384,
    CKM_SHA3_512,
];

fn aes(session: &Session, value: u8) -> CK_OBJECT_HANDLE {
    let uses = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY].map(yes);
    let key = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [value; 16])];
    ok(session.create(&[&key[..], &uses].concat()))
}

fn hmac(session: &Session, value: u8) -> CK_OBJECT_HANDLE {
    let key = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, [value; 16])];
    ok(session.create(&[&key[..], &[yes(CKA_SIGN), yes(CKA_VERIFY)]].concat()))
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 11) as u8).collect()
}

#[test]
fn every_digest_goes_on_in_another_session_from_any_point() {
    let token = token();
    let (first, second) = (token.session(), token.session());
    let data = data(300);
    for kind in DIGESTS {
        let whole = ok(first.digest(&mech(kind), &data));
        for point in (0..data.len()).step_by(7).chain([63, 64, 65, 127, 128, 129, 136, 144]) {
            ok(first.digest_init(&mech(kind)));
            ok(first.digest_update(&data[..point]));
            let state = ok(first.save_state());
            ok(second.restore_state(&state, 0, 0));
            ok(second.digest_update(&data[point..]));
            assert_eq!(ok(second.digest_final()), whole, "{kind:#x} at {point}");
            // And where it was saved, it goes on as well.
            ok(first.digest_update(&data[point..]));
            assert_eq!(ok(first.digest_final()), whole);
        }
    }
}

#[test]
fn a_state_may_be_restored_again_and_again_also_over_others() {
    let session = token().session();
    ok(session.digest_init(&mech(CKM_SHA256)));
    ok(session.digest_update(b"ab"));
    let state = ok(session.save_state());
    ok(session.digest_update(b"something else"));
    ok(session.find_init(&[]));
    for _ in 0..3 {
        ok(session.restore_state(&state, 0, 0));
        refused(session.find_some(1), CKR_OPERATION_NOT_INITIALIZED);
        ok(session.digest_update(b"c"));
        assert_eq!(ok(session.digest_final())[..4], hex("ba7816bf"));
    }
}

#[test]
fn a_fresh_operation_is_still_fresh_and_one_with_parts_has_parts() {
    let session = token().session();
    ok(session.digest_init(&mech(CKM_SHA256)));
    let fresh = ok(session.save_state());
    ok(session.digest_update(b""));
    let begun = ok(session.save_state());
    ok(session.restore_state(&fresh, 0, 0));
    assert_eq!(ok(session.pass(f().C_Digest.unwrap(), b"abc"))[..4], hex("ba7816bf"));
    ok(session.restore_state(&begun, 0, 0));
    refused(session.pass(f().C_Digest.unwrap(), b"abc"), CKR_OPERATION_ACTIVE);
}

#[test]
fn ciphers_and_macs_go_on_with_their_keys() {
    let token = token();
    let (first, second) = (token.user(), token.session());
    let (cipher_key, mac_key) = (aes(&first, 1), hmac(&first, 2));
    let data = data(96);
    let counter = CK_AES_CTR_PARAMS { ulCounterBits: 64, cb: [0x0f; 16] };
    let ciphers = [
        mech(CKM_AES_ECB),
        mech_bytes(CKM_AES_CBC, &[5; 16]),
        mech_bytes(CKM_AES_CBC_PAD, &[5; 16]),
        mech_params(CKM_AES_CTR, &counter),
    ];
    for cipher in &ciphers {
        let encrypted = ok(first.encrypt(cipher, cipher_key, &data));
        for point in 0..data.len() {
            ok(first.encrypt_init(cipher, cipher_key));
            let mut got = ok(first.encrypt_update(&data[..point]));
            let state = ok(first.save_state());
            ok(first.cancel(CKF_ENCRYPT));
            ok(second.restore_state(&state, cipher_key, 0));
            got.extend(ok(second.encrypt_update(&data[point..])));
            got.extend(ok(second.encrypt_final()));
            assert_eq!(got, encrypted, "{:#x} at {point}", cipher.kind);

            ok(first.decrypt_init(cipher, cipher_key));
            let mut got = ok(first.decrypt_update(&encrypted[..point]));
            let state = ok(first.save_state());
            ok(first.cancel(CKF_DECRYPT));
            ok(second.restore_state(&state, cipher_key, 0));
            got.extend(ok(second.decrypt_update(&encrypted[point..])));
            got.extend(ok(second.decrypt_final()));
            assert_eq!(got, data, "{:#x} at {point}", cipher.kind);
        }
    }
    let mac = ok(first.sign(&mech(CKM_SHA256_HMAC), mac_key, &data));
    for point in 0..data.len() {
        ok(first.sign_init(&mech(CKM_SHA256_HMAC), mac_key));
        ok(first.sign_update(&data[..point]));
        ok(second.restore_state(&ok(first.save_state()), 0, mac_key));
        ok(first.cancel(CKF_SIGN));
        ok(second.sign_update(&data[point..]));
        assert_eq!(ok(second.sign_final()), mac);

        ok(first.verify_init(&mech(CKM_SHA256_HMAC), mac_key));
        ok(first.verify_update(&data[..point]));
        ok(second.restore_state(&ok(first.save_state()), 0, mac_key));
        ok(first.cancel(CKF_VERIFY));
        ok(second.verify_update(&data[point..]));
        ok(second.verify_final(&mac));
    }
}

#[test]
fn a_pair_is_saved_as_a_pair() {
    let token = token();
    let (first, second) = (token.user(), token.session());
    let (cipher_key, mac_key) = (aes(&first, 1), hmac(&first, 2));
    let cbc = mech_bytes(CKM_AES_CBC_PAD, &[5; 16]);
    let data = data(50);
    let encrypted = ok(first.encrypt(&cbc, cipher_key, &data));
    let mac = ok(first.sign(&mech(CKM_SHA256_HMAC), mac_key, &data));
    ok(first.encrypt_init(&cbc, cipher_key));
    ok(first.sign_init(&mech(CKM_SHA256_HMAC), mac_key));
    let mut got = ok(first.sign_encrypt_update(&data[..21]));
    let state = ok(first.save_state());
    refused(second.restore_state(&state, cipher_key, 0), CKR_KEY_NEEDED);
    refused(second.restore_state(&state, 0, mac_key), CKR_KEY_NEEDED);
    refused(second.restore_state(&state, mac_key, cipher_key), CKR_KEY_CHANGED);
    ok(second.restore_state(&state, cipher_key, mac_key));
    got.extend(ok(second.sign_encrypt_update(&data[21..])));
    got.extend(ok(second.encrypt_final()));
    assert_eq!(got, encrypted);
    assert_eq!(ok(second.sign_final()), mac);
}

#[test]
fn the_right_keys_are_asked_for_and_no_others() {
    let token = token();
    let session = token.user();
    let (right, wrong) = (aes(&session, 1), aes(&session, 2));
    let cbc = mech_bytes(CKM_AES_CBC, &[5; 16]);
    ok(session.encrypt_init(&cbc, right));
    ok(session.encrypt_update(&data(20)));
    let state = ok(session.save_state());
    refused(session.restore_state(&state, 0, 0), CKR_KEY_NEEDED);
    refused(session.restore_state(&state, 0, right), CKR_KEY_NEEDED);
    refused(session.restore_state(&state, wrong, 0), CKR_KEY_CHANGED);
    refused(session.restore_state(&state, 0x7fff_ffff, 0), CKR_KEY_CHANGED);
    refused(session.restore_state(&state, right, wrong), CKR_KEY_NOT_NEEDED);
    // The refusals left the operation that was there.
    ok(session.encrypt_update(&data(12)));
    ok(session.encrypt_final());

    ok(session.digest_init(&mech(CKM_SHA256)));
    let state = ok(session.save_state());
    refused(session.restore_state(&state, right, 0), CKR_KEY_NOT_NEEDED);
    refused(session.restore_state(&state, 0, right), CKR_KEY_NOT_NEEDED);
    ok(session.digest_final());
}

/// Once, the codes of C_EncryptInit came through, which C_SetOperationState may not give.
#[test]
fn a_key_of_the_same_value_but_another_type_or_permission_is_a_changed_key() {
    let token = token();
    let session = token.user();
    let right = aes(&session, 1);
    let idle = ok(session.copy(right, &[no(CKA_ENCRYPT)]));
    let (other, copy) = (hmac(&session, 1), ok(session.copy(right, &[])));
    ok(session.encrypt_init(&mech(CKM_AES_ECB), right));
    let state = ok(session.save_state());
    refused(session.restore_state(&state, idle, 0), CKR_KEY_CHANGED);
    refused(session.restore_state(&state, other, 0), CKR_KEY_CHANGED);
    ok(session.restore_state(&state, copy, 0));
}

/// Once, the code of C_GetOperationState came through.
#[test]
fn a_private_key_in_place_of_a_secret_one_is_a_changed_key() {
    let session = token().user();
    let curve = bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"));
    let (public, private) = ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[curve], &[]));
    ok(session.encrypt_init(&mech(CKM_AES_ECB), aes(&session, 1)));
    let state = ok(session.save_state());
    for other in [public, private] {
        refused(session.restore_state(&state, other, 0), CKR_KEY_CHANGED);
    }
}

#[test]
fn a_tampered_state_is_refused_and_changes_nothing() {
    let session = token().session();
    ok(session.digest_init(&mech(CKM_SHA256)));
    ok(session.digest_update(b"ab"));
    let state = ok(session.save_state());
    ok(session.digest_update(b"c"));
    for index in 0..state.len() {
        for bit in [1, 0x80] {
            let mut tampered = state.clone();
            tampered[index] ^= bit;
            refused(session.restore_state(&tampered, 0, 0), CKR_SAVED_STATE_INVALID);
        }
        refused(session.restore_state(&state[..index], 0, 0), CKR_SAVED_STATE_INVALID);
    }
    refused(session.restore_state(&[&state[..], &[0]].concat(), 0, 0), CKR_SAVED_STATE_INVALID);
    refused(session.restore_state(&[0; 1000], 0, 0), CKR_SAVED_STATE_INVALID);
    assert_eq!(ok(session.digest_final())[..4], hex("ba7816bf"));
}

#[test]
fn a_state_is_for_sessions_of_its_own_state_and_token() {
    let (one, other) = (token(), token());
    let session = one.session();
    ok(session.digest_init(&mech(CKM_SHA256)));
    let state = ok(session.save_state());
    refused(other.session().restore_state(&state, 0, 0), CKR_SAVED_STATE_INVALID);
    refused(one.read_only().restore_state(&state, 0, 0), CKR_SAVED_STATE_INVALID);
    ok(session.login(CKU_USER, USER_PIN));
    refused(session.restore_state(&state, 0, 0), CKR_SAVED_STATE_INVALID);
    ok(session.logout());
    ok(session.restore_state(&state, 0, 0));
}

#[test]
fn there_must_be_something_that_can_be_saved() {
    let session = token().user();
    refused(session.save_state(), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.find_init(&[]));
    refused(session.save_state(), CKR_OPERATION_NOT_INITIALIZED);
    let (public, private) = ok(session.generate_pair(
        &mech(CKM_RSA_PKCS_KEY_PAIR_GEN),
        &[ulong(CKA_MODULUS_BITS, 1024), yes(CKA_VERIFY)],
        &[yes(CKA_SIGN)],
    ));
    ok(session.sign_init(&mech(CKM_SHA256_RSA_PKCS), private));
    ok(session.sign_update(b"abc"));
    refused(session.save_state(), CKR_STATE_UNSAVEABLE);
    let signature = ok(session.sign_final());
    ok(session.verify(&mech(CKM_SHA256_RSA_PKCS), public, b"abc", &signature));
}

/// Section 5.6.6 counts what can be saved: nothing with recovery, and no process of many messages.
#[test]
fn what_is_none_of_the_operations_that_can_be_saved_counts_as_none() {
    let session = token().user();
    let (public, private) =
        ok(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &[ulong(CKA_MODULUS_BITS, 1024)], &[]));
    ok(session.sign_recover_init(&mech(CKM_RSA_PKCS), private));
    refused(session.save_state(), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.cancel(CKF_SIGN_RECOVER));
    ok(session.message_verify_init(&mech(CKM_SHA256_RSA_PKCS), public));
    refused(session.save_state(), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.message_verify_final());
}

#[test]
fn a_saved_state_shows_nothing_of_what_went_in() {
    let session = token().session();
    let secret = b"a secret of thirty-two bytes or so";
    let mut states = Vec::new();
    for _ in 0..2 {
        ok(session.digest_init(&mech(CKM_SHA512)));
        ok(session.digest_update(secret));
        states.push(ok(session.save_state()));
        ok(session.digest_final());
    }
    assert!(states.iter().all(|state| !state.windows(4).any(|window| secret.windows(4).any(|part| part == window))));
    assert_ne!(states[0], states[1], "two states of the same look different");
}
