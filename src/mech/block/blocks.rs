//! ECB, CBC and CBC with PKCS#7 padding (NIST SP 800-38A; the sections of each cipher): whole blocks out of input of
//! any length.

use super::{Begun, iv};
use crate::block_cipher::Block;
use crate::engine::Direction;
use crate::engine::rustcrypto::modes;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use cipher::BlockSizeUser;
use cipher::array::typenum::Unsigned;
use cipher::inout::InOutBuf;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::{Zeroize, Zeroizing};

pub(super) fn encrypt<M: WholeBlocks>(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin::<M>(params, key, Direction::Encrypt, false)
}

pub(super) fn decrypt<M: WholeBlocks>(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin::<M>(params, key, Direction::Decrypt, false)
}

pub(super) fn encrypt_padded<M: WholeBlocks>(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin::<M>(params, key, Direction::Encrypt, true)
}

pub(super) fn decrypt_padded<M: WholeBlocks>(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin::<M>(params, key, Direction::Decrypt, true)
}

fn begin<M: WholeBlocks>(params: &Params, key: &Key, direction: Direction, padded: bool) -> Result<Box<dyn Cipher>> {
    let mode = M::begin(key.secret()?, params, direction)?;
    Ok(Box::new(Blocks { mode, direction, padded, pending: Block::<M>::default(), filled: 0 }))
}

/// A mode on whole blocks, in one direction.
pub(in crate::mech) trait WholeBlocks: BlockSizeUser + Clone + Send + 'static {
    /// The size of a block in bytes.
    const BLOCK: usize = <Self::BlockSize as Unsigned>::USIZE;

    /// `KeySizeRange` for a key of another length than the cipher takes, `MechanismParamInvalid` for a vector that is no block.
    fn begin(key: &[u8], params: &Params, direction: Direction) -> Result<Self>;

    /// Processes blocks that follow those before.
    fn process(&mut self, blocks: InOutBuf<'_, '_, Block<Self>>);

    /// What the next block is chained to, if there is such a thing.
    fn chain(&mut self) -> Option<&mut Block<Self>>;
}

/// CBC with an initialisation vector, ECB without one, of any block cipher.
#[derive(Clone)]
pub(in crate::mech) struct Mode<C: Begun> {
    cipher: C,
    chain: Option<Block<C>>,
    direction: Direction,
}

impl<C: Begun> BlockSizeUser for Mode<C> {
    type BlockSize = C::BlockSize;
}

impl<C: Begun> WholeBlocks for Mode<C> {
    fn begin(key: &[u8], params: &Params, direction: Direction) -> Result<Self> {
        Ok(Self { cipher: C::begun(key, params)?, chain: iv::<C>(params)?, direction })
    }

    fn process(&mut self, blocks: InOutBuf<'_, '_, Block<C>>) {
        match (&mut self.chain, self.direction) {
            (Some(chain), direction) => modes::cbc(&self.cipher, direction, chain, blocks),
            (None, Direction::Encrypt) => self.cipher.encrypt_blocks_inout(blocks),
            (None, Direction::Decrypt) => self.cipher.decrypt_blocks_inout(blocks),
        }
    }

    fn chain(&mut self) -> Option<&mut Block<C>> {
        self.chain.as_mut()
    }
}

/// Input of any length in whole blocks.
#[derive(Clone)]
struct Blocks<M: WholeBlocks> {
    mode: M,
    direction: Direction,
    /// Whether the last block is filled up as PKCS#7 says.
    padded: bool,
    /// Input that is not processed yet: less than a block; a decryption with padding keeps a whole one
    /// back, because it may be the last.
    pending: Block<M>,
    filled: usize,
}

impl<M: WholeBlocks> Blocks<M> {
    /// How much of so many bytes, those pending included, can be processed before the end is known.
    fn ready(&self, total: usize) -> usize {
        let kept_back = usize::from(self.padded && self.direction == Direction::Decrypt);
        let total = total.saturating_sub(kept_back);
        total - total % M::BLOCK
    }

    fn process_pending(&mut self) -> Block<M> {
        let mut block = self.pending.clone();
        self.mode.process(InOutBuf::from_mut(&mut block));
        block
    }

    fn wrong_length(&self) -> Error {
        match self.direction {
            Direction::Encrypt => Error::DataLenRange,
            Direction::Decrypt => Error::EncryptedDataLenRange,
        }
    }

    /// Moves the beginning of the input to what is pending, as much as there is room for; returns the rest.
    fn fill<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let room = self.pending.get_mut(self.filled..).unwrap_or_default();
        let (more, rest) = input.split_at(room.len().min(input.len()));
        room.iter_mut().zip(more).for_each(|(to, from)| *to = *from);
        self.filled += more.len();
        rest
    }
}

impl<M: WholeBlocks> Cipher for Blocks<M> {
    fn bound(&self, input: usize, last: bool) -> usize {
        let total = self.filled.saturating_add(input);
        match (last, self.padded, self.direction) {
            (false, _, _) => self.ready(total),
            (true, true, Direction::Encrypt) => (total - total % M::BLOCK).saturating_add(M::BLOCK),
            (true, _, _) => total - total % M::BLOCK,
        }
    }

    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let length = self.ready(self.filled.saturating_add(input.len()));
        let out = out.get_mut(..length).ok_or(Error::GeneralError)?;
        let (mut input, mut begun) = (input, 0);
        if self.filled > 0 && length > 0 {
            input = self.fill(input);
            let block = self.process_pending();
            out.iter_mut().zip(block).for_each(|(to, from)| *to = from);
            self.filled = 0;
            begun = M::BLOCK;
        }
        let out = out.get_mut(begun..).ok_or(Error::GeneralError)?;
        let (whole, rest) = input.split_at_checked(out.len()).ok_or(Error::GeneralError)?;
        let (from, _) = Block::<M>::slice_as_chunks(whole);
        let (to, _) = Block::<M>::slice_as_chunks_mut(out);
        self.mode.process(InOutBuf::new(from, to).map_err(|_| Error::GeneralError)?);
        self.fill(rest);
        Ok(length)
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        match (self.padded, self.direction) {
            (false, _) if self.filled == 0 => Ok(0),
            (false, _) => Err(self.wrong_length()),
            (true, Direction::Encrypt) => {
                let padding = M::BLOCK - self.filled;
                self.pending.iter_mut().skip(self.filled).for_each(|byte| *byte = padding as u8);
                let block = self.process_pending();
                out.get_mut(..M::BLOCK).ok_or(Error::GeneralError)?.copy_from_slice(&block);
                Ok(M::BLOCK)
            }
            (true, Direction::Decrypt) if self.filled < M::BLOCK => Err(self.wrong_length()),
            (true, Direction::Decrypt) => {
                let block = Zeroizing::new(self.process_pending());
                let length = unpadded(&block).ok_or(Error::EncryptedDataInvalid)?;
                let plain = block.get(..length).ok_or(Error::GeneralError)?;
                out.get_mut(..length).ok_or(Error::GeneralError)?.copy_from_slice(plain);
                Ok(length)
            }
        }
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }

    /// The chaining value, if any, and what is pending.
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut mode = self.mode.clone();
        let chain = mode.chain().map(|chain| chain.as_slice()).unwrap_or_default();
        Some(Zeroizing::new([chain, self.pending.get(..self.filled)?].concat()))
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let mut state = state;
        if let Some(chain) = self.mode.chain() {
            let (saved, rest) = state.split_at_checked(M::BLOCK).ok_or(Error::SavedStateInvalid)?;
            *chain = Block::<M>::try_from(saved).map_err(|_| Error::SavedStateInvalid)?;
            state = rest;
        }
        self.filled = 0;
        if self.fill(state).is_empty() { Ok(()) } else { Err(Error::SavedStateInvalid) }
    }
}

impl<M: WholeBlocks> Drop for Blocks<M> {
    fn drop(&mut self) {
        self.pending.zeroize();
    }
}

/// The length of a last block without its PKCS#7 padding; `None` if that is wrong. Which byte is wrong shows neither in
/// the answer nor in the time it takes.
pub(in crate::mech) fn unpadded(block: &[u8]) -> Option<usize> {
    let size = u8::try_from(block.len()).ok()?;
    let padding = *block.last()?;
    let mut good = !padding.ct_eq(&0) & !padding.ct_gt(&size);
    for (left, byte) in (1..=size).rev().zip(block) {
        // `left` counts the bytes from this one to the end.
        let is_padding = !left.ct_gt(&padding);
        good &= Choice::conditional_select(&Choice::from(1), &byte.ct_eq(&padding), is_padding);
    }
    let length = size.wrapping_sub(padding);
    bool::from(good).then_some(usize::from(length))
}
