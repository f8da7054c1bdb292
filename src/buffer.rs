//! Memory for as many bytes as a caller has named: `HostMemory` if there is not so much, and not the end of the process.

use crate::error::{Error, Result};
use zeroize::Zeroizing;

/// So many zeros.
pub(crate) fn zeros(length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = reserved(length)?;
    bytes.resize(length, 0);
    Ok(Zeroizing::new(bytes))
}

/// A copy.
pub(crate) fn copied(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = reserved(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// Empty, with room for so many.
pub(crate) fn reserved(length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| Error::HostMemory)?;
    Ok(bytes)
}
