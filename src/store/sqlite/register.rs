//! The register: what tells, at the next login, that an object which was made or changed in a login is no longer there, or no longer as
//! it was.
//!
//! Who is not logged in may change and destroy public objects, as the standard has it, and has no key with which to vouch for what
//! is there then. A register that only logins can write would be wrong after that. So what he takes out of it is noted in clear
//! (`departed`): the next login knows what to expect, tells of it, and settles it. Whatever else is missing was taken out of
//! the file and not by us.

use super::rows::{self, Row};
use super::{Fault, schema, shown};
use crate::error::Error;
use crate::log::{self, Level};
use crate::seal::TokenKey;
use crate::store::Place;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// The register while objects are changed.
pub(super) enum Register<'a> {
    /// In a login: the sum of the marks.
    Open(&'a TokenKey, u128),
    /// Without one.
    Closed,
    /// There is none, because the file has an old format or is damaged. That was told.
    None,
}

impl<'a> Register<'a> {
    /// Opens it for the changes of a transaction, and settles what was changed without a login.
    pub(super) fn open(connection: &Connection, key: Option<&'a TokenKey>, path: &Path) -> Result<Self, Fault> {
        let exists = schema::has_register(connection)?;
        let Some(key) = key else { return Ok(if exists { Self::Closed } else { Self::None }) };
        if !exists {
            return Self::make(connection, key, path);
        }
        let Some(mut sum) = read(connection, key, path)? else { return Ok(Self::None) };
        let departed = departed(connection, path)?;
        if !departed.is_empty() {
            sum = departed.iter().fold(sum, |sum, place| sum.wrapping_sub(mark(key, place)));
            connection.execute("DELETE FROM departed", [])?;
        }
        Ok(Self::Open(key, sum))
    }

    /// Makes it for a file of format 1, of what is genuine in it.
    fn make(connection: &Connection, key: &'a TokenKey, path: &Path) -> Result<Self, Fault> {
        let mut sum = 0_u128;
        rows::each_head(connection, 0, |row| {
            if row.is_vouched() && (row.private || row.open(Some(key)).is_ok()) {
                sum = sum.wrapping_add(key.mark(row.id, row.version));
            }
        })?;
        schema::add_register(connection)?;
        log::write(Level::Warn, format_args!("{}: had format 1. Its objects are registered from now on", shown(path)));
        Ok(Self::Open(key, sum))
    }

    /// An object was taken out.
    pub(super) fn take(&mut self, connection: &Connection, head: &Row) -> rusqlite::Result<()> {
        if !head.is_vouched() {
            return Ok(());
        }
        match self {
            Self::Open(key, sum) => *sum = sum.wrapping_sub(key.mark(head.id, head.version)),
            Self::Closed => {
                let note = "INSERT OR REPLACE INTO departed VALUES(?, ?)";
                connection.prepare_cached(note)?.execute([head.version, head.id])?;
            }
            Self::None => {}
        }
        Ok(())
    }

    /// An object was put in.
    pub(super) fn put(&mut self, head: &Row) {
        if let Self::Open(key, sum) = self
            && head.is_vouched()
        {
            *sum = sum.wrapping_add(key.mark(head.id, head.version));
        }
    }

    /// Writes it.
    pub(super) fn close(self, connection: &Connection) -> Result<(), Fault> {
        let Self::Open(key, sum) = self else { return Ok(()) };
        write(connection, key, sum)
    }
}

/// The register of a new token, or of one that has lost everything.
pub(super) fn begin(connection: &Connection, key: Option<&TokenKey>) -> Result<(), Fault> {
    if !schema::has_register(connection)? {
        schema::add_register(connection)?;
    }
    connection.execute("DELETE FROM departed", [])?;
    write(connection, key.ok_or(Error::GeneralError)?, 0)
}

/// Tells, at a login, whether all that is registered is there: the sum of the marks is given.
pub(super) fn check(connection: &Connection, key: &TokenKey, found: u128, path: &Path) -> Result<(), Fault> {
    if !schema::has_register(connection)? {
        return Ok(());
    }
    let Some(sum) = read(connection, key, path)? else { return Ok(()) };
    let expected = departed(connection, path)?.iter().fold(sum, |sum, place| sum.wrapping_sub(mark(key, place)));
    if expected != found {
        log::alarm(format_args!(
            "{}: objects that were made or changed in a login are missing, or others are in their place, and not by \
             Ferrotoken's doing. Compare the file with a backup",
            shown(path)
        ));
    }
    Ok(())
}

fn mark(key: &TokenKey, place: &Place) -> u128 {
    key.mark(place.id, place.version)
}

fn read(connection: &Connection, key: &TokenKey, path: &Path) -> Result<Option<u128>, Fault> {
    let mut statement = connection.prepare_cached("SELECT sealed FROM register")?;
    let sealed: Option<Vec<u8>> = statement.query_row([], |row| row.get(0)).optional()?;
    let sum = sealed.and_then(|sealed| key.open_register(&sealed).ok());
    if sum.is_none() {
        log::alarm(format_args!("{}: the register is damaged. Restore the file from a backup", shown(path)));
    }
    Ok(sum)
}

/// What was changed or destroyed without a login since the last change in one; tells of it.
fn departed(connection: &Connection, path: &Path) -> rusqlite::Result<Vec<Place>> {
    let mut statement = connection.prepare_cached("SELECT id, version FROM departed ORDER BY version")?;
    let places = statement.query_map([], |row| Ok(Place { id: row.get(0)?, version: row.get(1)? }))?;
    let places: Vec<_> = places.collect::<Result<_, _>>()?;
    for place in &places {
        log::alarm(format_args!(
            "{}: object {} was changed or destroyed by somebody who was not logged in. Nobody vouches for what is \
             in its place",
            shown(path),
            place.id
        ));
    }
    Ok(places)
}

fn write(connection: &Connection, key: &TokenKey, sum: u128) -> Result<(), Fault> {
    let sealed = key.seal_register(sum)?;
    connection.prepare_cached("INSERT OR REPLACE INTO register VALUES(1, ?)")?.execute([sealed])?;
    Ok(())
}
