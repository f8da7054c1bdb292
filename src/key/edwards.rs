//! Keys (stub).
use super::KeyType;

/// Parsed.
pub enum EdwardsKey {}

impl EdwardsKey {
    /// Size.
    pub fn bits(&self) -> usize {
        match *self {}
    }
}

/// The key types.
pub const TYPES: &[KeyType] = &[];
