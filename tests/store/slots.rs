//! The slots of a directory.

use crate::common::*;
use crate::scene::*;

#[test]
fn one_slot_is_always_free_and_numbers_stay() {
    let test = "slots::one_slot_is_always_free_and_numbers_stay";
    let two = || {
        open();
        assert_eq!(slot_numbers(), [0]);
        refused(TOKEN.open(CKF_SERIAL_SESSION), CKR_TOKEN_NOT_RECOGNIZED);
        assert_eq!(TOKEN.info().flags & CKF_TOKEN_INITIALIZED, 0);
        ok(TOKEN.init(SO_PIN, "first"));
        assert_eq!(slot_numbers(), [0, 1]);
        ok(Token { slot: 1 }.init(SO_PIN, "second"));
        assert_eq!(slot_numbers(), [0, 1, 2]);
        assert_ne!(TOKEN.info().serialNumber, Token { slot: 1 }.info().serialNumber);
    };
    let again = || {
        open();
        assert_eq!(slot_numbers(), [0, 1, 2]);
        assert!(Token { slot: 1 }.info().label.starts_with(b"second "));
    };
    let without_the_first = || {
        open();
        assert_eq!(slot_numbers(), [1, 2]);
        assert!(Token { slot: 1 }.info().label.starts_with(b"second "));
    };
    let scenes: [Scene<'_>; 3] = [("two", &two), ("again", &again), ("without the first", &without_the_first)];
    direct(test, &scenes, |stage| {
        stage.play("two");
        stage.play("again");
        std::fs::remove_file(stage.file()).unwrap();
        stage.play("without the first");
    });
}

#[test]
fn a_token_that_another_process_makes_appears() {
    let test = "slots::a_token_that_another_process_makes_appears";
    let make = || {
        open();
        ok(TOKEN.init(SO_PIN, "other"));
    };
    let wait = || {
        open();
        assert_eq!(slot_numbers(), [0]);
        eprintln!("ready");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        assert_eq!(slot_numbers(), [0, 1]);
        assert!(TOKEN.info().label.starts_with(b"other "));
        refused(TOKEN.init("not-that-pin", "mine"), CKR_PIN_INCORRECT);
    };
    direct(test, &[("-make", &make), ("-wait", &wait)], |stage| {
        let (mut child, mut go) = stage.start_waiting("-wait");
        go.wait_until_ready(&mut child);
        stage.play("-make");
        go.go();
        stage.end("-wait", child);
    });
}
