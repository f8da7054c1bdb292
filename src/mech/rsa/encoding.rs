//! EME-OAEP and EMSA-PSS (RFC 8017, sections 7.1 and 9.1) over [`Hash`].
//!
//! The `rsa` crate has both, but for hashes that are types: OAEP would be compiled a hundred times, and its PSS cannot
//! have a mask generation function of another hash, which the standard's parameters allow.

use crate::error::{Error, Result};
use crate::hash::Hash;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::key::rsa::Public;
    use ::rsa::{BoxedUint, PublicKey};

    /// RSA Laboratories' OAEP example 2.1: what a seed makes of a message, under a modulus of 1025 bits.
    #[test]
    fn oaep_encodes_as_rsa_laboratories_do() {
        let key = key(
            "01947c7fce90425f47279e70851f25d5e62316fe8a1df19371e3e628e260543e4901ef6081f68c0b8141190d2ae8daba7d1250ec6d\
             b636e944ec3722877c7c1d0a67f14b1694c5f0379451a43e49a32dde83670b73da91a1c99bc23b436a60055c610f0baf99c1a07956\
             5b95a3f1526632d1d4da60f20eda25e653c4f002766f45",
        );
        let oaep = Oaep::new(CKM_SHA_1, CKG_MGF1_SHA1, &[], 129).unwrap();
        let message = hex("8ff00caa605c702830634d9a6c3d42c652b58cf1d92fec570beee7");
        let encoded = oaep.encode_with(&hex("8c407b5ec2899e5099c53e8ce793bf94e71b1782"), &message).unwrap();
        assert_eq!(
            key.apply(&encoded).unwrap()[..],
            hex(
                "0181af8922b9fcb4d79d92ebe19815992fc0c1439d8bcd491398a0f4ad3a329a5bd9385560db532683c8b7da04e4b12aed6aac\
                 df471c34c9cda891addcc2df3456653aa6382e9ae59b54455257eb099d562bbe10453f2b6d13c59c02e10f1f8abb5da0d05709\
                 32dacf2d0901db729d0fefcc054e70968ea540c81b04bcaefe720e"
            )
        );
        assert_eq!(oaep.decode(&mut encoded.clone()).unwrap()[..], message);
        // Any byte that is changed spoils it.
        for index in 0..encoded.len() {
            let mut wrong = encoded.to_vec();
            wrong[index] ^= 0x80;
            assert!(oaep.decode(&mut wrong).is_none(), "{index}");
        }
    }

    /// RSA Laboratories' PSS example 1.1: what a salt makes of a message.
    #[test]
    fn pss_encodes_as_rsa_laboratories_do() {
        let key = key(
            "a56e4a0e701017589a5187dc7ea841d156f2ec0e36ad52a44dfeb1e61f7ad991d8c51056ffedb162b4c0f283a12a88a394dff526ab\
             7291cbb307ceabfce0b1dfd5cd9508096d5b2b8b6df5d671ef6377c0921cb23c270a70e2598e6ff89d19f105acc2d3f0cb35f29280\
             e1386b6f64c4ef22e1e1f20d0ce8cffb2249bd9a2137",
        );
        let signature = hex(
            "9074308fb598e9701b2294388e52f971faac2b60a5145af185df5287b5ed2887e57ce7fd44dc8634e407c8e0e4360bc226f3ec227f\
             9d9e54638e8d31f5051215df6ebb9c2f9579aa77598a38f914b5b9c1bd83c4e2f9f382a0d0aa3542ffee65984a601bc69eb28deb27\
             dca12c82c2d4c3f66cd500f1ff2b994d8a4e30cbb33c",
        );
        let digest = hex("cd8b6538cb8e8de566b68bd067569dbf1ee2718e");
        let salt = hex("dee959c7e06411361420ff80185ed57f3e6776af");
        let pss = Pss::new(CKM_SHA_1, CKG_MGF1_SHA1, 20, None, 1024).unwrap();
        let mut opened = key.apply(&signature).unwrap();
        assert_eq!(pss.encode(&digest, &salt).unwrap(), opened[..]);
        assert!(pss.verify(&digest, &mut opened));
    }

    /// Each rule of EMSA-PSS-VERIFY (RFC 8017, section 9.1.2) by an encoding that breaks no other.
    #[test]
    fn pss_takes_nothing_but_its_own_encoding() {
        for bits in [1024, 1025, 1026, 1031] {
            let pss = Pss::new(CKM_SHA256, CKG_MGF1_SHA256, 20, None, bits).unwrap();
            let k = bits.div_ceil(8);
            let digest = [9; 32];
            let encoded = pss.encode(&digest, &[7; 20]).unwrap();
            let opened = [vec![0; k - encoded.len()], encoded].concat();
            assert!(pss.verify(&digest, &mut opened.clone()));
            assert!(!pss.verify(&[8; 32], &mut opened.clone()));
            for index in 0..k {
                for bit in 0..8 {
                    let mut wrong = opened.clone();
                    wrong[index] ^= 1 << bit;
                    assert!(!pss.verify(&digest, &mut wrong), "{bits} {index} {bit}");
                }
            }
            // A hash that is right over a block that is not.
            let separator = pss.length() - 33 - 21;
            for (position, byte) in [(0, 1), (40, 1), (separator - 1, 1), (separator, 0), (separator, 2)] {
                let mut wrong = opened.clone();
                let start = k - pss.length();
                let (block, tail) = wrong[start..].split_at_mut(pss.length() - 33);
                mask(pss.mgf, &tail[..32], block);
                block[position] = byte;
                mask(pss.mgf, &tail[..32], block);
                pss.clear_top(block);
                assert!(!pss.verify(&digest, &mut wrong), "{bits} {position}");
            }
        }
    }

    fn key(modulus: &str) -> Public {
        let modulus = BoxedUint::from_be_slice_vartime(&hex(modulus));
        Public::new(&PublicKey::new(modulus, 65537u64.into()).unwrap()).unwrap()
    }

    fn hex(digits: &str) -> Vec<u8> {
        let digits: Vec<u8> = digits.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }
}
