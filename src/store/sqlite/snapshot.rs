//! A copy of a token's file as it is at one moment, and a token made of one.

use super::{Fault, rows, schema, told};
use crate::error::{Error, Result};
use crate::log;
use crate::store::{Header, files, fork};
use rusqlite::Connection;
use std::path::Path;

/// Copies the token of a file into another one, which is not there yet: as it is at one moment, whatever others write meanwhile.
/// Gives what is in the copy.
pub(crate) fn copy(path: &Path, shared: bool, to: &Path) -> Result<Header> {
    let _inside = fork::enter();
    if !path.exists() {
        return Err(Error::TokenNotRecognized);
    }
    told(path, copied(path, shared, to))
}

fn copied(path: &Path, shared: bool, to: &Path) -> Result<Header, Fault> {
    schema::create(to)?;
    let connection = schema::open(path, shared)?;
    // Reads in one transaction, keeps back no writer, and leaves out what is deleted.
    connection.execute("VACUUM INTO ?", [to.to_string_lossy()])?;
    drop(connection);
    header(&schema::open(to, shared)?, to)
}

/// The token in a file, once more looked at as a whole.
pub(crate) fn examine(path: &Path, shared: bool) -> Result<Header> {
    let _inside = fork::enter();
    let examined = (|| {
        let connection = schema::open(path, shared)?;
        let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if verdict != "ok" {
            log::alarm(format_args!("{}: the file is damaged: {verdict}. Restore it from a backup", path.display()));
            return Err(Fault::Code(Error::DeviceError));
        }
        header(&connection, path)
    })();
    told(path, examined)
}

/// Puts a finished file into the place of a slot, in which there must be none.
pub(crate) fn place(file: &Path, directory: &Path, slot: cryptoki_sys::CK_SLOT_ID) -> std::io::Result<()> {
    // Unlike a renaming, a second name takes no other file's place.
    std::fs::hard_link(file, files::path_of(directory, slot))?;
    std::fs::remove_file(file)?;
    files::sync_directory(directory)
}

fn header(connection: &Connection, path: &Path) -> Result<Header, Fault> {
    Ok(rows::header(connection, path)?.ok_or(Error::TokenNotRecognized)?.0)
}
