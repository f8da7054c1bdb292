//! AES-CFB with segments of 1, 8, 64 and 128 bits (section 6.13, "AES-CFB"; NIST SP 800-38A, section 6.3).
//!
//! A last segment may be shorter, so that input of any length has output of the same length, as the standard wants.

use super::{Aes, BLOCK, Block, iv};
use crate::engine::Direction;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use cfb_mode::{Decryptor, Encryptor};
use cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit};
use cryptoki_sys::{CKM_AES_CFB1, CKM_AES_CFB8, CKM_AES_CFB64, CKM_AES_CFB128};
use zeroize::{Zeroize, Zeroizing};

pub(super) fn encrypt(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(mechanism, params, key, Direction::Encrypt)
}

pub(super) fn decrypt(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(mechanism, params, key, Direction::Decrypt)
}

fn begin(mechanism: &Mechanism, params: &Params, key: &Key, direction: Direction) -> Result<Box<dyn Cipher>> {
    let segment = match mechanism.id {
        CKM_AES_CFB1 => 1,
        CKM_AES_CFB8 => 8,
        CKM_AES_CFB64 => 64,
        CKM_AES_CFB128 => 128,
        _ => return Err(Error::MechanismInvalid),
    };
    let register = u128::from_be_bytes(iv(params)?.ok_or(Error::MechanismParamInvalid)?);
    Ok(Box::new(Cfb { aes: Aes::new(key.secret()?)?, direction, segment, register, mask: 0, left: 0 }))
}

#[derive(Clone)]
struct Cfb {
    aes: Aes,
    direction: Direction,
    /// The size of a segment in bits.
    segment: u32,
    /// The last 128 bits of ciphertext, the latest lowest; at first the initialisation vector.
    register: u128,
    /// What the rest of this segment is masked with, from the highest bit on.
    mask: u128,
    /// How many bits are left of this segment.
    left: u32,
}

impl Cfb {
    /// Processes bytes in place, each in one step or, if a segment is shorter, in several.
    fn bytes(&mut self, text: &mut [u8]) {
        let width = self.segment.min(8);
        for byte in text {
            let mut input = *byte;
            for _ in 0..8 / width {
                // The next bits go out at one end, and what they become comes in at the other.
                let next = u128::from(input >> (8 - width));
                let output = self.step(width, next) as u8;
                input = input.checked_shl(width).unwrap_or(0) | output;
            }
            *byte = input;
        }
    }

    /// Processes so many bits, which are the lowest of `input` and all within one segment.
    fn step(&mut self, width: u32, input: u128) -> u128 {
        if self.left == 0 {
            self.mask = u128::from_be_bytes(self.aes.encrypted(self.register.to_be_bytes()));
            self.left = self.segment;
        }
        let output = input ^ (self.mask >> (128 - width));
        let ciphertext = if self.direction == Direction::Encrypt { output } else { input };
        self.register = self.register << width | ciphertext;
        self.mask <<= width;
        self.left -= width;
        output
    }

    /// Processes whole segments of 128 bits in place; decryption takes several at once.
    fn blocks(&mut self, blocks: &mut [Block]) {
        let iv = Block::from(self.register.to_be_bytes());
        let last = |blocks: &[Block]| blocks.last().map(|block| u128::from_be_bytes(block.0));
        let ciphertext = match self.direction {
            Direction::Encrypt => {
                Encryptor::inner_iv_init(&self.aes, &iv).encrypt_blocks(blocks);
                last(blocks)
            }
            Direction::Decrypt => {
                let ciphertext = last(blocks);
                Decryptor::inner_iv_init(&self.aes, &iv).decrypt_blocks(blocks);
                ciphertext
            }
        };
        self.register = ciphertext.unwrap_or(self.register);
    }
}

impl Cipher for Cfb {
    fn bound(&self, input: usize, _last: bool) -> usize {
        input
    }

    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let out = out.get_mut(..input.len()).ok_or(Error::GeneralError)?;
        out.copy_from_slice(input);
        if self.segment == 128 {
            let (begun, rest) = out.split_at_mut(((self.left / 8) as usize).min(input.len()));
            self.bytes(begun);
            let (blocks, rest) = Block::slice_as_chunks_mut(rest);
            self.blocks(blocks);
            self.bytes(rest);
        } else {
            self.bytes(out);
        }
        Ok(input.len())
    }

    fn finish(&mut self, _out: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }

    /// How much is left of the segment, the register and the mask.
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        let left = [self.left as u8];
        Some(Zeroizing::new([&left[..], &self.register.to_be_bytes(), &self.mask.to_be_bytes()].concat()))
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let invalid = Error::SavedStateInvalid;
        let (left, numbers) = state.split_first().ok_or(invalid)?;
        let (register, mask) = numbers.split_first_chunk::<BLOCK>().ok_or(invalid)?;
        self.left = u32::from(*left);
        self.register = u128::from_be_bytes(*register);
        self.mask = u128::from_be_bytes(mask.try_into().map_err(|_| invalid)?);
        Ok(())
    }
}

impl Drop for Cfb {
    fn drop(&mut self) {
        self.register.zeroize();
        self.mask.zeroize();
    }
}
