//! The functions for messages, and the parameters of messages as C programs hold them.

use super::session::{fill, input};
use super::{Attribute, Mech, Session, Template, f, mech, mech_params, result};
use cryptoki_sys::*;
use std::ptr;

type Code<T> = Result<T, CK_RV>;

/// Of a message: a structure that points to a nonce and a tag, which the library may write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageParam {
    pub kind: CK_MECHANISM_TYPE,
    pub nonce: Vec<u8>,
    pub fixed_bits: CK_ULONG,
    pub generator: CK_GENERATOR_FUNCTION,
    pub tag: Vec<u8>,
    pub data_len: usize,
}

impl MessageParam {
    /// A nonce that is given, and room for a tag.
    pub fn given(kind: CK_MECHANISM_TYPE, nonce: &[u8], tag_len: usize) -> Self {
        Self {
            kind,
            nonce: nonce.to_vec(),
            fixed_bits: 0,
            generator: CKG_NO_GENERATE,
            tag: vec![0; tag_len],
            data_len: 0,
        }
    }

    /// A nonce that is to be made.
    pub fn made(kind: CK_MECHANISM_TYPE, nonce: &[u8], generator: CK_GENERATOR_FUNCTION, fixed_bits: CK_ULONG) -> Self {
        Self { fixed_bits, generator, ..Self::given(kind, nonce, 16) }
    }

    /// For so much data: CCM wants to know.
    pub fn of(self, data_len: usize) -> Self {
        Self { data_len, ..self }
    }

    pub fn with_tag(self, tag: &[u8]) -> Self {
        Self { tag: tag.to_vec(), ..self }
    }

    /// The structure; it points into this.
    pub fn raw(&mut self) -> Mech {
        let nonce = self.nonce.as_mut_ptr();
        let (length, tag) = (self.nonce.len() as CK_ULONG, self.tag.as_mut_ptr());
        let tag_len = self.tag.len() as CK_ULONG;
        match self.kind {
            CKM_AES_GCM => mech_params(
                self.kind,
                &CK_GCM_MESSAGE_PARAMS {
                    pIv: nonce,
                    ulIvLen: length,
                    ulIvFixedBits: self.fixed_bits,
                    ivGenerator: self.generator,
                    pTag: tag,
                    ulTagBits: tag_len * 8,
                },
            ),
            CKM_AES_CCM => mech_params(
                self.kind,
                &CK_CCM_MESSAGE_PARAMS {
                    ulDataLen: self.data_len as CK_ULONG,
                    pNonce: nonce,
                    ulNonceLen: length,
                    ulNonceFixedBits: self.fixed_bits,
                    nonceGenerator: self.generator,
                    pMAC: tag,
                    ulMACLen: tag_len,
                },
            ),
            _ => mech_params(
                self.kind,
                &CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS { pNonce: nonce, ulNonceLen: length * 8, pTag: tag },
            ),
        }
    }
}

/// The parameter of a message as C takes it.
fn parts(parameter: &mut [u8]) -> (CK_VOID_PTR, CK_ULONG) {
    let length = parameter.len() as CK_ULONG;
    (if length == 0 { ptr::null_mut() } else { parameter.as_mut_ptr().cast() }, length)
}

impl Session {
    pub fn message_encrypt_init(&self, kind: CK_MECHANISM_TYPE, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_MessageEncryptInit.unwrap(), &mech(kind), key)
    }

    pub fn message_decrypt_init(&self, kind: CK_MECHANISM_TYPE, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_MessageDecryptInit.unwrap(), &mech(kind), key)
    }

    pub fn message_sign_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_MessageSignInit.unwrap(), mechanism, key)
    }

    pub fn message_verify_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_MessageVerifyInit.unwrap(), mechanism, key)
    }

    pub fn encrypt_message(&self, parameter: &mut MessageParam, aad: &[u8], data: &[u8]) -> Code<Vec<u8>> {
        let mut raw = parameter.raw().parameter;
        let ((at, size), (aad, aad_len), (data, length)) = (parts(&mut raw), input(aad), input(data));
        let function = f().C_EncryptMessage.unwrap();
        // SAFETY: a parameter, bytes of their lengths, a buffer of its length; here and below.
        fill(|to, room| unsafe { function(self.handle, at, size, aad, aad_len, data, length, to, room) })
    }

    pub fn decrypt_message(&self, parameter: &mut MessageParam, aad: &[u8], data: &[u8]) -> Code<Vec<u8>> {
        let mut raw = parameter.raw().parameter;
        let ((at, size), (aad, aad_len), (data, length)) = (parts(&mut raw), input(aad), input(data));
        let function = f().C_DecryptMessage.unwrap();
        // SAFETY: as above.
        fill(|to, room| unsafe { function(self.handle, at, size, aad, aad_len, data, length, to, room) })
    }

    /// Into a buffer that can be looked at whatever happens.
    pub fn decrypt_message_into(
        &self,
        parameter: &mut MessageParam,
        aad: &[u8],
        data: &[u8],
        out: &mut [u8],
    ) -> Code<usize> {
        let mut raw = parameter.raw().parameter;
        let ((at, size), (aad, aad_len), (data, length)) = (parts(&mut raw), input(aad), input(data));
        let (to, mut room) = (out.as_mut_ptr(), out.len() as CK_ULONG);
        let function = f().C_DecryptMessage.unwrap();
        // SAFETY: as above.
        result(unsafe { function(self.handle, at, size, aad, aad_len, data, length, to, &mut room) })?;
        Ok(room as usize)
    }

    pub fn encrypt_message_begin(&self, parameter: &mut MessageParam, aad: &[u8]) -> Code<()> {
        let mut raw = parameter.raw().parameter;
        let ((at, size), (aad, aad_len)) = (parts(&mut raw), input(aad));
        // SAFETY: as above.
        result(unsafe { f().C_EncryptMessageBegin.unwrap()(self.handle, at, size, aad, aad_len) })
    }

    pub fn decrypt_message_begin(&self, parameter: &mut MessageParam, aad: &[u8]) -> Code<()> {
        let mut raw = parameter.raw().parameter;
        let ((at, size), (aad, aad_len)) = (parts(&mut raw), input(aad));
        // SAFETY: as above.
        result(unsafe { f().C_DecryptMessageBegin.unwrap()(self.handle, at, size, aad, aad_len) })
    }

    pub fn encrypt_message_next(&self, parameter: &mut MessageParam, data: &[u8], flags: CK_FLAGS) -> Code<Vec<u8>> {
        let mut raw = parameter.raw().parameter;
        let ((at, size), (data, length)) = (parts(&mut raw), input(data));
        let function = f().C_EncryptMessageNext.unwrap();
        // SAFETY: as above.
        fill(|to, room| unsafe { function(self.handle, at, size, data, length, to, room, flags) })
    }

    pub fn decrypt_message_next(&self, parameter: &mut MessageParam, data: &[u8], flags: CK_FLAGS) -> Code<Vec<u8>> {
        let mut raw = parameter.raw().parameter;
        let ((at, size), (data, length)) = (parts(&mut raw), input(data));
        let function = f().C_DecryptMessageNext.unwrap();
        // SAFETY: as above.
        fill(|to, room| unsafe { function(self.handle, at, size, data, length, to, room, flags) })
    }

    /// With a parameter of its own, if the message has one.
    pub fn sign_message(&self, own: &Mech, data: &[u8]) -> Code<Vec<u8>> {
        let mut own = own.parameter.clone();
        let ((at, size), (data, length)) = (parts(&mut own), input(data));
        let function = f().C_SignMessage.unwrap();
        // SAFETY: as above.
        fill(|to, room| unsafe { function(self.handle, at, size, data, length, to, room) })
    }

    pub fn sign_message_begin(&self, own: &Mech) -> Code<()> {
        let mut own = own.parameter.clone();
        let (at, size) = parts(&mut own);
        // SAFETY: as above.
        result(unsafe { f().C_SignMessageBegin.unwrap()(self.handle, at, size) })
    }

    /// A part that is not the last.
    pub fn sign_message_part(&self, data: &[u8]) -> Code<()> {
        let (data, length) = input(data);
        let (none, no_length) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: as above.
        result(unsafe {
            f().C_SignMessageNext.unwrap()(self.handle, ptr::null_mut(), 0, data, length, none, no_length)
        })
    }

    pub fn sign_message_last(&self, data: &[u8]) -> Code<Vec<u8>> {
        let (data, length) = input(data);
        let function = f().C_SignMessageNext.unwrap();
        // SAFETY: as above.
        fill(|to, room| unsafe { function(self.handle, ptr::null_mut(), 0, data, length, to, room) })
    }

    pub fn verify_message(&self, own: &Mech, data: &[u8], signature: &[u8]) -> Code<()> {
        let mut own = own.parameter.clone();
        let ((at, size), (data, length), (signature, room)) = (parts(&mut own), input(data), input(signature));
        // SAFETY: as above.
        result(unsafe { f().C_VerifyMessage.unwrap()(self.handle, at, size, data, length, signature, room) })
    }

    pub fn verify_message_begin(&self, own: &Mech) -> Code<()> {
        let mut own = own.parameter.clone();
        let (at, size) = parts(&mut own);
        // SAFETY: as above.
        result(unsafe { f().C_VerifyMessageBegin.unwrap()(self.handle, at, size) })
    }

    /// With a signature, the last part.
    pub fn verify_message_next(&self, data: &[u8], signature: Option<&[u8]>) -> Code<()> {
        let (data, length) = input(data);
        let (signature, room) = signature.map_or((ptr::null_mut(), 0), input);
        let function = f().C_VerifyMessageNext.unwrap();
        // SAFETY: as above.
        result(unsafe { function(self.handle, ptr::null_mut(), 0, data, length, signature, room) })
    }

    pub fn message_encrypt_final(&self) -> Code<()> {
        // SAFETY: a number, here and below.
        result(unsafe { f().C_MessageEncryptFinal.unwrap()(self.handle) })
    }

    pub fn message_decrypt_final(&self) -> Code<()> {
        // SAFETY: as above.
        result(unsafe { f().C_MessageDecryptFinal.unwrap()(self.handle) })
    }

    pub fn message_sign_final(&self) -> Code<()> {
        // SAFETY: as above.
        result(unsafe { f().C_MessageSignFinal.unwrap()(self.handle) })
    }

    pub fn message_verify_final(&self) -> Code<()> {
        // SAFETY: as above.
        result(unsafe { f().C_MessageVerifyFinal.unwrap()(self.handle) })
    }

    pub fn wrap_authenticated(
        &self,
        parameter: &mut MessageParam,
        wrapping: CK_OBJECT_HANDLE,
        key: CK_OBJECT_HANDLE,
        aad: &[u8],
    ) -> Code<Vec<u8>> {
        let held = parameter.raw();
        let (mut mechanism, (aad, aad_len)) = (held.raw(), input(aad));
        let function = f().C_WrapKeyAuthenticated.unwrap();
        // SAFETY: a mechanism, bytes of their lengths, a buffer of its length.
        fill(|to, room| unsafe { function(self.handle, &mut mechanism, wrapping, key, aad, aad_len, to, room) })
    }

    pub fn unwrap_authenticated(
        &self,
        parameter: &mut MessageParam,
        unwrapping: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        template: &[Attribute],
        aad: &[u8],
    ) -> Code<CK_OBJECT_HANDLE> {
        let (held, template, mut key) = (parameter.raw(), Template::new(template), CK_INVALID_HANDLE);
        let (mut mechanism, (aad, aad_len), (wrapped, length)) = (held.raw(), input(aad), input(wrapped));
        let (list, count) = (template.list(), template.count());
        let function = f().C_UnwrapKeyAuthenticated.unwrap();
        // SAFETY: a mechanism, bytes of their lengths, a template, a place for the handle.
        result(unsafe {
            function(self.handle, &mut mechanism, unwrapping, wrapped, length, list, count, aad, aad_len, &mut key)
        })?;
        Ok(key)
    }
}
