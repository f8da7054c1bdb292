//! The engine in Rust.

pub mod curve25519;
pub mod ec;
pub(crate) mod ed25519ctx;
pub mod ml_dsa;
pub mod ml_kem;
pub mod rsa;
