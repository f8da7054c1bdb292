//! Secret keys: their value, its length and its check value (PKCS#11 3.2, sections 4.10, 6.8, 6.10, 6.22 and
//! 6.31 to 6.35).

use super::{Key, KeyType};
use crate::block_cipher::{self, Aes, Aria, BlockCipher, Blowfish, Camellia, Rc2, Twofish};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::object::template::{Attributes, Read, Value, is_secret_key};
use cryptoki_sys::*;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The key types.
pub const TYPES: &[KeyType] = &[
    secret(CKK_AES, complete_cipher::<Aes>),
    secret(CKK_CAMELLIA, complete_cipher::<Camellia>),
    secret(CKK_ARIA, complete_cipher::<Aria>),
    secret(CKK_BLOWFISH, complete_cipher::<Blowfish>),
    secret(CKK_TWOFISH, complete_cipher::<Twofish>),
    secret(CKK_RC2, complete_cipher::<Rc2>),
    // Made out of passwords, and used by others.
    secret(CKK_RC4, complete_rc4),
    secret(CKK_AES_XTS, complete_xts),
    stream(CKK_CHACHA20),
    stream(CKK_SALSA20),
    stream(CKK_POLY1305),
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

/// The keys of ChaCha20, Salsa20 and Poly1305 have 256 bits.
const fn stream(id: CK_KEY_TYPE) -> KeyType {
    KeyType { fixed_length: Some(32), ..secret(id, complete_stream) }
}

pub(super) fn parse(_: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    Ok(Key::Secret(Zeroizing::new(attributes.required(CKA_VALUE)?.to_vec())))
}

/// A cipher's keys have the lengths that it takes; their check value begins the encryption of a block of zeros (section
/// 4.10).
fn complete_cipher<C: BlockCipher>(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    complete_sized(class, attributes, |value| {
        block_cipher::encrypted_zeros::<C>(value).map_err(|_| Error::AttributeValueInvalid)
    })
}

/// AES-XTS keys are two AES keys of 16 or 32 bytes, which must not be the same (FIPS 140-3 IG, C.I; SP 800-38E is not secure
/// otherwise). The standard has no check value for them, so it is that of other secrets.
fn complete_xts(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    complete_sized(class, attributes, |value| {
        let (one, other) = value.split_at(value.len() / 2);
        let wrong = !matches!(value.len(), 32 | 64) || bool::from(one.ct_eq(other));
        if wrong { Err(Error::AttributeValueInvalid) } else { Ok(Hash::Sha1.of(&[value]).to_vec()) }
    })
}

/// Keys of 32 bytes; their check value begins the SHA-1 of the value (the standard says so of ChaCha20's and Salsa20's).
fn complete_stream(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    complete_sized(class, attributes, |value| match value.len() {
        32 => Ok(Hash::Sha1.of(&[value]).to_vec()),
        _ => Err(Error::AttributeValueInvalid),
    })
}

/// RC4 keys have 1 to 256 bytes; without the cipher, their check value is that of other secrets.
fn complete_rc4(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    complete_sized(class, attributes, |value| match value.len() {
        1..=256 => Ok(Hash::Sha1.of(&[value]).to_vec()),
        _ => Err(Error::AttributeValueInvalid),
    })
}

/// Other secrets have any length but none; their check value begins the SHA-1 of the value (section 6.8.2).
pub(super) fn complete_any(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    complete_sized(class, attributes, |value| match value {
        [] => Err(Error::AttributeValueInvalid),
        value => Ok(Hash::Sha1.of(&[value]).to_vec()),
    })
}

/// As [`complete`], for keys of more than one length: it is noted, too.
fn complete_sized(
    class: CK_OBJECT_CLASS,
    attributes: &mut Attributes,
    check: impl Fn(&[u8]) -> Result<Vec<u8>>,
) -> Result<()> {
    complete(class, attributes, check)?;
    let length = attributes.required(CKA_VALUE)?.len() as CK_ULONG;
    if attributes.ulong(CKA_VALUE_LEN).is_some_and(|given| given != length) {
        return Err(Error::TemplateInconsistent);
    }
    attributes.insert(CKA_VALUE_LEN, Value::Ulong(length));
    Ok(())
}

/// What all secret keys have in common: a class, a value, three bytes to check it by. `check` judges the value and gives
/// what begins with these.
pub(super) fn complete(
    class: CK_OBJECT_CLASS,
    attributes: &mut Attributes,
    check: impl Fn(&[u8]) -> Result<Vec<u8>>,
) -> Result<()> {
    if !is_secret_key(class) {
        return Err(Error::TemplateInconsistent);
    }
    let value = attributes.bytes(CKA_VALUE).ok_or(Error::TemplateIncomplete)?;
    let check_value = Value::bytes(check(value)?.get(..3).ok_or(Error::GeneralError)?);
    attributes.insert(CKA_CHECK_VALUE, check_value);
    Ok(())
}
