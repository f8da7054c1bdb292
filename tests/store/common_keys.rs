//! What `[store]` says about all of its tokens as `[[token]]` says it about one.

use crate::common::*;
use crate::scene::*;

#[test]
fn policies_names_and_limits_are_those_of_all_tokens_of_a_directory() {
    let test = "common_keys::policies_names_and_limits_are_those_of_all_tokens_of_a_directory";
    let look = || {
        let session = user();
        refused(session.digest(&mech(CKM_MD5), b"data"), CKR_MECHANISM_INVALID);
        refused(session.digest(&mech(CKM_SHA384), b"data"), CKR_MECHANISM_INVALID);
        ok(session.digest(&mech(CKM_SHA256), b"data"));
        ok(session.logout());
        refused(session.login_user(CKU_USER, USER_PIN, b"bob"), CKR_PIN_INCORRECT);
        ok(session.login_user(CKU_USER, USER_PIN, b"alice"));
        assert_eq!(TOKEN.info().ulMaxSessionCount, 2);
        let _second = TOKEN.session();
        refused(TOKEN.open(CKF_SERIAL_SESSION), CKR_SESSION_COUNT);
        for _ in 0..3 {
            ok(session.create(&[class(CKO_DATA), yes(CKA_TOKEN)]));
        }
        refused(session.create(&[class(CKO_DATA), yes(CKA_TOKEN)]), CKR_DEVICE_MEMORY);
    };
    let again = || {
        // What is there is loaded.
        let session = user();
        assert_eq!(session.find(&[class(CKO_DATA)]).len(), 3);
        refused(session.create(&[class(CKO_DATA), yes(CKA_TOKEN)]), CKR_DEVICE_MEMORY);
    };
    direct(test, &[("make", &make), ("look", &look), ("again", &again)], |stage| {
        stage.configure(
            "mechanism-policy = \"modern\"\ndeny-mechanisms = [\"SHA384\"]\nuser-name = \"alice\"\nso-name = \"carol\"\n\
             max-sessions = 2\nmax-objects = 3\n",
        );
        ["make", "look", "again"].into_iter().for_each(|scene| stage.play(scene));
    });
}
