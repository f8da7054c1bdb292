//! The encodings of PKCS #1 v1.5 (RFC 8017, sections 7.2 and 9.2), and implicit rejection (draft-irtf-cfrg-rsa-guidance,
//! section 7).
//!
//! The `rsa` crate has them, but only together with its own bare operations.

use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::mech::hmac;
use crate::random;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

/// The bytes that PKCS #1 v1.5 adds at least.
pub(super) const OVERHEAD: usize = 11;

/// EM = 00 || 01 || FF … FF || 00 || prefix || data in k bytes; `DataLenRange` if that is too much.
pub(super) fn encode_for_signature(prefix: &[u8], data: &[u8], k: usize) -> Result<Vec<u8>> {
    let padding = k.checked_sub(OVERHEAD - 8 + prefix.len() + data.len()).filter(|padding| *padding >= 8);
    let padding = vec![0xff; padding.ok_or(Error::DataLenRange)?];
    Ok([&[0, 1], &padding[..], &[0], prefix, data].concat())
}

/// The data in such an encoding, whatever its prefix is a part of.
pub(super) fn data_in_signature(encoded: &[u8]) -> Option<&[u8]> {
    let rest = encoded.strip_prefix(&[0, 1])?;
    let padding = rest.iter().take_while(|byte| **byte == 0xff).count();
    let data = rest.get(padding..)?.strip_prefix(&[0])?;
    (padding >= 8).then_some(data)
}

/// EM = 00 || 02 || random bytes that are not zero || 00 || message in k bytes; `DataLenRange` if that is too much.
pub(super) fn encode_for_encryption(message: &[u8], k: usize) -> Result<Zeroizing<Vec<u8>>> {
    let padding = k.checked_sub(OVERHEAD - 8 + message.len()).filter(|padding| *padding >= 8);
    let mut padding = random::secret(padding.ok_or(Error::DataLenRange)?)?;
    for byte in padding.iter_mut() {
        while *byte == 0 {
            random::fill(core::slice::from_mut(byte))?;
        }
    }
    Ok(Zeroizing::new([&[0, 2], &padding[..], &[0], message].concat()))
}

/// The message in such an encoding, or, if it is none, the one that key and ciphertext have instead: which of the two it is
/// shows neither in the result nor in the time.
pub(super) fn decode_or_reject(
    mut encoded: Zeroizing<Vec<u8>>,
    exponent_hash: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let k = encoded.len();
    let key = hmac::sha256(exponent_hash, &[ciphertext]);
    let other = generated(&key, b"message", k)?;
    let other_length = rejected_length(&generated(&key, b"length", LENGTHS)?, k)?;
    let (valid, length) = padding(&encoded)?;
    encoded.iter_mut().zip(other.iter()).for_each(|(byte, other)| byte.conditional_assign(other, !valid));
    let length = u32::conditional_select(&other_length, &length, valid);
    // From here on everything has one form, and the length is what the caller learns.
    encoded.drain(..k.saturating_sub(length as usize));
    Ok(encoded)
}

/// The bytes of candidates for a length.
const LENGTHS: usize = 256;

/// Whether an encoding is right, and the length of its message; constant in time.
fn padding(encoded: &[u8]) -> Result<(Choice, u32)> {
    let (head, rest) = encoded.split_at_checked(2).ok_or(Error::GeneralError)?;
    let k = u32::try_from(encoded.len()).map_err(|_| Error::GeneralError)?;
    let mut searching = Choice::from(1);
    let mut separator = 0u32;
    for (index, byte) in (2u32..).zip(rest) {
        let zero = byte.ct_eq(&0);
        separator.conditional_assign(&index, searching & zero);
        searching &= !zero;
    }
    // Eight bytes stand before the separator at least.
    let valid = head.ct_eq(&[0, 2]) & !searching & separator.ct_gt(&9);
    Ok((valid, k.wrapping_sub(separator).wrapping_sub(1)))
}

/// The last of the candidates that is not longer than a message can be, or 0.
fn rejected_length(candidates: &[u8], k: usize) -> Result<u32> {
    let longest = k.checked_sub(OVERHEAD).and_then(|longest| u32::try_from(longest).ok()).ok_or(Error::GeneralError)?;
    let mask = u32::MAX.checked_shr(longest.leading_zeros()).unwrap_or(0);
    let pairs = candidates.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
    Ok(pairs.fold(0, |length, candidate| {
        let candidate = candidate & mask;
        u32::conditional_select(&candidate, &length, candidate.ct_gt(&longest))
    }))
}

/// IRPRF: `length` bytes made of a key and a label.
fn generated(key: &[u8], label: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let bits = u16::try_from(length * 8).map_err(|_| Error::GeneralError)?.to_be_bytes();
    let mut bytes = Zeroizing::new(vec![0; length]);
    for (counter, chunk) in (0u16..).zip(bytes.chunks_mut(Hash::Sha256.output_len())) {
        let block = hmac::sha256(key, &[&counter.to_be_bytes(), label, &bits]);
        chunk.iter_mut().zip(block.iter()).for_each(|(to, from)| *to = *from);
    }
    Ok(bytes)
}
