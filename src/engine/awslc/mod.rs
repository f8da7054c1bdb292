//! The engine of AWS-LC, a C library: beside the C border the only place with unsafe code.
//!
//! What AWS-LC itself draws (blinding, nonces, primes) comes from its generator: one for each thread, seeded by the
//! system, which notices a fork and then seeds itself anew. Its memory is wiped when it is freed. Its symbols carry a prefix, so
//! that they cannot be mistaken for those of the OpenSSL of the process.
#![allow(unsafe_code)]

pub mod aes;
pub mod chacha20;
mod cipher;
pub mod curve25519;
pub mod ec;
pub mod gcm;
pub mod poly1305;
mod pqc;
pub mod rsa;
pub mod sha512;

pub use pqc::{ml_dsa, ml_kem};

use crate::error::{Error, Result};
use aws_lc_sys::{BIGNUM, BN_bin2bn, BN_bn2bin_padded, BN_free, BN_num_bytes, ERR_clear_error};
use core::ffi::c_int;
use core::ptr::{self, NonNull};
use zeroize::Zeroizing;

/// An object of AWS-LC's that is ours, freed when it is dropped.
struct Owned<T> {
    object: NonNull<T>,
    free: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// Takes over what a constructor of AWS-LC's gave: NULL means that there is no memory.
    ///
    /// # Safety
    /// The object must be NULL, or belong to nobody else and be freed by `free`.
    unsafe fn new(object: *mut T, free: unsafe extern "C" fn(*mut T)) -> Result<Self> {
        let object = NonNull::new(object).ok_or_else(|| failed(Error::HostMemory))?;
        Ok(Self { object, free })
    }

    fn as_ptr(&self) -> *mut T {
        self.object.as_ptr()
    }

    /// Gives the object to a function that takes it over.
    fn into_ptr(self) -> *mut T {
        let object = self.as_ptr();
        core::mem::forget(self);
        object
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: by the contract of `new` the object is ours, and this is its last use.
        unsafe { (self.free)(self.as_ptr()) }
    }
}

/// 1 is success everywhere in AWS-LC.
fn check(code: c_int) -> Result<()> {
    if code == 1 { Ok(()) } else { Err(failed(Error::DeviceError)) }
}

/// Forgets what AWS-LC noted about a failure for the calling thread.
fn failed(error: Error) -> Error {
    // SAFETY: touches only the calling thread's list of errors.
    unsafe { ERR_clear_error() };
    error
}

/// A number of big-endian bytes.
fn number(bytes: &[u8]) -> Result<Owned<BIGNUM>> {
    // SAFETY: reads exactly the slice, and makes a number that is ours.
    unsafe { Owned::new(BN_bin2bn(bytes.as_ptr(), bytes.len(), ptr::null_mut()), BN_free) }
}

/// A number as big-endian bytes of this length.
///
/// # Safety
/// The number must be valid, or NULL, which is an error.
unsafe fn padded_bytes(number: *const BIGNUM, length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    if number.is_null() {
        return Err(Error::GeneralError);
    }
    // SAFETY: writes exactly `length` bytes, or fails if the number is longer.
    check(unsafe { BN_bn2bin_padded(bytes.as_mut_ptr(), length, number) })?;
    Ok(bytes)
}

/// A number as big-endian bytes, without zeros in front.
///
/// # Safety
/// As for [`padded_bytes`].
unsafe fn bytes(number: *const BIGNUM) -> Result<Zeroizing<Vec<u8>>> {
    if number.is_null() {
        return Err(Error::GeneralError);
    }
    // SAFETY: the number is valid by the caller's promise.
    let length = unsafe { BN_num_bytes(number) } as usize;
    // SAFETY: as above.
    unsafe { padded_bytes(number, length) }
}
