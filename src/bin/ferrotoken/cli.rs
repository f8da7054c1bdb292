//! The command line: what may be written, and what `--help`, the man page and the shells know of it.

use crate::pin::Source;
use crate::{Result, bench};
use clap::{Args, CommandFactory, Parser, Subcommand};
use cryptoki_sys::CK_SLOT_ID;
use std::io;
use std::net::IpAddr;
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
  fd:NUMBER   the next line of an open file descriptor: several PINs come one after the other from a pipe";

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
        /// aes:256, generic:32 or hmac-sha256:32 (bytes), des3, chacha20, rsa:3072, ec:P-256, ed25519, x25519, ed448, x448,
        /// ml-dsa:65, ml-kem:768, slh-dsa:SHA2-128s
        kind: String,
        #[command(flatten)]
        names: Names,
        #[command(flatten)]
        uses: Uses,
    },
    /// Import private keys, public keys and certificates from a PEM or DER file, or a secret key from its bytes
    Import(Import),
    /// Copy everything from a token of SoftHSM 2 by reading its files, keys that are not extractable too
    ImportSofthsm(FromSofthsm),
    /// Copy what another PKCS#11 module gives: certificates, data, public keys, extractable keys
    ImportModule(FromModule),
    /// Export a public key, a certificate, data, or a private or secret key that is extractable
    Export(Export),
    /// Make certificate requests and self-signed certificates, and list certificates
    #[command(subcommand)]
    Certificate(Certificate),
    /// Write a token that lasts into one encrypted file, which its PINs open
    Backup {
        /// The file, which must not be there yet
        file: PathBuf,
        /// The security officer's PIN instead of the user's comes from here
        #[arg(long, value_name = "SOURCE")]
        so_pin: Option<Source>,
    },
    /// Make a token of a backup: in the slot that --slot names, or the first free one
    Restore {
        /// The file that `ferrotoken backup` has written
        file: PathBuf,
        /// The security officer's PIN instead of the user's comes from here
        #[arg(long, value_name = "SOURCE")]
        so_pin: Option<Source>,
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

/// What is to be imported.
#[derive(Args)]
pub struct Import {
    /// The file, as `openssl pkey` or `openssl x509` writes it, in PEM or DER
    pub file: PathBuf,
    /// The whole file is the value of a secret key of this type
    #[arg(long, value_enum, value_name = "TYPE", conflicts_with = "passphrase")]
    pub secret: Option<SecretType>,
    /// Where the passphrase of an encrypted private key comes from
    #[arg(long, value_name = "SOURCE")]
    pub passphrase: Option<Source>,
    #[command(flatten)]
    pub names: Names,
    #[command(flatten)]
    pub uses: Uses,
}

/// A token of SoftHSM's.
#[derive(Args)]
pub struct FromSofthsm {
    /// The folder of the token, or the one in which all tokens are: directories.tokendir in softhsm2.conf
    pub directory: PathBuf,
    /// The token of SoftHSM's, by its label; without it, the only one
    #[arg(long, value_name = "LABEL")]
    pub from_token: Option<String>,
    /// Where the user's PIN of SoftHSM's token comes from
    #[arg(long, value_name = "SOURCE", default_value = "prompt")]
    pub from_pin: Source,
}

/// A token of another module.
#[derive(Args)]
pub struct FromModule {
    /// The shared library of the other module
    pub library: PathBuf,
    /// The other token, by its label; without it, the only one that is initialised
    #[arg(long, value_name = "LABEL", conflicts_with = "from_slot")]
    pub from_token: Option<String>,
    /// The other token, by the number of its slot
    #[arg(long, value_name = "NUMBER")]
    pub from_slot: Option<CK_SLOT_ID>,
    /// Where the user's PIN of the other token comes from
    #[arg(long, value_name = "SOURCE", default_value = "prompt")]
    pub from_pin: Source,
    /// What the other module is told when it is initialised: "configdir='sql:/DIRECTORY'" for NSS
    #[arg(long, value_name = "TEXT")]
    pub from_parameter: Option<String>,
}

/// A type of secret keys that a file can hold.
#[derive(Clone, Copy, clap::ValueEnum)]
#[allow(missing_docs)] // The names say it.
pub enum SecretType {
    Aes,
    Generic,
    Des3,
    Chacha20,
}

/// What is to be exported, and how.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    pub wanted: Wanted,
    /// The file to write, for its owner only; without it, standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Encrypt a private key with a passphrase, which comes from here
    #[arg(long, value_name = "SOURCE")]
    pub passphrase: Option<Source>,
    /// Write a private or secret key in clear: whoever reads the file has the key
    #[arg(long, conflicts_with = "passphrase")]
    pub unprotected: bool,
}

/// What is to be done about certificates.
#[derive(Subcommand)]
pub enum Certificate {
    /// Make a certificate request (PKCS #10) for a private key of the token
    Request(Certified),
    /// Make a self-signed certificate for a private key of the token, and keep it there
    SelfSigned {
        #[command(flatten)]
        certified: Certified,
        /// How many days it is valid
        #[arg(long, default_value = "365")]
        days: u32,
        /// It is an authority's: it may sign others
        #[arg(long)]
        ca: bool,
    },
    /// List the certificates on a token
    List,
}

/// For what a certificate is wanted.
#[derive(Args)]
pub struct Certified {
    /// The private key, by its label
    #[arg(long)]
    pub label: Option<String>,
    /// The private key, by its identifier, in hexadecimal
    #[arg(long, value_parser = from_hex)]
    pub id: Option<Bytes>,
    /// The subject, as RFC 4514 writes it: "CN=www.example.org,O=Example"
    #[arg(long)]
    pub subject: String,
    /// A DNS name of the subject
    #[arg(long, value_name = "NAME")]
    pub dns: Vec<String>,
    /// An IP address of the subject
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Vec<IpAddr>,
    /// An e-mail address of the subject
    #[arg(long, value_name = "ADDRESS")]
    pub email: Vec<String>,
    /// The file to write; without it, standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
    /// Draw the comparison, in one thread, to this file (SVG)
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

impl Bench {
    /// With what the options for all commands say.
    pub fn with(&self, cli: &Cli) -> bench::Options {
        let modules = match (&self.only, &cli.module) {
            (Some(only), _) => vec![only.clone()],
            (None, other) => std::iter::once(own_library()).chain(other.clone()).collect(),
        };
        let threads = self.threads.iter().map(|threads| usize::from(*threads)).collect();
        bench::Options { modules, json: cli.json, filter: self.filter.clone(), threads, chart: self.chart.clone() }
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
