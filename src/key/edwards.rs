//! Edwards keys (section 6.3.5, "Edwards Elliptic Curve public key objects", and 6.3.6): Ed25519.

use super::ec::encoding::{self, Names, curve_in, point};
use super::{Key, KeyType};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Read, Value};
use cryptoki_sys::*;
use der::asn1::ObjectIdentifier;
use ed25519_dalek::{SigningKey, VerifyingKey};
use spki::AlgorithmIdentifier;
use std::sync::Arc;

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_EC_EDWARDS,
    complete: |class, attributes| encoding::complete(CURVES, class, attributes),
    parse,
    to_pkcs8: Some(|attributes| encoding::bytes_to_pkcs8(CURVES, attributes)),
    from_pkcs8: Some(|info| encoding::bytes_from_pkcs8(CURVES, info)),
    fixed_length: None,
}];

/// `id-Ed25519` (RFC 8410).
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The curves.
pub const CURVES: &[Curve] = &[Curve(Names {
    // The second is GnuPG's, which older clients know it by.
    oids: &[ID_ED25519, ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.15.1")],
    printable: &["edwards25519", "Ed25519"],
    misspelt: &[],
})];

/// The size of the field in bits.
pub const BITS: usize = 255;

/// Ed25519.
pub struct Curve(Names);

impl encoding::Curve for Curve {
    fn names(&self) -> &Names {
        &self.0
    }

    fn is_point_len(&self, length: usize) -> bool {
        length == ed25519_dalek::PUBLIC_KEY_LENGTH
    }

    /// RFC 8032, section 5.1.3, has one encoding for each point, and the crate takes more. Points of small order make
    /// signatures that hold for any message.
    fn canonical_point(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        let key = VerifyingKey::from_bytes(encoded.try_into().ok()?).ok()?;
        let canonical = key.to_edwards().compress();
        (canonical.as_bytes() == encoded && !key.is_weak()).then(|| encoded.to_vec())
    }

    fn private(&self, value: &[u8]) -> Option<(Value, Vec<u8>)> {
        let key = SigningKey::from_bytes(value.try_into().ok()?);
        Some((Value::bytes(value), key.verifying_key().to_bytes().to_vec()))
    }

    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier> {
        AlgorithmIdentifier { oid: ID_ED25519, parameters: None }
    }
}

/// An Ed25519 key.
pub enum EdwardsKey {
    /// A public key.
    Public(VerifyingKey),
    /// A private key.
    Private(Arc<SigningKey>),
}

impl EdwardsKey {
    /// The size of the field in bits.
    pub fn bits(&self) -> usize {
        BITS
    }
}

fn parse(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let curve = curve_in(CURVES, attributes)?;
    let invalid = Error::AttributeValueInvalid;
    Ok(Key::Edwards(match class {
        CKO_PUBLIC_KEY => {
            let point = point(curve, attributes.required(CKA_EC_POINT)?).ok_or(invalid)?;
            let bytes = point[..].try_into().map_err(|_| invalid)?;
            EdwardsKey::Public(VerifyingKey::from_bytes(bytes).map_err(|_| invalid)?)
        }
        CKO_PRIVATE_KEY => {
            let seed = attributes.required(CKA_VALUE)?.try_into().map_err(|_| invalid)?;
            EdwardsKey::Private(Arc::new(SigningKey::from_bytes(seed)))
        }
        _ => return Err(Error::KeyTypeInconsistent),
    }))
}
