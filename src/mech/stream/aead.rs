//! ChaCha20-Poly1305 (section "ChaCha20/Poly1305 and Salsa20/Poly1305 …"; RFC 8439, section 2.8), composed so that it can
//! be fed in parts.
//!
//! The nonce's length says which it is: 96 bits RFC 8439, 192 bits the same with XChaCha20 (draft-irtf-cfrg-xchacha), 64
//! bits the original (draft-agl-tls-chacha20poly1305), which arranges what is authenticated in its own way.

use super::keystream::{KeyStream, STREAM_BLOCK};
use super::poly1305::TAG;
use crate::engine::poly1305::Poly1305;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::aead::{Aead, Opening, Sealing};
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use zeroize::Zeroizing;

pub(super) fn encrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Sealing::new(ChaChaPoly::new(params, key)?)))
}

pub(super) fn decrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Opening::new(ChaChaPoly::new(params, key)?)))
}

#[derive(Clone)]
struct ChaChaPoly {
    stream: KeyStream,
    mac: Poly1305,
    layout: Layout,
    aad_len: u64,
    text_len: u64,
}

/// Text is enciphered and authenticated in stretches that stay in the processor's nearest cache in between.
const STRETCH: usize = 4096;

/// What the MAC covers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Additional data and text, each filled up with zeros, then both lengths.
    Padded,
    /// Additional data, its length, text, its length.
    Original,
}

impl ChaChaPoly {
    /// `MechanismParamInvalid` for a nonce of a length that there is not.
    fn new(params: &Params, key: &Key) -> Result<Self> {
        let Params::ChaChaPoly { nonce, aad } = params else { return Err(Error::MechanismParamInvalid) };
        let stream = KeyStream::chacha20(key.secret()?, nonce)?;
        // Block 0 of the key stream begins with the MAC's key; the text begins with block 1.
        let mut one_time = Zeroizing::new([0; 32]);
        stream.apply(0, &[0; 32], &mut *one_time)?;
        let mut mac = Poly1305::new(&one_time);
        let (layout, aad_len) = (if nonce.len() == 8 { Layout::Original } else { Layout::Padded }, aad.len() as u64);
        mac.update(aad);
        match layout {
            Layout::Padded => mac.pad(),
            Layout::Original => mac.update(&aad_len.to_le_bytes()),
        }
        Ok(Self { stream, mac, layout, aad_len, text_len: 0 })
    }
}

impl Aead for ChaChaPoly {
    fn tag_len(&self) -> usize {
        TAG
    }

    fn max_text(&self) -> u64 {
        u64::try_from(self.stream.length() - STREAM_BLOCK).unwrap_or(u64::MAX)
    }

    fn seal(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        for (input, out) in input.chunks(STRETCH).zip(out.chunks_mut(STRETCH)) {
            self.stream.apply(STREAM_BLOCK + u128::from(self.text_len), input, out)?;
            self.authenticate(out)?;
        }
        Ok(())
    }

    fn authenticate(&mut self, ciphertext: &[u8]) -> Result<()> {
        self.mac.update(ciphertext);
        self.text_len = self.text_len.saturating_add(ciphertext.len() as u64);
        Ok(())
    }

    fn open(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        self.stream.apply(STREAM_BLOCK, input, out)
    }

    fn tag(&mut self) -> Result<[u8; TAG]> {
        let mut mac = self.mac.clone();
        if self.layout == Layout::Padded {
            mac.pad();
            mac.update(&self.aad_len.to_le_bytes());
        }
        mac.update(&self.text_len.to_le_bytes());
        Ok(mac.tag())
    }
}
