//! The generator behind `C_GenerateRandom`: what it gave cannot be computed from what it holds afterwards, and what it holds goes
//! with `C_Finalize`.

use crate::common::*;
use crate::memory::{hide, regions, revealed, search, wipe};
use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;

const KEY: usize = 32;

/// What a forked child found: where the generator's key was in the memory of that moment, and the key, as the search wants it.
struct Found {
    at: u64,
    needle: Vec<u8>,
}

/// Draws from a session's generator, and has a child, forked before, look for the key that this came of. The child does the work, so
/// that no key is left in this process by the test.
fn draw(session: &Session) -> Found {
    let (mut to_child, mut from_child) = (pipe(), pipe());
    // SAFETY: the child touches its own memory and two pipes, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        limit(120);
        let mut drawn = [0; KEY];
        to_child.0.read_exact(&mut drawn).unwrap();
        let (at, key) = key_of(&drawn).unwrap_or((0, vec![0; KEY]));
        from_child.1.write_all(&at.to_ne_bytes()).unwrap();
        from_child.1.write_all(&hide(&key, false)).unwrap();
        // SAFETY: ends the process.
        unsafe { libc::_exit(0) }
    }
    assert!(child > 0);
    to_child.1.write_all(&ok(session.random(KEY))).unwrap();
    let (mut at, mut needle) = ([0; 8], vec![0; 16]);
    from_child.0.read_exact(&mut at).unwrap();
    from_child.0.read_exact(&mut needle).unwrap();
    // SAFETY: the child is ours.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    Found { at: u64::from_ne_bytes(at), needle }
}

/// The reading and the writing end.
fn pipe() -> (File, File) {
    let mut ends = [0; 2];
    // SAFETY: a place for the two ends, which belong to nobody else.
    unsafe {
        assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
        (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1]))
    }
}

/// Where in this process's memory the key lies of which CTR_DRBG made these two blocks: they are its encryptions of two numbers
/// in a row.
fn key_of(drawn: &[u8; KEY]) -> Option<(u64, Vec<u8>)> {
    let blocks = [&drawn[..16], &drawn[16..]].map(|block| aes::Block::try_from(block).unwrap());
    for (start, _, memory) in regions() {
        for at in (0..memory.len().saturating_sub(KEY)).step_by(8) {
            let key = revealed(&memory[at..at + KEY]);
            let cipher = Aes256::new_from_slice(&key).unwrap();
            let [first, second] = blocks.map(|mut block| {
                cipher.decrypt_block(&mut block);
                u128::from_be_bytes(block.into())
            });
            if second == first.wrapping_add(1) {
                return Some((start + at as u64, key));
            }
        }
    }
    None
}

/// What is at a place now, as the search wants it.
fn needle_at(at: u64) -> Vec<u8> {
    let region = regions().find(|(start, _, memory)| (*start..*start + memory.len() as u64).contains(&at));
    let (start, _, memory) = region.expect("the place is there");
    let mut key = revealed(&memory[(at - start) as usize..][..KEY]);
    let needle = hide(&key, false);
    wipe(&mut key);
    needle
}

/// The key is found as the first bytes of its schedule, which is so on processors with instructions for AES.
#[test]
#[cfg(target_arch = "x86_64")]
fn the_generators_state_tells_nothing_of_the_past_and_goes_with_the_library() {
    if !std::arch::is_x86_feature_detected!("aes") {
        return;
    }
    in_child("generator::the_generators_state_tells_nothing_of_the_past_and_goes_with_the_library", &[], || {
        by_hand();
        configure(&ready(0));
        assert_eq!(initialise(), CKR_OK);
        let session = Token { slot: 0 }.session();
        ok(session.random(1));
        let first = draw(&session);
        assert_ne!(first.at, 0, "the search finds the key while it is there");
        let named = |needle: &[u8]| [("the generator's key".to_owned(), needle.to_vec())];
        assert_eq!(search(&named(&first.needle)), [""; 0], "the key of what was drawn");
        // Each key lies where the one before it was.
        let present = needle_at(first.at);
        let second = draw(&session);
        assert!(second.at == first.at && second.needle == present);
        let last = needle_at(first.at);
        assert_ne!(search(&named(&last)), [""; 0]);
        // SAFETY: as the function wants it.
        assert_eq!(unsafe { f().C_Finalize.unwrap()(std::ptr::null_mut()) }, CKR_OK);
        assert_eq!(search(&named(&last)), [""; 0], "after C_Finalize");
    });
}
