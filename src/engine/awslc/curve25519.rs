//! Ed25519's signing and X25519 by AWS-LC.

use super::check;
use crate::error::{Error, Result};
use aws_lc_sys::{
    ED25519_keypair_from_seed, ED25519_sign, ED25519ctx_sign, ED25519ph_sign, X25519, X25519_public_from_private,
};
use zeroize::Zeroizing;

/// A private key of Ed25519: the seed, and the public point behind it.
pub struct Private(Zeroizing<[u8; 64]>);

impl Private {
    /// The key of a seed.
    pub fn new(seed: &[u8; 32]) -> Self {
        let (mut point, mut key) = ([0; 32], Zeroizing::new([0; 64]));
        // SAFETY: the arrays are as long as the function says.
        unsafe { ED25519_keypair_from_seed(point.as_mut_ptr(), key.as_mut_ptr(), seed.as_ptr()) };
        Self(key)
    }

    /// Its public point.
    pub fn point(&self) -> Vec<u8> {
        self.0.iter().skip(32).copied().collect()
    }

    /// A signature of Ed25519ph, or else of Ed25519ctx if there is a context, or of Ed25519.
    pub fn sign(&self, prehash: bool, context: &[u8], message: &[u8]) -> Result<Vec<u8>> {
        let (mut signature, key) = (vec![0; 64], self.0.as_ptr());
        let (out, data, length) = (signature.as_mut_ptr(), message.as_ptr(), message.len());
        // SAFETY: key and signature are as long as the functions say, and message and context are given with their lengths.
        check(unsafe {
            match (prehash, context.is_empty()) {
                (true, _) => ED25519ph_sign(out, data, length, key, context.as_ptr(), context.len()),
                (false, true) => ED25519_sign(out, data, length, key),
                (false, false) => ED25519ctx_sign(out, data, length, key, context.as_ptr(), context.len()),
            }
        })
        .map_err(|_| Error::MechanismParamInvalid)?;
        Ok(signature)
    }
}

/// The public value of a private one (RFC 7748, section 6.1).
pub fn x25519_public(private: &[u8; 32]) -> [u8; 32] {
    let mut public = [0; 32];
    // SAFETY: both arrays are as long as the function says.
    unsafe { X25519_public_from_private(public.as_mut_ptr(), private.as_ptr()) };
    public
}

/// The function of RFC 7748, section 5, of a private value and a public one: zero for points of small order.
pub fn x25519(private: &[u8; 32], public: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut shared = Zeroizing::new([0; 32]);
    // SAFETY: all three arrays are as long as the function says. Its result says only whether the secret is zero.
    let _ = unsafe { X25519(shared.as_mut_ptr(), private.as_ptr(), public.as_ptr()) };
    shared
}
