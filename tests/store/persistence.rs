//! What one process has made, the next one finds.

use crate::common::*;
use crate::scene::*;

const CURVE: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

#[test]
fn objects_outlive_the_library_and_the_process() {
    let test = "persistence::objects_outlive_the_library_and_the_process";
    let make = || {
        make();
        let user = TOKEN.user();
        ok(user.create(&secret("kept", b"the value")));
        let mut session_object = secret("not kept", b"the value");
        session_object[2] = no(CKA_TOKEN);
        ok(user.create(&session_object));
        ok(user.create(&public_data("open", b"for all")));
        let nested = [ulong(CKA_KEY_TYPE, CKK_AES), yes(CKA_SENSITIVE)];
        let template = [
            yes(CKA_TOKEN),
            ulong(CKA_VALUE_LEN, 32),
            text(CKA_LABEL, "wrapper"),
            yes(CKA_UNWRAP),
            yes(CKA_SENSITIVE),
            template(CKA_UNWRAP_TEMPLATE, &nested),
            mechanisms(CKA_ALLOWED_MECHANISMS, &[CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_KWP]),
        ];
        ok(user.generate(&mech(CKM_AES_KEY_GEN), &template));
        finalise();
        find();
    };
    let find_anew = || find();
    play(test, &[("make", &make), ("find", &find_anew)]);

    fn find() {
        open();
        let session = TOKEN.session();
        assert_eq!(ok(session.get(only(&session, "open"), CKA_VALUE)), b"for all");
        assert_eq!(session.find(&[class(CKO_SECRET_KEY)]), []);
        ok(session.login(CKU_USER, USER_PIN));
        assert_eq!(session.find(&[class(CKO_SECRET_KEY)]).len(), 2);
        assert_eq!(session.find(&[]).len(), 3);
        assert_eq!(session.find(&[yes(CKA_PRIVATE), yes(CKA_TOKEN)]).len(), 2);
        let kept = only(&session, "kept");
        assert_eq!(ok(session.get(kept, CKA_VALUE)), b"the value");
        let wrapper = only(&session, "wrapper");
        assert!(ok(session.get_bool(wrapper, CKA_ALWAYS_SENSITIVE)));
        assert_eq!(ok(session.get(wrapper, CKA_ALLOWED_MECHANISMS)).len(), 16);
        assert_eq!(
            session.find(&[template(CKA_UNWRAP_TEMPLATE, &[ulong(CKA_KEY_TYPE, CKK_AES), yes(CKA_SENSITIVE)])]),
            [wrapper]
        );
        ok(session.logout());
        refused(session.get(kept, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
        ok(session.login(CKU_USER, USER_PIN));
        refused(session.get(kept, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
        assert_eq!(ok(session.get(only(&session, "kept"), CKA_VALUE)), b"the value");
        finalise();
    }
}

#[test]
fn changes_copies_and_destructions_last() {
    let test = "persistence::changes_copies_and_destructions_last";
    let make = || {
        make();
        let user = TOKEN.user();
        let first = ok(user.create(&secret("first", b"1")));
        ok(user.set(first, &[text(CKA_LABEL, "renamed"), bytes(CKA_ID, [7])]));
        refused(user.set(first, &[text(CKA_LABEL, "never"), bytes(CKA_VALUE, [1])]), CKR_ATTRIBUTE_READ_ONLY);
        ok(user.copy(first, &[text(CKA_LABEL, "copy")]));
        let gone = ok(user.create(&secret("gone", b"2")));
        ok(user.destroy(gone));
        refused(user.destroy(gone), CKR_OBJECT_HANDLE_INVALID);
    };
    let find = || {
        let user = user();
        assert_eq!(user.find(&[]).len(), 2);
        assert_eq!(user.find(&[bytes(CKA_ID, [7]), class(CKO_SECRET_KEY)]).len(), 2);
        assert_eq!(ok(user.get(only(&user, "renamed"), CKA_VALUE)), b"1");
        assert_eq!(ok(user.get(only(&user, "copy"), CKA_VALUE)), b"1");
    };
    play(test, &[("make", &make), ("find", &find)]);
}

#[test]
fn keys_are_used_in_other_processes() {
    let test = "persistence::keys_are_used_in_other_processes";
    let make = || {
        make();
        let user = TOKEN.user();
        let public = [yes(CKA_TOKEN), bytes(CKA_EC_PARAMS, CURVE), text(CKA_LABEL, "pair")];
        let private = [yes(CKA_TOKEN), yes(CKA_PRIVATE), yes(CKA_SENSITIVE), text(CKA_LABEL, "pair")];
        ok(user.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &public, &private));
    };
    let sign = || {
        let user = user();
        let [private] = user.find(&[text(CKA_LABEL, "pair"), class(CKO_PRIVATE_KEY)])[..] else { panic!() };
        let [public] = user.find(&[text(CKA_LABEL, "pair"), class(CKO_PUBLIC_KEY)])[..] else { panic!() };
        refused(user.get(private, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
        let signature = ok(user.sign(&mech(CKM_ECDSA_SHA256), private, b"data"));
        ok(user.verify(&mech(CKM_ECDSA_SHA256), public, b"data", &signature));
    };
    play(test, &[("make", &make), ("sign", &sign)]);
}

#[test]
fn public_secret_keys_work_without_a_login() {
    let test = "persistence::public_secret_keys_work_without_a_login";
    let make = || {
        make();
        let session = TOKEN.session();
        let mut template = secret("open", b"a key of no login");
        template[3] = no(CKA_PRIVATE);
        template[4] = yes(CKA_SENSITIVE);
        ok(session.create(&template));
    };
    let sign = || {
        open();
        let session = TOKEN.session();
        ok(session.sign(&mech(CKM_SHA256_HMAC), only(&session, "open"), b"data"));
        // The same, after the login has looked at it.
        ok(session.login(CKU_USER, USER_PIN));
        ok(session.sign(&mech(CKM_SHA256_HMAC), only(&session, "open"), b"data"));
    };
    play(test, &[("make", &make), ("sign", &sign)]);
}

#[test]
fn init_token_destroys_everything() {
    let test = "persistence::init_token_destroys_everything";
    let make = || {
        make();
        let user = TOKEN.user();
        ok(user.create(&secret("gone", b"1")));
        ok(user.create(&public_data("gone too", b"2")));
    };
    let again = || {
        open();
        let serial = TOKEN.info().serialNumber;
        refused(TOKEN.init("wrong-so-pin", "other"), CKR_PIN_INCORRECT);
        ok(TOKEN.init(SO_PIN, "other"));
        assert_eq!(TOKEN.info().serialNumber, serial);
        let session = TOKEN.session();
        assert_eq!(session.find(&[]), []);
        refused(session.login(CKU_USER, USER_PIN), CKR_USER_PIN_NOT_INITIALIZED);
        ok(session.login(CKU_SO, SO_PIN));
        ok(session.init_pin(USER_PIN));
        ok(session.logout());
        ok(session.login(CKU_USER, USER_PIN));
        assert_eq!(session.find(&[]), []);
        ok(session.create(&secret("new", b"3")));
    };
    let find = || {
        let user = user();
        assert_eq!(user.find(&[]), [only(&user, "new")]);
    };
    play(test, &[("make", &make), ("again", &again), ("find", &find)]);
}
