//! Debian 13 in a folder of its own, made of Debian's packages: its programs are newer than those of Debian 12.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What is installed there beside the system itself.
const PACKAGES: &str =
    "bind9,bind9-utils,gnutls-bin,libnss3-tools,opensc,openssl,p11-kit,p11-kit-modules,pkcs11-provider";

/// The folder for workshops, as seen from within.
pub const WORK: &str = "/work";

/// The root of that system. It is kept for the next time, unless other packages are wanted by then.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trixie");
        // Another test program may be about to make it as well. The lock ends with the file.
        let lock = File::create(root.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let stamp = root.with_extension("packages");
        if std::fs::read_to_string(&stamp).is_ok_and(|packages| packages == PACKAGES) {
            return root;
        }
        let _ = std::fs::remove_file(&stamp);
        let place = root.display();
        run(&format!("rm -rf --one-file-system {place}"));
        run(&format!("debootstrap --variant=minbase --include={PACKAGES} trixie {place}"));
        run(&format!("mkdir -m 1777 {place}{WORK}"));
        std::fs::write(&stamp, PACKAGES).unwrap();
        root
    })
}

/// A command that only root may give.
pub fn as_root(program: &str) -> Command {
    // SAFETY: a function without conditions.
    if unsafe { libc::geteuid() } == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", "--preserve-env", program]);
    command
}

fn run(command: &str) {
    let mut words = command.split_whitespace();
    let output = as_root(words.next().unwrap()).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{command}: {error}; .ci/run installs it"));
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stdout));
}
