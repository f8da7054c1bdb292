//! The built library, loaded once as any client would, behind a function list that checks every return code.

use cryptoki_sys::*;
use std::path::PathBuf;
use std::ptr;
use std::sync::OnceLock;

/// Where the built library lies. Beside the test program: `cargo test` builds it there, and does not renew the copy
/// that `cargo build` puts one folder higher.
pub fn library_path() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let name = format!("{}ferrotoken{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    program.with_file_name(name)
}

/// The loaded library.
pub fn library() -> &'static libloading::Library {
    static LIBRARY: OnceLock<libloading::Library> = OnceLock::new();
    // SAFETY: the library is ours.
    LIBRARY.get_or_init(|| unsafe { libloading::Library::new(library_path()) }.expect("cargo builds the library first"))
}

type GetInterface = unsafe extern "C" fn(*mut u8, *mut CK_VERSION, *mut *mut CK_INTERFACE, CK_FLAGS) -> CK_RV;

#[cfg(not(miri))]
fn get_interface() -> GetInterface {
    // SAFETY: the symbol has this type.
    *unsafe { library().get::<GetInterface>(b"C_GetInterface\0") }.expect("C_GetInterface is exported")
}

/// Miri loads no libraries: there it is linked.
#[cfg(miri)]
fn get_interface() -> GetInterface {
    use ferrotoken as _;
    unsafe extern "C" {
        fn C_GetInterface(_: *mut u8, _: *mut CK_VERSION, _: *mut *mut CK_INTERFACE, _: CK_FLAGS) -> CK_RV;
    }
    C_GetInterface
}

/// The library's own 3.2 list, as `C_GetInterface` gives it.
pub fn unchecked() -> &'static CK_FUNCTION_LIST_3_2 {
    static LIST: OnceLock<&'static CK_FUNCTION_LIST_3_2> = OnceLock::new();
    LIST.get_or_init(|| {
        let mut version = CK_VERSION { major: 3, minor: 2 };
        let mut interface = ptr::null_mut();
        // SAFETY: the symbol has this type, and the list that it gives lives as long as the library.
        unsafe {
            let get = get_interface();
            let name = c"PKCS 11".as_ptr().cast_mut().cast();
            assert_eq!(get(name, &mut version, &mut interface, 0), CKR_OK);
            &*(*interface).pFunctionList.cast()
        }
    })
}
