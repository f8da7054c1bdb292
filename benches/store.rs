//! What a token that lasts costs, with 100, 10,000 and 100,000 objects: `cargo bench --bench store`.

#[path = "../tests/common/mod.rs"]
mod common;
mod measure;

use common::*;
use measure::*;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const TOKEN: Token = Token { slot: 0 };
const SIZES: [usize; 3] = [100, 10_000, 100_000];

fn main() {
    // As `cargo bench` calls it, and as it calls itself.
    if let Ok(count) = std::env::var("FERROTOKEN_BENCH_OBJECTS") {
        return measure(count.parse().unwrap());
    }
    for count in SIZES {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{count}"));
        let _ = fs::remove_dir_all(&folder);
        println!("{count} objects");
        let run = |what: &str| {
            let program = std::env::current_exe().unwrap();
            let status = Command::new(program)
                .env("FERROTOKEN_BENCH_OBJECTS", count.to_string())
                .env("FERROTOKEN_BENCH_PART", what)
                .env("FERROTOKEN_DIR", &folder)
                .env("XDG_CONFIG_HOME", "/nowhere")
                .status();
            assert!(status.unwrap().success());
        };
        run("fill");
        run("use");
        fs::remove_dir_all(&folder).unwrap();
    }
}

fn secret(number: usize) -> Vec<Attribute> {
    key(CKK_GENERIC_SECRET, number, &[yes(CKA_TOKEN), yes(CKA_SIGN)])
}

fn measure(count: usize) {
    by_hand();
    timed("C_Initialize", 1, |_| assert_eq!(initialise(), CKR_OK));
    if std::env::var("FERROTOKEN_BENCH_PART").unwrap() == "fill" {
        timed("C_InitToken", 1, |_| ok(TOKEN.init(SO_PIN, "bench")));
        let so = TOKEN.so();
        ok(so.init_pin(USER_PIN));
        ok(so.logout());
        let user = TOKEN.user();
        timed("create", count, |number| ok(user.create(&secret(number))));
        return;
    }
    let session = timed("open a session", 1, |_| TOKEN.session());
    let worked = processor_time();
    timed("log in", 1, |_| ok(session.login(CKU_USER, USER_PIN)));
    println!("  log in, without waiting: {:.2} µs", (processor_time() - worked).as_secs_f64() * 1e6);
    println!("  memory: {} MB at most", memory() / 1024);
    let wanted = |time: usize| [bytes(CKA_ID, ((time * 7919 % count) as u64).to_be_bytes())];
    timed("find by id", 1000, |time| assert_eq!(session.find(&wanted(time)).len(), 1));
    timed("find by id and class", 1000, |time| {
        assert_eq!(session.find(&[&wanted(time)[..], &[class(CKO_SECRET_KEY)]].concat()).len(), 1);
    });
    let found = session.find(&wanted(1))[0];
    timed("first use", 1, |_| ok(session.sign(&mech(CKM_SHA256_HMAC), found, b"data")));
    timed("use", 1000, |_| ok(session.sign(&mech(CKM_SHA256_HMAC), found, b"data")));
    timed("find by what has no index", 1, |_| assert_eq!(session.find(&[yes(CKA_SIGN)]).len(), count));
    timed("change", 20, |time| ok(session.set(found, &[text(CKA_LABEL, &format!("changed {time}"))])));
    timed("create one more", 20, |time| ok(session.create(&secret(count + time))));
    timed("destroy", 1, |_| ok(session.destroy(found)));
    timed("log out", 1, |_| ok(session.logout()));
    println!("  memory: {} MB at most", memory() / 1024);
}

/// What the processor has done for this process: other programs of the machine do not count.
#[cfg(unix)]
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a place for a time.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(unix))]
fn processor_time() -> Duration {
    Duration::ZERO
}

/// The most memory that the process had, in KiB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
