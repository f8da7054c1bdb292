//! AES key wrap (section 6.15; NIST SP 800-38F, RFC 3394, RFC 5649).
//!
//! The standard lets the caller choose the initial value, which crate `aes-kw` does not, so the wrapping function `W`
//! over the block cipher stands here.

use super::{Aes, iv};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::block::unpadded;
use crate::mech::{Mechanism, Params};
use crate::op::{Cipher, OnePart};
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::{Zeroize, Zeroizing};

/// Half a block, the unit of these modes, in bytes.
const SEMIBLOCK: usize = 8;
/// ICV1 (SP 800-38F, section 6.2; RFC 3394, section 2.2.3.1).
const DEFAULT_IV: [u8; 8] = [0xa6; 8];
/// ICV2 (SP 800-38F, section 6.3; RFC 5649, section 3).
const DEFAULT_PREFIX: [u8; 4] = [0xa6, 0x59, 0x59, 0xa6];

/// KW: whole semiblocks, two at least.
pub(super) fn encrypt_kw(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let (aes, iv) = (Aes::new(key.secret()?)?, iv(params)?.unwrap_or(DEFAULT_IV));
    Ok(Box::new(OnePart::new(|input| input + SEMIBLOCK, move |plain, out| kw(&aes, iv, plain, out))))
}

/// As [`encrypt_kw`].
pub(super) fn decrypt_kw(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let (aes, iv) = (Aes::new(key.secret()?)?, iv(params)?.unwrap_or(DEFAULT_IV));
    Ok(Box::new(OnePart::new(
        |input| input.saturating_sub(SEMIBLOCK),
        move |input, out| kw_inverse(&aes, iv, input, out),
    )))
}

/// KW of what is padded to whole semiblocks as PKCS#7 says.
pub(super) fn encrypt_pkcs7(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let (aes, iv) = (Aes::new(key.secret()?)?, iv(params)?.unwrap_or(DEFAULT_IV));
    let bound = |input: usize| input - input % SEMIBLOCK + 2 * SEMIBLOCK;
    Ok(Box::new(OnePart::new(bound, move |plain, out| {
        let padding = SEMIBLOCK - plain.len() % SEMIBLOCK;
        let padded = Zeroizing::new([plain, &[padding as u8; SEMIBLOCK][..padding]].concat());
        kw(&aes, iv, &padded, out)
    })))
}

/// As [`encrypt_pkcs7`].
pub(super) fn decrypt_pkcs7(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let (aes, iv) = (Aes::new(key.secret()?)?, iv(params)?.unwrap_or(DEFAULT_IV));
    Ok(Box::new(OnePart::new(
        |input| input.saturating_sub(SEMIBLOCK),
        move |input, out| {
            let length = kw_inverse(&aes, iv, input, out)?;
            let plain = out.get(..length).ok_or(Error::GeneralError)?;
            let padding = plain.last_chunk::<SEMIBLOCK>().and_then(|last| Some(SEMIBLOCK - unpadded(last)?));
            match padding {
                Some(padding) => Ok(length - padding),
                None => {
                    out.zeroize();
                    Err(Error::EncryptedDataInvalid)
                }
            }
        },
    )))
}

/// KWP: anything but nothing.
pub(super) fn encrypt_kwp(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let (aes, prefix) = (Aes::new(key.secret()?)?, iv(params)?.unwrap_or(DEFAULT_PREFIX));
    let bound = |input: usize| input.next_multiple_of(SEMIBLOCK) + SEMIBLOCK;
    Ok(Box::new(OnePart::new(bound, move |plain, out| kwp(&aes, prefix, plain, out))))
}

/// As [`encrypt_kwp`].
pub(super) fn decrypt_kwp(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let (aes, prefix) = (Aes::new(key.secret()?)?, iv(params)?.unwrap_or(DEFAULT_PREFIX));
    let bound = |input: usize| input.saturating_sub(SEMIBLOCK);
    Ok(Box::new(OnePart::new(bound, move |input, out| kwp_inverse(&aes, prefix, input, out))))
}

/// KWP, or KW over PKCS#7 for whoever gives the initial value of that.
pub(super) fn encrypt_pad(row: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    if is_of_kw(params) { encrypt_pkcs7(row, params, key) } else { encrypt_kwp(row, params, key) }
}

/// As [`encrypt_pad`].
pub(super) fn decrypt_pad(row: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    if is_of_kw(params) { decrypt_pkcs7(row, params, key) } else { decrypt_kwp(row, params, key) }
}

fn is_of_kw(params: &Params) -> bool {
    matches!(params, Params::Iv(iv) if iv.len() == SEMIBLOCK)
}

fn kw(aes: &Aes, iv: [u8; 8], plain: &[u8], out: &mut [u8]) -> Result<usize> {
    if plain.len() < 2 * SEMIBLOCK || !plain.len().is_multiple_of(SEMIBLOCK) {
        return Err(Error::DataLenRange);
    }
    let length = plain.len() + SEMIBLOCK;
    let (first, text) = out.get_mut(..length).and_then(|out| out.split_first_chunk_mut()).ok_or(Error::GeneralError)?;
    text.copy_from_slice(plain);
    *first = wrap(aes, u64::from_be_bytes(iv), text).to_be_bytes();
    Ok(length)
}

fn kw_inverse(aes: &Aes, iv: [u8; 8], wrapped: &[u8], out: &mut [u8]) -> Result<usize> {
    if wrapped.len() < 3 * SEMIBLOCK || !wrapped.len().is_multiple_of(SEMIBLOCK) {
        return Err(Error::EncryptedDataLenRange);
    }
    let (first, rest) = wrapped.split_first_chunk().ok_or(Error::GeneralError)?;
    let text = out.get_mut(..rest.len()).ok_or(Error::GeneralError)?;
    text.copy_from_slice(rest);
    let first = unwrap(aes, u64::from_be_bytes(*first), text);
    settle(text, first.to_be_bytes().ct_eq(&iv), rest.len())
}

fn kwp(aes: &Aes, prefix: [u8; 4], plain: &[u8], out: &mut [u8]) -> Result<usize> {
    let length = u32::try_from(plain.len()).ok().filter(|length| *length > 0).ok_or(Error::DataLenRange)?;
    let wrapped = plain.len().next_multiple_of(SEMIBLOCK) + SEMIBLOCK;
    let (first, text) =
        out.get_mut(..wrapped).and_then(|out| out.split_first_chunk_mut()).ok_or(Error::GeneralError)?;
    text.fill(0);
    text.iter_mut().zip(plain).for_each(|(to, from)| *to = *from);
    let start = u64::from(u32::from_be_bytes(prefix)) << 32 | u64::from(length);
    *first = match text.as_mut_array() {
        Some(only) => {
            let (first, second) = encrypt(aes, start, u64::from_be_bytes(*only));
            *only = second.to_be_bytes();
            first
        }
        None => wrap(aes, start, text),
    }
    .to_be_bytes();
    Ok(wrapped)
}

fn kwp_inverse(aes: &Aes, prefix: [u8; 4], wrapped: &[u8], out: &mut [u8]) -> Result<usize> {
    if wrapped.len() < 2 * SEMIBLOCK || !wrapped.len().is_multiple_of(SEMIBLOCK) {
        return Err(Error::EncryptedDataLenRange);
    }
    let (first, rest) = wrapped.split_first_chunk().ok_or(Error::GeneralError)?;
    let text = out.get_mut(..rest.len()).ok_or(Error::GeneralError)?;
    text.copy_from_slice(rest);
    let first = u64::from_be_bytes(*first);
    let first = match text.as_mut_array() {
        Some(only) => {
            let (first, second) = decrypt(aes, first, u64::from_be_bytes(*only));
            *only = second.to_be_bytes();
            first
        }
        None => unwrap(aes, first, text),
    };
    let length = first as u32 as usize;
    // Up to seven zeros may follow the data; an underflow is no such number.
    let padding = text.len().wrapping_sub(length).min(SEMIBLOCK) as u8;
    let mut good = ((first >> 32) as u32).to_be_bytes().ct_eq(&prefix) & !padding.ct_eq(&(SEMIBLOCK as u8));
    for (left, byte) in (1..=SEMIBLOCK as u8).zip(text.iter().rev()) {
        let is_padding = !left.ct_gt(&padding);
        good &= Choice::conditional_select(&Choice::from(1), &byte.ct_eq(&0), is_padding);
    }
    settle(text, good, length)
}

/// The length of what was unwrapped, if it is good; else nothing of it is left.
fn settle(text: &mut [u8], good: Choice, length: usize) -> Result<usize> {
    if good.into() {
        Ok(length)
    } else {
        text.zeroize();
        Err(Error::EncryptedDataInvalid)
    }
}

/// `W` of SP 800-38F, section 6.1, on a first semiblock, which is returned, and at least two more.
fn wrap(aes: &Aes, first: u64, text: &mut [u8]) -> u64 {
    let (semiblocks, _) = text.as_chunks_mut::<SEMIBLOCK>();
    let (mut first, mut step) = (first, 0u64);
    for _ in 0..6 {
        for semiblock in semiblocks.iter_mut() {
            step += 1;
            let (left, right) = encrypt(aes, first, u64::from_be_bytes(*semiblock));
            first = left ^ step;
            *semiblock = right.to_be_bytes();
        }
    }
    first
}

/// The inverse of [`wrap`].
fn unwrap(aes: &Aes, first: u64, text: &mut [u8]) -> u64 {
    let (semiblocks, _) = text.as_chunks_mut::<SEMIBLOCK>();
    let (mut first, mut step) = (first, 6 * semiblocks.len() as u64);
    for _ in 0..6 {
        for semiblock in semiblocks.iter_mut().rev() {
            let (left, right) = decrypt(aes, first ^ step, u64::from_be_bytes(*semiblock));
            first = left;
            *semiblock = right.to_be_bytes();
            step -= 1;
        }
    }
    first
}

/// Two semiblocks encrypted as a block.
fn encrypt(aes: &Aes, left: u64, right: u64) -> (u64, u64) {
    let mut block = join(left, right);
    aes.encrypt_block(&mut block);
    split(block)
}

/// Two semiblocks decrypted as a block.
fn decrypt(aes: &Aes, left: u64, right: u64) -> (u64, u64) {
    let mut block = join(left, right);
    aes.decrypt_block(&mut block);
    split(block)
}

fn join(left: u64, right: u64) -> super::Block {
    Array((u128::from(left) << 64 | u128::from(right)).to_be_bytes())
}

fn split(block: super::Block) -> (u64, u64) {
    let both = u128::from_be_bytes(block.0);
    ((both >> 64) as u64, both as u64)
}
