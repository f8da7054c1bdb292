//! The command-line tool `ferrotoken`.
//!
//! It talks to the built library as any other program does: it loads the shared object and calls `C_…` functions.
#![deny(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks, clippy::unwrap_used, clippy::expect_used)]

mod client;
mod demo;
mod mechanisms;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
ferrotoken: a PKCS#11 software token

Usage:
  ferrotoken demo FILE [--module LIBRARY]   show what a token does with a file: sign, encrypt, decrypt, verify
  ferrotoken mechanisms [--json] [--module LIBRARY]
                                            list what the first token can do, and which policies allow it
  ferrotoken --version
  ferrotoken --help

LIBRARY is the shared library of any PKCS#11 module; without it, the one beside this program.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["--version" | "-V"] => {
            println!("ferrotoken {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            Ok(())
        }
        ["mechanisms", ref options @ ..] => match mechanisms::Options::read(options) {
            Some(options) => mechanisms::run(&options, &own_library()).map_err(demo::Error::from),
            None => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        },
        ["demo", file] => demo::run(file.as_ref(), &own_library()),
        ["demo", file, "--module", module] | ["demo", "--module", module, file] => {
            demo::run(file.as_ref(), module.as_ref())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferrotoken: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The library that was built or installed together with this program.
///
/// `cargo run` leaves it in `deps`; the copy beside the program is made by `cargo build` only, and may be older.
fn own_library() -> PathBuf {
    let name = format!("{}ferrotoken{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    ["deps", ".", "../lib/pkcs11", "../lib"]
        .iter()
        .map(|place| folder.join(place).join(&name))
        .find(|path| path.exists())
        .unwrap_or_else(|| folder.join(&name))
}
