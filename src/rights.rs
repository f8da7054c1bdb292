//! Who else than its owner has rights on a file.

use std::path::Path;

/// The mode of a file or directory on which others have rights; `None` if nobody has, or it cannot be looked at.
#[cfg(unix)]
pub(crate) fn of_others(path: &Path) -> Option<u32> {
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).ok()?) & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Not known here.
#[cfg(not(unix))]
pub(crate) fn of_others(_: &Path) -> Option<u32> {
    None
}
