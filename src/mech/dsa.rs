//! DSA (PKCS#11 3.2, section 6.2; FIPS 186-4): signatures, key pairs, domain parameters.

use super::digest::{HashThen, HashThenVerify};
use super::{Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::dsa::{DOMAIN, DsaKey, SIZES};
use crate::key::group::Group;
use crate::key::group::domain::number;
use crate::key::group::fips186::{self, Primes};
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
    row(CKM_DSA_PROBABILISTIC_PARAMETER_GEN).params(Shape::DsaSeed).generates_primes(probable_primes),
    row(CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN).params(Shape::DsaSeed).generates_primes(provable_primes),
    row(CKM_DSA_FIPS_G_GEN).params(Shape::DsaGenerator).generates_parameters(base).takes(&[CKA_PRIME, CKA_SUBPRIME]),
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

/// The hashes of `CK_DSA_PARAMETER_GEN_PARAM`.
const SEED_HASHES: [Hash; 5] = [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512];

/// The longest seed, in bits: nobody needs more.
const LONGEST_SEED: usize = 4096;

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    let [(min, _), .., (max, _)] = SIZES;
    Mechanism::new(id).key_pairs(&[CKK_DSA], min as CK_ULONG, max as CK_ULONG)
}

/// A private value out of 64 bits more than the order has (FIPS 186-4, B.1.1).
fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    let group = DOMAIN.group(public)?;
    DOMAIN.contributions(&group, public, &group.random_exponent()?)
}

/// Parameters of the sizes that the template says.
fn parameters(_: &Mechanism, _: &Params, template: &Attributes) -> Result<Contribution> {
    #[allow(deprecated)] // The crate advises against 1024 bits, rightly; who asks for them has reasons.
    let size = match sizes(template)? {
        (1024, _) => KeySize::DSA_1024_160,
        (2048, 224) => KeySize::DSA_2048_224,
        (2048, _) => KeySize::DSA_2048_256,
        _ => KeySize::DSA_3072_256,
    };
    let made = Components::try_generate_from_rng_with_key_size(&mut random::system(), size);
    let made = made.map_err(|_| Error::DeviceError)?;
    Ok(vec![(CKA_PRIME, number(made.p())), (CKA_SUBPRIME, number(made.q())), (CKA_BASE, number(made.g()))])
}

/// `CKA_PRIME_BITS`, and `CKA_SUBPRIME_BITS` or what the standard has for that size ("DSA domain parameter objects").
fn sizes(template: &Attributes) -> Result<(usize, usize)> {
    let asked = |attribute| template.ulong(attribute).map(|bits| usize::try_from(bits).unwrap_or(usize::MAX));
    let bits = asked(CKA_PRIME_BITS).ok_or(Error::TemplateIncomplete)?;
    let order_bits = asked(CKA_SUBPRIME_BITS);
    let fits = |size: &&(usize, usize)| size.0 == bits && order_bits.is_none_or(|order_bits| size.1 == order_bits);
    SIZES.iter().find(fits).copied().ok_or(Error::AttributeValueInvalid)
}

/// Primes from a random seed as long as the caller has room for.
fn probable_primes(_: &Mechanism, params: &Params, template: &Attributes) -> Result<(Contribution, Vec<u8>)> {
    primes(params, template, 1, fips186::probable)
}

/// Likewise: three seeds of the same length, which belong together.
fn provable_primes(_: &Mechanism, params: &Params, template: &Attributes) -> Result<(Contribution, Vec<u8>)> {
    primes(params, template, 3, fips186::provable)
}

/// How primes are made of a seed; `None` if that one leads to none.
type MakePrimes = fn(Hash, (usize, usize), &[u8]) -> Option<Primes>;

fn primes(params: &Params, template: &Attributes, seeds: usize, make: MakePrimes) -> Result<(Contribution, Vec<u8>)> {
    let invalid = Error::MechanismParamInvalid;
    let Params::DsaSeed { hash, length } = params else { return Err(invalid) };
    let size = sizes(template)?;
    let hash = hash_for(*hash, size.1)?;
    let length = usize::try_from(*length).map_err(|_| invalid)?;
    if !length.is_multiple_of(seeds) || !(size.1..=LONGEST_SEED).contains(&(length / seeds * 8)) {
        return Err(invalid);
    }
    loop {
        let mut seed = vec![0; length / seeds];
        random::fill(&mut seed)?;
        if let Some(primes) = make(hash, size, &seed) {
            return Ok((vec![(CKA_PRIME, number(&primes.p)), (CKA_SUBPRIME, number(&primes.q))], primes.seed));
        }
    }
}

/// The generator of an index for primes and their seed. That they come of that seed is the caller's to know.
fn base(_: &Mechanism, params: &Params, template: &Attributes) -> Result<Contribution> {
    let invalid = Error::MechanismParamInvalid;
    let Params::DsaGenerator { hash, seed, index } = params else { return Err(invalid) };
    let [p, q] = [CKA_PRIME, CKA_SUBPRIME].map(|attribute| template.required(attribute));
    let (p, q) = (p.map_err(|_| Error::DomainParamsInvalid)?, q.map_err(|_| Error::DomainParamsInvalid)?);
    // Whatever the base will be, they must be numbers of a group. 2 is in none of these, but its length is right.
    let group = Group::new(p, Some(q), &[2]).filter(DOMAIN.fits).ok_or(Error::DomainParamsInvalid)?;
    let order_bits = group.order_bits().unwrap_or_default();
    let told = |attribute, bits: usize| template.ulong(attribute).is_none_or(|told| told == bits as CK_ULONG);
    if !told(CKA_PRIME_BITS, group.bits()) || !told(CKA_SUBPRIME_BITS, order_bits) {
        return Err(Error::TemplateInconsistent);
    }
    let hash = hash_for(*hash, order_bits)?;
    let index = u8::try_from(*index).map_err(|_| invalid)?;
    if !(order_bits..=3 * LONGEST_SEED).contains(&(seed.len() * 8)) {
        return Err(invalid);
    }
    // Where p is no prime there may be no generator, and the search for one would take very long.
    let order = group.order().filter(|_| group.has_primes()).ok_or(Error::DomainParamsInvalid)?;
    let base = fips186::generator(hash, group.modulus(), order, seed, index).ok_or(Error::DomainParamsInvalid)?;
    Ok(vec![(CKA_BASE, number(&base))])
}

/// One of the hashes of `CK_DSA_PARAMETER_GEN_PARAM` that is not shorter than the order (FIPS 186-4, A.1.1.2 and A.1.2).
fn hash_for(id: CK_MECHANISM_TYPE, order_bits: usize) -> Result<Hash> {
    let hash = Hash::of_mechanism(id).filter(|hash| SEED_HASHES.contains(hash) && hash.output_len() * 8 >= order_bits);
    hash.ok_or(Error::MechanismParamInvalid)
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
