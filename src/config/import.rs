//! What a token is given at its start: PEM files, and the `[[token.secret-key]]` tables.

use super::source::{Placed, Section};
use super::{Place, Problem};
use cryptoki_sys::*;
use std::path::PathBuf;

/// The table of a secret key.
pub(super) const TABLE: &str = "token.secret-key";

/// The keys of that table.
pub(super) const KEYS: &[&str] = &[FILE, TYPE, LABEL, ID, EXTRACTABLE];

pub(super) const FILE: &str = "file";
pub(super) const TYPE: &str = "type";
pub(super) const LABEL: &str = "label";
pub(super) const ID: &str = "id";
pub(super) const EXTRACTABLE: &str = "extractable";

/// A file to import.
pub struct Import {
    /// The file.
    pub path: PathBuf,
    /// Where the configuration names it.
    pub place: Place,
}

impl Import {
    pub(super) fn new(file: &Placed<'_, &str>) -> Self {
        Self { path: file.spot.resolve(file.value), place: file.spot.place() }
    }

    /// The label of what is in the file, unless another is given: its name without the extension.
    pub fn label(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A secret key to import.
pub struct SecretKey {
    /// The file that holds the key's bytes and nothing else.
    pub file: Import,
    /// Its `CKA_KEY_TYPE`.
    pub key_type: &'static SecretKeyType,
    /// Its `CKA_LABEL`.
    pub label: String,
    /// Its `CKA_ID`.
    pub id: Vec<u8>,
    /// Its `CKA_EXTRACTABLE`.
    pub extractable: bool,
}

/// A kind of secret key, as a configuration names it.
#[derive(Debug, PartialEq, Eq)]
pub struct SecretKeyType {
    /// The name.
    pub name: &'static str,
    /// `CKK_…`
    pub id: CK_KEY_TYPE,
    /// How long such a key is, for people: the rule is the key type's own.
    pub length: &'static str,
}

/// The kinds of secret keys, the usual one first.
const TYPES: [SecretKeyType; 2] = [
    SecretKeyType { name: "generic", id: CKK_GENERIC_SECRET, length: "one byte or more" },
    SecretKeyType { name: "aes", id: CKK_AES, length: "16, 24 or 32 bytes" },
];

impl SecretKey {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, Problem> {
        let Some(file) = section.string(FILE)? else {
            return Err(section.spot.problem("the secret key has no file that holds it", "Add: file = \"…\""));
        };
        let file = Import::new(&file);
        let label = section.string(LABEL)?.map_or_else(|| file.label(), |label| label.value.to_owned());
        let extractable = section.boolean(EXTRACTABLE)?.unwrap_or(false);
        Ok(Self { file, key_type: key_type(section)?, label, id: id(section)?, extractable })
    }
}

fn key_type(section: &Section<'_>) -> Result<&'static SecretKeyType, Problem> {
    let [usual, ..] = &TYPES;
    let Some(given) = section.string(TYPE)? else { return Ok(usual) };
    TYPES.iter().find(|known| known.name == given.value).ok_or_else(|| {
        let names = TYPES.each_ref().map(|known| format!("\"{}\"", known.name));
        let what = format!("there is no type {:?} of secret keys", given.value);
        given.spot.problem(what, format!("Write {}", names.join(" or ")))
    })
}

fn id(section: &Section<'_>) -> Result<Vec<u8>, Problem> {
    let Some(given) = section.string(ID)? else { return Ok(Vec::new()) };
    base16ct::mixed::decode_vec(given.value).map_err(|_| {
        given.spot.problem("the id is not hexadecimal", "Write two digits for each byte, for example: id = \"01\"")
    })
}
