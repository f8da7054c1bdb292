//! C programs that know the library by its header only, load it and work.
#![cfg(target_os = "linux")] // The programs use dlopen and fork.

mod common;
mod compiler;

use common::library_path;
use compiler::works;

#[test]
fn a_program_finds_every_interface_and_digests() {
    works("hello", &[], &library_path());
}

#[test]
fn the_standards_dual_function_examples_give_the_right_results() {
    works("dual", &[], &library_path());
}

#[test]
fn the_usage_guides_example_of_sessions_goes_as_written() {
    works("sessions", &[], &library_path());
}
