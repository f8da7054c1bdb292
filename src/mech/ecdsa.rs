//! ECDSA and EC key pairs (stub).
use super::Mechanism;

/// The rows.
pub const ROWS: &[Mechanism] = &[];
