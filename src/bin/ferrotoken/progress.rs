//! What is going on, for somebody who waits at a terminal. Nothing is said to a file or a pipe, nor about what is soon done.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often something is said then.
const RHYTHM: Duration = Duration::from_millis(250);

/// Does something that may take its time, and says how long it is at it.
pub fn waiting<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let begun = Instant::now();
    let result = std::thread::scope(|scope| {
        let (over, ended) = mpsc::channel::<()>();
        scope.spawn(move || {
            let mut pause = PATIENCE;
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                line(&format!("{what}: {} s", begun.elapsed().as_secs()));
                pause = RHYTHM;
            }
        });
        let result = work();
        drop(over);
        result
    });
    clear(begun);
    result
}

/// Counts what is done of many things.
pub struct Counter {
    what: &'static str,
    all: usize,
    done: usize,
    begun: Instant,
    said: Instant,
}

impl Counter {
    /// So many things are to be done.
    pub fn new(what: &'static str, all: usize) -> Self {
        let now = Instant::now();
        Self { what, all, done: 0, begun: now, said: now }
    }

    /// One more is done.
    pub fn next(&mut self) {
        self.done += 1;
        let due = self.begun.elapsed() > PATIENCE && self.said.elapsed() > RHYTHM;
        if due && std::io::stderr().is_terminal() {
            self.said = Instant::now();
            line(&format!("{}: {} of {}", self.what, self.done, self.all));
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        clear(self.begun);
    }
}

fn line(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // Whoever has closed it does not want to know.
    let _ = write!(stderr, "\r\x1b[K{text}").and_then(|()| stderr.flush());
}

fn clear(begun: Instant) {
    if begun.elapsed() > PATIENCE && std::io::stderr().is_terminal() {
        line("");
    }
}
