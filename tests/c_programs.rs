//! C programs that know the library by its header only, load it and work.
#![cfg(target_os = "linux")] // The programs use dlopen and fork.

mod compiler;

use compiler::{compile, run_on_library};

#[test]
fn a_program_finds_every_interface_and_digests() {
    works("hello");
}

#[test]
fn the_standards_dual_function_examples_give_the_right_results() {
    works("dual");
}

#[test]
fn the_usage_guides_example_of_sessions_goes_as_written() {
    works("sessions");
}

fn works(name: &str) {
    run_on_library(name, &compile(name, &[]));
}
