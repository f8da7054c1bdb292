//! SHA-384, SHA-512 and SHA-512/t (FIPS 180-4, sections 5.3.4 to 5.3.6 and 6.4 to 6.7): one function that starts at different
//! places and is cut short.

use super::Hasher;
use crate::engine::sha512::Sha512;
use crate::error::{Error, Result};
use crate::op;
use cryptoki_sys::CK_ULONG;
use zeroize::Zeroizing;

type Initial = [u64; 8];

/// FIPS 180-4, section 5.3.4.
const SHA384: Initial = [
    0xcbbb9d5dc1059ed8,
    0x629a292a367cd507,
    0x9159015a3070dd17,
    0x152fecd8f70e5939,
    0x67332667ffc00b31,
    0x8eb44a8768581511,
    0xdb0c2e0d64f98fa7,
    0x47b5481dbefa4fa4,
];

/// FIPS 180-4, section 5.3.5.
const SHA512: Initial = [
    0x6a09e667f3bcc908,
    0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1,
    0x510e527fade682d1,
    0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b,
    0x5be0cd19137e2179,
];

/// A computation.
#[derive(Clone)]
pub(super) struct Computation {
    initial: Initial,
    bits: u16,
    state: Sha512,
}

impl Computation {
    pub(super) fn sha384() -> Self {
        Self::new(SHA384, 384)
    }

    pub(super) fn sha512() -> Self {
        Self::new(SHA512, 512)
    }

    fn new(initial: Initial, bits: u16) -> Self {
        Self { initial, bits, state: Sha512::new(&initial) }
    }
}

impl Hasher for Computation {
    fn update(&mut self, data: &[u8]) {
        self.state.update(data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let mut digest = Zeroizing::new(vec![0; usize::from(self.bits.div_ceil(8))]);
        // It has the length.
        let _ = self.finish_into(&mut digest);
        digest
    }

    fn finish_into(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut digest = Zeroizing::new(self.state.finish());
        self.state = Sha512::new(&self.initial);
        let digest = digest.get_mut(..usize::from(self.bits.div_ceil(8))).ok_or(Error::GeneralError)?;
        if let Some(last) = digest.last_mut() {
            // Bits that t does not fill are zero.
            *last &= 0xff << (self.bits.next_multiple_of(8) - self.bits);
        }
        op::write(out, digest)
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        Some(self.state.save())
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.state = Sha512::load(state).ok_or(Error::SavedStateInvalid)?;
        Ok(())
    }
}

/// The t of SHA-512/t.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Truncation(u16);

impl Truncation {
    /// So many bits; `None` unless 0 < t < 512 and t is not 384, which is SHA-384.
    pub fn new(bits: CK_ULONG) -> Option<Self> {
        u16::try_from(bits).ok().filter(|bits| (1..512).contains(bits) && *bits != 384).map(Self)
    }

    /// The length of the result in bytes. The last byte ends in zeros if t does not fill it.
    pub const fn output_len(self) -> usize {
        self.0.div_ceil(8) as usize
    }

    /// Starts a computation from the initial value that SHA-512, itself started from an altered value, makes of the
    /// function's name.
    pub(super) fn begin(self) -> Computation {
        let mut generator = Sha512::new(&SHA512.map(|word| word ^ 0xa5a5_a5a5_a5a5_a5a5));
        generator.update(format!("SHA-512/{}", self.0).as_bytes());
        let digest = generator.finish();
        let mut initial = [0; 8];
        let words = digest.as_chunks::<8>().0;
        initial.iter_mut().zip(words).for_each(|(to, from)| *to = u64::from_be_bytes(*from));
        Computation::new(initial, self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Hash;
    use super::*;

    /// FIPS 180-4 gives initial values for 224 and 256, and crate `sha2` has those two.
    #[test]
    fn the_two_of_the_crate_come_out_the_same() {
        for (bits, own) in [(224, Hash::Sha512_224), (256, Hash::Sha512_256)] {
            let data = [7; 300];
            assert_eq!(Hash::Sha512T(Truncation::new(bits).unwrap()).of(&[&data]), own.of(&[&data]));
        }
    }

    /// So the constants are FIPS 180-4's.
    #[test]
    fn whole_and_384_bits_come_out_as_the_crates() {
        use sha2::Digest;
        let data = [7; 300];
        assert_eq!(Hash::Sha512.of(&[&data])[..], sha2::Sha512::digest(data)[..]);
        assert_eq!(Hash::Sha384.of(&[&data])[..], sha2::Sha384::digest(data)[..]);
    }

    #[test]
    fn bits_beyond_the_last_are_zero() {
        for bits in [1, 7, 9, 383, 385, 511] {
            let digest = Hash::Sha512T(Truncation::new(bits).unwrap()).of(&[b"abc"]);
            let unused = digest.len() * 8 - bits as usize;
            assert_eq!(digest.last().unwrap().trailing_zeros().min(unused as u32), unused as u32);
        }
    }

    #[test]
    fn impossible_lengths_are_refused() {
        for bits in [0, 384, 512, 513, 1 << 16, CK_ULONG::MAX] {
            assert_eq!(Truncation::new(bits), None);
        }
    }
}
