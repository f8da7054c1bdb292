//! What a fault in a computation must not let out. Faults cannot be had through the C interface, so these tests call the library's
//! parts in Rust, with keys that compute wrongly.

use cryptoki_sys::*;
use ferrotoken::engine::rustcrypto;
use ferrotoken::error::Error;
use ferrotoken::key::{self, Key, pair};
use ferrotoken::mech::{self, Params};
use ferrotoken::object::template::{Attributes, Value};
use ferrotoken::random;
use rsa::{BoxedUint, PrivateKey};

#[path = "rsa_keys/wrong.rs"]
mod wrong;

/// A key whose p is a product: it passes every check but that of its results, as a key does of which one half is computed wrongly.
fn wrong_key() -> PrivateKey {
    let number = |digits: &str| {
        let bytes: Vec<u8> = digits.as_bytes().chunks(2).map(hex_byte).collect();
        BoxedUint::from_be_slice_vartime(&bytes)
    };
    let [n, e, d, p, q] = [wrong::N, wrong::E, wrong::D, wrong::P, wrong::Q].map(number);
    PrivateKey::from_components(n, e, d, vec![p, q]).unwrap()
}

fn hex_byte(pair: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
}

/// The greatest common divisor of a right and a wrong result's difference with the modulus is a prime factor (Boneh, DeMillo,
/// Lipton 1997): one wrong signature gives the key away.
#[test]
fn neither_engine_lets_a_wrong_rsa_result_leave() {
    let key = wrong_key();
    let other = rustcrypto::rsa::Private::new(&key).unwrap();
    #[cfg(feature = "aws-lc")]
    let fast = ferrotoken::engine::awslc::rsa::Private::new(&key).unwrap();
    for _ in 0..20 {
        let number = [&[0][..], &random::secret(127).unwrap()].concat();
        assert!(matches!(other.apply(&number), Err(Error::DeviceError)));
        #[cfg(feature = "aws-lc")]
        assert!(matches!(fast.apply(&number), Err(Error::DeviceError)));
    }
}

const P256: &[u8] = &[6, 8, 42, 134, 72, 206, 61, 3, 1, 7];
const SECP256K1: &[u8] = &[6, 5, 43, 129, 4, 0, 10];
const ED25519: &[u8] = &[6, 3, 43, 101, 112];
const ED448: &[u8] = &[6, 3, 43, 101, 113];
const X25519: &[u8] = &[6, 3, 43, 101, 110];
const X448: &[u8] = &[6, 3, 43, 101, 111];

fn make(kind: CK_MECHANISM_TYPE, key_type: CK_KEY_TYPE, parameters: &(CK_ATTRIBUTE_TYPE, Value)) -> [Key; 2] {
    let row = mech::find(kind).unwrap();
    let template: Attributes = [parameters.clone(), (CKA_KEY_TYPE, Value::Ulong(key_type))].into_iter().collect();
    let (public, private) = row.generate_pair.unwrap()(row, &Params::None, &template, &template).unwrap();
    let key = |class, contribution| {
        let mut attributes = template.clone();
        attributes.extend(contribution);
        let key_type = key::find(key_type).unwrap();
        (key_type.complete)(class, &mut attributes).unwrap();
        (key_type.parse)(class, &attributes).unwrap()
    };
    [key(CKO_PUBLIC_KEY, public), key(CKO_PRIVATE_KEY, private)]
}

#[test]
fn halves_that_do_not_belong_together_are_no_pair() {
    let curve = |oid: &[u8]| (CKA_EC_PARAMS, Value::bytes(oid));
    let set = |number| (CKA_PARAMETER_SET, Value::Ulong(number));
    for (mechanism, key_type, parameters) in [
        (CKM_EC_KEY_PAIR_GEN, CKK_EC, curve(P256)),
        (CKM_EC_KEY_PAIR_GEN, CKK_EC, curve(SECP256K1)),
        (CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, curve(ED25519)),
        (CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, curve(ED448)),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKK_EC_MONTGOMERY, curve(X25519)),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKK_EC_MONTGOMERY, curve(X448)),
        (CKM_ML_KEM_KEY_PAIR_GEN, CKK_ML_KEM, set(CKP_ML_KEM_512)),
        (CKM_ML_KEM_KEY_PAIR_GEN, CKK_ML_KEM, set(CKP_ML_KEM_768)),
        (CKM_ML_DSA_KEY_PAIR_GEN, CKK_ML_DSA, set(CKP_ML_DSA_44)),
        (CKM_ML_DSA_KEY_PAIR_GEN, CKK_ML_DSA, set(CKP_ML_DSA_87)),
    ] {
        let [one, two] = [(); 2].map(|()| make(mechanism, key_type, &parameters));
        assert!(pair::check(&one[0], &one[1]).is_ok() && pair::check(&two[0], &two[1]).is_ok(), "{mechanism:#x}");
        assert!(matches!(pair::check(&one[0], &two[1]), Err(Error::DeviceError)), "{mechanism:#x}");
        assert!(matches!(pair::check(&two[0], &one[1]), Err(Error::DeviceError)), "{mechanism:#x}");
        assert!(pair::check(&one[1], &one[0]).is_err(), "{mechanism:#x}");
    }
}
