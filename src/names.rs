//! The standard's names of its numbers, for the log and the tool.
//!
//! The table is made from the constants that `cryptoki-sys` takes from the standard's header; `tests/names.rs` holds it
//! against them and makes it anew. Where the standard has two names for a number, the table has the current one
//! (CKM_EC_KEY_PAIR_GEN, not CKM_ECDSA_KEY_PAIR_GEN).

#[rustfmt::skip]
mod mechanisms;
#[rustfmt::skip]
mod table;

use cryptoki_sys::*;

/// Names as they are shown: the standard's, or the number in hexadecimal where it has none.
pub struct Shown;

impl Shown {
    /// A mechanism: `CKM_…`.
    pub fn mechanism(id: CK_MECHANISM_TYPE) -> String {
        show(mechanisms::MECHANISMS, id)
    }

    /// An attribute: `CKA_…`.
    pub fn attribute(id: CK_ATTRIBUTE_TYPE) -> String {
        show(table::ATTRIBUTES, id)
    }

    /// What a function returned: `CKR_…`.
    pub fn return_code(code: CK_RV) -> String {
        show(table::RETURN_CODES, code)
    }

    /// A class of objects: `CKO_…`.
    pub fn class(id: CK_OBJECT_CLASS) -> String {
        show(table::CLASSES, id)
    }

    /// A key type: `CKK_…`.
    pub fn key_type(id: CK_KEY_TYPE) -> String {
        show(table::KEY_TYPES, id)
    }

    /// A certificate type: `CKC_…`.
    pub fn certificate_type(id: CK_CERTIFICATE_TYPE) -> String {
        show(table::CERTIFICATE_TYPES, id)
    }

    /// A hardware feature: `CKH_…`.
    pub fn hardware_feature(id: CK_HW_FEATURE_TYPE) -> String {
        show(table::HARDWARE_FEATURES, id)
    }

    /// A user: `CKU_…`.
    pub fn user(id: CK_USER_TYPE) -> String {
        show(table::USERS, id)
    }

    /// The state of a session: `CKS_…`.
    pub fn session_state(state: CK_STATE) -> String {
        show(table::SESSION_STATES, state)
    }

    /// A mask generation function: `CKG_…`.
    pub fn mask_generator(id: CK_RSA_PKCS_MGF_TYPE) -> String {
        show(table::MASK_GENERATORS, id)
    }

    /// A key derivation function: `CKD_…`.
    pub fn key_derivation(id: CK_EC_KDF_TYPE) -> String {
        show(table::KEY_DERIVATIONS, id)
    }
}

/// Numbers by the standard's names, written whole (`CKM_AES_CBC`) or without their prefix (`AES_CBC`).
pub struct Named;

impl Named {
    /// A mechanism.
    pub fn mechanism(name: &str) -> Option<CK_MECHANISM_TYPE> {
        find(mechanisms::MECHANISMS, "CKM_", name)
    }

    /// An attribute.
    pub fn attribute(name: &str) -> Option<CK_ATTRIBUTE_TYPE> {
        find(table::ATTRIBUTES, "CKA_", name)
    }

    /// What a function returned.
    pub fn return_code(name: &str) -> Option<CK_RV> {
        find(table::RETURN_CODES, "CKR_", name)
    }

    /// A class of objects.
    pub fn class(name: &str) -> Option<CK_OBJECT_CLASS> {
        find(table::CLASSES, "CKO_", name)
    }

    /// A key type.
    pub fn key_type(name: &str) -> Option<CK_KEY_TYPE> {
        find(table::KEY_TYPES, "CKK_", name)
    }

    /// A certificate type.
    pub fn certificate_type(name: &str) -> Option<CK_CERTIFICATE_TYPE> {
        find(table::CERTIFICATE_TYPES, "CKC_", name)
    }

    /// A user.
    pub fn user(name: &str) -> Option<CK_USER_TYPE> {
        find(table::USERS, "CKU_", name)
    }

    /// The state of a session.
    pub fn session_state(name: &str) -> Option<CK_STATE> {
        find(table::SESSION_STATES, "CKS_", name)
    }
}

/// The functions in the flags of a mechanism's information, by the names of the flags without `CKF_`.
pub fn functions(flags: CK_FLAGS) -> Vec<&'static str> {
    let named = |(flag, name): &(CK_FLAGS, &'static str)| (flags & flag != 0).then_some(*name);
    FUNCTIONS.iter().filter_map(named).collect()
}

const FUNCTIONS: [(CK_FLAGS, &str); 18] = [
    (CKF_ENCRYPT, "encrypt"),
    (CKF_DECRYPT, "decrypt"),
    (CKF_DIGEST, "digest"),
    (CKF_SIGN, "sign"),
    (CKF_SIGN_RECOVER, "sign_recover"),
    (CKF_VERIFY, "verify"),
    (CKF_VERIFY_RECOVER, "verify_recover"),
    (CKF_GENERATE, "generate"),
    (CKF_GENERATE_KEY_PAIR, "generate_key_pair"),
    (CKF_WRAP, "wrap"),
    (CKF_UNWRAP, "unwrap"),
    (CKF_DERIVE, "derive"),
    (CKF_ENCAPSULATE, "encapsulate"),
    (CKF_DECAPSULATE, "decapsulate"),
    (CKF_MESSAGE_ENCRYPT, "message_encrypt"),
    (CKF_MESSAGE_DECRYPT, "message_decrypt"),
    (CKF_MESSAGE_SIGN, "message_sign"),
    (CKF_MESSAGE_VERIFY, "message_verify"),
];

/// Whether the standard has an attribute of this number.
pub fn is_attribute(id: CK_ATTRIBUTE_TYPE) -> bool {
    id < CKA_VENDOR_DEFINED && table::ATTRIBUTES.binary_search_by_key(&id, |(value, _)| *value).is_ok()
}

fn show(table: &[(CK_ULONG, &str)], number: CK_ULONG) -> String {
    let entry = table.binary_search_by_key(&number, |(value, _)| *value).ok().and_then(|index| table.get(index));
    entry.map_or_else(|| format!("{number:#x}"), |(_, name)| (*name).to_owned())
}

fn find(table: &[(CK_ULONG, &str)], prefix: &str, name: &str) -> Option<CK_ULONG> {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    table.iter().find(|(_, known)| known.strip_prefix(prefix) == Some(name)).map(|(number, _)| *number)
}
