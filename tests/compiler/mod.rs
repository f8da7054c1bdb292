//! The C compiler, and programs that it makes of `tests/c`.
#![allow(dead_code)] // Each test uses a part.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Compiles a program of `tests/c` and runs it on the library, without a configuration; it must say that all is well.
pub fn works(name: &str, more: &[&str], library: &Path) {
    let program = compile(name, more);
    let output = run(Command::new(program).arg(library).env_remove("FERROTOKEN_CONF"));
    assert_eq!(output, format!("{name}: all is well\n"));
}

/// Compiles a library of `tests/c` that is to be preloaded.
pub fn preload(name: &str) -> PathBuf {
    compile(name, &["-shared", "-fPIC"])
}

/// Compiles a program of `tests/c` against our header, as strictly as a compiler can be asked to.
fn compile(name: &str, more: &[&str]) -> PathBuf {
    let program = folder("programs").join(name);
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-I"]).arg(root().join("include"));
    compiler.arg("-o").arg(&program).arg(root().join("tests/c").join(name).with_extension("c"));
    run(compiler.args(more).arg("-ldl"));
    program
}

/// Runs a command, which must succeed; returns what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{printed}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

/// A folder for a test's files, under the target folder.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The top of the working tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
