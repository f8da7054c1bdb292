//! Initialisation vectors and nonces that are generated here, and the promise that none comes twice (PKCS#11 3.2, "AES GCM
//! and CCM Mechanism parameters": "Each IV must be unique for a given session").
//!
//! A nonce is fixed bits, which the caller gives, and the bits after them. A generator makes these of a base and an index, by
//! exclusive or: so no two indexes give the same nonce, and when there are no more indexes there are no more nonces.

use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::random;
use cryptoki_sys::*;
use std::collections::BTreeMap;
use std::ops::Bound;

/// How a nonce is to be made of the bytes in a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonceSource {
    /// How many of the first bits stay as they are.
    pub fixed_bits: CK_ULONG,
    /// `CKG_…`
    pub generator: CK_GENERATOR_FUNCTION,
}

impl NonceSource {
    /// The nonce as it is given.
    pub const GIVEN: Self = Self { fixed_bits: 0, generator: CKG_NO_GENERATE };
}

/// The nonces of one key and one context: which have been used, and how the next are made.
#[derive(Default)]
pub struct Nonces {
    used: Used,
    /// Of `CKG_GENERATE_COUNTER`.
    counter: u64,
    /// Of `CKG_GENERATE_COUNTER_XOR`.
    xor_counter: u64,
    /// What the latter counts from; it "must not vary from call to call".
    xor_base: Option<Vec<u8>>,
    /// Of `CKG_GENERATE`, which counts too, but from where nobody knows: so nonces of two contexts hardly meet.
    own_counter: u64,
    own_base: Vec<u8>,
}

/// A nonce that nothing has been encrypted with yet.
pub struct Fresh {
    /// The nonce.
    pub nonce: Vec<u8>,
    generator: CK_GENERATOR_FUNCTION,
    /// The bits after the fixed ones, before the index was added.
    free: Vec<u8>,
    index: u64,
}

impl Nonces {
    /// The next nonce. It counts as used only when [`Self::commit`] says so.
    ///
    /// `MechanismParamInvalid` for a generator that there is not, more fixed bits than there are bits, a base that has
    /// changed, and a nonce of the caller's that was used before. `FunctionFailed` when there are no more nonces: it is the
    /// only code that the lists of all functions concerned leave for it.
    pub fn propose(&mut self, given: &[u8], source: NonceSource) -> Result<Fresh> {
        let invalid = Error::MechanismParamInvalid;
        if source.generator == CKG_NO_GENERATE {
            let fresh = Fresh { nonce: given.to_vec(), generator: source.generator, free: Vec::new(), index: 0 };
            return if self.used.contains(given) { Err(invalid) } else { Ok(fresh) };
        }
        let bits = given.len().saturating_mul(8);
        let fixed = usize::try_from(source.fixed_bits).ok().filter(|fixed| *fixed <= bits).ok_or(invalid)?;
        if bits == 0 {
            return Err(invalid);
        }
        // The last index of all is left out, so that a counter never overflows.
        let end = 1u64.checked_shl(u32::try_from(bits - fixed).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
        let zeros = vec![0; given.len()];
        let (free, first) = match source.generator {
            // How it counts is its own affair: with fewer bits than it has counted to, it looks for what is left.
            CKG_GENERATE => (self.own_base(given.len())?, if self.own_counter < end { self.own_counter } else { 0 }),
            CKG_GENERATE_COUNTER => (zeros, self.counter),
            CKG_GENERATE_RANDOM => (random::secret(given.len())?.to_vec(), 0),
            CKG_GENERATE_COUNTER_XOR => (with_fixed_bits(&zeros, given, fixed), self.xor_counter),
            _ => return Err(invalid),
        };
        if source.generator == CKG_GENERATE_COUNTER_XOR && self.xor_base.as_ref().is_some_and(|base| *base != free) {
            return Err(invalid);
        }
        let base = with_fixed_bits(given, &free, fixed);
        let mut index = first;
        while index < end {
            let nonce = combined(&base, index);
            if !self.used.contains(&nonce) {
                return Ok(Fresh { nonce, generator: source.generator, free, index });
            }
            index += 1;
        }
        Err(Error::FunctionFailed)
    }

    /// Notes that a nonce has been used; gives it if it was made here, for then the caller must be told.
    pub fn commit(&mut self, fresh: Fresh) -> Vec<u8> {
        let next = fresh.index.saturating_add(1);
        match fresh.generator {
            CKG_GENERATE => self.own_counter = self.own_counter.max(next),
            CKG_GENERATE_COUNTER => self.counter = next,
            CKG_GENERATE_COUNTER_XOR => {
                self.xor_counter = next;
                self.xor_base = Some(fresh.free);
            }
            _ => {}
        }
        self.used.insert(&fresh.nonce);
        if fresh.generator == CKG_NO_GENERATE { Vec::new() } else { fresh.nonce }
    }

    fn own_base(&mut self, length: usize) -> Result<Vec<u8>> {
        if let Some(missing) = length.checked_sub(self.own_base.len()) {
            self.own_base.extend_from_slice(&random::secret(missing)?);
        }
        Ok(self.own_base.get(..length).unwrap_or_default().to_vec())
    }
}

/// So many bits of the one, the rest of the other; they are of one length.
fn with_fixed_bits(fixed: &[u8], rest: &[u8], bits: usize) -> Vec<u8> {
    let masks = (0..fixed.len()).map(|index| match bits.saturating_sub(index.saturating_mul(8)) {
        0 => 0,
        left @ 1..8 => 0xffu8 << (8 - left),
        _ => 0xff,
    });
    fixed.iter().zip(rest).zip(masks).map(|((fixed, rest), mask)| fixed & mask | rest & !mask).collect()
}

/// A base with an index in its last bits.
fn combined(base: &[u8], index: u64) -> Vec<u8> {
    let mut nonce = base.to_vec();
    nonce.iter_mut().rev().zip(index.to_le_bytes()).for_each(|(byte, index)| *byte ^= index);
    nonce
}

/// The nonces that have been used, as ranges of numbers: as long as they are counted, they take no memory worth speaking
/// of.
#[derive(Default)]
struct Used {
    /// The last number of each range, by the line that it is on and its first number.
    ranges: BTreeMap<(Line, u128), u128>,
}

/// All nonces of one length that differ in their last 16 bytes only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    length: usize,
    /// A digest of what is before these bytes; nothing if there is nothing.
    start: Vec<u8>,
}

impl Used {
    /// How many ranges are remembered. Nonces drawn at random, here or by the caller, are a range each. Beyond so many of them
    /// chance is relied on here, as the caller does who draws them.
    const MOST: usize = 1 << 20;

    fn contains(&self, nonce: &[u8]) -> bool {
        let (line, number) = place(nonce);
        self.at_or_before(line, number).is_some_and(|(_, last)| last >= number)
    }

    fn insert(&mut self, nonce: &[u8]) {
        let (line, number) = place(nonce);
        let (mut first, mut last) = (number, number);
        match self.at_or_before(line.clone(), number) {
            Some((_, end)) if end >= number => return,
            Some((start, end)) if end.checked_add(1) == Some(number) => first = start,
            _ => {}
        }
        if let Some(next) = number.checked_add(1)
            && let Some(end) = self.ranges.remove(&(line.clone(), next))
        {
            last = end;
        }
        if self.ranges.len() < Self::MOST || first != number {
            self.ranges.insert((line, first), last);
        }
    }

    /// The range on this line that begins last, but not after the number.
    fn at_or_before(&self, line: Line, number: u128) -> Option<(u128, u128)> {
        let from = Bound::Included((line.clone(), 0));
        let ((_, first), last) = self.ranges.range((from, Bound::Included((line, number)))).next_back()?;
        Some((*first, *last))
    }
}

fn place(nonce: &[u8]) -> (Line, u128) {
    let (start, end) = nonce.split_at(nonce.len().saturating_sub(16));
    let start = if start.is_empty() { Vec::new() } else { Hash::Sha256.of(&[start]).to_vec() };
    let number = end.iter().fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
    (Line { length: nonce.len(), start }, number)
}
