//! Looking for secrets in the memory of this process.
#![allow(dead_code)] // Each test uses a part.

use std::fs::File;
use std::os::unix::fs::FileExt;

const MASK: u8 = 0xa5;
const NEEDLE: usize = 16;

/// Sixteen bytes out of a secret in disguise, so that the search does not find itself.
pub fn hide(value: &[u8], reversed: bool) -> Vec<u8> {
    let start = value.len() / 2 - NEEDLE / 2;
    let mut needle: Vec<u8> = value[start..start + NEEDLE].iter().map(|byte| byte ^ MASK).collect();
    if reversed {
        needle.reverse();
    }
    needle
}

/// Where in the writable memory of this process a secret lies: its name and the name of the region.
pub fn search(secrets: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (start, region, memory) in regions() {
        for (name, needle) in secrets {
            for (at, window) in memory.windows(NEEDLE).enumerate() {
                if window[0] == needle[0] && window == &needle[..] {
                    found.push(format!("{name} at {:#x} in {region}", start + at as u64));
                }
            }
        }
    }
    found
}

/// The writable memory of this process: where each region is, its name, and what is in it, in disguise.
pub fn regions() -> impl Iterator<Item = (u64, String, Vec<u8>)> {
    let memory = File::open("/proc/self/mem").unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let lines: Vec<_> = maps.lines().map(str::to_owned).collect();
    lines.into_iter().filter_map(move |line| {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        let region = words.nth(3).unwrap_or("anonymous");
        let (start, end) = range.split_once('-')?;
        let [start, end] = [start, end].map(|number| u64::from_str_radix(number, 16).unwrap());
        if !rights.starts_with("rw") {
            return None;
        }
        let mut chunk = vec![0; (end - start) as usize];
        // There are some that cannot be read, such as [vvar].
        memory.read_exact_at(&mut chunk, start).ok()?;
        // Disguised at once: the copy must not be found.
        chunk.iter_mut().for_each(|byte| *byte ^= MASK);
        Some((start, region.to_owned(), chunk))
    })
}

/// What is in a piece of a region.
pub fn revealed(piece: &[u8]) -> Vec<u8> {
    piece.iter().map(|byte| byte ^ MASK).collect()
}

/// Bytes that the test is to have no longer.
pub fn wipe(bytes: &mut [u8]) {
    bytes.iter_mut().for_each(|byte| {
        // SAFETY: a byte of ours; written so, it is not left out for being useless.
        unsafe { std::ptr::write_volatile(byte, 0) }
    });
}
