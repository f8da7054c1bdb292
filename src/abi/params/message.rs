//! The parameters of messages, and those by which keys are wrapped with a nonce that is made here: structures that are read
//! before a call and written to after it.

use super::{INVALID, Parameter, chacha_nonce, copied};
use crate::error::{Error, Result};
use crate::mech::message::{MessageParams, MessageShape, TagUse};
use crate::mech::nonce::NonceSource;
use crate::mech::{Params, Shape};
use crate::session::{Given, MessageParameter};
use cryptoki_sys::*;
use std::ptr;

/// A parameter as the caller gives it, which stays where it is for as long as the call lasts.
pub(in crate::abi) struct Place {
    pointer: CK_VOID_PTR,
    length: CK_ULONG,
}

impl Place {
    /// # Safety
    /// `pointer` is NULL or points to `length` bytes, and the pointers in them to what the standard says, until the place is
    /// dropped; nobody else has borrowed what they point to whenever it is used.
    pub(in crate::abi) unsafe fn new(pointer: CK_VOID_PTR, length: CK_ULONG) -> Self {
        Self { pointer, length }
    }

    fn parameter(&self) -> Parameter {
        Parameter { pointer: self.pointer, length: self.length }
    }

    /// Whether it has the size of this form; what is in it is not looked at.
    pub(in crate::abi) fn has_form(&self, shape: MessageShape) -> bool {
        let size = match shape {
            MessageShape::Gcm => size_of::<CK_GCM_MESSAGE_PARAMS>(),
            MessageShape::Ccm => size_of::<CK_CCM_MESSAGE_PARAMS>(),
            MessageShape::ChaChaPoly => size_of::<CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS>(),
        };
        !self.pointer.is_null() && self.length == size as CK_ULONG
    }

    /// Writes back what an encryption gave.
    pub(in crate::abi) fn give(&self, given: Option<Given>) -> Result<()> {
        let Some(given) = given else { return Ok(()) };
        // SAFETY: `new` was promised the structure, and `read` has found its pointers to be good for these lengths.
        unsafe {
            let (nonce, tag) = match given.shape {
                MessageShape::Gcm => {
                    let params: CK_GCM_MESSAGE_PARAMS = self.parameter().structure()?;
                    (params.pIv, params.pTag)
                }
                MessageShape::Ccm => {
                    let params: CK_CCM_MESSAGE_PARAMS = self.parameter().structure()?;
                    (params.pNonce, params.pMAC)
                }
                MessageShape::ChaChaPoly => {
                    let params: CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS = self.parameter().structure()?;
                    (params.pNonce, params.pTag)
                }
            };
            put(nonce, &given.nonce);
            put(tag, &given.tag);
        }
        Ok(())
    }

    /// The parameter of `C_WrapKey` if it is of the form that has a generator (`CK_GCM_WRAP_PARAMS`,
    /// `CK_CCM_WRAP_PARAMS`); `None` if it is of another.
    pub(in crate::abi) fn read_wrapping(&self, shape: MessageShape) -> Result<Option<(Params, NonceSource)>> {
        // SAFETY: as `new` was promised, here and below.
        unsafe {
            if shape == MessageShape::Gcm && self.length == size_of::<CK_GCM_WRAP_PARAMS>() as CK_ULONG {
                let params: CK_GCM_WRAP_PARAMS = self.parameter().structure()?;
                let source = NonceSource { fixed_bits: params.ulIvFixedBits, generator: params.ivGenerator };
                let iv = copied(params.pIv, params.ulIvLen)?;
                let aad = copied(params.pAAD, params.ulAADLen)?;
                return Ok(Some((Params::Gcm { iv, aad, tag_bits: params.ulTagBits }, source)));
            }
            if shape == MessageShape::Ccm && self.length == size_of::<CK_CCM_WRAP_PARAMS>() as CK_ULONG {
                let params: CK_CCM_WRAP_PARAMS = self.parameter().structure()?;
                let source = NonceSource { fixed_bits: params.ulNonceFixedBits, generator: params.nonceGenerator };
                let nonce = copied(params.pNonce, params.ulNonceLen)?;
                let aad = copied(params.pAAD, params.ulAADLen)?;
                let params = Params::Ccm { data_len: params.ulDataLen, nonce, aad, mac_len: params.ulMACLen };
                return Ok(Some((params, source)));
            }
        }
        Ok(None)
    }

    /// Writes the nonce back that a key was wrapped with.
    pub(in crate::abi) fn give_wrapping(&self, given: Option<Given>) -> Result<()> {
        let Some(given) = given else { return Ok(()) };
        // SAFETY: as for `give`, by `read_wrapping`.
        unsafe {
            let place = match given.shape {
                MessageShape::Gcm => self.parameter().structure::<CK_GCM_WRAP_PARAMS>()?.pIv,
                MessageShape::Ccm => self.parameter().structure::<CK_CCM_WRAP_PARAMS>()?.pNonce,
                MessageShape::ChaChaPoly => return Err(Error::GeneralError),
            };
            put(place, &given.nonce);
        }
        Ok(())
    }
}

impl MessageParameter for Place {
    fn read(&self, shape: MessageShape, tag: TagUse) -> Result<MessageParams> {
        // SAFETY: as `new` was promised, here and in every line below.
        unsafe {
            match shape {
                MessageShape::Gcm => {
                    let params: CK_GCM_MESSAGE_PARAMS = self.parameter().structure()?;
                    if !params.ulTagBits.is_multiple_of(8) {
                        return Err(INVALID);
                    }
                    let (tag, tag_len) = read_tag(params.pTag, params.ulTagBits / 8, tag)?;
                    let source = NonceSource { fixed_bits: params.ulIvFixedBits, generator: params.ivGenerator };
                    let iv = copied(params.pIv, params.ulIvLen)?;
                    let params = Params::Gcm { iv, aad: Vec::new(), tag_bits: params.ulTagBits };
                    Ok(MessageParams { params, source, tag_len, tag })
                }
                MessageShape::Ccm => {
                    let params: CK_CCM_MESSAGE_PARAMS = self.parameter().structure()?;
                    let (tag, tag_len) = read_tag(params.pMAC, params.ulMACLen, tag)?;
                    let source = NonceSource { fixed_bits: params.ulNonceFixedBits, generator: params.nonceGenerator };
                    let nonce = copied(params.pNonce, params.ulNonceLen)?;
                    let (data_len, mac_len) = (params.ulDataLen, params.ulMACLen);
                    let params = Params::Ccm { data_len, nonce, aad: Vec::new(), mac_len };
                    Ok(MessageParams { params, source, tag_len, tag })
                }
                MessageShape::ChaChaPoly => {
                    let params: CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS = self.parameter().structure()?;
                    let (tag, tag_len) = read_tag(params.pTag, 16, tag)?;
                    let nonce = chacha_nonce(params.pNonce, params.ulNonceLen)?;
                    let params = Params::ChaChaPoly { nonce, aad: Vec::new() };
                    Ok(MessageParams { params, source: NonceSource::GIVEN, tag_len, tag })
                }
            }
        }
    }

    fn read_own(&self, shape: Shape) -> Result<Option<Params>> {
        if self.length == 0 {
            return Ok(None);
        }
        // SAFETY: as `new` was promised.
        unsafe { super::read(shape, self.pointer, self.length) }.map(Some)
    }
}

/// A tag, and its length: 16 bytes at most, as with every mechanism.
unsafe fn read_tag(pointer: *const u8, length: CK_ULONG, tag: TagUse) -> Result<(Vec<u8>, usize)> {
    let size = usize::try_from(length).ok().filter(|size| *size <= 16).ok_or(INVALID)?;
    match tag {
        TagUse::Output if pointer.is_null() && size > 0 => Err(INVALID),
        TagUse::Unused | TagUse::Output => Ok((Vec::new(), size)),
        // SAFETY: as `Place::new` was promised.
        TagUse::Input => Ok((unsafe { copied(pointer, length) }?, size)),
    }
}

/// Writes to a pointer in a parameter that was read before.
unsafe fn put(place: *mut u8, bytes: &[u8]) {
    if !bytes.is_empty() {
        // SAFETY: the caller says that there is room for as many bytes as the parameter said.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
    }
}
