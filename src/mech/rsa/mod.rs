//! RSA (PKCS#11 3.2, section 6.1; PKCS #1 v2.2 is RFC 8017).
//!
//! A mechanism is one of a few schemes: how data becomes a signature (`signature.rs`) or a ciphertext
//! (`encryption.rs`), by the encodings of PKCS #1 v1.5 (`pkcs.rs`), OAEP or PSS (`encoding.rs`). The bare operations are an
//! engine's.

mod encoding;
mod encryption;
mod kem;
mod pkcs;
mod signature;

use super::digest::{HashThen, HashThenVerify};
use super::{Mechanism, Params, Shape, ZeroPadding};
use crate::engine;
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::key::rsa::{self as keys, MAX_BITS, MIN_BITS, RsaKey};
use crate::object::template::{Attributes, Contribution, Read};
use crate::op::{Cipher, Gather, GatherVerify, OnePart, Recover, Sign, Verify, write};
use ::rsa::PublicKey;
use cryptoki_sys::*;
use encryption::Encryption;
use signature::Signature;
use std::sync::Arc;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_RSA_PKCS_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_RSA_PKCS)
        .cipher(encrypt, decrypt)
        .wraps()
        // It does not say so, but makes another key of it (implicit rejection).
        .telling_changes()
        .secret_keys_only()
        .kem(kem::ciphertext_len, kem::encapsulate, kem::decapsulate)
        .signs(sign, verify)
        .one_part()
        .recovers(sign_recover, verify_recover),
    row(CKM_RSA_X_509)
        .cipher(encrypt, decrypt)
        .wraps()
        .zero_padded(ZeroPadding::Before)
        .secret_keys_only()
        .kem(kem::ciphertext_len, kem::encapsulate, kem::decapsulate)
        .signs(sign, verify)
        .one_part()
        .recovers(sign_recover, verify_recover),
    row(CKM_RSA_PKCS_OAEP)
        .params(Shape::Oaep)
        .cipher(encrypt, decrypt)
        .wraps()
        .telling_changes()
        .secret_keys_only()
        .kem(kem::ciphertext_len, kem::encapsulate, kem::decapsulate),
    row(CKM_RSA_PKCS_PSS).params(Shape::Pss).signs(sign, verify).one_part(),
    row(CKM_MD5_RSA_PKCS).hash(Hash::Md5).signs(sign, verify),
    row(CKM_RIPEMD160_RSA_PKCS).hash(Hash::Ripemd160).signs(sign, verify),
    row(CKM_SHA1_RSA_PKCS).hash(Hash::Sha1).signs(sign, verify),
    row(CKM_SHA224_RSA_PKCS).hash(Hash::Sha224).signs(sign, verify),
    row(CKM_SHA256_RSA_PKCS).hash(Hash::Sha256).signs(sign, verify),
    row(CKM_SHA384_RSA_PKCS).hash(Hash::Sha384).signs(sign, verify),
    row(CKM_SHA512_RSA_PKCS).hash(Hash::Sha512).signs(sign, verify),
    row(CKM_SHA3_224_RSA_PKCS).hash(Hash::Sha3_224).signs(sign, verify),
    row(CKM_SHA3_256_RSA_PKCS).hash(Hash::Sha3_256).signs(sign, verify),
    row(CKM_SHA3_384_RSA_PKCS).hash(Hash::Sha3_384).signs(sign, verify),
    row(CKM_SHA3_512_RSA_PKCS).hash(Hash::Sha3_512).signs(sign, verify),
    row(CKM_SHA1_RSA_PKCS_PSS).hash(Hash::Sha1).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA224_RSA_PKCS_PSS).hash(Hash::Sha224).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA256_RSA_PKCS_PSS).hash(Hash::Sha256).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA384_RSA_PKCS_PSS).hash(Hash::Sha384).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA512_RSA_PKCS_PSS).hash(Hash::Sha512).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA3_224_RSA_PKCS_PSS).hash(Hash::Sha3_224).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA3_256_RSA_PKCS_PSS).hash(Hash::Sha3_256).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA3_384_RSA_PKCS_PSS).hash(Hash::Sha3_384).params(Shape::Pss).signs(sign, verify),
    row(CKM_SHA3_512_RSA_PKCS_PSS).hash(Hash::Sha3_512).params(Shape::Pss).signs(sign, verify),
];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).key_pairs(&[CKK_RSA], MIN_BITS as CK_ULONG, MAX_BITS as CK_ULONG)
}

/// "PKCS #1 RSA key pair generation". An exponent that cannot be used is `TemplateInconsistent` by the words of that
/// section.
fn generate(
    mechanism: &Mechanism,
    _: &Params,
    public: &Attributes,
    _: &Attributes,
) -> Result<(Contribution, Contribution)> {
    let bits = public.ulong(CKA_MODULUS_BITS).ok_or(Error::TemplateIncomplete)?;
    let (min, max) = mechanism.sizes;
    if !(min..=max).contains(&bits) {
        return Err(Error::AttributeValueInvalid);
    }
    let bits = usize::try_from(bits).map_err(|_| Error::AttributeValueInvalid)?;
    let exponent = match public.bytes(CKA_PUBLIC_EXPONENT) {
        None => DEFAULT_EXPONENT,
        Some(bytes) => exponent(bytes).ok_or(Error::TemplateInconsistent)?,
    };
    let key = engine::rsa::generate(bits, exponent)?;
    keys::contributions(&key)
}

const DEFAULT_EXPONENT: u64 = 65537;

/// The exponent in these bytes, if a key can have it.
fn exponent(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > size_of::<u64>() {
        return None;
    }
    let exponent = bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    ((3..=PublicKey::MAX_PUB_EXPONENT).contains(&exponent) && exponent % 2 == 1).then_some(exponent)
}

fn encrypt(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let key = Arc::clone(rsa(key)?.public()?);
    let scheme = Encryption::of(mechanism, params, key.modulus.size())?;
    let size = key.modulus.size();
    let run = move |plain: &[u8], out: &mut [u8]| write(out, &scheme.encrypt(&key, plain)?);
    Ok(Box::new(OnePart::new(move |_| size, run)))
}

fn decrypt(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let key = Arc::clone(rsa(key)?.private()?);
    let scheme = Encryption::of(mechanism, params, key.modulus.size())?;
    let capacity = scheme.capacity(key.modulus.size());
    let run = move |encrypted: &[u8], out: &mut [u8]| write(out, &scheme.decrypt(&key, encrypted)?);
    Ok(Box::new(OnePart::new(move |_| capacity, run)))
}

fn sign(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let key = Arc::clone(rsa(key)?.private()?);
    let scheme = Signature::of(mechanism, params, key.modulus.bits())?;
    let bound = key.modulus.size();
    let end = move |data: &[u8], out: &mut [u8]| write(out, &scheme.sign(&key, data)?);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThen::new(hash, bound, end)),
        None => Box::new(Gather::single(bound, end)),
    })
}

fn verify(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = Arc::clone(rsa(key)?.public()?);
    let scheme = Signature::of(mechanism, params, key.modulus.bits())?;
    let end = move |data: &[u8], signature: &[u8]| scheme.verify(&key, data, signature);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThenVerify::new(hash, end)),
        None => Box::new(GatherVerify::single(end)),
    })
}

fn sign_recover(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Recover>> {
    let key = Arc::clone(rsa(key)?.private()?);
    let scheme = Signature::of(mechanism, params, key.modulus.bits())?;
    let size = key.modulus.size();
    let run = move |data: &[u8], out: &mut [u8]| write(out, &scheme.sign(&key, data)?);
    Ok(Box::new(OnePart::new(move |_| size, run)))
}

fn verify_recover(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Recover>> {
    let key = Arc::clone(rsa(key)?.public()?);
    let scheme = Signature::of(mechanism, params, key.modulus.bits())?;
    let size = key.modulus.size();
    let run = move |signature: &[u8], out: &mut [u8]| write(out, &scheme.recover(&key, signature)?);
    Ok(Box::new(OnePart::new(move |_| size, run)))
}

fn rsa(key: &Key) -> Result<&RsaKey> {
    match key {
        Key::Rsa(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}
