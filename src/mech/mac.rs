//! Message authentication codes of any kind as operations: HMAC and CMAC, whole or cut short.

use super::Params;
use crate::error::{Error, Result};
use crate::op::{Sign, Verify};
use cryptoki_sys::CK_ULONG;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A MAC computation with its key.
pub trait Mac: Send {
    /// Takes in more data.
    fn update(&mut self, data: &[u8]);
    /// The whole MAC, once.
    fn finish(&mut self) -> Zeroizing<Vec<u8>>;
    /// The state as bytes; `None` where it cannot be saved.
    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        None
    }
    /// Goes from the start to a saved state.
    fn load(&mut self, _state: &[u8]) -> Result<()> {
        Err(Error::SavedStateInvalid)
    }
}

/// Signs or verifies with the first bytes of a MAC.
pub struct MacOp {
    mac: Box<dyn Mac>,
    length: usize,
}

impl MacOp {
    /// A MAC of `full` bytes, of which the parameter takes the first: `CK_MAC_GENERAL_PARAMS`, 1 to `full`, or all where
    /// there is none. `MechanismParamInvalid` for any other length.
    pub fn new(mac: Box<dyn Mac>, params: &Params, full: usize) -> Result<Self> {
        let length = match params {
            Params::None => full,
            Params::MacLength(length) if (1..=full as CK_ULONG).contains(length) => *length as usize,
            _ => return Err(Error::MechanismParamInvalid),
        };
        Ok(Self { mac, length })
    }
}

impl Sign for MacOp {
    fn bound(&self) -> usize {
        self.length
    }

    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.mac.update(data);
        Ok(())
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        let mac = self.mac.finish();
        let mac = mac.get(..self.length).ok_or(Error::GeneralError)?;
        out.get_mut(..self.length).ok_or(Error::GeneralError)?.copy_from_slice(mac);
        Ok(self.length)
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.mac.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.mac.load(state)
    }
}

impl Verify for MacOp {
    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.mac.update(data);
        Ok(())
    }

    fn finish(&mut self, signature: &[u8]) -> Result<()> {
        if signature.len() != self.length {
            return Err(Error::SignatureLenRange);
        }
        let mac = self.mac.finish();
        let equal = mac.get(..self.length).ok_or(Error::GeneralError)?.ct_eq(signature);
        if bool::from(equal) { Ok(()) } else { Err(Error::SignatureInvalid) }
    }

    fn save(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.mac.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        self.mac.load(state)
    }
}
