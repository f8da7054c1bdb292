//! `ferrotoken import-softhsm`: what is in the tokens of SoftHSM 2, read from its files.
//!
//! A token is a folder with either a file for each object (`file`) or one SQLite database (`database`). The attributes are in
//! clear but for the byte strings of private objects, which AES-256 in CBC mode encrypts under the token's one key. That key lies
//! in the token's own record, encrypted once under the user's PIN and once under the security officer's. Nothing has a MAC, so
//! what is damaged is found only where it no longer makes sense.

#[cfg(feature = "store")]
mod database;
mod file;
mod record;

use crate::Result;
use crate::arrivals::{Arrival, bring};
use crate::cli::{Cli, FromSofthsm};
use crate::client::{Attribute, Module};
use crate::material::decrypt_cbc;
use crate::show::text;
use cryptoki_sys::*;
use ferrotoken::hash::Hash;
use record::{Record, Stored};
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The attributes of the token's own record, in SoftHSM's range of vendor attributes.
const LABEL: CK_ATTRIBUTE_TYPE = CKA_VENDOR_DEFINED + 0x5349;
const USER_PIN: CK_ATTRIBUTE_TYPE = CKA_VENDOR_DEFINED + 0x534d;

/// A token of SoftHSM's, as its folder has it.
struct Token {
    folder: PathBuf,
    label: String,
    /// The token's key under the user's PIN.
    user_pin: Option<Vec<u8>>,
    objects: Vec<Found>,
}

/// An object: where it is, and what is in it or wrong with it.
struct Found {
    place: String,
    record: std::result::Result<Record, String>,
}

/// `ferrotoken import-softhsm`.
pub fn run(cli: &Cli, module: &Module, what: &FromSofthsm) -> Result<()> {
    let token = chosen(&what.directory, what.from_token.as_deref())?;
    let key = match &token.user_pin {
        Some(sealed) => {
            let pin = what.from_pin.read(&format!("user PIN of the SoftHSM token {:?}", token.label))?;
            let key = opened(sealed, pin.as_bytes()).ok_or_else(|| {
                format!("the PIN does not open the SoftHSM token {:?} in {}", token.label, token.folder.display())
            })?;
            Some(key)
        }
        // Without a user's PIN there are no private objects.
        None => None,
    };
    let arrivals = token.objects.into_iter().map(|found| found.arrive(key.as_ref().map(|key| &key[..]))).collect();
    bring(cli, module, arrivals)
}

/// The token of a folder, or of one of the folders in it.
fn chosen(directory: &Path, label: Option<&str>) -> Result<Token> {
    let mut tokens = Vec::new();
    for folder in folders(directory)? {
        tokens.extend(read(&folder)?);
    }
    if tokens.is_empty() {
        return Err(format!(
            "there is no SoftHSM token in {}. `directories.tokendir` in softhsm2.conf says where they are",
            directory.display()
        )
        .into());
    }
    let names: Vec<_> = tokens.iter().map(|token| format!("{:?}", token.label)).collect();
    tokens.retain(|token| label.is_none_or(|label| token.label == label));
    match (tokens.pop(), tokens.is_empty()) {
        (Some(token), true) => Ok(token),
        (None, _) => Err(format!("no SoftHSM token there has this label; there are: {}", names.join(", ")).into()),
        _ => {
            Err(format!("there are several SoftHSM tokens ({}): say which with --from-token", names.join(", ")).into())
        }
    }
}

/// The folder itself, and those in it.
fn folders(directory: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error| format!("cannot read {}: {error}", directory.display());
    let mut folders = vec![directory.to_owned()];
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        folders.extend(path.is_dir().then_some(path));
    }
    folders.sort();
    Ok(folders)
}

/// The token of a folder, if it has one.
fn read(folder: &Path) -> Result<Option<Token>> {
    let (own, objects) = if folder.join(file::TOKEN).exists() {
        file::read(folder)?
    } else if folder.join(DATABASE).exists() {
        read_database(folder)?
    } else {
        return Ok(None);
    };
    let bytes = |attribute| match own.get(&attribute) {
        Some(Stored::Bytes(bytes)) if !bytes.is_empty() => Some(bytes.to_vec()),
        _ => None,
    };
    let label = text(&bytes(LABEL).unwrap_or_default());
    Ok(Some(Token { folder: folder.to_owned(), label, user_pin: bytes(USER_PIN), objects }))
}

/// The database of a token that has one.
const DATABASE: &str = "sqlite3.db";

#[cfg(feature = "store")]
fn read_database(folder: &Path) -> Result<(Record, Vec<Found>)> {
    database::read(&folder.join(DATABASE))
}

#[cfg(not(feature = "store"))]
fn read_database(folder: &Path) -> Result<(Record, Vec<Found>)> {
    let what = "this program was built without its feature `store`, and reads no databases";
    Err(format!("{}: {what}", folder.display()).into())
}

/// The token's key, if this is the PIN: a salt of 8 bytes, an initialisation vector, and the encrypted three letters "RJR"
/// with the key behind them.
fn opened(sealed: &[u8], pin: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (salt, sealed) = sealed.split_at_checked(8)?;
    let (iv, sealed) = sealed.split_at_checked(16)?;
    let opened = decrypt_cbc(&key_of(pin, salt), iv, sealed)?;
    let key = opened.strip_prefix(b"RJR")?;
    (key.len() == 32).then(|| Zeroizing::new(key.to_vec()))
}

/// SHA-256 of salt and PIN, again and again, as often as the salt's last byte says beyond 1500.
fn key_of(pin: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    let rounds = 1500 + salt.last().map_or(0, |last| u32::from(*last));
    (1..rounds).fold(Hash::Sha256.of(&[salt, pin]), |key, _| Hash::Sha256.of(&[&key]))
}

impl Found {
    /// The object as it is to be made on the new token.
    fn arrive(self, key: Option<&[u8]>) -> Arrival {
        let arrived = self.record.and_then(|record| {
            let private = !matches!(record.get(&CKA_PRIVATE), Some(Stored::Bool(false)));
            let key = if private { Some(key.ok_or("it is private, and the token has no user PIN")?) } else { None };
            record.into_iter().map(|(attribute, stored)| stored.decrypted(key)?.attribute(attribute)).collect()
        });
        match arrived {
            Ok(attributes) => Arrival::of(attributes),
            Err(why) => Arrival::lost(self.place, why),
        }
    }
}

impl Stored {
    /// With what the token's key has encrypted in clear. Dates, of 8 bytes, SoftHSM never encrypts.
    fn decrypted(self, key: Option<&[u8]>) -> std::result::Result<Self, String> {
        match (self, key) {
            (Self::Bytes(bytes), Some(key)) if bytes.len() >= 32 && bytes.len() % 16 == 0 => {
                let (iv, sealed) = bytes.split_at(16);
                let value = decrypt_cbc(key, iv, sealed).ok_or("its file is damaged")?;
                Ok(Self::Bytes(value))
            }
            (stored, _) => Ok(stored),
        }
    }

    /// As an attribute of the standard's.
    fn attribute(self, attribute: CK_ATTRIBUTE_TYPE) -> std::result::Result<Attribute, String> {
        Ok(match self {
            Self::Bool(value) => Attribute::boolean(attribute, value),
            Self::Number(value) => Attribute::number(attribute, value),
            Self::Bytes(value) => Attribute::bytes(attribute, &value),
            Self::Mechanisms(list) => {
                Attribute::bytes(attribute, &list.iter().flat_map(|one| one.to_ne_bytes()).collect::<Vec<_>>())
            }
            Self::Template(inner) => {
                let inner = inner.into_iter().map(|(attribute, stored)| stored.attribute(attribute));
                Attribute::template(attribute, inner.collect::<std::result::Result<_, _>>()?)
            }
        })
    }
}
