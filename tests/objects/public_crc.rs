//! `CKA_PUBLIC_CRC64_VALUE` (sections 4.8, 4.9 and 6.1).

use crate::common::*;
use crate::groups::*;
use crate::making::*;

/// The CRC-64 of ECMA-182, bit by bit: generator 42f0e1eba9ea3693, nothing reflected, beginning and ending with zero.
fn crc64(bytes: &[u8]) -> [u8; 8] {
    let mut sum = 0_u64;
    for byte in bytes {
        sum ^= u64::from(*byte) << 56;
        for _ in 0..8 {
            sum = if sum >> 63 == 1 { sum << 1 ^ 0x42f0_e1eb_a9ea_3693 } else { sum << 1 };
        }
    }
    sum.to_be_bytes()
}

/// The catalogue of CRC algorithms has this for nine digits.
#[test]
fn the_reference_is_the_crc_of_ecma_182() {
    assert_eq!(crc64(b"123456789"), hex("6c40df5f0b497347")[..]);
}

fn pairs(session: &Session) -> Vec<(&'static str, CK_ATTRIBUTE_TYPE, (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE))> {
    let pair = |mechanism, public: &[Attribute]| ok(session.generate_pair(&mech(mechanism), public, &[]));
    let set = |set| [ulong(CKA_PARAMETER_SET, set)];
    let group = [bytes(CKA_PRIME, hex(P_1024)), bytes(CKA_BASE, hex(G_1024))];
    let with_order = with(&group, &[bytes(CKA_SUBPRIME, hex(Q_1024))]);
    vec![
        ("RSA", CKA_MODULUS, rsa(session, &[], &[])),
        ("DSA", CKA_VALUE, pair(CKM_DSA_KEY_PAIR_GEN, &with_order)),
        ("DH", CKA_VALUE, pair(CKM_DH_PKCS_KEY_PAIR_GEN, &group)),
        ("X9.42", CKA_VALUE, pair(CKM_X9_42_DH_KEY_PAIR_GEN, &with_order)),
        ("ML-KEM", CKA_VALUE, pair(CKM_ML_KEM_KEY_PAIR_GEN, &set(CKP_ML_KEM_512))),
        ("ML-DSA", CKA_VALUE, pair(CKM_ML_DSA_KEY_PAIR_GEN, &set(CKP_ML_DSA_44))),
        ("SLH-DSA", CKA_VALUE, pair(CKM_SLH_DSA_KEY_PAIR_GEN, &set(CKP_SLH_DSA_SHA2_128F))),
    ]
}

#[test]
fn both_halves_of_a_pair_have_the_checksum_of_the_public_value() {
    let session = token().user();
    for (name, over, (public, private)) in pairs(&session) {
        let checksum = crc64(&ok(session.get(public, over)));
        for key in [public, private] {
            assert_eq!(ok(session.get(key, CKA_PUBLIC_CRC64_VALUE)), checksum, "{name}");
            assert!(session.find(&[bytes(CKA_PUBLIC_CRC64_VALUE, checksum)]).contains(&key));
            refused(session.set(key, &[bytes(CKA_PUBLIC_CRC64_VALUE, [0; 8])]), CKR_ATTRIBUTE_READ_ONLY);
            let copy = ok(session.copy(key, &[]));
            assert_eq!(ok(session.get(copy, CKA_PUBLIC_CRC64_VALUE)), checksum, "{name}");
        }
    }
}

#[test]
fn a_checksum_that_is_given_must_be_right() {
    let session = token().user();
    let (public, _) = rsa(&session, &[], &[]);
    let template = with(
        &[class(CKO_PUBLIC_KEY), key_type(CKK_RSA)],
        &copied(&session, public, &[CKA_MODULUS, CKA_PUBLIC_EXPONENT]),
    );
    let right = ok(session.get(public, CKA_PUBLIC_CRC64_VALUE));
    let mut wrong = right.clone();
    wrong[7] ^= 1;
    ok(session.create(&with(&template, &[bytes(CKA_PUBLIC_CRC64_VALUE, &right)])));
    for wrong in [&wrong[..], &right[..7], &[&right[..], &[0]].concat()] {
        let template = with(&template, &[bytes(CKA_PUBLIC_CRC64_VALUE, wrong)]);
        refused(session.create(&template), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    // Footnote 4: a generation computes it.
    let generate = |public: &[Attribute], private: &[Attribute]| {
        let public = with(&[ulong(CKA_MODULUS_BITS, 1024)], public);
        session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &public, private)
    };
    let given = [bytes(CKA_PUBLIC_CRC64_VALUE, &right)];
    refused(generate(&given, &[]), CKR_ATTRIBUTE_READ_ONLY);
    refused(generate(&[], &given), CKR_ATTRIBUTE_READ_ONLY);
}

/// The standard says "CKA_VALUE", which public keys on curves do not have.
#[test]
fn keys_on_curves_have_no_checksum() {
    let session = token().user();
    let (public, private) = ec(&session, &[]);
    for key in [public, private] {
        refused(session.get(key, CKA_PUBLIC_CRC64_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
    }
}
