//! AES-GCM (section 6.17; NIST SP 800-38D), made of CTR and GHASH so that it can be fed in parts.

use super::{Aes, BLOCK, Block};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::aead::{Aead, Opening, Sealing};
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use ::ctr::{Ctr32BE, CtrCore};
use cipher::inout::InOutBuf;
use cipher::{InnerIvInit, StreamCipher, StreamCipherSeek};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use zeroize::Zeroize;

/// The longest plaintext in bytes (SP 800-38D, section 5.2.1.1).
const MAX_TEXT: u64 = (1 << 36) - 32;

pub(super) fn encrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Sealing::new(Gcm::new(params, key)?)))
}

pub(super) fn decrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Opening::new(Gcm::new(params, key)?)))
}

/// The state of GCM after the additional data.
#[derive(Clone)]
pub(super) struct Gcm {
    aes: Aes,
    /// The counter block J0: it masks the tag; the text begins with the next one.
    first: Block,
    hash: Ghash,
    aad_len: u64,
    text_len: u64,
    tag_len: usize,
}

impl Gcm {
    /// `MechanismParamInvalid` for an empty or overlong IV, overlong additional data, and a tag that has more than 128
    /// bits or is not made of bytes.
    pub(super) fn new(params: &Params, key: &Key) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let Params::Gcm { iv, aad, tag_bits } = params else { return Err(invalid) };
        if iv.is_empty() || !tag_bits.is_multiple_of(8) || *tag_bits > 128 {
            return Err(invalid);
        }
        let [iv_len, aad_len] = [iv, aad].map(|bytes| u32::try_from(bytes.len()).map_err(|_| invalid));
        let (iv_len, aad_len) = (u64::from(iv_len?), u64::from(aad_len?));
        let aes = Aes::new(key.secret()?)?;
        let mut hash = Ghash::new(aes.encrypted([0; BLOCK]));
        let first = match iv.first_chunk::<12>().filter(|_| iv_len == 12) {
            Some(iv) => counter_block(iv),
            None => {
                let mut hash = hash.clone();
                hash.update(iv);
                hash.finish(0, iv_len)
            }
        };
        hash.update(aad);
        hash.pad();
        Ok(Self { aes, first, hash, aad_len, text_len: 0, tag_len: (*tag_bits / 8) as usize })
    }

    /// Authenticates more additional data: nothing but that makes a GMAC.
    pub(super) fn add(&mut self, data: &[u8]) {
        self.hash.update(data);
        self.aad_len = self.aad_len.saturating_add(data.len() as u64);
    }
}

impl Aead for Gcm {
    fn tag_len(&self) -> usize {
        self.tag_len
    }

    fn max_text(&self) -> u64 {
        MAX_TEXT
    }

    fn crypt(&self, position: u64, input: &[u8], out: &mut [u8]) -> Result<()> {
        let buffer = InOutBuf::new(input, out).map_err(|_| Error::GeneralError)?;
        let mut keystream = Ctr32BE::from_core(CtrCore::inner_iv_init(&self.aes, &self.first));
        keystream.try_seek(position.saturating_add(BLOCK as u64)).map_err(|_| Error::DataLenRange)?;
        keystream.try_apply_keystream_inout(buffer).map_err(|_| Error::DataLenRange)
    }

    fn authenticate(&mut self, ciphertext: &[u8]) {
        self.hash.update(ciphertext);
        self.text_len = self.text_len.saturating_add(ciphertext.len() as u64);
    }

    fn tag(&self) -> [u8; BLOCK] {
        let mut tag = self.hash.clone().finish(self.aad_len, self.text_len);
        let mask = self.aes.encrypted(self.first.into());
        tag.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        tag.into()
    }
}

/// J0 of an IV of the usual length.
fn counter_block(iv: &[u8; 12]) -> Block {
    let mut block = Block::default();
    block.iter_mut().zip(iv.iter().chain(&[0, 0, 0, 1])).for_each(|(to, from)| *to = *from);
    block
}

/// GHASH over input that comes in any pieces.
#[derive(Clone)]
struct Ghash {
    hash: GHash,
    pending: [u8; BLOCK],
    filled: usize,
}

impl Ghash {
    fn new(mut key: [u8; BLOCK]) -> Self {
        let hash = GHash::new(&key.into());
        key.zeroize();
        Self { hash, pending: [0; BLOCK], filled: 0 }
    }

    fn update(&mut self, data: &[u8]) {
        let mut data = data;
        if self.filled > 0 {
            let room = self.pending.get_mut(self.filled..).unwrap_or_default();
            let (more, rest) = data.split_at(room.len().min(data.len()));
            room.iter_mut().zip(more).for_each(|(to, from)| *to = *from);
            self.filled += more.len();
            data = rest;
            if self.filled < BLOCK {
                return;
            }
            self.pad();
        }
        let (blocks, rest) = ghash::Block::slice_as_chunks(data);
        self.hash.update(blocks);
        self.pending.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.filled = rest.len();
    }

    /// Fills a begun block up with zeros.
    fn pad(&mut self) {
        if let Some(begun) = self.pending.get(..self.filled) {
            self.hash.update_padded(begun);
        }
        self.filled = 0;
    }

    /// The hash with the lengths of both kinds of data, in bytes.
    fn finish(mut self, aad_len: u64, text_len: u64) -> Block {
        self.pad();
        let bits = |bytes: u64| bytes.saturating_mul(8).to_be_bytes();
        self.hash.update_padded(&[bits(aad_len), bits(text_len)].concat());
        self.hash.finalize()
    }
}
