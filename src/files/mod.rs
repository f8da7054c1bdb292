//! Keys and certificates as files have them: what is in a PEM block, and what it says about itself.
//!
//! The configuration's imports and the tool's use it. What a key or a certificate must be is not judged here but by the rules
//! of all objects (`object::rules`) and by the key types (`key`).

pub mod pem;

use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key;
use cryptoki_sys::*;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode};
use pem::Block;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use sec1::{EcParameters, EcPrivateKey};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};
use std::borrow::Cow;
use x509_cert::Certificate;
use zeroize::Zeroizing;

/// rsaEncryption (RFC 8017, appendix C).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-ecPublicKey (RFC 5480, section 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The label of a private key that a passphrase protects (RFC 7468, section 11).
pub const ENCRYPTED_PRIVATE_KEY: &str = "ENCRYPTED PRIVATE KEY";

/// What is in a block.
pub enum Content<'a> {
    /// A private key, in PKCS#8.
    PrivateKey(Cow<'a, Zeroizing<Vec<u8>>>),
    /// A public key: a `SubjectPublicKeyInfo`.
    PublicKey(&'a [u8]),
    /// An X.509 certificate.
    Certificate(&'a [u8]),
    /// Nothing that is not in the next block too.
    Nothing,
}

/// Why a block is not imported.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What it says it is cannot be imported, and this is the remedy.
    #[error("cannot be imported. {0}")]
    Kind(&'static str),
    /// It is not what it says it is, or a rule refuses it.
    #[error("is refused: {0}")]
    Content(#[from] Error),
}

/// What is in a block of this label.
pub fn content(block: &Block) -> core::result::Result<Content<'_>, Refusal> {
    let der = &block.der;
    Ok(match &block.label[..] {
        "PRIVATE KEY" => Content::PrivateKey(Cow::Borrowed(der)),
        "RSA PRIVATE KEY" => Content::PrivateKey(Cow::Owned(pkcs8_of_rsa(der)?)),
        "EC PRIVATE KEY" => Content::PrivateKey(Cow::Owned(pkcs8_of_ec(der)?)),
        "PUBLIC KEY" => Content::PublicKey(der),
        "CERTIFICATE" | "X509 CERTIFICATE" => Content::Certificate(der),
        // `openssl ecparam -genkey` writes them before the key, which has them too.
        "EC PARAMETERS" => Content::Nothing,
        ENCRYPTED_PRIVATE_KEY => {
            return Err(Refusal::Kind("Decrypt it first: openssl pkey -in FILE -out PLAIN"));
        }
        "OPENSSH PRIVATE KEY" => {
            return Err(Refusal::Kind("Convert it first: ssh-keygen -p -m PKCS8 -N '' -f COPY"));
        }
        "TRUSTED CERTIFICATE" => return Err(Refusal::Kind("Convert it first: openssl x509 -in FILE -out PLAIN")),
        _ => return Err(Refusal::Kind("Take it out of the file")),
    })
}

/// A file without PEM around it, as the block that it would be: what is said of a block's label is here seen from the encoding.
/// `None` if it is nothing that is known.
pub fn of_der(der: Zeroizing<Vec<u8>>) -> Option<Block> {
    let label = if PrivateKeyInfoRef::from_der(&der).is_ok() {
        "PRIVATE KEY"
    } else if EncryptedPrivateKeyInfoRef::from_der(&der).is_ok() {
        ENCRYPTED_PRIVATE_KEY
    } else if EcPrivateKey::from_der(&der).is_ok() {
        "EC PRIVATE KEY"
    } else if pkcs8_of_rsa(&der).is_ok_and(|pkcs8| key::from_pkcs8(&pkcs8).is_ok()) {
        "RSA PRIVATE KEY"
    } else if Certificate::from_der(&der).is_ok() {
        "CERTIFICATE"
    } else if SubjectPublicKeyInfoRef::from_der(&der).is_ok() {
        "PUBLIC KEY"
    } else {
        return None;
    };
    Some(Block { label: label.into(), line: 1, der })
}

/// Decrypts an `ENCRYPTED PRIVATE KEY` (PKCS #5, PBES2): the block of the key itself. `WrappedKeyInvalid` if the passphrase
/// is wrong, or the key encrypted in another way.
pub fn decrypt(block: &Block, passphrase: &[u8]) -> Result<Block> {
    let invalid = |_| Error::WrappedKeyInvalid;
    let info = EncryptedPrivateKeyInfoRef::from_der(&block.der).map_err(invalid)?;
    let key = info.decrypt(passphrase).map_err(|_| Error::WrappedKeyInvalid)?;
    let der = Zeroizing::new(key.as_bytes().to_vec());
    Ok(Block { label: "PRIVATE KEY".into(), line: block.line, der })
}

/// The `CKA_ID` by which a key pair and its certificates find each other: the SHA-1 of the public key's bits, as in a
/// certificate's subject key identifier (RFC 5280, section 4.2.1.2, method 1). From a `SubjectPublicKeyInfo`.
pub fn key_id(spki: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let spki = SubjectPublicKeyInfoRef::try_from(spki).map_err(|_| Error::PublicKeyInvalid)?;
    Ok(Hash::Sha1.of(&[spki.subject_public_key.raw_bytes()]))
}

/// The attributes of an X.509 certificate that are in it, its public key's encoding (`CKA_PUBLIC_KEY_INFO`) last.
/// `AttributeValueInvalid` if it is none.
pub fn certificate(der: &[u8]) -> Result<[(CK_ATTRIBUTE_TYPE, Vec<u8>); 5]> {
    let invalid = |_| Error::AttributeValueInvalid;
    let parsed = Certificate::from_der(der).map_err(invalid)?;
    // Only then are the encodings below those in the certificate.
    if parsed.to_der().map_err(invalid)? != der {
        return Err(Error::AttributeValueInvalid);
    }
    let fields = parsed.tbs_certificate();
    Ok([
        (CKA_VALUE, der.to_vec()),
        (CKA_SUBJECT, fields.subject().to_der().map_err(invalid)?),
        (CKA_ISSUER, fields.issuer().to_der().map_err(invalid)?),
        (CKA_SERIAL_NUMBER, fields.serial_number().to_der().map_err(invalid)?),
        (CKA_PUBLIC_KEY_INFO, fields.subject_public_key_info().to_der().map_err(invalid)?),
    ])
}

/// PKCS#8 of a PKCS#1 `RSAPrivateKey`.
fn pkcs8_of_rsa(der: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    to_pkcs8(RSA_ENCRYPTION, AnyRef::NULL, der)
}

/// PKCS#8 of a SEC1 `ECPrivateKey`, which must name its curve.
fn pkcs8_of_ec(der: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let key = EcPrivateKey::from_der(der).map_err(|_| Error::WrappedKeyInvalid)?;
    let curve = key.parameters.and_then(EcParameters::named_curve).ok_or(Error::CurveNotSupported)?;
    to_pkcs8(EC_PUBLIC_KEY, AnyRef::from(&curve), der)
}

fn to_pkcs8(oid: ObjectIdentifier, parameters: AnyRef<'_>, key: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let invalid = |_| Error::WrappedKeyInvalid;
    let algorithm = AlgorithmIdentifierRef { oid, parameters: Some(parameters) };
    let key = OctetStringRef::new(key).map_err(invalid)?;
    PrivateKeyInfoRef::new(algorithm, key).to_der().map(Zeroizing::new).map_err(invalid)
}
