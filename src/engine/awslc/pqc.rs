//! ML-KEM and ML-DSA by AWS-LC.

use super::{Owned, check};
use crate::error::{Error, Result};
use aws_lc_sys::*;
use core::ptr;

/// A key of AWS-LC's.
pub(super) struct Handle(Owned<EVP_PKEY>);

// SAFETY: an `EVP_PKEY` may be used by several threads at once as long as nobody changes it ("Threading" in evp.h); after it
// was made it is only read, and counts its users by itself.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

/// A constructor of keys from their form in FIPS 203 or 204.
type FromRaw = unsafe extern "C" fn(i32, *const u8, usize) -> *mut EVP_PKEY;

impl Handle {
    /// `None` for bytes that are no key.
    pub(super) fn new(from_raw: FromRaw, nid: i32, bytes: &[u8]) -> Option<Self> {
        // SAFETY: the slice is given with its length, and what is made is ours.
        unsafe { Owned::new(from_raw(nid, bytes.as_ptr(), bytes.len()), EVP_PKEY_free) }.ok().map(Self)
    }

    /// A context for one operation with the key.
    pub(super) fn context(&self) -> Result<Owned<EVP_PKEY_CTX>> {
        // SAFETY: the key is valid, and the context keeps it alive.
        unsafe { Owned::new(EVP_PKEY_CTX_new(self.0.as_ptr(), ptr::null_mut()), EVP_PKEY_CTX_free) }
    }
}

pub mod ml_kem {
    //! ML-KEM. Keys are made and encoded by the other engine.
    #![allow(deprecated)] // As in `key/ml_kem.rs`.

    use super::*;
    use ::ml_kem::kem::{Ciphertext, Kem, KeyExport};
    use ::ml_kem::{ExpandedKeyEncoding, MlKem768};
    use core::cmp::Ordering;
    use core::marker::PhantomData;
    use zeroize::{Zeroize, Zeroizing};

    /// The length of every shared secret in bytes.
    const SECRET_LEN: usize = 32;

    /// A public key.
    pub struct Public<K> {
        handle: Handle,
        set: PhantomData<fn() -> K>,
    }

    /// A private key, in the forms of both engines.
    pub struct Private<K: Kem> {
        key: K::DecapsulationKey,
        handle: Handle,
    }

    impl<K: Kem> Public<K> {
        /// A valid key, ready for use.
        pub fn new(key: K::EncapsulationKey) -> Option<Self> {
            let handle = Handle::new(EVP_PKEY_kem_new_raw_public_key, nid::<K>(), &key.to_bytes())?;
            Some(Self { handle, set: PhantomData })
        }

        /// A fresh ciphertext and the secret in it.
        pub fn encapsulate(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
            let mut ciphertext = vec![0; size_of::<Ciphertext<K>>()];
            let mut secret = Zeroizing::new(vec![0; SECRET_LEN]);
            let (mut length, mut secret_len) = (ciphertext.len(), secret.len());
            let (out, key) = (ciphertext.as_mut_ptr(), secret.as_mut_ptr());
            let context = self.handle.context()?;
            // SAFETY: both buffers are given with their lengths, and the context is ours.
            check(unsafe { EVP_PKEY_encapsulate(context.as_ptr(), out, &mut length, key, &mut secret_len) })?;
            Ok((ciphertext, secret))
        }
    }

    impl<K: Kem> Private<K>
    where
        K::DecapsulationKey: ExpandedKeyEncoding,
    {
        /// A valid key, ready for use.
        pub fn new(key: K::DecapsulationKey) -> Option<Self> {
            let mut expanded = key.to_expanded_bytes();
            let handle = Handle::new(EVP_PKEY_kem_new_raw_secret_key, nid::<K>(), &expanded);
            expanded.zeroize();
            Some(Self { key, handle: handle? })
        }

        /// The key.
        pub fn key(&self) -> &K::DecapsulationKey {
            &self.key
        }

        /// The secret in a ciphertext; `None` for one of another length.
        pub fn decapsulate(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
            if ciphertext.len() != size_of::<Ciphertext<K>>() {
                return None;
            }
            let mut secret = Zeroizing::new(vec![0; SECRET_LEN]);
            let (out, mut length) = (secret.as_mut_ptr(), SECRET_LEN);
            let context = self.handle.context().ok()?;
            let (bytes, size) = (ciphertext.as_ptr(), ciphertext.len());
            // SAFETY: both buffers are given with their lengths, and the context is ours.
            check(unsafe { EVP_PKEY_decapsulate(context.as_ptr(), out, &mut length, bytes, size) }).ok()?;
            Some(secret)
        }
    }

    /// AWS-LC's number of a parameter set, told by the length of its ciphertexts.
    fn nid<K: Kem>() -> i32 {
        match size_of::<Ciphertext<K>>().cmp(&size_of::<Ciphertext<MlKem768>>()) {
            Ordering::Less => NID_MLKEM512,
            Ordering::Equal => NID_MLKEM768,
            Ordering::Greater => NID_MLKEM1024,
        }
    }
}

pub mod ml_dsa {
    //! ML-DSA. Keys are made and encoded by the other engine, and all that is signed is μ.

    use super::*;
    use crate::engine::rustcrypto;
    use ::ml_dsa::{EncodedSignature, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsaParams, VerifyingKey};
    use core::marker::PhantomData;
    use zeroize::Zeroize;

    /// A public key.
    pub struct Public<P> {
        handle: Option<Handle>,
        set: PhantomData<fn() -> P>,
    }

    /// A private key, in the forms of both engines.
    pub struct Private<P: MlDsaParams> {
        key: rustcrypto::ml_dsa::Private<P>,
        /// AWS-LC takes no key whose parts contradict each other.
        handle: Option<Handle>,
    }

    impl<P: MlDsaParams> Public<P> {
        /// A key, ready for use.
        pub fn new(key: VerifyingKey<P>) -> Self {
            let handle = Handle::new(EVP_PKEY_pqdsa_new_raw_public_key, nid::<P>(), &key.encode());
            Self { handle, set: PhantomData }
        }

        /// Judges a signature of μ: `SignatureLenRange`, `SignatureInvalid`.
        pub fn verify(&self, mu: &[u8; 64], signature: &[u8]) -> Result<()> {
            if signature.len() != size_of::<EncodedSignature<P>>() {
                return Err(Error::SignatureLenRange);
            }
            let context = self.handle.as_ref().ok_or(Error::GeneralError)?.context()?;
            let (bytes, length) = (signature.as_ptr(), signature.len());
            // SAFETY: the context is ours; signature and μ are given with their lengths.
            unsafe {
                check(EVP_PKEY_verify_init(context.as_ptr()))?;
                check(EVP_PKEY_verify(context.as_ptr(), bytes, length, mu.as_ptr(), mu.len()))
            }
            .map_err(|_| Error::SignatureInvalid)
        }
    }

    impl<P: MlDsaParams> Private<P> {
        /// A key, ready for use.
        pub fn new(key: ExpandedSigningKey<P>) -> Self {
            #[allow(deprecated)] // As in `key/ml_dsa.rs`.
            let mut expanded = key.to_expanded();
            let handle = Handle::new(EVP_PKEY_pqdsa_new_raw_private_key, nid::<P>(), &expanded);
            expanded.zeroize();
            Self { key: rustcrypto::ml_dsa::Private::new(key), handle }
        }

        /// The key.
        pub fn key(&self) -> &ExpandedSigningKey<P> {
            self.key.key()
        }

        /// Signs μ, with fresh randomness or with none. AWS-LC does only the first.
        pub fn sign(&self, mu: &[u8; 64], hedged: bool) -> Result<Vec<u8>> {
            let Some(handle) = self.handle.as_ref().filter(|_| hedged) else {
                return self.key.sign(mu, hedged);
            };
            let context = handle.context()?;
            let mut signature = vec![0; size_of::<EncodedSignature<P>>()];
            let (out, mut length) = (signature.as_mut_ptr(), signature.len());
            // SAFETY: the context is ours; the buffer and μ are given with their lengths.
            unsafe {
                check(EVP_PKEY_sign_init(context.as_ptr()))?;
                check(EVP_PKEY_sign(context.as_ptr(), out, &mut length, mu.as_ptr(), mu.len()))
            }
            .map_err(|_| Error::FunctionFailed)?;
            signature.truncate(length);
            Ok(signature)
        }
    }

    /// AWS-LC's number of a parameter set, told by the length of its signatures.
    fn nid<P: MlDsaParams>() -> i32 {
        match size_of::<EncodedSignature<P>>() {
            length if length == size_of::<EncodedSignature<MlDsa44>>() => NID_MLDSA44,
            length if length == size_of::<EncodedSignature<MlDsa65>>() => NID_MLDSA65,
            _ => NID_MLDSA87,
        }
    }
}
