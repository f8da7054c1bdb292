//! What the keys of ML-KEM, ML-DSA and SLH-DSA share: a parameter set that says everything about
//! the algorithm, a public value, a private value, and often the seed that both are made from.
//!
//! SubjectPublicKeyInfo and PKCS#8 are those of RFC 9881 (ML-DSA), RFC 9935 (ML-KEM) and RFC 9909 (SLH-DSA): the algorithm
//! is the parameter set, without parameters.

use super::ec::encoding::{der, secret_der};
use super::half::Half;
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Contribution, Read, Value};
use crate::random;
use cryptoki_sys::*;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Tag, TagNumber, Tagged};
use pkcs8::PrivateKeyInfoRef;
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A parameter set of an algorithm whose public keys do what `Public` says, and its private keys what `Private` says.
pub struct ParameterSet<Public: ?Sized, Private: ?Sized> {
    /// `CKP_…`
    pub id: CK_ULONG,
    /// The algorithm's name in encodings.
    pub oid: ObjectIdentifier,
    /// The length of a public value in bytes.
    pub public_len: usize,
    /// The length of what a key pair is made from, in bytes.
    pub seed_len: usize,
    /// Whether the seed is an attribute of its own, `CKA_SEED`, and the encodings have it.
    pub keeps_seed: bool,
    /// The public key of a value; `None` if it is none.
    pub public: fn(&[u8]) -> Option<Arc<Public>>,
    /// The private key of a seed; `None` if it is of another length.
    pub expand: fn(&[u8]) -> Option<Arc<Private>>,
    /// The private key of a value; `None` if it is of another form. Whether its parts belong together is for
    /// [`PrivateKey::is_sound`].
    pub private: fn(&[u8]) -> Option<Arc<Private>>,
}

/// What every private key can say about itself.
pub trait PrivateKey: Send + Sync {
    /// `CKA_VALUE`.
    fn value(&self) -> Zeroizing<Vec<u8>>;

    /// The `CKA_VALUE` of the public key.
    fn public_value(&self) -> Vec<u8>;

    /// Whether the parts of its value belong together. What is made from a seed is sound by itself.
    fn is_sound(&self) -> bool;
}

/// A key of either half.
pub struct SetKey<Public: ?Sized, Private: ?Sized> {
    public_len: usize,
    half: Half<Arc<Public>, Arc<Private>>,
}

impl<Public: ?Sized, Private: ?Sized> SetKey<Public, Private> {
    /// The size that the mechanisms' information is about, in bits: that of the public key.
    pub fn bits(&self) -> usize {
        self.public_len * 8
    }

    /// The public key; `KeyTypeInconsistent` if it is a private one.
    pub fn public(&self) -> Result<&Arc<Public>> {
        self.half.public()
    }

    /// The private key; `KeyTypeInconsistent` if it is a public one.
    pub fn private(&self) -> Result<&Arc<Private>> {
        self.half.private()
    }
}

/// The sets of one algorithm.
pub type Sets<Public, Private> = &'static [ParameterSet<Public, Private>];

/// The set that `CKA_PARAMETER_SET` names: `TemplateIncomplete` where there is none, `ParameterSetNotSupported` for one that
/// is not in the table.
pub fn set_in<Public: ?Sized, Private: ?Sized>(
    sets: Sets<Public, Private>,
    attributes: &Attributes,
) -> Result<&'static ParameterSet<Public, Private>> {
    let id = attributes.ulong(CKA_PARAMETER_SET).ok_or(Error::TemplateIncomplete)?;
    sets.iter().find(|set| set.id == id).ok_or(Error::ParameterSetNotSupported)
}

/// The number of the set that an algorithm's name names.
pub fn named<Public: ?Sized, Private: ?Sized>(sets: Sets<Public, Private>, oid: &ObjectIdentifier) -> Option<CK_ULONG> {
    sets.iter().find(|set| set.oid == *oid).map(|set| set.id)
}

/// [`crate::key::KeyType::complete`]: a private key has its value, and its seed where that is known.
///
/// `AttributeValueInvalid` for a value or a seed that is none, `TemplateInconsistent` for two that do not belong together.
pub fn complete<Public: ?Sized, Private: ?Sized + PrivateKey>(
    sets: Sets<Public, Private>,
    class: CK_OBJECT_CLASS,
    attributes: &mut Attributes,
) -> Result<()> {
    let set = set_in(sets, attributes)?;
    let public = match class {
        CKO_PUBLIC_KEY => {
            let value = attributes.required(CKA_VALUE)?;
            (set.public)(value).ok_or(Error::AttributeValueInvalid)?;
            value.to_vec()
        }
        CKO_PRIVATE_KEY => {
            let key = private_in(set, attributes)?;
            let value = key.value();
            let seeded = attributes.required(CKA_SEED).is_ok();
            let given = attributes.required(CKA_VALUE).ok();
            match given.map(|given| bool::from(value.ct_eq(given))) {
                Some(false) if seeded => return Err(Error::TemplateInconsistent),
                Some(false) => return Err(Error::AttributeValueInvalid),
                _ if !seeded && !key.is_sound() => return Err(Error::AttributeValueInvalid),
                _ => {}
            }
            attributes.insert(CKA_VALUE, Value::Bytes(value.into()));
            if !seeded {
                attributes.remove(&CKA_SEED);
            }
            key.public_value()
        }
        _ => return Err(Error::TemplateInconsistent),
    };
    attributes.insert(CKA_PUBLIC_KEY_INFO, set.public_key_info(&public)?);
    Ok(())
}

/// [`crate::key::KeyType::parse`], of complete attributes.
pub fn parse<Public: ?Sized, Private: ?Sized>(
    sets: Sets<Public, Private>,
    class: CK_OBJECT_CLASS,
    attributes: &Attributes,
) -> Result<SetKey<Public, Private>> {
    let set = set_in(sets, attributes)?;
    let half = match class {
        CKO_PUBLIC_KEY => {
            Half::Public((set.public)(attributes.required(CKA_VALUE)?).ok_or(Error::AttributeValueInvalid)?)
        }
        CKO_PRIVATE_KEY => Half::Private(private_in(set, attributes)?),
        _ => return Err(Error::KeyTypeInconsistent),
    };
    Ok(SetKey { public_len: set.public_len, half })
}

/// What the generation of a key pair contributes to the public and to the private key.
pub fn generated<Public: ?Sized, Private: ?Sized + PrivateKey>(
    sets: Sets<Public, Private>,
    public: &Attributes,
) -> Result<(Contribution, Contribution)> {
    let set = set_in(sets, public)?;
    let seed = random::secret(set.seed_len)?;
    let key = (set.expand)(&seed).ok_or(Error::GeneralError)?;
    let mut private = vec![(CKA_PARAMETER_SET, Value::Ulong(set.id)), (CKA_VALUE, Value::Bytes(key.value().into()))];
    if set.keeps_seed {
        private.push((CKA_SEED, Value::Bytes(seed.into())));
    }
    Ok((vec![(CKA_VALUE, Value::bytes(key.public_value()))], private))
}

/// [`crate::key::KeyType::to_pkcs8`]. With the seed goes the value, for those who understand only one of them.
pub fn to_pkcs8<Public: ?Sized, Private: ?Sized>(
    sets: Sets<Public, Private>,
    attributes: &Attributes,
) -> Result<Zeroizing<Vec<u8>>> {
    let set = set_in(sets, attributes)?;
    let octets = |bytes| OctetStringRef::new(bytes).map_err(|_| Error::GeneralError);
    let value = attributes.required(CKA_VALUE)?;
    let inner = match attributes.required(CKA_SEED) {
        Ok(seed) => secret_der(&[octets(seed)?, octets(value)?])?,
        Err(_) if set.keeps_seed => secret_der(&octets(value)?)?,
        Err(_) => Zeroizing::new(value.to_vec()),
    };
    secret_der(&pkcs8::PrivateKeyInfo::<_, _, BitStringRef<'_>>::new(set.algorithm(), octets(&inner)?))
}

/// [`crate::key::KeyType::from_pkcs8`]: seed, value or both; both must belong together, and a public key beside them too.
pub fn from_pkcs8<Public: ?Sized, Private: ?Sized + PrivateKey>(
    sets: Sets<Public, Private>,
    info: &PrivateKeyInfoRef<'_>,
) -> Result<Contribution> {
    let invalid = Error::WrappedKeyInvalid;
    let set = sets.iter().find(|set| set.oid == info.algorithm.oid).ok_or(invalid)?;
    if info.algorithm.parameters.is_some() {
        return Err(invalid);
    }
    let inner = info.private_key.as_bytes();
    let (seed, value) = if set.keeps_seed { choice(inner).map_err(|_| invalid)? } else { (None, Some(inner)) };
    let parts = [(CKA_SEED, seed), (CKA_VALUE, value)];
    let mut contribution: Contribution =
        parts.into_iter().filter_map(|(attribute, bytes)| Some((attribute, Value::bytes(bytes?)))).collect();
    contribution.push((CKA_PARAMETER_SET, Value::Ulong(set.id)));
    // Checked here too, because what is wrong within is wrong with the wrapped key and not with the caller's template.
    let mut attributes = contribution.iter().cloned().collect();
    complete(sets, CKO_PRIVATE_KEY, &mut attributes).map_err(|_| invalid)?;
    if let Some(public) = &info.public_key {
        let own = set.public_key_info(public.as_bytes().ok_or(invalid)?)?;
        if attributes.get(&CKA_PUBLIC_KEY_INFO) != Some(&own) {
            return Err(invalid);
        }
    }
    Ok(contribution)
}

impl<Public: ?Sized, Private: ?Sized> ParameterSet<Public, Private> {
    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier> {
        AlgorithmIdentifier { oid: self.oid, parameters: None }
    }

    fn public_key_info(&self, public: &[u8]) -> Result<Value> {
        let subject_public_key = BitStringRef::from_bytes(public).map_err(|_| Error::GeneralError)?;
        Ok(Value::bytes(der(&SubjectPublicKeyInfo { algorithm: self.algorithm(), subject_public_key })?))
    }
}

/// The private key of a seed or, without one, of a value.
fn private_in<Public: ?Sized, Private: ?Sized>(
    set: &ParameterSet<Public, Private>,
    attributes: &Attributes,
) -> Result<Arc<Private>> {
    match attributes.required(CKA_SEED) {
        Ok(seed) => (set.expand)(seed),
        Err(_) => (set.private)(attributes.required(CKA_VALUE)?),
    }
    .ok_or(Error::AttributeValueInvalid)
}

/// The seed and the value of a private key, one of which may be missing.
type Halves<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// Seed and value in `ML-KEM-PrivateKey` or `ML-DSA-PrivateKey`: the choice of `[0] OCTET STRING` (the seed), OCTET STRING
/// (the value), and a SEQUENCE of both, in this order.
fn choice(inner: &[u8]) -> der::Result<Halves<'_>> {
    let any = AnyRef::from_der(inner)?;
    match any.tag() {
        SEED_TAG => Ok((Some(any.value()), None)),
        Tag::OctetString => Ok((None, Some(any.value()))),
        Tag::Sequence => any.sequence(|reader| {
            let (seed, value) = (AnyRef::decode(reader)?, AnyRef::decode(reader)?);
            seed.tag().assert_eq(Tag::OctetString)?;
            value.tag().assert_eq(Tag::OctetString)?;
            Ok((Some(seed.value()), Some(value.value())))
        }),
        other => Err(other.unexpected_error(None).into()),
    }
}

const SEED_TAG: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };
