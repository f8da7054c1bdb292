//! PINs that last.

use crate::common::*;
use crate::scene::*;

#[test]
fn a_changed_pin_opens_what_the_old_one_closed() {
    let test = "pins::a_changed_pin_opens_what_the_old_one_closed";
    let make = || {
        make();
        let user = TOKEN.user();
        ok(user.create(&secret("kept", b"1")));
        refused(user.set_pin("wrong-pin", "another-pin"), CKR_PIN_INCORRECT);
        ok(user.set_pin(USER_PIN, "another-pin"));
        ok(user.logout());
        let so = TOKEN.so();
        ok(so.set_pin(SO_PIN, "another-so-pin"));
    };
    let look = || {
        open();
        let session = TOKEN.session();
        refused(session.login(CKU_USER, USER_PIN), CKR_PIN_INCORRECT);
        refused(session.login(CKU_SO, SO_PIN), CKR_PIN_INCORRECT);
        ok(session.login(CKU_USER, "another-pin"));
        assert_eq!(ok(session.get(only(&session, "kept"), CKA_VALUE)), b"1");
        ok(session.logout());
        ok(session.login(CKU_SO, "another-so-pin"));
        ok(session.init_pin("third-pin"));
    };
    let after_the_so = || {
        open();
        let session = TOKEN.session();
        refused(session.login(CKU_USER, "another-pin"), CKR_PIN_INCORRECT);
        ok(session.login(CKU_USER, "third-pin"));
        assert_eq!(ok(session.get(only(&session, "kept"), CKA_VALUE)), b"1");
    };
    play(test, &[("make", &make), ("look", &look), ("after the SO", &after_the_so)]);
}

#[test]
fn wrong_pins_of_all_processes_count() {
    let test = "pins::wrong_pins_of_all_processes_count";
    let wrong = || {
        open();
        refused(TOKEN.session().login(CKU_USER, "wrong-pin"), CKR_PIN_INCORRECT);
    };
    let locked = || {
        open();
        assert_ne!(TOKEN.info().flags & CKF_USER_PIN_FINAL_TRY, 0);
        let session = TOKEN.session();
        refused(session.login(CKU_USER, "wrong-pin"), CKR_PIN_LOCKED);
        refused(session.login(CKU_USER, USER_PIN), CKR_PIN_LOCKED);
    };
    let still_locked = || {
        open();
        assert_ne!(TOKEN.info().flags & CKF_USER_PIN_LOCKED, 0);
        let session = TOKEN.session();
        refused(session.login(CKU_USER, USER_PIN), CKR_PIN_LOCKED);
        ok(session.login(CKU_SO, SO_PIN));
        ok(session.init_pin(USER_PIN));
        ok(session.logout());
        ok(session.login(CKU_USER, USER_PIN));
        assert_eq!(TOKEN.info().flags & CKF_USER_PIN_COUNT_LOW, 0);
    };
    let make = || make();
    let scenes: [Scene<'_>; 4] =
        [("make", &make), ("-wrong", &wrong), ("-locked", &locked), ("-still locked", &still_locked)];
    direct(test, &scenes, |stage| {
        stage.configure("pin-tries = 4\n");
        stage.play("make");
        (0..3).for_each(|_| stage.play("-wrong"));
        stage.play("-locked");
        stage.play("-still locked");
    });
}

/// An attempt is counted before it is judged: who ends the process in between has not tried for nothing.
#[test]
fn parallel_attempts_do_not_outrun_the_counter() {
    let test = "pins::parallel_attempts_do_not_outrun_the_counter";
    let make = || make();
    let wrong = || {
        open();
        let session = TOKEN.session();
        let tries = (0..10).take_while(|_| session.login(CKU_USER, "wrong-pin") == Err(CKR_PIN_INCORRECT)).count();
        eprintln!("judged {tries}");
    };
    direct(test, &[("make", &make), ("-wrong", &wrong)], |stage| {
        stage.play("make");
        let all: Vec<_> = (0..4).map(|_| stage.start("-wrong")).collect();
        let said: Vec<_> = all.into_iter().map(|child| stage.end("-wrong", child)).collect();
        let judged: usize =
            said.iter().filter_map(|said| said.split("judged ").nth(1)?.trim().parse::<usize>().ok()).sum();
        // The tenth locks, and is told so.
        assert!(judged <= 9, "{judged} wrong PINs were judged");
        assert!(judged >= 6, "only {judged} wrong PINs were judged");
    });
}

/// Once, each right PIN counted as a wrong one until it was judged, so that many at once were told that the PIN is locked.
#[test]
fn right_pins_at_once_lock_nobody_out() {
    let test = "pins::right_pins_at_once_lock_nobody_out";
    let make = || make();
    let many = || {
        open();
        let sessions: Vec<_> = (0..16).map(|_| TOKEN.session()).collect();
        std::thread::scope(|scope| {
            for session in &sessions {
                scope.spawn(move || {
                    for _ in 0..20 {
                        let outcome = session.login(CKU_USER, USER_PIN);
                        assert!(matches!(outcome, Ok(()) | Err(CKR_USER_ALREADY_LOGGED_IN)), "{outcome:x?}");
                        let outcome = session.logout();
                        assert!(matches!(outcome, Ok(()) | Err(CKR_USER_NOT_LOGGED_IN)), "{outcome:x?}");
                    }
                });
            }
        });
        assert_eq!(TOKEN.info().flags & CKF_USER_PIN_COUNT_LOW, 0);
    };
    direct(test, &[("make", &make), ("many", &many)], |stage| {
        stage.configure("pin-tries = 2\n");
        stage.play("make");
        stage.play("many");
    });
}
