//! A directory of tokens, files beside it, and the tool run on them.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const SO_PIN: &str = "so-pin-7531";
pub const USER_PIN: &str = "user-pin-2468";

/// The variables from which the tests give PINs.
pub const SO: &str = "env:TEST_SO_PIN";
pub const USER: &str = "env:TEST_USER_PIN";

pub struct Desk {
    pub folder: PathBuf,
}

impl Desk {
    /// An empty directory, and PINs that are cheap to try.
    pub fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tool").join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let desk = Self { folder };
        desk.put("ferrotoken.toml", b"[store]\ndirectory = \"tokens\"\nargon2-memory = 8\nargon2-passes = 1\n");
        desk
    }

    /// With a token, "desk", in it.
    pub fn with_token(test: &str) -> Self {
        let desk = Self::new(test);
        desk.init("desk");
        desk
    }

    pub fn init(&self, label: &str) {
        self.ok(&["init", label, "--so-pin", SO, "--new-pin", USER]);
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    pub fn put(&self, file: &str, content: &[u8]) {
        fs::write(self.path(file), content).unwrap();
    }

    pub fn get(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// The tool, to be run in the folder, with nothing of this process's configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrotoken"));
        command.args(arguments).current_dir(&self.folder);
        for variable in ["FERROTOKEN_DIR", "FERROTOKEN_LOG", "FERROTOKEN_LOG_FILE", "XDG_CONFIG_HOME"] {
            command.env_remove(variable);
        }
        command.env("HOME", &self.folder).env("FERROTOKEN_CONF", self.path("ferrotoken.toml"));
        command.env("TEST_SO_PIN", SO_PIN).env("TEST_USER_PIN", USER_PIN);
        command.stdin(std::process::Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the tool, which must succeed; gives what it printed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        good(arguments, self.run(arguments))
    }

    /// As [`Self::ok`], with the user's PIN.
    #[track_caller]
    pub fn user(&self, arguments: &[&str]) -> String {
        self.ok(&with_pin(arguments))
    }

    /// As [`Self::user`], with an answer in JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let arguments = with_pin(&[arguments, &["--json"]].concat());
        let printed = self.ok(&arguments);
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{arguments:?} printed {printed:?}: {error}"))
    }

    /// Runs the tool with the user's PIN, which must fail, printing nothing; gives what it complained of.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str]) -> String {
        complaint(arguments, self.run(&with_pin(arguments)), 1)
    }

    /// The rows of `objects`, or of those of a class.
    #[track_caller]
    pub fn objects(&self, more: &[&str]) -> Vec<Value> {
        self.json(&[&["objects"], more].concat()).as_array().unwrap().clone()
    }
}

fn with_pin<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--pin", USER]].concat()
}

/// The text of a success.
#[track_caller]
pub fn good(arguments: &[&str], output: Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {}\n{stderr}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// The complaint of a failure with this exit code.
#[track_caller]
pub fn complaint(arguments: &[&str], output: Output, code: i32) -> String {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    stderr
}

/// Panics unless the text has all of these in it.
#[track_caller]
pub fn says(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}
