//! AES (PKCS#11 3.2, sections 6.13 to 6.17): the modes of encryption, the MAC, and the modes that wrap keys.

mod cbc;
mod ccm;
mod cfb;
mod cts;
mod gcm;
mod gmac;
mod key_wrap;
mod ofb;
mod stealing;
pub(super) mod xcbc;
mod xts;

use super::block::{self, Begun};
use super::message::MessageShape;
use super::{Mechanism, Params, Shape, Unit, ZeroPadding, secret};
use crate::block_cipher::{self, Aes};
use crate::engine;
use crate::error::{Error, Result};
use cipher::BlockCipherEncrypt;
use cryptoki_sys::*;

/// The rows of AES.
pub const ROWS: &[Mechanism] = &[
    row(CKM_AES_KEY_GEN).generates(secret::generate),
    block::ecb::<Aes>(row(CKM_AES_ECB)),
    block::cbc_by::<cbc::Cbc>(row(CKM_AES_CBC)),
    block::cbc_pad_by::<cbc::Cbc>(row(CKM_AES_CBC_PAD)),
    block::ctr::<engine::aes::Ctr>(row(CKM_AES_CTR)),
    row(CKM_AES_OFB).params(Shape::Iv(BLOCK)).cipher(ofb::begin, ofb::begin).wraps(),
    row(CKM_AES_CFB1).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CFB8).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CFB64).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CFB128).params(Shape::Iv(BLOCK)).cipher(cfb::encrypt, cfb::decrypt).wraps(),
    row(CKM_AES_CTS).params(Shape::Iv(BLOCK)).cipher(cts::encrypt, cts::decrypt).wraps(),
    xts_row(CKM_AES_XTS_KEY_GEN).generates(secret::generate),
    xts_row(CKM_AES_XTS).params(Shape::Iv(BLOCK)).cipher(xts::encrypt, xts::decrypt).wraps(),
    row(CKM_AES_GCM)
        .params(Shape::Gcm)
        .cipher(gcm::encrypt, gcm::decrypt)
        .wraps()
        .telling_changes()
        .messages(MessageShape::Gcm),
    row(CKM_AES_CCM)
        .params(Shape::Ccm)
        .cipher(ccm::encrypt, ccm::decrypt)
        .wraps_by(ccm::wrap, ccm::unwrap)
        .telling_changes()
        .messages(MessageShape::Ccm),
    block::cmac::<Aes>(row(CKM_AES_CMAC)),
    block::cmac_general::<Aes>(row(CKM_AES_CMAC_GENERAL)),
    block::cbc_mac::<Aes>(row(CKM_AES_MAC)),
    block::cbc_mac_general::<Aes>(row(CKM_AES_MAC_GENERAL)),
    // RFC 3566 has keys of 128 bits only.
    xcbc_row(CKM_AES_XCBC_MAC),
    xcbc_row(CKM_AES_XCBC_MAC_96),
    row(CKM_AES_GMAC).params(Shape::Gmac).signs(gmac::sign, gmac::verify),
    block::ecb_encrypt_data::<Aes>(row(CKM_AES_ECB_ENCRYPT_DATA)),
    block::cbc_encrypt_data::<Aes>(row(CKM_AES_CBC_ENCRYPT_DATA)),
    row(CKM_AES_KEY_WRAP)
        .params(Shape::OptionalIv(8))
        .cipher(key_wrap::encrypt_kw, key_wrap::decrypt_kw)
        .wraps()
        .telling_changes()
        .zero_padded(ZeroPadding::Behind(8)),
    // Deprecated, and defined nowhere any more. Everybody's implementation is RFC 5649; but Java takes it for its
    // AES/KW/PKCS5Padding, and then gives the 8 bytes of an initial value of RFC 3394, which have no sense elsewhere.
    row(CKM_AES_KEY_WRAP_PAD)
        .params(Shape::EitherIv(4, 8))
        .cipher(key_wrap::encrypt_pad, key_wrap::decrypt_pad)
        .wraps()
        .telling_changes(),
    row(CKM_AES_KEY_WRAP_KWP)
        .params(Shape::OptionalIv(4))
        .cipher(key_wrap::encrypt_kwp, key_wrap::decrypt_kwp)
        .wraps()
        .telling_changes(),
    row(CKM_AES_KEY_WRAP_PKCS7)
        .params(Shape::OptionalIv(8))
        .cipher(key_wrap::encrypt_pkcs7, key_wrap::decrypt_pkcs7)
        .wraps()
        .telling_changes(),
];

/// The size of a block in bytes.
const BLOCK: usize = 16;

/// A block.
type Block = block_cipher::Block<Aes>;

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_AES], 16, 32, Unit::Bytes)
}

const fn xcbc_row(id: CK_MECHANISM_TYPE) -> Mechanism {
    let row = Mechanism::new(id).secret_keys(&[CKK_AES], 16, 16, Unit::Bytes);
    row.signs(xcbc::sign, xcbc::verify)
}

/// Keys of XTS are two keys of AES.
const fn xts_row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).secret_keys(&[CKK_AES_XTS], 32, 64, Unit::Bytes)
}

impl Begun for Aes {}

impl Aes {
    /// One block encrypted.
    pub fn encrypted(&self, block: [u8; BLOCK]) -> [u8; BLOCK] {
        let mut block = Block::from(block);
        self.encrypt_block(&mut block);
        block.into()
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
