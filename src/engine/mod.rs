//! The primitives that have two implementations, one module each: AWS-LC's, which is faster by what
//! docs/performance.md shows, and RustCrypto's, which serves where there is no C compiler.
//!
//! One of them serves each primitive in a build. Both have the same names, so that to choose is to `use`; both are
//! compiled where both can be, so that tests hold them against each other (tests/engines.rs).

#[cfg(feature = "aws-lc")]
pub mod awslc;
pub mod ec;
pub mod rustcrypto;
pub(crate) mod xts;

#[cfg(feature = "aws-lc")]
pub use awslc::{aes, chacha20, curve25519, gcm, ml_dsa, ml_kem, poly1305, rsa, sha512};
#[cfg(not(feature = "aws-lc"))]
pub use rustcrypto::{aes, chacha20, curve25519, gcm, ml_dsa, ml_kem, poly1305, rsa, sha512};

/// Which way a cipher goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Direction {
    Encrypt,
    Decrypt,
}
