//! Encryption schemes: PKCS #1 v1.5 and OAEP (RFC 8017, section 7), and the bare operation ("X.509 (raw) RSA").

use super::encoding::Oaep;
use super::raw;
use crate::error::{Error, Result};
use crate::mech::{Mechanism, Params};
use crate::random;
use ::rsa::traits::PublicKeyParts;
use ::rsa::{Pkcs1v15Encrypt, PrivateKey, PublicKey};
use cryptoki_sys::CKM_RSA_X_509;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The bytes that PKCS #1 v1.5 adds at least.
pub(super) const PKCS_OVERHEAD: usize = 11;

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
            Self::Pkcs => k.saturating_sub(PKCS_OVERHEAD),
            Self::Oaep(oaep) => oaep.capacity(),
            Self::Raw => k,
        }
    }

    /// Encrypts; `DataLenRange` for too long a plaintext, `DataInvalid` for one that is not below the modulus.
    pub(super) fn encrypt(&self, key: &PublicKey, plain: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if plain.len() > self.capacity(key.size()) {
            return Err(Error::DataLenRange);
        }
        let encoded;
        let message = match self {
            Self::Pkcs => {
                let encrypted = key.encrypt(&mut random::system(), Pkcs1v15Encrypt, plain);
                return encrypted.map(Zeroizing::new).map_err(|_| Error::DeviceError);
            }
            Self::Oaep(oaep) => {
                encoded = oaep.encode(plain)?;
                &encoded
            }
            Self::Raw => plain,
        };
        raw::public(key, &*raw::representative(key, message).ok_or(Error::DataInvalid)?)
    }

    /// Decrypts; `EncryptedDataLenRange`, and for everything else that is wrong `EncryptedDataInvalid`.
    ///
    /// A wrong padding of PKCS #1 v1.5 is not an error: it gives a plaintext that depends on key and ciphertext only
    /// ("implicit rejection"), so that nobody learns from the outcome whether a padding was right.
    pub(super) fn decrypt(&self, key: &PrivateKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let invalid = Error::EncryptedDataInvalid;
        if encrypted.len() != key.size() {
            return Err(Error::EncryptedDataLenRange);
        }
        // That it is below the modulus anybody can see.
        let number = raw::representative(key, encrypted).ok_or(invalid)?;
        match self {
            Self::Pkcs => {
                let plain = key.decrypt_blinded(&mut random::system(), Pkcs1v15Encrypt, encrypted);
                plain.map(Zeroizing::new).map_err(|_| Error::DeviceError)
            }
            Self::Oaep(oaep) => oaep.decode(&mut raw::private(key, &number)?).ok_or(invalid),
            Self::Raw => raw::private(key, &number),
        }
    }
}
