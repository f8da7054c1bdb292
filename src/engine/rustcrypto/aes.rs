//! AES, and its modes that have two engines.

use super::modes;
use super::three_sizes::ThreeSizes;
use crate::engine::{Direction, xts};
use crate::error::{Error, Result};
use ::aes::{Aes128, Aes192, Aes256};
use cipher::inout::InOutBuf;
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt};
use std::iter;

/// AES with a key of any of its three sizes.
pub type Aes = ThreeSizes<Aes128, Aes192, Aes256>;

type Block = cipher::Block<Aes>;

/// AES-CBC in one direction.
#[derive(Clone)]
pub struct Cbc {
    aes: Aes,
    direction: Direction,
}

impl Cbc {
    /// `KeySizeRange` unless the key has 16, 24 or 32 bytes.
    pub fn new(key: &[u8], direction: Direction) -> Result<Self> {
        Ok(Self { aes: Aes::new(key)?, direction })
    }

    /// Processes whole blocks, and takes the chaining value on to the next one.
    pub fn process(&self, chain: &mut [u8; 16], blocks: InOutBuf<'_, '_, Block>) {
        let mut next = Array(*chain);
        modes::cbc(&self.aes, self.direction, &mut next, blocks);
        *chain = next.into();
    }
}

/// AES-CTR.
#[derive(Clone)]
pub struct Ctr(Aes);

impl Ctr {
    /// As [`Cbc::new`].
    pub fn new(key: &[u8]) -> Result<Self> {
        Aes::new(key).map(Self)
    }

    /// Applies the key stream from so many bytes after the start of the first counter block on: that whole block is counted
    /// up. `DataLenRange` where it would begin anew.
    pub fn apply(&self, first: &[u8; 16], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()> {
        modes::ctr(&self.0, first, position, text)
    }
}

/// AES-XTS in one direction.
#[derive(Clone)]
pub struct Xts {
    for_text: Aes,
    for_number: Aes,
    direction: Direction,
}

/// Blocks that are processed side by side.
const BATCH: usize = 32;

impl Xts {
    /// The key is two of equal length, one for the text and one for the data unit's number: `KeySizeRange` unless they have 16 or
    /// 32 bytes.
    pub fn new(key: &[u8], direction: Direction) -> Result<Self> {
        let (for_text, for_number) = key.split_at_checked(key.len() / 2).ok_or(Error::KeySizeRange)?;
        if !matches!(key.len(), 32 | 64) {
            return Err(Error::KeySizeRange);
        }
        Ok(Self { for_text: Aes::new(for_text)?, for_number: Aes::new(for_number)?, direction })
    }

    /// The tweak of a data unit's first block.
    pub fn first_tweak(&self, number: &[u8; 16]) -> [u8; 16] {
        let mut block = Array(*number);
        self.for_number.encrypt_block(&mut block);
        block.into()
    }

    /// Processes whole blocks in place, and takes the tweak on to the next one.
    pub fn blocks(&mut self, tweak: &mut [u8; 16], blocks: &mut [Block]) -> Result<()> {
        for batch in blocks.chunks_mut(BATCH) {
            let mut tweaks = [Block::default(); BATCH];
            for (own, _) in iter::zip(&mut tweaks, &*batch) {
                *own = Array(*tweak);
                *tweak = xts::advanced(tweak, 1);
            }
            mask(batch, &tweaks);
            match self.direction {
                Direction::Encrypt => self.for_text.encrypt_blocks(batch),
                Direction::Decrypt => self.for_text.decrypt_blocks(batch),
            }
            mask(batch, &tweaks);
        }
        Ok(())
    }
}

/// Adds the tweaks to the blocks.
fn mask(blocks: &mut [Block], tweaks: &[Block]) {
    for (block, tweak) in iter::zip(blocks, tweaks) {
        *block = (u128::from_ne_bytes(block.0) ^ u128::from_ne_bytes(tweak.0)).to_ne_bytes().into();
    }
}
