//! The command-line tool `ferrotoken`.
//!
//! It talks to the built library, or to any other PKCS#11 module, as any program does: it loads the shared object and calls
//! `C_…` functions.
#![deny(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks, clippy::unwrap_used, clippy::expect_used)]

mod arrivals;
#[cfg(feature = "store")]
mod backup;
#[cfg(not(feature = "store"))]
#[path = "no_backup.rs"]
mod backup;
mod bench;
mod certificate;
mod cli;
mod client;
mod demo;
mod doctor;
mod explain;
mod export;
mod foreign;
mod import;
mod keys;
mod material;
mod mechanisms;
mod objects;
mod pin;
mod profile;
mod progress;
mod show;
mod softhsm;
mod tokens;

use clap::Parser;
use cli::{Certificate, Cli, Command};
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
    let (library, json) = (cli.library(), cli.json);
    let with = |command: &dyn Fn(&Module) -> Result<()>| {
        let module = Module::load(&library)?;
        let result = command(&module);
        // What the command has to say matters more than a module that cannot be left.
        result.and(module.finalise().map_err(Failure::into))
    };
    match &cli.command {
        Command::Info => with(&|module| tokens::info(module, json)),
        Command::List => with(&|module| tokens::list(module, json)),
        Command::Init { label, so_pin, new_pin } => {
            with(&|module| tokens::initialise(cli, module, label, so_pin, new_pin))
        }
        Command::Pin { so, reset, old, new } => with(&|module| tokens::change_pin(cli, module, *so, *reset, old, new)),
        Command::Random { bytes, hex } => with(&|module| tokens::random(cli, module, *bytes, *hex)),
        Command::Objects(wanted) => with(&|module| objects::list(cli, module, wanted)),
        Command::Backup { file, so_pin } => with(&|module| backup::write(cli, module, file, so_pin.as_ref())),
        Command::Restore { file, so_pin } => backup::restore(cli, file, so_pin.as_ref()),
        Command::Delete { wanted, all } => with(&|module| objects::delete(cli, module, wanted, *all)),
        Command::Export(what) => with(&|module| export::run(cli, module, what)),
        Command::Generate { kind, names, uses } => with(&|module| keys::generate(cli, module, kind, names, uses)),
        Command::Import(what) => with(&|module| import::run(cli, module, what)),
        Command::ImportSofthsm(what) => with(&|module| softhsm::run(cli, module, what)),
        Command::ImportModule(what) => with(&|module| foreign::run(cli, module, what)),
        Command::Certificate(Certificate::Request(what)) => with(&|module| certificate::request(cli, module, what)),
        Command::Certificate(Certificate::SelfSigned { certified, days, ca }) => {
            with(&|module| certificate::self_signed(cli, module, certified, *days, *ca))
        }
        Command::Certificate(Certificate::List) => with(&|module| certificate::list(cli, module)),
        Command::Mechanisms => Ok(mechanisms::run(&library, cli.module.is_none(), json)?),
        Command::Bench(options) => Ok(bench::run(&options.with(cli))?),
        Command::ProfileTest { words } => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let options = profile::Options::read(&words).unwrap_or_else(|error| cli::wrong_usage(&error));
            Ok(profile::run(options)?)
        }
        Command::Doctor => doctor::run(cli, &library),
        Command::Demo { file } => Ok(demo::run(file, &library)?),
        Command::Completions { shell } => cli::completions(*shell),
        Command::Man => cli::man(),
    }
}
