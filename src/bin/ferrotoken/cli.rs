//! The command line: what may be written, and what `--help`, the man page and the shells know of it.

use crate::pin::Source;
use crate::{Result, bench};
use clap::{Args, CommandFactory, Parser, Subcommand};
use cryptoki_sys::CK_SLOT_ID;
use std::io;
use std::path::{Path, PathBuf};

/// Looks after the tokens of Ferrotoken, or of any other PKCS#11 module
#[derive(Parser)]
#[command(name = "ferrotoken", version, after_help = PINS)]
pub struct Cli {
    /// The shared library of a PKCS#11 module; without it, the one beside this program
    #[arg(long, global = true, value_name = "LIBRARY")]
    pub module: Option<PathBuf>,
    /// The token, by its label; without it, the only one that is initialised
    #[arg(long, global = true, value_name = "LABEL", conflicts_with = "slot")]
    pub token: Option<String>,
    /// The token, by the number of its slot
    #[arg(long, global = true, value_name = "NUMBER")]
    pub slot: Option<CK_SLOT_ID>,
    /// Where the user's PIN comes from
    #[arg(long, global = true, value_name = "SOURCE", default_value = "prompt")]
    pub pin: Source,
    /// Answers for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const PINS: &str = "\
A PIN's SOURCE is one of
  prompt      ask for it on the terminal (the default)
  env:NAME    an environment variable
  file:PATH   the first line of a file
  fd:NUMBER   the first line of an open file descriptor";

/// What the tool can do.
#[derive(Subcommand)]
pub enum Command {
    /// Show the module: who made it, its versions
    Info,
    /// Show the slots and their tokens
    List,
    /// Initialise a token: destroys what is on it, and sets the PINs of its security officer and its user
    Init {
        /// The new label
        label: String,
        /// Where the security officer's PIN comes from: the old one, if the token has one
        #[arg(long, value_name = "SOURCE", default_value = "prompt")]
        so_pin: Source,
        /// Where the user's new PIN comes from
        #[arg(long, value_name = "SOURCE", default_value = "prompt")]
        new_pin: Source,
    },
    /// Change the user's PIN, or the security officer's, or reset the user's as the security officer
    Pin {
        /// Change the security officer's PIN
        #[arg(long, conflicts_with = "reset")]
        so: bool,
        /// Set the user's PIN anew by the security officer's, which also unlocks it
        #[arg(long)]
        reset: bool,
        /// Where the PIN comes from that opens the token now
        #[arg(long, value_name = "SOURCE", default_value = "prompt")]
        old: Source,
        /// Where the new PIN comes from
        #[arg(long, value_name = "SOURCE", default_value = "prompt")]
        new: Source,
    },
    /// List the objects on a token
    Objects(Wanted),
    /// Generate a key or a key pair
    Generate {
        /// aes:256, generic:32 (bytes), rsa:3072, ec:P-256, ed25519, x25519, ed448, x448, ml-dsa:65, ml-kem:768, slh-dsa:SHA2-128s
        kind: String,
        #[command(flatten)]
        names: Names,
        #[command(flatten)]
        uses: Uses,
    },
    /// Import private keys, public keys and certificates from a PEM file
    Import {
        /// The file, as `openssl pkey` or `openssl x509` writes it, without a password
        file: PathBuf,
        #[command(flatten)]
        names: Names,
        #[command(flatten)]
        uses: Uses,
    },
    /// Export a public key, a certificate, or a key that may be read
    Export {
        #[command(flatten)]
        wanted: Wanted,
        /// The file to write; without it, standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Delete objects
    Delete {
        #[command(flatten)]
        wanted: Wanted,
        /// Delete them even if they are several
        #[arg(long)]
        all: bool,
    },
    /// Random bytes from a token
    Random {
        /// How many
        bytes: usize,
        /// As hexadecimal digits
        #[arg(long)]
        hex: bool,
    },
    /// Look for what is wrong with the configuration and the tokens, and say how to mend it
    Doctor,
    /// Show what a token does with a file: sign, encrypt, decrypt, verify
    Demo {
        /// The file
        file: PathBuf,
    },
    /// List what the first token can do and, of Ferrotoken, which policies allow it
    Mechanisms,
    /// Measure how fast a module is, or compare the one beside this program with that of --module
    Bench(Bench),
    /// Run a test case of the PKCS#11 profiles on a module: MODULE CASE.xml [--pin PIN] [--slot N] [--set NAME=VALUE] [--strict]
    ProfileTest {
        /// The module, the case and the options; docs/profile-test.md says what is compared
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        words: Vec<String>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

/// Which objects.
#[derive(Args)]
pub struct Wanted {
    /// Those of this label
    #[arg(long)]
    pub label: Option<String>,
    /// Those of this identifier, in hexadecimal
    #[arg(long, value_parser = from_hex)]
    pub id: Option<Bytes>,
    /// Those of a class: private, public, secret, certificate, data
    #[arg(long, value_enum)]
    pub class: Option<Class>,
}

/// What a new object is called.
#[derive(Args)]
pub struct Names {
    /// The label
    #[arg(long, default_value = "")]
    pub label: String,
    /// The identifier, in hexadecimal; without it, one that follows from the key
    #[arg(long, value_parser = from_hex)]
    pub id: Option<Bytes>,
}

/// What may be done with a new key.
#[derive(Args)]
pub struct Uses {
    /// The key may leave the token, wrapped by another
    #[arg(long)]
    pub extractable: bool,
    /// The PIN is asked for before each use of the private key
    #[arg(long)]
    pub always_authenticate: bool,
}

/// What is to be measured.
#[derive(Args)]
pub struct Bench {
    /// Measure this module alone
    #[arg(long, value_name = "LIBRARY", conflicts_with = "module")]
    only: Option<PathBuf>,
    /// Only the operations whose names contain this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How many threads at once
    #[arg(long, value_delimiter = ',', default_value = "1,2", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Vec<u16>,
}

impl Bench {
    /// With what the options for all commands say.
    pub fn with(&self, cli: &Cli) -> bench::Options {
        let modules = match (&self.only, &cli.module) {
            (Some(only), _) => vec![only.clone()],
            (None, other) => std::iter::once(own_library()).chain(other.clone()).collect(),
        };
        let threads = self.threads.iter().map(|threads| usize::from(*threads)).collect();
        bench::Options { modules, json: cli.json, filter: self.filter.clone(), threads }
    }
}

/// A string of bytes.
#[derive(Clone)]
pub struct Bytes(pub Vec<u8>);

/// A class of objects.
#[derive(Clone, Copy, clap::ValueEnum)]
#[allow(missing_docs)] // The names say it.
pub enum Class {
    Private,
    Public,
    Secret,
    Certificate,
    Data,
}

fn from_hex(digits: &str) -> std::result::Result<Bytes, String> {
    base16ct::mixed::decode_vec(digits).map(Bytes).map_err(|_| "an even number of hexadecimal digits, please".into())
}

impl Cli {
    /// The library that was named, or that was built or installed together with this program.
    pub fn library(&self) -> PathBuf {
        self.module.clone().unwrap_or_else(own_library)
    }
}

/// `cargo run` leaves the library in `deps`; the copy beside the program is made by `cargo build` only, and may be older. Installed,
/// it lies in the folder for modules, which a distribution may have once for each kind of machine.
fn own_library() -> PathBuf {
    let name = format!("{}ferrotoken{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let found = |place: PathBuf| Some(place.join(&name)).filter(|path| path.exists());
    let places = ["deps", ".", "../lib/pkcs11", "../lib64/pkcs11", "../lib"];
    places
        .iter()
        .find_map(|place| found(folder.join(place)))
        .or_else(|| found(own_architecture(&folder.join("../lib"))?.join("pkcs11")))
        .unwrap_or_else(|| folder.join(&name))
}

/// Debian's folder of libraries for this kind of machine: `x86_64-linux-gnu`, say.
fn own_architecture(libraries: &Path) -> Option<PathBuf> {
    // Rust and Debian agree on the first word of most of them.
    let word = if cfg!(target_arch = "x86") { "i386" } else { std::env::consts::ARCH };
    let ours = format!("{word}-{}-", std::env::consts::OS);
    let entries = std::fs::read_dir(libraries).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    entries.into_iter().find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&ours)))
}

/// Says what is wrong with the arguments, and ends.
pub fn wrong_usage(error: &dyn std::fmt::Display) -> ! {
    Cli::command().error(clap::error::ErrorKind::ValueValidation, error).exit()
}

/// Prints completions.
pub fn completions(shell: clap_complete::Shell) -> Result<()> {
    clap_complete::generate(shell, &mut Cli::command(), "ferrotoken", &mut io::stdout());
    Ok(())
}

/// Prints the man page.
pub fn man() -> Result<()> {
    Ok(clap_mangen::Man::new(Cli::command()).render(&mut io::stdout())?)
}
