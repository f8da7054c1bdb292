//! Keys that two sides come to by a key encapsulation (sections 5.18.8 and 5.18.9, "C_EncapsulateKey" and
//! "C_DecapsulateKey").

use super::keys::of_unwrapping_key;
use super::{Asked, Session};
use crate::error::{Error, Result};
use crate::key;
use crate::mech::derive::Wanted;
use crate::object::Object;
use crate::object::rules::{self, Draft, Origin};
use crate::object::template::{Read, Template, Value};
use crate::output::{Output, Room};
use cryptoki_sys::*;

impl Session {
    /// `C_EncapsulateKey`: the new key's handle, or none if only the length of the ciphertext was asked for.
    pub(crate) fn encapsulate_key(
        &self,
        asked: &Asked,
        public: CK_OBJECT_HANDLE,
        template: &Template,
        mut output: Output<'_>,
    ) -> Result<Option<CK_OBJECT_HANDLE>> {
        let (mechanism, params) = (self.row(asked)?, &asked.params);
        let (length, encapsulate) = mechanism.encapsulate.ok_or(Error::MechanismInvalid)?;
        let public = self.key(public)?;
        let key = public.usable(mechanism, CKA_ENCAPSULATE, true)?;
        let draft = self.draft_shared(template)?;
        let length = length(mechanism, params, key)?;
        let buffer = match output.room(length) {
            Room::Query => return Ok(None),
            Room::Small(_) => {
                output.set_length(length);
                return Err(Error::BufferTooSmall);
            }
            Room::Enough(buffer) => buffer,
        };
        let (ciphertext, value) = encapsulate(mechanism, params, key, wanted_length(&draft)?)?;
        let made = Object::new(draft.finish(vec![(CKA_VALUE, Value::Bytes(value.into()))])?, self.handle);
        match public.attributes.get(&CKA_ENCAPSULATE_TEMPLATE) {
            Some(Value::Template(demanded)) if !made.matches_all(demanded) => return Err(Error::KeyHandleInvalid),
            _ => {}
        }
        let [handle] = self.token.insert(self.handle, [made])?;
        buffer.iter_mut().zip(&ciphertext).for_each(|(to, from)| *to = *from);
        output.set_length(ciphertext.len());
        Ok(Some(handle))
    }

    /// `C_DecapsulateKey`.
    pub(crate) fn decapsulate_key(
        &self,
        asked: &Asked,
        private: CK_OBJECT_HANDLE,
        template: &Template,
        ciphertext: &[u8],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (mechanism, params) = (self.row(asked)?, &asked.params);
        let decapsulate = mechanism.decapsulate.ok_or(Error::MechanismInvalid)?;
        let private = self.token.object_or(private, Error::UnwrappingKeyHandleInvalid)?;
        let key = private.usable_at_once(mechanism, CKA_DECAPSULATE, false).map_err(of_unwrapping_key)?;
        self.token.wrappers().admit(&private, mechanism.id, CKA_DECAPSULATE)?;
        let template = rules::with_key_template(&private.attributes, CKA_DECAPSULATE_TEMPLATE, template)?;
        let draft = self.draft_shared(&template)?;
        let value = decapsulate(mechanism, params, key, ciphertext, wanted_length(&draft)?)?;
        let lengths = draft.attributes().ulong(CKA_KEY_TYPE).map(key::lengths).unwrap_or_default();
        if value.is_empty() || (!lengths.is_empty() && !lengths.contains(&value.len())) {
            return Err(Error::WrappedKeyLenRange);
        }
        self.insert_one(draft, vec![(CKA_VALUE, Value::Bytes(value.into()))])
    }

    fn draft_shared(&self, template: &Template) -> Result<Draft> {
        let draft = Draft::begin(self.request(Origin::Encapsulate).class(CKO_SECRET_KEY), template)?;
        self.admit(&draft)?;
        Ok(draft)
    }
}

/// The length in bytes that a new key is to have, where the template or the key type says so.
fn wanted_length(draft: &Draft) -> Result<Option<usize>> {
    let attributes = draft.attributes();
    Ok(Wanted::new(attributes.ulong(CKA_VALUE_LEN), attributes.ulong(CKA_KEY_TYPE))?.length)
}
