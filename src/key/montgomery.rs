//! Montgomery keys (section 6.3.7, "Montgomery Elliptic Curve public key objects", and 6.3.8): X25519.

use super::ec::encoding::{self, Names, curve_in};
use super::{Key, KeyType};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Read, Value};
use cryptoki_sys::*;
use der::asn1::ObjectIdentifier;
use spki::AlgorithmIdentifier;
use x25519_dalek::{PublicKey, StaticSecret, x25519};
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

/// `id-X25519` (RFC 8410).
const ID_X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");

/// The curves.
pub const CURVES: &[Curve] = &[Curve(Names {
    // The second is GnuPG's, which older clients know it by.
    oids: &[ID_X25519, ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3029.1.5.1")],
    printable: &["curve25519", "X25519"],
    // What pkcs11-tool of OpenSC 0.23 sends: the length is one too many.
    misspelt: &[b"\x13\x0bcurve25519"],
})];

/// The size of the field in bits.
pub const BITS: usize = 255;

/// The length of every value in bytes.
pub const LENGTH: usize = 32;

/// X25519.
pub struct Curve(Names);

impl Curve {
    /// Diffie-Hellman with a peer's public value; `None` if it is no value or of small order, so that the result would
    /// be zero whatever the secret (RFC 7748, section 6.1).
    pub fn agree(&self, secret: &StaticSecret, peer: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let peer = <[u8; LENGTH]>::try_from(peer).ok()?;
        let shared = secret.diffie_hellman(&PublicKey::from(peer));
        shared.was_contributory().then(|| Zeroizing::new(shared.as_bytes().to_vec()))
    }
}

impl encoding::Curve for Curve {
    fn names(&self) -> &Names {
        &self.0
    }

    fn is_point_len(&self, length: usize) -> bool {
        length == LENGTH
    }

    /// Every string of 32 bytes is a public value (RFC 7748, section 5) but those of small order, which any secret takes
    /// to zero.
    fn canonical_point(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        let point = encoded.try_into().ok()?;
        (x25519([1; LENGTH], point) != [0; LENGTH]).then(|| encoded.to_vec())
    }

    fn private(&self, value: &[u8]) -> Option<(Value, Vec<u8>)> {
        let secret = StaticSecret::from(<[u8; LENGTH]>::try_from(value).ok()?);
        Some((Value::bytes(value), PublicKey::from(&secret).to_bytes().to_vec()))
    }

    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier> {
        AlgorithmIdentifier { oid: ID_X25519, parameters: None }
    }
}

/// An X25519 key.
pub struct MontgomeryKey {
    /// Its curve.
    pub curve: &'static Curve,
    half: Half,
}

enum Half {
    /// There is nothing to be done with a public key itself; peers' are given by value.
    Public,
    Private(StaticSecret),
}

impl MontgomeryKey {
    /// The size of the field in bits.
    pub fn bits(&self) -> usize {
        BITS
    }

    /// The private key; `KeyTypeInconsistent` if it is a public one.
    pub fn private(&self) -> Result<&StaticSecret> {
        match &self.half {
            Half::Private(key) => Ok(key),
            Half::Public => Err(Error::KeyTypeInconsistent),
        }
    }
}

fn parse(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let curve = curve_in(CURVES, attributes)?;
    let half = match class {
        CKO_PUBLIC_KEY => Half::Public,
        CKO_PRIVATE_KEY => {
            let value = <[u8; LENGTH]>::try_from(attributes.required(CKA_VALUE)?);
            Half::Private(StaticSecret::from(value.map_err(|_| Error::AttributeValueInvalid)?))
        }
        _ => return Err(Error::KeyTypeInconsistent),
    };
    Ok(Key::Montgomery(MontgomeryKey { curve, half }))
}
