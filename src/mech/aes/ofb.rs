//! AES-OFB (section 6.13, "AES-OFB"; NIST SP 800-38A, section 6.4).

use super::{Aes, BLOCK, Block, iv};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use ::ofb::{Ofb as Stream, OfbCore};
use cipher::{InnerIvInit, IvState, StreamCipher};
use zeroize::{Zeroize, Zeroizing};

/// Encryption and decryption are the same.
pub(super) fn begin(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let block = Block::from(iv(params)?.ok_or(Error::MechanismParamInvalid)?);
    Ok(Box::new(Ofb { aes: Aes::new(key.secret()?)?, block, unused: 0 }))
}

#[derive(Clone)]
struct Ofb {
    aes: Aes,
    /// The last block of the key stream; at first the initialisation vector.
    block: Block,
    /// How many bytes at its end are not used yet.
    unused: usize,
}

impl Cipher for Ofb {
    fn bound(&self, input: usize, _last: bool) -> usize {
        input
    }

    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let out = out.get_mut(..input.len()).ok_or(Error::GeneralError)?;
        out.copy_from_slice(input);
        let (head, rest) = out.split_at_mut(self.unused.min(input.len()));
        let begun = self.block.get(BLOCK - self.unused..).ok_or(Error::GeneralError)?;
        head.iter_mut().zip(begun).for_each(|(byte, mask)| *byte ^= mask);
        self.unused -= head.len();
        if !rest.is_empty() {
            let mut stream = Stream::from_core(OfbCore::inner_iv_init(&self.aes, &self.block));
            stream.try_apply_keystream(rest).map_err(|_| Error::GeneralError)?;
            self.block = stream.get_core().iv_state();
            self.unused = rest.len().next_multiple_of(BLOCK) - rest.len();
        }
        Ok(input.len())
    }

    fn finish(&mut self, _out: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }

    /// How much is not used, and the block.
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        Some(Zeroizing::new([&[self.unused as u8], self.block.as_slice()].concat()))
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let (unused, block) = state.split_first().ok_or(Error::SavedStateInvalid)?;
        let block: [u8; BLOCK] = block.try_into().map_err(|_| Error::SavedStateInvalid)?;
        if usize::from(*unused) >= BLOCK {
            return Err(Error::SavedStateInvalid);
        }
        (self.unused, self.block) = (usize::from(*unused), Block::from(block));
        Ok(())
    }
}

impl Drop for Ofb {
    fn drop(&mut self) {
        self.block.zeroize();
    }
}
