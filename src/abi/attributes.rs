//! `CK_ATTRIBUTE` arrays: read into templates, and filled with values.

use super::args::{bytes, read as read_struct};
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

/// The longest value: beyond it a length is a mistake, not a value.
const LONGEST_VALUE: CK_ULONG = 64 << 20;

/// The attributes whose value is a template. (`CKA_ALLOWED_MECHANISMS` has the array flag too, but is a list of numbers.)
const TEMPLATES: [CK_ATTRIBUTE_TYPE; 5] =
    [CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE, CKA_DECAPSULATE_TEMPLATE];

/// Copies a caller's template.
///
/// # Safety
/// `list` is NULL or points to `count` attributes, and each value that is not NULL to as many bytes as it says.
pub(super) unsafe fn read(list: *const CK_ATTRIBUTE, count: CK_ULONG) -> Result<Template> {
    // SAFETY: as the caller says.
    unsafe { read_level(list, count, true) }
}

unsafe fn read_level(list: *const CK_ATTRIBUTE, count: CK_ULONG, outermost: bool) -> Result<Template> {
    if count > MOST_ATTRIBUTES || (list.is_null() && count > 0) {
        return Err(Error::ArgumentsBad);
    }
    let mut template = Template::with_capacity(count as usize);
    for index in 0..count as usize {
        // SAFETY: below `count`.
        let attribute = unsafe { ptr::read_unaligned(list.add(index)) };
        // SAFETY: as the caller says.
        template.push((attribute.type_, unsafe { read_value(&attribute, outermost) }?));
    }
    Ok(template)
}

unsafe fn read_value(attribute: &CK_ATTRIBUTE, outermost: bool) -> Result<Raw> {
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
        return Ok(Raw::Template(unsafe { read_level(pValue.cast(), ulValueLen / size, false) }?));
    }
    if ulValueLen > LONGEST_VALUE {
        return Err(Error::AttributeValueInvalid);
    }
    // SAFETY: as the caller says.
    let value = unsafe { bytes(pValue.cast(), ulValueLen) }.ok_or(Error::AttributeValueInvalid)?;
    Ok(Raw::Bytes(Zeroizing::new(value.to_vec())))
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

    /// `C_GetAttributeValue`: fills what can be filled, and reports the worst of the rest (section 5.7.5).
    pub(super) fn fill(self, object: &Object) -> Result<()> {
        let mut result = Ok(());
        for index in 0..self.count {
            // SAFETY: below the count that the caller gave.
            let place = unsafe { self.list.add(index) };
            // SAFETY: as above.
            let mut attribute = unsafe { ptr::read_unaligned(place) };
            let filled = rules::reveal(&object.attributes, attribute.type_)
                // SAFETY: as `new` was promised.
                .and_then(|value| unsafe { fill_value(&mut attribute, value) });
            if let Err(error) = filled {
                attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                result = Err(error);
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

unsafe fn fill_bytes(attribute: &mut CK_ATTRIBUTE, value: &[u8]) -> Result<()> {
    let length = value.len() as CK_ULONG;
    if !attribute.pValue.is_null() {
        if attribute.ulValueLen < length {
            return Err(Error::BufferTooSmall);
        }
        // SAFETY: the caller says that `ulValueLen` bytes can be written, and these are not more; our memory and the
        // caller's do not overlap.
        unsafe { ptr::copy_nonoverlapping(value.as_ptr(), attribute.pValue.cast(), value.len()) };
    }
    attribute.ulValueLen = length;
    Ok(())
}

/// A template within a template: its types are always told, its values where there is room.
unsafe fn fill_template(attribute: &mut CK_ATTRIBUTE, template: &Template) -> Result<()> {
    let needed = (template.len() * size_of::<CK_ATTRIBUTE>()) as CK_ULONG;
    let mut result = Ok(());
    if !attribute.pValue.is_null() {
        if attribute.ulValueLen < needed {
            return Err(Error::BufferTooSmall);
        }
        let list: *mut CK_ATTRIBUTE = attribute.pValue.cast();
        for (index, (kind, raw)) in template.iter().enumerate() {
            // SAFETY: the length that the caller gave covers all of them.
            let place = unsafe { list.add(index) };
            // SAFETY: as above.
            let Some(mut inner) = (unsafe { read_struct(place) }) else { continue };
            inner.type_ = *kind;
            let Raw::Bytes(value) = raw else { continue };
            // SAFETY: as `Asked::new` was promised.
            if let Err(error) = unsafe { fill_bytes(&mut inner, value) } {
                inner.ulValueLen = CK_UNAVAILABLE_INFORMATION;
                result = Err(error);
            }
            // SAFETY: as above.
            unsafe { ptr::write_unaligned(place, inner) };
        }
    }
    if result.is_ok() {
        attribute.ulValueLen = needed;
    }
    result
}
