//! Objects: their attributes, the rules for making and changing them, and the search for them.
//!
//! An object is immutable: changing an attribute makes a new one. Its key is parsed once and kept with it.

mod attributes;
pub mod builtin;
mod bytes;
mod class;
mod nss;
mod row;
pub mod rules;
pub mod table;
pub mod template;
pub mod wrappers;

use crate::error::{Error, Result};
use crate::key::{self, Key};
use crate::mech::{Mechanism, Unit};
use cryptoki_sys::*;
use std::sync::{Arc, OnceLock};
pub use table::INDEXED;
use template::{Attributes, Raw, Read, Template, Value};
use zeroize::Zeroizing;

/// One object.
pub struct Object {
    /// The typed attributes.
    pub attributes: Attributes,
    /// The session whose end is its end; `None` for token objects.
    pub owner: Option<CK_SESSION_HANDLE>,
    /// Parsed when it is first used. Copies and changed objects share it from then on: what makes the key never changes.
    key: OnceLock<Result<Arc<Key>>>,
}

impl Object {
    /// An object of complete attributes, made in a session.
    pub fn new(mut attributes: Attributes, session: CK_SESSION_HANDLE) -> Self {
        let owner = (!attributes.bool(CKA_TOKEN)).then_some(session);
        attributes.shrink();
        Self { attributes, owner, key: OnceLock::new() }
    }

    /// The same key or data with other attributes, made in a session: a changed object, or a copy.
    pub fn with(&self, attributes: Attributes, session: CK_SESSION_HANDLE) -> Self {
        Self { key: self.key.clone(), ..Self::new(attributes, session) }
    }

    /// Its class.
    pub fn class(&self) -> CK_OBJECT_CLASS {
        self.attributes.ulong(CKA_CLASS).unwrap_or(CK_UNAVAILABLE_INFORMATION)
    }

    /// Its key type, if it is a key.
    pub fn key_type(&self) -> Option<CK_KEY_TYPE> {
        self.attributes.ulong(CKA_KEY_TYPE)
    }

    /// Whether only the user may see it.
    pub fn is_private(&self) -> bool {
        self.attributes.bool(CKA_PRIVATE)
    }

    /// Whether it outlives its session.
    pub fn is_token_object(&self) -> bool {
        self.owner.is_none()
    }

    /// A boolean attribute; false where absent.
    pub fn bool(&self, attribute: CK_ATTRIBUTE_TYPE) -> bool {
        self.attributes.bool(attribute)
    }

    /// The parsed key; `KeyTypeInconsistent` if the object is none.
    pub fn key(&self) -> Result<&Key> {
        self.key.get_or_init(|| self.parse_key().map(Arc::new)).as_deref().map_err(|error| *error)
    }

    fn parse_key(&self) -> Result<Key> {
        if self.class() == CKO_DATA {
            // Some derivations take data for a key.
            return Ok(Key::Secret(Zeroizing::new(self.attributes.bytes(CKA_VALUE).unwrap_or_default().to_vec())));
        }
        let key_type = self.key_type().and_then(key::find).ok_or(Error::KeyTypeInconsistent)?;
        (key_type.parse)(self.class(), &self.attributes)
    }

    /// The key, if this mechanism may use it for what the permission names: the one place where class, type,
    /// permission, allowed mechanisms and size are judged.
    pub fn usable(&self, mechanism: &Mechanism, permission: CK_ATTRIBUTE_TYPE, public: bool) -> Result<&Key> {
        let class = match (mechanism.asymmetric, public) {
            (false, _) => mechanism.single,
            (true, true) => CKO_PUBLIC_KEY,
            (true, false) => CKO_PRIVATE_KEY,
        };
        let key_type = self.type_as_key()?;
        if self.class() != class || !(mechanism.key_types.is_empty() || mechanism.key_types.contains(&key_type)) {
            return Err(Error::KeyTypeInconsistent);
        }
        self.check_permission(mechanism, permission)?;
        let key = self.key()?;
        if mechanism.sizes_of_result {
            return Ok(key);
        }
        let size = match mechanism.unit {
            Unit::Bits => key.bits(),
            Unit::Bytes => key.bits().div_ceil(8),
        } as CK_ULONG;
        let (min, max) = mechanism.sizes;
        if max != 0 && !(min..=max).contains(&size) {
            return Err(Error::KeySizeRange);
        }
        Ok(key)
    }

    /// The type of a key; `KeyHandleInvalid` for an object that is none (section 5.1.6). Domain parameters have a key type, too.
    pub fn type_as_key(&self) -> Result<CK_KEY_TYPE> {
        self.key_type().filter(|_| self.class() != CKO_DOMAIN_PARAMETERS).ok_or(Error::KeyHandleInvalid)
    }

    /// [`Self::usable`] for a function that uses a key in one call: it leaves no moment for the login that
    /// `CKA_ALWAYS_AUTHENTICATE` wants between the beginning and the use, so such a key cannot be used (section 4.9).
    pub fn usable_at_once(&self, mechanism: &Mechanism, permission: CK_ATTRIBUTE_TYPE, public: bool) -> Result<&Key> {
        let key = self.usable(mechanism, permission, public)?;
        if self.bool(CKA_ALWAYS_AUTHENTICATE) { Err(Error::UserNotLoggedIn) } else { Ok(key) }
    }

    /// The key, if this mechanism may derive from it beside the base key.
    pub fn usable_beside(&self, mechanism: &Mechanism) -> Result<&Key> {
        self.type_as_key()?;
        if self.class() != CKO_SECRET_KEY {
            return Err(Error::KeyTypeInconsistent);
        }
        self.check_permission(mechanism, CKA_DERIVE)?;
        self.key()
    }

    /// The value of a secret key, if this mechanism may digest it: no permission is asked for, but the list of mechanisms is
    /// (`KeyIndigestible`).
    pub fn digestible(&self, mechanism: &Mechanism) -> Result<&[u8]> {
        self.type_as_key()?;
        if self.class() != CKO_SECRET_KEY || !self.allows(mechanism.id) {
            return Err(Error::KeyIndigestible);
        }
        self.key()?.secret()
    }

    fn check_permission(&self, mechanism: &Mechanism, permission: CK_ATTRIBUTE_TYPE) -> Result<()> {
        let permitted = mechanism.unconditional || self.bool(permission);
        if permitted && self.allows(mechanism.id) { Ok(()) } else { Err(Error::KeyFunctionNotPermitted) }
    }

    /// Whether `CKA_ALLOWED_MECHANISMS` permits a mechanism; an absent or empty list permits all.
    fn allows(&self, mechanism: CK_MECHANISM_TYPE) -> bool {
        match self.attributes.get(&CKA_ALLOWED_MECHANISMS) {
            Some(Value::Ulongs(list)) if !list.is_empty() => list.contains(&mechanism),
            _ => true,
        }
    }

    /// Its size as `C_GetObjectSize` tells it: the bytes of its values.
    pub fn size(&self) -> usize {
        self.attributes.values().map(Value::size).sum()
    }

    /// Whether all of a template matches, as a search and `CKA_WRAP_TEMPLATE` mean it.
    pub fn matches_all(&self, template: &Template) -> bool {
        template.iter().all(|(attribute, raw)| self.matches(*attribute, raw))
    }

    /// Whether one attribute matches. Sensitive ones match nothing, so that they cannot be guessed.
    fn matches(&self, attribute: CK_ATTRIBUTE_TYPE, raw: &Raw) -> bool {
        rules::reveal(&self.attributes, attribute).is_ok_and(|value| value.matches(raw))
    }
}
