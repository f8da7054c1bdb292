//! `ferrotoken doctor`: what is wrong, and how to mend it.

use crate::Result;
use crate::client::Module;
use crate::show::{table, text};
use cryptoki_sys::*;
use ferrotoken::config::VARIABLES;
use serde_json::{Value, json};
use std::path::Path;

/// One finding: how bad it is, what it is about, what to do.
struct Finding(&'static str, String, String);

/// Looks at the module, the environment and the tokens.
pub fn run(library: &Path, as_json: bool) -> Result<()> {
    let mut findings = Vec::new();
    let mut say = |grade, what: String, remedy: &str| findings.push(Finding(grade, what, remedy.into()));
    for name in VARIABLES {
        if let Some(value) = std::env::var_os(name) {
            say("good", format!("{name} is set to {}", value.display()), "");
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
            for slot in slots {
                look_at_token(&module, slot, &mut say)?;
            }
            module.finalise()?;
        }
    }
    let bad = findings.iter().filter(|finding| finding.0 == "bad").count();
    let rows = findings.into_iter().map(|Finding(grade, what, remedy)| vec![json!(grade), json!(what), json!(remedy)]);
    table(as_json, &["state", "what", "remedy"], rows.collect::<Vec<Vec<Value>>>())?;
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
