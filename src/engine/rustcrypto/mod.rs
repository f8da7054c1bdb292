//! The engine in Rust.

pub mod aes;
pub mod chacha20;
pub mod curve25519;
pub mod ec;
pub(crate) mod ed25519ctx;
pub mod gcm;
pub mod ml_dsa;
pub mod ml_kem;
pub mod modes;
pub mod poly1305;
pub mod rsa;
pub mod sha512;
pub mod three_sizes;
