//! Diffie-Hellman keys and domain parameters, of PKCS #3 and of X9.42 (PKCS#11 3.2, section 6.4).

use super::group::domain::Domain;
use super::group::{Group, MAX_BITS, MIN_BITS};
use super::half::Half;
use super::{Key, KeyType, oid};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Read, Value, strip_zeros};
use crypto_bigint::BoxedUint;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The key types.
pub const TYPES: &[KeyType] = &[
    KeyType {
        id: CKK_DH,
        complete: complete_pkcs3,
        parse: |class, attributes| parse(&PKCS3, class, attributes),
        to_pkcs8: Some(|attributes| PKCS3.to_pkcs8(attributes)),
        from_pkcs8: Some(|info| PKCS3.from_pkcs8(info)),
        fixed_length: None,
    },
    KeyType {
        id: CKK_X9_42_DH,
        complete: |class, attributes| X942.complete(class, attributes),
        parse: |class, attributes| parse(&X942, class, attributes),
        to_pkcs8: Some(|attributes| X942.to_pkcs8(attributes)),
        from_pkcs8: Some(|info| X942.from_pkcs8(info)),
        fixed_length: None,
    },
];

/// `DHParameter` of PKCS #3. The length of private values may follow.
pub const PKCS3: Domain = Domain {
    oid: oid("1.2.840.113549.1.3.1"),
    order: &[CKA_PRIME, CKA_BASE],
    optional: 1,
    fits: |group| (MIN_BITS..=MAX_BITS).contains(&group.bits()),
};

/// `DomainParameters` of X9.42 (RFC 3279, section 2.3.3). A cofactor and what p was made of may follow.
pub const X942: Domain = Domain {
    oid: oid("1.2.840.10046.2.1"),
    order: &[CKA_PRIME, CKA_BASE, CKA_SUBPRIME],
    optional: 2,
    fits: |group| group.order_bits().is_some_and(|bits| bits >= 160) && (PKCS3.fits)(group),
};

/// A Diffie-Hellman key of either kind.
pub struct DhKey {
    /// Its group.
    pub group: Group,
    half: Half<BoxedUint, Zeroizing<BoxedUint>>,
}

impl DhKey {
    /// The public value; `KeyTypeInconsistent` for a private key.
    pub fn public(&self) -> Result<&BoxedUint> {
        self.half.public()
    }

    /// The private value; `KeyTypeInconsistent` for a public key.
    pub fn private(&self) -> Result<&BoxedUint> {
        self.half.private().map(|value| &**value)
    }
}

/// Private keys tell how long their value is, and the lengths that a template asks for have been made so.
fn complete_pkcs3(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    PKCS3.complete(class, attributes)?;
    if class == CKO_PRIVATE_KEY {
        let value = strip_zeros(attributes.required(CKA_VALUE)?);
        let unused = value.first().map_or(0, |byte| byte.leading_zeros() as usize);
        let bits = (value.len() * 8 - unused) as CK_ULONG;
        if attributes.ulong(CKA_VALUE_BITS).is_some_and(|given| given != bits) {
            return Err(Error::TemplateInconsistent);
        }
        attributes.insert(CKA_VALUE_BITS, Value::Ulong(bits));
    }
    Ok(())
}

fn parse(domain: &Domain, class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let group = domain.group(attributes)?;
    let value = attributes.required(CKA_VALUE)?;
    let half = match class {
        CKO_PUBLIC_KEY => group.element(value).map(Half::Public),
        CKO_PRIVATE_KEY => group.exponent(value).map(Half::Private),
        _ => return Err(Error::KeyTypeInconsistent),
    };
    Ok(Key::Dh(DhKey { group, half: half.ok_or(Error::AttributeValueInvalid)? }))
}
