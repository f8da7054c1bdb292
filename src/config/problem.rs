//! What is wrong with a configuration, told so that it can be put right without reading our code.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A mistake in the configuration: where it is, what it is, and what to do about it. It never tells a PIN or a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    place: Place,
    what: String,
    remedy: String,
}

/// Where something in the configuration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An environment variable.
    Variable(&'static str),
    /// A file as a whole.
    File(PathBuf),
    /// A line of a file, counted from one.
    Line(Arc<Path>, usize),
}

impl Place {
    /// A mistake here. Both parts are sentences without their full stop.
    pub fn problem(&self, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem { place: self.clone(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => formatter.write_str(name),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Line(path, line) => write!(formatter, "{}:{line}", path.display()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}. {}.", self.place, self.what, self.remedy)
    }
}

impl std::error::Error for Problem {}
