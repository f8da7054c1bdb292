//! Random numbers. Keys, salts and nonces come straight from the operating system, so that neither a fork
//! nor a damaged generator of ours can repeat them.

use crate::error::{Error, Result};
use crate::mech::digest::Hash;
use parking_lot::Mutex;
use rand::rngs::{ChaCha20Rng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
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

/// The generator behind `C_GenerateRandom`: ChaCha20, seeded by the system. It belongs to one initialised library,
/// so that a forked child, which has to initialise anew, never repeats its parent's numbers.
pub struct Generator(Mutex<ChaCha20Rng>);

impl Generator {
    /// A generator with a fresh seed.
    pub fn new() -> Result<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        fill(&mut *seed)?;
        Ok(Self(Mutex::new(ChaCha20Rng::from_seed(*seed))))
    }

    /// `C_GenerateRandom`.
    pub fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().fill_bytes(buffer);
    }

    /// `C_SeedRandom`: mixes in what the caller gives. It can only add to what the system gave.
    pub fn mix(&self, seed: &[u8]) -> Result<()> {
        let mut fresh = Zeroizing::new([0; 32]);
        fill(&mut *fresh)?;
        let mut generator = self.0.lock();
        let mut own = Zeroizing::new([0; 32]);
        generator.fill_bytes(&mut *own);
        let mixed = Hash::Sha256.of(&[&*fresh, &*own, seed]);
        let mixed = <[u8; 32]>::try_from(&mixed[..]).map_err(|_| Error::GeneralError)?;
        *generator = ChaCha20Rng::from_seed(mixed);
        Ok(())
    }
}
