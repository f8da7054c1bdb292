//! How mistakes in a configuration are told: file, line, what is wrong, the remedy, and never a secret.

use super::common::*;
use super::{CONF, READY, file, pem};
use std::fs;
use std::process::Output;

/// What no message may show: the beginning of every PIN here.
const SECRET: &str = "S3C";

/// A configuration that is wrong: its text, the line of the mistake, what is said of it, and the remedy.
type Mistake = (&'static str, usize, &'static str, &'static str);

/// `$` stands for [`READY`].
const MISTAKES: &[Mistake] = &[
    // Not TOML
    ("[[token]\n", 1, "not TOML", "Correct the line"),
    ("[[token]]\nlabel = web\n", 2, "not TOML", "Correct the line"),
    ("[[token]]\nlabel = \"web\"\nso-pin = \"S3CRET-so\n", 3, "not TOML", "Correct the line"),
    ("[[token]]\nlabel = \"web\"\nso-pin = S3CRET-so\n", 3, "not TOML", "Correct the line"),
    ("[[token]]\nslot = 1\nslot = 2\n", 3, "not TOML: duplicate key", "Correct the line"),
    ("$so-pin = \"S3CRET-again\"\n", 5, "not TOML: duplicate key", "Correct the line"),
    // Unknown keys
    ("colour = \"red\"\n", 1, "no key \"colour\"", "are default-interface, core-dumps, lock-memory, store, token"),
    ("# a comment\n[[token]]\n\nslott = 1\n", 4, "no key \"slott\"", "are slot, label"),
    ("default_interface = \"3.0\"\n", 1, "no key \"default_interface\"", "Write default-interface"),
    ("[[token]]\nlabel = \"web\"\nSO_PIN = \"S3CRET-so\"\n", 3, "no key \"SO_PIN\"", "Write so-pin"),
    ("[[token]]\nlabel.text = \"web\"\n", 2, "label is not a string", "Write it in quotes"),
    ("[log]\nlevel = \"debug\"\n", 1, "no key \"log\"", "are default-interface, core-dumps, lock-memory, store, token"),
    // Tables
    ("\n[token]\nslot = 1\n", 2, "token is not a list of tables", "[[token]], in double brackets"),
    ("token = [\"web\"]\n", 1, "token is not a list of tables", "[[token]], in double brackets"),
    // Slots
    ("[[token]]\nslot = \"S3CRET\"\n", 2, "slot is not a whole number from 0 to 2147483647", "without quotes"),
    ("[[token]]\nslot = -1\n", 2, "slot is not a whole number", "slot = 0"),
    ("[[token]]\nslot = 2147483648\n", 2, "slot is not a whole number", "slot = 0"),
    ("[[token]]\nslot = 3\n[[token]]\nslot = 3\n", 4, "slot 3 has a token already", "a slot of its own"),
    ("[[token]]\nslot = 1\n[[token]]\nlabel = \"b\"\n", 3, "slot 1 has a token already", "its position in the file"),
    // Labels
    ("[[token]]\nlabel = 7\n", 2, "label is not a string", "label = \"…\""),
    ("[[token]]\nlabel = \"üüüüüüüüüüüüüüüüü\"\n", 2, "the label has 34 bytes", "Choose a shorter one"),
    ("[[token]]\nlabel = \"\"\n", 2, "the label is empty", "Choose one that people can read"),
    ("[[token]]\nlabel = \"a\\u0007b\"\n", 2, "control characters", "Choose one that people can read"),
    // PINs
    ("[[token]]\nlabel = \"web\"\nso-pin = 5312345678\n", 3, "so-pin is not a string", "so-pin = \"…\""),
    ("[[token]]\nlabel = \"web\"\nso-pin = 2026-11-24\n", 3, "so-pin is not a string", "so-pin = \"…\""),
    ("[[token]]\nlabel = \"web\"\nso-pin = [\"S3CRET\"]\n", 3, "so-pin is not a string", "so-pin = \"…\""),
    ("[[token]]\nlabel = \"web\"\nso-pin = \"S3C\"\n", 3, "the so-pin has 3 bytes", "pin-min and pin-max"),
    ("$pin-min = 12\n", 3, "the so-pin has 9 bytes, and this token's PINs have 12 to 255", "Choose another PIN"),
    ("$pin-max = 10\n", 4, "the user-pin has 11 bytes", "Choose another PIN"),
    ("[[token]]\nuser-pin = \"S3CRET\"\n", 2, "user-pin is for a token that is initialised", "Add: so-pin"),
    ("[[token]]\nso-pin = \"S3CRET\"\n", 2, "no label", "Add: label"),
    ("$so-pin-file = \"absent\"\n", 5, "so-pin and so-pin-file are both given", "Take one of the two away"),
    ("[[token]]\nlabel = \"w\"\nso-pin-file = \"absent\"\n", 3, "absent cannot be read", "Correct the path"),
    ("[[token]]\nlabel = \"w\"\nso-pin-file = \"two-lines\"\n", 3, "is not one line", "and nothing else"),
    ("[[token]]\nlabel = \"w\"\nso-pin-file = \"latin-1\"\n", 3, "is not one line of UTF-8", "and nothing else"),
    ("[[token]]\nlabel = \"w\"\nso-pin-file = \"/dev/zero\"\n", 3, "more than a megabyte", "Correct the path"),
    // Names
    ("[[token]]\nuser-name = 1\n", 2, "user-name is not a string", "user-name = \"…\""),
    ("[[token]]\nuser-name = \"\"\n", 2, "the user-name is empty", "Choose one that people can write"),
    (
        "[[token]]\nso-name = \"a\\u0007\"\n",
        2,
        "the so-name is empty or has control",
        "Choose one that people can write",
    ),
    // Mechanisms
    ("[[token]]\nmechanism-policy = \"strict\"\n", 2, "no mechanism-policy \"strict\"", "\"modern\", \"fips-like\""),
    ("[[token]]\nallow-mechanisms = \"AES_GCM\"\n", 2, "allow-mechanisms is not a list", "in brackets"),
    ("[[token]]\nallow-mechanisms = [\n\"AES_GCM\",\n\"aes_cbc\"]\n", 4, "no mechanism \"aes_cbc\"", "in capitals"),
    ("[[token]]\ndeny-mechanisms = [\"CKM_SEED_ECB\"]\n", 2, "no mechanism \"CKM_SEED_ECB\"", "lists"),
    // Wrapping keys
    ("[[token]]\nwrapping-keys = \"any\"\n", 2, "wrapping-keys is \"any\"", "\"separate\""),
    // Limits
    ("[[token]]\npin-min = 0\n", 2, "pin-min is not a whole number from 1 to 255", "pin-min = 1"),
    ("[[token]]\npin-max = 256\n", 2, "pin-max is not a whole number from 1 to 255", "pin-max = 1"),
    ("[[token]]\npin-min = 9\npin-max = 8\n", 3, "pin-min is 9 and pin-max is 8", "no larger than"),
    ("[[token]]\npin-max = 3\n", 2, "pin-min is 4 and pin-max is 3", "no larger than"),
    ("[[token]]\npin-tries = 0\n", 2, "pin-tries is not a whole number from 1 to 1000", "pin-tries = 1"),
    ("[[token]]\npin-tries = 1.5\n", 2, "pin-tries is not a whole number", "pin-tries = 1"),
    // Imports
    ("[[token]]\nlabel = \"w\"\nimport = [\"a.pem\"]\n", 3, "import is for a token that is initialised", "Add: so-pin"),
    ("$import = \"ec.pem\"\n", 5, "import is not a list", "in brackets"),
    ("$import = [1]\n", 5, "import is not a string", "import = [\"…\""),
    ("$import = [\n  \"absent.pem\",\n]\n", 6, "absent.pem cannot be read", "Correct the path"),
    ("$import = [\"not-pem\"]\n", 5, "not-pem has no PEM block", "openssl pkey"),
    ("$import = [\"cut.pem\"]\n", 5, "cut.pem:2: the block that begins here has no end", "openssl pkey"),
    ("$import = [\"damaged.pem\"]\n", 5, "damaged.pem:1: the block that begins here is damaged", "openssl pkey"),
    ("$import = [\"not-der.pem\"]\n", 5, "not-der.pem:1: the PRIVATE KEY that begins here is refused", "openssl pkey"),
    ("$import = [\"not-rsa.pem\"]\n", 5, "not-rsa.pem:1: the RSA PRIVATE KEY that begins", "openssl pkey"),
    ("$import = [\"not-ec.pem\"]\n", 5, "not-ec.pem:1: the EC PRIVATE KEY that begins here is refused", "openssl pkey"),
    ("$import = [\"not-spki.pem\"]\n", 5, "not-spki.pem:1: the PUBLIC KEY that begins here is refused", "openssl pkey"),
    (
        "$import = [\"not-x509.pem\"]\n",
        5,
        "not-x509.pem:1: the CERTIFICATE that begins here is refused",
        "openssl x509",
    ),
    ("$import = [\"encrypted.pem\"]\n", 5, "the ENCRYPTED PRIVATE KEY that begins here cannot be", "openssl pkey -in"),
    (
        "$import = [\"headers.pem\"]\n",
        5,
        "headers.pem:1: the block that begins here is encrypted",
        "without a password",
    ),
    ("$import = [\"ssh.pem\"]\n", 5, "the OPENSSH PRIVATE KEY that begins here cannot be imported", "ssh-keygen"),
    ("$import = [\"crl.pem\"]\n", 5, "the X509 CRL that begins here cannot be imported", "Take it out"),
    // Secret keys
    ("[[token]]\n[[token.secret-key]]\n", 2, "secret-key is for a token that is initialised", "Add: so-pin"),
    ("$[token.secret-key]\n", 5, "secret-key is not a list of tables", "[[token.secret-key]], in double brackets"),
    ("$secret-key = [\"a.key\"]\n", 5, "secret-key is not a list of tables", "[[token.secret-key]], in double"),
    ("$[[token.secret-key]]\nFile = \"a\"\n", 6, "no key \"File\"", "Write file"),
    ("$[[token.secret-key]]\nsensitive = false\n", 6, "no key \"sensitive\"", "file, type, label, id, extractable"),
    ("$[[token.secret-key]]\nlabel = \"a\"\n", 5, "the secret key has no file", "Add: file"),
    ("$[[token.secret-key]]\nfile = 1\n", 6, "file is not a string", "in quotes"),
    ("$[[token.secret-key]]\nfile = \"absent.key\"\n", 6, "absent.key cannot be read", "Correct the path"),
    ("$[[token.secret-key]]\nfile = \"/dev/zero\"\n", 6, "more than a megabyte", "Correct the path"),
    ("$[[token.secret-key]]\nfile = \"empty.key\"\n", 6, "empty.key has 0 bytes and is refused", "one byte or more"),
    (
        "$[[token.secret-key]]\ntype = \"aes\"\nfile = \"empty.key\"\n",
        7,
        "empty.key has 0 bytes and is refused",
        "16, 24 or 32 bytes",
    ),
    (
        "$[[token.secret-key]]\nfile = \"line.aes\"\ntype = \"aes\"\n",
        6,
        "line.aes has 17 bytes and is refused as a key of type aes",
        "16, 24 or 32 bytes",
    ),
    ("$[[token.secret-key]]\nfile = \"a\"\ntype = \"AES\"\n", 7, "no type \"AES\"", "\"generic\" or \"aes\""),
    ("$[[token.secret-key]]\nfile = \"a\"\ntype = 1\n", 7, "type is not a string", "in quotes"),
    ("$[[token.secret-key]]\nfile = \"a\"\nid = \"0\"\n", 7, "the id is not hexadecimal", "two digits for each byte"),
    ("$[[token.secret-key]]\nfile = \"a\"\nid = \"0x01\"\n", 7, "the id is not hexadecimal", "two digits"),
    ("$[[token.secret-key]]\nfile = \"a\"\nid = \"+1\"\n", 7, "the id is not hexadecimal", "two digits"),
    ("$[[token.secret-key]]\nfile = \"a\"\nid = 1\n", 7, "id is not a string", "id = \"…\""),
    ("$[[token.secret-key]]\nfile = \"a\"\nlabel = 1\n", 7, "label is not a string", "label = \"…\""),
    ("$[[token.secret-key]]\nfile = \"a\"\nextractable = \"no\"\n", 7, "neither true nor false", "extractable = true"),
    // A directory of tokens
    ("[store]\nargon2-passes = 1\n", 1, "[store] names no directory", "Add: directory"),
    ("[[store]]\ndirectory = \"d\"\n", 1, "store is not a table", "Begin it with a line [store]"),
    ("[store]\ndirectory = 1\n", 2, "directory is not a string", "in quotes"),
    ("[store]\ndirectory = \"d\"\nlabel = \"w\"\n", 3, "no key \"label\"", "are directory, shared"),
    ("[store]\ndirectory = \"d\"\nshared = 1\n", 3, "shared is neither true nor false", "shared = true"),
    ("[store]\ndirectory = \"d\"\nargon2-memory = 7\n", 3, "argon2-memory is not a whole number from 8", "= 8"),
    ("[store]\ndirectory = \"d\"\nargon2-passes = 0\n", 3, "argon2-passes is not a whole number from 1", "= 1"),
    ("[store]\ndirectory = \"d\"\npin-min = 0\n", 3, "pin-min is not a whole number", "pin-min = 1"),
    (
        "[store]\ndirectory = \"d\"\n[[token]]\nslot = 1\n",
        3,
        "d is a directory of tokens",
        "Take the [[token]] tables away",
    ),
    ("[store]\ndirectory = \"/dev/null/d\"\n", 2, "/dev/null/d: cannot be made", "Name a directory"),
    // The rest
    ("default-interface = \"4.0\"\n", 1, "there is no interface \"4.0\"", "\"3.2\", \"3.0\" or \"2.40\""),
    ("default-interface = 3.2\n", 1, "default-interface is not a string", "in quotes"),
];

/// A block that is valid base64 of something else.
fn block(label: &str) -> String {
    format!("-----BEGIN {label}-----\nS3CRETS3CRET\n-----END {label}-----\n")
}

fn write_files_of_mistakes() {
    file("two-lines", "S3CRET-a\nS3CRET-b\n");
    file("latin-1", b"S3CRET-\xe9\n");
    file("not-pem", "S3CRET");
    file("empty.key", "");
    file("line.aes", "S3CRETS3CRETS3CR\n");
    file("cut.pem", "text\n-----BEGIN PRIVATE KEY-----\nS3CRETS3CRET\n");
    file("damaged.pem", block("PRIVATE KEY").replace("S3", "S*"));
    file("not-der.pem", block("PRIVATE KEY"));
    file("not-rsa.pem", block("RSA PRIVATE KEY"));
    file("not-ec.pem", block("EC PRIVATE KEY"));
    file("not-spki.pem", block("PUBLIC KEY"));
    file("not-x509.pem", block("CERTIFICATE"));
    file("encrypted.pem", fs::read(pem("ec-encrypted.pem")).unwrap());
    file("headers.pem", fs::read(pem("ec-encrypted-headers.pem")).unwrap());
    file("ssh.pem", block("OPENSSH PRIVATE KEY"));
    file("crl.pem", block("X509 CRL"));
}

/// Initialises in a process of its own and says what it gave.
#[track_caller]
fn refusal(test: &str, env: &[(&str, &str)]) -> String {
    let Output { stdout, stderr, status } = child_process(test, env);
    let stdout = String::from_utf8_lossy(&stdout);
    assert!(status.success() && stdout.contains("C_Initialize gave CKR_FUNCTION_FAILED"), "{env:?}: {stdout}");
    String::from_utf8(stderr).unwrap()
}

fn tell_code() {
    println!("C_Initialize gave {}", codes::name(initialise()));
}

#[test]
fn each_mistake_is_told_with_its_line_and_its_remedy_but_without_secrets() {
    const TEST: &str = "mistakes::each_mistake_is_told_with_its_line_and_its_remedy_but_without_secrets";
    if is_child(TEST) {
        return tell_code();
    }
    write_files_of_mistakes();
    for (text, line, what, remedy) in MISTAKES {
        let path = file("mistake.toml", text.replace('$', READY));
        let told = refusal(TEST, &[(CONF, path.to_str().unwrap())]);
        assert!(told.starts_with(&format!("ferrotoken: {}:{line}: ", path.display())), "{text}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        let (problem, solution) = told.rsplit_once(". ").unwrap();
        assert!(problem.contains(what), "{text}: {told}");
        assert!(solution.contains(remedy) && solution.ends_with(".\n"), "{text}: {told}");
        assert!(!told.contains(SECRET), "{told}");
        assert!(!told.contains("5312345678") && !told.contains("2026"), "{told}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_without_a_line() {
    const TEST: &str = "mistakes::a_file_that_cannot_be_read_is_told_without_a_line";
    if is_child(TEST) {
        return tell_code();
    }
    let folder = env!("CARGO_TARGET_TMPDIR");
    let binary = file("not-utf-8.toml", b"# fine\n# fine\nlabel = \"\xff\"\n");
    let binary = binary.to_str().unwrap();
    let cases = [
        ("/nowhere/at/all.toml", "/nowhere/at/all.toml: cannot be read: ", "Correct FERROTOKEN_CONF"),
        (folder, &format!("{folder}: cannot be read: "), "Correct FERROTOKEN_CONF"),
        ("/dev/zero", "/dev/zero: cannot be read: more than a megabyte", "Correct FERROTOKEN_CONF"),
        (binary, &format!("{binary}:3: the text is not UTF-8"), "Save the file in UTF-8"),
    ];
    for (path, what, remedy) in cases {
        let told = refusal(TEST, &[(CONF, path)]);
        assert!(told.starts_with(&format!("ferrotoken: {what}")) && told.contains(remedy), "{told}");
    }
}

#[test]
fn a_mistake_is_told_in_the_log_too() {
    const TEST: &str = "mistakes::a_mistake_is_told_in_the_log_too";
    if is_child(TEST) {
        return tell_code();
    }
    let path = file("logged.toml", "[[token]]\nslot = true\n");
    let log = file("mistake.log", "");
    let place = format!("{}:2: slot is not a whole number", path.display());
    let told = refusal(
        TEST,
        &[(CONF, path.to_str().unwrap()), ("FERROTOKEN_LOG", "error"), ("FERROTOKEN_LOG_FILE", log.to_str().unwrap())],
    );
    assert!(told.starts_with(&format!("ferrotoken: {place}")), "{told}");
    let logged = fs::read_to_string(log).unwrap();
    assert!(logged.contains(&format!(" ERROR {place}")) && logged.lines().count() == 1, "{logged}");
    // Where the log goes to standard error, once is enough.
    let told = refusal(TEST, &[(CONF, path.to_str().unwrap()), ("FERROTOKEN_LOG", "error")]);
    assert!(told.contains(&place) && told.lines().count() == 1, "{told}");
}
