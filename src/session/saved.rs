//! Saving and restoring what a session is doing (section 5.6, `C_GetOperationState`).
//!
//! A saved state holds what has been fed so far, so it is as secret as the key: it leaves the library only
//! sealed under a key that lives and dies with the initialised library. Digests, and operations with secret keys
//! whose mechanism can save itself, are saved; the key itself is not, and must be given again.

use super::place::{Active, Op};
use super::{Asked, Purpose, Session};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::mech::{self, Params};
use crate::object::Object;
use crate::output::Output;
use crate::random;
use cryptoki_sys::*;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Seals saved states.
pub(crate) struct StateSealer {
    key: Key,
}

const NONCE: usize = 12;
const TAG: usize = 16;

impl StateSealer {
    /// A sealer with a fresh key.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { key: Key::Secret(random::secret(32)?) })
    }

    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        random::fill(&mut nonce)?;
        let (row, params) = gcm(&nonce)?;
        let mut cipher = row.encrypt.ok_or(Error::GeneralError)?(row, &params, &self.key)?;
        let mut sealed = vec![0; cipher.bound(plain.len(), true)];
        let length = cipher.one_shot(plain, &mut sealed)?;
        sealed.truncate(length);
        Ok([&nonce[..], &sealed].concat())
    }

    fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(Error::SavedStateInvalid)?;
        let (row, params) = gcm(nonce)?;
        let mut cipher = row.decrypt.ok_or(Error::GeneralError)?(row, &params, &self.key)?;
        let mut plain = Zeroizing::new(vec![0; cipher.bound(sealed.len(), true)]);
        let length = cipher.one_shot(sealed, &mut plain).map_err(|_| Error::SavedStateInvalid)?;
        plain.truncate(length);
        Ok(plain)
    }
}

fn gcm(nonce: &[u8]) -> Result<(&'static mech::Mechanism, Params)> {
    let row = mech::find(CKM_AES_GCM).ok_or(Error::GeneralError)?;
    Ok((row, Params::Gcm { iv: nonce.to_vec(), aad: Vec::new(), tag_bits: TAG as CK_ULONG * 8 }))
}

impl Session {
    /// `C_GetOperationState`.
    pub(crate) fn save_state(&self, sealer: &StateSealer, mut output: Output<'_>) -> Result<()> {
        let state = self.lock();
        let mut plain = Writer(Zeroizing::new(Vec::new()));
        plain.number(self.token.slot());
        plain.number(self.info().state);
        // With recovery, or of many messages: these are none of the operations that can be saved at all.
        let saveable = |active: &&Active| !matches!(active.op, Op::Recover(_) | Op::Messages(_));
        let mut actives = state.actives().filter(saveable).peekable();
        if actives.peek().is_none() {
            return Err(Error::OperationNotInitialized);
        }
        actives.try_for_each(|active| plain.operation(active))?;
        output.put(&sealer.seal(&plain.0)?)
    }

    /// `C_SetOperationState`. What was active is cancelled, but only once the new state is known to be good.
    pub(crate) fn restore_state(
        &self,
        sealer: &StateSealer,
        sealed: &[u8],
        encryption_key: CK_OBJECT_HANDLE,
        authentication_key: CK_OBJECT_HANDLE,
    ) -> Result<()> {
        let plain = sealer.open(sealed)?;
        let mut reader = Reader(&plain);
        if reader.number()? != self.token.slot() || reader.number()? != self.info().state {
            return Err(Error::SavedStateInvalid);
        }
        let (mut cipher, mut integrity) = (None, None);
        while !reader.0.is_empty() {
            let saved = reader.operation()?;
            let (place, handle) = if matches!(saved.purpose, Purpose::Encrypt | Purpose::Decrypt) {
                (&mut cipher, encryption_key)
            } else {
                (&mut integrity, authentication_key)
            };
            *place = Some(self.revive(saved, handle)?);
        }
        let needless = |active: &Option<Active>, handle| {
            handle != CK_INVALID_HANDLE && active.as_ref().is_none_or(|active| active.key.is_none())
        };
        if needless(&cipher, encryption_key) || needless(&integrity, authentication_key) {
            return Err(Error::KeyNotNeeded);
        }
        self.lock().replace(cipher, integrity);
        Ok(())
    }

    fn revive(&self, saved: Saved<'_>, handle: CK_OBJECT_HANDLE) -> Result<Active> {
        let mechanism = mech::find(saved.mechanism).ok_or(Error::SavedStateInvalid)?;
        let period = self.token.login_period();
        let key = match saved.key {
            [] => None,
            _ if handle == CK_INVALID_HANDLE => return Err(Error::KeyNeeded),
            fingerprint => {
                let object = self.key(handle).map_err(|_| Error::KeyChanged)?;
                // A key that has no value to tell it by is another, too.
                if fingerprint_of(&object).map_err(|_| Error::KeyChanged)?[..] != *fingerprint {
                    return Err(Error::KeyChanged);
                }
                Some((handle, Arc::new(object)))
            }
        };
        let asked = Asked { mechanism, params: saved.params };
        // It began well once: whatever is wrong now is wrong with the key, of another type or permission.
        let active = self.activate(saved.purpose, asked, key, period);
        let mut active = active.map_err(|_| Error::KeyChanged)?;
        active.parts = saved.parts;
        match &mut active.op {
            Op::Cipher(op) => op.load(saved.state)?,
            Op::Sign(op) => op.load(saved.state)?,
            Op::Verify(op) => op.load(saved.state)?,
            Op::Recover(_) | Op::VerifySignature(..) | Op::Messages(_) => return Err(Error::SavedStateInvalid),
        }
        Ok(active)
    }
}

/// What identifies the key of a saved operation, or a wrapping key: only secret keys can be told apart by their value.
pub(super) fn fingerprint_of(object: &Object) -> Result<Zeroizing<Vec<u8>>> {
    let value = object.key()?.secret().map_err(|_| Error::StateUnsaveable)?;
    Ok(Hash::Sha256.of(&[b"ferrotoken saved key", value]))
}

struct Saved<'a> {
    purpose: Purpose,
    mechanism: CK_MECHANISM_TYPE,
    params: Params,
    key: &'a [u8],
    parts: bool,
    state: &'a [u8],
}

/// The purposes that can be saved, by their number in a saved state.
const PURPOSES: [Purpose; 5] = [Purpose::Encrypt, Purpose::Decrypt, Purpose::Digest, Purpose::Sign, Purpose::Verify];

struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn number(&mut self, number: CK_ULONG) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as CK_ULONG);
        self.0.extend_from_slice(bytes);
    }

    fn operation(&mut self, active: &Active) -> Result<()> {
        let state = match &active.op {
            Op::Cipher(op) => op.save(),
            Op::Sign(op) => op.save(),
            Op::Verify(op) => op.save(),
            Op::Recover(_) | Op::VerifySignature(..) | Op::Messages(_) => None,
        };
        let state = state.ok_or(Error::StateUnsaveable)?;
        let purpose = PURPOSES.iter().position(|purpose| *purpose == active.purpose).ok_or(Error::StateUnsaveable)?;
        self.number(purpose as CK_ULONG);
        self.number(active.mechanism.id);
        match &active.params {
            Params::None => self.number(0),
            Params::Iv(iv) => {
                self.number(1);
                self.bytes(iv);
            }
            Params::Counter { block, bits } => {
                self.number(2);
                self.bytes(block);
                self.number(*bits);
            }
            Params::MacLength(length) => {
                self.number(3);
                self.number(*length);
            }
            _ => return Err(Error::StateUnsaveable),
        }
        match &active.key {
            Some(key) => self.bytes(&fingerprint_of(key)?),
            None => self.bytes(&[]),
        }
        self.number(active.parts.into());
        self.bytes(&state);
        Ok(())
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Result<CK_ULONG> {
        let (number, rest) = self.0.split_first_chunk().ok_or(Error::SavedStateInvalid)?;
        self.0 = rest;
        CK_ULONG::try_from(u64::from_be_bytes(*number)).map_err(|_| Error::SavedStateInvalid)
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.number()?).map_err(|_| Error::SavedStateInvalid)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Error::SavedStateInvalid)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn operation(&mut self) -> Result<Saved<'a>> {
        let invalid = Error::SavedStateInvalid;
        let purpose = PURPOSES.get(self.number()? as usize).copied().ok_or(invalid)?;
        let mechanism = self.number()?;
        let params = match self.number()? {
            0 => Params::None,
            1 => Params::Iv(self.bytes()?.to_vec()),
            2 => Params::Counter { block: self.bytes()?.try_into().map_err(|_| invalid)?, bits: self.number()? },
            3 => Params::MacLength(self.number()?),
            _ => return Err(invalid),
        };
        Ok(Saved { purpose, mechanism, params, key: self.bytes()?, parts: self.number()? != 0, state: self.bytes()? })
    }
}
