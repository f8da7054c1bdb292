//! The functions that need no session: initialising, finalising, and finding the interfaces (section 5.4).

use super::memory::{read, same_string};
use super::process;
use crate::config::{self, Environment};
use crate::error::{Error, Result};
use cryptoki_sys::*;
use std::ffi::CStr;
use std::ptr;

/// The name that the standard gives to its own interface.
const NAME: &CStr = c"PKCS 11";

/// The interfaces, newest first. The first is the default, unless the configuration chooses another: what a caller gets
/// who names no version (section 5.4.6: "the cryptoki library can return an interface of any version").
pub(super) struct Interfaces([CK_INTERFACE; 3]);

// SAFETY: the pointers are to statics that nobody writes to.
unsafe impl Sync for Interfaces {}

impl Interfaces {
    /// Of these function lists.
    pub(super) const fn of(
        newest: &'static CK_FUNCTION_LIST_3_2,
        middle: &'static CK_FUNCTION_LIST_3_0,
        oldest: &'static CK_FUNCTION_LIST,
    ) -> Self {
        Self([
            interface(ptr::from_ref(newest).cast()),
            interface(ptr::from_ref(middle).cast()),
            interface(ptr::from_ref(oldest).cast()),
        ])
    }
}

const fn interface(list: *const core::ffi::c_void) -> CK_INTERFACE {
    // C wants pointers to mutable data here; the standard forbids to write there.
    CK_INTERFACE {
        pInterfaceName: NAME.as_ptr().cast_mut().cast(),
        pFunctionList: list.cast_mut(),
        // A forked child may call C_Initialize at once (see `process`).
        flags: CKF_INTERFACE_FORK_SAFE,
    }
}

pub(super) unsafe fn initialise(args: CK_VOID_PTR) -> Result<()> {
    // SAFETY: NULL, or the structure that the standard says.
    process::initialise(unsafe { read(args.cast::<CK_C_INITIALIZE_ARGS>()) })
}

pub(super) unsafe fn finalise(reserved: CK_VOID_PTR) -> Result<()> {
    if reserved.is_null() { process::finalise() } else { Err(Error::ArgumentsBad) }
}

pub(super) unsafe fn function_list(list: &'static CK_FUNCTION_LIST, place: CK_FUNCTION_LIST_PTR_PTR) -> Result<()> {
    if place.is_null() {
        return Err(Error::ArgumentsBad);
    }
    // SAFETY: not NULL, and the caller says that there is room.
    unsafe { ptr::write_unaligned(place, ptr::from_ref(list).cast_mut()) };
    Ok(())
}

pub(super) unsafe fn interface_list(
    Interfaces(interfaces): &Interfaces,
    list: *mut CK_INTERFACE,
    count: *mut CK_ULONG,
) -> Result<()> {
    // SAFETY: NULL, or a number.
    let room = unsafe { read(count) }.ok_or(Error::ArgumentsBad)?;
    // SAFETY: not NULL.
    unsafe { ptr::write_unaligned(count, interfaces.len() as CK_ULONG) };
    if list.is_null() {
        return Ok(());
    }
    if room < interfaces.len() as CK_ULONG {
        return Err(Error::BufferTooSmall);
    }
    for (index, interface) in interfaces.iter().enumerate() {
        // SAFETY: the caller says that there is room for `room` interfaces.
        unsafe { ptr::write_unaligned(list.add(index), *interface) };
    }
    Ok(())
}

pub(super) unsafe fn find_interface(
    Interfaces(interfaces): &'static Interfaces,
    name: CK_UTF8CHAR_PTR,
    version: CK_VERSION_PTR,
    place: *mut CK_INTERFACE_PTR,
    flags: CK_FLAGS,
) -> Result<()> {
    if place.is_null() {
        return Err(Error::ArgumentsBad);
    }
    // SAFETY: NULL, or a string that ends with NUL, as the standard says.
    let known = name.is_null() || unsafe { same_string(name, NAME.to_bytes()) };
    // SAFETY: NULL, or a version.
    let asked = unsafe { read(version) };
    // Some clients take the default for one of an older version.
    let version = asked.or_else(|| config::chosen_interface(&Environment::read(process::elevated())));
    let found = interfaces.iter().find(|interface| {
        // SAFETY: every function list begins with its version.
        let own: CK_VERSION = unsafe { ptr::read(interface.pFunctionList.cast()) };
        version.is_none_or(|asked| (asked.major, asked.minor) == (own.major, own.minor))
            && interface.flags & flags == flags
    });
    // Of the codes that the standard lists for this function, this one says what is wrong.
    let found = found.filter(|_| known).ok_or(Error::ArgumentsBad)?;
    // SAFETY: not NULL, and the caller says that there is room.
    unsafe { ptr::write_unaligned(place, ptr::from_ref(found).cast_mut()) };
    Ok(())
}
