//! SLH-DSA and HashSLH-DSA (PKCS#11 3.2, section "SLH-DSA"; FIPS 205).
//!
//! A signature goes over the message twice, and so does a verification, for what it hashes first is in the signature: the
//! message is kept until the end. The standard asks for parts in verification only of `C_VerifySignatureInit`; here
//! `C_VerifyUpdate` works as well.

use super::pre_hash::Encoding;
use super::{Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::parameter_set::generated;
use crate::key::slh_dsa::{SETS, SlhDsaKey};
use crate::object::template::Attributes;
use crate::object::template::Contribution;
use crate::op::{Sign, Verify, write};
use cryptoki_sys::*;
use std::sync::Arc;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_SLH_DSA_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_SLH_DSA).params(Shape::SignContext).signs(sign, verify),
    row(CKM_HASH_SLH_DSA).params(Shape::HashSignContext).signs(sign, verify).one_part(),
    hashing(CKM_HASH_SLH_DSA_SHA224).hash(Hash::Sha224),
    hashing(CKM_HASH_SLH_DSA_SHA256).hash(Hash::Sha256),
    hashing(CKM_HASH_SLH_DSA_SHA384).hash(Hash::Sha384),
    hashing(CKM_HASH_SLH_DSA_SHA512).hash(Hash::Sha512),
    hashing(CKM_HASH_SLH_DSA_SHA3_224).hash(Hash::Sha3_224),
    hashing(CKM_HASH_SLH_DSA_SHA3_256).hash(Hash::Sha3_256),
    hashing(CKM_HASH_SLH_DSA_SHA3_384).hash(Hash::Sha3_384),
    hashing(CKM_HASH_SLH_DSA_SHA3_512).hash(Hash::Sha3_512),
    hashing(CKM_HASH_SLH_DSA_SHAKE128),
    hashing(CKM_HASH_SLH_DSA_SHAKE256),
];

/// The sizes are those of the public keys in bytes.
const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).public_bytes(&[CKK_SLH_DSA], 32, 64)
}

const fn hashing(id: CK_MECHANISM_TYPE) -> Mechanism {
    row(id).params(Shape::SignContext).signs(sign, verify)
}

fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    generated(SETS, public)
}

fn slh_dsa_key(key: &Key) -> Result<&SlhDsaKey> {
    match key {
        Key::SlhDsa(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

fn sign(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let key = Arc::clone(slh_dsa_key(key)?.private()?);
    let encoding = Encoding::of(mechanism, params)?;
    let (hedged, bound, prefix) = (encoding.hedged()?, key.signature_len(), encoding.prefix);
    let end = move |data: &[u8], out: &mut [u8]| write(out, &key.sign([&prefix, data], hedged)?);
    Ok(encoding.data.signs(bound, end))
}

fn verify(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = Arc::clone(slh_dsa_key(key)?.public()?);
    let Encoding { prefix, data, .. } = Encoding::of(mechanism, params)?;
    Ok(data.verifies(move |data, signature| key.verify([&prefix, data], signature)))
}
