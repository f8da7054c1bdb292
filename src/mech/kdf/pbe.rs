//! Keys and initialisation vectors out of passwords as in PKCS #12 (PKCS#11 3.2, section 6.41; RFC 7292, appendix B), and
//! as in PKCS #5 with MD5 (2.40's historical mechanisms; RFC 8018, section 5.1).
//!
//! The password goes in as it is: who opens a PKCS #12 file gives it as that wants it, a BMPString with two zeros at its end.

use super::pbkdf2::MOST_ITERATIONS;
use super::{Form, KdfParams, kdf_params};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::mech::{Mechanism, Params, Shape, Unit};
use crate::object::template::{Attributes, Contribution, Value};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    cipher(CKM_PBE_MD5_DES_CBC, &[CKK_DES], 8).hash(Hash::Md5),
    cipher(CKM_PBE_SHA1_DES3_EDE_CBC, &[CKK_DES3], 24),
    cipher(CKM_PBE_SHA1_DES2_EDE_CBC, &[CKK_DES2], 16),
    cipher(CKM_PBE_SHA1_RC2_128_CBC, &[CKK_RC2], 16).implies(&[(CKA_VALUE_LEN, 16)]),
    cipher(CKM_PBE_SHA1_RC2_40_CBC, &[CKK_RC2], 5).implies(&[(CKA_VALUE_LEN, 5)]),
    row(CKM_PBE_SHA1_RC4_128, &[CKK_RC4], 16).implies(&[(CKA_VALUE_LEN, 16)]),
    row(CKM_PBE_SHA1_RC4_40, &[CKK_RC4], 5).implies(&[(CKA_VALUE_LEN, 5)]),
    row(CKM_PBA_SHA1_WITH_SHA1_HMAC, &[CKK_GENERIC_SECRET], 20).implies(&[(CKA_VALUE_LEN, 20)]),
];

/// The length in bytes of an initialisation vector: that of a block of DES and RC2.
const VECTOR: usize = 8;

/// The length in bytes of SHA-1's input block.
const BLOCK: usize = 64;

/// The longest salt, in bytes: the work grows with its length.
const LONGEST_SALT: usize = 0xffff;

const fn row(id: CK_MECHANISM_TYPE, key_types: &'static [CK_KEY_TYPE], length: CK_ULONG) -> Mechanism {
    Mechanism::new(id)
        .secret_keys(key_types, length, length, Unit::Bytes)
        .params(Shape::Kdf(Form::Pbe))
        .hash(Hash::Sha1)
        .generates(generate)
}

const fn cipher(id: CK_MECHANISM_TYPE, key_types: &'static [CK_KEY_TYPE], length: CK_ULONG) -> Mechanism {
    row(id, key_types, length).generates_and_tells(generate_with_vector)
}

/// What the bits are for: the "identification byte".
#[derive(Clone, Copy)]
enum Purpose {
    Key = 1,
    Vector = 2,
    Mac = 3,
}

fn generate(mechanism: &Mechanism, params: &Params, _: &Attributes) -> Result<Contribution> {
    let (length, _) = mechanism.sizes;
    let purpose = if mechanism.id == CKM_PBA_SHA1_WITH_SHA1_HMAC { Purpose::Mac } else { Purpose::Key };
    Ok(vec![(CKA_VALUE, Value::Bytes(bits(mechanism, params, purpose, length as usize)?.into()))])
}

fn generate_with_vector(
    mechanism: &Mechanism,
    params: &Params,
    template: &Attributes,
) -> Result<(Contribution, Vec<u8>)> {
    let vector = bits(mechanism, params, Purpose::Vector, VECTOR)?.to_vec();
    Ok((generate(mechanism, params, template)?, vector))
}

fn bits(mechanism: &Mechanism, params: &Params, purpose: Purpose, length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let invalid = Error::MechanismParamInvalid;
    let KdfParams::Pbe { password, salt, iterations } = kdf_params(params)? else { return Err(invalid) };
    if !(1..=MOST_ITERATIONS).contains(iterations) || salt.len() > LONGEST_SALT {
        return Err(invalid);
    }
    if mechanism.id == CKM_PBE_MD5_DES_CBC {
        return pbkdf1(password, salt, *iterations, purpose);
    }
    let mut bits = pkcs12(password, salt, *iterations, purpose as u8, length);
    bits.truncate(length);
    Ok(bits)
}

/// H^c: the hash of some parts, hashed again until it has been so often.
fn iterated(hash: Hash, parts: &[&[u8]], iterations: CK_ULONG) -> Zeroizing<Vec<u8>> {
    (1..iterations).fold(hash.of(parts), |digest, _| hash.of(&[&digest]))
}

/// Sixteen bytes: the key and the vector. The salt has eight (RFC 8018, section 6.1).
fn pbkdf1(password: &[u8], salt: &[u8], iterations: CK_ULONG, purpose: Purpose) -> Result<Zeroizing<Vec<u8>>> {
    if salt.len() != 8 {
        return Err(Error::MechanismParamInvalid);
    }
    let derived = iterated(Hash::Md5, &[password, salt], iterations);
    let (key, vector) = derived.split_at_checked(8).ok_or(Error::GeneralError)?;
    Ok(Zeroizing::new(if matches!(purpose, Purpose::Key) { key } else { vector }.to_vec()))
}

/// At least `length` bytes, by the steps of the standard.
fn pkcs12(password: &[u8], salt: &[u8], iterations: CK_ULONG, id: u8, length: usize) -> Zeroizing<Vec<u8>> {
    let diversifier = [id; BLOCK];
    let mut input = Zeroizing::new([&filled(salt)[..], &filled(password)[..]].concat());
    let mut bits = Zeroizing::new(Vec::with_capacity(length + Hash::Sha1.output_len()));
    loop {
        let digest = iterated(Hash::Sha1, &[&diversifier, &input], iterations);
        bits.extend_from_slice(&digest);
        if bits.len() >= length {
            return bits;
        }
        for block in input.chunks_mut(BLOCK) {
            add_one_and(block, &digest);
        }
    }
}

/// Copies of a string, up to a multiple of the block; nothing of nothing.
fn filled(string: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = string.len().next_multiple_of(BLOCK);
    Zeroizing::new(string.iter().copied().cycle().take(length).collect())
}

/// Adds 1 and copies of the digest, up to the length of the block, modulo 2^v; big-endian.
fn add_one_and(block: &mut [u8], digest: &[u8]) {
    let addend: Zeroizing<Vec<u8>> = Zeroizing::new(digest.iter().copied().cycle().take(block.len()).collect());
    let mut carry = 1;
    for (byte, add) in block.iter_mut().zip(addend.iter()).rev() {
        let sum = u16::from(*byte) + u16::from(*add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
}
