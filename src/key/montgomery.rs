//! Keys (stub).
use super::KeyType;

/// Parsed.
pub enum MontgomeryKey {}

impl MontgomeryKey {
    /// Size.
    pub fn bits(&self) -> usize {
        match *self {}
    }
}

/// The key types.
pub const TYPES: &[KeyType] = &[];
