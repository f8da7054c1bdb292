//! The model: what a session of the standard does (sections 5.2 and 5.6 to 5.15), without a line of the library's.

use super::call::{Call, Data, Flaw, Key, Kind, Mechanism, Out, PAIRS, Part, Signature};
use super::messages::{Message, Process};
use super::reference::{self, BLOCK, Bad, Mode};
use crate::common::*;
use rsa::PrivateKey;
use std::sync::LazyLock;

/// Everything that is known about the session.
#[derive(Clone, Default)]
pub struct Model {
    pub(super) cipher: Option<Operation>,
    pub(super) integrity: Option<Operation>,
    /// How many objects the search has not given yet.
    search: Option<usize>,
    pub logged_in: bool,
    saved: Vec<Saved>,
    /// Whether the session is asynchronous.
    asynchronous: bool,
    /// The generation on a thread, if there is one.
    pending: Option<Pending>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Pending {
    /// Whether it began beside an operation with a private key: then its result ends with the login.
    private: bool,
    over: bool,
}

#[derive(Clone)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    mechanism: Mechanism,
    key: Option<Key>,
    iv: [u8; 16],
    /// What has gone in, and how much has come out.
    input: Vec<u8>,
    emitted: usize,
    parts: bool,
    /// Good input for a decryption or a recovery, and what that gives.
    source: Vec<u8>,
    plain: Vec<u8>,
    /// If it is a process of many messages.
    pub(super) process: Process,
}

#[derive(Clone)]
struct Saved {
    cipher: Option<Operation>,
    integrity: Option<Operation>,
    logged_in: bool,
}

/// The arguments of a call and what must come of it.
pub struct Plan {
    /// NULL with a length, if there is none.
    pub data: Option<Vec<u8>>,
    pub signature: Option<Vec<u8>>,
    /// The size of the output buffer; a NULL buffer, if there is none.
    pub room: Option<usize>,
    /// A message's parameter, and what it must be after the call.
    pub before: Option<MessageParam>,
    pub after: Option<MessageParam>,
    /// Whether a message that is signed or verified comes with a parameter.
    pub superfluous: bool,
    pub code: CK_RV,
    pub output: Output,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Whatever it is, it is not looked at.
    Nothing,
    /// A length that suffices, but not by far.
    Told {
        least: usize,
        most: usize,
    },
    Bytes(Vec<u8>),
    Count(usize),
}

/// How many objects the search finds.
pub const FOUND: usize = 5;

/// How many saved states are kept.
pub const KEPT: usize = 8;

/// Enough for everything.
pub(super) const AMPLE: usize = 600;

pub static RSA: LazyLock<PrivateKey> = LazyLock::new(|| {
    use rand::SeedableRng;
    PrivateKey::new(&mut rand::rngs::StdRng::seed_from_u64(1), 1024).unwrap()
});

impl Key {
    /// The value of a secret key.
    pub fn value(self) -> Option<Vec<u8>> {
        match self {
            Self::Aes => Some(vec![1; 16]),
            Self::AesPrivate => Some(vec![2; 16]),
            Self::AesOther => Some(vec![3; 16]),
            Self::AesIdle => Some(vec![4; 16]),
            Self::Hmac => Some(vec![5; 20]),
            Self::HmacPrivate => Some(vec![6; 20]),
            Self::HmacOther => Some(vec![7; 20]),
            _ => None,
        }
    }

    pub fn is_private(self) -> bool {
        matches!(self, Self::AesPrivate | Self::HmacPrivate)
    }

    fn is_aes(self) -> bool {
        matches!(self, Self::Aes | Self::AesPrivate | Self::AesOther | Self::AesIdle)
    }

    fn is_hmac(self) -> bool {
        matches!(self, Self::Hmac | Self::HmacPrivate | Self::HmacOther)
    }
}

impl Model {
    /// A session in which nothing is going on.
    pub fn new(asynchronous: bool) -> Self {
        Self { asynchronous, ..Self::default() }
    }

    /// The kinds of the active operations.
    pub fn active(&self) -> Vec<Kind> {
        [&self.cipher, &self.integrity].into_iter().flatten().map(|operation| operation.kind).collect()
    }

    /// Which of the saved states an index means.
    pub fn saved(&self, index: usize) -> Option<usize> {
        index.checked_rem(self.saved.len())
    }

    /// The keys of a saved state, for restoring it.
    pub fn saved_keys(&self, index: usize) -> (Option<Key>, Option<Key>) {
        let saved = &self.saved[index];
        let key = |operation: &Option<Operation>| operation.as_ref().and_then(|operation| operation.key);
        (key(&saved.cipher), key(&saved.integrity))
    }

    /// Takes a call and says what must come of it.
    pub fn plan(&mut self, call: &Call) -> Plan {
        if self.pending.is_some() && !call.goes_beside_what_is_pending() {
            // It ends nothing, whatever else is wrong with it.
            return CKR_OPERATION_ACTIVE.into();
        }
        match call {
            Call::Init { kind, mechanism, key, iv, plain } => self.init(*kind, *mechanism, *key, *iv, plain).into(),
            Call::Step { kind, part, data, out } => self.step(*kind, *part, data, *out),
            Call::Absorb { kind, data } => self.absorb(*kind, data),
            Call::DigestKey { key } => self.digest_key(*key).into(),
            Call::Verify { data, signature } => self.verify(Some(data), *signature),
            Call::VerifyFinal { signature } => self.verify(None, *signature),
            Call::Dual { pair, data, out } => self.dual(PAIRS[*pair], data, *out),
            Call::CryptMessage { kind, nonce, aad, plain, data, out, parameter } => {
                let message = Message { kind: *kind, nonce: *nonce, aad, plain, parameter: *parameter };
                match data {
                    Some(data) => self.crypt_message(&message, data, *out),
                    None => self.begin_cipher_message(&message),
                }
            }
            Call::CryptNext { kind, data, out, flags, parameter } => {
                self.next_cipher_message(*kind, data, *out, *flags, *parameter)
            }
            Call::SignMessage { data, out, parameter } => self.sign_message(data, *out, *parameter),
            Call::SignNext { data, out, parameter } => self.next_sign_message(data, *out, *parameter),
            Call::VerifyMessage { whole, data, signature, parameter } => {
                self.verify_message(*whole, data, *signature, *parameter)
            }
            Call::IntegrityBegin { kind, parameter } => self.begin_integrity_message(*kind, *parameter),
            Call::MessagesFinal { kind } => self.end_messages(*kind).into(),
            Call::FindInit => self.find_init().into(),
            Call::Find { most } => self.find(*most),
            Call::FindNull => CKR_ARGUMENTS_BAD.into(),
            Call::FindFinal => self.search.take().map_or(CKR_OPERATION_NOT_INITIALIZED, |_| CKR_OK).into(),
            Call::Cancel { flags } => self.cancel(*flags).into(),
            Call::Save { out } => self.save(*out),
            Call::Restore { index, flaw } => self.restore(*index, *flaw).into(),
            Call::Login => self.login().into(),
            Call::Logout => self.logout().into(),
            Call::Generate if !self.asynchronous => CKR_OK.into(),
            Call::Generate => {
                let private = |operation: &Operation| operation.key.is_some_and(Key::is_private);
                let private = [&self.cipher, &self.integrity].into_iter().flatten().any(private);
                self.pending = Some(Pending { private, over: false });
                CKR_PENDING.into()
            }
            Call::Complete { right } => match self.pending.take_if(|_| *right) {
                None => CKR_OPERATION_NOT_INITIALIZED.into(),
                Some(Pending { private: true, over: true }) => CKR_USER_NOT_LOGGED_IN.into(),
                Some(_) => CKR_OK.into(),
            },
            Call::PendingId if self.pending.is_some() => CKR_STATE_UNSAVEABLE.into(),
            Call::PendingId => CKR_OPERATION_NOT_INITIALIZED.into(),
        }
    }

    /// Whether a function is pending.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    fn place(&mut self, kind: Kind) -> &mut Option<Operation> {
        if kind.is_cipher() { &mut self.cipher } else { &mut self.integrity }
    }

    pub(super) fn take(&mut self, kind: Kind) -> Option<Operation> {
        self.place(kind).take_if(|operation| operation.kind == kind)
    }

    pub(super) fn put(&mut self, operation: Operation) {
        let place = self.place(operation.kind);
        assert!(place.is_none());
        *place = Some(operation);
    }

    fn is_dead(&self, key: Key) -> bool {
        matches!(key, Key::Null | Key::Never | Key::Stale) || (key.is_private() && !self.logged_in)
    }

    fn init(&mut self, kind: Kind, mechanism: Option<Mechanism>, key: Key, iv: [u8; 16], plain: &[u8]) -> CK_RV {
        let Some(mechanism) = mechanism else {
            self.take(kind);
            return CKR_OK;
        };
        match mechanism {
            Mechanism::Unknown => return CKR_MECHANISM_INVALID,
            Mechanism::ShortIv | Mechanism::Superfluous => return CKR_MECHANISM_PARAM_INVALID,
            _ => {}
        }
        let goes_with = |other: Kind| PAIRS.contains(&(kind, other)) || PAIRS.contains(&(other, kind));
        if self.active().into_iter().any(|other| !goes_with(other)) {
            return CKR_OPERATION_ACTIVE;
        }
        let key = (kind != Kind::Digest).then_some(key);
        if key.is_some_and(|key| self.is_dead(key)) {
            return CKR_KEY_HANDLE_INVALID;
        }
        if !mechanism.serves(kind) {
            return CKR_MECHANISM_INVALID;
        }
        match key {
            Some(key) if !mechanism.takes(kind, key) => return CKR_KEY_TYPE_INCONSISTENT,
            Some(Key::AesIdle) => return CKR_KEY_FUNCTION_NOT_PERMITTED,
            _ => {}
        }
        let (input, emitted, parts, source) = (Vec::new(), 0, false, Vec::new());
        let mut operation = Operation {
            kind,
            mechanism,
            key,
            iv,
            input,
            emitted,
            parts,
            source,
            plain: plain.to_vec(),
            process: Process::default(),
        };
        operation.source = operation.good_input();
        self.put(operation);
        CKR_OK
    }

    fn step(&mut self, kind: Kind, part: Part, data: &Data, out: Out) -> Plan {
        let data = if part == Part::Final { Some(Vec::new()) } else { self.resolve(kind, data) };
        let Some(mut operation) = self.take(kind) else {
            return Plan { data, room: out.room(AMPLE), ..CKR_OPERATION_NOT_INITIALIZED.into() };
        };
        let plan = Plan { data: data.clone(), room: out.room(AMPLE), ..CKR_OK.into() };
        let Some(data) = data.filter(|_| out != Out::NoLength) else { return Plan { code: CKR_ARGUMENTS_BAD, ..plan } };
        if let Some(code) = operation.refuses(part) {
            return Plan { code, ..plan };
        }
        operation.input.extend(&data);
        let produced = operation.produce(part != Part::Update);
        if out == Out::Query {
            let least = produced.map_or(0, |all| all.len() - operation.emitted);
            let most = if produced_is_uncertain(kind) { AMPLE } else { least.max(data.len()) + 2 * BLOCK };
            operation.input.truncate(operation.input.len() - data.len());
            self.put(operation);
            return Plan { output: Output::Told { least, most }, ..plan };
        }
        let fresh = match produced {
            Ok(all) => all[operation.emitted..].to_vec(),
            Err(code) => return Plan { code, room: Some(AMPLE), ..plan },
        };
        if out == Out::Small && !fresh.is_empty() {
            let (least, room) = (fresh.len(), Some(fresh.len() - 1));
            let most = if produced_is_uncertain(kind) { AMPLE } else { least + 2 * BLOCK };
            operation.input.truncate(operation.input.len() - data.len());
            self.put(operation);
            return Plan { code: CKR_BUFFER_TOO_SMALL, room, output: Output::Told { least, most }, ..plan };
        }
        let room = if matches!(out, Out::Exact | Out::Small) { fresh.len() } else { AMPLE };
        if part == Part::Update {
            operation.emitted += fresh.len();
            operation.parts = true;
            self.put(operation);
        }
        Plan { room: Some(room), output: Output::Bytes(fresh), ..plan }
    }

    fn absorb(&mut self, kind: Kind, data: &Data) -> Plan {
        let data = self.resolve(kind, data);
        let Some(mut operation) = self.take(kind) else {
            return Plan { data, ..CKR_OPERATION_NOT_INITIALIZED.into() };
        };
        let code = match &data {
            None => CKR_ARGUMENTS_BAD,
            Some(bytes) => match operation.refuses(Part::Update) {
                Some(code) => code,
                None => {
                    operation.input.extend(bytes);
                    operation.parts = true;
                    self.put(operation);
                    CKR_OK
                }
            },
        };
        Plan { data, ..code.into() }
    }

    fn digest_key(&mut self, key: Key) -> CK_RV {
        let Some(mut operation) = self.take(Kind::Digest) else { return CKR_OPERATION_NOT_INITIALIZED };
        if self.is_dead(key) {
            return CKR_KEY_HANDLE_INVALID;
        }
        let Some(value) = key.value() else { return CKR_KEY_INDIGESTIBLE };
        operation.input.extend(value);
        operation.parts = true;
        self.put(operation);
        CKR_OK
    }

    fn verify(&mut self, data: Option<&Data>, signature: Signature) -> Plan {
        let whole = data.is_some();
        let data = data.map_or(Some(Vec::new()), |data| self.resolve(Kind::Verify, data));
        let Some(mut operation) = self.take(Kind::Verify) else {
            return Plan { data, signature: Some(vec![0; 32]), ..CKR_OPERATION_NOT_INITIALIZED.into() };
        };
        let Some(bytes) = data.clone().filter(|_| signature != Signature::Null) else {
            let signature = (signature != Signature::Null).then(|| vec![0; 32]);
            return Plan { data, signature, ..CKR_ARGUMENTS_BAD.into() };
        };
        let refused = operation.refuses(if whole { Part::Whole } else { Part::Final });
        operation.input.extend(bytes);
        let (good, code) = signature.over(operation.result());
        Plan { data, signature: Some(good), ..refused.unwrap_or(code).into() }
    }

    fn dual(&mut self, (one, other): (Kind, Kind), data: &Data, out: Out) -> Plan {
        let data = self.resolve(one, data);
        let active = self.active();
        if !active.contains(&one) || !active.contains(&other) {
            return Plan { data, room: out.room(AMPLE), ..CKR_OPERATION_NOT_INITIALIZED.into() };
        }
        let refused = self.integrity.as_ref().is_some_and(|operation| operation.refuses(Part::Update).is_some());
        if refused && data.is_some() && out != Out::NoLength {
            // An operation in one part only: both have ended.
            (self.cipher, self.integrity) = (None, None);
            return Plan { data, room: out.room(AMPLE), ..CKR_OPERATION_NOT_INITIALIZED.into() };
        }
        let before = self.cipher.as_ref().map(|operation| operation.emitted);
        let plan = self.step(one, Part::Update, &data.map_or(Data::Null, Data::Bytes), out);
        match (&plan.code, &plan.output, &mut self.integrity) {
            (&CKR_OK, Output::Bytes(fresh), Some(integrity)) => {
                assert!(before.is_some());
                let fed = if one == Kind::Encrypt { plan.data.as_ref().unwrap() } else { fresh };
                integrity.input.extend(fed);
                integrity.parts = true;
            }
            (&CKR_OK | &CKR_BUFFER_TOO_SMALL, ..) => {}
            _ => self.integrity = None,
        }
        plan
    }

    fn find_init(&mut self) -> CK_RV {
        if self.search.is_some() {
            return CKR_OPERATION_ACTIVE;
        }
        self.search = Some(FOUND);
        CKR_OK
    }

    fn find(&mut self, most: usize) -> Plan {
        let Some(left) = &mut self.search else { return CKR_OPERATION_NOT_INITIALIZED.into() };
        let count = most.min(*left);
        *left -= count;
        Plan { output: Output::Count(count), ..CKR_OK.into() }
    }

    fn cancel(&mut self, flags: CK_FLAGS) -> CK_RV {
        let all = [
            (Kind::Encrypt, CKF_ENCRYPT),
            (Kind::Decrypt, CKF_DECRYPT),
            (Kind::Digest, CKF_DIGEST),
            (Kind::Sign, CKF_SIGN),
            (Kind::Verify, CKF_VERIFY),
            (Kind::SignRecover, CKF_SIGN_RECOVER),
            (Kind::VerifyRecover, CKF_VERIFY_RECOVER),
            (Kind::MessageEncrypt, CKF_MESSAGE_ENCRYPT),
            (Kind::MessageDecrypt, CKF_MESSAGE_DECRYPT),
            (Kind::MessageSign, CKF_MESSAGE_SIGN),
            (Kind::MessageVerify, CKF_MESSAGE_VERIFY),
        ];
        for (kind, _) in all.into_iter().filter(|(_, flag)| flags & flag != 0) {
            self.take(kind);
        }
        if flags & CKF_FIND_OBJECTS != 0 {
            self.search = None;
        }
        self.pending.take_if(|_| flags & CKF_GENERATE != 0);
        CKR_OK
    }

    fn save(&mut self, out: Out) -> Plan {
        let plan = |code: CK_RV, room| Plan { room, ..code.into() };
        if out == Out::NoLength {
            return plan(CKR_ARGUMENTS_BAD, Some(4));
        }
        let active = || [&self.cipher, &self.integrity].into_iter().flatten().filter(|operation| operation.counts());
        if active().next().is_none() {
            return plan(CKR_OPERATION_NOT_INITIALIZED, Some(4));
        }
        if !active().all(Operation::is_saveable) {
            return plan(CKR_STATE_UNSAVEABLE, out.room(4));
        }
        match out {
            Out::Query => plan(CKR_OK, None),
            Out::Small => plan(CKR_BUFFER_TOO_SMALL, Some(4)),
            _ => {
                if self.saved.len() == KEPT {
                    self.saved.remove(0);
                }
                let (cipher, integrity) = (self.cipher.clone(), self.integrity.clone());
                self.saved.push(Saved { cipher, integrity, logged_in: self.logged_in });
                plan(CKR_OK, Some(4096))
            }
        }
    }

    fn restore(&mut self, index: usize, flaw: Flaw) -> CK_RV {
        let Some(index) = self.saved(index) else { return CKR_SAVED_STATE_INVALID };
        let saved = self.saved[index].clone();
        if matches!(flaw, Flaw::Flipped | Flaw::Cut | Flaw::Empty) || saved.logged_in != self.logged_in {
            return CKR_SAVED_STATE_INVALID;
        }
        let (cipher, integrity) = self.saved_keys(index);
        match flaw {
            Flaw::MissingCipherKey if cipher.is_some() => return CKR_KEY_NEEDED,
            Flaw::MissingIntegrityKey if integrity.is_some() => return CKR_KEY_NEEDED,
            Flaw::OtherCipherKey if cipher.is_some() => return CKR_KEY_CHANGED,
            Flaw::OtherIntegrityKey if integrity.is_some() => return CKR_KEY_CHANGED,
            Flaw::NeedlessCipherKey if cipher.is_none() => return CKR_KEY_NOT_NEEDED,
            Flaw::NeedlessIntegrityKey if integrity.is_none() => return CKR_KEY_NOT_NEEDED,
            _ => {}
        }
        (self.cipher, self.integrity, self.search) = (saved.cipher, saved.integrity, None);
        CKR_OK
    }

    fn login(&mut self) -> CK_RV {
        if self.logged_in {
            return CKR_USER_ALREADY_LOGGED_IN;
        }
        self.logged_in = true;
        CKR_OK
    }

    fn logout(&mut self) -> CK_RV {
        if !self.logged_in {
            return CKR_USER_NOT_LOGGED_IN;
        }
        self.logged_in = false;
        let private = |operation: &mut Operation| operation.key.is_some_and(Key::is_private);
        self.cipher.take_if(private);
        self.integrity.take_if(private);
        if let Some(pending) = &mut self.pending {
            pending.over = true;
        }
        CKR_OK
    }

    fn resolve(&self, kind: Kind, data: &Data) -> Option<Vec<u8>> {
        let place = if kind.is_cipher() { &self.cipher } else { &self.integrity };
        let rest = place.as_ref().filter(|operation| operation.kind == kind).map(|operation| {
            let source = &operation.source;
            source[operation.input.len().min(source.len())..].to_vec()
        });
        let rest = rest.unwrap_or_default();
        match data {
            Data::Bytes(bytes) => Some(bytes.clone()),
            Data::Next(length) => Some(rest[..rest.len().min(*length)].to_vec()),
            Data::Rest => Some(rest),
            Data::Null => None,
        }
    }
}

/// Whether the length that is told before the result is known may exceed it by much.
fn produced_is_uncertain(kind: Kind) -> bool {
    matches!(kind, Kind::SignRecover | Kind::VerifyRecover)
}

impl Operation {
    /// Why this part may not come now.
    fn refuses(&self, part: Part) -> Option<CK_RV> {
        match part {
            Part::Whole if self.parts => Some(CKR_OPERATION_ACTIVE),
            Part::Update | Part::Final if self.in_one_part() => Some(CKR_OPERATION_NOT_INITIALIZED),
            _ => None,
        }
    }

    /// All that has come out when all the input is in.
    fn produce(&self, last: bool) -> Result<Vec<u8>, CK_RV> {
        let encrypt = self.kind == Kind::Encrypt;
        match (self.kind, self.mechanism) {
            (Kind::Encrypt | Kind::Decrypt, Mechanism::Cipher(mode)) => {
                mode.run(encrypt, &self.value(), &self.iv, &self.input, last).map_err(|bad| match (bad, encrypt) {
                    (Bad::Length, true) => CKR_DATA_LEN_RANGE,
                    (Bad::Length, false) => CKR_ENCRYPTED_DATA_LEN_RANGE,
                    (Bad::Padding, _) => CKR_ENCRYPTED_DATA_INVALID,
                })
            }
            (Kind::VerifyRecover, _) if self.input.len() != self.source.len() => Err(CKR_SIGNATURE_LEN_RANGE),
            (Kind::VerifyRecover, _) if self.input != self.source => Err(CKR_SIGNATURE_INVALID),
            (Kind::VerifyRecover, _) => Ok(self.plain.clone()),
            _ => Ok(self.result()),
        }
    }

    /// The digest, the MAC or the signature of the input.
    fn result(&self) -> Vec<u8> {
        self.result_of(&self.input)
    }

    pub(super) fn result_of(&self, data: &[u8]) -> Vec<u8> {
        match self.mechanism {
            Mechanism::Sha256 => reference::sha256(data),
            Mechanism::Hmac => reference::hmac_sha256(&self.value(), data),
            Mechanism::Cmac => reference::cmac(&self.value(), data),
            Mechanism::Rsa => reference::rsa_pkcs(&RSA, data),
            _ => unreachable!(),
        }
    }

    pub(super) fn in_one_part(&self) -> bool {
        self.mechanism == Mechanism::Rsa
    }

    fn good_input(&self) -> Vec<u8> {
        match (self.kind, self.mechanism) {
            (Kind::Decrypt, Mechanism::Cipher(mode)) => {
                let mut plain = self.plain.clone();
                if matches!(mode, Mode::Ecb | Mode::Cbc) {
                    plain.resize(plain.len().next_multiple_of(BLOCK), 0);
                }
                mode.run(true, &self.value(), &self.iv, &plain, true).unwrap()
            }
            (Kind::VerifyRecover, _) => reference::rsa_pkcs(&RSA, &self.plain),
            _ => Vec::new(),
        }
    }

    pub(super) fn value(&self) -> Vec<u8> {
        self.key.and_then(Key::value).unwrap()
    }

    /// Whether it is of those that can be saved at all: not with recovery, and not of many messages.
    fn counts(&self) -> bool {
        !matches!(
            self.kind,
            Kind::SignRecover
                | Kind::VerifyRecover
                | Kind::MessageEncrypt
                | Kind::MessageDecrypt
                | Kind::MessageSign
                | Kind::MessageVerify
        )
    }

    fn is_saveable(&self) -> bool {
        matches!(self.mechanism, Mechanism::Cipher(_) | Mechanism::Sha256 | Mechanism::Hmac)
    }
}

impl Call {
    /// What a session still does while a function is pending in it (docs/async.md).
    fn goes_beside_what_is_pending(&self) -> bool {
        matches!(self, Self::Cancel { .. } | Self::Logout | Self::Complete { .. } | Self::PendingId)
    }
}

impl Mechanism {
    fn serves(self, kind: Kind) -> bool {
        match self {
            Self::Cipher(_) => matches!(kind, Kind::Encrypt | Kind::Decrypt),
            Self::Sha256 => kind == Kind::Digest,
            Self::Hmac | Self::Cmac => {
                matches!(kind, Kind::Sign | Kind::Verify | Kind::MessageSign | Kind::MessageVerify)
            }
            Self::Rsa => !matches!(kind, Kind::Digest | Kind::MessageEncrypt | Kind::MessageDecrypt),
            Self::Gcm => matches!(kind, Kind::MessageEncrypt | Kind::MessageDecrypt),
            _ => false,
        }
    }

    fn takes(self, kind: Kind, key: Key) -> bool {
        match self {
            Self::Hmac => key.is_hmac(),
            Self::Rsa if matches!(kind, Kind::Verify | Kind::VerifyRecover | Kind::MessageVerify) => {
                key == Key::RsaPublic
            }
            Self::Rsa => key == Key::RsaPrivate,
            _ => key.is_aes(),
        }
    }
}

impl Signature {
    /// What becomes of a good signature, and what must be said to that.
    pub(super) fn over(self, mut good: Vec<u8>) -> (Vec<u8>, CK_RV) {
        let code = match self {
            Self::Right | Self::Null => CKR_OK,
            Self::Wrong => {
                *good.last_mut().unwrap() ^= 1;
                CKR_SIGNATURE_INVALID
            }
            Self::Short => {
                good.pop();
                CKR_SIGNATURE_LEN_RANGE
            }
            Self::Empty => {
                good.clear();
                CKR_SIGNATURE_LEN_RANGE
            }
        };
        (good, code)
    }
}

impl Out {
    fn room(self, ample: usize) -> Option<usize> {
        (self != Self::Query).then_some(ample)
    }
}

impl From<CK_RV> for Plan {
    fn from(code: CK_RV) -> Self {
        Self {
            data: Some(Vec::new()),
            signature: None,
            room: Some(AMPLE),
            before: None,
            after: None,
            superfluous: false,
            code,
            output: Output::Nothing,
        }
    }
}
