//! EdDSA and the Edwards key pairs (PKCS#11 3.2, section 6.3: "EdDSA", "Edwards Elliptic Curve key pair generation").

use super::{Contribution, Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::key::ec::encoding::{curve_in, generated};
use crate::key::edwards::{BITS, CURVES, EdwardsKey};
use crate::object::template::Attributes;
use crate::op::{Gather, GatherVerify, Sign, Verify, write};
use crate::random;
use cryptoki_sys::*;
use ed25519_dalek::ed25519::signature::Signer;
use ed25519_dalek::{SECRET_KEY_LENGTH, SIGNATURE_LENGTH, Signature};
use sha2::{Digest, Sha512};
use std::sync::Arc;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_EC_EDWARDS_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_EDDSA).params(Shape::Eddsa).signs(sign, verify),
];

/// The points of RFC 8032 are compressed ones.
const FLAGS: CK_FLAGS = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_COMPRESS;

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).key_pairs(&[CKK_EC_EDWARDS], BITS as CK_ULONG, BITS as CK_ULONG).flags(FLAGS)
}

fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    generated(curve_in(CURVES, public)?, &random::secret(SECRET_KEY_LENGTH)?)
}

/// The schemes of RFC 8032, section 5.1.
enum Scheme {
    Ed25519,
    /// With its context.
    Ed25519ph(Vec<u8>),
}

impl Scheme {
    /// By "Mapping to RFC 8032 Signature Schemes", with one exception: `CK_EDDSA_PARAMS` with neither pre-hash nor
    /// context means Ed25519 to the clients that send it, while Ed25519ctx is not to be used with an empty context
    /// (RFC 8032, section 8.3). Ed25519ctx proper is not there yet.
    fn of(params: &Params) -> Result<Self> {
        match params {
            Params::None => Ok(Self::Ed25519),
            Params::Eddsa { prehash: false, context } if context.is_empty() => Ok(Self::Ed25519),
            Params::Eddsa { prehash: true, context } if context.len() <= 255 => Ok(Self::Ed25519ph(context.clone())),
            _ => Err(Error::MechanismParamInvalid),
        }
    }
}

fn sign(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let scheme = Scheme::of(params)?;
    let Key::Edwards(EdwardsKey::Private(key)) = key else { return Err(Error::KeyTypeInconsistent) };
    let key = Arc::clone(key);
    Ok(Box::new(Gather::parts(SIGNATURE_LENGTH, move |message: &[u8], out: &mut [u8]| {
        let signature = match &scheme {
            Scheme::Ed25519 => key.sign(message),
            Scheme::Ed25519ph(context) => {
                let prehash = Sha512::new_with_prefix(message);
                key.sign_prehashed(prehash, Some(context)).map_err(|_| Error::MechanismParamInvalid)?
            }
        };
        write(out, &signature.to_bytes())
    })))
}

/// Verification is the crate's strict one: the equation without the cofactor, as FIPS 186-5 permits, and no point of
/// small order for R, so that no signature holds for two keys or two messages. Every signature that RFC 8032's
/// signing can make passes.
fn verify(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let scheme = Scheme::of(params)?;
    let Key::Edwards(EdwardsKey::Public(key)) = key else { return Err(Error::KeyTypeInconsistent) };
    let key = *key;
    Ok(Box::new(GatherVerify::parts(move |message: &[u8], signature: &[u8]| {
        let signature = Signature::from_slice(signature).map_err(|_| Error::SignatureLenRange)?;
        match &scheme {
            Scheme::Ed25519 => key.verify_strict(message, &signature),
            Scheme::Ed25519ph(context) => {
                key.verify_prehashed_strict(Sha512::new_with_prefix(message), Some(context), &signature)
            }
        }
        .map_err(|_| Error::SignatureInvalid)
    })))
}
