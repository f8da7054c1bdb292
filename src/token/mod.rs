//! A token: who may do what, its login (`login`), its objects (`objects`), and its store, which other processes change as well
//! (`sync`).
//!
//! The token's lock covers look-ups and inserts. It is never held while a session's lock is taken, nor during
//! cryptography, nor while anything is read from the store or written to it.

mod limits;
mod login;
mod objects;
mod sync;

use crate::error::{Error, Result};
use crate::mech::Offer;
use crate::object::Object;
use crate::object::table::{Entry, Table};
use crate::object::wrappers::Wrappers;
use crate::output::padded;
use crate::pin::{Pin, Policy};
use crate::seal::Keys;
use crate::store::{Header, Memory, Store};
use crate::sync::{AtomicU8, AtomicU64, Mutex, Ordering, RwLock, RwLockWriteGuard};
use cryptoki_sys::*;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use limits::Limits;

/// Who is logged in. It holds for all sessions of the application with the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// Nobody.
    Public,
    /// The normal user.
    User,
    /// The security officer.
    So,
}

/// What the two users of a token are called in `C_LoginUser`, where the configuration gives them names.
#[derive(Clone, Default)]
pub struct Names {
    /// The security officer.
    pub so: Option<String>,
    /// The normal user.
    pub user: Option<String>,
}

/// A token in its slot.
pub(crate) struct Token {
    slot: CK_SLOT_ID,
    policy: Policy,
    names: Names,
    offer: Offer,
    limits: Limits,
    /// Its PINs, and its token objects if it outlives the process.
    store: Box<dyn Store>,
    /// The last change of the store that `state` knows of. Held while changes are fetched or made, and taken before the token's
    /// lock.
    seen: Mutex<i64>,
    /// The store's stamp when that was fetched.
    stamp: AtomicU64,
    /// Held while a PIN is judged, and taken before all others of the token's. Each attempt counts as a wrong one until it is judged: many
    /// right ones at once would lock the PIN.
    judging: Mutex<()>,
    state: RwLock<State>,
    /// Counts the changes of `state`, so that who has looked something up knows whether it still holds.
    changes: AtomicU64,
    /// `login` of the state, for those who only want to know that.
    login: AtomicU8,
    /// Counts the logouts: an operation with a private key does not outlive the login in which it began.
    period: AtomicU64,
    wrappers: Wrappers,
}

struct State {
    login: Login,
    /// What the login opened.
    keys: Keys,
    /// The open sessions, and whether each may write.
    sessions: BTreeMap<CK_SESSION_HANDLE, bool>,
    objects: Table,
}

impl Token {
    /// A token in memory, not initialised.
    pub(crate) fn new(slot: CK_SLOT_ID, policy: Policy, separate_wrapping: bool) -> Self {
        let state =
            State { login: Login::Public, keys: Keys::default(), sessions: BTreeMap::new(), objects: Table::default() };
        Self {
            slot,
            policy,
            names: Names::default(),
            offer: Offer::default(),
            limits: Limits::default(),
            store: Box::new(Memory::new(serial_number(slot))),
            seen: Mutex::new(0),
            judging: Mutex::new(()),
            stamp: AtomicU64::new(0),
            state: RwLock::new(state),
            changes: AtomicU64::new(0),
            login: AtomicU8::new(Login::Public as u8),
            period: AtomicU64::new(0),
            wrappers: Wrappers::new(separate_wrapping),
        }
    }

    /// The token that a store keeps.
    #[cfg_attr(not(feature = "store"), allow(dead_code))]
    pub(crate) fn kept_by(self, store: Box<dyn Store>) -> Self {
        Self { store, ..self }
    }

    /// The token with names for its users.
    pub(crate) fn named(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// With the mechanisms that a configuration leaves it.
    pub(crate) fn offering(self, offer: Offer) -> Self {
        Self { offer, ..self }
    }

    /// That takes no more than this.
    pub(crate) fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What it offers of the mechanisms.
    pub(crate) fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The slot that it is in.
    pub(crate) fn slot(&self) -> CK_SLOT_ID {
        self.slot
    }

    /// Its keys that have wrapped hidden keys.
    pub(crate) fn wrappers(&self) -> &Wrappers {
        &self.wrappers
    }

    /// `C_GetTokenInfo`.
    pub(crate) fn info(&self) -> Result<CK_TOKEN_INFO> {
        let header = self.store.header()?;
        let state = self.state.read();
        let read_write = state.sessions.values().filter(|read_write| **read_write).count();
        Ok(CK_TOKEN_INFO {
            label: header.label,
            manufacturerID: padded(crate::MANUFACTURER),
            model: padded("Ferrotoken"),
            serialNumber: header.serial,
            flags: flags(&header),
            ulMaxSessionCount: self.limits.sessions as CK_ULONG,
            ulSessionCount: state.sessions.len() as CK_ULONG,
            ulMaxRwSessionCount: self.limits.sessions as CK_ULONG,
            ulRwSessionCount: read_write as CK_ULONG,
            ulMaxPinLen: self.policy.max_len as CK_ULONG,
            ulMinPinLen: self.policy.min_len as CK_ULONG,
            ulTotalPublicMemory: CK_UNAVAILABLE_INFORMATION,
            ulFreePublicMemory: CK_UNAVAILABLE_INFORMATION,
            ulTotalPrivateMemory: CK_UNAVAILABLE_INFORMATION,
            ulFreePrivateMemory: CK_UNAVAILABLE_INFORMATION,
            hardwareVersion: crate::VERSION,
            firmwareVersion: crate::VERSION,
            utcTime: padded(&crate::clock::utc()),
        })
    }

    /// Whether `C_InitToken` was called for it, by whatever process.
    pub(crate) fn is_initialised(&self) -> Result<bool> {
        Ok(self.store.header()?.so_pin.is_some())
    }

    /// `C_InitToken`: destroys everything and starts anew; an initialised token asks for its SO PIN.
    pub(crate) fn initialise(&self, pin: &[u8], label: &[u8; 32]) -> Result<()> {
        if !self.state.read().sessions.is_empty() {
            return Err(Error::SessionExists);
        }
        let before = self.store.header()?;
        if before.so_pin.is_some() {
            self.judge(Login::So, pin, &self.judging.lock())?;
        } else {
            // The standard's list for C_InitToken has no code for a PIN's length but this one.
            self.policy.admit(pin).map_err(|_| Error::PinIncorrect)?;
        }
        let keys = self.store.fresh_keys()?;
        let so_pin = Pin::new(self.store.guard(pin, &keys)?, &self.policy);
        let mut seen = self.seen.lock();
        if !self.state.read().sessions.is_empty() {
            return Err(Error::SessionExists);
        }
        self.store.reset(&keys, &mut |header| {
            if header.epoch != before.epoch || header.so_pin.is_some() != before.so_pin.is_some() {
                // Another process was faster, and its PIN has not been asked for.
                return Err(Error::PinIncorrect);
            }
            let (serial, user_pin) = (header.serial, None);
            *header = Header { label: *label, serial, so_pin: Some(so_pin.clone()), user_pin, epoch: keys.epoch() };
            Ok(())
        })?;
        // Sessions may have been opened meanwhile; they find what there is now, which is nothing.
        self.forget(&mut seen);
        Ok(())
    }

    /// Gives a token in memory what a configuration says: its label, and if there is a PIN for the SO, it is initialised.
    pub(crate) fn prepare(&self, label: &[u8; 32], so_pin: Option<&[u8]>, user_pin: Option<&[u8]>) -> Result<()> {
        let keys = self.store.fresh_keys()?;
        let pin = |pin| Ok(Pin::new(self.store.guard(pin, &keys)?, &self.policy));
        let so_pin = so_pin.map(pin).transpose()?;
        let user_pin = user_pin.map(pin).transpose()?;
        self.store.update(&mut |header| {
            header.label = *label;
            header.so_pin.clone_from(&so_pin);
            header.user_pin.clone_from(&user_pin);
            Ok(())
        })
    }

    /// Adds token objects while a token in memory is being made ready: no session is open yet, and nobody logged in.
    pub(crate) fn install(&self, objects: Vec<Object>) {
        let mut state = self.state.write();
        for object in objects {
            state.objects.insert(Arc::new(object), None);
        }
    }

    /// The state, to be changed: in objects or in who is logged in.
    fn change(&self) -> RwLockWriteGuard<'_, State> {
        let state = self.state.write();
        // Under the lock: whoever sees the new number finds the new state, or waits for it.
        self.changes.fetch_add(1, Ordering::AcqRel);
        state
    }

    /// A number that is another one after each change in objects or login. What was looked up when it was known to be this
    /// number still holds while it is.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    // Sessions

    /// Registers a session that is being opened.
    pub(crate) fn open_session(&self, handle: CK_SESSION_HANDLE, read_write: bool) -> Result<()> {
        if !self.is_initialised()? {
            return Err(Error::TokenNotRecognized);
        }
        let mut state = self.state.write();
        if !read_write && state.login == Login::So {
            return Err(Error::SessionReadWriteSoExists);
        }
        if state.sessions.len() >= self.limits.sessions {
            return Err(Error::SessionCount);
        }
        state.sessions.insert(handle, read_write);
        Ok(())
    }

    /// Forgets a session and destroys its objects, which it gives; the last one logs out.
    pub(crate) fn close_session(&self, handle: CK_SESSION_HANDLE) -> Vec<Arc<Object>> {
        let mut state = self.change();
        state.sessions.remove(&handle);
        let gone = state.objects.remove_owned_by(handle);
        if state.sessions.is_empty() {
            self.end_login(&mut state);
        }
        gone.iter().filter_map(|entry| entry.object().cloned()).collect()
    }

    /// `C_Finalize`: ends the login and forgets all objects and sessions, so that no call that is still running makes new ones.
    pub(crate) fn end(&self) {
        let mut state = self.change();
        self.end_login(&mut state);
        state.sessions.clear();
        state.objects = Table::default();
    }
}

impl State {
    fn admit_login(&self, who: Login) -> Result<()> {
        if self.login == who {
            return Err(Error::UserAlreadyLoggedIn);
        }
        if self.login != Login::Public {
            return Err(Error::UserAnotherAlreadyLoggedIn);
        }
        if who == Login::So && self.sessions.values().any(|read_write| !read_write) {
            return Err(Error::SessionReadOnlyExists);
        }
        Ok(())
    }

    fn sees(&self, entry: &Entry) -> bool {
        !entry.private || self.login == Login::User
    }

    fn may_write(&self, session: CK_SESSION_HANDLE, token_object: bool, private: bool) -> Result<()> {
        let read_write = *self.sessions.get(&session).ok_or(Error::SessionClosed)?;
        if token_object && !read_write {
            return Err(Error::SessionReadOnly);
        }
        if private && self.login != Login::User {
            return Err(Error::UserNotLoggedIn);
        }
        Ok(())
    }
}

/// The `…_TO_BE_CHANGED` flags are never set: with one of them, only `C_SetPIN` might be called after a login
/// (section 3.2), and no PIN of ours expires or is a default of the manufacturer's.
fn flags(header: &Header) -> CK_FLAGS {
    let pin = |pin: &Option<Pin>, low: CK_FLAGS, last: CK_FLAGS, locked: CK_FLAGS| match pin {
        Some(pin) if pin.is_locked() => locked,
        Some(pin) if pin.is_final_try() => low | last,
        Some(pin) if pin.has_failed() => low,
        _ => 0,
    };
    let when = |set: bool, flag: CK_FLAGS| if set { flag } else { 0 };
    CKF_RNG
        | CKF_LOGIN_REQUIRED
        | CKF_CLOCK_ON_TOKEN
        | CKF_DUAL_CRYPTO_OPERATIONS
        | when(header.so_pin.is_some(), CKF_TOKEN_INITIALIZED)
        | when(header.user_pin.is_some(), CKF_USER_PIN_INITIALIZED)
        | pin(&header.user_pin, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED)
        | pin(&header.so_pin, CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED)
}

/// Sixteen hexadecimal digits. Random, so that two tokens of the same label can be told apart, but for a
/// memory token the same as long as its slot is, so that URIs that name it go on working.
fn serial_number(slot: CK_SLOT_ID) -> [u8; 16] {
    padded(&format!("{slot:016x}"))
}
