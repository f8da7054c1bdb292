//! AES-GCM (NIST SP 800-38D), made of CTR and GHASH so that it can be fed in parts.

use super::aes::Aes;
use crate::engine::Direction;
use crate::error::{Error, Result};
use ::ctr::{Ctr32BE, CtrCore};
use cipher::inout::InOutBuf;
use cipher::{Array, BlockCipherEncrypt, InnerIvInit, StreamCipher, StreamCipherSeek};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use zeroize::Zeroize;

const BLOCK: usize = 16;

type Block = cipher::Block<Aes>;

/// Text is enciphered and authenticated in stretches that stay in the processor's nearest cache in between.
const STRETCH: usize = 4096;

/// One message: additional data first, then text. Whoever uses it sees to the limits of SP 800-38D, section 5.2.1.1.
#[derive(Clone)]
pub struct Gcm {
    aes: Aes,
    /// The counter block J0: it masks the tag; the text begins with the next one.
    first: Block,
    hash: Ghash,
    aad_len: u64,
    text_len: u64,
}

impl Gcm {
    /// Begins with an IV of any length but none, to seal or authenticate (`Encrypt`), or to open (`Decrypt`), which here is the same.
    /// `KeySizeRange` unless the key has 16, 24 or 32 bytes.
    pub fn new(key: &[u8], iv: &[u8], _: Direction) -> Result<Self> {
        let aes = Aes::new(key)?;
        let mut zeros = Block::default();
        aes.encrypt_block(&mut zeros);
        let hash = Ghash::new(zeros);
        let first = match iv.first_chunk::<12>().filter(|_| iv.len() == 12) {
            Some(iv) => counter_block(iv),
            None => {
                let mut hash = hash.clone();
                hash.update(iv);
                hash.finish(0, iv.len() as u64)
            }
        };
        Ok(Self { aes, first, hash, aad_len: 0, text_len: 0 })
    }

    /// Authenticates additional data, before any text.
    pub fn add(&mut self, data: &[u8]) -> Result<()> {
        self.hash.update(data);
        self.aad_len = self.aad_len.saturating_add(data.len() as u64);
        Ok(())
    }

    /// Encrypts text that follows what was sealed before, and authenticates it. The output is as long as the input.
    pub fn seal(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        for (input, out) in input.chunks(STRETCH).zip(out.chunks_mut(STRETCH)) {
            self.crypt(self.text_len, input, out)?;
            self.authenticate(out)?;
        }
        Ok(())
    }

    /// Authenticates ciphertext that is to be opened.
    pub fn authenticate(&mut self, ciphertext: &[u8]) -> Result<()> {
        if self.text_len == 0 {
            self.hash.pad();
        }
        self.hash.update(ciphertext);
        self.text_len = self.text_len.saturating_add(ciphertext.len() as u64);
        Ok(())
    }

    /// The tag of what has been authenticated. Nothing more is authenticated after it.
    pub fn tag(&mut self) -> Result<[u8; BLOCK]> {
        let mut tag = self.hash.clone().finish(self.aad_len, self.text_len);
        let mut mask = self.first;
        self.aes.encrypt_block(&mut mask);
        tag.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        Ok(tag.into())
    }

    /// Decrypts all of the text, once its tag has been compared.
    pub fn open(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        self.crypt(0, input, out)
    }

    fn crypt(&self, position: u64, input: &[u8], out: &mut [u8]) -> Result<()> {
        let text = InOutBuf::new(input, out).map_err(|_| Error::GeneralError)?;
        let mut keystream = Ctr32BE::from_core(CtrCore::inner_iv_init(&self.aes, &self.first));
        keystream.try_seek(position.saturating_add(BLOCK as u64)).map_err(|_| Error::DataLenRange)?;
        keystream.try_apply_keystream_inout(text).map_err(|_| Error::DataLenRange)
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
    fn new(mut key: Block) -> Self {
        let hash = GHash::new(&Array(key.0));
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
        self.hash.update_padded(&lengths(aad_len, text_len));
        self.hash.finalize()
    }
}

/// The last block of GHASH: both lengths, given in bytes, in bits.
pub(in crate::engine) fn lengths(aad_len: u64, text_len: u64) -> [u8; BLOCK] {
    let [high, low] = [aad_len, text_len].map(|bytes| u128::from(bytes.saturating_mul(8)));
    (high << 64 | low).to_be_bytes()
}
