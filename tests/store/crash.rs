//! A process that is killed at any moment loses nothing that it was told is done, and leaves nothing half done.
#![cfg(unix)]

use crate::common::*;
use crate::scene::*;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

const CURVE: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// How often the process is killed; a trial may ask for more.
fn kills() -> u64 {
    std::env::var("FERROTOKEN_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12)
}

/// Plays a scene until it is killed: every other time at any moment from its beginning, else some writes after the first: what it said.
fn killed(stage: &Stage, scene: &str, kill: u64) -> String {
    let mut child = stage.start(scene);
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let moment = Duration::from_micros(kill * 137 % 1000);
    if kill.is_multiple_of(2) {
        std::thread::sleep(moment + Duration::from_millis(20 + (kill * 37) % 200));
    } else {
        stderr.read_line(&mut said).unwrap();
        std::thread::sleep(moment + Duration::from_millis((kill * 37) % 100));
    }
    child.kill().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    said
}

#[test]
fn a_killed_process_loses_nothing_and_leaves_nothing_half_done() {
    let test = "crash::a_killed_process_loses_nothing_and_leaves_nothing_half_done";
    let make = || make();
    // Writes and says what is done: a line is written only after the call has returned.
    let write = || {
        let user = user();
        let me = std::process::id();
        for number in 0.. {
            let label = format!("{me}-{number}");
            let id = [bytes(CKA_ID, &label)];
            let public = [yes(CKA_TOKEN), bytes(CKA_EC_PARAMS, CURVE), text(CKA_LABEL, &label)];
            let private = [yes(CKA_TOKEN), yes(CKA_PRIVATE), text(CKA_LABEL, &label)];
            let (public, private) = ok(user.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &public, &private));
            eprintln!("made {label}");
            ok(user.set(private, &id));
            eprintln!("changed {label}");
            if number % 3 == 0 {
                eprintln!("destroying {label}");
                ok(user.destroy(public));
                eprintln!("destroyed {label}");
            }
        }
    };
    let look = || {
        let user = user();
        let said = std::fs::read_to_string(std::env::var("FERROTOKEN_TEST_SAID").unwrap()).unwrap();
        let mut expected: HashMap<&str, &str> = HashMap::new();
        for line in said.lines() {
            // The last line may have been cut off.
            if let Some((what, label)) = line.split_once(' ').filter(|_| line.ends_with('.')) {
                expected.insert(label.trim_end_matches('.'), what);
            }
        }
        for (label, last) in &expected {
            let public = user.find(&[text(CKA_LABEL, label), class(CKO_PUBLIC_KEY)]).len();
            let private = user.find(&[text(CKA_LABEL, label), class(CKO_PRIVATE_KEY)]);
            assert_eq!(private.len(), 1, "{label} was {last}");
            match *last {
                "destroying" => {}
                "destroyed" => assert_eq!(public, 0, "{label} came back"),
                _ => assert_eq!(public, 1, "{label} was {last}"),
            }
            if *last != "made" {
                assert_eq!(ok(user.get(private[0], CKA_ID)), label.as_bytes());
            }
        }
        // And whatever was not acknowledged is whole.
        let private = user.find(&[class(CKO_PRIVATE_KEY)]);
        for key in &private {
            ok(user.sign(&mech(CKM_ECDSA_SHA256), *key, b"data"));
            let label = String::from_utf8(ok(user.get(*key, CKA_LABEL))).unwrap();
            let public = user.find(&[text(CKA_LABEL, &label), class(CKO_PUBLIC_KEY)]).len();
            assert!(public == 1 || expected.contains_key(&label[..]), "half of {label} is missing");
        }
        let public = user.find(&[class(CKO_PUBLIC_KEY)]).len();
        assert!(public <= private.len());
        eprintln!("acknowledged {}, there {}", expected.len(), private.len());
    };
    direct(test, &[("make", &make), ("-write", &write), ("-look", &look)], |stage| {
        stage.play("make");
        let mut said = String::new();
        for kill in 0..kills() {
            let lines = killed(stage, "-write", kill);
            let whole = lines.rfind('\n').map_or("", |end| &lines[..end]);
            whole.lines().for_each(|line| said += &format!("{line}.\n"));
        }
        assert!(said.contains("destroyed "), "the process was always killed before it had done anything");
        let list = stage.directory.with_file_name("said");
        std::fs::write(&list, said).unwrap();
        // SAFETY: no other thread of this process reads or writes this variable.
        unsafe { std::env::set_var("FERROTOKEN_TEST_SAID", &list) };
        print!("{}", stage.end("-look", stage.start("-look")));
    });
}

#[test]
fn a_token_outlives_being_killed_while_its_pin_is_changed() {
    let test = "crash::a_token_outlives_being_killed_while_its_pin_is_changed";
    const OTHER: &str = "the other PIN";
    let make = || {
        make();
        ok(TOKEN.user().create(&[class(CKO_DATA), yes(CKA_TOKEN), yes(CKA_PRIVATE), text(CKA_LABEL, "kept")]));
    };
    // Whichever of the two it is, it opens everything.
    let login = || {
        open();
        let session = TOKEN.session();
        let pin = [USER_PIN, OTHER].into_iter().find(|pin| session.login(CKU_USER, pin).is_ok());
        let pin = pin.expect("one of the two PINs is right");
        assert_eq!(session.find(&[text(CKA_LABEL, "kept"), yes(CKA_PRIVATE)]).len(), 1);
        (session, if pin == USER_PIN { [USER_PIN, OTHER] } else { [OTHER, USER_PIN] })
    };
    let change = || {
        let (session, [old, new]) = login();
        for (old, new) in [(old, new), (new, old)].into_iter().cycle() {
            eprintln!("changing");
            ok(session.set_pin(old, new));
        }
    };
    let look = || drop(login());
    direct(test, &[("make", &make), ("-change", &change), ("-look", &look)], |stage| {
        stage.play("make");
        let mut changes = 0;
        for kill in 0..kills() {
            let lines = killed(stage, "-change", kill);
            changes += lines.lines().count();
            stage.end("-look", stage.start("-look"));
        }
        assert!(changes > 0, "the process was always killed before it had done anything");
    });
}
