//! `ferrotoken backup` and `ferrotoken restore`: a token that lasts, as one encrypted file.

use crate::Result;
use crate::cli::Cli;
use crate::client::{Attribute, Failure, Module};
use crate::pin::Source;
use crate::progress;
use crate::show::done;
use crate::tokens::{chosen, store_of};
use cryptoki_sys::*;
use ferrotoken::backup::{self, Place};
use ferrotoken::config::StoreConfig;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// `ferrotoken backup`.
pub fn write(cli: &Cli, module: &Module, file: &Path, so_pin: Option<&Source>) -> Result<()> {
    let store = store(cli)?;
    let slot = chosen(cli, module)?;
    let (who, pin) = match so_pin {
        Some(source) => (CKU_SO, source.read("SO PIN")?),
        None => (CKU_USER, cli.pin.read("user PIN")?),
    };
    // A wrong PIN is counted here, as everywhere.
    module.open_session(slot)?.login(who, &pin)?;
    let unwritable = |error: std::io::Error| format!("cannot write {}: {error}", file.display());
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = BufWriter::new(options.open(file).map_err(unwritable)?);
    let written = progress::waiting("backup", || backup::write(&place(&store), slot, &pin, &mut out));
    let kept = written
        .map_err(Into::into)
        .and_then(|()| out.flush().and_then(|()| out.get_ref().sync_all()).map_err(|error| unwritable(error).into()));
    if kept.is_err() {
        // Half a backup is none.
        fs::remove_file(file).map_err(unwritable)?;
        return kept;
    }
    let sentence = format!("the token in slot {slot} is in {}; its PINs open it", file.display());
    done(cli.json, &sentence, json!({ "slot": slot, "file": file.display().to_string() }));
    Ok(())
}

/// `ferrotoken restore`.
pub fn restore(cli: &Cli, file: &Path, so_pin: Option<&Source>) -> Result<()> {
    let store = store(cli)?;
    let unreadable = |error| format!("cannot read {}: {error}", file.display());
    let mut from = BufReader::new(File::open(file).map_err(unreadable)?);
    let pin = match so_pin {
        Some(source) => source.read("SO PIN of the backup")?,
        None => cli.pin.read("user PIN of the backup")?,
    };
    let restored = progress::waiting("restoring", || backup::restore(&place(&store), cli.slot, &pin, &mut from));
    let (slot, label) = restored.map_err(|problem| format!("{}: {problem}", file.display()))?;
    warn_of_states(cli, slot, so_pin.is_none().then_some(&**pin))?;
    let sentence = format!("the token {label:?} is in slot {slot}");
    done(cli.json, &sentence, json!({ "slot": slot, "label": label }));
    Ok(())
}

/// A backup takes the state of a key back to what it was. The security officer sees public keys only.
fn warn_of_states(cli: &Cli, slot: CK_SLOT_ID, user_pin: Option<&str>) -> Result<()> {
    let module = Module::load(&cli.library())?;
    let session = module.open_session(slot)?;
    if let Some(pin) = user_pin {
        match session.login(CKU_USER, pin) {
            // It was locked when the backup was made: that is for its next login to say.
            Ok(()) | Err(Failure::Call(_, CKR_PIN_LOCKED)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    let of_type = |key_type| session.find(&[Attribute::number(CKA_KEY_TYPE, key_type)]);
    if !of_type(CKK_HSS)?.is_empty() || !of_type(CKK_HOTP)?.is_empty() {
        eprintln!(
            "ferrotoken: this token has keys whose state must not come twice (HSS, HOTP), and it is that of the backup now. If \
             one of them was used since the backup, do not use it again: two HSS signatures of one state let others forge"
        );
    }
    drop(session);
    Ok(module.finalise()?)
}

fn store(cli: &Cli) -> Result<StoreConfig> {
    store_of(cli).ok_or_else(|| {
        "only Ferrotoken's own tokens that last have backups, and no directory of them is configured. Name it by \
         FERROTOKEN_DIR, or below [store] in a configuration"
            .into()
    })
}

/// Whether the file of a slot is whole; else what is wrong with it.
pub fn examine(store: &StoreConfig, slot: CK_SLOT_ID) -> Result<()> {
    Ok(backup::examine(&place(store), slot)?)
}

fn place(store: &StoreConfig) -> Place<'_> {
    Place { directory: &store.directory, shared: store.shared }
}
