//! The `[store]` table: a directory of tokens that last.

use super::environment::DIRECTORY as VARIABLE;
use super::source::{Section, Spot};
use super::token::{self, TokenConfig};
use super::{Place, Problem, limits, mechanisms};
use crate::seal::Cost;
use std::path::{Path, PathBuf};

/// The table.
pub(super) const TABLE: &str = "store";

/// Its keys. Those of a token in memory that say how it behaves are here for all tokens of the directory.
pub(super) const KEYS: &[&str] = &[
    DIRECTORY,
    SHARED,
    MEMORY,
    PASSES,
    token::SO_NAME,
    token::USER_NAME,
    token::PIN_MIN,
    token::PIN_MAX,
    token::PIN_TRIES,
    mechanisms::POLICY,
    mechanisms::ALLOW,
    mechanisms::DENY,
    token::WRAPPING_KEYS,
    limits::SESSIONS,
    limits::OBJECTS,
    limits::OBJECT_BYTES,
];

pub(super) const DIRECTORY: &str = "directory";
pub(super) const SHARED: &str = "shared";
pub(super) const MEMORY: &str = "argon2-memory";
pub(super) const PASSES: &str = "argon2-passes";

/// A directory of tokens.
pub struct StoreConfig {
    /// The directory.
    pub directory: PathBuf,
    /// Where it is named.
    pub place: Place,
    /// Whether others than the owner may have rights on it and its files.
    pub shared: bool,
    /// How dear new PINs are to try.
    pub cost: Cost,
    /// What all tokens in it have in common; the slot is to be replaced.
    pub token: TokenConfig,
}

impl StoreConfig {
    /// The directory of the environment variable.
    pub(super) fn of_variable(directory: &Path) -> Self {
        let (directory, place) = (directory.to_owned(), Place::Variable(VARIABLE));
        Self { directory, place, shared: false, cost: Cost::default(), token: TokenConfig::blank(0) }
    }

    /// Reads the table, and the directory of the variable, which counts before the table's.
    pub(super) fn read(root: &Section<'_>, variable: Option<&Path>) -> Result<Option<Self>, Problem> {
        let Some(section) = root.table(TABLE, KEYS)? else { return Ok(variable.map(Self::of_variable)) };
        let named = section.string(DIRECTORY)?;
        let here = |spot: Spot<'_>, path: &str| (spot.resolve(path), spot.place());
        let (directory, place) = match (variable, named) {
            (Some(variable), _) => (variable.to_owned(), Place::Variable(VARIABLE)),
            (None, Some(named)) => here(named.spot, named.value),
            (None, None) => {
                let what = format!("[{TABLE}] names no directory");
                return Err(section.spot.problem(what, format!("Add: {DIRECTORY} = \"…\", or set {VARIABLE}")));
            }
        };
        let usual = Cost::default();
        // RFC 9106 wants eight blocks at least; more than two gigabytes would keep out those who know the PIN.
        let memory = section.number(MEMORY, 8..=Cost::MOST.memory.into())?;
        let passes = section.number(PASSES, 1..=Cost::MOST.passes.into())?;
        let cost = Cost {
            memory: memory.map_or(usual.memory, |memory| memory.value as u32),
            passes: passes.map_or(usual.passes, |passes| passes.value as u32),
        };
        let shared = section.boolean(SHARED)?.unwrap_or(false);
        Ok(Some(Self { directory, place, shared, cost, token: TokenConfig::read(&section, 0)? }))
    }
}
