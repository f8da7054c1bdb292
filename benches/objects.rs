//! What objects in memory cost, with 1,000, 100,000 and 1,000,000 of them: `cargo bench --bench objects`.

#[path = "../tests/common/mod.rs"]
mod common;
mod measure;

use common::*;
use measure::*;
use std::fs;
use std::process::Command;

const COUNTS: [usize; 3] = [1_000, 100_000, 1_000_000];

fn main() {
    // As `cargo bench` calls it, and as it calls itself: each count in a process of its own, because of the memory.
    if let Ok(count) = std::env::var("FERROTOKEN_BENCH_OBJECTS") {
        return measure(count.parse().unwrap());
    }
    for count in COUNTS {
        let status =
            Command::new(std::env::current_exe().unwrap()).env("FERROTOKEN_BENCH_OBJECTS", count.to_string()).status();
        assert!(status.unwrap().success());
    }
}

fn aes(number: usize) -> Vec<Attribute> {
    key(CKK_AES, number, &[no(CKA_TOKEN), yes(CKA_ENCRYPT)])
}

fn measure(count: usize) {
    println!("{count} objects");
    let token = token();
    let (session, other) = (token.user(), token.session());
    let before = memory();
    timed("create", count, |number| ok(session.create(&aes(number))));
    println!("  memory: {} bytes an object", (memory() - before) / count as u64);
    let id = |time: usize| bytes(CKA_ID, ((time * 7919 % count) as u64).to_be_bytes());
    timed("find by id", 10_000, |time| assert_eq!(session.find(&[id(time)]).len(), 1));
    timed("find by label", 10_000, |time| {
        assert_eq!(session.find(&[text(CKA_LABEL, &format!("key number {}", time * 7919 % count))]).len(), 1);
    });
    timed("find by id and class", 10_000, |time| {
        assert_eq!(session.find(&[id(time), class(CKO_SECRET_KEY)]).len(), 1);
    });
    timed("find by a class that is rare", 10_000, |_| session.find(&[class(CKO_DATA)]).len());
    timed("find by a class that all have", 1, |_| assert_eq!(session.find(&[class(CKO_SECRET_KEY)]).len(), count));
    timed("create and destroy one more", 10_000, |time| {
        let made = ok(other.create(&aes(count + time)));
        ok(other.destroy(made));
    });
    timed("open and close a session", 1_000, |_| ok(token.session().close()));
}

/// The memory that the process has now, in bytes.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}
