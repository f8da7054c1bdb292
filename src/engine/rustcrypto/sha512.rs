//! SHA-512 by crate `sha2`, from any initial value: the crate has its own ones only, but its state can be read and set.

use digest::Digest;
use digest::common::hazmat::{SerializableState, SerializedState};
use zeroize::Zeroizing;

/// A computation.
#[derive(Clone)]
pub struct Sha512(sha2::Sha512);

impl Sha512 {
    /// Starts from an initial value.
    pub fn new(initial: &[u64; 8]) -> Self {
        let mut state: SerializedState<sha2::Sha512> = sha2::Sha512::new().serialize();
        // The chaining value comes first.
        let words = state.as_chunks_mut::<8>().0.iter_mut().zip(initial);
        words.for_each(|(to, from)| *to = from.to_le_bytes());
        // What has been serialised can be deserialised; were it not so, every known answer would fail.
        Self(sha2::Sha512::deserialize(&state).unwrap_or_default())
    }

    /// Takes in more data.
    pub fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.0, data);
    }

    /// The digest of what came so far, which ends the computation.
    pub fn finish(&mut self) -> [u8; 64] {
        self.0.finalize_reset().into()
    }

    /// The state as bytes.
    pub fn save(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.serialize().to_vec())
    }

    /// The computation of a saved state; `None` if it is none.
    pub fn load(saved: &[u8]) -> Option<Self> {
        sha2::Sha512::deserialize(saved.try_into().ok()?).ok().map(Self)
    }
}
