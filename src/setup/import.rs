//! Imports keys and certificates from the files that a configuration names.
//!
//! What a key or a certificate must be is not judged here but by the rules of all objects
//! (`object::rules`) and by the key types (`key`).

use super::pem::{self, Block};
use super::{Failure, Result};
use crate::config::{Import, Problem, SecretKey, read_secret, warn_if_shared};
use crate::error::Error;
use crate::key;
use crate::mech::Contribution;
use crate::mech::digest::Hash;
use crate::object::Object;
use crate::object::rules::{Draft, Origin, Request};
use crate::object::template::{Attributes, Raw, Read, Template, Value};
use cryptoki_sys::*;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode};
use pkcs8::PrivateKeyInfoRef;
use sec1::{EcParameters, EcPrivateKey};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};
use x509_cert::Certificate;
use zeroize::Zeroizing;

/// rsaEncryption (RFC 8017, appendix C).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-ecPublicKey (RFC 5480, section 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The objects of a PEM file, in its order; a private key is followed by its public key.
pub(super) fn objects(file: &Import) -> core::result::Result<Vec<Object>, Failure> {
    let problem = |what: String, remedy: &str| file.place.problem(what, remedy);
    let path = file.path.display();
    let text = read(file)?;
    let remedy = "Give a PEM file as `openssl pkey` or `openssl x509` writes it, without a password";
    let blocks =
        pem::blocks(&text).map_err(|fault| problem(format!("{path}:{}: {}", fault.line, fault.what), remedy))?;
    if blocks.is_empty() {
        return Err(problem(format!("{path} has no PEM block in it"), remedy).into());
    }
    if blocks.iter().any(|block| block.label.ends_with("PRIVATE KEY")) {
        warn_if_shared(&file.path);
    }
    let label = file.label();
    let mut objects = Vec::new();
    for block in &blocks {
        let made = from_block(block, label.as_bytes()).map_err(|refusal| refusal.problem(file, block))?;
        objects.extend(made);
    }
    Ok(objects)
}

/// A secret key: the whole file is its value.
pub(super) fn secret_key(key: &SecretKey) -> core::result::Result<Object, Failure> {
    let value = read(&key.file)?;
    warn_if_shared(&key.file.path);
    let kind = (CKO_SECRET_KEY, key.key_type.id);
    let contribution = vec![(CKA_VALUE, Value::bytes(&*value))];
    let made = guarded(kind, key.label.as_bytes(), key.extractable, contribution);
    let mut attributes = made.map_err(|error| {
        blame(error, || {
            let (path, kind) = (key.file.path.display(), key.key_type);
            key.file.place.problem(
                format!("{path} has {} bytes and is refused as a key of type {}: {error}", value.len(), kind.name),
                format!("Give a file of {}: the key itself, not as text and with no line end", kind.length),
            )
        })
    })?;
    attributes.insert(CKA_ID, Value::bytes(&key.id));
    Ok(Object::new(attributes, CK_INVALID_HANDLE))
}

fn read(file: &Import) -> core::result::Result<Zeroizing<Vec<u8>>, Problem> {
    read_secret(&file.path).map_err(|error| {
        let what = format!("{} cannot be read: {error}", file.path.display());
        file.place.problem(what, "Correct the path, or the rights of the file")
    })
}

/// Who is to blame that an object is refused: the system, or the configuration with this problem.
fn blame(error: Error, problem: impl FnOnce() -> Problem) -> Failure {
    match error {
        Error::HostMemory | Error::DeviceError => error.into(),
        _ => problem().into(),
    }
}

/// Why a block is not imported.
enum Refusal {
    /// What it says it is cannot be imported.
    Kind(&'static str),
    /// It is not what it says it is, or a rule refuses it.
    Content(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Content(error)
    }
}

impl Refusal {
    fn problem(self, file: &Import, block: &Block) -> Failure {
        let place = format!("{}:{}: the {}", file.path.display(), block.line, block.label);
        match self {
            Self::Content(error) => blame(error, || {
                file.place.problem(
                    format!("{place} that begins here is refused: {error}"),
                    "Look at it with `openssl pkey -text -noout` or `openssl x509 -text -noout`; docs/configuration.md lists \
                     what can be imported",
                )
            }),
            Self::Kind(remedy) => {
                file.place.problem(format!("{place} that begins here cannot be imported"), remedy).into()
            }
        }
    }
}

fn from_block(block: &Block, label: &[u8]) -> core::result::Result<Vec<Object>, Refusal> {
    let der = &block.der[..];
    Ok(match &block.label[..] {
        "PRIVATE KEY" => pair(der, label)?,
        "RSA PRIVATE KEY" => pair(&pkcs8_of_rsa(der)?, label)?,
        "EC PRIVATE KEY" => pair(&pkcs8_of_ec(der)?, label)?,
        "PUBLIC KEY" => vec![public_key(der, label)?],
        "CERTIFICATE" | "X509 CERTIFICATE" => vec![certificate(der, label)?],
        // `openssl ecparam -genkey` writes them before the key, which has them too.
        "EC PARAMETERS" => Vec::new(),
        "ENCRYPTED PRIVATE KEY" => {
            return Err(Refusal::Kind("Decrypt it first: openssl pkey -in FILE -out PLAIN"));
        }
        "OPENSSH PRIVATE KEY" => {
            return Err(Refusal::Kind("Convert it first: ssh-keygen -p -m PKCS8 -N '' -f COPY"));
        }
        "TRUSTED CERTIFICATE" => return Err(Refusal::Kind("Convert it first: openssl x509 -in FILE -out PLAIN")),
        _ => return Err(Refusal::Kind("Take it out of the file")),
    })
}

/// A private key and its public key.
fn pair(pkcs8: &[u8], label: &[u8]) -> Result<Vec<Object>> {
    let (key_type, contribution) = key::from_pkcs8(pkcs8)?;
    let mut private = guarded((CKO_PRIVATE_KEY, key_type), label, false, contribution)?;
    let spki = private.required(CKA_PUBLIC_KEY_INFO)?.to_vec();
    private.insert(CKA_ID, Value::bytes(key_id(&spki)?));
    Ok(vec![Object::new(private, CK_INVALID_HANDLE), public_key(&spki, label)?])
}

fn public_key(spki: &[u8], label: &[u8]) -> Result<Object> {
    let (key_type, contribution) = key::from_spki(spki)?;
    let mut template = vec![
        ulong(CKA_CLASS, CKO_PUBLIC_KEY),
        ulong(CKA_KEY_TYPE, key_type),
        yes(CKA_TOKEN),
        bytes(CKA_LABEL, label),
        bytes(CKA_ID, key_id(spki)?),
    ];
    template.extend(contribution.into_iter().map(|(attribute, value)| (attribute, Raw::Bytes(value.to_bytes()))));
    Ok(Object::new(make(Origin::Create, &template, Contribution::new())?, CK_INVALID_HANDLE))
}

fn certificate(der: &[u8], label: &[u8]) -> Result<Object> {
    let invalid = |_| Error::AttributeValueInvalid;
    let parsed = Certificate::from_der(der).map_err(invalid)?;
    // Only then are the encodings below those in the certificate.
    if parsed.to_der().map_err(invalid)? != der {
        return Err(Error::AttributeValueInvalid);
    }
    let fields = parsed.tbs_certificate();
    let spki = fields.subject_public_key_info().to_der().map_err(invalid)?;
    let template = vec![
        ulong(CKA_CLASS, CKO_CERTIFICATE),
        ulong(CKA_CERTIFICATE_TYPE, CKC_X_509),
        yes(CKA_TOKEN),
        bytes(CKA_LABEL, label),
        bytes(CKA_ID, key_id(&spki)?),
        bytes(CKA_SUBJECT, fields.subject().to_der().map_err(invalid)?),
        bytes(CKA_ISSUER, fields.issuer().to_der().map_err(invalid)?),
        bytes(CKA_SERIAL_NUMBER, fields.serial_number().to_der().map_err(invalid)?),
        bytes(CKA_PUBLIC_KEY_INFO, spki),
        bytes(CKA_VALUE, der),
    ];
    Ok(Object::new(make(Origin::Create, &template, Contribution::new())?, CK_INVALID_HANDLE))
}

/// A key, of a class and a type, that only the user sees, and nobody its secrets.
fn guarded(
    (class, key_type): (CK_OBJECT_CLASS, CK_KEY_TYPE),
    label: &[u8],
    extractable: bool,
    contribution: Contribution,
) -> Result<Attributes> {
    let template = vec![
        ulong(CKA_CLASS, class),
        ulong(CKA_KEY_TYPE, key_type),
        yes(CKA_TOKEN),
        yes(CKA_PRIVATE),
        yes(CKA_SENSITIVE),
        bytes(CKA_EXTRACTABLE, [CK_BBOOL::from(extractable)]),
        bytes(CKA_LABEL, label),
    ];
    // As if unwrapped: the key has been outside, so it was not always sensitive.
    make(Origin::Unwrap, &template, contribution)
}

fn make(origin: Origin, template: &Template, contribution: Contribution) -> Result<Attributes> {
    Draft::begin(Request::new(origin), template)?.finish(contribution)
}

/// The `CKA_ID` by which a key pair and its certificates find each other: the SHA-1 of the public key's bits, as in a
/// certificate's subject key identifier (RFC 5280, section 4.2.1.2, method 1).
fn key_id(spki: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let spki = SubjectPublicKeyInfoRef::try_from(spki).map_err(|_| Error::PublicKeyInvalid)?;
    Ok(Hash::Sha1.of(&[spki.subject_public_key.raw_bytes()]))
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

fn ulong(attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> (CK_ATTRIBUTE_TYPE, Raw) {
    bytes(attribute, value.to_ne_bytes())
}

fn yes(attribute: CK_ATTRIBUTE_TYPE) -> (CK_ATTRIBUTE_TYPE, Raw) {
    bytes(attribute, [CK_TRUE])
}

fn bytes(attribute: CK_ATTRIBUTE_TYPE, value: impl AsRef<[u8]>) -> (CK_ATTRIBUTE_TYPE, Raw) {
    (attribute, Raw::Bytes(Zeroizing::new(value.as_ref().to_vec())))
}
