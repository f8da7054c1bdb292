//! One session: a state machine with two places for operations and one for a search.
//!
//! The *cipher* place holds an encryption or a decryption, the *integrity* place a digest, a signature or a
//! verification. Both may be filled only by one of the four pairs that the dual functions know. A step takes
//! the operation out of its place; it goes back only if the length was asked, the buffer was too small, or an
//! update succeeded. Every other way out ends it, errors and panics included.

mod derive;
mod kem;
mod keys;
mod message;
mod objects;
mod pending;
mod place;
mod process;
mod saved;
mod spending;
mod step;

use crate::error::{Error, Result};
use crate::object::Object;
use crate::random::Generator;
use crate::sync::Mutex;
use crate::token::{Login, Token};
use cryptoki_sys::*;
use place::State;
use std::sync::Arc;

pub(crate) use derive::{Derived, Refused};
pub(crate) use keys::Wrapping;
pub(crate) use message::{Given, LastSignature, MessageParameter};
pub(crate) use pending::{Completed, Deferred, Made, Results};
pub(crate) use place::Purpose;
pub(crate) use saved::StateSealer;

/// A mechanism as a caller asked for it: its row, and its parameter checked for form.
pub(crate) struct Asked {
    /// The row.
    pub mechanism: &'static crate::mech::Mechanism,
    /// The parameter.
    pub params: crate::mech::Params,
}

/// A PIN is UTF-8; this is not, and so nobody's.
const NOBODYS_PIN: &[u8] = &[0xff];

/// A session between the application and a token.
pub(crate) struct Session {
    handle: CK_SESSION_HANDLE,
    token: Arc<Token>,
    read_write: bool,
    asynchronous: bool,
    state: Mutex<State>,
    pending: pending::Place,
    /// Random numbers for the caller; keys come straight from the system.
    pub random: Generator,
}

impl Session {
    /// A session that the token has already registered.
    pub(crate) fn new(handle: CK_SESSION_HANDLE, token: Arc<Token>, read_write: bool) -> Self {
        Self {
            handle,
            token,
            read_write,
            asynchronous: false,
            state: Mutex::default(),
            pending: pending::Place::default(),
            random: Generator::default(),
        }
    }

    /// The session, asynchronous if so asked.
    pub(crate) fn asynchronous(self, asynchronous: bool) -> Self {
        Self { asynchronous, ..self }
    }

    /// Its handle.
    pub(crate) fn handle(&self) -> CK_SESSION_HANDLE {
        self.handle
    }

    /// The token that it talks to.
    pub(crate) fn token(&self) -> &Arc<Token> {
        &self.token
    }

    /// `C_GetSessionInfo`. The state is computed from the token's login at this moment, never stored.
    pub(crate) fn info(&self) -> CK_SESSION_INFO {
        let state = match (self.token.login_state(), self.read_write) {
            (Login::Public, false) => CKS_RO_PUBLIC_SESSION,
            (Login::Public, true) => CKS_RW_PUBLIC_SESSION,
            (Login::User, false) => CKS_RO_USER_FUNCTIONS,
            (Login::User, true) => CKS_RW_USER_FUNCTIONS,
            (Login::So, _) => CKS_RW_SO_FUNCTIONS,
        };
        let flag = |set: bool, flag: CK_FLAGS| if set { flag } else { 0 };
        let flags = CKF_SERIAL_SESSION
            | flag(self.read_write, CKF_RW_SESSION)
            | flag(self.is_asynchronous(), CKF_ASYNC_SESSION);
        CK_SESSION_INFO { slotID: self.token.slot(), state, flags, ulDeviceError: 0 }
    }

    /// `C_Login`; with a name, `C_LoginUser`: the name must be the user's (section 5.6.9). Whoever sends a wrong
    /// name learns nothing about the PIN: it is judged, and counted, as a wrong PIN.
    pub(crate) fn login(&self, user: CK_USER_TYPE, pin: &[u8], name: &[u8]) -> Result<()> {
        let who = match user {
            _ if name.is_empty() => return self.login_as(user, pin),
            CKU_SO => Login::So,
            CKU_USER | CKU_CONTEXT_SPECIFIC => Login::User,
            _ => return Err(Error::UserTypeInvalid),
        };
        let pin = if self.token.is_name_of(who, name)? { pin } else { NOBODYS_PIN };
        self.login_as(user, pin)
    }

    fn login_as(&self, user: CK_USER_TYPE, pin: &[u8]) -> Result<()> {
        match user {
            CKU_SO => self.token.login(self.handle, Login::So, pin),
            CKU_USER => self.token.login(self.handle, Login::User, pin),
            CKU_CONTEXT_SPECIFIC => {
                let mut state = self.lock();
                let waiting = state.waiting_for_login().ok_or(Error::OperationNotInitialized)?;
                self.token.check_user_pin(pin)?;
                *waiting = false;
                Ok(())
            }
            _ => Err(Error::UserTypeInvalid),
        }
    }

    /// `C_InitPIN`.
    pub(crate) fn init_pin(&self, pin: &[u8]) -> Result<()> {
        self.token.init_user_pin(pin)
    }

    /// `C_SetPIN`.
    pub(crate) fn set_pin(&self, old: &[u8], new: &[u8]) -> Result<()> {
        if !self.read_write {
            return Err(Error::SessionReadOnly);
        }
        self.token.set_pin(old, new)
    }

    /// `C_GetSessionValidationFlags`. Nobody has validated this module, so no operation was a validated one; other kinds
    /// of flags than that of the last operation do not exist.
    pub(crate) fn validation_flags(&self, kind: CK_SESSION_VALIDATION_FLAGS_TYPE) -> Result<CK_FLAGS> {
        if kind == CKS_LAST_VALIDATION_OK { Ok(0) } else { Err(Error::ArgumentsBad) }
    }

    /// `C_SessionCancel`: ends the operations that the flags name. A pending step is waited for.
    pub(crate) fn cancel(&self, flags: CK_FLAGS) {
        self.cancel_pending(flags);
        self.lock().cancel(flags);
    }

    /// The row by which this token does what was asked.
    fn row(&self, asked: &Asked) -> Result<&'static crate::mech::Mechanism> {
        self.token.offer().row(asked.mechanism, &asked.params)
    }

    /// A key by its handle.
    fn key(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        self.token.object_or(handle, Error::KeyHandleInvalid)
    }
}
