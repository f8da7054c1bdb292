//! Known answers: before a primitive is first used by a process, it must give the answer that is known. If it does not, all of its
//! mechanisms answer `CKR_DEVICE_ERROR` until the process ends, and a line in the log says why.
//!
//! Each test goes through the mechanism's own row, so it tries whichever engine serves the primitive. They run when they
//! are needed and not in `C_Initialize`, because a process uses few of the primitives. No lock is held: threads that meet the same
//! primitive for the first time may both try it.

mod answers;

use super::{Mechanism, Params, find};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::edwards::Scheme;
use crate::key::group::Group;
use crate::key::group::named;
use crate::key::{self, Key, edwards, ml_dsa, ml_kem, slh_dsa};
use crate::log;
use crate::object::template::{Attributes, Value};
use crypto_bigint::BoxedUint;
use cryptoki_sys::*;
use std::sync::atomic::{AtomicU8, Ordering};

/// `DeviceError` for a mechanism that uses a primitive which gives wrong answers.
pub fn admit(row: &Mechanism) -> Result<()> {
    let verdict = VERDICTS.get(row.at).ok_or(Error::GeneralError)?;
    let known = verdict.load(Ordering::Relaxed);
    let passed = if known == UNKNOWN { judge(row, verdict) } else { known == PASSED };
    if passed { Ok(()) } else { Err(Error::DeviceError) }
}

const UNKNOWN: u8 = 0;
const PASSED: u8 = 1;
const FAILED: u8 = 2;

/// What is known of each mechanism, in the order of the registry: more than there are. Nothing here is made at first use under a
/// lock: a forked child would wait for ever for a thread that its parent had.
static VERDICTS: [AtomicU8; 1024] = [const { AtomicU8::new(UNKNOWN) }; 1024];

fn judge(row: &Mechanism, verdict: &AtomicU8) -> bool {
    let hash = row.hash.is_none_or(hash_passes);
    let passed = hash && HMAC_TEST.passes() && TESTS.iter().filter(|test| test.concerns(row)).all(Test::passes);
    verdict.store(if passed { PASSED } else { FAILED }, Ordering::Relaxed);
    passed
}

/// The test of the primitives that keys of some types are for.
struct Test {
    name: &'static str,
    key_types: &'static [CK_KEY_TYPE],
    run: fn() -> Option<bool>,
    verdict: AtomicU8,
}

/// What every mechanism needs whose hash is in its parameter, or that takes keys of any type; and nearly every other.
static HMAC_TEST: Test = test("HMAC", &[], || {
    let (key, data, mac) = answers::HMAC;
    Some(macs(CKM_SHA256_HMAC, key, data, mac)? && hash_passes(Hash::Sha512))
});

static TESTS: [Test; 17] = [
    test("AES", &[CKK_AES, CKK_AES_XTS], || {
        let (key, mac) = answers::CMAC;
        Some(encrypts(answers::AES)? && macs(CKM_AES_CMAC, key, "", mac)?)
    }),
    test("DES", &[CKK_DES, CKK_DES2, CKK_DES3], || encrypts(answers::DES)),
    test("Camellia", &[CKK_CAMELLIA], || encrypts(answers::CAMELLIA)),
    test("ARIA", &[CKK_ARIA], || encrypts(answers::ARIA)),
    test("Blowfish", &[CKK_BLOWFISH], || encrypts(answers::BLOWFISH)),
    test("Twofish", &[CKK_TWOFISH], || encrypts(answers::TWOFISH)),
    test("RC2", &[CKK_RC2], || encrypts(answers::RC2)),
    test("ChaCha20 and Poly1305", &[CKK_CHACHA20, CKK_POLY1305], || {
        let (key, data, mac) = answers::POLY1305;
        Some(encrypts(answers::CHACHA20)? && macs(CKM_POLY1305, key, data, mac)?)
    }),
    test("Salsa20", &[CKK_SALSA20], || encrypts(answers::SALSA20)),
    test("RSA", &[CKK_RSA], rsa),
    test("ECDSA and ECDH", &[CKK_EC], weierstrass),
    test("EdDSA", &[CKK_EC_EDWARDS], edwards),
    test("X25519 and X448", &[CKK_EC_MONTGOMERY], montgomery),
    test("exponentiation", &[CKK_DSA, CKK_DH, CKK_X9_42_DH], exponentiation),
    test("ML-KEM and ML-DSA", &[CKK_ML_KEM, CKK_ML_DSA], lattices),
    test("SLH-DSA", &[CKK_SLH_DSA], hash_based),
    test("HSS", &[CKK_HSS], stateful),
];

const fn test(name: &'static str, key_types: &'static [CK_KEY_TYPE], run: fn() -> Option<bool>) -> Test {
    Test { name, key_types, run, verdict: AtomicU8::new(UNKNOWN) }
}

impl Test {
    fn concerns(&self, row: &Mechanism) -> bool {
        row.key_types.iter().any(|key_type| self.key_types.contains(key_type))
    }

    fn passes(&self) -> bool {
        once(&self.verdict, self.name, || (self.run)() == Some(true))
    }
}

static HASHES: [AtomicU8; answers::HASHES.len()] = [const { AtomicU8::new(UNKNOWN) }; answers::HASHES.len()];

fn hash_passes(hash: Hash) -> bool {
    // SHA-512/t of any t has a first round of its own, and the rest from SHA-512.
    let hash = if matches!(hash, Hash::Sha512T(_)) { Hash::Sha512 } else { hash };
    let known = answers::HASHES.iter().zip(&HASHES).find(|((other, _), _)| *other == hash);
    let Some(((_, answer), verdict)) = known else { return false };
    once(verdict, "a hash function", || bytes(answer).is_some_and(|answer| hash.of(&[b"abc"]).starts_with(&answer)))
}

/// Runs a test unless its verdict is known.
fn once(verdict: &AtomicU8, name: &str, run: impl FnOnce() -> bool) -> bool {
    match verdict.load(Ordering::Relaxed) {
        PASSED => true,
        FAILED => false,
        _ => {
            let passed = run() && !broken::is(name);
            verdict.store(if passed { PASSED } else { FAILED }, Ordering::Relaxed);
            if !passed {
                let alarm = "its mechanisms are not available until this process ends";
                log::alarm(format_args!("the self-test of {name} failed: {alarm}"));
            }
            passed
        }
    }
}

/// Encrypts and decrypts.
fn encrypts(blocks: &[answers::Block]) -> Option<bool> {
    let mut right = true;
    for (mechanism, params, key, plain, cipher) in blocks {
        let (row, params, key) = (find(*mechanism)?, params(), Key::Secret(bytes(key)?.into()));
        let (plain, cipher) = (bytes(plain)?, bytes(cipher)?);
        for (begin, input, output) in [(row.encrypt?, &plain, &cipher), (row.decrypt?, &cipher, &plain)] {
            let mut operation = begin(row, &params, &key).ok()?;
            let mut out = vec![0; operation.bound(input.len(), true)];
            let written = operation.one_shot(input, &mut out).ok()?;
            right &= out.get(..written) == Some(output);
        }
    }
    Some(right)
}

/// Computes a MAC, and verifies it and no other.
fn macs(mechanism: CK_MECHANISM_TYPE, key: &str, data: &str, mac: &str) -> Option<bool> {
    let (row, key) = (find(mechanism)?, Key::Secret(bytes(key)?.into()));
    signs(row, &key, &key, &bytes(data)?, &bytes(mac)?)
}

/// Makes the one signature that there is, and verifies it and no other.
fn signs(row: &Mechanism, private: &Key, public: &Key, data: &[u8], signature: &[u8]) -> Option<bool> {
    let mut operation = row.sign?(row, &Params::None, private).ok()?;
    let mut made = vec![0; operation.bound()];
    operation.update(data).ok()?;
    let length = operation.finish(&mut made).ok()?;
    let accepts = |signature: &[u8]| -> Option<bool> {
        let mut operation = row.verify?(row, &Params::None, public).ok()?;
        operation.update(data).ok()?;
        Some(operation.finish(signature).is_ok())
    };
    let mut other = signature.to_vec();
    *other.first_mut()? ^= 1;
    Some(made.get(..length) == Some(signature) && accepts(signature)? && !accepts(&other)?)
}

fn rsa() -> Option<bool> {
    let [n, d, p, q, message, signature] = answers::RSA;
    let public = [(CKA_MODULUS, n), (CKA_PUBLIC_EXPONENT, "010001")];
    let private = [(CKA_PRIVATE_EXPONENT, d), (CKA_PRIME_1, p), (CKA_PRIME_2, q)];
    let public_key = parsed(CKO_PUBLIC_KEY, CKK_RSA, &public)?;
    let private_key = parsed(CKO_PRIVATE_KEY, CKK_RSA, &[&public[..], &private].concat())?;
    signs(find(CKM_SHA1_RSA_PKCS)?, &private_key, &public_key, &bytes(message)?, &bytes(signature)?)
}

fn weierstrass() -> Option<bool> {
    let private = |curve, value| match parsed(CKO_PRIVATE_KEY, CKK_EC, &[(CKA_EC_PARAMS, curve), (CKA_VALUE, value)])? {
        Key::Ec(key) => key.private().ok().cloned(),
        _ => None,
    };
    let public = |curve, point| match parsed(CKO_PUBLIC_KEY, CKK_EC, &[(CKA_EC_PARAMS, curve), (CKA_EC_POINT, point)])?
    {
        Key::Ec(key) => key.public().ok().cloned(),
        _ => None,
    };
    let [curve, value, point, digest, signature] = answers::P256;
    let (key, verifier, digest) = (private(curve, value)?, public(curve, point)?, bytes(digest)?);
    let known = key.point() == bytes(point)? && verifier.verify(&digest, &bytes(signature)?).is_ok();
    let own = verifier.verify(&digest, &key.sign(&digest).ok()?).is_ok();
    let forged = verifier.verify(&[0; 32], &bytes(signature)?).is_ok();
    let [ours, theirs, secret] = answers::ECDH;
    let agreed = *private(curve, ours)?.agree(&bytes(theirs)?)? == bytes(secret)?;
    // The other engine's.
    let [curve, value, point] = answers::SECP256K1;
    let (key, verifier) = (private(curve, value)?, public(curve, point)?);
    let other = key.point() == bytes(point)? && verifier.verify(&digest, &key.sign(&digest).ok()?).is_ok();
    Some(known && own && !forged && agreed && other)
}

fn edwards() -> Option<bool> {
    let mut right = true;
    let scheme = Scheme { prehash: false, context: Vec::new() };
    for [curve, value, point, signature] in answers::EDWARDS {
        let half = |class, attribute, value| -> Option<edwards::EdwardsKey> {
            match parsed(class, CKK_EC_EDWARDS, &[(CKA_EC_PARAMS, curve), (attribute, value)])? {
                Key::Edwards(key) => Some(key),
                _ => None,
            }
        };
        let (private, public) = (half(CKO_PRIVATE_KEY, CKA_VALUE, value)?, half(CKO_PUBLIC_KEY, CKA_EC_POINT, point)?);
        let (private, public, signature) = (private.private().ok()?, public.public().ok()?, bytes(signature)?);
        right &= private.sign(&scheme, b"").ok()? == signature;
        right &= public.verify(&scheme, b"", &signature).is_ok() && public.verify(&scheme, b"a", &signature).is_err();
    }
    Some(right)
}

fn montgomery() -> Option<bool> {
    let mut right = true;
    for [curve, scalar, coordinate, result] in answers::MONTGOMERY {
        let key = parsed(CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, &[(CKA_EC_PARAMS, curve), (CKA_VALUE, scalar)])?;
        let Key::Montgomery(key) = key else { return None };
        right &= *key.curve.agree(key.private().ok()?, &bytes(coordinate)?)? == bytes(result)?;
    }
    Some(right)
}

/// Fermat's little theorem in a group of RFC 7919, and that two sides agree.
fn exponentiation() -> Option<bool> {
    let group = Group::new(&named::ffdhe(2048)?.prime, None, &[named::GENERATOR])?;
    let one = BoxedUint::one_with_precision(group.modulus().bits_precision());
    let power = |exponent: &BoxedUint| group.power(group.generator(), exponent);
    let is_one = |number: &[u8]| matches!(number.split_last(), Some((1, rest)) if rest.iter().all(|byte| *byte == 0));
    let fermat = is_one(&power(&(group.modulus() - &one)));
    let [a, b] = [0x1234_5678_9abc_def1u64, 0xfedc_ba98_7654_3211].map(BoxedUint::from);
    let (of_a, of_b) = (group.element(&power(&a))?, group.element(&power(&b))?);
    let (one_side, other_side) = (group.power(&of_b, &a), group.power(&of_a, &b));
    Some(fermat && one_side == other_side && !is_one(&one_side))
}

fn lattices() -> Option<bool> {
    let [seed, public] = answers::ML_KEM;
    let set = ml_kem::SETS.iter().find(|set| set.id == CKP_ML_KEM_512)?;
    let private = (set.expand)(&bytes(seed)?)?;
    let known = is_hash(&private.public_value(), public)?;
    let (ciphertext, secret) = (set.public)(&private.public_value())?.encapsulate().ok()?;
    let opened = private.decapsulate(&ciphertext)? == secret;

    let [seed, public, mu, signature] = answers::ML_DSA;
    let set = ml_dsa::SETS.iter().find(|set| set.id == CKP_ML_DSA_44)?;
    let private = (set.expand)(&bytes(seed)?)?;
    let (mu, verifier) = (bytes(mu)?.try_into().ok()?, (set.public)(&private.public_value())?);
    let made = private.sign(&mu, false).ok()?;
    let signs = is_hash(&private.public_value(), public)? && is_hash(&made, signature)?;
    let verifies = verifier.verify(&mu, &made).is_ok() && verifier.verify(&[0; 64], &made).is_err();
    Some(known && opened && signs && verifies)
}

fn hash_based() -> Option<bool> {
    let [seeds, public] = answers::SLH_DSA;
    let set = slh_dsa::SETS.iter().find(|set| set.id == CKP_SLH_DSA_SHA2_128F)?;
    Some((set.expand)(&bytes(seeds)?)?.public_value() == bytes(public)?)
}

/// The first test case of RFC 8554, and another message; and that what is signed here verifies, in the smallest tree.
fn stateful() -> Option<bool> {
    let key = |class, attributes: &Attributes| match (key::find(CKK_HSS)?.parse)(class, attributes).ok()? {
        Key::Hss(key) => Some(key),
        _ => None,
    };
    let public = |value: &[u8]| {
        let key = key(CKO_PUBLIC_KEY, &Attributes::from([(CKA_VALUE, Value::bytes(value))]))?;
        key.public().ok().cloned()
    };
    let mut lines = answers::HSS.lines().filter(|line| !line.starts_with('#'));
    let mut line = || bytes(lines.next()?);
    let (known, message, signature) = (public(&line()?)?, line()?, line()?);
    let judges = known.verify(&message, &signature).is_ok() && known.verify(b"another", &signature).is_err();
    let private = key(
        CKO_PRIVATE_KEY,
        &Attributes::from([
            (CKA_HSS_LEVELS, Value::Ulong(1)),
            // LMS_SHA256_M32_H5 and LMOTS_SHA256_N32_W1.
            (CKA_HSS_LMS_TYPES, Value::Ulongs([5].into())),
            (CKA_HSS_LMOTS_TYPES, Value::Ulongs([1].into())),
            // No signature yet, and a seed.
            (CKA_VALUE, Value::bytes([&[0; 8][..], &[7; 32]].concat())),
        ]),
    )?;
    let private = private.private().ok()?;
    let own = public(&private.public_value().ok()?)?;
    let (first, second) = (private.sign(0, b"message").ok()?, private.sign(1, b"message").ok()?);
    let signs = first != second && own.verify(b"message", &first).is_ok() && own.verify(b"message", &second).is_ok();
    Some(judges && signs)
}

fn is_hash(value: &[u8], hash: &str) -> Option<bool> {
    Some(*Hash::Sha256.of(&[value]) == bytes(hash)?)
}

/// A key of its attributes, which are complete.
fn parsed(class: CK_OBJECT_CLASS, key_type: CK_KEY_TYPE, values: &[(CK_ATTRIBUTE_TYPE, &str)]) -> Option<Key> {
    let mut attributes = Attributes::new();
    for (attribute, value) in values {
        attributes.insert(*attribute, Value::bytes(bytes(value)?));
    }
    (key::find(key_type)?.parse)(class, &attributes).ok()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    base16ct::lower::decode_vec(digits).ok()
}

/// What fails although it gives right answers: in the tests of this file, and nowhere else.
#[cfg(not(test))]
mod broken {
    pub(super) fn is(_: &str) -> bool {
        false
    }
}

#[cfg(test)]
mod broken {
    pub(super) fn is(name: &str) -> bool {
        name == "Twofish"
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::mech::{Offer, registry};

    #[test]
    fn every_primitive_gives_the_answers_that_are_known() {
        for test in &TESTS {
            assert_eq!((test.run)(), Some(true), "{}", test.name);
        }
        for (hash, answer) in answers::HASHES {
            assert!(hash.of(&[b"abc"]).starts_with(&bytes(answer).unwrap()), "{hash:?}");
        }
    }

    #[test]
    fn there_is_a_verdict_for_every_mechanism() {
        assert!(registry::all().len() <= VERDICTS.len());
    }

    /// One test is broken in this build. What depends on it, and nothing else, is not available.
    #[test]
    fn a_failing_primitive_takes_its_mechanisms_along_and_no_others() {
        let log = std::env::temp_dir().join(format!("ferrotoken-self-test-{}", std::process::id()));
        crate::log::open(Some(crate::log::Level::Error), Some(&log)).unwrap();
        let row = |id| Offer::default().row(find(id).unwrap(), &Params::None).err();
        for id in [CKM_TWOFISH_CBC, CKM_TWOFISH_CBC_PAD, CKM_TWOFISH_KEY_GEN, CKM_TWOFISH_CBC] {
            assert_eq!(row(id), Some(Error::DeviceError));
        }
        for id in [CKM_AES_ECB, CKM_SHA256, CKM_ECDSA, CKM_RSA_PKCS_PSS, CKM_BLOWFISH_CBC] {
            assert_eq!(row(id), None);
        }
        crate::log::close();
        let said = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(&log).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("ERROR the self-test of Twofish failed: its mechanisms are not available"), "{said}");
    }

    #[test]
    fn every_key_type_with_mechanisms_of_its_own_has_a_test() {
        // Keys for MACs and derivations need their hash, which rows name, and HMAC.
        let hashed = |row: &&Mechanism| row.hash.is_some() || row.key_types.is_empty();
        let macs = |key_type: &CK_KEY_TYPE| crate::names::Shown::key_type(*key_type).ends_with("_HMAC");
        for row in registry::all().iter().filter(|row| !hashed(row)) {
            let tested = TESTS.iter().any(|test| test.concerns(row));
            let plain =
                row.key_types.iter().all(|id| macs(id) || matches!(*id, CKK_GENERIC_SECRET | CKK_HKDF | CKK_HOTP));
            assert!(tested || plain, "{}", crate::names::Shown::mechanism(row.id));
        }
    }
}
