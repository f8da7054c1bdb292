//! Poly1305 over data that comes in any pieces.

use ::poly1305::universal_hash::{KeyInit, UniversalHash};
use digest::block_buffer::EagerBuffer;
use digest::consts::U16;
use std::slice;

/// Poly1305 with its key, which is good for one message only.
#[derive(Clone)]
pub struct Poly1305 {
    hash: ::poly1305::Poly1305,
    pending: EagerBuffer<U16>,
}

impl Poly1305 {
    /// Begins a message.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { hash: ::poly1305::Poly1305::new(key.into()), pending: EagerBuffer::default() }
    }

    /// Takes in more data.
    pub fn update(&mut self, data: &[u8]) {
        let Self { hash, pending } = self;
        pending.digest_blocks(data, |blocks| hash.update(blocks));
    }

    /// Fills a begun block up with zeros.
    pub fn pad(&mut self) {
        if self.pending.get_pos() > 0 {
            let block = self.pending.pad_with_zeros();
            self.hash.update(slice::from_ref(&block));
        }
    }

    /// The tag of what came so far.
    pub fn tag(&self) -> [u8; 16] {
        self.hash.clone().compute_unpadded(self.pending.get_data()).into()
    }
}
