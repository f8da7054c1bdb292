//! One PIN: its length limits, its retry counter, and its verification in constant time.

use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::random;
use crate::seal::{Keys, Wrapped};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What PINs a token accepts, and how often they may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The fewest bytes.
    pub min_len: usize,
    /// The most bytes.
    pub max_len: usize,
    /// How many wrong PINs in a row lock it.
    pub tries: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_len: 4, max_len: 255, tries: 10 }
    }
}

impl Policy {
    /// Refuses a new PIN of the wrong length (`PinLenRange`) or that is not UTF-8 (`PinInvalid`).
    pub fn admit(&self, pin: &[u8]) -> Result<()> {
        if !(self.min_len..=self.max_len).contains(&pin.len()) {
            return Err(Error::PinLenRange);
        }
        core::str::from_utf8(pin).map_err(|_| Error::PinInvalid)?;
        Ok(())
    }
}

/// What is kept of a PIN: a salted hash, enough for a token that lives in memory only and goes with its process.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Verifier {
    salt: [u8; 16],
    hash: Zeroizing<Vec<u8>>,
}

impl Verifier {
    /// Keeps a PIN.
    pub(crate) fn new(pin: &[u8]) -> Result<Self> {
        let mut salt = [0; 16];
        random::fill(&mut salt)?;
        Ok(Self { salt, hash: Hash::Sha256.of(&[&salt, pin]) })
    }

    /// Whether this is the PIN.
    pub(crate) fn accepts(&self, pin: &[u8]) -> bool {
        Hash::Sha256.of(&[&self.salt, pin]).ct_eq(&self.hash).into()
    }
}

/// What is kept of a PIN, and what the right one opens.
#[derive(Clone, PartialEq, Eq)]
// Tokens in memory wrap nothing.
#[cfg_attr(not(feature = "store"), allow(dead_code))]
pub(crate) enum Guard {
    /// Of a token in memory: nothing is opened, it is only judged.
    Hash(Verifier),
    /// Of a token that lasts: the token's key, wrapped.
    #[cfg_attr(not(feature = "store"), allow(dead_code))]
    Wrapped(Wrapped),
}

impl Guard {
    /// What the PIN opens; `None` if it is not the right one. This takes its time: no lock may be held.
    pub(crate) fn open(&self, pin: &[u8]) -> Result<Option<Keys>> {
        match self {
            Self::Hash(verifier) => Ok(verifier.accepts(pin).then(Keys::default)),
            Self::Wrapped(wrapped) => Ok(wrapped.open(pin)?.map(Keys::of)),
        }
    }
}

/// A PIN with its counter.
#[derive(Clone)]
pub(crate) struct Pin {
    /// What is kept of it.
    pub guard: Guard,
    /// How many wrong ones in a row lock it.
    pub tries: u32,
    /// How many are left.
    pub tries_left: u32,
}

impl Pin {
    /// A PIN that has not been tried.
    pub(crate) fn new(guard: Guard, policy: &Policy) -> Self {
        Self { guard, tries: policy.tries, tries_left: policy.tries }
    }

    /// Counts an attempt *before* it is judged, so that parallel attempts cannot outrun the counter;
    /// `PinLocked` if none is left.
    pub(crate) fn attempt(&mut self) -> Result<Guard> {
        self.tries_left = self.tries_left.checked_sub(1).ok_or(Error::PinLocked)?;
        Ok(self.guard.clone())
    }

    /// Forgets the failed attempts after a good one.
    pub(crate) fn succeeded(&mut self) {
        self.tries_left = self.tries;
    }

    /// Whether no attempt is left.
    pub(crate) fn is_locked(&self) -> bool {
        self.tries_left == 0
    }

    /// Whether the next wrong PIN locks it.
    pub(crate) fn is_final_try(&self) -> bool {
        self.tries_left == 1
    }

    /// Whether a wrong PIN was entered since the last right one.
    pub(crate) fn has_failed(&self) -> bool {
        self.tries_left < self.tries
    }
}
