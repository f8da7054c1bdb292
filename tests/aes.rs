//! AES in all its modes, through the C interface.

mod common;

#[path = "aes/cases.rs"]
mod cases;
#[path = "aes/encrypt_data.rs"]
mod encrypt_data;
#[path = "aes/macs.rs"]
mod macs;
#[path = "aes/modes.rs"]
mod modes;
#[path = "aes/operations.rs"]
mod operations;
#[path = "aes/refusals.rs"]
mod refusals;
#[path = "aes/wrapping.rs"]
mod wrapping;
#[path = "aes/wycheproof.rs"]
mod wycheproof;
#[path = "aes/xts.rs"]
mod xts;
