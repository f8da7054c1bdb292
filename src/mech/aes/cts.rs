//! AES-CBC with ciphertext stealing (section "AES CBC with Ciphertext Stealing CTS"; NIST SP 800-38A, addendum).
//!
//! The standard does not say in which of the addendum's three orders the last two blocks stand. It is the first, CS1: whole
//! blocks come out as they do in CBC.

use super::stealing::{Stealing, Stolen};
use super::{Aes, Block, iv};
use crate::engine::Direction;
use crate::engine::rustcrypto::modes;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use ::cts::{CbcCs1, Decrypt, Encrypt};
use cipher::InnerIvInit;

pub(super) fn encrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(params, key, Direction::Encrypt)
}

pub(super) fn decrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    begin(params, key, Direction::Decrypt)
}

fn begin(params: &Params, key: &Key, direction: Direction) -> Result<Box<dyn Cipher>> {
    let chain = Block::from(iv(params)?.ok_or(Error::MechanismParamInvalid)?);
    let mode = Cts { aes: Aes::new(key.secret()?)?, direction };
    Ok(Box::new(Stolen::new(mode, direction, chain, u64::MAX)))
}

#[derive(Clone)]
struct Cts {
    aes: Aes,
    direction: Direction,
}

impl Stealing for Cts {
    fn blocks(&mut self, chain: &mut Block, blocks: &mut [Block]) -> Result<()> {
        modes::cbc(&self.aes, self.direction, chain, blocks.into());
        Ok(())
    }

    fn last(&mut self, chain: &Block, text: &mut [u8]) -> Result<()> {
        let cts = CbcCs1::inner_iv_init(&self.aes, chain);
        match self.direction {
            Direction::Encrypt => cts.encrypt(text),
            Direction::Decrypt => cts.decrypt(text),
        }
        .map_err(|_| Error::GeneralError)
    }
}
