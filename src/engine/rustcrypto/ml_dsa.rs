//! ML-DSA by crate `ml-dsa`.

use crate::error::{Error, Result};
use crate::random;
use ml_dsa::{EncodedSignature, ExpandedSigningKey, MlDsaParams, Signature, VerifyingKey};
use rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;

/// A public key.
pub struct Public<P: MlDsaParams>(VerifyingKey<P>);

/// A private key.
pub struct Private<P: MlDsaParams>(ExpandedSigningKey<P>);

impl<P: MlDsaParams> Public<P> {
    /// A key, ready for use.
    pub fn new(key: VerifyingKey<P>) -> Self {
        Self(key)
    }

    /// Judges a signature of μ: `SignatureLenRange`, `SignatureInvalid`.
    pub fn verify(&self, mu: &[u8; 64], signature: &[u8]) -> Result<()> {
        let encoded = EncodedSignature::<P>::try_from(signature).map_err(|_| Error::SignatureLenRange)?;
        let signature = Signature::<P>::decode(&encoded).ok_or(Error::SignatureInvalid)?;
        if self.0.verify_mu(&(*mu).into(), &signature) { Ok(()) } else { Err(Error::SignatureInvalid) }
    }
}

impl<P: MlDsaParams> Private<P> {
    /// A key, ready for use.
    pub fn new(key: ExpandedSigningKey<P>) -> Self {
        Self(key)
    }

    /// The key.
    pub fn key(&self) -> &ExpandedSigningKey<P> {
        &self.0
    }

    /// Signs μ, with fresh randomness or with none.
    pub fn sign(&self, mu: &[u8; 64], hedged: bool) -> Result<Vec<u8>> {
        let mu = (*mu).into();
        let signature = if hedged {
            self.0.sign_mu_randomized(&mu, &mut random::system())
        } else {
            // The crate's deterministic function is the same, but panics for a key that no signature can be made with.
            self.0.sign_mu_randomized(&mu, &mut Zeros)
        };
        let signature = signature.map_err(|_| Error::FunctionFailed)?;
        Ok(signature.encode().to_vec())
    }
}

/// The randomness of a deterministic signature (FIPS 204, algorithm 2, step 5: "substitute rnd ← {0}³²").
struct Zeros;

impl TryRng for Zeros {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

impl TryCryptoRng for Zeros {}
