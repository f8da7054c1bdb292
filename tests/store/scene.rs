//! Tests of several processes: each is a list of scenes, and each scene a process of its own on the same directory.

use crate::common::*;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};

/// Names the scene that a process is to play.
const SCENE: &str = "FERROTOKEN_TEST_SCENE";
const CHILD: &str = "FERROTOKEN_TEST_CHILD";

/// A directory of tokens, and the test that plays on it.
pub struct Stage {
    test: &'static str,
    pub directory: PathBuf,
    config: PathBuf,
}

/// A scene: its name and what is done in it.
pub type Scene<'a> = (&'static str, &'a dyn Fn());

/// Plays all scenes, one after the other; to be called by the test of that name, with all that it does. A scene with a name
/// that begins with `-` is played only if it is called for.
#[track_caller]
pub fn play(test: &'static str, scenes: &[Scene<'_>]) {
    direct(test, scenes, |stage| {
        scenes.iter().filter(|(name, _)| !name.starts_with('-')).for_each(|(name, _)| stage.play(name));
    });
}

/// As [`play`], but the direction says what is played when, with what it finds on the stage in between.
#[track_caller]
pub fn direct(test: &'static str, scenes: &[Scene<'_>], direction: impl FnOnce(&Stage)) {
    if is_child(test) {
        let wanted = std::env::var(SCENE).unwrap();
        let (_, scene) = scenes.iter().find(|(name, _)| *name == wanted).expect("the scene is in the list");
        // Long trials ask for more.
        limit(std::env::var("FERROTOKEN_TEST_LIMIT").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(300));
        by_hand();
        return scene();
    }
    direction(&Stage::new(test));
}

impl Stage {
    fn new(test: &'static str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store").join(test.replace("::", "-"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let stage = Self { test, directory: folder.join("tokens"), config: folder.join("ferrotoken.toml") };
        stage.configure("");
        stage
    }

    /// Writes the configuration: PINs that are cheap to try, and what else is wanted in `[store]`.
    pub fn configure(&self, more: &str) {
        let directory = self.directory.display();
        let cheap = "argon2-memory = 8\nargon2-passes = 1\n";
        fs::write(&self.config, format!("[store]\ndirectory = \"{directory}\"\n{cheap}{more}")).unwrap();
    }

    /// The stage on which this process plays.
    pub fn here(test: &'static str) -> Self {
        let config = PathBuf::from(std::env::var("FERROTOKEN_CONF").unwrap());
        Self { test, directory: config.with_file_name("tokens"), config }
    }

    /// Starts a scene that waits for what it is told, and says `ready` on its standard error when it does.
    pub fn start_waiting(&self, scene: &str) -> (Child, Prompter) {
        self.start_waiting_in(scene, &[])
    }

    /// As [`Self::start_waiting`], with an environment.
    pub fn start_waiting_in(&self, scene: &str, env: &[(&str, &OsStr)]) -> (Child, Prompter) {
        let mut child = self.start_in(scene, env);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let stdin = child.stdin.take().unwrap();
        (child, Prompter { stderr, stdin })
    }

    /// Starts a scene.
    pub fn start(&self, scene: &str) -> Child {
        self.start_in(scene, &[])
    }

    /// As [`Self::start`], with an environment.
    pub fn start_in(&self, scene: &str, env: &[(&str, &OsStr)]) -> Child {
        let program = std::env::current_exe().unwrap();
        Command::new(program)
            .args([self.test, "--exact", "--nocapture", "--include-ignored", "--test-threads=1"])
            .env(CHILD, self.test)
            .env(SCENE, scene)
            .env("FERROTOKEN_CONF", &self.config)
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Plays a scene to its end; gives what it said.
    #[track_caller]
    pub fn play(&self, scene: &str) {
        self.end(scene, self.start(scene));
    }

    /// Waits for the end of a scene, which must be a good one; gives its standard error.
    #[track_caller]
    pub fn end(&self, scene: &str, child: Child) -> String {
        let output = child.wait_with_output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{} {scene}: {}\n{stdout}\n{stderr}", self.test, output.status);
        assert!(stdout.contains("1 passed"), "no test is called {}\n{stdout}", self.test);
        stderr.into_owned()
    }

    /// The file of the token in slot 0, of which nobody has a connection.
    pub fn file(&self) -> PathBuf {
        self.directory.join("0.token")
    }

    /// All bytes of all files.
    pub fn bytes(&self) -> Vec<u8> {
        let files = fs::read_dir(&self.directory).unwrap();
        files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

/// Tells a waiting scene what to do.
pub struct Prompter {
    stderr: BufReader<ChildStderr>,
    stdin: ChildStdin,
}

impl Prompter {
    #[track_caller]
    pub fn wait_until_ready(&mut self, child: &mut Child) -> String {
        let mut said = String::new();
        while !said.ends_with("ready\n") {
            if self.stderr.read_line(&mut said).unwrap() == 0 {
                panic!("{}: {said}", child.wait().unwrap());
            }
        }
        said
    }

    pub fn tell(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }

    pub fn go(&mut self) {
        self.tell("go");
    }

    /// Has nothing more to tell, and waits for its end, which must be a good one.
    #[track_caller]
    pub fn end(self, mut child: Child) {
        let Self { mut stderr, stdin } = self;
        drop(stdin);
        let mut said = String::new();
        stderr.read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success(), "{said}");
    }

    /// Tells it, and waits until it is ready again; gives what it said meanwhile.
    #[track_caller]
    pub fn say(&mut self, child: &mut Child, line: &str) -> String {
        self.tell(line);
        self.wait_until_ready(child)
    }
}

/// The token in slot 0.
pub const TOKEN: Token = Token { slot: 0 };

/// Initialises the library and the token, with the usual PINs.
pub fn make() {
    open();
    ok(TOKEN.init(SO_PIN, "lasting"));
    let so = TOKEN.so();
    ok(so.init_pin(USER_PIN));
    ok(so.logout());
    ok(so.close());
}

/// Initialises the library.
pub fn open() {
    assert_eq!(initialise(), CKR_OK);
}

/// `C_Finalize`.
pub fn finalise() {
    // SAFETY: NULL, as the standard wants it.
    assert_eq!(unsafe { loaded().C_Finalize.unwrap()(std::ptr::null_mut()) }, CKR_OK);
}

/// A session in which the user is logged in, in a library that is initialised here.
pub fn user() -> Session {
    open();
    TOKEN.user()
}

/// The numbers of all slots, looked for anew.
pub fn slot_numbers() -> Vec<CK_SLOT_ID> {
    let mut count = 0;
    // SAFETY: NULL asks for the count.
    assert_eq!(unsafe { loaded().C_GetSlotList.unwrap()(CK_TRUE, std::ptr::null_mut(), &mut count) }, CKR_OK);
    let mut slots = vec![0; count as usize];
    // SAFETY: a list with that much room.
    assert_eq!(unsafe { loaded().C_GetSlotList.unwrap()(CK_TRUE, slots.as_mut_ptr(), &mut count) }, CKR_OK);
    slots
}

/// A generic secret of this value, private and readable.
pub fn secret(label: &str, value: &[u8]) -> Vec<Attribute> {
    vec![
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        yes(CKA_TOKEN),
        yes(CKA_PRIVATE),
        no(CKA_SENSITIVE),
        yes(CKA_EXTRACTABLE),
        yes(CKA_SIGN),
        text(CKA_LABEL, label),
        bytes(CKA_VALUE, value),
    ]
}

/// A data object that anybody sees.
pub fn public_data(label: &str, value: &[u8]) -> Vec<Attribute> {
    vec![class(CKO_DATA), yes(CKA_TOKEN), no(CKA_PRIVATE), text(CKA_LABEL, label), bytes(CKA_VALUE, value)]
}

/// The only object of a label.
#[track_caller]
pub fn only(session: &Session, label: &str) -> CK_OBJECT_HANDLE {
    let found = session.find(&[text(CKA_LABEL, label)]);
    assert_eq!(found.len(), 1, "objects called {label}");
    found[0]
}
