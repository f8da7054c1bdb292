//! The places of a session: what may be active at the same time, and beginning and ending it.

use super::process::Messages;
use super::{Asked, Session};
use crate::error::{Error, Result};
use crate::mech::nonce::Nonces;
use crate::mech::{Mechanism, Params};
use crate::object::Object;
use crate::object::wrappers::{self, Wrappers};
use crate::op::{Cipher, Recover, Sign, Verify};
use crate::sync::{MutexGuard, Ordering, fence};
use cryptoki_sys::*;
use std::collections::{HashMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// What an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub(crate) enum Purpose {
    Encrypt,
    Decrypt,
    Digest,
    Sign,
    Verify,
    SignRecover,
    VerifyRecover,
    /// With the signature given beforehand.
    VerifySignature,
    /// Of many messages, as the three after it.
    MessageEncrypt,
    MessageDecrypt,
    MessageSign,
    MessageVerify,
}

/// The pairs that may be active together (section 5.15, "Dual-function cryptographic functions").
const PAIRS: [(Purpose, Purpose); 4] = [
    (Purpose::Encrypt, Purpose::Digest),
    (Purpose::Decrypt, Purpose::Digest),
    (Purpose::Encrypt, Purpose::Sign),
    (Purpose::Decrypt, Purpose::Verify),
];

impl Purpose {
    /// The flag by which `C_SessionCancel` names it.
    pub(crate) fn flag(self) -> CK_FLAGS {
        match self {
            Self::Encrypt => CKF_ENCRYPT,
            Self::Decrypt => CKF_DECRYPT,
            Self::Digest => CKF_DIGEST,
            Self::Sign => CKF_SIGN,
            Self::Verify | Self::VerifySignature => CKF_VERIFY,
            Self::SignRecover => CKF_SIGN_RECOVER,
            Self::VerifyRecover => CKF_VERIFY_RECOVER,
            Self::MessageEncrypt => CKF_MESSAGE_ENCRYPT,
            Self::MessageDecrypt => CKF_MESSAGE_DECRYPT,
            Self::MessageSign => CKF_MESSAGE_SIGN,
            Self::MessageVerify => CKF_MESSAGE_VERIFY,
        }
    }

    /// The attribute by which a key permits it.
    fn permission(self) -> Option<CK_ATTRIBUTE_TYPE> {
        match self {
            Self::Encrypt | Self::MessageEncrypt => Some(CKA_ENCRYPT),
            Self::Decrypt | Self::MessageDecrypt => Some(CKA_DECRYPT),
            Self::Digest => None,
            Self::Sign | Self::MessageSign => Some(CKA_SIGN),
            Self::Verify | Self::VerifySignature | Self::MessageVerify => Some(CKA_VERIFY),
            Self::SignRecover => Some(CKA_SIGN_RECOVER),
            Self::VerifyRecover => Some(CKA_VERIFY_RECOVER),
        }
    }

    fn is_cipher(self) -> bool {
        matches!(self, Self::Encrypt | Self::Decrypt | Self::MessageEncrypt | Self::MessageDecrypt)
    }

    fn goes_with(self, other: Self) -> bool {
        PAIRS.contains(&(self, other)) || PAIRS.contains(&(other, self))
    }
}

/// An operation of any kind.
pub(super) enum Op {
    Cipher(Box<dyn Cipher>),
    Sign(Box<dyn Sign>),
    Verify(Box<dyn Verify>),
    Recover(Box<dyn Recover>),
    /// A verification and its signature.
    VerifySignature(Box<dyn Verify>, Vec<u8>),
    /// A process of many messages.
    Messages(Box<Messages>),
}

/// A key as a session holds it: under a counter of its own. The key's own would go from processor to processor, where
/// sessions in several threads use one key.
pub(super) type Held = Arc<Arc<Object>>;

/// The key that a session has used last.
struct LastKey {
    handle: CK_OBJECT_HANDLE,
    /// The token's count of changes, asked for before the key was: the key is what its handle says while that stays.
    changes: u64,
    key: Held,
}

/// An active operation and what is known about it.
pub(super) struct Active {
    pub(super) purpose: Purpose,
    pub(super) op: Op,
    /// How it was asked for, so that its state can be saved.
    pub(super) mechanism: &'static Mechanism,
    pub(super) params: Params,
    pub(super) key: Option<Held>,
    /// The key's handle, or none.
    pub(super) handle: CK_OBJECT_HANDLE,
    /// Whether an update has been made.
    pub(super) parts: bool,
    /// Whether the key asks for a context-specific login that has not come yet.
    waiting_for_login: bool,
    /// The token's login period in which it began: an operation with a private key does not outlive it.
    period: u64,
    /// How many keys had wrapped hidden keys when it began: if there are more, its key may be one of them.
    wrappers: usize,
}

/// What is going on in a session.
#[derive(Default)]
pub(super) struct State {
    cipher: Option<Active>,
    integrity: Option<Active>,
    pub(super) search: Option<VecDeque<CK_OBJECT_HANDLE>>,
    last_key: Option<LastKey>,
    /// The nonces that keys were wrapped with, by the wrapping key's fingerprint.
    pub(super) wrapping: HashMap<Vec<u8>, Nonces>,
}

impl State {
    fn place(&mut self, purpose: Purpose) -> &mut Option<Active> {
        if purpose.is_cipher() { &mut self.cipher } else { &mut self.integrity }
    }

    /// `OperationActive` unless this purpose may be begun beside what is active.
    fn admit(&self, purpose: Purpose) -> Result<()> {
        let (own, other) =
            if purpose.is_cipher() { (&self.cipher, &self.integrity) } else { (&self.integrity, &self.cipher) };
        match (own, other) {
            (Some(_), _) => Err(Error::OperationActive),
            (None, Some(other)) if !purpose.goes_with(other.purpose) => Err(Error::OperationActive),
            _ => Ok(()),
        }
    }

    /// Takes an operation out of its place for a step; `OperationNotInitialized` if it is not there.
    pub(super) fn take(&mut self, purpose: Purpose) -> Result<Active> {
        let place = self.place(purpose);
        let active = place.take_if(|active| active.purpose == purpose).ok_or(Error::OperationNotInitialized)?;
        if active.waiting_for_login {
            // The operation waits for its login (section 4.11, CKA_ALWAYS_AUTHENTICATE).
            self.put_back(active);
            return Err(Error::UserNotLoggedIn);
        }
        Ok(active)
    }

    /// Whether an operation of this purpose is there.
    pub(super) fn has(&mut self, purpose: Purpose) -> bool {
        self.place(purpose).as_ref().is_some_and(|active| active.purpose == purpose)
    }

    /// Puts an operation back after a step that did not end it.
    pub(super) fn put_back(&mut self, active: Active) {
        let purpose = active.purpose;
        *self.place(purpose) = Some(active);
    }

    /// Ends an operation if it is there.
    pub(super) fn end(&mut self, purpose: Purpose) {
        self.place(purpose).take_if(|active| active.purpose == purpose);
    }

    /// Ends what the flags name.
    pub(super) fn cancel(&mut self, flags: CK_FLAGS) {
        let named = |active: &mut Active| active.purpose.flag() & flags != 0;
        self.cipher.take_if(named);
        self.integrity.take_if(named);
        if flags & CKF_FIND_OBJECTS != 0 {
            self.search = None;
        }
    }

    /// Where to note that the context-specific login has come, if an operation waits for one.
    pub(super) fn waiting_for_login(&mut self) -> Option<&mut bool> {
        [&mut self.cipher, &mut self.integrity]
            .into_iter()
            .flatten()
            .map(|active| &mut active.waiting_for_login)
            .find(|waiting| **waiting)
    }

    /// What is active now, cipher first.
    pub(super) fn actives(&self) -> impl Iterator<Item = &Active> {
        [&self.cipher, &self.integrity].into_iter().flatten()
    }

    /// Replaces everything that is active.
    pub(super) fn replace(&mut self, cipher: Option<Active>, integrity: Option<Active>) {
        (self.cipher, self.integrity, self.search) = (cipher, integrity, None);
    }
}

impl Active {
    /// After one of many messages, a key that wants a login for each use wants the next.
    pub(super) fn wait_for_login(&mut self) {
        self.waiting_for_login = self.key.as_ref().is_some_and(|key| key.bool(CKA_ALWAYS_AUTHENTICATE));
    }
}

/// A session's state, for one call.
pub(super) struct Turn<'a> {
    state: MutexGuard<'a, State>,
    // After it: fields are dropped in their order.
    _after: After<'a>,
}

impl Deref for Turn<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

/// When a call is over and its lock released: what has ended meanwhile, in other sessions, is not kept until the next call.
struct After<'a> {
    session: &'a Session,
    known: Known,
}

impl Drop for After<'_> {
    fn drop(&mut self) {
        fence(Ordering::SeqCst);
        if self.known != self.session.known() {
            self.session.end_idle();
        }
    }
}

/// What a session knows of the token when it looks for what is over: the count of changes, and the login period.
type Known = (u64, u64);

impl Session {
    /// The session's state, for one call. Operations whose login is over have ended with it, for all calls alike.
    pub(super) fn lock(&self) -> Turn<'_> {
        let mut state = self.state.lock();
        if self.token.is_shared() && state.actives().any(Active::could_open) {
            // Another process may have wrapped with the key since the operation began. What cannot be learnt, the next look-up tells.
            let _ = self.token.refresh();
        }
        let known = self.end_over(&mut state);
        Turn { state, _after: After { session: self, known } }
    }

    /// Ends what is over, unless a call is running in the session, which will when it is over.
    pub(crate) fn end_what_is_over(&self) {
        self.end_pending();
        self.end_idle();
    }

    /// Forgets everything, for nobody can ask for it any more. What is in use, whoever uses it drops.
    pub(crate) fn forget(&self) {
        self.forget_pending();
        fence(Ordering::SeqCst);
        if let Some(mut state) = self.state.try_lock() {
            *state = State::default();
        }
    }

    /// Either the lock is had here, or the call that has it looks after it has released it, and sees the change. Each side writes
    /// (the change; the lock) and then reads what the other wrote, with a fence between: one of them sees the other.
    fn end_idle(&self) {
        loop {
            fence(Ordering::SeqCst);
            let Some(mut state) = self.state.try_lock() else { return };
            let known = self.end_over(&mut state);
            drop(state);
            fence(Ordering::SeqCst);
            if known == self.known() {
                return;
            }
        }
    }

    fn known(&self) -> Known {
        (self.token.changes(), self.token.login_period())
    }

    fn end_over(&self, state: &mut State) -> Known {
        let known = self.known();
        let (changes, period) = known;
        let wrappers = self.token.wrappers();
        let count = wrappers.count();
        let over = |active: &mut Active| {
            let Some(key) = &active.key else { return false };
            let logged_out = active.period != period && key.is_private();
            logged_out || (active.wrappers != count && active.admitted(wrappers).is_err())
        };
        state.cipher.take_if(over);
        state.integrity.take_if(over);
        state.last_key.take_if(|last| last.changes != changes);
        known
    }

    /// A key by its handle: without the token's lock if it is the one that was used last, and nothing has changed since.
    fn held(&self, state: &mut State, handle: CK_OBJECT_HANDLE) -> Result<Held> {
        self.token.refresh()?;
        let changes = self.token.changes();
        let last = state.last_key.as_ref().filter(|last| last.handle == handle && last.changes == changes);
        if let Some(last) = last {
            return Ok(last.key.clone());
        }
        let key = Arc::new(self.key(handle)?);
        state.last_key = Some(LastKey { handle, changes, key: key.clone() });
        Ok(key)
    }

    /// `C_…Init`: begins an operation; with no mechanism, ends it.
    pub(crate) fn begin(&self, purpose: Purpose, asked: Option<Asked>, key: Option<CK_OBJECT_HANDLE>) -> Result<()> {
        self.begin_with(purpose, asked, key, &[])
    }

    /// `C_VerifySignatureInit`: as [`Self::begin`], with the signature.
    pub(crate) fn begin_with(
        &self,
        purpose: Purpose,
        asked: Option<Asked>,
        key: Option<CK_OBJECT_HANDLE>,
        signature: &[u8],
    ) -> Result<()> {
        let mut state = self.lock();
        let Some(asked) = asked else {
            state.end(purpose);
            return Ok(());
        };
        state.admit(purpose)?;
        let period = self.token.login_period();
        let key = key.map(|handle| Ok((handle, self.held(&mut state, handle)?))).transpose()?;
        let mut active = self.activate(purpose, asked, key, period)?;
        if let Op::VerifySignature(_, kept) = &mut active.op {
            *kept = signature.to_vec();
        }
        state.put_back(active);
        Ok(())
    }

    /// Makes an operation without putting it anywhere. The login period must have been asked for before the key was:
    /// if a logout came in between, the operation is over before it begins.
    pub(super) fn activate(
        &self,
        purpose: Purpose,
        asked: Asked,
        key: Option<(CK_OBJECT_HANDLE, Held)>,
        period: u64,
    ) -> Result<Active> {
        let asked = Asked { mechanism: self.row(&asked)?, ..asked };
        let (handle, key) = key.map_or((CK_INVALID_HANDLE, None), |(handle, key)| (handle, Some(key)));
        let op = self.start(purpose, &asked, handle, key.as_deref().map(|key| &**key))?;
        let wrappers = self.token.wrappers().count();
        let waiting_for_login = key.as_ref().is_some_and(|key| key.bool(CKA_ALWAYS_AUTHENTICATE));
        let Asked { mechanism, params } = asked;
        let parts = false;
        let active = Active { purpose, op, mechanism, params, key, handle, parts, waiting_for_login, period, wrappers };
        active.admitted(self.token.wrappers())?;
        Ok(active)
    }

    fn start(&self, purpose: Purpose, asked: &Asked, handle: CK_OBJECT_HANDLE, object: Option<&Object>) -> Result<Op> {
        let Asked { mechanism, params } = asked;
        let invalid = Error::MechanismInvalid;
        let Some(permission) = purpose.permission() else {
            return Ok(Op::Sign(mechanism.digest.ok_or(invalid)?(mechanism, params)?));
        };
        // A mechanism that cannot do this at all is told before anything about the key is.
        let capable = match purpose {
            Purpose::Encrypt => mechanism.encrypt.is_some(),
            Purpose::Decrypt => mechanism.decrypt.is_some(),
            Purpose::Digest => mechanism.digest.is_some(),
            Purpose::Sign => mechanism.can_sign(),
            Purpose::Verify | Purpose::VerifySignature => mechanism.verify.is_some(),
            Purpose::SignRecover => mechanism.sign_recover.is_some(),
            Purpose::VerifyRecover => mechanism.verify_recover.is_some(),
            Purpose::MessageEncrypt | Purpose::MessageDecrypt => mechanism.encrypts_messages(),
            Purpose::MessageSign | Purpose::MessageVerify => mechanism.signs_messages(),
        };
        if !capable {
            return Err(invalid);
        }
        let uses_public = matches!(
            purpose,
            Purpose::Encrypt
                | Purpose::Verify
                | Purpose::VerifyRecover
                | Purpose::VerifySignature
                | Purpose::MessageVerify
        );
        let object = object.ok_or(Error::KeyHandleInvalid)?;
        let key = object.usable(mechanism, permission, uses_public)?;
        Ok(match purpose {
            Purpose::Encrypt => Op::Cipher(mechanism.encrypt.ok_or(invalid)?(mechanism, params, key)?),
            Purpose::Decrypt => Op::Cipher(mechanism.decrypt.ok_or(invalid)?(mechanism, params, key)?),
            Purpose::Digest => return Err(invalid),
            Purpose::Sign => Op::Sign(self.signature(mechanism, params, handle, object)?),
            Purpose::Verify => Op::Verify(mechanism.verify.ok_or(invalid)?(mechanism, params, key)?),
            Purpose::SignRecover => Op::Recover(mechanism.sign_recover.ok_or(invalid)?(mechanism, params, key)?),
            Purpose::VerifyRecover => Op::Recover(mechanism.verify_recover.ok_or(invalid)?(mechanism, params, key)?),
            Purpose::VerifySignature => {
                Op::VerifySignature(mechanism.verify.ok_or(invalid)?(mechanism, params, key)?, Vec::new())
            }
            Purpose::MessageEncrypt | Purpose::MessageDecrypt => Op::Messages(Box::default()),
            Purpose::MessageSign => {
                // Whatever is wrong with the key or the parameter is told now, not with the first message.
                self.signature(mechanism, params, handle, object)?;
                Op::Messages(Box::default())
            }
            Purpose::MessageVerify => {
                mechanism.verify.ok_or(invalid)?(mechanism, params, key)?;
                Op::Messages(Box::default())
            }
        })
    }
}

impl Active {
    /// Whether its key would open what it may have wrapped meanwhile, in another process.
    fn could_open(&self) -> bool {
        let lasts = self.key.as_ref().filter(|key| key.is_token_object() && key.bool(CKA_WRAP));
        let permission = self.purpose.permission();
        lasts
            .zip(permission)
            .is_some_and(|(key, permission)| wrappers::opens(key.class(), self.mechanism.id, permission))
    }

    /// `KeyFunctionNotPermitted` if its key has wrapped hidden keys, which this could open.
    fn admitted(&self, wrappers: &Wrappers) -> Result<()> {
        match (&self.key, self.purpose.permission()) {
            (Some(key), Some(permission)) => wrappers.admit(key, self.mechanism.id, permission),
            _ => Ok(()),
        }
    }
}
