//! AES-XCBC-MAC (RFC 3566): CBC-MAC whose last block is marked as whole or padded; and the pseudo-random function that IKE makes
//! of it (RFC 4434).

use super::{Aes, BLOCK, Block};
use crate::error::Result;
use crate::key::Key;
use crate::mech::mac::{Mac, MacOp};
use crate::mech::{Mechanism, Params};
use crate::op::{Sign, Verify};
use ::cbc_mac::CbcMac;
use cryptoki_sys::CKM_AES_XCBC_MAC;
use digest::block_buffer::LazyBuffer;
use digest::common::InnerInit;
use digest::consts::U16;
use digest::{FixedOutputReset, Update};
use zeroize::{Zeroize, Zeroizing};

pub(super) fn sign(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    Ok(Box::new(begin(mechanism, params, key)?))
}

pub(super) fn verify(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    Ok(Box::new(begin(mechanism, params, key)?))
}

/// AES-XCBC-PRF-128: the MAC with a key of any length, filled up with zeros or replaced by its own MAC under zeros.
pub(in crate::mech) fn prf(key: &[u8]) -> Result<Box<dyn Mac>> {
    let mut fixed = Zeroizing::new([0; BLOCK]);
    if key.len() <= BLOCK {
        fixed.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    } else {
        let mut mac = Xcbc::new(&*fixed)?;
        mac.update(key);
        fixed.copy_from_slice(&mac.finish());
    }
    Ok(Box::new(Xcbc::new(&*fixed)?))
}

fn begin(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<MacOp> {
    let full = if mechanism.id == CKM_AES_XCBC_MAC { BLOCK } else { 12 };
    MacOp::new(Box::new(Xcbc::new(key.secret()?)?), params, full)
}

/// CBC-MAC under the first derived key, with the second or the third one added to the last block.
struct Xcbc {
    mac: CbcMac<Aes>,
    /// Data from the last block on, as long as it is not known to be the last: 1 to 16 bytes, unless there is none.
    last: LazyBuffer<U16>,
    for_whole: [u8; BLOCK],
    for_padded: [u8; BLOCK],
}

impl Xcbc {
    fn new(key: &[u8]) -> Result<Self> {
        let aes = Aes::new(key)?;
        let [first, for_whole, for_padded] = [1, 2, 3].map(|number| aes.encrypted([number; BLOCK]));
        let first = Zeroizing::new(first);
        let mac = CbcMac::inner_init(Aes::new(&*first)?);
        Ok(Self { mac, last: LazyBuffer::default(), for_whole, for_padded })
    }
}

impl Mac for Xcbc {
    fn update(&mut self, data: &[u8]) {
        let Self { mac, last, .. } = self;
        last.digest_blocks(data, |blocks| Update::update(mac, Block::slice_as_flattened(blocks)));
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let data = self.last.get_data();
        let added = if data.len() == BLOCK { &self.for_whole } else { &self.for_padded };
        let mut block = Zeroizing::new([0; BLOCK]);
        block.iter_mut().zip(data.iter().chain(&[0x80])).for_each(|(to, from)| *to = *from);
        block.iter_mut().zip(added).for_each(|(byte, added)| *byte ^= added);
        Update::update(&mut self.mac, &*block);
        Zeroizing::new(self.mac.finalize_fixed_reset().to_vec())
    }
}

impl Drop for Xcbc {
    fn drop(&mut self) {
        self.for_whole.zeroize();
        self.for_padded.zeroize();
    }
}
