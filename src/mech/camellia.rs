//! Camellia (PKCS#11 3.2, sections 6.33 and 6.34; RFC 3713).

use super::block::{self, Begun};
use super::{Mechanism, Unit, secret};
use crate::block_cipher::Camellia;
use cryptoki_sys::*;

/// The rows of Camellia.
pub const ROWS: &[Mechanism] = &[
    row(CKM_CAMELLIA_KEY_GEN).generates(secret::generate),
    block::ecb::<Camellia>(row(CKM_CAMELLIA_ECB)),
    block::cbc::<Camellia>(row(CKM_CAMELLIA_CBC)),
    block::cbc_pad::<Camellia>(row(CKM_CAMELLIA_CBC_PAD)),
    block::ctr::<Camellia>(row(CKM_CAMELLIA_CTR)),
    block::cbc_mac::<Camellia>(row(CKM_CAMELLIA_MAC)),
    block::cbc_mac_general::<Camellia>(row(CKM_CAMELLIA_MAC_GENERAL)),
    block::ecb_encrypt_data::<Camellia>(row(CKM_CAMELLIA_ECB_ENCRYPT_DATA)),
    block::cbc_encrypt_data::<Camellia>(row(CKM_CAMELLIA_CBC_ENCRYPT_DATA)),
];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_CAMELLIA], 16, 32, Unit::Bytes)
}

impl Begun for Camellia {}
