//! AES-XTS (section "AES XTS"; NIST SP 800-38E, IEEE 1619).
//!
//! Crate `xts-mode` takes a data unit as a whole and a block at a time. Here it may come in parts, and the blocks go
//! through the cipher side by side, which is several times faster.

use super::stealing::{Stealing, Stolen};
use super::{Aes, BLOCK, Block, iv};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::block::Direction;
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt};
use std::{iter, mem};

/// The longest data unit in bytes: 2^20 blocks (SP 800-38E, section 4).
const LONGEST: u64 = (BLOCK as u64) << 20;

/// Blocks that are processed side by side.
const BATCH: usize = 32;

pub(super) fn encrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(params, key, Direction::Encrypt)
}

pub(super) fn decrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(params, key, Direction::Decrypt)
}

/// The parameter is the number of the data unit, little-endian; the key is two of equal length, one for the text and one
/// for that number.
fn begin(params: &Params, key: &Key, direction: Direction) -> Result<Box<dyn Cipher>> {
    let number = iv(params)?.ok_or(Error::MechanismParamInvalid)?;
    let key = key.secret()?;
    let (for_text, for_number) = key.split_at_checked(key.len() / 2).ok_or(Error::GeneralError)?;
    let tweak = Block::from(Aes::new(for_number)?.encrypted(number));
    let mode = Xts { aes: Aes::new(for_text)?, direction };
    Ok(Box::new(Stolen::new(mode, direction, tweak, LONGEST)))
}

#[derive(Clone)]
struct Xts {
    aes: Aes,
    direction: Direction,
}

impl Xts {
    /// Up to [`BATCH`] blocks, each with its tweak.
    fn crypt(&self, tweaks: &[Block], blocks: &mut [Block]) {
        mask(blocks, tweaks);
        match self.direction {
            Direction::Encrypt => self.aes.encrypt_blocks(blocks),
            Direction::Decrypt => self.aes.decrypt_blocks(blocks),
        }
        mask(blocks, tweaks);
    }
}

impl Stealing for Xts {
    fn blocks(&self, tweak: &mut Block, blocks: &mut [Block]) {
        for batch in blocks.chunks_mut(BATCH) {
            let mut tweaks = [Block::default(); BATCH];
            for (own, _) in iter::zip(&mut tweaks, &*batch) {
                *own = *tweak;
                *tweak = doubled(tweak);
            }
            self.crypt(&tweaks, batch);
        }
    }

    /// A part of a block at the end changes places with the beginning of the whole block before it, between the two
    /// passes of that place through the cipher. Decrypting, the later tweak comes first.
    fn last(&self, tweak: &Block, text: &mut [u8]) -> Result<()> {
        let (block, part) = text.split_first_chunk_mut::<BLOCK>().ok_or(Error::GeneralError)?;
        let block = Block::cast_slice_from_core_mut(std::slice::from_mut(block));
        let (mut first, mut second) = (*tweak, doubled(tweak));
        if self.direction == Direction::Decrypt && !part.is_empty() {
            mem::swap(&mut first, &mut second);
        }
        self.crypt(&[first], block);
        if !part.is_empty() {
            iter::zip(block.iter_mut().flatten(), part).for_each(|(one, other)| mem::swap(one, other));
            self.crypt(&[second], block);
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

/// The next tweak: times x in GF(2^128), modulo x^128 + x^7 + x^2 + x + 1, in constant time.
fn doubled(tweak: &Block) -> Block {
    let tweak = u128::from_le_bytes(tweak.0);
    ((tweak << 1) ^ ((tweak >> 127) * 0x87)).to_le_bytes().into()
}
