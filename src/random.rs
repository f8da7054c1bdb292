//! Random numbers. Keys, salts and nonces come straight from the operating system, so that neither a fork
//! nor a damaged generator of ours can repeat them.

mod drbg;

use crate::buffer;
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::sync::Mutex;
use crypto_bigint::{BoxedUint, NonZero};
use drbg::{Drbg, SEED};
use rand::TryRng;
use rand::rngs::SysRng;
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

/// The generator behind `C_GenerateRandom`: one for each session, so that threads do not wait for each other. It is seeded by the
/// system when it is first used, and again and again afterwards. A forked child, which has to initialise anew, has no
/// sessions, and so never repeats its parent's numbers.
#[derive(Default)]
pub struct Generator(Mutex<Option<Seeded>>);

struct Seeded {
    drbg: Drbg,
    /// Requests until it is seeded again.
    left: u32,
}

/// Requests between two seeds of the system's.
const RESEED: u32 = 1 << 10;

impl Generator {
    /// `C_GenerateRandom`.
    pub fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        let mut seeded = self.0.lock();
        buffer.chunks_mut(drbg::LONGEST).try_for_each(|part| match seeded.as_mut().filter(|seeded| seeded.left > 0) {
            Some(seeded) => seeded.generate(part),
            None => seed(&mut seeded, &[0; SEED])?.generate(part),
        })
    }

    /// `C_SeedRandom`: mixes in what the caller gives. It can only add to what the system gave.
    pub fn mix(&self, given: &[u8]) -> Result<()> {
        let hash = Hash::Sha384.of(&[given]);
        let additional = hash.first_chunk().ok_or(Error::GeneralError)?;
        seed(&mut self.0.lock(), additional).map(drop)
    }
}

impl Seeded {
    fn generate(&mut self, part: &mut [u8]) -> Result<()> {
        self.left = self.left.saturating_sub(1);
        self.drbg.generate(part)
    }
}

/// Seeds a generator, the first time or again, from the system. The first time takes two seeds, because only the second goes with
/// additional input.
fn seed<'a>(seeded: &'a mut Option<Seeded>, additional: &[u8; SEED]) -> Result<&'a mut Seeded> {
    let entropy = system_seed()?;
    let mut drbg = match seeded.take() {
        Some(seeded) => seeded.drbg,
        None => {
            let first = system_seed()?;
            Drbg::new(&first)?
        }
    };
    drbg.reseed(&entropy, additional)?;
    Ok(seeded.insert(Seeded { drbg, left: RESEED }))
}

fn system_seed() -> Result<Zeroizing<[u8; SEED]>> {
    let mut seed = Zeroizing::new([0; SEED]);
    fill(&mut *seed)?;
    Ok(seed)
}
