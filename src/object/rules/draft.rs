//! Making objects (section 4.1.1).
//!
//! Every new object is drafted here, whatever function makes it: [`Draft::begin`] judges the caller's template,
//! [`Draft::finish`] adds what the function contributes and what the token knows.

use super::{find_row, refuse_contradictions, unique_id};
use crate::error::{Error, Result};
use crate::key;
use crate::mech::digest::Hash;
use crate::mech::{self, Contribution, Mechanism};
use crate::object::class::{self, Fallback, Row, Rows};
use crate::object::template::{self, Attributes, Raw, Read, Template, Value};
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
}

/// What is known about a new object beside its template.
pub struct Request {
    origin: Origin,
    class: Option<CK_OBJECT_CLASS>,
    mechanism: Option<(CK_MECHANISM_TYPE, &'static [CK_KEY_TYPE])>,
    so: bool,
    base: Option<History>,
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

    /// The key that it is derived from.
    pub fn base(self, base: History) -> Self {
        Self { base: Some(base), ..self }
    }

    /// The class that the function makes; a template may repeat it, but not contradict.
    pub fn class(self, class: CK_OBJECT_CLASS) -> Self {
        Self { class: Some(class), ..self }
    }

    /// The mechanism that generates the key; it also says the key types that it can make, the usual one first.
    pub fn mechanism(self, mechanism: &Mechanism) -> Self {
        Self { mechanism: Some((mechanism.id, mechanism.key_types)), ..self }
    }

    /// The class and the kind of the object, from the template or from the function.
    fn identify(&self, template: &Template) -> Result<(CK_OBJECT_CLASS, Option<CK_ULONG>)> {
        let given = ulong_in(template, CKA_CLASS)?;
        let class = match (given, self.class) {
            (Some(given), Some(made)) if given != made => return Err(Error::TemplateInconsistent),
            (given, made) => given.or(made).ok_or(Error::TemplateIncomplete)?,
        };
        if !class::is_storage(class) {
            return Err(Error::TemplateInconsistent);
        }
        let Some(attribute) = class::subtype_attribute(class) else { return Ok((class, None)) };
        let types = self.mechanism.map(|(_, types)| types).unwrap_or_default();
        let usual = match self.origin {
            Origin::Generate => types.first().copied(),
            // "If no length or key type is provided, a generic secret key" (the derivations of section 6).
            Origin::Derive => Some(CKK_GENERIC_SECRET),
            Origin::Create | Origin::Unwrap => None,
        };
        let subtype = ulong_in(template, attribute)?.or(usual).ok_or(Error::TemplateIncomplete)?;
        if self.origin == Origin::Generate && !types.contains(&subtype) {
            return Err(Error::TemplateInconsistent);
        }
        Ok((class, Some(subtype)))
    }
}

/// What a derived key inherits from its base.
#[derive(Clone, Copy)]
pub struct History {
    secret: bool,
    sensitive: bool,
    extractable: bool,
    always_sensitive: bool,
    never_extractable: bool,
}

impl History {
    /// The history of a base key.
    pub fn of(base: &Attributes) -> Self {
        Self {
            secret: base.ulong(CKA_CLASS) == Some(CKO_SECRET_KEY),
            sensitive: base.bool(CKA_SENSITIVE),
            extractable: base.bool(CKA_EXTRACTABLE),
            always_sensitive: base.bool(CKA_ALWAYS_SENSITIVE),
            never_extractable: base.bool(CKA_NEVER_EXTRACTABLE),
        }
    }

    /// Whether what is derived must be no more open than the base. A key agreement is free by the text of its
    /// sections (6.3.20 and following): clients derive secrets with it in order to read them. What comes of a
    /// secret key is not.
    fn binds(&self) -> bool {
        self.secret
    }
}

/// An object in the making.
pub struct Draft {
    request: Request,
    class: CK_OBJECT_CLASS,
    subtype: Option<CK_ULONG>,
    rows: Rows,
    attributes: Attributes,
    supplied: Vec<(CK_ATTRIBUTE_TYPE, Value)>,
}

/// The attributes that the token computes; what a template gives for them is compared with that. An empty check
/// value asks for none (section 4.10).
const COMPUTED: [CK_ATTRIBUTE_TYPE; 2] = [CKA_CHECK_VALUE, CKA_PUBLIC_KEY_INFO];

impl Draft {
    /// Judges a template and fills in the defaults.
    ///
    /// `TemplateIncomplete`, `TemplateInconsistent`, `AttributeTypeInvalid`, `AttributeValueInvalid` and
    /// `AttributeReadOnly` as in section 4.1.1.
    pub fn begin(request: Request, template: &Template) -> Result<Self> {
        let (class, subtype) = request.identify(template)?;
        let rows = class::rows(class, subtype).ok_or(Error::AttributeValueInvalid)?;
        let mut draft = Self { request, class, subtype, rows, attributes: Attributes::new(), supplied: Vec::new() };
        draft.accept(template)?;
        draft.identify();
        draft.require()?;
        draft.fill();
        draft.check_access()?;
        Ok(draft)
    }

    /// The attributes so far.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Adds what the function contributes and what follows from it: the complete attributes of the new object.
    pub fn finish(mut self, contribution: Contribution) -> Result<Attributes> {
        for (attribute, value) in contribution {
            self.attributes.insert(attribute, value);
        }
        self.complete()?;
        self.compare_computed()?;
        self.record_history();
        self.attributes.insert(CKA_UNIQUE_ID, unique_id()?);
        Ok(self.attributes)
    }

    /// Takes the caller's attributes, each by its row.
    fn accept(&mut self, template: &Template) -> Result<()> {
        refuse_contradictions(template)?;
        for (attribute, raw) in template {
            let row = find_row(&self.rows, *attribute)?;
            let forbidden = match self.request.origin {
                Origin::Create => row.has(class::NOT_CREATE),
                Origin::Generate => row.has(class::NOT_GENERATE),
                Origin::Unwrap => row.has(class::NOT_UNWRAP),
                // The standard has no footnote for derived keys; what a generation decides itself, a derivation does too.
                Origin::Derive => row.has(class::NOT_GENERATE),
            };
            if forbidden {
                return Err(Error::AttributeReadOnly);
            }
            let value = Value::parse(row.kind, raw)?;
            if row.has(class::SO_ONLY) && value == Value::Bool(true) && !self.request.so {
                return Err(Error::AttributeReadOnly);
            }
            if COMPUTED.contains(attribute) {
                self.supplied.push((*attribute, value));
            } else {
                self.attributes.insert(*attribute, value);
            }
        }
        Ok(())
    }

    /// Notes the class and the kind where the template leaves them to the function.
    fn identify(&mut self) {
        self.attributes.insert(CKA_CLASS, Value::Ulong(self.class));
        if let (Some(attribute), Some(subtype)) = (class::subtype_attribute(self.class), self.subtype) {
            self.attributes.insert(attribute, Value::Ulong(subtype));
        }
    }

    /// Refuses a template that lacks what this function cannot do without.
    fn require(&self) -> Result<()> {
        let note = match self.request.origin {
            Origin::Create => class::MUST_CREATE,
            Origin::Generate => class::MUST_GENERATE,
            Origin::Unwrap => class::MUST_UNWRAP,
            Origin::Derive => return Ok(()),
        };
        let missing = |row: &Row| row.has(note) && !self.attributes.contains_key(&row.attribute);
        if self.rows.iter().any(missing) { Err(Error::TemplateIncomplete) } else { Ok(()) }
    }

    fn fill(&mut self) {
        for row in self.rows.iter() {
            if self.attributes.contains_key(&row.attribute) {
                continue;
            }
            let value = match row.default {
                Fallback::Absent => continue,
                Fallback::Empty => Value::bytes([]),
                Fallback::Bool(value) => Value::Bool(value),
                Fallback::Ulong(value) => Value::Ulong(value),
                Fallback::Decided => Value::Bool(self.decide(row.attribute)),
            };
            self.attributes.insert(row.attribute, value);
        }
    }

    /// The token-specific defaults.
    fn decide(&self, attribute: CK_ATTRIBUTE_TYPE) -> bool {
        let private_key = self.class == CKO_PRIVATE_KEY;
        let base = self.request.base.filter(History::binds);
        match attribute {
            CKA_PRIVATE => private_key || self.class == CKO_SECRET_KEY,
            CKA_SENSITIVE => private_key || base.is_some_and(|base| base.sensitive),
            // What is generated here stays here unless somebody says otherwise; an agreed secret is as open as clients
            // expect that never say anything (plain Java reads it); for unwrapped keys the standard says "true".
            CKA_EXTRACTABLE => match self.request.origin {
                Origin::Generate => false,
                Origin::Derive => base.is_none_or(|base| base.extractable),
                Origin::Create => !private_key,
                Origin::Unwrap => true,
            },
            // The standard's default is false; but clients that agree on keys do not ask for it.
            CKA_DERIVE => {
                private_key && self.key_type().is_some_and(|kind| mech::serves(kind, private_key, CKF_DERIVE))
            }
            _ => match (self.key_type(), usage_flag(attribute)) {
                (Some(kind), Some(flag)) => mech::serves(kind, self.class != CKO_SECRET_KEY, flag),
                _ => false,
            },
        }
    }

    fn key_type(&self) -> Option<CK_KEY_TYPE> {
        self.attributes.ulong(CKA_KEY_TYPE)
    }

    /// Whether the attributes of access fit together.
    fn check_access(&self) -> Result<()> {
        let attributes = &self.attributes;
        if attributes.bool(CKA_ALWAYS_AUTHENTICATE) && !attributes.bool(CKA_PRIVATE) {
            return Err(Error::TemplateInconsistent);
        }
        match self.request.base.filter(History::binds) {
            Some(base) if base.sensitive && !attributes.bool(CKA_SENSITIVE) => Err(Error::TemplateInconsistent),
            Some(base) if !base.extractable && attributes.bool(CKA_EXTRACTABLE) => Err(Error::TemplateInconsistent),
            _ => Ok(()),
        }
    }

    /// Checks what makes the object and adds what follows from it.
    fn complete(&mut self) -> Result<()> {
        match self.class {
            CKO_PUBLIC_KEY | CKO_PRIVATE_KEY | CKO_SECRET_KEY | CKO_DOMAIN_PARAMETERS => {
                let key_type = self.key_type().and_then(key::find).ok_or(Error::AttributeValueInvalid)?;
                (key_type.complete)(self.class, &mut self.attributes)
            }
            CKO_CERTIFICATE => complete_certificate(&mut self.attributes),
            CKO_TRUST => complete_trust(&self.attributes),
            _ => Ok(()),
        }
    }

    fn compare_computed(&mut self) -> Result<()> {
        for (attribute, supplied) in std::mem::take(&mut self.supplied) {
            let empty = supplied == Value::bytes([]);
            match self.attributes.get(&attribute) {
                Some(_) if empty && attribute == CKA_CHECK_VALUE => {
                    self.attributes.remove(&attribute);
                }
                Some(computed) if !empty && *computed != supplied && *computed != Value::bytes([]) => {
                    return Err(Error::AttributeValueInvalid);
                }
                Some(computed) if *computed != Value::bytes([]) => {}
                _ => {
                    self.attributes.insert(attribute, supplied);
                }
            }
        }
        Ok(())
    }

    /// What only the token may say about where a key comes from.
    fn record_history(&mut self) {
        let sensitive = self.attributes.bool(CKA_SENSITIVE);
        let extractable = self.attributes.bool(CKA_EXTRACTABLE);
        let (local, always_sensitive, never_extractable) = match (self.request.origin, self.request.base) {
            (Origin::Generate, _) => (true, sensitive, !extractable),
            (Origin::Derive, Some(base)) => {
                (false, base.always_sensitive && sensitive, base.never_extractable && !extractable)
            }
            _ => (false, false, false),
        };
        let mut note = |attribute, value| {
            if self.rows.find(attribute).is_some() {
                self.attributes.insert(attribute, value);
            }
        };
        note(CKA_LOCAL, Value::Bool(local));
        note(CKA_ALWAYS_SENSITIVE, Value::Bool(always_sensitive));
        note(CKA_NEVER_EXTRACTABLE, Value::Bool(never_extractable));
        if let (true, Some((mechanism, _))) = (local, self.request.mechanism) {
            note(CKA_KEY_GEN_MECHANISM, Value::Ulong(mechanism));
        }
    }
}

/// The function that a usage attribute permits.
fn usage_flag(attribute: CK_ATTRIBUTE_TYPE) -> Option<CK_FLAGS> {
    Some(match attribute {
        CKA_ENCRYPT => CKF_ENCRYPT,
        CKA_DECRYPT => CKF_DECRYPT,
        CKA_SIGN => CKF_SIGN,
        CKA_VERIFY => CKF_VERIFY,
        CKA_SIGN_RECOVER => CKF_SIGN_RECOVER,
        CKA_VERIFY_RECOVER => CKF_VERIFY_RECOVER,
        CKA_WRAP => CKF_WRAP,
        CKA_UNWRAP => CKF_UNWRAP,
        _ => return None,
    })
}

/// Section 4.6: a certificate has a value or a place where it is, and a check value.
fn complete_certificate(attributes: &mut Attributes) -> Result<()> {
    let given = |attribute| attributes.bytes(attribute).is_some_and(|bytes| !bytes.is_empty());
    if !given(CKA_VALUE) && !given(CKA_URL) {
        return Err(Error::TemplateIncomplete);
    }
    if let Some(value) = attributes.bytes(CKA_VALUE).filter(|value| !value.is_empty()) {
        let digest = Hash::Sha1.of(&[value]);
        let check = Value::bytes(digest.get(..3).unwrap_or_default());
        attributes.insert(CKA_CHECK_VALUE, check);
    }
    Ok(())
}

/// Section 4.15: who trusts a certificate says which one.
fn complete_trust(attributes: &Attributes) -> Result<()> {
    let harmless = [CKT_TRUST_UNKNOWN, CKT_NOT_TRUSTED].map(|trust| Value::Ulong(CK_ULONG::from(trust)));
    let trusts = attributes.iter().any(|(attribute, value)| {
        (CKA_TRUST_SERVER_AUTH..=CKA_TRUST_OCSP_SIGNING).contains(attribute) && !harmless.contains(value)
    });
    if trusts && attributes.required(CKA_HASH_OF_CERTIFICATE).is_err() {
        return Err(Error::TemplateIncomplete);
    }
    Ok(())
}

fn ulong_in(template: &Template, attribute: CK_ATTRIBUTE_TYPE) -> Result<Option<CK_ULONG>> {
    let Some((_, raw)) = template.iter().find(|(given, _)| *given == attribute) else { return Ok(None) };
    let Raw::Bytes(bytes) = raw else { return Err(Error::AttributeValueInvalid) };
    template::ulong(bytes).map(Some).ok_or(Error::AttributeValueInvalid)
}
