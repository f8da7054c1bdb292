//! The parameters of the key derivations as safe values, and the names of their C structures.

use crate::object::template::Template;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The form of a derivation's parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `CK_HKDF_PARAMS`.
    Hkdf,
    /// `CK_SP800_108_KDF_PARAMS`.
    Sp800,
    /// `CK_SP800_108_FEEDBACK_KDF_PARAMS`.
    Sp800Feedback,
    /// `CK_PKCS5_PBKD2_PARAMS2`, or the older `CK_PKCS5_PBKD2_PARAMS`.
    Pbkdf2,
    /// `CK_PBE_PARAMS`.
    Pbe,
    /// `CK_KEY_DERIVATION_STRING_DATA`.
    Data,
    /// `CK_OBJECT_HANDLE`.
    Key,
    /// `CK_EXTRACT_PARAMS`.
    Bit,
    /// `CK_VERSION`.
    Version,
    /// `CK_TLS12_MASTER_KEY_DERIVE_PARAMS`.
    TlsMaster,
    /// `CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS`.
    TlsExtendedMaster,
    /// `CK_TLS12_KEY_MAT_PARAMS`.
    TlsKeys,
    /// The same, without initialisation vectors whatever it says.
    TlsKeysOnly,
    /// `CK_TLS_KDF_PARAMS`.
    TlsKdf,
    /// `CK_TLS_MAC_PARAMS`.
    TlsMac,
    /// `CK_IKE_PRF_DERIVE_PARAMS`.
    Ike,
    /// `CK_IKE1_PRF_DERIVE_PARAMS`.
    Ike1,
    /// `CK_IKE1_EXTENDED_DERIVE_PARAMS`.
    Ike1Extended,
    /// `CK_IKE2_PRF_PLUS_DERIVE_PARAMS`.
    Ike2,
}

/// The parameter of a derivation, checked for form. Keys are named by handles; [`KdfParams::keys`] lists them.
#[derive(Clone, PartialEq, Eq)]
pub enum KdfParams {
    /// HKDF.
    Hkdf {
        /// Whether to extract.
        extract: bool,
        /// Whether to expand.
        expand: bool,
        /// `CKM_…` of the hash.
        hash: CK_MECHANISM_TYPE,
        /// The salt of the extraction.
        salt: Salt,
        /// What the expansion is bound to.
        info: Vec<u8>,
    },
    /// SP 800-108.
    Sp800 {
        /// `CKM_…` of the pseudo-random function.
        prf: CK_MECHANISM_TYPE,
        /// The fields of its input.
        fields: Vec<Field>,
        /// The initial value of the feedback.
        iv: Vec<u8>,
        /// The templates of the additional keys.
        additional: Vec<Template>,
    },
    /// PBKDF2.
    Pbkdf2 {
        /// The salt.
        salt: Vec<u8>,
        /// How often the function is iterated.
        iterations: CK_ULONG,
        /// `CKP_…` of the function.
        prf: CK_PKCS5_PBKD2_PSEUDO_RANDOM_FUNCTION_TYPE,
        /// The password.
        password: Zeroizing<Vec<u8>>,
    },
    /// Keys and initialisation vectors as in PKCS #12.
    Pbe {
        /// The password, encoded as it goes in.
        password: Zeroizing<Vec<u8>>,
        /// The salt.
        salt: Vec<u8>,
        /// How often the hash is iterated.
        iterations: CK_ULONG,
    },
    /// Data to combine with the base key. They may be as secret as that.
    Data(Zeroizing<Vec<u8>>),
    /// Another key.
    Key(CK_OBJECT_HANDLE),
    /// The first bit of a part of the base key.
    Bit(CK_ULONG),
    /// A protocol version.
    Version([u8; 2]),
    /// The master secret of TLS.
    TlsMaster {
        /// `CKM_…` of the hash.
        hash: CK_MECHANISM_TYPE,
        /// What the master secret is bound to.
        seed: MasterSeed,
        /// Whether the caller wants to know the version in the pre-master secret.
        version: bool,
    },
    /// The keys of a TLS connection.
    TlsKeys {
        /// `CKM_…` of the hash.
        hash: CK_MECHANISM_TYPE,
        /// The randoms of the handshake.
        randoms: Randoms,
        /// The lengths in bits of a MAC key, a cipher key and an initialisation vector.
        bits: [CK_ULONG; 3],
        /// Whether keys for export are asked for.
        export: bool,
    },
    /// An exporter of TLS (RFC 5705).
    TlsKdf {
        /// `CKM_…` of the hash, or `CKM_TLS_PRF`.
        prf: CK_MECHANISM_TYPE,
        /// The label.
        label: Vec<u8>,
        /// The randoms of the handshake.
        randoms: Randoms,
        /// The context.
        context: Option<Vec<u8>>,
    },
    /// The MAC of TLS's "finished" message.
    TlsMac {
        /// `CKM_…` of the hash, or `CKM_TLS_PRF`.
        prf: CK_MECHANISM_TYPE,
        /// The length of the MAC in bytes.
        length: CK_ULONG,
        /// 1 for the server, 2 for the client.
        side: CK_ULONG,
    },
    /// The initial key of IKE.
    Ike {
        /// `CKM_…` of the pseudo-random function.
        prf: CK_MECHANISM_TYPE,
        /// Whether the nonces are the key, and the base key is the data.
        data_as_key: bool,
        /// The new shared secret of a rekeying.
        rekey: Option<CK_OBJECT_HANDLE>,
        /// The initiator's nonce, then the responder's.
        nonces: Vec<u8>,
    },
    /// The further keys of IKEv1.
    Ike1 {
        /// `CKM_…` of the pseudo-random function.
        prf: CK_MECHANISM_TYPE,
        /// The key derived before this one.
        previous: Option<CK_OBJECT_HANDLE>,
        /// The shared secret.
        shared: CK_OBJECT_HANDLE,
        /// The initiator's cookie, then the responder's.
        cookies: Vec<u8>,
        /// The number of the key.
        number: u8,
    },
    /// A key of IKE that is longer than the function's output (IKEv1's appendix B, IKEv2's prf+).
    IkeExtended {
        /// `CKM_…` of the pseudo-random function.
        prf: CK_MECHANISM_TYPE,
        /// A key that begins the seed.
        seed_key: Option<CK_OBJECT_HANDLE>,
        /// The rest of the seed.
        seed: Vec<u8>,
    },
}

/// The salt of HKDF.
#[derive(Clone, PartialEq, Eq)]
pub enum Salt {
    /// None.
    Null,
    /// Bytes.
    Data(Vec<u8>),
    /// The value of a key.
    Key(CK_OBJECT_HANDLE),
}

/// A field of the input of an SP 800-108 function.
#[derive(Clone, PartialEq, Eq)]
pub enum Field {
    /// The iteration variable; with a format if it is a counter.
    Iteration(Option<Number>),
    /// The counter, where it is not the iteration variable.
    Counter(Number),
    /// The length of all that is derived, in bits.
    Length {
        /// `CK_SP800_108_DKM_LENGTH_…`
        method: CK_SP800_108_DKM_LENGTH_METHOD,
        /// How it is written.
        number: Number,
    },
    /// Bytes.
    Bytes(Vec<u8>),
    /// The value of a key.
    Key(CK_OBJECT_HANDLE),
}

/// How a number is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// Whether the least significant byte comes first.
    pub little_endian: bool,
    /// The width in bits.
    pub bits: CK_ULONG,
}

/// What a TLS master secret is bound to.
#[derive(Clone, PartialEq, Eq)]
pub enum MasterSeed {
    /// The randoms of the handshake (RFC 5246).
    Randoms(Randoms),
    /// The hash of the handshake (RFC 7627).
    Session(Vec<u8>),
}

/// The randoms of a handshake.
#[derive(Clone, PartialEq, Eq)]
pub struct Randoms {
    /// The client's.
    pub client: Vec<u8>,
    /// The server's.
    pub server: Vec<u8>,
}

impl KdfParams {
    /// The digest or pseudo-random function that it names by a mechanism.
    pub fn mechanism(&self) -> Option<CK_MECHANISM_TYPE> {
        match self {
            Self::Hkdf { hash: id, .. }
            | Self::Sp800 { prf: id, .. }
            | Self::TlsMaster { hash: id, .. }
            | Self::TlsKeys { hash: id, .. }
            | Self::TlsKdf { prf: id, .. }
            | Self::TlsMac { prf: id, .. }
            | Self::Ike { prf: id, .. }
            | Self::Ike1 { prf: id, .. }
            | Self::IkeExtended { prf: id, .. } => Some(*id),
            Self::Pbkdf2 { .. } | Self::Pbe { .. } | Self::Data(_) | Self::Key(_) | Self::Bit(_) | Self::Version(_) => {
                None
            }
        }
    }

    /// The keys that it names, in the order in which a derivation finds them among its ingredients.
    pub fn keys(&self) -> Vec<CK_OBJECT_HANDLE> {
        match self {
            Self::Hkdf { extract: true, salt: Salt::Key(key), .. } | Self::Key(key) => vec![*key],
            Self::Sp800 { fields, .. } => {
                let key = |field: &Field| if let Field::Key(key) = field { Some(*key) } else { None };
                fields.iter().filter_map(key).collect()
            }
            Self::Ike { rekey: key, .. } | Self::IkeExtended { seed_key: key, .. } => key.iter().copied().collect(),
            Self::Ike1 { previous, shared, .. } => [*shared].into_iter().chain(*previous).collect(),
            _ => Vec::new(),
        }
    }
}
