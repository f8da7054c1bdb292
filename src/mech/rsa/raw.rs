//! The bare operations and conversions of RFC 8017, sections 4 and 5.

use crate::error::{Error, Result};
use crate::random;
use ::rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use ::rsa::traits::PublicKeyParts;
use ::rsa::{BoxedUint, PrivateKey, PublicKey};
use zeroize::Zeroizing;

/// OS2IP: the number in these bytes; `None` unless it is smaller than the modulus.
pub(super) fn representative(key: &impl PublicKeyParts, bytes: &[u8]) -> Option<Zeroizing<BoxedUint>> {
    let number = BoxedUint::from_be_slice(bytes, key.n_bits_precision()).ok().map(Zeroizing::new)?;
    (*number < *key.n().as_ref()).then_some(number)
}

/// RSAEP and RSAVP1: k bytes.
pub(super) fn public(key: &PublicKey, number: &BoxedUint) -> Result<Zeroizing<Vec<u8>>> {
    let result = rsa_encrypt(key, number).map_err(|_| Error::DeviceError)?;
    octets(result, key.size())
}

/// RSADP and RSASP1: k bytes. Blinded, and checked by the public operation, so that a fault in one half of the
/// Chinese remainder computation gives nothing away.
pub(super) fn private(key: &PrivateKey, number: &BoxedUint) -> Result<Zeroizing<Vec<u8>>> {
    let result = rsa_decrypt_and_check(key, Some(&mut random::system()), number).map_err(|_| Error::DeviceError)?;
    octets(result, key.size())
}

/// I2OSP, in a time that does not depend on the number.
fn octets(number: BoxedUint, k: usize) -> Result<Zeroizing<Vec<u8>>> {
    let number = Zeroizing::new(number);
    let bytes = Zeroizing::new(number.to_be_bytes());
    let excess = bytes.len().checked_sub(k).ok_or(Error::GeneralError)?;
    Ok(Zeroizing::new(bytes.get(excess..).ok_or(Error::GeneralError)?.to_vec()))
}
