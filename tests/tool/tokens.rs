//! Tokens and PINs: init, list, info, pin, random, doctor, mechanisms.

use crate::desk::{Desk, SO, USER, complaint, says};
use serde_json::json;

#[test]
fn a_token_is_made_and_listed() {
    let desk = Desk::new("made-and-listed");
    assert_eq!(
        desk.ok(&["init", "first", "--so-pin", SO, "--new-pin", USER]),
        "the token \"first\" in slot 0 is ready\n"
    );
    assert_eq!(
        desk.json(&["init", "second", "--so-pin", SO, "--new-pin", USER]),
        json!({ "slot": 1, "label": "second" })
    );
    let list = desk.json(&["list"]);
    let rows = list.as_array().unwrap();
    assert_eq!(rows.len(), 3, "{list}");
    for (row, label) in rows.iter().zip(["first", "second", ""]) {
        assert_eq!(row["label"], label);
        assert_eq!(row["model"], "Ferrotoken");
    }
    assert_eq!(rows[1]["slot"], 1);
    assert_eq!(rows[1]["state"], json!(["initialised", "user PIN set"]));
    assert_eq!(rows[1]["serial"].as_str().unwrap().len(), 16);
    assert_eq!(rows[2]["state"], json!([]));
    let table = desk.ok(&["list"]);
    assert_eq!(table.lines().count(), 4);
    says(&table, &["slot", "serial", "second", "initialised, user PIN set"]);
}

#[test]
fn the_module_introduces_itself() {
    let desk = Desk::new("info");
    let info = desk.json(&["info"]);
    assert_eq!(info[0]["manufacturer"], "Ferrotoken");
    assert_eq!(info[0]["PKCS#11"], "3.2");
    assert_eq!(info[0]["slots"], 1);
    says(&desk.ok(&["info"]), &["library", "Ferrotoken", "3.2"]);
}

#[test]
fn initialising_again_destroys_and_wants_the_old_so_pin() {
    let desk = Desk::with_token("again");
    desk.user(&["generate", "aes:256", "--label", "lost"]);
    let init = |so: &str, new: &str| {
        let arguments = ["init", "again", "--token", "desk", "--so-pin", so, "--new-pin", new];
        (desk.command(&arguments).env("WRONG", "wrong-pin").env("SHORT", "abc").output().unwrap(), arguments.join(" "))
    };
    let (output, what) = init("env:WRONG", USER);
    says(&complaint(&[&what], output, 1), &["C_InitToken gave CKR_PIN_INCORRECT", "old SO PIN"]);
    // What would fail in the middle is refused before anything is destroyed.
    let (output, what) = init(SO, "env:SHORT");
    says(&complaint(&[&what], output, 1), &["the new user PIN has 3 bytes", "4 to 255"]);
    assert_eq!(desk.objects(&["--label", "lost"]).len(), 1);
    assert!(init(SO, USER).0.status.success());
    assert_eq!(desk.objects(&[]), Vec::<serde_json::Value>::new());
}

#[test]
fn bad_labels_and_tokens_that_are_not_there_are_told() {
    let desk = Desk::new("bad-tokens");
    let long = "a".repeat(33);
    says(&desk.fails(&["init", &long, "--so-pin", SO, "--new-pin", USER]), &["33 bytes", "room for 32"]);
    says(&desk.fails(&["objects"]), &["no token is initialised", "ferrotoken init LABEL"]);
    desk.init("one");
    desk.init("two");
    says(&desk.fails(&["objects"]), &["several tokens", "\"one\" in slot 0", "--token or --slot"]);
    says(&desk.fails(&["objects", "--token", "three"]), &["no token \"three\"", "ferrotoken list"]);
    says(&desk.fails(&["objects", "--slot", "77"]), &["CKR_SLOT_ID_INVALID", "no such slot", "ferrotoken list"]);
    assert_eq!(desk.objects(&["--token", "two"]).len(), 0);
    assert_eq!(desk.objects(&["--slot", "1"]).len(), 0);
}

#[test]
fn a_user_changes_the_pin() {
    let desk = Desk::with_token("pin-changed");
    let mut change = desk.command(&["pin", "--old", USER, "--new", "env:NEW"]);
    assert!(change.env("NEW", "another-pin").status().unwrap().success());
    let old = desk.fails(&["objects"]);
    says(&old, &["C_Login gave CKR_PIN_INCORRECT", "the PIN is wrong"]);
    let mut new = desk.command(&["objects", "--pin", "env:NEW"]);
    assert!(new.env("NEW", "another-pin").status().unwrap().success());
}

#[test]
fn the_so_changes_its_pin_and_resets_the_users() {
    let desk = Desk::with_token("pin-reset");
    let mut change = desk.command(&["pin", "--so", "--old", SO, "--new", "env:NEW", "--json"]);
    let output = change.env("NEW", "another-so-pin").output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said, json!({ "slot": 0, "changed": "SO PIN" }));
    says(&desk.fails(&["pin", "--reset", "--old", SO, "--new", USER]), &["CKR_PIN_INCORRECT"]);
    let mut reset = desk.command(&["pin", "--reset", "--old", "env:NEW", "--new", "env:USER"]);
    assert!(reset.env("NEW", "another-so-pin").env("USER", "fresh-pin").status().unwrap().success());
    let mut list = desk.command(&["objects", "--pin", "env:USER"]);
    assert!(list.env("USER", "fresh-pin").status().unwrap().success());
}

#[test]
fn a_locked_pin_is_told_with_its_remedy_and_unlocked() {
    let desk = Desk::with_token("locked");
    let wrong = || {
        let arguments = ["objects", "--pin", "env:WRONG"];
        complaint(&arguments, desk.command(&arguments).env("WRONG", "wrong-pin").output().unwrap(), 1)
    };
    for _ in 0..9 {
        says(&wrong(), &["CKR_PIN_INCORRECT"]);
    }
    says(&wrong(), &["CKR_PIN_LOCKED"]);
    says(&wrong(), &["CKR_PIN_LOCKED", "ferrotoken pin --reset"]);
    let doctor = ["doctor"];
    let output = desk.run(&doctor);
    assert_eq!(output.status.code(), Some(1));
    says(
        &String::from_utf8_lossy(&output.stdout),
        &["the user PIN of the token \"desk\" in slot 0 is locked", "--reset"],
    );
    says(&desk.ok(&["list"]), &["user PIN locked"]);
    desk.ok(&["pin", "--reset", "--old", SO, "--new", USER]);
    assert_eq!(desk.objects(&[]).len(), 0);
}

#[test]
fn random_bytes_come_raw_and_in_hexadecimal() {
    let desk = Desk::with_token("random");
    let raw = desk.run(&["random", "100000"]).stdout;
    assert_eq!(raw.len(), 100_000);
    let hex = desk.ok(&["random", "32", "--hex"]);
    assert_eq!(hex.trim_end().len(), 64);
    assert!(hex.trim_end().bytes().all(|digit| digit.is_ascii_hexdigit()), "{hex}");
    assert_ne!(hex, desk.ok(&["random", "32", "--hex"]));
    let json = desk.json(&["random", "16"]);
    assert_eq!(json["random"].as_str().unwrap().len(), 32);
}

#[test]
fn the_doctor_is_content_and_then_not() {
    let desk = Desk::with_token("doctor");
    let findings = desk.json(&["doctor"]);
    let states: Vec<_> = findings.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert!(!states.contains(&"bad"), "{findings}");
    says(&findings.to_string(), &["FERROTOKEN_CONF", "the token \\\"desk\\\" in slot 0 is initialised"]);
    desk.put("ferrotoken.toml", b"[store]\ndirectoryy = \"tokens\"\n");
    let output = desk.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    says(&stdout, &["bad", "does not work: C_Initialize gave CKR_FUNCTION_FAILED"]);
    says(&stderr, &["ferrotoken.toml:2", "directoryy", "problems found: 1"]);
}

#[test]
fn the_doctor_finds_damage_in_a_token_and_goes_on() {
    let desk = Desk::with_token("doctor-damage");
    desk.init("other");
    let name = "tokens/0.token";
    let good = desk.get(name);
    // A page of the middle; then the token's own row, wherever it lies.
    let row = good.windows(4).rposition(|window| window == b"desk").unwrap();
    for place in [good.len() / 2 / 4096 * 4096, row] {
        let mut bad = good.clone();
        bad[place] ^= 0x55;
        desk.put(name, &bad);
        let output = desk.run(&["doctor"]);
        assert_eq!(output.status.code(), Some(1));
        let stdout = String::from_utf8_lossy(&output.stdout);
        says(&stdout, &["bad", "slot 0: ", "the token \"other\" in slot 1 is initialised"]);
        says(&String::from_utf8_lossy(&output.stderr), &["0.token", "damaged", "backup", "problems found: 1"]);
    }
}

/// Where other programs name the module, a wrong path is noticed.
#[test]
fn the_doctor_reads_other_programs_settings() {
    let desk = Desk::with_token("doctor-settings");
    let folder = desk.path(".config/pkcs11/modules");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("gone.module"), "# a comment: /old/libferrotoken.so\nmodule: /gone/libferrotoken.so\n")
        .unwrap();
    let output = desk.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    says(
        &said,
        &["gone.module names /gone/libferrotoken.so, which is not there", "Correct the path", "tokens last, in "],
    );
    assert!(!said.contains("/old/"), "{said}");
    desk.put("here-libferrotoken.so", b"");
    let there = format!("module: {}\n", desk.path("here-libferrotoken.so").display());
    std::fs::write(folder.join("gone.module"), there).unwrap();
    says(&desk.ok(&["doctor"]), &["here-libferrotoken.so"]);
}

#[test]
fn mechanisms_are_json_that_parses() {
    let desk = Desk::with_token("mechanisms");
    let list = desk.json(&["mechanisms"]);
    let aes = list.as_array().unwrap().iter().find(|row| row["mechanism"] == "CKM_AES_GCM").unwrap().clone();
    assert_eq!((&aes["min_key_size"], &aes["max_key_size"]), (&json!(16), &json!(32)));
    assert!(aes["functions"].as_array().unwrap().contains(&json!("encrypt")));
    assert!(aes["policies"].as_array().unwrap().contains(&json!("modern")));
}

#[test]
fn wrong_arguments_end_with_code_2_and_say_what_is_possible() {
    let desk = Desk::new("usage");
    for (arguments, wanted) in [
        (&["generat"][..], "generate"),
        (&["list", "--token", "a", "--slot", "1"], "cannot be used with"),
        (&["pin", "--so", "--reset"], "cannot be used with"),
        (&["objects", "--pin", "1234"], "prompt, env:NAME, file:PATH or fd:NUMBER"),
        (&["objects", "--id", "abc"], "an even number of hexadecimal digits"),
        (&["random", "many"], "invalid digit"),
        (&["import"], "<FILE>"),
        (&["export", "--unprotected", "--passphrase", "prompt"], "cannot be used with"),
        (&[], "Usage: ferrotoken"),
    ] {
        says(&complaint(arguments, desk.run(arguments), 2), &[wanted]);
    }
}

#[test]
fn a_module_that_is_none_is_told() {
    let desk = Desk::new("no-module");
    says(&desk.fails(&["list", "--module", "/does/not/exist.so"]), &["cannot load /does/not/exist.so"]);
    says(&desk.fails(&["list", "--module", env!("CARGO_BIN_EXE_ferrotoken")]), &["cannot load"]);
}

#[test]
fn completions_and_the_man_page_know_the_commands() {
    let desk = Desk::new("completions");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        says(&desk.ok(&["completions", shell]), &["certificate", "generate", "so-pin"]);
    }
    says(&desk.ok(&["man"]), &[".TH ferrotoken 1", "certificate", "generate"]);
}

#[test]
fn a_token_in_memory_is_warned_of() {
    let desk = Desk::new("memory");
    desk.put("ferrotoken.toml", b"");
    let output = desk.run(&["init", "fleeting", "--so-pin", SO, "--new-pin", USER]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    says(&said, &["is in memory, and gone with all keys when this command ends", "FERROTOKEN_DIR"]);
    // One that lasts is not.
    let lasting = Desk::new("not-memory");
    let output = lasting.run(&["init", "lasting", "--so-pin", SO, "--new-pin", USER]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
