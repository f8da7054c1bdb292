//! SLH-DSA keys (PKCS#11 3.2, "SLH-DSA public key objects" and "SLH-DSA private key objects"; FIPS 205).

use super::parameter_set::{self, PrivateKey, SetKey, Sets};
use super::{Key, KeyType};
use crate::error::{Error, Result};
use crate::random;
use cryptoki_sys::*;
use slh_dsa::signature::SignatureEncoding;
use slh_dsa::{ParameterSet, Sha2_128f, Sha2_128s, Sha2_192f, Sha2_192s, Sha2_256f, Sha2_256s};
use slh_dsa::{Shake128f, Shake128s, Shake192f, Shake192s, Shake256f, Shake256s};
use slh_dsa::{Signature, SigningKey, VerifyingKey};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_SLH_DSA,
    complete: |class, attributes| parameter_set::complete(SETS, class, attributes),
    parse: |class, attributes| Ok(Key::SlhDsa(parameter_set::parse(SETS, class, attributes)?)),
    to_pkcs8: Some(|attributes| parameter_set::to_pkcs8(SETS, attributes)),
    from_pkcs8: Some(|info| parameter_set::from_pkcs8(SETS, info)),
    fixed_length: None,
}];

/// An SLH-DSA key.
pub type SlhDsaKey = SetKey<dyn Verifier, dyn Signer>;

/// The parameter sets, with the security parameter n in bytes.
pub const SETS: Sets<dyn Verifier, dyn Signer> = &[
    set::<Sha2_128s, 16>(CKP_SLH_DSA_SHA2_128S),
    set::<Sha2_128f, 16>(CKP_SLH_DSA_SHA2_128F),
    set::<Sha2_192s, 24>(CKP_SLH_DSA_SHA2_192S),
    set::<Sha2_192f, 24>(CKP_SLH_DSA_SHA2_192F),
    set::<Sha2_256s, 32>(CKP_SLH_DSA_SHA2_256S),
    set::<Sha2_256f, 32>(CKP_SLH_DSA_SHA2_256F),
    set::<Shake128s, 16>(CKP_SLH_DSA_SHAKE_128S),
    set::<Shake128f, 16>(CKP_SLH_DSA_SHAKE_128F),
    set::<Shake192s, 24>(CKP_SLH_DSA_SHAKE_192S),
    set::<Shake192f, 24>(CKP_SLH_DSA_SHAKE_192F),
    set::<Shake256s, 32>(CKP_SLH_DSA_SHAKE_256S),
    set::<Shake256f, 32>(CKP_SLH_DSA_SHAKE_256F),
];

/// A public key at work.
pub trait Verifier: Send + Sync {
    /// Judges a signature of M′, which comes in two parts (FIPS 205, algorithm 20): `SignatureLenRange`, `SignatureInvalid`.
    fn verify(&self, message: [&[u8]; 2], signature: &[u8]) -> Result<()>;
}

/// A private key at work.
pub trait Signer: PrivateKey {
    /// The length of every signature in bytes.
    fn signature_len(&self) -> usize;

    /// Signs M′, which comes in two parts (FIPS 205, algorithm 19), with fresh randomness or with none.
    fn sign(&self, message: [&[u8]; 2], hedged: bool) -> Result<Vec<u8>>;
}

const fn set<P: ParameterSet + Send + Sync + 'static, const N: usize>(
    id: CK_ULONG,
) -> parameter_set::ParameterSet<dyn Verifier, dyn Signer> {
    parameter_set::ParameterSet {
        id,
        oid: P::ALGORITHM_OID,
        public_len: 2 * N,
        seed_len: 3 * N,
        keeps_seed: false,
        public: |value| Some(Arc::new(Public(VerifyingKey::<P>::try_from(value).ok()?))),
        expand: |seed| Some(Arc::new(Private::<P, N>::expand(seed)?)),
        private: |value| Some(Arc::new(Private::<P, N>(SigningKey::try_from(value).ok()?))),
    }
}

struct Public<P: ParameterSet>(VerifyingKey<P>);

impl<P: ParameterSet + Send + Sync> Verifier for Public<P> {
    fn verify(&self, message: [&[u8]; 2], signature: &[u8]) -> Result<()> {
        if signature.len() != size_of::<<Signature<P> as SignatureEncoding>::Repr>() {
            return Err(Error::SignatureLenRange);
        }
        let signature = Signature::<P>::try_from(signature).map_err(|_| Error::SignatureInvalid)?;
        self.0.slh_verify_internal(&message, &signature).map_err(|_| Error::SignatureInvalid)
    }
}

struct Private<P: ParameterSet, const N: usize>(SigningKey<P>);

impl<P: ParameterSet, const N: usize> Private<P, N> {
    /// SK.seed, SK.prf and PK.seed, of n bytes each, to the key with its root (FIPS 205, algorithm 18).
    fn expand(seed: &[u8]) -> Option<Self> {
        let [sk_seed, sk_prf, pk_seed]: [&[u8]; 3] = seed.chunks_exact(N).collect::<Vec<_>>().try_into().ok()?;
        Some(Self(SigningKey::slh_keygen_internal(sk_seed, sk_prf, pk_seed)))
    }
}

impl<P: ParameterSet + Send + Sync, const N: usize> PrivateKey for Private<P, N> {
    fn value(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = self.0.to_bytes();
        let value = Zeroizing::new(bytes.to_vec());
        bytes.zeroize();
        value
    }

    fn public_value(&self) -> Vec<u8> {
        let key: &VerifyingKey<P> = self.0.as_ref();
        key.to_vec()
    }

    /// The root must be the one that the rest leads to.
    fn is_sound(&self) -> bool {
        let value = self.value();
        let own = value.get(..3 * N).and_then(Self::expand);
        own.is_some_and(|own| own.value().ct_eq(&value).into())
    }
}

impl<P: ParameterSet + Send + Sync, const N: usize> Signer for Private<P, N> {
    fn signature_len(&self) -> usize {
        size_of::<<Signature<P> as SignatureEncoding>::Repr>()
    }

    fn sign(&self, message: [&[u8]; 2], hedged: bool) -> Result<Vec<u8>> {
        let randomness = if hedged { Some(random::secret(N)?) } else { None };
        let randomness = randomness.as_ref().map(|bytes| bytes.as_slice());
        Ok(self.0.slh_sign_internal(&message, randomness).to_vec())
    }
}
