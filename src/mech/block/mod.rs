//! Block ciphers of any kind: the modes of encryption, the MACs and the derivation that they have in common, and the
//! rows that offer them. A cipher is a `Begun` and a table of rows.

mod blocks;
mod ctr;
mod encrypt_data;
mod mac;
mod rows;

pub(super) use blocks::{Mode, WholeBlocks, unpadded};
pub(super) use ctr::CounterMode;
pub(super) use mac::cmac as keyed_cmac;
pub(super) use rows::{
    cbc, cbc_by, cbc_encrypt_data, cbc_mac, cbc_mac_general, cbc_pad, cbc_pad_by, cmac, cmac_general, ctr, ecb,
    ecb_encrypt_data,
};

use super::Params;
use crate::block_cipher::{Block, BlockCipher};
use crate::error::{Error, Result};
use cipher::BlockSizeUser;

/// A block cipher as an operation begins it.
pub(in crate::mech) trait Begun: BlockCipher {
    /// By its key, and for RC2 by its parameter too.
    fn begun(key: &[u8], _: &Params) -> Result<Self> {
        Self::keyed(key)
    }
}

/// CBC's initialisation vector from a parameter, if there is one.
fn iv<C: BlockSizeUser>(params: &Params) -> Result<Option<Block<C>>> {
    match params.of_mode() {
        Params::None => Ok(None),
        Params::Iv(iv) => Block::<C>::try_from(iv.as_slice()).map(Some).map_err(|_| Error::MechanismParamInvalid),
        _ => Err(Error::MechanismParamInvalid),
    }
}
