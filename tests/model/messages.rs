//! The model of processes of many messages (sections "Message-based encryption functions" and the three after it).

use super::call::{Data, Key, Kind, Nonce, Out, Parameter, Signature};
use super::machine::{Model, Operation, Output, Plan};
use super::reference;
use crate::common::*;

/// What is known about a process beside its mechanism and key.
#[derive(Clone, Default)]
pub struct Process {
    used: Vec<Vec<u8>>,
    counter: u8,
    begun: Option<Begun>,
}

#[derive(Clone)]
struct Begun {
    nonce: Vec<u8>,
    aad: Vec<u8>,
    input: Vec<u8>,
    /// The good ciphertext and its tag, for a decryption.
    source: Vec<u8>,
    tag: Vec<u8>,
}

/// The bits of a nonce that the counter may use: few, so that it comes to its end.
const FREE: u8 = 4;

const TAG: usize = 16;

/// A whole message, or its beginning.
pub struct Message<'a> {
    pub kind: Kind,
    pub nonce: Nonce,
    pub aad: &'a [u8],
    pub plain: &'a [u8],
    pub parameter: Parameter,
}

impl Nonce {
    /// As it stands in the parameter before the call.
    fn given(self) -> Vec<u8> {
        let (Self::Given(number) | Self::Counter(number) | Self::Wrong(number)) = self;
        vec![number; 12]
    }

    fn parameter(self) -> MessageParam {
        let (generator, fixed) = match self {
            Self::Given(_) => (CKG_NO_GENERATE, 0),
            Self::Counter(_) => (CKG_GENERATE_COUNTER, 96 - CK_ULONG::from(FREE)),
            Self::Wrong(_) => (99, 0),
        };
        MessageParam::made(CKM_AES_GCM, &self.given(), generator, fixed)
    }
}

impl Process {
    /// The nonce that the next message gets.
    fn next(&self, nonce: Nonce) -> Result<Vec<u8>, CK_RV> {
        let given = nonce.given();
        match nonce {
            Nonce::Wrong(_) => Err(CKR_MECHANISM_PARAM_INVALID),
            Nonce::Given(_) if self.used.contains(&given) => Err(CKR_MECHANISM_PARAM_INVALID),
            Nonce::Given(_) => Ok(given),
            Nonce::Counter(_) => {
                let counted = |count| [&given[..11], &[given[11] & 0xf0 | count]].concat();
                (self.counter..1 << FREE)
                    .map(counted)
                    .find(|nonce| !self.used.contains(nonce))
                    .ok_or(CKR_FUNCTION_FAILED)
            }
        }
    }

    fn spend(&mut self, source: Nonce, nonce: &[u8]) {
        if matches!(source, Nonce::Counter(_)) {
            self.counter = (nonce[11] & 0x0f) + 1;
        }
        self.used.push(nonce.to_vec());
    }
}

impl Model {
    /// The process, if a call of this kind may come now; `middle` says whether a message must have begun.
    fn process(&mut self, kind: Kind, middle: bool) -> Result<Operation, CK_RV> {
        let operation = self.take(kind).ok_or(CKR_OPERATION_NOT_INITIALIZED)?;
        match (operation.process.begun.is_some(), middle) {
            (true, false) => {
                self.put(operation);
                Err(CKR_OPERATION_ACTIVE)
            }
            (false, true) => {
                self.put(operation);
                Err(CKR_OPERATION_NOT_INITIALIZED)
            }
            _ => Ok(operation),
        }
    }

    pub fn end_messages(&mut self, kind: Kind) -> CK_RV {
        self.process(kind, false).err().unwrap_or(CKR_OK)
    }

    /// A whole message that is encrypted or decrypted.
    pub fn crypt_message(&mut self, message: &Message<'_>, data: &Data, out: Out) -> Plan {
        let Message { kind, nonce, aad, plain, parameter } = *message;
        let mut before = nonce.parameter();
        let key = self.key_of(kind);
        let (source, tag) = reference::gcm(&key, &nonce.given(), aad, plain);
        if kind == Kind::MessageDecrypt {
            before.tag = tag.clone();
        }
        if parameter == Parameter::OtherTag {
            before.tag = vec![0; 12];
        }
        let data = match data {
            Data::Bytes(bytes) if kind == Kind::MessageEncrypt => Some(bytes.clone()),
            Data::Null => None,
            _ if kind == Kind::MessageDecrypt => Some(source),
            _ => Some(plain.to_vec()),
        };
        let absent = parameter == Parameter::None;
        let plan = Plan::of_message(data.clone(), out, (!absent).then_some(before.clone()));
        let mut operation = match self.process(kind, false) {
            Ok(operation) => operation,
            Err(code) => return Plan { code, ..plan },
        };
        let result = match data.filter(|_| out != Out::NoLength) {
            None => Err(CKR_ARGUMENTS_BAD),
            Some(_) if absent => Err(CKR_MECHANISM_PARAM_INVALID),
            Some(data) if kind == Kind::MessageEncrypt => operation.process.next(nonce).map(|nonce| (nonce, data)),
            Some(data) => Ok((nonce.given(), data)),
        };
        let plan = match result {
            Err(code) => Plan { code, ..plan },
            Ok((_, data)) if matches!(out, Out::Query) || (out == Out::Small && !data.is_empty()) => {
                plan.too_small(out, data.len())
            }
            Ok((made, data)) if kind == Kind::MessageEncrypt => {
                operation.process.spend(nonce, &made);
                let (ciphertext, tag) = reference::gcm(&key, &made, aad, &data);
                let tag = tag[..before.tag.len()].to_vec();
                plan.gives(out, ciphertext, Some(MessageParam { nonce: made, tag, ..before }))
            }
            Ok((made, data)) => match reference::gcm_open(&key, &made, aad, &data, &before.tag) {
                Some(plain) => plan.gives(out, plain, None),
                None => Plan { code: CKR_AEAD_DECRYPT_FAILED, ..plan },
            },
        };
        self.put(operation);
        plan
    }

    pub fn begin_cipher_message(&mut self, message: &Message<'_>) -> Plan {
        let Message { kind, nonce, aad, plain, parameter } = *message;
        let before = nonce.parameter();
        let absent = parameter == Parameter::None;
        let plan = Plan::of_message(Some(Vec::new()), Out::Roomy, (!absent).then_some(before.clone()));
        let mut operation = match self.process(kind, false) {
            Ok(operation) => operation,
            Err(code) => return Plan { code, ..plan },
        };
        let made = match kind {
            _ if absent => Err(CKR_MECHANISM_PARAM_INVALID),
            Kind::MessageEncrypt => operation.process.next(nonce),
            _ => Ok(nonce.given()),
        };
        let plan = match made {
            Err(code) => Plan { code, ..plan },
            Ok(made) => {
                let key = operation.value();
                let (source, tag) = reference::gcm(&key, &made, aad, plain);
                let after = MessageParam { nonce: made.clone(), ..before };
                if kind == Kind::MessageEncrypt {
                    operation.process.spend(nonce, &made);
                }
                operation.process.begun =
                    Some(Begun { nonce: made, aad: aad.to_vec(), input: Vec::new(), source, tag });
                Plan { after: Some(after), ..plan }
            }
        };
        self.put(operation);
        plan
    }

    /// A part of a message that is encrypted or decrypted.
    pub fn next_cipher_message(
        &mut self,
        kind: Kind,
        data: &Data,
        out: Out,
        flags: CK_FLAGS,
        parameter: Parameter,
    ) -> Plan {
        let begun = self.begun(kind);
        let rest = begun.as_ref().map(|begun| begun.source[begun.input.len().min(begun.source.len())..].to_vec());
        let rest = rest.unwrap_or_default();
        let data = match data {
            Data::Bytes(bytes) => Some(bytes.clone()),
            Data::Next(length) => Some(rest[..rest.len().min(*length)].to_vec()),
            Data::Rest => Some(rest),
            Data::Null => None,
        };
        let mut before = MessageParam::given(CKM_AES_GCM, &[0x77; 12], TAG);
        if let (Kind::MessageDecrypt, Some(begun)) = (kind, &begun) {
            before.tag = begun.tag.clone();
        }
        if parameter == Parameter::OtherTag {
            before.tag.truncate(12);
        }
        let absent = parameter == Parameter::None;
        let plan = Plan::of_message(data.clone(), out, (!absent).then_some(before.clone()));
        let mut operation = match self.process(kind, true) {
            Ok(operation) => operation,
            Err(code) => return Plan { code, ..plan },
        };
        let mut begun = operation.process.begun.take().unwrap();
        let refused = match () {
            () if data.is_none() || out == Out::NoLength || flags > 1 => Some(CKR_ARGUMENTS_BAD),
            () if parameter != Parameter::Good => Some(CKR_MECHANISM_PARAM_INVALID),
            () => None,
        };
        if let Some(code) = refused {
            self.put(operation);
            return Plan { code, ..plan };
        }
        let data = data.unwrap();
        let last = flags == CKF_END_OF_MESSAGE;
        let size = match (kind, last) {
            (Kind::MessageEncrypt, _) => data.len(),
            (_, true) => begun.input.len() + data.len(),
            // Nothing comes before the tag has been looked at.
            _ => 0,
        };
        if out == Out::Query || (out == Out::Small && size > 0) {
            operation.process.begun = Some(begun);
            self.put(operation);
            return plan.too_small(out, size);
        }
        let start = begun.input.len();
        begun.input.extend(&data);
        let key = operation.value();
        let Begun { nonce, aad, input, .. } = &begun;
        let plan = if kind == Kind::MessageEncrypt {
            let (ciphertext, tag) = reference::gcm(&key, nonce, aad, input);
            let after = MessageParam { tag: if last { tag } else { before.tag.clone() }, ..before };
            plan.gives(out, ciphertext[start..].to_vec(), Some(after))
        } else if !last {
            plan.gives(out, Vec::new(), None)
        } else {
            match reference::gcm_open(&key, nonce, aad, input, &before.tag) {
                Some(plain) => plan.gives(out, plain, None),
                None => Plan { code: CKR_AEAD_DECRYPT_FAILED, ..plan },
            }
        };
        operation.process.begun = (!last).then_some(begun);
        self.put(operation);
        plan
    }

    /// A whole message that is signed.
    pub fn sign_message(&mut self, data: &Data, out: Out, parameter: Parameter) -> Plan {
        let data = data.bytes();
        let plan = Plan { superfluous: parameter != Parameter::Good, ..Plan::of_message(data.clone(), out, None) };
        let operation = match self.process(Kind::MessageSign, false) {
            Ok(operation) => operation,
            Err(code) => return Plan { code, ..plan },
        };
        let plan = match data.filter(|_| out != Out::NoLength) {
            None => Plan { code: CKR_ARGUMENTS_BAD, ..plan },
            Some(_) if plan.superfluous => Plan { code: CKR_MECHANISM_PARAM_INVALID, ..plan },
            Some(data) => operation.signed(&data, out, plan).0,
        };
        self.put(operation);
        plan
    }

    pub fn begin_integrity_message(&mut self, kind: Kind, parameter: Parameter) -> Plan {
        let plan = Plan { superfluous: parameter != Parameter::Good, ..CKR_OK.into() };
        let mut operation = match self.process(kind, false) {
            Ok(operation) => operation,
            Err(code) => return Plan { code, ..plan },
        };
        let code = match () {
            () if plan.superfluous => CKR_MECHANISM_PARAM_INVALID,
            () if operation.in_one_part() => CKR_OPERATION_NOT_INITIALIZED,
            () => {
                let (nonce, aad, input) = (Vec::new(), Vec::new(), Vec::new());
                operation.process.begun = Some(Begun { nonce, aad, input, source: Vec::new(), tag: Vec::new() });
                CKR_OK
            }
        };
        self.put(operation);
        Plan { code, ..plan }
    }

    /// A part of a message that is signed: with a place for a length, the last.
    pub fn next_sign_message(&mut self, data: &Data, out: Out, parameter: Parameter) -> Plan {
        let data = data.bytes();
        let plan = Plan { superfluous: parameter != Parameter::Good, ..Plan::of_message(data.clone(), out, None) };
        let mut operation = match self.process(Kind::MessageSign, true) {
            Ok(operation) => operation,
            Err(code) => return Plan { code, ..plan },
        };
        let mut begun = operation.process.begun.take().unwrap();
        let plan = match data {
            None => Plan { code: CKR_ARGUMENTS_BAD, ..plan },
            Some(_) if plan.superfluous => Plan { code: CKR_MECHANISM_PARAM_INVALID, ..plan },
            Some(data) if out == Out::NoLength => {
                begun.input.extend(data);
                operation.process.begun = Some(begun);
                plan
            }
            Some(data) => {
                let (plan, over) = operation.signed(&[&begun.input[..], &data].concat(), out, plan);
                operation.process.begun = (!over).then_some(begun);
                plan
            }
        };
        self.put(operation);
        plan
    }

    /// A message that is verified; with `whole` false, one of its parts, the last if there is a signature.
    pub fn verify_message(&mut self, whole: bool, data: &Data, signature: Signature, parameter: Parameter) -> Plan {
        let data = data.bytes();
        let mut plan = Plan { data: data.clone(), superfluous: parameter != Parameter::Good, ..CKR_OK.into() };
        let null = signature == Signature::Null;
        let mut operation = match self.process(Kind::MessageVerify, !whole) {
            Ok(operation) => operation,
            Err(code) => return Plan { code, signature: Some(vec![0; 32]), ..plan },
        };
        let begun = operation.process.begun.take();
        let start = begun.as_ref().map(|begun| begun.input.clone()).unwrap_or_default();
        let all = [&start[..], data.as_deref().unwrap_or_default()].concat();
        let (good, code) = signature.over(operation.result_of(&all));
        plan.signature = (!null).then_some(good);
        plan.code = match () {
            () if data.is_none() || (whole && null) => CKR_ARGUMENTS_BAD,
            () if plan.superfluous => CKR_MECHANISM_PARAM_INVALID,
            () if null => {
                operation.process.begun = begun.map(|begun| Begun { input: all, ..begun });
                CKR_OK
            }
            () => code,
        };
        self.put(operation);
        plan
    }

    /// Whether a message has begun.
    pub fn in_message(&self, kind: Kind) -> bool {
        self.begun(kind).is_some()
    }

    fn begun(&self, kind: Kind) -> Option<Begun> {
        let place = if kind.is_cipher() { &self.cipher } else { &self.integrity };
        place.as_ref().filter(|operation| operation.kind == kind).and_then(|operation| operation.process.begun.clone())
    }

    /// The value of the process's key; any other if there is none.
    fn key_of(&self, kind: Kind) -> Vec<u8> {
        let operation = self.cipher.as_ref().filter(|operation| operation.kind == kind);
        operation.map_or(Key::Aes.value().unwrap(), Operation::value)
    }
}

impl Operation {
    /// What comes of the end of a message, and whether it is over.
    fn signed(&self, data: &[u8], out: Out, plan: Plan) -> (Plan, bool) {
        let signature = self.result_of(data);
        if matches!(out, Out::Query | Out::Small) {
            return (plan.too_small(out, signature.len()), false);
        }
        (plan.gives(out, signature, None), true)
    }
}

impl Data {
    fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Next(length) => Some(vec![0x11; *length]),
            Self::Rest => Some(Vec::new()),
            Self::Null => None,
        }
    }
}

impl Plan {
    fn of_message(data: Option<Vec<u8>>, out: Out, before: Option<MessageParam>) -> Self {
        let room = (out != Out::Query).then_some(super::machine::AMPLE);
        Self { data, room, after: before.clone(), before, ..CKR_OK.into() }
    }

    /// The length is told, and nothing else happens.
    fn too_small(self, out: Out, length: usize) -> Self {
        let output = Output::Told { least: length, most: length };
        match out {
            Out::Small => Self { code: CKR_BUFFER_TOO_SMALL, room: Some(length - 1), output, ..self },
            _ => Self { output, ..self },
        }
    }

    fn gives(self, out: Out, bytes: Vec<u8>, after: Option<MessageParam>) -> Self {
        let room = if matches!(out, Out::Exact | Out::Small) { bytes.len() } else { super::machine::AMPLE };
        Self { room: Some(room), output: Output::Bytes(bytes), after: after.or(self.after), ..self }
    }
}
