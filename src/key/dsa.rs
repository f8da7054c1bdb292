//! DSA keys and domain parameters (PKCS#11 3.2, section 6.2; FIPS 186-4).

use super::group::Group;
use super::group::domain::Domain;
use super::half::Half;
use super::{Key, KeyType, oid};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Read};
use crypto_bigint::{BoxedUint, Resize};
use cryptoki_sys::*;
use dsa::{Components, SigningKey, VerifyingKey};
use std::sync::Arc;

/// The key types.
pub const TYPES: &[KeyType] = &[KeyType {
    id: CKK_DSA,
    complete: |class, attributes| DOMAIN.complete(class, attributes),
    parse,
    to_pkcs8: Some(|attributes| DOMAIN.to_pkcs8(attributes)),
    from_pkcs8: Some(|info| DOMAIN.from_pkcs8(info)),
    fixed_length: None,
}];

/// `Dss-Parms` (RFC 3279, section 2.3.2).
pub const DOMAIN: Domain = Domain {
    oid: oid("1.2.840.10040.4.1"),
    order: &[CKA_PRIME, CKA_SUBPRIME, CKA_BASE],
    optional: 0,
    fits: |group| SIZES.contains(&(group.bits(), group.order_bits().unwrap_or_default())),
};

/// The sizes of p and q in bits ("DSA Key Restrictions"). The smaller ones of earlier versions of FIPS 186 are not
/// supported.
pub const SIZES: [(usize, usize); 4] = [(1024, 160), (2048, 224), (2048, 256), (3072, 256)];

/// A DSA key.
pub type DsaKey = Half<Arc<VerifyingKey>, Arc<SigningKey>>;

impl DsaKey {
    /// The size of p in bits.
    pub fn bits(&self) -> usize {
        self.components().p().bit_width_vartime() as usize
    }

    /// The length of q, and of each half of a signature, in bytes.
    pub fn order_len(&self) -> usize {
        (self.components().q().bit_width_vartime() as usize).div_ceil(8)
    }

    fn components(&self) -> &Components {
        match self {
            Self::Public(key) => key.components(),
            Self::Private(key) => key.verifying_key().components(),
        }
    }
}

fn parse(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let invalid = Error::AttributeValueInvalid;
    let group = DOMAIN.group(attributes)?;
    let value = attributes.required(CKA_VALUE)?;
    Ok(Key::Dsa(match class {
        CKO_PUBLIC_KEY => DsaKey::Public(Arc::new(public(&group, group.element(value).ok_or(invalid)?)?)),
        CKO_PRIVATE_KEY => {
            let exponent = group.exponent(value).ok_or(invalid)?;
            let element = group.power(group.generator(), &exponent);
            let public = public(&group, group.element(&element).ok_or(invalid)?)?;
            let key = SigningKey::from_components(public, BoxedUint::clone(&exponent)).map_err(|_| invalid)?;
            DsaKey::Private(Arc::new(key))
        }
        _ => return Err(Error::KeyTypeInconsistent),
    }))
}

/// The crate wants p, g and y of the same width, and q no wider than it is.
fn public(group: &Group, element: BoxedUint) -> Result<VerifyingKey> {
    let failed = |_| Error::DomainParamsInvalid;
    let (p, g) = (group.modulus().clone(), group.generator().clone());
    let q = group.order().ok_or(Error::DomainParamsInvalid)?;
    let components = Components::from_components(p, q.resize(q.bit_width_vartime()), g).map_err(failed)?;
    VerifyingKey::from_components(components, element).map_err(failed)
}
