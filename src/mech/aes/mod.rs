//! AES (PKCS#11 3.2, sections 6.13 to 6.17): the modes of encryption, the MAC, and the modes that wrap keys.

mod blocks;
mod cbc_mac;
mod ccm;
mod cfb;
pub(super) mod cmac;
mod ctr;
mod cts;
mod encrypt_data;
mod gcm;
mod gmac;
mod key_wrap;
mod ofb;
mod stealing;
mod xts;

use super::{Mechanism, Params, Shape, Unit, ZeroPadding, secret};
use crate::error::{Error, Result};
use ::aes::cipher::consts::U16;
use ::aes::cipher::{
    Array, BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
};
use ::aes::{Aes128, Aes192, Aes256};
use cryptoki_sys::*;

/// The rows of AES.
pub const ROWS: &[Mechanism] = &[
    row(CKM_AES_KEY_GEN).generates(secret::generate),
    // ECB and CBC fill a wrapped value up with zeros; the standard lets them wrap secret keys only.
    row(CKM_AES_ECB)
        .cipher(blocks::encrypt, blocks::decrypt)
        .wraps()
        .zero_padded(ZeroPadding::Behind(BLOCK))
        .secret_keys_only(),
    row(CKM_AES_CBC)
        .params(Shape::Iv(BLOCK))
        .cipher(blocks::encrypt, blocks::decrypt)
        .wraps()
        .zero_padded(ZeroPadding::Behind(BLOCK))
        .secret_keys_only(),
    row(CKM_AES_CBC_PAD).params(Shape::Iv(BLOCK)).cipher(blocks::encrypt_padded, blocks::decrypt_padded).wraps(),
    row(CKM_AES_CTR).params(Shape::Counter).cipher(ctr::begin, ctr::begin).wraps(),
    row(CKM_AES_OFB).params(Shape::Iv(BLOCK)).cipher(ofb::begin, ofb::begin).wraps(),
    row(CKM_AES_CFB1).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CFB8).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CFB64).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CFB128).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CTS).params(Shape::Iv(BLOCK)).cipher(cts::encrypt, cts::decrypt).wraps(),
    xts_row(CKM_AES_XTS_KEY_GEN).generates(secret::generate),
    xts_row(CKM_AES_XTS).params(Shape::Iv(BLOCK)).cipher(xts::encrypt, xts::decrypt).wraps(),
    row(CKM_AES_GCM).params(Shape::Gcm).cipher(gcm::encrypt, gcm::decrypt).wraps(),
    row(CKM_AES_CCM).params(Shape::Ccm).cipher(ccm::encrypt, ccm::decrypt).wraps_by(ccm::wrap, ccm::unwrap),
    row(CKM_AES_CMAC).signs(cmac::sign, cmac::verify),
    row(CKM_AES_CMAC_GENERAL).params(Shape::MacLength).signs(cmac::sign, cmac::verify),
    row(CKM_AES_MAC).signs(cbc_mac::sign, cbc_mac::verify),
    row(CKM_AES_MAC_GENERAL).params(Shape::MacLength).signs(cbc_mac::sign, cbc_mac::verify),
    // RFC 3566 has keys of 128 bits only.
    xcbc_row(CKM_AES_XCBC_MAC),
    xcbc_row(CKM_AES_XCBC_MAC_96),
    row(CKM_AES_GMAC).params(Shape::Gmac).signs(gmac::sign, gmac::verify),
    row(CKM_AES_ECB_ENCRYPT_DATA).params(Shape::EncryptData).derives(encrypt_data::derive),
    row(CKM_AES_CBC_ENCRYPT_DATA).params(Shape::IvEncryptData).derives(encrypt_data::derive),
    row(CKM_AES_KEY_WRAP)
        .params(Shape::OptionalIv(8))
        .cipher(key_wrap::encrypt_kw, key_wrap::decrypt_kw)
        .wraps()
        .zero_padded(ZeroPadding::Behind(8)),
    // Deprecated, and defined nowhere any more; everybody's implementation is RFC 5649.
    row(CKM_AES_KEY_WRAP_PAD).params(Shape::OptionalIv(4)).cipher(key_wrap::encrypt_kwp, key_wrap::decrypt_kwp).wraps(),
    row(CKM_AES_KEY_WRAP_KWP).params(Shape::OptionalIv(4)).cipher(key_wrap::encrypt_kwp, key_wrap::decrypt_kwp).wraps(),
    row(CKM_AES_KEY_WRAP_PKCS7)
        .params(Shape::OptionalIv(8))
        .cipher(key_wrap::encrypt_pkcs7, key_wrap::decrypt_pkcs7)
        .wraps(),
];

/// The size of a block in bytes.
const BLOCK: usize = 16;

/// A block.
type Block = Array<u8, U16>;

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_AES], 16, 32, Unit::Bytes)
}

const fn xcbc_row(id: CK_MECHANISM_TYPE) -> Mechanism {
    let row = Mechanism::new(id).secret_keys(&[CKK_AES], 16, 16, Unit::Bytes);
    row.signs(cbc_mac::sign_xcbc, cbc_mac::verify_xcbc)
}

/// Keys of XTS are two keys of AES.
const fn xts_row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_AES_XTS], 32, 64, Unit::Bytes)
}

/// AES with a key of any of its three sizes. The modes see one block cipher, and the size is looked at once for
/// each stretch of blocks.
#[derive(Clone)]
pub enum Aes {
    /// A key of 16 bytes.
    Aes128(Aes128),
    /// A key of 24 bytes.
    Aes192(Aes192),
    /// A key of 32 bytes.
    Aes256(Aes256),
}

impl Aes {
    /// `KeySizeRange` unless the key has 16, 24 or 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self> {
        let wrong = |_| Error::KeySizeRange;
        match key.len() {
            16 => Ok(Self::Aes128(Aes128::new_from_slice(key).map_err(wrong)?)),
            24 => Ok(Self::Aes192(Aes192::new_from_slice(key).map_err(wrong)?)),
            32 => Ok(Self::Aes256(Aes256::new_from_slice(key).map_err(wrong)?)),
            _ => Err(Error::KeySizeRange),
        }
    }

    /// One block encrypted.
    pub fn encrypted(&self, block: [u8; BLOCK]) -> [u8; BLOCK] {
        let mut block = Block::from(block);
        self.encrypt_block(&mut block);
        block.into()
    }
}

impl BlockSizeUser for Aes {
    type BlockSize = U16;
}

impl BlockCipherEncrypt for Aes {
    fn encrypt_with_backend(&self, closure: impl BlockCipherEncClosure<BlockSize = U16>) {
        match self {
            Self::Aes128(aes) => aes.encrypt_with_backend(closure),
            Self::Aes192(aes) => aes.encrypt_with_backend(closure),
            Self::Aes256(aes) => aes.encrypt_with_backend(closure),
        }
    }
}

impl BlockCipherDecrypt for Aes {
    fn decrypt_with_backend(&self, closure: impl BlockCipherDecClosure<BlockSize = U16>) {
        match self {
            Self::Aes128(aes) => aes.decrypt_with_backend(closure),
            Self::Aes192(aes) => aes.decrypt_with_backend(closure),
            Self::Aes256(aes) => aes.decrypt_with_backend(closure),
        }
    }
}

/// An initialisation vector of `N` bytes from a parameter, if there is one.
fn iv<const N: usize>(params: &Params) -> Result<Option<[u8; N]>> {
    match params {
        Params::None => Ok(None),
        Params::Iv(iv) => Ok(Some(iv.as_slice().try_into().map_err(|_| Error::MechanismParamInvalid)?)),
        _ => Err(Error::MechanismParamInvalid),
    }
}
