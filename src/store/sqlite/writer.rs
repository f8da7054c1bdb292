//! The connection that writes, and how what it has written comes onto the disk.
//!
//! From the beginning of a transaction to its end all other writers wait, and a process that is stopped in between holds
//! them up. So as little as possible happens there, and above all nobody waits for the disk: SQLite is told not to
//! synchronise its log (`synchronous = NORMAL`), and that is done here, after the transaction, and before anybody is told
//! that something is done. It is as safe, because the log is appended to, and after a power failure read up to the first
//! frame that is not whole: who has his own frames on the disk has all that were before them, also those of a process
//! that was stopped before it came to it. A log that is begun anew has been copied into the file, and SQLite
//! synchronises both in the course of that, and the new beginning as well. Where the log has no name that we know, or where there is none,
//! SQLite synchronises as it always does.

use super::{Fault, schema, shown};
use crate::error::Error;
use crate::log::{self, Level};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the log is tried to be emptied while others read, and the pause in between.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(2);

/// The connection that writes.
pub(super) struct Writer {
    connection: Connection,
    /// The log that is synchronised here, and not by SQLite.
    log: Option<PathBuf>,
    /// The log once there was something in it. It stays the same file as long as the connection is open. To close it
    /// harms no lock: SQLite has none on this file.
    file: Option<File>,
}

impl Writer {
    pub(super) fn open(path: &Path, shared: bool) -> Result<Self, Fault> {
        let connection = schema::open(path, shared)?;
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        // As SQLite names it: symbolic links are followed.
        let name = connection.path().filter(|name| journal == "wal" && !name.is_empty());
        let log = name.map(|name| PathBuf::from(format!("{name}-wal")));
        if log.is_some() {
            connection.pragma_update(None, "synchronous", "NORMAL")?;
        }
        Ok(Self { connection, log, file: None })
    }

    /// Writes in one transaction: it is on the disk when this returns, or nothing is done. Only if the disk fails at the very end
    /// it is unknown which.
    pub(super) fn transaction<T>(
        &mut self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = body(&transaction)?;
        transaction.commit()?;
        self.synchronise()?;
        Ok(result)
    }

    fn synchronise(&mut self) -> Result<(), Fault> {
        let Some(log) = &self.log else { return Ok(()) };
        let file = match &self.file {
            Some(file) => Ok(file),
            None => OpenOptions::new().write(true).open(log).map(|file| &*self.file.insert(file)),
        };
        file.and_then(File::sync_data).map_err(|error| {
            log::alarm(format_args!("{}: cannot be written to the disk: {error}. Look at the disk", shown(log)));
            Fault::Code(Error::DeviceError)
        })
    }

    /// Takes what was overwritten out of the log, too: an old PIN must not open what it once opened.
    pub(super) fn forget_old(&mut self, path: &Path) {
        // Whoever waits for readers in there keeps back all writers meanwhile; and one of the readers may be stopped.
        let at_once = self.connection.busy_handler::<fn(i32) -> bool>(None);
        let emptied = at_once.is_ok() && (0..TRIES).any(|_| self.empty_log());
        let patient = schema::be_patient(&mut self.connection);
        if (!emptied || patient.is_err()) && log::enabled(Level::Info) {
            // It is emptied later, when it is full or the last one closes the file.
            log::write(Level::Info, format_args!("{}: old PINs are still in the log of the file", shown(path)));
        }
    }

    fn empty_log(&self) -> bool {
        let blocked = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        if matches!(blocked, Ok(0)) {
            return true;
        }
        std::thread::sleep(PAUSE);
        false
    }
}
