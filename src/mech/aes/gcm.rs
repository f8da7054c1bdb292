//! AES-GCM (section 6.17; NIST SP 800-38D).

use crate::engine::{Direction, gcm};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::aead::{Aead, Opening, Sealing};
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;

/// The longest plaintext in bytes (SP 800-38D, section 5.2.1.1).
const MAX_TEXT: u64 = (1 << 36) - 32;

pub(super) fn encrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Sealing::new(Gcm::new(params, key, Direction::Encrypt)?)))
}

pub(super) fn decrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Opening::new(Gcm::new(params, key, Direction::Decrypt)?)))
}

/// GCM after the additional data.
#[derive(Clone)]
pub(super) struct Gcm {
    gcm: gcm::Gcm,
    tag_len: usize,
}

impl Gcm {
    /// `MechanismParamInvalid` for an empty or overlong IV, overlong additional data, and a tag that has more than 128
    /// bits or is not made of bytes.
    pub(super) fn new(params: &Params, key: &Key, direction: Direction) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let Params::Gcm { iv, aad, tag_bits } = params else { return Err(invalid) };
        let overlong = [iv, aad].into_iter().any(|bytes| u32::try_from(bytes.len()).is_err());
        if iv.is_empty() || overlong || !tag_bits.is_multiple_of(8) || *tag_bits > 128 {
            return Err(invalid);
        }
        let mut gcm = gcm::Gcm::new(key.secret()?, iv, direction)?;
        gcm.add(aad)?;
        Ok(Self { gcm, tag_len: (*tag_bits / 8) as usize })
    }

    /// Authenticates more additional data: nothing but that makes a GMAC.
    pub(super) fn add(&mut self, data: &[u8]) -> Result<()> {
        self.gcm.add(data)
    }
}

impl Aead for Gcm {
    fn tag_len(&self) -> usize {
        self.tag_len
    }

    fn max_text(&self) -> u64 {
        MAX_TEXT
    }

    fn seal(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        self.gcm.seal(input, out)
    }

    fn authenticate(&mut self, ciphertext: &[u8]) -> Result<()> {
        self.gcm.authenticate(ciphertext)
    }

    fn tag(&mut self) -> Result<[u8; 16]> {
        self.gcm.tag()
    }

    fn open(&mut self, input: &[u8], out: &mut [u8]) -> Result<()> {
        self.gcm.open(input, out)
    }
}
