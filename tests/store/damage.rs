//! Damaged and forged files: the right value, or an error, and never another value.

use crate::common::*;
use crate::scene::*;
use std::fs;

const LABELS: [&str; 4] = ["secret 1", "secret 2", "public 1", "public 2"];
const OPEN: &str = "public 3";

fn value_of(label: &str) -> Vec<u8> {
    format!("the value of {label}").into_bytes()
}

fn fill() {
    make();
    ok(TOKEN.session().create(&public_data(OPEN, &value_of(OPEN))));
    let user = TOKEN.user();
    for label in LABELS {
        let template = if label.starts_with('s') { secret } else { public_data };
        ok(user.create(&template(label, &value_of(label))));
    }
    // All is in the one file then.
    finalise();
}

/// Looks at everything as far as it can be reached; tells whether something was amiss.
fn inspect() -> bool {
    let mut amiss = false;
    let mut check = |session: &Session, label: &str| {
        for object in session.find(&[text(CKA_LABEL, label)]) {
            match session.get(object, CKA_VALUE) {
                Ok(value) => assert_eq!(value, value_of(label), "another value for {label}"),
                Err(_) => amiss = true,
            }
        }
    };
    if initialise() != CKR_OK {
        return true;
    }
    let Ok(session) = TOKEN.open(CKF_SERIAL_SESSION | CKF_RW_SESSION) else {
        finalise();
        return true;
    };
    let searchable = session.find_init(&[]).and_then(|()| session.find_final()).is_ok();
    if searchable {
        [OPEN, LABELS[2], LABELS[3]].iter().for_each(|label| check(&session, label));
    }
    let open = match session.login(CKU_USER, USER_PIN) {
        Ok(()) if session.find_init(&[]).and_then(|()| session.find_final()).is_ok() => {
            LABELS.iter().chain([&OPEN]).for_each(|label| check(&session, label));
            LABELS.iter().chain([&OPEN]).all(|label| session.find(&[text(CKA_LABEL, label)]).len() == 1)
        }
        _ => false,
    };
    finalise();
    amiss || !open || !searchable
}

/// Every so-manieth byte is changed, and everything looked at. What is amiss was told; a change that nobody notices has changed
/// nothing. A trial may ask for each byte.
#[test]
fn a_changed_byte_gives_the_right_value_or_an_error() {
    let test = "damage::a_changed_byte_gives_the_right_value_or_an_error";
    let inspect_all = || {
        returns::expect_damage();
        let directory = std::env::var("FERROTOKEN_TEST_DAMAGE").unwrap();
        let step = std::env::var("FERROTOKEN_TEST_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(211);
        let log = std::path::Path::new(&directory).with_file_name("log");
        // SAFETY: nothing else runs in this process.
        unsafe {
            std::env::set_var("FERROTOKEN_LOG", "error");
            std::env::set_var("FERROTOKEN_LOG_FILE", &log);
        }
        let file = std::path::Path::new(&directory).join("0.token");
        let good = fs::read(&file).unwrap();
        assert!(!inspect(), "the undamaged file is fine");
        let (mut told, mut total) = (0, 0);
        for place in (0..good.len()).step_by(step) {
            for bit in [0x01, 0x80] {
                let mut bad = good.clone();
                bad[place] ^= bit;
                for leftover in ["0.token-wal", "0.token-shm"] {
                    let _ = fs::remove_file(std::path::Path::new(&directory).join(leftover));
                }
                fs::write(&file, &bad).unwrap();
                let _ = fs::remove_file(&log);
                let amiss = inspect();
                let log = fs::read_to_string(&log).unwrap_or_default();
                assert!(!amiss || !log.is_empty(), "byte {place}: something is amiss, and nobody was told");
                told += usize::from(amiss);
                total += 1;
            }
        }
        eprintln!("{total} changes, {told} told");
        assert!(told > 0);
    };
    direct(test, &[("make", &fill), ("-inspect", &inspect_all)], |stage| {
        stage.play("make");
        // SAFETY: no other thread of this process reads or writes this variable.
        unsafe { std::env::set_var("FERROTOKEN_TEST_DAMAGE", &stage.directory) };
        print!("{}", stage.end("-inspect", stage.start("-inspect")));
    });
}

#[test]
fn a_file_of_a_newer_format_is_left_alone() {
    let test = "damage::a_file_of_a_newer_format_is_left_alone";
    let look = || {
        open();
        refused(TOKEN.open(CKF_SERIAL_SESSION), CKR_TOKEN_NOT_RECOGNIZED);
        refused(TOKEN.init(SO_PIN, "mine"), CKR_TOKEN_NOT_RECOGNIZED);
    };
    direct(test, &[("make", &fill), ("-look", &look)], |stage| {
        stage.play("make");
        let mut file = fs::read(stage.file()).unwrap();
        // The user version, in SQLite's header.
        file[60..64].copy_from_slice(&3_u32.to_be_bytes());
        fs::write(stage.file(), &file).unwrap();
        let said = stage.end("-look", stage.start("-look"));
        assert!(said.contains("has format 3"), "{said}");
        let after = fs::read(stage.file()).unwrap();
        assert_eq!(after.iter().zip(&file).position(|(now, before)| now != before), None);
        assert_eq!(after.len(), file.len());
    });
}
