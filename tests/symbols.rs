//! What the library exports, and how it is bound and unloaded.
#![cfg(target_os = "linux")] // The tools and the link arguments are of Linux.

mod common;
mod compiler;

use common::{FUNCTIONS, library_path};
use compiler::{root, run, works};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

#[test]
fn the_functions_of_the_standard_are_exported_and_nothing_else() {
    let table =
        run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=just-symbols"]).arg(library_path()));
    let exported: BTreeSet<_> = table.lines().map(str::trim).collect();
    assert_eq!(exported, FUNCTIONS.iter().copied().collect());
}

#[test]
fn the_header_declares_what_is_exported() {
    let header = fs::read_to_string(root().join("include/pkcs11.h")).unwrap();
    let declared =
        header.lines().filter_map(|line| line.strip_prefix("CK_DECLARE_FUNCTION(CK_RV, ")?.split(')').next());
    assert_eq!(declared.collect::<BTreeSet<_>>(), FUNCTIONS.iter().copied().collect());
}

#[test]
fn the_library_is_bound_inside_and_stays_when_it_is_unloaded() {
    let table = run(Command::new("readelf").arg("--dynamic").arg(library_path()));
    assert!(table.contains("SYMBOLIC"), "{table}");
    assert!(table.contains("NODELETE"), "{table}");
}

/// What is weak is found in the process or not: BIND crashed when AWS-LC found the `sdallocx` of jemalloc there, and nothing else
/// of it.
#[test]
fn no_allocator_is_looked_for_in_the_process() {
    let table = run(Command::new("readelf").args(["--wide", "--dyn-syms"]).arg(library_path()));
    let weak = table.lines().filter(|line| line.contains(" WEAK ") && line.contains(" UND "));
    let names: Vec<_> = weak.filter_map(|line| line.split_whitespace().nth(7)).collect();
    // Those of the C library have a version, and the compiler's own no sense in a library.
    let expected = |name: &&&str| name.contains("@GLIBC") || name.starts_with("_ITM_") || **name == "__gmon_start__";
    assert_eq!(names.iter().filter(|name| !expected(name)).count(), 0, "{names:?}");
    assert!(!names.is_empty());
}

#[test]
fn a_hosts_functions_of_the_same_names_do_not_replace_ours() {
    works("interposed", &["-rdynamic"], &library_path());
}

#[test]
fn a_thread_that_used_the_library_outlives_it() {
    works("unload", &["-pthread"], &library_path());
}
