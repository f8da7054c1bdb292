//! Twofish (PKCS#11 3.2, section 6.32; B. Schneier et al., "Twofish: A 128-Bit Block Cipher").

use super::block::{self, Begun};
use super::{Mechanism, Unit, secret};
use crate::block_cipher::Twofish;
use cryptoki_sys::*;

/// The rows of Twofish.
pub const ROWS: &[Mechanism] = &[
    row(CKM_TWOFISH_KEY_GEN).generates(secret::generate),
    block::cbc::<Twofish>(row(CKM_TWOFISH_CBC)),
    block::cbc_pad::<Twofish>(row(CKM_TWOFISH_CBC_PAD)),
];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_TWOFISH], 16, 32, Unit::Bytes)
}

impl Begun for Twofish {}
