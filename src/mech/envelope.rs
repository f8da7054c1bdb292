//! Wrapping by two steps: a fresh AES key wraps the target key, and the wrapping key takes care of the AES key (PKCS#11
//! 3.2: "RSA AES KEY WRAP" in section 6.1, "ECDH AES KEY WRAP" and its two successors in section 6.3).
//!
//! Compositions of other rows: the target key is wrapped by `CKM_AES_KEY_WRAP_KWP`, RSA wraps by `CKM_RSA_PKCS_OAEP`.

use super::ecdh::{self, Kdf};
use super::{Mechanism, Params, Shape, aes, ecdsa, rsa};
use crate::error::{Error, Result};
use crate::key::ec::encoding;
use crate::key::rsa::{MAX_BITS, MIN_BITS};
use crate::key::{Key, montgomery};
use crate::random;
use cryptoki_sys::*;
use der::asn1::OctetStringRef;
use der::{AnyRef, Decode, ErrorKind};
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    Mechanism::new(CKM_RSA_AES_KEY_WRAP)
        .key_pairs(&[CKK_RSA], MIN_BITS as CK_ULONG, MAX_BITS as CK_ULONG)
        .params(Shape::RsaAesKeyWrap)
        .wraps_by(rsa_wrap, rsa_unwrap)
        .telling_changes(),
    ecdh_row(CKM_ECDH_AES_KEY_WRAP, &[CKK_EC, CKK_EC_MONTGOMERY], ecdsa::SIZES),
    ecdh_row(CKM_ECDH_COF_AES_KEY_WRAP, &[CKK_EC], ecdsa::SIZES),
    ecdh_row(CKM_ECDH_X_AES_KEY_WRAP, &[CKK_EC_MONTGOMERY], montgomery::SIZES),
];

const fn ecdh_row(id: CK_MECHANISM_TYPE, key_types: &'static [CK_KEY_TYPE], sizes: (CK_ULONG, CK_ULONG)) -> Mechanism {
    Mechanism::new(id)
        .key_pairs(key_types, sizes.0, sizes.1)
        .flags(ecdsa::FLAGS)
        .params(Shape::EcdhAesKeyWrap)
        .wraps_by(ecdh_wrap, ecdh_unwrap)
        .telling_changes()
}

fn rsa_wrap(_: &Mechanism, params: &Params, key: &Key, plain: &[u8]) -> Result<Vec<u8>> {
    let Params::RsaAesKeyWrap { aes_bits, oaep } = params else { return Err(Error::MechanismParamInvalid) };
    let aes_key = random::secret(aes_length(*aes_bits)?)?;
    // A modulus too small for the hash and the AES key is the parameter's fault, not the target key's.
    let mut wrapped = wrap_by(OAEP, oaep, key, &aes_key).map_err(|error| match error {
        Error::KeySizeRange => Error::MechanismParamInvalid,
        other => other,
    })?;
    wrapped.extend(wrap_by_aes(aes_key, plain)?);
    Ok(wrapped)
}

fn rsa_unwrap(_: &Mechanism, params: &Params, key: &Key, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let Params::RsaAesKeyWrap { aes_bits, oaep } = params else { return Err(Error::MechanismParamInvalid) };
    let length = aes_length(*aes_bits)?;
    let (first, second) = wrapped.split_at_checked(key.bits().div_ceil(8)).ok_or(Error::WrappedKeyLenRange)?;
    let aes_key = unwrap_by(OAEP, oaep, key, first)?;
    if aes_key.len() != length {
        return Err(Error::WrappedKeyInvalid);
    }
    unwrap_by_aes(aes_key, second)
}

fn ecdh_wrap(_: &Mechanism, params: &Params, key: &Key, plain: &[u8]) -> Result<Vec<u8>> {
    let Params::EcdhAesKeyWrap { aes_bits, kdf, shared } = params else { return Err(Error::MechanismParamInvalid) };
    let (length, kdf) = (aes_length(*aes_bits)?, Kdf::of(*kdf, shared)?);
    let (transport, secret) = ecdh::send(key)?;
    let mut wrapped = match key {
        // So it must be for `CKM_ECDH_COF_AES_KEY_WRAP`; for its deprecated predecessor the standard says no more than
        // "public key material".
        Key::Ec(_) => encoding::der(&OctetStringRef::new(&transport).map_err(|_| Error::GeneralError)?)?,
        _ => transport,
    };
    wrapped.extend(wrap_by_aes(kdf.first_bytes(secret, shared, length)?, plain)?);
    Ok(wrapped)
}

fn ecdh_unwrap(_: &Mechanism, params: &Params, key: &Key, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let Params::EcdhAesKeyWrap { aes_bits, kdf, shared } = params else { return Err(Error::MechanismParamInvalid) };
    let (length, kdf) = (aes_length(*aes_bits)?, Kdf::of(*kdf, shared)?);
    let (secret, wrapped) = receive(key, wrapped)?;
    unwrap_by_aes(kdf.first_bytes(secret, shared, length)?, wrapped)
}

/// The secret that a private key shares with the transport key before a wrapped key, and the wrapped key.
///
/// `WrappedKeyLenRange` if there is no room for a transport key, `WrappedKeyInvalid` if it is none.
fn receive<'a>(key: &Key, wrapped: &'a [u8]) -> Result<(Zeroizing<Vec<u8>>, &'a [u8])> {
    let length = match key {
        Key::Ec(_) => match AnyRef::from_der_partial(wrapped) {
            Ok((_, rest)) => wrapped.len() - rest.len(),
            Err(error) if matches!(error.kind(), ErrorKind::Incomplete { .. }) => {
                return Err(Error::WrappedKeyLenRange);
            }
            Err(_) => return Err(Error::WrappedKeyInvalid),
        },
        Key::Montgomery(key) => key.curve.length,
        _ => return Err(Error::KeyTypeInconsistent),
    };
    let (transport, wrapped) = wrapped.split_at_checked(length).ok_or(Error::WrappedKeyLenRange)?;
    Ok((ecdh::agree(key, transport).map_err(ecdh::of_ciphertext)?, wrapped))
}

/// "Can be only 128, 192 or 256"; in bytes.
fn aes_length(bits: CK_ULONG) -> Result<usize> {
    match bits {
        128 => Ok(16),
        192 => Ok(24),
        256 => Ok(32),
        _ => Err(Error::MechanismParamInvalid),
    }
}

fn wrap_by_aes(aes_key: Zeroizing<Vec<u8>>, plain: &[u8]) -> Result<Vec<u8>> {
    wrap_by(KWP, &Params::None, &Key::Secret(aes_key), plain)
}

fn unwrap_by_aes(aes_key: Zeroizing<Vec<u8>>, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    unwrap_by(KWP, &Params::None, &Key::Secret(aes_key), wrapped)
}

/// Another mechanism, by which a step is done: the family's rows, and which of them.
type By = (&'static [Mechanism], CK_MECHANISM_TYPE);

const OAEP: By = (rsa::ROWS, CKM_RSA_PKCS_OAEP);
const KWP: By = (aes::ROWS, CKM_AES_KEY_WRAP_KWP);

fn wrap_by(by: By, params: &Params, key: &Key, plain: &[u8]) -> Result<Vec<u8>> {
    let row = row(by)?;
    row.wrap.ok_or(Error::GeneralError)?(row, params, key, plain)
}

fn unwrap_by(by: By, params: &Params, key: &Key, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let row = row(by)?;
    row.unwrap.ok_or(Error::GeneralError)?(row, params, key, wrapped)
}

fn row((rows, id): By) -> Result<&'static Mechanism> {
    rows.iter().find(|row| row.id == id).ok_or(Error::GeneralError)
}
