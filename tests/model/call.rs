//! The calls that a sequence is made of. They name keys, data and saved states by what they are, not by number, so that a
//! sequence stays meaningful when calls are taken out of it.

use super::machine::Model;
use super::random::Random;
use super::reference::Mode;
use crate::common::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Encrypt,
    Decrypt,
    Digest,
    Sign,
    Verify,
    SignRecover,
    VerifyRecover,
    MessageEncrypt,
    MessageDecrypt,
    MessageSign,
    MessageVerify,
}

impl Kind {
    pub fn is_cipher(self) -> bool {
        matches!(self, Self::Encrypt | Self::Decrypt | Self::MessageEncrypt | Self::MessageDecrypt)
    }
}

const PROCESSES: [Kind; 4] = [Kind::MessageEncrypt, Kind::MessageDecrypt, Kind::MessageSign, Kind::MessageVerify];

pub const KINDS: [Kind; 7] =
    [Kind::Encrypt, Kind::Decrypt, Kind::Digest, Kind::Sign, Kind::Verify, Kind::SignRecover, Kind::VerifyRecover];

/// The pairs of the four dual functions.
pub const PAIRS: [(Kind, Kind); 4] = [
    (Kind::Encrypt, Kind::Digest),
    (Kind::Decrypt, Kind::Digest),
    (Kind::Encrypt, Kind::Sign),
    (Kind::Decrypt, Kind::Verify),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    Cipher(Mode),
    Sha256,
    Hmac,
    Cmac,
    Rsa,
    /// For messages only.
    Gcm,
    /// A number that no mechanism has.
    Unknown,
    /// AES-CBC with an initialisation vector of 15 bytes.
    ShortIv,
    /// SHA-256 with a parameter.
    Superfluous,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Aes,
    AesPrivate,
    AesOther,
    /// Permits nothing.
    AesIdle,
    Hmac,
    HmacPrivate,
    HmacOther,
    RsaPublic,
    RsaPrivate,
    /// Handle 0.
    Null,
    /// A handle that never was.
    Never,
    /// The handle that the private AES key had before the last logout.
    Stale,
}

const KEYS: [Key; 12] = [
    Key::Aes,
    Key::AesPrivate,
    Key::AesOther,
    Key::AesIdle,
    Key::Hmac,
    Key::HmacPrivate,
    Key::HmacOther,
    Key::RsaPublic,
    Key::RsaPrivate,
    Key::Null,
    Key::Never,
    Key::Stale,
];

/// What is done about the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    /// A NULL buffer.
    Query,
    /// One byte less than it takes.
    Small,
    /// As much as it takes.
    Exact,
    /// More than it takes, after the input or in its place.
    Roomy,
    InPlace,
    /// No place for the length.
    NoLength,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    Bytes(Vec<u8>),
    /// So many of the next bytes of a good ciphertext, where the operation decrypts.
    Next(usize),
    /// All that is left of it.
    Rest,
    /// NULL with a length.
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    Right,
    Wrong,
    Short,
    Empty,
    Null,
}

/// Where a message's nonce comes from; the number is that of its bytes before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce {
    Given(u8),
    Counter(u8),
    /// A generator that there is not.
    Wrong(u8),
}

/// What a message's parameter is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    Good,
    /// None, or with a signature one too many.
    None,
    /// With a tag of another length.
    OtherTag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    Update,
    Final,
}

/// What is wrong with the arguments of `C_SetOperationState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    Flipped,
    Cut,
    Empty,
    MissingCipherKey,
    MissingIntegrityKey,
    OtherCipherKey,
    OtherIntegrityKey,
    NeedlessCipherKey,
    NeedlessIntegrityKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// With no mechanism, it ends the operation.
    Init {
        kind: Kind,
        mechanism: Option<Mechanism>,
        key: Key,
        iv: [u8; 16],
        plain: Vec<u8>,
    },
    /// Encrypt, Decrypt, Digest, Sign and the recovering ones, with output.
    Step {
        kind: Kind,
        part: Part,
        data: Data,
        out: Out,
    },
    /// `C_DigestUpdate`, `C_SignUpdate`, `C_VerifyUpdate`.
    Absorb {
        kind: Kind,
        data: Data,
    },
    DigestKey {
        key: Key,
    },
    Verify {
        data: Data,
        signature: Signature,
    },
    VerifyFinal {
        signature: Signature,
    },
    Dual {
        pair: usize,
        data: Data,
        out: Out,
    },
    /// A whole message, or with no data its beginning.
    CryptMessage {
        kind: Kind,
        nonce: Nonce,
        aad: Vec<u8>,
        plain: Vec<u8>,
        data: Option<Data>,
        out: Out,
        parameter: Parameter,
    },
    CryptNext {
        kind: Kind,
        data: Data,
        out: Out,
        flags: CK_FLAGS,
        parameter: Parameter,
    },
    SignMessage {
        data: Data,
        out: Out,
        parameter: Parameter,
    },
    SignNext {
        data: Data,
        out: Out,
        parameter: Parameter,
    },
    VerifyMessage {
        whole: bool,
        data: Data,
        signature: Signature,
        parameter: Parameter,
    },
    /// The beginning of a message that is signed or verified.
    IntegrityBegin {
        kind: Kind,
        parameter: Parameter,
    },
    MessagesFinal {
        kind: Kind,
    },
    FindInit,
    Find {
        most: usize,
    },
    FindNull,
    FindFinal,
    Cancel {
        flags: CK_FLAGS,
    },
    Save {
        out: Out,
    },
    Restore {
        index: usize,
        flaw: Flaw,
    },
    Login,
    Logout,
    /// `C_GenerateKey`, which an asynchronous session does on a thread.
    Generate,
    /// `C_AsyncComplete`, until it gives something else than `CKR_PENDING`; for the function that is pending, or another.
    Complete {
        right: bool,
    },
    /// `C_AsyncGetID`.
    PendingId,
}

impl Call {
    /// A call that is likely to go somewhere from where the model is.
    pub fn choose(random: &mut Random, model: &Model) -> Self {
        let active = model.active();
        if model.is_pending() && random.percent(40) {
            return match random.below(10) {
                0 => Self::PendingId,
                1 => Self::Complete { right: false },
                2 => Self::Cancel { flags: random.pick(&FLAGS) | random.pick(&[0, CKF_GENERATE]) },
                3 => Self::Logout,
                _ => Self::Complete { right: true },
            };
        }
        match random.below(100) {
            0..25 => Self::init(random),
            25..80 => match active.is_empty() {
                true => Self::init(random),
                false => {
                    let kind = match random.below(20) {
                        0 => random.pick(&PROCESSES),
                        1 => random.pick(&KINDS),
                        _ => random.pick(&active),
                    };
                    if PROCESSES.contains(&kind) {
                        Self::message(random, kind, model.in_message(kind))
                    } else {
                        Self::step(random, kind)
                    }
                }
            },
            80..86 => {
                let fitting = (0..PAIRS.len()).find(|pair| {
                    let (one, other) = PAIRS[*pair];
                    active.contains(&one) && active.contains(&other)
                });
                let pair = fitting.filter(|_| random.percent(80)).unwrap_or(random.below(PAIRS.len()));
                Self::Dual { pair, data: data(random), out: out(random) }
            }
            86..92 => match random.below(7) {
                0 | 1 => Self::FindInit,
                2..5 => Self::Find { most: random.below(4) },
                5 => Self::FindNull,
                _ => Self::FindFinal,
            },
            92..94 => Self::Cancel { flags: random.pick(&FLAGS) | random.pick(&FLAGS) },
            94..96 => Self::Save { out: out(random) },
            96 if random.percent(60) => match random.below(8) {
                0 => Self::PendingId,
                1 => Self::Complete { right: true },
                _ => Self::Generate,
            },
            96..98 => Self::Restore { index: random.below(8), flaw: random.pick(&FLAWS) },
            _ if random.percent(50) => Self::Login,
            _ => Self::Logout,
        }
    }

    fn init(random: &mut Random) -> Self {
        let kind = if random.percent(70) { random.pick(&KINDS) } else { random.pick(&PROCESSES) };
        let mechanism = match random.below(100) {
            0..6 => None,
            // Whether a parameter has the form of another mechanism's is not asked here.
            6..14 if kind.is_cipher() && PROCESSES.contains(&kind) => {
                Some(random.pick(&[Mechanism::Unknown, Mechanism::Sha256, Mechanism::Cipher(Mode::Cbc)]))
            }
            6..10 => Some(random.pick(&[Mechanism::Unknown, Mechanism::ShortIv, Mechanism::Superfluous])),
            10..14 => Some(random.pick(&[Mechanism::Sha256, Mechanism::Hmac, Mechanism::Cipher(Mode::Cbc)])),
            _ => Some(match kind {
                Kind::Encrypt | Kind::Decrypt => {
                    Mechanism::Cipher(random.pick(&[Mode::Ecb, Mode::Cbc, Mode::CbcPad, Mode::Ctr]))
                }
                Kind::Digest => Mechanism::Sha256,
                Kind::Sign | Kind::Verify => {
                    random.pick(&[Mechanism::Hmac, Mechanism::Hmac, Mechanism::Hmac, Mechanism::Cmac, Mechanism::Rsa])
                }
                Kind::SignRecover | Kind::VerifyRecover => Mechanism::Rsa,
                Kind::MessageEncrypt | Kind::MessageDecrypt => Mechanism::Gcm,
                Kind::MessageSign | Kind::MessageVerify => {
                    random.pick(&[Mechanism::Hmac, Mechanism::Cmac, Mechanism::Cmac, Mechanism::Rsa])
                }
            }),
        };
        let key = match mechanism {
            Some(Mechanism::Cipher(_) | Mechanism::ShortIv | Mechanism::Cmac | Mechanism::Gcm)
                if random.percent(90) =>
            {
                random.pick(&[Key::Aes, Key::Aes, Key::AesPrivate])
            }
            Some(Mechanism::Hmac) if random.percent(90) => random.pick(&[Key::Hmac, Key::Hmac, Key::HmacPrivate]),
            Some(Mechanism::Rsa) if random.percent(90) => match kind {
                Kind::Verify | Kind::VerifyRecover | Kind::MessageVerify => Key::RsaPublic,
                _ => Key::RsaPrivate,
            },
            _ => random.pick(&KEYS),
        };
        let iv = random.bytes(16).try_into().unwrap();
        let length = random.below(60);
        Self::Init { kind, mechanism, key, iv, plain: random.bytes(length) }
    }

    fn step(random: &mut Random, kind: Kind) -> Self {
        let part = match random.below(10) {
            0..2 => Part::Whole,
            2..8 => Part::Update,
            _ => Part::Final,
        };
        let (data, out) = (data(random), out(random));
        let signature = signature(random);
        match (kind, part) {
            (Kind::Verify, Part::Whole) => Self::Verify { data, signature },
            (Kind::Verify, Part::Final) => Self::VerifyFinal { signature },
            (Kind::Digest, Part::Update) if random.percent(20) => {
                let key = if random.percent(70) { Key::Aes } else { random.pick(&KEYS) };
                Self::DigestKey { key }
            }
            (Kind::Digest | Kind::Sign | Kind::Verify, Part::Update) => Self::Absorb { kind, data },
            (Kind::SignRecover | Kind::VerifyRecover, _) => Self::Step { kind, part: Part::Whole, data, out },
            _ => Self::Step { kind, part, data, out },
        }
    }

    /// A call of a process, in the middle of a message or not.
    fn message(random: &mut Random, kind: Kind, middle: bool) -> Self {
        let (data, out) = (data(random), out(random));
        let parameter = match random.below(20) {
            0 => Parameter::None,
            1 => Parameter::OtherTag,
            _ => Parameter::Good,
        };
        if random.percent(3) {
            return Self::MessagesFinal { kind };
        }
        let next = random.percent(if middle { 85 } else { 15 });
        let whole = random.percent(50);
        match kind {
            Kind::MessageEncrypt | Kind::MessageDecrypt if !next => {
                let number = random.below(16) as u8;
                let nonce = match random.below(20) {
                    0..5 => Nonce::Given(number * 16),
                    5..19 => Nonce::Counter(number % 2),
                    _ => Nonce::Wrong(number),
                };
                let (aad, plain) = (random.below(20), random.below(60));
                let data = whole.then_some(data);
                Self::CryptMessage {
                    kind,
                    nonce,
                    aad: random.bytes(aad),
                    plain: random.bytes(plain),
                    data,
                    out,
                    parameter,
                }
            }
            Kind::MessageEncrypt | Kind::MessageDecrypt => {
                let flags = random.pick(&[0, 0, 0, CKF_END_OF_MESSAGE, CKF_END_OF_MESSAGE, 2]);
                let flags = if flags == 2 && random.percent(70) { 0 } else { flags };
                // A forgery succeeds never: the rest of the ciphertext is what most decryptions need.
                let honest = kind == Kind::MessageDecrypt && random.percent(80);
                let data = match data {
                    Data::Bytes(_) if honest && flags == CKF_END_OF_MESSAGE => Data::Rest,
                    Data::Bytes(bytes) if honest => Data::Next(bytes.len()),
                    other => other,
                };
                Self::CryptNext { kind, data, out, flags, parameter }
            }
            _ if !next && !whole => Self::IntegrityBegin { kind, parameter },
            Kind::MessageSign if !next => Self::SignMessage { data, out, parameter },
            Kind::MessageSign => {
                let out = if random.percent(50) { Out::NoLength } else { out };
                Self::SignNext { data, out, parameter }
            }
            _ => {
                let signature = if next && random.percent(50) { Signature::Null } else { signature(random) };
                Self::VerifyMessage { whole: !next, data, signature, parameter }
            }
        }
    }
}

fn signature(random: &mut Random) -> Signature {
    match random.below(20) {
        0..2 => Signature::Wrong,
        2 => Signature::Short,
        3 => Signature::Empty,
        4 => Signature::Null,
        _ => Signature::Right,
    }
}

const FLAGS: [CK_FLAGS; 14] = [
    0,
    CKF_ENCRYPT,
    CKF_DECRYPT,
    CKF_DIGEST,
    CKF_SIGN,
    CKF_VERIFY,
    CKF_SIGN_RECOVER,
    CKF_VERIFY_RECOVER,
    CKF_FIND_OBJECTS,
    CKF_MESSAGE_ENCRYPT,
    CKF_MESSAGE_DECRYPT,
    CKF_MESSAGE_SIGN,
    CKF_MESSAGE_VERIFY,
    CKF_GENERATE | CKF_WRAP | CKF_DERIVE,
];

const FLAWS: [Flaw; 14] = [
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::Flipped,
    Flaw::Cut,
    Flaw::Empty,
    Flaw::MissingCipherKey,
    Flaw::MissingIntegrityKey,
    Flaw::OtherCipherKey,
    Flaw::OtherIntegrityKey,
    Flaw::NeedlessCipherKey,
    Flaw::NeedlessIntegrityKey,
];

fn data(random: &mut Random) -> Data {
    let length = match random.below(10) {
        0 => 0,
        1 => 16,
        2 => 32,
        3..9 => random.below(40),
        _ => random.below(100),
    };
    match random.below(20) {
        0 => Data::Null,
        1..5 => Data::Next(length),
        5..9 => Data::Rest,
        _ => Data::Bytes(random.bytes(length)),
    }
}

fn out(random: &mut Random) -> Out {
    match random.below(20) {
        0..4 => Out::Query,
        4..7 => Out::Small,
        7..11 => Out::Exact,
        11..15 => Out::InPlace,
        15 => Out::NoLength,
        _ => Out::Roomy,
    }
}
