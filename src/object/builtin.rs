//! The objects that every token has and nobody makes: a clock, a counter, and one object for each mechanism
//! (sections 4.3 and 4.12). A search finds them only if it asks for their class, so that listing a token's
//! content shows what users put there.

use super::Object;
use super::template::{Attributes, Template, Value};
use crate::{clock, mech};
use cryptoki_sys::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Built-in objects have the handles from here on; a token's own count up from 1 and never get here.
const FIRST: CK_OBJECT_HANDLE = CK_OBJECT_HANDLE::MAX / 2;

const CLOCK: CK_OBJECT_HANDLE = FIRST;
const COUNTER: CK_OBJECT_HANDLE = FIRST + 1;
const FIRST_MECHANISM: CK_OBJECT_HANDLE = FIRST + 2;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// The built-in object of a handle, as it is at this moment.
pub fn get(handle: CK_OBJECT_HANDLE) -> Option<Arc<Object>> {
    let attributes = match handle {
        CLOCK => clock_attributes(),
        COUNTER => counter_attributes(),
        _ => mechanism_attributes(mech::all().get(usize::try_from(handle.checked_sub(FIRST_MECHANISM)?).ok()?)?),
    };
    Some(Arc::new(Object::new(attributes, CK_INVALID_HANDLE)))
}

/// The built-in objects that a template finds.
pub fn find(template: &Template) -> Vec<CK_OBJECT_HANDLE> {
    if !template.iter().any(|(attribute, _)| *attribute == CKA_CLASS) {
        return Vec::new();
    }
    let handles = FIRST..FIRST_MECHANISM + mech::all().len() as CK_OBJECT_HANDLE;
    handles
        .filter(|handle| {
            get(*handle).is_some_and(|object| template.iter().all(|(attribute, raw)| object.matches(*attribute, raw)))
        })
        .collect()
}

fn clock_attributes() -> Attributes {
    Attributes::from([
        (CKA_CLASS, Value::Ulong(CKO_HW_FEATURE)),
        (CKA_HW_FEATURE_TYPE, Value::Ulong(CKH_CLOCK)),
        (CKA_VALUE, Value::bytes(clock::utc())),
    ])
}

fn counter_attributes() -> Attributes {
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    Attributes::from([
        (CKA_CLASS, Value::Ulong(CKO_HW_FEATURE)),
        (CKA_HW_FEATURE_TYPE, Value::Ulong(CKH_MONOTONIC_COUNTER)),
        (CKA_RESET_ON_INIT, Value::Bool(false)),
        (CKA_HAS_RESET, Value::Bool(false)),
        (CKA_VALUE, Value::bytes(count.to_be_bytes())),
    ])
}

fn mechanism_attributes(mechanism: &mech::Mechanism) -> Attributes {
    Attributes::from([(CKA_CLASS, Value::Ulong(CKO_MECHANISM)), (CKA_MECHANISM_TYPE, Value::Ulong(mechanism.id))])
}
