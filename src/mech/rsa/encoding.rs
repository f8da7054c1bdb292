//! EME-OAEP and EMSA-PSS (RFC 8017, sections 7.1 and 9.1) over [`Hash`].
//!
//! The `rsa` crate has both, but for hashes that are types: OAEP would be compiled a hundred times, and its PSS cannot
//! have a mask generation function of another hash, which the standard's parameters allow.

use crate::error::{Error, Result};
use crate::mech::digest::Hash;
use crate::random;
use cryptoki_sys::*;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// EME-OAEP under one modulus.
pub(super) struct Oaep {
    hash: Hash,
    mgf: Hash,
    label_hash: Zeroizing<Vec<u8>>,
    k: usize,
}

impl Oaep {
    /// Of the fields of `CK_RSA_PKCS_OAEP_PARAMS`, for a modulus of k bytes. `MechanismParamInvalid` for unknown names
    /// and for a hash so long that no message fits.
    pub(super) fn new(hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE, label: &[u8], k: usize) -> Result<Self> {
        let (hash, mgf) = hashes(hash, mgf)?;
        if k < 2 * hash.output_len() + 2 {
            return Err(Error::MechanismParamInvalid);
        }
        Ok(Self { hash, mgf, label_hash: hash.of(&[label]), k })
    }

    /// The length of the longest message in bytes.
    pub(super) fn capacity(&self) -> usize {
        self.k.saturating_sub(2 * self.hash.output_len() + 2)
    }

    /// Encodes a message with a fresh seed; `DataLenRange` for one that is too long.
    pub(super) fn encode(&self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let seed = random::secret(self.hash.output_len())?;
        self.encode_with(&seed, message).ok_or(Error::DataLenRange)
    }

    /// EM = 00 || maskedSeed || maskedDB; DB = lHash || 00 … 00 || 01 || M.
    fn encode_with(&self, seed: &[u8], message: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut encoded = Zeroizing::new(vec![0; self.k]);
        let (masked_seed, block) = encoded.get_mut(1..)?.split_at_mut_checked(seed.len())?;
        masked_seed.copy_from_slice(seed);
        let (label_hash, rest) = block.split_at_mut_checked(self.label_hash.len())?;
        label_hash.copy_from_slice(&self.label_hash);
        put_behind_zeros(rest, message)?;
        mask(self.mgf, seed, block);
        mask(self.mgf, block, masked_seed);
        Some(encoded)
    }

    /// The message, if everything is right. What is wrong, and where, shows neither in the result nor in the time.
    pub(super) fn decode(&self, encoded: &mut [u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (first, rest) = encoded.split_first_mut()?;
        let (seed, block) = rest.split_at_mut_checked(self.hash.output_len())?;
        mask(self.mgf, block, seed);
        mask(self.mgf, seed, block);
        let (label_hash, rest) = block.split_at_checked(self.label_hash.len())?;
        let mut valid = first.ct_eq(&0) & label_hash.ct_eq(&self.label_hash);
        // Finds the first 01 and sees that only zeros are before it.
        let mut searching = Choice::from(1);
        let mut start = 0;
        for (next, byte) in (1u64..).zip(rest) {
            let one = byte.ct_eq(&1);
            valid &= !searching | one | byte.ct_eq(&0);
            start.conditional_assign(&next, searching & one);
            searching &= !one;
        }
        valid &= !searching;
        if !bool::from(valid) {
            return None;
        }
        let message = rest.get(usize::try_from(start).ok()?..)?;
        Some(Zeroizing::new(message.to_vec()))
    }
}

/// EMSA-PSS under one modulus.
#[derive(Clone)]
pub(super) struct Pss {
    hash: Hash,
    mgf: Hash,
    salt_len: usize,
    /// The length of the encoded message in bits: one less than that of the modulus.
    bits: usize,
}

impl Pss {
    /// Of the fields of `CK_RSA_PKCS_PSS_PARAMS`, for a modulus of so many bits. `MechanismParamInvalid` for unknown
    /// names, for too long a salt, and for a hash other than the one that the mechanism includes.
    pub(super) fn new(
        hash: CK_MECHANISM_TYPE,
        mgf: CK_RSA_PKCS_MGF_TYPE,
        salt_len: CK_ULONG,
        own: Option<Hash>,
        modulus_bits: usize,
    ) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let (hash, mgf) = hashes(hash, mgf)?;
        let salt_len = usize::try_from(salt_len).map_err(|_| invalid)?;
        let pss = Self { hash, mgf, salt_len, bits: modulus_bits.saturating_sub(1) };
        let room = pss.length().checked_sub(hash.output_len() + 2).ok_or(invalid)?;
        if salt_len > room || own.is_some_and(|own| own != hash) {
            return Err(invalid);
        }
        Ok(pss)
    }

    /// The length of the hash in bytes.
    pub(super) fn hash_len(&self) -> usize {
        self.hash.output_len()
    }

    /// The length of the salt in bytes.
    pub(super) fn salt_len(&self) -> usize {
        self.salt_len
    }

    /// EM = maskedDB || H || BC; DB = 00 … 00 || 01 || salt; H = Hash(eight zeros || digest || salt).
    pub(super) fn encode(&self, digest: &[u8], salt: &[u8]) -> Result<Vec<u8>> {
        let hash = self.salted(digest, salt);
        let mut encoded = vec![0; self.length()];
        let (block, tail) = self.split(&mut encoded).ok_or(Error::GeneralError)?;
        put_behind_zeros(block, salt).ok_or(Error::GeneralError)?;
        mask(self.mgf, &hash, block);
        self.clear_top(block);
        tail.iter_mut().zip(hash.iter().chain(&[TRAILER])).for_each(|(to, from)| *to = *from);
        Ok(encoded)
    }

    /// Whether k bytes, which a signature was opened to, are an encoding of this digest. All of it is public.
    pub(super) fn verify(&self, digest: &[u8], opened: &mut [u8]) -> bool {
        self.is_encoding(digest, opened).unwrap_or(false)
    }

    fn is_encoding(&self, digest: &[u8], opened: &mut [u8]) -> Option<bool> {
        // Under a modulus of 8·i + 1 bits an encoding is one byte shorter than the modulus.
        let (front, encoded) = opened.split_at_mut_checked(opened.len().checked_sub(self.length())?)?;
        let (block, tail) = self.split(encoded)?;
        let (trailer, hash) = tail.split_last()?;
        let top = block.first().copied()?;
        mask(self.mgf, hash, block);
        let kept = self.clear_top(block)?;
        let (padding, salt) = block.split_at_checked(block.len().checked_sub(self.salt_len)?)?;
        let (separator, zeros) = padding.split_last()?;
        Some(
            front.iter().chain(zeros).all(|byte| *byte == 0)
                && *trailer == TRAILER
                && top & !kept == 0
                && *separator == 1
                && self.salted(digest, salt)[..] == *hash,
        )
    }

    fn length(&self) -> usize {
        self.bits.div_ceil(8)
    }

    /// The block, and the hash with its trailer.
    fn split<'a>(&self, encoded: &'a mut [u8]) -> Option<(&'a mut [u8], &'a mut [u8])> {
        encoded.split_at_mut_checked(encoded.len().checked_sub(self.hash.output_len() + 1)?)
    }

    fn salted(&self, digest: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
        self.hash.of(&[&[0; 8], digest, salt])
    }

    /// Clears the bits in front that would make the number too long; gives the mask of those that stay.
    fn clear_top(&self, block: &mut [u8]) -> Option<u8> {
        let kept = 0xff >> (8 * self.length() - self.bits);
        *block.first_mut()? &= kept;
        Some(kept)
    }
}

/// The byte that ends every encoding of PSS.
const TRAILER: u8 = 0xbc;

/// The two hashes that a parameter names. MD5 is in none of the standard's tables for OAEP and PSS.
fn hashes(hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE) -> Result<(Hash, Hash)> {
    match (Hash::of_mechanism(hash), Hash::of_mgf(mgf)) {
        (Some(hash), Some(mgf)) if hash != Hash::Md5 => Ok((hash, mgf)),
        _ => Err(Error::MechanismParamInvalid),
    }
}

/// Lays out 00 … 00 || 01 || bytes in a block of zeros; `None` if it is too short.
fn put_behind_zeros(block: &mut [u8], bytes: &[u8]) -> Option<()> {
    let (padding, rest) = block.split_at_mut_checked(block.len().checked_sub(bytes.len())?)?;
    *padding.last_mut()? = 1;
    rest.copy_from_slice(bytes);
    Some(())
}

/// Masks, or unmasks, by MGF1 (RFC 8017, appendix B.2.1).
fn mask(hash: Hash, seed: &[u8], bytes: &mut [u8]) {
    for (counter, chunk) in (0u32..).zip(bytes.chunks_mut(hash.output_len())) {
        let block = hash.of(&[seed, &counter.to_be_bytes()]);
        chunk.iter_mut().zip(block.iter()).for_each(|(byte, mask)| *byte ^= mask);
    }
}
