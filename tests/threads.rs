//! Threads: one session used by many of them, and many sessions at once, with every result verified. Each test has a process of
//! its own, which is ended if it hangs.

mod common;
use common::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const THREADS: usize = 8;

fn alone(test: &str, body: impl FnOnce(&Token)) {
    in_child(test, &[], || body(&token()));
}

fn aes(session: &Session, more: &[Attribute]) -> CK_OBJECT_HANDLE {
    let uses = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY].map(yes);
    let key = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16])];
    ok(session.create(&[&key[..], &uses, more].concat()))
}

fn code<T>(result: &Result<T, CK_RV>) -> CK_RV {
    result.as_ref().err().copied().unwrap_or(CKR_OK)
}

#[test]
fn one_session_serves_many_threads_without_mixing_up_a_call() {
    alone("one_session_serves_many_threads_without_mixing_up_a_call", |token| {
        let session = token.user();
        let key = aes(&session, &[]);
        let ecb = mech(CKM_AES_ECB);
        // What comes of the operations depends on who comes first; but a code is one of those, and each call is whole.
        const EXPECTED: [CK_RV; 6] = [
            CKR_OK,
            CKR_OPERATION_ACTIVE,
            CKR_OPERATION_NOT_INITIALIZED,
            CKR_BUFFER_TOO_SMALL,
            CKR_DATA_LEN_RANGE,
            CKR_STATE_UNSAVEABLE,
        ];
        let successes = AtomicUsize::new(0);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (session, ecb, successes) = (&session, &ecb, &successes);
                scope.spawn(move || {
                    for round in 0..400 {
                        let results = [
                            session.digest_init(&mech(CKM_SHA256)),
                            session.digest_update(&[number as u8; 1000]),
                            session.encrypt_init(ecb, key),
                            session.encrypt_update(&[0; 16]).map(|block| assert_eq!(block.len() % 16, 0)),
                            session.digest_encrypt_update(&[1; 32]).map(|blocks| assert_eq!(blocks.len() % 16, 0)),
                            session.digest_final().map(|digest| assert_eq!(digest.len(), 32)),
                            session.encrypt_final().map(|rest| assert_eq!(rest.len(), 0)),
                            session.save_state().map(drop),
                            session.find_init(&[]),
                            session.find_some(2).map(drop),
                            session.find_final(),
                            session.random(20).map(drop),
                            session.cancel(if round % 7 == 0 { CK_FLAGS::MAX } else { 0 }),
                        ];
                        for result in results {
                            assert!(EXPECTED.contains(&code(&result)), "{}", codes::name(code(&result)));
                            successes.fetch_add(usize::from(result.is_ok()), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert!(successes.load(Ordering::Relaxed) > THREADS * 400);
        ok(session.cancel(CK_FLAGS::MAX));
        assert_eq!(ok(session.digest(&mech(CKM_SHA256), b"abc"))[..4], hex("ba7816bf"));
    });
}

#[test]
fn many_sessions_work_at_once_and_every_result_is_right() {
    alone("many_sessions_work_at_once_and_every_result_is_right", |token| {
        let session = token.user();
        let key = aes(&session, &[]);
        let rsa = ok(session.generate_pair(
            &mech(CKM_RSA_PKCS_KEY_PAIR_GEN),
            &[ulong(CKA_MODULUS_BITS, 1024), yes(CKA_VERIFY)],
            &[yes(CKA_SIGN)],
        ));
        let data: Vec<u8> = (0..5000).map(|index| (index * 13) as u8).collect();
        let cbc = mech_bytes(CKM_AES_CBC_PAD, &[4; 16]);
        let (sha, cmac, sign) = (mech(CKM_SHA256), mech(CKM_AES_CMAC), mech(CKM_SHA256_RSA_PKCS));
        let expected = (
            ok(session.digest(&sha, &data)),
            ok(session.encrypt(&cbc, key, &data)),
            ok(session.sign(&cmac, key, &data)),
            ok(session.sign(&sign, rsa.1, &data)),
        );
        thread::scope(|scope| {
            for number in 1..=THREADS {
                let (data, cbc, sha, cmac, sign, expected) = (&data, &cbc, &sha, &cmac, &sign, &expected);
                scope.spawn(move || {
                    for round in 0..60 {
                        let session = token.session();
                        let parts: Vec<_> = data.chunks(number * 100 + round).collect();
                        assert_eq!(ok(session.digest_parts(sha, &parts)), expected.0);
                        assert_eq!(ok(session.encrypt_parts(cbc, key, &parts)), expected.1);
                        let encrypted: Vec<_> = expected.1.chunks(number * 77 + round).collect();
                        assert_eq!(ok(session.decrypt_parts(cbc, key, &encrypted)), *data);
                        assert_eq!(ok(session.sign_parts(cmac, key, &parts)), expected.2);
                        assert_eq!(ok(session.sign(sign, rsa.1, data)), expected.3);
                        ok(session.verify(sign, rsa.0, data, &expected.3));
                    }
                });
            }
        });
    });
}

#[test]
fn a_session_may_be_closed_while_others_use_it() {
    alone("a_session_may_be_closed_while_others_use_it", |token| {
        let keeper = token.user();
        let template = &[class(CKO_DATA), bytes(CKA_VALUE, [0; 100])];
        for _ in 0..60 {
            let session = token.session();
            let handle = session.handle;
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(move || {
                        let session = std::mem::ManuallyDrop::new(Session { handle, slot: token.slot });
                        loop {
                            let results = [
                                session.digest_init(&mech(CKM_SHA256)),
                                session.digest_update(&[0; 10_000]),
                                session.digest_final().map(drop),
                                session.create(template).map(drop),
                                session.find_init(&[]),
                                session.find_final(),
                            ];
                            let gone = [CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED];
                            if results.iter().any(|result| gone.contains(&code(result))) {
                                break;
                            }
                        }
                    });
                }
                thread::sleep(Duration::from_millis(2));
                ok(session.close());
            });
            // Whatever was made in it at the last moment is gone with it.
            assert!(keeper.find(&[class(CKO_DATA)]).is_empty());
        }
    });
}

#[test]
fn logins_and_logouts_meet_signatures_searches_and_new_objects() {
    alone("logins_and_logouts_meet_signatures_searches_and_new_objects", |token| {
        let session = token.user();
        aes(&session, &[yes(CKA_TOKEN), text(CKA_LABEL, "key"), yes(CKA_PRIVATE)]);
        let cmac = mech(CKM_AES_CMAC);
        let key = session.find(&[text(CKA_LABEL, "key")])[0];
        let expected = ok(session.sign(&cmac, key, b"abc"));
        let (stop, signed) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let session = token.session();
                    while !stop.load(Ordering::Relaxed) {
                        let Some(key) = session.find(&[text(CKA_LABEL, "key")]).first().copied() else { continue };
                        match session.sign(&cmac, key, b"abc") {
                            Ok(mac) => {
                                assert_eq!(mac, expected);
                                signed.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(CKR_KEY_HANDLE_INVALID | CKR_OPERATION_NOT_INITIALIZED) => {}
                            Err(code) => panic!("{}", codes::name(code)),
                        }
                        match session.create(&[class(CKO_DATA), yes(CKA_PRIVATE), text(CKA_LABEL, "passing")]) {
                            Ok(object) => match session.destroy(object) {
                                Ok(()) | Err(CKR_OBJECT_HANDLE_INVALID) => {}
                                Err(code) => panic!("{}", codes::name(code)),
                            },
                            Err(CKR_USER_NOT_LOGGED_IN) => {}
                            Err(code) => panic!("{}", codes::name(code)),
                        }
                    }
                });
            }
            for _ in 0..500 {
                ok(session.logout());
                // While nobody is logged in, nothing private is seen, whatever the others do at the same time.
                assert!(session.find(&[text(CKA_LABEL, "key")]).is_empty());
                ok(session.login(CKU_USER, USER_PIN));
                thread::sleep(Duration::from_micros(500));
            }
            stop.store(true, Ordering::Relaxed);
        });
        assert!(signed.load(Ordering::Relaxed) > 0);
        assert!(session.find(&[text(CKA_LABEL, "passing")]).is_empty());
        assert_eq!(session.find(&[text(CKA_LABEL, "key")]).len(), 1);
    });
}

#[test]
fn an_object_changed_by_many_is_changed_as_a_whole() {
    alone("an_object_changed_by_many_is_changed_as_a_whole", |token| {
        let session = token.user();
        let object = aes(&session, &[text(CKA_LABEL, "0000"), text(CKA_ID, "0000")]);
        thread::scope(|scope| {
            for number in 0..THREADS {
                scope.spawn(move || {
                    let session = token.session();
                    for round in 0..300 {
                        let name = format!("{:04}", number * 1000 + round);
                        ok(session.set(object, &[text(CKA_LABEL, &name), text(CKA_ID, &name)]));
                        let mut values = [[0u8; 4]; 2];
                        let [label, id] = &mut values;
                        let ask = |kind, place: &mut [u8; 4]| CK_ATTRIBUTE {
                            type_: kind,
                            pValue: place.as_mut_ptr().cast(),
                            ulValueLen: 4,
                        };
                        let mut asked = [ask(CKA_LABEL, label), ask(CKA_ID, id)];
                        // SAFETY: two attributes with room for their values.
                        ok(result(unsafe {
                            f().C_GetAttributeValue.unwrap()(session.handle, object, asked.as_mut_ptr(), 2)
                        }));
                        assert_eq!(values[0], values[1]);
                    }
                });
            }
        });
    });
}

#[test]
fn a_long_key_generation_holds_up_nobody() {
    alone("a_long_key_generation_holds_up_nobody", |token| {
        let session = token.user();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let generation = scope.spawn(|| {
                let session = token.session();
                let start = Instant::now();
                for _ in 0..3 {
                    ok(session.generate_pair(
                        &mech(CKM_RSA_PKCS_KEY_PAIR_GEN),
                        &[ulong(CKA_MODULUS_BITS, 2048)],
                        &[text(CKA_LABEL, "long")],
                    ));
                }
                done.store(true, Ordering::Relaxed);
                start.elapsed()
            });
            let mut longest = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let start = Instant::now();
                let other = token.session();
                ok(other.digest(&mech(CKM_SHA256), b"abc"));
                ok(other.create(&[class(CKO_DATA)]));
                ok(other.close());
                session.find(&[text(CKA_LABEL, "nothing")]);
                longest = longest.max(start.elapsed());
            }
            let whole = generation.join().unwrap();
            assert!(longest * 3 < whole || whole < Duration::from_millis(300), "{longest:?} of {whole:?}");
        });
    });
}
