//! Blowfish (PKCS#11 3.2, section 6.31; B. Schneier, "Description of a New Variable-Length Key, 64-Bit Block Cipher").

use super::block::{self, Begun};
use super::{Mechanism, Unit, secret};
use crate::block_cipher::Blowfish;
use cryptoki_sys::*;

/// The rows of Blowfish.
pub const ROWS: &[Mechanism] = &[
    row(CKM_BLOWFISH_KEY_GEN).generates(secret::generate),
    block::cbc::<Blowfish>(row(CKM_BLOWFISH_CBC)),
    block::cbc_pad::<Blowfish>(row(CKM_BLOWFISH_CBC_PAD)),
];

/// Keys of 32 to 448 bits, as its author defined them.
const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_BLOWFISH], 4, 56, Unit::Bytes)
}

impl Begun for Blowfish {}
