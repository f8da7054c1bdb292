//! The objects that every token has and nobody makes: a clock, a counter, one object for each mechanism, and one for each
//! profile that holds (sections 4.3, 4.12 and 4.13). A search finds them only if it names their class or kind, so that
//! listing a token's content shows what users put there.

use super::Object;
use super::template::{Attributes, Raw, Template, Value};
use crate::{clock, mech};
use cryptoki_sys::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Built-in objects have the handles from here on; a token's own count up from 1 and never get here.
const FIRST: CK_OBJECT_HANDLE = CK_OBJECT_HANDLE::MAX / 2;

const CLOCK: CK_OBJECT_HANDLE = FIRST;
const COUNTER: CK_OBJECT_HANDLE = FIRST + 1;
const FIRST_FIXED: CK_OBJECT_HANDLE = FIRST + 2;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// What holds of the profiles that the standard has (PKCS#11 Profiles 3.2, section 5). Not the complete provider, which has
/// every mechanism of the standard; and there are no objects for the consumer's profiles.
///
/// That certificates are found without a login together with their public keys is so for what a configuration imports;
/// whoever makes certificates and keys himself decides on their `CKA_PRIVATE` and `CKA_ID`.
const PROFILES: [CK_PROFILE_ID; 5] = [
    CKP_BASELINE_PROVIDER,
    CKP_EXTENDED_PROVIDER,
    CKP_AUTHENTICATION_TOKEN,
    CKP_PUBLIC_CERTIFICATES_TOKEN,
    CKP_HKDF_TLS_TOKEN,
];

/// The objects that never change: profiles and mechanisms.
static FIXED: LazyLock<Vec<Arc<Object>>> = LazyLock::new(|| {
    let profile = |id: &CK_PROFILE_ID| {
        let own = [(CKA_CLASS, Value::Ulong(CKO_PROFILE)), (CKA_PROFILE_ID, Value::Ulong(*id))];
        built_in(&format!("profile-{id:08x}"), own)
    };
    let mechanism = |mechanism: &mech::Mechanism| {
        let own = [(CKA_CLASS, Value::Ulong(CKO_MECHANISM)), (CKA_MECHANISM_TYPE, Value::Ulong(mechanism.id))];
        built_in(&format!("mechanism-{:08x}", mechanism.id), own)
    };
    PROFILES.iter().map(profile).chain(mech::all().iter().map(mechanism)).collect()
});

/// The attributes of which one must be in a search template that is to find built-in objects: those by which they are
/// told apart.
const NAMING: [CK_ATTRIBUTE_TYPE; 5] =
    [CKA_CLASS, CKA_UNIQUE_ID, CKA_MECHANISM_TYPE, CKA_HW_FEATURE_TYPE, CKA_PROFILE_ID];

/// Handles by an attribute and its value.
type ByName = HashMap<(CK_ATTRIBUTE_TYPE, Vec<u8>), Vec<CK_OBJECT_HANDLE>>;

/// The built-in objects by each of those attributes, so that a search which names one of them looks at no others.
static BY_NAME: LazyLock<ByName> = LazyLock::new(|| {
    let mut by_name = HashMap::<_, Vec<_>>::new();
    for handle in FIRST..FIRST_FIXED + FIXED.len() as CK_OBJECT_HANDLE {
        for (attribute, value) in get(handle).iter().flat_map(|object| object.attributes.iter()) {
            by_name.entry((*attribute, value.to_bytes().to_vec())).or_default().push(handle);
        }
    }
    by_name.retain(|(attribute, _), _| NAMING.contains(attribute));
    by_name
});

/// The built-in object of a handle, as it is at this moment.
pub fn get(handle: CK_OBJECT_HANDLE) -> Option<Arc<Object>> {
    match handle {
        CLOCK => Some(clock()),
        COUNTER => Some(counter()),
        _ => FIXED.get(usize::try_from(handle.checked_sub(FIRST_FIXED)?).ok()?).cloned(),
    }
}

/// The built-in objects that a template finds among those that are shown.
pub fn find(template: &Template, shown: impl Fn(&Object) -> bool) -> Vec<CK_OBJECT_HANDLE> {
    let named = template.iter().filter(|(attribute, _)| NAMING.contains(attribute));
    let lists = named.map(|(attribute, raw)| match raw {
        Raw::Bytes(value) => BY_NAME.get(&(*attribute, value.to_vec())).map_or(&[][..], Vec::as_slice),
        Raw::Template(_) => &[],
    });
    let shortest = lists.min_by_key(|handles| handles.len()).unwrap_or_default().iter().copied();
    shortest
        .filter(|handle| get(*handle).is_some_and(|object| shown(&object) && object.matches_all(template)))
        .collect()
}

fn clock() -> Arc<Object> {
    built_in(
        "clock",
        [
            (CKA_CLASS, Value::Ulong(CKO_HW_FEATURE)),
            (CKA_HW_FEATURE_TYPE, Value::Ulong(CKH_CLOCK)),
            (CKA_VALUE, Value::bytes(clock::utc())),
        ],
    )
}

fn counter() -> Arc<Object> {
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    built_in(
        "counter",
        [
            (CKA_CLASS, Value::Ulong(CKO_HW_FEATURE)),
            (CKA_HW_FEATURE_TYPE, Value::Ulong(CKH_MONOTONIC_COUNTER)),
            (CKA_RESET_ON_INIT, Value::Bool(false)),
            (CKA_HAS_RESET, Value::Bool(false)),
            (CKA_VALUE, Value::bytes(count.to_be_bytes())),
        ],
    )
}

/// Its unique identifier is a word, which the digits of other objects' never are.
fn built_in<const N: usize>(id: &str, attributes: [(CK_ATTRIBUTE_TYPE, Value); N]) -> Arc<Object> {
    let mut attributes = Attributes::from(attributes);
    attributes.insert(CKA_UNIQUE_ID, Value::bytes(id));
    Arc::new(Object::new(attributes, CK_INVALID_HANDLE))
}
