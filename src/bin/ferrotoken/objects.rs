//! The objects on a token: listed, exported, deleted.

use crate::Result;
use crate::cli::{Class, Cli, Wanted};
use crate::client::{Attribute, Module, Session};
use crate::show::{done, table};
use crate::tokens::open;
use cryptoki_sys::*;
use der::pem::{LineEnding, encode_string};
use ferrotoken::names::Shown;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

impl Class {
    fn number(self) -> CK_OBJECT_CLASS {
        match self {
            Self::Private => CKO_PRIVATE_KEY,
            Self::Public => CKO_PUBLIC_KEY,
            Self::Secret => CKO_SECRET_KEY,
            Self::Certificate => CKO_CERTIFICATE,
            Self::Data => CKO_DATA,
        }
    }
}

impl Wanted {
    fn template(&self) -> Vec<Attribute> {
        let label = self.label.as_ref().map(|label| Attribute::bytes(CKA_LABEL, label.as_bytes()));
        let id = self.id.as_ref().map(|id| Attribute::bytes(CKA_ID, &id.0));
        let class = self.class.map(|class| Attribute::number(CKA_CLASS, class.number()));
        [label, id, class].into_iter().flatten().collect()
    }
}

/// `ferrotoken objects`.
pub fn list(cli: &Cli, module: &Module, wanted: &Wanted) -> Result<()> {
    let session = open(cli, module)?;
    let mut rows = Vec::new();
    for object in session.find(&wanted.template())? {
        let (class, kind) = identity(&session, object);
        let label = session.attribute(object, CKA_LABEL).unwrap_or_default();
        let id = session.attribute(object, CKA_ID).unwrap_or_default();
        rows.push(vec![
            json!(class.map(Shown::class).unwrap_or_default()),
            json!(kind),
            json!(String::from_utf8_lossy(&label)),
            json!(base16ct::lower::encode_string(&id)),
            json!(access(&session, object)),
        ]);
    }
    table(cli.json, &["class", "type", "label", "id", "access"], rows)
}

/// Its class, and what kind of that class it is.
fn identity(session: &Session<'_>, object: CK_OBJECT_HANDLE) -> (Option<CK_OBJECT_CLASS>, String) {
    let number = |attribute| session.number(object, attribute).ok();
    let class = number(CKA_CLASS);
    let kind = match class {
        Some(CKO_CERTIFICATE) => number(CKA_CERTIFICATE_TYPE).map(Shown::certificate_type),
        _ => number(CKA_KEY_TYPE).map(|kind| match (kind, number(CKA_MODULUS_BITS), number(CKA_VALUE_LEN)) {
            (CKK_RSA, Some(bits), _) => format!("CKK_RSA {bits}"),
            (kind, _, Some(bytes)) => format!("{} {}", Shown::key_type(kind), bytes * 8),
            (kind, ..) => Shown::key_type(kind),
        }),
    };
    (class, kind.unwrap_or_default())
}

/// How open it is.
fn access(session: &Session<'_>, object: CK_OBJECT_HANDLE) -> Vec<Value> {
    const WORDS: [(CK_ATTRIBUTE_TYPE, &str); 6] = [
        (CKA_PRIVATE, "private"),
        (CKA_SENSITIVE, "sensitive"),
        (CKA_EXTRACTABLE, "extractable"),
        (CKA_TRUSTED, "trusted"),
        (CKA_ALWAYS_AUTHENTICATE, "PIN for each use"),
        (CKA_LOCAL, "made here"),
    ];
    let holds = |attribute| session.attribute(object, attribute).is_ok_and(|value| value == [CK_TRUE]);
    WORDS.iter().filter(|(attribute, _)| holds(*attribute)).map(|(_, word)| json!(word)).collect()
}

/// The only object that is wanted.
fn only(session: &Session<'_>, wanted: &Wanted) -> Result<CK_OBJECT_HANDLE> {
    match session.find(&wanted.template())?[..] {
        [object] => Ok(object),
        [] => Err("there is no such object; `ferrotoken objects` shows them".into()),
        ref several => Err(format!("{} objects match: say more with --label, --id or --class", several.len()).into()),
    }
}

/// `ferrotoken delete`.
pub fn delete(cli: &Cli, module: &Module, wanted: &Wanted, all: bool) -> Result<()> {
    let session = open(cli, module)?;
    let template = wanted.template();
    if template.is_empty() {
        return Err("say what to delete with --label, --id or --class".into());
    }
    let found = if all { session.find(&template)? } else { vec![only(&session, wanted)?] };
    for object in &found {
        session.destroy(*object)?;
    }
    done(cli.json, &format!("objects deleted: {}", found.len()), json!({ "deleted": found.len() }));
    Ok(())
}

/// `ferrotoken export`.
pub fn export(cli: &Cli, module: &Module, wanted: &Wanted, out: Option<&Path>) -> Result<()> {
    let session = open(cli, module)?;
    let object = only(&session, wanted)?;
    let value = |attribute| session.attribute(object, attribute);
    let exported = match session.number(object, CKA_CLASS)? {
        CKO_PUBLIC_KEY => match value(CKA_PUBLIC_KEY_INFO) {
            Ok(info) if !info.is_empty() => pem("PUBLIC KEY", &info)?,
            _ => return Err("the module does not give the public key's encoding (CKA_PUBLIC_KEY_INFO)".into()),
        },
        CKO_CERTIFICATE => pem("CERTIFICATE", &value(CKA_VALUE)?)?,
        CKO_DATA => value(CKA_VALUE)?,
        CKO_SECRET_KEY => {
            value(CKA_VALUE).map_err(|_| "the key is sensitive or not extractable: it stays on the token")?
        }
        CKO_PRIVATE_KEY => {
            return Err("private keys leave a token wrapped only (C_WrapKey), if they are extractable at all".into());
        }
        other => return Err(format!("objects of class {} cannot be exported", Shown::class(other)).into()),
    };
    match out {
        Some(path) => Ok(std::fs::write(path, exported)?),
        None => Ok(std::io::stdout().write_all(&exported)?),
    }
}

fn pem(label: &str, der: &[u8]) -> Result<Vec<u8>> {
    Ok(encode_string(label, LineEnding::LF, der).map_err(|error| error.to_string())?.into_bytes())
}
