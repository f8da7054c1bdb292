//! What the operations compute, by other means than the library's: the data half of the model.

use aes::Aes128;
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use digest::{Digest, Mac};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey};

pub const BLOCK: usize = 16;

/// The modes of encryption that the model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Ecb,
    Cbc,
    CbcPad,
    Ctr,
}

/// Why there is no output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    Length,
    Padding,
}

impl Mode {
    /// What has come out when all of `input` has gone in; with `last`, at the end of the operation.
    pub fn run(self, encrypt: bool, key: &[u8], iv: &[u8], input: &[u8], last: bool) -> Result<Vec<u8>, Bad> {
        let cipher = Aes128::new_from_slice(key).unwrap();
        if self == Self::Ctr {
            return Ok(counter(&cipher, iv, input));
        }
        let mut input = input.to_vec();
        let whole = input.len() / BLOCK * BLOCK;
        match (last, self == Self::CbcPad, encrypt) {
            // The last block may be the padding: it is held back.
            (false, true, false) => input.truncate(input.len().saturating_sub(1) / BLOCK * BLOCK),
            (false, ..) => input.truncate(whole),
            (true, true, true) => {
                let count = BLOCK - input.len() % BLOCK;
                input.extend(vec![count as u8; count]);
            }
            (true, true, false) if input.is_empty() || whole != input.len() => return Err(Bad::Length),
            (true, false, _) if whole != input.len() => return Err(Bad::Length),
            _ => {}
        }
        let mut output = Vec::new();
        let mut chain = <[u8; BLOCK]>::try_from(iv).unwrap();
        for block in input.chunks(BLOCK) {
            let mut block: [u8; BLOCK] = block.try_into().unwrap();
            let before = block;
            let chained = self != Self::Ecb;
            if encrypt {
                if chained {
                    block = xor(block, chain);
                }
                cipher.encrypt_block((&mut block).into());
                chain = block;
            } else {
                cipher.decrypt_block((&mut block).into());
                if chained {
                    block = xor(block, chain);
                }
                chain = before;
            }
            output.extend(block);
        }
        if last && self == Self::CbcPad && !encrypt {
            let count = *output.last().unwrap() as usize;
            let good = (1..=BLOCK).contains(&count) && output.iter().rev().take(count).all(|byte| *byte == count as u8);
            if !good {
                return Err(Bad::Padding);
            }
            output.truncate(output.len() - count);
        }
        Ok(output)
    }
}

fn counter(cipher: &Aes128, iv: &[u8], input: &[u8]) -> Vec<u8> {
    let start = u128::from_be_bytes(iv.try_into().unwrap());
    let blocks = input.chunks(BLOCK).zip(0u128..).flat_map(|(block, index)| {
        let mut stream = start.wrapping_add(index).to_be_bytes();
        cipher.encrypt_block((&mut stream).into());
        block.iter().zip(stream).map(|(one, other)| one ^ other).collect::<Vec<_>>()
    });
    blocks.collect()
}

fn xor(one: [u8; BLOCK], other: [u8; BLOCK]) -> [u8; BLOCK] {
    std::array::from_fn(|index| one[index] ^ other[index])
}

pub fn sha256(data: &[u8]) -> Vec<u8> {
    sha2::Sha256::digest(data).to_vec()
}

pub fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut hmac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    hmac.update(data);
    hmac.finalize().into_bytes().to_vec()
}

pub fn cmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut cmac = cmac::Cmac::<Aes128>::new_from_slice(key).unwrap();
    cmac.update(data);
    cmac.finalize().into_bytes().to_vec()
}

/// AES-GCM (SP 800-38D) with a nonce of 96 bits: the ciphertext and its tag.
pub fn gcm(key: &[u8], nonce: &[u8], aad: &[u8], plain: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let cipher = Aes128::new_from_slice(key).unwrap();
    // The counter does not overflow: the texts are short.
    let block = |count: u8| [nonce, &[0, 0, 0, count]].concat();
    let ciphertext = counter(&cipher, &block(2), plain);
    let mut hash_key = [0; BLOCK];
    cipher.encrypt_block((&mut hash_key).into());
    let mut hash = GHash::new(&hash_key.into());
    hash.update_padded(aad);
    hash.update_padded(&ciphertext);
    let lengths = [aad, &ciphertext].map(|bytes| (bytes.len() as u64 * 8).to_be_bytes());
    hash.update_padded(lengths.as_flattened());
    let tag = counter(&cipher, &block(1), &hash.finalize());
    (ciphertext, tag)
}

/// The plaintext, if the tag, which may be a part of the whole one, is right.
pub fn gcm_open(key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let (plain, _) = gcm(key, nonce, aad, ciphertext);
    let (_, good) = gcm(key, nonce, aad, &plain);
    (good[..tag.len()] == *tag).then_some(plain)
}

/// PKCS #1 v1.5 over the data as it is (`CKM_RSA_PKCS`); there is one signature, so it can be compared.
pub fn rsa_pkcs(key: &PrivateKey, data: &[u8]) -> Vec<u8> {
    let length = key.size();
    let mut message = vec![0xff; length];
    message[..2].copy_from_slice(&[0, 1]);
    message[length - data.len() - 1] = 0;
    message[length - data.len()..].copy_from_slice(data);
    let message = BoxedUint::from_be_slice(&message, length as u32 * 8).unwrap();
    let signature = rsa::hazmat::rsa_decrypt_and_check(key, None::<&mut rand::rngs::StdRng>, &message).unwrap();
    signature.to_be_bytes()[signature.to_be_bytes().len() - length..].to_vec()
}
