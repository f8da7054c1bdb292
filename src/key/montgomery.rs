//! Montgomery keys (section 6.3.7, "Montgomery Elliptic Curve public key objects", and 6.3.8): X25519 and X448.

use super::ec::encoding::{self, Names, curve_in, point};
use super::half::Half;
use super::{Key, KeyType, oid};
use crate::engine::curve25519;
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Read, Value};
use cryptoki_sys::*;
use der::asn1::ObjectIdentifier;
use spki::AlgorithmIdentifier;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_EC_MONTGOMERY,
    complete: |class, attributes| encoding::complete(CURVES, class, attributes),
    parse,
    to_pkcs8: Some(|attributes| encoding::bytes_to_pkcs8(CURVES, attributes)),
    from_pkcs8: Some(|info| encoding::bytes_from_pkcs8(CURVES, info)),
    fixed_length: None,
}];

/// The curves. The identifiers are those of RFC 8410, and GnuPG's, which older clients know X25519 by.
pub const CURVES: &[Curve] = &[
    Curve {
        names: Names {
            oids: &[ID_X25519, oid("1.3.6.1.4.1.3029.1.5.1")],
            printable: &["curve25519", "X25519"],
            // What pkcs11-tool of OpenSC 0.23 sends: the length is one too many.
            misspelt: &[b"\x13\x0bcurve25519"],
        },
        id: ID_X25519,
        bits: 255,
        length: 32,
        public: |private| Some(curve25519::x25519_public(private.as_array()?).to_vec()),
        multiply: |private, peer| {
            let shared = curve25519::x25519(private.as_array()?, peer.as_array()?);
            Some(Zeroizing::new(shared.to_vec()))
        },
    },
    Curve {
        names: Names { oids: &[ID_X448], printable: &["curve448", "X448"], misspelt: &[] },
        id: ID_X448,
        bits: 448,
        length: 56,
        public: |private| {
            let secret = x448::StaticSecret::from(*private.as_array()?);
            Some(x448::PublicKey::from(&secret).as_bytes().to_vec())
        },
        multiply: |private, peer| {
            let secret = x448::StaticSecret::from(*private.as_array()?);
            let shared = secret.diffie_hellman(&x448::PublicKey::from_bytes_unchecked(peer)?);
            Some(Zeroizing::new(shared.as_bytes().to_vec()))
        },
    },
];

/// The fields of the smallest and the largest curve, in bits.
pub const SIZES: (CK_ULONG, CK_ULONG) = (255, 448);

/// `id-X25519` (RFC 8410).
const ID_X25519: ObjectIdentifier = oid("1.3.101.110");
/// `id-X448` (RFC 8410).
const ID_X448: ObjectIdentifier = oid("1.3.101.111");

/// A curve of RFC 7748.
pub struct Curve {
    names: Names,
    id: ObjectIdentifier,
    bits: usize,
    /// The length of every value in bytes.
    pub length: usize,
    /// The public value of a private one; `None` for a wrong length.
    public: fn(&[u8]) -> Option<Vec<u8>>,
    /// The function of RFC 7748, section 5, of a private value and a public one; `None` for a wrong length.
    multiply: Multiply,
}

/// A multiplication of a public value by a private one.
type Multiply = fn(&[u8], &[u8]) -> Option<Zeroizing<Vec<u8>>>;

impl Curve {
    /// Diffie-Hellman with a peer's public value; `None` if it is no value or of small order, so that the result would
    /// be zero whatever the secret (RFC 7748, section 6).
    pub fn agree(&self, private: &[u8], peer: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let shared = (self.multiply)(private, peer)?;
        let zero = shared.ct_eq(&vec![0; shared.len()]);
        if zero.into() { None } else { Some(shared) }
    }
}

impl Curve {
    /// The public value of a private one; `None` for a wrong length.
    pub fn public_of(&self, private: &[u8]) -> Option<Vec<u8>> {
        (self.public)(private)
    }
}

impl encoding::Curve for Curve {
    fn names(&self) -> &Names {
        &self.names
    }

    fn is_point_len(&self, length: usize) -> bool {
        length == self.length
    }

    /// Every string of the right length is a public value (RFC 7748, section 5) but those of small order, which any
    /// secret takes to zero.
    fn canonical_point(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        self.agree(&vec![1; self.length], encoded).map(|_| encoded.to_vec())
    }

    fn private(&self, value: &[u8]) -> Option<(Value, Vec<u8>)> {
        Some((Value::bytes(value), (self.public)(value)?))
    }

    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier> {
        AlgorithmIdentifier { oid: self.id, parameters: None }
    }
}

/// A Montgomery key.
pub struct MontgomeryKey {
    /// Its curve.
    pub curve: &'static Curve,
    half: Half<Vec<u8>, Zeroizing<Vec<u8>>>,
}

impl MontgomeryKey {
    /// The size of the field in bits.
    pub fn bits(&self) -> usize {
        self.curve.bits
    }

    /// The public value; `KeyTypeInconsistent` if it is a private key.
    pub fn public(&self) -> Result<&[u8]> {
        self.half.public().map(Vec::as_slice)
    }

    /// The private value; `KeyTypeInconsistent` if it is a public key.
    pub fn private(&self) -> Result<&[u8]> {
        self.half.private().map(|value| value.as_slice())
    }
}

fn parse(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let curve = curve_in(CURVES, attributes)?;
    let half = match class {
        CKO_PUBLIC_KEY => {
            let point = point(curve, attributes.required(CKA_EC_POINT)?);
            Half::Public(point.ok_or(Error::AttributeValueInvalid)?)
        }
        CKO_PRIVATE_KEY => Half::Private(Zeroizing::new(attributes.required(CKA_VALUE)?.to_vec())),
        _ => return Err(Error::KeyTypeInconsistent),
    };
    Ok(Key::Montgomery(MontgomeryKey { curve, half }))
}
