//! The test cases of the standard's profiles, run on the built library by `ferrotoken profile-test`; and that the runner
//! tells a module that is right from one that is not.

mod common;

use common::library_path;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PIN: &str = "user-pin-2468";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("profiles").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A configuration of one token on which these files are imported, under these names.
fn configuration(test: &str, imports: &[(&str, &[&str])]) -> PathBuf {
    let folder = folder(test);
    let mut list = String::new();
    for (name, parts) in imports {
        let text: String =
            parts.iter().map(|part| fs::read_to_string(root().join("tests/import").join(part)).unwrap()).collect();
        fs::write(folder.join(name), text).unwrap();
        list += &format!("\"{name}\", ");
    }
    let path = folder.join("ferrotoken.toml");
    let token = "[[token]]\nlabel = \"profiles\"\nso-pin = \"so-pin-7531\"\n";
    fs::write(&path, format!("{token}user-pin = \"{PIN}\"\nimport = [{list}]\n")).unwrap();
    path
}

fn profile_test(configuration: &Path, case: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ferrotoken"));
    command.arg("profile-test").arg(library_path()).arg(case).args(options);
    command.env("FERROTOKEN_CONF", configuration).output().unwrap()
}

fn case(name: &str) -> PathBuf {
    root().join("tests/profiles").join(name).with_extension("xml")
}

#[track_caller]
fn passes(configuration: &Path, name: &str, options: &[&str]) {
    let output = profile_test(configuration, &case(name), &[&["--strict"], options].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("passed"), "{said}");
}

/// A case of one's own that differs from that of a name by some words.
fn changed(test: &str, name: &str, words: &[(&str, &str)]) -> PathBuf {
    let mut text = fs::read_to_string(case(name)).unwrap();
    for (old, new) in words {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let path = folder(test).join("case.xml");
    fs::write(&path, text).unwrap();
    path
}

#[track_caller]
fn fails(output: &Output, said: &[&str]) {
    assert_eq!(output.status.code(), Some(1));
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    let all = String::from_utf8_lossy(&all);
    for words in said {
        assert!(all.contains(words), "no {words:?} in\n{all}");
    }
}

#[test]
fn the_baseline_provider_passes() {
    passes(&configuration("bl", &[]), "BL-M-1-32", &[]);
}

#[test]
fn the_extended_provider_passes() {
    passes(&configuration("ext", &[]), "EXT-M-1-32", &["--pin", PIN]);
}

/// The key and the signature are OpenSSL's.
#[test]
fn the_authentication_token_passes() {
    let keys: &[(&str, &[&str])] = &[("testrsa-pub.pem", &["rsa-public.pem"]), ("testrsa-pri.pem", &["rsa.pem"])];
    passes(&configuration("auth", keys), "AUTH-M-1-32", &["--pin", PIN]);
}

#[test]
fn the_public_certificates_token_passes() {
    let certificates = &["rsa-certificate.pem", "ec-certificate.pem", "ed25519-certificate.pem"];
    let keys = &["rsa-public.pem", "ec-public.pem"];
    let roots: &[(&str, &[&str])] = &[("Mozilla Builtin Roots.pem", certificates), ("keys.pem", keys)];
    passes(&configuration("cert", roots), "CERT-M-1-32", &[]);
}

/// The first slot of this configuration has a token that nobody has initialised.
#[test]
fn the_slot_can_be_chosen() {
    let path = folder("slot").join("ferrotoken.toml");
    let token = "slot = 5\nlabel = \"profiles\"\nso-pin = \"so-pin-7531\"\n";
    fs::write(&path, format!("[[token]]\nslot = 1\n[[token]]\n{token}user-pin = \"{PIN}\"\n")).unwrap();
    passes(&path, "EXT-M-1-32", &["--slot", "5", "--set", &format!("Pin={PIN}")]);
    fails(&profile_test(&path, &case("BL-M-1-32"), &[]), &["TOKEN_NOT_RECOGNIZED"]);
}

#[test]
fn a_wrong_return_code_fails_the_case() {
    let case =
        changed("code", "BL-M-1-32", &[("<C_FindObjectsInit rv=\"OK\"/>", "<C_FindObjectsInit rv=\"HOST_MEMORY\"/>")]);
    let output = profile_test(&configuration("code", &[]), &case, &[]);
    fails(&output, &["the return code", "in the case: HOST_MEMORY", "given:       OK", "failed in step 8"]);
}

#[test]
fn a_wrong_value_fails_the_case() {
    let case = changed("value", "BL-M-1-32", &[("<Flags value=\"TOKEN_PRESENT\"/>", "<Flags value=\"HW_SLOT\"/>")]);
    let output = profile_test(&configuration("value", &[]), &case, &[]);
    fails(&output, &["SlotInfo.Flags", "in the case: HW_SLOT", "given:       TOKEN_PRESENT", "failed in step 5"]);
}

#[test]
fn a_missing_object_fails_the_case() {
    let case = changed(
        "object",
        "BL-M-1-32",
        &[("    <Object/>", "<Object><Object value=\"${Object.Object[0]}\"/></Object>")],
    );
    let output = profile_test(&configuration("object", &[]), &case, &[]);
    fails(&output, &["Object.Object[0]", "there is none"]);
}

#[test]
fn illustrative_values_are_noted_and_fail_a_strict_test_only() {
    let case = changed("strict", "BL-M-1-32", &[("<MaxPinLen value=\"255\"/>", "<MaxPinLen value=\"64\"/>")]);
    let configuration = configuration("strict", &[]);
    let output = profile_test(&configuration, &case, &[]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("values of the module's own: 1"));
    fails(&profile_test(&configuration, &case, &["--strict"]), &["TokenInfo.MaxPinLen", "in the case: 64"]);
}

#[test]
fn a_wrong_pin_fails_the_case() {
    let output = profile_test(&configuration("pin", &[]), &case("EXT-M-1-32"), &["--pin", "wrong-pin"]);
    fails(&output, &["C_Login", "FAILED", "given:       PIN_INCORRECT"]);
}

#[test]
fn what_is_wrong_with_a_case_is_told_with_its_line() {
    let wrong = [
        ("<C_Initialize/>", "<C_Initialise/>", "line 4: no answer of C_Initialise follows"),
        ("rv=\"OK\"/>", "rv=\"FINE\"/>", "line 5: there is no return code FINE"),
        ("<PKCS11>", "<PKCS12>", "is not XML"),
        ("C_GetSlotInfo", "C_GetSlotPicture", "does not know the function C_GetSlotPicture"),
        ("type=\"TOKEN\"", "type=\"TOKENS\"", "there is no attribute TOKENS"),
        ("\"SERIAL_SESSION\"", "\"SERIOUS_SESSION\"", "SERIOUS_SESSION is no value of Flags"),
        ("<Object length=\"1\"/>", "<Object length=\"99999999999\"/>", "is no length for a buffer"),
        ("value=\"${SlotList.SlotID[0]}\"", "value=\"${Moon}\"", "--set Moon=VALUE"),
    ];
    for (old, new, said) in wrong {
        let case = changed("wrong", "BL-M-1-32", &[(old, new)]);
        fails(&profile_test(&configuration("wrong", &[]), &case, &[]), &[said]);
    }
    let absent = profile_test(&configuration("wrong", &[]), Path::new("/no/such/case.xml"), &[]);
    fails(&absent, &["cannot read /no/such/case.xml"]);
    let usage = Command::new(env!("CARGO_BIN_EXE_ferrotoken")).args(["profile-test", "x.so"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
}
