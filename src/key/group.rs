//! Groups of integers modulo a prime, as DSA and Diffie-Hellman use them: domain parameters, their validation, and
//! exponentiation in them.

pub mod domain;
pub mod fips186;
pub mod named;

use crate::error::Result;
use crate::object::template::strip_zeros;
use crate::random;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd};
use crypto_primes::{Flavor, is_prime};
use named::Named;
use zeroize::{Zeroize, Zeroizing};

/// The smallest modulus, in bits.
pub const MIN_BITS: usize = 1024;

/// The largest modulus, in bits.
pub const MAX_BITS: usize = 8192;

/// A group: the modulus p, a generator g, and, where it is known, the order q of the subgroup that g generates.
pub struct Group {
    modulus: BoxedMontyParams,
    generator: BoxedUint,
    order: Option<NonZero<BoxedUint>>,
    /// Its row in the table of known groups.
    pub named: Option<&'static Named>,
}

impl Group {
    /// The group of these big-endian numbers; `None` for what can be none at first sight: a modulus that is even or of a
    /// size that is not supported, a generator or an order that is not within 2 and p-2. [`Self::is_valid`] looks closer.
    pub fn new(p: &[u8], q: Option<&[u8]>, g: &[u8]) -> Option<Self> {
        let p = strip_zeros(p);
        if p.len() > MAX_BITS / 8 {
            return None;
        }
        let named = named::of_prime(p);
        let p = Odd::new(BoxedUint::from_be_slice_vartime(p)).into_option()?;
        if (p.bit_width_vartime() as usize) < MIN_BITS {
            return None;
        }
        let inner = |number| in_range(number, &p);
        let generator = inner(g)?;
        let order = match q {
            Some(q) => Some(NonZero::new(inner(q)?).into_option()?),
            None => None,
        };
        Some(Self { modulus: BoxedMontyParams::new_vartime(p), generator, order, named })
    }

    /// Whether the numbers are what they ought to be: p prime, q prime and the order of g. A modulus of the table is known
    /// to be prime and to have no subgroup but those of order 2 and (p-1)/2.
    pub fn is_valid(&self) -> bool {
        self.has_primes() && self.is_of_order(&self.generator)
    }

    /// As [`Self::is_valid`], but for the generator.
    pub fn has_primes(&self) -> bool {
        let p = self.modulus.modulus().as_ref();
        let below = p.wrapping_sub(BoxedUint::one_with_precision(p.bits_precision()));
        match &self.order {
            None => self.named.is_some() || is_prime(Flavor::Any, p),
            Some(q) => match self.named {
                Some(_) => **q == below.shr(1),
                None => {
                    bool::from(below.rem_vartime(q).is_zero())
                        && is_prime(Flavor::Any, &**q)
                        && is_prime(Flavor::Any, p)
                }
            },
        }
    }

    /// The size of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.modulus.modulus().bit_width_vartime() as usize
    }

    /// The size of the order in bits, where it is known.
    pub fn order_bits(&self) -> Option<usize> {
        Some(self.order.as_ref()?.bit_width_vartime() as usize)
    }

    /// The length of an element in bytes.
    pub fn length(&self) -> usize {
        self.bits().div_ceil(8)
    }

    /// p.
    pub fn modulus(&self) -> &BoxedUint {
        self.modulus.modulus().as_ref()
    }

    /// g, as wide as p.
    pub fn generator(&self) -> &BoxedUint {
        &self.generator
    }

    /// q, as wide as p, where it is known.
    pub fn order(&self) -> Option<&BoxedUint> {
        self.order.as_deref()
    }

    /// A public value, big-endian: within 2 and p-2 and, where the order is known, in the subgroup (NIST SP 800-56A,
    /// section 5.6.2.3.1).
    pub fn element(&self, value: &[u8]) -> Option<BoxedUint> {
        let element = in_range(value, self.modulus.modulus())?;
        self.is_of_order(&element).then_some(element)
    }

    /// A private value, big-endian: within 1 and q-1, or p-2 where the order is not known. Its length is no secret.
    pub fn exponent(&self, value: &[u8]) -> Option<Zeroizing<BoxedUint>> {
        let value = strip_zeros(value);
        if value.len() > self.length() {
            return None;
        }
        let wide = self.modulus().bits_precision();
        let exponent = Zeroizing::new(BoxedUint::from_be_slice(value, wide).ok()?);
        let end = match &self.order {
            Some(q) => q.as_ref().clone(),
            None => self.modulus().wrapping_sub(BoxedUint::one_with_precision(wide)),
        };
        if bool::from(exponent.is_zero()) || *exponent >= end {
            return None;
        }
        Some(Zeroizing::new(BoxedUint::from_be_slice_vartime(value)))
    }

    /// base^exponent modulo p, big-endian in full length. The time depends on how many words the exponent has, and on
    /// nothing else.
    pub fn power(&self, base: &BoxedUint, exponent: &BoxedUint) -> Zeroizing<Vec<u8>> {
        let mut power = BoxedMontyForm::new(base.clone(), &self.modulus).pow(exponent).retrieve();
        let bytes = Zeroizing::new(power.to_be_bytes());
        power.zeroize();
        let start = bytes.len().saturating_sub(self.length());
        Zeroizing::new(bytes.get(start..).unwrap_or_default().to_vec())
    }

    /// A fresh private value, big-endian: as long as a group of the table needs, or any below the order, or where that is not
    /// known, one bit shorter than the modulus.
    pub fn random_exponent(&self) -> Result<Zeroizing<Vec<u8>>> {
        let is_shorter = |named: &&Named| self.order_bits().is_none_or(|bits| bits > named.exponent_bits);
        match (self.named.filter(is_shorter), &self.order) {
            (Some(named), _) => random::of_bits(named.exponent_bits),
            (None, Some(order)) => random::below(strip_zeros(&order.to_be_bytes())),
            (None, None) => random::of_bits(self.bits() - 1),
        }
    }

    /// Whether a big-endian number is within 2 and p-2.
    pub fn is_inner(&self, number: &[u8]) -> bool {
        in_range(number, self.modulus.modulus()).is_some()
    }

    /// Whether an element is in the subgroup of g, as far as that can be told.
    fn is_of_order(&self, element: &BoxedUint) -> bool {
        self.order.as_ref().is_none_or(|q| {
            let power = BoxedMontyForm::new(element.clone(), &self.modulus).pow(q.as_ref()).retrieve();
            power.is_one().into()
        })
    }
}

/// A number within 2 and p-2, as wide as p.
fn in_range(number: &[u8], p: &Odd<BoxedUint>) -> Option<BoxedUint> {
    let number = BoxedUint::from_be_slice(strip_zeros(number), p.bits_precision()).ok()?;
    let one = BoxedUint::one_with_precision(p.bits_precision());
    (number > one && number < p.wrapping_sub(&one)).then_some(number)
}
