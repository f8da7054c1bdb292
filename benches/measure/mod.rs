//! What the benchmarks of objects and of the store share.

use crate::common::*;
use std::time::Instant;

/// Does something so many times, and says how long one took; gives what the last one gave.
pub fn timed<T>(what: &str, times: usize, mut body: impl FnMut(usize) -> T) -> T {
    let start = Instant::now();
    let mut last = body(0);
    for time in 1..times {
        last = body(time);
    }
    println!("  {what}: {:.2} µs", start.elapsed().as_secs_f64() * 1e6 / times as f64);
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
