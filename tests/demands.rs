//! Demands that run through the whole library and have no file of their own. docs/conformance.md names them beside the others.

mod common;

use common::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn mechanism_list(token: &Token) -> Vec<CK_MECHANISM_TYPE> {
    let list = f().C_GetMechanismList.unwrap();
    let mut count = 0;
    // SAFETY: the number is asked for, and then as many places given.
    unsafe {
        ok(result(list(token.slot, std::ptr::null_mut(), &mut count)));
        let mut kinds = vec![0; count as usize];
        ok(result(list(token.slot, kinds.as_mut_ptr(), &mut count)));
        kinds
    }
}

fn flags(token: &Token, kind: CK_MECHANISM_TYPE) -> CK_FLAGS {
    let mut info = CK_MECHANISM_INFO::default();
    // SAFETY: a place for the structure.
    ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
    info.flags
}

/// Begins something with some key, or makes nothing: only whether the mechanism is one for it matters.
type Beginning = fn(&Session, &Mech, CK_OBJECT_HANDLE) -> Result<(), CK_RV>;

const ALL: CK_FLAGS = CKF_ENCRYPT | CKF_DECRYPT | CKF_DIGEST | CKF_SIGN | CKF_VERIFY;

const BEGINNINGS: &[(CK_FLAGS, Beginning)] = &[
    (CKF_ENCRYPT, |session, mechanism, key| session.encrypt_init(mechanism, key)),
    (CKF_DECRYPT, |session, mechanism, key| session.decrypt_init(mechanism, key)),
    (CKF_DIGEST, |session, mechanism, _| session.digest_init(mechanism)),
    (CKF_SIGN, |session, mechanism, key| session.sign_init(mechanism, key)),
    (CKF_SIGN_RECOVER, |session, mechanism, key| session.sign_recover_init(mechanism, key)),
    (CKF_VERIFY, |session, mechanism, key| session.verify_init(mechanism, key)),
    (CKF_VERIFY_RECOVER, |session, mechanism, key| session.verify_recover_init(mechanism, key)),
    (CKF_GENERATE, |session, mechanism, _| session.generate(mechanism, &[class(CKO_HW_FEATURE)]).map(drop)),
    (CKF_GENERATE_KEY_PAIR, |session, mechanism, _| {
        session.generate_pair(mechanism, &[class(CKO_HW_FEATURE)], &[]).map(drop)
    }),
    (CKF_WRAP, |session, mechanism, key| session.wrap(mechanism, key, key).map(drop)),
    (CKF_UNWRAP, |session, mechanism, key| session.unwrap(mechanism, key, b"blob", &[]).map(drop)),
    (CKF_DERIVE, |session, mechanism, key| session.derive(mechanism, key, &[]).map(drop)),
    (CKF_ENCAPSULATE, |session, mechanism, key| session.encapsulate(mechanism, key, &[]).map(drop)),
    (CKF_DECAPSULATE, |session, mechanism, key| session.decapsulate(mechanism, key, b"text", &[]).map(drop)),
];

#[test]
fn what_a_mechanism_promises_it_begins_and_nothing_else() {
    let token = token();
    let session = token.user();
    let uses = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE, CKA_EXTRACTABLE];
    let key = [&[ulong(CKA_VALUE_LEN, 16)], &uses.map(yes)[..]].concat();
    let key = ok(session.generate(&mech(CKM_AES_KEY_GEN), &key));
    let (mut kept, mut refused) = (0, 0);
    for kind in mechanism_list(&token) {
        let flags = flags(&token, kind);
        for (flag, begin) in BEGINNINGS {
            let code = begin(&session, &mech(kind), key).err();
            ok(session.cancel(ALL));
            let known = code != Some(CKR_MECHANISM_INVALID);
            if flags & flag != 0 {
                assert!(known, "{kind:#x} promises {flag:#x}");
                kept += 1;
            } else {
                // A parameter that is missing may be missed before.
                let missed = code == Some(CKR_MECHANISM_PARAM_INVALID);
                assert!(!known || missed, "{kind:#x} does {flag:#x} ({code:?}), but does not say so");
                refused += usize::from(!missed);
            }
        }
    }
    assert!(kept > 500 && refused > 1500, "{kept} promises, {refused} refusals");
}

#[test]
fn what_was_parallel_once_is_so_no_more_for_any_session() {
    let token = token();
    let session = token.session();
    for handle in [session.handle, 0, 0xdead] {
        for function in ["C_GetFunctionStatus", "C_CancelFunction"] {
            let index = FUNCTIONS.iter().position(|name| *name == function).unwrap();
            // SAFETY: the functions take a handle.
            assert_eq!(
                unsafe { call(index, &[handle as usize]) },
                CKR_FUNCTION_NOT_PARALLEL,
                "{function}({handle:#x})"
            );
        }
    }
}

/// Sessions come and go, each in the middle of something.
#[test]
#[cfg(target_os = "linux")]
fn sessions_leave_nothing_behind() {
    in_child("sessions_leave_nothing_behind", &[], || {
        let resident = || {
            let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
            pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
        };
        let token = token();
        let keeper = token.user();
        let live = || {
            let session = token.session();
            ok(session.create(&[class(CKO_DATA), bytes(CKA_VALUE, [1; 1000])]));
            ok(session.digest_init(&mech(CKM_SHA256)));
            ok(session.find_init(&[]));
            ok(session.close());
        };
        (0..2_000).for_each(|_| live());
        let before = resident();
        (0..10_000).for_each(|_| live());
        let after = resident();
        assert!(after < before + (1 << 20), "from {before} to {after} bytes");
        drop(keeper);
    });
}

/// The process ends by `exit` while other threads are inside calls.
#[test]
#[cfg(unix)]
fn a_process_may_exit_while_others_are_inside_calls() {
    const NAME: &str = "a_process_may_exit_while_others_are_inside_calls";
    const FINE: i32 = 42;
    if is_child(NAME) {
        limit(60);
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let token = token();
        for index in 0..4 {
            let session = token.user();
            std::thread::spawn(move || {
                loop {
                    match index {
                        0 => drop(ok(session.digest(&mech(CKM_SHA256), &[0; 100_000]))),
                        1 => drop(ok(session.random(100_000))),
                        2 => drop(session.find(&[])),
                        _ => {
                            let template = [bytes(CKA_EC_PARAMS, [6, 8, 42, 134, 72, 206, 61, 3, 1, 7])];
                            ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &template, &[]));
                        }
                    }
                    CALLS.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while CALLS.load(Ordering::Relaxed) < 100 {
            std::thread::sleep(Duration::from_millis(1));
        }
        // SAFETY: ends the process as `main` would, with all that is to be done at exit.
        unsafe { libc::exit(FINE) }
    }
    for _ in 0..10 {
        let output = child_process(NAME, &[]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(FINE), "{stderr}");
    }
}
