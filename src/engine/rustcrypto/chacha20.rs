//! The key stream of ChaCha20, at any position; and what other stream ciphers of these crates have in common with it.

use crate::error::{Error, Result};
use ::chacha20::{ChaCha20, ChaCha20Legacy};
use cipher::inout::InOutBuf;
use cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use zeroize::Zeroize;

/// The size of a block of the key stream in bytes.
pub const STREAM_BLOCK: u128 = 64;

/// Applies the key stream from so many bytes after the start of block 0 on: with a nonce of 12 bytes that of RFC 8439, with
/// one of 8 bytes the original. The caller has seen to its end.
pub fn apply(key: &[u8; 32], nonce: &[u8], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()> {
    match nonce.len() {
        12 => apply_with::<ChaCha20>(key, nonce, position, text),
        _ => apply_with::<ChaCha20Legacy>(key, nonce, position, text),
    }
}

/// [`apply`] of any such stream. The crates' own checks would forbid its last block, which RFC 8439 allows and QUIC's header
/// protection may use.
pub fn apply_with<S>(key: &[u8; 32], nonce: &[u8], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()>
where
    S: KeyIvInit + StreamCipher + StreamCipherSeek,
{
    let mut stream = S::new_from_slices(key, nonce).map_err(|_| Error::GeneralError)?;
    let begun = position % STREAM_BLOCK;
    stream.try_seek(position - begun).map_err(|_| Error::GeneralError)?;
    let mut passed = [0; STREAM_BLOCK as usize];
    stream.unchecked_write_keystream(passed.get_mut(..begun as usize).ok_or(Error::GeneralError)?);
    passed.zeroize();
    stream.unchecked_apply_keystream_inout(text);
    Ok(())
}
