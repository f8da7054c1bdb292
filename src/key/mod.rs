//! Key material: parsed once for each object and kept with it, so that no operation parses or copies a key.
//!
//! Each key type has one [`KeyType`] record in its own file: what makes its attributes complete and
//! consistent, how they become a [`Key`], and its PKCS#8 form.

pub mod des;
pub mod dh;
pub mod dsa;
pub mod ec;
pub mod edwards;
pub mod group;
mod half;
pub mod hotp;
pub mod hss;
pub mod ml_dsa;
pub mod ml_kem;
pub mod montgomery;
pub mod pair;
pub mod parameter_set;
mod public_crc;
pub mod rsa;
pub mod secret;
pub mod slh_dsa;
mod spki;

use crate::error::{Error, Result};
use crate::object::template::Attributes;
use crate::object::template::Contribution;
use cryptoki_sys::*;
use der::asn1::ObjectIdentifier;
use zeroize::Zeroizing;

pub use public_crc::public_crc64;
pub use spki::from_spki;

/// Parsed key material.
pub enum Key {
    /// A secret key's value.
    Secret(Zeroizing<Vec<u8>>),
    /// A key for one-time passwords.
    Hotp(hotp::HotpKey),
    /// An RSA key, public or private.
    Rsa(rsa::RsaKey),
    /// A key on a short Weierstrass curve, public or private.
    Ec(ec::EcKey),
    /// An Edwards key (Ed25519, Ed448), public or private.
    Edwards(edwards::EdwardsKey),
    /// A Montgomery key (X25519, X448), public or private.
    Montgomery(montgomery::MontgomeryKey),
    /// A DSA key, public or private.
    Dsa(dsa::DsaKey),
    /// A Diffie-Hellman key of PKCS #3 or X9.42, public or private.
    Dh(dh::DhKey),
    /// An ML-KEM key, public or private.
    MlKem(ml_kem::MlKemKey),
    /// An ML-DSA key, public or private.
    MlDsa(ml_dsa::MlDsaKey),
    /// An SLH-DSA key, public or private.
    SlhDsa(slh_dsa::SlhDsaKey),
    /// An HSS key, public or private.
    Hss(hss::HssKey),
}

impl Key {
    /// A secret key's value; `KeyTypeInconsistent` for any other key.
    pub fn secret(&self) -> Result<&[u8]> {
        match self {
            Self::Secret(value) => Ok(value),
            _ => Err(Error::KeyTypeInconsistent),
        }
    }

    /// The size in bits, as a mechanism's limits mean it: of the value, the modulus, the field or
    /// the public key.
    pub fn bits(&self) -> usize {
        match self {
            Self::Secret(value) => value.len() * 8,
            Self::Hotp(key) => key.value.len() * 8,
            Self::Rsa(key) => key.bits(),
            Self::Ec(key) => key.bits(),
            Self::Edwards(key) => key.bits(),
            Self::Montgomery(key) => key.bits(),
            Self::Dsa(key) => key.bits(),
            Self::Dh(key) => key.group.bits(),
            Self::MlKem(key) => key.bits(),
            Self::MlDsa(key) => key.bits(),
            Self::SlhDsa(key) => key.bits(),
            Self::Hss(key) => key.bits(),
        }
    }
}

/// Encodes a private key.
pub type ToPkcs8 = fn(&Attributes) -> Result<Zeroizing<Vec<u8>>>;

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
    pub to_pkcs8: Option<ToPkcs8>,
    /// The attributes held in a `PrivateKeyInfo`; `WrappedKeyInvalid` if it is not of this type.
    pub from_pkcs8: Option<fn(&pkcs8::PrivateKeyInfoRef<'_>) -> Result<Contribution>>,
    /// The length in bytes of all keys of this type, where there is only one: what a derivation or an unwrapping
    /// makes without being told.
    pub fixed_length: Option<usize>,
}

/// Each key type. A key type registers here, and nowhere else.
const KEY_TYPES: &[&[KeyType]] = &[
    secret::TYPES,
    hotp::TYPES,
    des::TYPES,
    rsa::TYPES,
    ec::TYPES,
    edwards::TYPES,
    montgomery::TYPES,
    dsa::TYPES,
    dh::TYPES,
    ml_kem::TYPES,
    ml_dsa::TYPES,
    slh_dsa::TYPES,
    hss::TYPES,
];

/// The record of a key type.
pub fn find(id: CK_KEY_TYPE) -> Option<&'static KeyType> {
    KEY_TYPES.iter().flat_map(|types| types.iter()).find(|key_type| key_type.id == id)
}

/// [`KeyType::fixed_length`] of a key type.
pub fn fixed_length(id: CK_KEY_TYPE) -> Option<usize> {
    find(id)?.fixed_length
}

/// The lengths in bytes that secret keys of a type can have; none where any will do.
pub fn lengths(id: CK_KEY_TYPE) -> &'static [usize] {
    match id {
        CKK_AES | CKK_CAMELLIA | CKK_ARIA | CKK_TWOFISH => &[16, 24, 32],
        CKK_AES_XTS => &[32, 64],
        _ => find(id).map_or(&[], |key_type| key_type.fixed_length.as_slice()),
    }
}

/// A private key's attributes out of PKCS#8, whatever its type: the type and what is contributed.
/// `WrappedKeyInvalid` if nobody knows it; what else its own type says (`CurveNotSupported`) stands.
pub fn from_pkcs8(der: &[u8]) -> Result<(CK_KEY_TYPE, Contribution)> {
    let info = pkcs8::PrivateKeyInfoRef::try_from(der).map_err(|_| Error::WrappedKeyInvalid)?;
    KEY_TYPES
        .iter()
        .flat_map(|types| types.iter())
        .filter_map(|key_type| Some((key_type.id, key_type.from_pkcs8?(&info))))
        .find(|(_, read)| !matches!(read, Err(Error::WrappedKeyInvalid)))
        .map_or(Err(Error::WrappedKeyInvalid), |(id, read)| Ok((id, read?)))
}

/// An object identifier of ours; what is no such thing does not compile.
const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}
