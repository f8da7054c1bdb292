//! ML-DSA keys (PKCS#11 3.2, "ML-DSA public key objects" and "ML-DSA private key objects"; FIPS 204).
//!
//! All that is signed goes through μ, the message representative (FIPS 204, algorithm 7, step 6): whoever uses a key hashes
//! the message into it, in as many parts as they like.

use super::parameter_set::{self, ParameterSet, PrivateKey, SetKey, Sets};
use super::{Key, KeyType};
use crate::engine;
use crate::error::Result;
use cryptoki_sys::*;
use der::asn1::ObjectIdentifier;
use ml_dsa::{
    EncodedSignature, EncodedVerifyingKey, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, SigningKey,
    VerifyingKey,
};
use shake::{ExtendableOutput, Shake256, Update};
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_ML_DSA,
    complete: |class, attributes| parameter_set::complete(SETS, class, attributes),
    parse: |class, attributes| Ok(Key::MlDsa(parameter_set::parse(SETS, class, attributes)?)),
    to_pkcs8: Some(|attributes| parameter_set::to_pkcs8(SETS, attributes)),
    from_pkcs8: Some(|info| parameter_set::from_pkcs8(SETS, info)),
    fixed_length: None,
}];

/// An ML-DSA key.
pub type MlDsaKey = SetKey<dyn Verifier, dyn Signer>;

/// The parameter sets, smallest first.
pub const SETS: Sets<dyn Verifier, dyn Signer> = &[
    set::<MlDsa44>(CKP_ML_DSA_44, "2.16.840.1.101.3.4.3.17", 1312, private::<MlDsa44, 2, { 4 + 4 }>),
    set::<MlDsa65>(CKP_ML_DSA_65, "2.16.840.1.101.3.4.3.18", 1952, private::<MlDsa65, 4, { 6 + 5 }>),
    set::<MlDsa87>(CKP_ML_DSA_87, "2.16.840.1.101.3.4.3.19", 2592, private::<MlDsa87, 2, { 8 + 7 }>),
];

/// A message representative.
pub type Mu = [u8; 64];

/// A public key at work.
pub trait Verifier: Send + Sync {
    /// The hash of the public key, with which every μ begins (FIPS 204, "tr").
    fn tr(&self) -> &[u8; 64];

    /// Judges a signature of μ: `SignatureLenRange`, `SignatureInvalid`.
    fn verify(&self, mu: &Mu, signature: &[u8]) -> Result<()>;
}

/// A private key at work.
pub trait Signer: PrivateKey {
    /// As [`Verifier::tr`].
    fn tr(&self) -> &[u8; 64];

    /// The length of every signature in bytes.
    fn signature_len(&self) -> usize;

    /// Signs μ, with fresh randomness or with none.
    fn sign(&self, mu: &Mu, hedged: bool) -> Result<Vec<u8>>;
}

const fn set<P: MlDsaParams + Send + Sync + 'static>(
    id: CK_ULONG,
    oid: &str,
    public_len: usize,
    private: fn(&[u8]) -> Option<Arc<dyn Signer>>,
) -> ParameterSet<dyn Verifier, dyn Signer> {
    ParameterSet {
        id,
        oid: ObjectIdentifier::new_unwrap(oid),
        public_len,
        seed_len: size_of::<ml_dsa::Seed>(),
        keeps_seed: true,
        public: |value| {
            let encoded = EncodedVerifyingKey::<P>::try_from(value).ok()?;
            let key = engine::ml_dsa::Public::new(VerifyingKey::<P>::decode(&encoded));
            Some(Arc::new(Public { tr: tr(value), key }))
        },
        expand: |seed| {
            let mut seed = ml_dsa::Seed::try_from(seed).ok()?;
            let key = SigningKey::<P>::from_seed(&seed);
            seed.zeroize();
            Some(Arc::new(Private::new(key.expanded_key().clone())))
        },
        private,
    }
}

/// A key of a value, for a set with this η and this k + l. FIPS 204, algorithm 25, expects what its inverse has made, and the
/// crate panics where the coefficients are out of range.
fn private<P: MlDsaParams + Send + Sync + 'static, const ETA: u8, const VECTORS: usize>(
    value: &[u8],
) -> Option<Arc<dyn Signer>> {
    let mut encoded = value.try_into().ok()?;
    if !in_range(value, ETA, VECTORS) {
        return None;
    }
    #[allow(deprecated)] // In favour of seeds; but the standard has `CKA_VALUE` in this form.
    let key = ExpandedSigningKey::<P>::from_expanded(&encoded);
    encoded.zeroize();
    Some(Arc::new(Private::new(key)))
}

/// Where tr is in a value: behind ρ and K, and before s₁ (FIPS 204, algorithm 24).
const TR: core::ops::Range<usize> = 64..128;

/// Whether the packed coefficients of s₁ and s₂ are at most 2η (FIPS 204, algorithm 25).
fn in_range(value: &[u8], eta: u8, vectors: usize) -> bool {
    let width = if eta == 2 { 3 } else { 4 };
    let Some(packed) = value.get(TR.end..TR.end + vectors * 32 * width) else { return false };
    // Eight coefficients take as many bytes as one takes bits. No branch depends on them.
    let outside = packed.chunks_exact(width).fold(0, |outside, chunk| {
        let word = chunk.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        (0..8).fold(outside, |outside, index| {
            let coefficient = word >> (index * width) & ((1 << width) - 1);
            outside | u64::from(2 * eta).wrapping_sub(coefficient) >> 63
        })
    });
    outside == 0
}

fn tr(public: &[u8]) -> [u8; 64] {
    let (mut hash, mut tr) = (Shake256::default(), [0; 64]);
    hash.update(public);
    hash.finalize_xof_into(&mut tr);
    tr
}

struct Public<P: MlDsaParams> {
    tr: [u8; 64],
    key: engine::ml_dsa::Public<P>,
}

impl<P: MlDsaParams + Send + Sync> Verifier for Public<P> {
    fn tr(&self) -> &[u8; 64] {
        &self.tr
    }

    fn verify(&self, mu: &Mu, signature: &[u8]) -> Result<()> {
        self.key.verify(mu, signature)
    }
}

struct Private<P: MlDsaParams> {
    public: Vec<u8>,
    tr: [u8; 64],
    key: engine::ml_dsa::Private<P>,
}

impl<P: MlDsaParams> Private<P> {
    fn new(key: ExpandedSigningKey<P>) -> Self {
        let public = key.verifying_key().encode().to_vec();
        Self { tr: tr(&public), public, key: engine::ml_dsa::Private::new(key) }
    }
}

impl<P: MlDsaParams + Send + Sync> PrivateKey for Private<P> {
    fn value(&self) -> Zeroizing<Vec<u8>> {
        #[allow(deprecated)] // As above.
        let mut encoded = self.key.key().to_expanded();
        let value = Zeroizing::new(encoded.to_vec());
        encoded.zeroize();
        value
    }

    fn public_value(&self) -> Vec<u8> {
        self.public.clone()
    }

    /// ρ, s₁ and s₂ make the public key, K is any string, and tr follows from the public key. What t₀ must be the crate
    /// does not tell; a wrong one reveals nothing, but makes signatures that are wrong now and then. If these few are right,
    /// nearly all are.
    fn is_sound(&self) -> bool {
        const TRIES: u8 = 16;
        if self.value().get(TR) != Some(&self.tr) {
            return false;
        }
        let verifier = Public { tr: self.tr, key: engine::ml_dsa::Public::new(self.key.key().verifying_key()) };
        (0..TRIES).map(|number| [number; size_of::<Mu>()]).all(|mu| {
            let signature = self.sign(&mu, false);
            signature.is_ok_and(|signature| verifier.verify(&mu, &signature).is_ok())
        })
    }
}

impl<P: MlDsaParams + Send + Sync> Signer for Private<P> {
    fn tr(&self) -> &[u8; 64] {
        &self.tr
    }

    fn signature_len(&self) -> usize {
        size_of::<EncodedSignature<P>>()
    }

    fn sign(&self, mu: &Mu, hedged: bool) -> Result<Vec<u8>> {
        self.key.sign(mu, hedged)
    }
}
