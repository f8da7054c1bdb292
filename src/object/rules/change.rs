//! Changing and copying objects (sections 4.1.2 and 4.1.3).

use super::complete::complete_trust;
use super::{find_row, refuse_contradictions, rows_of, typed, unique_id};
use crate::error::{Error, Result};
use crate::key;
use crate::object::row::{self, Row};
use crate::object::template::{Attributes, Read, Template, Value, is_secret_key};
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
        let value = typed(row, raw)?;
        admit_change(original, row, &value, change, so)?;
        if is_erased_check_value(original, row, &value) {
            attributes.remove(attribute);
        } else {
            attributes.insert(*attribute, value);
        }
    }
    if attributes.bool(CKA_ALWAYS_AUTHENTICATE) && !attributes.bool(CKA_PRIVATE) {
        return Err(Error::TemplateInconsistent);
    }
    if attributes.ulong(CKA_CLASS) == Some(CKO_TRUST) {
        complete_trust(&attributes).map_err(|error| match error {
            // The new values are not less than all, but they do not go with the others.
            Error::TemplateIncomplete => Error::TemplateInconsistent,
            other => other,
        })?;
    }
    if change == Change::Copy {
        attributes.insert(CKA_UNIQUE_ID, unique_id()?);
        if !so && original.bool(CKA_TRUSTED) {
            distrust(&mut attributes, template)?;
        }
    }
    Ok(attributes)
}

/// Trust is the SO's to give: it does not come with a user's copy. But what a trusted key may not do, its copy may not
/// learn later: it cannot be modified.
fn distrust(copy: &mut Attributes, template: &Template) -> Result<()> {
    copy.insert(CKA_TRUSTED, Value::Bool(false));
    if copy.contains_key(&CKA_KEY_TYPE) {
        if template.iter().any(|(attribute, _)| *attribute == CKA_MODIFIABLE) && copy.bool(CKA_MODIFIABLE) {
            return Err(Error::AttributeReadOnly);
        }
        copy.insert(CKA_MODIFIABLE, Value::Bool(false));
    }
    Ok(())
}

/// Whether one attribute may become this value.
fn admit_change(original: &Attributes, row: &Row, value: &Value, change: Change, so: bool) -> Result<()> {
    let current = original.get(&row.attribute);
    let unchanged = current == Some(value);
    if row.has(row::SO_ONLY) {
        // A user's copy is not trusted, whatever the original is: to say so changes nothing.
        let plain = change == Change::Copy && *value == Value::Bool(false);
        return if so || plain { Ok(()) } else { Err(Error::AttributeReadOnly) };
    }
    // To repeat what a copy has anyway is fine. But a hidden value must not be guessed in this way, and no unique
    // identifier may be given (section 4.2.2).
    if change == Change::Copy && unchanged && !row.has(row::SECRET) && row.attribute != CKA_UNIQUE_ID {
        return Ok(());
    }
    let open = row.has(row::MODIFIABLE)
        || (change == Change::Copy && row.has(row::COPY_ONLY))
        || is_erased_check_value(original, row, value);
    if !open || (original.bool(CKA_TRUSTED) && !admits_trusted(original, row, value, change, so)) {
        return Err(Error::AttributeReadOnly);
    }
    // A copy of an object that may not be modified must not undo that in passing.
    if change == Change::Copy
        && row.has(row::MODIFIABLE)
        && !original.bool(CKA_MODIFIABLE)
        && row.attribute != CKA_LABEL
    {
        return Err(Error::ActionProhibited);
    }
    let stuck = match current {
        Some(Value::Bool(true)) => row.has(row::STAYS_TRUE),
        Some(Value::Bool(false)) => row.has(row::STAYS_FALSE),
        _ => false,
    };
    if stuck && !unchanged {
        // A private object cannot be made public by copying: the template contradicts the object.
        return Err(if row.attribute == CKA_PRIVATE { Error::TemplateInconsistent } else { Error::AttributeReadOnly });
    }
    // A private key's public half may be empty; if it is set, it is its own (section 4.9).
    let empty = *value == Value::bytes([]);
    if row.attribute == CKA_PUBLIC_KEY_INFO && !unchanged && !empty && public_half(original)?.as_ref() != Some(value) {
        return Err(Error::AttributeValueInvalid);
    }
    Ok(())
}

/// `CKA_PUBLIC_KEY_INFO` as it follows from a private key.
fn public_half(private: &Attributes) -> Result<Option<Value>> {
    let key_type = private.ulong(CKA_KEY_TYPE).and_then(key::find).ok_or(Error::GeneralError)?;
    let mut computed = private.clone();
    (key_type.complete)(CKO_PRIVATE_KEY, &mut computed)?;
    Ok(computed.remove(&CKA_PUBLIC_KEY_INFO))
}

/// Whether trust bears a change. A trusted certificate cannot be modified (section 4.6.2). A key that is trusted to wrap
/// gets no other use but by the SO, not in a copy either: who may decrypt with it may read what only it may wrap.
fn admits_trusted(original: &Attributes, row: &Row, value: &Value, change: Change, so: bool) -> bool {
    if original.contains_key(&CKA_CERTIFICATE_TYPE) {
        return change == Change::Copy;
    }
    let tightens = row.has(row::STAYS_TRUE) || row.has(row::COPY_ONLY);
    so || tightens || *value != Value::Bool(true) || original.bool(row.attribute)
}

/// `C_SetAttributeValue` may destroy a key's check value, and nothing else may be done to it (section 4.10).
fn is_erased_check_value(original: &Attributes, row: &Row, value: &Value) -> bool {
    let secret = original.ulong(CKA_CLASS).is_some_and(is_secret_key);
    row.attribute == CKA_CHECK_VALUE && secret && *value == Value::bytes([])
}
