//! Where a token keeps what outlives a login: itself, its PINs, its token objects.
//!
//! A [`Store`] is either [`Memory`], which keeps the PINs and leaves the objects to the token, or a file
//! (`sqlite`), which many processes use at once. Everything that a store writes is one transaction, committed when the
//! call returns. Sealing (`crate::seal`) is the file's own affair: what stays in memory has no use for it.

mod codec;
#[cfg(feature = "store")]
pub(crate) mod files;
pub(crate) mod fork;
#[cfg_attr(not(feature = "store"), allow(dead_code))]
mod judging;
mod memory;
#[cfg(feature = "store")]
mod sqlite;

use crate::error::{Error, Result};
use crate::object::template::Attributes;
use crate::pin::{Guard, Pin};
use crate::seal::Keys;

pub(crate) use crate::object::table::{Head, Place};
pub(crate) use judging::Judging;
pub(crate) use memory::Memory;
#[cfg(feature = "store")]
pub(crate) use sqlite::{Sqlite, snapshot};

/// A token without its objects.
#[derive(Clone)]
pub(crate) struct Header {
    /// The label, padded with blanks.
    pub label: [u8; 32],
    /// The serial number.
    pub serial: [u8; 16],
    /// The security officer's PIN; `None` if the token is not initialised.
    pub so_pin: Option<Pin>,
    /// The user's PIN.
    pub user_pin: Option<Pin>,
    /// Which initialisation this is: all that an earlier one left is void.
    pub epoch: Vec<u8>,
}

impl Header {
    /// A token that is not initialised.
    pub(crate) fn blank(serial: [u8; 16]) -> Self {
        Self { label: [b' '; 32], serial, so_pin: None, user_pin: None, epoch: Vec::new() }
    }
}

/// What has changed in a store.
pub(crate) struct News {
    /// Whether this is all there is, and what is not in it is gone.
    pub all: bool,
    /// New and changed objects.
    pub heads: Vec<Head>,
    /// Destroyed ones.
    pub gone: Vec<i64>,
    /// The last change that is in it.
    pub seen: i64,
    /// The epoch in which it was read.
    pub epoch: Vec<u8>,
}

/// One change of an object.
pub(crate) enum Change<'a> {
    /// A new one.
    Create(&'a Attributes),
    /// Others for those of this version.
    Replace(Place, &'a Attributes),
    /// None any more.
    Destroy(Place),
}

/// What a commit came to.
pub(crate) enum Committed {
    /// All changes are made: the places of the objects that are there now, in the order of the changes.
    Done(Vec<Place>),
    /// None is: an object was changed or destroyed before by somebody else.
    Overtaken,
}

/// The keeper of one token. Errors are told in the log where they arise; what the caller gets is a code.
pub(crate) trait Store: Send + Sync {
    /// Whether objects are kept here; else they are the token's only.
    fn keeps_objects(&self) -> bool;

    /// Fresh keys for a token that is being initialised.
    fn fresh_keys(&self) -> Result<Keys>;

    /// What is to be kept of a new PIN that opens these keys. This takes its time: no lock may be held.
    fn guard(&self, pin: &[u8], keys: &Keys) -> Result<Guard>;

    /// The token as it is now.
    fn header(&self) -> Result<Header>;

    /// Changes PINs and counters; after an error nothing is changed.
    fn update(&self, change: &mut dyn FnMut(&mut Header) -> Result<()>) -> Result<()>;

    /// `C_InitToken`: as [`Self::update`], and all objects are destroyed. The keys are those of the new token.
    fn reset(&self, keys: &Keys, change: &mut dyn FnMut(&mut Header) -> Result<()>) -> Result<()>;

    /// Lets other processes know, as long as it is kept, that one of this token's PINs is being judged.
    fn judging(&self) -> Option<Judging> {
        None
    }

    /// Whether another process is judging a PIN of this token.
    fn is_anybody_judging(&self) -> bool {
        false
    }

    /// A number that is another one after every commit, of whatever process. This is cheap.
    fn stamp(&self) -> Result<u64>;

    /// What has changed since: of the private objects, only if these keys may show them.
    fn changed(&self, since: i64, keys: &Keys, private: bool) -> Result<News>;

    /// All attributes of an object; `ObjectHandleInvalid` if it is not there in this version.
    fn body(&self, head: &Place, private: bool, keys: &Keys) -> Result<Attributes>;

    /// Makes changes, all or none.
    fn commit(&self, keys: &Keys, changes: &[Change<'_>]) -> Result<Committed>;
}

/// Before a fork (`fork`): no call is in a store, none comes in, and no connection is open.
pub(crate) fn prepare_fork() {
    fork::prepare();
    #[cfg(feature = "store")]
    sqlite::close_all();
}

/// `UserNotLoggedIn` if the keys are of an epoch that is over: their login is void.
pub(crate) fn check_epoch(header: &Header, keys: &Keys) -> Result<()> {
    if header.epoch == keys.epoch() { Ok(()) } else { Err(Error::UserNotLoggedIn) }
}
