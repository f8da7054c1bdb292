//! RSA keys (PKCS#11 3.2, section 6.1, "RSA public key objects" and "RSA private key objects").
//!
//! The least that makes a private key is what the standard's table demands: n, e and d. The primes are found from
//! these three, and what belongs to the Chinese remainder theorem from the primes, so that every key is complete and
//! every private operation is fast and blinded.

use super::half::Half;
use super::{Key, KeyType};
use crate::engine;
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::object::template::{Attributes, Contribution, Read, Value, strip_zeros};
use crate::random;
use cryptoki_sys::*;
use der::Decode;
use rsa::pkcs1::{self, RsaPrivateKeyRef};
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, PrivateKey, PublicKey};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The smallest modulus, in bits.
pub const MIN_BITS: usize = PublicKey::MIN_SIZE;

/// The largest modulus, in bits.
pub const MAX_BITS: usize = PublicKey::MAX_SIZE;

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_RSA,
    complete,
    parse,
    to_pkcs8: Some(to_pkcs8),
    from_pkcs8: Some(from_pkcs8),
    fixed_length: None,
}];

/// An RSA key. Operations clone the `Arc`, never the numbers.
pub type RsaKey = Half<Arc<Public>, Arc<Private>>;

/// A public key, ready for use.
pub struct Public {
    /// The modulus.
    pub modulus: Modulus,
    operation: engine::rsa::Public,
}

/// A private key, ready for use.
pub struct Private {
    /// The modulus.
    pub modulus: Modulus,
    /// SHA-256 of the private exponent, as long as the modulus: what implicit rejection needs
    /// (draft-irtf-cfrg-rsa-guidance, section 7.2).
    pub exponent_hash: Zeroizing<Vec<u8>>,
    operation: engine::rsa::Private,
}

/// A modulus as bytes, without zeros in front.
pub struct Modulus(Vec<u8>);

impl RsaKey {
    /// The length of the modulus in bits.
    pub fn bits(&self) -> usize {
        match self {
            Self::Public(key) => key.modulus.bits(),
            Self::Private(key) => key.modulus.bits(),
        }
    }
}

impl Public {
    /// Makes the numbers ready.
    pub fn new(key: &PublicKey) -> Result<Self> {
        Ok(Self { modulus: Modulus::of(key), operation: engine::rsa::Public::new(key)? })
    }

    /// RSAEP and RSAVP1 (RFC 8017, section 5) of a [`Modulus::representative`]: k bytes.
    pub fn apply(&self, representative: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.operation.apply(representative)
    }
}

impl Private {
    fn new(key: &PrivateKey) -> Result<Self> {
        let modulus = Modulus::of(key);
        let exponent = Zeroizing::new(key.d().to_be_bytes());
        let exponent = modulus.padded(strip_zeros(&exponent)).ok_or(Error::GeneralError)?;
        let exponent_hash = Hash::Sha256.of(&[&exponent]);
        Ok(Self { modulus, exponent_hash, operation: engine::rsa::Private::new(key)? })
    }

    /// RSADP and RSASP1 of a [`Modulus::representative`]: k bytes.
    pub fn apply(&self, representative: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.operation.apply(representative)
    }
}

impl Modulus {
    fn of(key: &impl PublicKeyParts) -> Self {
        Self(strip_zeros(&key.n().to_be_bytes()).to_vec())
    }

    /// Its length in bits.
    pub fn bits(&self) -> usize {
        self.0.len() * 8 - self.0.first().map_or(0, |first| first.leading_zeros() as usize)
    }

    /// Its length in bytes, k.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// Whether 1 < number < n - 1 (SP 800-56B, section 7.2.1), of a [`Self::representative`]: the others are the same encrypted and
    /// plain.
    pub fn has_inside(&self, number: &[u8]) -> bool {
        let (Some((last, front)), Some((last_of_n, front_of_n))) = (number.split_last(), self.0.split_last()) else {
            return false;
        };
        let tiny = *last <= 1 && front.iter().all(|byte| *byte == 0);
        // The modulus is odd.
        let greatest = front == front_of_n && *last == last_of_n & !1;
        !tiny && !greatest
    }

    /// The number in these bytes, as k bytes; `None` unless it is smaller than the modulus. The time depends only on how
    /// many bytes there are.
    pub fn representative(&self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let number = self.padded(bytes)?;
        // Subtracts, for the last borrow.
        let borrow = number.iter().zip(&self.0).rev().fold(0, |borrow, (byte, modulus)| {
            u16::from(*byte).wrapping_sub(u16::from(*modulus)).wrapping_sub(borrow) >> 15
        });
        (borrow == 1).then_some(number)
    }

    /// Bytes behind as many zeros as make them k; `None` if they are more, and not only by zeros.
    fn padded(&self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let excess = bytes.len().saturating_sub(self.size());
        let (front, bytes) = bytes.split_at_checked(excess)?;
        if front.iter().fold(0, |sum, byte| sum | byte) != 0 {
            return None;
        }
        let mut padded = Zeroizing::new(vec![0; self.size()]);
        padded.get_mut(self.size() - bytes.len()..)?.copy_from_slice(bytes);
        Some(padded)
    }
}

/// What a new pair contributes to its public and to its private object.
pub fn contributions(key: &PrivateKey) -> Result<(Contribution, Contribution)> {
    let public = vec![(CKA_MODULUS, number(key.n())), (CKA_PUBLIC_EXPONENT, number(key.e()))];
    Ok((public.clone(), [public, private_numbers(key)?].concat()))
}

/// A number that is `AttributeValueInvalid` by itself is told apart from numbers that do not belong together, which
/// are `TemplateInconsistent` (section 4.1.1, "Creating objects").
fn complete(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    let public = public_key(attributes)?;
    if class == CKO_PRIVATE_KEY {
        let key = private_key(attributes)?;
        for (attribute, value) in private_numbers(&key)? {
            let given = attributes.get(&attribute).filter(|_| is_given(attributes, attribute));
            if given.is_some_and(|given| *given != value) {
                return Err(Error::TemplateInconsistent);
            }
            attributes.insert(attribute, value);
        }
        check_pair(&key)?;
    } else {
        attributes.insert(CKA_MODULUS_BITS, Value::Ulong(public.n().bit_width().into()));
    }
    let info = public.to_public_key_der().map_err(|_| Error::GeneralError)?;
    attributes.insert(CKA_PUBLIC_KEY_INFO, Value::bytes(info));
    Ok(())
}

fn parse(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let key = match class {
        CKO_PRIVATE_KEY => RsaKey::Private(Arc::new(Private::new(&private_key(attributes)?)?)),
        _ => RsaKey::Public(Arc::new(Public::new(&public_key(attributes)?)?)),
    };
    Ok(Key::Rsa(key))
}

fn to_pkcs8(attributes: &Attributes) -> Result<Zeroizing<Vec<u8>>> {
    let document = private_key(attributes)?.to_pkcs8_der().map_err(|_| Error::GeneralError)?;
    Ok(document.to_bytes())
}

fn from_pkcs8(info: &pkcs8::PrivateKeyInfoRef<'_>) -> Result<Contribution> {
    let invalid = Error::WrappedKeyInvalid;
    info.algorithm.assert_algorithm_oid(pkcs1::ALGORITHM_OID).map_err(|_| invalid)?;
    let key = RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).map_err(|_| invalid)?;
    if key.other_prime_infos.is_some() {
        return Err(invalid);
    }
    let contribution: Contribution = [
        (CKA_MODULUS, key.modulus),
        (CKA_PUBLIC_EXPONENT, key.public_exponent),
        (CKA_PRIVATE_EXPONENT, key.private_exponent),
        (CKA_PRIME_1, key.prime1),
        (CKA_PRIME_2, key.prime2),
        (CKA_EXPONENT_1, key.exponent1),
        (CKA_EXPONENT_2, key.exponent2),
        (CKA_COEFFICIENT, key.coefficient),
    ]
    .into_iter()
    .map(|(attribute, number)| (attribute, Value::big_integer(number.as_bytes())))
    .collect();
    // Checked here too, because what is wrong within is wrong with the wrapped key and not with the caller's template.
    complete(CKO_PRIVATE_KEY, &mut contribution.iter().cloned().collect()).map_err(|_| invalid)?;
    Ok(contribution)
}

/// The public half; sizes are bounded before anything is computed.
fn public_key(attributes: &Attributes) -> Result<PublicKey> {
    let invalid = Error::AttributeValueInvalid;
    let (n, e) = (attributes.required(CKA_MODULUS)?, attributes.required(CKA_PUBLIC_EXPONENT)?);
    // An exponent of more than 33 bits is refused by the crate: it would make verification a burden of any size.
    if n.len() > MAX_BITS / 8 || e.len() > size_of::<u64>() {
        return Err(invalid);
    }
    let number = BoxedUint::from_be_slice_vartime;
    PublicKey::new_with_size_limits(number(n), number(e), MIN_BITS..=MAX_BITS).map_err(|_| invalid)
}

/// The private key of n, e, d, and p and q or neither. d·e ≡ 1 modulo p-1 and q-1, and n = p·q, are checked.
fn private_key(attributes: &Attributes) -> Result<PrivateKey> {
    let public = public_key(attributes)?;
    // Nothing in a private key is longer than its modulus.
    let number = |attribute| {
        BoxedUint::from_be_slice(attributes.required(attribute)?, public.n_bits_precision())
            .map_err(|_| Error::TemplateInconsistent)
    };
    let d = number(CKA_PRIVATE_EXPONENT)?;
    let primes = match [CKA_PRIME_1, CKA_PRIME_2].map(|prime| is_given(attributes, prime)) {
        [true, true] => vec![number(CKA_PRIME_1)?, number(CKA_PRIME_2)?],
        // The crate finds the primes by SP 800-56B, appendix C.2, which works for these exponents only.
        [false, false] if *public.e() > BoxedUint::from(1u64 << 16) => Vec::new(),
        _ => return Err(Error::TemplateIncomplete),
    };
    PrivateKey::from_components(public.n().as_ref().clone(), public.e().clone(), d, primes)
        .map_err(|_| Error::TemplateInconsistent)
}

/// Whether a number is there; 0, which is empty, is none.
fn is_given(attributes: &Attributes, attribute: CK_ATTRIBUTE_TYPE) -> bool {
    attributes.required(attribute).is_ok()
}

/// The secret numbers of the table, each in the standard's form.
fn private_numbers(key: &PrivateKey) -> Result<Contribution> {
    let (Some(dp), Some(dq), Some(qinv), [p, q]) = (key.dp(), key.dq(), key.crt_coefficient(), key.primes()) else {
        return Err(Error::GeneralError);
    };
    let qinv = Zeroizing::new(qinv);
    Ok(vec![
        (CKA_PRIVATE_EXPONENT, number(key.d())),
        (CKA_PRIME_1, number(p)),
        (CKA_PRIME_2, number(q)),
        (CKA_EXPONENT_1, number(dp)),
        (CKA_EXPONENT_2, number(dq)),
        (CKA_COEFFICIENT, number(&qinv)),
    ])
}

fn number(value: &BoxedUint) -> Value {
    Value::big_integer(&*Zeroizing::new(value.to_be_bytes()))
}

/// The private operation must undo the public one. What has passed the other checks can fail this one only if its
/// "primes" are composite.
fn check_pair(key: &PrivateKey) -> Result<()> {
    let (public, private) = (Public::new(key.as_public_key())?, Private::new(key)?);
    // One byte shorter than the modulus, so that it is smaller.
    let value = random::secret(key.size().saturating_sub(1))?;
    let value = public.modulus.representative(&value).ok_or(Error::GeneralError)?;
    // Either engine fails if what comes out is wrong.
    let undone = private.apply(&public.apply(&value)?).map_err(|_| Error::TemplateInconsistent)?;
    if undone == value { Ok(()) } else { Err(Error::TemplateInconsistent) }
}
