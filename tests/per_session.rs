//! What each session has for itself: the key that it used last, which must be no other than the token's, and its random
//! numbers.

mod common;
use common::*;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const ECB: CK_MECHANISM_TYPE = CKM_AES_ECB;

fn key(session: &Session, private: bool) -> CK_OBJECT_HANDLE {
    let use_private = if private { yes(CKA_PRIVATE) } else { no(CKA_PRIVATE) };
    let what =
        [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16]), yes(CKA_ENCRYPT), yes(CKA_DECRYPT)];
    ok(session.create(&[&what[..], &[use_private]].concat()))
}

fn encrypt(session: &Session, key: CK_OBJECT_HANDLE) -> Result<Vec<u8>, CK_RV> {
    session.encrypt(&mech(ECB), key, &[7; 16])
}

#[test]
fn a_key_that_another_session_destroys_is_gone() {
    let token = token();
    let (one, other) = (token.user(), token.user());
    let key = key(&one, true);
    assert_eq!(ok(encrypt(&one, key)), ok(encrypt(&other, key)));
    ok(one.destroy(key));
    refused(encrypt(&other, key), CKR_KEY_HANDLE_INVALID);
    refused(encrypt(&one, key), CKR_KEY_HANDLE_INVALID);
}

#[test]
fn a_private_key_is_gone_after_a_logout_and_stays_dead_after_the_next_login() {
    let token = token();
    let (one, other) = (token.user(), token.user());
    let (private, public) = (key(&one, true), key(&one, false));
    for session in [&one, &other] {
        ok(encrypt(session, private));
    }
    ok(one.logout());
    refused(encrypt(&other, private), CKR_KEY_HANDLE_INVALID);
    ok(encrypt(&other, public));
    ok(one.login(CKU_USER, USER_PIN));
    refused(encrypt(&other, private), CKR_KEY_HANDLE_INVALID);
    ok(encrypt(&other, public));
}

#[test]
fn what_another_session_takes_from_a_key_is_missed() {
    let token = token();
    let (one, other) = (token.user(), token.user());
    let key = key(&one, true);
    ok(encrypt(&other, key));
    ok(one.set(key, &[no(CKA_ENCRYPT)]));
    refused(encrypt(&other, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(one.set(key, &[yes(CKA_ENCRYPT)]));
    ok(encrypt(&other, key));
}

#[test]
fn the_keys_of_a_session_end_with_it_for_others_too() {
    let token = token();
    let (one, other) = (token.user(), token.user());
    let (key, own) = (key(&one, true), key(&other, true));
    ok(encrypt(&other, key));
    ok(one.close());
    refused(encrypt(&other, key), CKR_KEY_HANDLE_INVALID);
    ok(encrypt(&other, own));
}

#[test]
fn no_use_that_begins_after_a_key_was_destroyed_succeeds() {
    let token = token();
    let maker = token.user();
    for _ in 0..200 {
        let (key, gone) = (key(&maker, true), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let session = token.user();
                    loop {
                        let before = gone.load(Ordering::Acquire);
                        let result = encrypt(&session, key);
                        assert!(!(before && result.is_ok()));
                        if before {
                            break;
                        }
                    }
                });
            }
            thread::yield_now();
            ok(maker.destroy(key));
            gone.store(true, Ordering::Release);
        });
    }
}

/// Requests of any length, across the limits of one request of the generator's and of one seed.
#[test]
fn random_numbers_do_not_repeat() {
    let token = token();
    let sessions = [token.session(), token.session()];
    let mut seen = HashSet::new();
    for session in &sessions {
        for length in [200_000, 65_536, 65_537, 16] {
            let bytes = ok(session.random(length));
            assert!(bytes.chunks_exact(16).all(|part| seen.insert(part.to_vec())));
        }
        for round in 0..3000 {
            assert!(seen.insert(ok(session.random(16))));
            if round % 500 == 0 {
                ok(session.seed(&[7; 100]));
            }
        }
    }
    assert!(ok(sessions[0].random(0)).is_empty());
    // Every length up to some blocks is filled to its last byte: no byte is zero twenty times in a row.
    for length in 1..100 {
        let mut sum = vec![0; length];
        (0..20).for_each(|_| sum.iter_mut().zip(ok(sessions[0].random(length))).for_each(|(all, byte)| *all |= byte));
        assert!(sum.iter().all(|byte| *byte != 0), "{length}");
    }
}
