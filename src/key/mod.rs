//! Key material: parsed once for each object and kept with it, so that no operation parses or copies a key.
//!
//! Each key type has one [`KeyType`] record in its own file: what makes its attributes complete and
//! consistent, how they become a [`Key`], and its PKCS#8 form.

use crate::error::{Error, Result};
use crate::mech::Contribution;
use crate::object::template::Attributes;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// Parsed key material.
pub enum Key {
    /// A secret key's value.
    Secret(Zeroizing<Vec<u8>>),
}

impl Key {
    /// A secret key's value; `KeyTypeInconsistent` for any other key.
    pub fn secret(&self) -> Result<&[u8]> {
        match self {
            Self::Secret(value) => Ok(value),
            #[allow(unreachable_patterns)]
            _ => Err(Error::KeyTypeInconsistent),
        }
    }

    /// The size in bits, as a mechanism's limits mean it: of the value, the modulus or the field.
    pub fn bits(&self) -> usize {
        match self {
            Self::Secret(value) => value.len() * 8,
        }
    }
}

/// What there is to know about one key type.
pub struct KeyType {
    /// `CKK_…`
    pub id: CK_KEY_TYPE,
    /// Checks a new object's key attributes (`AttributeValueInvalid`, `TemplateIncomplete`,
    /// `TemplateInconsistent`, `CurveNotSupported`, `DomainParamsInvalid`), brings them to the standard's form and adds
    /// those that follow from others (`CKA_MODULUS_BITS`, `CKA_VALUE_LEN`, `CKA_PUBLIC_KEY_INFO`).
    pub complete: fn(CK_OBJECT_CLASS, &mut Attributes) -> Result<()>,
    /// Makes the key of complete attributes.
    pub parse: fn(CK_OBJECT_CLASS, &Attributes) -> Result<Key>,
    /// A private key's PKCS#8 `PrivateKeyInfo` in DER (section 6.7, "Wrapping/unwrapping private keys").
    pub to_pkcs8: Option<fn(&Attributes) -> Result<Zeroizing<Vec<u8>>>>,
    /// The attributes held in a `PrivateKeyInfo`; `WrappedKeyInvalid` if it is not of this type.
    pub from_pkcs8: Option<fn(&pkcs8::PrivateKeyInfoRef<'_>) -> Result<Contribution>>,
}

/// Each key type. A key type registers here, and nowhere else.
const KEY_TYPES: &[&[KeyType]] = &[];

/// The record of a key type.
pub fn find(id: CK_KEY_TYPE) -> Option<&'static KeyType> {
    KEY_TYPES.iter().flat_map(|types| types.iter()).find(|key_type| key_type.id == id)
}

/// A private key's attributes out of PKCS#8, whatever its type: the type and what is contributed.
/// `WrappedKeyInvalid` if nobody knows it.
pub fn from_pkcs8(der: &[u8]) -> Result<(CK_KEY_TYPE, Contribution)> {
    let info = pkcs8::PrivateKeyInfoRef::try_from(der).map_err(|_| Error::WrappedKeyInvalid)?;
    KEY_TYPES
        .iter()
        .flat_map(|types| types.iter())
        .find_map(|key_type| Some((key_type.id, key_type.from_pkcs8?(&info).ok()?)))
        .ok_or(Error::WrappedKeyInvalid)
}
