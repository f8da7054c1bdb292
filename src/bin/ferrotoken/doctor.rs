//! `ferrotoken doctor`: what is wrong, and how to mend it.

mod settings;

use crate::Result;
use crate::backup;
use crate::cli::Cli;
use crate::client::Module;
use crate::show::{table, text};
use crate::tokens::store_of;
use cryptoki_sys::*;
use ferrotoken::config::{Environment, VARIABLES};
use serde_json::{Value, json};
use std::path::Path;

/// One finding: how bad it is, what it is about, what to do.
struct Finding(&'static str, String, String);

/// Looks at the environment, the module, the tokens and other programs' settings.
pub fn run(cli: &Cli, library: &Path) -> Result<()> {
    let mut findings = Vec::new();
    let mut say = |grade, what: String, remedy: &str| findings.push(Finding(grade, what, remedy.into()));
    for name in VARIABLES {
        if let Some(value) = std::env::var_os(name) {
            say("good", format!("{name} is set to {}", value.display()), "");
        }
    }
    if cli.module.is_none() {
        match Environment::read(false).file {
            Some(file) => say("good", format!("the configuration is {}", file.display()), ""),
            None => say("good", "there is no configuration file, and none is needed".into(), ""),
        }
    }
    match Module::load(library) {
        Err(error) => say(
            "bad",
            format!("{} does not work: {error}", library.display()),
            "Name the module with --module; if it is Ferrotoken's, the line above from the library says what is wrong",
        ),
        Ok(module) => {
            let info = module.info()?;
            say("good", format!("{}: {}", library.display(), text(&info.libraryDescription)), "");
            let slots = module.slots()?;
            if slots.is_empty() {
                say("bad", "there is no slot".into(), "Configure a token: docs/configuration.md");
            }
            let store = store_of(cli);
            for slot in slots {
                if let Err(error) = look_at_token(&module, slot, &mut say) {
                    let remedy = "The lines above from the library say what is wrong, and FERROTOKEN_LOG=error more";
                    say("bad", format!("slot {slot}: {error}"), remedy);
                } else if let Some(Err(error)) = store.as_ref().map(|store| backup::examine(store, slot)) {
                    say("bad", format!("slot {slot}: {error}"), "Restore the token from a backup");
                }
            }
            module.finalise()?;
            match store {
                Some(store) => say("good", format!("tokens last, in {}", store.directory.display()), ""),
                None if cli.module.is_none() => say(
                    "fair",
                    "tokens are in memory, and gone when their process ends".into(),
                    "FERROTOKEN_DIR, or [store] in the configuration, names a directory of tokens that last",
                ),
                None => {}
            }
        }
    }
    let home = std::env::var_os("HOME");
    for mention in settings::mentions(home.as_deref().map(Path::new)) {
        let (settings, module) = (mention.settings.display(), mention.module.display());
        if mention.module.exists() {
            say("good", format!("{settings} names {module}"), "");
        } else {
            say("bad", format!("{settings} names {module}, which is not there"), "Correct the path there");
        }
    }
    let bad = findings.iter().filter(|finding| finding.0 == "bad").count();
    let rows = findings.into_iter().map(|Finding(grade, what, remedy)| vec![json!(grade), json!(what), json!(remedy)]);
    table(cli.json, &["state", "what", "remedy"], rows.collect::<Vec<Vec<Value>>>())?;
    if bad > 0 { Err(format!("problems found: {bad}").into()) } else { Ok(()) }
}

fn look_at_token(module: &Module, slot: CK_SLOT_ID, say: &mut impl FnMut(&'static str, String, &str)) -> Result<()> {
    let info = module.token_info(slot)?;
    let set = |flag| info.flags & flag != 0;
    let name = format!("the token {:?} in slot {slot}", text(&info.label));
    if !set(CKF_TOKEN_INITIALIZED) {
        say(
            "fair",
            format!("slot {slot} has a token that is not initialised"),
            "`ferrotoken init LABEL` makes it ready",
        );
        return Ok(());
    }
    say("good", format!("{name} is initialised"), "");
    if !set(CKF_USER_PIN_INITIALIZED) {
        say("bad", format!("{name} has no user PIN"), "`ferrotoken pin --reset` sets one, by the SO PIN");
    }
    if set(CKF_USER_PIN_LOCKED) {
        say("bad", format!("the user PIN of {name} is locked"), "`ferrotoken pin --reset` unlocks it, by the SO PIN");
    } else if set(CKF_USER_PIN_FINAL_TRY) {
        say(
            "fair",
            format!("the user PIN of {name} has one try left"),
            "Log in with the right one; it is then forgotten",
        );
    }
    if set(CKF_SO_PIN_LOCKED) {
        say("bad", format!("the SO PIN of {name} is locked"), "Nothing unlocks it: save what can be, initialise anew");
    }
    Ok(())
}
