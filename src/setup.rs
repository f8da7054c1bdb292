//! The tokens that a configuration names (stub).
use crate::config::Config;
use crate::error::Result;
use crate::pin::Policy;
use crate::token::Token;

/// Makes them.
pub fn tokens(config: &Config) -> Result<Vec<Token>> {
    Ok(config.tokens.iter().map(|token| Token::new(token.slot, Policy::default())).collect())
}
