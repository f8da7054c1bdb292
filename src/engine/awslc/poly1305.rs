//! Poly1305 by AWS-LC.

use aws_lc_sys::{
    CRYPTO_poly1305_finish, CRYPTO_poly1305_init, CRYPTO_poly1305_update, OPENSSL_cleanse, poly1305_state,
};
use core::ptr;

/// Poly1305 with its key, which is good for one message only.
#[derive(Clone)]
pub struct Poly1305 {
    state: State,
    /// Bytes of a begun block.
    begun: usize,
}

/// AWS-LC looks for an address in this memory that is a multiple of 64, so a copy must be as well aligned as the original.
#[derive(Clone)]
#[repr(align(64))]
struct State(poly1305_state);

impl Poly1305 {
    /// Begins a message.
    pub fn new(key: &[u8; 32]) -> Self {
        let mut state = State([0; size_of::<poly1305_state>()]);
        // SAFETY: the state is as large as it must be, and the key has 32 bytes.
        unsafe { CRYPTO_poly1305_init(&mut state.0, key.as_ptr()) };
        Self { state, begun: 0 }
    }

    /// Takes in more data.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: the state has been initialised, and exactly the slice is read.
        unsafe { CRYPTO_poly1305_update(&mut self.state.0, data.as_ptr(), data.len()) };
        self.begun = (self.begun + data.len() % 16) % 16;
    }

    /// Fills a begun block up with zeros.
    pub fn pad(&mut self) {
        if self.begun > 0 {
            self.update([0; 16].get(self.begun..).unwrap_or_default());
        }
    }

    /// The tag of what came so far.
    pub fn tag(&self) -> [u8; 16] {
        let (mut state, mut tag) = (self.state.clone(), [0; 16]);
        // SAFETY: the state has been initialised, and a tag has 16 bytes.
        unsafe { CRYPTO_poly1305_finish(&mut state.0, tag.as_mut_ptr()) };
        tag
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: overwrites exactly the state.
        unsafe { OPENSSL_cleanse(ptr::from_mut(&mut self.0).cast(), size_of::<poly1305_state>()) };
    }
}
