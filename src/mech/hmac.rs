//! HMAC (PKCS#11 3.2, section 6.22; RFC 2104, FIPS 198-1): the MACs and the generation of their keys.

use super::mac::{Mac, MacOp};
use super::secret::{self, MAX_BYTES};
use super::{Mechanism, Params, Shape, Unit};
use crate::error::{Error, Result};
use crate::hash::{Hash, Hasher, Use};
use crate::key::Key;
use crate::op::{Sign, Verify};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows of HMAC.
pub const ROWS: &[Mechanism] = &[
    whole(CKM_MD5_HMAC, Hash::Md5, MD5),
    general(CKM_MD5_HMAC_GENERAL, Hash::Md5, MD5),
    whole(CKM_SHA_1_HMAC, Hash::Sha1, SHA1),
    general(CKM_SHA_1_HMAC_GENERAL, Hash::Sha1, SHA1),
    whole(CKM_SHA224_HMAC, Hash::Sha224, SHA224),
    general(CKM_SHA224_HMAC_GENERAL, Hash::Sha224, SHA224),
    whole(CKM_SHA256_HMAC, Hash::Sha256, SHA256),
    general(CKM_SHA256_HMAC_GENERAL, Hash::Sha256, SHA256),
    whole(CKM_SHA384_HMAC, Hash::Sha384, SHA384),
    general(CKM_SHA384_HMAC_GENERAL, Hash::Sha384, SHA384),
    whole(CKM_SHA512_HMAC, Hash::Sha512, SHA512),
    general(CKM_SHA512_HMAC_GENERAL, Hash::Sha512, SHA512),
    whole(CKM_SHA512_224_HMAC, Hash::Sha512_224, SHA512_224),
    general(CKM_SHA512_224_HMAC_GENERAL, Hash::Sha512_224, SHA512_224),
    whole(CKM_SHA512_256_HMAC, Hash::Sha512_256, SHA512_256),
    general(CKM_SHA512_256_HMAC_GENERAL, Hash::Sha512_256, SHA512_256),
    whole(CKM_SHA3_224_HMAC, Hash::Sha3_224, SHA3_224),
    general(CKM_SHA3_224_HMAC_GENERAL, Hash::Sha3_224, SHA3_224),
    whole(CKM_SHA3_256_HMAC, Hash::Sha3_256, SHA3_256),
    general(CKM_SHA3_256_HMAC_GENERAL, Hash::Sha3_256, SHA3_256),
    whole(CKM_SHA3_384_HMAC, Hash::Sha3_384, SHA3_384),
    general(CKM_SHA3_384_HMAC_GENERAL, Hash::Sha3_384, SHA3_384),
    whole(CKM_SHA3_512_HMAC, Hash::Sha3_512, SHA3_512),
    general(CKM_SHA3_512_HMAC_GENERAL, Hash::Sha3_512, SHA3_512),
    key_gen(CKM_SHA_1_KEY_GEN, &[CKK_SHA_1_HMAC]),
    key_gen(CKM_SHA224_KEY_GEN, &[CKK_SHA224_HMAC]),
    key_gen(CKM_SHA256_KEY_GEN, &[CKK_SHA256_HMAC]),
    key_gen(CKM_SHA384_KEY_GEN, &[CKK_SHA384_HMAC]),
    key_gen(CKM_SHA512_KEY_GEN, &[CKK_SHA512_HMAC]),
    key_gen(CKM_SHA512_224_KEY_GEN, &[CKK_SHA512_224_HMAC]),
    key_gen(CKM_SHA512_256_KEY_GEN, &[CKK_SHA512_256_HMAC]),
    key_gen(CKM_SHA3_224_KEY_GEN, &[CKK_SHA3_224_HMAC]),
    key_gen(CKM_SHA3_256_KEY_GEN, &[CKK_SHA3_256_HMAC]),
    key_gen(CKM_SHA3_384_KEY_GEN, &[CKK_SHA3_384_HMAC]),
    key_gen(CKM_SHA3_512_KEY_GEN, &[CKK_SHA3_512_HMAC]),
    whole(CKM_RIPEMD160_HMAC, Hash::Ripemd160, RIPEMD160),
    general(CKM_RIPEMD160_HMAC_GENERAL, Hash::Ripemd160, RIPEMD160),
    whole(CKM_BLAKE2B_160_HMAC, Hash::Blake2b160, BLAKE2B_160),
    general(CKM_BLAKE2B_160_HMAC_GENERAL, Hash::Blake2b160, BLAKE2B_160),
    key_gen(CKM_BLAKE2B_160_KEY_GEN, &[CKK_BLAKE2B_160_HMAC]),
    whole(CKM_BLAKE2B_256_HMAC, Hash::Blake2b256, BLAKE2B_256),
    general(CKM_BLAKE2B_256_HMAC_GENERAL, Hash::Blake2b256, BLAKE2B_256),
    key_gen(CKM_BLAKE2B_256_KEY_GEN, &[CKK_BLAKE2B_256_HMAC]),
    whole(CKM_BLAKE2B_384_HMAC, Hash::Blake2b384, BLAKE2B_384),
    general(CKM_BLAKE2B_384_HMAC_GENERAL, Hash::Blake2b384, BLAKE2B_384),
    key_gen(CKM_BLAKE2B_384_KEY_GEN, &[CKK_BLAKE2B_384_HMAC]),
    whole(CKM_BLAKE2B_512_HMAC, Hash::Blake2b512, BLAKE2B_512),
    general(CKM_BLAKE2B_512_HMAC_GENERAL, Hash::Blake2b512, BLAKE2B_512),
    key_gen(CKM_BLAKE2B_512_KEY_GEN, &[CKK_BLAKE2B_512_HMAC]),
    truncated(CKM_SHA512_T_HMAC),
    truncated(CKM_SHA512_T_HMAC_GENERAL),
    key_gen(CKM_SHA512_T_KEY_GEN, &[CKK_SHA512_T_HMAC]),
];

/// A set of key types: that of generic secrets, and the hash's own.
type KeyTypes = &'static [CK_KEY_TYPE];
const MD5: KeyTypes = &[CKK_GENERIC_SECRET, CKK_MD5_HMAC];
const SHA1: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA_1_HMAC];
const SHA224: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA224_HMAC];
const SHA256: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA256_HMAC];
const SHA384: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA384_HMAC];
const SHA512: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA512_HMAC];
const SHA512_224: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA512_224_HMAC];
const SHA512_256: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA512_256_HMAC];
const SHA3_224: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA3_224_HMAC];
const SHA3_256: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA3_256_HMAC];
const SHA3_384: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA3_384_HMAC];
const SHA3_512: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA3_512_HMAC];
const RIPEMD160: KeyTypes = &[CKK_GENERIC_SECRET, CKK_RIPEMD160_HMAC];
const BLAKE2B_160: KeyTypes = &[CKK_GENERIC_SECRET, CKK_BLAKE2B_160_HMAC];
const BLAKE2B_256: KeyTypes = &[CKK_GENERIC_SECRET, CKK_BLAKE2B_256_HMAC];
const BLAKE2B_384: KeyTypes = &[CKK_GENERIC_SECRET, CKK_BLAKE2B_384_HMAC];
const BLAKE2B_512: KeyTypes = &[CKK_GENERIC_SECRET, CKK_BLAKE2B_512_HMAC];
const SHA512_T: KeyTypes = &[CKK_GENERIC_SECRET, CKK_SHA512_T_HMAC];

const fn whole(id: CK_MECHANISM_TYPE, hash: Hash, keys: KeyTypes) -> Mechanism {
    Mechanism::new(id).secret_keys(keys, 1, MAX_BYTES, Unit::Bytes).hash(hash).signs(sign, verify)
}

const fn general(id: CK_MECHANISM_TYPE, hash: Hash, keys: KeyTypes) -> Mechanism {
    whole(id, hash, keys).params(Shape::MacLength)
}

/// The two mechanisms of SHA-512/t have one parameter, which must tell t: see [`truncated_to`].
const fn truncated(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(SHA512_T, 1, MAX_BYTES, Unit::Bytes).params(Shape::MacLength).signs(sign, verify)
}

const fn key_gen(id: CK_MECHANISM_TYPE, keys: KeyTypes) -> Mechanism {
    Mechanism::new(id).secret_keys(keys, 1, MAX_BYTES, Unit::Bytes).generates(secret::generate)
}

/// The row of the HMAC that a derivation names, if it is one.
pub(super) fn row_of(id: CK_MECHANISM_TYPE) -> Option<&'static Mechanism> {
    ROWS.iter().find(|row| row.id == id && row.sign.is_some() && row.shape == Shape::None)
}

fn sign(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    Ok(Box::new(begin(mechanism, params, key)?))
}

fn verify(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    Ok(Box::new(begin(mechanism, params, key)?))
}

fn begin(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<MacOp> {
    let key = key.secret()?;
    match mechanism.hash {
        Some(hash) => MacOp::new(keyed(hash, key), params, hash.output_len()),
        None => {
            let hash = Hash::of_truncation(&truncated_to(mechanism, params)?)?;
            MacOp::new(keyed(hash, key), &Params::None, hash.output_len())
        }
    }
}

/// The t of HMAC with SHA-512/t, as `CKM_SHA512_T` takes it. Of `CKM_SHA512_T_HMAC` it is the parameter (in bits, as
/// up to version 3.1 the standard's text says); `CKM_SHA512_T_HMAC_GENERAL` has the length of the MAC in bytes for its
/// parameter, from which no other t follows than that many bits.
fn truncated_to(mechanism: &Mechanism, params: &Params) -> Result<Params> {
    match params {
        Params::MacLength(bytes) if mechanism.id == CKM_SHA512_T_HMAC_GENERAL => {
            bytes.checked_mul(8).map(Params::MacLength).ok_or(Error::MechanismParamInvalid)
        }
        other => Ok(other.clone()),
    }
}

/// HMAC-SHA256 of these parts, one after the other.
pub(crate) fn sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut mac = keyed(Hash::Sha256, key);
    parts.iter().for_each(|part| mac.update(part));
    mac.finish()
}

/// The longest block of a hash function in bytes, which is SHA3-224's; and the longest digest.
const LONGEST: (usize, usize) = (144, 64);

/// HMAC of a key over any hash function.
///
/// Crate `hmac` is not used: its only form that has SHA-3 keeps the padded key in memory that it does not clear, and
/// none of its forms can save its state.
pub(super) fn keyed(hash: Hash, key: &[u8]) -> Box<dyn Mac> {
    struct Keyed<'a>(Hash, &'a [u8]);
    impl Use for Keyed<'_> {
        type Made = Box<dyn Mac>;
        fn with<H: Hasher + Clone + 'static>(self, hasher: H) -> Self::Made {
            Box::new(Hmac::new(self.0, self.1, hasher.clone(), hasher))
        }
    }
    hash.start(Keyed(hash, key))
}

struct Hmac<H> {
    inner: H,
    outer: H,
}

impl<H: Hasher> Hmac<H> {
    /// Of two computations that have just begun.
    fn new(hash: Hash, key: &[u8], mut inner: H, mut outer: H) -> Self {
        let mut block = Zeroizing::new([0; LONGEST.0]);
        let block = block.get_mut(..hash.block_len()).unwrap_or_default();
        if key.len() > block.len() {
            block.iter_mut().zip(hash.of(&[key]).iter()).for_each(|(to, from)| *to = *from);
        } else {
            block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        }
        for (hasher, pad) in [(&mut inner, 0x36), (&mut outer, 0x5c)] {
            block.iter_mut().for_each(|byte| *byte ^= pad);
            hasher.update(block);
            block.iter_mut().for_each(|byte| *byte ^= pad);
        }
        Self { inner, outer }
    }
}

impl<H: Hasher> Mac for Hmac<H> {
    fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let mut digest = Zeroizing::new([0; LONGEST.1]);
        // It has room for any.
        let length = self.inner.finish_into(&mut digest[..]).unwrap_or_default();
        self.outer.update(digest.get(..length).unwrap_or_default());
        self.outer.finish()
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.inner.load(state)
    }
}
