//! The standard's names of its numbers, for the log and the tool.
//!
//! The table is made from the constants that `cryptoki-sys` takes from the standard's header; `tests/names.rs` holds it
//! against them and makes it anew. Where the standard has two names for a number, the table has the current one
//! (CKM_EC_KEY_PAIR_GEN, not CKM_ECDSA_KEY_PAIR_GEN).

#[rustfmt::skip]
mod table;

use cryptoki_sys::*;

/// Names as they are shown: the standard's, or the number in hexadecimal where it has none.
pub struct Shown;

impl Shown {
    /// A mechanism: `CKM_…`.
    pub fn mechanism(id: CK_MECHANISM_TYPE) -> String {
        show(table::MECHANISMS, id)
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

/// The functions in the flags of a mechanism's information, by the names of the flags without `CKF_`.
pub fn functions(flags: CK_FLAGS) -> Vec<&'static str> {
    let named = |(flag, name): &(CK_FLAGS, &'static str)| (flags & flag != 0).then_some(*name);
    FUNCTIONS.iter().filter_map(named).collect()
}

const FUNCTIONS: [(CK_FLAGS, &str); 14] = [
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
];

/// The mechanism of a name, with or without its `CKM_`.
pub fn mechanism(name: &str) -> Option<CK_MECHANISM_TYPE> {
    let wanted = name.strip_prefix("CKM_").unwrap_or(name);
    let found = table::MECHANISMS.iter().find(|(_, name)| name.strip_prefix("CKM_") == Some(wanted));
    found.map(|(id, _)| *id)
}

/// Whether the standard has an attribute of this number.
pub fn is_attribute(id: CK_ATTRIBUTE_TYPE) -> bool {
    id < CKA_VENDOR_DEFINED && table::ATTRIBUTES.binary_search_by_key(&id, |(value, _)| *value).is_ok()
}

fn show(table: &[(CK_ULONG, &str)], number: CK_ULONG) -> String {
    let entry = table.binary_search_by_key(&number, |(value, _)| *value).ok().and_then(|index| table.get(index));
    entry.map_or_else(|| format!("{number:#x}"), |(_, name)| (*name).to_owned())
}
