//! A small PKCS#11 client: safe calls over the function list of a loaded module.
//!
//! A client of a C interface cannot do without `unsafe`: it is all here.
#![allow(unsafe_code)]

use crate::explain;
use cryptoki_sys::*;
use std::error::Error;
use std::ffi::CString;
use std::path::Path;
use std::ptr::null_mut;

/// A call that failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The module could not be loaded.
    #[error("cannot load {0}: {1}")]
    Load(String, String),
    /// The chart could not be written.
    #[error("cannot write {0}: {1}")]
    Chart(String, String),
    /// A function gave another code than `CKR_OK`.
    #[error("{0} gave {name}{why}", name = ferrotoken::names::Shown::return_code(*.1), why = explain::remedy(.0, *.1))]
    Call(&'static str, CK_RV),
}

/// The result of a call.
pub type Result<T> = std::result::Result<T, Failure>;

/// A loaded and initialised module.
pub struct Module {
    list: &'static CK_FUNCTION_LIST,
    /// If the module knows version 3.2.
    newest: Option<&'static CK_FUNCTION_LIST_3_2>,
    // Keeps the library loaded as long as its functions are used.
    _library: libloading::Library,
}

/// The code of a function of the list, called; a module without it does not support it.
macro_rules! code {
    ($module:expr, $name:ident($($argument:expr),* $(,)?)) => {
        match $module.list.$name {
            // SAFETY: the function is the module's own, and the arguments are what the standard says: pointers to memory
            // of the length given beside them, alive until the call is over.
            Some(function) => unsafe { function($($argument),*) },
            None => CKR_FUNCTION_NOT_SUPPORTED,
        }
    };
}

/// [`code!`] as a result.
macro_rules! call {
    ($module:expr, $name:ident($($argument:expr),* $(,)?)) => {
        match code!($module, $name($($argument),*)) {
            CKR_OK => Ok(()),
            code => Err(Failure::Call(stringify!($name), code)),
        }
    };
}

mod admin;
mod calls;
mod repeat;
mod session;
mod template;

pub use calls::{Calls, Init, Pass};
pub use repeat::{Use, cpu_time};
pub use session::Session;
pub use template::{Attribute, Mechanism, Prepared};

impl Module {
    /// Loads a module and initialises it.
    pub fn load(path: &Path) -> Result<Self> {
        let module = Self::open(path)?;
        call!(module, C_Initialize(null_mut()))?;
        Ok(module)
    }

    /// Loads a module that wants to be told something when it is initialised, as NSS's does ("configdir=…").
    pub fn load_with(path: &Path, parameter: &str) -> Result<Self> {
        let module = Self::open(path)?;
        let unfit = |_| Failure::Call("C_Initialize", CKR_ARGUMENTS_BAD);
        let parameter = CString::new(parameter).map_err(unfit)?;
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: None,
            LockMutex: None,
            UnlockMutex: None,
            flags: CKF_OS_LOCKING_OK,
            // Where the standard wants NULL, NSS has its parameters.
            pReserved: parameter.as_ptr().cast_mut().cast(),
        };
        call!(module, C_Initialize((&raw mut arguments).cast()))?;
        Ok(module)
    }

    /// `C_Finalize` and `C_Initialize`: some modules number their slots only then.
    pub fn restart(&self) -> Result<()> {
        call!(self, C_Finalize(null_mut()))?;
        call!(self, C_Initialize(null_mut()))
    }

    /// Loads a module.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: libloading::Error| {
            // The loader's own words are in the cause.
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Failure::Load(path.display().to_string(), cause)
        };
        // SAFETY: loading runs the initialisers of a library that the user has named.
        let library = unsafe { libloading::Library::new(path) }.map_err(failed)?;
        let mut list = null_mut();
        {
            type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
            // SAFETY: the standard gives the symbol this type.
            let entry = unsafe { library.get::<Entry>(b"C_GetFunctionList\0") }.map_err(failed)?;
            // SAFETY: the list has room for a pointer.
            match unsafe { entry(&mut list) } {
                CKR_OK if !list.is_null() => {}
                code => return Err(Failure::Call("C_GetFunctionList", code)),
            }
        }
        // SAFETY: not NULL; the list lives as long as the library, which `Self` keeps.
        let list = unsafe { &*list };
        let newest = newest_list(&library);
        Ok(Self { list, newest, _library: library })
    }

    /// `C_GetInfo`: the manufacturer, the description, the library's and the interface's version.
    pub fn info(&self) -> Result<CK_INFO> {
        let mut info = CK_INFO::default();
        call!(self, C_GetInfo(&mut info))?;
        Ok(info)
    }

    /// The slots.
    pub fn slots(&self) -> Result<Vec<CK_SLOT_ID>> {
        let mut count = 0;
        call!(self, C_GetSlotList(CK_TRUE, null_mut(), &mut count))?;
        let mut slots = vec![0; count as usize];
        call!(self, C_GetSlotList(CK_TRUE, slots.as_mut_ptr(), &mut count))?;
        slots.truncate(count as usize);
        Ok(slots)
    }

    /// The mechanisms of a slot, each with its information.
    pub fn mechanisms(&self, slot: CK_SLOT_ID) -> Result<Vec<(CK_MECHANISM_TYPE, CK_MECHANISM_INFO)>> {
        let mut count = 0;
        call!(self, C_GetMechanismList(slot, null_mut(), &mut count))?;
        let mut list = vec![0; count as usize];
        call!(self, C_GetMechanismList(slot, list.as_mut_ptr(), &mut count))?;
        list.truncate(count as usize);
        let information = |id| {
            let mut info = CK_MECHANISM_INFO::default();
            call!(self, C_GetMechanismInfo(slot, id, &mut info))?;
            Ok((id, info))
        };
        list.into_iter().map(information).collect()
    }

    /// `C_InitToken`.
    pub fn init_token(&self, slot: CK_SLOT_ID, so_pin: &str, label: &str) -> Result<()> {
        let mut padded = [b' '; 32];
        padded.iter_mut().zip(label.bytes()).for_each(|(to, from)| *to = from);
        call!(self, C_InitToken(slot, so_pin.as_ptr().cast_mut(), so_pin.len() as CK_ULONG, padded.as_mut_ptr()))
    }

    /// What the module calls itself, and its version.
    pub fn name(&self) -> Result<String> {
        let info = self.info()?;
        let description = String::from_utf8_lossy(&info.libraryDescription);
        let CK_VERSION { major, minor } = info.libraryVersion;
        Ok(format!("{} {major}.{minor}", description.trim_end()))
    }

    /// A token with this label and these PINs in the first slot whose token is not initialised.
    pub fn prepare_token(&self, so_pin: &str, user_pin: &str, label: &str) -> Result<CK_SLOT_ID> {
        let is_free =
            |slot: &CK_SLOT_ID| self.token_info(*slot).is_ok_and(|info| info.flags & CKF_TOKEN_INITIALIZED == 0);
        let none = Failure::Call("C_GetSlotList", CKR_TOKEN_NOT_PRESENT);
        let slot = self.slots()?.into_iter().find(is_free).ok_or(none)?;
        self.make_token(slot, so_pin, user_pin, label)
    }

    /// Initialises the token of a slot and gives it a user PIN; the slot in which it is then.
    pub fn make_token(&self, slot: CK_SLOT_ID, so_pin: &str, user_pin: &str, label: &str) -> Result<CK_SLOT_ID> {
        self.init_token(slot, so_pin, label)?;
        // Some modules give the token another slot, and keep one that is free.
        let is_it = |slot: &CK_SLOT_ID| {
            self.token_info(*slot).is_ok_and(|info| {
                String::from_utf8_lossy(&info.label).trim_end_matches([' ', '\0']) == label
                    && info.flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED) == CKF_TOKEN_INITIALIZED
            })
        };
        let none = Failure::Call("C_GetSlotList", CKR_TOKEN_NOT_PRESENT);
        // Asked anew, which is when they do it.
        let others = self.slots()?.into_iter().filter(|other| *other != slot);
        let slot = [slot].into_iter().chain(others).find(is_it).ok_or(none)?;
        let session = self.open_session(slot)?;
        session.login(CKU_SO, so_pin)?;
        session.init_pin(user_pin)?;
        session.logout()?;
        Ok(slot)
    }

    /// Opens a session in which objects can be made.
    pub fn open_session(&self, slot: CK_SLOT_ID) -> Result<Session<'_>> {
        let mut handle = 0;
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        call!(self, C_OpenSession(slot, flags, null_mut(), None, &mut handle))?;
        Ok(Session { module: self, handle })
    }

    /// `C_Finalize`.
    pub fn finalise(self) -> Result<()> {
        call!(self, C_Finalize(null_mut()))
    }
}

/// The function list of version 3.2, by `C_GetInterface`.
fn newest_list(library: &libloading::Library) -> Option<&'static CK_FUNCTION_LIST_3_2> {
    type Entry = unsafe extern "C" fn(*mut CK_UTF8CHAR, *mut CK_VERSION, *mut *mut CK_INTERFACE, CK_FLAGS) -> CK_RV;
    // SAFETY: the standard gives the symbol this type.
    let entry = unsafe { library.get::<Entry>(b"C_GetInterface\0") }.ok()?;
    let (mut name, mut version) = (*b"PKCS 11\0", CK_VERSION { major: 3, minor: 2 });
    let mut interface = null_mut();
    // SAFETY: name and version are what the standard says, and the place has room for a pointer. A list of this version
    // has this type, and lives as long as the library.
    unsafe {
        match entry(name.as_mut_ptr(), &mut version, &mut interface, 0) {
            CKR_OK if !interface.is_null() => (*interface).pFunctionList.cast::<CK_FUNCTION_LIST_3_2>().as_ref(),
            _ => None,
        }
    }
}
