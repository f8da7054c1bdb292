//! What is measured: a fixed list, so that results can be compared.

use crate::client::{Attribute, Failure, Mechanism, Prepared, Result, Session, Use};
use cryptoki_sys::*;

/// One call, or one pair of an Init and its function.
pub type Step<'a> = Box<dyn FnMut() -> Result<()> + 'a>;

/// One operation.
pub struct Case {
    /// What the table calls it.
    pub name: &'static str,
    /// The lengths of its data in bytes; 0 where there is none.
    pub sizes: &'static [usize],
    /// Makes it ready in a session; an error if the module does not have it.
    pub make: for<'a> fn(&'a Session<'a>, &'a Keys, usize) -> Result<Step<'a>>,
}

/// The keys of one module; those that it cannot have are missing.
pub struct Keys {
    aes: Option<CK_OBJECT_HANDLE>,
    hmac: Option<CK_OBJECT_HANDLE>,
    pairs: Vec<(Kind, Pair)>,
}

/// A public and a private key.
type Pair = (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE);

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Rsa(CK_ULONG),
    Ec(&'static [u8]),
    Ed25519,
    X25519,
    MlDsa65,
    MlKem768,
}

const BULK: &[usize] = &[16, 1024, 16 * 1024, 1024 * 1024];
const HASH: &[usize] = &[32];
const NONE: &[usize] = &[0];

// DER of the curves' object identifiers, and the names of those that SoftHSM knows by name.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = b"\x13\x0cedwards25519";
const X25519: &[u8] = b"\x13\x0acurve25519";

/// The list.
pub const CASES: &[Case] = &[
    Case { name: "C_GetSessionInfo", sizes: NONE, make: |session, _, _| step(move || session.info().map(drop)) },
    Case { name: "C_GenerateRandom", sizes: &[32, 16 * 1024], make: random },
    Case { name: "SHA-256", sizes: BULK, make: |s, _, size| used(s, Use::Digest, plain(CKM_SHA256), Some(0), size) },
    Case { name: "SHA-512", sizes: BULK, make: |s, _, size| used(s, Use::Digest, plain(CKM_SHA512), Some(0), size) },
    Case {
        name: "HMAC-SHA-256",
        sizes: BULK,
        make: |s, k, size| used(s, Use::Sign, plain(CKM_SHA256_HMAC), k.hmac, size),
    },
    Case { name: "AES-256-GCM encrypt", sizes: BULK, make: |s, k, size| used(s, Use::Encrypt, gcm(), k.aes, size) },
    Case { name: "AES-256-GCM decrypt", sizes: BULK, make: |s, k, size| decrypted(s, gcm(), k.aes, size) },
    Case {
        name: "AES-256-CBC encrypt",
        sizes: BULK,
        make: |s, k, size| used(s, Use::Encrypt, with_iv(CKM_AES_CBC), k.aes, size),
    },
    Case {
        name: "AES-256-CBC decrypt",
        sizes: BULK,
        make: |s, k, size| used(s, Use::Decrypt, with_iv(CKM_AES_CBC), k.aes, size),
    },
    Case { name: "AES-256-CTR", sizes: BULK, make: |s, k, size| used(s, Use::Encrypt, ctr(), k.aes, size) },
    Case {
        name: "AES-256-ECB encrypt",
        sizes: BULK,
        make: |s, k, size| used(s, Use::Encrypt, plain(CKM_AES_ECB), k.aes, size),
    },
    Case { name: "RSA-2048 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::Rsa(2048), CKM_RSA_PKCS, size) },
    Case {
        name: "RSA-2048 verify",
        sizes: HASH,
        make: |s, k, size| verified(s, k, Kind::Rsa(2048), CKM_RSA_PKCS, size),
    },
    Case { name: "RSA-3072 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::Rsa(3072), CKM_RSA_PKCS, size) },
    Case { name: "RSA-4096 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::Rsa(4096), CKM_RSA_PKCS, size) },
    Case { name: "ECDSA P-256 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::Ec(P256), CKM_ECDSA, size) },
    Case {
        name: "ECDSA P-256 verify",
        sizes: HASH,
        make: |s, k, size| verified(s, k, Kind::Ec(P256), CKM_ECDSA, size),
    },
    Case { name: "ECDSA P-384 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::Ec(P384), CKM_ECDSA, size) },
    Case {
        name: "ECDSA P-384 verify",
        sizes: HASH,
        make: |s, k, size| verified(s, k, Kind::Ec(P384), CKM_ECDSA, size),
    },
    Case { name: "ECDSA P-521 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::Ec(P521), CKM_ECDSA, size) },
    Case {
        name: "ECDSA P-521 verify",
        sizes: HASH,
        make: |s, k, size| verified(s, k, Kind::Ec(P521), CKM_ECDSA, size),
    },
    Case { name: "Ed25519 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::Ed25519, CKM_EDDSA, size) },
    Case { name: "Ed25519 verify", sizes: HASH, make: |s, k, size| verified(s, k, Kind::Ed25519, CKM_EDDSA, size) },
    Case { name: "ML-DSA-65 sign", sizes: HASH, make: |s, k, size| signed(s, k, Kind::MlDsa65, CKM_ML_DSA, size) },
    Case { name: "ML-DSA-65 verify", sizes: HASH, make: |s, k, size| verified(s, k, Kind::MlDsa65, CKM_ML_DSA, size) },
    Case { name: "ECDH P-256", sizes: NONE, make: |s, k, _| agreed(s, k, Kind::Ec(P256)) },
    Case { name: "ECDH P-384", sizes: NONE, make: |s, k, _| agreed(s, k, Kind::Ec(P384)) },
    Case { name: "X25519", sizes: NONE, make: |s, k, _| agreed(s, k, Kind::X25519) },
    Case { name: "ML-KEM-768 encapsulate", sizes: NONE, make: encapsulated },
    Case { name: "ML-KEM-768 decapsulate", sizes: NONE, make: decapsulated },
    Case { name: "P-256 key pair", sizes: NONE, make: |s, _, _| generated(s, Kind::Ec(P256)) },
    Case { name: "RSA-2048 key pair", sizes: NONE, make: |s, _, _| generated(s, Kind::Rsa(2048)) },
    Case { name: "create and destroy an AES key", sizes: NONE, make: created },
];

impl Keys {
    /// Makes all keys that the module can make.
    pub fn make(session: &Session<'_>) -> Self {
        let permissions = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY].map(|usage| Attribute::boolean(usage, true));
        let secret = |key_type| {
            let mut template = secret_template(key_type);
            let of = |usage: CK_ATTRIBUTE_TYPE| (usage == CKA_SIGN || usage == CKA_VERIFY) == (key_type != CKK_AES);
            template.extend(permissions.iter().filter(|attribute| of(attribute.kind())).cloned());
            session.create(&template).ok()
        };
        let kinds = [Kind::Rsa(2048), Kind::Rsa(3072), Kind::Rsa(4096), Kind::Ec(P256), Kind::Ec(P384), Kind::Ec(P521)];
        let others = [Kind::Ed25519, Kind::X25519, Kind::MlDsa65, Kind::MlKem768];
        let pairs = kinds.into_iter().chain(others);
        let pairs = pairs.filter_map(|kind| Some((kind, pair(session, kind).ok()?))).collect();
        Self { aes: secret(CKK_AES), hmac: secret(CKK_GENERIC_SECRET), pairs }
    }

    fn pair(&self, kind: Kind) -> Result<Pair> {
        self.pairs.iter().find(|(own, _)| *own == kind).map(|(_, pair)| *pair).ok_or(MISSING)
    }
}

/// What is said where a key is missing.
const MISSING: Failure = Failure::Call("C_GenerateKeyPair", CKR_MECHANISM_INVALID);

fn secret_template(key_type: CK_KEY_TYPE) -> Vec<Attribute> {
    vec![
        Attribute::number(CKA_CLASS, CKO_SECRET_KEY),
        Attribute::number(CKA_KEY_TYPE, key_type),
        Attribute::boolean(CKA_TOKEN, false),
        Attribute::boolean(CKA_PRIVATE, true),
        Attribute::bytes(CKA_VALUE, &[7; 32]),
    ]
}

fn pair(session: &Session<'_>, kind: Kind) -> Result<Pair> {
    let (mechanism, parameter) = match kind {
        Kind::Rsa(bits) => (CKM_RSA_PKCS_KEY_PAIR_GEN, Attribute::number(CKA_MODULUS_BITS, bits)),
        Kind::Ec(curve) => (CKM_EC_KEY_PAIR_GEN, Attribute::bytes(CKA_EC_PARAMS, curve)),
        Kind::Ed25519 => (CKM_EC_EDWARDS_KEY_PAIR_GEN, Attribute::bytes(CKA_EC_PARAMS, ED25519)),
        Kind::X25519 => (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, Attribute::bytes(CKA_EC_PARAMS, X25519)),
        Kind::MlDsa65 => (CKM_ML_DSA_KEY_PAIR_GEN, Attribute::number(CKA_PARAMETER_SET, CKP_ML_DSA_65)),
        Kind::MlKem768 => (CKM_ML_KEM_KEY_PAIR_GEN, Attribute::number(CKA_PARAMETER_SET, CKP_ML_KEM_768)),
    };
    let (public_use, private_use) = match kind {
        Kind::MlKem768 => (Some(CKA_ENCAPSULATE), CKA_DECAPSULATE),
        Kind::X25519 => (None, CKA_DERIVE),
        _ => (Some(CKA_VERIFY), CKA_SIGN),
    };
    let common = [Attribute::boolean(CKA_TOKEN, false)];
    let mut public = common.to_vec();
    public.push(parameter);
    public.extend(public_use.map(|usage| Attribute::boolean(usage, true)));
    if matches!(kind, Kind::Rsa(_)) {
        public.push(Attribute::bytes(CKA_PUBLIC_EXPONENT, &[1, 0, 1]));
    }
    let mut private = common.to_vec();
    private.push(Attribute::boolean(CKA_PRIVATE, true));
    private.push(Attribute::boolean(private_use, true));
    if matches!(kind, Kind::Ec(_)) {
        private.push(Attribute::boolean(CKA_DERIVE, true));
    }
    session.generate_key_pair(&Mechanism(mechanism, &[]), &public, &private)
}

fn step<'a>(run: impl FnMut() -> Result<()> + 'a) -> Result<Step<'a>> {
    Ok(Box::new(run))
}

// Mechanisms

fn plain(mechanism: CK_MECHANISM_TYPE) -> Prepared {
    Prepared::new(mechanism, Vec::new(), Vec::new())
}

fn with_iv(mechanism: CK_MECHANISM_TYPE) -> Prepared {
    Prepared::new(mechanism, vec![9; 16], Vec::new())
}

/// `CK_AES_CTR_PARAMS`.
fn ctr() -> Prepared {
    let bits: CK_ULONG = 128;
    Prepared::new(CKM_AES_CTR, [&bits.to_ne_bytes()[..], &[9; 16]].concat(), Vec::new())
}

/// `CK_GCM_PARAMS` with an initialisation vector of 96 bits and a tag of 128.
fn gcm() -> Prepared {
    let iv = vec![9; 12];
    let no_data = [0usize.to_ne_bytes().to_vec(), number(0)];
    let fields = [vec![address(&iv), number(12), number(96)], no_data.to_vec(), vec![number(128)]].concat();
    Prepared::new(CKM_AES_GCM, fields.concat(), vec![iv])
}

/// `CK_ECDH1_DERIVE_PARAMS` without a derivation function.
fn ecdh(peer: Vec<u8>) -> Prepared {
    let fields =
        [number(CKD_NULL), number(0), 0usize.to_ne_bytes().to_vec(), number(peer.len() as CK_ULONG), address(&peer)];
    Prepared::new(CKM_ECDH1_DERIVE, fields.concat(), vec![peer])
}

fn number(value: CK_ULONG) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

fn address(bytes: &[u8]) -> Vec<u8> {
    (bytes.as_ptr() as usize).to_ne_bytes().to_vec()
}

// Operations

fn random<'a>(session: &'a Session<'a>, _: &'a Keys, size: usize) -> Result<Step<'a>> {
    let mut buffer = vec![0; size];
    step(move || session.fill_random(&mut buffer))
}

/// Init and the single-part function, with data of this size.
fn used<'a>(
    session: &'a Session<'a>,
    how: Use,
    mechanism: Prepared,
    key: Option<CK_OBJECT_HANDLE>,
    size: usize,
) -> Result<Step<'a>> {
    let key = key.ok_or(MISSING)?;
    let (data, mut out) = (vec![5; size], vec![0; size + 8192]);
    step(move || session.run(how, &mechanism, key, &data, &mut out).map(drop))
}

fn decrypted<'a>(
    session: &'a Session<'a>,
    mechanism: Prepared,
    key: Option<CK_OBJECT_HANDLE>,
    size: usize,
) -> Result<Step<'a>> {
    let key = key.ok_or(MISSING)?;
    let (mut data, mut out) = (vec![0; size + 64], vec![0; size + 64]);
    let length = session.run(Use::Encrypt, &mechanism, key, &vec![5; size], &mut data)?;
    data.truncate(length);
    step(move || session.run(Use::Decrypt, &mechanism, key, &data, &mut out).map(drop))
}

fn signed<'a>(
    session: &'a Session<'a>,
    keys: &'a Keys,
    kind: Kind,
    mechanism: CK_MECHANISM_TYPE,
    size: usize,
) -> Result<Step<'a>> {
    used(session, Use::Sign, plain(mechanism), Some(keys.pair(kind)?.1), size)
}

fn verified<'a>(
    session: &'a Session<'a>,
    keys: &'a Keys,
    kind: Kind,
    mechanism: CK_MECHANISM_TYPE,
    size: usize,
) -> Result<Step<'a>> {
    let (public, private) = keys.pair(kind)?;
    let (mechanism, data, mut signature) = (plain(mechanism), vec![5; size], vec![0; 8192]);
    let length = session.run(Use::Sign, &mechanism, private, &data, &mut signature)?;
    signature.truncate(length);
    step(move || session.check(&mechanism, public, &data, &signature))
}

fn generic_secret() -> [Attribute; 4] {
    [
        Attribute::number(CKA_CLASS, CKO_SECRET_KEY),
        Attribute::number(CKA_KEY_TYPE, CKK_GENERIC_SECRET),
        Attribute::boolean(CKA_TOKEN, false),
        Attribute::number(CKA_VALUE_LEN, 32),
    ]
}

/// Derives a key from the pair's own point and destroys it.
fn agreed<'a>(session: &'a Session<'a>, keys: &'a Keys, kind: Kind) -> Result<Step<'a>> {
    let (public, private) = keys.pair(kind)?;
    let (mechanism, template) = (ecdh(session.attribute(public, CKA_EC_POINT)?), generic_secret());
    step(move || session.destroy(session.derive(&mechanism, private, &template)?))
}

fn encapsulated<'a>(session: &'a Session<'a>, keys: &'a Keys, _: usize) -> Result<Step<'a>> {
    let (public, _) = keys.pair(Kind::MlKem768)?;
    let (mechanism, template, mut ciphertext) = (plain(CKM_ML_KEM), generic_secret(), vec![0; 1088]);
    step(move || session.destroy(session.encapsulate(&mechanism, public, &template, &mut ciphertext)?))
}

fn decapsulated<'a>(session: &'a Session<'a>, keys: &'a Keys, _: usize) -> Result<Step<'a>> {
    let (public, private) = keys.pair(Kind::MlKem768)?;
    let (mechanism, template, mut ciphertext) = (plain(CKM_ML_KEM), generic_secret(), vec![0; 1088]);
    session.destroy(session.encapsulate(&mechanism, public, &template, &mut ciphertext)?)?;
    step(move || session.destroy(session.decapsulate(&mechanism, private, &template, &ciphertext)?))
}

fn generated<'a>(session: &'a Session<'a>, kind: Kind) -> Result<Step<'a>> {
    step(move || {
        let (public, private) = pair(session, kind)?;
        session.destroy(public)?;
        session.destroy(private)
    })
}

fn created<'a>(session: &'a Session<'a>, _: &'a Keys, _: usize) -> Result<Step<'a>> {
    let template = secret_template(CKK_AES);
    step(move || session.destroy(session.create(&template)?))
}
