//! Digests (PKCS#11 3.2, sections 6.19 to 6.23 and 6.29 and following), and signatures of a hash.

use super::{Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::hash::{Hash, Hasher, Truncation, Use};
use crate::op::{Sign, Verify};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The digests' rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_MD5, Hash::Md5),
    row(CKM_SHA_1, Hash::Sha1),
    row(CKM_SHA224, Hash::Sha224),
    row(CKM_SHA256, Hash::Sha256),
    row(CKM_SHA384, Hash::Sha384),
    row(CKM_SHA512, Hash::Sha512),
    row(CKM_SHA512_224, Hash::Sha512_224),
    row(CKM_SHA512_256, Hash::Sha512_256),
    row(CKM_SHA3_224, Hash::Sha3_224),
    row(CKM_SHA3_256, Hash::Sha3_256),
    row(CKM_SHA3_384, Hash::Sha3_384),
    row(CKM_SHA3_512, Hash::Sha3_512),
    row(CKM_RIPEMD160, Hash::Ripemd160),
    row(CKM_BLAKE2B_160, Hash::Blake2b160),
    row(CKM_BLAKE2B_256, Hash::Blake2b256),
    row(CKM_BLAKE2B_384, Hash::Blake2b384),
    row(CKM_BLAKE2B_512, Hash::Blake2b512),
    Mechanism::new(CKM_SHA512_T).params(Shape::MacLength).digests(begin_truncated),
];

const fn row(id: CK_MECHANISM_TYPE, hash: Hash) -> Mechanism {
    Mechanism::new(id).hash(hash).digests(begin)
}

fn begin(mechanism: &Mechanism, _: &Params) -> Result<Box<dyn Sign>> {
    let hash = mechanism.hash.ok_or(Error::MechanismInvalid)?;
    Ok(hash.start(Digesting(hash)))
}

/// SHA-512/t: the parameter is t, in bits ("Truncated digest").
fn begin_truncated(_: &Mechanism, params: &Params) -> Result<Box<dyn Sign>> {
    let hash = Hash::of_truncation(params)?;
    Ok(hash.start(Digesting(hash)))
}

impl Hash {
    /// SHA-512/t of a `CK_MAC_GENERAL_PARAMS` that holds t in bits; `MechanismParamInvalid` unless 0 < t < 512 and t is
    /// not 384.
    pub fn of_truncation(params: &Params) -> Result<Self> {
        match params {
            Params::MacLength(bits) => Truncation::new(*bits).map(Self::Sha512T).ok_or(Error::MechanismParamInvalid),
            _ => Err(Error::MechanismParamInvalid),
        }
    }
}

/// A [`Sign`] over the hash of its data: what the hash-and-sign mechanisms are made of.
pub struct HashThen<F> {
    hasher: Box<dyn Hasher>,
    bound: usize,
    end: F,
}

impl<F> HashThen<F> {
    /// Hashes, and at the end gives the digest to `end`; `bound` as in [`Sign::bound`].
    pub fn new(hash: Hash, bound: usize, end: F) -> Self {
        Self::over(hash.begin(), bound, end)
    }

    /// [`Self::new`] with a computation that has begun.
    pub fn over(hasher: Box<dyn Hasher>, bound: usize, end: F) -> Self {
        Self { hasher, bound, end }
    }
}

impl<F: FnMut(&[u8], &mut [u8]) -> Result<usize> + Send> Sign for HashThen<F> {
    fn bound(&self) -> usize {
        self.bound
    }

    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.hasher.update(data);
        Ok(())
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        (self.end)(&self.hasher.finish(), out)
    }
}

/// The verifying side of [`HashThen`]; a type of its own because a closure has one signature.
pub struct HashThenVerify<F> {
    hasher: Box<dyn Hasher>,
    end: F,
}

impl<F> HashThenVerify<F> {
    /// Hashes, and at the end gives the digest and the signature to `end`.
    pub fn new(hash: Hash, end: F) -> Self {
        Self::over(hash.begin(), end)
    }

    /// [`Self::new`] with a computation that has begun.
    pub fn over(hasher: Box<dyn Hasher>, end: F) -> Self {
        Self { hasher, end }
    }
}

impl<F: FnMut(&[u8], &[u8]) -> Result<()> + Send> Verify for HashThenVerify<F> {
    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.hasher.update(data);
        Ok(())
    }

    fn finish(&mut self, signature: &[u8]) -> Result<()> {
        (self.end)(&self.hasher.finish(), signature)
    }
}

/// Makes a [`DigestOp`] of a computation.
struct Digesting(Hash);

impl Use for Digesting {
    type Made = Box<dyn Sign>;

    fn with<H: Hasher + Clone + 'static>(self, hasher: H) -> Box<dyn Sign> {
        Box::new(DigestOp { length: self.0.output_len(), hasher })
    }
}

struct DigestOp<H> {
    length: usize,
    hasher: H,
}

impl<H: Hasher> Sign for DigestOp<H> {
    fn bound(&self) -> usize {
        self.length
    }

    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.hasher.update(data);
        Ok(())
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        self.hasher.finish_into(out)
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.hasher.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.hasher.load(state)
    }
}
