//! The harness: the built library as C programs see it, a fresh token for each test, and every return code checked
//! against the standard's lists (tests/returns).
#![allow(dead_code, unused_imports)] // Each test program uses a part of it.

pub mod codes;
mod functions;
mod library;
mod messages;
mod outcome;
mod process;
pub mod returns;
pub mod rows;
mod session;
mod values;

pub use cryptoki_sys::*;
pub use functions::{FUNCTIONS, call, call_in, loaded};
pub use library::{library, library_path, unchecked};
pub use messages::*;
pub use outcome::*;
pub use process::*;
pub use session::Session;
pub use values::*;

use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

pub const SO_PIN: &str = "so-pin-7531";
pub const USER_PIN: &str = "user-pin-2468";

/// The flags of a mechanism that signs, also many messages; and of one that takes their data in parts.
pub const SIGNS: CK_FLAGS = CKF_SIGN | CKF_VERIFY | CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY;
pub const SIGNS_IN_PARTS: CK_FLAGS = SIGNS | CKF_MULTI_MESSAGE;

/// The slots of tokens that are ready, and of tokens that are not initialised; few where each takes its time.
const READY: core::ops::Range<CK_SLOT_ID> = 1..if cfg!(miri) { 4 } else { 201 };
const BLANK: core::ops::Range<CK_SLOT_ID> = 1001..if cfg!(miri) { 1002 } else { 1101 };

/// All functions of the initialised library, each of which checks its return code.
pub fn f() -> &'static CK_FUNCTION_LIST_3_2 {
    INITIALISED.call_once(|| {
        configure(&tokens());
        assert_eq!(initialise(), CKR_OK);
    });
    loaded()
}

static INITIALISED: Once = Once::new();

/// For a test that calls `C_Initialize` itself, in a process of its own: [`f`] and what builds on it then leave that to it.
pub fn by_hand() {
    INITIALISED.call_once(|| {});
    returns::prepare();
}

/// `C_Initialize` as most clients call it.
pub fn initialise() -> CK_RV {
    let mut args = CK_C_INITIALIZE_ARGS {
        CreateMutex: None,
        DestroyMutex: None,
        LockMutex: None,
        UnlockMutex: None,
        flags: CKF_OS_LOCKING_OK,
        pReserved: ptr::null_mut(),
    };
    // SAFETY: the structure that the function wants.
    unsafe { loaded().C_Initialize.unwrap()(ptr::from_mut(&mut args).cast()) }
}

/// Gives a configuration to the library that is to be initialised.
pub fn configure(text: &str) {
    // A file for each configuration, which appears whole or not at all: other test programs may be reading it.
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let place = folder.join(format!("{:x}.toml", hasher.finish()));
    let draft = folder.join(format!("{}.toml", std::process::id()));
    std::fs::write(&draft, text).unwrap();
    std::fs::rename(&draft, &place).unwrap();
    // SAFETY: nothing reads the environment now: the library is not initialised, and tests do not.
    unsafe { std::env::set_var("FERROTOKEN_CONF", place) };
}

/// The configuration of one token that is ready.
pub fn ready(slot: CK_SLOT_ID) -> String {
    format!("[[token]]\nslot = {slot}\nlabel = \"test-{slot}\"\nso-pin = \"{SO_PIN}\"\nuser-pin = \"{USER_PIN}\"\n")
}

fn tokens() -> String {
    let blank = BLANK.map(|slot| format!("[[token]]\nslot = {slot}\nlabel = \"blank-{slot}\"\n"));
    READY.map(ready).chain(blank).collect()
}

/// A memory token in a slot of its own.
pub struct Token {
    pub slot: CK_SLOT_ID,
}

/// A fresh token, initialised, with [`SO_PIN`] and [`USER_PIN`].
pub fn token() -> Token {
    static NEXT: AtomicU64 = AtomicU64::new(READY.start);
    take(&NEXT, READY.end)
}

/// A token that nobody has initialised.
pub fn blank() -> Token {
    static NEXT: AtomicU64 = AtomicU64::new(BLANK.start);
    take(&NEXT, BLANK.end)
}

fn take(next: &AtomicU64, end: CK_SLOT_ID) -> Token {
    let slot = next.fetch_add(1, Ordering::Relaxed);
    assert!(slot < end, "the configuration in tests/common has too few tokens");
    f();
    Token { slot }
}

impl Token {
    /// A read/write session, nobody logged in by it.
    pub fn session(&self) -> Session {
        ok(self.open(CKF_SERIAL_SESSION | CKF_RW_SESSION))
    }

    /// A read-only session, nobody logged in by it.
    pub fn read_only(&self) -> Session {
        ok(self.open(CKF_SERIAL_SESSION))
    }

    /// A read/write session, the user logged in.
    pub fn user(&self) -> Session {
        let session = self.session();
        match session.login(CKU_USER, USER_PIN) {
            Ok(()) | Err(CKR_USER_ALREADY_LOGGED_IN) => session,
            Err(code) => panic!("C_Login gave {}", codes::name(code)),
        }
    }

    /// A read/write session, the security officer logged in.
    pub fn so(&self) -> Session {
        let session = self.session();
        ok(session.login(CKU_SO, SO_PIN));
        session
    }

    pub fn open(&self, flags: CK_FLAGS) -> Result<Session, CK_RV> {
        let mut handle = CK_INVALID_HANDLE;
        // SAFETY: a place for the handle; there is no callback.
        result(unsafe { f().C_OpenSession.unwrap()(self.slot, flags, ptr::null_mut(), None, &mut handle) })?;
        Ok(Session { handle, slot: self.slot })
    }

    pub fn close_all(&self) -> Result<(), CK_RV> {
        // SAFETY: a number.
        result(unsafe { f().C_CloseAllSessions.unwrap()(self.slot) })
    }

    /// `C_InitToken`; the label is padded as the standard says.
    pub fn init(&self, so_pin: &str, label: &str) -> Result<(), CK_RV> {
        let mut padded = [b' '; 32];
        padded[..label.len()].copy_from_slice(label.as_bytes());
        let pin = so_pin.as_ptr().cast_mut();
        // SAFETY: a PIN of its length and a label of 32 bytes.
        result(unsafe { f().C_InitToken.unwrap()(self.slot, pin, so_pin.len() as CK_ULONG, padded.as_mut_ptr()) })
    }

    pub fn info(&self) -> CK_TOKEN_INFO {
        let mut info = CK_TOKEN_INFO::default();
        // SAFETY: a place for the structure.
        ok(result(unsafe { f().C_GetTokenInfo.unwrap()(self.slot, &mut info) }));
        info
    }
}
