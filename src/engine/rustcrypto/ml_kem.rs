//! ML-KEM by crate `ml-kem`.

use crate::error::Result;
use crate::random;
use ml_kem::kem::{Decapsulate, Encapsulate, Kem};
use zeroize::{Zeroize, Zeroizing};

/// A public key.
pub struct Public<K: Kem>(K::EncapsulationKey);

/// A private key.
pub struct Private<K: Kem>(K::DecapsulationKey);

impl<K: Kem> Public<K> {
    /// A valid key, ready for use.
    pub fn new(key: K::EncapsulationKey) -> Option<Self> {
        Some(Self(key))
    }

    /// A fresh ciphertext and the secret in it.
    pub fn encapsulate(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
        let (ciphertext, mut secret) = self.0.encapsulate_with_rng(&mut random::system());
        let copy = Zeroizing::new(secret.to_vec());
        secret.zeroize();
        Ok((ciphertext.to_vec(), copy))
    }
}

impl<K: Kem> Private<K>
where
    K::DecapsulationKey: Decapsulate,
{
    /// A valid key, ready for use.
    pub fn new(key: K::DecapsulationKey) -> Option<Self> {
        Some(Self(key))
    }

    /// The key.
    pub fn key(&self) -> &K::DecapsulationKey {
        &self.0
    }

    /// The secret in a ciphertext; `None` for one of another length.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut secret = self.0.decapsulate_slice(ciphertext).ok()?;
        let copy = Zeroizing::new(secret.to_vec());
        secret.zeroize();
        Some(copy)
    }
}
