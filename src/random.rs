//! Random numbers. Keys, salts and nonces come straight from the operating system, so that neither a fork
//! nor a damaged generator of ours can repeat them.

use crate::error::{Error, Result};
use rand::TryRng;
use rand::rngs::SysRng;
use rand_core::UnwrapErr;
use zeroize::Zeroizing;

/// The system's generator in the form that RustCrypto's crates ask for. It panics if the system cannot give
/// random bytes; the border turns that into `CKR_GENERAL_ERROR`.
pub fn system() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// Fills a buffer from the system.
pub fn fill(buffer: &mut [u8]) -> Result<()> {
    SysRng.try_fill_bytes(buffer).map_err(|_| Error::DeviceError)
}

/// Fresh secret bytes from the system.
pub fn secret(length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| Error::HostMemory)?;
    bytes.resize(length, 0);
    let mut bytes = Zeroizing::new(bytes);
    fill(&mut bytes)?;
    Ok(bytes)
}
