//! Ed25519's signing and X25519 by dalek.

use super::ed25519ctx::{InDomain, in_domain};
use crate::error::{Error, Result};
use ed25519_dalek::SigningKey;
use ed25519_dalek::ed25519::signature::Signer;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use sha2::{Digest, Sha512};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// A private key of Ed25519.
pub struct Private(SigningKey);

impl Private {
    /// The key of a seed.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Its public point.
    pub fn point(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }

    /// A signature of Ed25519ph, or else of Ed25519ctx if there is a context, or of Ed25519.
    pub fn sign(&self, prehash: bool, context: &[u8], message: &[u8]) -> Result<Vec<u8>> {
        let signature = match (prehash, context.is_empty()) {
            (true, _) => self
                .0
                .sign_prehashed(Sha512::new_with_prefix(message), Some(context))
                .map_err(|_| Error::MechanismParamInvalid)?,
            (false, true) => self.0.sign(message),
            (false, false) => {
                let expanded = ExpandedSecretKey::from(self.0.as_bytes());
                raw_sign::<InDomain>(&expanded, &in_domain(context, message)?, &self.0.verifying_key())
            }
        };
        Ok(signature.to_vec())
    }
}

/// The public value of a private one (RFC 7748, section 6.1).
pub fn x25519_public(private: &[u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*private)).to_bytes()
}

/// The function of RFC 7748, section 5, of a private value and a public one: zero for points of small order.
pub fn x25519(private: &[u8; 32], public: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let shared = StaticSecret::from(*private).diffie_hellman(&PublicKey::from(*public));
    Zeroizing::new(*shared.as_bytes())
}
