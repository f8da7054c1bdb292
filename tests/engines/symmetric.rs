//! Ciphers and MACs: the same bytes from both engines, however the text is cut into parts.

use super::{bytes, length, rounds};
use cipher::array::Array;
use cipher::inout::InOutBuf;
use ferrotoken::engine::{Direction, awslc, rustcrypto};

const WAYS: [Direction; 2] = [Direction::Encrypt, Direction::Decrypt];
const SIZES: [usize; 3] = [16, 24, 32];

fn block() -> [u8; 16] {
    *bytes(16).first_chunk().unwrap()
}

/// Lengths around the borders of blocks and of what the engines process side by side, then random ones.
fn lengths(round: usize) -> usize {
    if round < 600 { round } else { length(20_000) }
}

/// A text in parts: none, short, and long ones.
fn parts(mut text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let limit = [0, 1, 15, 16, 17, 64, 1000, 10_000][length(7)];
        let (part, rest) = text.split_at(length(limit).min(text.len()));
        parts.push(part);
        text = rest;
    }
    parts
}

type Blocks = [Array<u8, cipher::consts::U16>];

fn blocks(text: &mut [u8]) -> &mut Blocks {
    Array::slice_as_chunks_mut(text).0
}

/// As [`parts`], in whole blocks.
fn block_parts(text: &mut Blocks) -> Vec<&mut Blocks> {
    let (mut rest, mut parts) = (text, Vec::new());
    while !rest.is_empty() {
        let limit = [1, 2, 7, 33, 65, 500][length(5)];
        let (part, more) = rest.split_at_mut(length(limit).min(rest.len()));
        parts.push(part);
        rest = more;
    }
    parts
}

/// From any initial value, and from a state that was saved in between.
#[test]
fn sha512_agrees() {
    for round in 0..rounds(1) {
        let initial = std::array::from_fn(|_| u64::from_le_bytes(*bytes(8).first_chunk().unwrap()));
        let (mut a, mut b) = (awslc::sha512::Sha512::new(&initial), rustcrypto::sha512::Sha512::new(&initial));
        let text = bytes(lengths(round));
        b.update(&text);
        for part in parts(&text) {
            a.update(part);
            a = awslc::sha512::Sha512::load(&a.save()).unwrap();
        }
        b = rustcrypto::sha512::Sha512::load(&b.save()).unwrap();
        assert_eq!(a.finish(), b.finish(), "{round}");
    }
}

#[test]
fn cbc_agrees() {
    for round in 0..rounds(1) {
        let (key, iv) = (bytes(SIZES[round % 3]), block());
        for direction in WAYS {
            let (a, b) = (awslc::aes::Cbc::new(&key, direction), rustcrypto::aes::Cbc::new(&key, direction));
            let (a, b) = (a.unwrap(), b.unwrap());
            let mut text = bytes(lengths(round) / 16 * 16);
            let (mut whole, mut chain) = (text.clone(), iv);
            b.process(&mut chain, InOutBuf::from(blocks(&mut whole)));
            let mut own_chain = iv;
            for part in block_parts(blocks(&mut text)) {
                a.process(&mut own_chain, InOutBuf::from(part));
            }
            assert_eq!((text, own_chain), (whole, chain), "{round} {direction:?}");
        }
    }
}

#[test]
fn ctr_agrees() {
    for round in 0..rounds(1) {
        let key = bytes(SIZES[round % 3]);
        let (a, b) = (awslc::aes::Ctr::new(&key).unwrap(), rustcrypto::aes::Ctr::new(&key).unwrap());
        // Counters that carry into each of their bytes, and their halves.
        let mut first = block();
        first[16 - round % 17..].fill(0xff);
        let text = bytes(lengths(round));
        let (mut whole, mut out) = (vec![0; text.len()], vec![0; text.len()]);
        b.apply(&first, 0, InOutBuf::new(&text, &mut whole).unwrap()).unwrap();
        let mut position = 0;
        for part in parts(&text) {
            let out = &mut out[position..][..part.len()];
            a.apply(&first, position as u128, InOutBuf::new(part, out).unwrap()).unwrap();
            position += part.len();
        }
        assert_eq!(out, whole, "{round}");
        // Far from the start.
        let position = u128::from(u64::from_le_bytes(*bytes(8).first_chunk().unwrap()));
        first[0] = 0;
        let (mut c, mut d) = (vec![0; 100], vec![0; 100]);
        a.apply(&first, position, InOutBuf::from(&mut c[..])).unwrap();
        b.apply(&first, position, InOutBuf::from(&mut d[..])).unwrap();
        assert_eq!(c, d, "{round} {position}");
    }
}

#[test]
fn xts_agrees() {
    for round in 0..rounds(1) {
        let (key, number) = (bytes([32, 64, 64][round % 3]), block());
        for direction in WAYS {
            let a = awslc::aes::Xts::new(&key, direction).unwrap();
            let mut b = rustcrypto::aes::Xts::new(&key, direction).unwrap();
            assert_eq!(a.first_tweak(&number), b.first_tweak(&number));
            let mut text = bytes(lengths(round) / 16 * 16);
            let (mut whole, mut tweak) = (text.clone(), b.first_tweak(&number));
            b.blocks(&mut tweak, blocks(&mut whole)).unwrap();
            let (mut a, mut own_tweak) = (a.clone(), a.first_tweak(&number));
            for part in block_parts(blocks(&mut text)) {
                a.blocks(&mut own_tweak, part).unwrap();
            }
            assert_eq!((text, own_tweak), (whole, tweak), "{round} {direction:?}");
        }
    }
}

/// The longest data unit there is, in one part.
#[test]
fn xts_agrees_on_the_longest_data_unit() {
    let (key, number) = (bytes(64), block());
    let mut a = awslc::aes::Xts::new(&key, Direction::Encrypt).unwrap();
    let mut b = rustcrypto::aes::Xts::new(&key, Direction::Encrypt).unwrap();
    let mut tweaks = [a.first_tweak(&number); 2];
    let mut texts = [vec![7; 16 << 20], vec![7; 16 << 20]];
    a.blocks(&mut tweaks[0], blocks(&mut texts[0])).unwrap();
    b.blocks(&mut tweaks[1], blocks(&mut texts[1])).unwrap();
    assert!(texts[0] == texts[1] && tweaks[0] == tweaks[1]);
}

#[test]
fn gcm_agrees() {
    for round in 0..rounds(1) {
        let key = bytes(SIZES[round % 3]);
        let iv = bytes(if round % 2 == 0 { 12 } else { 1 + length(if round % 4 == 1 { 40 } else { 600 }) });
        let aad = bytes(if round % 3 == 0 { 0 } else { length(100) });
        let text = bytes(lengths(round));
        let new_a = |direction| awslc::gcm::Gcm::new(&key, &iv, direction).unwrap();
        let mut b = rustcrypto::gcm::Gcm::new(&key, &iv, Direction::Encrypt).unwrap();
        b.add(&aad).unwrap();
        let mut opener = b.clone();
        let mut ciphertext = vec![0; text.len()];
        b.seal(&text, &mut ciphertext).unwrap();
        let tag = b.tag().unwrap();

        let mut a = new_a(Direction::Encrypt);
        parts(&aad).iter().for_each(|part| a.add(part).unwrap());
        let mut out = Vec::new();
        for part in parts(&text) {
            // A copy goes on where the original was.
            a = a.clone();
            let mut piece = vec![0; part.len()];
            a.seal(part, &mut piece).unwrap();
            out.extend(piece);
        }
        assert_eq!((out, a.tag().unwrap()), (ciphertext.clone(), tag), "{round}");

        let mut a = new_a(Direction::Decrypt);
        a.add(&aad).unwrap();
        for part in parts(&ciphertext) {
            a.authenticate(part).unwrap();
        }
        let mut plain = vec![0; text.len()];
        assert_eq!(a.tag().unwrap(), tag, "{round}");
        a.open(&ciphertext, &mut plain).unwrap();
        assert_eq!(plain, text, "{round}");
        opener.authenticate(&ciphertext).unwrap();
        assert_eq!(opener.tag().unwrap(), tag);
        opener.open(&ciphertext, &mut plain).unwrap();
        assert_eq!(plain, text);
    }
}

#[test]
fn chacha20_agrees() {
    for round in 0..rounds(1) {
        let key: [u8; 32] = *bytes(32).first_chunk().unwrap();
        let original = round % 2 == 0;
        let nonce = bytes(if original { 8 } else { 12 });
        let text = bytes(lengths(round));
        // Anywhere; for every third the lower half of the counter begins anew in the middle of the text.
        let most = if original { u128::from(u64::MAX) << 6 } else { (1 << 38) - 64 * 400 };
        let random = u128::from_le_bytes(block());
        let position = match round % 3 {
            0 => 0,
            1 if original => (1u128 << 38) - length(text.len()) as u128,
            _ => random % (most - 40_000),
        };
        let (mut whole, mut out) = (vec![0; text.len()], vec![0; text.len()]);
        let run = InOutBuf::new(&text, &mut whole).unwrap();
        rustcrypto::chacha20::apply(&key, &nonce, position, run).unwrap();
        let mut done = 0;
        for part in parts(&text) {
            let out = &mut out[done..][..part.len()];
            let text = InOutBuf::new(part, out).unwrap();
            awslc::chacha20::apply(&key, &nonce, position + done as u128, text).unwrap();
            done += part.len();
        }
        assert_eq!(out, whole, "{round} {position}");
    }
}

/// The last block of RFC 8439's key stream.
#[test]
fn chacha20_agrees_at_its_end() {
    let position = (1u128 << 38) - 100;
    let (mut a, mut b) = ([1; 100], [1; 100]);
    awslc::chacha20::apply(&[7; 32], &[9; 12], position, InOutBuf::from(&mut a[..])).unwrap();
    rustcrypto::chacha20::apply(&[7; 32], &[9; 12], position, InOutBuf::from(&mut b[..])).unwrap();
    assert_eq!(a, b);
}

#[test]
fn poly1305_agrees() {
    for round in 0..rounds(1) {
        let mut key: [u8; 32] = *bytes(32).first_chunk().unwrap();
        let mut text = bytes(lengths(round));
        // Numbers at the borders of the field: all ones.
        if round % 4 == 0 {
            text.fill(0xff);
            key[..16].fill([0xff, 0, 1, 2][round / 4 % 4]);
        }
        let (mut a, mut b) = (awslc::poly1305::Poly1305::new(&key), rustcrypto::poly1305::Poly1305::new(&key));
        b.update(&text);
        for part in parts(&text) {
            a.update(part);
            a = a.clone();
        }
        assert_eq!(a.tag(), b.tag(), "{round}");
        a.pad();
        b.pad();
        a.update(&key);
        b.update(&key);
        assert_eq!(a.tag(), b.tag(), "{round} padded");
    }
}

#[test]
fn wrong_sizes_of_keys_are_refused_alike() {
    for length in (0..70).filter(|length| !SIZES.contains(length)) {
        let key = bytes(length);
        for direction in WAYS {
            assert!(awslc::aes::Cbc::new(&key, direction).is_err(), "{length}");
            assert!(rustcrypto::aes::Cbc::new(&key, direction).is_err(), "{length}");
        }
        assert!(awslc::aes::Ctr::new(&key).is_err() && rustcrypto::aes::Ctr::new(&key).is_err(), "{length}");
        assert!(WAYS.iter().all(|way| awslc::gcm::Gcm::new(&key, &[1; 12], *way).is_err()));
    }
    for length in (0..140).filter(|length| ![32, 64].contains(length)) {
        let key = bytes(length);
        let (a, b) =
            (awslc::aes::Xts::new(&key, Direction::Encrypt), rustcrypto::aes::Xts::new(&key, Direction::Encrypt));
        assert!(a.is_err() && b.is_err(), "{length}");
    }
}
