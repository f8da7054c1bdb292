//! Deadlock detection, for tests: all locks of the library are `parking_lot`'s, which then knows who waits for whom.

use parking_lot::deadlock::check_deadlock;
use std::sync::Once;
use std::thread;
use std::time::Duration;

/// Looks for deadlocks from now on, and ends the process if there is one.
pub(crate) fn watch() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        thread::spawn(|| {
            loop {
                thread::sleep(Duration::from_secs(1));
                let deadlocks = check_deadlock();
                if deadlocks.is_empty() {
                    continue;
                }
                for thread in deadlocks.iter().flatten() {
                    eprintln!("in a deadlock, thread {:?}:\n{:?}", thread.thread_id(), thread.backtrace());
                }
                std::process::abort();
            }
        });
    });
}
