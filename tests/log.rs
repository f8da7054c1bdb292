//! The log: what is in it, what never is, and that it is in nobody's way.
#![cfg(unix)]

mod common;

use common::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;

const LEVEL: &str = "FERROTOKEN_LOG";
const FILE: &str = "FERROTOKEN_LOG_FILE";
const CONF: &str = "FERROTOKEN_CONF";

/// What must never be written: a PIN for each way to give one, a key, data, and what comes of them.
const SO: &str = "mG7-so-pin";
const USER: &str = "kQ4-user-pin";
const NEW: &str = "xW9-new-pin";
const KEY: [u8; 32] = *b"\x9d\x81\xb3\xf7\x60\x3c\x2e\xa5\xd0\x4f\x17\xc9\x88\xe6\x5b\x72\
                         \x1e\xaa\x94\x0d\x63\xfb\x28\x47\xcd\x35\x79\x56\xe2\x8c\xb1\x0e";
const PLAIN: &[u8; 32] = b"attack at dawn; do not tell them";

/// The file of one test's log, which is not there yet.
fn log_file(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.log"));
    if !is_child(test) {
        let _ = fs::remove_file(&path);
    }
    path
}

/// Initialises without a configuration, gives the token its PINs, and opens a session.
fn start() -> Session {
    by_hand();
    assert_eq!(initialise(), CKR_OK);
    let token = Token { slot: 0 };
    ok(token.init(SO, "logged"));
    let session = token.session();
    ok(session.login(CKU_SO, SO));
    ok(session.init_pin(USER));
    ok(session.logout());
    session
}

/// Real work with secrets: each value that must not be seen afterwards.
fn work() -> Vec<Vec<u8>> {
    let session = start();
    refused(session.login(CKU_USER, "zH2-wrong-pin"), CKR_PIN_INCORRECT);
    ok(session.login(CKU_USER, USER));
    let iv = hex("7a61b0c2d3e4f50617283940a1b2c3d4");
    let aes = [class(CKO_SECRET_KEY), ulong(CKA_KEY_TYPE, CKK_AES), bytes(CKA_VALUE, KEY), no(CKA_SENSITIVE)];
    let key = ok(session.create(&[&aes[..], &[yes(CKA_EXTRACTABLE), text(CKA_LABEL, "vP5-label")]].concat()));
    let ciphertext = ok(session.encrypt(&mech_bytes(CKM_AES_CBC, &iv), key, PLAIN));
    assert_eq!(ok(session.decrypt(&mech_bytes(CKM_AES_CBC, &iv), key, &ciphertext)), PLAIN);
    assert_eq!(ok(session.get(key, CKA_VALUE)), KEY);
    let digest = ok(session.digest(&mech(CKM_SHA256), PLAIN));
    let wrapped = ok(session.wrap(&mech(CKM_AES_KEY_WRAP), key, key));
    let hmac = [class(CKO_SECRET_KEY), ulong(CKA_KEY_TYPE, CKK_GENERIC_SECRET), bytes(CKA_VALUE, KEY)];
    let hmac = ok(session.create(&hmac));
    let mac = ok(session.sign(&mech(CKM_SHA256_HMAC), hmac, PLAIN));
    let random = ok(session.random(16));
    session.find(&[bytes(CKA_VALUE, KEY)]);
    refused(session.set_pin("zH2-wrong-pin", NEW), CKR_PIN_INCORRECT);
    ok(session.set_pin(USER, NEW));
    refused(session.encrypt_init(&mech(CKM_AES_CBC), key), CKR_MECHANISM_PARAM_INVALID);
    let pins = [SO, USER, NEW, "zH2-wrong-pin", "vP5-label"].map(|pin| pin.as_bytes().to_vec());
    let values = [KEY.to_vec(), PLAIN.to_vec(), iv, ciphertext, digest, wrapped, mac, random];
    pins.into_iter().chain(values).collect()
}

/// The ways in which bytes could be written, of every run of eight bytes.
fn shapes(secret: &[u8]) -> Vec<String> {
    let mut shapes = Vec::new();
    for run in secret.windows(8) {
        let join = |form: fn(&u8) -> String, between: &str| run.iter().map(form).collect::<Vec<_>>().join(between);
        for between in ["", " ", ", ", ":"] {
            shapes.push(join(|byte| format!("{byte:02x}"), between));
            shapes.push(join(|byte| format!("{byte:02X}"), between));
            shapes.push(join(|byte| format!("{byte}"), between));
        }
        shapes.push(join(|byte| format!("0x{byte:02x}"), ", "));
        shapes.push(run.escape_ascii().to_string());
        shapes.push(String::from_utf8_lossy(run).into_owned());
        shapes.push(base64(&run[..6]));
    }
    shapes
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |triple: &[u8], shift: u32| {
        let bits = triple.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        char::from(DIGITS[(bits >> shift & 63) as usize])
    };
    bytes.chunks(3).flat_map(|triple| [18, 12, 6, 0].map(|shift| digit(triple, shift))).collect()
}

#[test]
fn calls_are_shown_by_name_and_secrets_never() {
    const TEST: &str = "calls_are_shown_by_name_and_secrets_never";
    let path = log_file(TEST);
    in_child(TEST, &[(CONF, ""), (LEVEL, "trace"), (FILE, path.to_str().unwrap())], || {
        let secrets = work();
        let log = fs::read_to_string(&path).unwrap();
        for secret in &secrets {
            for shape in shapes(secret) {
                assert!(!log.contains(&shape), "{shape:?} is in the log");
            }
        }
        for shown in [
            "C_Initialize() = CKR_OK",
            "C_InitToken(",
            "pin=[10], label=\"logged\") = CKR_OK",
            "pin=[12]) = CKR_OK",
            "= CKR_PIN_INCORRECT",
            "CKM_AES_CBC[16]",
            "CKM_AES_CBC[0]",
            "= CKR_MECHANISM_PARAM_INVALID",
            "CKA_CLASS[8], CKA_KEY_TYPE[8], CKA_VALUE[32], CKA_SENSITIVE[1], CKA_EXTRACTABLE[1], CKA_LABEL[9]",
            "C_SetPIN(",
            "CKM_SHA256_HMAC[0]",
            "CKM_AES_KEY_WRAP[0]",
            "C_GenerateRandom(",
        ] {
            assert!(log.contains(shown), "{shown} is not in the log:\n{log}");
        }
    });
}

#[test]
fn the_search_for_secrets_would_find_them() {
    // The test above can fail: each of these would be seen.
    for (leak, secret) in [
        (format!("{:?}", KEY), &KEY[..]),
        (format!("{:x?}", KEY), &KEY[..]),
        (format!("{:?}", String::from_utf8_lossy(PLAIN)), &PLAIN[..]),
        (format!("pin={USER}"), USER.as_bytes()),
        (base64(&KEY), &KEY[..]),
        (KEY.map(|byte| format!("{byte:02X}")).concat(), &KEY[..]),
        (KEY.escape_ascii().to_string(), &KEY[..]),
    ] {
        assert!(shapes(secret).iter().any(|shape| leak.contains(shape)), "{leak}");
    }
}

#[test]
fn each_line_has_time_process_thread_level_and_text() {
    const TEST: &str = "each_line_has_time_process_thread_level_and_text";
    let path = log_file(TEST);
    in_child(TEST, &[(CONF, ""), (LEVEL, "debug"), (FILE, path.to_str().unwrap())], || {
        let session = start();
        thread::scope(|scope| scope.spawn(|| ok(session.info())).join().map(drop)).unwrap();
        let log = fs::read_to_string(&path).unwrap();
        let mut threads = Vec::new();
        for line in log.lines() {
            let fields: Vec<&str> = line.splitn(5, ' ').collect();
            let [time, process, thread, level, text] = fields[..] else { panic!("{line}") };
            let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
            assert_eq!(process, std::process::id().to_string());
            assert_eq!(level, "DEBUG");
            assert!(text.starts_with("C_") && text.contains(") = CKR_"), "{line}");
            threads.push(thread);
        }
        // The last call was the other thread's.
        let (last, earlier) = threads.split_last().unwrap();
        assert!(earlier.iter().all(|thread| *thread == earlier[0] && thread != last), "{log}");
    });
}

#[test]
fn the_levels_say_how_much() {
    const TEST: &str = "the_levels_say_how_much";
    if is_child(TEST) {
        start();
        return;
    }
    let conf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("levels.toml");
    fs::write(&conf, "[[token]]\nlabel = \"a\"\nso-pin = \"mG7-so-pin\"\n").unwrap();
    fs::set_permissions(&conf, fs::Permissions::from_mode(0o644)).unwrap();
    let conf = conf.to_str().unwrap();
    let levels = [
        ("", ["no", "no", "no"]),
        ("error", ["no", "no", "no"]),
        ("warn", ["yes", "no", "no"]),
        ("Info", ["yes", "yes", "no"]),
        ("DEBUG", ["yes", "yes", "yes"]),
        ("trace", ["yes", "yes", "yes"]),
    ];
    for (level, expected) in levels {
        let told = String::from_utf8(child_process(TEST, &[(CONF, conf), (LEVEL, level)]).stderr).unwrap();
        let shown = [" WARN ", " INFO ", " DEBUG "].map(|name| if told.contains(name) { "yes" } else { "no" });
        assert_eq!(shown, expected, "{level}: {told}");
        assert!(told.is_empty() || !level.is_empty(), "{told}");
    }
}

#[test]
fn files_are_made_for_their_owner_only_and_appended_to() {
    const TEST: &str = "files_are_made_for_their_owner_only_and_appended_to";
    let path = log_file(TEST);
    if is_child(TEST) {
        start();
        return;
    }
    let env = [(CONF, ""), (LEVEL, "debug"), (FILE, path.to_str().unwrap())];
    let Output { stderr, status, .. } = child_process(TEST, &env);
    assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let first = fs::read_to_string(&path).unwrap();
    child_process(TEST, &env);
    let both = fs::read_to_string(&path).unwrap();
    assert!(both.starts_with(&first) && both.len() > first.len());
}

#[test]
fn a_log_that_cannot_be_had_is_refused() {
    const TEST: &str = "a_log_that_cannot_be_had_is_refused";
    if is_child(TEST) {
        by_hand();
        println!("C_Initialize gave {}", codes::name(initialise()));
        return;
    }
    let cases = [
        (
            "loud",
            "",
            "ferrotoken: FERROTOKEN_LOG: there is no log level \"loud\". Use one of error, warn, info, debug, trace",
        ),
        ("debug", "/nowhere/log", "ferrotoken: FERROTOKEN_LOG_FILE: cannot write to \"/nowhere/log\": "),
    ];
    for (level, file, message) in cases {
        let Output { stdout, stderr, .. } = child_process(TEST, &[(CONF, ""), (LEVEL, level), (FILE, file)]);
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(stdout.contains("C_Initialize gave CKR_FUNCTION_FAILED"), "{stdout}");
        assert!(stderr.starts_with(message), "{stderr}");
    }
}

#[test]
fn what_a_caller_sends_begins_no_line() {
    const TEST: &str = "what_a_caller_sends_begins_no_line";
    let path = log_file(TEST);
    in_child(TEST, &[(CONF, ""), (LEVEL, "debug"), (FILE, path.to_str().unwrap())], || {
        by_hand();
        assert_eq!(initialise(), CKR_OK);
        ok(Token { slot: 0 }.init(SO, "a\nforged line\u{1b}[31m"));
        let log = fs::read_to_string(&path).unwrap();
        assert!(log.contains("forged line") && log.lines().all(|line| !line.starts_with("forged")), "{log}");
        assert!(!log.contains('\u{1b}'));
    });
}

#[test]
fn lines_of_many_threads_stay_whole() {
    const TEST: &str = "lines_of_many_threads_stay_whole";
    let path = log_file(TEST);
    in_child(TEST, &[(CONF, ""), (LEVEL, "debug"), (FILE, path.to_str().unwrap())], || {
        let session = start();
        let before = fs::read_to_string(&path).unwrap().lines().count();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        ok(session.info());
                    }
                });
            }
        });
        let log = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = log.lines().skip(before).collect();
        assert_eq!(lines.len(), 800);
        assert!(lines.iter().all(|line| line.contains(" DEBUG C_GetSessionInfo(") && line.ends_with(" = CKR_OK")));
    });
}

#[test]
fn forked_children_log_whatever_the_parents_threads_do() {
    const TEST: &str = "forked_children_log_whatever_the_parents_threads_do";
    let path = log_file(TEST);
    in_child(TEST, &[(CONF, ""), (LEVEL, "debug"), (FILE, path.to_str().unwrap())], || {
        let session = start();
        let stop = std::sync::atomic::AtomicBool::new(false);
        let running = || !stop.load(std::sync::atomic::Ordering::Relaxed);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while running() {
                        ok(session.info());
                    }
                });
            }
            for _ in 0..30 {
                in_fork(|| {
                    assert_eq!(initialise(), CKR_OK);
                    let own = format!(" {} ", std::process::id());
                    let log = fs::read_to_string(&path).unwrap();
                    assert!(log.lines().any(|line| line.contains(&own) && line.ends_with("C_Initialize() = CKR_OK")));
                });
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    });
}

#[test]
fn the_log_follows_the_environment_of_each_initialisation() {
    const TEST: &str = "the_log_follows_the_environment_of_each_initialisation";
    let first = log_file(TEST);
    let second = first.with_extension("second");
    let _ = fs::remove_file(&second);
    in_child(TEST, &[(CONF, ""), (LEVEL, "debug"), (FILE, first.to_str().unwrap())], || {
        by_hand();
        let round = |level: &str, file: &Path| {
            // SAFETY: nothing else runs in this process.
            unsafe {
                std::env::set_var(LEVEL, level);
                std::env::set_var(FILE, file);
            }
            let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
            let before = [size(&first), size(&second)];
            assert_eq!(initialise(), CKR_OK);
            // SAFETY: no argument.
            assert_eq!(unsafe { loaded().C_Finalize.unwrap()(std::ptr::null_mut()) }, CKR_OK);
            [size(&first) > before[0], size(&second) > before[1]]
        };
        assert_eq!(round("debug", &first), [true, false]);
        assert_eq!(round("debug", &second), [false, true]);
        assert_eq!(round("", &first), [false, false]);
        assert_eq!(round("debug", &first), [true, false]);
        // As logrotate does it: the file is moved away, and the next line makes a new one.
        fs::rename(&first, first.with_extension("old")).unwrap();
        assert_eq!(round("debug", &first), [true, false]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn the_log_keeps_no_descriptor_and_needs_no_standard_error() {
    const TEST: &str = "the_log_keeps_no_descriptor_and_needs_no_standard_error";
    let path = log_file(TEST);
    in_child(TEST, &[(CONF, ""), (LEVEL, "debug"), (FILE, path.to_str().unwrap())], || {
        let open = || fs::read_dir("/proc/self/fd").unwrap().count();
        library();
        let before = open();
        let session = start();
        assert_eq!(open(), before);
        // From here on the log cannot be written anywhere.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        // SAFETY: nothing else in this process uses it.
        let kept = unsafe { (libc::dup(2), libc::close(2)).0 };
        let result = session.info();
        // SAFETY: as above.
        unsafe { libc::dup2(kept, 2) };
        fs::remove_dir(&path).unwrap();
        ok(result);
    });
}
