//! AES-XTS (section "AES XTS"; NIST SP 800-38E, IEEE 1619), in parts.

use super::stealing::{Stealing, Stolen};
use super::{BLOCK, Block, iv};
use crate::engine::xts::advanced;
use crate::engine::{Direction, aes};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use std::{iter, mem, slice};

/// The longest data unit in bytes: 2^20 blocks (SP 800-38E, section 4).
const LONGEST: u64 = (BLOCK as u64) << 20;

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
    let xts = aes::Xts::new(key.secret()?, direction)?;
    let tweak = Block::from(xts.first_tweak(&number));
    Ok(Box::new(Stolen::new(Xts { xts, direction }, direction, tweak, LONGEST)))
}

#[derive(Clone)]
struct Xts {
    xts: aes::Xts,
    direction: Direction,
}

impl Stealing for Xts {
    fn blocks(&mut self, tweak: &mut Block, blocks: &mut [Block]) -> Result<()> {
        self.xts.blocks(&mut tweak.0, blocks)
    }

    /// A part of a block at the end changes places with the beginning of the whole block before it, between the two
    /// passes of that place through the cipher. Decrypting, the later tweak comes first.
    fn last(&mut self, tweak: &Block, text: &mut [u8]) -> Result<()> {
        let (block, part) = text.split_first_chunk_mut::<BLOCK>().ok_or(Error::GeneralError)?;
        let block = Block::cast_slice_from_core_mut(slice::from_mut(block));
        let (first, second) = (tweak.0, advanced(&tweak.0, 1));
        let swapped = self.direction == Direction::Decrypt && !part.is_empty();
        let (mut first, mut second) = if swapped { (second, first) } else { (first, second) };
        self.xts.blocks(&mut first, block)?;
        if !part.is_empty() {
            iter::zip(block.iter_mut().flatten(), part).for_each(|(one, other)| mem::swap(one, other));
            self.xts.blocks(&mut second, block)?;
        }
        Ok(())
    }
}
