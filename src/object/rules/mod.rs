//! The rules of making, changing and showing objects (sections 4.1, 4.2 and 5.7), read off the attribute table.
//!
//! Sensitivity, `CKA_LOCAL`, the one-way attributes and the other rules of access live here and nowhere else.

mod change;
mod complete;
mod draft;
mod history;
mod request;

pub use change::{Change, change};
pub use draft::Draft;
pub use history::{History, MIXED, fewest_bytes};
pub use request::{Origin, Request, ulong_in};

use super::class::{self, Rows};
use super::row::{self, Row};
use super::template::{Attributes, Kind, Raw, Read, Template, Value};
use crate::error::{Error, Result};
use crate::names;
use crate::random;
use cryptoki_sys::*;
use std::collections::BTreeSet;

/// An attribute as it may be shown: `AttributeSensitive` for what a sensitive or unextractable key hides,
/// `AttributeTypeInvalid` for what the object does not have (section 5.7.5).
pub fn reveal(attributes: &Attributes, attribute: CK_ATTRIBUTE_TYPE) -> Result<&Value> {
    let closed = attributes.contains_key(&CKA_SENSITIVE)
        && (attributes.bool(CKA_SENSITIVE) || !attributes.bool(CKA_EXTRACTABLE));
    if closed && rows_of(attributes).and_then(|rows| rows.find(attribute)).is_some_and(|row| row.has(row::SECRET)) {
        return Err(Error::AttributeSensitive);
    }
    attributes.get(&attribute).filter(|_| attribute != MIXED).ok_or(Error::AttributeTypeInvalid)
}

/// The attributes that an application may give to an object of a class and, where it has kinds, of one of them, when it makes it
/// whole: each with whether it is a template, and whether it is of those that `C_UnwrapKey` takes out of the key instead.
pub fn given(class: CK_OBJECT_CLASS, subtype: Option<CK_ULONG>) -> Vec<(CK_ATTRIBUTE_TYPE, bool, bool)> {
    let Some(rows) = class::rows(class, subtype).filter(|_| class::is_storage(class)) else { return Vec::new() };
    let rows = rows.iter().filter(|row| !row.has(row::NOT_CREATE));
    rows.map(|row| (row.attribute, row.kind == Kind::Template, row.has(row::NOT_UNWRAP))).collect()
}

/// A caller's template with that of the key it is made by (`CKA_UNWRAP_TEMPLATE`, `CKA_DERIVE_TEMPLATE`): both apply, and
/// must not contradict each other (sections 5.18.4 and 5.18.5).
pub fn with_key_template(key: &Attributes, attribute: CK_ATTRIBUTE_TYPE, template: &Template) -> Result<Template> {
    match key.get(&attribute) {
        Some(Value::Template(demanded)) => with_demanded(template, demanded),
        _ => Ok(template.clone()),
    }
}

/// A template with attributes that it may repeat, but not contradict (`TemplateInconsistent`).
pub fn with_demanded(template: &Template, demanded: &Template) -> Result<Template> {
    let contradicts = |(attribute, raw): &(CK_ATTRIBUTE_TYPE, Raw)| {
        template.iter().any(|(given, other)| given == attribute && other != raw)
    };
    if demanded.iter().any(contradicts) {
        return Err(Error::TemplateInconsistent);
    }
    Ok(with_suggested(template.clone(), demanded))
}

/// A template with attributes that hold where it says nothing.
pub fn with_suggested(mut template: Template, suggested: &Template) -> Template {
    for (attribute, raw) in suggested {
        if !template.iter().any(|(given, _)| given == attribute) {
            template.push((*attribute, raw.clone()));
        }
    }
    template
}

/// An attribute given twice must be the same both times (section 4.1.1).
fn refuse_contradictions(template: &Template) -> Result<()> {
    let twice = template.iter().enumerate().any(|(index, (attribute, raw))| {
        template.iter().take(index).any(|(earlier, other)| earlier == attribute && other != raw)
    });
    if twice { Err(Error::TemplateInconsistent) } else { Ok(()) }
}

fn find_row(rows: &Rows, attribute: CK_ATTRIBUTE_TYPE) -> Result<&'static Row> {
    rows.find(attribute).ok_or_else(|| {
        if names::is_attribute(attribute) { Error::TemplateInconsistent } else { Error::AttributeTypeInvalid }
    })
}

/// A caller's value in the form of its row. What is in a template within is judged now too, not when it is applied: an
/// attribute that nobody knows is `AttributeTypeInvalid`, a value that is none `AttributeValueInvalid`, a contradiction
/// `TemplateInconsistent`; what is said twice is kept once.
fn typed(row: &Row, raw: &Raw) -> Result<Value> {
    let mut value = Value::parse(row.kind, raw)?;
    if let Value::Template(inner) = &mut value {
        refuse_contradictions(inner)?;
        let mut seen = BTreeSet::new();
        inner.retain(|(attribute, _)| seen.insert(*attribute));
        for (attribute, raw) in inner.iter() {
            match class::kind_of(*attribute) {
                Some(kind) => drop(Value::parse(kind, raw)?),
                None if names::is_attribute(*attribute) => {}
                None => return Err(Error::AttributeTypeInvalid),
            }
        }
    }
    Ok(value)
}

fn rows_of(attributes: &Attributes) -> Option<Rows> {
    let class = attributes.ulong(CKA_CLASS)?;
    let subtype = class::subtype_attribute(class).and_then(|attribute| attributes.ulong(attribute));
    class::rows(class, subtype)
}

/// Thirty-two hexadecimal digits that no other object ever has.
fn unique_id() -> Result<Value> {
    let mut id = [0; 16];
    random::fill(&mut id)?;
    Ok(Value::bytes(format!("{:032x}", u128::from_be_bytes(id))))
}
