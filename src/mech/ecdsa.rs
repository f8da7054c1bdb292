//! ECDSA and the key pairs of the short Weierstrass curves (PKCS#11 3.2, section 6.3: "Elliptic Curve key pair
//! generation", "ECDSA without hashing", "ECDSA with hashing").

use super::digest::{HashThen, HashThenVerify};
use super::{Mechanism, Params};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::ec::EcKey;
use crate::key::ec::curves::CURVES;
use crate::key::ec::encoding::{curve_in, generated};
use crate::object::template::Attributes;
use crate::object::template::Contribution;
use crate::op::{Gather, GatherVerify, Sign, Verify, write};
use cryptoki_sys::*;
use std::sync::Arc;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_EC_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS).generates_pairs(generate),
    row(CKM_ECDSA).signs(sign, verify).one_part(),
    row(CKM_ECDSA_SHA1).hash(Hash::Sha1).signs(sign, verify),
    row(CKM_ECDSA_SHA224).hash(Hash::Sha224).signs(sign, verify),
    row(CKM_ECDSA_SHA256).hash(Hash::Sha256).signs(sign, verify),
    row(CKM_ECDSA_SHA384).hash(Hash::Sha384).signs(sign, verify),
    row(CKM_ECDSA_SHA512).hash(Hash::Sha512).signs(sign, verify),
    row(CKM_ECDSA_SHA3_224).hash(Hash::Sha3_224).signs(sign, verify),
    row(CKM_ECDSA_SHA3_256).hash(Hash::Sha3_256).signs(sign, verify),
    row(CKM_ECDSA_SHA3_384).hash(Hash::Sha3_384).signs(sign, verify),
    row(CKM_ECDSA_SHA3_512).hash(Hash::Sha3_512).signs(sign, verify),
];

/// The fields of the smallest and the largest curve, in bits.
pub(super) const SIZES: (CK_ULONG, CK_ULONG) = (192, 521);

/// What the mechanisms of these curves take: prime fields, curves by OID or name, points in both forms.
pub(super) const FLAGS: CK_FLAGS = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_UNCOMPRESS | CKF_EC_COMPRESS;

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).key_pairs(&[CKK_EC], SIZES.0, SIZES.1).flags(FLAGS)
}

fn generate(
    mechanism: &Mechanism,
    _: &Params,
    public: &Attributes,
    _: &Attributes,
) -> Result<(Contribution, Contribution)> {
    let curve = curve_in(CURVES, public)?;
    let key = match mechanism.id {
        CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS => curve.group.generate_with_extra_bits()?,
        _ => curve.group.generate()?,
    };
    generated(curve, &key.value())
}

fn ec_key(key: &Key) -> Result<&EcKey> {
    match key {
        Key::Ec(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

/// Without a hash the data is the digest, of any length ("ECDSA without hashing", table).
fn sign(mechanism: &Mechanism, _: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let key = Arc::clone(ec_key(key)?.private()?);
    let bound = key.signature_len();
    let end = move |digest: &[u8], out: &mut [u8]| write(out, &key.sign(digest)?);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThen::new(hash, bound, end)),
        None => Box::new(Gather::single(bound, end)),
    })
}

fn verify(mechanism: &Mechanism, _: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = Arc::clone(ec_key(key)?.public()?);
    let end = move |digest: &[u8], signature: &[u8]| key.verify(digest, signature);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThenVerify::new(hash, end)),
        None => Box::new(GatherVerify::single(end)),
    })
}
