//! CTR_DRBG with AES-256 and without a derivation function (NIST SP 800-90A, section 10.2.1): as fast as the key stream that it
//! is made of, and what it gave cannot be computed from what it holds afterwards.

use crate::engine::aes::Ctr;
use crate::error::{Error, Result};
use zeroize::{Zeroize, Zeroizing};

/// The length of a seed in bytes: a key and a block.
pub(super) const SEED: usize = 48;

/// The most bytes that are generated at a time ("max_number_of_bits_per_request").
pub(super) const LONGEST: usize = 1 << 16;

const BLOCK: u128 = 16;

/// The generator's state: Key, and V, which is counted up before it is used.
pub(super) struct Drbg {
    key: Ctr,
    v: u128,
}

impl Drbg {
    /// "Instantiate" with entropy of full length.
    pub(super) fn new(entropy: &[u8; SEED]) -> Result<Self> {
        let mut drbg = Self { key: Ctr::new(&[0; 32])?, v: 0 };
        drbg.update(entropy)?;
        Ok(drbg)
    }

    /// "Reseed" with entropy and additional input of full length.
    pub(super) fn reseed(&mut self, entropy: &[u8; SEED], additional: &[u8; SEED]) -> Result<()> {
        let mut seed = Zeroizing::new(*entropy);
        seed.iter_mut().zip(additional).for_each(|(byte, more)| *byte ^= more);
        self.update(&seed)
    }

    /// "Generate", at most [`LONGEST`] bytes.
    pub(super) fn generate(&mut self, out: &mut [u8]) -> Result<()> {
        if out.len() > LONGEST {
            return Err(Error::GeneralError);
        }
        out.fill(0);
        self.add_key_stream(out)?;
        self.update(&[0; SEED])
    }

    fn update(&mut self, provided: &[u8; SEED]) -> Result<()> {
        let mut seed = Zeroizing::new(*provided);
        self.add_key_stream(&mut *seed)?;
        let (key, v) = seed.split_at(32);
        self.key = Ctr::new(key)?;
        self.v = u128::from_be_bytes(v.try_into().map_err(|_| Error::GeneralError)?);
        Ok(())
    }

    fn add_key_stream(&mut self, text: &mut [u8]) -> Result<()> {
        let blocks = (text.len() as u128).div_ceil(BLOCK);
        self.key.apply(&self.v.wrapping_add(1).to_be_bytes(), 0, text.into())?;
        self.v = self.v.wrapping_add(blocks);
        Ok(())
    }
}

impl Drop for Drbg {
    fn drop(&mut self) {
        self.v.zeroize();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Drbg, SEED};

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        std::array::from_fn(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap())
    }

    /// NIST's CAVP, CTR_DRBG, AES-256 without derivation function and without prediction resistance, the first one: of two
    /// outputs the second is told.
    #[test]
    fn gives_what_nist_says() {
        let entropy =
            "e4bc23c5089a19d86f4119cb3fa08c0a4991e0a1def17e101e4c14d9c323460a7c2fb58e0b086c6c57b55f56cae25bad";
        let reseeding =
            "fd85a836bba85019881e8c6bad23c9061adc75477659acaea8e4a01dfe07a1832dad1c136f59d70f8653a5dc118663d6";
        let expected = "b2cb8905c05e5950ca31895096be29ea3d5a3b82b269495554eb80fe07de43e1\
            93b9e7c3ece73b80e062b1c1f68202fbb1c52a040ea2478864295282234aaada";
        let mut drbg = Drbg::new(&hex(entropy)).unwrap();
        drbg.reseed(&hex(reseeding), &[0; SEED]).unwrap();
        let mut out = [0; 64];
        drbg.generate(&mut out).unwrap();
        drbg.generate(&mut out).unwrap();
        assert_eq!(out, hex(expected));
    }
}
