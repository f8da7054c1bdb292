//! SHA-512 by AWS-LC, from any initial value.

use aws_lc_sys::{OPENSSL_cleanse, SHA512_CTX, SHA512_Final, SHA512_Update};
use core::ptr;
use zeroize::Zeroizing;

/// The length of a saved state: the chaining value, the length, the bytes of a begun block.
const SAVED: usize = 64 + 16 + 128;

/// A computation.
#[derive(Clone)]
pub struct Sha512(SHA512_CTX);

impl Sha512 {
    /// Starts from an initial value.
    pub fn new(initial: &[u64; 8]) -> Self {
        // What `SHA512_Init` makes, but for the initial value.
        Self(SHA512_CTX { h: *initial, Nl: 0, Nh: 0, p: [0; 128], num: 0, md_len: 64 })
    }

    /// Takes in more data.
    pub fn update(&mut self, data: &[u8]) {
        // SAFETY: the state is one of AWS-LC's, and exactly the slice is read. It never fails.
        let _ = unsafe { SHA512_Update(&mut self.0, data.as_ptr().cast(), data.len()) };
    }

    /// The digest of what came so far, which ends the computation.
    pub fn finish(&mut self) -> [u8; 64] {
        let mut digest = [0; 64];
        // SAFETY: the state is one of AWS-LC's, and its digest has 64 bytes. It fails only for another length.
        let _ = unsafe { SHA512_Final(digest.as_mut_ptr(), &mut self.0) };
        digest
    }

    /// The state as bytes.
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        let state = &self.0;
        // Between calls a begun block is never full, so its length needs no place of its own: it follows from the length of all.
        let bits = u128::from(state.Nh) << 64 | u128::from(state.Nl);
        let begun = state.p.get(..state.num as usize).unwrap_or_default();
        let mut saved = Zeroizing::new(Vec::with_capacity(SAVED));
        state.h.iter().for_each(|word| saved.extend(word.to_le_bytes()));
        saved.extend(bits.to_le_bytes());
        saved.extend(begun);
        saved.resize(SAVED, 0);
        saved
    }

    /// The computation of a saved state; `None` if it is none.
    pub fn load(saved: &[u8]) -> Option<Self> {
        let (words, rest) = saved.as_chunks::<8>().0.split_at_checked(8)?;
        let (length, begun) = rest.as_flattened().split_first_chunk::<16>()?;
        let bits = u128::from_le_bytes(*length);
        let mut state = Self::new(&[0; 8]);
        state.0.h.iter_mut().zip(words).for_each(|(to, from)| *to = u64::from_le_bytes(*from));
        (state.0.Nl, state.0.Nh) = (bits as u64, (bits >> 64) as u64);
        state.0.p = *begun.as_array()?;
        state.0.num = (bits / 8 % 128) as u32;
        (saved.len() == SAVED && bits.is_multiple_of(8)).then_some(state)
    }
}

impl Drop for Sha512 {
    fn drop(&mut self) {
        // SAFETY: overwrites exactly the state.
        unsafe { OPENSSL_cleanse(ptr::from_mut(&mut self.0).cast(), size_of::<SHA512_CTX>()) };
    }
}
