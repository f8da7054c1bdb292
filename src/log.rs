//! The log: one line for each event, to standard error or to a file. docs/logging.md describes it for users.
//!
//! When it is off it costs one relaxed load. It takes no lock, so that a forked child can write whatever the other threads
//! of its parent were doing; and it keeps no descriptor open, so that a host which closes descriptors that it does
//! not know, as daemons do, never finds our lines in a file of its own.

use crate::clock;
use once_cell::race::OnceBox;
use std::fmt::{Arguments, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much is written: what a level names, and what those before it name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What must be put right: a configuration that is refused, a fault of the library.
    Error = 1,
    /// What is allowed but unwise.
    Warn,
    /// Initialising and finalising.
    Info,
    /// Each call, with its arguments and its result by name.
    Debug,
    /// Everything there is.
    Trace,
}

impl Level {
    /// All of them, the quietest first.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The name in `FERROTOKEN_LOG`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The level of a name, in small letters or capitals.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(name))
    }
}

/// The level in the low bits (0: off); above them where the log goes: 0 for standard error, else the number of a file.
static STATE: AtomicUsize = AtomicUsize::new(0);

const LEVEL_BITS: u32 = 3;
const LEVEL_MASK: usize = (1 << LEVEL_BITS) - 1;

/// The files that were ever named, in a list that only grows: by one for each new name. So a reader needs no lock.
static FILES: OnceBox<Node> = OnceBox::new();

struct Node {
    path: PathBuf,
    next: OnceBox<Node>,
}

/// Opens the log; `None` turns it off. Fails if the file cannot be created (with mode 0600) or appended to.
pub fn open(level: Option<Level>, file: Option<&Path>) -> io::Result<()> {
    let Some(level) = level else {
        close();
        return Ok(());
    };
    let number = match file {
        None => 0,
        Some(path) => {
            append_to(path)?;
            number_of(path)
        }
    };
    STATE.store(number << LEVEL_BITS | level as usize, Ordering::Release);
    Ok(())
}

/// Turns the log off.
pub fn close() {
    STATE.store(0, Ordering::Release);
}

/// Whether lines of this level are written.
#[inline]
pub fn enabled(level: Level) -> bool {
    STATE.load(Ordering::Relaxed) & LEVEL_MASK >= level as usize
}

/// Writes a line if its level is enabled. The message must not hold a secret.
pub fn write(level: Level, message: Arguments<'_>) {
    let state = STATE.load(Ordering::Acquire);
    if state & LEVEL_MASK < level as usize {
        return;
    }
    let line = line(level, message);
    let file = file_of(state >> LEVEL_BITS).and_then(|path| append_to(path).ok());
    // Nothing can be done about a log that cannot be written, and no call fails for it.
    let _ = match file {
        Some(mut file) => file.write_all(line.as_bytes()),
        None => to_standard_error(line.as_bytes()),
    };
}

/// What a person must read: goes to standard error, and to the log if that is elsewhere.
pub fn alarm(message: Arguments<'_>) {
    write(Level::Error, message);
    let in_log = enabled(Level::Error) && STATE.load(Ordering::Relaxed) >> LEVEL_BITS == 0;
    if !in_log {
        let _ = to_standard_error(format!("ferrotoken: {}\n", one_line(message)).as_bytes());
    }
}

/// `2026-11-24T19:13:00.123456Z 4711 4712 DEBUG message`: the time, the process, the thread, the level.
fn line(level: Level, message: Arguments<'_>) -> String {
    let name = level.name().to_ascii_uppercase();
    let (time, process, thread) = (clock::timestamp(), std::process::id(), thread());
    format!("{time} {process} {thread} {name} {}\n", one_line(message))
}

/// The message without control characters: what a caller sends can neither begin a line of its own nor steer a terminal.
fn one_line(message: Arguments<'_>) -> String {
    let mut shown = String::new();
    for character in message.to_string().chars() {
        // Writing to a string does not fail.
        let _ = match character.is_control() {
            true => write!(shown, "{}", character.escape_default()),
            false => shown.write_char(character),
        };
    }
    shown
}

/// The system's number of this thread; where that cannot be had, an address that no other living thread has.
/// (`std::thread::current` leaves a destructor behind in threads that are the host's.)
fn thread() -> String {
    thread_local!(static MARK: u8 = const { 0 });
    #[cfg(target_os = "linux")]
    if let Some(number) = std::fs::read_link("/proc/thread-self").ok().as_deref().and_then(Path::file_name) {
        return number.to_string_lossy().into_owned();
    }
    MARK.with(|mark| format!("{:p}", std::ptr::from_ref(mark)))
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes to standard error past Rust's own handle of it, whose lock another thread may have held at a fork.
#[cfg(unix)]
fn to_standard_error(line: &[u8]) -> io::Result<()> {
    use std::os::fd::AsFd;
    File::from(io::stderr().as_fd().try_clone_to_owned()?).write_all(line)
}

#[cfg(not(unix))]
fn to_standard_error(line: &[u8]) -> io::Result<()> {
    io::stderr().write_all(line)
}

/// The number of a file in the list, counted from one; it is added if it is new.
fn number_of(path: &Path) -> usize {
    let mut place = &FILES;
    let mut number = 1;
    loop {
        let node = place.get_or_init(|| Box::new(Node { path: path.into(), next: OnceBox::new() }));
        if node.path == path {
            return number;
        }
        place = &node.next;
        number += 1;
    }
}

/// The file of a number; `None` for standard error.
fn file_of(number: usize) -> Option<&'static Path> {
    let mut node = FILES.get();
    for _ in 1..number {
        node = node?.next.get();
    }
    node.filter(|_| number > 0).map(|node| node.path.as_path())
}
