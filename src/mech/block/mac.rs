//! The MACs of a block cipher: CBC-MAC with padding of zeros (FIPS 113; ISO/IEC 9797-1, algorithm 1 with padding method
//! 1), which the standard calls "MAC", and CMAC (NIST SP 800-38B, RFC 4493).

use super::Begun;
use crate::block_cipher::BlockCipher;
use crate::error::Result;
use crate::key::Key;
use crate::mech::mac::{Mac, MacOp};
use crate::mech::{Mechanism, Params, Shape};
use crate::op::{Sign, Verify};
use ::cmac::Cmac;
use ::cmac::block_api::CmacCipher;
use digest::block_api::SmallBlockSizeUser;
use digest::common::InnerInit;
use digest::{FixedOutputReset, Update};
use zeroize::Zeroizing;

pub(super) fn sign_cbc<C: Begun + SmallBlockSizeUser>(
    mechanism: &Mechanism,
    params: &Params,
    key: &Key,
) -> Result<Box<dyn Sign>> {
    Ok(Box::new(cbc_mac::<C>(mechanism, params, key)?))
}

pub(super) fn verify_cbc<C: Begun + SmallBlockSizeUser>(
    mechanism: &Mechanism,
    params: &Params,
    key: &Key,
) -> Result<Box<dyn Verify>> {
    Ok(Box::new(cbc_mac::<C>(mechanism, params, key)?))
}

pub(super) fn sign_cmac<C: BlockCipher + CmacCipher>(
    _: &Mechanism,
    params: &Params,
    key: &Key,
) -> Result<Box<dyn Sign>> {
    Ok(Box::new(truncated_cmac::<C>(params, key)?))
}

pub(super) fn verify_cmac<C: BlockCipher + CmacCipher>(
    _: &Mechanism,
    params: &Params,
    key: &Key,
) -> Result<Box<dyn Verify>> {
    Ok(Box::new(truncated_cmac::<C>(params, key)?))
}

/// Without a parameter, "MACs that are half the block size in length".
fn cbc_mac<C: Begun + SmallBlockSizeUser>(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<MacOp> {
    let general = matches!(mechanism.shape, Shape::MacLength | Shape::Rc2MacLength);
    let full = if general { C::BLOCK } else { C::BLOCK / 2 };
    let mac = CbcMac { mac: ::cbc_mac::CbcMac::inner_init(C::begun(key.secret()?, params)?), empty: true };
    MacOp::new(Box::new(mac), params.of_mode(), full)
}

fn truncated_cmac<C: BlockCipher + CmacCipher>(params: &Params, key: &Key) -> Result<MacOp> {
    MacOp::new(cmac::<C>(key.secret()?)?, params, C::BLOCK)
}

/// CMAC with a key of the cipher: `KeySizeRange` if its length is wrong.
pub(in crate::mech) fn cmac<C: BlockCipher + CmacCipher>(key: &[u8]) -> Result<Box<dyn Mac>> {
    Ok(Box::new(Cmac::inner_init(C::keyed(key)?)))
}

/// CBC-MAC over data filled up with zeros. No data at all is filled up to a block (ISO 9797-1, padding method 1), because
/// its MAC would not depend on the key otherwise.
struct CbcMac<C: Begun + SmallBlockSizeUser> {
    mac: ::cbc_mac::CbcMac<C>,
    empty: bool,
}

impl<C: Begun + SmallBlockSizeUser> Mac for CbcMac<C> {
    fn update(&mut self, data: &[u8]) {
        self.empty &= data.is_empty();
        Update::update(&mut self.mac, data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        if self.empty {
            Update::update(&mut self.mac, &[0]);
        }
        Zeroizing::new(self.mac.finalize_fixed_reset().to_vec())
    }
}

impl<C: BlockCipher + CmacCipher> Mac for Cmac<C> {
    fn update(&mut self, data: &[u8]) {
        Update::update(self, data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.finalize_fixed_reset().to_vec())
    }
}
