//! What a benchmark repeats: calls that allocate nothing of their own, and the clock that they are taken with.

use super::template::{Attribute, Prepared, raw_template};
use super::{Failure, Result, Session};
use cryptoki_sys::*;
use std::time::Duration;

/// What is done with data.
#[derive(Clone, Copy)]
pub enum Use {
    /// `C_EncryptInit`, `C_Encrypt`.
    Encrypt,
    /// `C_DecryptInit`, `C_Decrypt`.
    Decrypt,
    /// `C_SignInit`, `C_Sign`.
    Sign,
    /// `C_DigestInit`, `C_Digest`, without a key.
    Digest,
}

/// Calls that allocate nothing, so that a loop of them measures the module.
impl Session<'_> {
    /// Begins an operation and does all of it, into a buffer that is large enough; gives the length of the result.
    pub fn run(
        &self,
        how: Use,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        let (session, mechanism, module) = (self.handle, mechanism.pointer(), self.module);
        let (data, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (to, mut length) = (out.as_mut_ptr(), out.len() as CK_ULONG);
        match how {
            Use::Encrypt => {
                call!(module, C_EncryptInit(session, mechanism, key))?;
                call!(module, C_Encrypt(session, data, size, to, &mut length))?;
            }
            Use::Decrypt => {
                call!(module, C_DecryptInit(session, mechanism, key))?;
                call!(module, C_Decrypt(session, data, size, to, &mut length))?;
            }
            Use::Sign => {
                call!(module, C_SignInit(session, mechanism, key))?;
                call!(module, C_Sign(session, data, size, to, &mut length))?;
            }
            Use::Digest => {
                call!(module, C_DigestInit(session, mechanism))?;
                call!(module, C_Digest(session, data, size, to, &mut length))?;
            }
        }
        Ok(length as usize)
    }

    /// `C_VerifyInit`, `C_Verify`.
    pub fn check(&self, mechanism: &Prepared, key: CK_OBJECT_HANDLE, data: &[u8], signature: &[u8]) -> Result<()> {
        call!(self.module, C_VerifyInit(self.handle, mechanism.pointer(), key))?;
        let (data, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (signature, length) = (signature.as_ptr().cast_mut(), signature.len() as CK_ULONG);
        call!(self.module, C_Verify(self.handle, data, size, signature, length))
    }

    /// `C_GenerateRandom`.
    pub fn fill_random(&self, buffer: &mut [u8]) -> Result<()> {
        call!(self.module, C_GenerateRandom(self.handle, buffer.as_mut_ptr(), buffer.len() as CK_ULONG))
    }

    /// `C_GetSessionInfo`.
    pub fn info(&self) -> Result<CK_SESSION_INFO> {
        let mut info = CK_SESSION_INFO::default();
        call!(self.module, C_GetSessionInfo(self.handle, &mut info))?;
        Ok(info)
    }

    /// `C_CreateObject`.
    pub fn create(&self, template: &[Attribute]) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut object) = (raw_template(template), 0);
        let count = template.len() as CK_ULONG;
        call!(self.module, C_CreateObject(self.handle, template.as_ptr().cast_mut(), count, &mut object))?;
        Ok(object)
    }

    /// `C_DestroyObject`.
    pub fn destroy(&self, object: CK_OBJECT_HANDLE) -> Result<()> {
        call!(self.module, C_DestroyObject(self.handle, object))
    }

    /// `C_DeriveKey`.
    pub fn derive(
        &self,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        template: &[Attribute],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut derived) = (raw_template(template), 0);
        let (first, count) = (template.as_ptr().cast_mut(), template.len() as CK_ULONG);
        call!(self.module, C_DeriveKey(self.handle, mechanism.pointer(), key, first, count, &mut derived))?;
        Ok(derived)
    }

    /// `C_EncapsulateKey`, with a buffer that is as long as the ciphertext.
    pub fn encapsulate(
        &self,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        template: &[Attribute],
        ciphertext: &mut [u8],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut secret) = (raw_template(template), 0);
        let (first, count) = (template.as_ptr().cast_mut(), template.len() as CK_ULONG);
        let (to, mut length) = (ciphertext.as_mut_ptr(), ciphertext.len() as CK_ULONG);
        let list = self.newest_list()?;
        let function = list.C_EncapsulateKey.ok_or(NO_KEM)?;
        // SAFETY: as in `call!`.
        match unsafe { function(self.handle, mechanism.pointer(), key, first, count, to, &mut length, &mut secret) } {
            CKR_OK => Ok(secret),
            code => Err(Failure::Call("C_EncapsulateKey", code)),
        }
    }

    /// `C_DecapsulateKey`.
    pub fn decapsulate(
        &self,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        template: &[Attribute],
        ciphertext: &[u8],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut secret) = (raw_template(template), 0);
        let (first, count) = (template.as_ptr().cast_mut(), template.len() as CK_ULONG);
        let (from, length) = (ciphertext.as_ptr().cast_mut(), ciphertext.len() as CK_ULONG);
        let function = self.newest_list()?.C_DecapsulateKey.ok_or(NO_KEM)?;
        // SAFETY: as in `call!`.
        match unsafe { function(self.handle, mechanism.pointer(), key, first, count, from, length, &mut secret) } {
            CKR_OK => Ok(secret),
            code => Err(Failure::Call("C_DecapsulateKey", code)),
        }
    }

    /// The function list of version 3.2.
    fn newest_list(&self) -> Result<&CK_FUNCTION_LIST_3_2> {
        self.module.newest.ok_or(NO_KEM)
    }
}

/// What is said of a module that is older than key encapsulation.
const NO_KEM: Failure = Failure::Call("C_EncapsulateKey", CKR_FUNCTION_NOT_SUPPORTED);
/// The processor time that this process has used.
#[cfg(unix)]
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time to a place that is there.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// The time since the first call, where the processor time cannot be asked.
#[cfg(not(unix))]
pub fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
