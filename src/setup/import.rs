//! Imports keys and certificates from the files that a configuration names.
//!
//! What a key or a certificate must be is not judged here but by the rules of all objects
//! (`object::rules`) and by the key types (`key`).

use super::{Failure, Result};
use crate::config::{Import, Problem, SecretKey, read_secret, warn_if_shared};
use crate::error::Error;
use crate::files::pem::{self, Block};
use crate::files::{self, Content, Refusal, key_id};
use crate::key;
use crate::object::Object;
use crate::object::rules::{Draft, Origin, Request};
use crate::object::template::{Attributes, Contribution, Raw, Read, Template, Value};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The objects of a PEM file, in its order; a private key is followed by its public key.
pub(super) fn objects(file: &Import) -> core::result::Result<Vec<Object>, Failure> {
    let wrong = |what: String, remedy: &str| file.place.problem(what, remedy);
    let path = file.path.display();
    let text = read(file)?;
    let remedy = "Give a PEM file as `openssl pkey` or `openssl x509` writes it, without a password";
    let blocks = pem::blocks(&text).map_err(|fault| wrong(format!("{path}:{}: {}", fault.line, fault.what), remedy))?;
    if blocks.is_empty() {
        return Err(wrong(format!("{path} has no PEM block in it"), remedy).into());
    }
    if blocks.iter().any(|block| block.label.ends_with("PRIVATE KEY")) {
        warn_if_shared(&file.path);
    }
    let label = file.label();
    let mut objects = Vec::new();
    for block in &blocks {
        let made = from_block(block, label.as_bytes()).map_err(|refusal| problem(refusal, file, block))?;
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

/// What is wrong with a block of a file.
fn problem(refusal: Refusal, file: &Import, block: &Block) -> Failure {
    let place = format!("{}:{}: the {}", file.path.display(), block.line, block.label);
    match refusal {
        Refusal::Content(error) => blame(error, || {
            file.place.problem(
                    format!("{place} that begins here is refused: {error}"),
                    "Look at it with `openssl pkey -text -noout` or `openssl x509 -text -noout`; docs/configuration.md lists \
                     what can be imported",
                )
        }),
        Refusal::Kind(remedy) => {
            file.place.problem(format!("{place} that begins here cannot be imported"), remedy).into()
        }
    }
}

fn from_block(block: &Block, label: &[u8]) -> core::result::Result<Vec<Object>, Refusal> {
    Ok(match files::content(block)? {
        Content::PrivateKey(pkcs8) => pair(&pkcs8, label)?,
        Content::PublicKey(spki) => vec![public_key(spki, label)?],
        Content::Certificate(der) => vec![certificate(der, label)?],
        Content::Nothing => Vec::new(),
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
    let parts = files::certificate(der)?;
    let [.., (_, spki)] = &parts;
    let mut template = vec![
        ulong(CKA_CLASS, CKO_CERTIFICATE),
        ulong(CKA_CERTIFICATE_TYPE, CKC_X_509),
        yes(CKA_TOKEN),
        bytes(CKA_LABEL, label),
        bytes(CKA_ID, key_id(spki)?),
    ];
    template.extend(parts.iter().map(|(attribute, value)| bytes(*attribute, value)));
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

fn ulong(attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> (CK_ATTRIBUTE_TYPE, Raw) {
    bytes(attribute, value.to_ne_bytes())
}

fn yes(attribute: CK_ATTRIBUTE_TYPE) -> (CK_ATTRIBUTE_TYPE, Raw) {
    bytes(attribute, [CK_TRUE])
}

fn bytes(attribute: CK_ATTRIBUTE_TYPE, value: impl AsRef<[u8]>) -> (CK_ATTRIBUTE_TYPE, Raw) {
    (attribute, Raw::Bytes(Zeroizing::new(value.as_ref().to_vec())))
}
