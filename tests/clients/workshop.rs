//! A folder with keys made by openssl, a configuration that imports them, and programs run in it.

use crate::common::library_path;
use crate::debian;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub const USER_PIN: &str = "123456";
pub const SO_PIN: &str = "87654321";

/// How openssl makes keys.
pub const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
pub const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
pub const P384: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
pub const P521: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-521";
pub const ED25519: &str = "-algorithm ED25519";

/// Whose programs run in a workshop, and where its token keeps what they put on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Those of this machine. The token has the keys that its configuration imports, in each process anew; what a program
    /// makes is gone when it ends.
    InMemory,
    /// Those of this machine. The token is a file: what one program makes, the next one finds.
    Lasting,
    /// Those of Debian 13, with a token that lasts.
    Trixie,
    /// Those of Debian 13, with a token in memory: for clients that Debian 12 does not have.
    TrixieInMemory,
}

impl Setting {
    pub const ALL: [Self; 3] = [Self::InMemory, Self::Lasting, Self::Trixie];
    /// Those for clients that Debian 13 has no other version of, or none that matters.
    pub const HERE: [Self; 2] = [Self::InMemory, Self::Lasting];

    /// Whether programs find what others made before them.
    fn lasts(self) -> bool {
        matches!(self, Self::Lasting | Self::Trixie)
    }

    fn in_trixie(self) -> bool {
        matches!(self, Self::Trixie | Self::TrixieInMemory)
    }
}

/// The bytes of a secret key, the file that they are in, and its `CKA_ID`. The key may leave the token wrapped.
pub struct Secret<'a> {
    pub file: &'a str,
    pub bytes: &'a [u8],
    pub id: &'a str,
}

pub struct Workshop {
    folder: PathBuf,
    /// The folder as its programs see it.
    seen: PathBuf,
    pub setting: Setting,
}

/// A program that runs beside the test, and ends with it.
pub struct Server(pub Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first, so that it can end its own processes.
        let _ = Command::new("kill").arg(self.0.id().to_string()).stderr(Stdio::null()).status();
        for _ in 0..40 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The setting was {:?}.", self.setting);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Workshop {
    /// A folder with configurations for openssl and for a token that nobody has initialised.
    pub fn new(setting: Setting) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("clients-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (folder, seen) = if setting.in_trixie() {
            let folder = debian::trixie().join(&debian::WORK[1..]).join(&name);
            std::fs::create_dir(&folder).unwrap();
            // Built on an older system, it must load on this one.
            std::fs::hard_link(library_path(), folder.join("libferrotoken.so")).unwrap();
            (folder, Path::new(debian::WORK).join(name))
        } else {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
            std::fs::create_dir(&folder).unwrap();
            (folder.clone(), folder)
        };
        let workshop = Self { folder, seen, setting };
        workshop.put("openssl.cnf", b"[req]\ndistinguished_name = name\n[name]\n");
        workshop.put("user.pin", USER_PIN.as_bytes());
        workshop.put("so.pin", SO_PIN.as_bytes());
        // PINs are not what is tried here, so they may cost little.
        let lasting = "[store]\ndirectory = \"tokens\"\nargon2-memory = 8\nargon2-passes = 1\n";
        let configuration = if setting.lasts() { lasting } else { "" };
        workshop.put("ferrotoken.toml", configuration.as_bytes());
        workshop
    }

    /// A token "web" with these keys, made by openssl, and self-signed certificates for them. Key and certificate have the
    /// name for their label; the files are `NAME.pem`, `NAME.pub`, `NAME.der` and `NAME.crt`.
    pub fn stocked(setting: Setting, keys: &[(&str, &str)]) -> Self {
        let workshop = Self::new(setting);
        let mut files = Vec::new();
        for (name, how) in keys {
            workshop.make_key(name, how);
            workshop.certify(name, "");
            files.extend([format!("{name}.pem"), format!("{name}.crt")]);
        }
        workshop.fill(&files.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        workshop
    }

    /// Initialises the token as "web" and puts onto it what these PEM files of the folder have, and secret keys.
    pub fn fill(&self, files: &[&str], secrets: &[Secret]) {
        for secret in secrets {
            self.put(secret.file, secret.bytes);
        }
        if self.lasts() { self.import(files, secrets) } else { self.configure(files, secrets) }
    }

    /// Whether programs find what others made before them.
    pub fn lasts(&self) -> bool {
        self.setting.lasts()
    }

    fn configure(&self, files: &[&str], secrets: &[Secret]) {
        let mut text = format!(
            "[[token]]\nlabel = \"web\"\nso-pin-file = \"so.pin\"\nuser-pin-file = \"user.pin\"\nimport = {files:?}\n"
        );
        for Secret { file, id, .. } in secrets {
            text +=
                &format!("[[token.secret-key]]\nfile = {file:?}\ntype = \"aes\"\nid = {id:?}\nextractable = true\n");
        }
        self.put("ferrotoken.toml", text.as_bytes());
    }

    fn import(&self, files: &[&str], secrets: &[Secret]) {
        let module = library_path();
        let tool = format!("{} --module {}", env!("CARGO_BIN_EXE_ferrotoken"), module.display());
        self.here(&format!("{tool} --slot 0 init web --so-pin file:so.pin --new-pin file:user.pin"));
        for file in files {
            let (label, _) = file.rsplit_once('.').unwrap();
            self.here(&format!("{tool} --token web --pin file:user.pin import {file} --label {label}"));
        }
        for Secret { file, bytes, id } in secrets {
            let key = format!("--key-type AES:{} --id {id} --extractable", bytes.len());
            let tool = format!("pkcs11-tool --module {} --login --pin {USER_PIN}", self.module());
            self.ok(&format!("{tool} --write-object {file} --type secrkey {key}"));
        }
    }

    pub fn put(&self, file: &str, content: &[u8]) {
        std::fs::write(self.folder.join(file), content).unwrap();
    }

    pub fn get(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Where a file of the folder lies, as its programs see it.
    pub fn path(&self, file: &str) -> String {
        self.seen.join(file).display().to_string()
    }

    pub fn exists(&self, file: &str) -> bool {
        self.folder.join(file).exists()
    }

    pub fn chmod(&self, file: &str, mode: u32) {
        std::fs::set_permissions(self.folder.join(file), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A command of blank-separated words, to be run in the folder. One that does not end, waiting for an answer on a terminal
    /// perhaps, is ended.
    pub fn command(&self, command: &str) -> Command {
        self.unlimited(&format!("timeout 300 {command}"))
    }

    fn unlimited(&self, command: &str) -> Command {
        let mut made;
        if self.setting.in_trixie() {
            made = debian::command(&self.seen);
            made.args(command.split_whitespace());
        } else {
            let mut words = command.split_whitespace();
            made = Command::new(words.next().unwrap());
            made.args(words).current_dir(&self.folder);
        }
        made.env("FERROTOKEN_CONF", self.seen.join("ferrotoken.toml"))
            .env("OPENSSL_CONF", self.seen.join("openssl.cnf"))
            .env("HOME", &self.seen)
            .env("GNUTLS_PIN", USER_PIN)
            .env("GNUTLS_SO_PIN", SO_PIN)
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        made
    }

    /// Runs a program of this machine in the folder, whatever the setting.
    #[track_caller]
    pub fn here(&self, command: &str) -> String {
        let mut words = command.split_whitespace();
        let mut made = Command::new(words.next().unwrap());
        made.args(words).current_dir(&self.folder).env("FERROTOKEN_CONF", self.folder.join("ferrotoken.toml"));
        let output = made.output().unwrap();
        assert!(output.status.success(), "{command}\n{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs a command of blank-separated words in the folder.
    pub fn run(&self, command: &str) -> Output {
        self.command(command).output().unwrap_or_else(|error| panic!("{command}: {error}; .ci/run installs it"))
    }

    /// As [`Workshop::ok`], with a file of the folder for standard input.
    #[track_caller]
    pub fn ok_with(&self, command: &str, input: &str) -> String {
        let file = std::fs::File::open(self.folder.join(input)).unwrap();
        let output = self.command(command).stdin(file).output().unwrap();
        assert!(output.status.success(), "{command}\n{}\n{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Starts a program that serves until it is dropped. What it prints goes to the file `LOG` of the folder.
    pub fn serve(&self, command: &str, log: &str) -> Server {
        let file = std::fs::File::create(self.folder.join(log)).unwrap();
        let started = self.unlimited(command).stdout(file.try_clone().unwrap()).stderr(file).spawn();
        Server(started.unwrap_or_else(|error| panic!("{command}: {error}; .ci/run installs it")))
    }

    /// Waits until `ready`, and shows a server's log if it does not come to that.
    #[track_caller]
    pub fn until(&self, log: &str, ready: impl Fn() -> bool) {
        for _ in 0..600 {
            if ready() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("not ready after half a minute: {}", text(&self.get(log)));
    }

    /// Runs a command that must succeed; gives what it printed on standard output.
    #[track_caller]
    pub fn ok(&self, command: &str) -> String {
        let output = self.run(command);
        let (printed, complained) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{command}\n{}\n{printed}\n{complained}", output.status);
        printed
    }

    /// Runs a command that must fail; gives what it said on standard error.
    #[track_caller]
    pub fn fails(&self, command: &str) -> String {
        let output = self.run(command);
        assert!(!output.status.success(), "{command}\nsucceeded: {}", text(&output.stdout));
        text(&output.stderr)
    }

    /// Makes `NAME.pem` with a private key and `NAME.pub` with its public key.
    pub fn make_key(&self, name: &str, how: &str) {
        self.ok(&format!("openssl genpkey {how} -out {name}.pem"));
        self.ok(&format!("openssl pkey -in {name}.pem -pubout -out {name}.pub"));
        self.ok(&format!("openssl pkey -in {name}.pem -pubout -outform DER -out {name}.der"));
    }

    /// Makes `NAME.crt`, a self-signed certificate of `NAME.pem`.
    pub fn certify(&self, name: &str, options: &str) {
        self.ok(&format!(
            "openssl req -x509 -new -key {name}.pem -subj /CN={name}.example -days 30 {options} -out {name}.crt"
        ));
    }

    /// Makes an authority, `ca.pem` and `ca.crt`.
    pub fn found_authority(&self) {
        self.make_key("ca", RSA);
        self.certify("ca", "-addext basicConstraints=critical,CA:TRUE");
    }

    /// Has the authority make `NAME.crt` for the public key of `NAME.pem`, with these extensions.
    pub fn issue(&self, name: &str, extensions: &str) {
        self.put("extensions", extensions.as_bytes());
        self.ok(&format!("openssl req -new -key {name}.pem -subj /CN=localhost/OU={name} -out request.pem"));
        self.ok(&format!(
            "openssl x509 -req -in request.pem -CA ca.crt -CAkey ca.pem -days 30 -extfile extensions -out {name}.crt"
        ));
    }

    /// The built library, as the folder's programs see it.
    pub fn module(&self) -> String {
        if self.setting.in_trixie() { self.path("libferrotoken.so") } else { library_path().display().to_string() }
    }
}

/// A port on which nobody listens.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether somebody listens there.
pub fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
