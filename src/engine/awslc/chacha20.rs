//! The key stream of ChaCha20 by AWS-LC, at any position.

use crate::error::{Error, Result};
use aws_lc_sys::CRYPTO_chacha_20;
use cipher::inout::InOutBuf;
use zeroize::Zeroize;

const STREAM_BLOCK: usize = 64;

/// Applies the key stream from so many bytes after the start of block 0 on: with a nonce of 12 bytes that of RFC 8439, with
/// one of 8 bytes the original. The caller has seen to its end.
///
/// The original has a counter of 64 bits, of which the upper half stands where the other has the beginning of its nonce.
pub fn apply(key: &[u8; 32], nonce: &[u8], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()> {
    let block = position / STREAM_BLOCK as u128;
    let begun = (position % STREAM_BLOCK as u128) as usize;
    if begun > 0 {
        // The rest of a block whose beginning is used.
        let length = text.len();
        let (mut first, rest) = text.split_at((STREAM_BLOCK - begun).min(length));
        let mut keystream = [0; STREAM_BLOCK];
        run(key, nonce, block, InOutBuf::from(&mut keystream[..]))?;
        let left = keystream.get(begun..).and_then(|left| left.get(..first.len()));
        first.xor_in2out(left.ok_or(Error::GeneralError)?);
        keystream.zeroize();
        return run(key, nonce, block + 1, rest);
    }
    run(key, nonce, block, text)
}

/// From the start of a block on.
fn run(key: &[u8; 32], nonce: &[u8], block: u128, text: InOutBuf<'_, '_, u8>) -> Result<()> {
    let (mut block, mut text) = (block, text);
    while !text.is_empty() {
        let [upper, counter] = [(block >> 32) as u32, block as u32];
        let mut whole_nonce = [0; 12];
        match nonce.len() {
            12 => whole_nonce.copy_from_slice(nonce),
            8 => {
                let (high, low) = whole_nonce.split_at_mut(4);
                high.copy_from_slice(&upper.to_le_bytes());
                low.copy_from_slice(nonce);
            }
            _ => return Err(Error::GeneralError),
        }
        // As far as the lower half of the counter goes.
        let blocks = (1u64 << 32) - u64::from(counter);
        let length = usize::try_from(blocks.saturating_mul(STREAM_BLOCK as u64)).unwrap_or(usize::MAX).min(text.len());
        let (now, later) = text.split_at(length);
        let (from, to) = now.into_raw();
        // SAFETY: both buffers have that length and are apart or the same; key and nonce are as long as they must be.
        unsafe { CRYPTO_chacha_20(to, from, length, key.as_ptr(), whole_nonce.as_ptr(), counter) };
        (block, text) = (block + u128::from(blocks), later);
    }
    Ok(())
}
