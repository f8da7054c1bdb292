//! Messages encrypted and decrypted.

use super::{Given, MessageParameter, Step};
use crate::error::{Error, Result};
use crate::mech::message::{Message, MessageParams, MessageShape, TagUse};
use crate::mech::nonce::Fresh;
use crate::output::{Output, Room};
use crate::session::Session;
use crate::session::place::{Active, Purpose};
use crate::session::process::Begun;
use crate::session::step::Left;
use cryptoki_sys::{CK_FLAGS, CKF_END_OF_MESSAGE};

impl Session {
    /// `C_EncryptMessage`, `C_DecryptMessage`: a parameter, additional data, input and output.
    pub(crate) fn crypt_message<P: MessageParameter>(
        &self,
        purpose: Purpose,
        args: Result<(&P, Vec<u8>, &[u8], &mut Output<'_>)>,
    ) -> Result<Option<Given>> {
        self.message_step(purpose, Step::Whole, |active| {
            let (parameter, aad, input, output) = args?;
            let tag = if purpose == Purpose::MessageEncrypt { TagUse::Output } else { TagUse::Input };
            let (mut message, fresh, own) = begin(active, parameter, aad, tag)?;
            let (left, tag) = last(&mut message, &own.tag, input, output)?;
            let given = match (left, fresh) {
                (Left::Done, Some(fresh)) => {
                    let shape = shape(active)?;
                    Some(Given { shape, nonce: active.messages()?.nonces.commit(fresh), tag })
                }
                _ => None,
            };
            Ok((left, given))
        })
    }

    /// `C_EncryptMessageBegin`, `C_DecryptMessageBegin`.
    pub(crate) fn begin_cipher_message<P: MessageParameter>(
        &self,
        purpose: Purpose,
        args: Result<(&P, Vec<u8>)>,
    ) -> Result<Option<Given>> {
        self.message_step(purpose, Step::Begin, |active| {
            let (parameter, aad) = args?;
            let (message, fresh, _) = begin(active, parameter, aad, TagUse::Unused)?;
            let shape = shape(active)?;
            let messages = active.messages()?;
            messages.begun = Some(Begun::Cipher(message));
            let nonce = fresh.map(|fresh| messages.nonces.commit(fresh));
            let given = nonce.map(|nonce| Given { shape, nonce, tag: Vec::new() });
            Ok((Left::Active, given))
        })
    }

    /// `C_EncryptMessageNext`, `C_DecryptMessageNext`. Of the parameter, only the tag of the last part has a meaning.
    pub(crate) fn next_cipher_message<P: MessageParameter>(
        &self,
        purpose: Purpose,
        args: Result<(&P, &[u8], &mut Output<'_>, CK_FLAGS)>,
    ) -> Result<Option<Given>> {
        self.message_step(purpose, Step::Next, |active| {
            let (parameter, input, output, flags) = args?;
            let tag = match (flags, purpose) {
                (0, _) => TagUse::Unused,
                (CKF_END_OF_MESSAGE, Purpose::MessageEncrypt) => TagUse::Output,
                (CKF_END_OF_MESSAGE, _) => TagUse::Input,
                _ => return Err(Error::ArgumentsBad),
            };
            let shape = shape(active)?;
            let params = parameter.read(shape, tag)?;
            let Some(Begun::Cipher(message)) = &mut active.messages()?.begun else { return Err(Error::GeneralError) };
            if params.tag_len != message.tag_len() {
                return Err(Error::MechanismParamInvalid);
            }
            if tag == TagUse::Unused {
                return Ok((update(message, input, output)?, None));
            }
            let (left, made) = last(message, &params.tag, input, output)?;
            let sealed = left == Left::Done && tag == TagUse::Output;
            Ok((left, sealed.then(|| Given { shape, nonce: Vec::new(), tag: made })))
        })
    }
}

fn shape(active: &Active) -> Result<MessageShape> {
    active.mechanism.message.ok_or(Error::GeneralError)
}

/// A message, and for an encryption its nonce.
fn begin<P: MessageParameter>(
    active: &mut Active,
    parameter: &P,
    aad: Vec<u8>,
    tag: TagUse,
) -> Result<(Message, Option<Fresh>, MessageParams)> {
    let (mechanism, encrypts) = (active.mechanism, active.purpose == Purpose::MessageEncrypt);
    let mut own = parameter.read(shape(active)?, tag)?;
    own.params = own.params.with_aad(aad);
    let mut fresh = None;
    if encrypts {
        let given = own.params.nonce().ok_or(Error::GeneralError)?;
        let proposed = active.messages()?.nonces.propose(given, own.source)?;
        own.params = own.params.with_nonce(proposed.nonce.clone());
        fresh = Some(proposed);
    }
    let key = active.key.as_ref().ok_or(Error::GeneralError)?.key()?;
    Ok((Message::new(mechanism, &own.params, key, encrypts, own.tag_len)?, fresh, own))
}

/// A part that is not the last one.
fn update(message: &mut Message, input: &[u8], output: &mut Output<'_>) -> Result<Left> {
    let bound = message.bound(input.len(), false);
    let (left, length) = match output.room(bound) {
        Room::Query => return Ok(Left::Asked),
        Room::Small(_) => (Left::TooSmall, bound),
        Room::Enough(buffer) => (Left::Active, message.update(input, buffer)?),
    };
    output.set_length(length);
    Ok(left)
}

/// The last part, or all, with the tag that is given or made.
fn last(message: &mut Message, tag: &[u8], input: &[u8], output: &mut Output<'_>) -> Result<(Left, Vec<u8>)> {
    let bound = message.bound(input.len(), true);
    let (left, length, tag) = match output.room(bound) {
        Room::Query => return Ok((Left::Asked, Vec::new())),
        Room::Small(_) => (Left::TooSmall, bound, Vec::new()),
        Room::Enough(buffer) => {
            let room = buffer.get_mut(..bound).ok_or(Error::GeneralError)?;
            if message.encrypts() {
                // Nothing of a failed encryption is left, so that its nonce has not been used.
                let sealed = message.seal(input, room);
                let (length, tag) = sealed.inspect_err(|_| room.fill(0))?;
                (Left::Done, length, tag)
            } else {
                (Left::Done, message.open(input, tag, room)?, Vec::new())
            }
        }
    };
    output.set_length(length);
    Ok((left, tag))
}
