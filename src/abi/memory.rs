//! What is at a caller's pointers, read once and however it is aligned.

use cryptoki_sys::*;
use std::ptr;
use std::slice;

/// Bytes at a pointer; `None` for NULL with a length, or for more than any memory can hold.
///
/// # Safety
/// If `pointer` is not NULL, `length` bytes can be read there for as long as the call lasts.
pub(super) unsafe fn bytes<'a>(pointer: *const u8, length: CK_ULONG) -> Option<&'a [u8]> {
    let length = usize::try_from(length).ok().filter(|length| isize::try_from(*length).is_ok())?;
    if length == 0 {
        return Some(&[]);
    }
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL, of a possible length, and the caller says that it is there.
    Some(unsafe { slice::from_raw_parts(pointer, length) })
}

/// A structure at a pointer, however aligned; `None` for NULL.
///
/// # Safety
/// If `pointer` is not NULL, a `T` can be read there.
pub(super) unsafe fn read<T: Copy>(pointer: *const T) -> Option<T> {
    // SAFETY: as the caller says.
    (!pointer.is_null()).then(|| unsafe { ptr::read_unaligned(pointer) })
}

/// Compares a string that ends with NUL with ours, up to the first byte that differs: what comes after it in the caller's
/// memory is not read.
///
/// # Safety
/// `text` must point to a string that ends with NUL.
pub(super) unsafe fn same_string(text: *const CK_UTF8CHAR, ours: &[u8]) -> bool {
    let ours = ours.iter().chain(&[0]);
    // SAFETY: a byte is read only if all bytes before it are those of ours, so that the string has not ended.
    ours.enumerate().all(|(index, byte)| unsafe { *text.add(index) } == *byte)
}
