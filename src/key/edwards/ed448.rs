//! Ed448 and Ed448ph (RFC 8032, section 5.2).

use super::{Group, Private, Public, Scheme};
use crate::error::{Error, Result};
use ed448_goldilocks::elliptic_curve::Group as _;
use ed448_goldilocks::{PUBLIC_KEY_LENGTH, PreHasherXof, SECRET_KEY_LENGTH, SIGNATURE_LENGTH};
use ed448_goldilocks::{Signature, SigningKey, VerifyingKey};
use shake::Shake256;
use shake::digest::Update;
use std::sync::Arc;

pub(super) struct Ed448;

impl Group for Ed448 {
    fn public(&self, point: &[u8]) -> Option<Arc<dyn Public>> {
        Some(Arc::new(canonical(point)?))
    }

    fn private(&self, value: &[u8]) -> Option<Arc<dyn Private>> {
        (value.len() == SECRET_KEY_LENGTH).then_some(())?;
        Some(Arc::new(SigningKey::try_from(value).ok()?))
    }
}

impl Public for VerifyingKey {
    fn point(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }

    fn verify(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> Result<()> {
        if signature.len() != SIGNATURE_LENGTH {
            return Err(Error::SignatureLenRange);
        }
        let signature = Signature::try_from(signature).map_err(|_| Error::SignatureInvalid)?;
        canonical(signature.r_bytes()).ok_or(Error::SignatureInvalid)?;
        let verified = if scheme.prehash {
            self.verify_prehashed(&signature, Some(&scheme.context), prehashed(message))
        } else {
            self.verify_ctx(&signature, &scheme.context, message)
        };
        verified.map_err(|_| Error::SignatureInvalid)
    }
}

impl Private for SigningKey {
    fn point(&self) -> Vec<u8> {
        self.verifying_key().to_bytes().to_vec()
    }

    fn sign(&self, scheme: &Scheme, message: &[u8]) -> Result<Vec<u8>> {
        let signature = if scheme.prehash {
            self.sign_prehashed(Some(&scheme.context), prehashed(message))
        } else {
            self.sign_ctx(&scheme.context, message)
        };
        Ok(signature.map_err(|_| Error::MechanismParamInvalid)?.to_bytes().to_vec())
    }
}

/// A point in its one encoding (RFC 8032, section 5.2.2), of the prime order. The crate sees to the order, but takes more
/// encodings than one.
fn canonical(encoded: &[u8]) -> Option<VerifyingKey> {
    let encoded = <&[u8; PUBLIC_KEY_LENGTH]>::try_from(encoded).ok()?;
    let key = VerifyingKey::from_bytes(encoded).ok()?;
    let point = key.to_edwards();
    (point.to_affine().compress().as_bytes() == encoded && !bool::from(point.is_identity())).then_some(key)
}

/// PH of RFC 8032, section 5.2: SHAKE256, of which the crate takes 64 bytes.
fn prehashed(message: &[u8]) -> PreHasherXof<Shake256> {
    Shake256::default().chain(message).into()
}
