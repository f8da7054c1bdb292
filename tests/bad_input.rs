//! Whatever C programs may pass: NULL for each pointer, handles that are none, lengths that cannot be, misaligned places.
//! Nothing may crash, hang or allocate without bound, and every code must be one that the function may give.
//!
//! A row names a function and the kinds of its arguments. Each kind knows a good value and many bad ones; every bad one is tried
//! while all other arguments are good.

mod common;
#[path = "bad_input/keys.rs"]
mod keys;
#[path = "bad_input/messages.rs"]
mod messages;

use common::rows::ROWS;
use common::*;
use messages::{gcm, message_params};
use std::ptr;

/// The functions whose good call cannot be OK as it stands: stubs aside, those that say so by their nature.
const GOOD: &[(&str, CK_RV)] = &[
    ("C_InitToken", CKR_SESSION_EXISTS),
    ("C_InitPIN", CKR_USER_NOT_LOGGED_IN),
    ("C_SetOperationState", CKR_SAVED_STATE_INVALID),
    ("C_Login", CKR_USER_ALREADY_LOGGED_IN),
    ("C_LoginUser", CKR_ARGUMENTS_BAD),
    ("C_Verify", CKR_SIGNATURE_INVALID),
    ("C_VerifyFinal", CKR_SIGNATURE_INVALID),
    ("C_VerifySignature", CKR_SIGNATURE_INVALID),
    ("C_VerifySignatureFinal", CKR_SIGNATURE_INVALID),
    ("C_VerifyRecover", CKR_SIGNATURE_LEN_RANGE),
    ("C_DecryptMessage", CKR_AEAD_DECRYPT_FAILED),
    ("C_VerifyMessage", CKR_SIGNATURE_INVALID),
    ("C_VerifyMessageNext", CKR_SIGNATURE_INVALID),
    ("C_UnwrapKeyAuthenticated", CKR_WRAPPED_KEY_INVALID),
    ("C_GetFunctionStatus", CKR_FUNCTION_NOT_PARALLEL),
    ("C_CancelFunction", CKR_FUNCTION_NOT_PARALLEL),
    ("C_WaitForSlotEvent", CKR_NO_EVENT),
    ("C_AsyncComplete", CKR_OPERATION_NOT_INITIALIZED),
    ("C_AsyncGetID", CKR_OPERATION_NOT_INITIALIZED),
    ("C_AsyncJoin", CKR_SAVED_STATE_INVALID),
];

/// Lengths that cannot be.
const HUGE: [usize; 5] = [1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, usize::MAX];

/// What a bad argument must lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    /// Any code that the function may give.
    Survive,
    /// What good arguments lead to.
    Good,
    Fail,
    Be(CK_RV),
}

/// A word of a call. Handles change from call to call, and what the library may write to is made anew for each.
#[derive(Clone)]
enum Word {
    Is(usize),
    Session,
    Aes,
    Public,
    Private,
    Agreement,
    Encapsulation,
    Decapsulation,
    /// A good handle, but for the upper half of the word.
    AboveSession,
    AboveAes,
    /// A place that holds these bytes, so many bytes off its alignment.
    Place(Vec<u8>, usize),
}

struct Variant {
    what: String,
    words: Vec<Word>,
    must: Must,
}

#[test]
fn every_function_survives_every_bad_argument() {
    in_child("every_function_survives_every_bad_argument", &[], || {
        let named: Vec<_> = ROWS.iter().map(|row| row.0).collect();
        let all = FUNCTIONS.iter().filter(|name| !["C_Initialize", "C_Finalize"].contains(name));
        assert_eq!(named, all.copied().collect::<Vec<_>>(), "there is a row for each function");
        let mut ground = Ground::new();
        let before = resident();
        let calls: usize = ROWS.iter().map(|(name, kinds)| ground.try_all(name, kinds)).sum();
        println!("{calls} calls");
        assert!(ground.wrong.is_empty(), "{}", ground.wrong.join("\n"));
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 << 20, "{grown} bytes more are resident");
        ok(ground.token.session().digest(&mech(CKM_SHA256), b"still alive"));
    });
}

/// What good arguments are made of. It stays where it is, for C points to it.
struct Ground {
    token: Token,
    session: Option<Session>,
    closed: CK_SESSION_HANDLE,
    aes: CK_OBJECT_HANDLE,
    public: CK_OBJECT_HANDLE,
    private: CK_OBJECT_HANDLE,
    agreement: CK_OBJECT_HANDLE,
    kem: (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE),
    /// A ciphertext for the second of these keys.
    ciphertext: Vec<u8>,
    point: Vec<u8>,
    data: Vec<u8>,
    output: Vec<u8>,
    zeros: Vec<u8>,
    ones: Vec<u8>,
    wrong: Vec<String>,
}

impl Ground {
    fn new() -> Self {
        let token = token();
        let session = token.user();
        let closed = session.handle;
        ok(session.close());
        Self {
            token,
            session: None,
            closed,
            aes: 0,
            public: 0,
            private: 0,
            agreement: 0,
            kem: (0, 0),
            ciphertext: Vec::new(),
            point: Vec::new(),
            data: USER_PIN.bytes().cycle().take(64).collect(),
            output: vec![0; 1 << 16],
            zeros: vec![0; 64],
            ones: vec![0xff; 64],
            wrong: Vec::new(),
        }
    }

    /// Tries every bad value of every argument; gives how many calls that took.
    fn try_all(&mut self, name: &str, kinds: &str) -> usize {
        // What the good arguments are made of must be there before they are.
        self.renew(name);
        let index = FUNCTIONS.iter().position(|other| *other == name).unwrap();
        let kinds = kinds.split(' ').enumerate();
        let arguments: Vec<_> = kinds.map(|(place, kind)| self.variants(name, kind, place)).collect();
        let bad = |(place, variants): (usize, &Vec<Variant>)| (1..variants.len()).map(move |chosen| (place, chosen));
        let tries: Vec<_> = std::iter::once((0, 0)).chain(arguments.iter().enumerate().flat_map(bad)).collect();
        for (place, chosen) in &tries {
            self.renew(name);
            let choice = |other| if other == *place { *chosen } else { 0 };
            let words = arguments.iter().enumerate().flat_map(|(other, variants)| &variants[choice(other)].words);
            let code = self.call(index, words);
            let variant = &arguments[*place][*chosen];
            self.wrong.extend(judge(name, &format!("argument {place} {}", variant.what), variant.must, code));
        }
        // Zeros for everything.
        self.renew(name);
        let code = self.call(index, [].iter());
        assert!(code != CKR_OK || name == "C_GetInterface", "{name} of nothing");
        tries.len() + 1
    }

    fn call<'a>(&self, index: usize, words: impl Iterator<Item = &'a Word>) -> CK_RV {
        let mut places: Vec<Vec<u128>> = Vec::new();
        let words: Vec<usize> = words
            .map(|word| match word {
                Word::Is(number) => *number,
                Word::Session => self.session.as_ref().map_or(0, |session| session.handle as usize),
                Word::Aes => self.aes as usize,
                Word::Public => self.public as usize,
                Word::Private => self.private as usize,
                Word::Agreement => self.agreement as usize,
                Word::Encapsulation => self.kem.0 as usize,
                Word::Decapsulation => self.kem.1 as usize,
                Word::AboveSession => self.session.as_ref().map_or(0, |session| session.handle as usize) + (1 << 32),
                Word::AboveAes => self.aes as usize + (1 << 32),
                Word::Place(bytes, off) => {
                    let mut place = vec![0u128; (bytes.len() + off).div_ceil(16)];
                    let start = place.as_mut_ptr().cast::<u8>().wrapping_add(*off);
                    // SAFETY: the place is long enough.
                    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
                    places.push(place);
                    start as usize
                }
            })
            .collect();
        // SAFETY: this is the test's purpose. What is claimed to be there without being there is nothing that the
        // standard lets a library read or write.
        let code = unsafe { call(index, &words) };
        returns::settle();
        code
    }

    /// A session in which the function is welcome, whatever the last call did.
    fn renew(&mut self, name: &str) {
        self.session = None;
        ok(self.token.close_all());
        if name.contains("PIN") || name.contains("Login") {
            ok(self.token.so().init_pin(USER_PIN));
        }
        let session = self.token.user();
        let uses = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE, CKA_EXTRACTABLE];
        let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16])];
        self.aes = ok(session.create(&[&aes[..], &uses.map(yes)].concat()));
        (self.public, self.private) = rsa(&session);
        (self.agreement, self.point) = agreement(&session);
        self.kem = kem(&session);
        if self.ciphertext.is_empty() {
            self.ciphertext = ok(session.encapsulate(&mech(CKM_ML_KEM), self.kem.0, &[])).0;
        }
        for purpose in purposes(name) {
            let (ecb, cmac, pkcs) = (mech(CKM_AES_ECB), mech(CKM_AES_CMAC), mech(CKM_RSA_PKCS));
            ok(match *purpose {
                "encrypt" => session.encrypt_init(&ecb, self.aes),
                "decrypt" => session.decrypt_init(&ecb, self.aes),
                "digest" => session.digest_init(&mech(CKM_SHA256)),
                "sign" => session.sign_init(&cmac, self.aes),
                "verify" => session.verify_init(&cmac, self.aes),
                "verify signature" => session.verify_signature_init(&cmac, self.aes, &[0; 16]),
                "sign recover" => session.sign_recover_init(&pkcs, self.private),
                "verify recover" => session.verify_recover_init(&pkcs, self.public),
                "encrypt messages" => session.message_encrypt_init(CKM_AES_GCM, self.aes),
                "decrypt messages" => session.message_decrypt_init(CKM_AES_GCM, self.aes),
                "sign messages" => session.message_sign_init(&cmac, self.aes),
                "verify messages" => session.message_verify_init(&cmac, self.aes),
                "encrypt a message" => session.encrypt_message_begin(&mut gcm(), b""),
                "decrypt a message" => session.decrypt_message_begin(&mut gcm(), b""),
                "sign a message" => session.sign_message_begin(&mech(0)),
                "verify a message" => session.verify_message_begin(&mech(0)),
                _ => session.find_init(&[text(CKA_LABEL, "RSA")]),
            });
        }
        self.session = Some(session);
    }

    /// The values of one argument, the good one first.
    fn variants(&self, name: &str, kind: &str, place: usize) -> Vec<Variant> {
        let mut list = Variants(Vec::new());
        let bad = Must::Be(CKR_ARGUMENTS_BAD);
        let (data, buffer) = (self.data.as_ptr() as usize, self.output.as_ptr() as usize);
        let number = |value: usize, off| Word::Place(value.to_ne_bytes().to_vec(), off);
        match kind {
            "S" => {
                list.add("good", [Word::Session], Must::Survive);
                for handle in [0, self.closed as usize, usize::MAX, 1 << 32] {
                    list.add("no session", [Word::Is(handle)], Must::Be(CKR_SESSION_HANDLE_INVALID));
                }
                list.add("cut to 32 bits", [Word::AboveSession], Must::Be(CKR_SESSION_HANDLE_INVALID));
            }
            "L" => {
                let slot = self.token.slot as usize;
                list.add("good", [Word::Is(slot)], Must::Survive);
                for other in [999_999, usize::MAX, slot + (1 << 32)] {
                    list.add("no slot", [Word::Is(other)], Must::Be(CKR_SLOT_ID_INVALID));
                }
            }
            "H" => {
                let (good, none) = match name {
                    "C_SignRecoverInit" => (Word::Private, Must::Fail),
                    "C_VerifyRecoverInit" => (Word::Public, Must::Fail),
                    "C_DeriveKey" => (Word::Agreement, Must::Fail),
                    "C_EncapsulateKey" => (Word::Encapsulation, Must::Fail),
                    "C_DecapsulateKey" => (Word::Decapsulation, Must::Fail),
                    // A saved state that is none is refused before its keys are looked at.
                    "C_SetOperationState" => (Word::Is(0), Must::Survive),
                    _ => (Word::Aes, Must::Fail),
                };
                list.add("good", [good], Must::Survive);
                for handle in [0, 0x7fff_ffff, usize::MAX, usize::MAX / 2 - 1] {
                    list.add("no object", [Word::Is(handle)], none);
                }
                list.add("cut to 32 bits", [Word::AboveAes], none);
                list.add("a public key", [Word::Public], Must::Survive);
                list.add("a private key", [Word::Private], Must::Survive);
            }
            "N" => {
                let good = match name {
                    "C_GetMechanismInfo" => CKM_SHA256,
                    "C_OpenSession" => CKF_SERIAL_SESSION | CKF_RW_SESSION,
                    "C_Login" | "C_LoginUser" => CKU_USER,
                    "C_GetSessionValidationFlags" => CKS_LAST_VALIDATION_OK,
                    _ => 0,
                };
                list.add("good", [Word::Is(good as usize)], Must::Survive);
                for other in [0, 1, usize::MAX, 1 << 31, 1 << 32, 1 << 63] {
                    list.add("another number", [Word::Is(other)], Must::Survive);
                }
            }
            "P" if name == "C_DecapsulateKey" => {
                let (ciphertext, length) = (self.ciphertext.as_ptr() as usize, self.ciphertext.len());
                list.add("good", [Word::Is(ciphertext), Word::Is(length)], Must::Survive);
                for wrong in [0, 1, length - 1] {
                    let too_short = Must::Be(CKR_WRAPPED_KEY_LEN_RANGE);
                    list.add("shorter", [Word::Is(ciphertext), Word::Is(wrong)], too_short);
                }
                for length in [1, length].into_iter().chain(HUGE) {
                    list.add(&format!("NULL, {length:#x}"), [Word::Is(0), Word::Is(length)], bad);
                }
                list.add("longer than any memory", [Word::Is(ciphertext), Word::Is(usize::MAX)], bad);
            }
            "P" => {
                let pin = name.contains("PIN") || name.contains("Login") || name == "C_InitToken";
                let length = if pin { USER_PIN.len() } else { 16 };
                list.add("good", [Word::Is(data), Word::Is(length)], Must::Survive);
                list.add("NULL, 0", [Word::Is(0), Word::Is(0)], Must::Survive);
                for length in [1, 16].into_iter().chain(HUGE) {
                    list.add(&format!("NULL, {length:#x}"), [Word::Is(0), Word::Is(length)], bad);
                }
                for length in [0, 1, 15, 17] {
                    list.add(&format!("{length} bytes"), [Word::Is(data), Word::Is(length)], Must::Survive);
                }
                for length in [1 << 63, usize::MAX] {
                    list.add("longer than any memory", [Word::Is(data), Word::Is(length)], bad);
                }
                list.add("misaligned", [Word::Is(data + 1), Word::Is(16)], Must::Survive);
            }
            "O" => {
                list.add("good", [Word::Is(buffer), number(1 << 16, 0)], Must::Survive);
                list.add("no length", [Word::Is(buffer), Word::Is(0)], bad);
                list.add("nothing", [Word::Is(0), Word::Is(0)], bad);
                list.add("misaligned length", [Word::Is(buffer), number(1 << 16, 3)], Must::Survive);
                list.add("misaligned buffer", [Word::Is(buffer + 1), number(1 << 15, 0)], Must::Survive);
                for room in [0, 1, 15, 16, 17].into_iter().chain(HUGE) {
                    list.add(&format!("room of {room:#x}"), [Word::Is(buffer), number(room, 0)], Must::Survive);
                    list.add(&format!("NULL, {room:#x}"), [Word::Is(0), number(room, 0)], Must::Survive);
                }
            }
            "F" => {
                list.add("good", [Word::Is(buffer), Word::Is(64)], Must::Survive);
                list.add("NULL, 0", [Word::Is(0), Word::Is(0)], Must::Survive);
                for length in [1].into_iter().chain(HUGE) {
                    list.add(&format!("NULL, {length:#x}"), [Word::Is(0), Word::Is(length)], bad);
                }
                list.add("longer than any memory", [Word::Is(buffer), Word::Is(usize::MAX)], bad);
                list.add("misaligned", [Word::Is(buffer + 3), Word::Is(61)], Must::Survive);
            }
            "G" => self.message_parameters(name, &mut list),
            "I" | "Q" => self.perhaps_missing(kind, &mut list),
            "T" => self.templates(name, place, &mut list),
            "M" => self.mechanisms(name, &mut list),
            "C" => {
                list.add("good", [Word::Is(buffer), number(1 << 10, 0)], Must::Survive);
                list.add("no count", [Word::Is(buffer), Word::Is(0)], bad);
                list.add("nothing", [Word::Is(0), Word::Is(0)], bad);
                list.add("NULL", [Word::Is(0), number(0, 0)], Must::Be(CKR_OK));
                list.add("no room", [Word::Is(buffer), number(0, 0)], Must::Be(CKR_BUFFER_TOO_SMALL));
                list.add("misaligned", [Word::Is(buffer + 1), number(1 << 10, 3)], Must::Be(CKR_OK));
            }
            "Y" => {
                let count = || number(0, 0);
                list.add("good", [Word::Is(buffer), Word::Is(10), count()], Must::Survive);
                list.add("no list", [Word::Is(0), Word::Is(10), count()], bad);
                list.add("no count", [Word::Is(buffer), Word::Is(10), Word::Is(0)], bad);
                list.add("no room", [Word::Is(0), Word::Is(0), count()], Must::Be(CKR_OK));
                for room in HUGE {
                    list.add("much room", [Word::Is(buffer), Word::Is(room), count()], Must::Be(CKR_OK));
                    list.add("no list, much room", [Word::Is(0), Word::Is(room), count()], bad);
                }
                list.add("misaligned", [Word::Is(buffer + 1), Word::Is(10), number(0, 3)], Must::Be(CKR_OK));
            }
            "R" | "X" => {
                let own = buffer + 0x1000 * (1 + place);
                list.add("good", [Word::Is(own)], Must::Survive);
                // A function without results is asked for without a place.
                list.add("NULL", [Word::Is(0)], if name == "C_AsyncComplete" { Must::Fail } else { bad });
                list.add("misaligned", [Word::Is(own + 1)], Must::Survive);
            }
            "V" => {
                list.add("good", [Word::Place(vec![3, 2], 0)], Must::Survive);
                list.add("NULL", [Word::Is(0)], Must::Be(CKR_OK));
                list.add("another version", [Word::Place(vec![9, 9], 1)], bad);
            }
            "Z" => {
                let name = |text: &str| Word::Place(text.as_bytes().to_vec(), 0);
                list.add("good", [name("PKCS 11\0")], Must::Survive);
                list.add("NULL", [Word::Is(0)], Must::Survive);
                for other in ["\0", "PKCS 1\0", "PKCS 11 \0", "Vendor something\0"] {
                    list.add("another name", [name(other)], Must::Fail);
                }
            }
            "B" => {
                list.add("good", [Word::Is(data)], Must::Survive);
                list.add("NULL", [Word::Is(0)], bad);
            }
            "U" => {
                // The flags of C_WaitForSlotEvent are among these: it must not wait.
                list.add("good", [Word::Is(CKF_DONT_BLOCK as usize)], Must::Survive);
                list.add("anything", [Word::Is(usize::MAX)], Must::Survive);
            }
            "0" => {
                list.add("good", [Word::Is(0)], Must::Survive);
                list.add("something", [Word::Is(data)], bad);
            }
            _ => unreachable!(),
        }
        list.0
    }

    fn templates(&self, name: &str, place: usize, list: &mut Variants) {
        let bad = Must::Be(CKR_ARGUMENTS_BAD);
        let getting = name == "C_GetAttributeValue";
        let refused = if getting { Must::Survive } else { Must::Fail };
        let good = match name {
            "C_CreateObject" => vec![class(CKO_DATA), bytes(CKA_VALUE, b"value")],
            "C_GenerateKey" => vec![ulong(CKA_VALUE_LEN, 16)],
            "C_GenerateKeyPair" if place == 2 => vec![ulong(CKA_MODULUS_BITS, 1024)],
            "C_UnwrapKey" | "C_UnwrapKeyAuthenticated" => vec![class(CKO_SECRET_KEY), key_type(CKK_AES)],
            "C_DeriveKey" => vec![class(CKO_SECRET_KEY), key_type(CKK_AES), ulong(CKA_VALUE_LEN, 16)],
            _ => vec![text(CKA_LABEL, "RSA")],
        };
        // The values that the templates point to stay for as long as the test runs; there are few of them.
        let good: &'static [Attribute] = good.leak();
        let good = Box::leak(Box::new(Template::new(good)));
        // SAFETY: the list is there for good.
        let good: &'static [CK_ATTRIBUTE] = unsafe { std::slice::from_raw_parts(good.list(), good.count() as usize) };
        let value = self.zeros.as_ptr().cast_mut().cast();
        let attribute = |type_, value, length: usize| {
            let with = CK_ATTRIBUTE { type_, pValue: value, ulValueLen: length as CK_ULONG };
            good.iter().filter(|own| own.type_ != type_).copied().chain([with]).collect::<Vec<_>>()
        };
        list.template("good", good, Must::Survive);
        for kind in ATTRIBUTES {
            for length in [1, 8, size_of::<CK_ATTRIBUTE>()].into_iter().chain(HUGE) {
                let what = format!("{kind:#x} NULL, {length:#x}");
                list.template(&what, &attribute(kind, ptr::null_mut(), length), refused);
            }
            for length in [0, 1, 2, 4, 7, 8, 9, 24, 48] {
                list.template(&format!("{kind:#x} of {length}"), &attribute(kind, value, length), Must::Survive);
            }
            for length in HUGE {
                // No value is so long; asked for one, there is room enough.
                list.template(&format!("{kind:#x} of {length:#x}"), &attribute(kind, value, length), refused);
            }
            let twice = [attribute(kind, value, 8), attribute(kind, value, 8)].concat();
            list.template(&format!("{kind:#x} twice"), &twice, Must::Survive);
        }
        static LENGTHS: [usize; 8] = [0, 1, 15, 33, 1 << 31, 1 << 32, 1 << 40, usize::MAX];
        for length in LENGTHS.iter().filter(|_| !getting) {
            let template = attribute(CKA_VALUE_LEN, ptr::from_ref(length).cast_mut().cast(), 8);
            list.template(&format!("a key of {length:#x} bytes"), &template, Must::Survive);
        }
        let many = vec![good[0]; 1025];
        list.template("too many", &many, bad);
        for count in HUGE.into_iter().chain([1025, (1 << 32) + 1]) {
            list.add("far too many", [Word::Is(self.data.as_ptr() as usize), Word::Is(count)], bad);
        }
        for count in [1, 2, 1024, 1025].into_iter().chain(HUGE) {
            list.add(&format!("NULL, {count:#x}"), [Word::Is(0), Word::Is(count)], bad);
        }
        list.add("none", [Word::Is(0), Word::Is(0)], Must::Survive);
        list.add("misaligned", [Word::Place(raw(good), 3), Word::Is(good.len())], Must::Survive);
    }

    fn mechanisms(&self, name: &str, list: &mut Variants) {
        let (good, size) = match name {
            "C_DigestInit" => (CKM_SHA256, 0),
            "C_SignInit" | "C_VerifyInit" | "C_VerifySignatureInit" | "C_MessageSignInit" | "C_MessageVerifyInit" => {
                (CKM_AES_CMAC, 0)
            }
            "C_MessageEncryptInit" | "C_MessageDecryptInit" | "C_WrapKeyAuthenticated" | "C_UnwrapKeyAuthenticated" => {
                (CKM_AES_GCM, size_of::<CK_GCM_MESSAGE_PARAMS>())
            }
            "C_SignRecoverInit" | "C_VerifyRecoverInit" => (CKM_RSA_PKCS, 0),
            "C_GenerateKey" => (CKM_AES_KEY_GEN, 0),
            "C_GenerateKeyPair" => (CKM_RSA_PKCS_KEY_PAIR_GEN, 0),
            "C_EncapsulateKey" | "C_DecapsulateKey" => (CKM_ML_KEM, 0),
            "C_DeriveKey" => (CKM_ECDH1_DERIVE, size_of::<CK_ECDH1_DERIVE_PARAMS>()),
            _ => (CKM_AES_CBC, 16),
        };
        let ecdh = CK_ECDH1_DERIVE_PARAMS {
            kdf: CKD_NULL,
            ulSharedDataLen: 0,
            pSharedData: ptr::null_mut(),
            ulPublicDataLen: self.point.len() as CK_ULONG,
            pPublicData: self.point.clone().leak().as_mut_ptr(),
        };
        let ecdh = ptr::from_ref(Box::leak(Box::new(ecdh))) as usize;
        let (zeros, ones) = (self.zeros.as_ptr() as usize, self.ones.as_ptr() as usize);
        let mechanism = |mechanism, start: usize, length: usize| {
            [CK_MECHANISM { mechanism, pParameter: start as *mut _, ulParameterLen: length as CK_ULONG }]
        };
        let parameter = match (name, size) {
            ("C_DeriveKey", _) => ecdh,
            (_, _) if good == CKM_AES_GCM => ptr::from_ref(Box::leak(Box::new(message_params()))) as usize,
            (_, 0) => 0,
            _ => zeros,
        };
        let usual = mechanism(good, parameter, size);
        list.mechanism("good", &usual, Must::Survive);
        for length in [1, 15, 16, 40].into_iter().chain(HUGE) {
            list.mechanism(&format!("NULL, {length:#x}"), &mechanism(good, 0, length), Must::Fail);
        }
        for length in [1, 8, 15, 17, 64, 1 << 32, (1 << 32) + size, usize::MAX] {
            // None of these mechanisms takes a parameter of such a length, so that nothing is read there.
            list.mechanism(&format!("parameter of {length:#x}"), &mechanism(good, zeros, length), Must::Fail);
        }
        if size > 0 {
            let mut odd = vec![0; size + 1].leak();
            // As a word may begin at any byte of a buffer that programs read from a file or a network.
            odd = if (odd.as_ptr() as usize).is_multiple_of(2) { &mut odd[1..] } else { &mut odd[..size] };
            // SAFETY: the parameter has that size.
            odd.copy_from_slice(unsafe { std::slice::from_raw_parts(parameter as *const u8, size) });
            list.mechanism("misaligned parameter", &mechanism(good, odd.as_ptr() as usize, size), Must::Good);
        }
        for other in [0x7fff_ffff, CKM_VENDOR_DEFINED, CK_ULONG::MAX, good + (1 << 32)] {
            list.mechanism("no mechanism", &mechanism(other, 0, 0), Must::Be(CKR_MECHANISM_INVALID));
        }
        for other in STRUCTURED {
            for length in (0..=64).step_by(4).chain([7, 9, 33, 39, 41]) {
                let what = format!("{other:#x}, {length} bytes");
                list.mechanism(&what, &mechanism(other, zeros, length), Must::Survive);
                // Pointers that point nowhere, with lengths that no memory has.
                list.mechanism(&what, &mechanism(other, ones, length), Must::Survive);
            }
        }
        let null = if name.ends_with("Init") { Must::Survive } else { Must::Be(CKR_ARGUMENTS_BAD) };
        list.add("NULL", [Word::Is(0)], null);
        list.add("misaligned", [Word::Place(raw(&usual), 3)], Must::Survive);
    }
}

struct Variants(Vec<Variant>);

impl Variants {
    fn add<const N: usize>(&mut self, what: &str, words: [Word; N], must: Must) {
        self.0.push(Variant { what: what.to_owned(), words: words.to_vec(), must });
    }

    fn template(&mut self, what: &str, list: &[CK_ATTRIBUTE], must: Must) {
        self.add(what, [Word::Place(raw(list), 0), Word::Is(list.len())], must);
    }

    fn mechanism(&mut self, what: &str, mechanism: &[CK_MECHANISM; 1], must: Must) {
        self.add(what, [Word::Place(raw(mechanism), 0)], must);
    }
}

const ATTRIBUTES: [CK_ATTRIBUTE_TYPE; 24] = [
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_LABEL,
    CKA_VALUE,
    CKA_VALUE_LEN,
    CKA_KEY_TYPE,
    CKA_ID,
    CKA_SENSITIVE,
    CKA_ENCRYPT,
    CKA_START_DATE,
    CKA_MODULUS_BITS,
    CKA_PUBLIC_EXPONENT,
    CKA_EC_PARAMS,
    CKA_EC_POINT,
    CKA_CERTIFICATE_TYPE,
    CKA_ALLOWED_MECHANISMS,
    CKA_WRAP_TEMPLATE,
    CKA_UNWRAP_TEMPLATE,
    CKA_CHECK_VALUE,
    CKA_PUBLIC_KEY_INFO,
    CKA_UNIQUE_ID,
    CKA_VENDOR_DEFINED,
    CK_ULONG::MAX,
];

/// Mechanisms whose parameter is a structure.
const STRUCTURED: [CK_MECHANISM_TYPE; 12] = [
    CKM_AES_CTR,
    CKM_AES_GCM,
    CKM_AES_CCM,
    CKM_AES_KEY_WRAP,
    CKM_SHA256_HMAC_GENERAL,
    CKM_RSA_PKCS_OAEP,
    CKM_RSA_PKCS_PSS,
    CKM_ECDH1_DERIVE,
    CKM_EDDSA,
    CKM_ML_DSA,
    CKM_HASH_ML_DSA,
    CKM_HASH_SLH_DSA,
];

/// What must be active for a function to be welcome.
fn purposes(name: &str) -> &'static [&'static str] {
    match name {
        "C_Encrypt" | "C_EncryptUpdate" | "C_EncryptFinal" => &["encrypt"],
        "C_Decrypt" | "C_DecryptUpdate" | "C_DecryptFinal" => &["decrypt"],
        "C_Digest" | "C_DigestUpdate" | "C_DigestKey" | "C_DigestFinal" | "C_GetOperationState" => &["digest"],
        "C_Sign" | "C_SignUpdate" | "C_SignFinal" => &["sign"],
        "C_Verify" | "C_VerifyUpdate" | "C_VerifyFinal" => &["verify"],
        "C_VerifySignature" | "C_VerifySignatureUpdate" | "C_VerifySignatureFinal" => &["verify signature"],
        "C_SignRecover" => &["sign recover"],
        "C_VerifyRecover" => &["verify recover"],
        "C_DigestEncryptUpdate" => &["digest", "encrypt"],
        "C_DecryptDigestUpdate" => &["digest", "decrypt"],
        "C_SignEncryptUpdate" => &["sign", "encrypt"],
        "C_DecryptVerifyUpdate" => &["verify", "decrypt"],
        "C_FindObjects" | "C_FindObjectsFinal" => &["find"],
        "C_EncryptMessage" | "C_EncryptMessageBegin" | "C_MessageEncryptFinal" => &["encrypt messages"],
        "C_EncryptMessageNext" => &["encrypt messages", "encrypt a message"],
        "C_DecryptMessage" | "C_DecryptMessageBegin" | "C_MessageDecryptFinal" => &["decrypt messages"],
        "C_DecryptMessageNext" => &["decrypt messages", "decrypt a message"],
        "C_SignMessage" | "C_SignMessageBegin" | "C_MessageSignFinal" => &["sign messages"],
        "C_SignMessageNext" => &["sign messages", "sign a message"],
        "C_VerifyMessage" | "C_VerifyMessageBegin" | "C_MessageVerifyFinal" => &["verify messages"],
        "C_VerifyMessageNext" => &["verify messages", "verify a message"],
        _ => &[],
    }
}

/// A key pair that is made once and stays on the token.
fn rsa(session: &Session) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let find = |number| session.find(&[class(number), text(CKA_LABEL, "RSA")]).first().copied();
    if let (Some(public), Some(private)) = (find(CKO_PUBLIC_KEY), find(CKO_PRIVATE_KEY)) {
        return (public, private);
    }
    let common = [text(CKA_LABEL, "RSA"), yes(CKA_TOKEN)];
    let public = [&common[..], &[ulong(CKA_MODULUS_BITS, 1024), yes(CKA_VERIFY_RECOVER)]].concat();
    let private = [&common[..], &[yes(CKA_SIGN_RECOVER), yes(CKA_SIGN)]].concat();
    ok(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &public, &private))
}

/// A private key to agree with, made once, and its own point as the other side's.
fn agreement(session: &Session) -> (CK_OBJECT_HANDLE, Vec<u8>) {
    let find = |number| session.find(&[class(number), text(CKA_LABEL, "EC")]).first().copied();
    let (public, private) = match (find(CKO_PUBLIC_KEY), find(CKO_PRIVATE_KEY)) {
        (Some(public), Some(private)) => (public, private),
        _ => {
            let common = [text(CKA_LABEL, "EC"), yes(CKA_TOKEN)];
            let public = [&common[..], &[bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"))]].concat();
            ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &public, &[&common[..], &[yes(CKA_DERIVE)]].concat()))
        }
    };
    (private, ok(session.get(public, CKA_EC_POINT)))
}

/// A key pair to encapsulate with, made once.
fn kem(session: &Session) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let find = |number| session.find(&[class(number), text(CKA_LABEL, "KEM")]).first().copied();
    if let (Some(public), Some(private)) = (find(CKO_PUBLIC_KEY), find(CKO_PRIVATE_KEY)) {
        return (public, private);
    }
    let common = [text(CKA_LABEL, "KEM"), yes(CKA_TOKEN)];
    let public = [&common[..], &[ulong(CKA_PARAMETER_SET, CKP_ML_KEM_512)]].concat();
    ok(session.generate_pair(&mech(CKM_ML_KEM_KEY_PAIR_GEN), &public, &common))
}

/// What good arguments lead to.
fn good(name: &str) -> Must {
    Must::Be(GOOD.iter().find(|good| good.0 == name).map_or(CKR_OK, |good| good.1))
}

/// What is wrong with a code, if anything is.
fn judge(name: &str, what: &str, must: Must, code: CK_RV) -> Option<String> {
    if code == CKR_FUNCTION_NOT_SUPPORTED || code == CKR_FUNCTION_NOT_PARALLEL {
        return None;
    }
    let must = match must {
        Must::Survive if what == "argument 0 good" => good(name),
        Must::Good => good(name),
        other => other,
    };
    let shown = codes::name(code);
    match must {
        Must::Fail if code == CKR_OK => Some(format!("{name}, {what}: accepted")),
        Must::Be(wanted) if code != wanted => Some(format!("{name}, {what}: {shown}, not {}", codes::name(wanted))),
        _ => None,
    }
}

/// The bytes of structures. Those of the standard have none between their fields on the systems that these tests run on.
fn raw<T: Copy>(list: &[T]) -> Vec<u8> {
    // SAFETY: as many bytes as the structures have are there.
    unsafe { std::slice::from_raw_parts(list.as_ptr().cast(), size_of_val(list)) }.to_vec()
}

#[cfg(target_os = "linux")]
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[cfg(not(target_os = "linux"))]
fn resident() -> usize {
    0
}
