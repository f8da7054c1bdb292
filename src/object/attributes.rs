//! The attributes of one object, in little memory: there may be a million objects.
//!
//! An object has some thirty attributes, of which most are booleans and most others have their default. Such pairs of an
//! attribute and a value are in a list that all objects share ([`COMMON`]); an object notes which of them it has, a bit each. What is its
//! own it keeps in a sorted list.

use super::bytes::Bytes;
use super::template::Value;
use cryptoki_sys::*;

/// Typed attributes, each at most once.
#[derive(Clone, Default)]
pub struct Attributes {
    /// Which of the common pairs it has, by their numbers.
    common: [u64; 2],
    /// The others, in the order of the attributes.
    own: Vec<(CK_ATTRIBUTE_TYPE, Value)>,
}

impl Attributes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of an attribute.
    pub fn get(&self, attribute: &CK_ATTRIBUTE_TYPE) -> Option<&Value> {
        let common = commons(*attribute).find(|(number, _)| self.has(*number));
        common.map(|(_, value)| value).or_else(|| {
            let at = self.own.binary_search_by_key(attribute, |pair| pair.0).ok()?;
            self.own.get(at).map(|pair| &pair.1)
        })
    }

    /// Whether there is such an attribute.
    pub fn contains_key(&self, attribute: &CK_ATTRIBUTE_TYPE) -> bool {
        self.get(attribute).is_some()
    }

    /// Adds an attribute, or gives it another value.
    pub fn insert(&mut self, attribute: CK_ATTRIBUTE_TYPE, value: Value) {
        self.forget_common(attribute);
        let place = self.own.binary_search_by_key(&attribute, |pair| pair.0);
        if let Some((number, _)) = commons(attribute).find(|(_, common)| **common == value) {
            self.set(number, true);
            if let Ok(at) = place {
                self.own.remove(at);
            }
            return;
        }
        match place {
            Ok(at) => drop(self.own.get_mut(at).map(|pair| core::mem::replace(&mut pair.1, value))),
            Err(at) => self.own.insert(at, (attribute, value)),
        }
    }

    /// Removes an attribute; gives the value that it had.
    pub fn remove(&mut self, attribute: &CK_ATTRIBUTE_TYPE) -> Option<Value> {
        let value = self.get(attribute).cloned();
        self.forget_common(*attribute);
        self.own.retain(|pair| pair.0 != *attribute);
        value
    }

    /// Attributes with their values, in the order of the attributes.
    pub fn iter(&self) -> impl Iterator<Item = (&CK_ATTRIBUTE_TYPE, &Value)> {
        let mut common =
            COMMON.iter().enumerate().filter(|(number, _)| self.has(*number)).map(|(_, pair)| pair).peekable();
        let mut own = self.own.iter().peekable();
        core::iter::from_fn(move || {
            let pair = match (common.peek(), own.peek()) {
                (Some(one), Some(other)) if one.0 < other.0 => common.next(),
                (Some(_), None) => common.next(),
                _ => own.next(),
            };
            pair.map(|(attribute, value)| (attribute, value))
        })
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }

    /// Gives back memory that an object does without, once all its attributes are known.
    pub fn shrink(&mut self) {
        for (attribute, value) in &mut self.own {
            if let (true, Value::Bytes(bytes)) = (PUBLIC.contains(attribute), value) {
                bytes.shorten();
            }
        }
        self.own.shrink_to_fit();
    }

    fn has(&self, number: usize) -> bool {
        self.common.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn set(&mut self, number: usize, present: bool) {
        if let Some(word) = self.common.get_mut(number / 64) {
            *word = *word & !(1 << (number % 64)) | u64::from(present) << (number % 64);
        }
    }

    fn forget_common(&mut self, attribute: CK_ATTRIBUTE_TYPE) {
        commons(attribute).for_each(|(number, _)| self.set(number, false));
    }
}

impl Extend<(CK_ATTRIBUTE_TYPE, Value)> for Attributes {
    fn extend<I: IntoIterator<Item = (CK_ATTRIBUTE_TYPE, Value)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(attribute, value)| self.insert(attribute, value));
    }
}

impl FromIterator<(CK_ATTRIBUTE_TYPE, Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (CK_ATTRIBUTE_TYPE, Value)>>(pairs: I) -> Self {
        let mut attributes = Self::new();
        attributes.extend(pairs);
        attributes
    }
}

impl<const N: usize> From<[(CK_ATTRIBUTE_TYPE, Value); N]> for Attributes {
    fn from(pairs: [(CK_ATTRIBUTE_TYPE, Value); N]) -> Self {
        pairs.into_iter().collect()
    }
}

/// Short ones that are never secret.
const PUBLIC: [CK_ATTRIBUTE_TYPE; 6] =
    [CKA_ID, CKA_LABEL, CKA_CHECK_VALUE, CKA_EC_PARAMS, CKA_PUBLIC_EXPONENT, CKA_PUBLIC_CRC64_VALUE];

/// The common pairs of an attribute, with their numbers.
fn commons(attribute: CK_ATTRIBUTE_TYPE) -> impl Iterator<Item = (usize, &'static Value)> {
    let first = usize::try_from(attribute).ok().and_then(|attribute| FIRST.get(attribute)).copied();
    let first = first.map_or(COMMON.len(), usize::from);
    let of_attribute = COMMON.iter().enumerate().skip(first).take_while(move |(_, pair)| pair.0 == attribute);
    of_attribute.map(|(number, pair)| (number, &pair.1))
}

/// The number of the first common pair of each attribute, and of those that have none the number of pairs: permissions are looked
/// up several times in every operation.
static FIRST: [u8; LAST as usize + 1] = {
    let mut first = [COMMON.len() as u8; LAST as usize + 1];
    let mut number = COMMON.len();
    while number > 0 {
        number -= 1;
        first[COMMON[number].0 as usize] = number as u8;
    }
    first
};

/// The last attribute that has common pairs.
const LAST: CK_ATTRIBUTE_TYPE = CKA_DECAPSULATE;

type Pair = (CK_ATTRIBUTE_TYPE, Value);

/// The pairs that many objects have, in the order of the attributes. A pair that is not here costs memory and nothing else. The numbers are
/// not kept anywhere, so pairs may come and go.
static COMMON: &[Pair] = &[
    number(CKA_CLASS, CKO_DATA),
    number(CKA_CLASS, CKO_CERTIFICATE),
    number(CKA_CLASS, CKO_PUBLIC_KEY),
    number(CKA_CLASS, CKO_PRIVATE_KEY),
    number(CKA_CLASS, CKO_SECRET_KEY),
    boolean(CKA_TOKEN, false),
    boolean(CKA_TOKEN, true),
    boolean(CKA_PRIVATE, false),
    boolean(CKA_PRIVATE, true),
    empty(CKA_LABEL),
    empty(CKA_APPLICATION),
    empty(CKA_OBJECT_ID),
    number(CKA_CERTIFICATE_TYPE, CKC_X_509),
    empty(CKA_ISSUER),
    empty(CKA_SERIAL_NUMBER),
    boolean(CKA_TRUSTED, false),
    boolean(CKA_TRUSTED, true),
    number(CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_UNSPECIFIED),
    number(CKA_JAVA_MIDP_SECURITY_DOMAIN, CK_SECURITY_DOMAIN_UNSPECIFIED),
    empty(CKA_URL),
    empty(CKA_HASH_OF_SUBJECT_PUBLIC_KEY),
    empty(CKA_HASH_OF_ISSUER_PUBLIC_KEY),
    number(CKA_KEY_TYPE, CKK_RSA),
    number(CKA_KEY_TYPE, CKK_EC),
    number(CKA_KEY_TYPE, CKK_GENERIC_SECRET),
    number(CKA_KEY_TYPE, CKK_AES),
    empty(CKA_SUBJECT),
    empty(CKA_ID),
    boolean(CKA_SENSITIVE, false),
    boolean(CKA_SENSITIVE, true),
    boolean(CKA_ENCRYPT, false),
    boolean(CKA_ENCRYPT, true),
    boolean(CKA_DECRYPT, false),
    boolean(CKA_DECRYPT, true),
    boolean(CKA_WRAP, false),
    boolean(CKA_WRAP, true),
    boolean(CKA_UNWRAP, false),
    boolean(CKA_UNWRAP, true),
    boolean(CKA_SIGN, false),
    boolean(CKA_SIGN, true),
    boolean(CKA_SIGN_RECOVER, false),
    boolean(CKA_SIGN_RECOVER, true),
    boolean(CKA_VERIFY, false),
    boolean(CKA_VERIFY, true),
    boolean(CKA_VERIFY_RECOVER, false),
    boolean(CKA_VERIFY_RECOVER, true),
    boolean(CKA_DERIVE, false),
    boolean(CKA_DERIVE, true),
    empty(CKA_START_DATE),
    empty(CKA_END_DATE),
    empty(CKA_PUBLIC_KEY_INFO),
    number(CKA_VALUE_LEN, 16),
    number(CKA_VALUE_LEN, 32),
    boolean(CKA_EXTRACTABLE, false),
    boolean(CKA_EXTRACTABLE, true),
    boolean(CKA_LOCAL, false),
    boolean(CKA_LOCAL, true),
    boolean(CKA_NEVER_EXTRACTABLE, false),
    boolean(CKA_NEVER_EXTRACTABLE, true),
    boolean(CKA_ALWAYS_SENSITIVE, false),
    boolean(CKA_ALWAYS_SENSITIVE, true),
    number(CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION),
    number(CKA_KEY_GEN_MECHANISM, CKM_RSA_PKCS_KEY_PAIR_GEN),
    number(CKA_KEY_GEN_MECHANISM, CKM_GENERIC_SECRET_KEY_GEN),
    number(CKA_KEY_GEN_MECHANISM, CKM_EC_KEY_PAIR_GEN),
    number(CKA_KEY_GEN_MECHANISM, CKM_AES_KEY_GEN),
    boolean(CKA_MODIFIABLE, false),
    boolean(CKA_MODIFIABLE, true),
    boolean(CKA_COPYABLE, false),
    boolean(CKA_COPYABLE, true),
    boolean(CKA_DESTROYABLE, false),
    boolean(CKA_DESTROYABLE, true),
    boolean(CKA_ALWAYS_AUTHENTICATE, false),
    boolean(CKA_ALWAYS_AUTHENTICATE, true),
    boolean(CKA_WRAP_WITH_TRUSTED, false),
    boolean(CKA_WRAP_WITH_TRUSTED, true),
    boolean(CKA_OTP_USER_FRIENDLY_MODE, false),
    boolean(CKA_OTP_USER_FRIENDLY_MODE, true),
    boolean(CKA_RESET_ON_INIT, false),
    boolean(CKA_RESET_ON_INIT, true),
    boolean(CKA_HAS_RESET, false),
    boolean(CKA_HAS_RESET, true),
    number(CKA_OBJECT_VALIDATION_FLAGS, 0),
    boolean(CKA_ENCAPSULATE, false),
    boolean(CKA_ENCAPSULATE, true),
    boolean(CKA_DECAPSULATE, false),
    boolean(CKA_DECAPSULATE, true),
];

const fn boolean(attribute: CK_ATTRIBUTE_TYPE, value: bool) -> Pair {
    (attribute, Value::Bool(value))
}

const fn number(attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Pair {
    (attribute, Value::Ulong(value))
}

const fn empty(attribute: CK_ATTRIBUTE_TYPE) -> Pair {
    (attribute, Value::Bytes(Bytes::EMPTY))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_common_pairs_are_in_order_and_have_their_bits() {
        assert!(COMMON.is_sorted_by_key(|pair| pair.0));
        assert!(COMMON.len() <= 128);
        assert_eq!(size_of::<Value>(), 24);
    }

    /// The model is an ordered map.
    #[test]
    fn what_is_put_in_comes_out_in_order() {
        let kinds: Vec<CK_ATTRIBUTE_TYPE> = COMMON.iter().map(|pair| pair.0).chain(1000..1010).collect();
        let (mut attributes, mut model) = (Attributes::new(), BTreeMap::new());
        let mut state = 1u32;
        let mut random = |limit: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % limit
        };
        for _ in 0..5000 {
            let attribute = kinds[random(kinds.len())];
            let value = match random(5) {
                0 => {
                    assert!(attributes.remove(&attribute) == model.remove(&attribute));
                    continue;
                }
                1 => Value::Bool(random(2) == 1),
                2 => Value::Ulong(random(5) as CK_ULONG),
                3 => Value::bytes(vec![7; random(40)]),
                _ => Value::Ulongs([1, 2].into()),
            };
            attributes.insert(attribute, value.clone());
            model.insert(attribute, value);
            assert!(attributes.get(&attribute) == model.get(&attribute));
            assert!(attributes.iter().eq(model.iter()));
        }
        assert!(model.clone().into_iter().collect::<Attributes>().iter().eq(model.iter()));
    }
}
