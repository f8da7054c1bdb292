//! Diffie-Hellman in groups of integers (PKCS#11 3.2, section 6.4): PKCS #3 and X9.42.

use super::secret::MAX_BYTES;
use super::{Mechanism, Params, Shape, ecdh};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::dh::{DhKey, PKCS3, X942};
use crate::key::group::domain::number;
use crate::key::group::{Group, MAX_BITS, MIN_BITS, named};
use crate::object::template::{Attributes, Contribution, Read, Value};
use crate::random;
use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, random_prime};
use cryptoki_sys::*;
use der::{AnyRef, Decode, Tag, Tagged};
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_DH_PKCS_KEY_PAIR_GEN, &[CKK_DH]).generates_pairs(generate_pkcs3),
    row(CKM_DH_PKCS_PARAMETER_GEN, &[CKK_DH]).generates_parameters(parameters),
    row(CKM_DH_PKCS_DERIVE, &[CKK_DH]).params(Shape::PublicValue).derives(derive_pkcs3).kem(
        ciphertext_len,
        encapsulate_pkcs3,
        decapsulate_pkcs3,
    ),
    row(CKM_X9_42_DH_KEY_PAIR_GEN, &[CKK_X9_42_DH]).generates_pairs(generate_x942),
    row(CKM_X9_42_DH_DERIVE, &[CKK_X9_42_DH]).params(Shape::X942Dh1).derives(derive_x942).kem(
        ciphertext_len,
        encapsulate_x942,
        decapsulate_x942,
    ),
];

/// The shortest private values that are made, in bits.
const MIN_EXPONENT_BITS: usize = 160;

/// The length in bytes of the counter in an `OtherInfo`.
const COUNTER: usize = 4;

/// The largest modulus for which a fresh prime is sought: beyond it, nobody would wait for the end.
const MAX_FRESH_BITS: usize = 2048;

const fn row(id: CK_MECHANISM_TYPE, key_types: &'static [CK_KEY_TYPE]) -> Mechanism {
    Mechanism::new(id).key_pairs(key_types, MIN_BITS as CK_ULONG, MAX_BITS as CK_ULONG)
}

/// Private values have exactly `CKA_VALUE_BITS` if the template says so (PKCS #3: 2^(l-1) <= x < 2^l).
fn generate_pkcs3(
    _: &Mechanism,
    _: &Params,
    public: &Attributes,
    private: &Attributes,
) -> Result<(Contribution, Contribution)> {
    let group = PKCS3.group(public)?;
    let exponent = match private.ulong(CKA_VALUE_BITS) {
        None => group.random_exponent()?,
        Some(bits) => {
            let bits = usize::try_from(bits).ok().filter(|bits| (MIN_EXPONENT_BITS..group.bits()).contains(bits));
            random::of_bits(bits.ok_or(Error::AttributeValueInvalid)?)?
        }
    };
    PKCS3.contributions(&group, public, &exponent)
}

fn generate_x942(
    _: &Mechanism,
    _: &Params,
    public: &Attributes,
    _: &Attributes,
) -> Result<(Contribution, Contribution)> {
    let group = X942.group(public)?;
    X942.contributions(&group, public, &group.random_exponent()?)
}

/// The group of RFC 7919 of that size, if there is one: parameters of one's own have been given up by those who know (NIST
/// SP 800-56A Rev. 3, appendix D; RFC 7919, section 1). For other sizes a fresh safe prime p with a generator of the
/// subgroup of order (p-1)/2: 2 if it is a square, which it is if p is 7 modulo 8, else 4.
fn parameters(_: &Mechanism, _: &Params, template: &Attributes) -> Result<Contribution> {
    let bits = template.ulong(CKA_PRIME_BITS).ok_or(Error::TemplateIncomplete)?;
    let bits = usize::try_from(bits).map_err(|_| Error::AttributeValueInvalid)?;
    if let Some(group) = named::ffdhe(bits) {
        return Ok(vec![(CKA_PRIME, Value::bytes(&group.prime)), (CKA_BASE, Value::bytes([named::GENERATOR]))]);
    }
    if !(MIN_BITS..=MAX_FRESH_BITS).contains(&bits) {
        return Err(Error::AttributeValueInvalid);
    }
    let prime: BoxedUint = random_prime(&mut random::system(), Flavor::Safe, bits as u32);
    let low = prime.as_words().first().copied().unwrap_or_default();
    let generator = if low % 8 == 7 { 2 } else { 4 };
    Ok(vec![(CKA_PRIME, number(&prime)), (CKA_BASE, Value::bytes([generator]))])
}

fn derive_pkcs3(_: &Mechanism, params: &Params, key: &Key, wanted: Option<usize>) -> Result<Zeroizing<Vec<u8>>> {
    let Params::PublicValue(public) = params else { return Err(Error::MechanismParamInvalid) };
    let secret = agree(key, public)?;
    ecdh::truncated(&secret, wanted.unwrap_or(secret.len()))
}

/// The public value of a fresh private one, as long as the modulus, and the secret that it shares with a public key.
fn send(key: &DhKey) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let group = &key.group;
    let exponent = group.exponent(&group.random_exponent()?).ok_or(Error::GeneralError)?;
    let public = group.power(group.generator(), &exponent);
    Ok((public.to_vec(), inner(group, group.power(key.public()?, &exponent))?))
}

fn ciphertext_len(_: &Mechanism, _: &Params, key: &Key) -> Result<usize> {
    Ok(dh(key)?.group.length())
}

fn encapsulate_pkcs3(
    _: &Mechanism,
    params: &Params,
    key: &Key,
    wanted: Option<usize>,
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    no_peer(params)?;
    let (ciphertext, secret) = send(dh(key)?)?;
    let value = ecdh::truncated(&secret, wanted.unwrap_or(secret.len())).map_err(ecdh::of_template)?;
    Ok((ciphertext, value))
}

fn decapsulate_pkcs3(
    _: &Mechanism,
    params: &Params,
    key: &Key,
    ciphertext: &[u8],
    wanted: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>> {
    no_peer(params)?;
    let secret = agree(key, ciphertext).map_err(ecdh::of_ciphertext)?;
    ecdh::truncated(&secret, wanted.unwrap_or(secret.len())).map_err(ecdh::of_template)
}

/// "pParameter and ulParameterLen must be set to NULL and 0."
fn no_peer(params: &Params) -> Result<()> {
    match params {
        Params::PublicValue(public) if public.is_empty() => Ok(()),
        _ => Err(Error::MechanismParamInvalid),
    }
}

fn encapsulate_x942(
    _: &Mechanism,
    params: &Params,
    key: &Key,
    wanted: Option<usize>,
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let (kdf, other_info) = Kdf::without_peer(params)?;
    let (ciphertext, secret) = send(dh(key)?)?;
    Ok((ciphertext, kdf.derive(&secret, other_info, wanted).map_err(ecdh::of_template)?))
}

fn decapsulate_x942(
    _: &Mechanism,
    params: &Params,
    key: &Key,
    ciphertext: &[u8],
    wanted: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>> {
    let (kdf, other_info) = Kdf::without_peer(params)?;
    let secret = agree(key, ciphertext).map_err(ecdh::of_ciphertext)?;
    kdf.derive(&secret, other_info, wanted).map_err(ecdh::of_template)
}

fn derive_x942(_: &Mechanism, params: &Params, key: &Key, wanted: Option<usize>) -> Result<Zeroizing<Vec<u8>>> {
    let Params::X942Dh1 { kdf, other_info, public } = params else { return Err(Error::MechanismParamInvalid) };
    let kdf = Kdf::of(*kdf, other_info)?;
    kdf.derive(&agree(key, public)?, other_info, wanted)
}

fn dh(key: &Key) -> Result<&DhKey> {
    match key {
        Key::Dh(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

/// The shared secret, as long as the modulus; `MechanismParamInvalid` for a peer that is not of the group.
fn agree(key: &Key, peer: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let key = dh(key)?;
    let peer = key.group.element(peer).ok_or(Error::MechanismParamInvalid)?;
    inner(&key.group, key.group.power(&peer, key.private()?))
}

/// A secret that nobody can guess (NIST SP 800-56A, section 5.7.1.1): in a group without a known order it could be of order
/// 1 or 2.
fn inner(group: &Group, secret: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>> {
    if group.is_inner(&secret) { Ok(secret) } else { Err(Error::MechanismParamInvalid) }
}

/// The key derivation functions of X9.42.
enum Kdf {
    /// The secret itself.
    Null,
    /// SHA-1 of the secret and `OtherInfo` (RFC 2631, section 2.1.2), in which the counter is. It is where the counter
    /// begins in the caller's encoding.
    Asn1 { counter: usize },
    /// SHA-1 of secret, counter and other data.
    Concatenate,
}

impl Kdf {
    /// `MechanismParamInvalid` for an unknown one, and for other data that do not fit it.
    fn of(id: CK_X9_42_DH_KDF_TYPE, other_info: &[u8]) -> Result<Self> {
        let kdf = match id {
            CKD_NULL if other_info.is_empty() => Some(Self::Null),
            CKD_SHA1_KDF_ASN1 => counter_in(other_info).map(|counter| Self::Asn1 { counter }),
            CKD_SHA1_KDF_CONCATENATE => Some(Self::Concatenate),
            _ => None,
        };
        kdf.ok_or(Error::MechanismParamInvalid)
    }

    /// The function and its data of a parameter that names no peer, as an encapsulation wants it.
    fn without_peer(params: &Params) -> Result<(Self, &[u8])> {
        match params {
            Params::X942Dh1 { kdf, other_info, public } if public.is_empty() => {
                Ok((Self::of(*kdf, other_info)?, other_info))
            }
            _ => Err(Error::MechanismParamInvalid),
        }
    }

    /// A key of the wanted length in bytes, as for ECDH.
    fn derive(&self, secret: &[u8], other_info: &[u8], wanted: Option<usize>) -> Result<Zeroizing<Vec<u8>>> {
        if matches!(self, Self::Null) {
            return ecdh::truncated(secret, wanted.unwrap_or(secret.len()));
        }
        let length = wanted.ok_or(Error::TemplateIncomplete)?;
        if !(1..=MAX_BYTES as usize).contains(&length) {
            return Err(Error::KeySizeRange);
        }
        let mut key = Zeroizing::new(Vec::with_capacity(length + Hash::Sha1.output_len()));
        for counter in 1u32.. {
            let counter = counter.to_be_bytes();
            key.extend_from_slice(&match self {
                Self::Asn1 { counter: place } => {
                    let (before, rest) = other_info.split_at_checked(*place).ok_or(Error::GeneralError)?;
                    let after = rest.get(counter.len()..).ok_or(Error::GeneralError)?;
                    Hash::Sha1.of(&[secret, before, &counter, after])
                }
                _ => Hash::Sha1.of(&[secret, &counter, other_info]),
            });
            if key.len() >= length {
                break;
            }
        }
        key.truncate(length);
        Ok(key)
    }
}

/// Where the four bytes of the counter are in an `OtherInfo` (RFC 2631): `SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, OCTET
/// STRING (SIZE (4)) }, … }`. `None` unless it is one.
fn counter_in(other_info: &[u8]) -> Option<usize> {
    let is = |any: AnyRef<'_>, tag| (any.tag() == tag).then_some(());
    let outer = AnyRef::from_der(other_info).ok()?;
    is(outer, Tag::Sequence)?;
    let (key_info, rest) = AnyRef::from_der_partial(outer.value()).ok()?;
    is(key_info, Tag::Sequence)?;
    let (algorithm, counter) = AnyRef::from_der_partial(key_info.value()).ok()?;
    is(algorithm, Tag::ObjectIdentifier)?;
    let counter = AnyRef::from_der(counter).ok()?;
    is(counter, Tag::OctetString)?;
    // The counter ends what is about the key.
    let end = other_info.len() - rest.len();
    if counter.value().len() == COUNTER { end.checked_sub(COUNTER) } else { None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// RFC 2631, section 2.1.6: a key of 3DES, which takes two rounds, and one of RC2 with `partyAInfo`. No group has secrets
    /// of 20 bytes.
    #[test]
    fn rfc_2631_keys_come_out() {
        let secret: Vec<u8> = (0..20).collect();
        let info = hex("301d3013060b2a864886f70d0109100306040400000001a2060404000000c0");
        let key = hex("a09661392376f7044d9052a397883246b67f5f1ef63eb5fb");
        let kdf = Kdf::of(CKD_SHA1_KDF_ASN1, &info).unwrap();
        assert_eq!(*kdf.derive(&secret, &info, Some(24)).unwrap(), key);

        let party = "0123456789abcdeffedcba98765432010123456789abcdeffedcba98765432010123456789abcdef\
                     fedcba98765432010123456789abcdeffedcba9876543201";
        let info = format!("30613013060b2a864886f70d01091003070404 00000001a0420440{party}a2060404000000 80");
        let info = hex(&info.replace(' ', ""));
        let kdf = Kdf::of(CKD_SHA1_KDF_ASN1, &info).unwrap();
        assert_eq!(*kdf.derive(&secret, &info, Some(16)).unwrap(), hex("48950c46e0530075403cce72889604e0"));
    }

    #[test]
    fn other_info_has_a_counter_of_four_bytes() {
        for wrong in ["", "3000", "30023000", "300a3008060129040300000001", "300a3008060129040300000100", "0500"] {
            assert!(Kdf::of(CKD_SHA1_KDF_ASN1, &hex(wrong)).is_err(), "{wrong}");
        }
        for id in [CKD_NULL, CKD_SHA1_KDF, 0, 99] {
            assert!(Kdf::of(id, &[1]).is_err());
        }
    }

    fn hex(digits: &str) -> Vec<u8> {
        base16ct::lower::decode_vec(digits).unwrap()
    }
}
