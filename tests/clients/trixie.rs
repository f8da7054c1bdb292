//! Debian 13 in a folder of its own, made of Debian's packages: its programs are newer than those of Debian 12.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What is installed there beside the system itself.
const PACKAGES: &str = "bind9,bind9-utils,gnutls-bin,libnss3-tools,nginx,opensc,openjdk-21-jdk-headless,openssl,p11-kit,p11-kit-modules,pkcs11-provider,stunnel4";

/// The packages of Debian's backports, which are unpacked into a folder beside what they are newer versions of.
const NEWER_PACKAGES: &str = "pkcs11-provider";

/// That folder, as seen from within.
pub const NEWER: &str = "/newer";

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
        let wanted = format!("{PACKAGES} {NEWER_PACKAGES}");
        if std::fs::read_to_string(&stamp).is_ok_and(|packages| packages == wanted) {
            return root;
        }
        let _ = std::fs::remove_file(&stamp);
        let place = root.display();
        run(&format!("rm -rf --one-file-system {place}"));
        run(&format!("debootstrap --variant=minbase --include={PACKAGES} trixie {place}"));
        run(&format!("mkdir -m 1777 {place}{WORK}"));
        let backports = "sed s/trixie/trixie-backports/ /etc/apt/sources.list > /etc/apt/sources.list.d/backports.list";
        let download = format!("apt-get download -q -t trixie-backports {NEWER_PACKAGES}");
        let unpack = format!("for package in *.deb; do dpkg -x $package {NEWER}; done");
        let script = format!("{backports} && apt-get update -q && cd {WORK} && {download} && {unpack} && rm *.deb");
        run_in(&root, &script);
        std::fs::write(&stamp, wanted).unwrap();
        root
    })
}

/// A command within the root, in a folder of it. Java wants to see the processes; what is mounted for that is gone with the
/// command.
pub fn command(folder: &Path) -> Command {
    let mut command = as_root("unshare");
    let script = "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" env -C \"$@\"";
    command.args(["--mount", "sh", "-c", script]).arg(root()).arg(folder);
    command
}

/// A command that only root may give.
fn as_root(program: &str) -> Command {
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
    check(as_root(words.next().unwrap()).args(words));
}

/// Runs a shell's command within the root.
fn run_in(root: &Path, script: &str) {
    check(as_root("chroot").arg(root).args(["sh", "-c", script]));
}

fn check(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; .ci/run installs it"));
    let (printed, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{printed}\n{complained}");
}
