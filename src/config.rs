//! The configuration (stub).
use crate::pin::Policy;
use cryptoki_sys::CK_SLOT_ID;

/// A configuration problem.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// The configuration.
pub struct Config {
    /// The tokens.
    pub tokens: Vec<TokenConfig>,
}

/// One token.
pub struct TokenConfig {
    /// The slot's number.
    pub slot: CK_SLOT_ID,
}

impl Config {
    /// Loads it.
    pub fn load() -> Result<Self, ConfigError> {
        Ok(Self { tokens: vec![TokenConfig { slot: 0 }] })
    }
}
