//! What each mode adds to a cipher's row.

use super::{Begun, CounterMode, Mode, WholeBlocks, blocks, ctr as counter, encrypt_data, mac};
use crate::mech::{Mechanism, Shape, ZeroPadding};
use ::cmac::block_api::CmacCipher;
use digest::block_api::SmallBlockSizeUser;

/// ECB. It fills a wrapped value up with zeros; the standard lets it wrap secret keys only.
pub(in crate::mech) const fn ecb<C: Begun>(row: Mechanism) -> Mechanism {
    unpadded::<Mode<C>>(row)
}

/// CBC, of whole blocks as ECB.
pub(in crate::mech) const fn cbc<C: Begun>(row: Mechanism) -> Mechanism {
    cbc_by::<Mode<C>>(row)
}

/// [`cbc`] of a cipher that has it from an engine.
pub(in crate::mech) const fn cbc_by<M: WholeBlocks>(row: Mechanism) -> Mechanism {
    unpadded::<M>(row.params(Shape::Iv(M::BLOCK)))
}

/// CBC with PKCS#7 padding, of anything.
pub(in crate::mech) const fn cbc_pad<C: Begun>(row: Mechanism) -> Mechanism {
    cbc_pad_by::<Mode<C>>(row)
}

/// [`cbc_pad`] of a cipher that has it from an engine.
pub(in crate::mech) const fn cbc_pad_by<M: WholeBlocks>(row: Mechanism) -> Mechanism {
    row.params(Shape::Iv(M::BLOCK)).cipher(blocks::encrypt_padded::<M>, blocks::decrypt_padded::<M>).wraps()
}

/// Whole blocks as they are.
const fn unpadded<M: WholeBlocks>(row: Mechanism) -> Mechanism {
    row.cipher(blocks::encrypt::<M>, blocks::decrypt::<M>)
        .wraps()
        .zero_padded(ZeroPadding::Behind(M::BLOCK))
        .secret_keys_only()
}

/// CTR.
pub(in crate::mech) const fn ctr<C: CounterMode>(row: Mechanism) -> Mechanism {
    row.params(Shape::Counter).cipher(counter::begin::<C>, counter::begin::<C>).wraps()
}

/// CBC-MAC of half a block.
pub(in crate::mech) const fn cbc_mac<C: Begun + SmallBlockSizeUser>(row: Mechanism) -> Mechanism {
    row.signs(mac::sign_cbc::<C>, mac::verify_cbc::<C>)
}

/// CBC-MAC of a length that the parameter tells.
pub(in crate::mech) const fn cbc_mac_general<C: Begun + SmallBlockSizeUser>(row: Mechanism) -> Mechanism {
    cbc_mac::<C>(row.params(Shape::MacLength))
}

/// CMAC of a whole block.
pub(in crate::mech) const fn cmac<C: Begun + CmacCipher>(row: Mechanism) -> Mechanism {
    row.signs(mac::sign_cmac::<C>, mac::verify_cmac::<C>)
}

/// CMAC of a length that the parameter tells.
pub(in crate::mech) const fn cmac_general<C: Begun + CmacCipher>(row: Mechanism) -> Mechanism {
    cmac::<C>(row.params(Shape::MacLength))
}

/// Derivation by encrypting data with ECB.
pub(in crate::mech) const fn ecb_encrypt_data<C: Begun>(row: Mechanism) -> Mechanism {
    row.params(Shape::EncryptData).derives(encrypt_data::derive::<Mode<C>>)
}

/// Derivation by encrypting data with CBC.
pub(in crate::mech) const fn cbc_encrypt_data<C: Begun>(row: Mechanism) -> Mechanism {
    row.params(Shape::IvEncryptData(C::BLOCK)).derives(encrypt_data::derive::<Mode<C>>)
}
