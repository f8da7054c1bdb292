//! AES (stub).
use super::Mechanism;

/// The rows.
pub const ROWS: &[Mechanism] = &[];
