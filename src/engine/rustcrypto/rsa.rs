//! RSA by crate `rsa`.

use crate::error::{Error, Result};
use crate::random;
use ::rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use ::rsa::traits::PublicKeyParts;
use ::rsa::{BoxedUint, PrivateKey, PublicKey};
use zeroize::Zeroizing;

/// A public key.
pub struct Public(PublicKey);

impl Public {
    /// Of a key that has been validated.
    pub fn new(key: &PublicKey) -> Result<Self> {
        Ok(Self(key.clone()))
    }

    /// RSAEP and RSAVP1 of a number below the modulus: k bytes to k bytes.
    pub fn apply(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let result = rsa_encrypt(&self.0, &*number_in(&self.0, number)?).map_err(|_| Error::DeviceError)?;
        octets(result, self.0.size())
    }
}

/// A private key.
pub struct Private(PrivateKey);

impl Private {
    /// Of a key that has been validated.
    pub fn new(key: &PrivateKey) -> Result<Self> {
        Ok(Self(key.clone()))
    }

    /// RSADP and RSASP1 of a number below the modulus: k bytes to k bytes. Blinded, and checked by the public operation,
    /// so that a fault in one half of the Chinese remainder computation gives nothing away.
    pub fn apply(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let number = number_in(&self.0, number)?;
        let result = rsa_decrypt_and_check(&self.0, Some(&mut random::system()), &number);
        octets(result.map_err(|_| Error::DeviceError)?, self.0.size())
    }
}

/// A fresh key with a modulus of so many bits and this exponent.
pub fn generate(bits: usize, exponent: u64) -> Result<PrivateKey> {
    PrivateKey::new_with_exp(&mut random::system(), bits, exponent.into()).map_err(|_| Error::DeviceError)
}

/// OS2IP.
fn number_in(key: &impl PublicKeyParts, bytes: &[u8]) -> Result<Zeroizing<BoxedUint>> {
    let number = BoxedUint::from_be_slice(bytes, key.n_bits_precision()).map_err(|_| Error::GeneralError)?;
    Ok(Zeroizing::new(number))
}

/// I2OSP, in a time that does not depend on the number.
fn octets(number: BoxedUint, k: usize) -> Result<Zeroizing<Vec<u8>>> {
    let number = Zeroizing::new(number);
    let bytes = Zeroizing::new(number.to_be_bytes());
    let excess = bytes.len().checked_sub(k).ok_or(Error::GeneralError)?;
    Ok(Zeroizing::new(bytes.get(excess..).ok_or(Error::GeneralError)?.to_vec()))
}
