//! HSS (section "HSS"): the signatures of RFC 8554, others' verification of ours, and the state of the keys.

mod common;

use common::*;
use std::collections::BTreeSet;

/// Types of trees and of one-time signatures (RFC 8554, tables 1 and 2).
const H5: CK_ULONG = 5;
const H10: CK_ULONG = 6;
const W1: CK_ULONG = 1;
const W4: CK_ULONG = 3;
const W8: CK_ULONG = 4;

fn types(levels: &[(CK_ULONG, CK_ULONG)]) -> Vec<Attribute> {
    let list = |pick: fn(&(CK_ULONG, CK_ULONG)) -> CK_ULONG| levels.iter().map(pick).collect::<Vec<_>>();
    vec![
        ulong(CKA_HSS_LEVELS, levels.len() as CK_ULONG),
        mechanisms(CKA_HSS_LMS_TYPES, &list(|level| level.0)),
        mechanisms(CKA_HSS_LMOTS_TYPES, &list(|level| level.1)),
    ]
}

fn pair(user: &Session, levels: &[(CK_ULONG, CK_ULONG)]) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    ok(user.generate_pair(&mech(CKM_HSS_KEY_PAIR_GEN), &[], &types(levels)))
}

fn public(value: &[u8]) -> [Attribute; 3] {
    [class(CKO_PUBLIC_KEY), key_type(CKK_HSS), bytes(CKA_VALUE, value)]
}

fn remaining(user: &Session, key: CK_OBJECT_HANDLE) -> CK_ULONG {
    ok(user.get_ulong(key, CKA_HSS_KEYS_REMAINING))
}

/// The leaf at the bottom, of two levels with trees of height 5 and W8: the second of the signatures begins behind a signature
/// and a public key.
fn leaf(signature: &[u8]) -> (u32, u32) {
    let number = |start: usize| u32::from_be_bytes(signature[start..start + 4].try_into().unwrap());
    (number(4), number(4 + 1292 + 56))
}

#[test]
fn the_test_cases_of_the_rfc_verify() {
    let token = token();
    let user = token.user();
    let lines: Vec<_> = include_str!("../src/mech/self_test/rfc8554.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(hex)
        .collect();
    for case in lines.chunks(3) {
        let [value, message, signature] = case else { panic!("three lines a case") };
        let key = ok(user.create(&public(value)));
        assert_eq!(ok(user.get_ulong(key, CKA_HSS_LEVELS)), 2);
        ok(user.verify(&mech(CKM_HSS), key, message, signature));
        ok(user.verify_signature_init(&mech(CKM_HSS), key, signature));
        ok(user.put(f().C_VerifySignatureUpdate.unwrap(), &message[..9]));
        ok(user.put(f().C_VerifySignatureUpdate.unwrap(), &message[9..]));
        // SAFETY: a number.
        ok(result(unsafe { f().C_VerifySignatureFinal.unwrap()(user.handle) }));
        refused(user.verify(&mech(CKM_HSS), key, b"another", signature), CKR_SIGNATURE_INVALID);
        // Whatever byte is changed, types and numbers included; a type of another length changes the length.
        for index in (0..signature.len()).step_by(7).chain(0..16) {
            let mut wrong = signature.clone();
            wrong[index] ^= 1;
            let code = user.verify(&mech(CKM_HSS), key, message, &wrong).unwrap_err();
            assert!([CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE].contains(&code), "byte {index}: {code:#x}");
        }
        for length in [0, 3, 4, 100, signature.len() - 1] {
            let code = user.verify(&mech(CKM_HSS), key, message, &signature[..length]).unwrap_err();
            assert_eq!(code, CKR_SIGNATURE_LEN_RANGE, "{length} bytes");
        }
        let longer = [&signature[..], &[0]].concat();
        refused(user.verify(&mech(CKM_HSS), key, message, &longer), CKR_SIGNATURE_LEN_RANGE);
    }
}

#[test]
fn others_verify_what_is_signed() {
    let token = token();
    let user = token.user();
    for levels in [&[(H5, W8)][..], &[(H5, W1)], &[(H10, W4)], &[(H5, W8), (H5, W8)], &[(H5, W4), (H5, W8), (H5, 2)]] {
        let (public, private) = pair(&user, levels);
        let value = ok(user.get(public, CKA_VALUE));
        assert_eq!(ok(user.get_ulong(public, CKA_HSS_LMS_TYPE)), levels[0].0);
        assert_eq!(ok(user.get_ulong(public, CKA_HSS_LMOTS_TYPE)), levels[0].1);
        assert_eq!(ok(user.get(public, CKA_PUBLIC_KEY_INFO)), ok(user.get(private, CKA_PUBLIC_KEY_INFO)));
        let height: u32 = levels.iter().map(|level| if level.0 == H10 { 10 } else { 5 }).sum();
        assert_eq!(remaining(&user, private), 1 << height);
        // Over the end of the first tree at the bottom.
        for count in 0..34.min(1 << height) {
            let message = format!("message {count}");
            let signature = ok(user.sign(&mech(CKM_HSS), private, message.as_bytes()));
            assert_eq!(remaining(&user, private), (1 << height) - 1 - count);
            hbs_lms::verify::<hbs_lms::Sha256_256>(message.as_bytes(), &signature, &value).expect("another verifies");
            ok(user.verify(&mech(CKM_HSS), public, message.as_bytes(), &signature));
        }
    }
}

#[test]
fn no_leaf_signs_twice_and_the_last_is_the_last() {
    let token = token();
    let user = token.user();
    let (_, private) = pair(&user, &[(H5, W8)]);
    let mut leaves = BTreeSet::new();
    // Asking for the length, and too small a buffer, use nothing up.
    ok(user.sign_init(&mech(CKM_HSS), private));
    let mut length = 0;
    let data = b"data".as_ptr().cast_mut();
    // SAFETY: data of its length, and no buffer.
    ok(result(unsafe { f().C_Sign.unwrap()(user.handle, data, 4, std::ptr::null_mut(), &mut length) }));
    assert_eq!(length, 4 + 1292);
    let mut small = [0; 64];
    length = 64;
    // SAFETY: data and a buffer of their lengths.
    let code = unsafe { f().C_Sign.unwrap()(user.handle, data, 4, small.as_mut_ptr(), &mut length) };
    assert_eq!((code, length), (CKR_BUFFER_TOO_SMALL, 4 + 1292));
    ok(user.sign_update(b"da"));
    ok(user.sign_update(b"ta"));
    assert_eq!(remaining(&user, private), 32);
    leaves.insert(ok(user.sign_final())[4..8].to_vec());
    ok(user.message_sign_init(&mech(CKM_HSS), private));
    leaves.insert(ok(user.sign_message(&mech_bytes(CKM_HSS, &[]), b"data"))[4..8].to_vec());
    ok(user.message_sign_final());
    for _ in 0..30 {
        leaves.insert(ok(user.sign(&mech(CKM_HSS), private, b"data"))[4..8].to_vec());
    }
    assert_eq!((leaves.len(), remaining(&user, private)), (32, 0));
    refused(user.sign(&mech(CKM_HSS), private, b"data"), CKR_KEY_EXHAUSTED);
}

#[test]
fn threads_never_sign_with_the_same_leaf() {
    let token = token();
    let user = token.user();
    let (_, private) = pair(&user, &[(H5, W8), (H5, W8)]);
    let leaves: Vec<_> = std::thread::scope(|scope| {
        let work = || {
            let session = token.session();
            (0..12).map(|_| leaf(&ok(session.sign(&mech(CKM_HSS), private, b"data")))).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(leaves.into_iter().collect::<BTreeSet<_>>().len(), 48);
    assert_eq!(remaining(&user, private), (1 << 10) - 48);
}

#[test]
fn keys_that_cannot_be_are_refused() {
    let token = token();
    let user = token.user();
    let generate = |private: &[Attribute]| user.generate_pair(&mech(CKM_HSS_KEY_PAIR_GEN), &[], private);
    let with = |levels: &[(CK_ULONG, CK_ULONG)], more: Attribute| [types(levels), vec![more]].concat();
    let one = [(H5, W8)];
    refused(generate(&[]), CKR_TEMPLATE_INCOMPLETE);
    refused(generate(&types(&[])), CKR_ATTRIBUTE_VALUE_INVALID);
    refused(generate(&types(&[(H5, W8); 9])), CKR_ATTRIBUTE_VALUE_INVALID);
    // Trees that are too high to grow, of other hashes, or unknown.
    for wrong in [(8, W8), (9, W8), (10, W8), (0, W8), (H5, 0), (H5, 5), (CK_ULONG::MAX, W8)] {
        refused(generate(&types(&[wrong])), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let mut short = types(&one);
    short[0] = ulong(CKA_HSS_LEVELS, 2);
    refused(generate(&short), CKR_TEMPLATE_INCONSISTENT);
    // What would let a leaf sign twice, or the seed out.
    for wrong in [yes(CKA_EXTRACTABLE), yes(CKA_COPYABLE), no(CKA_SENSITIVE)] {
        refused(generate(&with(&one, wrong)), CKR_TEMPLATE_INCONSISTENT);
    }
    refused(generate(&with(&one, ulong(CKA_HSS_KEYS_REMAINING, 5))), CKR_ATTRIBUTE_READ_ONLY);
    let (public_key, private) = pair(&user, &one);
    refused(user.copy(private, &[]), CKR_ACTION_PROHIBITED);
    refused(user.get(private, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    refused(user.set(private, &[ulong(CKA_HSS_KEYS_REMAINING, 32)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(user.sign_init(&mech(CKM_HSS), public_key), CKR_KEY_TYPE_INCONSISTENT);
    refused(user.sign_init(&mech_bytes(CKM_HSS, &[1]), private), CKR_MECHANISM_PARAM_INVALID);
    let value = ok(user.get(public_key, CKA_VALUE));
    for wrong in [&value[1..], &[&value[..], &[0]].concat(), &[&[0, 0, 0, 9], &value[4..]].concat(), &[0; 60]] {
        refused(user.create(&public(wrong)), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}
