//! The primitives that have two implementations, one module each: AWS-LC's, which is faster by what
//! docs/performance.md shows, and RustCrypto's, which serves where there is no C compiler.
//!
//! One of them serves each primitive in a build. Both have the same names, so that to choose is to `use`; both are
//! compiled where both can be, so that tests hold them against each other (tests/engines.rs).

#[cfg(feature = "aws-lc")]
pub mod awslc;
pub mod ec;
pub mod rustcrypto;

#[cfg(feature = "aws-lc")]
pub use awslc::{curve25519, ml_dsa, ml_kem, rsa};
#[cfg(not(feature = "aws-lc"))]
pub use rustcrypto::{curve25519, ml_dsa, ml_kem, rsa};
