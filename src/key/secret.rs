//! Secret keys: their value, its length and its check value (PKCS#11 3.2, sections 4.10, 6.8, 6.13 and 6.22).

use super::{Key, KeyType};
use crate::error::{Error, Result};
use crate::mech::aes::Aes;
use crate::mech::digest::Hash;
use crate::object::template::{Attributes, Read, Value};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The key types.
pub const TYPES: &[KeyType] = &[
    secret(CKK_AES, complete_aes),
    secret(CKK_GENERIC_SECRET, complete_any),
    secret(CKK_HKDF, complete_any),
    secret(CKK_MD5_HMAC, complete_any),
    secret(CKK_SHA_1_HMAC, complete_any),
    secret(CKK_SHA224_HMAC, complete_any),
    secret(CKK_SHA256_HMAC, complete_any),
    secret(CKK_SHA384_HMAC, complete_any),
    secret(CKK_SHA512_HMAC, complete_any),
    secret(CKK_SHA512_224_HMAC, complete_any),
    secret(CKK_SHA512_256_HMAC, complete_any),
    secret(CKK_SHA3_224_HMAC, complete_any),
    secret(CKK_SHA3_256_HMAC, complete_any),
    secret(CKK_SHA3_384_HMAC, complete_any),
    secret(CKK_SHA3_512_HMAC, complete_any),
    secret(CKK_SHA512_T_HMAC, complete_any),
    secret(CKK_RIPEMD160_HMAC, complete_any),
    secret(CKK_BLAKE2B_160_HMAC, complete_any),
    secret(CKK_BLAKE2B_256_HMAC, complete_any),
    secret(CKK_BLAKE2B_384_HMAC, complete_any),
    secret(CKK_BLAKE2B_512_HMAC, complete_any),
];

const fn secret(id: CK_KEY_TYPE, complete: fn(CK_OBJECT_CLASS, &mut Attributes) -> Result<()>) -> KeyType {
    KeyType { id, complete, parse, to_pkcs8: None, from_pkcs8: None, fixed_length: None }
}

fn parse(_: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    Ok(Key::Secret(Zeroizing::new(attributes.required(CKA_VALUE)?.to_vec())))
}

/// AES keys have 16, 24 or 32 bytes; their check value begins the encryption of a block of zeros (section 6.13.2).
fn complete_aes(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    complete(class, attributes, |value| {
        let aes = Aes::new(value).map_err(|_| Error::AttributeValueInvalid)?;
        Ok(aes.encrypted([0; 16]).to_vec())
    })
}

/// Other secrets have any length but none; their check value begins the SHA-1 of the value (section 6.8.2).
fn complete_any(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    complete(class, attributes, |value| match value {
        [] => Err(Error::AttributeValueInvalid),
        value => Ok(Hash::Sha1.of(&[value]).to_vec()),
    })
}

/// What all secret keys have in common: a class, a length that is that of the value, three bytes to check the value
/// by. `check` judges the value and gives what begins with these.
fn complete(
    class: CK_OBJECT_CLASS,
    attributes: &mut Attributes,
    check: impl Fn(&[u8]) -> Result<Vec<u8>>,
) -> Result<()> {
    if class != CKO_SECRET_KEY {
        return Err(Error::TemplateInconsistent);
    }
    let value = attributes.bytes(CKA_VALUE).ok_or(Error::TemplateIncomplete)?;
    let length = value.len() as CK_ULONG;
    let check_value = Value::bytes(check(value)?.get(..3).ok_or(Error::GeneralError)?);
    if attributes.ulong(CKA_VALUE_LEN).is_some_and(|given| given != length) {
        return Err(Error::TemplateInconsistent);
    }
    attributes.insert(CKA_VALUE_LEN, Value::Ulong(length));
    attributes.insert(CKA_CHECK_VALUE, check_value);
    Ok(())
}
