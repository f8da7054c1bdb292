//! The mechanisms: one row each, in its family's file.
//!
//! A capability *is* its constructor. `C_GetMechanismList`, `C_GetMechanismInfo`, the flags and the dispatch of
//! every function derive from the row, so they cannot disagree. Adding a mechanism touches one file.

pub mod aead;
pub mod aes;
pub mod aria;
pub mod block;
pub mod blowfish;
pub mod camellia;
pub mod derive;
pub mod des;
pub mod dh;
pub mod digest;
pub mod dsa;
pub mod ecdh;
pub mod ecdsa;
pub mod eddsa;
pub mod envelope;
pub mod hmac;
pub mod hotp;
pub mod hss;
pub mod kdf;
pub mod mac;
pub mod message;
pub mod ml_dsa;
pub mod ml_kem;
pub mod nonce;
pub mod offer;
pub mod params;
pub mod pre_hash;
pub mod rc2;
mod registry;
pub mod rsa;
pub mod secret;
pub mod self_test;
pub mod slh_dsa;
pub mod stream;
pub mod twofish;

pub use derive::Derivation;
pub use offer::Offer;
pub use params::{Params, Shape};
pub use registry::{all, find, serves};

use crate::buffer;
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::object::template::{Attributes, Contribution};
use crate::op::{Cipher, Recover, Sign, Verify};
use cryptoki_sys::*;
use message::MessageShape;
use zeroize::Zeroizing;

/// Begins an encryption or a decryption.
pub type BeginCipher = fn(&Mechanism, &Params, &Key) -> Result<Box<dyn Cipher>>;
/// Begins a digest.
pub type BeginDigest = fn(&Mechanism, &Params) -> Result<Box<dyn Sign>>;
/// Begins a signature or a MAC.
pub type BeginSign = fn(&Mechanism, &Params, &Key) -> Result<Box<dyn Sign>>;
/// Begins a verification.
pub type BeginVerify = fn(&Mechanism, &Params, &Key) -> Result<Box<dyn Verify>>;
/// The signature of data by a key with these attributes, and what is new in them after it.
pub type SpendingSign = fn(&Mechanism, &Params, &Key, &Attributes, &[u8], Place) -> Result<(Vec<u8>, Contribution)>;
/// Signing with a key that each signature changes: what is used up is committed before the signature leaves.
#[derive(Clone, Copy)]
pub struct Spends {
    /// The most bytes of a signature. Whatever is wrong with the parameter is told here.
    pub bound: fn(&Mechanism, &Params, &Key) -> Result<usize>,
    /// The signature.
    pub sign: SpendingSign,
}

/// Where the caller will find a signature, as an address: some have pointers into themselves.
#[derive(Clone, Copy)]
pub struct Place(pub usize);

/// Begins signing or verifying with recovery.
pub type BeginRecover = fn(&Mechanism, &Params, &Key) -> Result<Box<dyn Recover>>;
/// Generates a secret key or domain parameters: from the caller's typed template to the attributes that the
/// mechanism contributes (`CKA_VALUE`, say).
pub type Generate = fn(&Mechanism, &Params, &Attributes) -> Result<Contribution>;
/// A generation that tells the caller something beside the object: an initialisation vector, or a seed.
pub type GenerateAndTell = fn(&Mechanism, &Params, &Attributes) -> Result<(Contribution, Vec<u8>)>;
/// Generates a key pair: from the public and the private template to what is contributed to each.
pub type GeneratePair = fn(&Mechanism, &Params, &Attributes, &Attributes) -> Result<(Contribution, Contribution)>;
/// Encrypts a key's encoding (the value of a secret key, the PKCS#8 form of a private one).
pub type Wrap = fn(&Mechanism, &Params, &Key, &[u8]) -> Result<Vec<u8>>;
/// Decrypts a wrapped key to its encoding.
pub type Unwrap = fn(&Mechanism, &Params, &Key, &[u8]) -> Result<Zeroizing<Vec<u8>>>;
/// Derives the value of a secret key. The wanted length, in bytes, is `None` where the template does not say.
pub type Derive = fn(&Mechanism, &Params, &Key, Option<usize>) -> Result<Zeroizing<Vec<u8>>>;
/// The length in bytes of what [`Encapsulate`] will give for the other side.
pub type CiphertextLen = fn(&Mechanism, &Params, &Key) -> Result<usize>;
/// Makes a secret for two: its ciphertext, and the value of a secret key. The wanted length is as in [`Derive`].
pub type Encapsulate = fn(&Mechanism, &Params, &Key, Option<usize>) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)>;
/// The value of a secret key out of such a ciphertext.
pub type Decapsulate = fn(&Mechanism, &Params, &Key, &[u8], Option<usize>) -> Result<Zeroizing<Vec<u8>>>;

/// What `C_GenerateKey` does.
#[derive(Clone, Copy)]
pub enum Generation {
    /// It makes an object.
    Silent(Generate),
    /// It tells the caller something beside.
    Telling(GenerateAndTell),
}

impl Generation {
    /// What is contributed to the object, and what the caller is told.
    pub fn run(
        self,
        mechanism: &Mechanism,
        params: &Params,
        template: &Attributes,
    ) -> Result<(Contribution, Option<Vec<u8>>)> {
        match self {
            Self::Silent(generate) => Ok((generate(mechanism, params, template)?, None)),
            Self::Telling(generate) => {
                let (contribution, told) = generate(mechanism, params, template)?;
                Ok((contribution, Some(told)))
            }
        }
    }
}

/// The unit of a mechanism's key sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bits: RSA, EC, generic secrets.
    Bits,
    /// Bytes: AES, HMAC and, of the public key, what NIST calls post-quantum.
    Bytes,
}

/// What a derived key takes over from the keys that it is derived from, beside being no more open than any secret one
/// (the rules themselves are in `object/rules/draft.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherits {
    /// It was always sensitive, or never extractable, if all of them were.
    All,
    /// …if one of them was (SP 800-108, "Key Derivation Attribute Rules").
    Any,
    /// As `All`, and it is exactly as sensitive and as extractable as its base ("Key and MAC derivation").
    Exactly,
}

/// Zeros that a wrapping mechanism puts beside a key's encoding, and that the unwrapped bytes still have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroPadding {
    /// None: what comes out is the key.
    None,
    /// Behind it, up to a multiple of so many bytes.
    Behind(usize),
    /// Before it, as many as it takes (a number as long as the modulus).
    Before,
}

/// One mechanism: everything that it can do and needs.
#[derive(Clone, Copy)]
pub struct Mechanism {
    /// `CKM_…`
    pub id: CK_MECHANISM_TYPE,
    /// Its place in the registry, which sets it.
    pub(super) at: usize,
    /// The key types that it works with, in order of preference (generation makes the first); none: with any.
    pub key_types: &'static [CK_KEY_TYPE],
    /// Whether its keys come in pairs: encrypt, verify and wrap then take the public one, decrypt, sign,
    /// unwrap and derive the private one.
    pub asymmetric: bool,
    /// The smallest and the largest key, as `C_GetMechanismInfo` reports them.
    pub sizes: (CK_ULONG, CK_ULONG),
    /// The unit of `sizes`.
    pub unit: Unit,
    /// The form of its parameter.
    pub shape: Shape,
    /// The hash that it includes or is.
    pub hash: Option<Hash>,
    /// Flags of `C_GetMechanismInfo` that do not follow from the functions (the `CKF_EC_…` ones).
    pub extra_flags: CK_FLAGS,
    /// `C_EncryptInit`.
    pub encrypt: Option<BeginCipher>,
    /// `C_DecryptInit`.
    pub decrypt: Option<BeginCipher>,
    /// `C_DigestInit`.
    pub digest: Option<BeginDigest>,
    /// `C_SignInit`.
    pub sign: Option<BeginSign>,
    /// `C_SignInit`, where each signature changes the key.
    pub spends: Option<Spends>,
    /// `C_VerifyInit`.
    pub verify: Option<BeginVerify>,
    /// `C_SignRecoverInit`.
    pub sign_recover: Option<BeginRecover>,
    /// `C_VerifyRecoverInit`.
    pub verify_recover: Option<BeginRecover>,
    /// `C_GenerateKey`.
    pub generate: Option<Generation>,
    /// Attributes that the template of a generation must give, though most generations make them: then these, and no others,
    /// must be given.
    pub takes: &'static [CK_ATTRIBUTE_TYPE],
    /// What that makes: secret keys or domain parameters.
    pub generated: CK_OBJECT_CLASS,
    /// The class of the keys that come alone, not in pairs.
    pub single: CK_OBJECT_CLASS,
    /// `C_GenerateKeyPair`.
    pub generate_pair: Option<GeneratePair>,
    /// `C_WrapKey`.
    pub wrap: Option<Wrap>,
    /// `C_UnwrapKey`.
    pub unwrap: Option<Unwrap>,
    /// How wrapping fills up a key's encoding with zeros.
    pub zero_padding: ZeroPadding,
    /// Whether private keys can be wrapped, too.
    pub wraps_private: bool,
    /// Whether unwrapping notices that a wrapped key was changed or cut.
    pub tells_changes: bool,
    /// `C_DeriveKey`.
    pub derive: Option<Derivation>,
    /// How what is derived inherits.
    pub inherits: Inherits,
    /// Whether a data object can be the base of a derivation, too.
    pub from_data: bool,
    /// Whether it may use a key without a permission of the key's.
    pub unconditional: bool,
    /// Whether `sizes` are those of the keys that it makes, and not of those that it takes.
    pub sizes_of_result: bool,
    /// Numbers that a new secret key has by its mechanism: a template may repeat them, but not contradict.
    pub implied: &'static [(CK_ATTRIBUTE_TYPE, CK_ULONG)],
    /// `C_EncapsulateKey`.
    pub encapsulate: Option<(CiphertextLen, Encapsulate)>,
    /// `C_DecapsulateKey`.
    pub decapsulate: Option<Decapsulate>,
    /// The form of a message's parameter, where messages can be encrypted: an AEAD.
    pub message: Option<MessageShape>,
    /// Whether the data to be signed comes in one part only.
    pub one_part: bool,
    /// Whether a key must not sign more than one message.
    pub one_message: bool,
}

impl Mechanism {
    /// A mechanism that can do nothing yet.
    pub const fn new(id: CK_MECHANISM_TYPE) -> Self {
        Self {
            id,
            at: 0,
            key_types: &[],
            asymmetric: false,
            sizes: (0, 0),
            unit: Unit::Bits,
            shape: Shape::None,
            hash: None,
            extra_flags: 0,
            encrypt: None,
            decrypt: None,
            digest: None,
            sign: None,
            spends: None,
            verify: None,
            sign_recover: None,
            verify_recover: None,
            generate: None,
            takes: &[],
            generated: CKO_SECRET_KEY,
            single: CKO_SECRET_KEY,
            generate_pair: None,
            wrap: None,
            unwrap: None,
            zero_padding: ZeroPadding::None,
            wraps_private: false,
            tells_changes: false,
            derive: None,
            inherits: Inherits::All,
            from_data: false,
            unconditional: false,
            sizes_of_result: false,
            implied: &[],
            encapsulate: None,
            decapsulate: None,
            message: None,
            one_part: false,
            one_message: false,
        }
    }

    /// Works with secret keys of these types, of `min..=max` units.
    pub const fn secret_keys(
        mut self,
        types: &'static [CK_KEY_TYPE],
        min: CK_ULONG,
        max: CK_ULONG,
        unit: Unit,
    ) -> Self {
        self.key_types = types;
        self.sizes = (min, max);
        self.unit = unit;
        self
    }

    /// Works with keys for one-time passwords of these types, of `min..=max` bytes.
    pub const fn otp_keys(mut self, types: &'static [CK_KEY_TYPE], min: CK_ULONG, max: CK_ULONG) -> Self {
        self.single = CKO_OTP_KEY;
        self.generated = CKO_OTP_KEY;
        self.secret_keys(types, min, max, Unit::Bytes)
    }

    /// Works with key pairs of these types, of `min..=max` bits.
    pub const fn key_pairs(mut self, types: &'static [CK_KEY_TYPE], min: CK_ULONG, max: CK_ULONG) -> Self {
        self.asymmetric = true;
        self.secret_keys(types, min, max, Unit::Bits)
    }

    /// Works with key pairs of a type whose public keys have `min..=max` bytes.
    pub const fn public_bytes(mut self, types: &'static [CK_KEY_TYPE], min: CK_ULONG, max: CK_ULONG) -> Self {
        self.asymmetric = true;
        self.secret_keys(types, min, max, Unit::Bytes)
    }

    /// Takes a parameter of this form.
    pub const fn params(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// Includes, or is, this hash.
    pub const fn hash(mut self, hash: Hash) -> Self {
        self.hash = Some(hash);
        self
    }

    /// Reports these flags too.
    pub const fn flags(mut self, flags: CK_FLAGS) -> Self {
        self.extra_flags = flags;
        self
    }

    /// Encrypts and decrypts.
    pub const fn cipher(mut self, encrypt: BeginCipher, decrypt: BeginCipher) -> Self {
        self.encrypt = Some(encrypt);
        self.decrypt = Some(decrypt);
        self
    }

    /// Digests.
    pub const fn digests(mut self, digest: BeginDigest) -> Self {
        self.digest = Some(digest);
        self
    }

    /// Signs and verifies.
    pub const fn signs(mut self, sign: BeginSign, verify: BeginVerify) -> Self {
        self.sign = Some(sign);
        self.verify = Some(verify);
        self
    }

    /// Signs with a key that each signature changes, and verifies.
    pub const fn spends(mut self, spends: Spends, verify: BeginVerify) -> Self {
        self.spends = Some(spends);
        self.verify = Some(verify);
        self
    }

    /// Signs and verifies with message recovery.
    pub const fn recovers(mut self, sign: BeginRecover, verify: BeginRecover) -> Self {
        self.sign_recover = Some(sign);
        self.verify_recover = Some(verify);
        self
    }

    /// Generates secret keys.
    pub const fn generates(mut self, generate: Generate) -> Self {
        self.generate = Some(Generation::Silent(generate));
        self
    }

    /// Generates secret keys, and tells something beside.
    pub const fn generates_and_tells(mut self, generate: GenerateAndTell) -> Self {
        self.generate = Some(Generation::Telling(generate));
        self
    }

    /// Generates domain parameters.
    pub const fn generates_parameters(mut self, generate: Generate) -> Self {
        self.generated = CKO_DOMAIN_PARAMETERS;
        self.generates(generate)
    }

    /// Generates the primes of domain parameters, and tells their seed.
    pub const fn generates_primes(mut self, generate: GenerateAndTell) -> Self {
        self.generated = CKO_DOMAIN_PARAMETERS;
        self.generates_and_tells(generate)
    }

    /// Generates from these attributes of the template.
    pub const fn takes(mut self, attributes: &'static [CK_ATTRIBUTE_TYPE]) -> Self {
        self.takes = attributes;
        self
    }

    /// Generates key pairs.
    pub const fn generates_pairs(mut self, generate: GeneratePair) -> Self {
        self.generate_pair = Some(generate);
        self
    }

    /// Wraps and unwraps secret and private keys by functions of its own.
    pub const fn wraps_by(mut self, wrap: Wrap, unwrap: Unwrap) -> Self {
        self.wrap = Some(wrap);
        self.unwrap = Some(unwrap);
        self.wraps_private = true;
        self
    }

    /// Wraps by encrypting and unwraps by decrypting: to be called after [`Self::cipher`].
    pub const fn wraps(self) -> Self {
        self.wraps_by(wrap_by_encrypting, unwrap_by_decrypting)
    }

    /// Wraps with zeros beside the key: to be called after [`Self::wraps`].
    pub const fn zero_padded(mut self, padding: ZeroPadding) -> Self {
        self.zero_padding = padding;
        self
    }

    /// Wraps no private keys: to be called after [`Self::wraps`].
    pub const fn secret_keys_only(mut self) -> Self {
        self.wraps_private = false;
        self
    }

    /// Notices when a wrapped key was changed or cut.
    pub const fn telling_changes(mut self) -> Self {
        self.tells_changes = true;
        self
    }

    /// Derives secret keys.
    pub const fn derives(mut self, derive: Derive) -> Self {
        self.derive = Some(Derivation::Value(derive));
        self
    }

    /// Derives what a plan says, from one or several keys.
    pub const fn derives_by(mut self, plan: derive::Plan, make: derive::Make) -> Self {
        self.derive = Some(Derivation::Planned { plan, make });
        self
    }

    /// What it derives inherits by this rule.
    pub const fn inherits(mut self, inherits: Inherits) -> Self {
        self.inherits = inherits;
        self
    }

    /// Derives from data objects, too.
    pub const fn from_data(mut self) -> Self {
        self.from_data = true;
        self
    }

    /// Needs no permission of the key's (`CKA_DERIVE`).
    pub const fn unconditional(mut self) -> Self {
        self.unconditional = true;
        self
    }

    /// Reports the size of what it makes, and takes keys of any.
    pub const fn sizes_of_result(mut self) -> Self {
        self.sizes_of_result = true;
        self
    }

    /// Its new keys have these numbers among their attributes.
    pub const fn implies(mut self, numbers: &'static [(CK_ATTRIBUTE_TYPE, CK_ULONG)]) -> Self {
        self.implied = numbers;
        self
    }

    /// Encapsulates and decapsulates secret keys.
    pub const fn kem(mut self, length: CiphertextLen, encapsulate: Encapsulate, decapsulate: Decapsulate) -> Self {
        self.encapsulate = Some((length, encapsulate));
        self.decapsulate = Some(decapsulate);
        self
    }

    /// Encrypts messages, and wraps keys with additional data.
    pub const fn messages(mut self, shape: MessageShape) -> Self {
        self.message = Some(shape);
        self
    }

    /// Signs data that comes in one part.
    pub const fn one_part(mut self) -> Self {
        self.one_part = true;
        self
    }

    /// Signs one message with a key, so that a process of many messages makes no sense.
    pub const fn one_message(mut self) -> Self {
        self.one_message = true;
        self
    }

    /// Whether `C_MessageEncryptInit` and `C_MessageDecryptInit` take it.
    pub fn encrypts_messages(&self) -> bool {
        self.message.is_some() && self.encrypt.is_some() && self.decrypt.is_some()
    }

    /// Whether `C_SignInit` takes it.
    pub fn can_sign(&self) -> bool {
        self.sign.is_some() || self.spends.is_some()
    }

    /// Whether `C_MessageSignInit` and `C_MessageVerifyInit` take it.
    pub fn signs_messages(&self) -> bool {
        self.can_sign() && self.verify.is_some() && !self.one_message
    }

    /// `C_GetMechanismInfo`.
    pub fn info(&self) -> CK_MECHANISM_INFO {
        let (min, max) = self.sizes;
        CK_MECHANISM_INFO { ulMinKeySize: min, ulMaxKeySize: max, flags: self.info_flags() }
    }

    /// The flags of `C_GetMechanismInfo`.
    pub fn info_flags(&self) -> CK_FLAGS {
        [
            (self.encrypt.is_some(), CKF_ENCRYPT),
            (self.decrypt.is_some(), CKF_DECRYPT),
            (self.digest.is_some(), CKF_DIGEST),
            (self.can_sign(), CKF_SIGN),
            (self.verify.is_some(), CKF_VERIFY),
            (self.sign_recover.is_some(), CKF_SIGN_RECOVER),
            (self.verify_recover.is_some(), CKF_VERIFY_RECOVER),
            (self.generate.is_some(), CKF_GENERATE),
            (self.generate_pair.is_some(), CKF_GENERATE_KEY_PAIR),
            (self.wrap.is_some(), CKF_WRAP),
            (self.unwrap.is_some(), CKF_UNWRAP),
            (self.derive.is_some(), CKF_DERIVE),
            (self.encapsulate.is_some(), CKF_ENCAPSULATE),
            (self.decapsulate.is_some(), CKF_DECAPSULATE),
            (self.encrypts_messages(), CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MULTI_MESSAGE),
            (self.signs_messages(), CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY),
            (self.signs_messages() && !self.one_part, CKF_MULTI_MESSAGE),
        ]
        .iter()
        .filter(|(can, _)| *can)
        .fold(self.extra_flags, |flags, (_, flag)| flags | flag)
    }
}

/// [`Wrap`] by the mechanism's own encryption.
fn wrap_by_encrypting(mechanism: &Mechanism, params: &Params, key: &Key, plain: &[u8]) -> Result<Vec<u8>> {
    let begin = mechanism.encrypt.ok_or(Error::MechanismInvalid)?;
    let mut cipher = begin(mechanism, params, key)?;
    let block = if let ZeroPadding::Behind(block) = mechanism.zero_padding { block } else { 1 };
    let mut padded = buffer::zeros(plain.len().next_multiple_of(block))?;
    padded.iter_mut().zip(plain).for_each(|(to, from)| *to = *from);
    let mut out = vec![0; cipher.bound(padded.len(), true)];
    let length = cipher.one_shot(&padded, &mut out).map_err(|error| match error {
        Error::DataLenRange | Error::DataInvalid => Error::KeySizeRange,
        other => other,
    })?;
    out.truncate(length);
    Ok(out)
}

/// [`Unwrap`] by the mechanism's own decryption. Padding of zeros is still there.
fn unwrap_by_decrypting(
    mechanism: &Mechanism,
    params: &Params,
    key: &Key,
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let begin = mechanism.decrypt.ok_or(Error::MechanismInvalid)?;
    let mut cipher = begin(mechanism, params, key)?;
    let mut out = buffer::zeros(cipher.bound(wrapped.len(), true))?;
    let length = cipher.one_shot(wrapped, &mut out).map_err(|error| match error {
        Error::EncryptedDataLenRange | Error::DataLenRange => Error::WrappedKeyLenRange,
        Error::EncryptedDataInvalid | Error::AeadDecryptFailed => Error::WrappedKeyInvalid,
        other => other,
    })?;
    out.truncate(length);
    Ok(out)
}
