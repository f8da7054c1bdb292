//! Domain parameters of DSA that can be checked, because they come out of a seed (FIPS 186-4, appendices A.1.1.2, A.1.2.1,
//! A.2.3 and C.6). Nothing here is secret, so nothing takes care of its time.

use crate::hash::Hash;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Gcd, Limb, NonZero, Odd, Resize};
use crypto_primes::{Flavor, is_prime};

/// The primes of domain parameters, and what shows how they were made.
pub struct Primes {
    /// p.
    pub p: BoxedUint,
    /// q.
    pub q: BoxedUint,
    /// `domain_parameter_seed`, from which a generator is made: of provable primes the first seed, that of p and that of q.
    pub seed: Vec<u8>,
    /// `counter` or `pgen_counter`.
    pub counter: u32,
    /// `qgen_counter`; 0 for probable primes, which have none.
    pub order_counter: u32,
}

/// The room that sums and products need beside the longest number: a few blocks of the longest hash.
const SLACK: usize = 1024;

/// Probable primes of these sizes in bits (A.1.1.2, steps 3 to 12); `None` if this seed leads to none.
pub fn probable(hash: Hash, (bits, order_bits): (usize, usize), seed: &[u8]) -> Option<Primes> {
    let mut q = with_top_bit(&hash.of(&[seed]), order_bits);
    *q.last_mut()? |= 1;
    let q = BoxedUint::from_be_slice_vartime(&q);
    if !is_prime(Flavor::Any, &q) {
        return None;
    }
    let precision = precision(bits);
    let twice = wide(&q, precision).shl_vartime(1)?.to_nz().into_option()?;
    let blocks = blocks(hash, bits);
    (0..4 * bits).find_map(|counter| {
        let x = number(&with_top_bit(&stretched(hash, seed, 1 + counter * blocks, blocks), bits), precision);
        let rest = x.rem_vartime(&twice);
        let p = x.wrapping_sub(&rest).wrapping_add(one(precision));
        if p.bit_width_vartime() as usize != bits || has_small_factor(&p) {
            return None;
        }
        let p = shortened(&p);
        let counter = u32::try_from(counter).ok()?;
        is_prime(Flavor::Any, &p).then(|| Primes { p, q: q.clone(), seed: seed.to_vec(), counter, order_counter: 0 })
    })
}

/// Primes that are proven to be such (A.1.2.1.2, by Shawe and Taylor); `None` if this first seed leads to none.
pub fn provable(hash: Hash, (bits, order_bits): (usize, usize), first_seed: &[u8]) -> Option<Primes> {
    let q = prime(hash, order_bits, first_seed)?;
    let half = prime(hash, bits.div_ceil(2) + 1, &q.seed)?;
    let p = next_prime(hash, bits, &half, Some(&q.number))?;
    let seed = [first_seed, &p.seed, &q.seed].concat();
    Some(Primes { p: p.number, q: q.number, seed, counter: p.counter, order_counter: q.counter })
}

/// The canonical generator of that index (A.2.3); `None` if there is none, or q does not divide p-1.
pub fn generator(hash: Hash, p: &BoxedUint, q: &BoxedUint, seed: &[u8], index: u8) -> Option<BoxedUint> {
    let p = shortened(p);
    let below = p.wrapping_sub(one(p.bits_precision()));
    let (cofactor, rest) = below.div_rem_vartime(&wide(q, p.bits_precision()).to_nz().into_option()?);
    if !bool::from(rest.is_zero()) {
        return None;
    }
    let params = BoxedMontyParams::new_vartime(Odd::new(p.clone()).into_option()?);
    (1..=u16::MAX).find_map(|count| {
        let w = hash.of(&[seed, b"ggen", &[index], &count.to_be_bytes()]);
        let g = power(&number(&w, p.bits_precision()), &cofactor, &params);
        (g > one(p.bits_precision())).then_some(g)
    })
}

/// A prime, the seed that is left after it was made, and how many candidates there were.
struct Proven {
    number: BoxedUint,
    seed: Vec<u8>,
    counter: u32,
}

/// C.6, "Shawe-Taylor Random_Prime Routine".
fn prime(hash: Hash, bits: usize, seed: &[u8]) -> Option<Proven> {
    if bits > SHORT {
        return next_prime(hash, bits, &prime(hash, bits.div_ceil(2) + 1, seed)?, None);
    }
    (0..=4 * bits).find_map(|tried| {
        let halves = [2 * tried, 2 * tried + 1].map(|number| hash.of(&[&added(seed, number)]));
        let both: Vec<u8> = halves[0].iter().zip(halves[1].iter()).map(|(one, other)| one ^ other).collect();
        let candidate = with_top_bit(&both, bits).iter().fold(0, |number, byte| number << 8 | u64::from(*byte)) | 1;
        is_short_prime(candidate).then(|| Proven {
            number: BoxedUint::from(candidate),
            seed: added(seed, 2 * tried + 2),
            counter: tried as u32 + 1,
        })
    })
}

/// The length in bits up to which primes are found by division.
const SHORT: usize = 32;

/// C.6 from step 16 on; and with q, A.1.2.1.2 from step 6 on, which is the same for primes of which q divides the predecessor.
fn next_prime(hash: Hash, bits: usize, half: &Proven, q: Option<&BoxedUint>) -> Option<Proven> {
    let (precision, blocks) = (precision(bits), blocks(hash, bits));
    let one = one(precision);
    let twice_q = q.map_or_else(|| one.clone(), |q| wide(q, precision)).shl_vartime(1)?;
    let step = twice_q.wrapping_mul(&half.number).to_nz().into_option()?;
    let ceiling = |dividend: &BoxedUint| dividend.wrapping_add(step.as_ref()).wrapping_sub(&one) / &step;
    let x = number(&with_top_bit(&stretched(hash, &half.seed, 0, blocks), bits), precision);
    let mut seed = added(&half.seed, blocks);
    let mut t = ceiling(&x);
    for tried in 1..=4 * bits as u32 + 1 {
        let mut candidate = t.wrapping_mul(step.as_ref()).wrapping_add(&one);
        if candidate.bit_width_vartime() as usize > bits {
            t = ceiling(&one.shl_vartime(bits as u32 - 1)?);
            candidate = t.wrapping_mul(step.as_ref()).wrapping_add(&one);
        }
        let a = stretched(hash, &seed, 0, blocks);
        seed = added(&seed, blocks);
        // What has a factor would fail the proof, too, only later.
        if !has_small_factor(&candidate) && is_proven(&candidate, &a, &t.wrapping_mul(&twice_q), &half.number)? {
            return Some(Proven { number: shortened(&candidate), seed, counter: half.counter + tried });
        }
        t = t.wrapping_add(&one);
    }
    None
}

/// Pocklington's proof: with a = 2 + (a modulo c-3), z = a^exponent has no common factor with c after 1 is subtracted, and
/// z^prime is 1 modulo c.
fn is_proven(candidate: &BoxedUint, a: &[u8], exponent: &BoxedUint, prime: &BoxedUint) -> Option<bool> {
    let c = shortened(candidate);
    let (precision, bits) = (c.bits_precision(), candidate.bits_precision());
    let range = candidate.wrapping_sub(BoxedUint::from(3u8)).to_nz().into_option()?;
    let a = number(a, bits).rem_vartime(&range).wrapping_add(BoxedUint::from(2u8));
    let params = BoxedMontyParams::new_vartime(Odd::new(c.clone()).into_option()?);
    let z = power(&wide(&a, precision), exponent, &params);
    let one = one(precision);
    Some(z.wrapping_sub(&one).gcd_vartime(&c) == one && power(&z, prime, &params) == one)
}

fn power(base: &BoxedUint, exponent: &BoxedUint, params: &BoxedMontyParams) -> BoxedUint {
    BoxedMontyForm::new(base.clone(), params).pow(&shortened(exponent)).retrieve()
}

/// Hashes of the seed plus `first`, plus `first + 1` …, as one number, the first hash in its lowest bits.
fn stretched(hash: Hash, seed: &[u8], first: usize, blocks: usize) -> Vec<u8> {
    (first..first + blocks).rev().flat_map(|number| hash.of(&[&added(seed, number)]).to_vec()).collect()
}

/// A seed plus a number, modulo 2 to its length (which FIPS 186-4 says in A.1.1.2 only; elsewhere it does not come to that).
fn added(seed: &[u8], number: usize) -> Vec<u8> {
    let (mut sum, mut carry) = (seed.to_vec(), number);
    for byte in sum.iter_mut().rev() {
        carry += usize::from(*byte);
        *byte = carry as u8;
        carry >>= 8;
    }
    sum
}

/// The last `bits` of a string that has as many, the first of them set.
fn with_top_bit(bytes: &[u8], bits: usize) -> Vec<u8> {
    let surplus = bytes.len().saturating_sub(bits.div_ceil(8));
    let mut out = bytes.get(surplus..).unwrap_or_default().to_vec();
    let top = 1 << ((bits - 1) % 8);
    if let Some(first) = out.first_mut() {
        *first = *first & (top - 1) | top;
    }
    out
}

/// How many hashes so many bits take.
fn blocks(hash: Hash, bits: usize) -> usize {
    bits.div_ceil(8 * hash.output_len())
}

fn precision(bits: usize) -> u32 {
    (bits + SLACK) as u32
}

fn number(bytes: &[u8], precision: u32) -> BoxedUint {
    wide(&BoxedUint::from_be_slice_vartime(bytes), precision)
}

/// A number that fits, in that width.
fn wide(number: &BoxedUint, precision: u32) -> BoxedUint {
    number.resize_unchecked(precision)
}

/// A number in no more words than it needs.
fn shortened(number: &BoxedUint) -> BoxedUint {
    number.resize_unchecked(number.bit_width_vartime().max(1))
}

fn one(precision: u32) -> BoxedUint {
    BoxedUint::one_with_precision(precision)
}

/// Whether an odd number of more than 22 bits has a factor below 2^11.
fn has_small_factor(number: &BoxedUint) -> bool {
    let divides =
        |factor| NonZero::new(Limb::from(factor)).into_option().is_some_and(|f| number.rem_limb(f) == Limb::ZERO);
    (3..2048u32).step_by(2).filter(|factor| is_short_prime(u64::from(*factor))).any(divides)
}

/// Trial division, for odd numbers of up to 32 bits.
fn is_short_prime(number: u64) -> bool {
    number > 1
        && (3..).step_by(2).take_while(|factor| factor * factor <= number).all(|factor| !number.is_multiple_of(factor))
}
