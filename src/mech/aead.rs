//! Authenticated encryption made of a key stream and a MAC over the ciphertext, as an operation: AES-GCM, and ChaCha20
//! with Poly1305.
//!
//! Encryption gives ciphertext as it comes. Decryption keeps the ciphertext until its tag has been checked, and gives
//! nothing before (section 6.17.2: "no data should be returned until C_Decrypt or C_DecryptFinal").

use crate::error::{Error, Result};
use crate::op::{Cipher, Gathered};
use subtle::ConstantTimeEq;

/// An algorithm with its key and nonce, after it has authenticated the additional data.
pub trait Aead: Clone + Send + 'static {
    /// The length of the tag in bytes, 16 at most.
    fn tag_len(&self) -> usize;

    /// The longest text in bytes.
    fn max_text(&self) -> u64;

    /// Encrypts text that follows what was sealed before, and authenticates it. The output is as long as the input.
    fn seal(&mut self, input: &[u8], out: &mut [u8]) -> Result<()>;

    /// Authenticates ciphertext that is to be opened.
    fn authenticate(&mut self, ciphertext: &[u8]) -> Result<()>;

    /// The tag of what has been authenticated, at its full length. Nothing more is authenticated after it.
    fn tag(&mut self) -> Result<[u8; 16]>;

    /// Decrypts all of the text, once its tag has been compared.
    fn open(&mut self, input: &[u8], out: &mut [u8]) -> Result<()>;
}

/// An encryption.
#[derive(Clone)]
pub struct Sealing<A> {
    aead: A,
    /// Bytes of text so far.
    position: u64,
}

impl<A: Aead> Sealing<A> {
    /// Starts at the beginning of the text.
    pub fn new(aead: A) -> Self {
        Self { aead, position: 0 }
    }
}

impl<A: Aead> Cipher for Sealing<A> {
    fn bound(&self, input: usize, last: bool) -> usize {
        if last { input.saturating_add(self.aead.tag_len()) } else { input }
    }

    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let Self { aead, position } = self;
        let out = out.get_mut(..input.len()).ok_or(Error::GeneralError)?;
        let end = position.saturating_add(input.len() as u64);
        if end > aead.max_text() {
            return Err(Error::DataLenRange);
        }
        aead.seal(input, out)?;
        *position = end;
        Ok(input.len())
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        let (tag, length) = (self.aead.tag()?, self.aead.tag_len());
        let tag = tag.get(..length).ok_or(Error::GeneralError)?;
        out.get_mut(..length).ok_or(Error::GeneralError)?.copy_from_slice(tag);
        Ok(length)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }
}

/// A decryption.
#[derive(Clone)]
pub struct Opening<A> {
    aead: A,
    gathered: Gathered,
}

impl<A: Aead> Opening<A> {
    /// Starts at the beginning of the text.
    pub fn new(aead: A) -> Self {
        Self { aead, gathered: Gathered::new() }
    }
}

/// Checks the tag at the end of `input`, and only then decrypts what stands before it.
fn open(aead: &mut impl Aead, input: &[u8], out: &mut [u8]) -> Result<usize> {
    let wrong_length = Error::EncryptedDataLenRange;
    let (text, tag) = input.split_at_checked(input.len().wrapping_sub(aead.tag_len())).ok_or(wrong_length)?;
    if text.len() as u64 > aead.max_text() {
        return Err(wrong_length);
    }
    let out = out.get_mut(..text.len()).ok_or(Error::GeneralError)?;
    aead.authenticate(text)?;
    let expected = aead.tag()?;
    let expected = expected.get(..tag.len()).ok_or(Error::GeneralError)?;
    if !bool::from(expected.ct_eq(tag)) {
        return Err(Error::EncryptedDataInvalid);
    }
    aead.open(text, out)?;
    Ok(text.len())
}

impl<A: Aead> Cipher for Opening<A> {
    fn bound(&self, input: usize, last: bool) -> usize {
        let total = self.gathered.bytes().len().saturating_add(input);
        if last { total.saturating_sub(self.aead.tag_len()) } else { 0 }
    }

    fn update(&mut self, input: &[u8], _out: &mut [u8]) -> Result<usize> {
        self.gathered.push(input)?;
        Ok(0)
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        open(&mut self.aead, self.gathered.bytes(), out)
    }

    fn one_shot(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        open(&mut self.aead, input, out)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }
}
