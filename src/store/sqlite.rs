//! A token in a SQLite file, for many processes at once. docs/store-format.md describes the file.
//!
//! There are two connections: one writes, and is kept busy by every commit until the disk has it; the other reads, so that
//! nobody waits for a commit who only wants to know whether there was one. Each has a lock that is held during one
//! transaction; under it no lock is taken but the token's, for a look at who is logged in. Between calls no transaction is open.
//!
//! The journal is a write-ahead log: a commit is one write and one synchronisation (`writer`), and readers never wait for a
//! writer. Its price is that the directory must be on this machine, not on a network.

mod commit;
mod holder;
mod register;
mod rows;
mod schema;
pub(crate) mod snapshot;
mod writer;

use super::fork;
use super::judging::Judging;
use super::{Change, Committed, Head, Header, News, Place, Store, check_epoch, codec};
use crate::error::{Error, Result};
use crate::log::{self, Level};
use crate::object::template::{Attributes, Value};
use crate::pin::Guard;
use crate::random;
use crate::seal::{self, Cost, Keys, Part, Record, TokenKey, Wrapped};
use cryptoki_sys::CKA_TRUSTED;
use parking_lot::Mutex;
use rows::{Row, sum_of};
use rusqlite::{Connection, ErrorCode, Transaction};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use writer::Writer;

/// A token in a file.
pub(crate) struct Sqlite {
    path: PathBuf,
    /// Whether others may have rights on the file.
    shared: bool,
    cost: Cost,
    connections: Arc<Connections>,
}

/// Closed before a fork, and opened when they are next needed.
#[derive(Default)]
struct Connections {
    writer: Mutex<Option<Writer>>,
    reader: Mutex<Option<Connection>>,
    /// How often the reader was opened: what SQLite counts, it counts for each connection anew.
    opened: AtomicU64,
}

/// All connections of this process.
static ALL: Mutex<Vec<Weak<Connections>>> = Mutex::new(Vec::new());

/// Closes all connections. No call is in a store now, and none comes in (`fork`).
pub(super) fn close_all() {
    let mut all = ALL.lock();
    all.retain(|connections| match connections.upgrade() {
        Some(connections) => {
            connections.reader.lock().take();
            connections.writer.lock().take();
            true
        }
        None => false,
    });
}

/// The serial number of a token that is not initialised: it gets one then.
const NO_SERIAL: [u8; 16] = [b' '; 16];

/// Why a transaction failed.
enum Fault {
    /// The file, or the system under it.
    File(rusqlite::Error),
    /// For a reason that has a code, and has been told.
    Code(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::File(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Code(error)
    }
}

impl Drop for Sqlite {
    /// Closing tidies up the file, in which a fork must not interfere.
    fn drop(&mut self) {
        let _inside = fork::enter();
        self.connections.reader.lock().take();
        self.connections.writer.lock().take();
    }
}

impl Sqlite {
    /// The token of a file. The file is opened when it is needed, and made by `C_InitToken`.
    pub(crate) fn new(path: PathBuf, shared: bool, cost: Cost) -> Self {
        let connections = Arc::new(Connections::default());
        let _inside = fork::enter();
        let mut all = ALL.lock();
        all.retain(|other| other.strong_count() != 0);
        all.push(Arc::downgrade(&connections));
        Self { path, shared, cost, connections }
    }

    /// Reads. `None` if there is no file yet.
    fn read<T>(&self, body: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<Option<T>> {
        let _inside = fork::enter();
        let mut place = self.connections.reader.lock();
        if place.is_none() {
            if !self.path.exists() {
                return Ok(None);
            }
            self.connections.opened.fetch_add(1, Ordering::Relaxed);
            *place = Some(self.told(schema::open(&self.path, self.shared))?);
        }
        let connection = place.as_ref().ok_or(Error::GeneralError)?;
        self.told(body(connection)).map(Some)
    }

    /// Writes, in one transaction: it is on the disk when this returns, or nothing is.
    fn write<T>(&self, create: bool, body: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T> {
        let _inside = fork::enter();
        let mut place = self.connections.writer.lock();
        if place.is_none() {
            if create {
                self.told(schema::create(&self.path))?;
            } else if !self.path.exists() {
                return Err(Error::TokenNotRecognized);
            }
            *place = Some(self.told(Writer::open(&self.path, self.shared))?);
        }
        let writer = place.as_mut().ok_or(Error::GeneralError)?;
        self.told(writer.transaction(body))
    }

    /// Takes what was overwritten out of the log, too.
    fn forget_old(&self) {
        let _inside = fork::enter();
        if let Some(writer) = self.connections.writer.lock().as_mut() {
            writer.forget_old(&self.path);
        }
    }

    fn told<T>(&self, result: Result<T, Fault>) -> Result<T> {
        told(&self.path, result)
    }

    fn damaged(&self, what: &str, id: i64) {
        let path = self.path.display();
        log::alarm(format_args!("{path}: the {what} of object {id} is damaged. Restore the file from a backup"));
    }

    fn head(&self, row: &Row, keys: &Keys) -> Option<Head> {
        let Row { id, version, private, .. } = *row;
        let opened = row.open(keys.token_key()).and_then(|text| codec::decode(&text));
        match opened {
            Ok(attributes) => Some(Head { place: Place { id, version }, private, attributes }),
            Err(_) => {
                self.damaged("index entry", id);
                None
            }
        }
    }
}

/// Tells in the log what went wrong, and gives the code for it.
fn told<T>(path: &Path, result: Result<T, Fault>) -> Result<T> {
    result.map_err(|fault| match fault {
        Fault::Code(error) => error,
        Fault::File(error) => {
            let (code, mut remedy) = meaning(&error);
            if !is_busy(&error) {
                log::write(Level::Error, format_args!("{}: {error}. {remedy}", path.display()));
                return code;
            }
            // Who has waited in vain is to know why, also without a log.
            if let Some(holder) = holder::find(path) {
                remedy = holder.remedy().into();
            }
            log::alarm(format_args!("{}: {error}. {remedy}", path.display()));
            code
        }
    })
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The code for a failure of SQLite's, and what a person may do about it.
fn meaning(error: &rusqlite::Error) -> (Error, Cow<'static, str>) {
    let (code, remedy) = match error.sqlite_error_code() {
        _ if is_busy(error) => {
            (Error::DeviceError, "Another process has been writing for too long; see whether it is stopped")
        }
        Some(ErrorCode::DiskFull) => (Error::DeviceMemory, "Make room on the disk"),
        Some(ErrorCode::OutOfMemory) => (Error::HostMemory, "The process needs more memory"),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            (Error::DeviceError, "The file is damaged; restore it from a backup")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            (Error::DeviceError, "Look at the rights of the file and of its directory")
        }
        _ => (Error::DeviceError, "Look at the disk and the file system"),
    };
    (code, remedy.into())
}

impl Store for Sqlite {
    fn keeps_objects(&self) -> bool {
        true
    }

    fn fresh_keys(&self) -> Result<Keys> {
        TokenKey::generate().map(Keys::of)
    }

    fn guard(&self, pin: &[u8], keys: &Keys) -> Result<Guard> {
        let key = keys.token_key().ok_or(Error::UserNotLoggedIn)?;
        Wrapped::new(key, pin, self.cost).map(Guard::Wrapped)
    }

    fn header(&self) -> Result<Header> {
        let header = self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            rows::header(&transaction, &self.path)
        })?;
        Ok(header.flatten().map_or_else(|| Header::blank(NO_SERIAL), |(header, _)| header))
    }

    fn update(&self, change: &mut dyn FnMut(&mut Header) -> Result<()>) -> Result<()> {
        let new_pin = self.write(false, |transaction| {
            let (before, counts) = rows::header(transaction, &self.path)?.ok_or(Error::TokenNotRecognized)?;
            let mut after = before.clone();
            change(&mut after)?;
            rows::set_header(transaction, &after, &counts.next())?;
            let guards = |header: &Header| {
                [&header.so_pin, &header.user_pin].map(|pin| pin.as_ref().map(|pin| pin.guard.clone()))
            };
            Ok(guards(&before) != guards(&after))
        })?;
        if new_pin {
            self.forget_old();
        }
        Ok(())
    }

    fn reset(&self, keys: &Keys, change: &mut dyn FnMut(&mut Header) -> Result<()>) -> Result<()> {
        self.write(true, |transaction| {
            let (mut header, mut counts) = match rows::header(transaction, &self.path)? {
                Some(found) => found,
                None => {
                    schema::make(transaction)?;
                    (Header::blank(fresh_serial()?), rows::Counts::default())
                }
            };
            change(&mut header)?;
            counts.sum = 0;
            rows::destroy_all(transaction)?;
            register::begin(transaction, keys.token_key())?;
            Ok(rows::set_header(transaction, &header, &counts.next())?)
        })?;
        self.forget_old();
        Ok(())
    }

    fn judging(&self) -> Option<Judging> {
        Judging::begin(&self.path)
    }

    fn is_anybody_judging(&self) -> bool {
        Judging::is_anybody(&self.path)
    }

    fn stamp(&self) -> Result<u64> {
        let version = self.read(|connection| {
            let mut statement = connection.prepare_cached("PRAGMA data_version")?;
            Ok(statement.query_row([], |row| row.get::<_, u32>(0))?)
        })?;
        let opened = self.connections.opened.load(Ordering::Relaxed);
        Ok(version.map_or(0, |version| opened << 32 | u64::from(version)))
    }

    fn changed(&self, since: i64, keys: &Keys, private: bool) -> Result<News> {
        let news = self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let Some((header, counts)) = rows::header(&transaction, &self.path)? else { return Ok(None) };
            // Keys of an epoch that is over open nothing of this one.
            let (keys, private) = match check_epoch(&header, keys) {
                Ok(()) => (keys.clone(), private),
                Err(_) => (Keys::default(), false),
            };
            let all = since == 0 || since < rows::forgotten(&transaction)?;
            let mut heads = Vec::new();
            let (mut sum, mut marks, mut unvouched) = (0_i64, 0_u128, 0);
            rows::each_head(&transaction, if all { 0 } else { since }, |row| {
                sum = sum.wrapping_add(sum_of(row.id, row.version));
                let shown = private || !row.private;
                let head = if shown { self.head(&row, &keys) } else { None };
                match keys.token_key() {
                    Some(key) if all && row.is_vouched() && (head.is_some() || !shown) => {
                        marks = marks.wrapping_add(key.mark(row.id, row.version));
                    }
                    _ => unvouched += usize::from(!row.is_vouched()),
                }
                heads.extend(head);
            })?;
            if all && sum != counts.sum {
                let path = self.path.display();
                log::alarm(format_args!("{path}: objects are missing. The file is damaged; restore it from a backup"));
            }
            if let Some(key) = keys.token_key().filter(|_| all) {
                register::check(&transaction, key, marks, &self.path)?;
                if unvouched != 0 && log::enabled(Level::Info) {
                    let path = self.path.display();
                    log::write(Level::Info, format_args!("{path}: nobody vouches for {unvouched} public objects"));
                }
            }
            let gone = if all { Vec::new() } else { rows::gone_since(&transaction, since)? };
            Ok(Some(News { all, heads, gone, seen: counts.change, epoch: header.epoch }))
        })?;
        let nothing = || News { all: true, heads: Vec::new(), gone: Vec::new(), seen: 0, epoch: Vec::new() };
        Ok(news.flatten().unwrap_or_else(nothing))
    }

    fn body(&self, place: &Place, private: bool, keys: &Keys) -> Result<Attributes> {
        let text = self.read(|connection| Ok(rows::body(connection, place)?))?;
        let (text, head) = text.flatten().ok_or(Error::ObjectHandleInvalid)?;
        let record = Record { part: Part::Body, id: place.id, version: place.version, private };
        let opened = text.ok_or(Error::DeviceError).and_then(|text| {
            let (text, vouched) = record.open(keys.token_key(), &text)?;
            if vouched != seal::is_vouched(private, &head) {
                // The register knows of heads only, and they were written together.
                return Err(Error::DeviceError);
            }
            let mut attributes = codec::decode(&text)?;
            if !vouched && attributes.contains_key(&CKA_TRUSTED) {
                // Anybody may have written this.
                attributes.insert(CKA_TRUSTED, Value::Bool(false));
            }
            Ok(attributes)
        });
        opened.inspect_err(|_| self.damaged("content", place.id))
    }

    fn commit(&self, keys: &Keys, changes: &[Change<'_>]) -> Result<Committed> {
        self.commit_changes(keys, changes)
    }
}

/// Sixteen hexadecimal digits.
fn fresh_serial() -> Result<[u8; 16]> {
    let mut random = [0; 8];
    random::fill(&mut random)?;
    Ok(crate::output::padded(&format!("{:016x}", u64::from_be_bytes(random))))
}

/// The name of a file for people.
fn shown(path: &Path) -> impl std::fmt::Display + '_ {
    path.display()
}
