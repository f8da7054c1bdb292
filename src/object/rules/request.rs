//! What is asked when an object is to be made: by which function, of which class and kind (section 4.1.1).

use super::history::History;
use crate::error::{Error, Result};
use crate::mech::Mechanism;
use crate::object::class;
use crate::object::template::{self, Raw, Template};
use cryptoki_sys::*;

/// By which function an object comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `C_CreateObject`, or an import at start.
    Create,
    /// `C_GenerateKey`, `C_GenerateKeyPair`.
    Generate,
    /// `C_UnwrapKey`.
    Unwrap,
    /// `C_DeriveKey`.
    Derive,
    /// `C_EncapsulateKey`, `C_DecapsulateKey`.
    Encapsulate,
}

/// What is known about a new object beside its template.
pub struct Request {
    pub(super) origin: Origin,
    pub(super) class: Option<CK_OBJECT_CLASS>,
    pub(super) mechanism: Option<Mechanism>,
    pub(super) so: bool,
    pub(super) base: Option<History>,
}

impl Request {
    /// A request by a user.
    pub fn new(origin: Origin) -> Self {
        Self { origin, class: None, mechanism: None, so: false, base: None }
    }

    /// Whether the SO asks.
    pub fn so(self, so: bool) -> Self {
        Self { so, ..self }
    }

    /// What it inherits from the keys that it is derived from, or as which it was wrapped.
    pub fn base(self, base: impl Into<Option<History>>) -> Self {
        Self { base: base.into(), ..self }
    }

    /// The class that the function makes; a template may repeat it, but not contradict.
    pub fn class(self, class: CK_OBJECT_CLASS) -> Self {
        Self { class: Some(class), ..self }
    }

    /// The mechanism that generates the key; it also says the key types that it can make, the usual one first.
    pub fn mechanism(self, mechanism: &Mechanism) -> Self {
        Self { mechanism: Some(*mechanism), ..self }
    }

    /// [`Mechanism::takes`].
    pub(super) fn takes(&self) -> &'static [CK_ATTRIBUTE_TYPE] {
        self.mechanism.map(|mechanism| mechanism.takes).unwrap_or_default()
    }

    /// The class and the kind of the object, from the template or from the function.
    pub(super) fn identify(&self, template: &Template) -> Result<(CK_OBJECT_CLASS, Option<CK_ULONG>)> {
        let given = ulong_in(template, CKA_CLASS)?;
        let class = match (given, self.class) {
            (Some(given), Some(made)) if given != made => return Err(Error::TemplateInconsistent),
            (given, made) => given.or(made).ok_or(Error::TemplateIncomplete)?,
        };
        // Unwrapping makes keys (section 5.18.4); what it gives is not to be read in an object of another class.
        let made = self.origin != Origin::Unwrap || matches!(class, CKO_PRIVATE_KEY | CKO_SECRET_KEY);
        if !class::is_storage(class) || !made {
            return Err(Error::TemplateInconsistent);
        }
        let Some(attribute) = class::subtype_attribute(class) else { return Ok((class, None)) };
        let types = self.mechanism.map(|mechanism| mechanism.key_types).unwrap_or_default();
        let usual = match self.origin {
            Origin::Generate => types.first().copied(),
            // "If no length or key type is provided, a generic secret key" (the derivations of section 6).
            Origin::Derive | Origin::Encapsulate => Some(CKK_GENERIC_SECRET),
            Origin::Create | Origin::Unwrap => None,
        };
        let subtype = ulong_in(template, attribute)?.or(usual).ok_or(Error::TemplateIncomplete)?;
        if self.origin == Origin::Generate && !types.is_empty() && !types.contains(&subtype) {
            return Err(Error::TemplateInconsistent);
        }
        Ok((class, Some(subtype)))
    }
}

/// A number in a caller's template; `AttributeValueInvalid` if it is none.
pub fn ulong_in(template: &Template, attribute: CK_ATTRIBUTE_TYPE) -> Result<Option<CK_ULONG>> {
    let Some((_, raw)) = template.iter().find(|(given, _)| *given == attribute) else { return Ok(None) };
    let Raw::Bytes(bytes) = raw else { return Err(Error::AttributeValueInvalid) };
    template::ulong(bytes).map(Some).ok_or(Error::AttributeValueInvalid)
}
