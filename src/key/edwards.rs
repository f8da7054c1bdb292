//! Edwards keys (section 6.3.5, "Edwards Elliptic Curve public key objects", and 6.3.6): Ed25519 and Ed448.

mod ed25519;
mod ed448;

use super::ec::encoding::{self, Names, curve_in, point};
use super::half::Half;
use super::{Key, KeyType, oid};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Read, Value};
use cryptoki_sys::*;
use der::asn1::ObjectIdentifier;
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

/// The curves. The identifiers are those of RFC 8410, and GnuPG's, which older clients know Ed25519 by.
pub const CURVES: &[Curve] = &[
    Curve {
        names: Names {
            oids: &[ID_ED25519, oid("1.3.6.1.4.1.11591.15.1")],
            printable: &["edwards25519", "Ed25519"],
            misspelt: &[],
        },
        id: ID_ED25519,
        bits: 255,
        length: 32,
        group: &ed25519::Ed25519,
    },
    Curve {
        names: Names { oids: &[ID_ED448], printable: &["edwards448", "Ed448"], misspelt: &[] },
        id: ID_ED448,
        bits: 448,
        length: 57,
        group: &ed448::Ed448,
    },
];

/// The fields of the smallest and the largest curve, in bits.
pub const SIZES: (CK_ULONG, CK_ULONG) = (255, 448);

/// `id-Ed25519` (RFC 8410).
const ID_ED25519: ObjectIdentifier = oid("1.3.101.112");
/// `id-Ed448` (RFC 8410).
const ID_ED448: ObjectIdentifier = oid("1.3.101.113");

/// A curve of RFC 8032.
pub struct Curve {
    names: Names,
    id: ObjectIdentifier,
    bits: usize,
    /// The length of a private value, of a point, and of each half of a signature, in bytes.
    pub length: usize,
    group: &'static dyn Group,
}

impl encoding::Curve for Curve {
    fn names(&self) -> &Names {
        &self.names
    }

    fn is_point_len(&self, length: usize) -> bool {
        length == self.length
    }

    fn canonical_point(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        self.group.public(encoded).map(|_| encoded.to_vec())
    }

    fn private(&self, value: &[u8]) -> Option<(Value, Vec<u8>)> {
        Some((Value::bytes(value), self.group.private(value)?.point()))
    }

    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier> {
        AlgorithmIdentifier { oid: self.id, parameters: None }
    }
}

/// What is needed of a curve's group.
trait Group: Send + Sync {
    /// A public key; `None` for what is not the one encoding of a point (RFC 8032 has one for each), and for points of
    /// small order: they make signatures that hold for any message.
    fn public(&self, point: &[u8]) -> Option<Arc<dyn Public>>;

    /// A private key; `None` for a wrong length.
    fn private(&self, value: &[u8]) -> Option<Arc<dyn Private>>;
}

/// A signature scheme of RFC 8032.
pub struct Scheme {
    /// Whether the message is hashed before it is signed: Ed25519ph, Ed448ph.
    pub prehash: bool,
    /// Up to 255 bytes. Ed25519 has none, Ed25519ctx has some.
    pub context: Vec<u8>,
}

/// A public key.
pub trait Public: Send + Sync {
    /// Its point.
    fn point(&self) -> Vec<u8>;

    /// `SignatureLenRange`, `SignatureInvalid`.
    fn verify(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> Result<()>;
}

/// A private key.
pub trait Private: Send + Sync {
    /// Its public point.
    fn point(&self) -> Vec<u8>;

    /// A signature.
    fn sign(&self, scheme: &Scheme, message: &[u8]) -> Result<Vec<u8>>;
}

/// An Edwards key.
pub struct EdwardsKey {
    /// Its curve.
    pub curve: &'static Curve,
    half: Half<Arc<dyn Public>, Arc<dyn Private>>,
}

impl EdwardsKey {
    /// The size of the field in bits.
    pub fn bits(&self) -> usize {
        self.curve.bits
    }

    /// The public key; `KeyTypeInconsistent` if it is a private one.
    pub fn public(&self) -> Result<&Arc<dyn Public>> {
        self.half.public()
    }

    /// The private key; `KeyTypeInconsistent` if it is a public one.
    pub fn private(&self) -> Result<&Arc<dyn Private>> {
        self.half.private()
    }
}

fn parse(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let curve = curve_in(CURVES, attributes)?;
    let half = match class {
        CKO_PUBLIC_KEY => {
            let point = point(curve, attributes.required(CKA_EC_POINT)?);
            point.and_then(|point| curve.group.public(&point)).map(Half::Public)
        }
        CKO_PRIVATE_KEY => curve.group.private(attributes.required(CKA_VALUE)?).map(Half::Private),
        _ => return Err(Error::KeyTypeInconsistent),
    };
    Ok(Key::Edwards(EdwardsKey { curve, half: half.ok_or(Error::AttributeValueInvalid)? }))
}
