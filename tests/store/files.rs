//! The files: their rights, and what can be read in them.

use crate::common::*;
use crate::scene::*;
use std::fs;

const VALUE: &[u8] = b"VALUE-that-nobody-may-find";
const LABEL: &str = "LABEL-that-nobody-may-find";
const ID: &[u8] = b"ID-that-nobody-may-find";

#[test]
fn nothing_secret_can_be_read_in_the_files() {
    let test = "files::nothing_secret_can_be_read_in_the_files";
    let make = || {
        make();
        let user = TOKEN.user();
        let mut template = secret(LABEL, VALUE);
        template.push(bytes(CKA_ID, ID));
        let key = ok(user.create(&template));
        ok(user.set(key, &[text(CKA_LABEL, &LABEL.to_lowercase())]));
        ok(user.create(&public_data("label-that-all-may-find", b"value-that-all-may-find")));
        eprintln!("ready");
        // The files are looked at while the process has them open, with all that is in the log.
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
    };
    direct(test, &[("-make", &make)], |stage| {
        let look = || {
            let bytes = stage.bytes();
            let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
            // The search does find what is there.
            assert!(has(b"label-that-all-may-find") && has(b"value-that-all-may-find"));
            let lower = LABEL.to_lowercase();
            for hidden in [VALUE, LABEL.as_bytes(), lower.as_bytes(), ID, SO_PIN.as_bytes(), USER_PIN.as_bytes()] {
                assert!(!has(hidden), "{} is in the files", String::from_utf8_lossy(hidden));
            }
        };
        let (mut child, mut go) = stage.start_waiting("-make");
        go.wait_until_ready(&mut child);
        look();
        go.go();
        stage.end("-make", child);
        look();
    });
}

#[test]
fn init_token_leaves_nothing_of_public_objects() {
    let test = "files::init_token_leaves_nothing_of_public_objects";
    let make = || {
        make();
        ok(TOKEN.session().create(&public_data("label", VALUE)));
        ok(TOKEN.close_all());
        ok(TOKEN.init(SO_PIN, "anew"));
        eprintln!("ready");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
    };
    direct(test, &[("-make", &make)], |stage| {
        let (mut child, mut go) = stage.start_waiting("-make");
        go.wait_until_ready(&mut child);
        assert!(!stage.bytes().windows(VALUE.len()).any(|window| window == VALUE));
        go.go();
        stage.end("-make", child);
    });
}

#[cfg(unix)]
#[test]
fn only_the_owner_has_rights() {
    use std::os::unix::fs::PermissionsExt;
    let test = "files::only_the_owner_has_rights";
    let make = || make();
    let refused_start = || {
        assert_eq!(initialise(), CKR_FUNCTION_FAILED);
    };
    let opened = || {
        user();
    };
    direct(test, &[("-make", &make), ("-refused", &refused_start), ("-opened", &opened)], |stage| {
        stage.play("-make");
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let set = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!((mode(&stage.directory), mode(&stage.file())), (0o700, 0o600));
        for (path, wrong, right) in [(stage.directory.clone(), 0o755, 0o700), (stage.file(), 0o640, 0o600)] {
            set(&path, wrong);
            let said = stage.end("-refused", stage.start("-refused"));
            let remedy = format!("chmod {right:o} {}", path.display());
            assert!(said.contains(&remedy), "{said}");
            stage.configure("shared = true\n");
            stage.play("-opened");
            stage.configure("");
            set(&path, right);
            stage.play("-opened");
        }
    });
}
