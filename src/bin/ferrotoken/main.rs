//! The command-line tool `ferrotoken`.
//!
//! It talks to the built library as any other program does: it loads the shared object and calls `C_…` functions.
#![deny(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks, clippy::unwrap_used, clippy::expect_used)]

mod bench;
mod client;
mod demo;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
ferrotoken: a PKCS#11 software token

Usage:
  ferrotoken demo FILE [--module LIBRARY]   show what a token does with a file: sign, encrypt, decrypt, verify
  ferrotoken bench [OPTION]...              measure how fast a module is, or compare two
    --module LIBRARY    compare with this one
    --only LIBRARY      measure this one alone
    --filter TEXT       only the operations whose names contain this
    --threads N,N,…     how many at once (1,2)
    --json              not a table, but JSON
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
        ["demo", file] => demo::run(file.as_ref(), &own_library()),
        ["demo", file, "--module", module] | ["demo", "--module", module, file] => {
            demo::run(file.as_ref(), module.as_ref())
        }
        ["bench", ref words @ ..] => match bench_options(words) {
            Some(options) => bench::run(&options).map_err(demo::Error::from),
            None => return wrong_usage(),
        },
        _ => return wrong_usage(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferrotoken: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wrong_usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn bench_options(words: &[&str]) -> Option<bench::Options> {
    let mut options = bench::Options { modules: vec![own_library()], json: false, filter: None, threads: vec![1, 2] };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--json" => options.json = true,
            "--module" => options.modules.push(words.next()?.into()),
            "--only" => options.modules = vec![words.next()?.into()],
            "--filter" => options.filter = Some((*words.next()?).to_owned()),
            "--threads" => {
                let numbers = words.next()?.split(',').map(|number| number.parse().ok().filter(|number| *number > 0));
                options.threads = numbers.collect::<Option<_>>()?;
            }
            _ => return None,
        }
    }
    Some(options)
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
