//! docs/conformance.md and docs/security.md say what is so.

mod common;

use common::*;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The cells of all lines of the page's tables whose first cell begins so.
fn rows(prefix: &str) -> Vec<Vec<String>> {
    let page = page("conformance.md");
    page.lines().filter(|line| line.starts_with(&format!("| `{prefix}"))).map(cells).collect()
}

/// The rows of all tables of a page whose last column says which tests show it.
fn shown(page: &str) -> Vec<Vec<String>> {
    let (mut rows, mut within) = (Vec::new(), false);
    for line in page.lines() {
        within = line.starts_with('|') && (within || line.ends_with("| shown by |"));
        if within && !line.ends_with("| shown by |") && !line.starts_with("|---") {
            rows.push(cells(line));
        }
    }
    rows
}

fn in_ticks(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Panics unless the cell names tests that are there.
fn names_tests(row: &[String]) {
    let named = in_ticks(row.last().unwrap());
    assert!(!named.is_empty(), "{}: no test", row[0]);
    for test in named {
        let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{test} is not file::test"));
        let source = fs::read_to_string(root().join("tests").join(file).with_extension("rs"));
        let source = source.unwrap_or_else(|error| panic!("{test}: {error}"));
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        let at = lines.iter().position(|line| line.starts_with(&format!("fn {name}(")));
        let at = at.unwrap_or_else(|| panic!("there is no {test}"));
        let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        assert!(attributes.into_iter().any(|line| *line == "#[test]"), "{test} is not a test");
    }
}

#[test]
fn every_function_has_its_line_in_the_order_of_the_list() {
    let functions: Vec<String> = rows("C_").iter().map(|row| in_ticks(&row[0])[0].to_owned()).collect();
    assert_eq!(functions, FUNCTIONS);
}

#[test]
fn the_tests_that_they_name_are_there() {
    for (name, least) in [("conformance.md", FUNCTIONS.len() + 40), ("security.md", 20)] {
        let rows = shown(&page(name));
        assert!(rows.len() >= least, "{name} has {} rows with tests", rows.len());
        rows.iter().for_each(|row| names_tests(row));
    }
}

/// The functions that end what the others need, or wait.
const APART: &[&str] = &["C_Initialize", "C_Finalize", "C_WaitForSlotEvent"];

#[test]
fn no_function_is_unsupported() {
    let token = token();
    for (index, function) in FUNCTIONS.iter().enumerate().filter(|(_, function)| !APART.contains(function)) {
        let session = token.session();
        // SAFETY: NULL or 0 for everything but the session; what is there of the first argument is no pointer.
        let code = unsafe { call(index, &[if takes_session(function) { session.handle as usize } else { 0 }]) };
        assert_ne!(code, CKR_FUNCTION_NOT_SUPPORTED, "{function}");
        std::mem::forget(session);
    }
}

fn takes_session(function: &str) -> bool {
    let without = ["Info", "List", "SlotInfo", "TokenInfo", "InitToken", "OpenSession", "AllSessions", "Interface"];
    function == "C_GetSessionInfo" || !without.iter().any(|end| function.ends_with(end))
}

#[test]
fn it_names_the_profiles_that_the_token_does() {
    let numbers = [
        ("CKP_BASELINE_PROVIDER", CKP_BASELINE_PROVIDER),
        ("CKP_EXTENDED_PROVIDER", CKP_EXTENDED_PROVIDER),
        ("CKP_AUTHENTICATION_TOKEN", CKP_AUTHENTICATION_TOKEN),
        ("CKP_PUBLIC_CERTIFICATES_TOKEN", CKP_PUBLIC_CERTIFICATES_TOKEN),
        ("CKP_COMPLETE_PROVIDER", CKP_COMPLETE_PROVIDER),
        ("CKP_HKDF_TLS_TOKEN", CKP_HKDF_TLS_TOKEN),
    ];
    let session = token().session();
    let objects = session.find(&[class(CKO_PROFILE)]);
    let told: Vec<_> = objects.iter().map(|object| ok(session.get_ulong(*object, CKA_PROFILE_ID))).collect();
    let named = rows("CKP_").into_iter().map(|row| in_ticks(&row[0])[0].to_owned());
    let named: Vec<_> = named.map(|name| numbers.iter().find(|known| known.0 == name).unwrap().1).collect();
    assert_eq!(named, told);
}
