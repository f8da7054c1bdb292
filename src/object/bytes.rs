//! Strings of bytes as objects keep them: wiped when they are dropped, as long as they are and no longer, and short ones that are no
//! secrets without memory of their own.

use core::ops::{Deref, DerefMut};
use zeroize::{Zeroize, Zeroizing};

/// A string of bytes, which may be secret.
#[derive(Clone)]
pub struct Bytes(Kept);

/// Of the size of a [`super::template::Value`].
#[derive(Clone)]
enum Kept {
    Here { length: u8, bytes: [u8; ROOM] },
    Elsewhere(Box<[u8]>),
}

const ROOM: usize = 22;

impl Bytes {
    /// No bytes.
    pub const EMPTY: Self = Self(Kept::Here { length: 0, bytes: [0; ROOM] });

    /// Gives back the memory of a short string that is no secret: what is moved about leaves copies behind.
    pub fn shorten(&mut self) {
        let mut here = [0; ROOM];
        if let Kept::Elsewhere(bytes) = &self.0
            && let Some(start) = here.get_mut(..bytes.len())
        {
            start.copy_from_slice(bytes);
            *self = Self(Kept::Here { length: bytes.len() as u8, bytes: here });
        }
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::EMPTY } else { Self(Kept::Elsewhere(bytes.into())) }
    }
}

impl From<Zeroizing<Vec<u8>>> for Bytes {
    fn from(mut bytes: Zeroizing<Vec<u8>>) -> Self {
        if bytes.is_empty() { Self::EMPTY } else { Self(Kept::Elsewhere(core::mem::take(&mut *bytes).into())) }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kept::Here { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Kept::Elsewhere(bytes) => bytes,
        }
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Kept::Here { length, bytes } => bytes.get_mut(..usize::from(*length)).unwrap_or_default(),
            Kept::Elsewhere(bytes) => bytes,
        }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl Drop for Bytes {
    fn drop(&mut self) {
        (**self).zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_any_length_come_back() {
        let all: Vec<u8> = (1..60).collect();
        for length in 0..all.len() {
            let bytes = &all[..length];
            let mut short = Bytes::from(bytes);
            assert_eq!(*short, *bytes);
            short.shorten();
            assert_eq!(*short, *bytes);
            let mut roomy = Vec::with_capacity(100);
            roomy.extend(bytes);
            assert_eq!(*Bytes::from(Zeroizing::new(roomy)), *bytes);
        }
    }
}
