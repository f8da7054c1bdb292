//! What objects in memory cost, with 1,000, 100,000 and 1,000,000 of them, and how much memory each kind takes:
//! `cargo bench --bench objects`. It prints the tables of docs/performance.md.

#[path = "../tests/common/mod.rs"]
mod common;
mod measure;

use common::*;
use measure::*;
use std::process::{Command, Stdio};

const COUNTS: [usize; 3] = [1_000, 100_000, 1_000_000];

/// How many objects of each kind are made to see how large one is.
const OF_A_KIND: usize = 2_000;

fn main() {
    // As `cargo bench` calls it, and as it calls itself: each count in a process of its own, because of the memory.
    match std::env::var("FERROTOKEN_BENCH_OBJECTS").map(|count| count.parse()) {
        Ok(Ok(count)) => return measure(count),
        Ok(Err(_)) => return kinds(),
        Err(_) => {}
    }
    let columns: Vec<Vec<(String, String)>> = COUNTS.map(|count| run(&count.to_string())).into();
    println!("| objects of which there are | {} |", COUNTS.map(|count| count.to_string()).join(" | "));
    println!("|---|{}", "--:|".repeat(COUNTS.len()));
    for (number, (what, _)) in columns[0].iter().enumerate() {
        let times: Vec<&str> = columns.iter().map(|column| column[number].1.as_str()).collect();
        println!("| {what} | {} |", times.join(" | "));
    }
    println!("\n| a session object | bytes of memory | of which values |\n|---|--:|--:|");
    for (what, sizes) in run("kinds") {
        println!("| {what} | {} |", sizes.replace(", ", " | "));
    }
}

/// The lines of a process of its own.
fn run(what: &str) -> Vec<(String, String)> {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    let output = command.env("FERROTOKEN_BENCH_OBJECTS", what).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| line.trim().rsplit_once(": "));
    pairs.map(|(what, value)| (what.to_string(), value.to_string())).collect()
}

fn aes(number: usize) -> Vec<Attribute> {
    key(CKK_AES, number, &[no(CKA_TOKEN), yes(CKA_ENCRYPT)])
}

fn measure(count: usize) {
    let token = token();
    let (session, other) = (token.user(), token.session());
    let before = memory();
    worked("create", count, |number| ok(session.create(&aes(number))));
    println!("  memory of each: {} bytes", (memory() - before) / count);
    let id = |time: usize| bytes(CKA_ID, ((time * 7919 % count) as u64).to_be_bytes());
    worked("find by id", 10_000, |time| assert_eq!(session.find(&[id(time)]).len(), 1));
    worked("find by label", 10_000, |time| {
        assert_eq!(session.find(&[text(CKA_LABEL, &format!("key number {}", time * 7919 % count))]).len(), 1);
    });
    worked("find by id and class", 10_000, |time| {
        assert_eq!(session.find(&[id(time), class(CKO_SECRET_KEY)]).len(), 1);
    });
    worked("find by a class that is rare", 10_000, |_| session.find(&[class(CKO_DATA)]).len());
    worked("find by a class that all have", 1, |_| assert_eq!(session.find(&[class(CKO_SECRET_KEY)]).len(), count));
    worked("create and destroy one more", 10_000, |time| {
        let made = ok(other.create(&aes(count + time)));
        ok(other.destroy(made));
    });
    worked("open and close a session", 1_000, |_| ok(token.session().close()));
}

/// How large objects of each kind are, each with an identifier and a label of its own.
fn kinds() {
    let token = token();
    let session = token.user();
    let named = |number: usize, more: &[Attribute]| {
        let own = [
            no(CKA_TOKEN),
            text(CKA_LABEL, &format!("key number {number}")),
            bytes(CKA_ID, (number as u64).to_be_bytes()),
        ];
        [&own[..], more].concat()
    };
    let size = |what: &str, template: &[Attribute]| {
        ok(session.create(&named(0, template)));
        let before = memory();
        let mut last = 0;
        for number in 1..=OF_A_KIND {
            last = ok(session.create(&named(number, template)));
        }
        let each = (memory() - before) / OF_A_KIND;
        println!("{what}: {each}, {}", ok(session.size(last)));
    };
    size("AES key of 256 bits", &aes(0)[..2].iter().cloned().chain([bytes(CKA_VALUE, [7; 32])]).collect::<Vec<_>>());
    let curve = bytes(CKA_EC_PARAMS, [6, 8, 42, 134, 72, 206, 61, 3, 1, 7]);
    let private = [class(CKO_PRIVATE_KEY), key_type(CKK_EC), curve.clone(), bytes(CKA_VALUE, [7; 32])];
    size("EC private key (P-256)", &private);
    let uses = [no(CKA_TOKEN), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let mechanism = mech(CKM_RSA_PKCS_KEY_PAIR_GEN);
    let (public, private) =
        ok(session.generate_pair(&mechanism, &[no(CKA_TOKEN), ulong(CKA_MODULUS_BITS, 2048)], &uses));
    let numbers = [
        CKA_MODULUS,
        CKA_PUBLIC_EXPONENT,
        CKA_PRIVATE_EXPONENT,
        CKA_PRIME_1,
        CKA_PRIME_2,
        CKA_EXPONENT_1,
        CKA_EXPONENT_2,
        CKA_COEFFICIENT,
    ];
    let value = |object, kind| bytes(kind, ok(session.get(object, kind)));
    let kind = |of| vec![class(of), key_type(CKK_RSA)];
    size(
        "RSA private key of 2048 bits",
        &[kind(CKO_PRIVATE_KEY), numbers.map(|number| value(private, number)).into()].concat(),
    );
    let halves = [CKA_MODULUS, CKA_PUBLIC_EXPONENT].map(|number| value(public, number));
    size("RSA public key of 2048 bits", &[kind(CKO_PUBLIC_KEY), halves.into()].concat());
    let name = bytes(CKA_SUBJECT, [0x30; 60]);
    let certificate =
        [class(CKO_CERTIFICATE), ulong(CKA_CERTIFICATE_TYPE, CKC_X_509), name, bytes(CKA_VALUE, [7; 900])];
    size("certificate of 900 bytes", &certificate);
}

/// The memory that is in use now, in bytes: what was asked for, and what the allocator needs to keep it apart.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn memory() -> usize {
    // SAFETY: reads what the allocator knows.
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn memory() -> usize {
    0
}
