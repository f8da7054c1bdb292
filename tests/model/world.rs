//! The library's side: makes the calls of a sequence, and compares what comes of each with the model.

use super::call::{Call, Flaw, Key, Kind, Mechanism, Out, PAIRS, Part};
use super::machine::{FOUND, KEPT, Model, Output, Plan, RSA};
use super::reference::Mode;
use crate::common::*;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use std::collections::HashMap;
use std::ptr;

const LABEL: &str = "found by the model";

/// A session under test, and another one that looks after the keys.
pub struct World {
    session: Session,
    keeper: Session,
    keys: HashMap<Key, CK_OBJECT_HANDLE>,
    saved: Vec<Vec<u8>>,
    /// The parameter of the message, after the last call.
    parameter: Option<MessageParam>,
    asynchronous: bool,
}

impl World {
    /// Prepares a token for all worlds to come.
    pub fn prepare(token: &Token) {
        let session = token.user();
        for (key, template) in KEYS.map(|key| (key, template(key))) {
            let private = if key.is_private() { yes(CKA_PRIVATE) } else { no(CKA_PRIVATE) };
            ok(session.create(&[&template[..], &[yes(CKA_TOKEN), private, text(CKA_LABEL, &name(key))]].concat()));
        }
        for _ in 0..FOUND {
            ok(session.create(&[class(CKO_DATA), yes(CKA_TOKEN), no(CKA_PRIVATE), text(CKA_LABEL, LABEL)]));
        }
    }

    /// Nobody logged in, nothing going on.
    pub fn new(token: &Token, asynchronous: bool) -> Self {
        let flags = if asynchronous { CKF_ASYNC_SESSION } else { 0 };
        let mut world = Self {
            session: ok(token.open(CKF_SERIAL_SESSION | CKF_RW_SESSION | flags)),
            keeper: token.session(),
            keys: HashMap::new(),
            saved: Vec::new(),
            parameter: None,
            asynchronous,
        };
        world.find_keys();
        world
    }

    /// Notes the handles of the keys; those that are not seen keep the handles that they had.
    fn find_keys(&mut self) {
        for key in KEYS {
            if let [handle] = self.keeper.find(&[text(CKA_LABEL, &name(key))])[..] {
                self.keys.insert(key, handle);
            }
        }
    }

    fn handle(&self, key: Key) -> CK_OBJECT_HANDLE {
        match key {
            Key::Null => CK_INVALID_HANDLE,
            _ => self.keys.get(&key).copied().unwrap_or(0x7000_0000),
        }
    }

    /// Makes the call; gives the code, or says how the library and the model disagree.
    pub fn run(&mut self, model: &mut Model, call: &Call) -> Result<CK_RV, String> {
        let restored = match call {
            Call::Restore { index, flaw } => Some(self.restored(model, *index, *flaw)),
            _ => None,
        };
        let plan = model.plan(call);
        self.parameter = plan.before.clone();
        let (code, output) = match (call, restored) {
            (_, Some((state, cipher, integrity))) => {
                (code(self.session.restore_state(&state, cipher, integrity)), None)
            }
            _ => self.call(call, &plan),
        };
        let parameter = &self.parameter;
        let state = if model.logged_in { CKS_RW_USER_FUNCTIONS } else { CKS_RW_PUBLIC_SESSION };
        let agreed = code == plan.code
            && ok(self.session.info()).state == state
            && *parameter == plan.after
            && match (&plan.output, &output) {
                (Output::Nothing, _) => true,
                (Output::Told { least, most }, Some(Got { length, .. })) => (least..=most).contains(&length),
                (Output::Bytes(bytes), Some(got)) => got.bytes.get(..got.length) == Some(bytes),
                (Output::Count(count), Some(got)) => got.length == *count,
                (_, None) => false,
            };
        if agreed {
            return Ok(code);
        }
        let expected = (codes::name(plan.code), plan.output, plan.after);
        let given = (codes::name(code), output, parameter);
        Err(format!("{call:?}\n  the model wants {expected:?}\n  the library gave {given:?}"))
    }

    fn call(&mut self, call: &Call, plan: &Plan) -> (CK_RV, Option<Got>) {
        let handle = self.session.handle;
        match call {
            Call::Init { kind, mechanism, key, iv, .. } => (self.init(*kind, *mechanism, *key, iv), None),
            Call::Step { kind, part, out, .. } => self.step(*kind, *part, *out, plan),
            Call::Absorb { kind, .. } => {
                let (data, length) = input(&plan.data);
                let function = match kind {
                    Kind::Digest => f().C_DigestUpdate,
                    Kind::Sign => f().C_SignUpdate,
                    _ => f().C_VerifyUpdate,
                };
                // SAFETY: data of its length, here and below, or NULL.
                (unsafe { function.unwrap()(handle, data, length) }, None)
            }
            Call::DigestKey { key } => (code(self.session.digest_key(self.handle(*key))), None),
            Call::Verify { .. } => {
                let ((data, length), (signature, size)) = (input(&plan.data), input(&plan.signature));
                // SAFETY: as above.
                (unsafe { f().C_Verify.unwrap()(handle, data, length, signature, size) }, None)
            }
            Call::VerifyFinal { .. } => {
                let (signature, size) = input(&plan.signature);
                // SAFETY: as above.
                (unsafe { f().C_VerifyFinal.unwrap()(handle, signature, size) }, None)
            }
            Call::Dual { pair, out, .. } => {
                let function = match PAIRS[*pair] {
                    (Kind::Encrypt, Kind::Digest) => f().C_DigestEncryptUpdate,
                    (Kind::Decrypt, Kind::Digest) => f().C_DecryptDigestUpdate,
                    (Kind::Encrypt, _) => f().C_SignEncryptUpdate,
                    _ => f().C_DecryptVerifyUpdate,
                };
                self.pass(function.unwrap(), *out, plan)
            }
            Call::CryptMessage { kind, aad, data, out, .. } => {
                self.crypt_message(*kind, aad, data.is_some().then_some(*out), plan)
            }
            Call::CryptNext { kind, out, flags, .. } => {
                let mut parameter = self.parameter.take();
                let mut raw = parameter.as_mut().map(MessageParam::raw);
                let (at, size) = parts(&mut raw);
                let function = match kind {
                    Kind::MessageEncrypt => f().C_EncryptMessageNext,
                    _ => f().C_DecryptMessageNext,
                };
                let got = pass(*out, plan, |data, length, to, room| {
                    // SAFETY: a parameter, data of its length, a buffer of its length; here and below.
                    unsafe { function.unwrap()(handle, at, size, data, length, to, room, *flags) }
                });
                self.parameter = parameter;
                got
            }
            Call::SignMessage { out, .. } | Call::SignNext { out, .. } => {
                let function = match call {
                    Call::SignMessage { .. } => f().C_SignMessage,
                    _ => f().C_SignMessageNext,
                };
                let (at, size) = superfluous(plan);
                pass(*out, plan, |data, length, to, room| {
                    // SAFETY: as above.
                    unsafe { function.unwrap()(handle, at, size, data, length, to, room) }
                })
            }
            Call::VerifyMessage { whole, .. } => {
                let function = if *whole { f().C_VerifyMessage } else { f().C_VerifyMessageNext };
                let ((data, length), (signature, room)) = (input(&plan.data), input(&plan.signature));
                let (at, size) = superfluous(plan);
                // SAFETY: as above.
                (unsafe { function.unwrap()(handle, at, size, data, length, signature, room) }, None)
            }
            Call::IntegrityBegin { kind, .. } => {
                let function = match kind {
                    Kind::MessageSign => f().C_SignMessageBegin,
                    _ => f().C_VerifyMessageBegin,
                };
                let (at, size) = superfluous(plan);
                // SAFETY: as above.
                (unsafe { function.unwrap()(handle, at, size) }, None)
            }
            Call::MessagesFinal { kind } => {
                let function = match kind {
                    Kind::MessageEncrypt => f().C_MessageEncryptFinal,
                    Kind::MessageDecrypt => f().C_MessageDecryptFinal,
                    Kind::MessageSign => f().C_MessageSignFinal,
                    _ => f().C_MessageVerifyFinal,
                };
                // SAFETY: a number.
                (unsafe { function.unwrap()(handle) }, None)
            }
            Call::FindInit => (code(self.session.find_init(&[text(CKA_LABEL, LABEL)])), None),
            Call::Find { most } => match self.session.find_some(*most) {
                Ok(found) => (CKR_OK, Some(Got { bytes: Vec::new(), length: found.len() })),
                Err(code) => (code, None),
            },
            Call::FindNull => {
                let mut place = 0;
                // SAFETY: a place for one handle, and none for their count.
                (unsafe { f().C_FindObjects.unwrap()(handle, &mut place, 1, ptr::null_mut()) }, None)
            }
            Call::FindFinal => (code(self.session.find_final()), None),
            Call::Cancel { flags } => (code(self.session.cancel(*flags)), None),
            Call::Save { out } => {
                let got = output(plan.room, *out, &[], |buffer, length| {
                    // SAFETY: a buffer of its length.
                    unsafe { f().C_GetOperationState.unwrap()(handle, buffer, length) }
                });
                if let (CKR_OK, Some(room), Some(got)) = (got.0, plan.room, &got.1) {
                    assert!(got.length <= room);
                    if self.saved.len() == KEPT {
                        self.saved.remove(0);
                    }
                    self.saved.push(got.bytes[..got.length].to_vec());
                }
                got
            }
            Call::Restore { .. } => unreachable!(),
            Call::Login => {
                // Who has no name may log in by either function.
                let code = code(match self.asynchronous {
                    true => self.session.login_user(CKU_USER, USER_PIN, b""),
                    false => self.session.login(CKU_USER, USER_PIN),
                });
                if code == CKR_OK {
                    if let Some(stale) = self.keys.get(&Key::AesPrivate) {
                        self.keys.insert(Key::Stale, *stale);
                    }
                    self.find_keys();
                }
                (code, None)
            }
            Call::Logout => (code(self.session.logout()), None),
            Call::Generate => {
                let size = [ulong(CKA_PRIME_BITS, 2048), no(CKA_PRIVATE)];
                (code(self.session.generate(&mech(CKM_DH_PKCS_PARAMETER_GEN), &size).map(drop)), None)
            }
            Call::Complete { right } => {
                let name = if *right { c"C_GenerateKey" } else { c"C_GenerateKeyPair" };
                loop {
                    let mut data = CK_ASYNC_DATA::default();
                    // SAFETY: a name, and a place for the results.
                    let code =
                        unsafe { f().C_AsyncComplete.unwrap()(handle, name.as_ptr().cast_mut().cast(), &mut data) };
                    if code != CKR_PENDING {
                        break (code, None);
                    }
                    std::thread::yield_now();
                }
            }
            Call::PendingId => {
                let name = c"C_GenerateKey".as_ptr().cast_mut().cast();
                // SAFETY: a name, and a place for a number.
                (unsafe { f().C_AsyncGetID.unwrap()(handle, name, &mut 0) }, None)
            }
        }
    }

    fn init(&self, kind: Kind, mechanism: Option<Mechanism>, key: Key, iv: &[u8; 16]) -> CK_RV {
        let mechanism = mechanism.map(|mechanism| match mechanism {
            Mechanism::Cipher(Mode::Ecb) => mech(CKM_AES_ECB),
            Mechanism::Cipher(Mode::Cbc) => mech_bytes(CKM_AES_CBC, iv),
            Mechanism::Cipher(Mode::CbcPad) => mech_bytes(CKM_AES_CBC_PAD, iv),
            Mechanism::Cipher(Mode::Ctr) => {
                mech_params(CKM_AES_CTR, &CK_AES_CTR_PARAMS { ulCounterBits: 128, cb: *iv })
            }
            Mechanism::Sha256 => mech(CKM_SHA256),
            Mechanism::Hmac => mech(CKM_SHA256_HMAC),
            Mechanism::Cmac => mech(CKM_AES_CMAC),
            Mechanism::Rsa => mech(CKM_RSA_PKCS),
            Mechanism::Gcm => mech(CKM_AES_GCM),
            Mechanism::Unknown => mech(0x7fff_0000),
            Mechanism::ShortIv => mech_bytes(CKM_AES_CBC, &iv[1..]),
            Mechanism::Superfluous => mech_bytes(CKM_SHA256, iv),
        });
        let mut raw = mechanism.as_ref().map(Mech::raw);
        let pointer = raw.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
        let (session, key) = (self.session.handle, self.handle(key));
        let function = match kind {
            Kind::Encrypt => f().C_EncryptInit,
            Kind::Decrypt => f().C_DecryptInit,
            // SAFETY: a mechanism or NULL, here and below.
            Kind::Digest => return unsafe { f().C_DigestInit.unwrap()(session, pointer) },
            Kind::Sign => f().C_SignInit,
            Kind::Verify => f().C_VerifyInit,
            Kind::SignRecover => f().C_SignRecoverInit,
            Kind::VerifyRecover => f().C_VerifyRecoverInit,
            Kind::MessageEncrypt => f().C_MessageEncryptInit,
            Kind::MessageDecrypt => f().C_MessageDecryptInit,
            Kind::MessageSign => f().C_MessageSignInit,
            Kind::MessageVerify => f().C_MessageVerifyInit,
        };
        // SAFETY: as above.
        unsafe { function.unwrap()(session, pointer, key) }
    }

    fn step(&self, kind: Kind, part: Part, out: Out, plan: &Plan) -> (CK_RV, Option<Got>) {
        let f = f();
        let function = match (kind, part) {
            (Kind::Encrypt, Part::Whole) => f.C_Encrypt,
            (Kind::Encrypt, Part::Update) => f.C_EncryptUpdate,
            (Kind::Decrypt, Part::Whole) => f.C_Decrypt,
            (Kind::Decrypt, Part::Update) => f.C_DecryptUpdate,
            (Kind::Digest, Part::Whole) => f.C_Digest,
            (Kind::Sign, Part::Whole) => f.C_Sign,
            (Kind::SignRecover, _) => f.C_SignRecover,
            (Kind::VerifyRecover, _) => f.C_VerifyRecover,
            _ => {
                let function = match kind {
                    Kind::Encrypt => f.C_EncryptFinal,
                    Kind::Decrypt => f.C_DecryptFinal,
                    Kind::Digest => f.C_DigestFinal,
                    _ => f.C_SignFinal,
                };
                return output(plan.room, out, &[], |buffer, length| {
                    // SAFETY: a buffer of its length.
                    unsafe { function.unwrap()(self.session.handle, buffer, length) }
                });
            }
        };
        self.pass(function.unwrap(), out, plan)
    }

    fn pass(
        &self,
        function: unsafe extern "C" fn(CK_SESSION_HANDLE, *mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> CK_RV,
        out: Out,
        plan: &Plan,
    ) -> (CK_RV, Option<Got>) {
        pass(out, plan, |data, size, buffer, length| {
            // SAFETY: data of its length, or NULL; a buffer of its length, which may be where the data is.
            unsafe { function(self.session.handle, data, size, buffer, length) }
        })
    }

    /// A whole message, or with no output its beginning.
    fn crypt_message(&mut self, kind: Kind, aad: &[u8], out: Option<Out>, plan: &Plan) -> (CK_RV, Option<Got>) {
        let handle = self.session.handle;
        let mut parameter = self.parameter.take();
        let mut raw = parameter.as_mut().map(MessageParam::raw);
        let (at, size) = parts(&mut raw);
        let (aad, aad_len) = (aad.as_ptr().cast_mut(), aad.len() as CK_ULONG);
        let got = match (out, kind) {
            (Some(out), _) => {
                let function = match kind {
                    Kind::MessageEncrypt => f().C_EncryptMessage,
                    _ => f().C_DecryptMessage,
                };
                pass(out, plan, |data, length, to, room| {
                    // SAFETY: a parameter, data of its length, a buffer of its length; here and below.
                    unsafe { function.unwrap()(handle, at, size, aad, aad_len, data, length, to, room) }
                })
            }
            (None, Kind::MessageEncrypt) => {
                // SAFETY: as above.
                (unsafe { f().C_EncryptMessageBegin.unwrap()(handle, at, size, aad, aad_len) }, None)
            }
            (None, _) => {
                // SAFETY: as above.
                (unsafe { f().C_DecryptMessageBegin.unwrap()(handle, at, size, aad, aad_len) }, None)
            }
        };
        self.parameter = parameter;
        got
    }

    fn restored(&self, model: &Model, index: usize, flaw: Flaw) -> (Vec<u8>, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        let Some(index) = model.saved(index) else { return (vec![1, 2, 3], 0, 0) };
        let mut state = self.saved[index].clone();
        let (cipher, integrity) = model.saved_keys(index);
        let other =
            |key: Option<Key>, [first, second]: [Key; 2]| key.map(|key| if key == first { second } else { first });
        let (cipher, integrity) = match flaw {
            Flaw::None => (cipher, integrity),
            Flaw::Flipped => {
                let middle = state.len() / 2;
                state[middle] ^= 4;
                (cipher, integrity)
            }
            Flaw::Cut => {
                state.pop();
                (cipher, integrity)
            }
            Flaw::Empty => {
                state.clear();
                (cipher, integrity)
            }
            Flaw::MissingCipherKey => (None, integrity),
            Flaw::MissingIntegrityKey => (cipher, None),
            Flaw::OtherCipherKey => (other(cipher, [Key::AesOther, Key::Aes]), integrity),
            Flaw::OtherIntegrityKey => (cipher, other(integrity, [Key::HmacOther, Key::Hmac])),
            Flaw::NeedlessCipherKey => (cipher.or(Some(Key::Aes)), integrity),
            Flaw::NeedlessIntegrityKey => (cipher, integrity.or(Some(Key::Hmac))),
        };
        let handle = |key: Option<Key>| key.map_or(CK_INVALID_HANDLE, |key| self.handle(key));
        (state, handle(cipher), handle(integrity))
    }
}

/// What came out: the buffer, and the length that was stored.
struct Got {
    bytes: Vec<u8>,
    length: usize,
}

impl std::fmt::Debug for Got {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "length {}, {:?}", self.length, self.bytes.get(..self.length).unwrap_or(&self.bytes))
    }
}

/// Calls with a buffer of that size, which begins with `start`, and sees that nothing is written beyond it.
fn output(
    room: Option<usize>,
    out: Out,
    start: &[u8],
    call: impl FnOnce(*mut u8, *mut CK_ULONG) -> CK_RV,
) -> (CK_RV, Option<Got>) {
    const GUARD: u8 = 0xa5;
    let size = room.unwrap_or(0);
    let mut bytes = vec![GUARD; size.max(start.len()) + 16];
    bytes[..start.len()].copy_from_slice(start);
    let mut length = size as CK_ULONG;
    let buffer = if room.is_some() { bytes.as_mut_ptr() } else { ptr::null_mut() };
    let place = if out == Out::NoLength { ptr::null_mut() } else { ptr::from_mut(&mut length) };
    let code = call(buffer, place);
    let touched = bytes.iter().skip(size.max(start.len())).any(|byte| *byte != GUARD);
    assert!(!touched, "the library wrote beyond the buffer");
    (code, Some(Got { bytes, length: length as usize }))
}

/// Calls with the data of the plan, where the output goes or apart from it.
fn pass(
    out: Out,
    plan: &Plan,
    call: impl FnOnce(*mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> CK_RV,
) -> (CK_RV, Option<Got>) {
    let (data, size) = input(&plan.data);
    let in_place = out == Out::InPlace && plan.data.is_some();
    let start = if in_place { plan.data.as_deref().unwrap() } else { &[] };
    output(plan.room, out, start, |buffer, length| call(if in_place { buffer } else { data }, size, buffer, length))
}

/// A message's parameter as C takes it.
fn parts(parameter: &mut Option<Mech>) -> (CK_VOID_PTR, CK_ULONG) {
    match parameter {
        Some(parameter) => (parameter.parameter.as_mut_ptr().cast(), parameter.parameter.len() as CK_ULONG),
        None => (ptr::null_mut(), 0),
    }
}

/// The parameter of a message that needs none.
fn superfluous(plan: &Plan) -> (CK_VOID_PTR, CK_ULONG) {
    static BYTES: [u8; 8] = [0; 8];
    let pointer = BYTES.as_ptr().cast_mut().cast();
    if plan.superfluous { (pointer, BYTES.len() as CK_ULONG) } else { (ptr::null_mut(), 0) }
}

fn input(data: &Option<Vec<u8>>) -> (*mut u8, CK_ULONG) {
    match data {
        Some(bytes) => (bytes.as_ptr().cast_mut(), bytes.len() as CK_ULONG),
        None => (ptr::null_mut(), 32),
    }
}

fn code<T>(result: Result<T, CK_RV>) -> CK_RV {
    result.err().unwrap_or(CKR_OK)
}

const KEYS: [Key; 9] = [
    Key::Aes,
    Key::AesPrivate,
    Key::AesOther,
    Key::AesIdle,
    Key::Hmac,
    Key::HmacPrivate,
    Key::HmacOther,
    Key::RsaPublic,
    Key::RsaPrivate,
];

fn name(key: Key) -> String {
    format!("{key:?} of the model")
}

fn template(key: Key) -> Vec<Attribute> {
    let may = |list: &[CK_ATTRIBUTE_TYPE]| list.iter().map(|kind| yes(*kind)).collect::<Vec<_>>();
    let rsa = |list: &[CK_ATTRIBUTE_TYPE], number: CK_OBJECT_CLASS| {
        let public = [bytes(CKA_MODULUS, RSA.n().to_be_bytes_trimmed_vartime()), bytes(CKA_PUBLIC_EXPONENT, [1, 0, 1])];
        [&[class(number), key_type(CKK_RSA)], &public[..], &may(list)].concat()
    };
    match key {
        Key::RsaPublic => rsa(&[CKA_VERIFY, CKA_VERIFY_RECOVER], CKO_PUBLIC_KEY),
        Key::RsaPrivate => {
            let number = |kind, number: &rsa::BoxedUint| bytes(kind, number.to_be_bytes_trimmed_vartime());
            let secret = [
                number(CKA_PRIVATE_EXPONENT, RSA.d()),
                number(CKA_PRIME_1, &RSA.primes()[0]),
                number(CKA_PRIME_2, &RSA.primes()[1]),
                number(CKA_EXPONENT_1, RSA.dp().unwrap()),
                number(CKA_EXPONENT_2, RSA.dq().unwrap()),
                number(CKA_COEFFICIENT, &RSA.crt_coefficient().unwrap()),
            ];
            [rsa(&[CKA_SIGN, CKA_SIGN_RECOVER], CKO_PRIVATE_KEY), secret.to_vec()].concat()
        }
        Key::AesIdle => {
            let never = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY].map(no);
            [&secret(key, CKK_AES)[..], &never].concat()
        }
        Key::Aes | Key::AesPrivate | Key::AesOther => {
            let all = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY];
            [secret(key, CKK_AES), may(&all)].concat()
        }
        _ => [secret(key, CKK_GENERIC_SECRET), may(&[CKA_SIGN, CKA_VERIFY])].concat(),
    }
}

fn secret(key: Key, number: CK_KEY_TYPE) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(number), bytes(CKA_VALUE, key.value().unwrap())]
}
