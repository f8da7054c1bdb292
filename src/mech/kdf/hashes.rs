//! Hash-based key derivation (PKCS#11 3.2, section 6.42): the hash of a key, or the beginning of it, is another key.

use crate::error::Result;
use crate::hash::Hash;
use crate::mech::derive::{Ingredients, Outcome, Wanted, one_key};
use crate::mech::secret::MAX_BYTES;
use crate::mech::{Mechanism, Params, Shape, Unit};
use cryptoki_sys::*;
use digest::{ExtendableOutput, Update};
use shake::{Shake128, Shake256};
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_SHA1_KEY_DERIVATION, Hash::Sha1),
    row(CKM_SHA224_KEY_DERIVATION, Hash::Sha224),
    row(CKM_SHA256_KEY_DERIVATION, Hash::Sha256),
    row(CKM_SHA384_KEY_DERIVATION, Hash::Sha384),
    row(CKM_SHA512_KEY_DERIVATION, Hash::Sha512),
    row(CKM_SHA512_224_KEY_DERIVATION, Hash::Sha512_224),
    row(CKM_SHA512_256_KEY_DERIVATION, Hash::Sha512_256),
    row(CKM_SHA3_224_KEY_DERIVATION, Hash::Sha3_224),
    row(CKM_SHA3_256_KEY_DERIVATION, Hash::Sha3_256),
    row(CKM_SHA3_384_KEY_DERIVATION, Hash::Sha3_384),
    row(CKM_SHA3_512_KEY_DERIVATION, Hash::Sha3_512),
    row(CKM_BLAKE2B_160_KEY_DERIVE, Hash::Blake2b160),
    row(CKM_BLAKE2B_256_KEY_DERIVE, Hash::Blake2b256),
    row(CKM_BLAKE2B_384_KEY_DERIVE, Hash::Blake2b384),
    row(CKM_BLAKE2B_512_KEY_DERIVE, Hash::Blake2b512),
    // "It has a parameter, which holds the value of t in bits", as for the digest.
    any(CKM_SHA512_T_KEY_DERIVATION).params(Shape::MacLength).derives_by(one_key, derive),
    any(CKM_SHAKE_128_KEY_DERIVATION).derives_by(one_key, shake::<Shake128, 32>),
    any(CKM_SHAKE_256_KEY_DERIVATION).derives_by(one_key, shake::<Shake256, 64>),
];

/// The derivation by a hash.
pub const fn row(id: CK_MECHANISM_TYPE, hash: Hash) -> Mechanism {
    any(id).hash(hash).derives_by(one_key, derive)
}

const fn any(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[], 8, MAX_BYTES * 8, Unit::Bits)
}

fn derive(mechanism: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let hash = mechanism.hash.map_or_else(|| Hash::of_truncation(params), Ok)?;
    beginning(hash.of(&[keys.base.value()?]), wanted)
}

/// An extendable function is used as a hash of a certain length, too (table 142).
fn shake<X: ExtendableOutput + Update + Default, const LENGTH: usize>(
    _: &Mechanism,
    _: &Params,
    keys: &Ingredients<'_>,
    wanted: &[Wanted],
) -> Result<Outcome> {
    let mut function = X::default();
    function.update(keys.base.value()?);
    let mut digest = Zeroizing::new(vec![0; LENGTH]);
    function.finalize_xof_into(&mut digest);
    beginning(digest, wanted)
}

fn beginning(mut digest: Zeroizing<Vec<u8>>, wanted: &[Wanted]) -> Result<Outcome> {
    let length = Wanted::only(wanted)?.out_of(digest.len())?;
    digest.truncate(length);
    Ok(Outcome::value(digest))
}
