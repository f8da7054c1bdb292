//! One session, with the functions that work in it as methods.

use super::{Attribute, Mech, Template, f, result, returns};
use cryptoki_sys::*;
use std::ptr;

/// An open session; it is closed when it is dropped.
pub struct Session {
    pub handle: CK_SESSION_HANDLE,
    pub slot: CK_SLOT_ID,
}

type Code<T> = Result<T, CK_RV>;
type Init = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE) -> CK_RV;
type InOut = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR) -> CK_RV;
type In = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG) -> CK_RV;
type Out = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG_PTR) -> CK_RV;

// Sessions and login

impl Session {
    pub fn login(&self, user: CK_USER_TYPE, pin: &str) -> Code<()> {
        let (pin, length) = input(pin.as_bytes());
        // SAFETY: a PIN of its length.
        result(unsafe { f().C_Login.unwrap()(self.handle, user, pin, length) })
    }

    pub fn login_user(&self, user: CK_USER_TYPE, pin: &str, name: &[u8]) -> Code<()> {
        let ((pin, length), (name, name_length)) = (input(pin.as_bytes()), input(name));
        // SAFETY: a PIN and a name of their lengths.
        result(unsafe { f().C_LoginUser.unwrap()(self.handle, user, pin, length, name, name_length) })
    }

    pub fn logout(&self) -> Code<()> {
        // SAFETY: a number.
        result(unsafe { f().C_Logout.unwrap()(self.handle) })
    }

    pub fn init_pin(&self, pin: &str) -> Code<()> {
        self.put(f().C_InitPIN.unwrap(), pin.as_bytes())
    }

    pub fn set_pin(&self, old: &str, new: &str) -> Code<()> {
        let ((old, old_length), (new, new_length)) = (input(old.as_bytes()), input(new.as_bytes()));
        // SAFETY: PINs of their lengths.
        result(unsafe { f().C_SetPIN.unwrap()(self.handle, old, old_length, new, new_length) })
    }

    pub fn info(&self) -> Code<CK_SESSION_INFO> {
        let mut info = CK_SESSION_INFO::default();
        // SAFETY: a place for the structure.
        result(unsafe { f().C_GetSessionInfo.unwrap()(self.handle, &mut info) })?;
        Ok(info)
    }

    /// `C_CloseSession`, to see its result; a session that is dropped is closed too.
    pub fn close(self) -> Code<()> {
        let handle = self.handle;
        std::mem::forget(self);
        // SAFETY: a number.
        result(unsafe { f().C_CloseSession.unwrap()(handle) })
    }

    pub fn cancel(&self, flags: CK_FLAGS) -> Code<()> {
        // SAFETY: numbers.
        result(unsafe { f().C_SessionCancel.unwrap()(self.handle, flags) })
    }

    pub fn save_state(&self) -> Code<Vec<u8>> {
        self.take(f().C_GetOperationState.unwrap())
    }

    pub fn restore_state(&self, state: &[u8], cipher: CK_OBJECT_HANDLE, integrity: CK_OBJECT_HANDLE) -> Code<()> {
        let (state, length) = input(state);
        // SAFETY: a state of its length.
        result(unsafe { f().C_SetOperationState.unwrap()(self.handle, state, length, cipher, integrity) })
    }

    pub fn seed(&self, seed: &[u8]) -> Code<()> {
        let (pointer, length) = (seed.as_ptr().cast_mut(), seed.len() as CK_ULONG);
        // SAFETY: a seed of its length, which is only read.
        result(unsafe { f().C_SeedRandom.unwrap()(self.handle, pointer, length) })
    }

    pub fn random(&self, length: usize) -> Code<Vec<u8>> {
        let mut bytes = vec![0; length];
        // SAFETY: a buffer of its length.
        result(unsafe { f().C_GenerateRandom.unwrap()(self.handle, bytes.as_mut_ptr(), length as CK_ULONG) })?;
        Ok(bytes)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: a number; it may be closed already, by CloseAllSessions say.
        unsafe { super::unchecked().C_CloseSession.unwrap()(self.handle) };
        returns::settle();
    }
}

// Objects

impl Session {
    pub fn create(&self, template: &[Attribute]) -> Code<CK_OBJECT_HANDLE> {
        let template = Template::new(template);
        let mut object = CK_INVALID_HANDLE;
        // SAFETY: a template and a place for the handle.
        result(unsafe { f().C_CreateObject.unwrap()(self.handle, template.list(), template.count(), &mut object) })?;
        Ok(object)
    }

    pub fn copy(&self, object: CK_OBJECT_HANDLE, template: &[Attribute]) -> Code<CK_OBJECT_HANDLE> {
        let template = Template::new(template);
        let (list, count, mut copy) = (template.list(), template.count(), CK_INVALID_HANDLE);
        // SAFETY: as above.
        result(unsafe { f().C_CopyObject.unwrap()(self.handle, object, list, count, &mut copy) })?;
        Ok(copy)
    }

    pub fn destroy(&self, object: CK_OBJECT_HANDLE) -> Code<()> {
        // SAFETY: numbers.
        result(unsafe { f().C_DestroyObject.unwrap()(self.handle, object) })
    }

    pub fn size(&self, object: CK_OBJECT_HANDLE) -> Code<CK_ULONG> {
        let mut size = 0;
        // SAFETY: a place for the size.
        result(unsafe { f().C_GetObjectSize.unwrap()(self.handle, object, &mut size) })?;
        Ok(size)
    }

    /// One attribute's value: the length first, then the value.
    pub fn get(&self, object: CK_OBJECT_HANDLE, kind: CK_ATTRIBUTE_TYPE) -> Code<Vec<u8>> {
        let mut asked = CK_ATTRIBUTE { type_: kind, pValue: ptr::null_mut(), ulValueLen: 0 };
        // SAFETY: one attribute, whose value is NULL.
        result(unsafe { f().C_GetAttributeValue.unwrap()(self.handle, object, &mut asked, 1) })?;
        let mut value = vec![0; asked.ulValueLen as usize];
        asked.pValue = value.as_mut_ptr().cast();
        // SAFETY: one attribute, with room for its value.
        result(unsafe { f().C_GetAttributeValue.unwrap()(self.handle, object, &mut asked, 1) })?;
        assert_eq!(asked.ulValueLen as usize, value.len(), "the length that was told is the value's");
        Ok(value)
    }

    pub fn get_ulong(&self, object: CK_OBJECT_HANDLE, kind: CK_ATTRIBUTE_TYPE) -> Code<CK_ULONG> {
        let value = self.get(object, kind)?;
        Ok(CK_ULONG::from_ne_bytes(value.try_into().expect("a CK_ULONG")))
    }

    pub fn get_bool(&self, object: CK_OBJECT_HANDLE, kind: CK_ATTRIBUTE_TYPE) -> Code<bool> {
        match self.get(object, kind)?[..] {
            [CK_FALSE] => Ok(false),
            [CK_TRUE] => Ok(true),
            ref other => panic!("{other:?} is no CK_BBOOL"),
        }
    }

    pub fn set(&self, object: CK_OBJECT_HANDLE, template: &[Attribute]) -> Code<()> {
        let template = Template::new(template);
        let (list, count) = (template.list(), template.count());
        // SAFETY: a template.
        result(unsafe { f().C_SetAttributeValue.unwrap()(self.handle, object, list, count) })
    }

    /// All that a search finds, a few at a time.
    #[track_caller]
    pub fn find(&self, template: &[Attribute]) -> Vec<CK_OBJECT_HANDLE> {
        super::ok(self.find_init(template));
        let mut found = Vec::new();
        loop {
            let some = super::ok(self.find_some(3));
            if some.is_empty() {
                break;
            }
            found.extend(some);
        }
        super::ok(self.find_final());
        found
    }

    pub fn find_init(&self, template: &[Attribute]) -> Code<()> {
        let template = Template::new(template);
        // SAFETY: a template.
        result(unsafe { f().C_FindObjectsInit.unwrap()(self.handle, template.list(), template.count()) })
    }

    pub fn find_some(&self, most: usize) -> Code<Vec<CK_OBJECT_HANDLE>> {
        let (mut handles, mut count) = (vec![CK_INVALID_HANDLE; most], 0);
        // SAFETY: room for as many handles as it says.
        result(unsafe { f().C_FindObjects.unwrap()(self.handle, handles.as_mut_ptr(), most as CK_ULONG, &mut count) })?;
        handles.truncate(count as usize);
        Ok(handles)
    }

    pub fn find_final(&self) -> Code<()> {
        // SAFETY: a number.
        result(unsafe { f().C_FindObjectsFinal.unwrap()(self.handle) })
    }
}

// Keys

impl Session {
    pub fn generate(&self, mechanism: &Mech, template: &[Attribute]) -> Code<CK_OBJECT_HANDLE> {
        let template = Template::new(template);
        let (list, count, mut key) = (template.list(), template.count(), CK_INVALID_HANDLE);
        // SAFETY: a mechanism, a template and a place for the handle.
        result(unsafe { f().C_GenerateKey.unwrap()(self.handle, &mut mechanism.raw(), list, count, &mut key) })?;
        Ok(key)
    }

    /// The handles of the public and of the private key.
    pub fn generate_pair(
        &self,
        mechanism: &Mech,
        public: &[Attribute],
        private: &[Attribute],
    ) -> Code<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)> {
        let (public, private) = (Template::new(public), Template::new(private));
        let mut handles = (CK_INVALID_HANDLE, CK_INVALID_HANDLE);
        // SAFETY: as above, twice.
        result(unsafe {
            f().C_GenerateKeyPair.unwrap()(
                self.handle,
                &mut mechanism.raw(),
                public.list(),
                public.count(),
                private.list(),
                private.count(),
                &mut handles.0,
                &mut handles.1,
            )
        })?;
        Ok(handles)
    }

    pub fn wrap(&self, mechanism: &Mech, wrapping: CK_OBJECT_HANDLE, key: CK_OBJECT_HANDLE) -> Code<Vec<u8>> {
        let mut raw = mechanism.raw();
        fill(|buffer, length| {
            // SAFETY: a mechanism and a buffer of its length.
            unsafe { f().C_WrapKey.unwrap()(self.handle, &mut raw, wrapping, key, buffer, length) }
        })
    }

    pub fn unwrap(
        &self,
        mechanism: &Mech,
        unwrapping: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        template: &[Attribute],
    ) -> Code<CK_OBJECT_HANDLE> {
        let (mut mechanism, template, mut key) = (mechanism.raw(), Template::new(template), CK_INVALID_HANDLE);
        let ((wrapped, length), list, count) = (input(wrapped), template.list(), template.count());
        // SAFETY: a mechanism, a wrapped key of its length, a template and a place for the handle.
        result(unsafe {
            let unwrap = f().C_UnwrapKey.unwrap();
            unwrap(self.handle, &mut mechanism, unwrapping, wrapped, length, list, count, &mut key)
        })?;
        Ok(key)
    }

    pub fn derive(&self, mechanism: &Mech, base: CK_OBJECT_HANDLE, template: &[Attribute]) -> Code<CK_OBJECT_HANDLE> {
        let template = Template::new(template);
        let (list, count, mut key) = (template.list(), template.count(), CK_INVALID_HANDLE);
        // SAFETY: a mechanism, a template and a place for the handle.
        result(unsafe { f().C_DeriveKey.unwrap()(self.handle, &mut mechanism.raw(), base, list, count, &mut key) })?;
        Ok(key)
    }

    /// The ciphertext, and the key in it.
    pub fn encapsulate(
        &self,
        mechanism: &Mech,
        public: CK_OBJECT_HANDLE,
        template: &[Attribute],
    ) -> Code<(Vec<u8>, CK_OBJECT_HANDLE)> {
        let (template, mut raw, mut key) = (Template::new(template), mechanism.raw(), CK_INVALID_HANDLE);
        let (list, count) = (template.list(), template.count());
        let ciphertext = fill(|buffer, length| {
            let encapsulate = f().C_EncapsulateKey.unwrap();
            // SAFETY: a mechanism, a template, a buffer of its length and a place for the handle.
            let code = unsafe { encapsulate(self.handle, &mut raw, public, list, count, buffer, length, &mut key) };
            assert!(!buffer.is_null() || key == CK_INVALID_HANDLE, "who asks for the length gets no key");
            code
        })?;
        Ok((ciphertext, key))
    }

    pub fn decapsulate(
        &self,
        mechanism: &Mech,
        private: CK_OBJECT_HANDLE,
        ciphertext: &[u8],
        template: &[Attribute],
    ) -> Code<CK_OBJECT_HANDLE> {
        let (mut mechanism, template, mut key) = (mechanism.raw(), Template::new(template), CK_INVALID_HANDLE);
        let ((bytes, length), list, count) = (input(ciphertext), template.list(), template.count());
        // SAFETY: a mechanism, a template, a ciphertext of its length and a place for the handle.
        result(unsafe {
            let decapsulate = f().C_DecapsulateKey.unwrap();
            decapsulate(self.handle, &mut mechanism, private, list, count, bytes, length, &mut key)
        })?;
        Ok(key)
    }
}

// Operations: the whole of one

impl Session {
    pub fn encrypt(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, data: &[u8]) -> Code<Vec<u8>> {
        self.encrypt_init(mechanism, key)?;
        self.pass(f().C_Encrypt.unwrap(), data)
    }

    pub fn decrypt(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, data: &[u8]) -> Code<Vec<u8>> {
        self.decrypt_init(mechanism, key)?;
        self.pass(f().C_Decrypt.unwrap(), data)
    }

    pub fn digest(&self, mechanism: &Mech, data: &[u8]) -> Code<Vec<u8>> {
        self.digest_init(mechanism)?;
        self.pass(f().C_Digest.unwrap(), data)
    }

    pub fn sign(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, data: &[u8]) -> Code<Vec<u8>> {
        self.sign_init(mechanism, key)?;
        self.pass(f().C_Sign.unwrap(), data)
    }

    pub fn verify(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, data: &[u8], signature: &[u8]) -> Code<()> {
        self.verify_init(mechanism, key)?;
        self.verify_whole(data, signature)
    }

    pub fn sign_recover(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, data: &[u8]) -> Code<Vec<u8>> {
        self.sign_recover_init(mechanism, key)?;
        self.pass(f().C_SignRecover.unwrap(), data)
    }

    pub fn verify_recover(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, signature: &[u8]) -> Code<Vec<u8>> {
        self.verify_recover_init(mechanism, key)?;
        self.pass(f().C_VerifyRecover.unwrap(), signature)
    }

    pub fn encrypt_parts(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, parts: &[&[u8]]) -> Code<Vec<u8>> {
        self.encrypt_init(mechanism, key)?;
        let mut all = Vec::new();
        for part in parts {
            all.extend(self.encrypt_update(part)?);
        }
        all.extend(self.encrypt_final()?);
        Ok(all)
    }

    pub fn decrypt_parts(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, parts: &[&[u8]]) -> Code<Vec<u8>> {
        self.decrypt_init(mechanism, key)?;
        let mut all = Vec::new();
        for part in parts {
            all.extend(self.decrypt_update(part)?);
        }
        all.extend(self.decrypt_final()?);
        Ok(all)
    }

    pub fn digest_parts(&self, mechanism: &Mech, parts: &[&[u8]]) -> Code<Vec<u8>> {
        self.digest_init(mechanism)?;
        parts.iter().try_for_each(|part| self.digest_update(part))?;
        self.digest_final()
    }

    pub fn sign_parts(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, parts: &[&[u8]]) -> Code<Vec<u8>> {
        self.sign_init(mechanism, key)?;
        parts.iter().try_for_each(|part| self.sign_update(part))?;
        self.sign_final()
    }

    pub fn verify_parts(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, parts: &[&[u8]], signature: &[u8]) -> Code<()> {
        self.verify_init(mechanism, key)?;
        parts.iter().try_for_each(|part| self.verify_update(part))?;
        self.verify_final(signature)
    }
}

// Operations: their steps

impl Session {
    pub fn encrypt_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_EncryptInit.unwrap(), mechanism, key)
    }

    pub fn decrypt_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_DecryptInit.unwrap(), mechanism, key)
    }

    pub fn digest_init(&self, mechanism: &Mech) -> Code<()> {
        // SAFETY: a mechanism.
        result(unsafe { f().C_DigestInit.unwrap()(self.handle, &mut mechanism.raw()) })
    }

    pub fn sign_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_SignInit.unwrap(), mechanism, key)
    }

    pub fn verify_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_VerifyInit.unwrap(), mechanism, key)
    }

    pub fn verify_signature_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE, signature: &[u8]) -> Code<()> {
        let (signature, length) = (signature.as_ptr().cast_mut(), signature.len() as CK_ULONG);
        let mut mechanism = mechanism.raw();
        // SAFETY: the arguments are what the function wants.
        result(unsafe { f().C_VerifySignatureInit.unwrap()(self.handle, &mut mechanism, key, signature, length) })
    }

    pub fn sign_recover_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_SignRecoverInit.unwrap(), mechanism, key)
    }

    pub fn verify_recover_init(&self, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        self.begin(f().C_VerifyRecoverInit.unwrap(), mechanism, key)
    }

    pub fn encrypt_update(&self, data: &[u8]) -> Code<Vec<u8>> {
        self.pass(f().C_EncryptUpdate.unwrap(), data)
    }

    pub fn encrypt_final(&self) -> Code<Vec<u8>> {
        self.take(f().C_EncryptFinal.unwrap())
    }

    pub fn decrypt_update(&self, data: &[u8]) -> Code<Vec<u8>> {
        self.pass(f().C_DecryptUpdate.unwrap(), data)
    }

    pub fn decrypt_final(&self) -> Code<Vec<u8>> {
        self.take(f().C_DecryptFinal.unwrap())
    }

    pub fn digest_update(&self, data: &[u8]) -> Code<()> {
        self.put(f().C_DigestUpdate.unwrap(), data)
    }

    pub fn digest_key(&self, key: CK_OBJECT_HANDLE) -> Code<()> {
        // SAFETY: numbers.
        result(unsafe { f().C_DigestKey.unwrap()(self.handle, key) })
    }

    pub fn digest_final(&self) -> Code<Vec<u8>> {
        self.take(f().C_DigestFinal.unwrap())
    }

    pub fn sign_update(&self, data: &[u8]) -> Code<()> {
        self.put(f().C_SignUpdate.unwrap(), data)
    }

    pub fn sign_final(&self) -> Code<Vec<u8>> {
        self.take(f().C_SignFinal.unwrap())
    }

    pub fn verify_whole(&self, data: &[u8], signature: &[u8]) -> Code<()> {
        let ((data, length), (signature, size)) = (input(data), input(signature));
        // SAFETY: data and a signature of their lengths.
        result(unsafe { f().C_Verify.unwrap()(self.handle, data, length, signature, size) })
    }

    pub fn verify_update(&self, data: &[u8]) -> Code<()> {
        self.put(f().C_VerifyUpdate.unwrap(), data)
    }

    pub fn verify_final(&self, signature: &[u8]) -> Code<()> {
        self.put(f().C_VerifyFinal.unwrap(), signature)
    }

    pub fn digest_encrypt_update(&self, data: &[u8]) -> Code<Vec<u8>> {
        self.pass(f().C_DigestEncryptUpdate.unwrap(), data)
    }

    pub fn decrypt_digest_update(&self, data: &[u8]) -> Code<Vec<u8>> {
        self.pass(f().C_DecryptDigestUpdate.unwrap(), data)
    }

    pub fn sign_encrypt_update(&self, data: &[u8]) -> Code<Vec<u8>> {
        self.pass(f().C_SignEncryptUpdate.unwrap(), data)
    }

    pub fn decrypt_verify_update(&self, data: &[u8]) -> Code<Vec<u8>> {
        self.pass(f().C_DecryptVerifyUpdate.unwrap(), data)
    }

    /// Any `C_…Init` with a key.
    pub fn begin(&self, init: Init, mechanism: &Mech, key: CK_OBJECT_HANDLE) -> Code<()> {
        // SAFETY: a mechanism.
        result(unsafe { init(self.handle, &mut mechanism.raw(), key) })
    }

    /// Any function from input to output: the length is asked for first.
    pub fn pass(&self, function: InOut, data: &[u8]) -> Code<Vec<u8>> {
        let (data, size) = input(data);
        // SAFETY: data of its length, and a buffer of its length.
        fill(|buffer, length| unsafe { function(self.handle, data, size, buffer, length) })
    }

    /// Any function that only takes input.
    pub fn put(&self, function: In, data: &[u8]) -> Code<()> {
        let (data, length) = input(data);
        // SAFETY: data of its length.
        result(unsafe { function(self.handle, data, length) })
    }

    /// Any function that only gives output: the length is asked for first.
    pub fn take(&self, function: Out) -> Code<Vec<u8>> {
        // SAFETY: a buffer of its length.
        fill(|buffer, length| unsafe { function(self.handle, buffer, length) })
    }
}

/// Bytes as C takes them.
pub(super) fn input(bytes: &[u8]) -> (CK_BYTE_PTR, CK_ULONG) {
    (bytes.as_ptr().cast_mut(), bytes.len() as CK_ULONG)
}

/// The standard's output convention: asks for the length, then for the bytes, and sees that no more were written.
pub(super) fn fill(mut call: impl FnMut(CK_BYTE_PTR, CK_ULONG_PTR) -> CK_RV) -> Code<Vec<u8>> {
    const GUARD: [u8; 32] = [0xa5; 32];
    let mut length = 0;
    result(call(ptr::null_mut(), &mut length))?;
    let room = length as usize;
    let mut buffer = vec![0; room];
    buffer.extend_from_slice(&GUARD);
    result(call(buffer.as_mut_ptr(), &mut length))?;
    assert_eq!(buffer[room..], GUARD, "the library wrote beyond the buffer");
    assert!(length as usize <= room, "more than the length that was asked for");
    buffer.truncate(length as usize);
    Ok(buffer)
}
