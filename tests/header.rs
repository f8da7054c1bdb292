//! The C header: it is what the Rust declarations give, C compilers take it, and it lies in memory as Rust does.

mod bindings;
mod compiler;
mod probe;

use bindings::c_header::{header, structures};
use bindings::{compare, source};
use compiler::root;

#[test]
fn the_header_is_what_the_bindings_give() {
    compare("include/pkcs11.h", &header(&source()));
}

#[test]
fn strict_compilers_take_the_header() {
    for standard in ["c99", "c11", "c17"] {
        probe::accepts("cc", standard);
    }
}

#[test]
fn structures_lie_in_memory_as_rust_lays_them() {
    // What rustc checked when it compiled the bindings for 64-bit Unix is written in them.
    if cfg!(not(all(unix, target_pointer_width = "64"))) {
        return;
    }
    let source = source();
    let structures = structures(&source);
    let ours = probe::layout("ours", &root().join("include/pkcs11.h"), &structures);
    let rusts = bindings::layout();
    assert!(rusts.len() > 500, "the bindings state their layout");
    for (place, number) in &rusts {
        assert_eq!(ours.get(place), Some(number), "{place}");
    }
}
