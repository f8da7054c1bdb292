//! How the file is opened and made.

use super::{Fault, shown};
use crate::error::Error;
use crate::log::{self, Level};
use crate::store::files;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// "Fetk", in the file's header: whose file this is.
const APPLICATION: i32 = 0x4665_746b;

/// The version of the format. Older ones are read; a newer one is not understood and left alone.
const FORMAT: i32 = 2;

/// How long a call waits for others that write, at the least: ten seconds. A commit takes milliseconds.
const PATIENCE: i32 = 25_000;

/// Waits a moment for another process that writes, unless it was too often already. Nobody stands in a queue here, and a process
/// that writes again and again leaves gaps of microseconds only: who looks seldom, as SQLite's own handler does (ten times a
/// second in the end), does not get in for seconds.
fn wait(times: i32) -> bool {
    // Uneven, so that those who wait do not keep step.
    let pause = 200 + 100 * (times.unsigned_abs() % 5);
    std::thread::sleep(Duration::from_micros(pause.into()));
    times < PATIENCE
}

/// Makes a connection wait for others.
pub(super) fn be_patient(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(wait))
}

const TABLES: &str = "
    CREATE TABLE token(one INTEGER PRIMARY KEY CHECK(one = 1), label BLOB NOT NULL, serial BLOB NOT NULL,
        epoch BLOB NOT NULL, change INTEGER NOT NULL, sum INTEGER NOT NULL, checksum BLOB NOT NULL);
    CREATE TABLE pin(who INTEGER PRIMARY KEY, memory INTEGER NOT NULL, passes INTEGER NOT NULL, salt BLOB NOT NULL,
        sealed BLOB NOT NULL, tries INTEGER NOT NULL, tries_left INTEGER NOT NULL, checksum BLOB NOT NULL);
    CREATE TABLE head(id INTEGER PRIMARY KEY, version INTEGER NOT NULL, private INTEGER NOT NULL, text BLOB NOT NULL);
    CREATE UNIQUE INDEX head_version ON head(version);
    CREATE TABLE body(id INTEGER PRIMARY KEY, text BLOB NOT NULL);
    CREATE TABLE gone(version INTEGER PRIMARY KEY, id INTEGER NOT NULL);
";

/// What format 1 does not have.
const REGISTER: &str = "
    CREATE TABLE register(one INTEGER PRIMARY KEY CHECK(one = 1), sealed BLOB NOT NULL);
    CREATE TABLE departed(version INTEGER PRIMARY KEY, id INTEGER NOT NULL);
";

/// Opens the file, which exists.
pub(super) fn open(path: &Path, shared: bool) -> Result<Connection, Fault> {
    files::admit(path, shared)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    be_patient(&mut connection)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;
         PRAGMA secure_delete = ON; PRAGMA fullfsync = ON; PRAGMA synchronous = FULL;",
    )?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let format: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match (application, format) {
        // Made, but not yet filled: as good as none.
        (0, 0) => {}
        (APPLICATION, 1..=FORMAT) => {}
        (APPLICATION, newer) if newer > FORMAT => {
            log::alarm(format_args!(
                "{}: the file has format {format}, and this version of Ferrotoken knows none newer than {FORMAT}. \
                 Use the version that wrote it, or a newer one",
                shown(path)
            ));
            return Err(Fault::Code(Error::TokenNotRecognized));
        }
        _ => {
            log::alarm(format_args!("{}: this is no token of Ferrotoken's. Take it out of the directory", shown(path)));
            return Err(Fault::Code(Error::TokenNotRecognized));
        }
    }
    let journal: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if journal != "wal" {
        log::write(Level::Warn, format_args!("{}: no write-ahead log here, but {journal}", shown(path)));
    }
    Ok(connection)
}

/// Makes the file, empty and for its owner only, if there is none.
pub(super) fn create(path: &Path) -> Result<(), Fault> {
    files::create(path).map_err(|error| {
        log::write(Level::Error, format_args!("{}: cannot be made: {error}", shown(path)));
        Fault::Code(Error::DeviceError)
    })
}

/// Makes the tables.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    add_register(connection)
}

/// Makes the tables that format 1 does not have.
pub(super) fn add_register(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(REGISTER)?;
    connection.pragma_update(None, "user_version", FORMAT)
}

/// Whether the tables are there.
pub(super) fn is_made(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(format(connection)? != 0)
}

/// Whether the file has a register.
pub(super) fn has_register(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(format(connection)? >= 2)
}

fn format(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
