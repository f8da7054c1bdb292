//! SHA-512/t (FIPS 180-4, sections 5.3.6 and 6.7): SHA-512 that starts elsewhere and is cut short.
//!
//! Crate `sha2` has it for t = 224 and 256 only. Its state can be read and set, and that is all that the others need.

use super::Hasher;
use crate::error::{Error, Result};
use ::digest::Digest;
use ::digest::common::hazmat::{SerializableState, SerializedState};
use cryptoki_sys::CK_ULONG;
use sha2::Sha512;
use zeroize::Zeroizing;

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
    pub(super) fn begin(self) -> Sha512T {
        let mut altered = Sha512::new().serialize();
        state_of(&mut altered).iter_mut().for_each(|byte| *byte ^= 0xa5);
        // What has been serialised can be deserialised; were it not so, every known answer would fail.
        let mut generator = Sha512::deserialize(&altered).unwrap_or_default();
        Digest::update(&mut generator, format!("SHA-512/{}", self.0));
        let mut start = Sha512::new().serialize();
        let initial = generator.finalize();
        // The digest has its words big-endian, the state little-endian.
        let words = state_of(&mut start).as_chunks_mut::<8>().0.iter_mut().zip(initial.as_chunks::<8>().0);
        words.for_each(|(to, from)| *to = u64::from_be_bytes(*from).to_le_bytes());
        let start = Sha512::deserialize(&start).unwrap_or_default();
        Sha512T { truncation: self, hasher: start.clone(), start }
    }
}

/// The chaining value, which a serialised SHA-512 begins with.
fn state_of(serialized: &mut SerializedState<Sha512>) -> &mut [u8] {
    serialized.get_mut(..64).unwrap_or_default()
}

/// A computation of SHA-512/t.
#[derive(Clone)]
pub(super) struct Sha512T {
    truncation: Truncation,
    start: Sha512,
    hasher: Sha512,
}

impl Hasher for Sha512T {
    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.hasher, data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let hasher = core::mem::replace(&mut self.hasher, self.start.clone());
        let mut digest = Zeroizing::new(hasher.finalize().to_vec());
        digest.truncate(self.truncation.output_len());
        let unused = self.truncation.output_len() * 8 - usize::from(self.truncation.0);
        if let Some(last) = digest.last_mut() {
            *last &= 0xff << unused;
        }
        digest
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        Some(Zeroizing::new(self.hasher.serialize().to_vec()))
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let state = state.try_into().map_err(|_| Error::SavedStateInvalid)?;
        self.hasher = Sha512::deserialize(state).map_err(|_| Error::SavedStateInvalid)?;
        Ok(())
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
