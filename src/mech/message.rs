//! Messages under an AEAD (PKCS#11 3.2, "Message-based encryption functions"): the mechanism's own encryption, with the tag taken
//! from the end of the ciphertext and put into the message's parameter.

use super::nonce::NonceSource;
use super::{Mechanism, Params};
use crate::buffer;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::Cipher;

/// The form of a message's parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageShape {
    /// `CK_GCM_MESSAGE_PARAMS`.
    Gcm,
    /// `CK_CCM_MESSAGE_PARAMS`.
    Ccm,
    /// `CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS`.
    ChaChaPoly,
}

/// What a parameter's tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagUse {
    /// Not looked at yet.
    Unused,
    /// The caller's, to be compared.
    Input,
    /// A place to write to.
    Output,
}

/// A message's parameter.
pub struct MessageParams {
    /// As for the mechanism itself, with the nonce as it was given and without additional data.
    pub params: Params,
    /// How the nonce is to be made of that.
    pub source: NonceSource,
    /// The length of the tag in bytes.
    pub tag_len: usize,
    /// The tag, if it is [`TagUse::Input`].
    pub tag: Vec<u8>,
}

impl Params {
    /// The nonce of an AEAD or a GMAC.
    pub fn nonce(&self) -> Option<&[u8]> {
        match self {
            Self::Gcm { iv: nonce, .. } | Self::Ccm { nonce, .. } | Self::ChaChaPoly { nonce, .. } => Some(nonce),
            _ => None,
        }
    }

    /// The same with another nonce.
    pub fn with_nonce(mut self, new: Vec<u8>) -> Self {
        if let Self::Gcm { iv: nonce, .. } | Self::Ccm { nonce, .. } | Self::ChaChaPoly { nonce, .. } = &mut self {
            *nonce = new;
        }
        self
    }

    /// The same with other additional data.
    pub fn with_aad(mut self, new: Vec<u8>) -> Self {
        if let Self::Gcm { aad, .. } | Self::Ccm { aad, .. } | Self::ChaChaPoly { aad, .. } = &mut self {
            *aad = new;
        }
        self
    }
}

/// One message that is being encrypted or decrypted.
pub struct Message {
    cipher: Box<dyn Cipher>,
    encrypts: bool,
    tag_len: usize,
}

impl Message {
    /// Begins a message.
    pub fn new(mechanism: &Mechanism, params: &Params, key: &Key, encrypts: bool, tag_len: usize) -> Result<Self> {
        let begin = if encrypts { mechanism.encrypt } else { mechanism.decrypt };
        let cipher = begin.ok_or(Error::MechanismInvalid)?(mechanism, params, key)?;
        Ok(Self { cipher, encrypts, tag_len })
    }

    /// Whether it is an encryption.
    pub fn encrypts(&self) -> bool {
        self.encrypts
    }

    /// The length of its tag in bytes.
    pub fn tag_len(&self) -> usize {
        self.tag_len
    }

    /// How much `input` more bytes of text give, and with `last` the end of the message: exactly.
    pub fn bound(&self, input: usize, last: bool) -> usize {
        match (last, self.encrypts) {
            (false, _) => self.cipher.bound(input, false),
            (true, true) => self.cipher.bound(input, true).saturating_sub(self.tag_len),
            (true, false) => self.cipher.bound(input.saturating_add(self.tag_len), true),
        }
    }

    /// Takes a part that is not the last one; says how much was written.
    pub fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        self.cipher.update(input, out)
    }

    /// The last part, or all, of an encryption; says how much was written, and gives the tag.
    pub fn seal(&mut self, input: &[u8], out: &mut [u8]) -> Result<(usize, Vec<u8>)> {
        let written = self.cipher.update(input, out)?;
        let mut end = std::mem::take(&mut *buffer::zeros(self.cipher.bound(0, true))?);
        let length = self.cipher.finish(&mut end)?;
        end.truncate(length);
        let rest = length.checked_sub(self.tag_len).ok_or(Error::GeneralError)?;
        let tag = end.split_off(rest);
        out.get_mut(written..).and_then(|out| out.get_mut(..rest)).ok_or(Error::GeneralError)?.copy_from_slice(&end);
        Ok((written + rest, tag))
    }

    /// The last part, or all, of a decryption, which gives nothing unless the tag is right: `AeadDecryptFailed`.
    pub fn open(&mut self, input: &[u8], tag: &[u8], out: &mut [u8]) -> Result<usize> {
        let written = self.cipher.update(input, out)? + self.cipher.update(tag, out)?;
        let rest = out.get_mut(written..).ok_or(Error::GeneralError)?;
        let opened = self.cipher.finish(rest).map_err(|error| match error {
            Error::EncryptedDataInvalid => Error::AeadDecryptFailed,
            other => other,
        })?;
        Ok(written + opened)
    }
}
