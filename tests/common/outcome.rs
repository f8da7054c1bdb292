//! What comes of a call.

use super::{codes, returns};
use cryptoki_sys::{CK_RV, CKR_OK};

/// A return code as a result.
pub fn result(code: CK_RV) -> Result<(), CK_RV> {
    returns::settle();
    if code == CKR_OK { Ok(()) } else { Err(code) }
}

/// What the call gave; panics with the code's name if it failed.
#[track_caller]
pub fn ok<T>(result: Result<T, CK_RV>) -> T {
    match result {
        Ok(value) => value,
        Err(code) => panic!("refused with {}", codes::name(code)),
    }
}

/// Panics unless the call was refused with that code.
#[track_caller]
pub fn refused<T>(result: Result<T, CK_RV>, code: CK_RV) {
    match result {
        Ok(_) => panic!("accepted, not refused with {}", codes::name(code)),
        Err(other) if other != code => {
            panic!("refused with {}, not with {}", codes::name(other), codes::name(code))
        }
        Err(_) => {}
    }
}
