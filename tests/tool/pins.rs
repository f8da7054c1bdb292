//! Where PINs come from, and where they are never seen.

use crate::desk::{Desk, SO_PIN, USER_PIN, complaint, good, says};
use std::fs;
use std::io::Write;
use std::process::Stdio;

#[test]
fn pins_come_from_files() {
    let desk = Desk::with_token("pin-file");
    desk.put("pin", format!("{USER_PIN}\nnot this line\n").as_bytes());
    desk.put("dos", format!("{USER_PIN}\r\n").as_bytes());
    desk.put("bare", USER_PIN.as_bytes());
    for file in ["file:pin", "file:dos", "file:bare"] {
        desk.ok(&["objects", "--pin", file]);
    }
    let arguments = ["objects", "--pin", "file:missing"];
    says(
        &complaint(&arguments, desk.run(&arguments), 1),
        &["the user PIN cannot be read from missing", "No such file"],
    );
}

#[test]
fn both_pins_come_through_one_pipe() {
    let desk = Desk::new("pin-pipe");
    let arguments = ["init", "piped", "--so-pin", "fd:0", "--new-pin", "fd:0"];
    let mut tool = desk.command(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    write!(tool.stdin.take().unwrap(), "{SO_PIN}\n{USER_PIN}\n").unwrap();
    good(&arguments, tool.wait_with_output().unwrap());
    assert_eq!(desk.objects(&[]).len(), 0);
}

/// As a shell script gives them: each on a descriptor of its own.
#[cfg(unix)]
#[test]
fn pins_come_from_descriptors() {
    let desk = Desk::new("pin-descriptors");
    desk.put("so", format!("{SO_PIN}\n").as_bytes());
    desk.put("user", format!("{USER_PIN}\n").as_bytes());
    let script = format!("{} init fd --so-pin fd:3 --new-pin fd:4 3<so 4<user", env!("CARGO_BIN_EXE_ferrotoken"));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(&desk.folder).env("FERROTOKEN_CONF", desk.path("ferrotoken.toml"));
    good(&["init"], shell.env_remove("FERROTOKEN_DIR").output().unwrap());
    assert_eq!(desk.objects(&[]).len(), 0);
}

#[test]
fn a_variable_that_is_not_set_is_told() {
    let desk = Desk::with_token("pin-variable");
    let arguments = ["objects", "--pin", "env:NOT_SET"];
    says(
        &complaint(&arguments, desk.run(&arguments), 1),
        &["the user PIN is to come from the environment variable NOT_SET, which is not set"],
    );
}

/// Without a terminal, asking is no way: the other ways are named.
#[test]
fn without_a_terminal_the_other_sources_are_named() {
    let desk = Desk::with_token("pin-prompt");
    // A session of its own has no terminal.
    let mut alone = std::process::Command::new("setsid");
    alone.args(["--wait", env!("CARGO_BIN_EXE_ferrotoken"), "objects"]).current_dir(&desk.folder).stdin(Stdio::null());
    alone.env("FERROTOKEN_CONF", desk.path("ferrotoken.toml")).env_remove("FERROTOKEN_DIR");
    let said = complaint(&["objects"], alone.output().unwrap(), 1);
    says(&said, &["cannot ask for the user PIN", "env:NAME, file:PATH or fd:NUMBER"]);
}

/// A terminal of its own, whose other end gives what is shown on it.
#[cfg(target_os = "linux")]
fn terminal() -> (fs::File, fs::File) {
    use std::os::fd::FromRawFd;
    let (mut ours, mut theirs) = (0, 0);
    let nothing = std::ptr::null_mut();
    // SAFETY: two places for descriptors; the rest may be NULL.
    let opened = unsafe { libc::openpty(&mut ours, &mut theirs, nothing, nothing.cast(), nothing.cast()) };
    assert_eq!(opened, 0);
    // SAFETY: the descriptors are new, and nobody else's.
    unsafe { (fs::File::from_raw_fd(ours), fs::File::from_raw_fd(theirs)) }
}

/// Whether a terminal shows what is typed.
#[cfg(target_os = "linux")]
fn echoes(terminal: &fs::File) -> bool {
    use std::os::fd::AsRawFd;
    let mut settings = std::mem::MaybeUninit::<libc::termios>::zeroed();
    // SAFETY: an open descriptor, and a place for the settings, of which zeros are some.
    let settings = unsafe {
        assert_eq!(libc::tcgetattr(terminal.as_raw_fd(), settings.as_mut_ptr()), 0);
        settings.assume_init()
    };
    settings.c_lflag & libc::ECHO != 0
}

/// On a terminal it is asked for, a new one twice, and what is typed is not shown.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_asked_and_shows_no_pin() {
    use std::io::Read;
    use std::os::unix::process::CommandExt;
    let desk = Desk::with_token("pin-terminal");
    let (mut ours, theirs) = terminal();
    let mut tool = desk.command(&["pin"]);
    tool.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    // SAFETY: only system calls, between fork and exec.
    let own_terminal = || unsafe {
        libc::setsid();
        match libc::ioctl(0, libc::TIOCSCTTY, 0) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: as above.
    let mut child = unsafe { tool.pre_exec(own_terminal) }.spawn().unwrap();
    // Its copies of the terminal would keep it open.
    drop(tool);
    let mut shown = String::new();
    let answers =
        [("user PIN: ", USER_PIN), ("new user PIN: ", "typed-twice"), ("new user PIN again: ", "typed-twice")];
    for (question, answer) in answers {
        while !shown.ends_with(question) {
            let mut some = [0; 100];
            let length = ours.read(&mut some).unwrap_or_else(|error| panic!("{error}: {shown}"));
            shown += std::str::from_utf8(&some[..length]).unwrap();
        }
        // Who types before the question is asked sees what he types.
        while echoes(&ours) {
            std::thread::yield_now();
        }
        writeln!(ours, "{answer}").unwrap();
    }
    // A terminal that nobody has any more gives an error at its end.
    let _ = ours.read_to_string(&mut shown);
    assert!(child.wait().unwrap().success(), "{shown}");
    says(&shown, &["the user PIN of the token in slot 0 is changed"]);
    assert!(!shown.contains(USER_PIN) && !shown.contains("typed-twice"), "{shown}");
    good(&["objects"], desk.command(&["objects", "--pin", "env:NEW"]).env("NEW", "typed-twice").output().unwrap());
}

/// Everybody can read the command lines of a machine's processes; the environment only the process's own user.
#[cfg(target_os = "linux")]
#[test]
fn a_pin_is_on_no_command_line() {
    let desk = Desk::with_token("pin-ps");
    let mut tool = desk.command(&["objects", "--pin", "fd:0"]);
    tool.env_remove("TEST_USER_PIN").env_remove("TEST_SO_PIN");
    let mut tool = tool.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = tool.stdin.take().unwrap();
    stdin.write_all(&USER_PIN.as_bytes()[..5]).unwrap();
    let process = format!("/proc/{}", tool.id());
    let shown = |file: &str| String::from_utf8_lossy(&fs::read(format!("{process}/{file}")).unwrap()).into_owned();
    // It has begun when it is no longer this program's copy.
    while !shown("cmdline").contains("fd:0") {
        std::thread::yield_now();
    }
    for file in ["cmdline", "environ"] {
        assert!(!shown(file).contains(&USER_PIN[..5]), "{file}");
    }
    writeln!(stdin, "{}", &USER_PIN[5..]).unwrap();
    drop(stdin);
    good(&["objects"], tool.wait_with_output().unwrap());
}

/// Whatever fails, the complaint has no PIN in it.
#[test]
fn no_complaint_shows_a_pin() {
    let desk = Desk::with_token("pin-shown");
    for arguments in [&["objects", "--pin", "env:WRONG"][..], &["pin", "--old", "env:WRONG", "--new", "env:WRONG"]] {
        let output = desk.command(arguments).env("WRONG", "wrong-secret-pin").env("FERROTOKEN_LOG", "trace").output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        says(&said, &["C_Login"]);
        assert!(!said.contains("wrong-secret-pin"), "{said}");
    }
}
