//! The environment variables.

use super::{Place, Problem};
use crate::log::Level;
use std::ffi::OsString;
use std::path::PathBuf;

/// The variables that the library reads, all of them.
pub const VARIABLES: [&str; 4] = [FILE, DIRECTORY, LOG, LOG_FILE];

pub(super) const FILE: &str = "FERROTOKEN_CONF";
pub(super) const DIRECTORY: &str = "FERROTOKEN_DIR";
pub(super) const LOG: &str = "FERROTOKEN_LOG";
pub(super) const LOG_FILE: &str = "FERROTOKEN_LOG_FILE";

/// Where the configuration file lies if no variable names one: the user's own, below the folder for such files, and the system's.
const OWN_FILE: &str = "ferrotoken/ferrotoken.toml";
const SYSTEM_FILE: &str = "/etc/ferrotoken/ferrotoken.toml";

/// The first of these files that is there. One that cannot be read is there all the same, and will be complained of.
fn usual_file(places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    places.into_iter().find(|place| place.exists())
}

/// What the environment says. A variable that is empty counts as not set.
#[derive(Default)]
pub struct Environment {
    /// `FERROTOKEN_CONF`: the configuration file.
    pub file: Option<PathBuf>,
    /// `FERROTOKEN_DIR`: the directory of tokens.
    pub directory: Option<PathBuf>,
    /// `FERROTOKEN_LOG`: how much is logged.
    log: Option<OsString>,
    /// `FERROTOKEN_LOG_FILE`: where the log goes, if not to standard error.
    pub log_file: Option<PathBuf>,
}

impl Environment {
    /// Reads it as it is now. A program that runs with more rights than the user who started it (set-user-ID)
    /// reads nothing: that user must choose neither its keys nor the files it writes.
    pub fn read(elevated: bool) -> Self {
        if elevated {
            return Self { file: usual_file([SYSTEM_FILE.into()]), ..Self::default() };
        }
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let own = variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")));
        let own = own.filter(|path| path.is_absolute()).map(|path| path.join(OWN_FILE));
        Self {
            file: variable(FILE).map(PathBuf::from).or_else(|| usual_file(own.into_iter().chain([SYSTEM_FILE.into()]))),
            directory: variable(DIRECTORY).map(PathBuf::from),
            log: variable(LOG),
            log_file: variable(LOG_FILE).map(Into::into),
        }
    }

    /// The level of the log; `None` if it is off.
    pub fn log_level(&self) -> Result<Option<Level>, Problem> {
        let Some(value) = &self.log else { return Ok(None) };
        let level = value.to_str().and_then(Level::parse);
        let names = || Level::ALL.map(Level::name).join(", ");
        level.map(Some).ok_or_else(|| {
            Place::Variable(LOG)
                .problem(format!("there is no log level {value:?}"), format!("Use one of {}, or unset it", names()))
        })
    }

    /// The mistake of a log file that cannot be written.
    pub fn log_file_problem(&self, error: &std::io::Error) -> Problem {
        let path = self.log_file.clone().unwrap_or_default();
        Place::Variable(LOG_FILE).problem(
            format!("cannot write to {path:?}: {error}"),
            "Name a file that this process may create or append to, or unset it to log to standard error",
        )
    }
}
