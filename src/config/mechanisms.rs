//! Which mechanisms a token offers: a ready-made policy, and lists of its own.

use super::Problem;
use super::source::{Placed, Section};
use crate::mech::offer::{DEFAULT, POLICIES};
use crate::mech::{self, Offer};
use crate::names;
use cryptoki_sys::CK_MECHANISM_TYPE;

pub(super) const POLICY: &str = "mechanism-policy";
pub(super) const ALLOW: &str = "allow-mechanisms";
pub(super) const DENY: &str = "deny-mechanisms";

/// Reads the keys of one token.
pub(super) fn read(section: &Section<'_>) -> Result<Offer, Problem> {
    let policy = match section.string(POLICY)? {
        None => DEFAULT,
        Some(given) => POLICIES.iter().position(|name| *name == given.value).ok_or_else(|| {
            let names = POLICIES.map(|name| format!("\"{name}\"")).join(", ");
            given.spot.problem(format!("there is no {POLICY} {:?}", given.value), format!("Write one of {names}"))
        })?,
    };
    let allowed = section.strings(ALLOW)?.iter().map(mechanism).collect::<Result<Vec<_>, _>>()?;
    let denied = section.strings(DENY)?.iter().map(mechanism).collect::<Result<Vec<_>, _>>()?;
    let only = section.has(ALLOW).then_some(allowed);
    Ok(Offer::new(policy, only, denied))
}

fn mechanism(given: &Placed<'_, &str>) -> Result<CK_MECHANISM_TYPE, Problem> {
    let id = names::Named::mechanism(given.value).filter(|id| mech::find(*id).is_some());
    id.ok_or_else(|| {
        let remedy = "Write a name that `ferrotoken mechanisms` lists, with or without CKM_, in capitals";
        given.spot.problem(format!("there is no mechanism {:?}", given.value), remedy)
    })
}
