//! What the benchmarks of objects and of the store share.

#![allow(dead_code)] // Each benchmark uses a part of it.

mod clock;

use crate::common::*;
use clock::processor_time;
use std::time::{Duration, Instant};

/// Does something so many times, and says how long one took; gives what the last one gave.
pub fn timed<T>(what: &str, times: usize, body: impl FnMut(usize) -> T) -> T {
    let start = Instant::now();
    measured(what, times, body, || start.elapsed())
}

/// As [`timed`], by the processor time of the process.
pub fn worked<T>(what: &str, times: usize, body: impl FnMut(usize) -> T) -> T {
    let start = processor_time();
    measured(what, times, body, || processor_time() - start)
}

fn measured<T>(what: &str, times: usize, mut body: impl FnMut(usize) -> T, elapsed: impl Fn() -> Duration) -> T {
    let mut last = body(0);
    for time in 1..times {
        last = body(time);
    }
    println!("  {what}: {:.2} µs", elapsed().as_secs_f64() * 1e6 / times as f64);
    last
}

/// A secret key of 32 bytes, with an id and a label of its own.
pub fn key(kind: CK_KEY_TYPE, number: usize, more: &[Attribute]) -> Vec<Attribute> {
    let own = [
        class(CKO_SECRET_KEY),
        key_type(kind),
        yes(CKA_PRIVATE),
        text(CKA_LABEL, &format!("key number {number}")),
        bytes(CKA_ID, (number as u64).to_be_bytes()),
        bytes(CKA_VALUE, [number as u8; 32]),
    ];
    [&own[..], more].concat()
}
