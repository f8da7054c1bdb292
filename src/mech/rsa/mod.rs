//! RSA (PKCS#11 3.2, section 6.1; PKCS #1 v2.2 is RFC 8017).
//!
//! A mechanism is one of a few schemes: how data becomes a signature (`signature.rs`) or a ciphertext
//! (`encryption.rs`). The encodings that the `rsa` crate has only for hashes fixed at compile time are in
//! `encoding.rs`, the bare operation in `raw.rs`.

mod encoding;
mod encryption;
mod raw;
mod signature;

use super::digest::{Hash, HashThen, HashThenVerify};
use super::{Contribution, Mechanism, Params, Shape};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::key::rsa::{self as keys, MAX_BITS, MIN_BITS, RsaKey};
use crate::object::template::{Attributes, Read};
use crate::op::{Cipher, Gather, GatherVerify, Recover, Sign, Verify, write};
use crate::random;
use ::rsa::traits::PublicKeyParts;
use ::rsa::{PrivateKey, PublicKey};
use cryptoki_sys::*;
use encryption::Encryption;
use signature::Signature;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_RSA_PKCS_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_RSA_PKCS).cipher(encrypt, decrypt).wraps().signs(sign, verify).recovers(sign_recover, verify_recover),
    row(CKM_RSA_X_509)
        .cipher(encrypt, decrypt)
        .wraps()
        .unwraps_the_end()
        .signs(sign, verify)
        .recovers(sign_recover, verify_recover),
    row(CKM_RSA_PKCS_OAEP).params(Shape::Oaep).cipher(encrypt, decrypt).wraps(),
    row(CKM_RSA_PKCS_PSS).params(Shape::Pss).signs(sign, verify),
    row(CKM_MD5_RSA_PKCS).hash(Hash::Md5).signs(sign, verify),
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
fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    let bits = public.ulong(CKA_MODULUS_BITS).ok_or(Error::TemplateIncomplete)?;
    let bits = usize::try_from(bits).ok().filter(|bits| (MIN_BITS..=MAX_BITS).contains(bits));
    let bits = bits.ok_or(Error::AttributeValueInvalid)?;
    let exponent = match public.bytes(CKA_PUBLIC_EXPONENT) {
        None => DEFAULT_EXPONENT,
        Some(bytes) => exponent(bytes).ok_or(Error::TemplateInconsistent)?,
    };
    let key = PrivateKey::new_with_exp(&mut random::system(), bits, exponent.into()).map_err(|_| Error::DeviceError)?;
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
    let scheme = Encryption::of(mechanism, params, key.size())?;
    Ok(Box::new(OnePart { bound: key.size(), run: move |plain: &[u8]| scheme.encrypt(&key, plain) }))
}

fn decrypt(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let key = Arc::clone(rsa(key)?.private()?);
    let scheme = Encryption::of(mechanism, params, key.size())?;
    Ok(Box::new(OnePart {
        bound: scheme.capacity(key.size()),
        run: move |encrypted: &[u8]| scheme.decrypt(&key, encrypted),
    }))
}

fn sign(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let key = Arc::clone(rsa(key)?.private()?);
    let scheme = Signature::of(mechanism, params, keys::bits(&*key))?;
    let bound = key.size();
    let end = move |data: &[u8], out: &mut [u8]| write(out, &scheme.sign(&key, data)?);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThen::new(hash, bound, end)),
        None => Box::new(Gather::single(bound, end)),
    })
}

fn verify(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = Arc::clone(rsa(key)?.public()?);
    let scheme = Signature::of(mechanism, params, keys::bits(&*key))?;
    let end = move |data: &[u8], signature: &[u8]| scheme.verify(&key, data, signature);
    Ok(match mechanism.hash {
        Some(hash) => Box::new(HashThenVerify::new(hash, end)),
        None => Box::new(GatherVerify::single(end)),
    })
}

fn sign_recover(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Recover>> {
    let key = Arc::clone(rsa(key)?.private()?);
    let scheme = Signature::of(mechanism, params, keys::bits(&*key))?;
    Ok(Box::new(OnePart { bound: key.size(), run: move |data: &[u8]| scheme.sign(&key, data) }))
}

fn verify_recover(mechanism: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Recover>> {
    let key = Arc::clone(rsa(key)?.public()?);
    let scheme = Signature::of(mechanism, params, keys::bits(&*key))?;
    Ok(Box::new(OnePart { bound: key.size(), run: move |signature: &[u8]| scheme.recover(&key, signature) }))
}

fn rsa(key: &Key) -> Result<&RsaKey> {
    match key {
        Key::Rsa(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

/// An operation that takes its input in one part and keeps no state.
#[derive(Clone)]
struct OnePart<F> {
    bound: usize,
    run: F,
}

impl<F: Fn(&[u8]) -> Result<Zeroizing<Vec<u8>>> + Clone + Send + 'static> Cipher for OnePart<F> {
    fn bound(&self, _: usize, _: bool) -> usize {
        self.bound
    }

    // The session asks for parts only where `multi_part` allows them.
    fn update(&mut self, _: &[u8], _: &mut [u8]) -> Result<usize> {
        Err(Error::OperationNotInitialized)
    }

    fn finish(&mut self, _: &mut [u8]) -> Result<usize> {
        Err(Error::OperationNotInitialized)
    }

    fn one_shot(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        write(out, &(self.run)(input)?)
    }

    fn multi_part(&self) -> bool {
        false
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }
}

impl<F: Fn(&[u8]) -> Result<Zeroizing<Vec<u8>>> + Send> Recover for OnePart<F> {
    fn bound(&self) -> usize {
        self.bound
    }

    fn run(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        write(out, &(self.run)(input)?)
    }
}
