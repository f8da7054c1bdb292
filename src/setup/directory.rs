//! A directory of tokens that last.

use super::Failure;
use crate::config::{Config, StoreConfig};
use crate::error::Result;
use crate::token::Token;
use cryptoki_sys::CK_SLOT_ID;

/// The directory of a configuration, made if it is not there.
#[cfg(feature = "store")]
pub(crate) fn directory(config: &Config) -> core::result::Result<Option<Directory>, Failure> {
    use crate::store::files;
    let Some(StoreConfig { directory, place, shared, cost, token }) = &config.store else { return Ok(None) };
    let problem = |what: String, remedy: &str| place.problem(format!("{}: {what}", directory.display()), remedy);
    files::make_directory(directory).map_err(|error| {
        problem(format!("cannot be made: {error}"), "Name a directory that this process may make or use")
    })?;
    // The library may be used from wherever the process goes. (Not `canonicalize`: it frees what the C library allocates, and in a host
    // with two allocators that is not ours to free.)
    let path = std::path::absolute(directory).map_err(|error| {
        problem(format!("cannot be opened: {error}"), "Correct the path, or the rights of the directory")
    })?;
    let slots = files::slots(&path).map_err(|error| {
        problem(format!("cannot be read: {error}"), "Correct the path, or the rights of the directory")
    })?;
    for file in slots.into_iter().map(|slot| files::path_of(&path, slot)).chain([path.clone()]) {
        if let Some((what, remedy)) = files::complaint(&file, *shared) {
            return Err(place.problem(format!("{}: {what}", file.display()), remedy).into());
        }
    }
    Ok(Some(Directory { path, shared: *shared, cost: *cost, common: Common::of(token) }))
}

/// The directory of a configuration: this library has been built without.
#[cfg(not(feature = "store"))]
pub(crate) fn directory(config: &Config) -> core::result::Result<Option<Directory>, Failure> {
    match &config.store {
        None => Ok(None),
        Some(StoreConfig { place, .. }) => {
            let what = "this library was built without its feature `store`, and knows tokens in memory only";
            Err(place.problem(what, "Build it with that feature, or name no directory").into())
        }
    }
}

/// A directory of tokens.
#[cfg(feature = "store")]
pub(crate) struct Directory {
    path: std::path::PathBuf,
    shared: bool,
    cost: crate::seal::Cost,
    common: Common,
}

/// What all tokens in it have in common.
#[cfg(feature = "store")]
struct Common {
    policy: crate::pin::Policy,
    separate_wrapping: bool,
    offer: crate::mech::Offer,
    names: crate::token::Names,
    limits: crate::token::Limits,
}

#[cfg(feature = "store")]
impl Common {
    fn of(config: &crate::config::TokenConfig) -> Self {
        let (policy, separate_wrapping, limits) = (config.policy, config.separate_wrapping, config.limits);
        Self { policy, separate_wrapping, offer: config.offer.clone(), names: config.names.clone(), limits }
    }
}

#[cfg(feature = "store")]
impl Directory {
    /// The slots that have a file in it.
    pub(crate) fn slots(&self) -> Result<Vec<CK_SLOT_ID>> {
        use crate::log::{self, Level};
        crate::store::files::slots(&self.path).map_err(|error| {
            log::write(Level::Error, format_args!("{}: cannot be read: {error}", self.path.display()));
            crate::error::Error::DeviceError
        })
    }

    /// The token of a slot.
    pub(crate) fn token(&self, slot: CK_SLOT_ID) -> Token {
        let file = crate::store::files::path_of(&self.path, slot);
        let store = crate::store::Sqlite::new(file, self.shared, self.cost);
        let common = &self.common;
        Token::new(slot, common.policy, common.separate_wrapping)
            .named(common.names.clone())
            .offering(common.offer.clone())
            .limited(common.limits)
            .kept_by(Box::new(store))
    }
}

/// There is none in a library without files.
#[cfg(not(feature = "store"))]
pub(crate) enum Directory {}

#[cfg(not(feature = "store"))]
impl Directory {
    pub(crate) fn slots(&self) -> Result<Vec<CK_SLOT_ID>> {
        match *self {}
    }

    pub(crate) fn token(&self, _: CK_SLOT_ID) -> Token {
        match *self {}
    }
}
