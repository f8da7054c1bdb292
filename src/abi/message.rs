//! What the functions for messages and for authenticated wrapping take beside the usual. What is given back in a parameter is
//! written here, after the call has succeeded and let go of its buffers: programs put a tag right behind its ciphertext.

use super::args::{InOut, Input, MaybeMechanism, Mechanism, Source};
use super::memory::{bytes, read};
use super::params::message::Place;
use crate::buffer;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::mech::message::TagUse;
use crate::mech::{self, Params};
use crate::output::Output as Convention;
use crate::session::{Asked, Given, LastSignature, MessageParameter, Purpose, Session, Wrapping};
use cryptoki_sys::*;
use std::mem;

/// The parameter of a message.
pub(super) struct Parameter;

impl Parameter {
    pub(super) unsafe fn take(_: &Library, pointer: CK_VOID_PTR, length: CK_ULONG) -> Result<Place> {
        // SAFETY: as the caller says; it is read before, and written to after anything that the call has borrowed.
        Ok(unsafe { Place::new(pointer, length) })
    }

    pub(super) unsafe fn show(pointer: CK_VOID_PTR, length: CK_ULONG) -> String {
        // SAFETY: nothing is read.
        unsafe { Input::show(pointer.cast(), length) }
    }
}

/// Bytes to read that are kept, and copied for that.
pub(super) struct Copied;

impl Copied {
    pub(super) unsafe fn take(library: &Library, pointer: *const u8, length: CK_ULONG) -> Result<Vec<u8>> {
        // SAFETY: as the caller says.
        let bytes = unsafe { Input::take(library, pointer, length) }?;
        buffer::copied(bytes)
    }

    pub(super) unsafe fn show(pointer: *const u8, length: CK_ULONG) -> String {
        // SAFETY: nothing is read.
        unsafe { Input::show(pointer, length) }
    }
}

/// Bytes to read, or NULL where that means that there are none yet.
pub(super) struct MaybeInput;

impl MaybeInput {
    pub(super) unsafe fn take<'a>(_: &Library, pointer: *const u8, length: CK_ULONG) -> Result<Option<&'a [u8]>> {
        if pointer.is_null() {
            return Ok(None);
        }
        // SAFETY: as the caller says.
        unsafe { bytes(pointer, length) }.map(Some).ok_or(Error::ArgumentsBad)
    }

    pub(super) unsafe fn show(pointer: *const u8, length: CK_ULONG) -> String {
        // SAFETY: nothing is read.
        unsafe { Input::show(pointer, length) }
    }
}

/// As `InOut`; no place for the length means that no output is wanted yet.
pub(super) struct InMaybeOut;

impl InMaybeOut {
    pub(super) unsafe fn take<'a>(
        library: &Library,
        pointer: *const u8,
        size: CK_ULONG,
        buffer: *mut u8,
        length: *mut CK_ULONG,
    ) -> Result<(Source<'a>, Option<Convention<'a>>)> {
        // SAFETY: as the caller says, here and below.
        unsafe {
            if length.is_null() {
                return Ok((Source::Apart(Input::take(library, pointer, size)?), None));
            }
            let (source, output) = InOut::take(library, pointer, size, buffer, length)?;
            Ok((source, Some(output)))
        }
    }

    pub(super) unsafe fn show(pointer: *const u8, size: CK_ULONG, buffer: *mut u8, length: *mut CK_ULONG) -> String {
        // SAFETY: as that of `InOut`.
        unsafe { InOut::show(pointer, size, buffer, length) }
    }
}

/// The mechanism of a process of messages under an AEAD. Its parameter may be missing, or be that of a message, and is not
/// used: each message brings its own.
pub(super) struct MessageMechanism;

impl MessageMechanism {
    pub(super) unsafe fn take(_: &Library, pointer: *const CK_MECHANISM) -> Result<Option<Asked>> {
        // SAFETY: as the caller says.
        let Some(asked) = (unsafe { read(pointer) }) else { return Ok(None) };
        let mechanism = mech::find(asked.mechanism).ok_or(Error::MechanismInvalid)?;
        // SAFETY: as the caller says.
        let place = unsafe { Place::new(asked.pParameter, asked.ulParameterLen) };
        match mechanism.message {
            Some(shape) if asked.ulParameterLen != 0 && !place.has_form(shape) => Err(Error::MechanismParamInvalid),
            _ => Ok(Some(Asked { mechanism, params: Params::None })),
        }
    }

    pub(super) unsafe fn show(pointer: *const CK_MECHANISM) -> String {
        // SAFETY: as the caller says.
        unsafe { MaybeMechanism::show(pointer) }
    }
}

/// The mechanism of `C_WrapKey` and `C_UnwrapKey`, whose parameter may be of a form that has a generator.
pub(super) struct WrapMechanism;

/// A wrapping mechanism, and where the nonce goes that is made for it.
pub(super) struct ToWrap {
    pub(super) wrapping: Wrapping,
    place: Place,
}

impl WrapMechanism {
    pub(super) unsafe fn take(library: &Library, pointer: *const CK_MECHANISM) -> Result<ToWrap> {
        // SAFETY: as the caller says, here and below.
        unsafe {
            let raw = read(pointer).ok_or(Error::ArgumentsBad)?;
            let mechanism = mech::find(raw.mechanism).ok_or(Error::MechanismInvalid)?;
            let place = Place::new(raw.pParameter, raw.ulParameterLen);
            let generated = mechanism.message.map(|shape| place.read_wrapping(shape)).transpose()?.flatten();
            let wrapping = match generated {
                Some((params, source)) => Wrapping { mechanism, params, source: Some(source), tag: None },
                None => {
                    let Asked { mechanism, params } = Mechanism::take(library, pointer)?;
                    Wrapping { mechanism, params, source: None, tag: None }
                }
            };
            Ok(ToWrap { wrapping, place })
        }
    }

    pub(super) unsafe fn show(pointer: *const CK_MECHANISM) -> String {
        // SAFETY: as the caller says.
        unsafe { Mechanism::show(pointer) }
    }
}

impl ToWrap {
    /// With the additional data of the call.
    pub(super) fn with_aad(self, aad: Vec<u8>) -> Self {
        Self { wrapping: self.wrapping.with_aad(aad), ..self }
    }

    /// Writes back what a wrapping gave.
    pub(super) fn give(&self, given: Option<Given>) -> Result<()> {
        if self.wrapping.tag.is_some() { self.place.give(given) } else { self.place.give_wrapping(given) }
    }
}

/// The mechanism of `C_WrapKeyAuthenticated`, with the parameter of a message.
pub(super) struct SealMechanism;

impl SealMechanism {
    pub(super) unsafe fn take(_: &Library, pointer: *const CK_MECHANISM) -> Result<ToWrap> {
        // SAFETY: as the caller says.
        unsafe { authenticated(pointer, TagUse::Output) }
    }

    pub(super) unsafe fn show(pointer: *const CK_MECHANISM) -> String {
        // SAFETY: as the caller says.
        unsafe { Mechanism::show(pointer) }
    }
}

/// That of `C_UnwrapKeyAuthenticated`.
pub(super) struct OpenMechanism;

impl OpenMechanism {
    pub(super) unsafe fn take(_: &Library, pointer: *const CK_MECHANISM) -> Result<ToWrap> {
        // SAFETY: as the caller says.
        unsafe { authenticated(pointer, TagUse::Input) }
    }

    pub(super) unsafe fn show(pointer: *const CK_MECHANISM) -> String {
        // SAFETY: as the caller says.
        unsafe { Mechanism::show(pointer) }
    }
}

unsafe fn authenticated(pointer: *const CK_MECHANISM, tag: TagUse) -> Result<ToWrap> {
    // SAFETY: as the caller says.
    let raw = unsafe { read(pointer) }.ok_or(Error::ArgumentsBad)?;
    let mechanism = mech::find(raw.mechanism).ok_or(Error::MechanismInvalid)?;
    let shape = mechanism.message.filter(|_| mechanism.wrap.is_some()).ok_or(Error::MechanismInvalid)?;
    // SAFETY: as the caller says.
    let place = unsafe { Place::new(raw.pParameter, raw.ulParameterLen) };
    let read = place.read(shape, tag)?;
    let tag = Some((read.tag_len, read.tag));
    Ok(ToWrap { wrapping: Wrapping { mechanism, params: read.params, source: Some(read.source), tag }, place })
}

type InAndOut<'a> = (Source<'a>, Convention<'a>);

/// `C_EncryptMessage`, `C_DecryptMessage`.
pub(super) fn crypt(
    session: &Session,
    purpose: Purpose,
    mut args: Result<(Place, Vec<u8>, InAndOut<'_>)>,
) -> Result<()> {
    let taken = args.as_mut().map_err(|error| *error);
    let taken = taken.map(|(place, aad, (source, output))| (&*place, mem::take(aad), source.bytes(), output));
    let given = session.crypt_message(purpose, taken)?;
    args.and_then(|(place, ..)| place.give(given))
}

/// `C_EncryptMessageBegin`, `C_DecryptMessageBegin`.
pub(super) fn begin(session: &Session, purpose: Purpose, mut args: Result<(Place, Vec<u8>)>) -> Result<()> {
    let taken = args.as_mut().map_err(|error| *error).map(|(place, aad)| (&*place, mem::take(aad)));
    let given = session.begin_cipher_message(purpose, taken)?;
    args.and_then(|(place, _)| place.give(given))
}

/// `C_EncryptMessageNext`, `C_DecryptMessageNext`.
pub(super) fn next(
    session: &Session,
    purpose: Purpose,
    mut args: Result<(Place, InAndOut<'_>, CK_FLAGS)>,
) -> Result<()> {
    let taken = args.as_mut().map_err(|error| *error);
    let taken = taken.map(|(place, (source, output), flags)| (&*place, source.bytes(), output, *flags));
    let given = session.next_cipher_message(purpose, taken)?;
    args.and_then(|(place, ..)| place.give(given))
}

/// `C_SignMessage`.
pub(super) fn sign(session: &Session, mut args: Result<(Place, InAndOut<'_>)>) -> Result<()> {
    let taken = args.as_mut().map_err(|error| *error);
    session.sign_message(taken.map(|(place, (source, output))| (&*place, source.bytes(), output)))
}

/// `C_SignMessageNext`.
pub(super) fn next_sign(
    session: &Session,
    mut args: Result<(Place, (Source<'_>, Option<Convention<'_>>))>,
) -> Result<()> {
    let taken = args.as_mut().map_err(|error| *error);
    session.next_sign_message(taken.map(|(place, (source, output))| (&*place, source.bytes(), output.as_mut())))
}

/// `C_SignMessageBegin`, `C_VerifyMessageBegin`.
pub(super) fn begin_integrity(session: &Session, purpose: Purpose, args: Result<(Place,)>) -> Result<()> {
    session.begin_integrity_message(purpose, args.as_ref().map_err(|error| *error).map(|(place,)| place))
}

/// `C_VerifyMessage`.
pub(super) fn verify(session: &Session, args: Result<(Place, &[u8], &[u8])>) -> Result<()> {
    let taken = args.as_ref().map_err(|error| *error);
    session.verify_message(taken.map(|(place, data, signature)| (place, *data, *signature)))
}

/// `C_VerifyMessageNext`.
pub(super) fn next_verify(session: &Session, args: Result<(Place, &[u8], LastSignature<'_>)>) -> Result<()> {
    let taken = args.as_ref().map_err(|error| *error);
    session.next_verify_message(taken.map(|(place, data, signature)| (place, *data, *signature)))
}
