//! How often a call asks for memory, once everything has been used: each time costs as much as hashing a block.
//!
//! This program brings its own `malloc`, which counts and passes on. So it sees the library's calls and AWS-LC's alike.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod common;

use common::*;
use std::cell::Cell;
use std::ffi::{c_int, c_void};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(memory: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
}

fn count() {
    COUNT.set(COUNT.get() + 1);
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut c_void {
    count();
    // SAFETY: what the system's own does.
    unsafe { __libc_malloc(size) }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(number: usize, size: usize) -> *mut c_void {
    count();
    // SAFETY: as above.
    unsafe { __libc_calloc(number, size) }
}

/// # Safety
/// As the system's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(memory: *mut c_void, size: usize) -> *mut c_void {
    count();
    // SAFETY: as above.
    unsafe { __libc_realloc(memory, size) }
}

/// # Safety
/// As the system's.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(to: *mut *mut c_void, alignment: usize, size: usize) -> c_int {
    count();
    // SAFETY: as above; the place for the result is the caller's.
    unsafe { *to = __libc_memalign(alignment, size) };
    0
}

const CALLS: u64 = 50;

/// How many times memory is asked for in one of many calls.
fn each(mut call: impl FnMut() -> CK_RV) -> u64 {
    for _ in 0..20 {
        assert_eq!(call(), CKR_OK);
    }
    let before = COUNT.get();
    for _ in 0..CALLS {
        assert_eq!(call(), CKR_OK);
    }
    (COUNT.get() - before).div_ceil(CALLS)
}

#[test]
fn a_call_asks_for_no_more_memory_than_its_operation_needs() {
    let token = token();
    let session = token.user();
    let (f, handle) = (unchecked(), session.handle);
    let secret = |kind, usage| {
        let template = [class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, [7; 32]), yes(usage)];
        ok(session.create(&template))
    };
    let (aes, hmac) = (secret(CKK_AES, CKA_ENCRYPT), secret(CKK_GENERIC_SECRET, CKA_SIGN));
    let (mut data, mut out) = ([5u8; 16], [0u8; 512]);
    let mut info = CK_SESSION_INFO { slotID: 0, state: 0, flags: 0, ulDeviceError: 0 };
    let mut found = Vec::new();

    // SAFETY: a session and a place for its information.
    found.push(("session info", each(|| unsafe { f.C_GetSessionInfo.unwrap()(handle, &mut info) })));
    // SAFETY: a session and a buffer.
    found.push(("random numbers", each(|| unsafe { f.C_GenerateRandom.unwrap()(handle, out.as_mut_ptr(), 32) })));
    let mut digest = |kind| {
        let mut mechanism = mech(kind).raw();
        each(|| {
            let mut length = 64;
            // SAFETY: a session, a mechanism, and buffers with their lengths.
            unsafe {
                assert_eq!(f.C_DigestInit.unwrap()(handle, &mut mechanism), CKR_OK);
                f.C_Digest.unwrap()(handle, data.as_mut_ptr(), 16, out.as_mut_ptr(), &mut length)
            }
        })
    };
    found.push(("SHA-256", digest(CKM_SHA256)));
    found.push(("SHA-512", digest(CKM_SHA512)));
    let parameter = gcm_params(&[9; 12]);
    for (name, mechanism) in [
        ("AES-GCM", mech_params(CKM_AES_GCM, &parameter)),
        ("AES-CBC", mech_bytes(CKM_AES_CBC, &[9; 16])),
        ("AES-ECB", mech(CKM_AES_ECB)),
    ] {
        let mut mechanism = mechanism.raw();
        let encrypted = each(|| {
            let mut length = 64;
            // SAFETY: a session, a mechanism, a key, and buffers with their lengths.
            unsafe {
                assert_eq!(f.C_EncryptInit.unwrap()(handle, &mut mechanism, aes), CKR_OK);
                f.C_Encrypt.unwrap()(handle, data.as_mut_ptr(), 16, out.as_mut_ptr(), &mut length)
            }
        });
        found.push((name, encrypted));
    }
    let mut mechanism = mech(CKM_SHA256_HMAC).raw();
    let signed = each(|| {
        let mut length = 64;
        // SAFETY: a session, a mechanism, a key, and buffers with their lengths.
        unsafe {
            assert_eq!(f.C_SignInit.unwrap()(handle, &mut mechanism, hmac), CKR_OK);
            f.C_Sign.unwrap()(handle, data.as_mut_ptr(), 16, out.as_mut_ptr(), &mut length)
        }
    });
    found.push(("HMAC", signed));
    // What must ask for memory, so that it is known that asking is counted.
    let made = each(|| {
        let key = secret(CKK_AES, CKA_ENCRYPT);
        session.destroy(key).map_or_else(|code| code, |()| CKR_OK)
    });
    assert!(made > 3);
    // An operation lies in memory of its own; parameters and contexts of AWS-LC's come to it.
    let expected = [
        ("session info", 0),
        ("random numbers", 0),
        ("SHA-256", 1),
        ("SHA-512", 1),
        ("AES-GCM", 4),
        ("AES-CBC", 2),
        ("AES-ECB", 1),
        ("HMAC", 3),
    ];
    assert_eq!(found, expected);
}
