//! A token: who may do what, its PINs, its login, its objects.
//!
//! The token's lock covers look-ups and inserts. It is never held while a session's lock is taken, nor during
//! cryptography.

use crate::error::{Error, Result};
use crate::object::Object;
use crate::object::table::Table;
use crate::object::template::{Read, Template};
use crate::object::wrappers::Wrappers;
use crate::pin::{Pin, Policy, Verifier};
use cryptoki_sys::*;
use parking_lot::{RwLock, RwLockWriteGuard};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// A token in its slot.
pub(crate) struct Token {
    slot: CK_SLOT_ID,
    policy: Policy,
    state: RwLock<State>,
    /// Counts the logouts: an operation with a private key does not outlive the login in which it began.
    period: AtomicU64,
    wrappers: Wrappers,
}

struct State {
    label: [u8; 32],
    serial: [u8; 16],
    so_pin: Option<Pin>,
    user_pin: Option<Pin>,
    login: Login,
    /// The open sessions, and whether each may write.
    sessions: BTreeMap<CK_SESSION_HANDLE, bool>,
    objects: Table,
}

/// The serial number and label of a token that nobody has initialised.
const BLANK_LABEL: [u8; 32] = [b' '; 32];

impl Token {
    /// A token that is not initialised.
    pub(crate) fn new(slot: CK_SLOT_ID, policy: Policy, separate_wrapping: bool) -> Self {
        let state = State {
            label: BLANK_LABEL,
            serial: serial_number(slot),
            so_pin: None,
            user_pin: None,
            login: Login::Public,
            sessions: BTreeMap::new(),
            objects: Table::default(),
        };
        Self {
            slot,
            policy,
            state: RwLock::new(state),
            period: AtomicU64::new(0),
            wrappers: Wrappers::new(separate_wrapping),
        }
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
    pub(crate) fn info(&self) -> CK_TOKEN_INFO {
        let state = self.state.read();
        let read_write = state.sessions.values().filter(|read_write| **read_write).count();
        CK_TOKEN_INFO {
            label: state.label,
            manufacturerID: padded(crate::MANUFACTURER),
            model: padded("Ferrotoken"),
            serialNumber: state.serial,
            flags: state.flags(),
            ulMaxSessionCount: CK_EFFECTIVELY_INFINITE,
            ulSessionCount: state.sessions.len() as CK_ULONG,
            ulMaxRwSessionCount: CK_EFFECTIVELY_INFINITE,
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
        }
    }

    /// `C_InitToken`: destroys everything and starts anew; an initialised token asks for its SO PIN.
    pub(crate) fn initialise(&self, pin: &[u8], label: &[u8; 32]) -> Result<()> {
        let initialised = {
            let state = self.state.read();
            if !state.sessions.is_empty() {
                return Err(Error::SessionExists);
            }
            state.so_pin.is_some()
        };
        if initialised {
            self.judge(Login::So, pin)?;
        } else {
            // The standard's list for C_InitToken has no code for a PIN's length but this one.
            self.policy.admit(pin).map_err(|_| Error::PinIncorrect)?;
        }
        let so_pin = Pin::new(Verifier::new(pin)?, &self.policy);
        let mut state = self.state.write();
        if !state.sessions.is_empty() {
            return Err(Error::SessionExists);
        }
        state.label = *label;
        state.so_pin = Some(so_pin);
        state.user_pin = None;
        state.objects = Table::default();
        Ok(())
    }

    /// Gives the token what a configuration says: its label, and if there is a PIN for the SO, it is initialised.
    pub(crate) fn prepare(&self, label: &[u8; 32], so_pin: Option<&[u8]>, user_pin: Option<&[u8]>) -> Result<()> {
        let pin = |pin| Ok(Pin::new(Verifier::new(pin)?, &self.policy));
        let so_pin = so_pin.map(pin).transpose()?;
        let user_pin = user_pin.map(pin).transpose()?;
        let mut state = self.state.write();
        state.label = *label;
        state.so_pin = so_pin;
        state.user_pin = user_pin;
        Ok(())
    }

    /// Adds token objects while the token is being made ready: no session is open yet, and nobody logged in.
    pub(crate) fn install(&self, objects: Vec<Object>) {
        let mut state = self.state.write();
        for object in objects {
            state.objects.insert(Arc::new(object));
        }
    }

    // Sessions

    /// Registers a session that is being opened.
    pub(crate) fn open_session(&self, handle: CK_SESSION_HANDLE, read_write: bool) -> Result<()> {
        let mut state = self.state.write();
        if state.so_pin.is_none() {
            return Err(Error::TokenNotRecognized);
        }
        if !read_write && state.login == Login::So {
            return Err(Error::SessionReadWriteSoExists);
        }
        state.sessions.insert(handle, read_write);
        Ok(())
    }

    /// Forgets a session and destroys its objects; the last one logs out.
    pub(crate) fn close_session(&self, handle: CK_SESSION_HANDLE) {
        let mut state = self.state.write();
        state.sessions.remove(&handle);
        state.objects.remove_where(|object| object.owner == Some(handle));
        if state.sessions.is_empty() {
            self.end_login(&mut state);
        }
    }

    // Login

    /// Who is logged in now.
    pub(crate) fn login_state(&self) -> Login {
        self.state.read().login
    }

    /// A number that changes with each logout.
    pub(crate) fn login_period(&self) -> u64 {
        self.period.load(Ordering::Acquire)
    }

    /// `C_Login` for the user or the SO, in a session that must still be open when the PIN has been judged.
    pub(crate) fn login(&self, session: CK_SESSION_HANDLE, who: Login, pin: &[u8]) -> Result<()> {
        self.state.read().admit_login(who)?;
        self.judge(who, pin)?;
        let mut state = self.state.write();
        // Another thread may have logged in, or opened a session, or closed this one, meanwhile.
        state.admit_login(who)?;
        if !state.sessions.contains_key(&session) {
            return Err(Error::SessionClosed);
        }
        state.login = who;
        Ok(())
    }

    /// `C_Login` for a key that asks for the PIN before each use. A PIN that locks also logs out.
    pub(crate) fn check_user_pin(&self, pin: &[u8]) -> Result<()> {
        let judged = self.judge(Login::User, pin);
        if judged == Err(Error::PinLocked) {
            self.end_login(&mut self.state.write());
        }
        judged
    }

    /// `C_Logout`.
    pub(crate) fn logout(&self) -> Result<()> {
        let mut state = self.state.write();
        if state.login == Login::Public {
            return Err(Error::UserNotLoggedIn);
        }
        self.end_login(&mut state);
        Ok(())
    }

    /// `C_InitPIN`: the SO sets the user's PIN, which also unlocks it.
    pub(crate) fn init_user_pin(&self, pin: &[u8]) -> Result<()> {
        if self.login_state() != Login::So {
            return Err(Error::UserNotLoggedIn);
        }
        self.policy.admit(pin)?;
        let pin = Pin::new(Verifier::new(pin)?, &self.policy);
        let mut state = self.state.write();
        if state.login != Login::So {
            return Err(Error::UserNotLoggedIn);
        }
        state.user_pin = Some(pin);
        Ok(())
    }

    /// `C_SetPIN`: changes the SO's PIN if the SO is logged in, else the user's.
    pub(crate) fn set_pin(&self, old: &[u8], new: &[u8]) -> Result<()> {
        let who = if self.login_state() == Login::So { Login::So } else { Login::User };
        if who == Login::User && self.state.read().user_pin.is_none() {
            // There is no PIN that could be right; the standard's list has no better code.
            return Err(Error::PinIncorrect);
        }
        self.judge(who, old)?;
        self.policy.admit(new)?;
        let pin = Pin::new(Verifier::new(new)?, &self.policy);
        let mut state = self.state.write();
        *state.pin(who) = Some(pin);
        Ok(())
    }

    /// Judges a PIN. The attempt is counted first, and the hash computed without the lock.
    fn judge(&self, who: Login, pin: &[u8]) -> Result<()> {
        let verifier = self.state.write().pin(who).as_mut().ok_or(Error::UserPinNotInitialized)?.attempt()?;
        let right = verifier.accepts(pin);
        let mut state = self.state.write();
        let known = state.pin(who).as_mut().ok_or(Error::UserPinNotInitialized)?;
        if right {
            known.succeeded();
            return Ok(());
        }
        Err(if known.is_locked() { Error::PinLocked } else { Error::PinIncorrect })
    }

    fn end_login(&self, state: &mut RwLockWriteGuard<'_, State>) {
        if state.login == Login::User {
            state.objects.remove_where(|object| object.is_private() && !object.is_token_object());
            // The handles of private objects die with the login, and stay dead after the next one.
            state.objects.rename_where(Object::is_private);
        }
        state.login = Login::Public;
        self.period.fetch_add(1, Ordering::Release);
    }

    // Objects

    /// The object of a handle, if it may be seen now.
    pub(crate) fn object(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        let state = self.state.read();
        let object = state.objects.get(handle).ok_or(Error::ObjectHandleInvalid)?;
        if !state.sees(object) {
            return Err(Error::ObjectHandleInvalid);
        }
        Ok(object.clone())
    }

    /// The handles of the visible objects that match a template.
    pub(crate) fn find(&self, template: &Template) -> Vec<CK_OBJECT_HANDLE> {
        let state = self.state.read();
        state.objects.find(template, |object| state.sees(object))
    }

    /// Whether a session may make, change or destroy objects of these attributes: the one place of that rule.
    /// To be asked before costly work, and again by the functions that do it.
    pub(crate) fn may_write(&self, session: CK_SESSION_HANDLE, token_object: bool, private: bool) -> Result<()> {
        self.state.read().may_write(session, token_object, private)
    }

    /// Adds objects, all or none; returns their handles.
    pub(crate) fn insert<const N: usize>(
        &self,
        session: CK_SESSION_HANDLE,
        objects: [Object; N],
    ) -> Result<[CK_OBJECT_HANDLE; N]> {
        self.insert_all(session, objects.into())?.try_into().map_err(|_| Error::GeneralError)
    }

    /// As [`Self::insert`], for any number.
    pub(crate) fn insert_all(&self, session: CK_SESSION_HANDLE, objects: Vec<Object>) -> Result<Vec<CK_OBJECT_HANDLE>> {
        let mut state = self.state.write();
        for object in &objects {
            state.may_write(session, object.is_token_object(), object.is_private())?;
        }
        Ok(objects.into_iter().map(|object| state.objects.insert(Arc::new(object))).collect())
    }

    /// Replaces an object by a changed one, unless it was changed or destroyed meanwhile.
    pub(crate) fn replace(
        &self,
        session: CK_SESSION_HANDLE,
        handle: CK_OBJECT_HANDLE,
        old: &Arc<Object>,
        new: Object,
    ) -> Result<bool> {
        let mut state = self.state.write();
        state.may_write(session, old.is_token_object(), old.is_private())?;
        let current = state.objects.get(handle).ok_or(Error::ObjectHandleInvalid)?;
        if !Arc::ptr_eq(current, old) {
            return Ok(false);
        }
        state.objects.replace(handle, Arc::new(new));
        Ok(true)
    }

    /// `C_DestroyObject`.
    pub(crate) fn destroy(&self, session: CK_SESSION_HANDLE, handle: CK_OBJECT_HANDLE) -> Result<()> {
        let mut state = self.state.write();
        let object = state.objects.get(handle).cloned().ok_or(Error::ObjectHandleInvalid)?;
        if !state.sees(&object) {
            return Err(Error::ObjectHandleInvalid);
        }
        state.may_write(session, object.is_token_object(), object.is_private())?;
        if !object.attributes.bool(CKA_DESTROYABLE) {
            return Err(Error::ActionProhibited);
        }
        state.objects.remove(handle);
        Ok(())
    }
}

impl State {
    /// The `…_TO_BE_CHANGED` flags are never set: with one of them, only `C_SetPIN` might be called after a login
    /// (section 3.2), and no PIN of ours expires or is a default of the manufacturer's.
    fn flags(&self) -> CK_FLAGS {
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
            | when(self.so_pin.is_some(), CKF_TOKEN_INITIALIZED)
            | when(self.user_pin.is_some(), CKF_USER_PIN_INITIALIZED)
            | pin(&self.user_pin, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED)
            | pin(&self.so_pin, CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED)
    }

    fn pin(&mut self, who: Login) -> &mut Option<Pin> {
        if who == Login::So { &mut self.so_pin } else { &mut self.user_pin }
    }

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

    fn sees(&self, object: &Object) -> bool {
        !object.is_private() || self.login == Login::User
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

/// A string padded with blanks, as the standard's information structures want it.
pub(crate) fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    field.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    field
}

/// Sixteen hexadecimal digits. Random, so that two tokens of the same label can be told apart, but for a
/// memory token the same as long as its slot is, so that URIs that name it go on working.
fn serial_number(slot: CK_SLOT_ID) -> [u8; 16] {
    padded(&format!("{slot:016x}"))
}
