//! The objects on a token: listed, deleted.

use crate::Result;
use crate::cli::{Class, Cli, Wanted};
use crate::client::{Attribute, Module, Session};
use crate::show::{done, table};
use crate::tokens::open;
use cryptoki_sys::*;
use ferrotoken::names::Shown;
use ferrotoken::object::template::strip_zeros;
use serde_json::{Value, json};

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
    pub fn template(&self) -> Vec<Attribute> {
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
pub fn identity(session: &Session<'_>, object: CK_OBJECT_HANDLE) -> (Option<CK_OBJECT_CLASS>, String) {
    let number = |attribute| session.number(object, attribute).ok();
    let class = number(CKA_CLASS);
    let kind = match class {
        Some(CKO_CERTIFICATE) => number(CKA_CERTIFICATE_TYPE).map(Shown::certificate_type),
        _ => number(CKA_KEY_TYPE).map(|kind| match (kind, number(CKA_VALUE_LEN)) {
            (CKK_RSA, _) => match session.attribute(object, CKA_MODULUS) {
                Ok(modulus) => format!("CKK_RSA {}", bits(&modulus)),
                Err(_) => Shown::key_type(kind),
            },
            (_, Some(bytes)) => format!("{} {}", Shown::key_type(kind), bytes * 8),
            (_, None) => Shown::key_type(kind),
        }),
    };
    (class, kind.unwrap_or_default())
}

/// The length of a number in bits.
fn bits(number: &[u8]) -> usize {
    let number = strip_zeros(number);
    number.len() * 8 - number.first().map_or(0, |first| first.leading_zeros() as usize)
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
    WORDS.iter().filter(|(attribute, _)| session.holds(object, *attribute)).map(|(_, word)| json!(word)).collect()
}

/// The only object that is wanted.
pub fn only(session: &Session<'_>, wanted: &Wanted) -> Result<CK_OBJECT_HANDLE> {
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
