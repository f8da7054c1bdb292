//! Poly1305 (section "Poly1305"; RFC 8439, section 2.5): a MAC whose key is good for one message only.

use crate::engine::poly1305::Poly1305;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::mac::{Mac, MacOp};
use crate::mech::{Mechanism, Params};
use crate::op::{Sign, Verify};
use zeroize::Zeroizing;

/// The length of a tag in bytes.
pub(super) const TAG: usize = 16;

pub(super) fn sign(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    Ok(Box::new(begin(params, key)?))
}

pub(super) fn verify(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    Ok(Box::new(begin(params, key)?))
}

fn begin(params: &Params, key: &Key) -> Result<MacOp> {
    let key = key.secret()?.try_into().map_err(|_| Error::KeySizeRange)?;
    MacOp::new(Box::new(Poly1305::new(key)), params, TAG)
}

impl Mac for Poly1305 {
    fn update(&mut self, data: &[u8]) {
        self.update(data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.tag().to_vec())
    }
}
