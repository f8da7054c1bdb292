//! What a walk must know of a mechanism: which keys it takes, a right parameter, how much data, what it makes.

pub use crate::common::*;
use crate::keys::Kind;

/// How to use one mechanism.
pub struct Recipe {
    pub kind: CK_MECHANISM_TYPE,
    pub keys: Keys,
    /// The mechanism with a right parameter; what that points to is never freed.
    pub mech: Mech,
    /// Whether it does without a parameter, too.
    pub optional: bool,
    /// Whether its parameter is a string of bytes of any length, or none at all, so that no length of it is malformed.
    pub any_length: bool,
    pub data: Data,
    /// Whether its data may come in parts.
    pub parts: bool,
    /// Of the key that it makes: what the template must say.
    pub template: Vec<Attribute>,
    /// The length in bytes of the secret key that it makes, if it is always the same.
    pub makes: Option<usize>,
    /// Whether only the smallest key is tried, because it takes long or because a relative is tried with all.
    pub costly: bool,
    /// Whether the sizes that its information tells are those of what it makes, and it takes any.
    pub sizes_of_result: bool,
    /// The mechanism of an agreement with the other side's public value, which must be on the key's own curve.
    pub by: Option<fn(&[u8]) -> Mech>,
    /// Whether it is one of the ciphers that wrap only what fills their blocks, so that private keys seldom fit.
    pub whole_blocks: bool,
}

/// The keys that a mechanism takes or makes, and the sizes that its information must tell.
#[derive(Clone, Copy)]
pub enum Keys {
    /// None.
    None,
    /// Secret keys of these types, of these lengths in bytes, told in such a unit.
    Secret(&'static [CK_KEY_TYPE], Lengths, Unit),
    /// Pairs.
    Pair(Kind),
}

#[derive(Clone, Copy)]
pub enum Lengths {
    Each(&'static [usize]),
    Range(usize, usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bits,
    Bytes,
}

impl Lengths {
    pub fn bounds(self) -> (usize, usize) {
        match self {
            Self::Each(lengths) => (lengths[0], lengths[lengths.len() - 1]),
            Self::Range(min, max) => (min, max),
        }
    }

    /// Those that are tried.
    pub fn tried(self) -> Vec<usize> {
        match self {
            Self::Each(lengths) => lengths.to_vec(),
            Self::Range(min, max) => vec![min, max],
        }
    }
}

impl Unit {
    pub fn of(self, length: usize) -> CK_ULONG {
        (if self == Self::Bits { length * 8 } else { length }) as CK_ULONG
    }
}

/// The lengths of what a mechanism signs or encrypts.
#[derive(Clone, Copy)]
pub enum Data {
    Lengths(&'static [usize]),
    /// As long as the modulus.
    Modulus,
}

/// Of any length.
pub const ANY: Data = Data::Lengths(&[100, 1, 0, 64]);
/// Whole blocks.
pub const BLOCKS: Data = Data::Lengths(&[64, 16, 0]);

impl Recipe {
    pub fn new(kind: CK_MECHANISM_TYPE, keys: Keys) -> Self {
        Self {
            kind,
            keys,
            mech: mech(kind),
            optional: false,
            any_length: false,
            data: ANY,
            parts: true,
            template: Vec::new(),
            makes: None,
            costly: false,
            sizes_of_result: false,
            by: None,
            whole_blocks: false,
        }
    }

    pub fn with<T: Copy>(self, parameter: T) -> Self {
        Self { mech: mech_params(self.kind, &parameter), ..self }
    }

    pub fn with_bytes(self, parameter: &[u8]) -> Self {
        Self { mech: mech_bytes(self.kind, parameter), ..self }
    }

    /// Agrees with the other side.
    pub fn agrees(self, by: fn(&[u8]) -> Mech) -> Self {
        Self { mech: by(b""), by: Some(by), ..self }
    }

    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    pub fn any_length(self) -> Self {
        Self { any_length: true, ..self }
    }

    pub fn data(self, data: Data) -> Self {
        Self { data, ..self }
    }

    pub fn blocks(self) -> Self {
        Self { data: BLOCKS, whole_blocks: true, ..self }
    }

    pub fn whole_blocks(self) -> Self {
        Self { whole_blocks: true, ..self }
    }

    pub fn one_part(self) -> Self {
        Self { parts: false, ..self }
    }

    /// Makes a key by this template.
    pub fn template(self, template: &[Attribute]) -> Self {
        Self { template: template.to_vec(), ..self }
    }

    /// Makes a generic secret of so many bytes, and the template says so.
    pub fn secret_of(self, length: usize) -> Self {
        let template = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), ulong(CKA_VALUE_LEN, length as CK_ULONG)];
        self.template(&template).makes(length)
    }

    /// Takes long: see [`Self::costly`].
    pub fn costly(self) -> Self {
        Self { costly: true, ..self }
    }

    /// Tells the size of what it makes.
    pub fn sizes_of_result(self) -> Self {
        Self { sizes_of_result: true, ..self }
    }

    /// Makes a key of so many bytes, whatever the template says.
    pub fn makes(self, length: usize) -> Self {
        Self { makes: Some(length), ..self }
    }
}

/// Bytes that stay where they are, for a structure that points to them.
pub fn kept(bytes: &[u8]) -> *mut u8 {
    if bytes.is_empty() { std::ptr::null_mut() } else { bytes.to_vec().leak().as_mut_ptr() }
}

/// A structure that stays where it is, for another that points to it.
pub fn kept_structure<T>(structure: T) -> *mut T {
    Box::leak(Box::new(structure))
}

/// Some data of a length; the first byte is 0, so that it is a number below any modulus.
pub fn data(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 7) as u8).collect()
}

/// The password in a `CK_OTP_SIGNATURE_INFO`.
pub fn otp_value(information: &[u8]) -> Vec<u8> {
    // SAFETY: C_Sign has written such a structure, which points into the same bytes.
    unsafe {
        let head: CK_OTP_SIGNATURE_INFO = std::ptr::read_unaligned(information.as_ptr().cast());
        let params = (0..head.ulCount as usize).map(|index| std::ptr::read_unaligned(head.pParams.add(index)));
        let value = params.into_iter().find(|param| param.type_ == CK_OTP_VALUE).expect("a password");
        std::slice::from_raw_parts(value.pValue.cast::<u8>(), value.ulValueLen as usize).to_vec()
    }
}
