//! Ed25519, Ed25519ctx and Ed25519ph (RFC 8032, section 5.1).
//!
//! Verification is the crate's strict one: the equation without the cofactor, as FIPS 186-5 permits, and no point of
//! small order for R, so that no signature holds for two keys or two messages. Every signature that RFC 8032's
//! signing can make passes.

use super::{Group, Private, Public, Scheme};
use crate::error::{Error, Result};
use ed25519_dalek::ed25519::signature::Signer;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign, raw_verify};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use sha2::digest::consts::U64;
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};
use sha2::{Digest, Sha512};
use std::sync::Arc;
use zeroize::Zeroizing;

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
        Some(Arc::new(SigningKey::from_bytes(value.try_into().ok()?)))
    }
}

impl Public for VerifyingKey {
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

impl Private for SigningKey {
    fn point(&self) -> Vec<u8> {
        self.verifying_key().to_bytes().to_vec()
    }

    fn sign(&self, scheme: &Scheme, message: &[u8]) -> Result<Vec<u8>> {
        let signature = match scheme {
            Scheme { prehash: true, context } => self
                .sign_prehashed(Sha512::new_with_prefix(message), Some(context))
                .map_err(|_| Error::MechanismParamInvalid)?,
            Scheme { context, .. } if context.is_empty() => Signer::sign(self, message),
            Scheme { context, .. } => {
                let expanded = ExpandedSecretKey::from(self.as_bytes());
                raw_sign::<InDomain>(&expanded, &in_domain(context, message)?, &self.verifying_key())
            }
        };
        Ok(signature.to_vec())
    }
}

/// The beginning of dom2 (RFC 8032, section 2).
const DOM2: &[u8; 32] = b"SigEd25519 no Ed25519 collisions";

/// The length of dom2 without its context: that beginning, the flag, the length of the context.
const DOM2_OVERHEAD: usize = DOM2.len() + 2;

/// `dom2(0, context) || message`, as [`InDomain`] takes it.
fn in_domain(context: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let length = u8::try_from(context.len()).map_err(|_| Error::MechanismParamInvalid)?;
    Ok([DOM2, &[0, length][..], context, message].concat())
}

/// SHA-512 for Ed25519ctx, which the crate lacks: the crate hashes what belongs to key and signature, and the message
/// after it, while RFC 8032 wants dom2 before both. So dom2 comes here at the front of the message, and is hashed first.
///
/// No other part of the input is as long as dom2, so that none can be taken for it.
#[derive(Default)]
struct InDomain {
    hasher: Sha512,
    before: Zeroizing<Vec<u8>>,
}

impl Update for InDomain {
    fn update(&mut self, data: &[u8]) {
        let domain = data.get(DOM2_OVERHEAD - 1).map_or(0, |length| DOM2_OVERHEAD + usize::from(*length));
        match data.split_at_checked(domain) {
            Some((domain, message)) if domain.starts_with(DOM2) => {
                Digest::update(&mut self.hasher, domain);
                Digest::update(&mut self.hasher, &*self.before);
                Digest::update(&mut self.hasher, message);
            }
            _ => self.before.extend_from_slice(data),
        }
    }
}

impl OutputSizeUser for InDomain {
    type OutputSize = U64;
}

impl FixedOutput for InDomain {
    fn finalize_into(self, out: &mut Output<Self>) {
        FixedOutput::finalize_into(self.hasher, out);
    }
}

impl HashMarker for InDomain {}
