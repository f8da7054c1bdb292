//! Debian in folders of their own, made of Debian's packages: versions 12 and 13, whatever this machine has.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What Debian 13 has beside the system itself.
const TRIXIE: &str = "bind9,bind9-utils,cryptsetup-bin,curl,gnutls-bin,libengine-pkcs11-openssl,libnss3-tools,mdbook,nginx,opensc,openjdk-21-jdk-headless,openssl,p11-kit,p11-kit-modules,pkcs11-provider,softhsm2,stunnel4,systemd,systemd-cryptsetup";

/// What it has in the version of Debian's backports. (OpenSSH 10.0 passes over the Ed25519 keys of tokens, 10.3 does not.)
const BACKPORTS: &str = "openssh-client openssh-server";

/// The packages of the backports that are unpacked into a folder beside what they are newer versions of.
const NEWER_PACKAGES: &str = "pkcs11-provider";

/// That folder, as seen from within.
pub const NEWER: &str = "/newer";

/// The folder for workshops, as seen from within.
pub const WORK: &str = "/work";

/// The programs that use the package's token in a Debian 12 that has nothing else.
const BOOKWORM: &str = "opensc,openssl,p11-kit";

/// Debian 13 with the programs of all clients.
pub fn trixie() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        made("trixie", TRIXIE, &format!("{BACKPORTS}; {NEWER_PACKAGES}"), |root| {
            must(as_root("mkdir").args(["-m", "1777"]).arg(within(root, WORK)));
            let backports =
                "sed s/trixie/trixie-backports/ /etc/apt/sources.list > /etc/apt/sources.list.d/backports.list";
            let install = format!("apt-get install -q -y --no-install-recommends -t trixie-backports {BACKPORTS}");
            let download = format!("apt-get download -q -t trixie-backports {NEWER_PACKAGES}");
            let unpack = format!("for package in *.deb; do dpkg -x $package {NEWER}; done; rm *.deb");
            run_in(root, &format!("{backports}; apt-get update -q; {install}; cd {WORK}; {download}; {unpack}"));
        })
    })
}

/// A system that a test may change, gone when it is dropped.
pub struct Copy(pub PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = as_root("rm").args(["-rf", "--one-file-system"]).arg(&self.0).status();
    }
}

impl Copy {
    /// Debian 12, with hardly more than every Debian has.
    pub fn of_bookworm() -> Self {
        let root = made("bookworm", BOOKWORM, "", |_| ());
        let copy = Self(root.with_extension(format!("copy-{}", std::process::id())));
        must(as_root("cp").arg("-a").arg(&root).arg(&copy.0));
        copy
    }

    /// Where a file of it lies.
    pub fn path(&self, file: &str) -> PathBuf {
        within(&self.0, file)
    }

    /// What a line of shell prints there; it must succeed.
    #[track_caller]
    pub fn run(&self, line: &str) -> String {
        run_in(&self.0, line)
    }
}

/// A root with these packages; `finish` does what else is to be done. It is kept for the next time, unless something else is
/// wanted by then.
fn made(suite: &str, packages: &str, more: &str, finish: impl FnOnce(&Path)) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(suite);
    // Another test program may be about to make it as well. The lock ends with the file.
    let lock = File::create(root.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let stamp = root.with_extension("packages");
    let wanted = format!("{packages}; {more}");
    if std::fs::read_to_string(&stamp).is_ok_and(|packages| packages == wanted) {
        return root;
    }
    let _ = std::fs::remove_file(&stamp);
    must(as_root("rm").args(["-rf", "--one-file-system"]).arg(&root));
    must(as_root("debootstrap").args(["--variant=minbase", &format!("--include={packages}"), suite]).arg(&root));
    finish(&root);
    std::fs::write(&stamp, wanted).unwrap();
    root
}

/// A command within Debian 13, in a folder of it.
pub fn command(folder: &Path) -> Command {
    enter(trixie(), folder)
}

/// A command within a root, in a folder of it. Java wants to see the processes; what is mounted for that is gone with the
/// command.
pub fn enter(root: &Path, folder: &Path) -> Command {
    let mut command = as_root("unshare");
    let script = "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" env -C \"$@\"";
    command.args(["--mount", "sh", "-c", script]).arg(root).arg(folder);
    command
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

/// Runs a shell's commands within a root, with nothing of this process's environment; each must succeed.
#[track_caller]
fn run_in(root: &Path, script: &str) -> String {
    let environment =
        ["-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"];
    must(as_root("chroot").arg(root).arg("env").args(environment).args(["sh", "-ec", script]))
}

fn within(root: &Path, file: &str) -> PathBuf {
    root.join(file.trim_start_matches('/'))
}

/// Runs a command that must succeed; gives what it printed on standard output.
#[track_caller]
pub fn must(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; .ci/run installs it"));
    let (printed, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{}\n{printed}\n{complained}", output.status);
    printed.into_owned()
}
