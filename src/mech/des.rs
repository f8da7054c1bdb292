//! DES and triple DES (PKCS#11 3.2, sections 6.17 to 6.19, and 2.40's of single DES; FIPS 46-3).

use super::block::{self, Begun};
use super::{Mechanism, Unit, secret};
use crate::block_cipher::{Des, TdesEde3};
use cryptoki_sys::*;

/// The rows of DES, then those of triple DES with keys of double or triple length.
pub const ROWS: &[Mechanism] = &[
    single(CKM_DES_KEY_GEN).generates(secret::generate),
    block::ecb::<Des>(single(CKM_DES_ECB)),
    block::cbc::<Des>(single(CKM_DES_CBC)),
    block::cbc_pad::<Des>(single(CKM_DES_CBC_PAD)),
    block::cbc_mac::<Des>(single(CKM_DES_MAC)),
    block::cbc_mac_general::<Des>(single(CKM_DES_MAC_GENERAL)),
    block::ecb_encrypt_data::<Des>(single(CKM_DES_ECB_ENCRYPT_DATA)),
    block::cbc_encrypt_data::<Des>(single(CKM_DES_CBC_ENCRYPT_DATA)),
    Mechanism::new(CKM_DES2_KEY_GEN).secret_keys(&[CKK_DES2], 16, 16, Unit::Bytes).generates(secret::generate),
    Mechanism::new(CKM_DES3_KEY_GEN).secret_keys(&[CKK_DES3], 24, 24, Unit::Bytes).generates(secret::generate),
    block::ecb::<TdesEde3>(triple(CKM_DES3_ECB)),
    block::cbc::<TdesEde3>(triple(CKM_DES3_CBC)),
    block::cbc_pad::<TdesEde3>(triple(CKM_DES3_CBC_PAD)),
    block::cbc_mac::<TdesEde3>(triple(CKM_DES3_MAC)),
    block::cbc_mac_general::<TdesEde3>(triple(CKM_DES3_MAC_GENERAL)),
    block::cmac::<TdesEde3>(triple(CKM_DES3_CMAC)),
    block::cmac_general::<TdesEde3>(triple(CKM_DES3_CMAC_GENERAL)),
    block::ecb_encrypt_data::<TdesEde3>(triple(CKM_DES3_ECB_ENCRYPT_DATA)),
    block::cbc_encrypt_data::<TdesEde3>(triple(CKM_DES3_CBC_ENCRYPT_DATA)),
];

const fn single(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_DES], 8, 8, Unit::Bytes)
}

const fn triple(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_DES3, CKK_DES2], 16, 24, Unit::Bytes)
}

impl Begun for Des {}
impl Begun for TdesEde3 {}
