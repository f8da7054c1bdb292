//! What a mechanism makes for a session: an operation that is fed and finished.
//!
//! An operation knows nothing of sessions, handles, NULL pointers or output lengths. The session takes it
//! out, feeds it and puts it back (`session.rs`); it never sees a buffer smaller than its own `bound`.

use crate::buffer;
use crate::error::{Error, Result};
use zeroize::Zeroizing;

/// An encryption or a decryption.
pub trait Cipher: Send {
    /// An upper bound, in bytes, of what the next `update` (`last` false) or of what `update` and `finish`
    /// together (`last` true) write for `input` more bytes. Pure: asking changes nothing.
    fn bound(&self, input: usize, last: bool) -> usize;

    /// Processes `input` and writes at most `bound(input.len(), false)` bytes; returns how many.
    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize>;

    /// Ends the operation, writing at most `bound(0, true)` bytes; returns how many.
    fn finish(&mut self, out: &mut [u8]) -> Result<usize>;

    /// The whole operation on the whole input, into at least `bound(input.len(), true)` bytes.
    fn one_shot(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let written = self.update(input, out)?;
        let rest = out.get_mut(written..).ok_or(Error::GeneralError)?;
        Ok(written + self.finish(rest)?)
    }

    /// Whether the input may come in parts (false: RSA and the key-wrap modes, say).
    fn multi_part(&self) -> bool {
        true
    }

    /// A copy at the same point. It lets the session try a decryption whose length is not known beforehand
    /// in a buffer of its own, and lose nothing when the caller's proves too small.
    fn fork(&self) -> Box<dyn Cipher>;

    /// The state since the start, for `C_GetOperationState`; `None` where it cannot be saved.
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }

    /// Brings a freshly begun operation to a saved state.
    fn load(&mut self, _state: &[u8]) -> Result<()> {
        Err(Error::SavedStateInvalid)
    }
}

/// A digest, a signature or a MAC being computed.
pub trait Sign: Send {
    /// An upper bound of the result, in bytes.
    fn bound(&self) -> usize;

    /// Takes in more data.
    fn update(&mut self, data: &[u8]) -> Result<()>;

    /// Writes the result, at most `bound()` bytes, and returns its length.
    fn finish(&mut self, out: &mut [u8]) -> Result<usize>;

    /// Whether the data may come in parts (false: `CKM_RSA_PKCS`, `CKM_ECDSA`).
    fn multi_part(&self) -> bool {
        true
    }

    /// As [`Cipher::save`].
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }

    /// As [`Cipher::load`].
    fn load(&mut self, _state: &[u8]) -> Result<()> {
        Err(Error::SavedStateInvalid)
    }
}

/// A signature or a MAC being verified.
pub trait Verify: Send {
    /// Takes in more data.
    fn update(&mut self, data: &[u8]) -> Result<()>;

    /// Judges the signature: `SignatureLenRange` for a length that cannot be, else `SignatureInvalid`.
    fn finish(&mut self, signature: &[u8]) -> Result<()>;

    /// As [`Sign::multi_part`].
    fn multi_part(&self) -> bool {
        true
    }

    /// As [`Cipher::save`].
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }

    /// As [`Cipher::load`].
    fn load(&mut self, _state: &[u8]) -> Result<()> {
        Err(Error::SavedStateInvalid)
    }
}

/// Signing or verifying with message recovery: one input, one output.
pub trait Recover: Send {
    /// An upper bound of the output, in bytes.
    fn bound(&self) -> usize;

    /// From data to signature, or from signature to data.
    fn run(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize>;
}

/// An encryption or a decryption that takes all its input in one part, such as RSA or a key-wrap mode: `bound` gives
/// the most that comes out of so many bytes, and `run` does it.
#[derive(Clone)]
pub struct OnePart<B, F> {
    bound: B,
    run: F,
}

impl<B, F> OnePart<B, F>
where
    B: Fn(usize) -> usize + Clone + Send + 'static,
    F: Fn(&[u8], &mut [u8]) -> Result<usize> + Clone + Send + 'static,
{
    /// An operation of these two functions.
    pub fn new(bound: B, run: F) -> Self {
        Self { bound, run }
    }
}

impl<B, F> Cipher for OnePart<B, F>
where
    B: Fn(usize) -> usize + Clone + Send + 'static,
    F: Fn(&[u8], &mut [u8]) -> Result<usize> + Clone + Send + 'static,
{
    fn bound(&self, input: usize, _last: bool) -> usize {
        (self.bound)(input)
    }

    fn update(&mut self, _input: &[u8], _out: &mut [u8]) -> Result<usize> {
        Err(Error::OperationNotInitialized)
    }

    fn finish(&mut self, _out: &mut [u8]) -> Result<usize> {
        Err(Error::OperationNotInitialized)
    }

    fn one_shot(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        (self.run)(input, out)
    }

    fn multi_part(&self) -> bool {
        false
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }
}

// The mechanisms that recover have one bound for any input.
impl<B, F> Recover for OnePart<B, F>
where
    B: Fn(usize) -> usize + Send,
    F: Fn(&[u8], &mut [u8]) -> Result<usize> + Send,
{
    fn bound(&self) -> usize {
        (self.bound)(0)
    }

    fn run(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        (self.run)(input, out)
    }
}

/// Input kept until the end, for a primitive that needs all of it at once.
#[derive(Clone)]
pub struct Gathered(Zeroizing<Vec<u8>>);

impl Gathered {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Zeroizing::new(Vec::new()))
    }

    /// What has come so far.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes in more; `HostMemory` if there is no room for it.
    pub fn push(&mut self, more: &[u8]) -> Result<()> {
        // Grown by hand, so that no copy of the data is left behind in a freed buffer.
        if self.0.capacity() - self.0.len() < more.len() {
            let wanted = (self.0.len().saturating_add(more.len())).max(self.0.capacity().saturating_mul(2));
            let mut grown = buffer::reserved(wanted)?;
            grown.extend_from_slice(&self.0);
            self.0 = Zeroizing::new(grown);
        }
        self.0.extend_from_slice(more);
        Ok(())
    }
}

impl Default for Gathered {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes a whole result to the front of an output buffer and returns its length.
pub fn write(out: &mut [u8], result: &[u8]) -> Result<usize> {
    out.get_mut(..result.len()).ok_or(Error::GeneralError)?.copy_from_slice(result);
    Ok(result.len())
}

/// A [`Sign`] or [`Verify`] over a primitive that needs all its input at once, such as Ed25519: the data is
/// kept until the end.
pub struct Gather<F> {
    data: Gathered,
    bound: usize,
    multi_part: bool,
    end: F,
}

impl<F> Gather<F> {
    /// Gathers parts; `bound` as in [`Sign::bound`], 0 for a verification.
    pub fn parts(bound: usize, end: F) -> Self {
        Self { data: Gathered::new(), bound, multi_part: true, end }
    }

    /// Takes its data in one part only.
    pub fn single(bound: usize, end: F) -> Self {
        Self { multi_part: false, ..Self::parts(bound, end) }
    }
}

impl<F: FnMut(&[u8], &mut [u8]) -> Result<usize> + Send> Sign for Gather<F> {
    fn bound(&self) -> usize {
        self.bound
    }

    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.data.push(data)
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        (self.end)(self.data.bytes(), out)
    }

    fn multi_part(&self) -> bool {
        self.multi_part
    }
}

/// The verifying side of [`Gather`]; a type of its own because a closure has one signature.
pub struct GatherVerify<F>(Gather<F>);

impl<F> GatherVerify<F> {
    /// Gathers parts.
    pub fn parts(end: F) -> Self {
        Self(Gather::parts(0, end))
    }

    /// Takes its data in one part only.
    pub fn single(end: F) -> Self {
        Self(Gather::single(0, end))
    }
}

impl<F: FnMut(&[u8], &[u8]) -> Result<()> + Send> Verify for GatherVerify<F> {
    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.0.data.push(data)
    }

    fn finish(&mut self, signature: &[u8]) -> Result<()> {
        (self.0.end)(self.0.data.bytes(), signature)
    }

    fn multi_part(&self) -> bool {
        self.0.multi_part
    }
}
