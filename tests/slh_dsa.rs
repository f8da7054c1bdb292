//! SLH-DSA and HashSLH-DSA, through the C interface, against another implementation: there are no known answers in crates.

mod common;
mod parameter_sets;

use common::*;
use fips205::traits::{KeyGen, SerDes, Signer, Verifier};
use parameter_sets::*;

struct Set {
    id: CK_ULONG,
    arcs: Arcs,
    /// n, in bytes.
    n: usize,
    signature: usize,
    /// Another implementation: the private value of SK.seed, SK.prf and PK.seed, each filled with one byte.
    expand: fn([u8; 3]) -> Vec<u8>,
    /// Its deterministic signature.
    sign: fn(&[u8], &Data, &[u8]) -> Vec<u8>,
    /// Its verification.
    verify: fn(&[u8], &Data, &[u8], &[u8]) -> bool,
}

enum Data<'a> {
    Message(&'a [u8]),
    Hash(&'a [u8], u8),
}

macro_rules! set {
    ($id:ident, $arc:literal, $module:ident, $n:literal, $signature:literal) => {
        Set {
            id: $id,
            arcs: [3, $arc],
            n: $n,
            signature: $signature,
            expand: |fill| {
                let [sk_seed, sk_prf, pk_seed] = fill.map(|byte| [byte; $n]);
                fips205::$module::KG::keygen_from_seed(&sk_seed, &sk_prf, &pk_seed).1.into_bytes().to_vec()
            },
            sign: |private, data, context| {
                let key = fips205::$module::PrivateKey::try_from_bytes(private.try_into().unwrap()).unwrap();
                let signature = match data {
                    Data::Message(message) => key.try_sign(message, context, false),
                    Data::Hash(hash, arc) => key.try_hash_sign(hash, context, &oid(*arc), false),
                };
                signature.unwrap().to_vec()
            },
            verify: |public, data, signature, context| {
                let key = fips205::$module::PublicKey::try_from_bytes(public.try_into().unwrap()).unwrap();
                let signature = signature.try_into().unwrap();
                match data {
                    Data::Message(message) => key.verify(message, &signature, context),
                    Data::Hash(hash, arc) => key.hash_verify(hash, &signature, context, &oid(*arc)),
                }
            },
        }
    };
}

/// FIPS 205, table 2; names of RFC 9909.
const SETS: [Set; 12] = [
    set!(CKP_SLH_DSA_SHA2_128S, 20, slh_dsa_sha2_128s, 16, 7856),
    set!(CKP_SLH_DSA_SHA2_128F, 21, slh_dsa_sha2_128f, 16, 17088),
    set!(CKP_SLH_DSA_SHA2_192S, 22, slh_dsa_sha2_192s, 24, 16224),
    set!(CKP_SLH_DSA_SHA2_192F, 23, slh_dsa_sha2_192f, 24, 35664),
    set!(CKP_SLH_DSA_SHA2_256S, 24, slh_dsa_sha2_256s, 32, 29792),
    set!(CKP_SLH_DSA_SHA2_256F, 25, slh_dsa_sha2_256f, 32, 49856),
    set!(CKP_SLH_DSA_SHAKE_128S, 26, slh_dsa_shake_128s, 16, 7856),
    set!(CKP_SLH_DSA_SHAKE_128F, 27, slh_dsa_shake_128f, 16, 17088),
    set!(CKP_SLH_DSA_SHAKE_192S, 28, slh_dsa_shake_192s, 24, 16224),
    set!(CKP_SLH_DSA_SHAKE_192F, 29, slh_dsa_shake_192f, 24, 35664),
    set!(CKP_SLH_DSA_SHAKE_256S, 30, slh_dsa_shake_256s, 32, 29792),
    set!(CKP_SLH_DSA_SHAKE_256F, 31, slh_dsa_shake_256f, 32, 49856),
];

/// The quickest.
const QUICK: &Set = &SETS[1];

/// The name of a hash, in DER.
fn oid(arc: u8) -> Vec<u8> {
    tlv(6, &[&hex("6086480165030402")[..], &[arc]].concat())
}

/// The mechanisms that hash, each with the digest mechanism of its hash (0 for SHAKE) and the last arc of its name.
const HASHING: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, u8); 10] = [
    (CKM_HASH_SLH_DSA_SHA224, CKM_SHA224, 4),
    (CKM_HASH_SLH_DSA_SHA256, CKM_SHA256, 1),
    (CKM_HASH_SLH_DSA_SHA384, CKM_SHA384, 2),
    (CKM_HASH_SLH_DSA_SHA512, CKM_SHA512, 3),
    (CKM_HASH_SLH_DSA_SHA3_224, CKM_SHA3_224, 7),
    (CKM_HASH_SLH_DSA_SHA3_256, CKM_SHA3_256, 8),
    (CKM_HASH_SLH_DSA_SHA3_384, CKM_SHA3_384, 9),
    (CKM_HASH_SLH_DSA_SHA3_512, CKM_SHA3_512, 10),
    (CKM_HASH_SLH_DSA_SHAKE128, 0, 11),
    (CKM_HASH_SLH_DSA_SHAKE256, 0, 12),
];

const DETERMINISTIC: CK_HEDGE_TYPE = CKH_DETERMINISTIC_REQUIRED;

fn public(session: &Session, set: &Set, value: &[u8]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    session.create(&public_template(CKK_SLH_DSA, set.id, value))
}

fn private(session: &Session, set: &Set, value: &[u8]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    session.create(&with(&private_template(CKK_SLH_DSA, set.id), &[bytes(CKA_VALUE, value)]))
}

/// Both halves of a key that the other implementation has made.
fn theirs(session: &Session, set: &Set) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE, Vec<u8>) {
    let value = (set.expand)([1, 2, 3]);
    let key = ok(private(session, set, &value));
    (ok(public(session, set, &value[2 * set.n..])), key, value)
}

#[test]
fn every_parameter_set_agrees_with_another_implementation() {
    let token = token();
    let session = token.user();
    for set in &SETS {
        let (public, key, value) = theirs(&session, set);
        assert_eq!(value.len(), 4 * set.n);
        assert_eq!(ok(session.get(key, CKA_VALUE)), value);
        let public_value = &value[2 * set.n..];
        for half in [public, key] {
            assert_eq!(ok(session.get(half, CKA_PUBLIC_KEY_INFO)), spki(set.arcs, public_value));
        }
        let mechanism = context(CKM_SLH_DSA, DETERMINISTIC, b"context");
        let data = Data::Message(b"message");
        let signature = ok(session.sign(&mechanism, key, b"message"));
        assert_eq!(signature.len(), set.signature);
        assert!((set.verify)(public_value, &data, &signature, b"context"));
        ok(session.verify(&mechanism, public, b"message", &signature));
        // The small signatures take the longest: theirs are made with the fast sets only.
        if set.signature > 17000 && set.signature != 29792 {
            assert_eq!((set.sign)(&value, &data, b"context"), signature);
        }
        let mut changed = signature.clone();
        changed[set.signature / 2] ^= 1;
        refused(session.verify(&mechanism, public, b"message", &changed), CKR_SIGNATURE_INVALID);
        for wrong in [&[][..], &signature[1..], &[&signature[..], &[0]].concat()] {
            refused(session.verify(&mechanism, public, b"message", wrong), CKR_SIGNATURE_LEN_RANGE);
        }
    }
}

#[test]
fn every_hash_agrees_with_another_implementation() {
    let token = token();
    let session = token.user();
    let message: Vec<u8> = (0..1000u32).map(|index| (index * 7) as u8).collect();
    let pieces: Vec<&[u8]> = message.chunks(137).collect();
    let (public, key, value) = theirs(&session, QUICK);
    for (kind, digest, arc) in HASHING {
        let hash = match kind {
            CKM_HASH_SLH_DSA_SHAKE128 => shaken::<shake::Shake128>(&message, 32),
            CKM_HASH_SLH_DSA_SHAKE256 => shaken::<shake::Shake256>(&message, 64),
            _ => ok(session.digest(&mech(digest), &message)),
        };
        let expected = (QUICK.sign)(&value, &Data::Hash(&hash, arc), b"context");
        let mechanism = context(kind, DETERMINISTIC, b"context");
        assert_eq!(ok(session.sign_parts(&mechanism, key, &pieces)), expected);
        ok(session.verify_parts(&mechanism, public, &pieces, &expected));
        ok(session.verify(&mechanism, public, &message, &expected));
        refused(session.verify(&mechanism, public, &hash, &expected), CKR_SIGNATURE_INVALID);
        if digest != 0 {
            let mechanism = hash_context(CKM_HASH_SLH_DSA, DETERMINISTIC, b"context", digest);
            assert_eq!(ok(session.sign(&mechanism, key, &hash)), expected);
            ok(session.verify(&mechanism, public, &hash, &expected));
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
fn messages_come_in_parts() {
    let token = token();
    let session = token.user();
    let (public, key, value) = theirs(&session, QUICK);
    let mechanism = context(CKM_SLH_DSA, DETERMINISTIC, b"");
    let expected = (QUICK.sign)(&value, &Data::Message(b"a message"), b"");
    let pieces: [&[u8]; 4] = [b"a ", b"", b"mess", b"age"];
    assert_eq!(ok(session.sign_parts(&mechanism, key, &pieces)), expected);
    ok(session.verify_parts(&mechanism, public, &pieces, &expected));
    refused(session.verify_parts(&mechanism, public, &pieces[..3], &expected), CKR_SIGNATURE_INVALID);
}

#[test]
fn hedged_signatures_differ_and_verify() {
    let token = token();
    let session = token.user();
    let (public, key) = pair(&session, CKM_SLH_DSA_KEY_PAIR_GEN, QUICK.id);
    let value = ok(session.get(public, CKA_VALUE));
    let hedged = context(CKM_SLH_DSA, CKH_HEDGE_REQUIRED, b"");
    let signatures = [&mech(CKM_SLH_DSA), &hedged].map(|mechanism| ok(session.sign(mechanism, key, b"message")));
    assert_ne!(signatures[0], signatures[1]);
    for signature in signatures {
        assert!((QUICK.verify)(&value, &Data::Message(b"message"), &signature, b""));
        ok(session.verify(&mech(CKM_SLH_DSA), public, b"message", &signature));
        ok(session.verify(&context(CKM_SLH_DSA, 99, b""), public, b"message", &signature));
        for wrong in [context(CKM_SLH_DSA, 0, b"other"), mech(CKM_HASH_SLH_DSA_SHA256)] {
            refused(session.verify(&wrong, public, b"message", &signature), CKR_SIGNATURE_INVALID);
        }
    }
}

#[test]
fn parameters_and_data_that_are_malformed_are_refused() {
    let token = token();
    let session = token.user();
    let (public, key, _) = theirs(&session, QUICK);
    let long = [0x5a; 256];
    let mut wrong = vec![mech(CKM_HASH_SLH_DSA)];
    for kind in [CKM_SLH_DSA, CKM_HASH_SLH_DSA_SHA256] {
        wrong.extend(malformed(kind, size_of::<CK_SIGN_ADDITIONAL_CONTEXT>()));
        wrong.push(context(kind, 0, &long));
    }
    wrong.extend(malformed(CKM_HASH_SLH_DSA, size_of::<CK_HASH_SIGN_ADDITIONAL_CONTEXT>()));
    wrong.push(hash_context(CKM_HASH_SLH_DSA, 0, &long, CKM_SHA256));
    wrong.extend([0, CKM_SHA_1, CKM_MD5].map(|hash| hash_context(CKM_HASH_SLH_DSA, 0, b"", hash)));
    for wrong in &wrong {
        refused(session.sign_init(wrong, key), CKR_MECHANISM_PARAM_INVALID);
        refused(session.verify_init(wrong, public), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(session.sign_init(&context(CKM_SLH_DSA, 3, b""), key), CKR_MECHANISM_PARAM_INVALID);
    let mechanism = hash_context(CKM_HASH_SLH_DSA, 0, b"", CKM_SHA256);
    for length in [0, 31, 33] {
        refused(session.sign(&mechanism, key, &vec![1; length]), CKR_DATA_LEN_RANGE);
        let signature = vec![0; QUICK.signature];
        refused(session.verify(&mechanism, public, &vec![1; length], &signature), CKR_DATA_LEN_RANGE);
    }
    refused(session.sign_parts(&mechanism, key, &[&[1; 32]]), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn keys_are_generated_and_checked() {
    let token = token();
    let session = token.user();
    let generate = |public: &[Attribute], private: &[Attribute]| {
        session.generate_pair(&mech(CKM_SLH_DSA_KEY_PAIR_GEN), public, private)
    };
    refused(generate(&[], &[]), CKR_TEMPLATE_INCOMPLETE);
    for unknown in [0, 13] {
        refused(generate(&[ulong(CKA_PARAMETER_SET, unknown)], &[]), CKR_PARAMETER_SET_NOT_SUPPORTED);
    }
    let named = [ulong(CKA_PARAMETER_SET, QUICK.id)];
    refused(generate(&named, &[bytes(CKA_SEED, [0; 48])]), CKR_TEMPLATE_INCONSISTENT);
    let (_, closed) = ok(generate(&named, &[]));
    refused(session.get(closed, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    for set in &SETS {
        let (public, key) = pair(&session, CKM_SLH_DSA_KEY_PAIR_GEN, set.id);
        let value = ok(session.get(key, CKA_VALUE));
        assert_eq!(value.len(), 4 * set.n);
        assert_eq!(ok(session.get(public, CKA_VALUE)), value[2 * set.n..]);
        for half in [public, key] {
            assert_eq!(ok(session.get_ulong(half, CKA_PARAMETER_SET)), set.id);
            assert_eq!(ok(session.get_ulong(half, CKA_KEY_TYPE)), CKK_SLH_DSA);
        }
    }
    let (public_key, key, value) = theirs(&session, QUICK);
    for place in [0, 32, 48] {
        // SK.prf, the second quarter, alone can be anything.
        let mut wrong = value.clone();
        wrong[place] ^= 1;
        refused(private(&session, QUICK, &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    for wrong in [&value[1..], &[&value[..], &[0]].concat()] {
        refused(private(&session, QUICK, wrong), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(public(&session, QUICK, &wrong[..wrong.len() - 32]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(private(&session, QUICK, &[]), CKR_TEMPLATE_INCOMPLETE);
    refused(session.sign_init(&mech(CKM_SLH_DSA), public_key), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.sign_init(&mech(CKM_ML_DSA), key), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.verify_init(&mech(CKM_SLH_DSA), key), CKR_KEY_TYPE_INCONSISTENT);
    ok(session.set(key, &[no(CKA_SIGN)]));
    refused(session.sign_init(&mech(CKM_SLH_DSA), key), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn keys_are_wrapped_and_unwrapped() {
    let token = token();
    let session = token.user();
    let wrapper = Wrapper::new(&session);
    for set in [QUICK, &SETS[9]] {
        let (_, key, value) = theirs(&session, set);
        // The value stands in PKCS#8 as it is (RFC 9909, section 6).
        assert_eq!(wrapper.wrap(key), pkcs8(set.arcs, &value));
        let key = ok(wrapper.unwrap(CKK_SLH_DSA, &pkcs8(set.arcs, &value)));
        assert_eq!(ok(session.get(key, CKA_VALUE)), value);
        assert_eq!(ok(session.get_ulong(key, CKA_PARAMETER_SET)), set.id);
        let mut wrong = value.clone();
        wrong[0] ^= 1;
        for inner in [wrong, value[1..].to_vec(), tlv(4, &value)] {
            refused(wrapper.unwrap(CKK_SLH_DSA, &pkcs8(set.arcs, &inner)), CKR_WRAPPED_KEY_INVALID);
        }
    }
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    assert_eq!(info(&token, CKM_SLH_DSA_KEY_PAIR_GEN), (32, 64, CKF_GENERATE_KEY_PAIR));
    for kind in HASHING.map(|row| row.0).into_iter().chain([CKM_SLH_DSA]) {
        assert_eq!(info(&token, kind), (32, 64, SIGNS_IN_PARTS));
    }
    assert_eq!(info(&token, CKM_HASH_SLH_DSA), (32, 64, SIGNS));
}
