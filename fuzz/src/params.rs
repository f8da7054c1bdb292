//! Mechanism parameters: the standard's structures with any content, by their layout.
//!
//! A layout is a word of letters, one for each field: `n` a number, `m` a mechanism, `h` a handle, `i` a small count of iterations, `k` a few bits,
//! `P` a pointer and the length of what is there, `s` the same of what is written to, `L` the same with the length first, `B` with the length in bits, `X` in bits
//! or in bytes, `b` a byte, `c` and `d` 16 and 8 bytes, `w` a pointer to 24 bytes to read or write, `o` to OAEP parameters, `t`
//! and `T` to a tag with its length in bits and in bytes, `K` a list of SP 800-108 fields and `D` one of further keys (with
//! their counts first), `M` the results of a key schedule, `O` what is asked of a one-time password, with its count.

use crate::common::*;
use crate::machine::Machine;
use ferrotoken::mech::kdf::Form;
use ferrotoken::mech::message::MessageShape;
use ferrotoken::mech::{Mechanism, Shape};

/// The layouts that the library knows for a shape; what has none is a string of bytes.
fn layouts(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::None | Shape::Iv(_) | Shape::OptionalIv(_) | Shape::EitherIv(..) | Shape::PublicValue => &[],
        Shape::Counter => &["nc"],
        Shape::Gcm => &["PnPn", "PPn", "PnnPn"],
        Shape::Gmac => &["PnPn", "PPn"],
        Shape::Ccm => &["nPPn", "nPnnPn"],
        Shape::MacLength | Shape::Rc2 | Shape::Kdf(Form::Bit) => &["n"],
        Shape::Oaep => &["mnnP"],
        Shape::Pss => &["mnn"],
        Shape::Ecdh1 | Shape::X942Dh1 => &["nLL"],
        Shape::Eddsa => &["bL"],
        Shape::RsaAesKeyWrap => &["no"],
        Shape::EcdhAesKeyWrap => &["nnL"],
        Shape::SignContext => &["nP"],
        Shape::HashSignContext => &["nPm"],
        Shape::EncryptData | Shape::Kdf(Form::Data) => &["P"],
        Shape::IvEncryptData(8) => &["dP"],
        Shape::IvEncryptData(_) => &["cP"],
        Shape::ChaCha20 => &["BB"],
        Shape::Salsa20 => &["wB"],
        Shape::ChaChaPoly => &["XP"],
        Shape::DsaSeed => &["msn"],
        Shape::DsaGenerator => &["mPn"],
        Shape::Otp => &["O"],
        Shape::Rc2Iv => &["nd"],
        Shape::Rc2MacLength => &["nn"],
        Shape::Kdf(Form::Hkdf) => &["bbmnPhP"],
        Shape::Kdf(Form::Sp800) => &["mKD"],
        Shape::Kdf(Form::Sp800Feedback) => &["mKLD"],
        Shape::Kdf(Form::Pbkdf2) => &["1Pin0P", "1Pin0P", "nPinPP"],
        Shape::Kdf(Form::Pbe) => &["wPPi"],
        Shape::Kdf(Form::Key) => &["h"],
        Shape::Kdf(Form::Version) => &["bb"],
        Shape::Kdf(Form::TlsMaster) => &["PPwm"],
        Shape::Kdf(Form::TlsExtendedMaster) => &["mPw"],
        Shape::Kdf(Form::TlsKeys | Form::TlsKeysOnly) => &["kkkbPPMm"],
        Shape::Kdf(Form::TlsKdf) => &["mPPPP"],
        Shape::Kdf(Form::TlsMac) => &["mnn"],
        Shape::Kdf(Form::Ike) => &["mbbPPh"],
        Shape::Kdf(Form::Ike1) => &["mbhhPPb"],
        Shape::Kdf(Form::Ike1Extended | Form::Ike2) => &["mbhP"],
    }
}

const OAEP: &str = "mnnP";

const HASHES: [CK_MECHANISM_TYPE; 20] = [
    CKM_SHA256,
    CKM_SHA_1,
    CKM_SHA224,
    CKM_SHA384,
    CKM_SHA512,
    CKM_SHA3_256,
    CKM_SHA512_T,
    CKM_MD5,
    CKM_SHAKE_128_KEY_DERIVATION,
    CKM_SHA256_HMAC,
    CKM_SHA_1_HMAC,
    CKM_SHA512_HMAC,
    CKM_SHA3_384_HMAC,
    CKM_AES_CMAC,
    CKM_AES_XCBC_MAC,
    CKM_DES3_CMAC,
    CKM_TLS_PRF,
    CKM_BLAKE2B_256,
    0,
    CK_ULONG::MAX,
];

impl Machine<'_> {
    /// `CK_MECHANISM` of any kind, as a word.
    pub fn mechanism(&mut self, of_messages: bool) -> usize {
        if self.tape.once_in(64) {
            return 0;
        }
        let row = self.row();
        let mut kind = row.id as usize;
        if self.tape.once_in(128) {
            // None that there is: its parameter would have to be of its own layout.
            kind = self.tape.pick(&[0x7fff_ffff, usize::MAX, 0x8000_0000, (1 << 32) | 1]);
        }
        let (start, length) = match row.message {
            Some(shape) if of_messages => self.message(shape),
            _ => self.parameter(row),
        };
        self.memory.words(&[kind, start, length])
    }

    /// A mechanism of the list; those that take very long come seldom.
    fn row(&mut self) -> &'static Mechanism {
        let rows = ferrotoken::mech::all();
        let row = &rows[self.tape.below(rows.len())];
        let slow =
            row.generated == CKO_DOMAIN_PARAMETERS || (row.generate_pair.is_some() && row.key_types == [CKK_RSA]);
        let slow = slow || row.key_types == [CKK_SLH_DSA];
        if slow && !self.tape.once_in(64) { &rows[self.tape.below(64)] } else { row }
    }

    fn parameter(&mut self, row: &Mechanism) -> (usize, usize) {
        if self.tape.once_in(16) {
            // No structure has an odd size, or what is no pointer would be taken for one.
            let (start, length) = self.pointed();
            return (start, if length.is_multiple_of(2) { length.saturating_sub(1) } else { length });
        }
        let size = match row.shape {
            Shape::None => return (0, 0),
            Shape::OptionalIv(_) | Shape::EitherIv(..) | Shape::Eddsa | Shape::SignContext if self.tape.once_in(3) => {
                return (0, 0);
            }
            Shape::Iv(size) | Shape::OptionalIv(size) => size,
            Shape::EitherIv(size, other) => self.tape.pick(&[size, other]),
            Shape::Gmac if self.tape.once_in(3) => 12,
            shape if layouts(shape).is_empty() => return self.pointed(),
            shape => {
                let layout = self.tape.pick(layouts(shape));
                return self.structure(layout);
            }
        };
        let bytes = self.tape.bytes(size).iter().copied().chain([0; 16]).take(size).collect();
        (self.memory.input(bytes), size)
    }

    /// The parameter of a message.
    pub fn message(&mut self, shape: MessageShape) -> (usize, usize) {
        self.structure(match shape {
            MessageShape::Gcm => "Pnnt",
            MessageShape::Ccm => "nPnnT",
            MessageShape::ChaChaPoly => "Xw",
        })
    }

    /// A structure of this layout, with its size; sometimes another size, and sometimes not there.
    pub fn structure(&mut self, layout: &str) -> (usize, usize) {
        let mut bytes = Vec::new();
        for field in layout.chars() {
            self.field(field, &mut bytes);
        }
        if layout.chars().any(|field| !"bcd".contains(field)) {
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        let length = bytes.len();
        match self.tape.byte() {
            255 => (0, length),
            254 => (self.memory.output(&bytes, 3), length),
            253 => (self.memory.output(&bytes, 0), self.tape.below(length + 1).saturating_sub(1) | 1),
            _ => (self.memory.output(&bytes, 0), length),
        }
    }

    fn field(&mut self, field: char, bytes: &mut Vec<u8>) {
        if let 'b' | 'c' | 'd' = field {
            let size = match field {
                'b' => 1,
                'c' => 16,
                _ => 8,
            };
            let own = self.tape.bytes(size);
            return bytes.extend(own.iter().copied().chain([0; 16]).take(size));
        }
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let (first, second) = match field {
            'n' => (self.tape.number() as usize, None),
            '1' => (if self.tape.once_in(16) { self.tape.number() as usize } else { 1 }, None),
            '0' => if self.tape.once_in(16) { self.pointed() } else { (0, 0) }.into_fields(),
            'm' => (self.hash() as usize, None),
            'h' => (self.handle() as usize, None),
            'i' => (
                if self.tape.once_in(16) {
                    self.tape.pick(&[1 << 40, 1 << 63, usize::MAX, 2000])
                } else {
                    self.tape.byte().into()
                },
                None,
            ),
            'k' => (if self.tape.once_in(16) { usize::MAX } else { usize::from(self.tape.byte()) * 8 }, None),
            'P' => self.pointed().into_fields(),
            's' => {
                let room = self.tape.some();
                let start = if self.tape.once_in(16) { 0 } else { self.memory.output(&room, 0) };
                (start, Some(room.len()))
            }
            'L' => {
                let (start, length) = self.pointed();
                (length, Some(start))
            }
            'B' => {
                let length = self.tape.pick(&[4, 8, 12, 24, 0, 3]);
                let bytes = self.tape.bytes(length).iter().copied().chain([1; 24]).take(length).collect();
                let bits = length * 8 + if self.tape.once_in(16) { 1 << 62 } else { 0 };
                (self.memory.input(bytes), Some(bits))
            }
            'X' => {
                let length = self.tape.pick(&[12, 96, 8, 64, 24, 192, 0, 7, usize::MAX]);
                (self.memory.output(&[7; 24], 0), Some(length))
            }
            'w' => (if self.tape.once_in(16) { 0 } else { self.memory.output(&[3; 24], 0) }, None),
            'o' => (if self.tape.once_in(16) { 0 } else { self.exactly(OAEP) }, None),
            't' | 'T' => {
                let length = self.tape.pick(&[16, 12, 4, 8, 0, 17, 15]);
                let start = if self.tape.once_in(16) { 0 } else { self.memory.output(&[9; 17][..length], 0) };
                (start, Some(if field == 't' { length * 8 } else { length }))
            }
            'K' => {
                let count = self.tape.below(6);
                let list: Vec<usize> = (0..count).flat_map(|_| self.sp800_field()).collect();
                (count, Some(self.memory.words(&list)))
            }
            'D' => {
                let count = if self.tape.once_in(4) { self.tape.below(3) } else { 0 };
                let list: Vec<usize> = (0..count)
                    .flat_map(|_| {
                        let (list, attributes) = self.template();
                        [list, attributes, self.memory.output(&[0; 8], 0)]
                    })
                    .collect();
                (count, Some(self.memory.words(&list)))
            }
            'O' => {
                let count = self.tape.below(6);
                let list: Vec<usize> = (0..count).flat_map(|_| self.otp_field()).collect();
                (self.memory.words(&list), Some(if self.tape.once_in(16) { usize::MAX } else { count }))
            }
            'M' => {
                let vectors = [(); 2].map(|()| self.memory.output(&[0; 512], 0));
                let handles = [0; 4].into_iter().chain(vectors);
                let out: Vec<u8> = handles.flat_map(usize::to_ne_bytes).collect();
                (if self.tape.once_in(16) { 0 } else { self.memory.output(&out, 0) }, None)
            }
            _ => unreachable!(),
        };
        bytes.extend(first.to_ne_bytes());
        bytes.extend(second.iter().flat_map(|second: &usize| second.to_ne_bytes()));
    }

    /// A structure that is there, of its right size.
    fn exactly(&mut self, layout: &str) -> usize {
        let mut bytes = Vec::new();
        for field in layout.chars() {
            self.field(field, &mut bytes);
        }
        self.memory.input(bytes)
    }

    /// `CK_PRF_DATA_PARAM`.
    fn sp800_field(&mut self) -> [usize; 3] {
        let kind = self.tape.below(7);
        let (start, length) = match kind as CK_ULONG {
            CK_SP800_108_ITERATION_VARIABLE | CK_SP800_108_COUNTER => self.structure("bn"),
            CK_SP800_108_DKM_LENGTH => self.structure("nbn"),
            CK_SP800_108_KEY_HANDLE => self.structure("h"),
            _ => self.pointed(),
        };
        if self.tape.once_in(8) { [kind, 0, 0] } else { [kind, start, length] }
    }

    /// `CK_OTP_PARAM`.
    fn otp_field(&mut self) -> [usize; 3] {
        let kind = self.tape.below(9);
        let (start, length) = match kind as CK_ULONG {
            CK_OTP_COUNTER if !self.tape.once_in(8) => (self.memory.input(self.tape.word().to_be_bytes().to_vec()), 8),
            CK_OTP_FLAGS | CK_OTP_OUTPUT_LENGTH | CK_OTP_OUTPUT_FORMAT if !self.tape.once_in(8) => self.structure("n"),
            _ => self.pointed(),
        };
        [kind, start, length]
    }

    fn hash(&mut self) -> CK_MECHANISM_TYPE {
        if self.tape.once_in(32) {
            return self.row().id;
        }
        self.tape.pick(&HASHES)
    }
}

trait Fields {
    fn into_fields(self) -> (usize, Option<usize>);
}

impl Fields for (usize, usize) {
    fn into_fields(self) -> (usize, Option<usize>) {
        (self.0, Some(self.1))
    }
}
