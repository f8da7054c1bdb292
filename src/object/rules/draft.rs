//! Making objects (section 4.1.1).
//!
//! Every new object is drafted here, whatever function makes it: [`Draft::begin`] judges the caller's template,
//! [`Draft::finish`] adds what the function contributes and what the token knows.

use super::complete::{complete_certificate, complete_trust};
use super::history::History;
use super::request::{Origin, Request};
use super::{find_row, refuse_contradictions, typed, unique_id};
use crate::error::{Error, Result};
use crate::key;
use crate::mech;
use crate::object::class::{self, Rows};
use crate::object::row::{self, Fallback, Row};
use crate::object::template::{Attributes, Contribution, Raw, Read, Template, Value, is_secret_key};
use cryptoki_sys::*;

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
const COMPUTED: [CK_ATTRIBUTE_TYPE; 3] = [CKA_CHECK_VALUE, CKA_PUBLIC_KEY_INFO, CKA_PUBLIC_CRC64_VALUE];

impl Draft {
    /// Judges a template and fills in the defaults.
    ///
    /// `TemplateIncomplete`, `TemplateInconsistent`, `AttributeTypeInvalid`, `AttributeValueInvalid` and
    /// `AttributeReadOnly` as in section 4.1.1.
    pub fn begin(request: Request, template: &Template) -> Result<Self> {
        let (class, subtype) = request.identify(template)?;
        let rows = class::rows(class, subtype).ok_or_else(|| nonexistent(subtype))?;
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
        self.check_length()?;
        self.complete().map_err(|error| match error {
            // The template was judged before; what is wrong now is wrong with what was wrapped.
            Error::AttributeValueInvalid | Error::TemplateIncomplete if self.request.origin == Origin::Unwrap => {
                Error::WrappedKeyInvalid
            }
            other => other,
        })?;
        self.compare_computed()?;
        self.record_history();
        self.attributes.insert(CKA_UNIQUE_ID, unique_id()?);
        Ok(self.attributes)
    }

    /// Takes the caller's attributes, each by its row.
    fn accept(&mut self, template: &Template) -> Result<()> {
        refuse_contradictions(template)?;
        for (attribute, raw) in template {
            if *attribute == CKA_VALUE_LEN && self.checks_length(raw)? {
                continue;
            }
            let row = find_row(&self.rows, *attribute)?;
            let forbidden = match self.request.origin {
                Origin::Create => row.has(row::NOT_CREATE),
                Origin::Generate => row.has(row::NOT_GENERATE) && !self.request.takes().contains(attribute),
                Origin::Unwrap => row.has(row::NOT_UNWRAP),
                // The standard has no footnote for these; what a generation decides itself, they do too.
                Origin::Derive | Origin::Encapsulate => row.has(row::NOT_GENERATE) || *attribute == CKA_VALUE,
            };
            if forbidden {
                return Err(Error::AttributeReadOnly);
            }
            let value = typed(row, raw)?;
            if row.has(row::SO_ONLY) && value == Value::Bool(true) && !self.request.so {
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

    /// Whether a length is told that all keys of the type have: who unwraps or derives may say it, though it is no attribute
    /// of such keys (sections 5.18.4 and 6.43); and pkcs11-tool says it when it generates DES keys. `WrappedKeyLenRange` or
    /// `TemplateInconsistent` if it is another.
    fn checks_length(&self, raw: &Raw) -> Result<bool> {
        let made = self.request.origin != Origin::Create && self.class == CKO_SECRET_KEY;
        let fixed = self.subtype.and_then(key::fixed_length).filter(|_| made);
        let Some(fixed) = fixed.filter(|_| self.rows.find(CKA_VALUE_LEN).is_none()) else { return Ok(false) };
        match Value::parse(row::ULONG, raw)? {
            Value::Ulong(told) if told == fixed as CK_ULONG => Ok(true),
            _ if self.request.origin == Origin::Unwrap => Err(Error::WrappedKeyLenRange),
            _ => Err(Error::TemplateInconsistent),
        }
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
            Origin::Create => row::MUST_CREATE,
            Origin::Generate => row::MUST_GENERATE,
            Origin::Unwrap => row::MUST_UNWRAP,
            Origin::Derive | Origin::Encapsulate => return Ok(()),
        };
        let must = |row: &Row| match self.request.takes() {
            [] => row.has(note),
            taken => taken.contains(&row.attribute),
        };
        let missing = |row: &Row| must(row) && !self.attributes.contains_key(&row.attribute);
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
            // Data that is derived belongs to whom the key does.
            CKA_PRIVATE => {
                let derived_data = self.class == CKO_DATA && self.request.origin == Origin::Derive;
                private_key || is_secret_key(self.class) || derived_data
            }
            // A copy would sign with what the original signs with (section "HSS private key objects").
            CKA_COPYABLE => !(private_key && self.key_type() == Some(CKK_HSS)),
            CKA_SENSITIVE => private_key || base.is_some_and(|base| base.sensitive),
            CKA_WRAP_WITH_TRUSTED => base.is_some_and(|base| base.wrap_with_trusted),
            // What is generated here stays here unless somebody says otherwise; an agreed secret is as open as clients
            // expect that never say anything (plain Java reads it); for unwrapped keys the standard says "true".
            CKA_EXTRACTABLE => match self.request.origin {
                Origin::Generate => false,
                Origin::Derive => base.is_none_or(|base| base.extractable),
                Origin::Create => !private_key,
                Origin::Unwrap | Origin::Encapsulate => true,
            },
            // The standard's default is false; but clients that agree on keys do not ask for it.
            CKA_DERIVE => {
                private_key && self.key_type().is_some_and(|kind| mech::serves(kind, private_key, CKF_DERIVE))
            }
            // Who decrypts what such a key has wrapped, or should unwrap, reads it whatever the restriction says. So does who
            // unwraps what should be decapsulated, or the other way round: with RSA it is the same.
            CKA_DECRYPT if self.is_restricted() => false,
            CKA_UNWRAP if self.has(CKA_DECAPSULATE_TEMPLATE) && !self.has(CKA_UNWRAP_TEMPLATE) => false,
            CKA_DECAPSULATE if self.has(CKA_UNWRAP_TEMPLATE) && !self.has(CKA_DECAPSULATE_TEMPLATE) => false,
            _ => match (self.key_type(), usage_flag(attribute)) {
                (Some(kind), Some(flag)) => mech::serves(kind, !is_secret_key(self.class), flag),
                _ => false,
            },
        }
    }

    /// Whether the key is to wrap, unwrap or decapsulate under restrictions.
    fn is_restricted(&self) -> bool {
        let templates = [CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DECAPSULATE_TEMPLATE];
        self.attributes.bool(CKA_TRUSTED) || templates.into_iter().any(|template| self.has(template))
    }

    fn has(&self, attribute: CK_ATTRIBUTE_TYPE) -> bool {
        self.attributes.contains_key(&attribute)
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
        let Some(base) = self.request.base.filter(History::binds) else { return Ok(()) };
        if self.class == CKO_DATA {
            // Everybody can read data: only the owner of a hidden key can have said that this mechanism may give it away.
            return if base.discloses { Ok(()) } else { Err(Error::KeyFunctionNotPermitted) };
        }
        let (sensitive, extractable) = (attributes.bool(CKA_SENSITIVE), attributes.bool(CKA_EXTRACTABLE));
        let more_open = (base.sensitive && !sensitive)
            || (!base.extractable && extractable)
            || (base.wrap_with_trusted && !attributes.bool(CKA_WRAP_WITH_TRUSTED));
        let other = base.exactly && (sensitive, extractable) != (base.sensitive, base.extractable);
        if more_open || other { Err(Error::TemplateInconsistent) } else { Ok(()) }
    }

    /// Refuses a derived or unwrapped key that is so short that it would help to guess what it comes from
    /// ([`History::least`]).
    fn check_length(&self) -> Result<()> {
        let least = self.request.base.filter(History::binds).map_or(0, |base| base.least);
        let length = self.attributes.bytes(CKA_VALUE).map_or(0, <[u8]>::len);
        match self.request.origin {
            _ if self.class != CKO_SECRET_KEY || length >= least => Ok(()),
            Origin::Unwrap => Err(Error::WrappedKeyLenRange),
            _ => Err(Error::KeySizeRange),
        }
    }

    /// Checks what makes the object and adds what follows from it.
    fn complete(&mut self) -> Result<()> {
        match self.class {
            CKO_PUBLIC_KEY | CKO_PRIVATE_KEY | CKO_SECRET_KEY | CKO_OTP_KEY | CKO_DOMAIN_PARAMETERS => {
                let key_type = self.key_type().and_then(key::find).ok_or(Error::AttributeValueInvalid)?;
                // What is made here is given the parity that what comes in must have (sections 6.18 and 6.43). What two sides
                // encapsulate is random, and both give it the same.
                if matches!(self.request.origin, Origin::Generate | Origin::Derive | Origin::Encapsulate) {
                    key::des::set_parity(&mut self.attributes);
                }
                (key_type.complete)(self.class, &mut self.attributes)?;
                if let Some(checksum) = key::public_crc64(self.class, &self.attributes) {
                    self.attributes.insert(CKA_PUBLIC_CRC64_VALUE, checksum);
                }
                Ok(())
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
        if let (true, Some(mechanism)) = (local, self.request.mechanism) {
            note(CKA_KEY_GEN_MECHANISM, Value::Ulong(mechanism.id));
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
        CKA_ENCAPSULATE => CKF_ENCAPSULATE,
        CKA_DECAPSULATE => CKF_DECAPSULATE,
        _ => return None,
    })
}

/// Why there is no such kind of object: a key type that exists, but not in this class, contradicts it.
fn nonexistent(subtype: Option<CK_ULONG>) -> Error {
    if subtype.and_then(key::find).is_some() { Error::TemplateInconsistent } else { Error::AttributeValueInvalid }
}
