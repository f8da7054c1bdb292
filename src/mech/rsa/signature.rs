//! Signature schemes: PKCS #1 v1.5 and PSS (RFC 8017, section 8), and the bare operation ("X.509 (raw) RSA").

use super::encoding::Pss;
use super::pkcs;
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::rsa::{Private, Public};
use crate::mech::{Mechanism, Params};
use crate::object::template::strip_zeros;
use crate::random;
use ::rsa::Pkcs1v15Sign;
use cryptoki_sys::CKM_RSA_X_509;
use zeroize::Zeroizing;

/// How data, or the hash of data, becomes a number.
#[derive(Clone)]
pub(super) enum Signature {
    /// RSASSA-PKCS1-v1_5: what stands before the data, a DigestInfo's first bytes or nothing.
    Pkcs(Box<[u8]>),
    /// RSASSA-PSS.
    Pss(Pss),
    /// Zeros in front.
    Raw,
}

impl Signature {
    /// The scheme of a mechanism under a modulus of so many bits; `MechanismParamInvalid`.
    pub(super) fn of(mechanism: &Mechanism, params: &Params, bits: usize) -> Result<Self> {
        match (params, mechanism.hash) {
            (Params::Pss { hash, mgf, salt_len }, own) => Ok(Self::Pss(Pss::new(*hash, *mgf, *salt_len, own, bits)?)),
            (_, Some(hash)) => Ok(Self::Pkcs(digest_info(hash).ok_or(Error::MechanismInvalid)?)),
            (_, None) if mechanism.id == CKM_RSA_X_509 => Ok(Self::Raw),
            (_, None) => Ok(Self::Pkcs(Box::default())),
        }
    }

    /// Signs; `DataLenRange` for data of a length that cannot be, `DataInvalid` for data that is not below the modulus.
    pub(super) fn sign(&self, key: &Private, data: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.check_length(data, key.modulus.size())?;
        let encoded;
        let message = match self {
            Self::Pkcs(prefix) => {
                encoded = pkcs::encode_for_signature(prefix, data, key.modulus.size())?;
                &encoded
            }
            Self::Pss(pss) => {
                encoded = pss.encode(data, &random::secret(pss.salt_len())?)?;
                &encoded
            }
            Self::Raw => data,
        };
        key.apply(&key.modulus.representative(message).ok_or(Error::DataInvalid)?)
    }

    /// Verifies; `SignatureLenRange`, `SignatureInvalid`, and the errors of [`Self::sign`].
    pub(super) fn verify(&self, key: &Public, data: &[u8], signature: &[u8]) -> Result<()> {
        self.check_length(data, key.modulus.size())?;
        if matches!(self, Self::Raw) && key.modulus.representative(data).is_none() {
            return Err(Error::DataInvalid);
        }
        if signature.len() != key.modulus.size() {
            return Err(Error::SignatureLenRange);
        }
        let valid = match self {
            Self::Pkcs(prefix) => {
                opened(key, signature)?[..] == pkcs::encode_for_signature(prefix, data, key.modulus.size())?
            }
            Self::Pss(pss) => pss.verify(data, &mut opened(key, signature)?),
            Self::Raw => strip_zeros(&opened(key, signature)?) == strip_zeros(data),
        };
        if valid { Ok(()) } else { Err(Error::SignatureInvalid) }
    }

    /// The data in a signature; `SignatureLenRange`, `SignatureInvalid`.
    pub(super) fn recover(&self, key: &Public, signature: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let message = opened(key, signature)?;
        match self {
            Self::Pkcs(_) => {
                Ok(Zeroizing::new(pkcs::data_in_signature(&message).ok_or(Error::SignatureInvalid)?.to_vec()))
            }
            Self::Raw => Ok(message),
            Self::Pss(_) => Err(Error::MechanismInvalid),
        }
    }

    fn check_length(&self, data: &[u8], k: usize) -> Result<()> {
        let fits = match self {
            Self::Pkcs(_) => data.len() <= k.saturating_sub(pkcs::OVERHEAD),
            Self::Pss(pss) => data.len() == pss.hash_len(),
            Self::Raw => data.len() <= k,
        };
        if fits { Ok(()) } else { Err(Error::DataLenRange) }
    }
}

/// RSAVP1 of a signature's bytes.
fn opened(key: &Public, signature: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    if signature.len() != key.modulus.size() {
        return Err(Error::SignatureLenRange);
    }
    key.apply(&key.modulus.representative(signature).ok_or(Error::SignatureInvalid)?)
}

/// The DigestInfo of this hash without its digest; `None` if PKCS #1 has none.
fn digest_info(hash: Hash) -> Option<Box<[u8]>> {
    let scheme = match hash {
        Hash::Md5 => Pkcs1v15Sign::new::<md5::Md5>(),
        Hash::Sha1 => Pkcs1v15Sign::new::<sha1::Sha1>(),
        Hash::Sha224 => Pkcs1v15Sign::new::<sha2::Sha224>(),
        Hash::Sha256 => Pkcs1v15Sign::new::<sha2::Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<sha2::Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<sha2::Sha512>(),
        Hash::Sha512_224 => Pkcs1v15Sign::new::<sha2::Sha512_224>(),
        Hash::Sha512_256 => Pkcs1v15Sign::new::<sha2::Sha512_256>(),
        Hash::Sha3_224 => Pkcs1v15Sign::new::<sha3::Sha3_224>(),
        Hash::Sha3_256 => Pkcs1v15Sign::new::<sha3::Sha3_256>(),
        Hash::Sha3_384 => Pkcs1v15Sign::new::<sha3::Sha3_384>(),
        Hash::Sha3_512 => Pkcs1v15Sign::new::<sha3::Sha3_512>(),
        Hash::Ripemd160 => Pkcs1v15Sign::new::<ripemd::Ripemd160>(),
        Hash::Blake2b160 | Hash::Blake2b256 | Hash::Blake2b384 | Hash::Blake2b512 | Hash::Sha512T(_) => return None,
    };
    Some(scheme.prefix)
}
