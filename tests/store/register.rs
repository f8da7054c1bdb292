//! What was made in a login is registered: at the next login it is told if it is no longer there, or no longer as it was.

use crate::common::*;
use crate::scene::*;
use sha2::{Digest, Sha256};

const MISSING: &str = "objects that were made or changed in a login are missing";
const WITHOUT_LOGIN: &str = "was changed or destroyed by somebody who was not logged in";

/// What docs/store-format.md calls a checksum.
fn checksum(parts: &[&[u8]]) -> Vec<u8> {
    Sha256::digest(parts.concat())[..16].to_vec()
}

/// A record that everybody can write: with a checksum, and without a MAC.
fn record(part: &str, id: i64, version: i64, text: &[u8]) -> Vec<u8> {
    let context =
        [format!("ferrotoken store 1 {part} ").as_bytes(), &id.to_le_bytes(), &version.to_le_bytes(), &[0]].concat();
    [&checksum(&[&context, text])[..], &[0; 32], text].concat()
}

/// Replaces a text by another of the same length.
fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let place = text.windows(old.len()).position(|window| window == old).unwrap();
    [&text[..place], new, &text[place + old.len()..]].concat()
}

fn fill() {
    make();
    let user = TOKEN.user();
    ok(user.create(&public_data("made in a login", b"the good value")));
    ok(user.create(&public_data("another", b"another value")));
    ok(user.create(&secret("secret", b"3")));
    finalise();
}

/// Logs in, and says nothing else.
fn login() {
    user();
    finalise();
}

/// Who writes to the file as he likes, with all checksums right, leaves a record that nobody vouches for: the value is taken, as it
/// would be from somebody who uses the library without a login, but a login tells that it is not what was there.
#[test]
fn a_forged_public_object_is_told_at_the_next_login() {
    let test = "register::a_forged_public_object_is_told_at_the_next_login";
    let look = || {
        open();
        let session = TOKEN.session();
        assert_eq!(ok(session.get(only(&session, "made in a login"), CKA_VALUE)), b"the evil value");
        eprintln!("before the login");
        ok(session.login(CKU_USER, USER_PIN));
        assert_eq!(session.find(&[]).len(), 3);
        // Nor does a change in this login make good what is gone.
        ok(session.set(only(&session, "another"), &[text(CKA_LABEL, "changed")]));
        finalise();
    };
    direct(test, &[("make", &fill), ("-login", &login), ("-look", &look)], |stage| {
        stage.play("make");
        assert_eq!(stage.end("-login", stage.start("-login")), "");
        let file = rusqlite::Connection::open(stage.file()).unwrap();
        let mut all = file.prepare("SELECT id, version, head.text, body.text FROM head JOIN body USING(id)").unwrap();
        let rows = all.query_map([], |row| <(i64, i64, Vec<u8>, Vec<u8>)>::try_from(row)).unwrap();
        let holds = |(.., body): &(i64, i64, Vec<u8>, Vec<u8>)| body.windows(14).any(|part| part == b"the good value");
        let (id, version, head, body) = rows.map(Result::unwrap).find(holds).unwrap();
        drop(all);
        let body = replaced(&body[48..], b"the good value", b"the evil value");
        file.execute("UPDATE body SET text = ? WHERE id = ?", (record("body", id, version, &body), id)).unwrap();
        // As long as the head says that somebody vouches for it, the body is refused.
        file.execute("UPDATE head SET text = ? WHERE id = ?", (record("head", id, version, &head[48..]), id)).unwrap();
        drop(file);
        let said = stage.end("-look", stage.start("-look"));
        let (before, after) = said.split_once("before the login").unwrap();
        assert!(!before.contains(MISSING) && after.contains(MISSING), "{said}");
        assert!(stage.end("-login", stage.start("-login")).contains(MISSING));
    });
}

#[test]
fn a_body_without_a_mac_under_a_head_with_one_is_damaged() {
    let test = "register::a_body_without_a_mac_under_a_head_with_one_is_damaged";
    let look = || {
        returns::expect_damage();
        open();
        let session = TOKEN.session();
        refused(session.get(only(&session, "made in a login"), CKA_VALUE), CKR_DEVICE_ERROR);
        ok(session.login(CKU_USER, USER_PIN));
        refused(session.get(only(&session, "made in a login"), CKA_VALUE), CKR_DEVICE_ERROR);
        assert_eq!(ok(session.get(only(&session, "another"), CKA_VALUE)), b"another value");
    };
    direct(test, &[("make", &fill), ("-look", &look)], |stage| {
        stage.play("make");
        let file = rusqlite::Connection::open(stage.file()).unwrap();
        let mut all = file.prepare("SELECT id, version, body.text FROM head JOIN body USING(id)").unwrap();
        let rows = all.query_map([], |row| <(i64, i64, Vec<u8>)>::try_from(row)).unwrap();
        let holds = |(.., body): &(i64, i64, Vec<u8>)| body.windows(14).any(|part| part == b"the good value");
        let (id, version, body) = rows.map(Result::unwrap).find(holds).unwrap();
        drop(all);
        file.execute("UPDATE body SET text = ? WHERE id = ?", (record("body", id, version, &body[48..]), id)).unwrap();
        drop(file);
        let said = stage.end("-look", stage.start("-look"));
        assert!(said.contains(&format!("the content of object {id} is damaged")), "{said}");
    });
}

/// A record that vanishes with all that counts it, for which no key is needed.
#[test]
fn a_private_object_that_vanishes_is_told_at_the_next_login() {
    let test = "register::a_private_object_that_vanishes_is_told_at_the_next_login";
    let without = || {
        open();
        assert_eq!(TOKEN.session().find(&[]).len(), 2);
        finalise();
    };
    direct(test, &[("make", &fill), ("-login", &login), ("-without", &without)], |stage| {
        stage.play("make");
        let file = rusqlite::Connection::open(stage.file()).unwrap();
        let place =
            file.query_row("SELECT id, version FROM head WHERE private = 1", [], |row| <(i64, i64)>::try_from(row));
        let (id, version) = place.unwrap();
        let token = "SELECT label, serial, epoch, change, sum FROM token";
        type Token = (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64);
        let (label, serial, epoch, change, sum) = file.query_row(token, [], |row| <Token>::try_from(row)).unwrap();
        let part = checksum(&[&id.to_le_bytes(), &version.to_le_bytes()]);
        let sum = sum.wrapping_sub(i64::from_le_bytes(part[..8].try_into().unwrap()));
        let check = checksum(&[b"token", &label, &serial, &[1, 1], &change.to_le_bytes(), &sum.to_le_bytes(), &epoch]);
        file.execute("UPDATE token SET sum = ?, checksum = ?", (sum, check)).unwrap();
        file.execute("DELETE FROM head WHERE id = ?", [id]).unwrap();
        file.execute("DELETE FROM body WHERE id = ?", [id]).unwrap();
        drop(file);
        // Nothing else tells.
        assert_eq!(stage.end("-without", stage.start("-without")), "");
        assert!(stage.end("-login", stage.start("-login")).contains(MISSING));
    });
}

/// Public objects are everybody's to change, as the standard has it. Who logs in learns of it, until a change in a login
/// has settled it.
#[test]
fn what_is_changed_without_a_login_is_told_and_then_settled() {
    let test = "register::what_is_changed_without_a_login_is_told_and_then_settled";
    let change = || {
        open();
        let session = TOKEN.session();
        ok(session.set(only(&session, "made in a login"), &[text(CKA_LABEL, "changed once")]));
        ok(session.set(only(&session, "changed once"), &[text(CKA_LABEL, "changed twice")]));
        ok(session.destroy(only(&session, "another")));
        ok(session.create(&public_data("made without", b"4")));
        finalise();
    };
    let settle = || {
        let user = user();
        assert_eq!(user.find(&[]).len(), 3);
        ok(user.set(only(&user, "changed twice"), &[text(CKA_LABEL, "vouched for again")]));
        finalise();
    };
    let scenes: [Scene<'_>; 4] = [("make", &fill), ("-login", &login), ("-change", &change), ("-settle", &settle)];
    direct(test, &scenes, |stage| {
        stage.play("make");
        assert_eq!(stage.end("-change", stage.start("-change")), "");
        for scene in ["-login", "-login", "-settle"] {
            let said = stage.end(scene, stage.start(scene));
            assert!(!said.contains(MISSING), "{said}");
            assert!(said.matches(WITHOUT_LOGIN).count() >= 2, "{said}");
        }
        assert_eq!(stage.end("-login", stage.start("-login")), "");
    });
}

/// Format 1 had no register.
#[test]
fn a_file_of_format_1_is_read_and_gets_a_register() {
    let test = "register::a_file_of_format_1_is_read_and_gets_a_register";
    let use_it = || {
        open();
        let session = TOKEN.session();
        ok(session.create(&public_data("made without", b"4")));
        ok(session.login(CKU_USER, USER_PIN));
        assert_eq!(session.find(&[]).len(), 4);
        assert_eq!(ok(session.get(only(&session, "secret"), CKA_VALUE)), b"3");
        eprintln!("before the change");
        ok(session.destroy(only(&session, "secret")));
        finalise();
    };
    let remove = || {
        open();
        let session = TOKEN.session();
        ok(session.destroy(only(&session, "another")));
        finalise();
    };
    let scenes: [Scene<'_>; 4] = [("make", &fill), ("-use", &use_it), ("-login", &login), ("-remove", &remove)];
    direct(test, &scenes, |stage| {
        stage.play("make");
        let file = rusqlite::Connection::open(stage.file()).unwrap();
        file.execute_batch("DROP TABLE register; DROP TABLE departed; PRAGMA user_version = 1").unwrap();
        drop(file);
        let said = stage.end("-use", stage.start_in("-use", &[("FERROTOKEN_LOG", "warn".as_ref())]));
        let (before, after) = said.split_once("before the change").unwrap();
        assert!(!before.contains("format 1") && after.contains("had format 1"), "{said}");
        assert_eq!(stage.end("-login", stage.start("-login")), "");
        stage.play("-remove");
        assert!(stage.end("-login", stage.start("-login")).contains(WITHOUT_LOGIN));
    });
}
