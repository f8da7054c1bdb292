//! CTR (section 6.11, and 6.33 for Camellia; NIST SP 800-38A, RFC 3686).

use crate::block_cipher::BlockCipher;
use crate::engine::rustcrypto::modes;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{Mechanism, Params};
use crate::op::Cipher;
use cipher::BlockSizeUser;
use cipher::consts::U16;
use cipher::inout::InOutBuf;
use zeroize::Zeroizing;

/// A cipher with a key, for this mode.
pub(in crate::mech) trait CounterMode: Clone + Send + 'static {
    /// `KeySizeRange` for a key of another length than the cipher takes.
    fn keyed(key: &[u8]) -> Result<Self>;

    /// Applies the key stream from so many bytes after the start of the first counter block on: that whole block is counted
    /// up.
    fn apply(&self, first: &[u8; BLOCK], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()>;
}

const BLOCK: usize = 16;

impl<C: BlockCipher + BlockSizeUser<BlockSize = U16>> CounterMode for C {
    fn keyed(key: &[u8]) -> Result<Self> {
        BlockCipher::keyed(key)
    }

    fn apply(&self, first: &[u8; BLOCK], position: u128, text: InOutBuf<'_, '_, u8>) -> Result<()> {
        modes::ctr(self, first, position, text)
    }
}

/// Encryption and decryption are the same.
pub(super) fn begin<C: CounterMode>(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    let Params::Counter { block: first, bits } = params else { return Err(Error::MechanismParamInvalid) };
    let bits = u32::try_from(*bits).ok().filter(|bits| (1..=128).contains(bits)).ok_or(Error::MechanismParamInvalid)?;
    let last = u128::MAX >> (128 - bits);
    // Blocks until the counter bits would overflow: the value after the last one may, as long as nobody uses it.
    let blocks = (last - (u128::from_be_bytes(*first) & last)).saturating_add(1);
    let limit = blocks.saturating_mul(BLOCK as u128);
    Ok(Box::new(Ctr { cipher: C::keyed(key.secret()?)?, first: *first, position: 0, limit }))
}

/// As the counter bits never overflow, the whole block can be counted up.
#[derive(Clone)]
struct Ctr<C> {
    cipher: C,
    first: [u8; BLOCK],
    /// Bytes processed.
    position: u128,
    /// Bytes that can be processed in all.
    limit: u128,
}

impl<C: CounterMode> Cipher for Ctr<C> {
    fn bound(&self, input: usize, _last: bool) -> usize {
        input
    }

    fn update(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        let out = out.get_mut(..input.len()).ok_or(Error::GeneralError)?;
        // The standard names this code for both directions.
        let end = self.position.saturating_add(input.len() as u128);
        if end > self.limit {
            return Err(Error::DataLenRange);
        }
        let text = InOutBuf::new(input, out).map_err(|_| Error::GeneralError)?;
        self.cipher.apply(&self.first, self.position, text)?;
        self.position = end;
        Ok(input.len())
    }

    fn finish(&mut self, _out: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        Some(Zeroizing::new(self.position.to_be_bytes().to_vec()))
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let position = u128::from_be_bytes(state.try_into().map_err(|_| Error::SavedStateInvalid)?);
        if position > self.limit {
            return Err(Error::SavedStateInvalid);
        }
        self.position = position;
        Ok(())
    }
}
