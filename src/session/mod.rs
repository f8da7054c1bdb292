//! One session: a state machine with two places for operations and one for a search.
//!
//! The *cipher* place holds an encryption or a decryption, the *integrity* place a digest, a signature or a
//! verification. Both may be filled only by one of the four pairs that the dual functions know. A step takes
//! the operation out of its place; it goes back only if the length was asked, the buffer was too small, or an
//! update succeeded. Every other way out ends it, errors and panics included.

mod derive;
mod kem;
mod keys;
mod objects;
mod place;
mod saved;
mod step;

use crate::error::{Error, Result};
use crate::object::Object;
use crate::token::{Login, Token};
use cryptoki_sys::*;
use parking_lot::Mutex;
use place::State;
use std::sync::Arc;

pub(crate) use derive::{Derived, Refused};
pub(crate) use place::Purpose;
pub(crate) use saved::StateSealer;

/// A mechanism as a caller asked for it: its row, and its parameter checked for form.
pub(crate) struct Asked {
    /// The row.
    pub mechanism: &'static crate::mech::Mechanism,
    /// The parameter.
    pub params: crate::mech::Params,
}

/// A session between the application and a token.
pub(crate) struct Session {
    handle: CK_SESSION_HANDLE,
    token: Arc<Token>,
    read_write: bool,
    state: Mutex<State>,
}

impl Session {
    /// A session that the token has already registered.
    pub(crate) fn new(handle: CK_SESSION_HANDLE, token: Arc<Token>, read_write: bool) -> Self {
        Self { handle, token, read_write, state: Mutex::default() }
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
        let read_write = if self.read_write { CKF_RW_SESSION } else { 0 };
        CK_SESSION_INFO { slotID: self.token.slot(), state, flags: CKF_SERIAL_SESSION | read_write, ulDeviceError: 0 }
    }

    /// `C_Login`, `C_LoginUser`.
    pub(crate) fn login(&self, user: CK_USER_TYPE, pin: &[u8]) -> Result<()> {
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

    /// `C_LoginUser`: this token knows no user names, so only the call without one is a login (section 5.6.9).
    pub(crate) fn login_user(&self, user: CK_USER_TYPE, pin: &[u8], name: &[u8]) -> Result<()> {
        if !name.is_empty() {
            return Err(Error::ArgumentsBad);
        }
        self.login(user, pin)
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

    /// `C_SessionCancel`: ends the operations that the flags name.
    pub(crate) fn cancel(&self, flags: CK_FLAGS) {
        self.lock().cancel(flags);
    }

    /// A key by its handle.
    fn key(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        self.token.object_or(handle, Error::KeyHandleInvalid)
    }
}
