//! Block ciphers of any kind: the modes of encryption, the MACs and the derivation that they have in common, and the
//! rows that offer them. A cipher is a [`BlockCipher`] and a table of rows.

mod blocks;
mod ctr;
mod encrypt_data;
mod mac;
mod rows;

pub(super) use blocks::{Mode, WholeBlocks, unpadded};
pub(super) use ctr::CounterMode;
pub(super) use mac::cmac as keyed_cmac;
pub(super) use rows::{
    cbc, cbc_by, cbc_encrypt_data, cbc_mac, cbc_mac_general, cbc_pad, cbc_pad_by, cmac, cmac_general, ctr, ecb,
    ecb_encrypt_data,
};

use super::Params;
use crate::engine::rustcrypto::three_sizes::ThreeSizes;
use crate::error::{Error, Result};
use cipher::array::typenum::Unsigned;
use cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit};

/// A block.
pub(super) type Block<C> = Array<u8, <C as BlockSizeUser>::BlockSize>;

/// A block cipher that is keyed by bytes of whatever lengths it takes.
pub trait BlockCipher: BlockCipherEncrypt + BlockCipherDecrypt + Clone + Send + 'static {
    /// The size of a block in bytes.
    const BLOCK: usize = <Self::BlockSize as Unsigned>::USIZE;

    /// `KeySizeRange` for a key of another length than the cipher takes.
    fn keyed(key: &[u8]) -> Result<Self>;

    /// The cipher as an operation wants it. All ciphers but RC2 are what their key makes them.
    fn begun(key: &[u8], _: &Params) -> Result<Self> {
        Self::keyed(key)
    }
}

/// The ciphers whose crates know all their lengths of key.
pub(super) fn keyed<C: KeyInit>(key: &[u8]) -> Result<C> {
    C::new_from_slice(key).map_err(|_| Error::KeySizeRange)
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

/// CBC's initialisation vector from a parameter, if there is one.
fn iv<C: BlockSizeUser>(params: &Params) -> Result<Option<Block<C>>> {
    match params.of_mode() {
        Params::None => Ok(None),
        Params::Iv(iv) => Block::<C>::try_from(iv.as_slice()).map(Some).map_err(|_| Error::MechanismParamInvalid),
        _ => Err(Error::MechanismParamInvalid),
    }
}
