//! Library, sessions and tokens with threads in very many orders: each test runs again and again, and a checker (shuttle) lets
//! another thread go on at each lock and at each atomic number, as chance wants it. What it finds it prints, so that it can be run
//! anew. The code is the library's own, with the checker's locks (`sync.rs`). It takes all memory for sequentially consistent: what
//! only fences and orderings do, it does not see.
//!
//! `cargo test --no-default-features --features shuttle --lib orders`
#![allow(clippy::unwrap_used)]

use super::Library;
use crate::config::{self, Protection, Ready, TokenConfig};
use crate::error::{Error, Result};
use crate::mech::{self, Params};
use crate::object::Object;
use crate::object::template::{Raw, Read};
use crate::output::Output;
use crate::session::{Asked, Purpose, Session};
use cryptoki_sys::*;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};
use std::sync::{Arc, Weak};
use zeroize::Zeroizing;

const ROUNDS: usize = 10_000;
const PIN: &str = "user-pin-2468";

/// Runs the body in many orders: half of them by chance, half with one thread that another interrupts at any one
/// moment, for as long as that has to do.
fn in_many_orders(body: impl Fn() + Send + Sync + 'static) {
    let body = Arc::new(body);
    let other = body.clone();
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    Runner::new(RandomScheduler::new(ROUNDS / 2), config.clone()).run(move || body());
    Runner::new(PctScheduler::new(2, ROUNDS / 2), config).run(move || other());
}

/// A library with one token that is ready.
fn library() -> Arc<Library> {
    let pin = || Zeroizing::new(PIN.to_owned());
    let ready = Ready { so_pin: pin(), user_pin: Some(pin()), imports: Vec::new(), secret_keys: Vec::new() };
    let token = TokenConfig { label: Some([b' '; 32]), ready: Some(ready), ..TokenConfig::blank(0) };
    let config = config::Config { tokens: vec![token], store: None, protection: Protection::default() };
    Arc::new(Library::new(&config, false).ok().unwrap())
}

fn open(library: &Library) -> Arc<Session> {
    let handle = library.open_session(0, CKF_SERIAL_SESSION | CKF_RW_SESSION).unwrap();
    library.session(handle).unwrap()
}

fn login(library: &Library, session: &Session) -> Result<()> {
    library.login(session, CKU_USER, PIN.as_bytes(), &[])
}

fn raw(kind: CK_ATTRIBUTE_TYPE, value: &[u8]) -> (CK_ATTRIBUTE_TYPE, Raw) {
    (kind, Raw::Bytes(Zeroizing::new(value.to_vec())))
}

/// A private session key.
fn key(session: &Session, class: CK_OBJECT_CLASS, kind: CK_KEY_TYPE) -> Result<CK_OBJECT_HANDLE> {
    let [class, kind] = [raw(CKA_CLASS, &class.to_ne_bytes()), raw(CKA_KEY_TYPE, &kind.to_ne_bytes())];
    session.create_object(&vec![class, kind, raw(CKA_VALUE, &[7; 16]), raw(CKA_PRIVATE, &[CK_TRUE])])
}

fn aes(session: &Session) -> Result<CK_OBJECT_HANDLE> {
    key(session, CKO_SECRET_KEY, CKK_AES)
}

/// The keys that are there.
fn keys(session: &Session) -> Vec<CK_OBJECT_HANDLE> {
    session.token().find(&vec![raw(CKA_CLASS, &CKO_SECRET_KEY.to_ne_bytes())]).unwrap()
}

/// To see whether it is still there.
fn watch(session: &Session, handle: CK_OBJECT_HANDLE) -> Weak<Object> {
    Arc::downgrade(&session.token().object(handle).unwrap())
}

/// Begins an encryption in parts and makes one of them.
fn encrypt_a_part(session: &Session, key: CK_OBJECT_HANDLE) -> Result<()> {
    let asked = Asked { mechanism: mech::find(CKM_AES_ECB).unwrap(), params: Params::None };
    session.begin(Purpose::Encrypt, Some(asked), Some(key))?;
    let (mut out, mut length) = ([0; 16], 16_u64.to_ne_bytes());
    session.crypt_update(Purpose::Encrypt, Ok((&[0; 16], Output::new(Some(&mut out), &mut length))))
}

/// An operation that has begun lives on without its key's object; this one ends.
fn encrypt_a_part_only(session: &Session, key: CK_OBJECT_HANDLE) {
    let _ = encrypt_a_part(session, key);
    session.cancel(CKF_ENCRYPT);
}

/// While another session works with a key, the key goes: then no session keeps it.
fn no_session_keeps_a_key(
    work: fn(&Session, CK_OBJECT_HANDLE),
    take_away: impl Fn(&Library, &Session, CK_OBJECT_HANDLE) + Send + Sync + 'static,
) {
    in_many_orders(move || {
        let library = library();
        let (one, other) = (open(&library), open(&library));
        login(&library, &one).unwrap();
        let key = aes(&one).unwrap();
        let watched = watch(&one, key);
        let user = other.clone();
        let working = thread::spawn(move || work(&user, key));
        take_away(&library, &one, key);
        working.join().unwrap();
        assert!(watched.upgrade().is_none());
        drop(other);
    });
}

#[test]
fn no_session_keeps_a_key_over_a_logout() {
    // What a logout ends, it ends all of.
    let begin = |user: &Session, key| {
        let _ = encrypt_a_part(user, key);
    };
    no_session_keeps_a_key(begin, |library, one, _| library.logout(one).unwrap());
}

#[test]
fn no_session_keeps_a_key_that_is_destroyed() {
    no_session_keeps_a_key(encrypt_a_part_only, |library, one, key| library.destroy_object(one, key).unwrap());
}

#[test]
fn no_session_keeps_a_key_whose_session_is_closed() {
    no_session_keeps_a_key(encrypt_a_part_only, |library, one, _| library.close_session(one.handle()).unwrap());
}

#[test]
fn nothing_is_left_after_finalise_whatever_runs() {
    in_many_orders(|| {
        let library = library();
        let session = open(&library);
        login(&library, &session).unwrap();
        let first = aes(&session).unwrap();
        let watched = watch(&session, first);
        let (working, user) = (library.clone(), session.clone());
        let working = thread::spawn(move || {
            let _ = encrypt_a_part(&user, first);
            let _ = aes(&user);
            let _ = encrypt_a_part(&user, first);
            user.cancel(CKF_ENCRYPT);
            drop(working);
        });
        library.finalise();
        working.join().unwrap();
        assert!(watched.upgrade().is_none());
        assert_eq!(keys(&session), []);
    });
}

#[test]
fn what_is_made_in_a_session_that_is_being_closed_goes_with_it() {
    in_many_orders(|| {
        let library = library();
        let (one, other) = (open(&library), open(&library));
        login(&library, &other).unwrap();
        let (closing, handle) = (library.clone(), one.handle());
        let closing = thread::spawn(move || closing.close_session(handle).unwrap());
        let made = aes(&one);
        closing.join().unwrap();
        assert!(matches!(made, Ok(_) | Err(Error::SessionClosed)), "{made:?}");
        assert_eq!(keys(&other), []);
    });
}

#[test]
fn of_two_changes_of_one_object_none_is_lost() {
    in_many_orders(|| {
        let library = library();
        let (one, other) = (open(&library), open(&library));
        login(&library, &one).unwrap();
        let key = aes(&one).unwrap();
        let changing = other.clone();
        let changing = thread::spawn(move || changing.set_attributes(key, &vec![raw(CKA_LABEL, b"label")]).unwrap());
        one.set_attributes(key, &vec![raw(CKA_ID, b"identifier")]).unwrap();
        changing.join().unwrap();
        let both = vec![raw(CKA_LABEL, b"label"), raw(CKA_ID, b"identifier")];
        assert_eq!(other.token().find(&both), Ok(vec![key]));
    });
}

#[test]
fn a_login_and_a_logout_leave_one_of_two_states() {
    in_many_orders(|| {
        let library = library();
        let (one, other) = (open(&library), open(&library));
        let (library_too, session) = (library.clone(), other.clone());
        let working = thread::spawn(move || {
            let logged_in = login(&library_too, &session);
            assert!(matches!(logged_in, Ok(()) | Err(Error::UserAlreadyLoggedIn)));
            let _ = aes(&session);
            let _ = library_too.logout(&session);
        });
        let logged_in = login(&library, &one);
        assert!(matches!(logged_in, Ok(()) | Err(Error::UserAlreadyLoggedIn)));
        let _ = library.logout(&one);
        working.join().unwrap();
        assert!([CKS_RW_PUBLIC_SESSION, CKS_RW_USER_FUNCTIONS].contains(&one.info().state));
        let _ = library.logout(&one);
        // What was private is gone with the login, whoever ended it.
        login(&library, &one).unwrap();
        assert_eq!(keys(&one), []);
    });
}

#[test]
fn a_counter_gives_no_password_twice() {
    in_many_orders(|| {
        let library = library();
        let (one, other) = (open(&library), open(&library));
        login(&library, &one).unwrap();
        let key = key(&one, CKO_OTP_KEY, CKK_HOTP).unwrap();
        let password = move |session: &Session| {
            let asked = Asked { mechanism: mech::find(CKM_HOTP).unwrap(), params: Params::Otp(Vec::new()) };
            session.begin(Purpose::Sign, Some(asked), Some(key)).unwrap();
            let (mut out, mut length) = (vec![0; 512], 512_u64.to_ne_bytes());
            session.sign(Purpose::Sign, Ok((&[], Output::new(Some(&mut out), &mut length)))).unwrap();
        };
        let user = other.clone();
        let working = thread::spawn(move || password(&user));
        password(&one);
        working.join().unwrap();
        let counter = one.token().object(key).unwrap().attributes.bytes(CKA_OTP_COUNTER).map(<[u8]>::to_vec);
        assert_eq!(counter, Some(2_u64.to_be_bytes().to_vec()));
    });
}
