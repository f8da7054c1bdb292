//! DSA (PKCS#11 3.2, section 6.2; FIPS 186-4): signatures, key pairs, domain parameters.

use super::digest::{HashThen, HashThenVerify};
use super::{Mechanism, Params};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::dsa::{DOMAIN, DsaKey, SIZES};
use crate::key::group::domain::number;
use crate::object::template::{Attributes, Contribution, Read};
use crate::op::{Gather, GatherVerify, Sign, Verify, write};
use crate::random;
use crypto_bigint::BoxedUint;
use cryptoki_sys::*;
use dsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use dsa::{Components, KeySize, Signature, SigningKey, VerifyingKey};
use std::sync::Arc;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_DSA_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_DSA_PARAMETER_GEN).generates_parameters(parameters),
    row(CKM_DSA).signs(sign, verify).one_part(),
    row(CKM_DSA_SHA1).hash(Hash::Sha1).signs(sign, verify),
    row(CKM_DSA_SHA224).hash(Hash::Sha224).signs(sign, verify),
    row(CKM_DSA_SHA256).hash(Hash::Sha256).signs(sign, verify),
    row(CKM_DSA_SHA384).hash(Hash::Sha384).signs(sign, verify),
    row(CKM_DSA_SHA512).hash(Hash::Sha512).signs(sign, verify),
    row(CKM_DSA_SHA3_224).hash(Hash::Sha3_224).signs(sign, verify),
    row(CKM_DSA_SHA3_256).hash(Hash::Sha3_256).signs(sign, verify),
    row(CKM_DSA_SHA3_384).hash(Hash::Sha3_384).signs(sign, verify),
    row(CKM_DSA_SHA3_512).hash(Hash::Sha3_512).signs(sign, verify),
];

/// The lengths of the digests that "DSA without hashing" takes.
const DIGESTS: [usize; 5] = [20, 28, 32, 48, 64];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    let [(min, _), .., (max, _)] = SIZES;
    Mechanism::new(id).key_pairs(&[CKK_DSA], min as CK_ULONG, max as CK_ULONG)
}

/// A private value out of 64 bits more than the order has (FIPS 186-4, B.1.1).
fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    let group = DOMAIN.group(public)?;
    DOMAIN.contributions(&group, public, &group.random_exponent()?)
}

/// Parameters of `CKA_PRIME_BITS`, and of `CKA_SUBPRIME_BITS` or the order that the standard has for that size ("DSA domain
/// parameter objects").
fn parameters(_: &Mechanism, _: &Params, template: &Attributes) -> Result<Contribution> {
    let bits = template.ulong(CKA_PRIME_BITS).ok_or(Error::TemplateIncomplete)?;
    let order_bits = template.ulong(CKA_SUBPRIME_BITS);
    #[allow(deprecated)] // The crate advises against 1024 bits, rightly; who asks for them has reasons.
    let size = match (bits, order_bits) {
        (1024, None | Some(160)) => KeySize::DSA_1024_160,
        (2048, None | Some(224)) => KeySize::DSA_2048_224,
        (2048, Some(256)) => KeySize::DSA_2048_256,
        (3072, None | Some(256)) => KeySize::DSA_3072_256,
        _ => return Err(Error::AttributeValueInvalid),
    };
    let made = Components::try_generate_from_rng_with_key_size(&mut random::system(), size);
    let made = made.map_err(|_| Error::DeviceError)?;
    Ok(vec![(CKA_PRIME, number(made.p())), (CKA_SUBPRIME, number(made.q())), (CKA_BASE, number(made.g()))])
}

fn dsa_key(key: &Key) -> Result<&DsaKey> {
    match key {
        Key::Dsa(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

fn sign(mechanism: &Mechanism, _: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let key = dsa_key(key)?;
    let (length, key) = (key.order_len(), Arc::clone(key.private()?));
    let end = move |digest: &[u8], out: &mut [u8]| write(out, &signature(&key, digest, length)?);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThen::new(hash, 2 * length, end)),
        None => Box::new(Gather::single(2 * length, end)),
    })
}

fn verify(mechanism: &Mechanism, _: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = dsa_key(key)?;
    let (length, key) = (key.order_len(), Arc::clone(key.public()?));
    let end = move |digest: &[u8], signature: &[u8]| judge(&key, digest, signature, length);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThenVerify::new(hash, end)),
        None => Box::new(GatherVerify::single(end)),
    })
}

/// r and s of a digest, each in the length of the order. The secret number is random (FIPS 186-4, B.2.1).
fn signature(key: &SigningKey, digest: &[u8], length: usize) -> Result<Vec<u8>> {
    check_digest(digest)?;
    let signature = key.sign_prehash_with_rng(&mut random::system(), digest).map_err(|_| Error::DeviceError)?;
    let mut out = Vec::with_capacity(2 * length);
    for half in [signature.r(), signature.s()] {
        let bytes = half.to_be_bytes();
        let start = bytes.len().checked_sub(length).ok_or(Error::GeneralError)?;
        out.extend_from_slice(bytes.get(start..).ok_or(Error::GeneralError)?);
    }
    Ok(out)
}

/// `SignatureLenRange` unless it is two halves in the length of the order, `SignatureInvalid` if it is wrong.
fn judge(key: &VerifyingKey, digest: &[u8], signature: &[u8], length: usize) -> Result<()> {
    check_digest(digest)?;
    if signature.len() != 2 * length {
        return Err(Error::SignatureLenRange);
    }
    let (r, s) = signature.split_at_checked(length).ok_or(Error::SignatureLenRange)?;
    let precision = key.components().q().bits_precision();
    let half = |bytes| BoxedUint::from_be_slice(bytes, precision).map_err(|_| Error::SignatureInvalid);
    let signature = Signature::from_components(half(r)?, half(s)?).ok_or(Error::SignatureInvalid)?;
    key.verify_prehash(digest, &signature).map_err(|_| Error::SignatureInvalid)
}

fn check_digest(digest: &[u8]) -> Result<()> {
    if DIGESTS.contains(&digest.len()) { Ok(()) } else { Err(Error::DataLenRange) }
}
