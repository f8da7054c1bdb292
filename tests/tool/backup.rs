//! Backups: made while others write, opened elsewhere by either PIN, and by nothing when they are damaged.

use crate::desk::{Desk, SO, USER, USER_PIN, complaint, good, says};
use std::fs;

/// A desk with a token in which there is something of every kind.
fn stocked(test: &str) -> Desk {
    let desk = Desk::with_token(test);
    desk.put("secret", &[0x5a; 32]);
    desk.user(&["import", "secret", "--secret", "generic", "--label", "secret", "--id", "0a", "--extractable"]);
    desk.user(&["generate", "ec:P-256", "--label", "clearly-visible", "--id", "0b"]);
    desk.user(&[
        "certificate",
        "self-signed",
        "--label",
        "clearly-visible",
        "--subject",
        "CN=also-visible",
        "--out",
        "c.pem",
    ]);
    desk
}

/// An empty desk with a file of another's.
fn other(test: &str, desk: &Desk, file: &str) -> Desk {
    let other = Desk::new(test);
    other.put(file, &desk.get(file));
    other
}

#[test]
fn a_backup_is_opened_elsewhere_by_either_pin() {
    let desk = stocked("backup-source");
    assert_eq!(desk.user(&["backup", "by-user"]), "the token in slot 0 is in by-user; its PINs open it\n");
    let said = desk.json(&["backup", "by-so", "--so-pin", SO]);
    assert_eq!(said["file"], "by-so");
    // Nothing that is to be read in the token's file is to be read in the backup's.
    let readable = |file: &str, text: &str| desk.get(file).windows(text.len()).any(|window| window == text.as_bytes());
    for text in ["clearly-visible", "also-visible", "SQLite format"] {
        assert!(readable("tokens/0.token", text) || readable("tokens/0.token-wal", text), "{text}");
        assert!(!readable("by-user", text), "{text}");
    }
    for (test, file, so) in
        [("a", "by-user", false), ("b", "by-user", true), ("c", "by-so", false), ("d", "by-so", true)]
    {
        let other = other(&format!("backup-{test}"), &desk, file);
        let more: &[&str] = if so { &["--so-pin", SO] } else { &["--pin", USER] };
        assert_eq!(other.ok(&[&["restore", file], more].concat()), "the token \"desk\" is in slot 0\n");
        assert_eq!(other.objects(&[]), desk.objects(&[]));
        other.user(&["export", "--label", "secret", "--unprotected", "--out", "back"]);
        assert_eq!(other.get("back"), [0x5a; 32]);
        // It is a token like any other.
        other.user(&["generate", "aes:256", "--label", "new"]);
        other.user(&["certificate", "self-signed", "--label", "clearly-visible", "--subject", "CN=again"]);
        other.ok(&["pin", "--reset", "--old", SO, "--new", USER]);
        let mut left: Vec<_> =
            fs::read_dir(other.path("tokens")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["0.token", "0.token-pins"]);
    }
}

#[test]
fn a_backup_is_whole_while_others_write() {
    let desk = stocked("backup-load");
    let working = std::sync::atomic::AtomicBool::new(true);
    let made = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let (desk, working) = (&desk, &working);
                scope.spawn(move || {
                    let mut count = 0;
                    while working.load(std::sync::atomic::Ordering::Relaxed) {
                        let label = format!("w{writer}-{count}");
                        desk.user(&["generate", "aes:256", "--label", &label]);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        for number in 0..8 {
            desk.user(&["backup", &format!("backup-{number}")]);
        }
        working.store(false, std::sync::atomic::Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
    });
    assert!(made > 2, "nobody wrote meanwhile");
    let mut before = 0;
    for number in 0..8 {
        let file = format!("backup-{number}");
        let other = other(&format!("backup-load-{number}"), &desk, &file);
        other.user(&["restore", &file]);
        let output =
            other.command(&["objects", "--json", "--pin", USER]).env("FERROTOKEN_LOG", "error").output().unwrap();
        // Not one missing object, not one damaged, is told in the log.
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let objects: Vec<serde_json::Value> = serde_json::from_str(&good(&[], output)).unwrap();
        assert!(objects.len() >= before.max(4), "{} after {before}", objects.len());
        before = objects.len();
    }
    assert!(before <= 4 + made);
}

/// Each byte of the beginning, and bytes all over the rest, one after the other: nothing is made of a damaged backup.
#[test]
fn a_flipped_byte_is_a_clear_error() {
    let desk = stocked("backup-flipped");
    desk.user(&["backup", "good"]);
    let good = desk.get("good");
    let other = Desk::new("backup-flipped-other");
    // 230 bytes are before the pieces: the flips there are dense, and behind them every 997th byte.
    let positions = (0..250).step_by(7).chain((250..good.len()).step_by(good.len() / 40)).chain([good.len() - 1]);
    for position in positions {
        let mut bad = good.clone();
        bad[position] ^= 0x20;
        other.put("bad", &bad);
        let said = other.fails(&["restore", "bad"]);
        let wanted = if position < 20 { "this is no backup of Ferrotoken's" } else { "the backup is damaged: " };
        says(&said, &["bad: ", wanted]);
    }
    for length in [0, 10, 20, 100, 229, 230, 232, 300, good.len() / 2, good.len() - 1] {
        other.put("bad", &good[..length]);
        let wanted = if length < 20 { "this is no backup" } else { "the backup is damaged: its end is missing" };
        says(&other.fails(&["restore", "bad"]), &[wanted]);
    }
    other.put("bad", &[&good[..], b"x"].concat());
    says(&other.fails(&["restore", "bad"]), &["the backup is damaged: there is something behind its end"]);
    assert_eq!(fs::read_dir(other.path("tokens")).unwrap().count(), 0, "something is left of a failure");
    other.put("good", &good);
    other.user(&["restore", "good"]);
}

/// A token of several pieces of 1 MiB comes back whole, and its pieces are in their places and all there.
#[test]
fn a_large_backup_has_all_its_pieces() {
    const PIECE: usize = (1 << 20) + 40 + 4;
    let desk = Desk::with_token("backup-large");
    let value: Vec<u8> = (0..900_000u32).map(|byte| (byte.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    desk.put("value", &value);
    for label in ["one", "two", "three"] {
        desk.user(&["import", "value", "--secret", "generic", "--label", label, "--extractable"]);
    }
    desk.user(&["backup", "good"]);
    let good = desk.get("good");
    assert!(good.len() > 230 + 2 * PIECE, "{}", good.len());
    let other = other("backup-large-other", &desk, "good");
    let (head, pieces) = good.split_at(230);
    let (first, rest) = pieces.split_at(PIECE);
    let (second, last) = rest.split_at(PIECE);
    for bad in [
        [head, second, first, last].concat(),
        [head, first, first, last].concat(),
        [head, first, last].concat(),
        [head, last].concat(),
        [head, first, second].concat(),
        [head, first, second, &[0; 4]].concat(),
        [head, first, second, &u32::MAX.to_le_bytes(), last].concat(),
    ] {
        other.put("bad", &bad);
        says(&other.fails(&["restore", "bad"]), &["the backup is damaged: "]);
    }
    other.user(&["restore", "good"]);
    for label in ["one", "two", "three"] {
        other.user(&["export", "--label", label, "--unprotected", "--out", label]);
        assert!(other.get(label) == value, "{label}");
    }
}

/// Pieces cannot be taken from one backup into another.
#[test]
fn two_backups_cannot_be_mixed() {
    let desk = stocked("backup-mixed");
    desk.user(&["backup", "first"]);
    let mut change = desk.command(&["pin", "--old", USER, "--new", "env:NEW"]);
    assert!(change.env("NEW", USER_PIN).status().unwrap().success());
    desk.user(&["backup", "second"]);
    let (first, second) = (desk.get("first"), desk.get("second"));
    let other = Desk::new("backup-mixed-other");
    other.put("mixed", &[&first[..230], &second[230..]].concat());
    says(&other.fails(&["restore", "mixed"]), &["the backup is damaged: a piece of it is not what was sealed"]);
}

/// A state that goes back is dangerous, and said to be.
#[test]
fn keys_that_have_a_state_are_warned_of() {
    let desk = Desk::with_token("backup-state");
    desk.user(&["backup", "without"]);
    desk.user(&["generate", "hotp:20", "--label", "counts"]);
    desk.user(&["backup", "with"]);
    for (file, warned) in [("without", false), ("with", true)] {
        let other = other(&format!("backup-state-{file}"), &desk, file);
        let output = other.run(&["restore", file, "--pin", USER]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.contains("keys whose state must not come twice"), warned, "{said}");
        good(&[], output);
    }
}

#[test]
fn a_backup_takes_no_place_that_is_taken() {
    let desk = stocked("backup-places");
    desk.user(&["backup", "backup"]);
    says(&desk.fails(&["backup", "backup"]), &["cannot write backup", "exists"]);
    says(&desk.fails(&["restore", "backup"]), &["the token is there already, in slot 0", "0.token"]);
    let other = other("backup-places-other", &desk, "backup");
    other.init("resident");
    says(&other.fails(&["restore", "backup", "--slot", "0"]), &["slot 0 has a token"]);
    assert_eq!(other.json(&["restore", "backup"])["slot"], 1);
    assert_eq!(other.objects(&["--token", "desk"]), desk.objects(&[]));
    let third = Desk::new("backup-places-third");
    third.put("backup", &desk.get("backup"));
    assert_eq!(third.json(&["restore", "backup", "--slot", "7"])["slot"], 7);
    assert_eq!(third.objects(&["--slot", "7"]).len(), 4);
}

#[test]
fn a_wrong_pin_opens_no_backup_and_is_counted_when_one_is_made() {
    let desk = stocked("backup-pins");
    desk.user(&["backup", "good"]);
    let wrong = |desk: &Desk, command: &str, file: &str| {
        let arguments = [command, file, "--pin", "env:WRONG"];
        complaint(&arguments, desk.command(&arguments).env("WRONG", "wrong-pin").output().unwrap(), 1)
    };
    let other = other("backup-pins-other", &desk, "good");
    says(&wrong(&other, "restore", "good"), &["good: the PIN opens nothing here"]);
    assert!(!other.path("tokens/0.token").exists());
    for _ in 0..10 {
        says(&wrong(&desk, "backup", "bad"), &["C_Login gave CKR_PIN_"]);
        assert!(!desk.path("bad").exists());
    }
    says(&desk.fails(&["objects"]), &["CKR_PIN_LOCKED"]);
    // A restored token is as locked as the token was: a backup resets no counter.
    desk.ok(&["backup", "locked", "--so-pin", SO]);
    let locked = Desk::new("backup-pins-locked");
    locked.put("locked", &desk.get("locked"));
    locked.user(&["restore", "locked"]);
    says(&locked.fails(&["objects"]), &["CKR_PIN_LOCKED"]);
    locked.ok(&["pin", "--reset", "--old", SO, "--new", USER]);
    assert_eq!(locked.objects(&[]).len(), 4);
}

#[test]
fn tokens_that_have_no_backup_are_told() {
    let desk = Desk::new("backup-none");
    says(&desk.fails(&["restore", "missing"]), &["cannot read missing"]);
    desk.put("rubbish", b"nothing of the kind");
    says(&desk.fails(&["restore", "rubbish"]), &["rubbish: this is no backup of Ferrotoken's"]);
    desk.put("ferrotoken.toml", b"");
    says(&desk.fails(&["backup", "file"]), &["tokens that last have backups", "FERROTOKEN_DIR"]);
    says(&desk.fails(&["restore", "file"]), &["tokens that last have backups", "FERROTOKEN_DIR"]);
    assert!(!desk.path("file").exists());
}
