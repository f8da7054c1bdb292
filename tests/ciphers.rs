//! The block ciphers beside AES, in all their modes, through the C interface.

mod common;

#[path = "ciphers/cases.rs"]
mod cases;
#[path = "ciphers/derivation.rs"]
mod derivation;
#[path = "ciphers/keys.rs"]
mod keys;
#[path = "ciphers/macs.rs"]
mod macs;
#[path = "ciphers/operations.rs"]
mod operations;
#[path = "ciphers/rc2.rs"]
mod rc2;
#[path = "ciphers/wrapping.rs"]
mod wrapping;
#[path = "ciphers/wycheproof.rs"]
mod wycheproof;
