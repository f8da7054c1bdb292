//! The configuration: environment variables and one TOML file. docs/configuration.md describes it for users.
//!
//! It is strict: whatever is not understood is refused, with the file, the line and a remedy. A key is added by naming it
//! in [`KEYS`], reading it here, in `token` or in `import`, and describing it in docs/configuration.md (a test demands that).

mod environment;
mod import;
mod limits;
mod mechanisms;
mod problem;
mod protection;
mod reference;
mod source;
mod store;
mod token;

pub use environment::{Environment, VARIABLES};
pub use import::{Import, SecretKey, SecretKeyType};
pub use problem::{Place, Problem};
pub use protection::Protection;
pub use reference::reference;
pub(crate) use source::{line_of, read_secret, warn_if_shared};
pub use store::StoreConfig;
pub use token::{Ready, TokenConfig};

use crate::log::{self, Level};
use cryptoki_sys::CK_VERSION;
use source::{Section, Source};

/// The tables of the file (the first has no name) and the keys that each may have.
pub const KEYS: [(&str, &[&str]); 4] =
    [("", ROOT), (store::TABLE, store::KEYS), (TOKEN, token::KEYS), (import::TABLE, import::KEYS)];

const ROOT: &[&str] = &[DEFAULT_INTERFACE, protection::CORE_DUMPS, protection::LOCK_MEMORY, store::TABLE, TOKEN];
const DEFAULT_INTERFACE: &str = "default-interface";
const TOKEN: &str = "token";

/// The configuration, checked as far as it can be without making a token of it.
pub struct Config {
    /// The tokens, each in a slot of its own.
    pub tokens: Vec<TokenConfig>,
    /// The directory of tokens that last, if there is one; then there are no others.
    pub store: Option<StoreConfig>,
    /// What is done about the process's memory.
    pub protection: Protection,
}

impl Config {
    /// Opens the log that the environment asks for, so that what is wrong with the rest can be told there, and loads the
    /// configuration. Without a file: one token in slot 0, not initialised.
    pub fn load(environment: &Environment) -> Result<Self, Problem> {
        // What an earlier C_Initialize asked for is over, whatever is wrong with this environment.
        log::close();
        log::open(environment.log_level()?, environment.log_file.as_deref())
            .map_err(|error| environment.log_file_problem(&error))?;
        let directory = environment.directory.as_deref();
        let Some(path) = &environment.file else {
            return Ok(match directory {
                Some(directory) => {
                    let store = Some(StoreConfig::of_variable(directory));
                    Self { tokens: Vec::new(), store, protection: Protection::default() }
                }
                None => Self { tokens: vec![TokenConfig::blank(0)], store: None, protection: Protection::default() },
            });
        };
        let source = Source::read(path, environment::FILE)?;
        let document = source.parse()?;
        let root = document.root(ROOT)?;
        default_interface(&root)?;
        let protection = Protection::read(&root)?;
        let tables = root.tables(TOKEN, token::KEYS)?;
        if let Some(store) = StoreConfig::read(&root, directory)? {
            if let Some(table) = tables.first() {
                return Err(table.spot.problem(
                    format!(
                        "[[{TOKEN}]] puts a token into memory, and {} is a directory of tokens",
                        store.directory.display()
                    ),
                    format!(
                        "Take the [[{TOKEN}]] tables away, or the directory ({} or [{}])",
                        environment::DIRECTORY,
                        store::TABLE
                    ),
                ));
            }
            log::write(Level::Info, format_args!("configuration {}; tokens of a directory", path.display()));
            return Ok(Self { tokens: Vec::new(), store: Some(store), protection });
        }
        let tokens = token::read_all(&tables)?;
        if tokens.iter().any(|token| token.ready.is_some()) {
            warn_if_shared(path);
        }
        log::write(Level::Info, format_args!("configuration {}; tokens: {}", path.display(), tokens.len()));
        Ok(Self { tokens, store: None, protection })
    }
}

/// The version of the interface that a client gets who does not ask for one, if the configuration says. The question
/// comes before `C_Initialize`, so a configuration that is wrong says nothing yet: `C_Initialize` will refuse it.
pub fn chosen_interface(environment: &Environment) -> Option<CK_VERSION> {
    let source = Source::read(environment.file.as_ref()?, environment::FILE).ok()?;
    default_interface(&source.parse().ok()?.root(ROOT).ok()?).ok()?
}

fn default_interface(root: &Section<'_>) -> Result<Option<CK_VERSION>, Problem> {
    let Some(given) = root.string(DEFAULT_INTERFACE)? else { return Ok(None) };
    match given.value {
        "3.2" => Ok(Some(CK_VERSION { major: 3, minor: 2 })),
        "3.0" => Ok(Some(CK_VERSION { major: 3, minor: 0 })),
        "2.40" => Ok(Some(CK_VERSION { major: 2, minor: 40 })),
        other => Err(given.spot.problem(
            format!("there is no interface {other:?}"),
            "Write \"3.2\", \"3.0\" or \"2.40\", or leave the key out for the newest",
        )),
    }
}
