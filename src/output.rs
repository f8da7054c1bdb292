//! The standard's convention for output of variable length (section 5.2), in one place.
//!
//! A NULL buffer asks for the bound; a buffer that is too small gets the bound and changes nothing; otherwise the
//! result is written and its exact length stored.

use crate::error::{Error, Result};
use cryptoki_sys::CK_ULONG;

/// A caller's output buffer and the place of its length.
pub(crate) struct Output<'a> {
    buffer: Option<&'a mut [u8]>,
    // As bytes, because the caller's pointer may be misaligned.
    length: &'a mut [u8; size_of::<CK_ULONG>()],
}

/// What a caller's buffer allows.
pub(crate) enum Room<'b> {
    /// Only the length is asked for; the bound is stored.
    Query,
    /// The buffer is smaller than the bound; nothing is stored yet.
    Small(&'b mut [u8]),
    /// The buffer holds the bound.
    Enough(&'b mut [u8]),
}

impl<'a> Output<'a> {
    /// A buffer (`None` for NULL) and where its length goes.
    pub(crate) fn new(buffer: Option<&'a mut [u8]>, length: &'a mut [u8; size_of::<CK_ULONG>()]) -> Self {
        Self { buffer, length }
    }

    /// Compares the buffer with an upper bound of what is to be written.
    pub(crate) fn room(&mut self, bound: usize) -> Room<'_> {
        match self.buffer.as_deref_mut() {
            None => {
                *self.length = (bound as CK_ULONG).to_ne_bytes();
                Room::Query
            }
            Some(buffer) if buffer.len() >= bound => Room::Enough(buffer),
            Some(buffer) => Room::Small(buffer),
        }
    }

    /// Where the buffer is and how long, if there is one: for what is written when this call is over.
    pub(crate) fn place(&mut self) -> Option<(usize, usize)> {
        self.buffer.as_deref_mut().map(|buffer| (buffer.as_mut_ptr().expose_provenance(), buffer.len()))
    }

    /// Stores the length that was written, or that would suffice.
    pub(crate) fn set_length(&mut self, length: usize) {
        *self.length = (length as CK_ULONG).to_ne_bytes();
    }

    /// The first bytes of the buffer, after they were written.
    pub(crate) fn written(&self, length: usize) -> &[u8] {
        self.buffer.as_deref().and_then(|buffer| buffer.get(..length)).unwrap_or_default()
    }

    /// The whole convention for bytes that are at hand anyway.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let result = match self.room(bytes.len()) {
            Room::Query => Ok(()),
            Room::Small(_) => Err(Error::BufferTooSmall),
            Room::Enough(buffer) => {
                buffer.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                Ok(())
            }
        };
        self.set_length(bytes.len());
        result
    }
}

/// A string padded with blanks, as the standard's information structures want it.
pub(crate) fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    field.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    field
}
