//! The harness of the tests, over the linked library.

#[path = "../../tests/common/codes.rs"]
pub mod codes;
#[path = "../../tests/common/functions.rs"]
mod functions;
#[path = "../../tests/common/outcome.rs"]
mod outcome;
#[path = "../../tests/common/returns.rs"]
pub mod returns;
#[path = "../../tests/common/rows.rs"]
pub mod rows;
#[path = "../../tests/common/session.rs"]
#[allow(dead_code)]
mod session;
#[path = "../../tests/common/values.rs"]
mod values;

pub use cryptoki_sys::*;
pub use functions::{FUNCTIONS, call, loaded};
pub use outcome::*;
pub use session::Session;
pub use values::*;

use std::ptr;
use std::sync::OnceLock;

pub const SO_PIN: &str = "so-pin-7531";
pub const USER_PIN: &str = "user-pin-2468";

unsafe extern "C" {
    fn C_GetInterface(name: *mut u8, version: *mut CK_VERSION, place: *mut *mut CK_INTERFACE, flags: CK_FLAGS)
    -> CK_RV;
}

/// The library's own 3.2 list.
pub fn unchecked() -> &'static CK_FUNCTION_LIST_3_2 {
    // The library is linked for its symbols; this names it.
    use ferrotoken as _;
    static LIST: OnceLock<&'static CK_FUNCTION_LIST_3_2> = OnceLock::new();
    LIST.get_or_init(|| {
        let mut version = CK_VERSION { major: 3, minor: 2 };
        let mut interface = ptr::null_mut();
        // SAFETY: a name, a version, a place; the list lives as long as the library.
        unsafe {
            let name = c"PKCS 11".as_ptr().cast_mut().cast();
            assert_eq!(C_GetInterface(name, &mut version, &mut interface, 0), CKR_OK);
            &*(*interface).pFunctionList.cast()
        }
    })
}

/// The functions with their checks.
pub fn f() -> &'static CK_FUNCTION_LIST_3_2 {
    loaded()
}

/// Gives a configuration to the library, by a file of this process's own.
pub fn configure(text: &str) {
    let folder = folder();
    let file = folder.join("ferrotoken.toml");
    std::fs::write(&file, text).unwrap();
    // SAFETY: the fuzzer runs one input at a time, and nothing of the library is running.
    unsafe {
        std::env::set_var("XDG_CONFIG_HOME", "/nowhere");
        std::env::set_var("FERROTOKEN_CONF", file);
    }
}

/// A folder of this process's own.
pub fn folder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("ferrotoken-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn initialise() -> CK_RV {
    let mut args = CK_C_INITIALIZE_ARGS {
        CreateMutex: None,
        DestroyMutex: None,
        LockMutex: None,
        UnlockMutex: None,
        flags: CKF_OS_LOCKING_OK,
        pReserved: ptr::null_mut(),
    };
    // SAFETY: the structure that the function wants.
    let code = unsafe { loaded().C_Initialize.unwrap()(ptr::from_mut(&mut args).cast()) };
    returns::settle();
    code
}

pub fn finalise() -> CK_RV {
    // SAFETY: NULL is what the function wants.
    let code = unsafe { loaded().C_Finalize.unwrap()(ptr::null_mut()) };
    returns::settle();
    code
}

/// Opens a session.
pub fn open(slot: CK_SLOT_ID, flags: CK_FLAGS) -> Result<Session, CK_RV> {
    let mut handle = CK_INVALID_HANDLE;
    // SAFETY: a place for the handle; there is no callback.
    result(unsafe { f().C_OpenSession.unwrap()(slot, flags, ptr::null_mut(), None, &mut handle) })?;
    Ok(Session { handle, slot })
}
