//! The two engines beside each other: `cargo bench --bench engines` prints the table of docs/performance.md that says which of them serves what.
//!
//! Both are measured in alternation, slice by slice, so that whatever else the machine does hits both, and of the slices the median
//! counts. Criterion, which measures one after the other, would call one of them slow whenever the machine was busy.

#[path = "measure/clock.rs"]
mod clock;
mod direct;

use cipher::array::Array;
use cipher::inout::InOutBuf;
use clock::processor_time;
use ferrotoken::engine::ec::Group;
use ferrotoken::engine::{Direction, awslc, rustcrypto};
use ferrotoken::hash::Hash;
use ml_dsa::MlDsa65;
use ml_kem::MlKem768;
use ml_kem::kem::KeyInit;
use std::hint::black_box;
use std::time::Duration;

/// Something that is done again and again.
pub type Step = Box<dyn FnMut()>;

const SLICE: Duration = Duration::from_millis(25);
const SLICES: usize = 9;
const BULK: [usize; 3] = [16, 1024, 16 * 1024];

/// Who serves, and why where it is not simply the faster.
const AWS_LC: &str = "AWS-LC";
const RUST: &str = "RustCrypto";

fn main() {
    println!("| primitive | bytes | RustCrypto | AWS-LC | how many times as fast | served by |");
    println!("|---|--:|--:|--:|--:|---|");
    rsa();
    curves();
    curve25519();
    lattices();
    ciphers();
    hashes();
}

/// A line of the table.
fn line(what: &str, size: usize, served_by: &str, mut rust: Step, mut aws_lc: Step) {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    rust();
    aws_lc();
    for _ in 0..SLICES {
        one.push(slice(&mut rust));
        other.push(slice(&mut aws_lc));
    }
    let [one, other] = [one, other].map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[SLICES / 2]
    });
    let shown = |time: f64| match size {
        0 | 16 if time < 10_000.0 => format!("{time:.0} ns"),
        0 | 16 => format!("{:.1} µs", time / 1e3),
        // Bytes in a nanosecond are gigabytes in a second.
        _ => format!("{:.2} GB/s", size as f64 / time),
    };
    let bytes = if size == 0 { String::new() } else { size.to_string() };
    println!("| {what} | {bytes} | {} | {} | {:.2} | {served_by} |", shown(one), shown(other), one / other);
}

/// Nanoseconds a call.
fn slice(step: &mut Step) -> f64 {
    let (start, mut calls, mut batch) = (processor_time(), 0u64, 1);
    loop {
        (0..batch).for_each(|_| step());
        calls += batch;
        let elapsed = processor_time() - start;
        if elapsed >= SLICE {
            return elapsed.as_nanos() as f64 / calls as f64;
        }
        if elapsed < SLICE / 16 {
            batch *= 2;
        }
    }
}

fn rsa() {
    for bits in [2048, 3072, 4096] {
        let key = awslc::rsa::generate(bits, 65537).unwrap();
        let number = [vec![0], vec![7; bits / 8 - 1]].concat();
        let (a, b) = (rustcrypto::rsa::Private::new(&key).unwrap(), awslc::rsa::Private::new(&key).unwrap());
        let (one, two) = (number.clone(), number.clone());
        let what = format!("RSA-{bits} private operation");
        let (a, b) = (move || drop(black_box(a.apply(&one))), move || drop(black_box(b.apply(&two))));
        line(&what, 0, AWS_LC, Box::new(a), Box::new(b));
        if bits == 2048 {
            let public = key.as_public_key();
            let a = rustcrypto::rsa::Public::new(public).unwrap();
            let b = awslc::rsa::Public::new(public).unwrap();
            let (one, two) = (number.clone(), number);
            let (a, b) = (move || drop(black_box(a.apply(&one))), move || drop(black_box(b.apply(&two))));
            line("RSA-2048 public operation", 0, AWS_LC, Box::new(a), Box::new(b));
        }
    }
}

fn curves() {
    let curves: [(&str, &'static dyn Group, &'static dyn Group); 4] = [
        ("P-224", rustcrypto::ec::P224, awslc::ec::P224),
        ("P-256", rustcrypto::ec::P256, awslc::ec::P256),
        ("P-384", rustcrypto::ec::P384, awslc::ec::P384),
        ("P-521", rustcrypto::ec::P521, awslc::ec::P521),
    ];
    for (name, rust, aws_lc) in curves {
        let both = |step: fn(&'static dyn Group) -> Step| (step(rust), step(aws_lc));
        let (a, b) = both(|group| {
            let key = group.generate().unwrap();
            Box::new(move || drop(black_box(key.sign(&[5; 32]))))
        });
        line(&format!("ECDSA {name} sign"), 0, AWS_LC, a, b);
        let (a, b) = both(|group| {
            let key = group.generate().unwrap();
            let (public, signature) = (group.public(&key.point()).unwrap(), key.sign(&[5; 32]).unwrap());
            Box::new(move || black_box(public.verify(&[5; 32], &signature)).unwrap())
        });
        line(&format!("ECDSA {name} verify"), 0, AWS_LC, a, b);
        let (a, b) = both(|group| {
            let (key, peer) = (group.generate().unwrap(), group.generate().unwrap().point());
            Box::new(move || drop(black_box(key.agree(&peer))))
        });
        line(&format!("ECDH {name}"), 0, AWS_LC, a, b);
        let (a, b) = both(|group| Box::new(move || drop(black_box(group.generate().unwrap().point()))));
        line(&format!("{name} private key with its point"), 0, AWS_LC, a, b);
    }
    let key = rustcrypto::ec::SECP256K1.generate().unwrap();
    let public = rustcrypto::ec::SECP256K1.public(&key.point()).unwrap();
    let signature = key.sign(&[5; 32]).unwrap();
    let (sign, verify) = direct::secp256k1();
    line("ECDSA secp256k1 sign", 0, RUST, Box::new(move || drop(black_box(key.sign(&[5; 32])))), sign);
    let own = move || black_box(public.verify(&[5; 32], &signature)).unwrap();
    line("ECDSA secp256k1 verify", 0, RUST, Box::new(own), verify);
}

fn curve25519() {
    let (a, b) = (rustcrypto::curve25519::Private::new(&[7; 32]), awslc::curve25519::Private::new(&[7; 32]));
    let (point, signature) = (a.point(), a.sign(false, &[], &[5; 32]).unwrap());
    let a = move || drop(black_box(a.sign(false, &[], &[5; 32])));
    line("Ed25519 sign", 0, AWS_LC, Box::new(a), Box::new(move || drop(black_box(b.sign(false, &[], &[5; 32])))));
    let key = ed25519_dalek::VerifyingKey::from_bytes(point.first_chunk().unwrap()).unwrap();
    let parsed = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    let a = move || black_box(key.verify_strict(&[5; 32], &parsed)).unwrap();
    line("Ed25519 verify", 0, RUST, Box::new(a), direct::ed25519_verify(point, signature));
    let peer = awslc::curve25519::x25519_public(&[9; 32]);
    let a = move || drop(black_box(rustcrypto::curve25519::x25519(&[7; 32], &peer)));
    let b = move || drop(black_box(awslc::curve25519::x25519(&[7; 32], &peer)));
    line("X25519", 0, AWS_LC, Box::new(a), Box::new(b));
}

fn lattices() {
    let key = ml_kem::DecapsulationKey::<MlKem768>::new_from_slice(&[7; 64]).unwrap();
    let public = key.encapsulation_key().clone();
    let a = rustcrypto::ml_kem::Public::<MlKem768>::new(public.clone()).unwrap();
    let b = awslc::ml_kem::Public::<MlKem768>::new(public).unwrap();
    let (ciphertext, _) = b.encapsulate().unwrap();
    let (a, b) = (move || drop(black_box(a.encapsulate())), move || drop(black_box(b.encapsulate())));
    line("ML-KEM-768 encapsulate", 0, AWS_LC, Box::new(a), Box::new(b));
    let a = rustcrypto::ml_kem::Private::<MlKem768>::new(key.clone()).unwrap();
    let b = awslc::ml_kem::Private::<MlKem768>::new(key).unwrap();
    let copy = ciphertext.clone();
    let (a, b) = (move || drop(black_box(a.decapsulate(&ciphertext))), move || drop(black_box(b.decapsulate(&copy))));
    line("ML-KEM-768 decapsulate", 0, AWS_LC, Box::new(a), Box::new(b));

    let key = ml_dsa::SigningKey::<MlDsa65>::from_seed(&ml_dsa::Seed::try_from(&[7; 32][..]).unwrap());
    let expanded = key.expanded_key();
    let a = rustcrypto::ml_dsa::Private::<MlDsa65>::new(expanded.clone());
    let b = awslc::ml_dsa::Private::<MlDsa65>::new(expanded.clone());
    let signature = b.sign(&[5; 64], true).unwrap();
    let (a, b) = (move || drop(black_box(a.sign(&[5; 64], true))), move || drop(black_box(b.sign(&[5; 64], true))));
    line("ML-DSA-65 sign", 0, "AWS-LC; deterministic signatures RustCrypto", Box::new(a), Box::new(b));
    let a = rustcrypto::ml_dsa::Public::<MlDsa65>::new(expanded.verifying_key());
    let b = awslc::ml_dsa::Public::<MlDsa65>::new(expanded.verifying_key());
    let copy = signature.clone();
    let a = move || black_box(a.verify(&[5; 64], &signature)).unwrap();
    let b = move || black_box(b.verify(&[5; 64], &copy)).unwrap();
    line("ML-DSA-65 verify", 0, AWS_LC, Box::new(a), Box::new(b));
}

/// Each with its key made ready before.
fn ciphers() {
    let key = [7; 32];
    for size in BULK {
        let (a, b) = (rustcrypto::gcm::Gcm::new, awslc::gcm::Gcm::new);
        let (mut to, text) = (vec![0; size], vec![5; size]);
        let rust = move || {
            let mut gcm = a(&key, &[9; 12], Direction::Encrypt).unwrap();
            gcm.seal(&text, &mut to).unwrap();
            black_box(gcm.tag().unwrap());
        };
        let (mut to, text) = (vec![0; size], vec![5; size]);
        let aws_lc = move || {
            let mut gcm = b(&key, &[9; 12], Direction::Encrypt).unwrap();
            gcm.seal(&text, &mut to).unwrap();
            black_box(gcm.tag().unwrap());
        };
        line("AES-256-GCM encrypt, with its key", size, AWS_LC, Box::new(rust), Box::new(aws_lc));
    }
    for size in BULK {
        let (a, b) = (rustcrypto::aes::Ctr::new(&key).unwrap(), awslc::aes::Ctr::new(&key).unwrap());
        let (mut one, mut two) = (vec![5; size], vec![5; size]);
        let a = move || a.apply(&[9; 16], 0, InOutBuf::from(&mut one[..])).unwrap();
        let b = move || b.apply(&[9; 16], 0, InOutBuf::from(&mut two[..])).unwrap();
        line("AES-256-CTR", size, AWS_LC, Box::new(a), Box::new(b));
    }
    for (direction, what) in [(Direction::Encrypt, "encrypt"), (Direction::Decrypt, "decrypt")] {
        for size in BULK {
            let a = rustcrypto::aes::Cbc::new(&key, direction).unwrap();
            let b = awslc::aes::Cbc::new(&key, direction).unwrap();
            let (mut one, mut two) = (vec![5; size], vec![5; size]);
            let a = move || a.process(&mut [9; 16], InOutBuf::from(Array::slice_as_chunks_mut(&mut one).0));
            let b = move || b.process(&mut [9; 16], InOutBuf::from(Array::slice_as_chunks_mut(&mut two).0));
            line(&format!("AES-256-CBC {what}"), size, AWS_LC, Box::new(a), Box::new(b));
        }
    }
    for size in BULK {
        let mut a = rustcrypto::aes::Xts::new(&[7; 64], Direction::Encrypt).unwrap();
        let mut b = awslc::aes::Xts::new(&[7; 64], Direction::Encrypt).unwrap();
        let (mut one, mut two) = (vec![5; size], vec![5; size]);
        let a = move || a.blocks(&mut [9; 16], Array::slice_as_chunks_mut(&mut one).0).unwrap();
        let b = move || b.blocks(&mut [9; 16], Array::slice_as_chunks_mut(&mut two).0).unwrap();
        let served_by = "AWS-LC (with keys of 128 bits RustCrypto: AWS-LC has none)";
        line("AES-256-XTS", size, served_by, Box::new(a), Box::new(b));
    }
    for size in BULK {
        let (mut one, mut two) = (vec![5; size], vec![5; size]);
        let a = move || rustcrypto::chacha20::apply(&key, &[9; 12], 0, InOutBuf::from(&mut one[..])).unwrap();
        let b = move || awslc::chacha20::apply(&key, &[9; 12], 0, InOutBuf::from(&mut two[..])).unwrap();
        line("ChaCha20", size, AWS_LC, Box::new(a), Box::new(b));
    }
    for size in BULK {
        let (one, two) = (vec![5; size], vec![5; size]);
        let a = move || {
            let mut mac = rustcrypto::poly1305::Poly1305::new(&key);
            mac.update(&one);
            black_box(mac.tag());
        };
        let b = move || {
            let mut mac = awslc::poly1305::Poly1305::new(&key);
            mac.update(&two);
            black_box(mac.tag());
        };
        line("Poly1305", size, AWS_LC, Box::new(a), Box::new(b));
    }
}

fn hashes() {
    const INITIAL: [u64; 8] = [0x6a09e667f3bcc908; 8];
    for size in BULK {
        let (one, two) = (vec![5; size], vec![5; size]);
        let a = move || {
            let mut hash = rustcrypto::sha512::Sha512::new(&INITIAL);
            hash.update(&one);
            black_box(hash.finish());
        };
        let b = move || {
            let mut hash = awslc::sha512::Sha512::new(&INITIAL);
            hash.update(&two);
            black_box(hash.finish());
        };
        line("SHA-512 and SHA-384", size, AWS_LC, Box::new(a), Box::new(b));
    }
    for (what, hash, name) in [
        ("SHA-256", Hash::Sha256, direct::sha256 as fn(&[u8])),
        ("SHA-1", Hash::Sha1, direct::sha1),
        ("SHA3-256", Hash::Sha3_256, direct::sha3_256),
    ] {
        for size in BULK {
            let (one, two) = (vec![5; size], vec![5; size]);
            let own = move || drop(black_box(hash.of(&[&one])));
            line(what, size, RUST, Box::new(own), Box::new(move || name(&two)));
        }
    }
}
