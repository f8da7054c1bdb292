//! What a user installs: Debian's package, made as docs/packaging.md says, in a bare Debian 12 that has nothing else of ours; and
//! `make install`.

use crate::common::{FUNCTIONS, library_path};
use crate::debian::{Copy, as_root, must};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const MODULE: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/libferrotoken.so";

/// What the package holds, but for folders.
const CONTENT: &[&str] = &[
    MODULE,
    "/usr/bin/ferrotoken",
    "/usr/include/ferrotoken/pkcs11.h",
    "/usr/share/bash-completion/completions/ferrotoken",
    "/usr/share/doc/ferrotoken/README.md",
    "/usr/share/doc/ferrotoken/SECURITY.md",
    "/usr/share/doc/ferrotoken/changelog.gz",
    "/usr/share/doc/ferrotoken/copyright",
    "/usr/share/doc/ferrotoken/examples/ferrotoken.toml",
    "/usr/share/fish/vendor_completions.d/ferrotoken.fish",
    "/usr/share/man/man1/ferrotoken.1.gz",
    "/usr/share/p11-kit/modules/ferrotoken.module",
    "/usr/share/zsh/vendor-completions/_ferrotoken",
];

/// What `make install` puts below its prefix.
const INSTALLED: &[&str] = &[
    "bin/ferrotoken",
    "include/ferrotoken/pkcs11.h",
    "lib/pkcs11/libferrotoken.so",
    "share/bash-completion/completions/ferrotoken",
    "share/doc/ferrotoken/LICENSE",
    "share/doc/ferrotoken/README.md",
    "share/doc/ferrotoken/SECURITY.md",
    "share/doc/ferrotoken/changelog.gz",
    "share/doc/ferrotoken/examples/ferrotoken.toml",
    "share/fish/vendor_completions.d/ferrotoken.fish",
    "share/man/man1/ferrotoken.1.gz",
    "share/p11-kit/modules/ferrotoken.module",
    "share/zsh/site-functions/_ferrotoken",
];

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Makes the package, of the library as it is shipped.
fn package() -> PathBuf {
    must(Command::new("make").arg("deb").current_dir(source()));
    let packages = std::fs::read_dir(source().join("target/debian")).unwrap().map(|entry| entry.unwrap().path());
    let mut packages: Vec<_> = packages.filter(|path| path.extension().is_some_and(|it| it == "deb")).collect();
    assert_eq!(packages.len(), 1, "{packages:?}");
    packages.remove(0)
}

/// A folder with the library and the tool that these tests run, in the place of those for release.
pub fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("built");
        let _ = std::fs::remove_dir_all(&built);
        std::fs::create_dir(&built).unwrap();
        for file in [library_path(), PathBuf::from(env!("CARGO_BIN_EXE_ferrotoken"))] {
            std::fs::hard_link(&file, built.join(file.file_name().unwrap())).unwrap();
        }
        built
    })
}

/// `make install` or `make uninstall` with this prefix.
fn make(target: &str, destination: &Path, prefix: &str) {
    let variables = [
        format!("RELEASE={}", built().display()),
        format!("DESTDIR={}", destination.display()),
        format!("PREFIX={prefix}"),
    ];
    must(Command::new("make").arg(target).args(variables).current_dir(source()));
}

/// The files below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let found = must(Command::new("find").arg(folder).args(["-not", "-type", "d", "-printf", "%P\n"]));
    found.lines().map(str::to_owned).collect()
}

#[test]
fn the_package_installs_in_a_bare_debian_and_serves_there() {
    let package = package();
    let root = Copy::of_bookworm();
    must(as_root("cp").arg(package).arg(root.path("ferrotoken.deb")));
    // Not apt: what it depends on must be there already, being a part of every Debian.
    root.run("dpkg --install /ferrotoken.deb");
    let held = root.run("dpkg --listfiles ferrotoken | while read f; do test -d \"$f\" || echo \"$f\"; done");
    assert_eq!(held.lines().collect::<BTreeSet<_>>(), CONTENT.iter().copied().collect());

    let library = root.path(MODULE);
    let symbols = must(Command::new("nm").args(["-D", "--defined-only", "--format=just-symbols"]).arg(&library));
    assert_eq!(symbols.lines().collect::<BTreeSet<_>>(), FUNCTIONS.iter().copied().collect());
    let dynamic = must(Command::new("readelf").arg("--dynamic").arg(&library));
    for (word, there) in [("SYMBOLIC", true), ("NODELETE", true), ("SONAME", false), ("RUNPATH", false)] {
        assert_eq!(dynamic.contains(word), there, "{word}\n{dynamic}");
    }

    // The tool finds the module by itself, and p11-kit by its file.
    let there = "export FERROTOKEN_DIR=/root/tokens SO_PIN=87654321 PIN=123456";
    root.run(&format!("{there}; ferrotoken init mine --so-pin env:SO_PIN --new-pin env:PIN"));
    root.run(&format!("{there}; ferrotoken --pin env:PIN generate ec:P-256 --label key; ferrotoken doctor"));
    let modules = root.run(&format!("{there}; p11-kit list-modules"));
    assert!(modules.contains("ferrotoken: libferrotoken.so") && modules.contains("token: mine"), "{modules}");

    // Signed by the module itself, and by p11-kit's proxy, which every program may load.
    for module in [MODULE, "/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so"] {
        let sign = format!(
            "pkcs11-tool --module {module} --token-label mine --login --pin 123456 --label key --sign --mechanism ECDSA \
             --signature-format openssl --input-file hash --output-file signature"
        );
        root.run(&format!(
            "{there}; cd /root; echo data > data; openssl dgst -sha256 -binary -out hash data; {sign}; rm -f key.pub; \
             ferrotoken --pin env:PIN export --label key --class public --out key.pub; \
             openssl dgst -sha256 -verify key.pub -signature signature data"
        ));
    }

    // The example is a configuration, the completions and the man page are what they should be.
    let listed = root.run(
        "install -D -m 600 /usr/share/doc/ferrotoken/examples/ferrotoken.toml /etc/ferrotoken/ferrotoken.toml; \
         ferrotoken list; test -d /var/lib/ferrotoken; bash -n /usr/share/bash-completion/completions/ferrotoken; \
         zcat /usr/share/man/man1/ferrotoken.1.gz | head -n 20",
    );
    assert!(listed.contains(".TH ferrotoken"), "{listed}");

    root.run("dpkg --remove ferrotoken");
    for file in CONTENT {
        assert!(!root.path(file).exists(), "{file} was left behind");
    }
}

#[test]
fn make_install_puts_everything_below_its_prefix_and_takes_it_away() {
    let folder = Copy(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("installed-{}", std::process::id())));
    make("install", &folder.0, "/opt/token");
    let below: BTreeSet<_> = INSTALLED.iter().map(|file| format!("opt/token/{file}")).collect();
    assert_eq!(files(&folder.0), below);
    let read = |file: &str| std::fs::read_to_string(folder.0.join("opt/token").join(file)).unwrap();
    // The folders as they will be, without that of the packager.
    assert!(
        read("share/p11-kit/modules/ferrotoken.module").contains("module: /opt/token/lib/pkcs11/libferrotoken.so\n")
    );
    // The tool finds the library that was installed with it, and there is no other.
    let info = must(Command::new(folder.0.join("opt/token/bin/ferrotoken")).arg("info"));
    assert!(info.contains("Ferrotoken software token"), "{info}");
    make("uninstall", &folder.0, "/opt/token");
    assert_eq!(files(&folder.0), BTreeSet::new());
}
