//! What sessions remember of keys that are gone: neither the ones that do nothing, nor those in the middle of a call keep it.

use crate::common::*;
use crate::memory::{hide, search};
use crate::{AES, attribute, create};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

fn there() -> Vec<String> {
    search(&[("AES key".to_owned(), hide(&AES, false))])
}

fn alone(test: &str, body: impl FnOnce()) {
    in_child(test, &[], || {
        by_hand();
        configure(&ready(0));
        assert_eq!(initialise(), CKR_OK);
        body();
    });
}

fn key(session: &Session) -> CK_OBJECT_HANDLE {
    create(session, CKO_SECRET_KEY, CKK_AES, &[attribute(CKA_VALUE, &AES)])
}

#[test]
fn a_key_that_is_destroyed_is_remembered_by_no_session() {
    alone("sessions::a_key_that_is_destroyed_is_remembered_by_no_session", || {
        let token = Token { slot: 0 };
        let (owner, other) = (token.user(), token.session());
        let key = key(&owner);
        ok(other.encrypt(&mech(CKM_AES_ECB), key, &[0; 16]));
        assert_ne!(there(), [""; 0]);
        ok(owner.destroy(key));
        assert_eq!(there(), [""; 0]);
        drop(other);
    });
}

#[test]
fn a_session_remembered_a_key_whose_session_was_closed() {
    alone("sessions::a_session_remembered_a_key_whose_session_was_closed", || {
        let token = Token { slot: 0 };
        let (owner, other) = (token.user(), token.session());
        let key = key(&owner);
        ok(other.encrypt(&mech(CKM_AES_ECB), key, &[0; 16]));
        ok(owner.close());
        assert_eq!(there(), [""; 0]);
        drop(other);
    });
}

/// The call had the session when the logout came by, and its operation, with the key, stayed until the session's next call.
#[test]
fn a_call_during_a_logout_kept_its_key_when_it_was_over() {
    alone("sessions::a_call_during_a_logout_kept_its_key_when_it_was_over", || {
        let token = Token { slot: 0 };
        let (session, other) = (token.session(), token.session());
        let data = vec![0; 64 << 20];
        let met = (0..50).any(|_| {
            ok(session.login(CKU_USER, USER_PIN));
            let key = key(&session);
            let (began, ended) = (AtomicBool::new(false), AtomicBool::new(false));
            let met = thread::scope(|scope| {
                scope.spawn(|| {
                    ok(other.sign_init(&mech(CKM_AES_CMAC), key));
                    began.store(true, Ordering::SeqCst);
                    // Which of the two comes first is open; the key is gone in any case.
                    let _ = other.sign_update(&data);
                    ended.store(true, Ordering::SeqCst);
                    // What the call has left on this thread's stack is overwritten by what the thread does next.
                    black_box([0u8; 64 << 10]);
                });
                while !began.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(Duration::from_millis(5));
                ok(session.logout());
                !ended.load(Ordering::SeqCst)
            });
            assert_eq!(there(), [""; 0]);
            met
        });
        assert!(met, "no logout came during a call");
    });
}

/// The thread that makes a key pair holds its session, and with it the token and all its keys.
#[test]
fn a_pending_function_kept_all_keys_after_c_finalize() {
    alone("sessions::a_pending_function_kept_all_keys_after_c_finalize", || {
        let token = Token { slot: 0 };
        let session = ok(token.open(CKF_SERIAL_SESSION | CKF_RW_SESSION | CKF_ASYNC_SESSION));
        ok(session.login(CKU_USER, USER_PIN));
        let key = key(&session);
        ok(session.encrypt_init(&mech(CKM_AES_ECB), key));
        let pair = session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &[ulong(CKA_MODULUS_BITS, 8192)], &[]);
        refused(pair, CKR_PENDING);
        assert_ne!(there(), [""; 0]);
        // SAFETY: as the function wants it.
        assert_eq!(unsafe { f().C_Finalize.unwrap()(std::ptr::null_mut()) }, CKR_OK);
        assert_eq!(there(), [""; 0]);
    });
}
