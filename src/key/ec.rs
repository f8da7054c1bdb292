//! Keys on short Weierstrass curves (section 6.3.3, "Short Weierstrass Elliptic Curve public key objects", and 6.3.6).

pub mod curves;
pub mod encoding;

use super::half::Half;
use super::{Key, KeyType};
use crate::engine::ec::{Private, Public};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Contribution, Read};
use cryptoki_sys::*;
use curves::{CURVES, Curve, EC_PUBLIC_KEY};
use der::Decode;
use der::asn1::ObjectIdentifier;
use encoding::{curve_in, point};
use sec1::{EcParameters, EcPrivateKey};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_EC,
    complete: |class, attributes| encoding::complete(CURVES, class, attributes),
    parse,
    to_pkcs8: Some(to_pkcs8),
    from_pkcs8: Some(from_pkcs8),
    fixed_length: None,
}];

/// A key on a short Weierstrass curve.
pub struct EcKey {
    /// Its curve.
    pub curve: &'static Curve,
    half: Half<Arc<dyn Public>, Arc<dyn Private>>,
}

impl EcKey {
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
            Half::Public(point.and_then(|point| curve.group.public(&point)).ok_or(Error::AttributeValueInvalid)?)
        }
        CKO_PRIVATE_KEY => Half::Private(private_in(curve, attributes)?),
        _ => return Err(Error::KeyTypeInconsistent),
    };
    Ok(Key::Ec(EcKey { curve, half }))
}

fn private_in(curve: &Curve, attributes: &Attributes) -> Result<Arc<dyn Private>> {
    curve.group.private(attributes.required(CKA_VALUE)?).ok_or(Error::AttributeValueInvalid)
}

/// An `ECPrivateKey` (RFC 5915) with the public key and without the parameters, which are outside (section 6.7).
fn to_pkcs8(attributes: &Attributes) -> Result<Zeroizing<Vec<u8>>> {
    let curve = curve_in(CURVES, attributes)?;
    let private = private_in(curve, attributes)?;
    let (value, point) = (private.value(), private.point());
    let key = EcPrivateKey { private_key: &value, parameters: None, public_key: Some(&point) };
    encoding::to_pkcs8(curve, &encoding::secret_der(&key)?)
}

/// The parameters may stand outside, inside, or in both places with the same curve.
fn from_pkcs8(info: &pkcs8::PrivateKeyInfoRef<'_>) -> Result<Contribution> {
    let invalid = Error::WrappedKeyInvalid;
    if info.algorithm.oid != EC_PUBLIC_KEY {
        return Err(invalid);
    }
    let key = EcPrivateKey::from_der(info.private_key.as_bytes()).map_err(|_| invalid)?;
    let inside = key.parameters.and_then(EcParameters::named_curve);
    let outside = info.algorithm.parameters.map(ObjectIdentifier::try_from).transpose().map_err(|_| invalid)?;
    let oid = match (outside, inside) {
        (Some(outside), Some(inside)) if outside != inside => return Err(invalid),
        (outside, inside) => outside.or(inside).ok_or(invalid)?,
    };
    let curve = encoding::curve_of(CURVES, &encoding::der(&oid)?)?;
    encoding::from_pkcs8(curve, info, key.private_key, key.public_key)
}
