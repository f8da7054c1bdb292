//! The modes of AES that have two engines, by AWS-LC.

use super::cipher::Context;
use crate::engine::{Direction, rustcrypto, xts};
use crate::error::{Error, Result};
use aws_lc_sys::{
    AES_KEY, AES_cbc_encrypt, AES_ctr128_encrypt, AES_decrypt, AES_encrypt, AES_set_decrypt_key, AES_set_encrypt_key,
    EVP_aes_256_xts, OPENSSL_cleanse,
};
use cipher::array::Array;
use cipher::consts::U16;
use cipher::inout::InOutBuf;
use core::ptr;

type Block = Array<u8, U16>;

/// AES with the round keys of one direction.
#[derive(Clone)]
pub(super) struct RoundKeys(AES_KEY);

impl RoundKeys {
    /// `KeySizeRange` unless the key has 16, 24 or 32 bytes.
    pub(super) fn new(key: &[u8], direction: Direction) -> Result<Self> {
        let bits = match key.len() {
            16 => 128,
            24 => 192,
            32 => 256,
            _ => return Err(Error::KeySizeRange),
        };
        let mut keys = Self(AES_KEY { rd_key: [0; 60], rounds: 0 });
        let set = match direction {
            Direction::Encrypt => AES_set_encrypt_key,
            Direction::Decrypt => AES_set_decrypt_key,
        };
        // SAFETY: reads as many bits as the key has, and writes round keys to their place.
        match unsafe { set(key.as_ptr(), bits, &mut keys.0) } {
            0 => Ok(keys),
            _ => Err(Error::KeySizeRange),
        }
    }

    /// One block encrypted, by round keys of that direction.
    pub(super) fn encrypted(&self, block: &[u8; 16]) -> [u8; 16] {
        let mut out = [0; 16];
        // SAFETY: both are blocks.
        unsafe { AES_encrypt(block.as_ptr(), out.as_mut_ptr(), &self.0) };
        out
    }

    /// One block decrypted, by round keys of that direction.
    fn decrypted(&self, block: &[u8; 16]) -> [u8; 16] {
        let mut out = [0; 16];
        // SAFETY: both are blocks.
        unsafe { AES_decrypt(block.as_ptr(), out.as_mut_ptr(), &self.0) };
        out
    }
}

impl Drop for RoundKeys {
    fn drop(&mut self) {
        // SAFETY: overwrites exactly the round keys, of which any bytes are valid.
        unsafe { OPENSSL_cleanse(ptr::from_mut(&mut self.0).cast(), size_of::<AES_KEY>()) };
    }
}

/// AES-CBC in one direction.
#[derive(Clone)]
pub struct Cbc {
    keys: RoundKeys,
    direction: Direction,
}

impl Cbc {
    /// `KeySizeRange` unless the key has 16, 24 or 32 bytes.
    pub fn new(key: &[u8], direction: Direction) -> Result<Self> {
        Ok(Self { keys: RoundKeys::new(key, direction)?, direction })
    }

    /// Processes whole blocks, and takes the chaining value on to the next one.
    pub fn process(&self, chain: &mut [u8; 16], blocks: InOutBuf<'_, '_, Block>) {
        let length = blocks.len() * 16;
        let (from, to) = blocks.into_raw();
        let encrypt = (self.direction == Direction::Encrypt).into();
        // SAFETY: the buffers are whole blocks of that length, apart or the same; the chaining value is a block.
        unsafe { AES_cbc_encrypt(from.cast(), to.cast(), length, &self.keys.0, chain.as_mut_ptr(), encrypt) };
    }
}

/// AES-CTR.
#[derive(Clone)]
pub struct Ctr(RoundKeys);

impl Ctr {
    /// As [`Cbc::new`].
    pub fn new(key: &[u8]) -> Result<Self> {
        RoundKeys::new(key, Direction::Encrypt).map(Self)
    }

    /// Applies the key stream from so many bytes after the start of the first counter block on: that whole block is counted
    /// up. The caller has seen to its end.
    pub fn apply(&self, first: &[u8; 16], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()> {
        let block = u128::from_be_bytes(*first).wrapping_add(position / 16);
        let (mut counter, mut keystream, mut used) = (block.to_be_bytes(), [0; 16], (position % 16) as u32);
        if used > 0 {
            keystream = self.0.encrypted(&counter);
            counter = block.wrapping_add(1).to_be_bytes();
        }
        let length = text.len();
        let (from, to) = text.into_raw();
        let (counter, keystream, used) = (counter.as_mut_ptr(), keystream.as_mut_ptr(), &mut used);
        // SAFETY: the buffers have that length and are apart or the same; counter and key stream are blocks, of which fewer than
        // 16 bytes are used.
        unsafe { AES_ctr128_encrypt(from, to, length, &self.0.0, counter, keystream, used) };
        Ok(())
    }
}

/// AES-XTS in one direction. With keys of 128 bits AWS-LC does not have it.
#[derive(Clone)]
pub enum Xts {
    /// With keys of 128 bits.
    Bits128(Box<rustcrypto::aes::Xts>),
    /// With keys of 256 bits.
    Bits256(Box<Xts256>),
}

impl Xts {
    /// The key is two of equal length, one for the text and one for the data unit's number: `KeySizeRange` unless they have 16 or
    /// 32 bytes.
    pub fn new(key: &[u8], direction: Direction) -> Result<Self> {
        match key.first_chunk().filter(|_| key.len() == 64) {
            Some(key) => Ok(Self::Bits256(Box::new(Xts256::new(key, direction)?))),
            None => Ok(Self::Bits128(Box::new(rustcrypto::aes::Xts::new(key, direction)?))),
        }
    }

    /// The tweak of a data unit's first block.
    pub fn first_tweak(&self, number: &[u8; 16]) -> [u8; 16] {
        match self {
            Self::Bits128(xts) => xts.first_tweak(number),
            Self::Bits256(xts) => xts.encrypt_number.encrypted(number),
        }
    }

    /// Processes whole blocks in place, and takes the tweak on to the next one.
    pub fn blocks(&mut self, tweak: &mut [u8; 16], blocks: &mut [Block]) -> Result<()> {
        match self {
            Self::Bits128(xts) => xts.blocks(tweak, blocks),
            Self::Bits256(xts) => xts.blocks(tweak, blocks),
        }
    }
}

/// AES-XTS with keys of 256 bits.
#[derive(Clone)]
pub struct Xts256 {
    context: Context,
    /// For the number of the data unit, both ways.
    encrypt_number: RoundKeys,
    decrypt_number: RoundKeys,
}

impl Xts256 {
    fn new(key: &[u8; 64], direction: Direction) -> Result<Self> {
        let (_, for_number) = key.split_at(32);
        Ok(Self {
            // SAFETY: the cipher is a static table, and the key is as long as it wants it.
            context: unsafe { Context::new(EVP_aes_256_xts(), key, direction == Direction::Encrypt) }?,
            encrypt_number: RoundKeys::new(for_number, Direction::Encrypt)?,
            decrypt_number: RoundKeys::new(for_number, Direction::Decrypt)?,
        })
    }

    /// AWS-LC takes whole data units only. The blocks from here on are the beginning of another one, the one whose number
    /// encrypts to this tweak.
    fn blocks(&mut self, tweak: &mut [u8; 16], blocks: &mut [Block]) -> Result<()> {
        let number = self.decrypt_number.decrypted(tweak);
        *tweak = xts::advanced(tweak, blocks.len());
        // SAFETY: the number is a block, which is what the cipher wants.
        unsafe { self.context.begin(&number) }?;
        self.context.process_in_place(Block::slice_as_flattened_mut(blocks))
    }
}
