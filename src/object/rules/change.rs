//! Changing and copying objects (sections 4.1.2 and 4.1.3).

use super::{find_row, refuse_contradictions, rows_of, unique_id};
use crate::error::{Error, Result};
use crate::object::class::{self, Row};
use crate::object::template::{Attributes, Read, Template, Value};
use cryptoki_sys::*;

/// What is done to an existing object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `C_SetAttributeValue`.
    Set,
    /// `C_CopyObject`.
    Copy,
}

/// The attributes of a changed object or of a copy. A refused change leaves nothing behind: the original is not touched.
pub fn change(original: &Attributes, template: &Template, change: Change, so: bool) -> Result<Attributes> {
    let permitted = if change == Change::Set { CKA_MODIFIABLE } else { CKA_COPYABLE };
    if !original.bool(permitted) {
        return Err(Error::ActionProhibited);
    }
    refuse_contradictions(template)?;
    let rows = rows_of(original).ok_or(Error::GeneralError)?;
    let mut attributes = original.clone();
    for (attribute, raw) in template {
        let row = find_row(&rows, *attribute)?;
        let value = Value::parse(row.kind, raw)?;
        admit_change(original, row, &value, change, so)?;
        attributes.insert(*attribute, value);
    }
    if attributes.bool(CKA_ALWAYS_AUTHENTICATE) && !attributes.bool(CKA_PRIVATE) {
        return Err(Error::TemplateInconsistent);
    }
    if change == Change::Copy {
        attributes.insert(CKA_UNIQUE_ID, unique_id()?);
        if !so && attributes.contains_key(&CKA_TRUSTED) {
            // Trust is the SO's to give: it does not come with a copy.
            attributes.insert(CKA_TRUSTED, Value::Bool(false));
        }
    }
    Ok(attributes)
}

/// Whether one attribute may become this value.
fn admit_change(original: &Attributes, row: &Row, value: &Value, change: Change, so: bool) -> Result<()> {
    let current = original.get(&row.attribute);
    let unchanged = current == Some(value);
    if change == Change::Copy && unchanged {
        return Ok(());
    }
    if row.has(class::SO_ONLY) {
        return if so { Ok(()) } else { Err(Error::AttributeReadOnly) };
    }
    // A trusted certificate cannot be modified (section 4.6.2).
    let trusted_certificate =
        change == Change::Set && original.contains_key(&CKA_CERTIFICATE_TYPE) && original.bool(CKA_TRUSTED);
    // `C_SetAttributeValue` may destroy a check value, and nothing else (section 4.10).
    let erased_check_value = row.attribute == CKA_CHECK_VALUE && *value == Value::bytes([]);
    let open =
        row.has(class::MODIFIABLE) || (change == Change::Copy && row.has(class::COPY_ONLY)) || erased_check_value;
    if !open || (trusted_certificate && !so) {
        return Err(Error::AttributeReadOnly);
    }
    // A copy of an object that may not be modified must not undo that in passing.
    if change == Change::Copy
        && row.has(class::MODIFIABLE)
        && !original.bool(CKA_MODIFIABLE)
        && row.attribute != CKA_LABEL
    {
        return Err(Error::ActionProhibited);
    }
    let stuck = match current {
        Some(Value::Bool(true)) => row.has(class::STAYS_TRUE),
        Some(Value::Bool(false)) => row.has(class::STAYS_FALSE),
        _ => false,
    };
    if stuck && !unchanged {
        // A private object cannot be made public by copying: the template contradicts the object.
        return Err(if row.attribute == CKA_PRIVATE { Error::TemplateInconsistent } else { Error::AttributeReadOnly });
    }
    // A private key's public half is computed from it: another one would be wrong (section 4.9).
    if row.attribute == CKA_PUBLIC_KEY_INFO && !unchanged && *value != Value::bytes([]) {
        return Err(Error::AttributeValueInvalid);
    }
    Ok(())
}
