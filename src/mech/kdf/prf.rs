//! Pseudo-random functions: the MACs that SP 800-108 and IKE are built on.

use crate::block_cipher::{Aes, TdesEde3};
use crate::error::Result;
use crate::hash::Hash;
use crate::mech::aes::xcbc;
use crate::mech::block;
use crate::mech::hmac;
use crate::mech::mac::Mac;

use cryptoki_sys::*;
use zeroize::Zeroizing;

/// A pseudo-random function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prf {
    /// HMAC.
    Hmac(Hash),
    /// AES-CMAC.
    AesCmac,
    /// CMAC of triple DES.
    Des3Cmac,
    /// AES-XCBC-PRF-128.
    AesXcbc,
}

impl Prf {
    /// The function of a MAC mechanism.
    pub(super) fn of_mechanism(id: CK_MECHANISM_TYPE) -> Option<Self> {
        match id {
            CKM_AES_CMAC => Some(Self::AesCmac),
            CKM_DES3_CMAC => Some(Self::Des3Cmac),
            CKM_AES_XCBC_MAC => Some(Self::AesXcbc),
            _ => hmac::row_of(id).and_then(|row| row.hash).map(Self::Hmac),
        }
    }

    /// The types of the keys of a MAC mechanism, its own last.
    pub(super) fn key_types(id: CK_MECHANISM_TYPE) -> &'static [CK_KEY_TYPE] {
        match id {
            CKM_AES_CMAC | CKM_AES_XCBC_MAC => &[CKK_AES],
            CKM_DES3_CMAC => &[CKK_DES2, CKK_DES3],
            _ => hmac::row_of(id).map_or(&[], |row| row.key_types),
        }
    }

    /// The length of its output in bytes.
    pub(super) fn output_len(self) -> usize {
        match self {
            Self::Hmac(hash) => hash.output_len(),
            Self::AesCmac | Self::AesXcbc => 16,
            Self::Des3Cmac => 8,
        }
    }

    /// Its output for these parts, one after the other. `KeySizeRange` for a key that it cannot have.
    pub(super) fn of(self, key: &[u8], parts: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>> {
        let mut mac: Box<dyn Mac> = match self {
            Self::Hmac(hash) => hmac::keyed(hash, key),
            Self::AesCmac => block::keyed_cmac::<Aes>(key)?,
            Self::Des3Cmac => block::keyed_cmac::<TdesEde3>(key)?,
            Self::AesXcbc => xcbc::prf(key)?,
        };
        parts.iter().for_each(|part| mac.update(part));
        Ok(mac.finish())
    }
}

/// Output after output, made by `next` of the one before and its number (from 1), until there is enough; the first
/// `length` bytes.
pub(super) fn stream(
    length: usize,
    first: &[u8],
    mut next: impl FnMut(&[u8], u32) -> Result<Zeroizing<Vec<u8>>>,
) -> Result<Zeroizing<Vec<u8>>> {
    let mut all = Zeroizing::new(Vec::with_capacity(length));
    let mut before = Zeroizing::new(first.to_vec());
    for number in 1.. {
        before = next(&before, number)?;
        let rest = length - all.len();
        all.extend(before.iter().take(rest));
        if all.len() == length || before.is_empty() {
            break;
        }
    }
    Ok(all)
}
