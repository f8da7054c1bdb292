//! A folder with keys made by openssl, a configuration that imports them, and programs run in it.

use crate::common::library_path;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub const USER_PIN: &str = "123456";
pub const SO_PIN: &str = "87654321";

/// How openssl makes keys.
pub const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
pub const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
pub const P384: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
pub const ED25519: &str = "-algorithm ED25519";

pub struct Workshop {
    folder: PathBuf,
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
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Workshop {
    /// A folder with nothing but a configuration for openssl.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("clients-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let workshop = Self { folder };
        workshop.put("openssl.cnf", b"[req]\ndistinguished_name = name\n[name]\n");
        workshop
    }

    /// A token with these keys, made by openssl, and self-signed certificates for them. Key and certificate have the
    /// name for their label; the files are `NAME.pem`, `NAME.pub`, `NAME.der` and `NAME.crt`.
    pub fn stocked(keys: &[(&str, &str)]) -> Self {
        let workshop = Self::new();
        let mut import = Vec::new();
        for (name, how) in keys {
            workshop.make_key(name, how);
            workshop.certify(name, "");
            import.extend([format!("{name}.pem"), format!("{name}.crt")]);
        }
        workshop.configure(&import.iter().map(String::as_str).collect::<Vec<_>>(), "");
        workshop
    }

    /// A token "web" with these PEM files of the folder, and more lines of configuration.
    pub fn configure(&self, import: &[&str], more: &str) {
        let import: Vec<_> = import.iter().map(|file| format!("{file:?}")).collect();
        let token = format!(
            "[[token]]\nlabel = \"web\"\nso-pin = \"{SO_PIN}\"\nuser-pin = \"{USER_PIN}\"\nimport = [{}]\n{more}\n",
            import.join(", ")
        );
        self.put("ferrotoken.toml", token.as_bytes());
    }

    pub fn put(&self, file: &str, content: &[u8]) {
        std::fs::write(self.folder.join(file), content).unwrap();
    }

    pub fn get(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Where a file of the folder lies.
    pub fn path(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }

    /// A command of blank-separated words, to be run in the folder. One that does not end, waiting for an answer on a terminal
    /// perhaps, is ended.
    pub fn command(&self, command: &str) -> Command {
        self.unlimited(&format!("timeout 120 {command}"))
    }

    fn unlimited(&self, command: &str) -> Command {
        let mut words = command.split_whitespace();
        let mut made = Command::new(words.next().unwrap());
        made.args(words)
            .current_dir(&self.folder)
            .env("FERROTOKEN_CONF", self.folder.join("ferrotoken.toml"))
            .env("OPENSSL_CONF", self.folder.join("openssl.cnf"))
            .env("HOME", &self.folder)
            .env("GNUTLS_PIN", USER_PIN)
            .env("GNUTLS_SO_PIN", SO_PIN)
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        made
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
        self.certify("ca", "");
    }

    /// Has the authority make `NAME.crt` for the public key of `NAME.pem`, with these extensions.
    pub fn issue(&self, name: &str, extensions: &str) {
        self.put("extensions", extensions.as_bytes());
        self.ok(&format!("openssl req -new -key {name}.pem -subj /CN=localhost/OU={name} -out request.pem"));
        self.ok(&format!(
            "openssl x509 -req -in request.pem -CA ca.crt -CAkey ca.pem -days 30 -extfile extensions -out {name}.crt"
        ));
    }

    /// The built library.
    pub fn module() -> String {
        library_path().display().to_string()
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
