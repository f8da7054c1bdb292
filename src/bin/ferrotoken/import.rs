//! Keys and certificates that come to a token from files.

use crate::Result;
use crate::cli::{Cli, Import, Names, SecretType, Uses};
use crate::client::{Attribute, Module, Session};
use crate::keys::{common, guarded};
use crate::material::{info_of_private, named_like};
use crate::show::done;
use crate::tokens::{open, warn_of_memory};
use cryptoki_sys::*;
use ferrotoken::files::pem::Block;
use ferrotoken::files::{self, Content, key_id};
use ferrotoken::key::{from_pkcs8, from_spki};
use ferrotoken::object::template::{Contribution, Value};
use serde_json::json;
use std::path::Path;
use zeroize::Zeroizing;

impl SecretType {
    fn number(self) -> CK_KEY_TYPE {
        match self {
            Self::Aes => CKK_AES,
            Self::Generic => CKK_GENERIC_SECRET,
            Self::Des3 => CKK_DES3,
            Self::Chacha20 => CKK_CHACHA20,
        }
    }
}

/// `ferrotoken import`.
pub fn run(cli: &Cli, module: &Module, what: &Import) -> Result<()> {
    let Import { file, secret, passphrase, names, uses } = what;
    let content = read(file)?;
    let blocks = if secret.is_some() { Vec::new() } else { blocks(file, &content)? };
    warn_of_memory(cli);
    let session = open(cli, module)?;
    let mut made = Vec::new();
    if let Some(kind) = secret {
        secret_key(&session, *kind, &content, names, uses)
            .map_err(|error| format!("{}: the secret key is refused: {error}", file.display()))?;
        made.push("secret key");
    }
    for mut block in blocks {
        let place = format!("{}:{}: the {}", file.display(), block.line, block.label);
        if let (files::ENCRYPTED_PRIVATE_KEY, Some(source)) = (&block.label[..], passphrase) {
            let passphrase = source.read("passphrase")?;
            block = files::decrypt(&block, passphrase.as_bytes()).map_err(|_| {
                format!(
                    "{place} is not opened by this passphrase, or encrypted in a way that is not known here. Look at it with: \
                     openssl pkey -in {}",
                    file.display()
                )
            })?;
        }
        made.extend(object(&session, &block, names, uses).map_err(|error| format!("{place} {error}"))?);
    }
    done(cli.json, &format!("imported: {}", made.join(", ")), json!({ "imported": made }));
    Ok(())
}

/// A file that may hold secrets.
fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>> {
    Ok(Zeroizing::new(std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?))
}

/// What is in a file, PEM or DER.
fn blocks(file: &Path, content: &[u8]) -> Result<Vec<Block>> {
    let blocks =
        files::pem::blocks(content).map_err(|fault| format!("{}:{}: {}", file.display(), fault.line, fault.what))?;
    if !blocks.is_empty() {
        return Ok(blocks);
    }
    let block = files::of_der(Zeroizing::new(content.to_vec())).ok_or_else(|| {
        format!(
            "{} holds neither PEM nor the DER of a key or a certificate. Give a file as `openssl pkey` or `openssl x509` \
             writes it; the bytes of a secret key want --secret TYPE",
            file.display()
        )
    })?;
    Ok(vec![block])
}

fn object(session: &Session<'_>, block: &Block, names: &Names, uses: &Uses) -> Result<Vec<&'static str>> {
    let content = files::content(block).map_err(|refusal| match (&block.label[..], refusal) {
        (files::ENCRYPTED_PRIVATE_KEY, _) => {
            "is encrypted: say with --passphrase where its passphrase comes from".into()
        }
        (_, refusal) => refusal.to_string(),
    })?;
    let made = match content {
        Content::PrivateKey(pkcs8) => private_key(session, &pkcs8, names, uses),
        Content::PublicKey(spki) => public_key(session, spki, names),
        Content::Certificate(der) => certificate(session, der, names),
        Content::Nothing => Ok(Vec::new()),
    };
    made.map_err(|error| format!("is refused: {error}").into())
}

fn secret_key(session: &Session<'_>, kind: SecretType, value: &[u8], names: &Names, uses: &Uses) -> Result<()> {
    let id = match &names.id {
        Some(id) => id.0.clone(),
        None => session.random_bytes(8)?,
    };
    let own = key(CKO_SECRET_KEY, kind.number(), vec![(CKA_VALUE, Value::bytes(value))]);
    session.create(&[own, common(names, &id), guarded(uses)].concat())?;
    Ok(())
}

/// The identifier that was asked for, or that of the public key.
fn id(names: &Names, spki: &[u8]) -> Result<Vec<u8>> {
    Ok(match &names.id {
        Some(id) => id.0.clone(),
        None => key_id(spki)?.to_vec(),
    })
}

/// A private key out of PKCS #8, and its public key: both or none.
fn private_key(session: &Session<'_>, der: &[u8], names: &Names, uses: &Uses) -> Result<Vec<&'static str>> {
    let (key_type, contribution) = from_pkcs8(der)?;
    // The point is the public key's alone (section 6.3.4).
    let contribution = contribution.into_iter().filter(|(attribute, _)| *attribute != CKA_EC_POINT).collect();
    let own = key(CKO_PRIVATE_KEY, key_type, contribution);
    let info = info_of_private(&own)?;
    let private = session.create(&[own, common(names, &id(names, &info)?), guarded(uses)].concat())?;
    if let Err(error) = public_key(session, &info, names) {
        session.destroy(private)?;
        return Err(error);
    }
    Ok(vec!["private key", "public key"])
}

fn public_key(session: &Session<'_>, info: &[u8], names: &Names) -> Result<Vec<&'static str>> {
    let (key_type, contribution) = from_spki(info)?;
    let template = [key(CKO_PUBLIC_KEY, key_type, contribution), common(names, &id(names, info)?)].concat();
    session.create(&template)?;
    Ok(vec!["public key"])
}

/// A certificate. It gets the identifier of its key, if that is on the token: programs look for the two by it.
pub fn certificate(session: &Session<'_>, der: &[u8], names: &Names) -> Result<Vec<&'static str>> {
    let parts = files::certificate(der)?;
    let [.., (_, spki)] = &parts;
    let mut template =
        vec![Attribute::number(CKA_CLASS, CKO_CERTIFICATE), Attribute::number(CKA_CERTIFICATE_TYPE, CKC_X_509)];
    // Not every module knows the attribute of the public key's encoding.
    let own = parts.iter().filter(|(attribute, _)| *attribute != CKA_PUBLIC_KEY_INFO);
    template.extend(own.map(|(attribute, value)| Attribute::bytes(*attribute, value)));
    let names = match (&names.id, named_like(session, spki)?) {
        (None, Some(key)) => &Names { label: names.label.clone(), id: Some(key) },
        _ => names,
    };
    template.extend(common(names, &id(names, spki)?));
    session.create(&template)?;
    Ok(vec!["certificate"])
}

fn key(class: CK_OBJECT_CLASS, key_type: CK_KEY_TYPE, contribution: Contribution) -> Vec<Attribute> {
    let own = [Attribute::number(CKA_CLASS, class), Attribute::number(CKA_KEY_TYPE, key_type)];
    let value = |(attribute, value): (_, Value)| Attribute::bytes(attribute, &value.to_bytes());
    own.into_iter().chain(contribution.into_iter().map(value)).collect()
}
