//! A session, and the calls that most commands make.

use super::template::{Attribute, Mechanism, raw_template};
use super::{Failure, Module, Result};
use cryptoki_sys::*;
use std::ptr::null_mut;

/// An open session; it is closed when dropped.
pub struct Session<'a> {
    pub(super) module: &'a Module,
    pub(super) handle: CK_SESSION_HANDLE,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let close = || call!(self.module, C_CloseSession(self.handle));
        // Nothing is left to do about a session that cannot be closed.
        let _ = close();
    }
}

impl Session<'_> {
    /// `C_Login`.
    pub fn login(&self, user: CK_USER_TYPE, pin: &str) -> Result<()> {
        call!(self.module, C_Login(self.handle, user, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG))
    }

    /// `C_Logout`.
    pub fn logout(&self) -> Result<()> {
        call!(self.module, C_Logout(self.handle))
    }

    /// `C_InitPIN`.
    pub fn init_pin(&self, pin: &str) -> Result<()> {
        call!(self.module, C_InitPIN(self.handle, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG))
    }

    /// `C_GenerateRandom`.
    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill_random(&mut bytes)?;
        Ok(bytes)
    }

    /// `C_GenerateKey`.
    pub fn generate_key(&self, mechanism: &Mechanism<'_>, template: &[Attribute]) -> Result<CK_OBJECT_HANDLE> {
        let (mut raw, template) = (mechanism.raw(), raw_template(template));
        let mut key = 0;
        let count = template.len() as CK_ULONG;
        call!(self.module, C_GenerateKey(self.handle, &mut raw, template.as_ptr().cast_mut(), count, &mut key))?;
        Ok(key)
    }

    /// `C_GenerateKeyPair`: the public key, then the private one.
    pub fn generate_key_pair(
        &self,
        mechanism: &Mechanism<'_>,
        public: &[Attribute],
        private: &[Attribute],
    ) -> Result<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)> {
        let (mut raw, public, private) = (mechanism.raw(), raw_template(public), raw_template(private));
        let (mut public_key, mut private_key) = (0, 0);
        call!(
            self.module,
            C_GenerateKeyPair(
                self.handle,
                &mut raw,
                public.as_ptr().cast_mut(),
                public.len() as CK_ULONG,
                private.as_ptr().cast_mut(),
                private.len() as CK_ULONG,
                &mut public_key,
                &mut private_key,
            )
        )?;
        Ok((public_key, private_key))
    }

    /// `C_GetAttributeValue` for one attribute.
    pub fn attribute(&self, object: CK_OBJECT_HANDLE, attribute: CK_ATTRIBUTE_TYPE) -> Result<Vec<u8>> {
        let mut asked = CK_ATTRIBUTE { type_: attribute, pValue: null_mut(), ulValueLen: 0 };
        call!(self.module, C_GetAttributeValue(self.handle, object, &mut asked, 1))?;
        let mut value = vec![0; asked.ulValueLen as usize];
        asked.pValue = value.as_mut_ptr().cast();
        call!(self.module, C_GetAttributeValue(self.handle, object, &mut asked, 1))?;
        value.truncate(asked.ulValueLen as usize);
        Ok(value)
    }

    /// Signs data in one call.
    pub fn sign(&self, mechanism: &Mechanism<'_>, key: CK_OBJECT_HANDLE, data: &[u8]) -> Result<Vec<u8>> {
        self.sign_after(mechanism, key, data, || Ok(()))
    }

    /// As [`Self::sign`], with something done after the operation has begun: the login that some keys want for each use.
    pub fn sign_after(
        &self,
        mechanism: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
        begun: impl FnOnce() -> Result<()>,
    ) -> Result<Vec<u8>> {
        let mut raw = mechanism.raw();
        call!(self.module, C_SignInit(self.handle, &mut raw, key))?;
        begun()?;
        let mut length = 0;
        let size = data.len() as CK_ULONG;
        call!(self.module, C_Sign(self.handle, data.as_ptr().cast_mut(), size, null_mut(), &mut length))?;
        let mut signature = vec![0; length as usize];
        let to = signature.as_mut_ptr();
        call!(self.module, C_Sign(self.handle, data.as_ptr().cast_mut(), size, to, &mut length))?;
        signature.truncate(length as usize);
        Ok(signature)
    }

    /// Whether a signature is right.
    pub fn verify(
        &self,
        mechanism: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
        signature: &[u8],
    ) -> Result<bool> {
        let mut raw = mechanism.raw();
        call!(self.module, C_VerifyInit(self.handle, &mut raw, key))?;
        let (data, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (signature, length) = (signature.as_ptr().cast_mut(), signature.len() as CK_ULONG);
        match call!(self.module, C_Verify(self.handle, data, size, signature, length)) {
            Ok(()) => Ok(true),
            Err(Failure::Call(_, CKR_SIGNATURE_INVALID)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Digests and encrypts in one pass (`C_DigestEncryptUpdate`), in pieces: the ciphertext and the digest.
    pub fn digest_encrypt(
        &self,
        digest: &Mechanism<'_>,
        cipher: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut digest, mut cipher) = (digest.raw(), cipher.raw());
        call!(self.module, C_DigestInit(self.handle, &mut digest))?;
        call!(self.module, C_EncryptInit(self.handle, &mut cipher, key))?;
        let encrypted = self.in_pieces(
            data,
            |data, size, to, length| call!(self.module, C_DigestEncryptUpdate(self.handle, data, size, to, length)),
            |to, length| call!(self.module, C_EncryptFinal(self.handle, to, length)),
        )?;
        Ok((encrypted, self.digest_final()?))
    }

    /// Decrypts and digests what comes out in one pass (`C_DecryptDigestUpdate`), in pieces: the plaintext and the digest.
    pub fn decrypt_digest(
        &self,
        digest: &Mechanism<'_>,
        cipher: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut digest, mut cipher) = (digest.raw(), cipher.raw());
        call!(self.module, C_DecryptInit(self.handle, &mut cipher, key))?;
        call!(self.module, C_DigestInit(self.handle, &mut digest))?;
        let mut last = Vec::new();
        let decrypted = self.in_pieces(
            data,
            |data, size, to, length| call!(self.module, C_DecryptDigestUpdate(self.handle, data, size, to, length)),
            |to, length| {
                call!(self.module, C_DecryptFinal(self.handle, to, length))?;
                // SAFETY: the call has written so many bytes there.
                last = unsafe { std::slice::from_raw_parts(to, *length as usize) }.to_vec();
                Ok(())
            },
        )?;
        // What only the final call gives has not been digested: the standard leaves that to the application.
        call!(self.module, C_DigestUpdate(self.handle, last.as_ptr().cast_mut(), last.len() as CK_ULONG))?;
        Ok((decrypted, self.digest_final()?))
    }

    fn digest_final(&self) -> Result<Vec<u8>> {
        let mut digest = vec![0; 64];
        let mut length = digest.len() as CK_ULONG;
        call!(self.module, C_DigestFinal(self.handle, digest.as_mut_ptr(), &mut length))?;
        digest.truncate(length as usize);
        Ok(digest)
    }

    /// Feeds data piece by piece to a function, ends with another, and joins what they give.
    fn in_pieces(
        &self,
        data: &[u8],
        update: impl Fn(*mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> Result<()>,
        last: impl FnOnce(*mut u8, *mut CK_ULONG) -> Result<()>,
    ) -> Result<Vec<u8>> {
        const PIECE: usize = 64 * 1024;
        // A piece may give one block more than it is long.
        let mut buffer = vec![0; PIECE + 64];
        let mut joined = Vec::with_capacity(data.len() + 64);
        let mut keep = |buffer: &[u8], length: CK_ULONG| {
            joined.extend(buffer.iter().take(length as usize));
        };
        for piece in data.chunks(PIECE) {
            let mut length = buffer.len() as CK_ULONG;
            update(piece.as_ptr().cast_mut(), piece.len() as CK_ULONG, buffer.as_mut_ptr(), &mut length)?;
            keep(&buffer, length);
        }
        let mut length = buffer.len() as CK_ULONG;
        last(buffer.as_mut_ptr(), &mut length)?;
        keep(&buffer, length);
        Ok(joined)
    }
}
