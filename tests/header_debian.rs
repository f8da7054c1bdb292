//! The C header beside Debian's, of package libp11-kit-dev, and under a C++ compiler.

mod bindings;
mod compiler;
mod probe;

use bindings::c_header::structures;
use bindings::{constants, source};
use compiler::{root, run};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Debian's header, of package libp11-kit-dev.
const DEBIANS: &str = "/usr/include/p11-kit-1/p11-kit/pkcs11.h";

/// Constants to which Debian's header gives 0x1c0 to 0x1c4, and every version of the standard 0x1b5 to 0x1b9.
const DEBIANS_ERRORS: &[&str] = &[
    "CKR_EXCEEDED_MAX_ITERATIONS",
    "CKR_FIPS_SELF_TEST_FAILED",
    "CKR_LIBRARY_LOAD_FAILED",
    "CKR_PIN_TOO_WEAK",
    "CKR_PUBLIC_KEY_INVALID",
];

#[test]
fn strict_cpp_compilers_take_the_header() {
    probe::accepts("c++", "c++11");
}

#[test]
fn structures_lie_in_memory_as_in_debians_header() {
    let macros = macros_and_types(Path::new(DEBIANS));
    let source = source();
    let mut structures = structures(&source);
    structures.retain(|structure| macros.types.contains(&structure.name));
    assert!(structures.len() >= 22, "only {} structures in common", structures.len());
    let ours = probe::layout("with ours", &root().join("include/pkcs11.h"), &structures);
    let debians = probe::layout("with debians", Path::new(DEBIANS), &structures);
    assert_eq!(ours, debians);
}

#[test]
fn constants_have_the_values_of_debians_header() {
    let macros = macros_and_types(Path::new(DEBIANS));
    let mut names: Vec<_> = constants(&source()).into_iter().map(|constant| constant.name).collect();
    names.push("CK_UNAVAILABLE_INFORMATION".into());
    // Debian's is of 2.40, with what was added to it since.
    names.retain(|name| macros.macros.contains(name) && !name.starts_with("CRYPTOKI_VERSION"));
    assert!(names.len() >= 500, "only {} constants in common", names.len());
    let ours = probe::values("value of ours", &root().join("include/pkcs11.h"), &names);
    let debians = probe::values("value of debians", Path::new(DEBIANS), &names);
    let differ: Vec<_> = names.iter().filter(|name| ours[*name] != debians[*name]).collect();
    assert_eq!(differ, DEBIANS_ERRORS);
}

/// The names that a header defines.
struct Names {
    macros: BTreeSet<String>,
    types: BTreeSet<String>,
}

fn macros_and_types(header: &Path) -> Names {
    assert!(header.exists(), "{}: install libp11-kit-dev", header.display());
    let macros = run(Command::new("cc").args(["-E", "-dM"]).arg(header));
    let macros = macros.lines().filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect();
    let text = run(Command::new("cc").args(["-E", "-P"]).arg(header));
    // `typedef struct _CK_INFO CK_INFO;` or `typedef struct CK_OTP_PARAM { … } CK_OTP_PARAM;`
    let ends = |statement: &&str| statement.starts_with("typedef struct") || statement.starts_with('}');
    let types = text.split(';').map(str::trim).filter(ends);
    let types = types.filter_map(|statement| statement.split_whitespace().last()).map(str::to_owned).collect();
    Names { macros, types }
}
