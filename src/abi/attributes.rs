//! `CK_ATTRIBUTE` arrays: read into templates, and filled with values.

use super::memory::bytes;
use crate::buffer;
use crate::error::{Error, Result};
use crate::names::Shown;
use crate::object::Object;
use crate::object::rules;
use crate::object::template::{Raw, Template, Value};
use cryptoki_sys::*;
use std::ptr;
use zeroize::Zeroizing;

/// The most attributes in one template. The standard has fewer than two hundred in all.
const MOST_ATTRIBUTES: CK_ULONG = 1024;

/// The most bytes in all values of one template: beyond it a length is a mistake, not a value.
const MOST_BYTES: CK_ULONG = 64 << 20;

/// The attributes whose value is a template. (`CKA_ALLOWED_MECHANISMS` has the array flag too, but is a list of numbers.)
const TEMPLATES: [CK_ATTRIBUTE_TYPE; 5] =
    [CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE, CKA_DECAPSULATE_TEMPLATE];

/// Copies a caller's template.
///
/// # Safety
/// `list` is NULL or points to `count` attributes, and each value that is not NULL to as many bytes as it says.
pub(super) unsafe fn read(list: *const CK_ATTRIBUTE, count: CK_ULONG) -> Result<Template> {
    // SAFETY: as the caller says.
    unsafe { read_level(list, count, true, &mut MOST_BYTES.clone()) }
}

/// `room` is how many bytes the values may still have.
unsafe fn read_level(
    list: *const CK_ATTRIBUTE,
    count: CK_ULONG,
    outermost: bool,
    room: &mut CK_ULONG,
) -> Result<Template> {
    if count > MOST_ATTRIBUTES || (list.is_null() && count > 0) {
        return Err(Error::ArgumentsBad);
    }
    let mut template = Template::with_capacity(count as usize);
    for index in 0..count as usize {
        // SAFETY: below `count`.
        let attribute = unsafe { ptr::read_unaligned(list.add(index)) };
        // SAFETY: as the caller says.
        template.push((attribute.type_, unsafe { read_value(&attribute, outermost, room) }?));
    }
    Ok(template)
}

unsafe fn read_value(attribute: &CK_ATTRIBUTE, outermost: bool, room: &mut CK_ULONG) -> Result<Raw> {
    let CK_ATTRIBUTE { type_, pValue, ulValueLen } = *attribute;
    if TEMPLATES.contains(&type_) {
        if !outermost {
            // The standard allows to refuse templates within templates (section 4.7, "Template Attributes").
            return Err(Error::TemplateInconsistent);
        }
        let size = size_of::<CK_ATTRIBUTE>() as CK_ULONG;
        if !ulValueLen.is_multiple_of(size) || (pValue.is_null() && ulValueLen > 0) {
            return Err(Error::AttributeValueInvalid);
        }
        // SAFETY: as the caller says.
        return Ok(Raw::Template(unsafe { read_level(pValue.cast(), ulValueLen / size, false, room) }?));
    }
    *room = room.checked_sub(ulValueLen).ok_or(Error::AttributeValueInvalid)?;
    // SAFETY: as the caller says.
    let value = unsafe { bytes(pValue.cast(), ulValueLen) }.ok_or(Error::AttributeValueInvalid)?;
    Ok(Raw::Bytes(Zeroizing::new(buffer::copied(value)?)))
}

/// The types of a template and the lengths of its values, for the log.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn show(list: *const CK_ATTRIBUTE, count: CK_ULONG) -> String {
    if list.is_null() || count > MOST_ATTRIBUTES {
        return format!("NULL[{count}]");
    }
    let shown = (0..count as usize).map(|index| {
        // SAFETY: below `count`.
        let attribute = unsafe { ptr::read_unaligned(list.add(index)) };
        let kind = Shown::attribute(attribute.type_);
        match attribute.ulValueLen {
            CK_UNAVAILABLE_INFORMATION => format!("{kind} unavailable"),
            length => format!("{kind}[{length}]"),
        }
    });
    format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
}

/// A template that asks for values.
pub(super) struct Asked {
    list: *mut CK_ATTRIBUTE,
    count: usize,
}

impl Asked {
    /// # Safety
    /// As [`read`], and everything may be written.
    pub(super) unsafe fn new(list: *mut CK_ATTRIBUTE, count: CK_ULONG) -> Result<Self> {
        if count > MOST_ATTRIBUTES || (list.is_null() && count > 0) {
            return Err(Error::ArgumentsBad);
        }
        Ok(Self { list, count: count as usize })
    }

    /// `C_GetAttributeValue`: fills what can be filled, and reports why not the rest (section 5.7.5): if several codes
    /// apply, the one that is a true error.
    pub(super) fn fill(self, object: &Object) -> Result<()> {
        let mut result = Ok(());
        for index in 0..self.count {
            // SAFETY: below the count that the caller gave.
            let place = unsafe { self.list.add(index) };
            // SAFETY: as above.
            let mut attribute = unsafe { ptr::read_unaligned(place) };
            let filled = match rules::reveal(&object.attributes, attribute.type_) {
                // SAFETY: as `new` was promised.
                Ok(value) => unsafe { fill_value(&mut attribute, value) },
                Err(error) => {
                    attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                    Err(error)
                }
            };
            if filled.is_err() && result != Err(Error::TemplateInconsistent) {
                result = filled;
            }
            // SAFETY: as above.
            unsafe { ptr::write_unaligned(place, attribute) };
        }
        result
    }
}

unsafe fn fill_value(attribute: &mut CK_ATTRIBUTE, value: &Value) -> Result<()> {
    match value {
        // SAFETY: as `Asked::new` was promised.
        Value::Template(template) => unsafe { fill_template(attribute, template) },
        // SAFETY: as above.
        _ => unsafe { fill_bytes(attribute, &value.to_bytes()) },
    }
}

/// Fills one attribute, or tells its length, or says by the length that there is no room.
unsafe fn fill_bytes(attribute: &mut CK_ATTRIBUTE, value: &[u8]) -> Result<()> {
    let length = value.len() as CK_ULONG;
    if !attribute.pValue.is_null() {
        if attribute.ulValueLen < length {
            attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: the caller says that `ulValueLen` bytes can be written, and these are not more; our memory and the
        // caller's do not overlap.
        unsafe { ptr::copy_nonoverlapping(value.as_ptr(), attribute.pValue.cast(), value.len()) };
    }
    attribute.ulValueLen = length;
    Ok(())
}

/// Fills an array of attributes (section 4.7, "Template Attributes"): the caller learns the number of elements first, then
/// their types and lengths, then their values.
///
/// `TemplateInconsistent` for an array that does not ask for elements of the template in one of the ways that the section
/// has; nothing in it is touched then. Elements without enough room are marked each by its own length.
unsafe fn fill_template(attribute: &mut CK_ATTRIBUTE, template: &Template) -> Result<()> {
    let size = size_of::<CK_ATTRIBUTE>() as CK_ULONG;
    if attribute.pValue.is_null() {
        attribute.ulValueLen = template.len() as CK_ULONG * size;
        return Ok(());
    }
    let length = attribute.ulValueLen;
    attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if length == 0 && !template.is_empty() {
        return Err(Error::BufferTooSmall);
    }
    let count = usize::try_from(length / size).ok().filter(|count| *count <= template.len());
    let (true, Some(count)) = (length.is_multiple_of(size), count) else { return Err(Error::TemplateInconsistent) };
    let list: *mut CK_ATTRIBUTE = attribute.pValue.cast();
    // SAFETY: the length that the caller gave covers `count` attributes.
    let types: Vec<_> = (0..count).map(|index| unsafe { ptr::read_unaligned(list.add(index)) }.type_).collect();
    let mut result = Ok(());
    for (index, (kind, raw)) in select(&types, template)?.into_iter().enumerate() {
        // Nothing else is in such a template: `read_value` refuses templates within.
        let Raw::Bytes(value) = raw else { return Err(Error::TemplateInconsistent) };
        // SAFETY: as above; there are as many elements as types.
        let place = unsafe { list.add(index) };
        // SAFETY: as above.
        let mut inner = unsafe { ptr::read_unaligned(place) };
        inner.type_ = *kind;
        // SAFETY: as `Asked::new` was promised.
        result = unsafe { fill_bytes(&mut inner, value) }.and(result);
        // SAFETY: as above.
        unsafe { ptr::write_unaligned(place, inner) };
    }
    attribute.ulValueLen = length;
    result
}

/// The elements that an array of these types asks for: all, if no type is known to the caller yet; else those that are
/// named, each once. Some may be left out, for a caller need not want all.
fn select<'a>(types: &[CK_ATTRIBUTE_TYPE], template: &'a Template) -> Result<Vec<&'a (CK_ATTRIBUTE_TYPE, Raw)>> {
    if types.len() == template.len() && types.iter().all(|kind| *kind == CK_UNAVAILABLE_INFORMATION) {
        return Ok(template.iter().collect());
    }
    let named = |(index, kind)| {
        let again = types.iter().take(index).any(|earlier| earlier == kind);
        template.iter().find(|(own, _)| own == kind && !again).ok_or(Error::TemplateInconsistent)
    };
    types.iter().enumerate().map(named).collect()
}
