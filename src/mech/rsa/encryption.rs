//! Encryption schemes: PKCS #1 v1.5 and OAEP (RFC 8017, section 7), and the bare operation ("X.509 (raw) RSA").

use super::encoding::Oaep;
use super::pkcs;
use crate::error::{Error, Result};
use crate::key::rsa::{Private, Public};
use crate::mech::{Mechanism, Params};
use cryptoki_sys::CKM_RSA_X_509;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How a plaintext becomes a number.
#[derive(Clone)]
pub(super) enum Encryption {
    /// RSAES-PKCS1-v1_5.
    Pkcs,
    /// RSAES-OAEP.
    Oaep(Arc<Oaep>),
    /// Zeros in front.
    Raw,
}

impl Encryption {
    /// The scheme of a mechanism under a modulus of k bytes; `MechanismParamInvalid`.
    pub(super) fn of(mechanism: &Mechanism, params: &Params, k: usize) -> Result<Self> {
        match params {
            Params::Oaep { hash, mgf, label } => Ok(Self::Oaep(Arc::new(Oaep::new(*hash, *mgf, label, k)?))),
            _ if mechanism.id == CKM_RSA_X_509 => Ok(Self::Raw),
            _ => Ok(Self::Pkcs),
        }
    }

    /// The longest plaintext, in bytes, under a modulus of k bytes.
    pub(super) fn capacity(&self, k: usize) -> usize {
        match self {
            Self::Pkcs => k.saturating_sub(pkcs::OVERHEAD),
            Self::Oaep(oaep) => oaep.capacity(),
            Self::Raw => k,
        }
    }

    /// Encrypts; `DataLenRange` for too long a plaintext, `DataInvalid` for one that is not below the modulus.
    pub(super) fn encrypt(&self, key: &Public, plain: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if plain.len() > self.capacity(key.modulus.size()) {
            return Err(Error::DataLenRange);
        }
        let encoded;
        let message = match self {
            Self::Pkcs => {
                encoded = pkcs::encode_for_encryption(plain, key.modulus.size())?;
                &encoded[..]
            }
            Self::Oaep(oaep) => {
                encoded = oaep.encode(plain)?;
                &encoded
            }
            Self::Raw => plain,
        };
        key.apply(&key.modulus.representative(message).ok_or(Error::DataInvalid)?)
    }

    /// Decrypts; `EncryptedDataLenRange`, and for everything else that is wrong `EncryptedDataInvalid`.
    ///
    /// A wrong padding of PKCS #1 v1.5 is not an error: it gives a plaintext that depends on key and ciphertext only
    /// ("implicit rejection"), so that nobody learns from the outcome whether a padding was right.
    pub(super) fn decrypt(&self, key: &Private, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let invalid = Error::EncryptedDataInvalid;
        if encrypted.len() != key.modulus.size() {
            return Err(Error::EncryptedDataLenRange);
        }
        // That it is below the modulus anybody can see.
        let number = key.modulus.representative(encrypted).ok_or(invalid)?;
        let mut opened = key.apply(&number)?;
        match self {
            Self::Pkcs => pkcs::decode_or_reject(opened, &key.exponent_hash, encrypted),
            Self::Oaep(oaep) => oaep.decode(&mut opened).ok_or(invalid),
            Self::Raw => Ok(opened),
        }
    }
}
