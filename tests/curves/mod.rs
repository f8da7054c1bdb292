//! What the tests of elliptic curves share: the curves, templates, encodings, and the openssl program as a second opinion.
#![allow(dead_code)] // Each test program uses a part.

use super::common::*;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A short Weierstrass curve.
pub struct Curve {
    /// As openssl and SEC 2 call it.
    pub name: &'static str,
    /// `CKA_EC_PARAMS`.
    pub params: &'static [u8],
    /// The length of a coordinate and of the order, in bytes.
    pub length: usize,
    pub order: &'static str,
}

pub const P224: Curve = Curve {
    name: "secp224r1",
    params: &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x21],
    length: 28,
    order: "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
};
pub const P256: Curve = Curve {
    name: "prime256v1",
    params: &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    length: 32,
    order: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
};
pub const K256: Curve = Curve {
    name: "secp256k1",
    params: &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a],
    length: 32,
    order: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
};
pub const P384: Curve = Curve {
    name: "secp384r1",
    params: &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22],
    length: 48,
    order: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
};
pub const P521: Curve = Curve {
    name: "secp521r1",
    params: &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23],
    length: 66,
    order: "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
};
pub const P192: Curve = Curve {
    name: "prime192v1",
    params: &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01],
    length: 24,
    order: "ffffffffffffffffffffffff99def836146bc9b1b4d22831",
};
pub const BP256R1: Curve = Curve {
    name: "brainpoolP256r1",
    params: &[0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
    length: 32,
    order: "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
};
pub const BP256T1: Curve = Curve {
    name: "brainpoolP256t1",
    params: &[0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x08],
    ..BP256R1
};
pub const BP384R1: Curve = Curve {
    name: "brainpoolP384r1",
    params: &[0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b],
    length: 48,
    order: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
};
pub const BP384T1: Curve = Curve {
    name: "brainpoolP384t1",
    params: &[0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0c],
    ..BP384R1
};
pub const CURVES: [Curve; 10] = [P192, P224, P256, K256, P384, P521, BP256R1, BP256T1, BP384R1, BP384T1];

/// `id-Ed25519`, `id-Ed448`, `id-X25519` and `id-X448` as `CKA_EC_PARAMS`.
pub const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
pub const ED448: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x71];
pub const X25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x6e];
pub const X448: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x6f];

/// The u coordinates of small order on Curve25519 and its twist (https://cr.yp.to/ecdh.html#validate).
pub const SMALL_ORDER: &[&str] = &[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// The base point of P-256, uncompressed.
pub const P256_POINT: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
     4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

pub fn public_template(kind: CK_KEY_TYPE, params: &[u8], point: &[u8]) -> Vec<Attribute> {
    vec![class(CKO_PUBLIC_KEY), key_type(kind), bytes(CKA_EC_PARAMS, params), bytes(CKA_EC_POINT, point)]
}

/// A private key that lets its value be read.
pub fn private_template(kind: CK_KEY_TYPE, params: &[u8], value: &[u8]) -> Vec<Attribute> {
    vec![
        class(CKO_PRIVATE_KEY),
        key_type(kind),
        bytes(CKA_EC_PARAMS, params),
        bytes(CKA_VALUE, value),
        no(CKA_SENSITIVE),
        yes(CKA_EXTRACTABLE),
    ]
}

pub fn pair(session: &Session, generator: CK_MECHANISM_TYPE, params: &[u8]) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let private = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    ok(session.generate_pair(&mech(generator), &[bytes(CKA_EC_PARAMS, params)], &private))
}

/// DER with a tag and a length of up to 255.
pub fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len() as u8;
    let header = if value.len() < 128 { vec![tag, length] } else { vec![tag, 0x81, length] };
    assert!(value.len() < 256);
    [header, value.to_vec()].concat()
}

pub fn octets(value: &[u8]) -> Vec<u8> {
    tlv(4, value)
}

/// r and s as the openssl program wants them.
pub fn to_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    tlv(0x30, &[integer(r), integer(s)].concat())
}

/// r and s of the same length out of DER; `None` unless it is strict.
pub fn from_der(signature: &[u8]) -> Option<Vec<u8>> {
    use der::{Decode, asn1::Uint};
    let integers = Vec::<Uint>::from_der(signature).ok()?;
    let [r, s] = &integers[..] else { return None };
    let (r, s) = (r.as_bytes(), s.as_bytes());
    let length = r.len().max(s.len());
    Some([padded(r, length), padded(s, length)].concat())
}

pub fn padded(integer: &[u8], length: usize) -> Vec<u8> {
    [vec![0; length - integer.len()], integer.to_vec()].concat()
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros.min(bytes.len() - 1)..];
    let sign = if bytes[0] >= 0x80 { vec![0] } else { vec![] };
    tlv(2, &[sign, bytes.to_vec()].concat())
}

/// The order minus this integer.
pub fn order_minus(curve: &Curve, integer: &[u8]) -> Vec<u8> {
    let mut borrow = 0i32;
    let mut result = hex(curve.order);
    for (digit, less) in result.iter_mut().zip(integer).rev() {
        let difference = i32::from(*digit) - i32::from(*less) - borrow;
        borrow = i32::from(difference < 0);
        *digit = difference.rem_euclid(256) as u8;
    }
    result
}

/// A directory for the files of one call of openssl.
pub struct Files(PathBuf);

impl Files {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ferrotoken-curves-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn write(&self, name: &str, contents: &[u8]) {
        fs::write(self.0.join(name), contents).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    /// Runs openssl in the directory; whether it succeeded, and its output.
    pub fn openssl(&self, arguments: &str) -> (bool, Vec<u8>) {
        let output = Command::new("openssl").current_dir(&self.0).args(arguments.split(' ')).output().unwrap();
        (output.status.success(), output.stdout)
    }

    pub fn openssl_must(&self, arguments: &str) -> Vec<u8> {
        let (success, output) = self.openssl(arguments);
        assert!(success, "openssl {arguments}");
        output
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
