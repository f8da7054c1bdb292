//! `CK_OTP_PARAMS`: what is asked of a one-time password.

use super::{copied, counted};
use crate::error::Result;
use crate::mech::Params;
use cryptoki_sys::*;
use std::ptr;

/// There are eight types, and each makes sense once.
const MOST_PARAMS: CK_ULONG = 8;

/// # Safety
/// As [`super::read`].
pub(super) unsafe fn read(params: &CK_OTP_PARAMS) -> Result<Params> {
    let list: *const CK_OTP_PARAM = params.pParams;
    let mut read = Vec::new();
    for index in 0..counted(list, params.ulCount, MOST_PARAMS)? {
        // SAFETY: below the count; the caller says that the list is as long.
        let param = unsafe { ptr::read_unaligned(list.add(index)) };
        // SAFETY: as the caller says.
        read.push((param.type_, unsafe { copied(param.pValue.cast(), param.ulValueLen) }?));
    }
    Ok(Params::Otp(read))
}
