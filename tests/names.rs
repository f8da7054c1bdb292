//! The names of the standard's numbers: the table is what the bindings give, and look-ups find it.

mod bindings;

use bindings::{Constant, compare, constants, source};
use cryptoki_sys::*;
use ferrotoken::names::{Named, Shown};
use std::collections::BTreeMap;

/// The slices of the table: name, the prefix of the constants in it, and what they are.
const SLICES: &[(&str, &str, &str)] = &[
    ("MECHANISMS", "CKM_", "Mechanisms"),
    ("ATTRIBUTES", "CKA_", "Attributes"),
    ("RETURN_CODES", "CKR_", "Return codes"),
    ("CLASSES", "CKO_", "Object classes"),
    ("KEY_TYPES", "CKK_", "Key types"),
    ("CERTIFICATE_TYPES", "CKC_", "Certificate types"),
    ("HARDWARE_FEATURES", "CKH_", "Hardware features"),
    ("USERS", "CKU_", "Users"),
    ("SESSION_STATES", "CKS_", "Session states"),
    ("MASK_GENERATORS", "CKG_MGF1_", "Mask generation functions"),
    ("KEY_DERIVATIONS", "CKD_", "Key derivation functions"),
];

/// Constants whose prefix says one thing and whose use is another.
const STRANGERS: &[&str] =
    &["CKH_HEDGE_PREFERRED", "CKH_HEDGE_REQUIRED", "CKH_DETERMINISTIC_REQUIRED", "CKS_LAST_VALIDATION_OK"];

#[test]
fn the_table_is_what_the_bindings_give() {
    let constants = constants(&source());
    // The mechanisms are as many as everything else.
    let (mechanisms, others) = SLICES.split_at(1);
    compare("src/names/mechanisms.rs", &table(&constants, mechanisms));
    compare("src/names/table.rs", &table(&constants, others));
}

type Show = fn(CK_ULONG) -> String;

#[test]
fn every_constant_is_shown_by_a_name_of_its_value() {
    let constants = constants(&source());
    let shows: [(&str, Show); _] = [
        ("CKM_", Shown::mechanism),
        ("CKA_", Shown::attribute),
        ("CKR_", Shown::return_code),
        ("CKO_", Shown::class),
        ("CKK_", Shown::key_type),
        ("CKC_", Shown::certificate_type),
        ("CKH_", Shown::hardware_feature),
        ("CKU_", Shown::user),
        ("CKS_", Shown::session_state),
        ("CKG_MGF1_", Shown::mask_generator),
        ("CKD_", Shown::key_derivation),
    ];
    for (prefix, show) in shows {
        let family: Vec<_> = family(&constants, prefix).collect();
        assert!(!family.is_empty(), "{prefix}");
        for constant in &family {
            let shown = show(constant.value as CK_ULONG);
            let named = family.iter().find(|other| other.name == shown).expect("a name of the family");
            assert_eq!(named.value, constant.value, "{} is shown as {shown}", constant.name);
        }
    }
}

#[test]
fn the_current_one_of_two_names_is_shown() {
    assert_eq!(Shown::mechanism(CKM_ECDSA_KEY_PAIR_GEN), "CKM_EC_KEY_PAIR_GEN");
    assert_eq!(Shown::mechanism(CKM_CAST5_CBC), "CKM_CAST128_CBC");
    assert_eq!(Shown::mechanism(CKM_SHA3_256_KEY_DERIVE), "CKM_SHA3_256_KEY_DERIVATION");
    assert_eq!(Shown::mechanism(CKM_DSA_PROBABLISTIC_PARAMETER_GEN), "CKM_DSA_PROBABILISTIC_PARAMETER_GEN");
    assert_eq!(Shown::attribute(CKA_ECDSA_PARAMS), "CKA_EC_PARAMS");
    assert_eq!(Shown::attribute(CKA_SUB_PRIME_BITS), "CKA_SUBPRIME_BITS");
    assert_eq!(Shown::key_type(CKK_ECDSA), "CKK_EC");
    assert_eq!(Shown::session_state(CKS_RO_USER_FUNCTIONS), "CKS_RO_USER_FUNCTIONS");
}

#[test]
fn a_number_without_a_name_is_shown_in_hexadecimal() {
    assert_eq!(Shown::mechanism(CKM_VENDOR_DEFINED), "CKM_VENDOR_DEFINED");
    assert_eq!(Shown::mechanism(CKM_VENDOR_DEFINED + 0x1234), "0x80001234");
    assert_eq!(Shown::attribute(0x0fff_ffff), "0xfffffff");
    assert_eq!(Shown::return_code(CK_RV::MAX), format!("{:#x}", CK_RV::MAX));
    assert_eq!(Shown::hardware_feature(0), "0x0");
    assert_eq!(Shown::user(77), "0x4d");
}

/// Slices of the table as Rust source.
fn table(constants: &[Constant], slices: &[(&str, &str, &str)]) -> String {
    let mut text = String::from(
        "//! Names by number, in order. Made by `tests/names.rs` from the constants of `cryptoki-sys`; do not edit.\n\n\
         use cryptoki_sys::*;\n",
    );
    for (slice, prefix, what) in slices {
        // Where two names share a value, the header lists the older one in a part of its own, after the current one.
        let mut names = BTreeMap::new();
        for constant in family(constants, prefix) {
            names.entry(constant.value).or_insert(&constant.name);
        }
        text += &format!("\n/// {what}.\npub(super) static {slice}: &[(CK_ULONG, &str)] = &[\n");
        for name in names.values() {
            text += &format!("    ({name}, \"{name}\"),\n");
        }
        text += "];\n";
    }
    text
}

fn family<'a>(constants: &'a [Constant], prefix: &'a str) -> impl Iterator<Item = &'a Constant> {
    let stranger = |name: &str| STRANGERS.contains(&name);
    constants.iter().filter(move |constant| constant.name.starts_with(prefix) && !stranger(&constant.name))
}

type Find = fn(&str) -> Option<CK_ULONG>;

#[test]
fn a_name_that_is_shown_is_found_with_its_prefix_and_without() {
    let constants = constants(&source());
    let ways: [(&str, Show, Find); _] = [
        ("CKM_", Shown::mechanism, Named::mechanism),
        ("CKA_", Shown::attribute, Named::attribute),
        ("CKR_", Shown::return_code, Named::return_code),
        ("CKO_", Shown::class, Named::class),
        ("CKK_", Shown::key_type, Named::key_type),
        ("CKC_", Shown::certificate_type, Named::certificate_type),
        ("CKU_", Shown::user, Named::user),
        ("CKS_", Shown::session_state, Named::session_state),
    ];
    for (prefix, show, find) in ways {
        for constant in family(&constants, prefix) {
            let (number, name) = (constant.value as CK_ULONG, show(constant.value as CK_ULONG));
            assert_eq!(find(&name), Some(number), "{name}");
            assert_eq!(find(name.strip_prefix(prefix).unwrap()), Some(number), "{name}");
        }
        for wrong in ["", prefix, "NOBODY_CALLS_IT_SO", "CKX_NOBODY"] {
            assert_eq!(find(wrong), None, "{prefix} {wrong}");
        }
    }
}
