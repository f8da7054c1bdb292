//! Block ciphers that have a type for each of their three sizes of key, as one.

use crate::error::{Error, Result};
use cipher::{
    BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
};

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

impl<A: KeyInit, B: KeyInit, C: KeyInit> ThreeSizes<A, B, C> {
    /// `KeySizeRange` unless the key has 16, 24 or 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self> {
        match key.len() {
            16 => A::new_from_slice(key).map(Self::Bits128),
            24 => B::new_from_slice(key).map(Self::Bits192),
            32 => C::new_from_slice(key).map(Self::Bits256),
            _ => return Err(Error::KeySizeRange),
        }
        .map_err(|_| Error::KeySizeRange)
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
