//! The page of all mechanisms is what the rows give, and the tool lists the same.

mod bindings;

use bindings::compare;
use ferrotoken::mech::{Offer, Unit, all};
use ferrotoken::names::{Shown, functions};
use std::fmt::Write;
use std::process::Command;

/// What the standard has, users may miss, and is not here.
const ABSENT: &str = "\
## Not there, and why

| mechanisms | why |
|---|---|
| `CKM_SEED_…` | no crate of the families that this library stands on has the cipher; `kisaseed`, one author's, is built on an older generation of traits |
| HSS with SHAKE, with hashes of 24 bytes, and the generation of trees higher than 15 | no crate of this generation has the first two; a tree of 20 grows for most of an hour |
| `CKM_DSA_PROBABILISTIC_PARAMETER_GEN`, `CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN`, `CKM_DSA_FIPS_G_GEN` | FIPS 186-5 has withdrawn DSA; `CKM_DSA_PARAMETER_GEN` is there for what still needs it |
| RC4 | broken: `CKM_PBE_SHA1_RC4_…` make its keys for others, and nothing here encrypts with them |
| Brainpool P-320 and P-512, twisted Brainpool curves | no maintained crate has them |
";

#[test]
fn the_page_is_what_the_rows_give() {
    let mut page = String::from(
        "# Mechanisms\n\nEvery mechanism, what it does, the sizes of its keys, and which `mechanism-policy` (see \
         [configuration.md](configuration.md)) allows it. `ferrotoken mechanisms` prints the same of a token, or of any \
         other module.\n\nMade from the rows by `FERROTOKEN_BLESS=1 cargo test --test mechanisms`.\n\n\
         | mechanism | functions | key sizes | policies |\n|---|---|---|---|\n",
    );
    for row in all() {
        let (info, unit) = (row.info(), if row.unit == Unit::Bits { "bits" } else { "bytes" });
        let sizes = match (info.ulMinKeySize, info.ulMaxKeySize) {
            (_, 0) => String::new(),
            (min, max) if min == max => format!("{min} {unit}"),
            (min, max) => format!("{min} to {max} {unit}"),
        };
        let functions = functions(info.flags).join(", ");
        let policies = Offer::policies_with(row.id).join(", ");
        writeln!(page, "| `{}` | {functions} | {sizes} | {policies} |", Shown::mechanism(row.id)).unwrap();
    }
    compare("docs/mechanisms.md", &format!("{page}\n{ABSENT}"));
}

fn listed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ferrotoken")).arg("mechanisms").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tool_lists_what_the_library_has() {
    let (table, json) = (listed(&[]), listed(&["--json"]));
    assert_eq!(table.lines().count(), 1 + all().len());
    assert_eq!(json.matches("\"mechanism\"").count(), all().len());
    for row in all() {
        let name = Shown::mechanism(row.id);
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(&name)).expect(&name);
        functions(row.info_flags()).iter().for_each(|function| assert!(line.contains(function), "{line}"));
    }
    assert!(json.contains(
        "{\"mechanism\": \"CKM_SHA256\", \"min_key_size\": 0, \"max_key_size\": 0, \
                           \"functions\": [\"digest\"], \"policies\": [\"default\", \"modern\", \"fips-like\"]}"
    ));
    let output = Command::new(env!("CARGO_BIN_EXE_ferrotoken")).args(["mechanisms", "--colour"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
