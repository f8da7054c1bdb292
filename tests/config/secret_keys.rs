//! Secret keys that a configuration imports.

use super::common::*;
use super::{CONF, READY, configured, file, logged_in, one};
use std::fs;

/// NIST SP 800-38A, appendix F.1: the key, a block, and what ECB makes of it.
const AES128: [&str; 3] =
    ["2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a", "3ad77bb40d7a3660a89ecaf32466ef97"];
const AES192: [&str; 3] = [
    "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
    "6bc1bee22e409f96e93d7e117393172a",
    "bd334f1d6e45f25ff712a214571fa5cc",
];
const AES256: [&str; 3] = [
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    "6bc1bee22e409f96e93d7e117393172a",
    "f3eed1bdb5d2a03c064b5a7e3db181f8",
];

/// RFC 4231, test case 2, whose key is the bytes of "Jefe".
const HMAC: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

const SECRET_KEY: &str = "[[token.secret-key]]\n";

/// That a key has what only the token may say, and shows its value to nobody.
fn check_access(session: &Session, key: CK_OBJECT_HANDLE, extractable: bool) {
    for attribute in [CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE] {
        assert!(ok(session.get_bool(key, attribute)));
    }
    for attribute in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL] {
        assert!(!ok(session.get_bool(key, attribute)));
    }
    assert_eq!(ok(session.get_bool(key, CKA_EXTRACTABLE)), extractable);
    refused(session.get(key, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
}

#[test]
fn aes_keys_are_found_by_label_and_id_and_encrypt() {
    let keys = [("one", AES128, "01"), ("two", AES192, "0aFf"), ("three", AES256, "030405")];
    let mut text = READY.to_owned();
    for (label, [key, ..], id) in keys {
        file(&format!("{label}.key"), hex(key));
        text += &format!("{SECRET_KEY}file = \"{label}.key\"\ntype = \"aes\"\nlabel = \"{label} ü\"\nid = \"{id}\"\n");
    }
    configured("secret_keys::aes_keys_are_found_by_label_and_id_and_encrypt", text, || {
        // Nobody is logged in: the keys are not to be seen.
        assert_eq!(Token { slot: 0 }.session().find(&[]).len(), 0);
        let session = logged_in();
        assert_eq!(session.find(&[class(CKO_SECRET_KEY), key_type(CKK_AES)]).len(), 3);
        for (label, [value, plain, cipher], id) in keys {
            let key = one(&session, CKO_SECRET_KEY, &format!("{label} ü"));
            assert_eq!(session.find(&[bytes(CKA_ID, hex(id))]), [key]);
            assert_eq!(ok(session.get_ulong(key, CKA_VALUE_LEN)) as usize, hex(value).len());
            check_access(&session, key, false);
            assert_eq!(ok(session.encrypt(&mech(CKM_AES_ECB), key, &hex(plain))), hex(cipher));
            assert_eq!(ok(session.decrypt(&mech(CKM_AES_ECB), key, &hex(cipher))), hex(plain));
        }
    });
}

#[test]
fn a_key_of_which_only_the_file_is_given_is_generic() {
    file("jefe.v1.key", "Jefe");
    let text = format!("{READY}{SECRET_KEY}file = \"jefe.v1.key\"\n");
    configured("secret_keys::a_key_of_which_only_the_file_is_given_is_generic", text, || {
        let session = logged_in();
        let key = one(&session, CKO_SECRET_KEY, "jefe.v1");
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
        assert_eq!(ok(session.get(key, CKA_ID)), []);
        check_access(&session, key, false);
        let mac = ok(session.sign(&mech(CKM_SHA256_HMAC), key, b"what do ya want for nothing?"));
        assert_eq!(mac, hex(HMAC));
        // Derivation is for a client to allow.
        assert!(!ok(session.get_bool(key, CKA_DERIVE)));
        ok(session.set(key, &[yes(CKA_DERIVE)]));
        assert!(ok(session.get_bool(key, CKA_DERIVE)));
    });
}

#[test]
fn every_byte_of_the_file_counts() {
    file("line.key", "Jefe\r\n");
    let text = format!("{READY}{SECRET_KEY}file = \"line.key\"\ntype = \"generic\"\n");
    configured("secret_keys::every_byte_of_the_file_counts", text, || {
        let session = logged_in();
        let key = one(&session, CKO_SECRET_KEY, "line");
        assert_eq!(ok(session.get_ulong(key, CKA_VALUE_LEN)), 6);
    });
}

#[test]
fn only_an_extractable_key_is_wrapped() {
    let [kek, ..] = AES128;
    file("kek.key", hex(kek));
    let key = |label, extractable| {
        format!("{SECRET_KEY}file = \"kek.key\"\ntype = \"aes\"\nlabel = \"{label}\"\nextractable = {extractable}\n")
    };
    let text = format!("{READY}{}{}", key("open", true), key("closed", false));
    configured("secret_keys::only_an_extractable_key_is_wrapped", text, || {
        let session = logged_in();
        let [open, closed] = ["open", "closed"].map(|label| one(&session, CKO_SECRET_KEY, label));
        check_access(&session, open, true);
        check_access(&session, closed, false);
        assert_eq!(ok(session.wrap(&mech(CKM_AES_KEY_WRAP), closed, open)).len(), 24);
        refused(session.wrap(&mech(CKM_AES_KEY_WRAP), open, closed), CKR_KEY_UNEXTRACTABLE);
    });
}

#[test]
fn each_token_has_its_own_keys_in_either_notation() {
    file("own.key", "own");
    let text = format!(
        "{READY}{SECRET_KEY}file = \"own.key\"\n{SECRET_KEY}file = \"own.key\"\nlabel = \"\"\n\
         {READY}secret-key = [{{ file = \"own.key\", label = \"inline\" }}]\n[[token]]\n"
    );
    configured("secret_keys::each_token_has_its_own_keys_in_either_notation", text, || {
        let session = logged_in();
        assert_eq!(session.find(&[]).len(), 2);
        one(&session, CKO_SECRET_KEY, "own");
        one(&session, CKO_SECRET_KEY, "");
        let session = Token { slot: 1 }.session();
        ok(session.login(CKU_USER, "S3CRET-user"));
        assert_eq!(session.find(&[]), [one(&session, CKO_SECRET_KEY, "inline")]);
    });
}

#[test]
#[cfg(unix)]
fn a_file_that_others_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    const TEST: &str = "secret_keys::a_file_that_others_may_read_is_warned_of";
    if is_child(TEST) {
        by_hand();
        assert_eq!(initialise(), CKR_OK);
        return;
    }
    let key = file("shared.key", "S3CRET");
    let text = format!("{READY}{SECRET_KEY}file = \"shared.key\"\n");
    let configuration = file("shared.toml", text);
    for (mode, warned) in [(0o600, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let output = child_process(TEST, &[(CONF, configuration.to_str().unwrap()), ("FERROTOKEN_LOG", "warn")]);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{log}");
        let warning = format!("WARN {} holds secrets, and others may read it", key.display());
        assert_eq!(log.contains(&warning), warned, "{mode:o}: {log}");
        assert!(!log.contains("S3CRET"), "{log}");
    }
}
