//! ML-KEM keys (PKCS#11 3.2, "ML-KEM public key objects" and "ML-KEM private key objects"; FIPS 203).

// The crate calls the form of FIPS 203, in which the standard has `CKA_VALUE`, deprecated in favour of seeds.
#![allow(deprecated)]

use super::parameter_set::{self, ParameterSet, PrivateKey, SetKey, Sets};
use super::{Key, KeyType};
use crate::engine;
use crate::engine::ml_kem::Private;
use crate::error::Result;
use cryptoki_sys::*;
use der::asn1::ObjectIdentifier;
use ml_kem::kem::{Ciphertext, Decapsulate, Decapsulator as _, Kem, KeyExport, KeyInit, TryKeyInit};
use ml_kem::{ExpandedKeyEncoding, MlKem512, MlKem768, MlKem1024};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_ML_KEM,
    complete: |class, attributes| parameter_set::complete(SETS, class, attributes),
    parse: |class, attributes| Ok(Key::MlKem(parameter_set::parse(SETS, class, attributes)?)),
    to_pkcs8: Some(|attributes| parameter_set::to_pkcs8(SETS, attributes)),
    from_pkcs8: Some(|info| parameter_set::from_pkcs8(SETS, info)),
    fixed_length: None,
}];

/// An ML-KEM key.
pub type MlKemKey = SetKey<dyn Encapsulator, dyn Decapsulator>;

/// The parameter sets, smallest first.
pub const SETS: Sets<dyn Encapsulator, dyn Decapsulator> = &[
    set::<MlKem512>(CKP_ML_KEM_512, "2.16.840.1.101.3.4.4.1", 800),
    set::<MlKem768>(CKP_ML_KEM_768, "2.16.840.1.101.3.4.4.2", 1184),
    set::<MlKem1024>(CKP_ML_KEM_1024, "2.16.840.1.101.3.4.4.3", 1568),
];

/// The length of every shared secret in bytes.
pub const SECRET_LEN: usize = 32;

/// A public key at work.
pub trait Encapsulator: Send + Sync {
    /// The length of a ciphertext in bytes.
    fn ciphertext_len(&self) -> usize;

    /// ML-KEM.Encaps (FIPS 203, algorithm 20): a fresh ciphertext and the secret in it.
    fn encapsulate(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)>;
}

/// A private key at work.
pub trait Decapsulator: PrivateKey {
    /// ML-KEM.Decaps (FIPS 203, algorithm 21); `None` for a ciphertext of another length. One that is false gives a secret
    /// that nobody knows, in the same time as a true one ("implicit rejection").
    fn decapsulate(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

const fn set<K: Kem>(id: CK_ULONG, oid: &str, public_len: usize) -> ParameterSet<dyn Encapsulator, dyn Decapsulator>
where
    K::EncapsulationKey: Send + Sync,
    K::DecapsulationKey: Decapsulate + KeyInit + ExpandedKeyEncoding + Send + Sync,
{
    ParameterSet {
        id,
        oid: ObjectIdentifier::new_unwrap(oid),
        public_len,
        seed_len: size_of::<ml_kem::Seed>(),
        keeps_seed: true,
        public: |value| {
            Some(Arc::new(engine::ml_kem::Public::<K>::new(K::EncapsulationKey::new_from_slice(value).ok()?)?))
        },
        expand: |seed| Some(Arc::new(Private::<K>::new(K::DecapsulationKey::new_from_slice(seed).ok()?)?)),
        private: |value| Some(Arc::new(of_value::<K>(value)?)),
    }
}

impl<K: Kem> Encapsulator for engine::ml_kem::Public<K>
where
    K::EncapsulationKey: Send + Sync,
{
    fn ciphertext_len(&self) -> usize {
        size_of::<Ciphertext<K>>()
    }

    fn encapsulate(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
        self.encapsulate()
    }
}

/// With the checks of FIPS 203, section 7.3, which the crate makes.
fn of_value<K: Kem>(value: &[u8]) -> Option<Private<K>>
where
    K::DecapsulationKey: Decapsulate + ExpandedKeyEncoding,
{
    let mut expanded = value.try_into().ok()?;
    let key = K::DecapsulationKey::from_expanded_bytes(&expanded);
    expanded.zeroize();
    Private::new(key.ok()?)
}

impl<K: Kem> PrivateKey for Private<K>
where
    K::EncapsulationKey: Send + Sync,
    K::DecapsulationKey: Decapsulate + ExpandedKeyEncoding + Send + Sync,
{
    fn value(&self) -> Zeroizing<Vec<u8>> {
        let mut expanded = self.key().to_expanded_bytes();
        let value = Zeroizing::new(expanded.to_vec());
        expanded.zeroize();
        value
    }

    fn public_value(&self) -> Vec<u8> {
        self.key().encapsulation_key().to_bytes().to_vec()
    }

    /// The secret part must undo what the public part does.
    fn is_sound(&self) -> bool {
        let public = engine::ml_kem::Public::<K>::new(self.key().encapsulation_key().clone());
        let sent = public.and_then(|public| public.encapsulate().ok());
        sent.is_some_and(|(ciphertext, secret)| {
            Private::decapsulate(self, &ciphertext).is_some_and(|own| own.ct_eq(&secret).into())
        })
    }
}

impl<K: Kem> Decapsulator for Private<K>
where
    K::EncapsulationKey: Send + Sync,
    K::DecapsulationKey: Decapsulate + ExpandedKeyEncoding + Send + Sync,
{
    fn decapsulate(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.decapsulate(ciphertext)
    }
}
