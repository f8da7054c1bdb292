//! No process forks while it uses a store.
//!
//! SQLite keeps account of the locks on a file for the whole process. A forked child inherits the account, but not the locks:
//! it would believe to hold what it does not, and spoil the file. So a fork waits until no call is in a store, closes all
//! connections, and only then goes on; parent and child open their own when they next need one.
//!
//! Only atomics are used, because the child inherits everything as it is at that moment, and a lock might be held in it by a
//! thread that it does not have.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The thread that is forking, by an address that is its own; zero if none is.
static FORKING: AtomicUsize = AtomicUsize::new(0);
/// How many calls are in a store.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

const PAUSE: Duration = Duration::from_micros(50);

/// A call that is in a store.
pub(super) struct Inside(());

/// To be held while a connection is used, and taken before any lock that guards one.
pub(super) fn enter() -> Inside {
    loop {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        if FORKING.load(Ordering::SeqCst) == 0 {
            return Inside(());
        }
        INSIDE.fetch_sub(1, Ordering::SeqCst);
        std::thread::sleep(PAUSE);
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Before a fork: waits for the calls that are in a store, and keeps others out, so that the connections can be closed. To come
/// here twice for one fork does no harm.
pub(super) fn prepare() {
    while let Err(other) = FORKING.compare_exchange(0, this_thread(), Ordering::SeqCst, Ordering::SeqCst) {
        if other == this_thread() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
    while INSIDE.load(Ordering::SeqCst) != 0 {
        std::thread::sleep(PAUSE);
    }
}

/// After a fork, in the parent.
pub(crate) fn parent() {
    // Nothing is to be done about a failure: it means that this was done.
    let _ = FORKING.compare_exchange(this_thread(), 0, Ordering::SeqCst, Ordering::SeqCst);
}

/// After a fork, in the child: nobody else is there. Only atomic stores are allowed here.
pub(crate) fn child() {
    INSIDE.store(0, Ordering::SeqCst);
    FORKING.store(0, Ordering::SeqCst);
}

fn this_thread() -> usize {
    thread_local!(static MARK: u8 = const { 0 });
    MARK.with(|mark| std::ptr::from_ref(mark).addr())
}
