//! Keys (stub).
use super::KeyType;

/// Parsed.
pub enum EcKey {}

impl EcKey {
    /// Size.
    pub fn bits(&self) -> usize {
        match *self {}
    }
}

/// The key types.
pub const TYPES: &[KeyType] = &[];
