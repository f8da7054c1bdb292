//! The initialised library: its slots and its sessions.
//!
//! The library's locks guard the maps only: look up, clone the `Arc`, unlock.

#[cfg(all(test, feature = "shuttle"))]
mod orders;
mod sessions;
mod slots;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::object::Object;
use crate::output::padded;
use crate::session::{Session, StateSealer};
use crate::setup::Failure;
use crate::token::Token;
use crate::wipe;
use cryptoki_sys::*;
use parking_lot::{Condvar, Mutex};
use sessions::Sessions;
use slots::Slots;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The last session's handle. It outlives `C_Finalize`: who still has a handle of before must not meet somebody else's session.
static LAST_SESSION: AtomicU64 = AtomicU64::new(0);

/// Everything between `C_Initialize` and `C_Finalize`.
pub(crate) struct Library {
    slots: Slots,
    sessions: Sessions,
    /// Seals saved operation states.
    pub sealer: StateSealer,
    /// Whether threads may be made.
    threads: bool,
    finalised: Mutex<bool>,
    on_finalise: Condvar,
}

impl Library {
    /// A library with the tokens that a configuration names, which may make threads or not.
    pub(crate) fn new(config: &Config, threads: bool) -> core::result::Result<Self, Failure> {
        Ok(Self {
            slots: Slots::new(config)?,
            sessions: Sessions::default(),
            sealer: StateSealer::new()?,
            threads,
            finalised: Mutex::new(false),
            on_finalise: Condvar::new(),
        })
    }

    /// `C_GetInfo`.
    pub(crate) fn info(&self) -> CK_INFO {
        CK_INFO {
            cryptokiVersion: CK_VERSION { major: 3, minor: 2 },
            manufacturerID: padded(crate::MANUFACTURER),
            flags: 0,
            libraryDescription: padded("Ferrotoken software token"),
            libraryVersion: crate::VERSION,
        }
    }

    // Slots

    /// The numbers of all slots; every slot has its token in it. New ones are found only if the caller asks for their number
    /// alone, so that a list which he makes room for then fits (section 5.5.1, "C_GetSlotList").
    pub(crate) fn slots(&self, number_only: bool) -> Result<Vec<CK_SLOT_ID>> {
        if number_only {
            self.slots.look()?;
        }
        Ok(self.slots.numbers())
    }

    /// The token in a slot.
    pub(crate) fn token(&self, slot: CK_SLOT_ID) -> Result<Arc<Token>> {
        self.slots.token(slot)
    }

    /// `C_GetTokenInfo`.
    pub(crate) fn token_info(&self, slot: CK_SLOT_ID) -> Result<CK_TOKEN_INFO> {
        let mut info = self.token(slot)?.info()?;
        if self.threads {
            info.flags |= CKF_ASYNC_SESSION_SUPPORTED;
        }
        Ok(info)
    }

    /// `C_GetSlotInfo`.
    pub(crate) fn slot_info(&self, slot: CK_SLOT_ID) -> Result<CK_SLOT_INFO> {
        self.token(slot)?;
        Ok(CK_SLOT_INFO {
            slotDescription: padded(&format!("Ferrotoken slot {slot}")),
            manufacturerID: padded(crate::MANUFACTURER),
            flags: CKF_TOKEN_PRESENT,
            hardwareVersion: crate::VERSION,
            firmwareVersion: crate::VERSION,
        })
    }

    /// `C_WaitForSlotEvent`. Tokens never come or go: a waiting caller is released by `C_Finalize` only.
    pub(crate) fn wait_for_slot_event(&self, block: bool) -> Error {
        if !block {
            return Error::NoEvent;
        }
        let mut finalised = self.finalised.lock();
        while !*finalised {
            self.on_finalise.wait(&mut finalised);
        }
        Error::CryptokiNotInitialized
    }

    /// `C_Finalize`: releases those who wait, and forgets all that is secret, even if a thread of an asynchronous session or a call in
    /// another thread holds a session for some time yet.
    pub(crate) fn finalise(&self) {
        *self.finalised.lock() = true;
        self.on_finalise.notify_all();
        self.slots.end();
        self.sessions.all().iter().for_each(|session| session.forget());
    }

    /// Whether [`Self::finalise`] has been called: by another thread, while this one is in a call.
    pub(crate) fn is_finalised(&self) -> bool {
        *self.finalised.lock()
    }

    // Sessions

    /// The session of a handle.
    pub(crate) fn session(&self, handle: CK_SESSION_HANDLE) -> Result<Arc<Session>> {
        self.sessions.get(handle).ok_or(Error::SessionHandleInvalid)
    }

    /// `C_OpenSession`.
    pub(crate) fn open_session(&self, slot: CK_SLOT_ID, flags: CK_FLAGS) -> Result<CK_SESSION_HANDLE> {
        if flags & CKF_SERIAL_SESSION == 0 {
            return Err(Error::SessionParallelNotSupported);
        }
        let asynchronous = flags & CKF_ASYNC_SESSION != 0;
        if asynchronous && !self.threads {
            return Err(Error::SessionAsyncNotSupported);
        }
        let token = self.token(slot)?;
        let read_write = flags & CKF_RW_SESSION != 0;
        let handle = LAST_SESSION.fetch_add(1, Ordering::Relaxed) + 1;
        let handle = CK_SESSION_HANDLE::try_from(handle).map_err(|_| Error::SessionCount)?;
        token.open_session(handle, read_write)?;
        let session = Arc::new(Session::new(handle, token.clone(), read_write).asynchronous(asynchronous));
        self.sessions.insert(handle, session);
        Ok(handle)
    }

    /// `C_CloseSession`. A call that is running in it finishes; its objects are gone when this returns.
    pub(crate) fn close_session(&self, handle: CK_SESSION_HANDLE) -> Result<()> {
        let session = self.sessions.remove(handle).ok_or(Error::SessionHandleInvalid)?;
        session.forget();
        let gone = session.token().close_session(session.handle());
        if !gone.is_empty() {
            self.wipe_destroyed(session.token(), gone);
        }
        Ok(())
    }

    /// `C_Login`, `C_LoginUser`. A wrong PIN that locks ends the login of all sessions.
    pub(crate) fn login(&self, session: &Session, user: CK_USER_TYPE, pin: &[u8], name: &[u8]) -> Result<()> {
        let logged_in = session.login(user, pin, name);
        if logged_in == Err(Error::PinLocked) {
            self.end_what_is_over(session.token());
        }
        logged_in
    }

    /// `C_Logout`. What it ends in other sessions is wiped now, and not when they are next used; a session that is in the
    /// middle of a call ends it as soon as the call is over.
    pub(crate) fn logout(&self, session: &Session) -> Result<()> {
        let token = session.token();
        token.logout()?;
        self.end_what_is_over(token);
        wipe::stack();
        Ok(())
    }

    /// `C_DestroyObject`. What other sessions remember of a key is wiped now.
    pub(crate) fn destroy_object(&self, session: &Session, handle: CK_OBJECT_HANDLE) -> Result<()> {
        let gone = session.destroy_object(handle)?;
        self.wipe_destroyed(session.token(), vec![gone]);
        Ok(())
    }

    /// After objects were destroyed: what other sessions, and the stack, remember of them.
    fn wipe_destroyed(&self, token: &Arc<Token>, gone: Vec<Arc<Object>>) {
        if gone.iter().any(|object| Arc::strong_count(object) > 1) {
            self.end_what_is_over(token);
        }
        drop(gone);
        wipe::stack();
    }

    /// Wipes what is over in all sessions with a token, but for those that are in the middle of a call, which will.
    fn end_what_is_over(&self, token: &Arc<Token>) {
        let sessions = self.sessions.all();
        sessions.iter().filter(|other| Arc::ptr_eq(other.token(), token)).for_each(|other| other.end_what_is_over());
    }

    /// `C_CloseAllSessions`.
    pub(crate) fn close_all_sessions(&self, slot: CK_SLOT_ID) -> Result<()> {
        let token = self.token(slot)?;
        let closed = self.sessions.remove_where(|session| Arc::ptr_eq(session.token(), &token));
        for session in closed {
            session.forget();
            token.close_session(session.handle());
        }
        wipe::stack();
        Ok(())
    }
}
