//! ML-DSA and HashML-DSA (PKCS#11 3.2, section "ML-DSA"; FIPS 204).

use super::digest::{HashThen, HashThenVerify};
use super::pre_hash::{Data, Encoding};
use super::{Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::hash::{Hash, Hasher, Shake256};
use crate::key::Key;
use crate::key::ml_dsa::{MlDsaKey, Mu, SETS};
use crate::key::parameter_set::generated;
use crate::object::template::Attributes;
use crate::object::template::Contribution;
use crate::op::{Sign, Verify, write};
use cryptoki_sys::*;
use std::sync::Arc;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_ML_DSA_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_ML_DSA).params(Shape::SignContext).signs(sign, verify),
    row(CKM_HASH_ML_DSA).params(Shape::HashSignContext).signs(sign, verify).one_part(),
    hashing(CKM_HASH_ML_DSA_SHA224).hash(Hash::Sha224),
    hashing(CKM_HASH_ML_DSA_SHA256).hash(Hash::Sha256),
    hashing(CKM_HASH_ML_DSA_SHA384).hash(Hash::Sha384),
    hashing(CKM_HASH_ML_DSA_SHA512).hash(Hash::Sha512),
    hashing(CKM_HASH_ML_DSA_SHA3_224).hash(Hash::Sha3_224),
    hashing(CKM_HASH_ML_DSA_SHA3_256).hash(Hash::Sha3_256),
    hashing(CKM_HASH_ML_DSA_SHA3_384).hash(Hash::Sha3_384),
    hashing(CKM_HASH_ML_DSA_SHA3_512).hash(Hash::Sha3_512),
    hashing(CKM_HASH_ML_DSA_SHAKE128),
    hashing(CKM_HASH_ML_DSA_SHAKE256),
];

/// The sizes are those of the public keys in bytes.
const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).public_bytes(&[CKK_ML_DSA], 1312, 2592)
}

const fn hashing(id: CK_MECHANISM_TYPE) -> Mechanism {
    row(id).params(Shape::SignContext).signs(sign, verify)
}

fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    generated(SETS, public)
}

fn ml_dsa_key(key: &Key) -> Result<&MlDsaKey> {
    match key {
        Key::MlDsa(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

fn sign(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let key = Arc::clone(ml_dsa_key(key)?.private()?);
    let encoding = Encoding::of(mechanism, params)?;
    let (hedged, bound) = (encoding.hedged()?, key.signature_len());
    let mu = begin_mu(key.tr(), &encoding.prefix);
    let end = move |mu: &[u8], out: &mut [u8]| write(out, &key.sign(whole(mu)?, hedged)?);
    Ok(match encoding.data {
        Data::Message => Box::new(HashThen::over(mu, bound, end)),
        data => data.signs(bound, move |digest, out| end(&end_mu(&*mu, digest), out)),
    })
}

fn verify(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = Arc::clone(ml_dsa_key(key)?.public()?);
    let encoding = Encoding::of(mechanism, params)?;
    let mu = begin_mu(key.tr(), &encoding.prefix);
    let end = move |mu: &[u8], signature: &[u8]| key.verify(whole(mu)?, signature);
    Ok(match encoding.data {
        Data::Message => Box::new(HashThenVerify::over(mu, end)),
        data => data.verifies(move |digest, signature| end(&end_mu(&*mu, digest), signature)),
    })
}

/// μ = SHAKE256(tr ‖ M′) with 512 bits, as far as it goes before the data (FIPS 204, algorithm 7, step 6).
fn begin_mu(tr: &[u8], prefix: &[u8]) -> Box<dyn Hasher> {
    let mut mu = Box::<Shake256>::default();
    mu.update(tr);
    mu.update(prefix);
    mu
}

fn end_mu(mu: &dyn Hasher, digest: &[u8]) -> Vec<u8> {
    let mut mu = mu.fork();
    mu.update(digest);
    mu.finish().to_vec()
}

fn whole(mu: &[u8]) -> Result<&Mu> {
    mu.try_into().map_err(|_| Error::GeneralError)
}
