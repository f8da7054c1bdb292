//! ECDH and the Montgomery key pairs (PKCS#11 3.2, section 6.3: "Elliptic Curve Diffie-Hellman key derivation", "…with
//! cofactor key derivation", "Montgomery Elliptic Curve key pair generation").

use super::ecdsa::{self, SIZES};
use super::secret::MAX_BYTES;
use super::{Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::ec::encoding::{Curve, curve_in, encoded_point, generated};
use crate::key::montgomery::{self, CURVES};
use crate::object::template::Attributes;
use crate::object::template::Contribution;
use crate::random;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows. All curves have cofactor 1, so that multiplying by it is no work; Montgomery keys have their own ways with it
/// (RFC 7748), and the cofactor mechanism is not for them.
pub const ROWS: &[Mechanism] = &[
    Mechanism::new(CKM_EC_MONTGOMERY_KEY_PAIR_GEN)
        .key_pairs(&[CKK_EC_MONTGOMERY], montgomery::SIZES.0, montgomery::SIZES.1)
        .flags(CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_COMPRESS)
        .generates_pairs(generate),
    row(CKM_ECDH1_DERIVE, &[CKK_EC, CKK_EC_MONTGOMERY]),
    row(CKM_ECDH1_COFACTOR_DERIVE, &[CKK_EC]),
];

const fn row(id: CK_MECHANISM_TYPE, key_types: &'static [CK_KEY_TYPE]) -> Mechanism {
    Mechanism::new(id)
        .key_pairs(key_types, SIZES.0, SIZES.1)
        .flags(ecdsa::FLAGS)
        .params(Shape::Ecdh1)
        .derives(derive)
        .kem(ciphertext_len, encapsulate, decapsulate)
}

fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    let curve = curve_in(CURVES, public)?;
    generated(curve, &random::secret(curve.length)?)
}

fn derive(_: &Mechanism, params: &Params, key: &Key, wanted: Option<usize>) -> Result<Zeroizing<Vec<u8>>> {
    let Params::Ecdh1 { kdf, shared, public } = params else { return Err(Error::MechanismParamInvalid) };
    let kdf = Kdf::of(*kdf, shared)?;
    let secret = agree(key, public)?;
    kdf.derive(&secret, shared, wanted)
}

fn ciphertext_len(_: &Mechanism, _: &Params, key: &Key) -> Result<usize> {
    match key {
        Key::Ec(key) => Ok(1 + 2 * key.curve.bits.div_ceil(8)),
        Key::Montgomery(key) => Ok(key.curve.length),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

fn encapsulate(
    _: &Mechanism,
    params: &Params,
    key: &Key,
    wanted: Option<usize>,
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let (kdf, shared) = Kdf::without_peer(params)?;
    let (ciphertext, secret) = send(key)?;
    Ok((ciphertext, kdf.derive(&secret, shared, wanted).map_err(of_template)?))
}

fn decapsulate(
    _: &Mechanism,
    params: &Params,
    key: &Key,
    ciphertext: &[u8],
    wanted: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>> {
    let (kdf, shared) = Kdf::without_peer(params)?;
    let secret = agree(key, ciphertext).map_err(of_ciphertext)?;
    kdf.derive(&secret, shared, wanted).map_err(of_template)
}

/// What is wrong with a peer that came as a ciphertext or in a wrapped key.
pub(super) fn of_ciphertext(error: Error) -> Error {
    if error == Error::MechanismParamInvalid { Error::WrappedKeyInvalid } else { error }
}

/// What is wrong with the length of an encapsulated key: `C_DecapsulateKey` has no code for the size of a key.
pub(super) fn of_template(error: Error) -> Error {
    if error == Error::KeySizeRange { Error::TemplateInconsistent } else { error }
}

/// The public value of a fresh private one, raw, and the secret that it shares with a public key.
pub(super) fn send(key: &Key) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let (public, secret) = match key {
        Key::Ec(key) => {
            let fresh = key.curve.group.generate()?;
            (fresh.point(), fresh.agree(&key.public()?.point()))
        }
        Key::Montgomery(key) => {
            let fresh = random::secret(key.curve.length)?;
            let (_, public) = key.curve.private(&fresh).ok_or(Error::GeneralError)?;
            (public, key.curve.agree(&fresh, key.public()?))
        }
        _ => return Err(Error::KeyTypeInconsistent),
    };
    // Public keys have been validated when they came to the token.
    Ok((public, secret.ok_or(Error::GeneralError)?))
}

/// The shared secret; `MechanismParamInvalid` for a peer that is no point of the curve, the identity, or of small order.
pub(super) fn agree(key: &Key, peer: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let secret = match key {
        Key::Ec(key) => {
            let private = key.private()?;
            encoded_point(key.curve, peer).and_then(|peer| private.agree(peer))
        }
        Key::Montgomery(key) => {
            let private = key.private()?;
            encoded_point(key.curve, peer).and_then(|peer| key.curve.agree(private, peer))
        }
        _ => return Err(Error::KeyTypeInconsistent),
    };
    secret.ok_or(Error::MechanismParamInvalid)
}

/// A key derivation function (`CK_EC_KDF_TYPE`).
pub(super) enum Kdf {
    /// The shared secret itself.
    Null,
    /// ANSI X9.63, section 5.6.3: the hash of secret, counter and shared data.
    X963(Hash),
    /// NIST SP 800-56A, section 5.8.1.1: the hash of counter, secret and shared data.
    Sp800(Hash),
}

/// The names of [`Kdf::Sp800`].
const SP800: &[(CK_EC_KDF_TYPE, Hash)] = &[
    (CKD_SHA1_KDF_SP800, Hash::Sha1),
    (CKD_SHA224_KDF_SP800, Hash::Sha224),
    (CKD_SHA256_KDF_SP800, Hash::Sha256),
    (CKD_SHA384_KDF_SP800, Hash::Sha384),
    (CKD_SHA512_KDF_SP800, Hash::Sha512),
    (CKD_SHA3_224_KDF_SP800, Hash::Sha3_224),
    (CKD_SHA3_256_KDF_SP800, Hash::Sha3_256),
    (CKD_SHA3_384_KDF_SP800, Hash::Sha3_384),
    (CKD_SHA3_512_KDF_SP800, Hash::Sha3_512),
    (CKD_BLAKE2B_160_KDF, Hash::Blake2b160),
    (CKD_BLAKE2B_256_KDF, Hash::Blake2b256),
    (CKD_BLAKE2B_384_KDF, Hash::Blake2b384),
    (CKD_BLAKE2B_512_KDF, Hash::Blake2b512),
];

impl Kdf {
    /// `MechanismParamInvalid` for an unknown one, and for [`Kdf::Null`] with shared data, which it cannot use.
    pub(super) fn of(id: CK_EC_KDF_TYPE, shared: &[u8]) -> Result<Self> {
        if id == CKD_NULL {
            return if shared.is_empty() { Ok(Self::Null) } else { Err(Error::MechanismParamInvalid) };
        }
        let sp800 = SP800.iter().find(|(own, _)| *own == id).map(|(_, hash)| Self::Sp800(*hash));
        Hash::of_kdf(id).map(Self::X963).or(sp800).ok_or(Error::MechanismParamInvalid)
    }

    /// The function and its data of a parameter that names no peer, as an encapsulation wants it ("pPublicData and
    /// ulPublicDataLen must be set to NULL and 0").
    fn without_peer(params: &Params) -> Result<(Self, &[u8])> {
        match params {
            Params::Ecdh1 { kdf, shared, public } if public.is_empty() => Ok((Self::of(*kdf, shared)?, shared)),
            _ => Err(Error::MechanismParamInvalid),
        }
    }

    /// So many bytes, the first where there are more: what the mechanisms that wrap by ECDH take for their AES key.
    /// `MechanismParamInvalid` if the shared secret itself is to serve and is shorter.
    pub(super) fn first_bytes(
        &self,
        mut secret: Zeroizing<Vec<u8>>,
        shared: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Self::Null if secret.len() < length => Err(Error::MechanismParamInvalid),
            Self::Null => {
                secret.truncate(length);
                Ok(secret)
            }
            Self::X963(_) | Self::Sp800(_) => self.derive(&secret, shared, Some(length)),
        }
    }

    /// A key of the wanted length, in bytes: `KeySizeRange` for one that there cannot be. Without a length the shared
    /// secret is given whole, while a function of any length needs to know it (`TemplateIncomplete`).
    fn derive(&self, secret: &[u8], shared: &[u8], wanted: Option<usize>) -> Result<Zeroizing<Vec<u8>>> {
        let hash = match self {
            Self::Null => return truncated(secret, wanted.unwrap_or(secret.len())),
            Self::X963(hash) | Self::Sp800(hash) => hash,
        };
        let length = wanted.ok_or(Error::TemplateIncomplete)?;
        // The functions themselves go to 2^32 hashes, which is no key but a way to keep the token busy.
        if !(1..=MAX_BYTES as usize).contains(&length) {
            return Err(Error::KeySizeRange);
        }
        let mut key = Zeroizing::new(Vec::with_capacity(length + hash.output_len()));
        for counter in 1u32.. {
            let counter = counter.to_be_bytes();
            let (first, second) =
                if matches!(self, Self::X963(_)) { (secret, &counter[..]) } else { (&counter[..], secret) };
            key.extend_from_slice(&hash.of(&[first, second, shared]));
            if key.len() >= length {
                break;
            }
        }
        key.truncate(length);
        Ok(key)
    }
}

/// "The truncation removes bytes from the leading end of the secret value."
pub(super) fn truncated(secret: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let start = secret.len().checked_sub(length).filter(|_| length > 0).ok_or(Error::KeySizeRange)?;
    Ok(Zeroizing::new(secret.get(start..).unwrap_or_default().to_vec()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// NIST CAVS 12.0, "ANS X9.63-2001": SHA-1 and SHA-256, the first without shared data. No curve has such short secrets.
    #[test]
    fn x963_gives_nists_keys() {
        for (hash, secret, shared, key) in [
            (Hash::Sha1, "1c7d7b5f0597b03d06a018466ed1a93e30ed4b04dc64ccdd", "", "bf71dffd8f4d99223936beb46fee8ccc"),
            (Hash::Sha256, "96c05619d56c328ab95fe84b18264b08725b85e33fd34f08", "", "443024c3dae66b95e6f5670601558f71"),
            (
                Hash::Sha256,
                "22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d",
                "75eef81aa3041e33b80971203d2c0c52",
                "c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e\
                 52a13d9c7c6fc878c50c5ea0bc7b00e0da2447cfd874f6cf92f30d0097111485\
                 500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269\
                 142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21",
            ),
        ] {
            let key = hex(key);
            assert_eq!(*Kdf::X963(hash).derive(&hex(secret), &hex(shared), Some(key.len())).unwrap(), key);
        }
    }

    fn hex(digits: &str) -> Vec<u8> {
        let digits: Vec<u8> = digits.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }
}
