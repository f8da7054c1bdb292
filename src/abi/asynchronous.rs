//! The functions that may become asynchronous, on their way to the session, and the three that manage them (section 5.21).
//!
//! Input is copied before a thread gets it. Output goes into the thread's own memory, and from there into the caller's buffer
//! when the caller asks by `C_AsyncComplete`.

use super::args::Source;
use super::memory::{read, same_string};
use crate::buffer;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::output::Output as Convention;
use crate::session::{Completed, Deferred, Made, Purpose, Results, Session as Live};
use crate::wipe;
use cryptoki_sys::*;
use std::ptr;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A step from input to output.
pub(super) type Step = fn(&Live, Purpose, Result<(&[u8], Convention<'_>)>) -> Result<()>;

/// `C_Encrypt` and its relatives: now, or on a thread. `last` says whether the step ends the operation.
pub(super) fn pass(
    function: &'static str,
    session: &Arc<Live>,
    (purpose, last): (Purpose, bool),
    args: Result<((Source<'_>, Convention<'_>),)>,
    step: Step,
) -> Result<()> {
    let ((source, mut output),) = match args {
        Ok(args) => args,
        Err(error) => return step(session, purpose, Err(error)),
    };
    let Some(bound) = session.defers_step(purpose, source.bytes().len(), last, Some(&mut output)) else {
        return step(session, purpose, Ok((source.bytes(), output)));
    };
    let input = Zeroizing::new(buffer::copied(source.bytes())?);
    let buffer = output.place().map_or(0, |(address, _)| address);
    let call = Deferred { function, flag: purpose.flag(), buffer, gives: true };
    defer(session, call, move |session| {
        let mut bytes = buffer::zeros(bound)?;
        let mut length = [0; size_of::<CK_ULONG>()];
        step(session, purpose, Ok((&input, Convention::new(Some(&mut bytes), &mut length))))?;
        bytes.truncate(usize::try_from(CK_ULONG::from_ne_bytes(length)).unwrap_or(0));
        Ok(Made::Bytes(bytes))
    })
}

/// `C_SignFinal` and its relatives: [`pass`] without input.
pub(super) fn last(
    function: &'static str,
    session: &Arc<Live>,
    purpose: Purpose,
    args: Result<(Convention<'_>,)>,
    step: Step,
) -> Result<()> {
    pass(function, session, (purpose, true), args.map(|(output,)| ((Source::Apart(&[]), output),)), step)
}

/// `C_SignUpdate` and its relatives, which only take input: now, or on a thread.
pub(super) fn absorb(
    function: &'static str,
    session: &Arc<Live>,
    purpose: Purpose,
    args: Result<(&[u8],)>,
) -> Result<()> {
    let input = args.map(|(input,)| input);
    let length = input.as_ref().map_or(0, |input| input.len());
    if session.defers_step(purpose, length, false, None).is_none() {
        return session.absorb(purpose, input);
    }
    let input = Zeroizing::new(buffer::copied(input?)?);
    let call = Deferred { function, flag: purpose.flag(), buffer: 0, gives: false };
    defer(session, call, move |session| session.absorb(purpose, Ok(&input)).map(|()| Made::Nothing))
}

/// A generation of objects on a thread; `buffer` is the address of the place for what is told beside them.
pub(super) fn generate(
    (function, flag): (&'static str, CK_FLAGS),
    session: &Arc<Live>,
    buffer: usize,
    work: impl FnOnce(&Live) -> Result<Made> + Send + 'static,
) -> Result<()> {
    defer(session, Deferred { function, flag, buffer, gives: true }, work)
}

fn defer(session: &Arc<Live>, call: Deferred, work: impl FnOnce(&Live) -> Result<Made> + Send + 'static) -> Result<()> {
    session.defer(call, |session| {
        leave_signals_to_the_host();
        let made = work(session);
        wipe::stack();
        made
    })
}

/// The host's handlers run on the host's threads; a fault of this thread's own is still its own.
#[cfg(unix)]
fn leave_signals_to_the_host() {
    let own = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGABRT];
    // SAFETY: the set is filled before it is used, and only this thread's mask changes.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigfillset(&mut set);
        own.iter().for_each(|signal| {
            libc::sigdelset(&mut set, *signal);
        });
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut());
    }
}

#[cfg(not(unix))]
fn leave_signals_to_the_host() {}

/// A session in which a function may be pending.
pub(super) struct AnySession;

impl AnySession {
    pub(super) unsafe fn take(library: &Library, handle: CK_SESSION_HANDLE) -> Result<Arc<Live>> {
        library.session(handle)
    }

    pub(super) unsafe fn show(handle: CK_SESSION_HANDLE) -> String {
        handle.to_string()
    }
}

/// The name of a function: a string that ends with NUL.
pub(super) struct Function(*const CK_UTF8CHAR);

impl Function {
    pub(super) unsafe fn take(_: &Library, name: *const CK_UTF8CHAR) -> Result<Self> {
        if name.is_null() { Err(Error::ArgumentsBad) } else { Ok(Self(name)) }
    }

    pub(super) unsafe fn show(name: *const CK_UTF8CHAR) -> String {
        if name.is_null() { "NULL".into() } else { "*".into() }
    }

    fn is(&self, name: &str) -> bool {
        // SAFETY: not NULL, and a string that ends with NUL, as the standard says.
        unsafe { same_string(self.0, name.as_bytes()) }
    }
}

/// The place of the results of `C_AsyncComplete`; NULL for a function that has none.
pub(super) struct AsyncData(*mut CK_ASYNC_DATA);

impl AsyncData {
    /// `ArgumentsBad` for a version of the structure that does not exist.
    pub(super) unsafe fn take(_: &Library, place: *mut CK_ASYNC_DATA) -> Result<Self> {
        // SAFETY: NULL, or the structure.
        match unsafe { read(place) } {
            Some(data) if data.ulVersion != 0 => Err(Error::ArgumentsBad),
            _ => Ok(Self(place)),
        }
    }

    pub(super) unsafe fn show(place: *mut CK_ASYNC_DATA) -> String {
        if place.is_null() { "NULL".into() } else { "*".into() }
    }

    /// The buffer's address is there whatever came of the call, so that it may be freed.
    fn set(&self, buffer: *mut CK_BYTE, results: Option<&Results>) {
        let handle = |index: usize| results.and_then(|results| results.objects.get(index)).copied();
        let data = CK_ASYNC_DATA {
            ulVersion: 0,
            pValue: buffer,
            ulValue: results.map_or(0, |results| results.bytes.len() as CK_ULONG),
            hObject: handle(0).unwrap_or(CK_INVALID_HANDLE),
            hAdditionalObject: handle(1).unwrap_or(CK_INVALID_HANDLE),
        };
        if !self.0.is_null() {
            // SAFETY: not NULL, and the caller says that there is room; alignment is not relied on.
            unsafe { ptr::write_unaligned(self.0, data) };
        }
    }
}

/// `C_AsyncComplete`.
pub(super) fn complete(session: &Live, function: &Function, place: &AsyncData) -> Result<()> {
    let Completed { buffer, result } = session.complete(|name| function.is(name), !place.0.is_null())?;
    let buffer: *mut CK_BYTE = if buffer == 0 { ptr::null_mut() } else { ptr::with_exposed_provenance_mut(buffer) };
    place.set(buffer, result.as_ref().ok());
    let results = result?;
    if !results.bytes.is_empty() {
        // SAFETY: the standard has the caller keep the buffer of the original call until now; it had room for the most
        // that could come.
        unsafe { ptr::copy_nonoverlapping(results.bytes.as_ptr(), buffer, results.bytes.len()) };
    }
    Ok(())
}

/// `C_AsyncGetID`.
pub(super) fn id(session: &Live, function: &Function) -> Result<CK_ULONG> {
    session.pending_id(|name| function.is(name))
}
