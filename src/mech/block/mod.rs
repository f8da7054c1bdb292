//! Block ciphers of any kind: the modes of encryption, the MACs and the derivation that they have in common, and the
//! rows that offer them. A cipher is a [`BlockCipher`] and a table of rows.

mod blocks;
mod ctr;
mod encrypt_data;
mod mac;
mod rows;

pub(super) use blocks::{Direction, unpadded};
pub(super) use mac::cmac as keyed_cmac;
pub(super) use rows::{
    cbc, cbc_encrypt_data, cbc_mac, cbc_mac_general, cbc_pad, cmac, cmac_general, ctr, ecb, ecb_encrypt_data,
};

use super::Params;
use crate::error::{Error, Result};
use cipher::array::typenum::Unsigned;
use cipher::{
    Array, BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
};

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

/// A cipher with a type for each of its three sizes of key. The modes see one block cipher, and the size is looked at
/// once for each stretch of blocks.
#[derive(Clone)]
pub enum ThreeSizes<A, B, C> {
    /// A key of 16 bytes.
    Bits128(A),
    /// A key of 24 bytes.
    Bits192(B),
    /// A key of 32 bytes.
    Bits256(C),
}

impl<A, B, C> BlockCipher for ThreeSizes<A, B, C>
where
    Self: BlockCipherEncrypt + BlockCipherDecrypt + Clone + Send + 'static,
    A: KeyInit,
    B: KeyInit,
    C: KeyInit,
{
    fn keyed(key: &[u8]) -> Result<Self> {
        match key.len() {
            16 => keyed(key).map(Self::Bits128),
            24 => keyed(key).map(Self::Bits192),
            32 => keyed(key).map(Self::Bits256),
            _ => Err(Error::KeySizeRange),
        }
    }
}

impl<A: BlockSizeUser, B, C> BlockSizeUser for ThreeSizes<A, B, C> {
    type BlockSize = A::BlockSize;
}

impl<A, B, C> BlockCipherEncrypt for ThreeSizes<A, B, C>
where
    A: BlockCipherEncrypt,
    B: BlockCipherEncrypt<BlockSize = A::BlockSize>,
    C: BlockCipherEncrypt<BlockSize = A::BlockSize>,
{
    fn encrypt_with_backend(&self, closure: impl BlockCipherEncClosure<BlockSize = A::BlockSize>) {
        match self {
            Self::Bits128(cipher) => cipher.encrypt_with_backend(closure),
            Self::Bits192(cipher) => cipher.encrypt_with_backend(closure),
            Self::Bits256(cipher) => cipher.encrypt_with_backend(closure),
        }
    }
}

impl<A, B, C> BlockCipherDecrypt for ThreeSizes<A, B, C>
where
    A: BlockCipherDecrypt,
    B: BlockCipherDecrypt<BlockSize = A::BlockSize>,
    C: BlockCipherDecrypt<BlockSize = A::BlockSize>,
{
    fn decrypt_with_backend(&self, closure: impl BlockCipherDecClosure<BlockSize = A::BlockSize>) {
        match self {
            Self::Bits128(cipher) => cipher.decrypt_with_backend(closure),
            Self::Bits192(cipher) => cipher.decrypt_with_backend(closure),
            Self::Bits256(cipher) => cipher.decrypt_with_backend(closure),
        }
    }
}

/// CBC's initialisation vector from a parameter, if there is one.
fn iv<C: BlockCipher>(params: &Params) -> Result<Option<Block<C>>> {
    match params.of_mode() {
        Params::None => Ok(None),
        Params::Iv(iv) => block::<C>(iv).map(Some),
        _ => Err(Error::MechanismParamInvalid),
    }
}

/// A block of a parameter's bytes.
fn block<C: BlockCipher>(bytes: &[u8]) -> Result<Block<C>> {
    Block::<C>::try_from(bytes).map_err(|_| Error::MechanismParamInvalid)
}
