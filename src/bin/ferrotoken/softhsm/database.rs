//! A token that is a SQLite database: a table of objects, and one of values for each of their kinds.

use super::Found;
use super::record::{Layout, Record, Stored};
use crate::Result;
use cryptoki_sys::*;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use zeroize::Zeroizing;

/// The object that is the token's own record.
const TOKEN: i64 = 1;

/// The token's own record, and its objects.
pub fn read(path: &Path) -> Result<(Record, Vec<Found>)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error: rusqlite::Error| format!("cannot read {}: {error}", path.display());
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    let mut statement = connection.prepare("SELECT id FROM object ORDER BY id").map_err(failed)?;
    let ids: Vec<i64> = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(failed)?;
    let record = |id| record(&connection, id).map_err(failed)?.ok_or_else(|| format!("object {id} is damaged"));
    let objects = ids.into_iter().filter(|id| *id != TOKEN);
    let found = objects.map(|id| Found { place: format!("object {id}"), record: record(id) }).collect();
    Ok((record(TOKEN)?, found))
}

/// The attributes of an object; `None` if one of them makes no sense.
fn record(connection: &Connection, object: i64) -> rusqlite::Result<Option<Record>> {
    let mut record = Record::new();
    for table in ["attribute_boolean", "attribute_integer", "attribute_binary", "attribute_array"] {
        let mut statement = connection.prepare(&format!("SELECT type, value FROM {table} WHERE object_id = ?1"))?;
        let mut rows = statement.query([object])?;
        while let Some(row) = rows.next()? {
            // What SoftHSM writes as an unsigned number comes back as a signed one.
            let attribute = row.get::<_, i64>(0)? as CK_ATTRIBUTE_TYPE;
            let Some(value) = value(table, attribute, row.get_ref(1)?) else { return Ok(None) };
            record.insert(attribute, value);
        }
    }
    Ok(Some(record))
}

fn value(table: &str, attribute: CK_ATTRIBUTE_TYPE, value: ValueRef<'_>) -> Option<Stored> {
    match (table, value) {
        ("attribute_boolean", ValueRef::Integer(value)) => Some(Stored::Bool(value != 0)),
        ("attribute_integer", ValueRef::Integer(value)) => Some(Stored::Number(value as CK_ULONG)),
        ("attribute_array", ValueRef::Blob(value)) => Stored::template(value, Layout::Database),
        ("attribute_binary", ValueRef::Blob(value)) if attribute == CKA_ALLOWED_MECHANISMS => {
            Stored::mechanisms(value, Layout::Database)
        }
        ("attribute_binary", ValueRef::Blob(value)) => Some(Stored::Bytes(Zeroizing::new(value.to_vec()))),
        // An empty byte string may be stored as nothing.
        (_, ValueRef::Null) => Some(Stored::Bytes(Zeroizing::default())),
        _ => None,
    }
}
