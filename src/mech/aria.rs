//! ARIA (PKCS#11 3.2, sections 6.35 and 6.36; RFC 5794).

use super::block::{self, Begun};
use super::{Mechanism, Unit, secret};
use crate::block_cipher::Aria;
use cryptoki_sys::*;

/// The rows of ARIA.
pub const ROWS: &[Mechanism] = &[
    row(CKM_ARIA_KEY_GEN).generates(secret::generate),
    block::ecb::<Aria>(row(CKM_ARIA_ECB)),
    block::cbc::<Aria>(row(CKM_ARIA_CBC)),
    block::cbc_pad::<Aria>(row(CKM_ARIA_CBC_PAD)),
    block::cbc_mac::<Aria>(row(CKM_ARIA_MAC)),
    block::cbc_mac_general::<Aria>(row(CKM_ARIA_MAC_GENERAL)),
    block::ecb_encrypt_data::<Aria>(row(CKM_ARIA_ECB_ENCRYPT_DATA)),
    block::cbc_encrypt_data::<Aria>(row(CKM_ARIA_CBC_ENCRYPT_DATA)),
];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_ARIA], 16, 32, Unit::Bytes)
}

impl Begun for Aria {}
