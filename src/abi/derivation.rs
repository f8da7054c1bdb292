//! What `C_DeriveKey` takes beside the session. Some mechanisms give back more than one handle: their parameters say where.

use super::args::{Mechanism, Template};
use super::memory::read;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::mech::kdf::{Form, KdfParams};
use crate::mech::{Params, Shape};
use crate::object::template::Template as Attributes;
use crate::session::{Asked, Derived, Refused};
use cryptoki_sys::*;
use std::ptr;

/// The mechanism of `C_GenerateKey`, and the place in its parameter for what it tells beside the key.
pub(super) struct Generation;

/// A place for the initialisation vector or the seed that comes with an object; NULL where none does.
pub(super) struct ToldPlace(*mut u8);

impl Generation {
    /// `MechanismParamInvalid` if something is told and there is no place for it.
    pub(super) unsafe fn take(library: &Library, mechanism: *const CK_MECHANISM) -> Result<(Asked, ToldPlace)> {
        // SAFETY: as the caller says, here and below: the parameter is read before, by its form.
        unsafe {
            let asked = Mechanism::take(library, mechanism)?;
            if !matches!(asked.mechanism.generate, Some(crate::mech::Generation::Telling(_))) {
                return Ok((asked, ToldPlace(ptr::null_mut())));
            }
            let parameter = read(mechanism).ok_or(Error::ArgumentsBad)?.pParameter;
            let place = match asked.mechanism.shape {
                Shape::DsaSeed => structure::<CK_DSA_PARAMETER_GEN_PARAM>(parameter)?.pSeed,
                _ => structure::<CK_PBE_PARAMS>(parameter)?.pInitVector,
            };
            if place.is_null() { Err(Error::MechanismParamInvalid) } else { Ok((asked, ToldPlace(place))) }
        }
    }

    pub(super) unsafe fn show(mechanism: *const CK_MECHANISM) -> String {
        // SAFETY: as the caller says.
        unsafe { Mechanism::show(mechanism) }
    }
}

impl ToldPlace {
    /// Where it is, for a thread's result.
    pub(super) fn address(&self) -> usize {
        self.0.expose_provenance()
    }

    /// Writes what is told: a vector, of eight bytes, or a seed in the length that the parameter says.
    pub(super) fn give(self, told: &[u8]) {
        if !self.0.is_null() {
            // SAFETY: the caller says that there is room for as much.
            unsafe { ptr::copy_nonoverlapping(told.as_ptr(), self.0, told.len()) };
        }
    }
}

/// A mechanism, a base key, a template, and the place of the new key's handle.
pub(super) struct Derivation {
    pub(super) asked: Asked,
    pub(super) base: CK_OBJECT_HANDLE,
    pub(super) template: Attributes,
    pub(super) reply: Reply,
}

impl Derivation {
    pub(super) unsafe fn take(
        library: &Library,
        mechanism: *const CK_MECHANISM,
        base: CK_OBJECT_HANDLE,
        list: *const CK_ATTRIBUTE,
        count: CK_ULONG,
        place: *mut CK_OBJECT_HANDLE,
    ) -> Result<Self> {
        // SAFETY: as the caller says, here and below.
        unsafe {
            let asked = Mechanism::take(library, mechanism)?;
            let template = Template::take(library, list, count)?;
            let reply = Reply::new(&asked, mechanism, place)?;
            Ok(Self { asked, base, template, reply })
        }
    }

    pub(super) unsafe fn show(
        mechanism: *const CK_MECHANISM,
        base: CK_OBJECT_HANDLE,
        list: *const CK_ATTRIBUTE,
        count: CK_ULONG,
        _: *mut CK_OBJECT_HANDLE,
    ) -> String {
        // SAFETY: as the caller says.
        unsafe { format!("{}, base={base:#x}, template={}", Mechanism::show(mechanism), Template::show(list, count)) }
    }
}

/// Where the results go.
pub(super) enum Reply {
    /// One handle.
    Key(*mut CK_OBJECT_HANDLE),
    /// The handle of the call, then those of `CK_DERIVED_KEY`.
    Keys(Vec<*mut CK_OBJECT_HANDLE>),
    /// One handle, and the version in the pre-master secret if it is wanted.
    Master(*mut CK_OBJECT_HANDLE, *mut CK_VERSION),
    /// The handles and the initialisation vectors of a connection.
    Connection {
        /// The structure.
        place: *mut CK_SSL3_KEY_MAT_OUT,
        /// Whether there are MAC keys, and cipher keys.
        keys: [bool; 2],
    },
}

impl Reply {
    /// Finds the places in a parameter that was read before, and is well-formed. `MechanismParamInvalid` for a place that
    /// is missing in it, `ArgumentsBad` for that of the call.
    unsafe fn new(asked: &Asked, mechanism: *const CK_MECHANISM, place: *mut CK_OBJECT_HANDLE) -> Result<Self> {
        let Shape::Kdf(form) = asked.mechanism.shape else { return Self::key(place) };
        // SAFETY: the mechanism and its parameter were read before, by the form.
        unsafe {
            let parameter = read(mechanism).ok_or(Error::ArgumentsBad)?.pParameter;
            match form {
                Form::TlsKeys | Form::TlsKeysOnly => Self::connection(&asked.params, structure(parameter)?),
                _ if place.is_null() => Err(Error::ArgumentsBad),
                Form::Sp800 => {
                    let params: CK_SP800_108_KDF_PARAMS = structure(parameter)?;
                    Self::keys(place, params.pAdditionalDerivedKeys, params.ulAdditionalDerivedKeys)
                }
                Form::Sp800Feedback => {
                    let params: CK_SP800_108_FEEDBACK_KDF_PARAMS = structure(parameter)?;
                    Self::keys(place, params.pAdditionalDerivedKeys, params.ulAdditionalDerivedKeys)
                }
                Form::TlsMaster => {
                    Ok(Self::Master(place, structure::<CK_TLS12_MASTER_KEY_DERIVE_PARAMS>(parameter)?.pVersion))
                }
                Form::TlsExtendedMaster => Ok(Self::Master(
                    place,
                    structure::<CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS>(parameter)?.pVersion,
                )),
                _ => Self::key(place),
            }
        }
    }

    fn key(place: *mut CK_OBJECT_HANDLE) -> Result<Self> {
        if place.is_null() { Err(Error::ArgumentsBad) } else { Ok(Self::Key(place)) }
    }

    unsafe fn keys(first: *mut CK_OBJECT_HANDLE, list: *const CK_DERIVED_KEY, count: CK_ULONG) -> Result<Self> {
        let mut places = vec![first];
        for index in 0..count as usize {
            // SAFETY: the list was read before, and has so many elements.
            let key = unsafe { ptr::read_unaligned(list.add(index)) };
            if key.phKey.is_null() {
                return Err(Error::MechanismParamInvalid);
            }
            places.push(key.phKey);
        }
        Ok(Self::Keys(places))
    }

    unsafe fn connection(params: &Params, parameter: CK_TLS12_KEY_MAT_PARAMS) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let Params::Kdf(KdfParams::TlsKeys { bits: [mac, key, iv], .. }) = params else { return Err(invalid) };
        let place = parameter.pReturnedKeyMaterial;
        // SAFETY: the caller says that the structure is there, if its pointer is not NULL.
        let out = unsafe { read(place) }.ok_or(invalid)?;
        if *iv > 0 && (out.pIVClient.is_null() || out.pIVServer.is_null()) {
            return Err(invalid);
        }
        Ok(Self::Connection { place, keys: [*mac > 0, *key > 0] })
    }

    /// Writes what was derived; or, where a template of several was refused, marks which one (section "Deriving Additional
    /// Keys").
    pub(super) fn give(self, result: Result<Derived, Refused>) -> Result<()> {
        match (self, result) {
            (Self::Keys(places), Err(Refused { error, object })) => {
                if let Some(place) = object.and_then(|index| places.get(index)) {
                    put(*place, CK_INVALID_HANDLE);
                }
                Err(error)
            }
            (_, Err(Refused { error, .. })) => Err(error),
            (Self::Keys(places), Ok(derived)) => {
                places.into_iter().zip(derived.handles).for_each(|(place, handle)| put(place, handle));
                Ok(())
            }
            (Self::Key(place), Ok(derived)) => {
                put(place, derived.handles.first().copied().ok_or(Error::GeneralError)?);
                Ok(())
            }
            (Self::Master(place, version), Ok(derived)) => {
                put(place, derived.handles.first().copied().ok_or(Error::GeneralError)?);
                if let Some([major, minor]) = derived.disclosed.first().map(Vec::as_slice) {
                    put(version, CK_VERSION { major: *major, minor: *minor });
                }
                Ok(())
            }
            (Self::Connection { place, keys }, Ok(derived)) => {
                give_connection(place, keys, &derived);
                Ok(())
            }
        }
    }
}

fn give_connection(place: *mut CK_SSL3_KEY_MAT_OUT, [mac, key]: [bool; 2], derived: &Derived) {
    // SAFETY: `Reply::connection` has read it.
    let mut out = unsafe { ptr::read_unaligned(place) };
    let mut handles = derived.handles.iter().copied();
    // A kind of key that is not there has no handles.
    let mut next = |there: bool| if there { handles.next() } else { None }.unwrap_or(CK_INVALID_HANDLE);
    out.hClientMacSecret = next(mac);
    out.hServerMacSecret = next(mac);
    out.hClientKey = next(key);
    out.hServerKey = next(key);
    for (buffer, iv) in [out.pIVClient, out.pIVServer].into_iter().zip(&derived.disclosed) {
        // SAFETY: not NULL, for vectors are disclosed only if their length in the parameter is not 0, which
        // `Reply::connection` has checked; the caller says that there is room for that length.
        unsafe { ptr::copy_nonoverlapping(iv.as_ptr(), buffer, iv.len()) };
    }
    put(place, out);
}

/// Writes to a place of the caller's that is not NULL.
fn put<T>(place: *mut T, value: T) {
    // SAFETY: `Reply::new` has refused NULL, and the caller says that there is room; alignment is not relied on.
    unsafe { ptr::write_unaligned(place, value) };
}

/// A structure that was read before.
unsafe fn structure<T: Copy>(pointer: CK_VOID_PTR) -> Result<T> {
    // SAFETY: as the caller says.
    unsafe { read(pointer.cast::<T>()) }.ok_or(Error::MechanismParamInvalid)
}
