//! AES-CCM (section 6.17; RFC 3610, NIST SP 800-38C). The length of the text is part of what is authenticated before it, so
//! it is gathered, and processed at the end.

use super::Aes;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::{self, Mechanism, Params};
use crate::op::{Cipher, Gathered};
use ::ccm::aead::inout::InOutBuf;
use ::ccm::consts::{U4, U6, U7, U8, U9, U10, U11, U12, U13, U14, U16};
use ::ccm::{AeadInOut, Ccm as RawCcm, NonceSize, TagSize};
use cipher::array::{Array, ArraySize};
use cryptoki_sys::CK_ULONG;
use zeroize::Zeroizing;

pub(super) fn encrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Encrypt(Ccm::new(params, key)?)))
}

pub(super) fn decrypt(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Cipher>> {
    Ok(Box::new(Decrypt(Ccm::new(params, key)?)))
}

/// Wrapping takes the length of the data from the key, whatever the parameter says (section 6.17.4).
pub(super) fn wrap(mechanism: &Mechanism, params: &Params, key: &Key, plain: &[u8]) -> Result<Vec<u8>> {
    mech::wrap_by_encrypting(mechanism, &with_data_len(params, plain.len())?, key, plain)
}

/// As [`wrap`].
pub(super) fn unwrap(mechanism: &Mechanism, params: &Params, key: &Key, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    // With the parameter otherwise judged, what the wrapped key lacks is its own fault.
    let mac_len = Ccm::new(&with_data_len(params, 0)?, key)?.mac_len;
    let data_len = wrapped.len().checked_sub(mac_len).ok_or(Error::WrappedKeyLenRange)?;
    mech::unwrap_by_decrypting(mechanism, &with_data_len(params, data_len)?, key, wrapped)
}

fn with_data_len(params: &Params, length: usize) -> Result<Params> {
    match params.clone() {
        Params::Ccm { nonce, aad, mac_len, .. } => {
            Ok(Params::Ccm { data_len: length as CK_ULONG, nonce, aad, mac_len })
        }
        _ => Err(Error::MechanismParamInvalid),
    }
}

#[derive(Clone)]
struct Ccm {
    aes: Aes,
    nonce: Vec<u8>,
    aad: Vec<u8>,
    data_len: usize,
    mac_len: usize,
    primitive: Primitive,
    gathered: Gathered,
}

impl Ccm {
    /// `MechanismParamInvalid` for lengths that CCM does not have: nonces of 7 to 13 bytes, MACs of 4 to 16 and even, data
    /// whose length fits in the bytes that the nonce leaves for it.
    fn new(params: &Params, key: &Key) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let Params::Ccm { data_len, nonce, aad, mac_len } = params else { return Err(invalid) };
        let mac_len = usize::try_from(*mac_len).map_err(|_| invalid)?;
        let primitive = Primitive::find(mac_len, nonce.len()).ok_or(invalid)?;
        let length_bits = 8 * (15 - nonce.len().min(13)) as u32;
        let data_len = usize::try_from(*data_len).map_err(|_| invalid)?;
        if data_len.checked_shr(length_bits).is_some_and(|excess| excess != 0) || u32::try_from(aad.len()).is_err() {
            return Err(invalid);
        }
        Ok(Self {
            aes: Aes::new(key.secret()?)?,
            nonce: nonce.clone(),
            aad: aad.clone(),
            data_len,
            mac_len,
            primitive,
            gathered: Gathered::new(),
        })
    }

    /// Takes in more of what must be `total` bytes in all; `error` if it is too much.
    fn gather(&mut self, input: &[u8], total: usize, error: Error) -> Result<usize> {
        if self.gathered.bytes().len().saturating_add(input.len()) > total {
            return Err(error);
        }
        self.gathered.push(input)?;
        Ok(0)
    }
}

#[derive(Clone)]
struct Encrypt(Ccm);

impl Cipher for Encrypt {
    fn bound(&self, input: usize, last: bool) -> usize {
        let Self(ccm) = self;
        let total = ccm.gathered.bytes().len().saturating_add(input);
        if last { total.saturating_add(ccm.mac_len) } else { 0 }
    }

    fn update(&mut self, input: &[u8], _out: &mut [u8]) -> Result<usize> {
        let total = self.0.data_len;
        self.0.gather(input, total, Error::DataLenRange)
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        let Self(ccm) = self;
        let data = ccm.gathered.bytes();
        if data.len() != ccm.data_len {
            return Err(Error::DataLenRange);
        }
        let (text, rest) = out.split_at_mut_checked(data.len()).ok_or(Error::GeneralError)?;
        let mac = rest.get_mut(..ccm.mac_len).ok_or(Error::GeneralError)?;
        (ccm.primitive.seal)(ccm, data, text, mac)?;
        Ok(data.len() + ccm.mac_len)
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }
}

#[derive(Clone)]
struct Decrypt(Ccm);

impl Cipher for Decrypt {
    fn bound(&self, input: usize, last: bool) -> usize {
        let Self(ccm) = self;
        let total = ccm.gathered.bytes().len().saturating_add(input);
        if last { total.saturating_sub(ccm.mac_len) } else { 0 }
    }

    fn update(&mut self, input: &[u8], _out: &mut [u8]) -> Result<usize> {
        let total = self.0.data_len.saturating_add(self.0.mac_len);
        self.0.gather(input, total, Error::EncryptedDataLenRange)
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        let Self(ccm) = self;
        let wrong_length = Error::EncryptedDataLenRange;
        let input = ccm.gathered.bytes();
        let (data, mac) = input.split_at_checked(input.len().wrapping_sub(ccm.mac_len)).ok_or(wrong_length)?;
        if data.len() != ccm.data_len {
            return Err(wrong_length);
        }
        let out = out.get_mut(..data.len()).ok_or(Error::GeneralError)?;
        (ccm.primitive.open)(ccm, data, out, mac)?;
        Ok(data.len())
    }

    fn fork(&self) -> Box<dyn Cipher> {
        Box::new(self.clone())
    }
}

type Seal = fn(&Ccm, data: &[u8], out: &mut [u8], mac: &mut [u8]) -> Result<()>;
type Open = fn(&Ccm, data: &[u8], out: &mut [u8], mac: &[u8]) -> Result<()>;

/// CCM with lengths that are known when it is compiled, behind slices. The output and the MAC have the right sizes.
#[derive(Clone, Copy)]
struct Primitive {
    seal: Seal,
    open: Open,
}

impl Primitive {
    fn find(mac_len: usize, nonce_len: usize) -> Option<Self> {
        match mac_len {
            4 => Self::with_mac::<U4>(nonce_len),
            6 => Self::with_mac::<U6>(nonce_len),
            8 => Self::with_mac::<U8>(nonce_len),
            10 => Self::with_mac::<U10>(nonce_len),
            12 => Self::with_mac::<U12>(nonce_len),
            14 => Self::with_mac::<U14>(nonce_len),
            16 => Self::with_mac::<U16>(nonce_len),
            _ => None,
        }
    }

    fn with_mac<M: ArraySize + TagSize>(nonce_len: usize) -> Option<Self> {
        Some(match nonce_len {
            7 => Self::with_both::<M, U7>(),
            8 => Self::with_both::<M, U8>(),
            9 => Self::with_both::<M, U9>(),
            10 => Self::with_both::<M, U10>(),
            11 => Self::with_both::<M, U11>(),
            12 => Self::with_both::<M, U12>(),
            13 => Self::with_both::<M, U13>(),
            _ => return None,
        })
    }

    fn with_both<M: ArraySize + TagSize, N: ArraySize + NonceSize>() -> Self {
        Self { seal: seal::<M, N>, open: open::<M, N> }
    }
}

fn seal<M, N>(ccm: &Ccm, data: &[u8], out: &mut [u8], mac: &mut [u8]) -> Result<()>
where
    M: ArraySize + TagSize,
    N: ArraySize + NonceSize,
{
    let (nonce, buffer) = (nonce::<N>(ccm)?, InOutBuf::new(data, out).map_err(|_| Error::GeneralError)?);
    let made = RawCcm::<&Aes, M, N>::from(&ccm.aes)
        .encrypt_inout_detached(nonce, &ccm.aad, buffer)
        .map_err(|_| Error::DataLenRange)?;
    mac.copy_from_slice(&made);
    Ok(())
}

/// A wrong MAC is `EncryptedDataInvalid`, and nothing is left in `out`.
fn open<M, N>(ccm: &Ccm, data: &[u8], out: &mut [u8], mac: &[u8]) -> Result<()>
where
    M: ArraySize + TagSize,
    N: ArraySize + NonceSize,
{
    let (nonce, buffer) = (nonce::<N>(ccm)?, InOutBuf::new(data, out).map_err(|_| Error::GeneralError)?);
    let mac: &Array<u8, M> = mac.try_into().map_err(|_| Error::GeneralError)?;
    RawCcm::<&Aes, M, N>::from(&ccm.aes)
        .decrypt_inout_detached(nonce, &ccm.aad, buffer, mac)
        .map_err(|_| Error::EncryptedDataInvalid)
}

fn nonce<N: ArraySize>(ccm: &Ccm) -> Result<&Array<u8, N>> {
    ccm.nonce.as_slice().try_into().map_err(|_| Error::GeneralError)
}
