//! The key streams of ChaCha20 and Salsa20, at any position.

use crate::engine::chacha20;
use crate::engine::rustcrypto::chacha20::apply_with;
use crate::error::{Error, Result};
use ::chacha20::{R20, hchacha};
use cipher::array::Array;
use cipher::consts::U10;
use cipher::inout::InOutBuf;
use salsa20::{Salsa20, hsalsa};
use zeroize::Zeroizing;

pub(super) use crate::engine::rustcrypto::chacha20::STREAM_BLOCK;

/// A key stream. The forms with nonces of 192 bits are the original ones under a key that is made of the key and most of
/// the nonce.
#[derive(Clone)]
pub(super) struct KeyStream {
    core: Core,
    key: Zeroizing<[u8; 32]>,
    nonce: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Core {
    /// ChaCha20 with a nonce of 96 bits and a counter of 32 (RFC 8439).
    ChaCha20Ietf,
    /// ChaCha20 with a nonce and a counter of 64 bits.
    ChaCha20,
    /// Salsa20, likewise.
    Salsa20,
}

impl KeyStream {
    /// ChaCha20 in the variant that has nonces of this length: 8 bytes the original, 12 that of RFC 8439, 24 XChaCha20.
    /// `MechanismParamInvalid` for any other length, `KeySizeRange` unless the key has 32 bytes.
    pub(super) fn chacha20(key: &[u8], nonce: &[u8]) -> Result<Self> {
        let core = if nonce.len() == 12 { Core::ChaCha20Ietf } else { Core::ChaCha20 };
        Self::new(core, key, nonce, |key, nonce| hchacha::<R20>(&Array(*key), &Array(*nonce)).into())
    }

    /// Salsa20, likewise: 8 bytes the original, 24 XSalsa20.
    pub(super) fn salsa20(key: &[u8], nonce: &[u8]) -> Result<Self> {
        Self::new(Core::Salsa20, key, nonce, |key, nonce| hsalsa::<U10>(&Array(*key), &Array(*nonce)).into())
    }

    fn new(
        core: Core,
        key: &[u8],
        nonce: &[u8],
        extend: impl FnOnce(&[u8; 32], &[u8; 16]) -> [u8; 32],
    ) -> Result<Self> {
        let key = Zeroizing::new(<[u8; 32]>::try_from(key).map_err(|_| Error::KeySizeRange)?);
        match (core, nonce.len()) {
            (Core::ChaCha20Ietf, 12) | (Core::ChaCha20 | Core::Salsa20, 8) => {
                Ok(Self { core, key, nonce: nonce.to_vec() })
            }
            (Core::ChaCha20 | Core::Salsa20, 24) => {
                let (first, nonce) = nonce.split_first_chunk().ok_or(Error::GeneralError)?;
                Ok(Self { core, key: Zeroizing::new(extend(&key, first)), nonce: nonce.to_vec() })
            }
            _ => Err(Error::MechanismParamInvalid),
        }
    }

    /// The length of the counter in bytes.
    pub(super) fn counter_len(&self) -> usize {
        match self.core {
            Core::ChaCha20Ietf => 4,
            Core::ChaCha20 | Core::Salsa20 => 8,
        }
    }

    /// The length in bytes, from block 0 to where the counter would begin anew.
    pub(super) fn length(&self) -> u128 {
        let whole = STREAM_BLOCK << (8 * self.counter_len());
        match self.core {
            Core::ChaCha20Ietf | Core::ChaCha20 => whole,
            // Crate `salsa20` cannot make the very last block: it counts on before it gives one.
            Core::Salsa20 => whole - STREAM_BLOCK,
        }
    }

    /// Applies the key stream from so many bytes after the start of block 0 on. Input and output are of one length.
    /// `DataLenRange` beyond its end.
    pub(super) fn apply(&self, position: u128, input: &[u8], out: &mut [u8]) -> Result<()> {
        if position.saturating_add(input.len() as u128) > self.length() {
            return Err(Error::DataLenRange);
        }
        let text = InOutBuf::new(input, out).map_err(|_| Error::GeneralError)?;
        if text.is_empty() {
            return Ok(());
        }
        match self.core {
            Core::ChaCha20Ietf | Core::ChaCha20 => chacha20::apply(&self.key, &self.nonce, position, text),
            Core::Salsa20 => apply_with::<Salsa20>(&self.key, &self.nonce, position, text),
        }
    }
}
