//! The command-line tool `ferrotoken`.
//!
//! It talks to the built library, or to any other PKCS#11 module, as any program does: it loads the shared object and calls
//! `C_…` functions.
#![deny(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks, clippy::unwrap_used, clippy::expect_used)]

mod bench;
mod cli;
mod client;
mod demo;
mod doctor;
mod keys;
mod mechanisms;
mod objects;
mod pin;
mod profile;
mod show;
mod tokens;

use clap::Parser;
use cli::{Cli, Command};
use client::{Failure, Module};
use std::error::Error;
use std::process::ExitCode;

/// Why a command failed, for a person.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferrotoken: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let library = cli.library();
    match &cli.command {
        Command::Demo { file } => return Ok(demo::run(file, &library)?),
        Command::Bench(options) => return Ok(bench::run(&options.with(cli))?),
        Command::Mechanisms => return Ok(mechanisms::run(&library, cli.module.is_none(), cli.json)?),
        Command::ProfileTest { words } => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let options = profile::Options::read(&words).unwrap_or_else(|error| cli::wrong_usage(&error));
            return Ok(profile::run(options)?);
        }
        Command::Doctor => return doctor::run(&library, cli.json),
        Command::Completions { shell } => return cli::completions(*shell),
        Command::Man => return cli::man(),
        _ => {}
    }
    let module = Module::load(&library)?;
    let result = with_module(cli, &module);
    // What the command has to say matters more than a module that cannot be left.
    result.and(module.finalise().map_err(Failure::into))
}

fn with_module(cli: &Cli, module: &Module) -> Result<()> {
    match &cli.command {
        Command::Info => tokens::info(module, cli.json),
        Command::List => tokens::list(module, cli.json),
        Command::Init { label, so_pin, new_pin } => tokens::initialise(cli, module, label, so_pin, new_pin),
        Command::Pin { so, reset, old, new } => tokens::change_pin(cli, module, *so, *reset, old, new),
        Command::Random { bytes, hex } => tokens::random(cli, module, *bytes, *hex),
        Command::Objects(wanted) => objects::list(cli, module, wanted),
        Command::Delete { wanted, all } => objects::delete(cli, module, wanted, *all),
        Command::Export { wanted, out } => objects::export(cli, module, wanted, out.as_deref()),
        Command::Generate { kind, names, uses } => keys::generate(cli, module, kind, names, uses),
        Command::Import { file, names, uses } => keys::import(cli, module, file, names, uses),
        // Those that load modules themselves, or none.
        Command::Bench(_) | Command::Completions { .. } | Command::Demo { .. } | Command::Doctor | Command::Man => {
            Ok(())
        }
        Command::Mechanisms | Command::ProfileTest { .. } => Ok(()),
    }
}
