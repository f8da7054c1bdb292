//! The short Weierstrass curves: one row each.

use super::encoding::{self, Names};
use crate::engine::ec::{self, Group};
use crate::key::oid;
use crate::object::template::Value;
use der::asn1::ObjectIdentifier;
use spki::AlgorithmIdentifier;

/// `id-ecPublicKey` (RFC 5480, section 2.1.1).
pub const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");

/// The curves (SEC 2, FIPS 186-4, RFC 5639). A curve registers here, and nowhere else.
pub const CURVES: &[Curve] = &[
    Curve {
        names: names(&[oid("1.2.840.10045.3.1.1")], &["secp192r1", "prime192v1", "P-192", "nistp192"]),
        bits: 192,
        group: ec::P192,
    },
    Curve { names: names(&[oid("1.3.132.0.33")], &["secp224r1", "P-224", "nistp224"]), bits: 224, group: ec::P224 },
    Curve {
        names: names(&[oid("1.2.840.10045.3.1.7")], &["secp256r1", "prime256v1", "P-256", "nistp256"]),
        bits: 256,
        group: ec::P256,
    },
    Curve { names: names(&[oid("1.3.132.0.10")], &["secp256k1"]), bits: 256, group: ec::SECP256K1 },
    Curve { names: names(&[oid("1.3.132.0.34")], &["secp384r1", "P-384", "nistp384"]), bits: 384, group: ec::P384 },
    Curve { names: names(&[oid("1.3.132.0.35")], &["secp521r1", "P-521", "nistp521"]), bits: 521, group: ec::P521 },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.7")], &["brainpoolP256r1"]),
        bits: 256,
        group: ec::BRAINPOOL_P256R1,
    },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.8")], &["brainpoolP256t1"]),
        bits: 256,
        group: ec::BRAINPOOL_P256T1,
    },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.11")], &["brainpoolP384r1"]),
        bits: 384,
        group: ec::BRAINPOOL_P384R1,
    },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.12")], &["brainpoolP384t1"]),
        bits: 384,
        group: ec::BRAINPOOL_P384T1,
    },
];

const fn names(oids: &'static [ObjectIdentifier], printable: &'static [&'static str]) -> Names {
    Names { oids, printable, misspelt: &[] }
}

/// A short Weierstrass curve over a prime field, with cofactor 1.
pub struct Curve {
    names: Names,
    /// The size of the field in bits.
    pub bits: usize,
    /// The arithmetic.
    pub group: &'static dyn Group,
}

impl encoding::Curve for Curve {
    fn names(&self) -> &Names {
        &self.names
    }

    fn is_point_len(&self, length: usize) -> bool {
        let field = self.bits.div_ceil(8);
        length == 1 + field || length == 1 + 2 * field
    }

    fn canonical_point(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        Some(self.group.public(encoded)?.point())
    }

    fn private(&self, value: &[u8]) -> Option<(Value, Vec<u8>)> {
        let private = self.group.private(value)?;
        Some((Value::big_integer(&*private.value()), private.point()))
    }

    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier> {
        AlgorithmIdentifier { oid: EC_PUBLIC_KEY, parameters: self.names.oids.first().copied() }
    }
}
