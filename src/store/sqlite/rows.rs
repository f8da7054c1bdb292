//! The rows of the file, each with what tells that it is intact.

use super::{Fault, schema, shown};
use crate::error::{Error, Result};
use crate::log;
use crate::pin::{Guard, Pin};
use crate::seal::{self, Cost, Part, Record, TokenKey, Wrapped};
use crate::store::{Header, Place};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use zeroize::Zeroizing;

/// How many destroyed objects are remembered. A process that has seen nothing for longer reads everything anew.
const REMEMBERED: i64 = 10_000;

const SO: i64 = 0;
const USER: i64 = 1;

/// What changes with every commit.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    /// The number of the last change.
    pub change: i64,
    /// Over all objects, so that a missing one is missed.
    pub sum: i64,
}

impl Counts {
    pub(super) fn next(self) -> Self {
        Self { change: self.change.wrapping_add(1), ..self }
    }
}

/// One object's row.
pub(super) struct Row {
    pub id: i64,
    pub version: i64,
    pub private: bool,
    pub text: Vec<u8>,
}

impl Row {
    /// Whether it was written in a login.
    pub(super) fn is_vouched(&self) -> bool {
        seal::is_vouched(self.private, &self.text)
    }

    /// The indexed attributes as bytes; `DeviceError` if they are damaged. Without a key a MAC is not looked at.
    pub(super) fn open(&self, key: Option<&TokenKey>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let Self { id, version, private, .. } = *self;
        Ok(Record { part: Part::Head, id, version, private }.open(key, &self.text)?.0)
    }
}

/// What an object adds to the sum.
pub(super) fn sum_of(id: i64, version: i64) -> i64 {
    let check = seal::checksum(&[&id.to_le_bytes(), &version.to_le_bytes()]);
    check.first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}

/// The token, and its counts; `None` if it is not initialised.
pub(super) fn header(connection: &Connection, path: &Path) -> Result<Option<(Header, Counts)>, Fault> {
    if !schema::is_made(connection)? {
        return Ok(None);
    }
    let damaged = |what: &str| {
        log::alarm(format_args!("{}: {what} is damaged. Restore the file from a backup", shown(path)));
        Fault::Code(Error::DeviceError)
    };
    let mut statement = connection.prepare_cached("SELECT label, serial, epoch, change, sum, checksum FROM token")?;
    type Columns = (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64, Vec<u8>);
    let row = statement.query_row([], |row| <Columns>::try_from(row)).optional()?;
    let (label, serial, epoch, change, sum, checksum) = row.ok_or_else(|| damaged("the token's row"))?;
    let counts = Counts { change, sum };
    let label = label.try_into().map_err(|_| damaged("the label"))?;
    let serial = serial.try_into().map_err(|_| damaged("the serial number"))?;
    let mut header = Header { label, epoch, ..Header::blank(serial) };
    header.so_pin = pin(connection, SO).map_err(|fault| fault.unwrap_or_else(|| damaged("the SO's PIN")))?;
    header.user_pin = pin(connection, USER).map_err(|fault| fault.unwrap_or_else(|| damaged("the user's PIN")))?;
    // A PIN that has vanished is missed here, too.
    if header.so_pin.is_none() || header_check(&header, &counts) != checksum {
        return Err(damaged("the token's row"));
    }
    Ok(Some((header, counts)))
}

/// A PIN; the error is `None` if its row is damaged.
fn pin(connection: &Connection, who: i64) -> Result<Option<Pin>, Option<Fault>> {
    let columns = "SELECT memory, passes, salt, sealed, tries, tries_left, checksum FROM pin WHERE who = ?";
    type Columns = (u32, u32, Vec<u8>, Vec<u8>, u32, u32, Vec<u8>);
    let row = (|| {
        let mut statement = connection.prepare_cached(columns)?;
        statement.query_row([who], |row| <Columns>::try_from(row)).optional()
    })();
    let row = row.map_err(|error: rusqlite::Error| match error {
        rusqlite::Error::SqliteFailure(..) => Some(Fault::File(error)),
        _ => None,
    })?;
    let Some((memory, passes, salt, sealed, tries, tries_left, checksum)) = row else { return Ok(None) };
    let guard = Guard::Wrapped(Wrapped { cost: Cost { memory, passes }, salt, sealed });
    let pin = Pin { guard, tries, tries_left };
    if pin_check(who, &pin).as_deref() == Some(&checksum) { Ok(Some(pin)) } else { Err(None) }
}

/// Writes all of the token.
pub(super) fn set_header(connection: &Connection, header: &Header, counts: &Counts) -> rusqlite::Result<()> {
    set_counts(connection, header, counts)?;
    for (who, pin) in [(SO, &header.so_pin), (USER, &header.user_pin)] {
        let kept = pin.as_ref().and_then(|pin| match &pin.guard {
            Guard::Wrapped(wrapped) => Some((pin, wrapped, pin_check(who, pin)?)),
            Guard::Hash(_) => None,
        });
        match kept {
            Some((pin, Wrapped { cost, salt, sealed }, checksum)) => connection.execute(
                "INSERT OR REPLACE INTO pin VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                params![who, cost.memory, cost.passes, salt, sealed, pin.tries, pin.tries_left, checksum],
            )?,
            None => connection.execute("DELETE FROM pin WHERE who = ?", [who])?,
        };
    }
    Ok(())
}

/// Writes what changes with every commit, and forgets what was destroyed long ago.
pub(super) fn set_counts(connection: &Connection, header: &Header, counts: &Counts) -> rusqlite::Result<()> {
    let Header { label, serial, epoch, .. } = header;
    connection.prepare_cached("INSERT OR REPLACE INTO token VALUES(1, ?, ?, ?, ?, ?, ?)")?.execute(params![
        &label[..],
        &serial[..],
        epoch,
        counts.change,
        counts.sum,
        header_check(header, counts)
    ])?;
    connection
        .prepare_cached("DELETE FROM gone WHERE version <= ?")?
        .execute([counts.change.saturating_sub(REMEMBERED)])?;
    Ok(())
}

/// The number of the last change; `None` if the token is not initialised. Nothing tells whether it is intact.
pub(super) fn last_change(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    if !schema::is_made(connection)? {
        return Ok(None);
    }
    connection.prepare_cached("SELECT change FROM token")?.query_row([], |row| row.get(0)).optional()
}

/// The last change before which destroyed objects may be forgotten.
pub(super) fn forgotten(connection: &Connection) -> rusqlite::Result<i64> {
    let change: i64 = connection.query_row("SELECT change FROM token", [], |row| row.get(0))?;
    Ok(change.saturating_sub(REMEMBERED))
}

fn header_check(header: &Header, counts: &Counts) -> Vec<u8> {
    let Header { label, serial, so_pin, user_pin, epoch } = header;
    let pins = [so_pin, user_pin].map(|pin| u8::from(pin.is_some()));
    let (change, sum) = (counts.change.to_le_bytes(), counts.sum.to_le_bytes());
    seal::checksum(&[b"token", label, serial, &pins, &change, &sum, epoch]).to_vec()
}

fn pin_check(who: i64, pin: &Pin) -> Option<Vec<u8>> {
    let Guard::Wrapped(Wrapped { cost, salt, sealed }) = &pin.guard else { return None };
    let numbers = [cost.memory, cost.passes, pin.tries, pin.tries_left].map(u32::to_le_bytes).concat();
    Some(seal::checksum(&[b"pin", &who.to_le_bytes(), &numbers, salt, sealed]).to_vec())
}

/// All heads that changed after a change, or all.
pub(super) fn each_head(connection: &Connection, since: i64, mut each: impl FnMut(Row)) -> rusqlite::Result<()> {
    let columns = if since == 0 {
        // Through the table and not through its index: a row that the index lost is seen.
        "SELECT id, version, private, text FROM head NOT INDEXED WHERE version > ? ORDER BY id"
    } else {
        "SELECT id, version, private, text FROM head WHERE version > ? ORDER BY version"
    };
    let mut statement = connection.prepare_cached(columns)?;
    let mut rows = statement.query([since])?;
    while let Some(row) = rows.next()? {
        each(Row { id: row.get(0)?, version: row.get(1)?, private: row.get(2)?, text: row.get(3)? });
    }
    Ok(())
}

/// What was destroyed after a change.
pub(super) fn gone_since(connection: &Connection, since: i64) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT id FROM gone WHERE version > ?")?;
    statement.query_map([since], |row| row.get(0))?.collect()
}

/// The texts of an object's body and head.
type Texts = (Option<Vec<u8>>, Vec<u8>);

/// An object if it is there in this version; the body is `None` if it is missing.
pub(super) fn body(connection: &Connection, place: &Place) -> rusqlite::Result<Option<Texts>> {
    let columns =
        "SELECT body.text, head.text FROM head NOT INDEXED LEFT JOIN body USING(id) WHERE id = ? AND version = ?";
    let mut statement = connection.prepare_cached(columns)?;
    statement.query_row([place.id, place.version], |row| <Texts>::try_from(row)).optional()
}

/// Takes an object out, and gives its head; `None` if it is not there in this version.
pub(super) fn take(connection: &Connection, place: &Place) -> rusqlite::Result<Option<Row>> {
    let head = "DELETE FROM head NOT INDEXED WHERE id = ? AND version = ? RETURNING private, text";
    let Place { id, version } = *place;
    let taken = connection
        .prepare_cached(head)?
        .query_row([id, version], |row| Ok(Row { id, version, private: row.get(0)?, text: row.get(1)? }))
        .optional()?;
    if taken.is_some() {
        connection.prepare_cached("DELETE FROM body WHERE id = ?")?.execute([id])?;
    }
    Ok(taken)
}

/// Puts an object in.
pub(super) fn put(connection: &Connection, head: &Row, body: &[u8]) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO head VALUES(?, ?, ?, ?)")?.execute(params![
        head.id,
        head.version,
        head.private,
        head.text
    ])?;
    connection.prepare_cached("INSERT INTO body VALUES(?, ?)")?.execute(params![head.id, body])?;
    Ok(())
}

/// Remembers that an object was destroyed.
pub(super) fn note_gone(connection: &Connection, version: i64, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO gone VALUES(?, ?)")?.execute([version, id])?;
    Ok(())
}

/// Destroys all objects and PINs.
pub(super) fn destroy_all(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DELETE FROM head; DELETE FROM body; DELETE FROM gone; DELETE FROM pin;")
}
