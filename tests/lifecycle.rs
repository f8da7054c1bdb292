//! `C_Initialize` and `C_Finalize` (section 5.4), to the letter. Each test has a process of its own.

mod common;
use common::*;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What may be called at any time (section 5.4.4).
const ALWAYS: [&str; 4] = ["C_Initialize", "C_GetFunctionList", "C_GetInterfaceList", "C_GetInterface"];

fn arguments(flags: CK_FLAGS) -> CK_C_INITIALIZE_ARGS {
    CK_C_INITIALIZE_ARGS {
        CreateMutex: None,
        DestroyMutex: None,
        LockMutex: None,
        UnlockMutex: None,
        flags,
        pReserved: ptr::null_mut(),
    }
}

fn initialise_with(mut args: CK_C_INITIALIZE_ARGS) -> CK_RV {
    // SAFETY: the structure that the function wants.
    unsafe { loaded().C_Initialize.unwrap()(ptr::from_mut(&mut args).cast()) }
}

fn finalise() -> CK_RV {
    // SAFETY: NULL is what the function wants.
    unsafe { loaded().C_Finalize.unwrap()(ptr::null_mut()) }
}

/// A process in which this test alone initialises, with one token that is ready.
fn alone(test: &str, body: impl FnOnce(&Token)) {
    in_child(test, &[], || {
        by_hand();
        configure(&ready(1));
        body(&Token { slot: 1 });
    });
}

fn digest_works(token: &Token) {
    let session = token.session();
    let digest = hex("ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad");
    assert_eq!(ok(session.digest(&mech(CKM_SHA256), b"abc")), digest);
}

/// The three function lists, and how many functions each has.
fn lists() -> [(*const CK_FUNCTION_LIST, usize); 3] {
    let count = |size: usize| size / size_of::<usize>() - 1;
    let find = |minor| {
        let (mut version, mut interface) = (CK_VERSION { major: 3, minor }, ptr::null_mut());
        // SAFETY: a version, and a place for the interface.
        let code = unsafe { loaded().C_GetInterface.unwrap()(ptr::null_mut(), &mut version, &mut interface, 0) };
        assert_eq!(code, CKR_OK);
        // SAFETY: the library gave it.
        unsafe { (*interface).pFunctionList.cast_const().cast() }
    };
    let mut old = ptr::null_mut();
    // SAFETY: a place for the list.
    assert_eq!(unsafe { loaded().C_GetFunctionList.unwrap()(&mut old) }, CKR_OK);
    [
        (old.cast_const(), count(size_of::<CK_FUNCTION_LIST>())),
        (find(0), count(size_of::<CK_FUNCTION_LIST_3_0>())),
        (find(2), count(size_of::<CK_FUNCTION_LIST_3_2>())),
    ]
}

#[track_caller]
fn nothing_is_initialised() {
    for (list, count) in lists() {
        for (index, name) in FUNCTIONS.iter().take(count).enumerate().filter(|(_, name)| !ALWAYS.contains(name)) {
            // SAFETY: zeros for all arguments: numbers, NULL pointers, the handle that is none.
            let code = unsafe { call_in(list, index, &[]) };
            assert_eq!(codes::name(code), "CKR_CRYPTOKI_NOT_INITIALIZED", "{name}");
        }
    }
}

#[test]
fn every_function_of_every_list_wants_an_initialised_library() {
    alone("every_function_of_every_list_wants_an_initialised_library", |token| {
        nothing_is_initialised();
        assert_eq!(initialise(), CKR_OK);
        digest_works(token);
        assert_eq!(finalise(), CKR_OK);
        nothing_is_initialised();
        assert_eq!(initialise(), CKR_OK);
        digest_works(token);
    });
}

#[test]
fn without_arguments_it_initialises() {
    alone("without_arguments_it_initialises", |token| {
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { loaded().C_Initialize.unwrap()(ptr::null_mut()) }, CKR_OK);
        digest_works(token);
    });
}

#[test]
fn a_second_initialise_and_a_second_finalise_are_refused() {
    alone("a_second_initialise_and_a_second_finalise_are_refused", |token| {
        assert_eq!(initialise(), CKR_OK);
        assert_eq!(initialise(), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        digest_works(token);
        assert_eq!(finalise(), CKR_OK);
        assert_eq!(finalise(), CKR_CRYPTOKI_NOT_INITIALIZED);
    });
}

#[test]
fn of_many_threads_one_initialises_and_one_finalises() {
    alone("of_many_threads_one_initialises_and_one_finalises", |token| {
        let all = |act: fn() -> CK_RV| {
            let threads = [(); 8].map(|()| thread::spawn(act));
            threads.map(|thread| thread.join().unwrap())
        };
        for _ in 0..20 {
            let codes = all(initialise);
            assert_eq!(codes.iter().filter(|code| **code == CKR_OK).count(), 1);
            assert_eq!(codes.iter().filter(|code| **code == CKR_CRYPTOKI_ALREADY_INITIALIZED).count(), 7);
            digest_works(token);
            let codes = all(finalise);
            assert_eq!(codes.iter().filter(|code| **code == CKR_OK).count(), 1);
            assert_eq!(codes.iter().filter(|code| **code == CKR_CRYPTOKI_NOT_INITIALIZED).count(), 7);
        }
    });
}

#[test]
fn what_is_reserved_must_be_null() {
    alone("what_is_reserved_must_be_null", |token| {
        let mut something = 0u8;
        let reserved = ptr::from_mut(&mut something).cast();
        let args = CK_C_INITIALIZE_ARGS { pReserved: reserved, ..arguments(CKF_OS_LOCKING_OK) };
        assert_eq!(initialise_with(args), CKR_ARGUMENTS_BAD);
        nothing_is_initialised();
        assert_eq!(initialise(), CKR_OK);
        // SAFETY: the pointer is not used.
        assert_eq!(unsafe { loaded().C_Finalize.unwrap()(reserved) }, CKR_ARGUMENTS_BAD);
        digest_works(token);
    });
}

// Locking

/// Mutexes as an application brings them, which count what is done to them.
mod mutexes {
    use super::*;
    use std::sync::{Condvar, Mutex};

    #[derive(Default)]
    struct Lock {
        held: Mutex<bool>,
        freed: Condvar,
    }

    pub static CREATED: AtomicUsize = AtomicUsize::new(0);
    pub static DESTROYED: AtomicUsize = AtomicUsize::new(0);
    pub static LOCKED: AtomicUsize = AtomicUsize::new(0);
    pub static UNLOCKED: AtomicUsize = AtomicUsize::new(0);
    pub static REFUSING: AtomicUsize = AtomicUsize::new(CKR_OK as usize);

    unsafe extern "C" fn create(place: *mut *mut c_void) -> CK_RV {
        let refusal = REFUSING.load(Ordering::SeqCst) as CK_RV;
        if refusal == CKR_OK {
            CREATED.fetch_add(1, Ordering::SeqCst);
            // SAFETY: the library gives a place.
            unsafe { *place = Box::into_raw(Box::<Lock>::default()).cast() };
        }
        refusal
    }

    unsafe extern "C" fn destroy(lock: *mut c_void) -> CK_RV {
        DESTROYED.fetch_add(1, Ordering::SeqCst);
        // SAFETY: it came from `create`.
        let lock = unsafe { Box::from_raw(lock.cast::<Lock>()) };
        assert!(!*lock.held.lock().unwrap(), "a locked mutex is destroyed");
        CKR_OK
    }

    unsafe extern "C" fn lock(lock: *mut c_void) -> CK_RV {
        // SAFETY: it came from `create`.
        let lock = unsafe { &*lock.cast::<Lock>() };
        let held = lock.held.lock().unwrap();
        *lock.freed.wait_while(held, |held| *held).unwrap() = true;
        LOCKED.fetch_add(1, Ordering::SeqCst);
        CKR_OK
    }

    unsafe extern "C" fn unlock(lock: *mut c_void) -> CK_RV {
        // SAFETY: it came from `create`.
        let lock = unsafe { &*lock.cast::<Lock>() };
        let mut held = lock.held.lock().unwrap();
        if !*held {
            return CKR_MUTEX_NOT_LOCKED;
        }
        *held = false;
        lock.freed.notify_one();
        UNLOCKED.fetch_add(1, Ordering::SeqCst);
        CKR_OK
    }

    pub fn arguments(flags: CK_FLAGS) -> CK_C_INITIALIZE_ARGS {
        CK_C_INITIALIZE_ARGS {
            CreateMutex: Some(create),
            DestroyMutex: Some(destroy),
            LockMutex: Some(lock),
            UnlockMutex: Some(unlock),
            ..super::arguments(flags)
        }
    }

    pub fn count(counter: &AtomicUsize) -> usize {
        counter.load(Ordering::SeqCst)
    }
}

#[test]
fn all_four_ways_of_locking_work() {
    alone("all_four_ways_of_locking_work", |token| {
        let ways = [
            (arguments(0), 1),
            (arguments(CKF_OS_LOCKING_OK), 8),
            (mutexes::arguments(0), 8),
            (mutexes::arguments(CKF_OS_LOCKING_OK), 8),
        ];
        for (way, threads) in ways {
            assert_eq!(initialise_with(way), CKR_OK);
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| (0..50).for_each(|_| digest_works(token)));
                }
            });
            assert_eq!(finalise(), CKR_OK);
        }
    });
}

#[test]
fn callbacks_come_all_or_none() {
    alone("callbacks_come_all_or_none", |_| {
        for flags in [0, CKF_OS_LOCKING_OK] {
            for given in 1..15 {
                let all = mutexes::arguments(flags);
                let has = |bit| given & 1 << bit != 0;
                let some = CK_C_INITIALIZE_ARGS {
                    CreateMutex: all.CreateMutex.filter(|_| has(0)),
                    DestroyMutex: all.DestroyMutex.filter(|_| has(1)),
                    LockMutex: all.LockMutex.filter(|_| has(2)),
                    UnlockMutex: all.UnlockMutex.filter(|_| has(3)),
                    ..all
                };
                assert_eq!(codes::name(initialise_with(some)), "CKR_ARGUMENTS_BAD", "{given:04b}");
            }
        }
        nothing_is_initialised();
        assert_eq!(mutexes::count(&mutexes::CREATED), 0);
    });
}

#[test]
fn the_callers_mutexes_are_used_where_no_others_may_be() {
    alone("the_callers_mutexes_are_used_where_no_others_may_be", |token| {
        use mutexes::*;
        assert_eq!(initialise_with(mutexes::arguments(0)), CKR_OK);
        assert!(count(&CREATED) > 0);
        let session = token.session();
        let before = count(&LOCKED);
        ok(session.digest(&mech(CKM_SHA256), b"abc"));
        assert!(count(&LOCKED) > before);
        // Calls that fail, in whatever way, leave no mutex locked.
        refused(session.login(CKU_USER, "wrong"), CKR_PIN_INCORRECT);
        refused(session.digest_update(b"abc"), CKR_OPERATION_NOT_INITIALIZED);
        for (index, name) in FUNCTIONS.iter().enumerate() {
            if !ALWAYS.contains(name) && *name != "C_Finalize" {
                // SAFETY: zeros: NULL pointers and the handle that is none. (No event is waited for: the place is NULL.)
                unsafe { call(index, &[]) };
            }
        }
        assert_eq!(count(&LOCKED), count(&UNLOCKED));
        ok(session.close());
        assert_eq!(finalise(), CKR_OK);
        assert_eq!(count(&LOCKED), count(&UNLOCKED));
        assert_eq!(count(&CREATED), count(&DESTROYED));
    });
}

#[test]
fn a_mutex_that_cannot_be_made_is_reported() {
    alone("a_mutex_that_cannot_be_made_is_reported", |_| {
        for (refusal, reported) in [(CKR_HOST_MEMORY, CKR_HOST_MEMORY), (CKR_GENERAL_ERROR, CKR_CANT_LOCK)] {
            mutexes::REFUSING.store(refusal as usize, Ordering::SeqCst);
            assert_eq!(codes::name(initialise_with(mutexes::arguments(0))), codes::name(reported));
            nothing_is_initialised();
        }
    });
}

#[test]
fn waiting_for_an_event_holds_no_mutex_of_the_callers() {
    alone("waiting_for_an_event_holds_no_mutex_of_the_callers", |token| {
        assert_eq!(initialise_with(mutexes::arguments(0)), CKR_OK);
        thread::scope(|scope| {
            let waiter = scope.spawn(wait_for_event);
            thread::sleep(Duration::from_millis(100));
            digest_works(token);
            assert_eq!(finalise(), CKR_OK);
            assert_eq!(waiter.join().unwrap(), CKR_CRYPTOKI_NOT_INITIALIZED);
        });
        assert_eq!(mutexes::count(&mutexes::CREATED), mutexes::count(&mutexes::DESTROYED));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn it_creates_no_threads() {
    alone("it_creates_no_threads", |token| {
        let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
        let before = threads();
        assert_eq!(initialise_with(arguments(CKF_LIBRARY_CANT_CREATE_OS_THREADS | CKF_OS_LOCKING_OK)), CKR_OK);
        digest_works(token);
        assert_eq!(threads(), before);
        assert_eq!(finalise(), CKR_OK);
    });
}

// Finalising while others are at work

fn wait_for_event() -> CK_RV {
    let mut slot = 0;
    // SAFETY: a place for the slot.
    unsafe { loaded().C_WaitForSlotEvent.unwrap()(0, &mut slot, ptr::null_mut()) }
}

/// Once, handles began anew: a thread that had one of before met somebody else's session, or object.
#[test]
fn handles_of_before_finalise_are_nobodys_after_it() {
    alone("handles_of_before_finalise_are_nobodys_after_it", |token| {
        let live = || {
            assert_eq!(initialise(), CKR_OK);
            let session = token.user();
            let key = ok(session.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
            (session, key)
        };
        let (session, key) = live();
        let old = session.handle;
        std::mem::forget(session);
        assert_eq!(finalise(), CKR_OK);
        let (session, _) = live();
        let before = Session { handle: old, slot: token.slot };
        refused(before.info(), CKR_SESSION_HANDLE_INVALID);
        std::mem::forget(before);
        refused(session.get(key, CKA_CLASS), CKR_OBJECT_HANDLE_INVALID);
        drop(session);
        assert_eq!(finalise(), CKR_OK);
    });
}

#[test]
fn finalise_releases_those_who_wait_for_an_event() {
    alone("finalise_releases_those_who_wait_for_an_event", |_| {
        for _ in 0..20 {
            assert_eq!(initialise(), CKR_OK);
            let waiters = [(); 3].map(|()| thread::spawn(wait_for_event));
            thread::sleep(Duration::from_millis(20));
            assert!(waiters.iter().all(|waiter| !waiter.is_finished()), "it blocks");
            assert_eq!(finalise(), CKR_OK);
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), CKR_CRYPTOKI_NOT_INITIALIZED);
            }
        }
    });
}

#[test]
fn who_does_not_block_hears_of_no_event() {
    alone("who_does_not_block_hears_of_no_event", |_| {
        assert_eq!(initialise(), CKR_OK);
        let mut slot = 0;
        // SAFETY: a place for the slot.
        let code = unsafe { loaded().C_WaitForSlotEvent.unwrap()(CKF_DONT_BLOCK, &mut slot, ptr::null_mut()) };
        assert_eq!(code, CKR_NO_EVENT);
    });
}

/// Works until told to stop; whatever is refused must be refused because the library went away.
fn work(token: &Token, stop: &AtomicBool) -> usize {
    const GONE: [CK_RV; 3] = [CKR_CRYPTOKI_NOT_INITIALIZED, CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED];
    let mut done = 0;
    while !stop.load(Ordering::Relaxed) {
        let worked = (|| {
            let session = token.open(CKF_SERIAL_SESSION | CKF_RW_SESSION)?;
            match session.login(CKU_USER, USER_PIN) {
                Ok(()) | Err(CKR_USER_ALREADY_LOGGED_IN) => {}
                Err(code) => return Err(code),
            }
            for _ in 0..4 {
                let digest = session.digest_parts(&mech(CKM_SHA512), &[&[0; 5000], &[1; 5000]])?;
                assert_eq!(digest.len(), 64);
                assert_eq!(session.random(100)?.len(), 100);
                done += 1;
            }
            Ok(())
        })();
        if let Err(code) = worked {
            // The handle of a session may have been given anew meanwhile, and that session be at another point.
            let reused = [CKR_OPERATION_NOT_INITIALIZED, CKR_OPERATION_ACTIVE].contains(&code);
            assert!(GONE.contains(&code) || reused, "{}", codes::name(code));
        }
    }
    done
}

#[test]
fn finalise_is_safe_while_others_are_inside_calls() {
    alone("finalise_is_safe_while_others_are_inside_calls", |token| {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let workers = [(); 4].map(|()| scope.spawn(|| work(token, &stop)));
            for _ in 0..200 {
                assert_eq!(initialise(), CKR_OK);
                thread::sleep(Duration::from_millis(3));
                assert_eq!(finalise(), CKR_OK);
            }
            stop.store(true, Ordering::Relaxed);
            assert!(workers.map(|worker| worker.join().unwrap()).iter().sum::<usize>() > 0, "they did work");
        });
    });
}

#[test]
#[cfg(target_os = "linux")]
fn thousands_of_lives_leave_nothing_behind() {
    alone("thousands_of_lives_leave_nothing_behind", |token| {
        let resident = || {
            let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
            pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
        };
        let live = || {
            assert_eq!(initialise(), CKR_OK);
            let session = token.user();
            ok(session.digest(&mech(CKM_SHA256), &[0; 1000]));
            // Left open, in the middle of an operation.
            ok(session.digest_init(&mech(CKM_SHA256)));
            std::mem::forget(session);
            assert_eq!(finalise(), CKR_OK);
        };
        (0..200).for_each(|_| live());
        let before = resident();
        (0..2000).for_each(|_| live());
        let after = resident();
        assert!(after < before + (1 << 20), "from {before} to {after} bytes");
    });
}

// Fork

#[cfg(unix)]
mod fork {
    use super::*;

    #[test]
    fn a_forked_child_is_not_initialised_and_may_start_anew() {
        alone("fork::a_forked_child_is_not_initialised_and_may_start_anew", |token| {
            assert_eq!(initialise(), CKR_OK);
            let session = token.user();
            ok(session.digest_init(&mech(CKM_SHA256)));
            ok(session.digest_update(b"a"));
            in_fork(|| {
                nothing_is_initialised();
                assert_eq!(initialise(), CKR_OK);
                refused(session.digest_update(b"x"), CKR_SESSION_HANDLE_INVALID);
                let session = token.session();
                ok(session.login(CKU_USER, USER_PIN));
                digest_works(token);
                drop(session);
                assert_eq!(finalise(), CKR_OK);
                assert_eq!(initialise(), CKR_OK);
                digest_works(token);
            });
            // The parent is where it was.
            ok(session.digest_update(b"bc"));
            assert_eq!(ok(session.digest_final())[..4], hex("ba7816bf"));
            assert_eq!(ok(session.info()).state, CKS_RW_USER_FUNCTIONS);
        });
    }

    #[test]
    fn a_grandchild_starts_anew_too() {
        alone("fork::a_grandchild_starts_anew_too", |token| {
            assert_eq!(initialise(), CKR_OK);
            in_fork(|| {
                assert_eq!(initialise(), CKR_OK);
                in_fork(|| {
                    nothing_is_initialised();
                    assert_eq!(initialise(), CKR_OK);
                    digest_works(token);
                });
                digest_works(token);
            });
            digest_works(token);
        });
    }

    #[test]
    fn parent_and_child_draw_different_random_numbers() {
        alone("fork::parent_and_child_draw_different_random_numbers", |token| {
            assert_eq!(initialise(), CKR_OK);
            let draw = || ok(token.session().random(32));
            draw();
            let place = std::env::temp_dir().join(format!("ferrotoken-random-{}", std::process::id()));
            let mut drawn = Vec::new();
            for _ in 0..3 {
                in_fork(|| {
                    assert_eq!(initialise(), CKR_OK);
                    std::fs::write(&place, draw()).unwrap();
                });
                drawn.push(std::fs::read(&place).unwrap());
                drawn.push(draw());
            }
            std::fs::remove_file(&place).unwrap();
            drawn.sort();
            drawn.dedup();
            assert_eq!(drawn.len(), 6);
        });
    }

    #[test]
    fn fork_is_safe_while_others_are_inside_calls() {
        alone("fork::fork_is_safe_while_others_are_inside_calls", |token| {
            assert_eq!(initialise(), CKR_OK);
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                let workers = [(); 3].map(|()| scope.spawn(|| work(token, &stop)));
                let waiter = scope.spawn(wait_for_event);
                for _ in 0..100 {
                    in_fork(|| {
                        assert_eq!(initialise(), CKR_OK);
                        digest_works(token);
                        assert_eq!(ok(token.user().info()).state, CKS_RW_USER_FUNCTIONS);
                    });
                }
                stop.store(true, Ordering::Relaxed);
                assert!(workers.map(|worker| worker.join().unwrap()).iter().all(|done| *done > 0));
                assert_eq!(finalise(), CKR_OK);
                assert_eq!(waiter.join().unwrap(), CKR_CRYPTOKI_NOT_INITIALIZED);
            });
        });
    }

    #[test]
    fn fork_is_safe_while_others_initialise_and_finalise() {
        alone("fork::fork_is_safe_while_others_initialise_and_finalise", |token| {
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                let worker = scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        assert_eq!(initialise(), CKR_OK);
                        assert_eq!(finalise(), CKR_OK);
                    }
                });
                for _ in 0..200 {
                    in_fork(|| {
                        assert_eq!(initialise(), CKR_OK);
                        digest_works(token);
                    });
                }
                stop.store(true, Ordering::Relaxed);
                worker.join().unwrap();
            });
        });
    }
}
