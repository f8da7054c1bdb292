//! The configuration: what it makes (secret keys in `secret_keys`). How mistakes in it are told is in `mistakes`.

mod common;
#[path = "config/mistakes.rs"]
mod mistakes;
#[path = "config/policies.rs"]
mod policies;
#[path = "config/secret_keys.rs"]
mod secret_keys;

use common::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

const CONF: &str = "FERROTOKEN_CONF";

/// A token that is ready; four lines.
const READY: &str = "[[token]]\nlabel = \"web\"\nso-pin = \"S3CRET-so\"\nuser-pin = \"S3CRET-user\"\n";

/// A file of this test program's.
fn file(name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, contents).unwrap();
    path
}

/// The keys and certificates that OpenSSL made for these tests.
fn pem(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name)
}

/// Runs the body in a process that has this configuration.
#[track_caller]
fn configured(test: &str, text: impl AsRef<str>, body: impl FnOnce()) {
    let path = file(&format!("{test}.toml"), text.as_ref());
    in_process(test, path.to_str().unwrap(), body);
}

/// Runs the body in a process that has the configuration of this file.
#[track_caller]
fn in_process(test: &str, path: &str, body: impl FnOnce()) {
    in_child(test, &[(CONF, path)], || {
        by_hand();
        assert_eq!(initialise(), CKR_OK);
        body();
    });
}

fn slots() -> Vec<CK_SLOT_ID> {
    let mut slots = [0; 8];
    let mut count = slots.len() as CK_ULONG;
    // SAFETY: a list with room for as many.
    assert_eq!(unsafe { f().C_GetSlotList.unwrap()(CK_TRUE, slots.as_mut_ptr(), &mut count) }, CKR_OK);
    slots[..count as usize].to_vec()
}

fn label(slot: CK_SLOT_ID) -> String {
    String::from_utf8(Token { slot }.info().label.to_vec()).unwrap().trim_end().to_owned()
}

// What a configuration makes

#[test]
fn no_configuration_gives_one_blank_token() {
    in_process("no_configuration_gives_one_blank_token", "", || {
        assert_eq!(slots(), [0]);
        let token = Token { slot: 0 };
        let info = token.info();
        assert_eq!(info.flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED), 0);
        assert_eq!(info.label, [b' '; 32]);
        refused(token.open(CKF_SERIAL_SESSION), CKR_TOKEN_NOT_RECOGNIZED);
        ok(token.init(SO_PIN, "new"));
        ok(token.session().login(CKU_SO, SO_PIN));
    });
}

#[test]
fn a_file_without_tokens_is_as_no_file() {
    configured("a_file_without_tokens_is_as_no_file", "# nothing\n", || assert_eq!(slots(), [0]));
}

#[test]
fn slots_are_counted_by_position_or_given() {
    let text = "[[token]]\n[[token]]\nslot = 7\nlabel = \"seven\"\n[[token]]\n";
    configured("slots_are_counted_by_position_or_given", text, || {
        assert_eq!(slots(), [0, 2, 7]);
        // A label without PINs is shown, but initialises nothing.
        assert_eq!(label(7), "seven");
        assert_eq!(Token { slot: 7 }.info().flags & CKF_TOKEN_INITIALIZED, 0);
    });
}

#[test]
fn pins_make_a_token_ready() {
    let text = format!("{READY}pin-min = 5\npin-max = 12\npin-tries = 2\n");
    configured("pins_make_a_token_ready", text, || {
        let token = Token { slot: 0 };
        let info = token.info();
        let ready = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED;
        assert_eq!(info.flags & ready, ready);
        assert_eq!(info.flags & CKF_USER_PIN_TO_BE_CHANGED, 0);
        assert_eq!((info.ulMinPinLen, info.ulMaxPinLen), (5, 12));
        assert_eq!(label(0), "web");
        let session = token.session();
        ok(session.login(CKU_USER, "S3CRET-user"));
        refused(session.set_pin("S3CRET-user", "1234"), CKR_PIN_LEN_RANGE);
        refused(session.set_pin("S3CRET-user", "1234567890123"), CKR_PIN_LEN_RANGE);
        ok(session.logout());
        ok(session.login(CKU_SO, "S3CRET-so"));
        ok(session.logout());
        refused(session.login(CKU_USER, "wrong one"), CKR_PIN_INCORRECT);
        refused(session.login(CKU_USER, "wrong one"), CKR_PIN_LOCKED);
        refused(session.login(CKU_USER, "S3CRET-user"), CKR_PIN_LOCKED);
    });
}

#[test]
fn pins_come_from_files() {
    file("so.pin", "S3CRET-so\r\n");
    file("user.pin", "S3CRET-user");
    let text = "[[token]]\nlabel = \"web\"\nso-pin-file = \"so.pin\"\nuser-pin-file = \"user.pin\"\n";
    configured("pins_come_from_files", text, || {
        let session = Token { slot: 0 }.session();
        ok(session.login(CKU_USER, "S3CRET-user"));
        ok(session.logout());
        ok(session.login(CKU_SO, "S3CRET-so"));
    });
}

#[test]
fn strings_with_escapes_are_what_they_mean() {
    let text = "[[token]]\nlabel = \"gr\\u00fcn\"\nso-pin = 'S3CRET\\so'\nuser-pin = \"S3CRET\\tu\"\n";
    configured("strings_with_escapes_are_what_they_mean", text, || {
        assert_eq!(label(0), "grün");
        let session = Token { slot: 0 }.session();
        ok(session.login(CKU_USER, "S3CRET\tu"));
        ok(session.logout());
        ok(session.login(CKU_SO, "S3CRET\\so"));
    });
}

#[test]
fn initialising_anew_reads_the_configuration_anew() {
    configured("initialising_anew_reads_the_configuration_anew", "[[token]]\nslot = 3\n", || {
        assert_eq!(slots(), [3]);
        finalise();
        let path = file("anew.toml", "[[token]]\nslot = \"four\"\n");
        // SAFETY: nothing else runs in this process.
        unsafe { std::env::set_var(CONF, &path) };
        assert_eq!(initialise(), CKR_FUNCTION_FAILED);
        // SAFETY: no argument.
        assert_eq!(unsafe { loaded().C_Finalize.unwrap()(ptr::null_mut()) }, CKR_CRYPTOKI_NOT_INITIALIZED);
        fs::write(&path, "[[token]]\nslot = 4\n").unwrap();
        assert_eq!(initialise(), CKR_OK);
        assert_eq!(slots(), [4]);
    });
}

fn finalise() {
    // SAFETY: no argument.
    assert_eq!(unsafe { loaded().C_Finalize.unwrap()(ptr::null_mut()) }, CKR_OK);
}

// The default interface

#[test]
fn the_default_interface_is_the_newest_unless_configured() {
    const TEST: &str = "the_default_interface_is_the_newest_unless_configured";
    if is_child(TEST) {
        let fork_safe = CKF_INTERFACE_FORK_SAFE;
        println!("defaults {:?} {:?}", interface(None, None, 0), interface(Some(c"PKCS 11"), None, fork_safe));
        // A version that is asked for by its number is given, whatever the default.
        for version in [(3, 2), (3, 0), (2, 40)] {
            assert_eq!(interface(None, Some(version), 0), version);
        }
        return;
    }
    let cases = [
        ("", (3, 2)),
        ("default-interface = \"3.2\"\n", (3, 2)),
        ("default-interface = \"3.0\"\n", (3, 0)),
        ("default-interface = \"2.40\"\n[[token]]\n", (2, 40)),
        // C_GetInterface comes before C_Initialize, which is the one to refuse this.
        ("default-interface = \"3.0\"\nwrong = 1\n", (3, 2)),
        ("default-interface = \"9\"\n", (3, 2)),
    ];
    for (text, version) in cases {
        let path = file("interface.toml", text);
        let output = child_process(TEST, &[(CONF, path.to_str().unwrap())]);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && stdout.contains(&format!("defaults {version:?} {version:?}")),
            "{text}{stdout}"
        );
    }
}

fn interface(name: Option<&std::ffi::CStr>, version: Option<(u8, u8)>, flags: CK_FLAGS) -> (u8, u8) {
    let name = name.map_or(ptr::null_mut(), |name| name.as_ptr().cast_mut().cast());
    let mut version = version.map(|(major, minor)| CK_VERSION { major, minor });
    let version = version.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
    let mut interface = ptr::null_mut();
    // SAFETY: a name and a version or NULL, and a place for the interface.
    assert_eq!(unsafe { loaded().C_GetInterface.unwrap()(name, version, &mut interface, flags) }, CKR_OK);
    // SAFETY: every function list begins with its version.
    let version = unsafe { *(*interface).pFunctionList.cast::<CK_VERSION>() };
    (version.major, version.minor)
}

// Imports

/// The subject key identifiers that OpenSSL put into the certificates.
const RSA_ID: &str = "9FFDA221DCFC370152290EF4E3173EAD4785B3B8";
const EC_ID: &str = "2B0B3BA9684094900B006D30897B9C66D6259E58";
const ED25519_ID: &str = "7D4DF19D06E91F8DE9D25DA59E22CDF76D06039D";

fn import(files: &[&str]) -> String {
    let list: Vec<String> = files.iter().map(|name| format!("{:?}", pem(name).to_str().unwrap())).collect();
    format!("{READY}import = [{}]\n", list.join(", "))
}

fn logged_in() -> Session {
    let session = Token { slot: 0 }.session();
    ok(session.login(CKU_USER, "S3CRET-user"));
    session
}

/// The one object of a class and a label.
#[track_caller]
fn one(session: &Session, kind: CK_OBJECT_CLASS, label: &str) -> CK_OBJECT_HANDLE {
    match session.find(&[class(kind), text(CKA_LABEL, label)])[..] {
        [object] => object,
        ref found => panic!("{} objects of class {kind} are called {label}", found.len()),
    }
}

/// That a key pair and its certificate are there, fit together, and sign.
#[track_caller]
fn check_pair(name: &str, id: &str, mechanism: &Mech) {
    let certificate = format!("{name}-certificate");
    let test = format!("imports_{name}_keys").replace('-', "_");
    let files = [format!("{name}.pem"), format!("{certificate}.pem")];
    configured(&test, import(&[&files[0], &files[1]]), || {
        let session = Token { slot: 0 }.session();
        // Nobody is logged in: the private key is not to be seen, the rest is.
        assert_eq!(session.find(&[class(CKO_PRIVATE_KEY)]).len(), 0);
        assert_eq!(session.find(&[class(CKO_PUBLIC_KEY)]).len(), 1);
        let session = logged_in();
        let private = one(&session, CKO_PRIVATE_KEY, name);
        let public = one(&session, CKO_PUBLIC_KEY, name);
        let certificate = one(&session, CKO_CERTIFICATE, &certificate);
        for object in [private, public, certificate] {
            assert_eq!(ok(session.get(object, CKA_ID)), hex(id));
            assert!(ok(session.get_bool(object, CKA_TOKEN)));
        }
        for attribute in [CKA_PRIVATE, CKA_SENSITIVE] {
            assert!(ok(session.get_bool(private, attribute)));
        }
        for attribute in [CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL] {
            assert!(!ok(session.get_bool(private, attribute)));
        }
        let info = ok(session.get(public, CKA_PUBLIC_KEY_INFO));
        assert_eq!(info, decoded(&format!("{name}-public.pem")));
        assert_eq!(info, ok(session.get(private, CKA_PUBLIC_KEY_INFO)));
        assert_eq!(info, ok(session.get(certificate, CKA_PUBLIC_KEY_INFO)));
        let signature = ok(session.sign(mechanism, private, b"message"));
        ok(session.verify(mechanism, public, b"message", &signature));
    });
}

/// What is in a PEM file of one block.
fn decoded(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(pem(name)).unwrap();
    let digits = text.lines().filter(|line| !line.starts_with('-')).flat_map(str::chars);
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in digits.filter(|digit| *digit != '=') {
        bits = bits << 6 | ALPHABET.find(digit).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[test]
fn imports_rsa_keys() {
    check_pair("rsa", RSA_ID, &mech(CKM_SHA256_RSA_PKCS));
}

#[test]
fn imports_ec_keys() {
    check_pair("ec", EC_ID, &mech(CKM_ECDSA_SHA256));
}

#[test]
fn imports_ed25519_keys() {
    check_pair("ed25519", ED25519_ID, &mech(CKM_EDDSA));
}

#[test]
fn imports_certificates_field_by_field() {
    configured("imports_certificates_field_by_field", import(&["ec-certificate.pem"]), || {
        // A certificate is public: nobody logs in.
        let session = Token { slot: 0 }.session();
        let certificate = one(&session, CKO_CERTIFICATE, "ec-certificate");
        let name = hex("301d311b301906035504030c12 466572726f746f6b656e2074657374206563");
        assert_eq!(ok(session.get(certificate, CKA_VALUE)), decoded("ec-certificate.pem"));
        assert_eq!(ok(session.get_ulong(certificate, CKA_CERTIFICATE_TYPE)), CKC_X_509);
        assert_eq!(ok(session.get(certificate, CKA_SUBJECT)), name);
        assert_eq!(ok(session.get(certificate, CKA_ISSUER)), name);
        assert_eq!(ok(session.get(certificate, CKA_SERIAL_NUMBER)), hex("0208 00f1e2d3c4b5a697"));
        assert!(!ok(session.get_bool(certificate, CKA_TRUSTED)));
    });
}

#[test]
fn the_older_forms_of_private_keys_are_the_same_keys() {
    let files = ["rsa-pkcs1.pem", "ec-sec1.pem"];
    configured("the_older_forms_of_private_keys_are_the_same_keys", import(&files), || {
        let session = logged_in();
        for (label, id) in [("rsa-pkcs1", RSA_ID), ("ec-sec1", EC_ID)] {
            let private = one(&session, CKO_PRIVATE_KEY, label);
            assert_eq!(ok(session.get(private, CKA_ID)), hex(id));
            assert_eq!(ok(session.get(one(&session, CKO_PUBLIC_KEY, label), CKA_ID)), hex(id));
        }
    });
}

#[test]
fn imports_public_keys_alone() {
    let files = ["rsa-public.pem", "ec-public.pem", "ed25519-public.pem"];
    configured("imports_public_keys_alone", import(&files), || {
        let session = Token { slot: 0 }.session();
        assert_eq!(session.find(&[]).len(), 3);
        for (name, id) in [("rsa", RSA_ID), ("ec", EC_ID), ("ed25519", ED25519_ID)] {
            let name = format!("{name}-public");
            let key = one(&session, CKO_PUBLIC_KEY, &name);
            assert_eq!(ok(session.get(key, CKA_ID)), hex(id));
            assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), decoded(&format!("{name}.pem")));
            assert!(!ok(session.get_bool(key, CKA_PRIVATE)));
        }
    });
}

#[test]
fn one_file_may_hold_several_blocks_with_text_between() {
    let parts = ["ec-certificate.pem", "rsa-certificate.pem", "ec-public.pem"]
        .map(|name| fs::read_to_string(pem(name)).unwrap());
    file(
        "chain.pem",
        format!("subject=ec\n{}\r\nsubject=rsa: x\n{}{}", parts[0], parts[1].replace('\n', "\r\n"), parts[2]),
    );
    configured(
        "one_file_may_hold_several_blocks_with_text_between",
        format!("{READY}import = [\"chain.pem\"]\n"),
        || {
            let session = Token { slot: 0 }.session();
            assert_eq!(session.find(&[class(CKO_CERTIFICATE), text(CKA_LABEL, "chain")]).len(), 2);
            assert_eq!(ok(session.get(one(&session, CKO_PUBLIC_KEY, "chain"), CKA_ID)), hex(EC_ID));
        },
    );
}

// The environment

#[test]
fn a_program_with_more_rights_than_its_user_reads_no_environment() {
    in_child("a_program_with_more_rights_than_its_user_reads_no_environment", &[(CONF, "/nowhere")], || {
        use ferrotoken::config::Environment;
        assert!(Environment::read(false).file.is_some());
        // The system's own file is none of the environment's.
        assert!(Environment::read(true).file.is_none_or(|file| file.starts_with("/etc")));
        assert!(Environment::read(true).directory.is_none());
    });
}

// Documentation

#[test]
fn wrapping_keys_keep_all_their_uses_if_the_configuration_says_so() {
    let text = format!("{READY}wrapping-keys = \"any-use\"\n");
    configured("wrapping_keys_keep_all_their_uses_if_the_configuration_says_so", text, || {
        let session = logged_in();
        let aes = |more: &[Attribute]| {
            ok(session.generate(&mech(CKM_AES_KEY_GEN), &[&[ulong(CKA_VALUE_LEN, 16)], more].concat()))
        };
        let (wrapping, hidden) = (aes(&[]), aes(&[yes(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]));
        let wrapped = ok(session.wrap(&mech(CKM_AES_ECB), wrapping, hidden));
        ok(session.decrypt(&mech(CKM_AES_ECB), wrapping, &wrapped));
        let open = [class(CKO_SECRET_KEY), key_type(CKK_AES), no(CKA_SENSITIVE)];
        ok(session.unwrap(&mech(CKM_AES_ECB), wrapping, &wrapped, &open));
    });
}

#[test]
fn the_documentation_has_exactly_the_keys_and_variables_of_the_code() {
    let text = include_str!("../docs/configuration.md");
    let documented: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("### `")?.split('`').next()).collect();
    let keys = ferrotoken::config::KEYS.iter().flat_map(|(_, keys)| keys.iter().copied());
    // A table is described as a section, its keys under it.
    let is_table = |key: &str| ferrotoken::config::KEYS.iter().any(|(table, _)| table.rsplit('.').next() == Some(key));
    let keys = keys.filter(|key| !is_table(key));
    let known: Vec<&str> = ferrotoken::config::VARIABLES.into_iter().chain(keys).collect();
    assert_eq!(documented, known, "docs/configuration.md describes each in the order of the code");
    for (table, _) in ferrotoken::config::KEYS.iter().filter(|(table, _)| !table.is_empty()) {
        let headings = [format!("\n## `[[{table}]]`"), format!("\n## `[{table}]`")];
        assert!(headings.iter().any(|heading| text.contains(heading)), "there is no section for {table}");
    }
}

#[test]
fn the_documentation_ends_with_all_keys_at_a_glance() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = fs::read_to_string(&place).unwrap();
    let (before, table) = page.split_at(page.find("\n| in | key |").map_or(page.len(), |at| at + 1));
    let reference = ferrotoken::config::reference();
    if std::env::var_os("FERROTOKEN_BLESS").is_some() {
        fs::write(&place, format!("{before}{reference}")).unwrap();
    } else {
        assert_eq!(table, reference, "FERROTOKEN_BLESS=1 cargo test --test config writes it anew");
    }
}

#[test]
fn the_example_of_the_documentation_works() {
    let text = include_str!("../docs/configuration.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = file("example/token.toml.tmp", "").parent().unwrap().to_owned();
    fs::write(folder.join("server.pin"), "a-user-pin\n").unwrap();
    fs::copy(pem("ec.pem"), folder.join("server-key.pem")).unwrap();
    fs::copy(pem("ec-certificate.pem"), folder.join("server.pem")).unwrap();
    let path = folder.join("token.toml");
    fs::write(&path, example).unwrap();
    in_process("the_example_of_the_documentation_works", path.to_str().unwrap(), || {
        assert_eq!(slots(), [0, 5]);
        let session = Token { slot: 0 }.session();
        ok(session.login(CKU_USER, "a-user-pin"));
        assert_eq!(session.find(&[bytes(CKA_ID, hex(EC_ID))]).len(), 3);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn memory_stays_out_of_core_dumps_and_swap_if_the_configuration_says_so() {
    let test = "memory_stays_out_of_core_dumps_and_swap_if_the_configuration_says_so";
    // SAFETY: takes nothing.
    let (root, dumpable) = unsafe { (libc::geteuid() == 0, || libc::prctl(libc::PR_GET_DUMPABLE)) };
    let locked = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap().to_owned();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    // Who is not root may be forbidden to lock, and is then told so.
    let lock = if root { "lock-memory = true\n" } else { "" };
    let text = format!("core-dumps = false\n{lock}{READY}");
    in_child(test, &[(CONF, file(&format!("{test}.toml"), text).to_str().unwrap())], || {
        by_hand();
        assert_eq!((dumpable(), locked()), (1, 0));
        assert_eq!(initialise(), CKR_OK);
        assert_eq!(dumpable(), 0);
        assert!(!root || locked() > 1000, "{} kB", locked());
        ok(Token { slot: 0 }.session().login(CKU_USER, "S3CRET-user"));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_word_the_process_stays_as_it_is() {
    in_process("without_a_word_the_process_stays_as_it_is", "", || {
        // SAFETY: takes a number.
        assert_eq!(unsafe { libc::prctl(libc::PR_GET_DUMPABLE) }, 1);
        assert!(fs::read_to_string("/proc/self/status").unwrap().contains("VmLck:\t       0 kB"));
    });
}

#[test]
fn users_have_the_names_that_they_are_given() {
    let text = format!("{READY}user-name = \"Ünal\"\npin-tries = 3\n");
    configured("users_have_the_names_that_they_are_given", text, || {
        let token = Token { slot: 0 };
        let session = token.session();
        let name = "Ünal".as_bytes();
        // Whether the name or the PIN is wrong makes no difference, and both count.
        for (pin, name) in [("S3CRET-user", &b"unal"[..]), ("S3CRET-wrong", name)] {
            refused(session.login_user(CKU_USER, pin, name), CKR_PIN_INCORRECT);
        }
        assert_ne!(token.info().flags & CKF_USER_PIN_FINAL_TRY, 0);
        ok(session.login_user(CKU_USER, "S3CRET-user", name));
        assert_eq!(token.info().flags & (CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW), 0);
        refused(session.login_user(CKU_USER, "S3CRET-user", name), CKR_USER_ALREADY_LOGGED_IN);
        refused(session.login_user(CKU_CONTEXT_SPECIFIC, "S3CRET-user", name), CKR_OPERATION_NOT_INITIALIZED);
        refused(session.login_user(7, "S3CRET-user", name), CKR_USER_TYPE_INVALID);
        ok(session.logout());
        // The SO has no name here, and nobody must have one.
        refused(session.login_user(CKU_SO, "S3CRET-so", name), CKR_ARGUMENTS_BAD);
        ok(session.login_user(CKU_SO, "S3CRET-so", b""));
        ok(session.logout());
        ok(session.login(CKU_USER, "S3CRET-user"));
        ok(session.logout());
        for _ in 0..3 {
            let _ = session.login_user(CKU_USER, "S3CRET-user", b"somebody");
        }
        refused(session.login_user(CKU_USER, "S3CRET-user", name), CKR_PIN_LOCKED);
    });
}

#[test]
fn the_security_officer_has_a_name_too() {
    let text = format!("{READY}so-name = \"officer\"\n");
    configured("the_security_officer_has_a_name_too", text, || {
        let session = Token { slot: 0 }.session();
        refused(session.login_user(CKU_SO, "S3CRET-so", b"user"), CKR_PIN_INCORRECT);
        ok(session.login_user(CKU_SO, "S3CRET-so", b"officer"));
        ok(session.logout());
        refused(session.login_user(CKU_USER, "S3CRET-user", b"officer"), CKR_ARGUMENTS_BAD);
    });
}
