//! Whether PINs of a token are being judged, by whatever process.
//!
//! An attempt counts as a wrong one until it is judged. So when many processes log in at the same moment, as the workers of a server do,
//! their right PINs can use all attempts up, and the next one would be told that the PIN is locked. He asks here, and waits. What is
//! held is a lock of the system on a file beside the token's, which goes with its process; nobody ever waits for the lock itself.

use std::fs::{File, OpenOptions};
use std::path::Path;

/// A PIN is being judged as long as this is there.
pub(crate) struct Judging(File);

impl Judging {
    /// Tells others; `None` if they cannot be told, who then wait for nothing.
    pub(super) fn begin(path: &Path) -> Option<Self> {
        let file = open(path)?;
        file.try_lock_shared().ok()?;
        Some(Self(file))
    }

    /// Whether somebody is judging just now.
    pub(super) fn is_anybody(path: &Path) -> bool {
        open(path).is_some_and(|file| file.try_lock().is_err())
    }
}

impl Drop for Judging {
    fn drop(&mut self) {
        // A child that was forked meanwhile has the file open, and would have the lock with it.
        let _ = self.0.unlock();
    }
}

fn open(path: &Path) -> Option<File> {
    let mut name = path.as_os_str().to_owned();
    name.push("-pins");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(name).ok()
}
