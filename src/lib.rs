//! Ferrotoken: a PKCS#11 3.2 software token.
#![deny(unsafe_code)]
#![warn(missing_docs, unreachable_pub, clippy::undocumented_unsafe_blocks, clippy::unwrap_used, clippy::expect_used)]

pub mod error;
pub mod key;
pub mod mech;
pub mod object;
pub mod op;
pub mod random;
