//! RSA (stub).
use super::Mechanism;

/// The rows.
pub const ROWS: &[Mechanism] = &[];
