//! AES-CBC and AES-CTR as the modes of block ciphers want them, by whatever engine serves them.

use super::BLOCK;
use crate::block_cipher::Block;
use crate::engine::{Direction, aes};
use crate::error::{Error, Result};
use crate::mech::Params;
use crate::mech::block::{CounterMode, WholeBlocks};
use cipher::BlockSizeUser;
use cipher::consts::U16;
use cipher::inout::InOutBuf;

/// AES-CBC in one direction.
#[derive(Clone)]
pub(super) struct Cbc {
    cbc: aes::Cbc,
    chain: Block<Self>,
}

impl BlockSizeUser for Cbc {
    type BlockSize = U16;
}

impl WholeBlocks for Cbc {
    fn begin(key: &[u8], params: &Params, direction: Direction) -> Result<Self> {
        let chain = super::iv::<BLOCK>(params.of_mode())?.ok_or(Error::MechanismParamInvalid)?;
        Ok(Self { cbc: aes::Cbc::new(key, direction)?, chain: chain.into() })
    }

    fn process(&mut self, blocks: InOutBuf<'_, '_, Block<Self>>) {
        self.cbc.process(&mut self.chain.0, blocks);
    }

    fn chain(&mut self) -> Option<&mut Block<Self>> {
        Some(&mut self.chain)
    }
}

impl CounterMode for aes::Ctr {
    fn keyed(key: &[u8]) -> Result<Self> {
        Self::new(key)
    }

    fn apply(&self, first: &[u8; BLOCK], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()> {
        self.apply(first, position, text)
    }
}
