//! The library of this process: initialised or not, before and after a fork, and the guard around every call.

use super::protect;
use crate::config::{Config, Environment};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::log::{self, Level};
use crate::setup::Failure;
use crate::wipe;
use arc_swap::ArcSwapOption;
use cryptoki_sys::*;
use parking_lot::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The initialised library and how the application wants it locked.
struct Running {
    library: Library,
    mutex: Option<CallerMutex>,
}

/// The initialised library. Every call reads it, from all threads at once, so it is read without a lock, and without a
/// counter that the processors would have to pass around.
#[derive(Default)]
struct Cell {
    running: ArcSwapOption<Running>,
    /// Held by the one who initialises.
    initialising: Mutex<()>,
}

/// The cell that holds the initialised library. It is made when it is first needed and never freed.
///
/// A forked child must not touch a lock that another thread of its parent may have held at the moment of the fork,
/// so the child's first act is to forget the cell, with all that is in it: it finds itself not initialised and
/// makes a cell of its own. (What was in the old cell stays in the child's memory, which is a copy anyway.)
static CELL: AtomicPtr<Cell> = AtomicPtr::new(ptr::null_mut());

fn cell() -> &'static Cell {
    watch_forks();
    let mut current = CELL.load(Ordering::Acquire);
    if current.is_null() {
        let fresh = Box::into_raw(Box::new(Cell::default()));
        match CELL.compare_exchange(ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => current = fresh,
            Err(other) => {
                // SAFETY: `fresh` came from `Box::into_raw` above and nobody else has seen it.
                drop(unsafe { Box::from_raw(fresh) });
                current = other;
            }
        }
    }
    // SAFETY: the pointer is not null, came from `Box::into_raw`, and no cell is ever freed once it was stored.
    unsafe { &*current }
}

// Miri knows no forks.
#[cfg(all(unix, not(miri)))]
fn watch_forks() {
    use crate::store::{fork, prepare_fork};
    use std::sync::atomic::AtomicBool;

    // Not a `Once`: a fork in the middle of that would leave the child waiting for ever. To watch twice does no harm.
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if WATCHED.load(Ordering::Acquire) {
        return;
    }
    extern "C" fn prepare() {
        prepare_fork();
    }
    extern "C" fn parent() {
        fork::parent();
    }
    extern "C" fn forget() {
        // Only atomic stores: they are all that is allowed between fork and exec.
        CELL.store(ptr::null_mut(), Ordering::Release);
        fork::child();
    }
    // SAFETY: the child's handler is async-signal-safe, and the library is never unloaded (linked with -z nodelete), so
    // all stay valid. After a failure (no memory) the next call tries again; a child must not use the library until then.
    let failed = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(forget)) } != 0;
    WATCHED.store(!failed, Ordering::Release);
}

#[cfg(any(not(unix), miri))]
fn watch_forks() {}

/// `C_Initialize`.
///
/// The four ways of locking (section 5.4): native locks serve the first, the second and the fourth. With the third,
/// own mutexes and no permission to use the system's, every call holds a mutex of the caller's.
pub(super) fn initialise(args: Option<CK_C_INITIALIZE_ARGS>) -> Result<()> {
    let mutex = match args {
        None => None,
        Some(args) => caller_mutex(&args)?,
    };
    // A host whose locks are its own wants no threads that do not know them.
    let threads = mutex.is_none() && args.is_none_or(|args| args.flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS == 0);
    #[cfg(feature = "deadlock-detection")]
    crate::deadlock::watch();
    let cell = cell();
    let _alone = cell.initialising.lock();
    if cell.running.load().is_some() {
        return Err(Error::CryptokiAlreadyInitialized);
    }
    let environment = Environment::read(elevated());
    let library = Config::load(&environment)
        .map_err(Failure::from)
        .and_then(|config| {
            protect::apply(&config.protection)?;
            Library::new(&config, threads)
        })
        .map_err(Failure::report)?;
    let mutex = mutex.map(CallerMutex::new).transpose()?;
    cell.running.store(Some(Arc::new(Running { library, mutex })));
    Ok(())
}

/// `C_Finalize`. Calls that are running in other threads finish with what they hold, if that is enough; later ones find nothing.
pub(super) fn finalise() -> Result<()> {
    let running = cell().running.swap(None).ok_or(Error::CryptokiNotInitialized)?;
    running.library.finalise();
    drop(running);
    wipe::stack();
    Ok(())
}

/// The border around every call: the library if it is initialised, the caller's mutex if there is one, a log line,
/// and no panic beyond here.
pub(super) fn guard(name: &str, arguments: impl Fn() -> String, call: impl FnOnce(&Library) -> Result<()>) -> CK_RV {
    enter(name, arguments, || {
        let running = cell().running.load();
        let running = running.as_ref().ok_or(Error::CryptokiNotInitialized)?;
        // A call that blocks must not hold the caller's mutex; it shares nothing that needs it.
        let _held = match &running.mutex {
            Some(mutex) if name != "C_WaitForSlotEvent" => Some(mutex.lock()?),
            _ => None,
        };
        let result = call(&running.library);
        // Whatever a call misses that has been forgotten meanwhile: that is why.
        result.map_err(|error| if running.library.is_finalised() { Error::CryptokiNotInitialized } else { error })
    })
}

/// As [`guard`], for the functions that may be called before `C_Initialize`.
pub(super) fn enter(name: &str, arguments: impl Fn() -> String, call: impl FnOnce() -> Result<()>) -> CK_RV {
    let result = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        log::write(Level::Error, format_args!("{name} panicked; please report this"));
        Err(Error::GeneralError)
    });
    let code = result.map_or_else(Error::code, |()| CKR_OK);
    if log::enabled(Level::Debug) {
        let arguments = catch_unwind(AssertUnwindSafe(arguments)).unwrap_or_default();
        log::write(Level::Debug, format_args!("{name}({arguments}) = {}", crate::names::Shown::return_code(code)));
    }
    code
}

/// Whether the process has more rights than the user who started it.
#[cfg(all(any(target_os = "linux", target_os = "android"), not(miri)))]
pub(super) fn elevated() -> bool {
    // SAFETY: reads a number that the system gave to the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Whether the process has more rights than the user who started it.
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd"))]
pub(super) fn elevated() -> bool {
    // SAFETY: asks the system and changes nothing.
    unsafe { libc::issetugid() != 0 }
}

/// Whether the process has more rights than the user who started it: never, where there is no such thing.
#[cfg(any(
    miri,
    not(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    ))
))]
pub(super) fn elevated() -> bool {
    false
}

/// The functions of a caller's mutex, if they must be used.
fn caller_mutex(args: &CK_C_INITIALIZE_ARGS) -> Result<Option<MutexFunctions>> {
    let CK_C_INITIALIZE_ARGS { CreateMutex, DestroyMutex, LockMutex, UnlockMutex, flags, pReserved } = *args;
    if !pReserved.is_null() {
        return Err(Error::ArgumentsBad);
    }
    let native = flags & CKF_OS_LOCKING_OK != 0;
    match (CreateMutex, DestroyMutex, LockMutex, UnlockMutex) {
        (None, None, None, None) => Ok(None),
        (Some(_), Some(_), Some(_), Some(_)) if native => Ok(None),
        (Some(create), Some(destroy), Some(lock), Some(unlock)) => {
            Ok(Some(MutexFunctions { create, destroy, lock, unlock }))
        }
        _ => Err(Error::ArgumentsBad),
    }
}

struct MutexFunctions {
    create: unsafe extern "C" fn(CK_VOID_PTR_PTR) -> CK_RV,
    destroy: unsafe extern "C" fn(CK_VOID_PTR) -> CK_RV,
    lock: unsafe extern "C" fn(CK_VOID_PTR) -> CK_RV,
    unlock: unsafe extern "C" fn(CK_VOID_PTR) -> CK_RV,
}

/// A mutex made by the caller's functions, destroyed when the last call that used it is over.
struct CallerMutex {
    functions: MutexFunctions,
    mutex: CK_VOID_PTR,
}

// SAFETY: the pointer is only ever given back to the caller's functions, whose purpose is to be called from any thread.
unsafe impl Send for CallerMutex {}
// SAFETY: as above.
unsafe impl Sync for CallerMutex {}

impl CallerMutex {
    fn new(functions: MutexFunctions) -> Result<Self> {
        let mut mutex = ptr::null_mut();
        // SAFETY: the caller's own function, called as section 3.7 says, with a place for the pointer.
        match unsafe { (functions.create)(&mut mutex) } {
            CKR_OK => Ok(Self { functions, mutex }),
            CKR_HOST_MEMORY => Err(Error::HostMemory),
            _ => Err(Error::CantLock),
        }
    }

    fn lock(&self) -> Result<impl Drop + '_> {
        // SAFETY: the mutex came from the caller's create function and is not destroyed before `self` is dropped.
        match unsafe { (self.functions.lock)(self.mutex) } {
            CKR_OK => Ok(CallerGuard(self)),
            _ => Err(Error::GeneralError),
        }
    }
}

impl Drop for CallerMutex {
    fn drop(&mut self) {
        // SAFETY: as in `lock`; this is its last use.
        unsafe { (self.functions.destroy)(self.mutex) };
    }
}

struct CallerGuard<'a>(&'a CallerMutex);

impl Drop for CallerGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: as in `lock`; the guard exists only while the mutex is locked.
        unsafe { (self.0.functions.unlock)(self.0.mutex) };
    }
}
