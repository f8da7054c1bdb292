//! Every mechanism of `C_GetMechanismList`, and every promise of its `C_GetMechanismInfo`: keys of the smallest and the largest
//! size are made, every function that the flags name is done with them and undone, and what must be refused is refused. A new
//! mechanism without a recipe fails here.

mod common;
mod curves;
#[path = "walk/functions.rs"]
mod functions;
#[path = "walk/generation.rs"]
mod generation;
mod groups;
#[path = "walk/kdf.rs"]
mod kdf;
#[path = "walk/keys.rs"]
mod keys;
#[path = "walk/large.rs"]
mod large;
#[path = "walk/recipe.rs"]
mod recipe;
#[path = "walk/recipes.rs"]
mod recipes;
#[path = "walk/refusals.rs"]
mod refusals;
mod rsa_keys;
#[path = "walk/standard.rs"]
mod standard;

use ferrotoken::names::Shown;
use keys::{Ground, Pair};
use recipe::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// `C_GetMechanismList`.
fn list(token: &Token) -> Vec<CK_MECHANISM_TYPE> {
    let get = f().C_GetMechanismList.unwrap();
    let mut count = 0;
    // SAFETY: the place of the count; then room for as many.
    ok(result(unsafe { get(token.slot, std::ptr::null_mut(), &mut count) }));
    let mut list = vec![0; count as usize];
    // SAFETY: as above.
    ok(result(unsafe { get(token.slot, list.as_mut_ptr(), &mut count) }));
    list
}

/// `C_GetMechanismInfo`.
fn info(token: &Token, kind: CK_MECHANISM_TYPE) -> CK_MECHANISM_INFO {
    let mut info = CK_MECHANISM_INFO::default();
    // SAFETY: a place for the structure.
    ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
    info
}

/// Goes through all mechanisms, of which those that fail are told together.
fn walk(ground: &Ground, visit: impl Fn(&Recipe, CK_MECHANISM_INFO)) {
    let recipes = recipes::all(ground);
    let mut failed = Vec::new();
    for kind in list(&ground.token) {
        let name = Shown::mechanism(kind).to_string();
        let Some(recipe) = recipes.iter().find(|recipe| recipe.kind == kind) else {
            failed.push(format!("{name} has no recipe"));
            continue;
        };
        if catch_unwind(AssertUnwindSafe(|| visit(recipe, info(&ground.token, kind)))).is_err() {
            failed.push(name);
            // What it left unfinished is not to hinder the next.
            let _ = ground.s.cancel(functions::FUNCTIONS.iter().fold(0, |flags, (_, flag, ..)| flags | flag));
        }
    }
    assert!(failed.is_empty(), "{} fail: {}", failed.len(), failed.join(", "));
}

/// The keys of all types and sizes that a recipe names.
fn keys_of(ground: &Ground, recipe: &Recipe) -> Vec<Pair> {
    match recipe.keys {
        Keys::None => Vec::new(),
        Keys::Pair(kind) if recipe.costly => ground.pairs(kind)[..1].to_vec(),
        Keys::Pair(kind) => ground.pairs(kind),
        Keys::Secret(kinds, lengths, _) => kinds
            .iter()
            .flat_map(|kind| lengths.tried().into_iter().filter_map(|length| ground.secret(*kind, length).ok()))
            .map(|key| (key, key))
            .collect(),
    }
}

#[test]
fn sizes_are_told_in_the_units_of_the_standard() {
    let ground = Ground::new();
    walk(&ground, |recipe, info| {
        let told = (info.ulMinKeySize, info.ulMaxKeySize);
        let sizes = match recipe.keys {
            Keys::None => (0, 0),
            Keys::Pair(kind) => kind.sizes(),
            Keys::Secret(_, lengths, unit) => {
                let (min, max) = lengths.bounds();
                (unit.of(min), unit.of(max))
            }
        };
        assert_eq!(told, sizes);
        assert_eq!(info.flags & CKF_HW, 0);
    });
}

#[test]
fn every_function_does_and_undoes() {
    let ground = Ground::new();
    walk(&ground, |recipe, info| {
        if info.flags & CKF_DIGEST != 0 {
            functions::digest(&ground.s, recipe);
        }
        if info.flags & (CKF_GENERATE | CKF_GENERATE_KEY_PAIR | CKF_DIGEST) != 0 {
            return;
        }
        let keys = keys_of(&ground, recipe);
        assert!(!keys.is_empty(), "no keys");
        for key in keys {
            functions::do_all(&ground, recipe, info.flags, key);
        }
    });
}

#[test]
fn everything_else_is_refused() {
    let ground = Ground::new();
    walk(&ground, |recipe, info| {
        let key = keys_of(&ground, recipe).first().copied();
        let key = key.unwrap_or_else(|| ground.pairs(keys::Kind::Ec)[0]);
        refusals::refuse_all(&ground, recipe, info.flags, key);
    });
}
