//! Hash functions: [`enum@Hash`], by which everything else names the one that it is built on.

mod sha512;

pub use sha512::Truncation;

use crate::error::{Error, Result};
use crate::op;
use ::digest::common::hazmat::SerializableState;
use ::digest::consts::{U20, U32, U48, U64};
use ::digest::{Digest, ExtendableOutputReset};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The names are the functions' own.
pub enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Ripemd160,
    Blake2b160,
    Blake2b256,
    Blake2b384,
    Blake2b512,
    /// SHA-512/t of any t.
    Sha512T(Truncation),
}

/// The numbers by which the standard names one hash: its mechanism, its mask generation function, its
/// ANSI X9.63 key derivation function. `CK_UNAVAILABLE_INFORMATION` where it has none.
const NAMES: &[(Hash, CK_MECHANISM_TYPE, CK_RSA_PKCS_MGF_TYPE, CK_EC_KDF_TYPE)] = &[
    (Hash::Md5, CKM_MD5, NONE, NONE),
    (Hash::Sha1, CKM_SHA_1, CKG_MGF1_SHA1, CKD_SHA1_KDF),
    (Hash::Sha224, CKM_SHA224, CKG_MGF1_SHA224, CKD_SHA224_KDF),
    (Hash::Sha256, CKM_SHA256, CKG_MGF1_SHA256, CKD_SHA256_KDF),
    (Hash::Sha384, CKM_SHA384, CKG_MGF1_SHA384, CKD_SHA384_KDF),
    (Hash::Sha512, CKM_SHA512, CKG_MGF1_SHA512, CKD_SHA512_KDF),
    (Hash::Sha512_224, CKM_SHA512_224, NONE, NONE),
    (Hash::Sha512_256, CKM_SHA512_256, NONE, NONE),
    (Hash::Sha3_224, CKM_SHA3_224, CKG_MGF1_SHA3_224, CKD_SHA3_224_KDF),
    (Hash::Sha3_256, CKM_SHA3_256, CKG_MGF1_SHA3_256, CKD_SHA3_256_KDF),
    (Hash::Sha3_384, CKM_SHA3_384, CKG_MGF1_SHA3_384, CKD_SHA3_384_KDF),
    (Hash::Sha3_512, CKM_SHA3_512, CKG_MGF1_SHA3_512, CKD_SHA3_512_KDF),
    (Hash::Ripemd160, CKM_RIPEMD160, NONE, NONE),
    (Hash::Blake2b160, CKM_BLAKE2B_160, NONE, NONE),
    (Hash::Blake2b256, CKM_BLAKE2B_256, NONE, NONE),
    (Hash::Blake2b384, CKM_BLAKE2B_384, NONE, NONE),
    (Hash::Blake2b512, CKM_BLAKE2B_512, NONE, NONE),
];

const NONE: CK_ULONG = CK_UNAVAILABLE_INFORMATION;

impl Hash {
    /// The hash of a digest mechanism.
    pub fn of_mechanism(id: CK_MECHANISM_TYPE) -> Option<Self> {
        NAMES.iter().find(|name| name.1 == id).map(|name| name.0)
    }

    /// The hash of an MGF1.
    pub fn of_mgf(id: CK_RSA_PKCS_MGF_TYPE) -> Option<Self> {
        NAMES.iter().find(|name| name.2 == id && id != NONE).map(|name| name.0)
    }

    /// The hash of an X9.63 KDF.
    pub fn of_kdf(id: CK_EC_KDF_TYPE) -> Option<Self> {
        NAMES.iter().find(|name| name.3 == id && id != NONE).map(|name| name.0)
    }

    /// Starts a computation.
    pub fn begin(self) -> Box<dyn Hasher> {
        struct Boxed;
        impl Use for Boxed {
            type Made = Box<dyn Hasher>;
            fn with<H: Hasher + Clone + 'static>(self, hasher: H) -> Self::Made {
                Box::new(hasher)
            }
        }
        self.start(Boxed)
    }

    /// Starts a computation, for somebody who makes something of it.
    pub fn start<U: Use>(self, user: U) -> U::Made {
        match self {
            Self::Md5 => user.with(md5::Md5::default()),
            Self::Sha1 => user.with(sha1::Sha1::default()),
            Self::Sha224 => user.with(sha2::Sha224::default()),
            Self::Sha256 => user.with(sha2::Sha256::default()),
            Self::Sha384 => user.with(sha512::Computation::sha384()),
            Self::Sha512 => user.with(sha512::Computation::sha512()),
            Self::Sha512_224 => user.with(sha2::Sha512_224::default()),
            Self::Sha512_256 => user.with(sha2::Sha512_256::default()),
            Self::Sha3_224 => user.with(sha3::Sha3_224::default()),
            Self::Sha3_256 => user.with(sha3::Sha3_256::default()),
            Self::Sha3_384 => user.with(sha3::Sha3_384::default()),
            Self::Sha3_512 => user.with(sha3::Sha3_512::default()),
            Self::Ripemd160 => user.with(ripemd::Ripemd160::default()),
            Self::Blake2b160 => user.with(Unsaved::<blake2::Blake2b<U20>>::default()),
            Self::Blake2b256 => user.with(Unsaved::<blake2::Blake2b<U32>>::default()),
            Self::Blake2b384 => user.with(Unsaved::<blake2::Blake2b<U48>>::default()),
            Self::Blake2b512 => user.with(Unsaved::<blake2::Blake2b<U64>>::default()),
            Self::Sha512T(truncation) => user.with(truncation.begin()),
        }
    }

    /// The hash of these parts, one after the other.
    pub fn of(self, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        let mut hasher = self.begin();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finish()
    }

    /// The length of the result in bytes.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 | Self::Ripemd160 | Self::Blake2b160 => 20,
            Self::Sha224 | Self::Sha512_224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha512_256 | Self::Sha3_256 | Self::Blake2b256 => 32,
            Self::Sha384 | Self::Sha3_384 | Self::Blake2b384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Blake2b512 => 64,
            Self::Sha512T(truncation) => truncation.output_len(),
        }
    }

    /// The length of the block that HMAC pads its key to, in bytes.
    pub const fn block_len(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 | Self::Ripemd160 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 | Self::Sha512T(_) => 128,
            Self::Blake2b160 | Self::Blake2b256 | Self::Blake2b384 | Self::Blake2b512 => 128,
            Self::Sha3_224 => 144,
            Self::Sha3_256 => 136,
            Self::Sha3_384 => 104,
            Self::Sha3_512 => 72,
        }
    }
}

/// What is made of a computation: by this detour it may hold any of them without memory of its own for it.
pub trait Use {
    /// What is made.
    type Made;
    /// Makes it.
    fn with<H: Hasher + Clone + 'static>(self, hasher: H) -> Self::Made;
}

/// A hash computation of any function.
pub trait Hasher: Send {
    /// Takes in more data.
    fn update(&mut self, data: &[u8]);
    /// The result; the computation starts anew.
    fn finish(&mut self) -> Zeroizing<Vec<u8>>;
    /// Writes the result to the front of a buffer, and gives its length; the computation starts anew.
    fn finish_into(&mut self, out: &mut [u8]) -> Result<usize> {
        op::write(out, &self.finish())
    }
    /// A copy at the same point.
    fn fork(&self) -> Box<dyn Hasher>;
    /// The state as bytes; `None` where it cannot be saved.
    fn save(&self) -> Option<Zeroizing<Vec<u8>>>;
    /// Goes to a saved state.
    fn load(&mut self, state: &[u8]) -> Result<()>;
}

impl<D: Digest + ::digest::FixedOutputReset + SerializableState + Clone + Send + 'static> Hasher for D {
    fn update(&mut self, data: &[u8]) {
        Digest::update(self, data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.finalize_reset().to_vec())
    }

    fn finish_into(&mut self, out: &mut [u8]) -> Result<usize> {
        let out = out.get_mut(..<D as Digest>::output_size()).ok_or(Error::GeneralError)?;
        Digest::finalize_into_reset(self, out.try_into().map_err(|_| Error::GeneralError)?);
        Ok(<D as Digest>::output_size())
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        Some(Zeroizing::new(self.serialize().to_vec()))
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let state = state.try_into().map_err(|_| Error::SavedStateInvalid)?;
        *self = D::deserialize(state).map_err(|_| Error::SavedStateInvalid)?;
        Ok(())
    }
}

/// A hash whose crate does not give out its state: BLAKE2.
#[derive(Clone, Default)]
struct Unsaved<D>(D);

impl<D: Digest + ::digest::FixedOutputReset + Clone + Send + 'static> Hasher for Unsaved<D> {
    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.0, data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.finalize_reset().to_vec())
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(Self(self.0.clone()))
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }

    fn load(&mut self, _: &[u8]) -> Result<()> {
        Err(Error::SavedStateInvalid)
    }
}

/// SHAKE with a fixed length of output, in bytes. Its crate cannot save its state.
#[derive(Clone, Default)]
pub struct Shake<const RATE: usize, const LENGTH: usize>(shake::Shake<RATE>);

/// SHAKE128 with 256 bits of output.
pub type Shake128 = Shake<168, 32>;

/// SHAKE256 with 512 bits of output.
pub type Shake256 = Shake<136, 64>;

impl<const RATE: usize, const LENGTH: usize> Hasher for Shake<RATE, LENGTH> {
    fn update(&mut self, data: &[u8]) {
        shake::Update::update(&mut self.0, data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let mut output = Zeroizing::new(vec![0; LENGTH]);
        self.0.finalize_xof_reset_into(&mut output);
        output
    }

    fn fork(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }

    fn load(&mut self, _state: &[u8]) -> Result<()> {
        Err(Error::SavedStateInvalid)
    }
}
