//! P-224 to P-521 by AWS-LC.

use super::{Owned, check, number, padded_bytes};
use crate::engine::ec::{Group, Private, Public, halves, is_known_form};
use crate::error::{Error, Result};
use crate::object::template::strip_zeros;
use crate::random;
use aws_lc_sys::*;
use core::ptr;
use std::sync::Arc;
use zeroize::Zeroizing;

/// P-224.
pub const P224: &dyn Group = &Nist { bits: 224, group: EC_group_p224 };
/// P-256.
pub const P256: &dyn Group = &Nist { bits: 256, group: EC_group_p256 };
/// P-384.
pub const P384: &dyn Group = &Nist { bits: 384, group: EC_group_p384 };
/// P-521.
pub const P521: &dyn Group = &Nist { bits: 521, group: EC_group_p521 };

/// A curve. Its order is as long as its field, in bits.
#[derive(Clone, Copy)]
struct Nist {
    bits: usize,
    group: unsafe extern "C" fn() -> *const EC_GROUP,
}

/// A key of AWS-LC's, with a public point, and a private value if it is a private key.
struct Handle {
    key: Owned<EC_KEY>,
    curve: Nist,
}

// SAFETY: an `EC_KEY` may be used by several threads at once as long as nobody changes it ("Threading" in ec_key.h); after it
// was made it is only read.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Nist {
    /// The length of coordinates, private values and half signatures in bytes.
    fn bytes(&self) -> usize {
        self.bits.div_ceil(8)
    }

    fn group(&self) -> *const EC_GROUP {
        // SAFETY: gives a constant of AWS-LC's, which is made at the first call and never freed.
        unsafe { (self.group)() }
    }

    /// A point; `None` unless it is on the curve and not the identity.
    fn point(&self, encoded: &[u8]) -> Option<Owned<EC_POINT>> {
        if !is_known_form(encoded) {
            return None;
        }
        // SAFETY: makes a point that is ours and reads exactly the slice. No context need be given.
        unsafe {
            let point = Owned::new(EC_POINT_new(self.group()), EC_POINT_free).ok()?;
            let (bytes, length) = (encoded.as_ptr(), encoded.len());
            check(EC_POINT_oct2point(self.group(), point.as_ptr(), bytes, length, ptr::null_mut())).ok()?;
            Some(point)
        }
    }

    fn empty_key(self) -> Result<Handle> {
        // SAFETY: makes a key that is ours and gives it its curve.
        let key = unsafe {
            let key = Owned::new(EC_KEY_new(), EC_KEY_free)?;
            check(EC_KEY_set_group(key.as_ptr(), self.group()))?;
            key
        };
        Ok(Handle { key, curve: self })
    }

    fn public_handle(self, encoded: &[u8]) -> Option<Handle> {
        let point = self.point(encoded)?;
        let handle = self.empty_key().ok()?;
        // SAFETY: key and point are valid and of one curve; the point is copied.
        check(unsafe { EC_KEY_set_public_key(handle.key.as_ptr(), point.as_ptr()) }).ok()?;
        Some(handle)
    }

    /// A private value of any length; `None` unless it is in [1, n-1].
    fn private_handle(self, value: &[u8]) -> Option<Handle> {
        let value = strip_zeros(value);
        if value.len() > self.bytes() {
            return None;
        }
        let value = number(value).ok()?;
        let handle = self.empty_key().ok()?;
        let key = handle.key.as_ptr();
        // SAFETY: all objects are valid and of one curve, and what the key gets is copied. The point is the value's multiple
        // of the generator.
        unsafe {
            check(EC_KEY_set_private_key(key, value.as_ptr())).ok()?;
            let point = Owned::new(EC_POINT_new(self.group()), EC_POINT_free).ok()?;
            let (none, context) = (ptr::null(), ptr::null_mut());
            check(EC_POINT_mul(self.group(), point.as_ptr(), value.as_ptr(), none, none.cast(), context)).ok()?;
            check(EC_KEY_set_public_key(key, point.as_ptr())).ok()?;
        }
        Some(handle)
    }
}

impl Group for Nist {
    fn public(&self, point: &[u8]) -> Option<Arc<dyn Public>> {
        Some(Arc::new(self.public_handle(point)?))
    }

    fn private(&self, value: &[u8]) -> Option<Arc<dyn Private>> {
        Some(Arc::new(self.private_handle(value)?))
    }

    fn generate(&self) -> Result<Arc<dyn Private>> {
        // A candidate of as many bits as the order has is below it nearly always: half of the time is the worst.
        for _ in 0..64 {
            let mut candidate = random::secret(self.bytes())?;
            if let Some(first) = candidate.first_mut() {
                *first &= 0xff >> (8 * self.bytes() - self.bits);
            }
            if let Some(handle) = self.private_handle(&candidate) {
                return Ok(Arc::new(handle));
            }
        }
        Err(Error::DeviceError)
    }

    fn generate_with_extra_bits(&self) -> Result<Arc<dyn Private>> {
        // SAFETY: the order is a part of the constant group.
        let order = unsafe { padded_bytes(EC_GROUP_get0_order(self.group()), self.bytes()) }?;
        self.private(&random::below(&order)?).ok_or(Error::GeneralError)
    }
}

impl Handle {
    fn public_point(&self) -> Vec<u8> {
        let mut encoded = vec![0; 1 + 2 * self.curve.bytes()];
        // SAFETY: every key here has its public point; writes at most the given length, which is that of an uncompressed one.
        let length = unsafe {
            EC_POINT_point2oct(
                self.curve.group(),
                EC_KEY_get0_public_key(self.key.as_ptr()),
                point_conversion_form_t::POINT_CONVERSION_UNCOMPRESSED,
                encoded.as_mut_ptr(),
                encoded.len(),
                ptr::null_mut(),
            )
        };
        encoded.truncate(length);
        encoded
    }
}

impl Public for Handle {
    fn point(&self) -> Vec<u8> {
        self.public_point()
    }

    fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<()> {
        let (r, s) = halves(signature, self.curve.bytes()).ok_or(Error::SignatureLenRange)?;
        let (r, s) = (number(r)?, number(s)?);
        // SAFETY: the signature is ours and takes both numbers over; digest and length belong together; the key is only read.
        unsafe {
            let signature = Owned::new(ECDSA_SIG_new(), ECDSA_SIG_free)?;
            check(ECDSA_SIG_set0(signature.as_ptr(), r.into_ptr(), s.into_ptr()))?;
            check(ECDSA_do_verify(digest.as_ptr(), digest.len(), signature.as_ptr(), self.key.as_ptr()))
        }
        .map_err(|_| Error::SignatureInvalid)
    }
}

impl Private for Handle {
    fn value(&self) -> Zeroizing<Vec<u8>> {
        // SAFETY: a private key has its value, which lives as long as the key and fits the order's length.
        unsafe { padded_bytes(EC_KEY_get0_private_key(self.key.as_ptr()), self.curve.bytes()) }.unwrap_or_default()
    }

    fn point(&self) -> Vec<u8> {
        self.public_point()
    }

    fn signature_len(&self) -> usize {
        2 * self.curve.bytes()
    }

    /// The nonce is drawn from AWS-LC's generator, into which key and digest are mixed: neither a broken generator nor a
    /// fault induced in one of two equal computations gives the key away.
    fn sign(&self, digest: &[u8]) -> Result<Vec<u8>> {
        // SAFETY: digest and length belong together, the key is only read, and the signature is ours and holds its two
        // numbers as long as it lives.
        unsafe {
            let signature = ECDSA_do_sign(digest.as_ptr(), digest.len(), self.key.as_ptr());
            let signature = Owned::new(signature, ECDSA_SIG_free).map_err(|_| Error::DeviceError)?;
            let n = self.curve.bytes();
            let r = padded_bytes(ECDSA_SIG_get0_r(signature.as_ptr()), n)?;
            let s = padded_bytes(ECDSA_SIG_get0_s(signature.as_ptr()), n)?;
            Ok([&r[..], &s].concat())
        }
    }

    fn agree(&self, peer: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let peer = self.curve.point(peer)?;
        let mut secret = Zeroizing::new(vec![0; self.curve.bytes()]);
        let length = secret.len();
        // SAFETY: point and key are valid and of one curve; writes at most `length` bytes.
        let written =
            unsafe { ECDH_compute_key(secret.as_mut_ptr().cast(), length, peer.as_ptr(), self.key.as_ptr(), None) };
        (usize::try_from(written) == Ok(length)).then_some(secret)
    }
}
