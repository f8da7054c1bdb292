//! The C border: the only place, with the second engine, where there is `unsafe` code.
//!
//! C hands over pointers and lengths. Each kind of argument is checked and turned into a safe value in one place
//! (`args`), each mechanism parameter in one place (`params`), and every function is one row of one table (`entry`).
//!
//! What the border relies on is what every PKCS#11 library relies on: that a pointer which is not NULL points to as
//! much memory as its length says. Alignment is not relied on.
#![allow(unsafe_code)]

mod args;
mod asynchronous;
mod attributes;
mod derivation;
mod entry;
mod interface;
mod memory;
mod message;
mod params;
mod process;
mod protect;
