//! Secret keys (stub).
use super::KeyType;

/// The key types.
pub const TYPES: &[KeyType] = &[];
