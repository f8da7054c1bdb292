//! Who keeps others from writing, so that a person can do something about it.

use std::fs;
use std::path::Path;

/// The first of SQLite's locks on the shared memory of a file's log: the one for writing.
const WRITE_LOCK: u64 = 120;

/// A process, for people.
pub(super) struct Holder {
    process: u32,
    name: String,
    is_stopped: bool,
}

impl Holder {
    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        let Self { process, name, is_stopped } = self;
        match is_stopped {
            true => {
                format!("Process {process} ({name}) is stopped while it writes. Let it go on: kill -CONT {process}")
            }
            false => format!("Process {process} ({name}) has been writing for too long; see what it is doing"),
        }
    }
}

/// The process that is writing to a token's file, where the system tells.
pub(super) fn find(path: &Path) -> Option<Holder> {
    let mut shared = path.as_os_str().to_owned();
    shared.push("-shm");
    let file = inode(Path::new(&shared))?;
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let process = locks.lines().find_map(|line| holder_in(line, file))?;
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (before, after) = status.rsplit_once(')')?;
    let name = before.split_once('(')?.1.escape_debug().to_string();
    Some(Holder { process, name, is_stopped: after.trim_start().starts_with(['T', 't']) })
}

/// The process of a line of `/proc/locks`, if it holds that lock: `1: POSIX ADVISORY WRITE 4711 fe:00:12345 120 120`.
fn holder_in(line: &str, file: u64) -> Option<u32> {
    let mut words = line.split_whitespace().skip(3);
    let (kind, process, place) = (words.next()?, words.next()?, words.next()?);
    let (first, last): (u64, u64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let this = kind == "WRITE" && place.rsplit(':').next()?.parse() == Ok(file) && (first..=last).contains(&WRITE_LOCK);
    process.parse().ok().filter(|_| this)
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| std::os::unix::fs::MetadataExt::ino(&file))
}

#[cfg(not(unix))]
fn inode(_: &Path) -> Option<u64> {
    None
}
