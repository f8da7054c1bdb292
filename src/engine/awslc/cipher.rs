//! What the modes of AWS-LC's EVP interface have in common: a context with its key.

use super::{Owned, check, failed};
use crate::error::{Error, Result};
use aws_lc_sys::{
    EVP_CIPHER, EVP_CIPHER_CTX, EVP_CIPHER_CTX_copy, EVP_CIPHER_CTX_ctrl, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new,
    EVP_CTRL_AEAD_GET_TAG, EVP_CTRL_AEAD_SET_IVLEN, EVP_CipherInit_ex, EVP_CipherUpdate, EVP_EncryptFinal_ex,
};
use core::ffi::c_int;
use core::ptr;
use std::alloc::{Layout, handle_alloc_error};

/// A cipher's context with its key.
pub(super) struct Context(Owned<EVP_CIPHER_CTX>);

// SAFETY: a context is plain memory that is its owner's alone.
unsafe impl Send for Context {}

impl Clone for Context {
    fn clone(&self) -> Self {
        // It fails only for want of memory, of which Rust's own copies do not speak either.
        self.copy().unwrap_or_else(|_| handle_alloc_error(Layout::new::<EVP_CIPHER_CTX>()))
    }
}

/// What is given to one call of AWS-LC, whose lengths are of type `int`: a whole number of blocks.
const STRETCH: usize = 1 << 30;

impl Context {
    /// # Safety
    /// The cipher must be one of AWS-LC's, and the key as long as it wants it.
    pub(super) unsafe fn new(cipher: *const EVP_CIPHER, key: &[u8], encrypt: bool) -> Result<Self> {
        let context = Self::empty()?;
        // SAFETY: the context is valid, and cipher and key are what the caller says.
        check(unsafe {
            EVP_CipherInit_ex(context.0.as_ptr(), cipher, ptr::null_mut(), key.as_ptr(), ptr::null(), encrypt.into())
        })?;
        Ok(context)
    }

    fn empty() -> Result<Self> {
        // SAFETY: a fresh context, which is freed as it must be.
        unsafe { Owned::new(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) }.map(Self)
    }

    fn copy(&self) -> Result<Self> {
        let copy = Self::empty()?;
        // SAFETY: both contexts are valid.
        check(unsafe { EVP_CIPHER_CTX_copy(copy.0.as_ptr(), self.0.as_ptr()) })?;
        Ok(copy)
    }

    /// Makes ready for initialisation vectors of another length than the cipher's usual one.
    pub(super) fn set_iv_len(&mut self, length: usize) -> Result<()> {
        let length = c_int::try_from(length).map_err(|_| Error::MechanismParamInvalid)?;
        // SAFETY: this command takes a number, and no pointer.
        let code = unsafe { EVP_CIPHER_CTX_ctrl(self.0.as_ptr(), EVP_CTRL_AEAD_SET_IVLEN, length, ptr::null_mut()) };
        if code == 1 { Ok(()) } else { Err(failed(Error::HostMemory)) }
    }

    /// Begins a text, with the same key and in the same direction.
    ///
    /// # Safety
    /// The initialisation vector must be as long as the context wants it.
    pub(super) unsafe fn begin(&mut self, iv: &[u8]) -> Result<()> {
        // SAFETY: the context is valid and the vector as the caller says; -1 leaves the direction.
        check(unsafe { EVP_CipherInit_ex(self.0.as_ptr(), ptr::null(), ptr::null_mut(), ptr::null(), iv.as_ptr(), -1) })
    }

    /// Takes in additional data.
    pub(super) fn add(&mut self, data: &[u8]) -> Result<()> {
        data.chunks(STRETCH).try_for_each(|data| {
            // SAFETY: reads exactly the slice; without a place for output it is additional data.
            unsafe { self.update(data.as_ptr(), ptr::null_mut(), data.len()) }
        })
    }

    /// Processes text. `GeneralError` unless the output is as long as the input.
    pub(super) fn process(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        if input.len() != out.len() {
            return Err(Error::GeneralError);
        }
        input.chunks(STRETCH).zip(out.chunks_mut(STRETCH)).try_for_each(|(input, out)| {
            // SAFETY: reads one slice and writes the other, which have the same length.
            unsafe { self.update(input.as_ptr(), out.as_mut_ptr(), input.len()) }
        })
    }

    /// Processes text in place.
    pub(super) fn process_in_place(&mut self, text: &mut [u8]) -> Result<()> {
        text.chunks_mut(STRETCH).try_for_each(|text| {
            let (place, length) = (text.as_mut_ptr(), text.len());
            // SAFETY: reads and writes exactly the slice; the cipher allows that both are the same.
            unsafe { self.update(place, place, length) }
        })
    }

    /// # Safety
    /// So much can be read and, unless `out` is NULL, written; the cipher must write as much as it reads.
    unsafe fn update(&mut self, input: *const u8, out: *mut u8, length: usize) -> Result<()> {
        let (mut written, length) = (0, c_int::try_from(length).map_err(|_| Error::GeneralError)?);
        // SAFETY: as the caller says.
        check(unsafe { EVP_CipherUpdate(self.0.as_ptr(), out, &mut written, input, length) })?;
        if written == length { Ok(()) } else { Err(Error::GeneralError) }
    }

    /// Ends an encryption, and gives its tag.
    pub(super) fn tag(&mut self) -> Result<[u8; 16]> {
        let (mut tag, mut nothing, mut written) = ([0; 16], [0; 16], 0);
        // SAFETY: a final step writes less than a block.
        check(unsafe { EVP_EncryptFinal_ex(self.0.as_ptr(), nothing.as_mut_ptr(), &mut written) })?;
        // SAFETY: this command writes as many bytes as it is told.
        check(unsafe { EVP_CIPHER_CTX_ctrl(self.0.as_ptr(), EVP_CTRL_AEAD_GET_TAG, 16, tag.as_mut_ptr().cast()) })?;
        Ok(tag)
    }
}
