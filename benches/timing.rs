//! Whether the time of a call tells a secret: dudect's method (O. Reparaz, J. Balasch, I. Verbauwhede, "Dude, is my code constant
//! time?", 2017). Two classes of input are given in random order, and Welch's t-test says whether their times differ.
//!
//! `cargo bench --bench timing` with an optional number of measurements. |t| above 10 is a difference that wants an explanation; below 5 there
//! is none that so many measurements can see. The first two lines are controls: the one has no difference, the other has one. No
//! verdict is given: a busy machine makes noise, and docs/security.md says what was found.

#[path = "../tests/common/mod.rs"]
mod common;

use common::*;
use std::time::Instant;

const CURVE: [u8; 10] = [6, 8, 42, 134, 72, 206, 61, 3, 1, 7];

/// How many different inputs each class has: enough that no cache knows one class better.
const POOL: usize = 64;

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(20_000);
    by_hand();
    configure(&format!("{}pin-tries = 1000\n", ready(0)));
    assert_eq!(initialise(), CKR_OK);
    let session = Token { slot: 0 }.user();
    println!("{:<44} {:>8} {:>12} {:>9} {:>9}", "two classes", "number", "µs a call", "t", "t of 90%");
    controls(&session, count);
    rsa(&session, count / 4);
    ciphers(&session, count);
    verification(&session, count);
    curves(&session, count);
    lattices(&session, count);
    pins(count / 4);
}

/// Measures a call for inputs of both classes, and prints what comes of it.
fn compare(what: &str, count: usize, classes: [Vec<Vec<u8>>; 2], mut call: impl FnMut(&[u8])) {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut times = [Vec::with_capacity(count), Vec::with_capacity(count)];
    for number in 0..count + count / 10 {
        let (class, input) = ((random() & 1) as usize, random() as usize % POOL);
        let input = &classes[class][input];
        let start = Instant::now();
        call(input);
        let time = start.elapsed().as_nanos() as f64;
        // The first are for warming up.
        if number > count / 10 {
            times[class].push(time);
        }
    }
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let (median, end) = (all[all.len() / 2], all[all.len() * 9 / 10]);
    // Interruptions of the process are in the last tenth, and hide what there is to see.
    let kept = times.each_ref().map(|times| times.iter().copied().filter(|time| *time <= end).collect::<Vec<_>>());
    println!("{what:<44} {count:>8} {:>12.1} {:>9.2} {:>9.2}", median / 1000.0, welch(&times), welch(&kept));
}

/// Welch's t.
fn welch(times: &[Vec<f64>; 2]) -> f64 {
    let [(mean_0, error_0), (mean_1, error_1)] = times.each_ref().map(|times| {
        let number = times.len() as f64;
        let mean = times.iter().sum::<f64>() / number;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (number - 1.0);
        (mean, variance / number)
    });
    (mean_0 - mean_1) / (error_0 + error_1).sqrt()
}

fn pool(mut make: impl FnMut(usize) -> Vec<u8>) -> Vec<Vec<u8>> {
    (0..POOL).map(&mut make).collect()
}

/// The same bytes with one of them changed.
fn with_error(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 0x40;
    bytes
}

fn aes(session: &Session) -> CK_OBJECT_HANDLE {
    ok(session.create(&[class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [0x3c; 16])]))
}

fn controls(session: &Session, count: usize) {
    let (key, ecb) = (aes(session), mech(CKM_AES_ECB));
    let fresh = |length: usize| pool(|_| ok(session.random(length)));
    let encrypt = |data: &[u8]| drop(ok(session.encrypt(&ecb, key, data)));
    compare("control: no difference", count, [fresh(64), fresh(64)], encrypt);
    compare("control: 64 bytes, 1024 bytes", count, [fresh(64), fresh(1024)], encrypt);
}

fn rsa(session: &Session, count: usize) {
    let uses = [yes(CKA_DECRYPT), yes(CKA_UNWRAP)];
    let (public, private) = ok(session.generate_pair(
        &mech(CKM_RSA_PKCS_KEY_PAIR_GEN),
        &[ulong(CKA_MODULUS_BITS, 2048), yes(CKA_ENCRYPT)],
        &uses,
    ));
    let (pkcs, raw) = (mech(CKM_RSA_PKCS), mech(CKM_RSA_X_509));
    // A number below the modulus with a wrong beginning is no padding; the block has 00 02, and a 00 after random bytes.
    let wrong = || {
        pool(|_| {
            let block = [&[0, 1][..], &ok(session.random(254))].concat();
            ok(session.encrypt(&raw, public, &block))
        })
    };
    let right = || pool(|number| ok(session.encrypt(&pkcs, public, &ok(session.random(1 + number)))));
    compare("PKCS #1 v1.5 decryption: good, bad padding", count, [right(), wrong()], |data| {
        ok(session.decrypt(&pkcs, private, data));
    });
    let template = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)];
    let mut made = Vec::new();
    compare("PKCS #1 v1.5 unwrapping: good, bad padding", count, [right(), wrong()], |data| {
        made.extend(session.unwrap(&pkcs, private, data, &template));
    });
    made.into_iter().for_each(|key| ok(session.destroy(key)));

    let oaep = |label: &'static [u8]| {
        mech_params(
            CKM_RSA_PKCS_OAEP,
            &CK_RSA_PKCS_OAEP_PARAMS {
                hashAlg: CKM_SHA256,
                mgf: CKG_MGF1_SHA256,
                source: CKZ_DATA_SPECIFIED,
                pSourceData: label.as_ptr().cast_mut().cast(),
                ulSourceDataLen: label.len() as CK_ULONG,
            },
        )
    };
    let (ours, theirs) = (oaep(b"ours"), oaep(b"theirs"));
    let label = pool(|_| ok(session.encrypt(&theirs, public, b"message")));
    // The first byte is not 0: Manger's question.
    compare("OAEP decryption: wrong label, wrong first byte", count, [label, wrong()], |data| {
        assert!(session.decrypt(&ours, private, data).is_err());
    });
}

fn ciphers(session: &Session, count: usize) {
    let key = aes(session);
    let iv = [7; 16];
    let (cbc, pad) = (mech_bytes(CKM_AES_CBC, &iv), mech_bytes(CKM_AES_CBC_PAD, &iv));
    let ending =
        |end: [u8; 16]| pool(|_| ok(session.encrypt(&cbc, key, &[&ok(session.random(48))[..], &end].concat())));
    let mut nearly = [16; 16];
    nearly[0] = 1;
    compare("CBC_PAD: impossible length, one wrong byte", count, [ending([0xff; 16]), ending(nearly)], |data| {
        assert!(session.decrypt(&pad, key, data).is_err());
    });
    let nonce = [1; 12];
    let gcm = mech_params(CKM_AES_GCM, &gcm_params(&nonce));
    let sealed = || ok(session.encrypt(&gcm, key, &ok(session.random(64))));
    let wrong = |at: usize| pool(|_| with_error(&sealed(), 64 + at));
    compare("GCM: first, last byte of the tag wrong", count, [wrong(0), wrong(15)], |data| {
        assert!(session.decrypt(&gcm, key, data).is_err());
    });
    let chacha = ok(session.create(&[class(CKO_SECRET_KEY), key_type(CKK_CHACHA20), bytes(CKA_VALUE, [0x3c; 32])]));
    let params = CK_SALSA20_CHACHA20_POLY1305_PARAMS {
        pNonce: nonce.as_ptr().cast_mut(),
        ulNonceLen: 12,
        pAAD: std::ptr::null_mut(),
        ulAADLen: 0,
    };
    let poly = mech_params(CKM_CHACHA20_POLY1305, &params);
    let sealed = || ok(session.encrypt(&poly, chacha, &ok(session.random(64))));
    let wrong = |at: usize| pool(|_| with_error(&sealed(), 64 + at));
    compare("ChaCha20-Poly1305: first, last byte wrong", count, [wrong(0), wrong(15)], |data| {
        assert!(session.decrypt(&poly, chacha, data).is_err());
    });
}

fn verification(session: &Session, count: usize) {
    let template = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, [0x3c; 32])];
    for (what, kind, key, last) in [
        ("HMAC: first, last byte wrong", CKM_SHA256_HMAC, ok(session.create(&template)), 31),
        ("CMAC: first, last byte wrong", CKM_AES_CMAC, aes(session), 15),
    ] {
        let (mechanism, message) = (mech(kind), [9; 64]);
        let right = ok(session.sign(&mechanism, key, &message));
        let wrong = |at: usize| pool(|_| with_error(&right, at));
        compare(what, count, [wrong(0), wrong(last)], |mac| {
            assert!(session.verify(&mechanism, key, &message, mac).is_err());
        });
    }
}

fn curves(session: &Session, count: usize) {
    let ecdsa = mech(CKM_ECDSA);
    let fresh = |length: usize| pool(|_| ok(session.random(length)));
    for (what, curve) in [("P-256", &CURVE[..]), ("secp256k1", &[6, 5, 43, 129, 4, 0, 10])] {
        let pair = ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, curve)], &[]));
        let fixed = ok(session.random(32));
        compare(
            &format!("ECDSA {what}: one digest, any digest"),
            count,
            [pool(|_| fixed.clone()), fresh(32)],
            |digest| {
                ok(session.sign(&ecdsa, pair.1, digest));
            },
        );
        // The handles of keys with small and with any private values.
        let import = |value: Vec<u8>| {
            let template =
                [class(CKO_PRIVATE_KEY), key_type(CKK_EC), bytes(CKA_EC_PARAMS, curve), bytes(CKA_VALUE, value)];
            ok(session.create(&template)).to_ne_bytes().to_vec()
        };
        let small = pool(|_| import([&[0; 24][..], &ok(session.random(8))].concat()));
        let large = pool(|_| import([&[0x7f][..], &ok(session.random(31))].concat()));
        compare(&format!("ECDSA {what}: small key, any key"), count, [small, large], |handle| {
            let handle = CK_OBJECT_HANDLE::from_ne_bytes(handle.try_into().unwrap());
            ok(session.sign(&ecdsa, handle, &fixed));
        });
    }
}

fn lattices(session: &Session, count: usize) {
    let set = [ulong(CKA_PARAMETER_SET, CKP_ML_KEM_768)];
    let (public, private) = ok(session.generate_pair(&mech(CKM_ML_KEM_KEY_PAIR_GEN), &set, &[]));
    let mechanism = mech(CKM_ML_KEM);
    let make = || {
        let (ciphertext, key) = ok(session.encapsulate(&mechanism, public, &[]));
        ok(session.destroy(key));
        ciphertext
    };
    let (right, wrong) = (pool(|_| make()), pool(|number| with_error(&make(), number)));
    let mut made = Vec::new();
    compare("ML-KEM-768: right, wrong ciphertext", count, [right, wrong], |ciphertext| {
        made.push(ok(session.decapsulate(&mechanism, private, ciphertext, &[])));
    });
    made.into_iter().for_each(|key| ok(session.destroy(key)));
}

/// Wrong PINs that begin as the right one does, and such that do not. The right one in between keeps it from being locked.
fn pins(count: usize) {
    let session = Token { slot: 0 }.session();
    ok(session.logout());
    let beginning = pool(|_| [&USER_PIN[..USER_PIN.len() - 1], "\u{7f}"].concat().into_bytes());
    let other = pool(|_| ["\u{7f}", &USER_PIN[1..]].concat().into_bytes());
    let mut tries = 0;
    compare("PIN: last, first byte wrong", count, [beginning, other], |pin| {
        tries += 1;
        if tries % 900 == 0 {
            ok(session.login(CKU_USER, USER_PIN));
            ok(session.logout());
        }
        refused(session.login(CKU_USER, std::str::from_utf8(pin).unwrap()), CKR_PIN_INCORRECT);
    });
}
