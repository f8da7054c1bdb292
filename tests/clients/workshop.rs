//! A folder with keys made by openssl, a configuration that imports them, and programs run in it.

use crate::common::library_path;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

pub const USER_PIN: &str = "123456";
pub const SO_PIN: &str = "87654321";

pub struct Workshop {
    folder: PathBuf,
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Workshop {
    /// An empty folder.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("clients-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
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

    /// Runs a command of blank-separated words in the folder.
    pub fn run(&self, command: &str) -> Output {
        let mut words = command.split_whitespace();
        let program = words.next().unwrap();
        Command::new(program)
            .args(words)
            .current_dir(&self.folder)
            .env("FERROTOKEN_CONF", self.folder.join("ferrotoken.toml"))
            .env("OPENSSL_CONF", self.folder.join("openssl.cnf"))
            .env("LC_ALL", "C")
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}; .ci/run installs it"))
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
        self.put("openssl.cnf", b"");
        self.ok(&format!("openssl genpkey {how} -out {name}.pem"));
        self.ok(&format!("openssl pkey -in {name}.pem -pubout -out {name}.pub"));
        self.ok(&format!("openssl pkey -in {name}.pem -pubout -outform DER -out {name}.der"));
    }

    /// The built library.
    pub fn module() -> String {
        library_path().display().to_string()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
