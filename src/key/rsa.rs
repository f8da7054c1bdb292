//! Keys (stub).
use super::KeyType;

/// Parsed.
pub enum RsaKey {}

impl RsaKey {
    /// Size.
    pub fn bits(&self) -> usize {
        match *self {}
    }
}

/// The key types.
pub const TYPES: &[KeyType] = &[];
