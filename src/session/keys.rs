//! Keys made, wrapped and unwrapped (section 5.18, "Key management functions").
//!
//! The rules of the template are judged before the costly part, so that nothing is computed for a call that
//! must fail; the objects are inserted together at the end, so that a pair is made whole or not at all.

use super::saved::fingerprint_of;
use super::{Asked, Given, Session};
use crate::error::{Error, Result};
use crate::key;
use crate::log::{self, Level};
use crate::mech::nonce::NonceSource;
use crate::mech::{Mechanism, Params, ZeroPadding, derive};
use crate::object::Object;
use crate::object::rules::{self, Draft, Origin};
use crate::object::template::{Contribution, Read, Template, Value};
use crate::output::{Output, Room};
use cryptoki_sys::*;
use der::Decode;
use zeroize::Zeroizing;

/// How a key is to be wrapped or unwrapped.
pub(crate) struct Wrapping {
    /// The mechanism's row.
    pub mechanism: &'static Mechanism,
    /// Its parameter, with the nonce as it was given.
    pub params: Params,
    /// How the nonce is to be made of that, if a parameter says it.
    pub source: Option<NonceSource>,
    /// The tag's length and, for unwrapping, the tag, if it does not stand behind the wrapped key.
    pub tag: Option<(usize, Vec<u8>)>,
}

impl Wrapping {
    /// With other additional data.
    pub(crate) fn with_aad(mut self, aad: Vec<u8>) -> Self {
        self.params = self.params.with_aad(aad);
        self
    }
}

impl Session {
    /// `C_GenerateKey`: the handle, and what some mechanisms tell with it.
    pub(crate) fn generate_key(
        &self,
        asked: &Asked,
        template: &Template,
    ) -> Result<(CK_OBJECT_HANDLE, Option<Vec<u8>>)> {
        let (key, told) = self.make_key(asked, template)?;
        let [handle] = self.token.insert(self.handle, [key])?;
        Ok((handle, told))
    }

    /// The key of `C_GenerateKey`, not yet on the token, and what is told with it.
    pub(crate) fn make_key(&self, asked: &Asked, template: &Template) -> Result<(Object, Option<Vec<u8>>)> {
        let (mechanism, params) = (self.row(asked)?, &asked.params);
        let generate = mechanism.generate.ok_or(Error::MechanismInvalid)?;
        let template = rules::with_demanded(template, &derive::implied(mechanism))?;
        let request = self.request(Origin::Generate).class(mechanism.generated).mechanism(mechanism);
        let draft = Draft::begin(request, &template)?;
        self.admit(&draft)?;
        let made = generate
            .run(mechanism, params, draft.attributes())
            .and_then(|(contribution, told)| Ok((Object::new(draft.finish(contribution)?, self.handle), told)));
        made.map_err(|error| match error {
            // C_GenerateKey has no code of its own for the primes that a template brings.
            Error::DomainParamsInvalid => Error::AttributeValueInvalid,
            other => other,
        })
    }

    /// `C_GenerateKeyPair`: the public key's handle, then the private key's.
    pub(crate) fn generate_key_pair(
        &self,
        asked: &Asked,
        public: &Template,
        private: &Template,
    ) -> Result<[CK_OBJECT_HANDLE; 2]> {
        self.token.insert(self.handle, self.make_key_pair(asked, public, private)?)
    }

    /// The keys of `C_GenerateKeyPair`, not yet on the token.
    pub(crate) fn make_key_pair(&self, asked: &Asked, public: &Template, private: &Template) -> Result<[Object; 2]> {
        let (mechanism, params) = (self.row(asked)?, &asked.params);
        let generate = mechanism.generate_pair.ok_or(Error::MechanismInvalid)?;
        let request = |class| self.request(Origin::Generate).class(class).mechanism(mechanism);
        let public = Draft::begin(request(CKO_PUBLIC_KEY), public)?;
        let private = Draft::begin(request(CKO_PRIVATE_KEY), private)?;
        self.admit(&public)?;
        self.admit(&private)?;
        let (for_public, for_private) = generate(mechanism, params, public.attributes(), private.attributes())?;
        let objects = [public.finish(for_public)?, private.finish(for_private)?];
        let [public, private] = objects.map(|attributes| Object::new(attributes, self.handle));
        if public.key_type() != Some(CKK_RSA) {
            // To make an RSA key ready for use takes as long as to try it, which was done.
            let told = |key: &Object| key.attributes.get(&CKA_PUBLIC_KEY_INFO).map(Value::to_bytes);
            let same = if told(&public) == told(&private) { Ok(()) } else { Err(Error::DeviceError) };
            same.and_then(|()| key::pair::check(public.key()?, private.key()?)).inspect_err(|_| {
                log::write(Level::Error, format_args!("the halves of a new key pair do not belong together"));
            })?;
        }
        Ok([public, private])
    }

    /// `C_WrapKey`, `C_WrapKeyAuthenticated`.
    pub(crate) fn wrap_key(
        &self,
        asked: &Wrapping,
        wrapping: CK_OBJECT_HANDLE,
        wrapped: CK_OBJECT_HANDLE,
        mut output: Output<'_>,
    ) -> Result<Option<Given>> {
        let Wrapping { mechanism, params, source, tag } = asked;
        let mechanism = self.token.offer().row(mechanism, params)?;
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
        let Some(source) = source else {
            self.hand_over(&wrapping, &wrapped, &wrap(mechanism, params, key, &plain)?, &mut output)?;
            return Ok(None);
        };
        // It makes a nonce, or gets one that may not come twice.
        let mut state = self.lock();
        let nonces = state.wrapping.entry(fingerprint_of(&wrapping)?.to_vec()).or_default();
        let shape = mechanism.message.ok_or(Error::MechanismInvalid)?;
        let fresh = nonces.propose(params.nonce().ok_or(Error::GeneralError)?, *source)?;
        let params = params.clone().with_nonce(fresh.nonce.clone());
        let mut sealed = wrap(mechanism, &params, key, &plain)?;
        let start = sealed.len().saturating_sub(tag.as_ref().map_or(0, |(length, _)| *length));
        let tag = sealed.split_off(start);
        let written = self.hand_over(&wrapping, &wrapped, &sealed, &mut output)?;
        Ok(written.then(|| Given { shape, nonce: nonces.commit(fresh), tag }))
    }

    /// Gives a wrapped key away, unless only its length is asked for.
    fn hand_over(&self, wrapping: &Object, wrapped: &Object, blob: &[u8], output: &mut Output<'_>) -> Result<bool> {
        let written = matches!(output.room(blob.len()), Room::Enough(_));
        if written {
            self.token.note_wrapping(wrapping, wrapped)?;
        }
        output.put(blob).map(|()| written)
    }

    /// `C_UnwrapKey`, `C_UnwrapKeyAuthenticated`.
    pub(crate) fn unwrap_key(
        &self,
        asked: &Wrapping,
        unwrapping: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        template: &Template,
    ) -> Result<CK_OBJECT_HANDLE> {
        let Wrapping { mechanism, params, tag, .. } = asked;
        let mechanism = self.token.offer().row(mechanism, params)?;
        let unwrap = mechanism.unwrap.ok_or(Error::MechanismInvalid)?;
        let unwrapping = self.token.object_or(unwrapping, Error::UnwrappingKeyHandleInvalid)?;
        let key = unwrapping.usable_at_once(mechanism, CKA_UNWRAP, false).map_err(of_unwrapping_key)?;
        let template = rules::with_key_template(&unwrapping.attributes, CKA_UNWRAP_TEMPLATE, template)?;
        self.token.wrappers().admit(&unwrapping, mechanism.id, CKA_UNWRAP)?;
        let history = self.token.wrappers().history(&unwrapping);
        let history = history.map(|history| if mechanism.tells_changes { history.whole() } else { history });
        let draft = Draft::begin(self.request(Origin::Unwrap).base(history), &template)?;
        self.admit(&draft)?;
        if draft.attributes().ulong(CKA_CLASS) == Some(CKO_PRIVATE_KEY) && !mechanism.wraps_private {
            return Err(Error::TemplateInconsistent);
        }
        if wrapped.is_empty() {
            return Err(Error::WrappedKeyLenRange);
        }
        let plain = match tag {
            Some((_, tag)) => unwrap(mechanism, params, key, &[wrapped, tag].concat())?,
            None => unwrap(mechanism, params, key, wrapped)?,
        };
        let mut contribution = unwrapped(mechanism, &draft, plain)?;
        if history.is_some() && draft.attributes().ulong(CKA_CLASS) == Some(CKO_SECRET_KEY) {
            // It may be what it was marked for when it was wrapped, or put together of pieces.
            contribution.push((rules::MIXED, Value::Bool(true)));
        }
        if history.is_some() && !mechanism.tells_changes && key::des::repeats(draft.attributes(), &contribution) {
            return Err(Error::WrappedKeyInvalid);
        }
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
        CKO_PUBLIC_KEY | CKO_OTP_KEY => return Err(Error::KeyNotWrappable),
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
    Ok(vec![(CKA_VALUE, Value::Bytes(plain.into()))])
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
