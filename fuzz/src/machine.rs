//! Calls of any function with any arguments, by the kinds that tests/common/rows.rs names.

use crate::common::*;
use crate::ground::{SLOT, ground};
use crate::memory::Memory;
use crate::tape::Tape;

/// The most calls of one input.
const MOST_CALLS: usize = 40;

pub struct Machine<'a> {
    pub tape: Tape<'a>,
    pub memory: Memory,
    sessions: Vec<CK_SESSION_HANDLE>,
    objects: Vec<CK_OBJECT_HANDLE>,
    /// Places where handles of sessions and objects may be found after the call.
    places: Vec<(usize, bool)>,
    /// The layout of a signed message's own parameter: one for each input, for the library takes it by the active mechanism.
    own: &'static str,
}

impl<'a> Machine<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        let objects = ground();
        let mut tape = Tape::new(input);
        let own = tape.pick(&["", "bL", "nP", "nPm"]);
        let mut machine =
            Self { tape, memory: Memory::default(), sessions: Vec::new(), objects, places: Vec::new(), own };
        let serial = CKF_SERIAL_SESSION;
        for flags in [serial | CKF_RW_SESSION, serial, serial | CKF_RW_SESSION | CKF_ASYNC_SESSION] {
            let session = std::mem::ManuallyDrop::new(ok(open(SLOT, flags)));
            machine.sessions.push(session.handle);
        }
        if !machine.tape.once_in(8) {
            ok(machine.session().login(CKU_USER, USER_PIN));
        }
        machine
    }

    /// The first session, which is not closed when this is dropped.
    pub fn session(&self) -> std::mem::ManuallyDrop<Session> {
        std::mem::ManuallyDrop::new(Session { handle: self.sessions[0], slot: SLOT })
    }

    /// Calls functions of these names until the tape is over.
    pub fn run(&mut self, names: &[&str]) {
        let rows: Vec<_> =
            rows::ROWS.iter().filter(|(name, _)| names.is_empty() || names.contains(name)).copied().collect();
        for _ in 0..MOST_CALLS {
            if self.tape.is_over() {
                break;
            }
            let (name, kinds) = rows[self.tape.below(rows.len())];
            self.call(name, kinds);
        }
    }

    /// All is as before: the memory to which a pending function may write is no longer needed, either.
    pub fn end(self) {
        ground();
        self.memory.check();
    }

    pub fn call(&mut self, name: &str, kinds: &str) {
        if ["C_MessageSignInit", "C_MessageVerifyInit"].contains(&name) {
            return self.begin_signed_messages(name);
        }
        let words: Vec<usize> = kinds.split(' ').flat_map(|kind| self.argument(name, kind)).collect();
        self.make(name, &words);
    }

    fn make(&mut self, name: &str, words: &[usize]) {
        let index = FUNCTIONS.iter().position(|other| *other == name).unwrap();
        // SAFETY: what is claimed to be there is there.
        let code = unsafe { call(index, words) };
        returns::settle();
        self.memory.check();
        for (place, is_session) in std::mem::take(&mut self.places) {
            // SAFETY: the place is ours, and has room for a handle.
            let handle = unsafe { std::ptr::read_unaligned(place as *const CK_ULONG) };
            match (code, is_session) {
                (CKR_OK, true) => self.sessions.push(handle),
                (CKR_OK, false) => self.objects.push(handle),
                _ => {}
            }
        }
    }

    /// The parameters of signed messages are read by the layout of the mechanism, so that all must have the same.
    fn begin_signed_messages(&mut self, name: &str) {
        let session = self.one_session();
        let key = self.handle();
        let mechanism = match (self.own, self.tape.below(8)) {
            ("bL", _) => CKM_EDDSA,
            ("nP", 0..4) => CKM_ML_DSA,
            ("nP", _) => CKM_HASH_ML_DSA_SHA256,
            ("nPm", _) => CKM_HASH_ML_DSA,
            (_, kind) => [
                CKM_AES_CMAC,
                CKM_SHA256_HMAC,
                CKM_ECDSA,
                CKM_ECDSA_SHA256,
                CKM_SHA256_RSA_PKCS,
                CKM_RSA_PKCS,
                CKM_DES3_CMAC,
                CKM_RSA_X_509,
            ][kind],
        };
        let (start, length) = match self.own {
            "" => (0, 0),
            _ if self.tape.once_in(3) => (0, 0),
            own => self.structure(own),
        };
        let mechanism = self.memory.words(&[mechanism as usize, start, length]);
        self.make(name, &[session as usize, mechanism, key as usize]);
    }

    fn one_session(&mut self) -> CK_SESSION_HANDLE {
        match self.tape.byte() {
            255 => self.tape.number(),
            byte => self.sessions[usize::from(byte) % self.sessions.len()],
        }
    }

    /// An object.
    pub fn handle(&mut self) -> CK_OBJECT_HANDLE {
        match self.tape.byte() {
            255 => self.tape.number(),
            254 => 0,
            byte @ 192..=253 => self.objects[self.objects.len() - 1 - usize::from(byte - 192) % self.objects.len()],
            byte => self.objects[usize::from(byte) % self.objects.len()],
        }
    }

    /// Input with its length.
    pub fn pointed(&mut self) -> (usize, usize) {
        match self.tape.byte() {
            255 => (0, self.tape.number() as usize),
            254 => (0, 0),
            253 => (self.memory.input(vec![0; 8]), self.tape.pick(&[1 << 63, usize::MAX])),
            _ => {
                let bytes = self.tape.some();
                let length = bytes.len();
                (self.memory.input(bytes), length)
            }
        }
    }

    fn argument(&mut self, name: &str, kind: &str) -> Vec<usize> {
        let pin = name.contains("PIN") || name.contains("Login") || name == "C_InitToken";
        match kind {
            "S" => vec![self.one_session() as usize],
            "L" => vec![if self.tape.once_in(16) { self.tape.number() as usize } else { SLOT as usize }],
            "H" => vec![self.handle() as usize],
            "N" => vec![self.number(name)],
            "M" => {
                let messages = [
                    "C_MessageEncryptInit",
                    "C_MessageDecryptInit",
                    "C_WrapKeyAuthenticated",
                    "C_UnwrapKeyAuthenticated",
                ];
                vec![self.mechanism(messages.contains(&name))]
            }
            "P" if pin && !self.tape.once_in(8) => {
                let pin = if name == "C_InitToken" { SO_PIN } else { USER_PIN };
                vec![self.memory.input(pin.into()), pin.len()]
            }
            "P" | "I" => {
                let (start, length) = self.pointed();
                vec![start, length]
            }
            "O" | "Q" => self.output(),
            "F" => {
                let (bytes, byte) = (self.tape.some(), self.tape.byte());
                match byte {
                    255 => vec![0, self.tape.number() as usize],
                    _ => vec![self.memory.output(&bytes, usize::from(byte & 3)), bytes.len()],
                }
            }
            "T" => {
                let (list, count) = self.template();
                vec![list, count]
            }
            "C" => {
                let count = self.tape.pick(&[1024, 0, 1, 3]);
                let (list, off) = (self.memory.output(&vec![0; count * 24], 0), usize::from(self.tape.byte() & 3));
                let list = if self.tape.once_in(4) { 0 } else { list };
                vec![list, self.place(&count.to_ne_bytes(), off)]
            }
            "Y" => {
                let room = self.tape.below(20);
                let list = self.memory.output(&vec![0; room * 8], 0);
                let list = if self.tape.once_in(16) { 0 } else { list };
                vec![list, room, self.place(&[0; 8], 0)]
            }
            "R" => {
                let place = self.place(&[0; 8], 0);
                if place != 0 && !["C_GetFunctionList", "C_GetInterface", "C_GetObjectSize"].contains(&name) {
                    self.places.push((place, name == "C_OpenSession"));
                }
                vec![place]
            }
            "X" => {
                let off = usize::from(self.tape.byte() & 7);
                vec![self.place(&[0; 256], off)]
            }
            "V" => {
                let version = [self.tape.below(5) as u8, self.tape.below(41) as u8];
                vec![self.place(&version, 0)]
            }
            "Z" => {
                let name = match self.tape.byte() {
                    0..=15 => "PKCS 11",
                    byte => FUNCTIONS[usize::from(byte) % FUNCTIONS.len()],
                };
                vec![self.place(&[name.as_bytes(), &[0]].concat(), 0)]
            }
            "B" => vec![self.place(&[b'f'; 32], 0)],
            // Of C_WaitForSlotEvent these are the flags, and it must not wait.
            "U" => vec![self.tape.number() as usize | CKF_DONT_BLOCK as usize],
            "0" => vec![if self.tape.once_in(16) { 8 } else { 0 }],
            "G" if name.contains("Sign") || name.contains("Verify") => match self.own {
                "" => vec![self.memory.input(vec![0; 7]), self.tape.pick(&[0, 7])],
                own => {
                    let (start, length) = self.structure(own);
                    vec![start, length]
                }
            },
            "G" => {
                use ferrotoken::mech::message::MessageShape::{Ccm, ChaChaPoly, Gcm};
                let shape = self.tape.pick(&[Gcm, Gcm, Ccm, ChaChaPoly]);
                let (start, length) = self.message(shape);
                vec![start, length]
            }
            _ => unreachable!("{name} has an argument of the kind {kind}"),
        }
    }

    fn number(&mut self, name: &str) -> usize {
        let usual: &[CK_ULONG] = match name {
            "C_OpenSession" => &[
                CKF_SERIAL_SESSION,
                CKF_SERIAL_SESSION | CKF_RW_SESSION,
                CKF_SERIAL_SESSION | CKF_RW_SESSION | CKF_ASYNC_SESSION,
            ],
            "C_Login" | "C_LoginUser" => &[CKU_USER, CKU_SO, CKU_CONTEXT_SPECIFIC],
            "C_GetMechanismInfo" => &[CKM_SHA256, CKM_AES_GCM],
            _ => &[0, 1],
        };
        if self.tape.once_in(4) { self.tape.number() as usize } else { self.tape.pick(usual) as usize }
    }

    /// A place that holds these bytes, or none.
    fn place(&mut self, bytes: &[u8], off: usize) -> usize {
        if self.tape.once_in(32) { 0 } else { self.memory.output(bytes, off) }
    }

    /// An output buffer with the place of its length.
    fn output(&mut self) -> Vec<usize> {
        let room = match self.tape.byte() {
            0..=127 => 512,
            128..=191 => 1 << 13,
            _ => self.tape.length(),
        };
        let buffer = self.memory.output(&vec![0x5c; room], usize::from(self.tape.byte() & 1));
        let asked = if self.tape.once_in(6) { 0 } else { buffer };
        vec![asked, self.place(&room.to_ne_bytes(), 0)]
    }
}
