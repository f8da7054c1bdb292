//! ChaCha20, Salsa20 and Poly1305 (PKCS#11 3.2, sections "ChaCha20", "Salsa20", "Poly1305", and "ChaCha20/Poly1305 …
//! Authenticated Encryption / Decryption").

mod aead;
mod keystream;
mod poly1305;

use super::message::MessageShape;
use super::{Mechanism, Params, Shape, Unit, secret};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::Cipher;
use cryptoki_sys::*;
use keystream::{KeyStream, STREAM_BLOCK};

/// The rows. The standard tells the sizes of keys in bytes where they are generated, in bits where they are used.
///
/// `CKM_SALSA20_POLY1305` is missing: no specification says where the additional data goes, and NaCl's box, which has none,
/// puts the tag in front.
pub const ROWS: &[Mechanism] = &[
    key_gen(CKM_CHACHA20_KEY_GEN, &[CKK_CHACHA20]),
    row(CKM_CHACHA20, &[CKK_CHACHA20]).params(Shape::ChaCha20).cipher(chacha20, chacha20).wraps(),
    row(CKM_CHACHA20_POLY1305, &[CKK_CHACHA20])
        .params(Shape::ChaChaPoly)
        .cipher(aead::encrypt, aead::decrypt)
        .messages(MessageShape::ChaChaPoly),
    key_gen(CKM_SALSA20_KEY_GEN, &[CKK_SALSA20]),
    row(CKM_SALSA20, &[CKK_SALSA20]).params(Shape::Salsa20).cipher(salsa20, salsa20).wraps(),
    key_gen(CKM_POLY1305_KEY_GEN, &[CKK_POLY1305]),
    // The standard's table says that it encrypts and wraps; its text, that it signs.
    row(CKM_POLY1305, &[CKK_POLY1305]).signs(poly1305::sign, poly1305::verify).one_message(),
];

const fn row(id: CK_MECHANISM_TYPE, key_types: &'static [CK_KEY_TYPE]) -> Mechanism {
    Mechanism::new(id).secret_keys(key_types, 256, 256, Unit::Bits)
}

const fn key_gen(id: CK_MECHANISM_TYPE, key_types: &'static [CK_KEY_TYPE]) -> Mechanism {
    Mechanism::new(id).secret_keys(key_types, 32, 32, Unit::Bytes).generates(secret::generate)
}

/// Encryption and decryption are the same.
fn chacha20(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(params, |nonce| KeyStream::chacha20(key.secret()?, nonce))
}

/// As [`chacha20`].
fn salsa20(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(params, |nonce| KeyStream::salsa20(key.secret()?, nonce))
}

/// `MechanismParamInvalid` for a nonce of a length that no variant has, and for a counter that is not its variant's.
fn begin(params: &Params, stream: impl FnOnce(&[u8]) -> Result<KeyStream>) -> Result<Box<dyn Cipher>> {
    let Params::Stream { counter, nonce } = params else { return Err(Error::MechanismParamInvalid) };
    let stream = stream(nonce)?;
    let mut first = [0; 8];
    let counted = first.get_mut(..stream.counter_len()).filter(|first| first.len() == counter.len());
    counted.ok_or(Error::MechanismParamInvalid)?.copy_from_slice(counter);
    let position = u128::from(u64::from_le_bytes(first)) * STREAM_BLOCK;
    Ok(Box::new(Stream { stream, position }))
}

#[derive(Clone)]
struct Stream {
    stream: KeyStream,
    /// Bytes from block 0 of the key stream to here.
    position: u128,
}

impl Cipher for Stream {
    fn bound(&self, input: usize, _last: bool) -> usize {
        input
    }

    /// `DataLenRange`, for both directions as with AES-CTR, where the counter would begin anew.
    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let out = out.get_mut(..input.len()).ok_or(Error::GeneralError)?;
        self.stream.apply(self.position, input, out)?;
        self.position += input.len() as u128;
        Ok(input.len())
    }

    fn finish(&mut self, _out: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }
}
