//! Block ciphers, each keyed by bytes: those whose keys there are, and whose modes the mechanisms make.

use crate::engine::rustcrypto::three_sizes::ThreeSizes;
use crate::error::{Error, Result};
use aria::{Aria128, Aria192, Aria256};
use camellia::{Camellia128, Camellia192, Camellia256};
use cipher::array::typenum::Unsigned;
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit};
use zeroize::Zeroizing;

/// AES itself, for the modes that have one engine.
pub(crate) use crate::engine::rustcrypto::aes::Aes;
pub(crate) use blowfish::Blowfish;
pub(crate) use des::{Des, TdesEde3};
pub(crate) use rc2::Rc2;
pub(crate) use twofish::Twofish;

/// ARIA with a key of any of its three sizes.
pub(crate) type Aria = ThreeSizes<Aria128, Aria192, Aria256>;

/// Camellia with a key of any of its three sizes.
pub(crate) type Camellia = ThreeSizes<Camellia128, Camellia192, Camellia256>;

/// A block.
pub(crate) type Block<C> = Array<u8, <C as BlockSizeUser>::BlockSize>;

/// A block cipher that is keyed by bytes of whatever lengths it takes.
pub(crate) trait BlockCipher: BlockCipherEncrypt + BlockCipherDecrypt + Clone + Send + 'static {
    /// The size of a block in bytes.
    const BLOCK: usize = <Self::BlockSize as Unsigned>::USIZE;

    /// `KeySizeRange` for a key of another length than the cipher takes.
    fn keyed(key: &[u8]) -> Result<Self>;
}

/// What check values begin with (section 4.10): a block of zeros, encrypted.
pub(crate) fn encrypted_zeros<C: BlockCipher>(key: &[u8]) -> Result<Vec<u8>> {
    let mut block = Block::<C>::default();
    C::keyed(key)?.encrypt_block(&mut block);
    Ok(block.to_vec())
}

impl<A, B, C> BlockCipher for ThreeSizes<A, B, C>
where
    Self: BlockCipherEncrypt + BlockCipherDecrypt + Clone + Send + 'static,
    A: KeyInit,
    B: KeyInit,
    C: KeyInit,
{
    fn keyed(key: &[u8]) -> Result<Self> {
        Self::new(key)
    }
}

impl BlockCipher for Des {
    fn keyed(key: &[u8]) -> Result<Self> {
        keyed(key)
    }
}

impl BlockCipher for TdesEde3 {
    /// A key of double length is one of triple length with K1 = K3.
    fn keyed(key: &[u8]) -> Result<Self> {
        match key.first_chunk::<8>() {
            Some(k1) if key.len() == 16 => keyed(&Zeroizing::new([key, k1].concat())),
            _ => keyed(key),
        }
    }
}

impl BlockCipher for Blowfish {
    fn keyed(key: &[u8]) -> Result<Self> {
        keyed(key)
    }
}

impl BlockCipher for Twofish {
    fn keyed(key: &[u8]) -> Result<Self> {
        keyed(key)
    }
}

impl BlockCipher for Rc2 {
    /// All bits of the key count.
    fn keyed(key: &[u8]) -> Result<Self> {
        rc2_effective(key, key.len().saturating_mul(8))
    }
}

/// The longest key of RC2, in bytes.
pub(crate) const RC2_MAX_BYTES: usize = 128;

/// RC2 with so many effective bits, 1 to 1024. The crate has no error of its own: it wants these lengths.
pub(crate) fn rc2_effective(key: &[u8], bits: usize) -> Result<Rc2> {
    if (1..=RC2_MAX_BYTES).contains(&key.len()) {
        Ok(Rc2::new_with_eff_key_len(key, bits))
    } else {
        Err(Error::KeySizeRange)
    }
}

/// The ciphers whose crates know all their lengths of key.
fn keyed<C: KeyInit>(key: &[u8]) -> Result<C> {
    C::new_from_slice(key).map_err(|_| Error::KeySizeRange)
}
