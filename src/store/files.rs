//! The directory of tokens and its files: their names, and who may have rights on them.

use crate::error::{Error, Result};
use crate::log;
use crate::rights;
use cryptoki_sys::CK_SLOT_ID;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// `0.token` is in slot 0.
const SUFFIX: &str = ".token";

/// The file of a slot.
pub(crate) fn path_of(directory: &Path, slot: CK_SLOT_ID) -> PathBuf {
    directory.join(format!("{slot}{SUFFIX}"))
}

/// The slots that have a file.
pub(crate) fn slots(directory: &Path) -> io::Result<Vec<CK_SLOT_ID>> {
    let mut slots = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).and_then(|name| name.parse().ok());
        // Thirty-one bits are the same number for every client on every platform; and one name for each.
        slots.extend(number.filter(|slot| *slot < 1 << 31 && path_of(Path::new(""), *slot).as_os_str() == name));
    }
    slots.sort_unstable();
    Ok(slots)
}

/// Makes the directory, for its owner only, if there is none.
pub(crate) fn make_directory(directory: &Path) -> io::Result<()> {
    let new: Vec<_> = directory.ancestors().take_while(|new| !new.as_os_str().is_empty() && !new.exists()).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    for above in new.into_iter().filter_map(Path::parent) {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        // Who may make something in a directory may perhaps not read it; then this is the system's affair.
        let _ = sync_directory(above);
    }
    Ok(())
}

/// Makes an empty file, for its owner only, unless there is one.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => file.sync_all()?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    path.parent().map_or(Ok(()), sync_directory)
}

/// What is new in a directory is there only when the directory says so on the disk.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Refuses a file that others have rights on, unless the configuration says so.
pub(super) fn admit(path: &Path, shared: bool) -> Result<()> {
    match complaint(path, shared) {
        None => Ok(()),
        Some((what, remedy)) => {
            log::alarm(format_args!("{}: {what}. {remedy}", path.display()));
            Err(Error::TokenNotRecognized)
        }
    }
}

/// What is wrong with the rights of a file or directory, and how to mend it.
pub(crate) fn complaint(path: &Path, shared: bool) -> Option<(String, String)> {
    let mode = rights::of_others(path).filter(|_| !shared)?;
    let wanted = if path.is_dir() { 0o700 } else { 0o600 };
    let what = format!("others than its owner have rights on it (mode {mode:o})");
    Some((what, format!("Run: chmod {wanted:o} {}, or set shared = true in [store]", path.display())))
}
