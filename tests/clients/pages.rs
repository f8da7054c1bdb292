//! What the pages of docs/ say to users is done, as it stands there, in a Debian 13 that has nothing of ours but what `make install`
//! puts there: see python/page.py.

use crate::debian::{as_root, must, trixie};
use crate::package::built;
use std::collections::BTreeSet;
use std::process::Command;

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");

/// A test for each page: its name, the page, and the pages that it says have been followed before.
macro_rules! pages {
    ($($name:ident: $page:literal $(after $before:literal)*;)*) => {
        const PAGES: &[&str] = &[$($page),*];
        $(#[test] fn $name() { follow(&[$page $(, $before)*]); })*
    };
}

pages! {
    the_front_page: "README.md";
    getting_started: "docs/getting-started.md";
    the_tool: "docs/tool.md";
    moving_in: "docs/migration.md";
    troubleshooting: "docs/troubleshooting.md" after "docs/clients/README.md";
    what_the_clients_begin_with: "docs/clients/README.md";
    pkcs11_tool: "docs/clients/pkcs11-tool.md";
    java: "docs/clients/java.md" after "docs/clients/README.md";
    nss: "docs/clients/nss.md" after "docs/clients/README.md";
    gnutls: "docs/clients/gnutls.md" after "docs/clients/README.md";
    openssl: "docs/clients/openssl.md" after "docs/clients/README.md";
    curl_and_stunnel: "docs/clients/curl.md" after "docs/clients/README.md" after "docs/clients/openssl.md:files";
    openssh: "docs/clients/openssh.md" after "docs/clients/README.md";
    p11_kit: "docs/clients/p11-kit.md" after "docs/clients/README.md";
    bind: "docs/clients/bind.md" after "docs/clients/README.md" after "docs/clients/openssl.md:files";
    nginx: "docs/clients/nginx.md" after "docs/clients/openssl.md:files";
    systemd: "docs/clients/systemd.md" after "docs/clients/README.md";
}

/// Pages whose commands are run by other tests, or need what a test has not.
const ELSEWHERE: &[&str] = &[
    "docs/packaging.md",         // package.rs
    "docs/clients/languages.md", // languages.rs
    "docs/clients/python.md",    // languages.rs
];

#[track_caller]
fn follow(pages: &[&str]) {
    let mut command = as_root("timeout");
    let namespaces = ["--mount", "--net", "--pid", "--fork", "--kill-child"];
    command.args(["--signal=KILL", "300", "unshare"]).args(namespaces).arg("/usr/bin/python3");
    must(command.arg(format!("{SOURCE}/tests/clients/python/page.py")).arg(trixie()).arg(built()).args(pages));
}

#[test]
fn every_page_with_commands_is_followed() {
    let found = must(Command::new("grep").args(["-rl", "^```sh", "README.md", "docs"]).current_dir(SOURCE));
    let followed: BTreeSet<_> = PAGES.iter().chain(ELSEWHERE).copied().collect();
    assert_eq!(found.lines().collect::<BTreeSet<_>>(), followed);
}

/// With mdbook of Debian 13, which finds the source in the place of its folder /mnt.
#[test]
fn the_book_is_made_without_a_complaint() {
    let script = "mount --bind \"$1\" \"$0/mnt\" && mount -t tmpfs tmpfs \"$0/tmp\" && \
                  chroot \"$0\" mdbook build /mnt --dest-dir /tmp/book 2>&1 && ls \"$0/tmp/book/clients\"";
    let printed = must(as_root("unshare").args(["--mount", "sh", "-ec", script]).arg(trixie()).arg(SOURCE));
    assert!(!printed.contains("WARN") && !printed.contains("ERROR"), "{printed}");
    assert!(printed.contains("nss.html"), "{printed}");
}
