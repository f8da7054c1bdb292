//! EdDSA and the Edwards key pairs (PKCS#11 3.2, section 6.3: "EdDSA", "Edwards Elliptic Curve key pair generation").

use super::{Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::key::ec::encoding::{curve_in, generated};
use crate::key::edwards::{CURVES, EdwardsKey, SIZES, Scheme};
use crate::object::template::Attributes;
use crate::object::template::Contribution;
use crate::op::{Gather, GatherVerify, Sign, Verify, write};
use crate::random;
use cryptoki_sys::*;
use std::sync::Arc;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_EC_EDWARDS_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_EDDSA).params(Shape::Eddsa).signs(sign, verify),
];

/// The points of RFC 8032 are compressed ones.
const FLAGS: CK_FLAGS = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_COMPRESS;

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).key_pairs(&[CKK_EC_EDWARDS], SIZES.0, SIZES.1).flags(FLAGS)
}

fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    let curve = curve_in(CURVES, public)?;
    generated(curve, &random::secret(curve.length)?)
}

/// By "Mapping to RFC 8032 Signature Schemes", with two exceptions. `CK_EDDSA_PARAMS` with neither pre-hash nor context
/// means Ed25519 to the clients that send it, while Ed25519ctx is not to be used with an empty context (RFC 8032,
/// section 8.3). No parameter means Ed448 without a context too, for there is no other pure mode ("for curves according to
/// RFC 8410").
fn scheme(params: &Params) -> Result<Scheme> {
    match params {
        Params::None => Ok(Scheme { prehash: false, context: Vec::new() }),
        Params::Eddsa { prehash, context } if context.len() <= 255 => {
            Ok(Scheme { prehash: *prehash, context: context.clone() })
        }
        _ => Err(Error::MechanismParamInvalid),
    }
}

fn sign(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let (scheme, key) = (scheme(params)?, edwards(key)?);
    let (bound, key) = (2 * key.curve.length, Arc::clone(key.private()?));
    Ok(Box::new(Gather::parts(bound, move |message: &[u8], out: &mut [u8]| write(out, &key.sign(&scheme, message)?))))
}

fn verify(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let (scheme, key) = (scheme(params)?, Arc::clone(edwards(key)?.public()?));
    Ok(Box::new(GatherVerify::parts(move |message: &[u8], signature: &[u8]| key.verify(&scheme, message, signature))))
}

fn edwards(key: &Key) -> Result<&EdwardsKey> {
    match key {
        Key::Edwards(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}
