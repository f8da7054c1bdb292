//! Ferrotoken: a PKCS#11 3.2 software token.
#![deny(unsafe_code)]
#![warn(missing_docs, unreachable_pub, clippy::undocumented_unsafe_blocks, clippy::unwrap_used, clippy::expect_used)]

mod abi;
#[cfg(feature = "store")]
pub mod backup;
mod block_cipher;
mod buffer;
mod clock;
pub mod config;
#[cfg(feature = "deadlock-detection")]
mod deadlock;
pub mod engine;
pub mod error;
pub mod files;
pub mod hash;
pub mod key;
mod library;
pub mod log;
pub mod mech;
pub mod names;
pub mod object;
pub mod op;
mod output;
mod pin;
pub mod random;
mod rights;
// Without the feature `store` nothing is sealed; a token in memory has the types.
#[cfg_attr(not(feature = "store"), allow(dead_code))]
mod seal;
mod session;
mod setup;
// Without the feature there is only its form in memory, which needs little of it.
#[cfg_attr(not(feature = "store"), allow(dead_code))]
mod store;
mod sync;
mod token;
mod wipe;

/// Who made it, as the information structures say.
const MANUFACTURER: &str = "Ferrotoken";

/// The version of the library, as the information structures say.
const VERSION: cryptoki_sys::CK_VERSION = cryptoki_sys::CK_VERSION { major: 0, minor: 1 };
