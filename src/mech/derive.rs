//! What a key derivation takes and makes: the terms in which the mechanisms and `session/derive.rs` talk about it.

use super::{Derive, Mechanism, Params};
use crate::error::{Error, Result};
use crate::key::{self, Key};
use crate::mech::secret::MAX_BYTES;
use crate::object::rules::MIXED;
use crate::object::template::{Attributes, Contribution, Raw, Read, Template, Value};
use cryptoki_sys::*;

/// How a mechanism derives.
#[derive(Clone, Copy)]
pub enum Derivation {
    /// From one key the value of one secret key.
    Value(Derive),
    /// What a plan says, from one or several keys.
    Planned {
        /// Says what is to be made.
        plan: Plan,
        /// Makes it.
        make: Make,
    },
}

/// Says what a derivation from a base key makes, in order. All templates are judged before anything is computed.
pub type Plan = fn(&Mechanism, &Params, &Attributes) -> Result<Vec<Wish>>;

/// Makes what was planned: `wanted` says about each new object what its template does.
pub type Make = fn(&Mechanism, &Params, &Ingredients<'_>, &[Wanted]) -> Result<Outcome>;

/// Where the template of a new object comes from.
pub enum Described {
    /// It is that of the call.
    ByCall,
    /// Of the call's, only what says who may have the key ([`ACCESS`]).
    ByCallForAccess,
    /// It is in the mechanism's parameter.
    By(Template),
}

/// The attributes that say how long a key lives and who may have it.
pub const ACCESS: &[CK_ATTRIBUTE_TYPE] = &[CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_EXTRACTABLE];

/// What a mechanism knows about the length of a value before it makes one.
#[derive(Clone, Copy)]
pub enum Length {
    /// Nothing.
    Open,
    /// It will have so many bytes: the template may not contradict.
    Exactly(usize),
    /// The template must say it, and it can be so many bytes.
    UpTo(usize),
}

/// One object that a derivation is to make.
pub struct Wish {
    /// `CKO_…`
    pub class: CK_OBJECT_CLASS,
    /// Its template.
    pub described: Described,
    /// What is so by the mechanism: the template may repeat it, but not contradict.
    pub implied: Template,
    /// What holds where the template says nothing.
    pub suggested: Template,
    /// The length of its value.
    pub length: Length,
    /// Whether the template must name its key type.
    pub type_must_be_named: bool,
}

impl Wish {
    /// An object of a class.
    pub fn new(class: CK_OBJECT_CLASS, described: Described) -> Self {
        Self {
            class,
            described,
            implied: Vec::new(),
            suggested: Vec::new(),
            length: Length::Open,
            type_must_be_named: false,
        }
    }

    /// The secret key of the call.
    pub fn secret_key() -> Self {
        Self::new(CKO_SECRET_KEY, Described::ByCall)
    }

    /// With an attribute that is so by the mechanism.
    pub fn implying(mut self, attribute: CK_ATTRIBUTE_TYPE, value: &Value) -> Self {
        self.implied.push((attribute, Raw::of(value)));
        self
    }

    /// With an attribute that the template may overrule.
    pub fn suggesting(mut self, attribute: CK_ATTRIBUTE_TYPE, value: &Value) -> Self {
        self.suggested.push((attribute, Raw::of(value)));
        self
    }
}

/// A [`Plan`] of one secret key.
pub fn one_key(_: &Mechanism, _: &Params, _: &Attributes) -> Result<Vec<Wish>> {
    Ok(vec![Wish::secret_key()])
}

/// A key that goes into a derivation.
pub struct Ingredient<'a> {
    /// The key.
    pub key: &'a Key,
    /// Its type; `None` for a data object.
    pub key_type: Option<CK_KEY_TYPE>,
    /// All its attributes.
    pub attributes: &'a Attributes,
    /// How many of its bytes a derived key has to take if it takes any as they are.
    pub fewest: usize,
}

impl Ingredient<'_> {
    /// The value of a secret key or a data object.
    pub fn value(&self) -> Result<&[u8]> {
        self.key.secret()
    }

    /// Whether a part of its hidden value may be known.
    pub fn is_mixed(&self) -> bool {
        self.fewest > 0 && self.attributes.bool(MIXED)
    }

    /// `KeyTypeInconsistent` unless it is of one of these types.
    pub fn check_type(&self, types: &[CK_KEY_TYPE]) -> Result<()> {
        let fits = self.key_type.is_some_and(|own| types.contains(&own));
        if fits { Ok(()) } else { Err(Error::KeyTypeInconsistent) }
    }
}

/// All keys that go into a derivation.
pub struct Ingredients<'a> {
    /// The base key.
    pub base: Ingredient<'a>,
    /// Those that the parameter names, in the order of [`Params::keys`].
    pub others: Vec<Ingredient<'a>>,
}

impl Ingredients<'_> {
    /// One of the others.
    pub fn other(&self, index: usize) -> Result<&Ingredient<'_>> {
        self.others.get(index).ok_or(Error::GeneralError)
    }
}

/// What the template of a new object says about its value.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// The length in bytes: `CKA_VALUE_LEN`, or that of all keys of the type.
    pub length: Option<usize>,
    /// Whether the key type allows several lengths, but not any.
    several: bool,
}

impl Wanted {
    /// What a template says: its `CKA_VALUE_LEN` and its `CKA_KEY_TYPE`.
    pub fn new(length: Option<CK_ULONG>, key_type: Option<CK_KEY_TYPE>) -> Result<Self> {
        let length = length.map(usize::try_from).transpose().map_err(|_| Error::KeySizeRange)?;
        let fixed = key_type.and_then(key::fixed_length);
        let several = fixed.is_none() && key_type.is_some_and(|key_type| !key::lengths(key_type).is_empty());
        Ok(Self { length: length.or(fixed), several })
    }

    /// The length of a key that is taken from so many bytes; all of them if nobody says. `KeySizeRange` for none, for more
    /// than there are, and for more than a key has; `TemplateIncomplete` if the key type has several lengths.
    pub fn out_of(&self, available: usize) -> Result<usize> {
        let length = match self.length {
            None if self.several => return Err(Error::TemplateIncomplete),
            length => length.unwrap_or(available),
        };
        if (1..=available.min(MAX_BYTES as usize)).contains(&length) { Ok(length) } else { Err(Error::KeySizeRange) }
    }

    /// The length of a key that could be of any up to `most`: `TemplateIncomplete` if nobody says, `KeySizeRange` for
    /// none or too many.
    pub fn at_most(&self, most: usize) -> Result<usize> {
        let length = self.length.ok_or(Error::TemplateIncomplete)?;
        if (1..=most.min(MAX_BYTES as usize)).contains(&length) { Ok(length) } else { Err(Error::KeySizeRange) }
    }

    /// What the template of the only object says.
    pub fn only(wanted: &[Self]) -> Result<Self> {
        wanted.first().copied().ok_or(Error::GeneralError)
    }
}

/// What a derivation has made.
pub struct Outcome {
    /// What it contributes to each planned object, in order.
    pub objects: Vec<Contribution>,
    /// What it says to the caller beside that (initialisation vectors, a protocol version), as the mechanism has it.
    pub disclosed: Vec<Vec<u8>>,
}

impl Outcome {
    /// One object with a value.
    pub fn value(value: zeroize::Zeroizing<Vec<u8>>) -> Self {
        Self::object(vec![(CKA_VALUE, Value::Bytes(value.into()))])
    }

    /// One object.
    pub fn object(contribution: Contribution) -> Self {
        Self { objects: vec![contribution], disclosed: Vec::new() }
    }
}

/// The numbers that a mechanism implies, as a template.
pub fn implied(mechanism: &Mechanism) -> Template {
    mechanism.implied.iter().map(|(attribute, number)| (*attribute, Raw::of(&Value::Ulong(*number)))).collect()
}
