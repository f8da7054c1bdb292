//! Poly1305 (section "Poly1305"; RFC 8439, section 2.5): a MAC whose key is good for one message only.

use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::mac::{Mac, MacOp};
use crate::mech::{Mechanism, Params};
use crate::op::{Sign, Verify};
use ::poly1305::universal_hash::{KeyInit, UniversalHash};
use digest::block_buffer::EagerBuffer;
use digest::consts::U16;
use std::slice;
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

/// Poly1305 over data that comes in any pieces.
#[derive(Clone)]
pub(super) struct Poly1305 {
    hash: ::poly1305::Poly1305,
    pending: EagerBuffer<U16>,
}

impl Poly1305 {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { hash: ::poly1305::Poly1305::new(key.into()), pending: EagerBuffer::default() }
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        let Self { hash, pending } = self;
        pending.digest_blocks(data, |blocks| hash.update(blocks));
    }

    /// Fills a begun block up with zeros.
    pub(super) fn pad(&mut self) {
        if self.pending.get_pos() > 0 {
            let block = self.pending.pad_with_zeros();
            self.hash.update(slice::from_ref(&block));
        }
    }

    pub(super) fn tag(&self) -> [u8; TAG] {
        self.hash.clone().compute_unpadded(self.pending.get_data()).into()
    }
}

impl Mac for Poly1305 {
    fn update(&mut self, data: &[u8]) {
        self.update(data);
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.tag().to_vec())
    }
}
