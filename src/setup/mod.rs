//! Makes the tokens that a configuration names, with the objects that it imports.

mod directory;
mod import;

use crate::config::{Config, Import, Problem, TokenConfig};
use crate::error::{Error, Result};
use crate::log;
use crate::object::Object;
use crate::token::Token;

pub(crate) use directory::{Directory, directory};

/// Why the library cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Problem),
    /// The system failed.
    #[error("the library cannot start: {0}")]
    System(#[from] Error),
}

impl Failure {
    /// Tells a person what is wrong, and gives the code for `C_Initialize`.
    ///
    /// Of the codes that the standard lists for it, CKR_FUNCTION_FAILED fits a configuration that is wrong: the call could
    /// not do its work, and the code does not say why (section 5.1.1). CKR_GENERAL_ERROR would call it
    /// unrecoverable, and CKR_ARGUMENTS_BAD would blame the caller.
    pub(crate) fn report(self) -> Error {
        log::alarm(format_args!("{self}"));
        match self {
            Self::Config(_) => Error::FunctionFailed,
            Self::System(Error::HostMemory) => Error::HostMemory,
            Self::System(_) => Error::GeneralError,
        }
    }
}

/// Makes the tokens of a configuration.
pub(crate) fn tokens(config: &Config) -> core::result::Result<Vec<Token>, Failure> {
    config.tokens.iter().map(token).collect()
}

fn token(config: &TokenConfig) -> core::result::Result<Token, Failure> {
    let token = Token::new(config.slot, config.policy, config.separate_wrapping)
        .named(config.names.clone())
        .offering(config.offer.clone())
        .limited(config.limits);
    let Some(label) = &config.label else { return Ok(token) };
    let ready = config.ready.as_ref();
    let so_pin = ready.map(|ready| ready.so_pin.as_bytes());
    let user_pin = ready.and_then(|ready| ready.user_pin.as_ref()).map(|pin| pin.as_bytes());
    token.prepare(label, so_pin, user_pin)?;
    for file in ready.map(|ready| &ready.imports[..]).unwrap_or_default() {
        let objects = import::objects(file)?;
        objects.iter().try_for_each(|object| admit(config, object, file))?;
        token.install(objects);
    }
    for key in ready.map(|ready| &ready.secret_keys[..]).unwrap_or_default() {
        let object = import::secret_key(key)?;
        admit(config, &object, &key.file)?;
        token.install(vec![object]);
    }
    Ok(token)
}

/// Refuses a key that the token's own policy leaves no use for.
fn admit(config: &TokenConfig, object: &Object, file: &Import) -> core::result::Result<(), Failure> {
    config.offer.admit(object).map_err(|_| {
        let what = format!("{} has a key of a type or size that the token's mechanisms exclude", file.path.display());
        file.place
            .problem(what, "Give another key, or change mechanism-policy, allow-mechanisms or deny-mechanisms")
            .into()
    })
}
