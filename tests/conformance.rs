//! docs/conformance.md says what is so.

mod common;

use common::*;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of all lines of the page's tables whose first cell begins so.
fn rows(prefix: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/conformance.md")).unwrap();
    let lines = page.lines().filter(|line| line.starts_with(&format!("| `{prefix}")));
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
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
        assert_eq!(lines[at - 1], "#[test]", "{test} is not a test");
    }
}

#[test]
fn every_function_has_its_line_in_the_order_of_the_list() {
    let functions: Vec<String> = rows("C_").iter().map(|row| in_ticks(&row[0])[0].to_owned()).collect();
    assert_eq!(functions, FUNCTIONS);
}

#[test]
fn the_tests_that_it_names_are_there() {
    for row in rows("C_") {
        if row[1] != "—" {
            names_tests(&row);
        }
    }
    let profiles = rows("CKP_");
    assert_eq!(profiles.len(), 5);
    profiles.iter().for_each(|row| names_tests(row));
}

/// The functions that end what the others need, or wait.
const APART: &[&str] = &["C_Initialize", "C_Finalize", "C_WaitForSlotEvent"];

#[test]
fn a_dash_is_a_function_that_is_not_supported() {
    let token = token();
    for (index, row) in rows("C_").iter().enumerate() {
        if APART.contains(&FUNCTIONS[index]) {
            assert_ne!(row[1], "—");
            continue;
        }
        let session = token.session();
        // SAFETY: NULL or 0 for everything but the session; what is there of the first argument is no pointer.
        let code = unsafe { call(index, &[if takes_session(FUNCTIONS[index]) { session.handle as usize } else { 0 }]) };
        assert_eq!(row[1] == "—", code == CKR_FUNCTION_NOT_SUPPORTED, "{}", row[0]);
        std::mem::forget(session);
    }
}

fn takes_session(function: &str) -> bool {
    let without = ["Info", "List", "SlotInfo", "TokenInfo", "InitToken", "OpenSession", "AllSessions", "Interface"];
    function == "C_GetSessionInfo" || !without.iter().any(|end| function.ends_with(end))
}

#[test]
fn it_names_the_profiles_that_the_token_does() {
    let session = token().session();
    let told: Vec<_> = session.find(&[class(CKO_PROFILE)]).len().to_string().chars().collect();
    assert_eq!(told, ['5']);
    assert_eq!(rows("CKP_").len(), 5);
}
