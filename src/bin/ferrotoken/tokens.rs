//! Slots, tokens and PINs.

use crate::Result;
use crate::cli::Cli;
use crate::client::{Module, Session};
use crate::pin::Source;
use crate::show::{done, table, text};
use cryptoki_sys::*;
use ferrotoken::config::{Config, Environment, StoreConfig};
use serde_json::json;
use std::io::Write;
use zeroize::Zeroizing;

/// `ferrotoken info`.
pub fn info(module: &Module, json: bool) -> Result<()> {
    let info = module.info()?;
    let version = |version: CK_VERSION| format!("{}.{}", version.major, version.minor);
    let row = vec![
        json!(text(&info.libraryDescription)),
        json!(text(&info.manufacturerID)),
        json!(version(info.libraryVersion)),
        json!(version(info.cryptokiVersion)),
        json!(module.slots()?.len()),
    ];
    table(json, &["library", "manufacturer", "version", "PKCS#11", "slots"], vec![row])
}

/// The flags of a token that its owner should know, and their names.
const STATES: [(CK_FLAGS, &str); 8] = [
    (CKF_TOKEN_INITIALIZED, "initialised"),
    (CKF_USER_PIN_INITIALIZED, "user PIN set"),
    (CKF_WRITE_PROTECTED, "write-protected"),
    (CKF_USER_PIN_COUNT_LOW, "wrong user PINs"),
    (CKF_USER_PIN_FINAL_TRY, "last try of the user PIN"),
    (CKF_USER_PIN_LOCKED, "user PIN locked"),
    (CKF_SO_PIN_COUNT_LOW, "wrong SO PINs"),
    (CKF_SO_PIN_LOCKED, "SO PIN locked"),
];

/// `ferrotoken list`.
pub fn list(module: &Module, json: bool) -> Result<()> {
    let mut rows = Vec::new();
    for slot in module.slots()? {
        let info = module.token_info(slot)?;
        let states: Vec<_> = STATES.iter().filter(|(flag, _)| info.flags & flag != 0).map(|(_, name)| *name).collect();
        rows.push(vec![
            json!(slot),
            json!(text(&info.label)),
            json!(text(&info.serialNumber)),
            json!(text(&info.model)),
            json!(states),
        ]);
    }
    table(json, &["slot", "label", "serial", "model", "state"], rows)
}

/// `ferrotoken init`.
pub fn initialise(cli: &Cli, module: &Module, label: &str, so_pin: &Source, new_pin: &Source) -> Result<()> {
    if label.len() > 32 {
        return Err(
            format!("the label has {} bytes, and there is room for 32: choose a shorter one", label.len()).into()
        );
    }
    let slot = match (cli.slot, &cli.token) {
        (Some(slot), _) => slot,
        (None, Some(_)) => chosen(cli, module)?,
        (None, None) => blank(module)?,
    };
    let initialised = module.token_info(slot)?.flags & CKF_TOKEN_INITIALIZED != 0;
    warn_of_memory(cli);
    let so = if initialised { so_pin.read("SO PIN")? } else { so_pin.read_new("new SO PIN")? };
    let user = new_pin.read_new("new user PIN")?;
    check_length(module, slot, &user)?;
    let mut slot = module.make_token(slot, &so, &user, label)?;
    if cli.module.is_some() {
        // SoftHSM gives the token a slot with a number of its own, which it has from the next start on.
        let serial = module.token_info(slot)?.serialNumber;
        module.restart()?;
        let is_it = |slot: &CK_SLOT_ID| module.token_info(*slot).is_ok_and(|info| info.serialNumber == serial);
        slot = module.slots()?.into_iter().find(is_it).unwrap_or(slot);
    }
    done(cli.json, &format!("the token {label:?} in slot {slot} is ready"), json!({ "slot": slot, "label": label }));
    Ok(())
}

/// A user PIN that would be refused after everything on the token is destroyed is refused before.
fn check_length(module: &Module, slot: CK_SLOT_ID, pin: &str) -> Result<()> {
    let info = module.token_info(slot)?;
    let (least, most) = (info.ulMinPinLen, info.ulMaxPinLen);
    let length = pin.len() as CK_ULONG;
    if length < least || (most != 0 && length > most) {
        return Err(format!("the new user PIN has {length} bytes, and the token takes {least} to {most}").into());
    }
    Ok(())
}

/// Says so if what is made now is gone when the tool ends.
pub fn warn_of_memory(cli: &Cli) {
    if cli.module.is_none() && store_of(cli).is_none() {
        eprintln!(
            "ferrotoken: this token is in memory, and gone with all keys when this command ends. FERROTOKEN_DIR=DIRECTORY, or \
             directory = \"…\" below [store] in a configuration, makes tokens that last"
        );
    }
}

/// The directory of tokens that the library is configured for; none if its tokens are in memory, or nobody knows.
pub fn store_of(cli: &Cli) -> Option<StoreConfig> {
    if cli.module.is_some() {
        return None;
    }
    // The library reads the same, and is the one to complain.
    Config::load(&Environment::read(false)).ok()?.store
}

/// `ferrotoken pin`.
pub fn change_pin(cli: &Cli, module: &Module, so: bool, reset: bool, old: &Source, new: &Source) -> Result<()> {
    let slot = chosen(cli, module)?;
    let session = module.open_session(slot)?;
    let (who, whose) = if so || reset { (CKU_SO, "SO PIN") } else { (CKU_USER, "user PIN") };
    let known = old.read(whose)?;
    session.login(who, &known)?;
    if reset {
        session.init_pin(&new.read_new("new user PIN")?)?;
    } else {
        session.set_pin(&known, &new.read_new(&format!("new {whose}"))?)?;
    }
    let what = if so { "SO PIN" } else { "user PIN" };
    done(
        cli.json,
        &format!("the {what} of the token in slot {slot} is changed"),
        json!({ "slot": slot, "changed": what }),
    );
    Ok(())
}

/// `ferrotoken random`.
pub fn random(cli: &Cli, module: &Module, bytes: usize, hex: bool) -> Result<()> {
    const PIECE: usize = 64 * 1024;
    let session = module.open_session(chosen(cli, module)?)?;
    let mut out = std::io::stdout().lock();
    // JSON has no place for bytes.
    let (before, hex, after) = match (cli.json, hex) {
        (true, _) => ("{\n  \"random\": \"", true, "\"\n}\n"),
        (false, true) => ("", true, "\n"),
        (false, false) => ("", false, ""),
    };
    write!(out, "{before}")?;
    let mut left = bytes;
    while left > 0 {
        let piece = session.random_bytes(left.min(PIECE))?;
        left -= piece.len();
        if hex {
            write!(out, "{}", base16ct::lower::encode_string(&piece))?;
        } else {
            out.write_all(&piece)?;
        }
    }
    write!(out, "{after}")?;
    Ok(())
}

/// The slot that the options name, or that of the only token that is initialised.
pub fn chosen(cli: &Cli, module: &Module) -> Result<CK_SLOT_ID> {
    if let Some(slot) = cli.slot {
        return Ok(slot);
    }
    let mut found = Vec::new();
    for slot in module.slots()? {
        let info = module.token_info(slot)?;
        let label = text(&info.label);
        let wanted = match &cli.token {
            Some(wanted) => label == *wanted,
            None => info.flags & CKF_TOKEN_INITIALIZED != 0,
        };
        if wanted {
            found.push((slot, label));
        }
    }
    match (&found[..], &cli.token) {
        ([(slot, _)], _) => Ok(*slot),
        ([], Some(label)) => Err(format!("there is no token {label:?}; `ferrotoken list` shows them").into()),
        ([], None) => Err("no token is initialised; `ferrotoken init LABEL` makes one".into()),
        (several, _) => {
            let names: Vec<_> = several.iter().map(|(slot, label)| format!("{label:?} in slot {slot}")).collect();
            Err(format!("there are several tokens ({}): say which with --token or --slot", names.join(", ")).into())
        }
    }
}

/// The first slot whose token is not initialised.
fn blank(module: &Module) -> Result<CK_SLOT_ID> {
    for slot in module.slots()? {
        if module.token_info(slot)?.flags & CKF_TOKEN_INITIALIZED == 0 {
            return Ok(slot);
        }
    }
    Err("every token is initialised; to destroy one and begin anew, name it with --token or --slot".into())
}

/// A session with the chosen token, in which the user is logged in if the token wants that.
pub fn open<'a>(cli: &Cli, module: &'a Module) -> Result<Session<'a>> {
    Ok(open_knowing(cli, module)?.0)
}

/// As [`open`], with the PIN, if there was one: some keys want it again for each use.
pub fn open_knowing<'a>(cli: &Cli, module: &'a Module) -> Result<(Session<'a>, Option<Zeroizing<String>>)> {
    let slot = chosen(cli, module)?;
    let session = module.open_session(slot)?;
    if module.token_info(slot)?.flags & CKF_LOGIN_REQUIRED == 0 {
        return Ok((session, None));
    }
    let pin = cli.pin.read("user PIN")?;
    session.login(CKU_USER, &pin)?;
    Ok((session, Some(pin)))
}
