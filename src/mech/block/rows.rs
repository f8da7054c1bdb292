//! What each mode adds to a cipher's row.

use super::{BlockCipher, blocks, ctr as counter, encrypt_data, mac};
use crate::mech::{Mechanism, Shape, ZeroPadding};
use ::cmac::block_api::CmacCipher;
use cipher::BlockSizeUser;
use cipher::consts::U16;
use digest::block_api::SmallBlockSizeUser;

/// ECB. It fills a wrapped value up with zeros; the standard lets it wrap secret keys only.
pub(in crate::mech) const fn ecb<C: BlockCipher>(row: Mechanism) -> Mechanism {
    row.cipher(blocks::encrypt::<C>, blocks::decrypt::<C>)
        .wraps()
        .zero_padded(ZeroPadding::Behind(C::BLOCK))
        .secret_keys_only()
}

/// CBC, of whole blocks as ECB.
pub(in crate::mech) const fn cbc<C: BlockCipher>(row: Mechanism) -> Mechanism {
    ecb::<C>(row.params(Shape::Iv(C::BLOCK)))
}

/// CBC with PKCS#7 padding, of anything.
pub(in crate::mech) const fn cbc_pad<C: BlockCipher>(row: Mechanism) -> Mechanism {
    row.params(Shape::Iv(C::BLOCK)).cipher(blocks::encrypt_padded::<C>, blocks::decrypt_padded::<C>).wraps()
}

/// CTR.
pub(in crate::mech) const fn ctr<C: BlockCipher + BlockSizeUser<BlockSize = U16>>(row: Mechanism) -> Mechanism {
    row.params(Shape::Counter).cipher(counter::begin::<C>, counter::begin::<C>).wraps()
}

/// CBC-MAC of half a block.
pub(in crate::mech) const fn cbc_mac<C: BlockCipher + SmallBlockSizeUser>(row: Mechanism) -> Mechanism {
    row.signs(mac::sign_cbc::<C>, mac::verify_cbc::<C>)
}

/// CBC-MAC of a length that the parameter tells.
pub(in crate::mech) const fn cbc_mac_general<C: BlockCipher + SmallBlockSizeUser>(row: Mechanism) -> Mechanism {
    cbc_mac::<C>(row.params(Shape::MacLength))
}

/// CMAC of a whole block.
pub(in crate::mech) const fn cmac<C: BlockCipher + CmacCipher>(row: Mechanism) -> Mechanism {
    row.signs(mac::sign_cmac::<C>, mac::verify_cmac::<C>)
}

/// CMAC of a length that the parameter tells.
pub(in crate::mech) const fn cmac_general<C: BlockCipher + CmacCipher>(row: Mechanism) -> Mechanism {
    cmac::<C>(row.params(Shape::MacLength))
}

/// Derivation by encrypting data with ECB.
pub(in crate::mech) const fn ecb_encrypt_data<C: BlockCipher>(row: Mechanism) -> Mechanism {
    row.params(Shape::EncryptData).derives(encrypt_data::derive::<C>)
}

/// Derivation by encrypting data with CBC.
pub(in crate::mech) const fn cbc_encrypt_data<C: BlockCipher>(row: Mechanism) -> Mechanism {
    row.params(Shape::IvEncryptData(C::BLOCK)).derives(encrypt_data::derive::<C>)
}
