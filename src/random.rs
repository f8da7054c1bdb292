//! Random numbers. Keys, salts and nonces come straight from the operating system, so that neither a fork
//! nor a damaged generator of ours can repeat them.

use crate::buffer;
use crate::error::{Error, Result};
use crate::hash::Hash;
use crypto_bigint::{BoxedUint, NonZero};
use parking_lot::Mutex;
use rand::rngs::{ChaCha20Rng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use rand_core::UnwrapErr;
use zeroize::{Zeroize, Zeroizing};

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
    let mut bytes = buffer::zeros(length)?;
    fill(&mut bytes)?;
    Ok(bytes)
}

/// A secret number of exactly so many bits, at least one.
pub fn of_bits(bits: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = secret(bits.div_ceil(8))?;
    let top = (bits + 7) % 8;
    if let Some(first) = bytes.first_mut() {
        *first = *first & ((1 << top) - 1) | 1 << top;
    }
    Ok(bytes)
}

/// A secret number in [1, n-1], as long as n, for a big-endian n: by reducing 64 bits more than n has (FIPS 186-4, B.1.1 and
/// B.4.1).
pub fn below(n: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let one = BoxedUint::one();
    let n_minus_1 = BoxedUint::from_be_slice_vartime(n).wrapping_sub(&one);
    let modulus = NonZero::new(n_minus_1).into_option().ok_or(Error::GeneralError)?;
    let mut wide = BoxedUint::from_be_slice_vartime(&secret(n.len() + 8)?);
    let mut value = wide.rem(&modulus).wrapping_add(&one);
    let bytes = Zeroizing::new(value.to_be_bytes());
    wide.zeroize();
    value.zeroize();
    let start = bytes.len().checked_sub(n.len()).ok_or(Error::GeneralError)?;
    Ok(Zeroizing::new(bytes.get(start..).unwrap_or_default().to_vec()))
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
