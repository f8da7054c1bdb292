//! The log (stub).

/// How much is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Opens the log anew.
pub fn reopen(_path: Option<&str>) {}

/// Whether this level is written.
pub fn enabled(_level: Level) -> bool {
    false
}

/// Writes a line.
pub fn write(_level: Level, _message: core::fmt::Arguments<'_>) {}
