//! Asynchronous sessions (section 5.21): what takes long runs on a thread of its own, and its call gives `Error::Pending`.
//!
//! The thread computes, and touches neither the caller's memory nor the token: `C_AsyncComplete` writes the results and
//! makes the objects. So a function that is cancelled, or whose session is closed, leaves nothing behind, and whoever has
//! cancelled it may free its buffers at once.
//!
//! Until its result is fetched the session does nothing else: every other function of it gives `OperationActive`, but
//! those that ask about it, cancel, log out or close it.

use super::place::Op;
use super::{Asked, Purpose, Session};
use crate::error::{Error, Result};
use crate::log::{self, Level};
use crate::object::Object;
use crate::output::Output;
use crate::sync::Mutex;
use cryptoki_sys::*;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use zeroize::Zeroizing;

/// Input of so many bytes takes long, in whatever operation.
const LARGE: usize = 1 << 20;

/// As much as the main thread has: key generation is not frugal.
const STACK: usize = 8 << 20;

/// The function that is pending in a session, if there is one.
#[derive(Default)]
pub(super) struct Place(Mutex<Option<Pending>>);

struct Pending {
    call: Deferred,
    origin: Origin,
    thread: JoinHandle<()>,
    /// What has come of it, from the moment in which the thread is done with it.
    made: Arc<Mutex<Option<Result<Made>>>>,
}

/// When a call began, and with what.
#[derive(Clone, Copy)]
struct Origin {
    /// The login period.
    period: u64,
    /// Whether it uses a private key.
    private: bool,
}

/// A call that is to run on a thread.
#[derive(Clone, Copy)]
pub(crate) struct Deferred {
    /// The function's name.
    pub function: &'static str,
    /// The flag by which `C_SessionCancel` names it.
    pub flag: CK_FLAGS,
    /// Where the caller's output buffer is; 0 if the function has none. Not a pointer: nothing here may use it.
    pub buffer: usize,
    /// Whether there is more to tell than the return code.
    pub gives: bool,
}

impl Deferred {
    /// Whether it works on an operation of the session.
    fn is_step(&self) -> bool {
        self.flag & (CKF_GENERATE | CKF_GENERATE_KEY_PAIR) == 0
    }
}

/// What a thread has made.
pub(crate) enum Made {
    /// Nothing that comes out.
    Nothing,
    /// Output.
    Bytes(Zeroizing<Vec<u8>>),
    /// Objects that are not yet on the token, and output.
    Objects(Vec<Object>, Vec<u8>),
}

/// What a call has given in the end.
pub(crate) struct Completed {
    /// [`Deferred::buffer`].
    pub buffer: usize,
    /// Its output, or its error.
    pub result: Result<Results>,
}

/// What comes of a call that went well.
#[derive(Default)]
pub(crate) struct Results {
    /// What belongs into the caller's buffer, which has room for it.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The new objects.
    pub objects: Vec<CK_OBJECT_HANDLE>,
}

impl Session {
    /// Whether the session was opened with `CKF_ASYNC_SESSION`.
    pub(crate) fn is_asynchronous(&self) -> bool {
        self.asynchronous
    }

    /// Whether a function is pending.
    pub(crate) fn is_busy(&self) -> bool {
        self.asynchronous && self.pending.0.lock().is_some()
    }

    /// Whether a generation is to run on a thread: key pairs, domain parameters, and keys from passwords.
    pub(crate) fn defers_generation(&self, asked: &Asked) -> bool {
        let row = asked.mechanism;
        let slow = row.generate_pair.is_some() || row.generated == CKO_DOMAIN_PARAMETERS || row.id == CKM_PKCS5_PBKD2;
        self.asynchronous && slow
    }

    /// Whether so much input for an operation is to be processed on a thread; the length of the output then, at most.
    /// Not if the operation is not there, or the output has too little room: those the call itself tells.
    pub(crate) fn defers_step(
        &self,
        purpose: Purpose,
        input: usize,
        last: bool,
        output: Option<&mut Output<'_>>,
    ) -> Option<usize> {
        if !self.asynchronous {
            return None;
        }
        let state = self.lock();
        let active = state.actives().find(|active| active.purpose == purpose)?;
        let key_type = active.key.as_ref().and_then(|key| key.key_type());
        let slow = purpose == Purpose::Sign && last && matches!(key_type, Some(CKK_SLH_DSA | CKK_HSS));
        if !slow && input < LARGE {
            return None;
        }
        let bound = match &active.op {
            Op::Cipher(cipher) => cipher.bound(input, last),
            Op::Sign(sign) if last => sign.bound(),
            Op::Recover(_) | Op::Messages(_) => return None,
            Op::Sign(_) | Op::Verify(_) | Op::VerifySignature(..) => 0,
        };
        let room = output.map_or(Some(0), |output| Some(output.place()?.1))?;
        (room >= bound).then_some(bound)
    }

    /// Runs a call on a thread: `Pending` if all is well.
    pub(crate) fn defer(
        self: &Arc<Self>,
        call: Deferred,
        work: impl FnOnce(&Session) -> Result<Made> + Send + 'static,
    ) -> Result<()> {
        let mut place = self.pending.0.lock();
        if place.is_some() {
            return Err(Error::OperationActive);
        }
        let origin = Origin { period: self.token.login_period(), private: self.uses_private_key() };
        let made = Arc::new(Mutex::new(None));
        let (session, result) = (Arc::clone(self), Arc::clone(&made));
        let thread = Builder::new().name("ferrotoken".into()).stack_size(STACK).spawn(move || {
            let outcome = work(&session);
            // Under this lock, so that a logout either finds the result there, or was before it.
            let mut place = result.lock();
            *place = Some(session.unless_over(outcome, origin));
        });
        *place = Some(Pending { call, origin, thread: thread.map_err(|_| Error::HostMemory)?, made });
        Err(Error::Pending)
    }

    /// At the end of a login: what a private key has made, and private objects, do not stay in memory until they are fetched.
    pub(super) fn end_pending(&self) {
        if let Some(pending) = &*self.pending.0.lock() {
            let mut made = pending.made.lock();
            *made = made.take().map(|outcome| self.unless_over(outcome, pending.origin));
        }
    }

    /// As [`Self::cancel_pending`] for any function, without waiting for its thread.
    pub(super) fn forget_pending(&self) {
        self.pending.0.lock().take();
    }

    /// `C_AsyncComplete` for the function of that name: `Pending` while it runs, `OperationNotInitialized` if it does not, and
    /// `ArgumentsBad` if it has something to give and there is no place for that.
    pub(crate) fn complete(&self, named: impl FnOnce(&str) -> bool, has_place: bool) -> Result<Completed> {
        let mut place = self.pending.0.lock();
        let pending = place.as_ref().filter(|pending| named(pending.call.function));
        let pending = pending.ok_or(Error::OperationNotInitialized)?;
        if pending.call.gives && !has_place {
            return Err(Error::ArgumentsBad);
        }
        if !pending.thread.is_finished() {
            return Err(Error::Pending);
        }
        let Some(Pending { call, origin, thread, made }) = place.take() else { return Err(Error::GeneralError) };
        let _ = thread.join();
        let made = made.lock().take().unwrap_or_else(|| {
            log::write(Level::Error, format_args!("{} panicked; please report this", call.function));
            Err(Error::GeneralError)
        });
        Ok(Completed { buffer: call.buffer, result: self.settled(made, origin) })
    }

    /// `C_AsyncGetID`. Nothing outlives its session here.
    pub(crate) fn pending_id(&self, named: impl FnOnce(&str) -> bool) -> Result<CK_ULONG> {
        let place = self.pending.0.lock();
        let pending = place.as_ref().is_some_and(|pending| named(pending.call.function));
        Err(if pending { Error::StateUnsaveable } else { Error::OperationNotInitialized })
    }

    /// Forgets the pending function if the flags name it. The thread of a generation runs on and finds nobody who wants its
    /// result; that of a step is waited for, or it might take the next operation for its own.
    pub(super) fn cancel_pending(&self, flags: CK_FLAGS) {
        let cancelled = self.pending.0.lock().take_if(|pending| pending.call.flag & flags != 0);
        if let Some(pending) = cancelled.filter(|pending| pending.call.is_step()) {
            // Nobody wants its result, not even that it panicked.
            drop(pending.thread.join());
        }
    }

    /// What has come of a call, if its login has not ended meanwhile: what a private key has made does not outlive it, any more
    /// than the operation would have, and private objects do not either.
    fn unless_over(&self, made: Result<Made>, origin: Origin) -> Result<Made> {
        let private = match &made {
            Ok(Made::Objects(objects, _)) => origin.private || objects.iter().any(Object::is_private),
            _ => origin.private,
        };
        if private && origin.period != self.token.login_period() { Err(Error::UserNotLoggedIn) } else { made }
    }

    fn settled(&self, made: Result<Made>, origin: Origin) -> Result<Results> {
        let made = self.unless_over(made, origin);
        Ok(match made? {
            Made::Nothing => Results::default(),
            Made::Bytes(bytes) => Results { bytes, objects: Vec::new() },
            Made::Objects(objects, told) => {
                Results { bytes: told.into(), objects: self.token.insert_all(self.handle, objects)? }
            }
        })
    }

    fn uses_private_key(&self) -> bool {
        self.lock().actives().any(|active| active.key.as_ref().is_some_and(|key| key.is_private()))
    }
}
