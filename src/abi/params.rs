//! Mechanism parameters: the C structures, by shape, into safe values.
//!
//! Whatever is wrong with the form is `CKR_MECHANISM_PARAM_INVALID`: a missing or superfluous parameter, a structure of
//! another size, a NULL with a length.

mod kdf;
pub(super) mod message;
mod otp;

use super::memory::bytes;
use crate::buffer;
use crate::error::{Error, Result};
use crate::mech::{Params, Shape};
use cryptoki_sys::*;
use std::ptr;

const INVALID: Error = Error::MechanismParamInvalid;

/// Reads a parameter of this shape.
///
/// # Safety
/// `pointer` is NULL or points to `length` bytes, and so do the pointers in them.
pub(super) unsafe fn read(shape: Shape, pointer: CK_VOID_PTR, length: CK_ULONG) -> Result<Params> {
    let parameter = Parameter { pointer, length };
    // SAFETY: as the caller says, here and in every line below.
    unsafe {
        match shape {
            Shape::None if length == 0 => Ok(Params::None),
            Shape::None => Err(INVALID),
            Shape::Iv(size) => parameter.iv(size),
            Shape::OptionalIv(_) | Shape::EitherIv(..) | Shape::Eddsa | Shape::SignContext if length == 0 => {
                Ok(Params::None)
            }
            Shape::OptionalIv(size) => parameter.iv(size),
            Shape::EitherIv(size, other) => parameter.iv(if length == other as CK_ULONG { other } else { size }),
            Shape::Counter => {
                let params: CK_AES_CTR_PARAMS = parameter.structure()?;
                Ok(Params::Counter { block: params.cb, bits: params.ulCounterBits })
            }
            Shape::Gcm => parameter.gcm(),
            Shape::Ccm => {
                let params: CK_CCM_PARAMS = parameter.structure()?;
                Ok(Params::Ccm {
                    data_len: params.ulDataLen,
                    nonce: copied(params.pNonce, params.ulNonceLen)?,
                    aad: copied(params.pAAD, params.ulAADLen)?,
                    mac_len: params.ulMACLen,
                })
            }
            Shape::MacLength => Ok(Params::MacLength(parameter.structure::<CK_MAC_GENERAL_PARAMS>()?)),
            Shape::Oaep => parameter.oaep(),
            Shape::Pss => {
                let params: CK_RSA_PKCS_PSS_PARAMS = parameter.structure()?;
                Ok(Params::Pss { hash: params.hashAlg, mgf: params.mgf, salt_len: params.sLen })
            }
            Shape::Ecdh1 => {
                let params: CK_ECDH1_DERIVE_PARAMS = parameter.structure()?;
                Ok(Params::Ecdh1 {
                    kdf: params.kdf,
                    shared: copied(params.pSharedData, params.ulSharedDataLen)?,
                    public: copied(params.pPublicData, params.ulPublicDataLen)?,
                })
            }
            Shape::Eddsa => {
                let params: CK_EDDSA_PARAMS = parameter.structure()?;
                Ok(Params::Eddsa {
                    prehash: params.phFlag != CK_FALSE,
                    context: copied(params.pContextData, params.ulContextDataLen)?,
                })
            }
            Shape::RsaAesKeyWrap => {
                let params: CK_RSA_AES_KEY_WRAP_PARAMS = parameter.structure()?;
                let length = size_of::<CK_RSA_PKCS_OAEP_PARAMS>() as CK_ULONG;
                let oaep = Parameter { pointer: params.pOAEPParams.cast(), length };
                Ok(Params::RsaAesKeyWrap { aes_bits: params.ulAESKeyBits, oaep: Box::new(oaep.oaep()?) })
            }
            Shape::PublicValue => Ok(Params::PublicValue(copied(pointer.cast(), length)?)),
            Shape::X942Dh1 => {
                let params: CK_X9_42_DH1_DERIVE_PARAMS = parameter.structure()?;
                Ok(Params::X942Dh1 {
                    kdf: params.kdf,
                    other_info: copied(params.pOtherInfo, params.ulOtherInfoLen)?,
                    public: copied(params.pPublicData, params.ulPublicDataLen)?,
                })
            }
            Shape::EcdhAesKeyWrap => {
                let params: CK_ECDH_AES_KEY_WRAP_PARAMS = parameter.structure()?;
                Ok(Params::EcdhAesKeyWrap {
                    aes_bits: params.ulAESKeyBits,
                    kdf: params.kdf,
                    shared: copied(params.pSharedData, params.ulSharedDataLen)?,
                })
            }
            Shape::Gmac if length == 12 => {
                let iv = copied(pointer.cast(), length)?;
                Ok(Params::Gcm { iv, aad: Vec::new(), tag_bits: 128 })
            }
            Shape::Gmac => parameter.gcm(),
            Shape::EncryptData => {
                let params: CK_KEY_DERIVATION_STRING_DATA = parameter.structure()?;
                Ok(Params::EncryptData { iv: None, data: copied(params.pData, params.ulLen)? })
            }
            Shape::IvEncryptData(8) => {
                let params: CK_DES_CBC_ENCRYPT_DATA_PARAMS = parameter.structure()?;
                let data = copied(params.pData, params.length)?;
                Ok(Params::EncryptData { iv: Some(params.iv.to_vec()), data })
            }
            // The structures of all ciphers with blocks of 16 bytes are the same.
            Shape::IvEncryptData(_) => {
                let params: CK_AES_CBC_ENCRYPT_DATA_PARAMS = parameter.structure()?;
                let data = copied(params.pData, params.length)?;
                Ok(Params::EncryptData { iv: Some(params.iv.to_vec()), data })
            }
            Shape::ChaCha20 => {
                let params: CK_CHACHA20_PARAMS = parameter.structure()?;
                Ok(Params::Stream {
                    counter: copied_bits(params.pBlockCounter, params.blockCounterBits)?,
                    nonce: copied_bits(params.pNonce, params.ulNonceBits)?,
                })
            }
            Shape::Salsa20 => {
                let params: CK_SALSA20_PARAMS = parameter.structure()?;
                let counter = copied(params.pBlockCounter, 8)?;
                Ok(Params::Stream { counter, nonce: copied_bits(params.pNonce, params.ulNonceBits)? })
            }
            Shape::ChaChaPoly => {
                let params: CK_SALSA20_CHACHA20_POLY1305_PARAMS = parameter.structure()?;
                let nonce = chacha_nonce(params.pNonce, params.ulNonceLen)?;
                Ok(Params::ChaChaPoly { nonce, aad: copied(params.pAAD, params.ulAADLen)? })
            }
            Shape::DsaSeed => {
                let params: CK_DSA_PARAMETER_GEN_PARAM = parameter.structure()?;
                Ok(Params::DsaSeed { hash: params.hash, length: params.ulSeedLen })
            }
            Shape::DsaGenerator => {
                let params: CK_DSA_PARAMETER_GEN_PARAM = parameter.structure()?;
                let seed = copied(params.pSeed, params.ulSeedLen)?;
                Ok(Params::DsaGenerator { hash: params.hash, seed, index: params.ulIndex })
            }
            Shape::Otp => otp::read(&parameter.structure()?),
            Shape::Rc2 => Ok(rc2(parameter.structure()?, Params::None)),
            Shape::Rc2Iv => {
                let params: CK_RC2_CBC_PARAMS = parameter.structure()?;
                Ok(rc2(params.ulEffectiveBits, Params::Iv(params.iv.to_vec())))
            }
            Shape::Rc2MacLength => {
                let params: CK_RC2_MAC_GENERAL_PARAMS = parameter.structure()?;
                Ok(rc2(params.ulEffectiveBits, Params::MacLength(params.ulMacLength)))
            }
            Shape::Kdf(form) => Ok(Params::Kdf(kdf::read(form, &parameter)?)),
            Shape::SignContext => {
                let params: CK_SIGN_ADDITIONAL_CONTEXT = parameter.structure()?;
                let context = copied(params.pContext, params.ulContextLen)?;
                Ok(Params::SignContext { hedge: params.hedgeVariant, context, hash: None })
            }
            Shape::HashSignContext => {
                let params: CK_HASH_SIGN_ADDITIONAL_CONTEXT = parameter.structure()?;
                let context = copied(params.pContext, params.ulContextLen)?;
                Ok(Params::SignContext { hedge: params.hedgeVariant, context, hash: Some(params.hash) })
            }
        }
    }
}

fn rc2(effective_bits: CK_RC2_PARAMS, mode: Params) -> Params {
    Params::Rc2 { effective_bits, mode: Box::new(mode) }
}

struct Parameter {
    pointer: CK_VOID_PTR,
    length: CK_ULONG,
}

/// `CK_GCM_PARAMS` as it was in 2.40, without `ulIvBits`: clients still send it.
#[repr(C)]
#[derive(Clone, Copy)]
struct OldGcmParams {
    iv: *mut CK_BYTE,
    iv_len: CK_ULONG,
    aad: *mut CK_BYTE,
    aad_len: CK_ULONG,
    tag_bits: CK_ULONG,
}

impl Parameter {
    unsafe fn iv(&self, size: usize) -> Result<Params> {
        if self.length != size as CK_ULONG {
            return Err(INVALID);
        }
        // SAFETY: as `read` was promised.
        Ok(Params::Iv(unsafe { copied(self.pointer.cast(), self.length) }?))
    }

    unsafe fn oaep(&self) -> Result<Params> {
        // SAFETY: as `read` was promised, here and below.
        let params: CK_RSA_PKCS_OAEP_PARAMS = unsafe { self.structure() }?;
        // SAFETY: as above.
        let label = unsafe { copied(params.pSourceData.cast(), params.ulSourceDataLen) }?;
        // Without a label, clients leave the source 0 as often as they set CKZ_DATA_SPECIFIED.
        if params.source != CKZ_DATA_SPECIFIED && !(params.source == 0 && label.is_empty()) {
            return Err(INVALID);
        }
        Ok(Params::Oaep { hash: params.hashAlg, mgf: params.mgf, label })
    }

    unsafe fn gcm(&self) -> Result<Params> {
        // SAFETY: as `read` was promised, here and below.
        unsafe {
            if self.length == size_of::<OldGcmParams>() as CK_ULONG {
                let params: OldGcmParams = self.structure()?;
                return Ok(Params::Gcm {
                    iv: copied(params.iv, params.iv_len)?,
                    aad: copied(params.aad, params.aad_len)?,
                    tag_bits: params.tag_bits,
                });
            }
            let params: CK_GCM_PARAMS = self.structure()?;
            // ulIvBits repeats ulIvLen in bits where it is not left 0; the standard lets it be ignored.
            Ok(Params::Gcm {
                iv: copied(params.pIv, params.ulIvLen)?,
                aad: copied(params.pAAD, params.ulAADLen)?,
                tag_bits: params.ulTagBits,
            })
        }
    }

    unsafe fn structure<T: Copy>(&self) -> Result<T> {
        if self.pointer.is_null() || self.length != size_of::<T>() as CK_ULONG {
            return Err(INVALID);
        }
        // SAFETY: not NULL, and of the right size; alignment is not relied on.
        Ok(unsafe { ptr::read_unaligned(self.pointer.cast()) })
    }
}

/// "Length of nonce in bits", but clients give it in bytes; no length is one of both.
unsafe fn chacha_nonce(pointer: *const u8, length: CK_ULONG) -> Result<Vec<u8>> {
    // SAFETY: as `read` was promised.
    unsafe {
        match length {
            8 | 12 | 24 => copied(pointer, length),
            64 | 96 | 192 => copied_bits(pointer, length),
            _ => Err(INVALID),
        }
    }
}

/// Counters and nonces whose length is told in bits; none is longer than 192.
unsafe fn copied_bits(pointer: *const u8, bits: CK_ULONG) -> Result<Vec<u8>> {
    if !bits.is_multiple_of(8) || bits > 192 {
        return Err(INVALID);
    }
    // SAFETY: as `read` was promised.
    unsafe { copied(pointer, bits / 8) }
}

/// The count of a list that is there, and not longer than anybody needs.
fn counted<T>(list: *const T, count: CK_ULONG, most: CK_ULONG) -> Result<usize> {
    if count > most || (list.is_null() && count > 0) { Err(INVALID) } else { Ok(count as usize) }
}

unsafe fn copied(pointer: *const u8, length: CK_ULONG) -> Result<Vec<u8>> {
    // SAFETY: as `read` was promised.
    buffer::copied(unsafe { bytes(pointer, length) }.ok_or(INVALID)?)
}
