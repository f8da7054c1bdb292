//! Many threads do everything at once, with sessions of their own and shared ones, for a few seconds: every result is verified,
//! every acknowledged object is there in the end and no other, and nobody hangs.
//!
//! `FERROTOKEN_TEST_STRESS_SECONDS` says for how long. With the feature `deadlock-detection` a deadlock ends the process with the
//! stacks of those who are in it; without it, an alarm does when time is over.

mod common;
#[path = "model/random.rs"]
#[allow(dead_code)]
mod random;

use common::*;
use random::Random;
use std::collections::BTreeSet;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const THREADS: usize = 64;
const SHARED: usize = 8;
const RW: CK_FLAGS = CKF_SERIAL_SESSION | CKF_RW_SESSION;

/// What may become of any call while others close sessions, log out and finalise.
const EXPECTED: [CK_RV; 12] = [
    CKR_SESSION_HANDLE_INVALID,
    CKR_SESSION_CLOSED,
    CKR_CRYPTOKI_NOT_INITIALIZED,
    CKR_CRYPTOKI_ALREADY_INITIALIZED,
    CKR_USER_NOT_LOGGED_IN,
    CKR_USER_ALREADY_LOGGED_IN,
    CKR_KEY_HANDLE_INVALID,
    CKR_OBJECT_HANDLE_INVALID,
    CKR_OPERATION_ACTIVE,
    CKR_OPERATION_NOT_INITIALIZED,
    CKR_PENDING,
    CKR_FUNCTION_CANCELED,
];

/// What the threads share.
struct Scene {
    token: Token,
    /// Whether the library is finalised and initialised in between. Handles begin anew then, so that a thread may meet
    /// another's session under a handle of its own.
    finalises: bool,
    shared: [AtomicU64; SHARED],
    stop: AtomicBool,
    done: [AtomicUsize; ACTIONS.len()],
}

type Outcome = Result<(), CK_RV>;
type Action = fn(&mut Actor<'_>) -> Outcome;

const ACTIONS: [(&str, Action); 14] = [
    ("sign", |actor| actor.sign()),
    ("sign in a shared session", |actor| actor.sign_shared()),
    ("digest", |actor| actor.digest()),
    ("encrypt", |actor| actor.encrypt()),
    ("search", |actor| actor.search()),
    ("create", |actor| actor.create()),
    ("destroy", |actor| actor.destroy()),
    ("change", |actor| actor.change()),
    ("generate", |actor| actor.generate()),
    ("asynchronous", |actor| actor.asynchronous()),
    ("private", |actor| actor.private()),
    ("log in", |actor| actor.log_in()),
    ("log out", |actor| actor.log_out()),
    ("close", |actor| actor.close()),
];

struct Actor<'a> {
    scene: &'a Scene,
    number: usize,
    random: Random,
    session: CK_SESSION_HANDLE,
    /// The labels of the objects that were acknowledged and not destroyed.
    own: BTreeSet<String>,
    next: usize,
}

impl Actor<'_> {
    fn run(&mut self) {
        while !self.scene.stop.load(Ordering::Relaxed) {
            // Those that disturb all others are left to a few.
            let most = if self.number.is_multiple_of(16) { ACTIONS.len() } else { ACTIONS.len() - 2 };
            let chosen = self.random.below(most);
            match ACTIONS[chosen].1(self) {
                Ok(()) => drop(self.scene.done[chosen].fetch_add(1, Ordering::Relaxed)),
                Err(CKR_SESSION_HANDLE_INVALID | CKR_SESSION_CLOSED) => self.reopen(),
                Err(code) => assert!(EXPECTED.contains(&code), "{}: {}", ACTIONS[chosen].0, codes::name(code)),
            }
            if self.scene.finalises && self.number == 0 && self.random.percent(2) {
                finalise_and_initialise();
            }
            if self.number == 1 && self.random.percent(1) {
                let _ = self.scene.token.close_all();
            }
        }
    }

    fn at(&self, handle: CK_SESSION_HANDLE) -> ManuallyDrop<Session> {
        ManuallyDrop::new(Session { handle, slot: self.scene.token.slot })
    }

    fn session(&self) -> ManuallyDrop<Session> {
        self.at(self.session)
    }

    fn open(&self, flags: CK_FLAGS) -> Result<CK_SESSION_HANDLE, CK_RV> {
        self.scene.token.open(flags).map(|session| ManuallyDrop::new(session).handle)
    }

    fn reopen(&mut self) {
        if let Ok(handle) = self.open(RW) {
            self.session = handle;
        }
    }

    /// The one object of that label, if it is there.
    fn find(&self, label: &str) -> Result<Option<CK_OBJECT_HANDLE>, CK_RV> {
        let session = self.session();
        session.find_init(&[text(CKA_LABEL, label)])?;
        let found = session.find_some(2);
        session.find_final()?;
        let found = found?;
        assert!(found.len() < 2, "{label} is there twice");
        Ok(found.first().copied())
    }

    fn key(&self, label: &str) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        self.find(label)?.ok_or(CKR_KEY_HANDLE_INVALID)
    }

    /// Another for each thread, unless it may meet others in its session.
    fn data(&self) -> Vec<u8> {
        let number = if self.scene.finalises { 0 } else { self.number };
        (0..100 + number).map(|index| (index * 7 + number) as u8).collect()
    }

    fn sign(&mut self) -> Outcome {
        let (session, data) = (self.session(), self.data());
        let mac = session.sign(&mech(CKM_SHA256_HMAC), self.key("mac")?, &data)?;
        assert_eq!(mac, hmac(&data));
        session.verify(&mech(CKM_SHA256_HMAC), self.key("mac")?, &data, &mac)
    }

    fn sign_shared(&mut self) -> Outcome {
        let key = self.key("mac")?;
        let place = &self.scene.shared[self.random.below(SHARED)];
        let session = self.at(place.load(Ordering::Relaxed));
        // All sign the same there, for any two of them may have made the two calls.
        let outcome = session.sign(&mech(CKM_SHA256_HMAC), key, b"shared").map(|mac| assert_eq!(mac, hmac(b"shared")));
        if matches!(outcome, Err(CKR_SESSION_HANDLE_INVALID | CKR_SESSION_CLOSED)) || self.random.percent(2) {
            let _ = session.cancel(CK_FLAGS::MAX);
            // Closed by hand, at any moment of the others' calls.
            // SAFETY: a number.
            let _ = result(unsafe { f().C_CloseSession.unwrap()(session.handle) });
            place.store(self.open(RW)?, Ordering::Relaxed);
        }
        match outcome {
            // Not this thread's own session.
            Err(CKR_SESSION_HANDLE_INVALID | CKR_SESSION_CLOSED) => Ok(()),
            other => other,
        }
    }

    fn digest(&mut self) -> Outcome {
        let digest = self.session().digest(&mech(CKM_SHA256), b"abc")?;
        assert_eq!(digest, hex("ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad"));
        Ok(())
    }

    fn encrypt(&mut self) -> Outcome {
        let (session, data) = (self.session(), self.data());
        let (key, cbc) = (self.key("cipher")?, mech_bytes(CKM_AES_CBC_PAD, &[4; 16]));
        let encrypted = session.encrypt(&cbc, key, &data)?;
        assert_eq!(session.decrypt(&cbc, key, &encrypted)?, data);
        Ok(())
    }

    fn search(&mut self) -> Outcome {
        let Some(label) = self.own.iter().nth(self.random.below(self.own.len().max(1))).cloned() else { return Ok(()) };
        assert!(self.find(&label)?.is_some(), "{label} is lost");
        Ok(())
    }

    fn create(&mut self) -> Outcome {
        if self.own.len() > 20 {
            return self.destroy();
        }
        let label = format!("object {}-{}", self.number, self.next);
        self.next += 1;
        let key =
            [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), text(CKA_VALUE, &label), text(CKA_LABEL, &label)];
        let open = [yes(CKA_TOKEN), no(CKA_PRIVATE), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        self.session().create(&[key, open].concat())?;
        self.own.insert(label);
        Ok(())
    }

    fn destroy(&mut self) -> Outcome {
        let Some(label) = self.own.first().cloned() else { return Ok(()) };
        let object = self.find(&label)?.unwrap_or_else(|| panic!("{label} is lost"));
        self.session().destroy(object)?;
        self.own.remove(&label);
        Ok(())
    }

    fn change(&mut self) -> Outcome {
        let Some(label) = self.own.last().cloned() else { return Ok(()) };
        let object = self.find(&label)?.unwrap_or_else(|| panic!("{label} is lost"));
        let id = self.random.next().to_be_bytes();
        self.session().set(object, &[bytes(CKA_ID, id)])?;
        assert_eq!(self.session().get(object, CKA_ID)?, id);
        assert_eq!(self.session().get(object, CKA_VALUE)?, label.as_bytes());
        Ok(())
    }

    fn generate(&mut self) -> Outcome {
        let session = self.session();
        let (public, private) = session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[p256()], &[no(CKA_PRIVATE)])?;
        let signature = session.sign(&mech(CKM_ECDSA_SHA256), private, b"abc")?;
        session.verify(&mech(CKM_ECDSA_SHA256), public, b"abc", &signature)?;
        session.destroy(private)?;
        session.destroy(public)
    }

    /// Begun, and then fetched, cancelled or closed.
    fn asynchronous(&mut self) -> Outcome {
        let session = self.at(self.open(RW | CKF_ASYNC_SESSION)?);
        match session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[p256()], &[no(CKA_PRIVATE)]) {
            Err(CKR_PENDING) => {}
            other => return other.map(drop),
        }
        let name = c"C_GenerateKeyPair".as_ptr().cast_mut().cast();
        let complete = || {
            let mut data = CK_ASYNC_DATA::default();
            // SAFETY: a name, and a place for the results.
            result(unsafe { f().C_AsyncComplete.unwrap()(session.handle, name, &mut data) })
        };
        let outcome = match self.random.below(3) {
            0 => session.cancel(CKF_GENERATE_KEY_PAIR),
            1 => Ok(()),
            _ => loop {
                match complete() {
                    Err(CKR_PENDING) => thread::yield_now(),
                    other => break other,
                }
            },
        };
        // Gone with the library or with all sessions, perhaps.
        // SAFETY: a number.
        let _ = result(unsafe { f().C_CloseSession.unwrap()(session.handle) });
        match outcome {
            Err(CKR_SESSION_HANDLE_INVALID | CKR_SESSION_CLOSED) => Ok(()),
            other => other,
        }
    }

    fn private(&mut self) -> Outcome {
        let Some(key) = self.find("private")? else { return Err(CKR_USER_NOT_LOGGED_IN) };
        let mac = self.session().sign(&mech(CKM_SHA256_HMAC), key, b"private")?;
        assert_eq!(mac, hmac(b"private"));
        Ok(())
    }

    fn log_in(&mut self) -> Outcome {
        self.session().login(CKU_USER, USER_PIN)
    }

    fn log_out(&mut self) -> Outcome {
        self.session().logout()
    }

    fn close(&mut self) -> Outcome {
        // SAFETY: a number.
        result(unsafe { f().C_CloseSession.unwrap()(self.session) })?;
        self.reopen();
        Ok(())
    }
}

const MAC_KEY: [u8; 32] = [0x0b; 32];

fn hmac(data: &[u8]) -> Vec<u8> {
    use hmac::{KeyInit, Mac};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&MAC_KEY).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn p256() -> Attribute {
    bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"))
}

fn finalise_and_initialise() {
    // SAFETY: NULL is what the function wants.
    let code = unsafe { loaded().C_Finalize.unwrap()(std::ptr::null_mut()) };
    assert!([CKR_OK, CKR_CRYPTOKI_NOT_INITIALIZED].contains(&code), "{}", codes::name(code));
    thread::sleep(Duration::from_millis(1));
    assert_eq!(initialise(), CKR_OK);
}

/// The keys that all use; a session that stays open keeps nobody logged in.
fn prepare(token: &Token) {
    let session = token.user();
    let mac = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, MAC_KEY), yes(CKA_TOKEN)];
    let uses = [yes(CKA_SIGN), yes(CKA_VERIFY)];
    for (label, private) in [("mac", CK_FALSE), ("private", CK_TRUE)] {
        let own = [text(CKA_LABEL, label), bytes(CKA_PRIVATE, [private])];
        ok(session.create(&[&mac[..], &uses, &own].concat()));
    }
    let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16]), yes(CKA_TOKEN)];
    let uses = [yes(CKA_ENCRYPT), yes(CKA_DECRYPT), no(CKA_PRIVATE), text(CKA_LABEL, "cipher")];
    ok(session.create(&[&aes[..], &uses].concat()));
}

fn play(token: Token, finalises: bool) {
    let seconds = std::env::var("FERROTOKEN_TEST_STRESS_SECONDS").map_or(3, |seconds| seconds.parse().unwrap());
    limit(seconds as u32 + 240);
    prepare(&token);
    let (shared, done) = ([const { AtomicU64::new(0) }; SHARED], [const { AtomicUsize::new(0) }; ACTIONS.len()]);
    let scene = Scene { token, finalises, shared, stop: AtomicBool::new(false), done };
    let owned: Vec<BTreeSet<String>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let scene = &scene;
                scope.spawn(move || {
                    let random = Random(number as u64 + 1);
                    let mut actor = Actor { scene, number, random, session: 0, own: BTreeSet::new(), next: 0 };
                    actor.run();
                    actor.own
                })
            })
            .collect();
        thread::sleep(Duration::from_secs(seconds));
        // However slow the machine is: if there is something at which nobody succeeds, the alarm ends this.
        let failed = || threads.iter().any(thread::ScopedJoinHandle::is_finished);
        while !failed() && scene.done.iter().any(|count| count.load(Ordering::Relaxed) == 0) {
            thread::sleep(Duration::from_millis(10));
        }
        scene.stop.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    ok(scene.token.close_all());
    let session = scene.token.user();
    let label = |object| String::from_utf8(ok(session.get(object, CKA_LABEL))).unwrap();
    let keys = session.find(&[class(CKO_SECRET_KEY)]).into_iter().map(label);
    let found: Vec<String> = keys.filter(|label| label.starts_with("object")).collect();
    let wanted: BTreeSet<String> = owned.into_iter().flatten().collect();
    assert_eq!(found.len(), wanted.len(), "none is there twice");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), wanted);
    for ((name, _), count) in ACTIONS.iter().zip(&scene.done) {
        println!("{:8} {name}", count.load(Ordering::Relaxed));
    }
}

#[test]
fn threads_do_everything_on_a_token_in_memory() {
    in_child("threads_do_everything_on_a_token_in_memory", &[], || {
        by_hand();
        configure(&ready(1));
        assert_eq!(initialise(), CKR_OK);
        play(Token { slot: 1 }, false);
    });
}

#[cfg(feature = "store")]
#[test]
fn threads_do_everything_on_a_token_that_lasts_and_finalise_too() {
    in_child("threads_do_everything_on_a_token_that_lasts_and_finalise_too", &[], || {
        by_hand();
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("stress");
        let _ = std::fs::remove_dir_all(&folder);
        let cheap = "argon2-memory = 8\nargon2-passes = 1\n";
        configure(&format!("[store]\ndirectory = \"{}\"\n{cheap}", folder.display()));
        assert_eq!(initialise(), CKR_OK);
        let token = Token { slot: 0 };
        ok(token.init(SO_PIN, "stress"));
        let so = token.so();
        ok(so.init_pin(USER_PIN));
        ok(so.close());
        play(token, true);
    });
}
