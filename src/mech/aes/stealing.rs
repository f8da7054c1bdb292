//! Ciphertext stealing: output as long as the input, which has at least one block. Whole blocks are processed as they
//! come, but the last 16 to 31 bytes only when nothing follows them.

use super::{BLOCK, Block};
use crate::engine::Direction;
use crate::error::{Error, Result};
use crate::op::Cipher;
use zeroize::{Zeroize, Zeroizing};

/// A mode that steals.
pub(super) trait Stealing: Clone + Send + 'static {
    /// Processes whole blocks in place, and takes the chaining value to the next one.
    fn blocks(&mut self, chain: &mut Block, blocks: &mut [Block]) -> Result<()>;

    /// Processes the last 16 to 31 bytes in place.
    fn last(&mut self, chain: &Block, text: &mut [u8]) -> Result<()>;
}

/// An operation in such a mode.
#[derive(Clone)]
pub(super) struct Stolen<M: Stealing> {
    mode: M,
    direction: Direction,
    chain: Block,
    /// Bytes that may still come.
    left: u64,
    /// Input that is not processed yet.
    pending: [u8; 2 * BLOCK],
    filled: usize,
}

impl<M: Stealing> Stolen<M> {
    /// Begins with this chaining value; `longest` is the most input that the mode takes, in bytes.
    pub(super) fn new(mode: M, direction: Direction, chain: Block, longest: u64) -> Self {
        Self { mode, direction, chain, left: longest, pending: [0; 2 * BLOCK], filled: 0 }
    }

    /// How much of so many bytes, those pending included, can be processed before the end is known.
    fn ready(total: usize) -> usize {
        (total / BLOCK).saturating_sub(1) * BLOCK
    }

    fn wrong_length(&self) -> Error {
        match self.direction {
            Direction::Encrypt => Error::DataLenRange,
            Direction::Decrypt => Error::EncryptedDataLenRange,
        }
    }

    /// Processes whole blocks from `input` to `out`, which are of one length.
    fn process(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        out.copy_from_slice(input);
        let (blocks, _) = Block::slice_as_chunks_mut(out);
        self.mode.blocks(&mut self.chain, blocks)
    }

    /// Adds to what is pending; `None` if there is no room for it.
    fn keep(&mut self, input: &[u8]) -> Option<()> {
        let end = self.filled.checked_add(input.len())?;
        self.pending.get_mut(self.filled..end)?.copy_from_slice(input);
        self.filled = end;
        Some(())
    }
}

impl<M: Stealing> Cipher for Stolen<M> {
    fn bound(&self, input: usize, last: bool) -> usize {
        let total = self.filled.saturating_add(input);
        if last { total } else { Self::ready(total) }
    }

    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        self.left = self.left.checked_sub(input.len() as u64).ok_or(self.wrong_length())?;
        let ready = Self::ready(self.filled.saturating_add(input.len()));
        let out = out.get_mut(..ready).ok_or(Error::GeneralError)?;
        // First the blocks that begin in what is pending.
        let head = self.filled.next_multiple_of(BLOCK).min(ready);
        let (more, input) = input.split_at_checked(head.saturating_sub(self.filled)).ok_or(Error::GeneralError)?;
        self.keep(more).ok_or(Error::GeneralError)?;
        let (first, out) = out.split_at_mut_checked(head).ok_or(Error::GeneralError)?;
        let pending = Zeroizing::new(self.pending);
        self.process(pending.get(..head).ok_or(Error::GeneralError)?, first)?;
        self.pending.copy_within(head.., 0);
        self.filled -= head;
        let (whole, rest) = input.split_at_checked(out.len()).ok_or(Error::GeneralError)?;
        self.process(whole, out)?;
        self.keep(rest).ok_or(Error::GeneralError)?;
        Ok(ready)
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.filled < BLOCK {
            return Err(self.wrong_length());
        }
        let out = out.get_mut(..self.filled).ok_or(Error::GeneralError)?;
        out.copy_from_slice(self.pending.get(..self.filled).ok_or(Error::GeneralError)?);
        self.mode.last(&self.chain, out)?;
        Ok(self.filled)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }

    /// The chaining value, what may still come, and what is pending.
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        let pending = self.pending.get(..self.filled)?;
        Some(Zeroizing::new([self.chain.as_slice(), &self.left.to_be_bytes(), pending].concat()))
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let (chain, state) = state.split_first_chunk::<BLOCK>().ok_or(Error::SavedStateInvalid)?;
        let (left, pending) = state.split_first_chunk().ok_or(Error::SavedStateInvalid)?;
        (self.chain, self.left, self.filled) = (Block::from(*chain), u64::from_be_bytes(*left), 0);
        self.keep(pending).ok_or(Error::SavedStateInvalid)
    }
}

impl<M: Stealing> Drop for Stolen<M> {
    fn drop(&mut self) {
        self.chain.zeroize();
        self.pending.zeroize();
    }
}
