//! Tests that need a process of their own.

use std::process::{Command, Output};

/// Names the test that is running in a process of its own.
const CHILD: &str = "FERROTOKEN_TEST_CHILD";

/// Runs the body in a fresh process in which nothing else runs. To be called by the test of that name, with all that
/// the test does as its body.
#[track_caller]
pub fn in_child(test: &str, env: &[(&str, &str)], body: impl FnOnce()) {
    if cfg!(miri) {
        // There is one process, in which only one such test can run.
        return body();
    }
    if is_child(test) {
        limit(300);
        return body();
    }
    let output = child_process(test, env);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}: {}\n{stdout}\n{stderr}", output.status);
    assert!(stdout.contains("1 passed"), "no test is called {test}\n{stdout}");
}

/// Whether this process was started to run that test only.
pub fn is_child(test: &str) -> bool {
    std::env::var(CHILD).is_ok_and(|name| name == test)
}

/// Runs one test of this program in a process of its own, on its main thread.
pub fn child_process(test: &str, env: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().unwrap();
    let arguments = [test, "--exact", "--nocapture", "--include-ignored", "--test-threads=1"];
    // A configuration of the user who runs the tests is not theirs.
    let nowhere = ("XDG_CONFIG_HOME", "/nowhere");
    Command::new(program).args(arguments).env(CHILD, test).envs([nowhere]).envs(env.iter().copied()).output().unwrap()
}

/// Forks, runs the body in the child, and waits until it is over; panics if the child did.
#[cfg(unix)]
#[track_caller]
pub fn in_fork(body: impl FnOnce()) {
    // SAFETY: the child leaves by `_exit`, without running anything of the parent's.
    match unsafe { libc::fork() } {
        0 => {
            limit(30);
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            // SAFETY: ends the process.
            unsafe { libc::_exit(if outcome.is_ok() { 0 } else { 1 }) }
        }
        -1 => panic!("cannot fork: {}", std::io::Error::last_os_error()),
        child => {
            let mut status = 0;
            // SAFETY: the child is ours, and `status` is a place for its status.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(status, 0, "the forked child failed");
        }
    }
}

/// Ends this process after so many seconds, so that what hangs fails.
pub fn limit(seconds: u32) {
    // SAFETY: sets a timer.
    #[cfg(unix)]
    unsafe {
        libc::alarm(seconds)
    };
}
