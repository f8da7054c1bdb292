//! Key derivation through the C interface.

mod common;
mod groups;

#[path = "kdf/cases.rs"]
mod cases;
#[path = "kdf/hashes.rs"]
mod hashes;
#[path = "kdf/hkdf.rs"]
mod hkdf;
#[path = "kdf/ike.rs"]
mod ike;
#[path = "kdf/pbe.rs"]
mod pbe;
#[path = "kdf/pbkdf2.rs"]
mod pbkdf2;
#[path = "kdf/public.rs"]
mod public;
#[path = "kdf/secrecy.rs"]
mod secrecy;
#[path = "kdf/simple.rs"]
mod simple;
#[path = "kdf/sp800.rs"]
mod sp800;
#[path = "kdf/tls.rs"]
mod tls;
