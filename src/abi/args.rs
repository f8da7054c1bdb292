//! The kinds of argument: which raw words each takes, how they are checked, and how they look in the log.
//!
//! Each kind has `take`, which makes the safe value, and `show`, which never shows what is in a buffer.

use super::memory::{bytes, read};
use super::{attributes, params};
use crate::buffer;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::mech;
use crate::names::Shown;
use crate::object::template::Template as Attributes;
use crate::output::Output as Convention;
use crate::session::{Asked, Session as Live};
use crate::token::Token as Inserted;
use cryptoki_sys::*;
use std::ptr;
use std::slice;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A session handle.
pub(super) struct Session;

impl Session {
    /// `OperationActive` while a function is pending in it.
    pub(super) unsafe fn take(library: &Library, handle: CK_SESSION_HANDLE) -> Result<Arc<Live>> {
        let session = library.session(handle)?;
        if session.is_busy() { Err(Error::OperationActive) } else { Ok(session) }
    }

    pub(super) unsafe fn show(handle: CK_SESSION_HANDLE) -> String {
        handle.to_string()
    }
}

/// A slot's number, for the token in it.
pub(super) struct Slot;

impl Slot {
    pub(super) unsafe fn take(library: &Library, slot: CK_SLOT_ID) -> Result<Arc<Inserted>> {
        library.token(slot)
    }

    pub(super) unsafe fn show(slot: CK_SLOT_ID) -> String {
        slot.to_string()
    }
}

/// A number, a flag, or the handle of an object.
pub(super) struct Number;

impl Number {
    pub(super) unsafe fn take<T>(_: &Library, number: T) -> Result<T> {
        Ok(number)
    }

    pub(super) unsafe fn show(number: impl Into<u64>) -> String {
        format!("{:#x}", number.into())
    }
}

/// A pointer that may be anything and is not used.
pub(super) struct Unused;

impl Unused {
    pub(super) unsafe fn take<T>(_: &Library, _: T) -> Result<()> {
        Ok(())
    }

    pub(super) unsafe fn show<T>(_: T) -> String {
        "_".into()
    }
}

/// A pointer that must be NULL.
pub(super) struct Reserved;

impl Reserved {
    pub(super) unsafe fn take(_: &Library, pointer: CK_VOID_PTR) -> Result<()> {
        if pointer.is_null() { Ok(()) } else { Err(Error::ArgumentsBad) }
    }

    pub(super) unsafe fn show(pointer: CK_VOID_PTR) -> String {
        shown_pointer(pointer)
    }
}

/// Bytes to read. NULL is fine if there are none.
pub(super) struct Input;

impl Input {
    pub(super) unsafe fn take<'a>(_: &Library, pointer: *const u8, length: CK_ULONG) -> Result<&'a [u8]> {
        // SAFETY: the caller says that so much memory is there.
        unsafe { bytes(pointer, length) }.ok_or(Error::ArgumentsBad)
    }

    pub(super) unsafe fn show(pointer: *const u8, length: CK_ULONG) -> String {
        if pointer.is_null() { format!("NULL[{length}]") } else { format!("[{length}]") }
    }
}

/// The label of `C_InitToken`: 32 bytes, padded with blanks.
pub(super) struct Label;

impl Label {
    pub(super) unsafe fn take(_: &Library, pointer: *const u8) -> Result<[u8; 32]> {
        // SAFETY: the standard says that 32 bytes are there.
        unsafe { bytes(pointer, 32) }.and_then(|label| label.try_into().ok()).ok_or(Error::ArgumentsBad)
    }

    pub(super) unsafe fn show(pointer: *const u8) -> String {
        // SAFETY: as in `take`.
        match unsafe { bytes(pointer, 32) } {
            Some(label) => format!("{:?}", String::from_utf8_lossy(label).trim_end()),
            None => "NULL".into(),
        }
    }
}

/// Bytes to fill, all of them.
pub(super) struct Fill;

impl Fill {
    pub(super) unsafe fn take<'a>(_: &Library, pointer: *mut u8, length: CK_ULONG) -> Result<&'a mut [u8]> {
        let length = usize::try_from(length).ok().filter(|length| isize::try_from(*length).is_ok());
        match (pointer.is_null(), length) {
            (_, Some(0)) => Ok(&mut []),
            // SAFETY: the caller says that so much memory is there, and it is not longer than any memory can be.
            (false, Some(length)) => Ok(unsafe { slice::from_raw_parts_mut(pointer, length) }),
            _ => Err(Error::ArgumentsBad),
        }
    }

    pub(super) unsafe fn show(pointer: *mut u8, length: CK_ULONG) -> String {
        // SAFETY: nothing is read.
        unsafe { Input::show(pointer, length) }
    }
}

/// A buffer and the place of its length, under the standard's output convention.
pub(super) struct Output;

impl Output {
    pub(super) unsafe fn take<'a>(_: &Library, buffer: *mut u8, length: *mut CK_ULONG) -> Result<Convention<'a>> {
        // SAFETY: as the caller says.
        unsafe { output(buffer, length) }
    }

    pub(super) unsafe fn show(buffer: *mut u8, length: *mut CK_ULONG) -> String {
        // SAFETY: the length is read only if there is one.
        match (buffer.is_null(), unsafe { read(length) }) {
            (_, None) => "length NULL".into(),
            (true, Some(_)) => "NULL".into(),
            // After the call the length is what was written, or what is needed.
            (false, Some(length)) => format!("[{length}]"),
        }
    }
}

/// Input and output that may be the same memory: encryption in place is common in C.
///
/// Where they overlap, the input is copied first, so that everything further down sees two separate slices.
pub(super) struct InOut;

/// The input of [`InOut`].
pub(super) enum Source<'a> {
    Apart(&'a [u8]),
    Copied(Zeroizing<Vec<u8>>),
}

impl Source<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Apart(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

impl InOut {
    pub(super) unsafe fn take<'a>(
        library: &Library,
        pointer: *const u8,
        size: CK_ULONG,
        buffer: *mut u8,
        length: *mut CK_ULONG,
    ) -> Result<(Source<'a>, Convention<'a>)> {
        // SAFETY: as the caller says.
        let input = unsafe { Input::take(library, pointer, size) }?;
        // SAFETY: as the caller says; a missing length is refused before anything is written through `output`.
        let room = unsafe { read(length) }.ok_or(Error::ArgumentsBad)?;
        let meets = !buffer.is_null() && overlap(input, buffer, room);
        let source = if meets || overlap(input, length.cast(), size_of::<CK_ULONG>() as CK_ULONG) {
            Source::Copied(Zeroizing::new(buffer::copied(input)?))
        } else {
            Source::Apart(input)
        };
        // SAFETY: as the caller says; the input borrowed above does not overlap the buffer.
        Ok((source, unsafe { output(buffer, length) }?))
    }

    pub(super) unsafe fn show(pointer: *const u8, size: CK_ULONG, buffer: *mut u8, length: *mut CK_ULONG) -> String {
        // SAFETY: as those of the halves.
        unsafe { format!("{}, {}", Input::show(pointer, size), Output::show(buffer, length)) }
    }
}

/// A place for one result.
pub(super) struct Place<T>(*mut T);

impl<T> Place<T> {
    pub(super) unsafe fn take(_: &Library, pointer: *mut T) -> Result<Self> {
        if pointer.is_null() { Err(Error::ArgumentsBad) } else { Ok(Self(pointer)) }
    }

    pub(super) unsafe fn show(pointer: *mut T) -> String {
        shown_pointer(pointer)
    }

    pub(super) fn set(self, value: T) {
        // SAFETY: not NULL, and the caller says that there is room; alignment is not relied on.
        unsafe { ptr::write_unaligned(self.0, value) };
    }
}

/// An output, and the place of the handle that comes with it: who asks only for the length needs none.
pub(super) struct OutputAndPlace;

impl OutputAndPlace {
    pub(super) unsafe fn take<'a, T>(
        library: &Library,
        buffer: *mut u8,
        length: *mut CK_ULONG,
        pointer: *mut T,
    ) -> Result<(Convention<'a>, Option<Place<T>>)> {
        // SAFETY: as the caller says.
        let output = unsafe { output(buffer, length) }?;
        // SAFETY: as the caller says.
        let place = if buffer.is_null() { None } else { Some(unsafe { Place::take(library, pointer) }?) };
        Ok((output, place))
    }

    pub(super) unsafe fn show<T>(buffer: *mut u8, length: *mut CK_ULONG, _: *mut T) -> String {
        // SAFETY: as that of the output.
        unsafe { Output::show(buffer, length) }
    }
}

/// A list and the place of its count: NULL asks for the count (sections 5.5 and 5.4).
pub(super) struct List<T> {
    list: *mut T,
    count: *mut CK_ULONG,
}

impl<T: Copy> List<T> {
    pub(super) unsafe fn take(_: &Library, list: *mut T, count: *mut CK_ULONG) -> Result<Self> {
        if count.is_null() { Err(Error::ArgumentsBad) } else { Ok(Self { list, count }) }
    }

    pub(super) unsafe fn show(list: *mut T, _: *mut CK_ULONG) -> String {
        shown_pointer(list)
    }

    /// Whether only the number of items is asked for.
    pub(super) fn is_query(&self) -> bool {
        self.list.is_null()
    }

    pub(super) fn put(self, items: &[T]) -> Result<()> {
        let needed = items.len() as CK_ULONG;
        // SAFETY: the count is not NULL, and the caller says that it can be read and written.
        let room = unsafe { ptr::replace(self.count.cast::<[u8; size_of::<CK_ULONG>()]>(), needed.to_ne_bytes()) };
        if self.list.is_null() {
            return Ok(());
        }
        if CK_ULONG::from_ne_bytes(room) < needed {
            return Err(Error::BufferTooSmall);
        }
        for (index, item) in items.iter().enumerate() {
            // SAFETY: the caller says that there is room for as many items as the count said, and `index` is below it.
            unsafe { ptr::write_unaligned(self.list.add(index), *item) };
        }
        Ok(())
    }
}

/// The handles of `C_FindObjects`: a list, its room, and the place of the count.
pub(super) struct Handles {
    list: *mut CK_OBJECT_HANDLE,
    pub(super) room: usize,
    count: *mut CK_ULONG,
}

impl Handles {
    pub(super) unsafe fn take(
        _: &Library,
        list: *mut CK_OBJECT_HANDLE,
        room: CK_ULONG,
        count: *mut CK_ULONG,
    ) -> Result<Self> {
        if count.is_null() || (list.is_null() && room > 0) {
            return Err(Error::ArgumentsBad);
        }
        Ok(Self { list, room: usize::try_from(room).unwrap_or(usize::MAX), count })
    }

    pub(super) unsafe fn show(_: *mut CK_OBJECT_HANDLE, room: CK_ULONG, _: *mut CK_ULONG) -> String {
        format!("up to {room}")
    }

    pub(super) fn put(self, handles: &[CK_OBJECT_HANDLE]) {
        for (index, handle) in handles.iter().take(self.room).enumerate() {
            // SAFETY: the caller says that there is room for `room` handles.
            unsafe { ptr::write_unaligned(self.list.add(index), *handle) };
        }
        // SAFETY: not NULL.
        unsafe { ptr::write_unaligned(self.count, handles.len() as CK_ULONG) };
    }
}

/// A template to read.
pub(super) struct Template;

impl Template {
    pub(super) unsafe fn take(_: &Library, list: *const CK_ATTRIBUTE, count: CK_ULONG) -> Result<Attributes> {
        // SAFETY: as the caller says.
        unsafe { attributes::read(list, count) }
    }

    pub(super) unsafe fn show(list: *const CK_ATTRIBUTE, count: CK_ULONG) -> String {
        // SAFETY: as the caller says.
        unsafe { attributes::show(list, count) }
    }
}

/// A template to search by.
pub(super) struct Criteria;

impl Criteria {
    pub(super) unsafe fn take(_: &Library, list: *const CK_ATTRIBUTE, count: CK_ULONG) -> Result<Attributes> {
        // A template within a template: nothing is made here with which it could be inconsistent, and the standard does not have that
        // code for searches.
        // SAFETY: as the caller says.
        unsafe { attributes::read(list, count) }.map_err(|error| match error {
            Error::TemplateInconsistent => Error::AttributeValueInvalid,
            other => other,
        })
    }

    pub(super) unsafe fn show(list: *const CK_ATTRIBUTE, count: CK_ULONG) -> String {
        // SAFETY: as the caller says.
        unsafe { attributes::show(list, count) }
    }
}

/// A template to fill.
pub(super) struct Asking;

impl Asking {
    pub(super) unsafe fn take(_: &Library, list: *mut CK_ATTRIBUTE, count: CK_ULONG) -> Result<attributes::Asked> {
        // SAFETY: as the caller says.
        unsafe { attributes::Asked::new(list, count) }
    }

    pub(super) unsafe fn show(list: *mut CK_ATTRIBUTE, count: CK_ULONG) -> String {
        // SAFETY: as the caller says.
        unsafe { attributes::show(list, count) }
    }
}

/// A mechanism, or NULL where that ends an operation.
pub(super) struct MaybeMechanism;

impl MaybeMechanism {
    pub(super) unsafe fn take(_: &Library, pointer: *const CK_MECHANISM) -> Result<Option<Asked>> {
        // SAFETY: as the caller says.
        let Some(asked) = (unsafe { read(pointer) }) else { return Ok(None) };
        let mechanism = mech::find(asked.mechanism).ok_or(Error::MechanismInvalid)?;
        // SAFETY: as the caller says.
        let params = unsafe { params::read(mechanism.shape, asked.pParameter, asked.ulParameterLen) }?;
        Ok(Some(Asked { mechanism, params }))
    }

    pub(super) unsafe fn show(pointer: *const CK_MECHANISM) -> String {
        // SAFETY: as the caller says.
        match unsafe { read(pointer) } {
            // On Windows the structure is packed, and gives no references to what is in it.
            Some(asked) => format!("{}[{}]", Shown::mechanism(asked.mechanism), { asked.ulParameterLen }),
            None => "NULL".into(),
        }
    }
}

/// A mechanism that must be there.
pub(super) struct Mechanism;

impl Mechanism {
    pub(super) unsafe fn take(library: &Library, pointer: *const CK_MECHANISM) -> Result<Asked> {
        // SAFETY: as the caller says.
        unsafe { MaybeMechanism::take(library, pointer) }?.ok_or(Error::ArgumentsBad)
    }

    pub(super) unsafe fn show(pointer: *const CK_MECHANISM) -> String {
        // SAFETY: as the caller says.
        unsafe { MaybeMechanism::show(pointer) }
    }
}

unsafe fn output<'a>(buffer: *mut u8, length: *mut CK_ULONG) -> Result<Convention<'a>> {
    // SAFETY: as the caller says.
    let room = unsafe { read(length) }.ok_or(Error::ArgumentsBad)?;
    // SAFETY: not NULL, and as bytes it has no alignment.
    let length = unsafe { &mut *length.cast::<[u8; size_of::<CK_ULONG>()]>() };
    let buffer = (!buffer.is_null()).then(|| {
        // A caller who claims more than there can be is believed as far as memory goes; no more is written than is
        // needed. What is written does not reach the place of its own length.
        let (start, place) = (buffer as usize, length.as_ptr() as usize);
        let free = match place.checked_sub(start) {
            Some(before) => before,
            None if start < place.saturating_add(length.len()) => 0,
            None => usize::MAX - start,
        };
        let most = free.min(isize::MAX as usize);
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(most);
        // SAFETY: the caller says that so much memory is there.
        unsafe { slice::from_raw_parts_mut(buffer, room) }
    });
    Ok(Convention::new(buffer, length))
}

fn overlap(input: &[u8], buffer: *mut u8, room: CK_ULONG) -> bool {
    let start = input.as_ptr() as usize;
    let end = start.saturating_add(input.len());
    let other = buffer as usize;
    start < other.saturating_add(usize::try_from(room).unwrap_or(usize::MAX)) && other < end
}

fn shown_pointer<T>(pointer: *mut T) -> String {
    if pointer.is_null() { "NULL".into() } else { "*".into() }
}
