//! Keys made, wrapped and unwrapped (section 5.18, "Key management functions").
//!
//! The rules of the template are judged before the costly part, so that nothing is computed for a call that
//! must fail; the objects are inserted together at the end, so that a pair is made whole or not at all.

use super::{Asked, Session};
use crate::error::{Error, Result};
use crate::key;
use crate::mech::{Contribution, Mechanism, ZeroPadding, derive};
use crate::object::Object;
use crate::object::rules::{self, Draft, Origin};
use crate::object::template::{Read, Template, Value};
use crate::output::{Output, Room};
use cryptoki_sys::*;
use der::Decode;
use zeroize::Zeroizing;

impl Session {
    /// `C_GenerateKey`.
    pub(crate) fn generate_key(&self, asked: &Asked, template: &Template) -> Result<CK_OBJECT_HANDLE> {
        let Asked { mechanism, params } = asked;
        let generate = mechanism.generate.ok_or(Error::MechanismInvalid)?;
        let template = rules::with_demanded(template, &derive::implied(mechanism))?;
        let request = self.request(Origin::Generate).class(mechanism.generated).mechanism(mechanism);
        let draft = Draft::begin(request, &template)?;
        self.admit(&draft)?;
        let contribution = generate(mechanism, params, draft.attributes())?;
        self.insert_one(draft, contribution)
    }

    /// `C_GenerateKeyPair`: the public key's handle, then the private key's.
    pub(crate) fn generate_key_pair(
        &self,
        asked: &Asked,
        public: &Template,
        private: &Template,
    ) -> Result<[CK_OBJECT_HANDLE; 2]> {
        let Asked { mechanism, params } = asked;
        let generate = mechanism.generate_pair.ok_or(Error::MechanismInvalid)?;
        let request = |class| self.request(Origin::Generate).class(class).mechanism(mechanism);
        let public = Draft::begin(request(CKO_PUBLIC_KEY), public)?;
        let private = Draft::begin(request(CKO_PRIVATE_KEY), private)?;
        self.admit(&public)?;
        self.admit(&private)?;
        let (for_public, for_private) = generate(mechanism, params, public.attributes(), private.attributes())?;
        let objects = [public.finish(for_public)?, private.finish(for_private)?];
        self.token.insert(self.handle, objects.map(|attributes| Object::new(attributes, self.handle)))
    }

    /// `C_WrapKey`.
    pub(crate) fn wrap_key(
        &self,
        asked: &Asked,
        wrapping: CK_OBJECT_HANDLE,
        wrapped: CK_OBJECT_HANDLE,
        mut output: Output<'_>,
    ) -> Result<()> {
        let Asked { mechanism, params } = asked;
        let wrap = mechanism.wrap.ok_or(Error::MechanismInvalid)?;
        let wrapping = self.token.object_or(wrapping, Error::WrappingKeyHandleInvalid)?;
        let key = wrapping.usable(mechanism, CKA_WRAP, true).map_err(|error| match error {
            Error::KeyTypeInconsistent => Error::WrappingKeyTypeInconsistent,
            Error::KeySizeRange => Error::WrappingKeySizeRange,
            Error::KeyHandleInvalid => Error::WrappingKeyHandleInvalid,
            other => other,
        })?;
        let wrapped = self.key(wrapped)?;
        let plain = wrappable(&wrapped, &wrapping)?;
        if wrapped.class() == CKO_PRIVATE_KEY && !mechanism.wraps_private {
            return Err(Error::KeyNotWrappable);
        }
        let blob = wrap(mechanism, params, key, &plain)?;
        if let Room::Enough(_) = output.room(blob.len()) {
            self.token.wrappers().note(&wrapping, &wrapped);
        }
        output.put(&blob)
    }

    /// `C_UnwrapKey`.
    pub(crate) fn unwrap_key(
        &self,
        asked: &Asked,
        unwrapping: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let Asked { mechanism, params } = asked;
        let unwrap = mechanism.unwrap.ok_or(Error::MechanismInvalid)?;
        let unwrapping = self.token.object_or(unwrapping, Error::UnwrappingKeyHandleInvalid)?;
        let key = unwrapping.usable_at_once(mechanism, CKA_UNWRAP, false).map_err(of_unwrapping_key)?;
        let template = rules::with_key_template(&unwrapping.attributes, CKA_UNWRAP_TEMPLATE, template)?;
        let history = self.token.wrappers().history(&unwrapping);
        let draft = Draft::begin(self.request(Origin::Unwrap).base(history), &template)?;
        self.admit(&draft)?;
        if draft.attributes().ulong(CKA_CLASS) == Some(CKO_PRIVATE_KEY) && !mechanism.wraps_private {
            return Err(Error::TemplateInconsistent);
        }
        if wrapped.is_empty() {
            return Err(Error::WrappedKeyLenRange);
        }
        let plain = unwrap(mechanism, params, key, wrapped)?;
        let contribution = unwrapped(mechanism, &draft, plain)?;
        self.insert_one(draft, contribution)
    }

    /// Completes a key and adds it to the token.
    pub(super) fn insert_one(&self, draft: Draft, contribution: Contribution) -> Result<CK_OBJECT_HANDLE> {
        let attributes = draft.finish(contribution)?;
        let [handle] = self.token.insert(self.handle, [Object::new(attributes, self.handle)])?;
        Ok(handle)
    }
}

/// What is wrong with a key, as the functions say it that open a wrapped key with it.
pub(super) fn of_unwrapping_key(error: Error) -> Error {
    match error {
        Error::KeyTypeInconsistent => Error::UnwrappingKeyTypeInconsistent,
        Error::KeySizeRange => Error::UnwrappingKeySizeRange,
        Error::KeyHandleInvalid => Error::UnwrappingKeyHandleInvalid,
        other => other,
    }
}

/// A key's encoding, if this wrapping key may take it out.
fn wrappable(key: &Object, wrapping: &Object) -> Result<Zeroizing<Vec<u8>>> {
    let attributes = &key.attributes;
    let encoding = match key.class() {
        CKO_SECRET_KEY | CKO_PRIVATE_KEY if !attributes.bool(CKA_EXTRACTABLE) => return Err(Error::KeyUnextractable),
        CKO_SECRET_KEY | CKO_PRIVATE_KEY if attributes.bool(CKA_WRAP_WITH_TRUSTED) && !wrapping.bool(CKA_TRUSTED) => {
            return Err(Error::KeyNotWrappable);
        }
        CKO_SECRET_KEY => Zeroizing::new(attributes.required(CKA_VALUE).map_err(|_| Error::KeyNotWrappable)?.to_vec()),
        CKO_PRIVATE_KEY => {
            let to_pkcs8 = key.key_type().and_then(key::find).and_then(|key_type| key_type.to_pkcs8);
            to_pkcs8.ok_or(Error::KeyNotWrappable)?(attributes)?
        }
        CKO_PUBLIC_KEY => return Err(Error::KeyNotWrappable),
        _ => return Err(Error::KeyHandleInvalid),
    };
    match wrapping.attributes.get(&CKA_WRAP_TEMPLATE) {
        Some(Value::Template(template)) if !key.matches_all(template) => Err(Error::KeyHandleInvalid),
        _ => Ok(encoding),
    }
}

/// What an unwrapped encoding contributes to the key that a template describes.
fn unwrapped(mechanism: &Mechanism, draft: &Draft, mut plain: Zeroizing<Vec<u8>>) -> Result<Contribution> {
    let attributes = draft.attributes();
    let key_type = attributes.ulong(CKA_KEY_TYPE);
    if attributes.ulong(CKA_CLASS) == Some(CKO_PRIVATE_KEY) {
        let der = match mechanism.zero_padding {
            ZeroPadding::Behind(block) => without_padding(&plain, block),
            ZeroPadding::None | ZeroPadding::Before => &plain,
        };
        let (found, contribution) = key::from_pkcs8(der)?;
        return if key_type == Some(found) { Ok(contribution) } else { Err(Error::WrappedKeyInvalid) };
    }
    let given = attributes.ulong(CKA_VALUE_LEN).map(usize::try_from).transpose();
    let given = given.map_err(|_| Error::WrappedKeyLenRange)?;
    let lengths = key_type.map(key::lengths).unwrap_or_default();
    let length = unwrapped_length(mechanism.zero_padding, lengths, given, plain.len())?;
    cut(mechanism.zero_padding, &mut plain, length)?;
    Ok(vec![(CKA_VALUE, Value::Bytes(plain))])
}

/// How many of the bytes that an unwrapping gave are the key (sections 5.18.4, 6.1.8, 6.13.4, 6.13.5 and 6.15.3).
///
/// Where the mechanism pads with zeros, the template or the key type must tell it: `TemplateIncomplete` if they do not. No
/// more is cut off than padding can have added, else a long key could be unwrapped as a short one, and guessed:
/// `WrappedKeyLenRange`, as for every other disagreement of template, key type and mechanism.
fn unwrapped_length(padding: ZeroPadding, lengths: &[usize], given: Option<usize>, found: usize) -> Result<usize> {
    let explains = |length: usize| match padding {
        ZeroPadding::None => length == found,
        ZeroPadding::Behind(block) => (length..length.saturating_add(block)).contains(&found),
        ZeroPadding::Before => length <= found,
    };
    let Some(length) = given else {
        if lengths.is_empty() {
            return if padding == ZeroPadding::None { Ok(found) } else { Err(Error::TemplateIncomplete) };
        }
        let mut possible = lengths.iter().copied().filter(|length| explains(*length));
        return match (possible.next(), possible.next()) {
            (Some(length), None) => Ok(length),
            (Some(_), Some(_)) => Err(Error::TemplateIncomplete),
            (None, _) => Err(Error::WrappedKeyLenRange),
        };
    };
    let fits = explains(length) && (lengths.is_empty() || lengths.contains(&length));
    if fits { Ok(length) } else { Err(Error::WrappedKeyLenRange) }
}

/// Cuts the zeros off that wrapping has added.
fn cut(padding: ZeroPadding, plain: &mut Zeroizing<Vec<u8>>, length: usize) -> Result<()> {
    if padding == ZeroPadding::Before {
        let surplus = plain.len().saturating_sub(length);
        if plain.iter().take(surplus).any(|byte| *byte != 0) {
            return Err(Error::WrappedKeyLenRange);
        }
        plain.copy_within(surplus.., 0);
    }
    plain.truncate(length);
    Ok(())
}

/// A DER encoding without the zeros, fewer than `block`, that a wrapping mechanism put behind it.
fn without_padding(plain: &[u8], block: usize) -> &[u8] {
    match der::AnyRef::from_der_partial(plain) {
        Ok((_, rest)) if rest.len() < block && rest.iter().all(|byte| *byte == 0) => {
            plain.get(..plain.len() - rest.len()).unwrap_or(plain)
        }
        _ => plain,
    }
}
