//! AES-GCM by AWS-LC, in parts, and with the tag known before anything is decrypted.

use super::aes::RoundKeys;
use super::cipher::Context;
use crate::engine::Direction;
use crate::engine::rustcrypto::gcm::lengths;
use crate::error::{Error, Result};
use aws_lc_sys::{EVP_aes_128_gcm, EVP_aes_192_gcm, EVP_aes_256_gcm};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use zeroize::Zeroizing;

const BLOCK: u64 = 16;

/// One message: additional data first, then text. Whoever uses it sees to the limits of SP 800-38D, section 5.2.1.1.
#[derive(Clone)]
pub struct Gcm {
    /// An encryption.
    context: Context,
    opening: Option<Opening>,
    aad_len: u64,
    /// The length of ciphertext that is to be opened; the context has taken it for additional data.
    opened: u64,
}

/// What a decryption needs beside.
#[derive(Clone)]
struct Opening {
    iv: Vec<u8>,
    /// GHASH's key, H.
    hash_key: Zeroizing<[u8; 16]>,
}

impl Gcm {
    /// Begins with an IV of any length but none, to seal or authenticate (`Encrypt`), or to open (`Decrypt`). `KeySizeRange` unless
    /// the key has 16, 24 or 32 bytes.
    pub fn new(key: &[u8], iv: &[u8], direction: Direction) -> Result<Self> {
        let cipher = match key.len() {
            // SAFETY: gives a static table.
            16 => unsafe { EVP_aes_128_gcm() },
            // SAFETY: as above.
            24 => unsafe { EVP_aes_192_gcm() },
            // SAFETY: as above.
            32 => unsafe { EVP_aes_256_gcm() },
            _ => return Err(Error::KeySizeRange),
        };
        // SAFETY: the key is as long as this cipher's.
        let mut context = unsafe { Context::new(cipher, key, true) }?;
        if iv.len() != 12 {
            context.set_iv_len(iv.len())?;
        }
        // SAFETY: the vector is as long as was said.
        unsafe { context.begin(iv) }?;
        let opening = match direction {
            Direction::Encrypt => None,
            Direction::Decrypt => {
                let hash_key = RoundKeys::new(key, Direction::Encrypt)?.encrypted(&[0; 16]);
                Some(Opening { iv: iv.to_vec(), hash_key: Zeroizing::new(hash_key) })
            }
        };
        Ok(Self { context, opening, aad_len: 0, opened: 0 })
    }

    /// Authenticates additional data, before any text.
    pub fn add(&mut self, data: &[u8]) -> Result<()> {
        self.aad_len = self.aad_len.saturating_add(data.len() as u64);
        self.context.add(data)
    }

    /// Encrypts text that follows what was sealed before, and authenticates it. The output is as long as the input.
    pub fn seal(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        self.context.process(input, out)
    }

    /// Authenticates ciphertext that is to be opened.
    ///
    /// AWS-LC decrypts whatever it authenticates, unless it is additional data. So that is what it is told that this is, as
    /// whole blocks after the true additional data; [`Self::tag`] puts it right.
    pub fn authenticate(&mut self, ciphertext: &[u8]) -> Result<()> {
        if ciphertext.is_empty() {
            return Ok(());
        }
        if self.opened == 0 {
            self.context.add([0; BLOCK as usize].get(..padding(self.aad_len)).unwrap_or_default())?;
        }
        self.opened = self.opened.saturating_add(ciphertext.len() as u64);
        self.context.add(ciphertext)
    }

    /// The tag of what has been authenticated. Nothing more is authenticated after it.
    ///
    /// GHASH ends by adding a block with both lengths and multiplying by H. AWS-LC has added the lengths of what it takes for
    /// additional data; since multiplication distributes over addition, the difference times H mends that.
    pub fn tag(&mut self) -> Result<[u8; 16]> {
        let mut tag = self.context.tag()?;
        if let Some(opening) = self.opening.as_ref().filter(|_| self.opened > 0) {
            let told = (self.aad_len + padding(self.aad_len) as u64).saturating_add(self.opened);
            let (told, meant) = (lengths(told, 0), lengths(self.aad_len, self.opened));
            let difference = (u128::from_ne_bytes(told) ^ u128::from_ne_bytes(meant)).to_ne_bytes();
            let mut hash = GHash::new(&(*opening.hash_key).into());
            hash.update(&[difference.into()]);
            let product = u128::from_ne_bytes(hash.finalize().into());
            tag = (u128::from_ne_bytes(tag) ^ product).to_ne_bytes();
        }
        Ok(tag)
    }

    /// Decrypts all of the text, once its tag has been compared: with a key stream, that is the same as to encrypt it.
    pub fn open(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        let opening = self.opening.as_ref().ok_or(Error::GeneralError)?;
        // SAFETY: the vector is as long as at the start.
        unsafe { self.context.begin(&opening.iv) }?;
        self.context.process(input, out)
    }
}

/// How many bytes fill a block up.
fn padding(length: u64) -> usize {
    (length.wrapping_neg() % BLOCK) as usize
}
