//! Ed25519, Ed25519ctx and Ed25519ph (RFC 8032, section 5.1).
//!
//! Signing is an engine's. Verification is the crate's strict one, which no engine is faster at: the equation without the cofactor, as FIPS 186-5 permits, and no point of
//! small order for R, so that no signature holds for two keys or two messages. Every signature that RFC 8032's
//! signing can make passes.

use super::{Group, Private, Public, Scheme};
use crate::engine::curve25519;
use crate::engine::rustcrypto::ed25519ctx::{InDomain, in_domain};
use crate::error::{Error, Result};
use ed25519_dalek::hazmat::raw_verify;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha512};
use std::sync::Arc;

pub(super) struct Ed25519;

impl Group for Ed25519 {
    fn public(&self, point: &[u8]) -> Option<Arc<dyn Public>> {
        let key = VerifyingKey::from_bytes(point.try_into().ok()?).ok()?;
        // The crate takes more encodings than one.
        let canonical = key.to_edwards().compress();
        if canonical.as_bytes() != point || key.is_weak() {
            return None;
        }
        Some(Arc::new(key))
    }

    fn private(&self, value: &[u8]) -> Option<Arc<dyn Private>> {
        Some(Arc::new(curve25519::Private::new(value.as_array()?)))
    }
}

impl Public for VerifyingKey {
    fn point(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }

    fn verify(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> Result<()> {
        let signature = Signature::from_slice(signature).map_err(|_| Error::SignatureLenRange)?;
        let verified = match scheme {
            Scheme { prehash: true, context } => {
                self.verify_prehashed_strict(Sha512::new_with_prefix(message), Some(context), &signature)
            }
            Scheme { context, .. } if context.is_empty() => self.verify_strict(message, &signature),
            Scheme { context, .. } => {
                // R of small order, which the other two refuse themselves.
                if VerifyingKey::from_bytes(signature.r_bytes()).is_ok_and(|r| r.is_weak()) {
                    return Err(Error::SignatureInvalid);
                }
                raw_verify::<InDomain>(self, &in_domain(context, message)?, &signature)
            }
        };
        verified.map_err(|_| Error::SignatureInvalid)
    }
}

impl Private for curve25519::Private {
    fn point(&self) -> Vec<u8> {
        self.point()
    }

    fn sign(&self, scheme: &Scheme, message: &[u8]) -> Result<Vec<u8>> {
        self.sign(scheme.prehash, &scheme.context, message)
    }
}
