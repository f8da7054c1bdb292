//! The two engines against each other, primitive by primitive: what one makes, the other makes or takes.
//!
//! `FERROTOKEN_ENGINE_ROUNDS=10000 cargo test --release --test engines` is the long form.
#![cfg(feature = "aws-lc")]
#![allow(deprecated)] // As in `key/ml_kem.rs`.

#[path = "engines/symmetric.rs"]
mod symmetric;

use crypto_bigint::BoxedUint;
use ferrotoken::engine::ec::Group;
use ferrotoken::engine::{awslc, rustcrypto};
use ferrotoken::random;
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams};
use ml_kem::kem::{Decapsulate, Decapsulator as _, Kem, KeyInit};
use ml_kem::{ExpandedKeyEncoding, MlKem512, MlKem768, MlKem1024};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{PrivateKey, PublicKey};

/// How many random inputs each primitive gets, where it is as fast as the fastest: the others get fewer.
fn rounds(cost: usize) -> usize {
    let rounds = std::env::var("FERROTOKEN_ENGINE_ROUNDS").map_or(100, |rounds| rounds.parse().unwrap());
    (rounds / cost).max(2)
}

fn bytes(length: usize) -> Vec<u8> {
    random::secret(length).unwrap().to_vec()
}

/// A random length up to a limit.
fn length(limit: usize) -> usize {
    usize::from(u16::from_le_bytes(*bytes(2).first_chunk().unwrap())) % (limit + 1)
}

/// Lengths of moduli that are multiples of everything and of nothing, and exponents of all sorts.
#[test]
fn rsa_operations_agree() {
    for (bits, exponent) in [(1024, 65537), (1032, 3), (1088, 17), (1152, 0x1_ffff_ffff), (2048, 65537)] {
        let generate = if bits % 256 == 0 { awslc::rsa::generate } else { rustcrypto::rsa::generate };
        let key = generate(bits, exponent).unwrap();
        rsa_agrees(&key, bits, rounds(if bits == 2048 { 10 } else { 4 }));
    }
}

/// The smaller prime first, as other programs' keys may have them.
#[test]
fn rsa_with_primes_in_either_order_agrees() {
    let key = awslc::rsa::generate(1024, 65537).unwrap();
    let mut primes: Vec<BoxedUint> = key.primes().iter().map(|prime| prime.as_ref().clone()).collect();
    for _ in 0..2 {
        primes.reverse();
        let n = key.n().as_ref().clone();
        let key = PrivateKey::from_components(n, key.e().clone(), key.d().clone(), primes.clone()).unwrap();
        rsa_agrees(&key, 1024, 4);
    }
}

fn rsa_agrees(key: &PrivateKey, bits: usize, rounds: usize) {
    assert_eq!(key.n().bit_width() as usize, bits);
    let public: &PublicKey = key.as_public_key();
    let (a, b) = (awslc::rsa::Private::new(key).unwrap(), rustcrypto::rsa::Private::new(key).unwrap());
    let (c, d) = (awslc::rsa::Public::new(public).unwrap(), rustcrypto::rsa::Public::new(public).unwrap());
    let k = key.size();
    let n = key.n().to_be_bytes();
    let n = &n[n.len() - k..];
    let small = |last: u8| [vec![0; k - 1], vec![last]].concat();
    let below_n = |by: u8| {
        let mut number = n.to_vec();
        *number.last_mut().unwrap() -= by;
        number
    };
    let edges = [small(0), small(1), small(2), small(3), below_n(1), [vec![0], bytes(k - 1)].concat()];
    let random = (0..rounds).map(|_| [vec![0], bytes(k - 1)].concat());
    for number in edges.into_iter().chain(random) {
        let private = a.apply(&number).unwrap();
        assert_eq!(*private, *b.apply(&number).unwrap(), "{bits} {number:02x?}");
        assert_eq!(*c.apply(&private).unwrap(), number, "{bits} {number:02x?}");
        let raised = c.apply(&number).unwrap();
        assert_eq!(*raised, *d.apply(&number).unwrap(), "{bits} {number:02x?}");
    }
}

/// Every length that the mechanism promises, and what is asked of a key: n = p·q of exactly so many bits.
#[test]
fn rsa_keys_are_as_long_as_was_asked() {
    for (bits, exponent) in [(1024, 3), (1025, 65537), (1100, 5), (1536, 0xffff_ffff), (1152, 0x1_0000_0001)] {
        let key = awslc::rsa::generate(bits, exponent).unwrap();
        assert_eq!((key.n().bit_width() as usize, key.e()), (bits, &BoxedUint::from(exponent)));
        assert_eq!(key.primes().len(), 2);
        rsa_agrees(&key, bits, 2);
    }
}

const CURVES: &[(&str, usize, &dyn Group, &dyn Group)] = &[
    ("P-224", 28, awslc::ec::P224, rustcrypto::ec::P224),
    ("P-256", 32, awslc::ec::P256, rustcrypto::ec::P256),
    ("P-384", 48, awslc::ec::P384, rustcrypto::ec::P384),
    ("P-521", 66, awslc::ec::P521, rustcrypto::ec::P521),
];

#[test]
fn curves_agree() {
    for (name, n, aws, rust) in CURVES {
        for round in 0..rounds(4) {
            let made = if round % 2 == 0 { aws.generate() } else { aws.generate_with_extra_bits() }.unwrap();
            let value = made.value();
            assert_eq!(value.len(), *n);
            let (a, b) = (aws.private(&value).unwrap(), rust.private(&value).unwrap());
            assert_eq!((*a.value()).clone(), *b.value(), "{name}");
            assert_eq!((a.point(), a.signature_len()), (b.point(), b.signature_len()), "{name}");
            let (c, d) = (aws.public(&a.point()).unwrap(), rust.public(&a.point()).unwrap());
            assert_eq!(c.point(), d.point());
            // Digests of any length, the empty one too.
            let digest = bytes(if round < 70 { round } else { length(200) });
            for signature in [a.sign(&digest).unwrap(), b.sign(&digest).unwrap()] {
                assert_eq!(signature.len(), 2 * n);
                assert!(
                    c.verify(&digest, &signature).is_ok() && d.verify(&digest, &signature).is_ok(),
                    "{name} {digest:02x?}"
                );
                let mut wrong = signature.clone();
                wrong[length(2 * n - 1)] ^= 1 << (round % 8);
                assert_eq!(c.verify(&digest, &wrong), d.verify(&digest, &wrong), "{name}");
                assert!(c.verify(&digest, &wrong).is_err());
                let other = [&digest[..], &[1]].concat();
                assert_eq!(c.verify(&other, &signature), d.verify(&other, &signature), "{name} {digest:02x?}");
            }
            let peer = rust.generate().unwrap();
            assert_eq!(a.agree(&peer.point()), b.agree(&peer.point()), "{name}");
            assert_eq!(a.agree(&peer.point()), peer.agree(&a.point()), "{name}");
            // The compressed form of the same point.
            let point = peer.point();
            let compressed = [&[2 + (point[2 * n] & 1)], &point[1..=*n]].concat();
            assert_eq!(aws.public(&compressed).unwrap().point(), point, "{name}");
            assert_eq!(a.agree(&compressed), b.agree(&point), "{name}");
        }
    }
}

/// What is at the borders: values 0, 1, n-1, n and beyond, points off the curve, in other forms, of other lengths.
#[test]
fn curves_agree_at_the_borders() {
    for (name, n, aws, rust) in CURVES {
        let zeros = vec![0; *n];
        let with_last = |last: u8| [&zeros[1..], &[last]].concat();
        let mut values = vec![vec![], zeros.clone(), with_last(1), with_last(2), vec![0xff; *n], vec![1; n + 1]];
        values.push([vec![0; 9], vec![1; n - 1]].concat());
        // n-1 and n: the x of no point, but the private value whose point is the negative generator's, and the one after.
        let minus_one = order_minus_1(*rust, *n);
        let mut order = minus_one.clone();
        *order.last_mut().unwrap() += 1;
        values.extend([minus_one, order]);
        for value in &values {
            let (a, b) = (aws.private(value), rust.private(value));
            assert_eq!(a.is_some(), b.is_some(), "{name} {value:02x?}");
            if let (Some(a), Some(b)) = (a, b) {
                assert_eq!((a.point(), (*a.value()).clone()), (b.point(), (*b.value()).clone()), "{name}");
            }
        }
        let point = rust.generate().unwrap().point();
        let mut points = vec![vec![], vec![0], vec![4], point[..point.len() - 1].to_vec(), [&point[..], &[0]].concat()];
        for first in 0..=8u8 {
            points.push([&[first], &point[1..]].concat());
            points.push([&[first], &point[1..=*n]].concat());
        }
        for index in [1, *n, n + 1, 2 * n] {
            let mut wrong = point.clone();
            wrong[index] ^= 1;
            points.push(wrong);
        }
        points.push([vec![4], vec![0; 2 * n]].concat());
        points.push([vec![4], vec![0xff; 2 * n]].concat());
        points.push([vec![2], vec![0xff; *n]].concat());
        for x in 0..64 {
            points.push([&[2], &with_last(x)[..]].concat());
        }
        let (a, b) = (aws.generate().unwrap(), rust.generate().unwrap());
        let b_twin = aws.private(&b.value()).unwrap();
        for point in &points {
            let (c, d) = (aws.public(point), rust.public(point));
            assert_eq!(c.map(|key| key.point()), d.map(|key| key.point()), "{name} {point:02x?}");
            assert_eq!(b.agree(point), b_twin.agree(point), "{name} {point:02x?}");
        }
        let (c, d) = (aws.public(&a.point()).unwrap(), rust.public(&a.point()).unwrap());
        let signature = a.sign(b"digest").unwrap();
        let (r, s) = signature.split_at(*n);
        let order = values.last().unwrap();
        for (r, s) in [(&zeros[..], s), (r, &zeros[..]), (order, s), (r, order), (&[0xff; 66][..*n], s), (s, r)] {
            let wrong = [r, s].concat();
            assert_eq!(c.verify(b"digest", &wrong), d.verify(b"digest", &wrong), "{name} {wrong:02x?}");
            assert!(c.verify(b"digest", &wrong).is_err());
        }
        for length in [0, 1, 2, n - 1, 2 * n - 1, 2 * n + 1, 2 * n + 2] {
            let wrong = vec![1; length];
            assert_eq!(c.verify(b"digest", &wrong), d.verify(b"digest", &wrong), "{name} {length}");
        }
    }
}

/// The order less one, found as the largest private value that there is.
fn order_minus_1(group: &dyn Group, n: usize) -> Vec<u8> {
    let mut value = vec![0; n];
    for bit in 0..8 * n {
        value[bit / 8] |= 0x80 >> (bit % 8);
        if group.private(&value).is_none() {
            value[bit / 8] &= !(0x80 >> (bit % 8));
        }
    }
    value
}

#[test]
fn curve25519_agrees() {
    for round in 0..rounds(1) {
        let seed: [u8; 32] = *bytes(32).first_chunk().unwrap();
        let (a, b) = (awslc::curve25519::Private::new(&seed), rustcrypto::curve25519::Private::new(&seed));
        assert_eq!(a.point(), b.point());
        let (message, context) = (bytes(length(300)), bytes(if round % 3 == 0 { 0 } else { length(256) }));
        for prehash in [false, true] {
            assert_eq!(a.sign(prehash, &context, &message), b.sign(prehash, &context, &message), "{round}");
        }
        let (private, public) = (seed, *bytes(32).first_chunk().unwrap());
        assert_eq!(awslc::curve25519::x25519_public(&private), rustcrypto::curve25519::x25519_public(&private));
        assert_eq!(
            *awslc::curve25519::x25519(&private, &public),
            *rustcrypto::curve25519::x25519(&private, &public),
            "{public:02x?}"
        );
    }
}

/// Points of small order, and values that are not the only ones of their points: p + 1 …, the top bit set.
#[test]
fn x25519_agrees_at_the_borders() {
    let order_8 = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    let order_8: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&order_8[2 * i..2 * i + 2], 16).unwrap()).collect();
    let mut publics: Vec<[u8; 32]> = vec![[0; 32], [0xff; 32], *order_8.first_chunk().unwrap()];
    for first in [0, 1, 2, 9, 0xec, 0xed, 0xee, 0xff] {
        for (middle, last) in [(0, 0), (0, 0x80), (0xff, 0x7f), (0xff, 0xff)] {
            let mut public = [middle; 32];
            (public[0], public[31]) = (first, last);
            publics.push(public);
        }
    }
    for private in [[0; 32], [0xff; 32], [9; 32]] {
        for public in &publics {
            let (a, b) =
                (awslc::curve25519::x25519(&private, public), rustcrypto::curve25519::x25519(&private, public));
            assert_eq!(*a, *b, "{public:02x?}");
        }
    }
}

#[test]
fn ml_kem_agrees() {
    fn agrees<K: Kem>(rounds: usize)
    where
        K::EncapsulationKey: Clone,
        K::DecapsulationKey: Clone + Decapsulate + KeyInit + ExpandedKeyEncoding,
    {
        let key = || K::DecapsulationKey::new_from_slice(&bytes(64)).unwrap();
        let mut key_now = key();
        for round in 0..rounds {
            if round % 8 == 0 {
                key_now = key();
            }
            let public = key_now.encapsulation_key().clone();
            let a = awslc::ml_kem::Private::<K>::new(key_now.clone()).unwrap();
            let b = rustcrypto::ml_kem::Private::<K>::new(key_now.clone()).unwrap();
            let c = awslc::ml_kem::Public::<K>::new(public.clone()).unwrap();
            let d = rustcrypto::ml_kem::Public::<K>::new(public).unwrap();
            for (ciphertext, secret) in [c.encapsulate().unwrap(), d.encapsulate().unwrap()] {
                assert_eq!(a.decapsulate(&ciphertext).unwrap(), secret);
                assert_eq!(b.decapsulate(&ciphertext).unwrap(), secret);
                // Implicit rejection, too, gives the same.
                let mut wrong = ciphertext.clone();
                wrong[length(ciphertext.len() - 1)] ^= 1 << (round % 8);
                assert_eq!(a.decapsulate(&wrong), b.decapsulate(&wrong));
                assert_ne!(a.decapsulate(&wrong).unwrap(), secret);
                for wrong in [&ciphertext[1..], &[&ciphertext[..], &[0]].concat(), &[]] {
                    assert!(a.decapsulate(wrong).is_none() && b.decapsulate(wrong).is_none());
                }
            }
        }
    }
    agrees::<MlKem512>(rounds(3));
    agrees::<MlKem768>(rounds(3));
    agrees::<MlKem1024>(rounds(3));
}

#[test]
fn ml_dsa_agrees() {
    fn agrees<P: MlDsaParams>(rounds: usize) {
        let key = || ml_dsa::SigningKey::<P>::from_seed(&ml_dsa::Seed::try_from(&bytes(32)[..]).unwrap());
        let mut key_now = key();
        for round in 0..rounds {
            if round % 8 == 0 {
                key_now = key();
            }
            let expanded = key_now.expanded_key();
            let a = awslc::ml_dsa::Private::<P>::new(expanded.clone());
            let b = rustcrypto::ml_dsa::Private::<P>::new(expanded.clone());
            let c = awslc::ml_dsa::Public::<P>::new(expanded.verifying_key());
            let d = rustcrypto::ml_dsa::Public::<P>::new(expanded.verifying_key());
            let mu: [u8; 64] = *bytes(64).first_chunk().unwrap();
            assert_eq!(a.sign(&mu, false), b.sign(&mu, false));
            let other = *bytes(64).first_chunk().unwrap();
            for signature in [a.sign(&mu, true).unwrap(), a.sign(&mu, false).unwrap(), b.sign(&mu, true).unwrap()] {
                assert_eq!((c.verify(&mu, &signature), d.verify(&mu, &signature)), (Ok(()), Ok(())));
                let mut wrong = signature.clone();
                wrong[length(signature.len() - 1)] ^= 1 << (round % 8);
                for (mu, signature) in [(&mu, &wrong[..]), (&other, &signature[..]), (&mu, &signature[1..]), (&mu, &[])]
                {
                    assert_eq!(c.verify(mu, signature), d.verify(mu, signature), "{signature:02x?}");
                    assert!(c.verify(mu, signature).is_err());
                }
            }
            assert_ne!(a.sign(&mu, true), a.sign(&mu, true));
        }
    }
    agrees::<MlDsa44>(rounds(10));
    agrees::<MlDsa65>(rounds(10));
    agrees::<MlDsa87>(rounds(10));
}

/// A child of fork must not use its parent's nonces: two signatures with one nonce give the key away.
#[cfg(unix)]
#[test]
fn a_forked_child_draws_other_nonces_than_its_parent() {
    let key = awslc::ec::P256.generate().unwrap();
    // The generator of this thread is seeded.
    key.sign(b"digest").unwrap();
    let mut pipe = [0; 2];
    // SAFETY: the array has room for two descriptors.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    // SAFETY: the child signs, writes and ends; it takes no lock that another thread could hold but the allocator's, which
    // the C library makes whole.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let signature = key.sign(b"digest").unwrap_or_default();
        // SAFETY: the bytes are there, and _exit ends the process without running anything of the parent's.
        unsafe {
            libc::write(pipe[1], signature.as_ptr().cast(), signature.len());
            libc::_exit(0);
        }
    }
    assert!(child > 0);
    let own = key.sign(b"digest").unwrap();
    let mut theirs = [0; 64];
    // SAFETY: the buffer is as long as is said; the child is ours.
    let read = unsafe {
        let read = libc::read(pipe[0], theirs.as_mut_ptr().cast(), theirs.len());
        libc::waitpid(child, std::ptr::null_mut(), 0);
        read
    };
    assert_eq!(read, 64);
    assert_ne!(own[..32], theirs[..32]);
    let public = rustcrypto::ec::P256.public(&key.point()).unwrap();
    assert!(public.verify(b"digest", &theirs).is_ok());
}
