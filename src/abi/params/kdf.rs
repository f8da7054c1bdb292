//! The parameters of the key derivations: the C structures into safe values.

use super::{INVALID, Parameter, copied, counted};
use crate::abi::attributes;
use crate::error::{Error, Result};
use crate::mech::kdf::params::{Field, Form, KdfParams, MasterSeed, Number, Randoms, Salt};
use cryptoki_sys::*;
use std::ptr;
use zeroize::Zeroizing;

/// The most fields in the input of an SP 800-108 function.
const MOST_FIELDS: CK_ULONG = 256;

/// The most additional keys of one derivation.
const MOST_KEYS: CK_ULONG = 64;

/// The longest password, in bytes.
const LONGEST_PASSWORD: CK_ULONG = 0xffff;

/// Reads a parameter of this form.
///
/// # Safety
/// As [`super::read`].
pub(super) unsafe fn read(form: Form, parameter: &Parameter) -> Result<KdfParams> {
    // SAFETY: as the caller says, here and in every line below.
    unsafe {
        match form {
            Form::Hkdf => hkdf(parameter.structure()?),
            Form::Sp800 => {
                let params: CK_SP800_108_KDF_PARAMS = parameter.structure()?;
                Ok(KdfParams::Sp800 {
                    prf: params.prfType,
                    fields: fields(params.pDataParams, params.ulNumberOfDataParams)?,
                    iv: Vec::new(),
                    additional: templates(params.pAdditionalDerivedKeys, params.ulAdditionalDerivedKeys)?,
                })
            }
            Form::Sp800Feedback => {
                let params: CK_SP800_108_FEEDBACK_KDF_PARAMS = parameter.structure()?;
                Ok(KdfParams::Sp800 {
                    prf: params.prfType,
                    fields: fields(params.pDataParams, params.ulNumberOfDataParams)?,
                    iv: copied(params.pIV, params.ulIVLen)?,
                    additional: templates(params.pAdditionalDerivedKeys, params.ulAdditionalDerivedKeys)?,
                })
            }
            Form::Pbkdf2 => pbkdf2(parameter.structure()?),
            Form::Pbe => {
                let params: CK_PBE_PARAMS = parameter.structure()?;
                if params.ulPasswordLen > LONGEST_PASSWORD {
                    return Err(INVALID);
                }
                Ok(KdfParams::Pbe {
                    password: Zeroizing::new(copied(params.pPassword, params.ulPasswordLen)?),
                    salt: copied(params.pSalt, params.ulSaltLen)?,
                    iterations: params.ulIteration,
                })
            }
            Form::Data => {
                let params: CK_KEY_DERIVATION_STRING_DATA = parameter.structure()?;
                Ok(KdfParams::Data(Zeroizing::new(copied(params.pData, params.ulLen)?)))
            }
            Form::Key => Ok(KdfParams::Key(parameter.structure()?)),
            Form::Bit => Ok(KdfParams::Bit(parameter.structure()?)),
            Form::Version => {
                let version: CK_VERSION = parameter.structure()?;
                Ok(KdfParams::Version([version.major, version.minor]))
            }
            Form::TlsMaster => {
                let params: CK_TLS12_MASTER_KEY_DERIVE_PARAMS = parameter.structure()?;
                Ok(KdfParams::TlsMaster {
                    hash: params.prfHashMechanism,
                    seed: MasterSeed::Randoms(randoms(&params.RandomInfo)?),
                    version: !params.pVersion.is_null(),
                })
            }
            Form::TlsExtendedMaster => {
                let params: CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS = parameter.structure()?;
                Ok(KdfParams::TlsMaster {
                    hash: params.prfHashMechanism,
                    seed: MasterSeed::Session(copied(params.pSessionHash, params.ulSessionHashLen)?),
                    version: !params.pVersion.is_null(),
                })
            }
            Form::TlsKeys | Form::TlsKeysOnly => {
                let params: CK_TLS12_KEY_MAT_PARAMS = parameter.structure()?;
                let iv = if form == Form::TlsKeysOnly { 0 } else { params.ulIVSizeInBits };
                Ok(KdfParams::TlsKeys {
                    hash: params.prfHashMechanism,
                    randoms: randoms(&params.RandomInfo)?,
                    bits: [params.ulMacSizeInBits, params.ulKeySizeInBits, iv],
                    export: params.bIsExport != CK_FALSE,
                })
            }
            Form::TlsKdf => {
                let params: CK_TLS_KDF_PARAMS = parameter.structure()?;
                let context = copied(params.pContextData, params.ulContextDataLength)?;
                Ok(KdfParams::TlsKdf {
                    prf: params.prfMechanism,
                    label: copied(params.pLabel, params.ulLabelLength)?,
                    randoms: randoms(&params.RandomInfo)?,
                    // To have an empty context is not the same as to have none (RFC 5705).
                    context: (!params.pContextData.is_null()).then_some(context),
                })
            }
            Form::TlsMac => {
                let params: CK_TLS_MAC_PARAMS = parameter.structure()?;
                Ok(KdfParams::TlsMac {
                    prf: params.prfHashMechanism,
                    length: params.ulMacLength,
                    side: params.ulServerOrClient,
                })
            }
            Form::Ike => {
                let params: CK_IKE_PRF_DERIVE_PARAMS = parameter.structure()?;
                let nonces = [copied(params.pNi, params.ulNiLen)?, copied(params.pNr, params.ulNrLen)?];
                Ok(KdfParams::Ike {
                    prf: params.prfMechanism,
                    data_as_key: params.bDataAsKey != CK_FALSE,
                    rekey: (params.bRekey != CK_FALSE).then_some(params.hNewKey),
                    nonces: nonces.concat(),
                })
            }
            Form::Ike1 => {
                let params: CK_IKE1_PRF_DERIVE_PARAMS = parameter.structure()?;
                let cookies = [copied(params.pCKYi, params.ulCKYiLen)?, copied(params.pCKYr, params.ulCKYrLen)?];
                Ok(KdfParams::Ike1 {
                    prf: params.prfMechanism,
                    previous: (params.bHasPrevKey != CK_FALSE).then_some(params.hPrevKey),
                    shared: params.hKeygxy,
                    cookies: cookies.concat(),
                    number: params.keyNumber,
                })
            }
            Form::Ike1Extended => {
                let params: CK_IKE1_EXTENDED_DERIVE_PARAMS = parameter.structure()?;
                Ok(KdfParams::IkeExtended {
                    prf: params.prfMechanism,
                    seed_key: (params.bHasKeygxy != CK_FALSE).then_some(params.hKeygxy),
                    seed: copied(params.pExtraData, params.ulExtraDataLen)?,
                })
            }
            Form::Ike2 => {
                let params: CK_IKE2_PRF_PLUS_DERIVE_PARAMS = parameter.structure()?;
                Ok(KdfParams::IkeExtended {
                    prf: params.prfMechanism,
                    seed_key: (params.bHasSeedKey != CK_FALSE).then_some(params.hSeedKey),
                    seed: copied(params.pSeedData, params.ulSeedDataLen)?,
                })
            }
        }
    }
}

/// What is ignored is not looked at: the salt of what is not extracted, the info of what is not expanded.
unsafe fn hkdf(params: CK_HKDF_PARAMS) -> Result<KdfParams> {
    let (extract, expand) = (params.bExtract != CK_FALSE, params.bExpand != CK_FALSE);
    let salt = match params.ulSaltType {
        _ if !extract => Salt::Null,
        CKF_HKDF_SALT_NULL => Salt::Null,
        // SAFETY: as `read` was promised, here and below.
        CKF_HKDF_SALT_DATA => Salt::Data(unsafe { copied(params.pSalt, params.ulSaltLen) }?),
        CKF_HKDF_SALT_KEY => Salt::Key(params.hSaltKey),
        _ => return Err(INVALID),
    };
    // SAFETY: as above.
    let info = if expand { unsafe { copied(params.pInfo, params.ulInfoLen) }? } else { Vec::new() };
    Ok(KdfParams::Hkdf { extract, expand, hash: params.prfHashMechanism, salt, info })
}

unsafe fn fields(list: *const CK_PRF_DATA_PARAM, count: CK_ULONG) -> Result<Vec<Field>> {
    let mut fields = Vec::new();
    for index in 0..counted(list, count, MOST_FIELDS)? {
        // SAFETY: not NULL, and the caller says that there are so many.
        let field = unsafe { ptr::read_unaligned(list.add(index)) };
        // SAFETY: as `read` was promised.
        fields.push(unsafe { read_field(&field) }?);
    }
    Ok(fields)
}

unsafe fn read_field(field: &CK_PRF_DATA_PARAM) -> Result<Field> {
    let value = Parameter { pointer: field.pValue, length: field.ulValueLen };
    // SAFETY: as `read` was promised, here and below.
    unsafe {
        match field.type_ {
            CK_SP800_108_ITERATION_VARIABLE if value.pointer.is_null() && value.length == 0 => {
                Ok(Field::Iteration(None))
            }
            CK_SP800_108_ITERATION_VARIABLE => Ok(Field::Iteration(Some(counter(&value)?))),
            CK_SP800_108_COUNTER => Ok(Field::Counter(counter(&value)?)),
            CK_SP800_108_DKM_LENGTH => {
                let format: CK_SP800_108_DKM_LENGTH_FORMAT = value.structure()?;
                let number = Number { little_endian: format.bLittleEndian != CK_FALSE, bits: format.ulWidthInBits };
                Ok(Field::Length { method: format.dkmLengthMethod, number })
            }
            CK_SP800_108_BYTE_ARRAY if value.length > 0 => {
                Ok(Field::Bytes(copied(value.pointer.cast(), value.length)?))
            }
            CK_SP800_108_KEY_HANDLE => Ok(Field::Key(value.structure()?)),
            _ => Err(INVALID),
        }
    }
}

unsafe fn counter(value: &Parameter) -> Result<Number> {
    // SAFETY: as `read` was promised.
    let format: CK_SP800_108_COUNTER_FORMAT = unsafe { value.structure() }?;
    Ok(Number { little_endian: format.bLittleEndian != CK_FALSE, bits: format.ulWidthInBits })
}

unsafe fn templates(list: *const CK_DERIVED_KEY, count: CK_ULONG) -> Result<Vec<crate::object::template::Template>> {
    let mut templates = Vec::new();
    for index in 0..counted(list, count, MOST_KEYS)? {
        // SAFETY: not NULL, and the caller says that there are so many.
        let key = unsafe { ptr::read_unaligned(list.add(index)) };
        // SAFETY: as `read` was promised.
        let template = unsafe { attributes::read(key.pTemplate, key.ulAttributeCount) };
        // Not the codes of templates: functions to which this mechanism is of no use do not have them.
        templates.push(template.map_err(|error| if error == Error::HostMemory { error } else { INVALID })?);
    }
    Ok(templates)
}

unsafe fn randoms(info: &CK_SSL3_RANDOM_DATA) -> Result<Randoms> {
    // SAFETY: as `read` was promised, here and below.
    unsafe {
        Ok(Randoms {
            client: copied(info.pClientRandom, info.ulClientRandomLen)?,
            server: copied(info.pServerRandom, info.ulServerRandomLen)?,
        })
    }
}

unsafe fn pbkdf2(params: CK_PKCS5_PBKD2_PARAMS2) -> Result<KdfParams> {
    if params.saltSource != CKZ_SALT_SPECIFIED || !params.pPrfData.is_null() || params.ulPrfDataLen != 0 {
        return Err(INVALID);
    }
    let length = password_length(params.ulPasswordLen)?;
    // SAFETY: as `read` was promised, here and below.
    unsafe {
        Ok(KdfParams::Pbkdf2 {
            salt: copied(params.pSaltSourceData.cast(), params.ulSaltSourceDataLen)?,
            iterations: params.iterations,
            prf: params.prf,
            password: Zeroizing::new(copied(params.pPassword, length)?),
        })
    }
}

/// The length of a password, in either of two structures that have the same size: in `CK_PKCS5_PBKD2_PARAMS` (before
/// 2.40, and still with some clients) the last field is a pointer to the length. No password is so long as the lowest
/// pointer that a system gives out. What is too great for a length may just as well be rubbish: so it is asked of the
/// system whether there is memory, before it is read.
fn password_length(field: CK_ULONG) -> Result<CK_ULONG> {
    if field <= LONGEST_PASSWORD {
        return Ok(field);
    }
    probed(field as usize).filter(|length| *length <= LONGEST_PASSWORD).ok_or(INVALID)
}

/// A number at an address, if there is memory: a pipe takes bytes from where they can be read, and nothing from elsewhere.
#[cfg(unix)]
fn probed(address: usize) -> Option<CK_ULONG> {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    let (mut reader, writer) = std::io::pipe().ok()?;
    let mut number = [0; size_of::<CK_ULONG>()];
    // SAFETY: the system reads the memory, not we; it gives an error for what is not ours to read.
    let written = unsafe { libc::write(writer.as_raw_fd(), address as *const libc::c_void, number.len()) };
    if usize::try_from(written) != Ok(number.len()) {
        return None;
    }
    reader.read_exact(&mut number).ok()?;
    Some(CK_ULONG::from_ne_bytes(number))
}

/// Elsewhere only the newer structure is understood.
#[cfg(not(unix))]
fn probed(_: usize) -> Option<CK_ULONG> {
    None
}
