//! The short Weierstrass curves as objects: what is needed of them, and which engine has which.
//!
//! Curves are types in one engine and numbers in the other; a token meets them at run time.

use crate::error::Result;
use std::sync::Arc;
use zeroize::Zeroizing;

#[cfg(feature = "aws-lc")]
pub use super::awslc::ec::{P224, P256, P384, P521};
#[cfg(not(feature = "aws-lc"))]
pub use super::rustcrypto::ec::{P224, P256, P384, P521};
// secp256k1 is faster here than there; the others AWS-LC does not have.
pub use super::rustcrypto::ec::{
    BRAINPOOL_P256R1, BRAINPOOL_P256T1, BRAINPOOL_P384R1, BRAINPOOL_P384T1, P192, SECP256K1,
};

/// What is needed of a curve's group.
pub trait Group: Send + Sync {
    /// A public key from an uncompressed or compressed point; `None` if it is not on the curve, or the identity.
    fn public(&self, point: &[u8]) -> Option<Arc<dyn Public>>;

    /// A private key from a big-endian integer of any length; `None` unless it is in [1, n-1].
    fn private(&self, value: &[u8]) -> Option<Arc<dyn Private>>;

    /// A fresh private key, by the testing of candidates (FIPS 186-4, B.4.2).
    fn generate(&self) -> Result<Arc<dyn Private>>;

    /// A fresh private key, by reducing 64 bits more than the order has (FIPS 186-4, B.4.1).
    fn generate_with_extra_bits(&self) -> Result<Arc<dyn Private>>;
}

/// A public key.
pub trait Public: Send + Sync {
    /// Its point, uncompressed.
    fn point(&self) -> Vec<u8>;

    /// Judges an ECDSA signature over a digest of any length (section 6.3.1, "EC Signatures"): `SignatureLenRange`
    /// unless it is two equal halves of at most the order's length, `SignatureInvalid` if it is wrong.
    fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<()>;
}

/// A private key.
pub trait Private: Send + Sync {
    /// Its value, of the length of the order.
    fn value(&self) -> Zeroizing<Vec<u8>>;

    /// Its public point, uncompressed.
    fn point(&self) -> Vec<u8>;

    /// The length of a signature in bytes.
    fn signature_len(&self) -> usize;

    /// Signs a digest of any length, giving r and s in full length.
    fn sign(&self, digest: &[u8]) -> Result<Vec<u8>>;

    /// Diffie-Hellman with a peer's point: the x coordinate in full length; `None` as for [`Group::public`].
    fn agree(&self, peer: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

/// The two halves of an ECDSA signature, big-endian, as the standard has it (section 6.3.1, "EC Signatures"); `None` unless
/// they are equal and no longer than the order's n bytes.
pub(super) fn halves(signature: &[u8], n: usize) -> Option<(&[u8], &[u8])> {
    let half = signature.len() / 2;
    let fits = half != 0 && signature.len().is_multiple_of(2) && half <= n;
    signature.split_at_checked(half).filter(|_| fits)
}

/// Whether a point is in one of the two forms of SEC 1, section 2.3.4, that the standard knows.
pub(super) fn is_known_form(point: &[u8]) -> bool {
    matches!(point.first(), Some(2..=4))
}
