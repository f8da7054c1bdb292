//! RSA by AWS-LC. Only the bare operations: every padding is ours.

use super::{Owned, bytes, check, number};
use crate::engine::rustcrypto;
use crate::error::{Error, Result};
use ::rsa::traits::{PrivateKeyParts, PublicKeyParts};
use ::rsa::{BoxedUint, PrivateKey, PublicKey};
use aws_lc_sys::*;
use core::ptr;
use zeroize::Zeroizing;

/// An RSA key of AWS-LC's and the length of its modulus in bytes.
struct Handle {
    key: Owned<RSA>,
    k: usize,
}

// SAFETY: an `RSA` may be used by several threads at once as long as nobody changes it ("Threading" in rsa.h); after it was
// made it is only used. What it caches for itself is behind its own locks.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

/// A public key.
pub struct Public(Handle);

impl Public {
    /// Of a key that has been validated.
    pub fn new(key: &PublicKey) -> Result<Self> {
        let (n, e) = (plain(key.n())?, plain(key.e())?);
        // SAFETY: the numbers are valid; what is made of copies of them is ours.
        let made = unsafe { Owned::new(RSA_new_public_key(n.as_ptr(), e.as_ptr()), RSA_free) };
        Ok(Self(Handle { key: made.map_err(|_| Error::AttributeValueInvalid)?, k: key.size() }))
    }

    /// RSAEP and RSAVP1 of a number below the modulus: k bytes to k bytes.
    pub fn apply(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.0.apply(RSA_verify_raw, number)
    }
}

/// A private key.
pub struct Private {
    handle: Handle,
    modulus_minus_1: Vec<u8>,
}

impl Private {
    /// Of a key that has been validated. AWS-LC checks again that its numbers belong together.
    pub fn new(key: &PrivateKey) -> Result<Self> {
        let (Some(dp), Some(dq), Some(qinv), [p, q]) = (key.dp(), key.dq(), key.crt_coefficient(), key.primes()) else {
            return Err(Error::GeneralError);
        };
        let (n, e, qinv) = (plain(key.n())?, plain(key.e())?, Zeroizing::new(qinv));
        let [d, p, q, dp, dq, qinv] = [key.d(), p, q, dp, dq, &*qinv].map(plain);
        let (d, p, q, dp, dq, qinv) = (d?, p?, q?, dp?, dq?, qinv?);
        // SAFETY: all numbers are valid; what is made of copies of them is ours.
        let made = unsafe {
            let key = RSA_new_private_key(
                n.as_ptr(),
                e.as_ptr(),
                d.as_ptr(),
                p.as_ptr(),
                q.as_ptr(),
                dp.as_ptr(),
                dq.as_ptr(),
                qinv.as_ptr(),
            );
            Owned::new(key, RSA_free)
        };
        let mut modulus_minus_1 = vec![0; key.size()];
        fill_padded(&mut modulus_minus_1, &key.n().to_be_bytes());
        // The modulus is odd.
        if let Some(last) = modulus_minus_1.last_mut() {
            *last &= !1;
        }
        let handle = Handle { key: made.map_err(|_| Error::TemplateInconsistent)?, k: key.size() };
        Ok(Self { handle, modulus_minus_1 })
    }

    /// RSADP and RSASP1 of a number below the modulus: k bytes to k bytes. Blinded, and checked by the public operation, so
    /// that a fault in one half of the Chinese remainder computation gives nothing away.
    pub fn apply(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        // 0, 1 and -1, which AWS-LC refuses, are their own powers, exponents being odd. Nothing is secret about that.
        if is_at_most_1(number) || *number == *self.modulus_minus_1 {
            return Ok(Zeroizing::new(number.to_vec()));
        }
        self.handle.apply(RSA_sign_raw, number)
    }
}

/// The form of the bare operations.
type Raw = unsafe extern "C" fn(*mut RSA, *mut usize, *mut u8, usize, *const u8, usize, i32) -> i32;

impl Handle {
    fn apply(&self, operation: Raw, number: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let mut out = Zeroizing::new(vec![0; self.k]);
        let mut written = 0;
        // SAFETY: both slices are given with their lengths; the key is valid, and not changed although the pointer is mutable
        // (see `Handle`).
        check(unsafe {
            operation(
                self.key.as_ptr(),
                &mut written,
                out.as_mut_ptr(),
                out.len(),
                number.as_ptr(),
                number.len(),
                RSA_NO_PADDING,
            )
        })?;
        if written == self.k { Ok(out) } else { Err(Error::GeneralError) }
    }
}

/// A fresh key with a modulus of so many bits and this exponent.
pub fn generate(bits: usize, exponent: u64) -> Result<PrivateKey> {
    // AWS-LC rounds other lengths down and refuses longer exponents.
    let (true, Ok(length), Ok(_)) = (bits.is_multiple_of(128), i32::try_from(bits), u32::try_from(exponent)) else {
        return rustcrypto::rsa::generate(bits, exponent);
    };
    let e = number(&exponent.to_be_bytes())?;
    // SAFETY: an empty key is made, filled and read; everything is ours and valid, and the numbers live as long as the key.
    let [n, d, p, q] = unsafe {
        let key = Owned::new(RSA_new(), RSA_free)?;
        check(RSA_generate_key_ex(key.as_ptr(), length, e.as_ptr(), ptr::null_mut()))?;
        let key = key.as_ptr();
        [RSA_get0_n(key), RSA_get0_d(key), RSA_get0_p(key), RSA_get0_q(key)].map(|number| bytes(number))
    };
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bits as u32).map_err(|_| Error::GeneralError);
    let (n, d, primes) = (number(&n?)?, number(&d?)?, vec![number(&p?)?, number(&q?)?]);
    PrivateKey::from_components(n, exponent.into(), d, primes).map_err(|_| Error::DeviceError)
}

/// A number of the other crate's.
fn plain(value: &BoxedUint) -> Result<Owned<BIGNUM>> {
    number(&Zeroizing::new(value.to_be_bytes()))
}

/// Puts the last bytes of a number into a buffer of its true length.
fn fill_padded(buffer: &mut [u8], number: &[u8]) {
    buffer.iter_mut().rev().zip(number.iter().rev()).for_each(|(to, from)| *to = *from);
}

fn is_at_most_1(number: &[u8]) -> bool {
    number.split_last().is_some_and(|(last, rest)| *last <= 1 && rest.iter().fold(0, |sum, byte| sum | byte) == 0)
}
