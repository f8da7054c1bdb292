//! Mechanism parameters as safe values. `abi/params.rs` makes them from the C structures, by [`Shape`].

use super::kdf;
use cryptoki_sys::*;

/// The form of a mechanism's parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// None: anything else is refused.
    None,
    /// An initialisation vector of exactly so many bytes.
    Iv(usize),
    /// None, or an initialisation vector of exactly so many bytes.
    OptionalIv(usize),
    /// None, or an initialisation vector of either length.
    EitherIv(usize, usize),
    /// `CK_AES_CTR_PARAMS`.
    Counter,
    /// `CK_GCM_PARAMS`, with or without `ulIvBits`.
    Gcm,
    /// `CK_CCM_PARAMS`.
    Ccm,
    /// `CK_MAC_GENERAL_PARAMS`: the length of the MAC in bytes.
    MacLength,
    /// `CK_RSA_PKCS_OAEP_PARAMS`.
    Oaep,
    /// `CK_RSA_PKCS_PSS_PARAMS`.
    Pss,
    /// `CK_ECDH1_DERIVE_PARAMS`.
    Ecdh1,
    /// None, or `CK_EDDSA_PARAMS`.
    Eddsa,
    /// `CK_RSA_AES_KEY_WRAP_PARAMS`.
    RsaAesKeyWrap,
    /// `CK_ECDH_AES_KEY_WRAP_PARAMS`.
    EcdhAesKeyWrap,
    /// A peer's public value, any string of bytes.
    PublicValue,
    /// `CK_X9_42_DH1_DERIVE_PARAMS`.
    X942Dh1,
    /// None, or `CK_SIGN_ADDITIONAL_CONTEXT`.
    SignContext,
    /// `CK_HASH_SIGN_ADDITIONAL_CONTEXT`.
    HashSignContext,
    /// `CK_GCM_PARAMS`, or as in 2.40 an initialisation vector of 12 bytes.
    Gmac,
    /// `CK_KEY_DERIVATION_STRING_DATA`: data to be encrypted.
    EncryptData,
    /// `CK_AES_CBC_ENCRYPT_DATA_PARAMS` and its like: an initialisation vector of so many bytes, 8 or 16, and data to be
    /// encrypted.
    IvEncryptData(usize),
    /// `CK_CHACHA20_PARAMS`.
    ChaCha20,
    /// `CK_SALSA20_PARAMS`.
    Salsa20,
    /// `CK_SALSA20_CHACHA20_POLY1305_PARAMS`.
    ChaChaPoly,
    /// `CK_DSA_PARAMETER_GEN_PARAM` with room for a seed.
    DsaSeed,
    /// `CK_DSA_PARAMETER_GEN_PARAM` with a seed.
    DsaGenerator,
    /// `CK_OTP_PARAMS`.
    Otp,
    /// `CK_RC2_PARAMS`: the effective bits.
    Rc2,
    /// `CK_RC2_CBC_PARAMS`.
    Rc2Iv,
    /// `CK_RC2_MAC_GENERAL_PARAMS`.
    Rc2MacLength,
    /// That of a key derivation.
    Kdf(kdf::Form),
}

/// A parameter, checked for form (pointers, lengths, sizes of structures) but not for sense: that is the
/// mechanism's, which answers `MechanismParamInvalid`.
#[derive(Clone, PartialEq, Eq)]
pub enum Params {
    /// No parameter.
    None,
    /// An initialisation vector.
    Iv(Vec<u8>),
    /// A counter block, and how many of its last bits count.
    Counter {
        /// The first counter block.
        block: [u8; 16],
        /// The width of the counter in bits.
        bits: CK_ULONG,
    },
    /// GCM.
    Gcm {
        /// The nonce, of any length.
        iv: Vec<u8>,
        /// Additional authenticated data.
        aad: Vec<u8>,
        /// The length of the tag in bits.
        tag_bits: CK_ULONG,
    },
    /// CCM.
    Ccm {
        /// The length of the plaintext in bytes.
        data_len: CK_ULONG,
        /// The nonce, 7 to 13 bytes.
        nonce: Vec<u8>,
        /// Additional authenticated data.
        aad: Vec<u8>,
        /// The length of the MAC in bytes.
        mac_len: CK_ULONG,
    },
    /// The length of a MAC in bytes.
    MacLength(CK_ULONG),
    /// OAEP.
    Oaep {
        /// `CKM_…` of the digest.
        hash: CK_MECHANISM_TYPE,
        /// `CKG_…` of the mask generation function.
        mgf: CK_RSA_PKCS_MGF_TYPE,
        /// The label.
        label: Vec<u8>,
    },
    /// PSS.
    Pss {
        /// `CKM_…` of the digest.
        hash: CK_MECHANISM_TYPE,
        /// `CKG_…` of the mask generation function.
        mgf: CK_RSA_PKCS_MGF_TYPE,
        /// The length of the salt in bytes.
        salt_len: CK_ULONG,
    },
    /// ECDH.
    Ecdh1 {
        /// `CKD_…`
        kdf: CK_EC_KDF_TYPE,
        /// Data shared by both sides.
        shared: Vec<u8>,
        /// The other side's public key, raw or as a DER OCTET STRING.
        public: Vec<u8>,
    },
    /// EdDSA with `CK_EDDSA_PARAMS`.
    Eddsa {
        /// Whether the pre-hashed form is asked for.
        prehash: bool,
        /// The context.
        context: Vec<u8>,
    },
    /// A key wrapped by AES and the AES key by RSA.
    RsaAesKeyWrap {
        /// The length of the AES key in bits.
        aes_bits: CK_ULONG,
        /// [`Params::Oaep`].
        oaep: Box<Params>,
    },
    /// A key wrapped by AES and the AES key agreed on by ECDH.
    EcdhAesKeyWrap {
        /// The length of the AES key in bits.
        aes_bits: CK_ULONG,
        /// `CKD_…`
        kdf: CK_EC_KDF_TYPE,
        /// Data shared by both sides.
        shared: Vec<u8>,
    },
    /// The other side's public value, big-endian.
    PublicValue(Vec<u8>),
    /// X9.42 Diffie-Hellman.
    X942Dh1 {
        /// `CKD_…`
        kdf: CK_X9_42_DH_KDF_TYPE,
        /// Data shared by both sides.
        other_info: Vec<u8>,
        /// The other side's public value, big-endian.
        public: Vec<u8>,
    },
    /// `CK_SIGN_ADDITIONAL_CONTEXT` or `CK_HASH_SIGN_ADDITIONAL_CONTEXT`.
    SignContext {
        /// `CKH_…`: whether signatures are to be hedged.
        hedge: CK_HEDGE_TYPE,
        /// The context.
        context: Vec<u8>,
        /// `CKM_…` of the hash that the data has gone through, if the structure names one.
        hash: Option<CK_MECHANISM_TYPE>,
    },
    /// Data to be encrypted.
    EncryptData {
        /// The initialisation vector, where the mode has one.
        iv: Option<Vec<u8>>,
        /// The data.
        data: Vec<u8>,
    },
    /// ChaCha20 or Salsa20.
    Stream {
        /// The number of the first block, little-endian, in as many bytes as it counts with.
        counter: Vec<u8>,
        /// The nonce.
        nonce: Vec<u8>,
    },
    /// ChaCha20 or Salsa20 with Poly1305.
    ChaChaPoly {
        /// The nonce, 8, 12 or 24 bytes.
        nonce: Vec<u8>,
        /// Additional authenticated data.
        aad: Vec<u8>,
    },
    /// How primes of DSA are to be made.
    DsaSeed {
        /// `CKM_…` of the digest.
        hash: CK_MECHANISM_TYPE,
        /// The length in bytes of the seed that is to be told.
        length: CK_ULONG,
    },
    /// How a generator of DSA is to be made.
    DsaGenerator {
        /// `CKM_…` of the digest.
        hash: CK_MECHANISM_TYPE,
        /// The seed of the primes.
        seed: Vec<u8>,
        /// Which of the generators.
        index: CK_ULONG,
    },
    /// RC2.
    Rc2 {
        /// How many bits of the key count.
        effective_bits: CK_ULONG,
        /// What the mode wants beside them.
        mode: Box<Params>,
    },
    /// What is asked of a one-time password, each with its `CK_OTP_…` type.
    Otp(Vec<(CK_OTP_PARAM_TYPE, Vec<u8>)>),
    /// Those of a key derivation.
    Kdf(kdf::KdfParams),
}

impl Params {
    /// What a mode of a block cipher wants, without what its cipher does.
    pub fn of_mode(&self) -> &Self {
        match self {
            Self::Rc2 { mode, .. } => mode,
            all => all,
        }
    }

    /// The digests and pseudo-random functions that it names, by their mechanisms.
    pub fn mechanisms(&self) -> Vec<CK_MECHANISM_TYPE> {
        match self {
            Self::Pss { hash, .. }
            | Self::Oaep { hash, .. }
            | Self::DsaSeed { hash, .. }
            | Self::DsaGenerator { hash, .. }
            | Self::SignContext { hash: Some(hash), .. } => vec![*hash],
            Self::RsaAesKeyWrap { oaep, .. } => oaep.mechanisms(),
            Self::Kdf(params) => params.mechanism().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The handles of the keys that it names beside the base key, in their order.
    pub fn keys(&self) -> Vec<CK_OBJECT_HANDLE> {
        match self {
            Self::Kdf(params) => params.keys(),
            _ => Vec::new(),
        }
    }
}
