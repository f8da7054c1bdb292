//! docs/dependencies.md says of every crate in Cargo.toml what it is for, and of everybody why they are trusted; and of nothing else.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The cells of the tables under a heading.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| whose |"));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.filter(|line| !line.starts_with("| whose | why |")).map(cells).collect()
}

/// What Cargo.toml says, as cargo understands it.
fn dependencies() -> Vec<Value> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", manifest];
    let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"][0]["dependencies"].as_array().unwrap().clone()
}

fn of_kind(kind: Option<&str>) -> BTreeSet<String> {
    let all = dependencies().into_iter().filter(|dependency| dependency["kind"].as_str() == kind);
    all.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_crate_has_its_line_and_its_reason() {
    let page = read("docs/dependencies.md");
    let trusted: BTreeSet<String> =
        rows(&page, "\n## Why they are trusted\n").into_iter().map(|row| row[0].clone()).collect();
    let mut used = BTreeSet::new();
    let mut documented = |heading| -> BTreeSet<String> {
        let rows = rows(&page, heading);
        used.extend(rows.iter().map(|row| row[2].clone()));
        rows.into_iter().map(|row| row[0].trim_matches('`').to_owned()).collect()
    };
    assert_eq!(documented("\n## In the library and the tool\n"), of_kind(None));
    assert_eq!(documented("\n## In tests only\n"), of_kind(Some("dev")));
    assert_eq!(used, trusted, "whose crates they are, and why they are trusted");
}

#[test]
fn no_crate_comes_with_what_nobody_asked_for() {
    for dependency in dependencies() {
        assert_eq!(dependency["uses_default_features"], Value::Bool(false), "{}", dependency["name"]);
    }
}

/// Crates.io is the only source, and every version is pinned with what it must hash to.
#[test]
fn every_version_is_pinned_with_its_hash() {
    let lock = read("Cargo.lock");
    let packages: Vec<&str> = lock.split("[[package]]").skip(1).collect();
    assert!(packages.len() > 100);
    for package in packages {
        let field = |key: &str| {
            package
                .lines()
                .find_map(|line| line.strip_prefix(&format!("{key} = ")))
                .map(|value| value.trim_matches('"'))
        };
        if field("name") == Some(env!("CARGO_PKG_NAME")) {
            continue;
        }
        assert_eq!(field("source"), Some("registry+https://github.com/rust-lang/crates.io-index"), "{package}");
        assert_eq!(field("checksum").map(str::len), Some(64), "{package}");
    }
}
