//! What all the tests of derivation need: bases, templates, parameters.

pub use crate::common::*;

/// A generic secret that everybody may see.
pub fn open(session: &Session, value: &[u8]) -> CK_OBJECT_HANDLE {
    open_of(session, CKK_GENERIC_SECRET, value)
}

/// A key of a type that everybody may see.
pub fn open_of(session: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    let mut template = seen();
    template.extend([class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value), yes(CKA_DERIVE)]);
    ok(session.create(&template))
}

/// A generic secret whose value nobody sees.
pub fn hidden(session: &Session, value: &[u8]) -> CK_OBJECT_HANDLE {
    ok(session.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, value),
        yes(CKA_DERIVE),
        yes(CKA_SENSITIVE),
        no(CKA_EXTRACTABLE),
    ]))
}

/// A template for a key that everybody may see.
pub fn seen() -> Vec<Attribute> {
    vec![no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

/// The same, of a length.
pub fn seen_of(length: usize) -> Vec<Attribute> {
    [seen(), vec![ulong(CKA_VALUE_LEN, length as CK_ULONG)]].concat()
}

/// Derives a key that everybody may see, and looks at it.
pub fn value(
    session: &Session,
    mechanism: &Mech,
    base: CK_OBJECT_HANDLE,
    template: &[Attribute],
) -> Result<Vec<u8>, CK_RV> {
    let key = session.derive(mechanism, base, template)?;
    let value = session.get(key, CKA_VALUE);
    ok(session.destroy(key));
    value
}

/// Where bytes are, for a structure that points to them: NULL if there are none.
pub fn start(bytes: &[u8]) -> *mut u8 {
    if bytes.is_empty() { std::ptr::null_mut() } else { bytes.as_ptr().cast_mut() }
}

/// A CK_KEY_DERIVATION_STRING_DATA; it points into the slice.
pub fn data(kind: CK_MECHANISM_TYPE, bytes: &[u8]) -> Mech {
    mech_params(kind, &CK_KEY_DERIVATION_STRING_DATA { pData: start(bytes), ulLen: bytes.len() as CK_ULONG })
}

/// A number as the parameter.
pub fn number(kind: CK_MECHANISM_TYPE, number: CK_ULONG) -> Mech {
    mech_params(kind, &number)
}

/// What a mechanism's information says: the smallest and the largest key, the flags.
pub fn info(session: &Session, kind: CK_MECHANISM_TYPE) -> (CK_ULONG, CK_ULONG, CK_FLAGS) {
    let mut info = CK_MECHANISM_INFO::default();
    // SAFETY: a place for the structure.
    ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(session.slot, kind, &mut info) }));
    (info.ulMinKeySize, info.ulMaxKeySize, info.flags)
}

/// The rows of a file of vectors; "-" is nothing.
pub fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let rows = file.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').map(|field| if field == "-" { "" } else { field }).collect())
}

/// How many objects there are.
pub fn count(session: &Session) -> usize {
    session.find(&[]).len()
}
