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

#[test]
fn the_example_of_asynchronous_sessions_works() {
    works("asynchronous", &[], &library_path());
}

#[test]
fn a_hostile_program_gets_codes_and_no_more() {
    works("hostile", &["-pthread"], &library_path());
}

/// OpenSSL's provider closes its sessions and finalises the library when the process ends.
#[test]
fn a_program_ends_well_whatever_the_order() {
    works("exits", &["-pthread", "-D_DEFAULT_SOURCE"], &library_path());
}

/// BIND crashed when it opened a token that lasts.
#[test]
#[cfg(target_env = "gnu")]
fn a_program_with_an_allocator_of_its_own_opens_a_directory() {
    works("allocators", &["-rdynamic"], &library_path());
}

/// What docs/async.md shows is what the program does, line by line.
#[test]
fn the_example_in_the_documentation_is_the_program_that_works() {
    let read = |path: &str| std::fs::read_to_string(compiler::root().join(path)).unwrap();
    let (page, program) = (read("docs/async.md"), read("tests/c/asynchronous.c"));
    let shown = page.split("```c\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    assert_eq!(shown.filter(|code| program.contains(code)).count(), 2);
}
