//! AES-CMAC (section 6.16; NIST SP 800-38B, RFC 4493).

use super::{Aes, BLOCK};
use crate::error::Result;
use crate::key::Key;
use crate::mech::mac::{Mac, MacOp};
use crate::mech::{Mechanism, Params};
use crate::op::{Sign, Verify};
use ::cmac::Cmac;
use digest::common::InnerInit;
use digest::{FixedOutputReset, Update};
use zeroize::Zeroizing;

pub(super) fn sign(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    Ok(Box::new(begin(params, key)?))
}

pub(super) fn verify(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    Ok(Box::new(begin(params, key)?))
}

fn begin(params: &Params, key: &Key) -> Result<MacOp> {
    MacOp::new(mac(key.secret()?)?, params, BLOCK)
}

/// The MAC with a key of 16, 24 or 32 bytes: `KeySizeRange` for any other.
pub(in crate::mech) fn mac(key: &[u8]) -> Result<Box<dyn Mac>> {
    Ok(Box::new(Cmac::inner_init(Aes::new(key)?)))
}

impl Mac for Cmac<Aes> {
    fn update(&mut self, data: &[u8]) {
        Update::update(self, data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.finalize_fixed_reset().to_vec())
    }
}
