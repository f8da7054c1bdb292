//! RSA keys through the C interface: importing, generating, what the attributes say and what is refused.

mod common;
mod rsa_keys;

use common::*;
use rsa_keys::*;

const LARGEST_EXPONENT: [u8; 5] = [1, 0xff, 0xff, 0xff, 0xff];

fn generate(
    session: &Session,
    bits: CK_ULONG,
    exponent: Option<&[u8]>,
) -> Result<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE), CK_RV> {
    let mut public = vec![ulong(CKA_MODULUS_BITS, bits)];
    public.extend(exponent.map(|exponent| bytes(CKA_PUBLIC_EXPONENT, exponent)));
    session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &public, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)])
}

#[test]
fn an_imported_key_has_every_number_in_the_standards_form() {
    let token = token();
    let session = token.user();
    for key in [RSA_1024, RSA_1025, RSA_2048] {
        let (public, private) = key.import(&session);
        let numbers = SECRET_NUMBERS.into_iter().zip([key.d, key.p, key.q, key.dp, key.dq, key.qinv]);
        for (attribute, number) in numbers.chain([(CKA_MODULUS, key.n), (CKA_PUBLIC_EXPONENT, key.e)]) {
            assert_eq!(ok(session.get(private, attribute)), hex(number), "{attribute:x}");
        }
        assert_eq!(ok(session.get(public, CKA_MODULUS)), hex(key.n));
        assert_eq!(ok(session.get(public, CKA_PUBLIC_EXPONENT)), [1, 0, 1]);
        let info = ok(session.get(public, CKA_PUBLIC_KEY_INFO));
        assert_eq!(ok(session.get(private, CKA_PUBLIC_KEY_INFO)), info);
    }
    for (key, bits) in [(RSA_1024, 1024), (RSA_1025, 1025), (RSA_2048, 2048)] {
        let (public, _) = key.import(&session);
        assert_eq!(ok(session.get_ulong(public, CKA_MODULUS_BITS)), bits);
    }
}

#[test]
fn zeros_in_front_of_a_number_are_dropped() {
    let token = token();
    let session = token.user();
    let padded = |number: &str| [vec![0; 3], hex(number)].concat();
    let template = with(&RSA_1024.public(), bytes(CKA_MODULUS, padded(RSA_1024.n)));
    let public = ok(session.create(&with(&template, bytes(CKA_PUBLIC_EXPONENT, [0, 1, 0, 1]))));
    assert_eq!(ok(session.get(public, CKA_MODULUS)), hex(RSA_1024.n));
    assert_eq!(ok(session.get(public, CKA_PUBLIC_EXPONENT)), [1, 0, 1]);
    let private = ok(session.create(&with(&RSA_1024.private(), bytes(CKA_PRIME_1, padded(RSA_1024.p)))));
    assert_eq!(ok(session.get(private, CKA_PRIME_1)), hex(RSA_1024.p));
}

#[test]
fn a_key_of_modulus_and_exponents_only_is_made_complete() {
    let token = token();
    let session = token.user();
    for key in [RSA_1024, RSA_1025, RSA_2048] {
        let private = ok(session.create(&key.least()));
        // Which of the primes is the first is ours to choose.
        let (p, q) = (ok(session.get(private, CKA_PRIME_1)), ok(session.get(private, CKA_PRIME_2)));
        assert!((p == hex(key.p) && q == hex(key.q)) || (p == hex(key.q) && q == hex(key.p)));
        assert!(!ok(session.get(private, CKA_COEFFICIENT)).is_empty());
        let (public, _) = key.import(&session);
        let signature = ok(session.sign(&mech(CKM_SHA256_RSA_PKCS), private, b"data"));
        ok(session.verify(&mech(CKM_SHA256_RSA_PKCS), public, b"data", &signature));
    }
}

#[test]
fn an_empty_number_counts_as_absent() {
    let token = token();
    let session = token.user();
    let empty = SECRET_NUMBERS[1..].iter().map(|attribute| bytes(*attribute, []));
    let template: Vec<_> = RSA_1024.least().into_iter().chain(empty).collect();
    let private = ok(session.create(&template));
    assert_eq!(ok(session.get(private, CKA_PRIME_1)).len(), 64);
}

#[test]
fn a_missing_number_makes_a_template_incomplete() {
    let token = token();
    let session = token.user();
    for attribute in [CKA_MODULUS, CKA_PUBLIC_EXPONENT] {
        refused(session.create(&without(&RSA_1024.public(), attribute)), CKR_TEMPLATE_INCOMPLETE);
        refused(session.create(&without(&RSA_1024.private(), attribute)), CKR_TEMPLATE_INCOMPLETE);
        refused(session.create(&with(&RSA_1024.public(), bytes(attribute, [0]))), CKR_TEMPLATE_INCOMPLETE);
    }
    for attribute in [CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2] {
        refused(session.create(&without(&RSA_1024.private(), attribute)), CKR_TEMPLATE_INCOMPLETE);
    }
    // The primes cannot be found when the public exponent is small.
    refused(session.create(&with(&RSA_1024.least(), bytes(CKA_PUBLIC_EXPONENT, [3]))), CKR_TEMPLATE_INCOMPLETE);
    for attribute in [CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT] {
        ok(session.create(&without(&RSA_1024.private(), attribute)));
    }
}

#[test]
fn numbers_that_do_not_belong_together_are_refused() {
    let token = token();
    let session = token.user();
    for attribute in SECRET_NUMBERS {
        for (from, digits) in [(RSA_1024, None), (RSA_1025, Some(()))] {
            let value = match digits {
                // One bit off, somewhere in the middle.
                None => {
                    let index = SECRET_NUMBERS.iter().position(|other| *other == attribute).unwrap();
                    let mut value = hex([from.d, from.p, from.q, from.dp, from.dq, from.qinv][index]);
                    value[20] ^= 4;
                    value
                }
                // Another key's.
                Some(()) => hex(from.p),
            };
            let template = with(&RSA_1024.private(), bytes(attribute, value));
            refused(session.create(&template), CKR_TEMPLATE_INCONSISTENT);
        }
        for value in [vec![1], vec![2], vec![0xff; 128], vec![0xff; 129], vec![0xff; 100_000]] {
            refused(session.create(&with(&RSA_1024.private(), bytes(attribute, value))), CKR_TEMPLATE_INCONSISTENT);
        }
    }
    for d in [vec![1], vec![2], vec![0xff; 128], hex(RSA_1024.p), hex(RSA_1024.n)] {
        let template = with(&RSA_1024.least(), bytes(CKA_PRIVATE_EXPONENT, d));
        refused(session.create(&template), CKR_TEMPLATE_INCONSISTENT);
    }
    // n = n · 1.
    let template = with(&RSA_1024.private(), bytes(CKA_PRIME_1, hex(RSA_1024.n)));
    refused(session.create(&with(&template, bytes(CKA_PRIME_2, [1]))), CKR_TEMPLATE_INCONSISTENT);
    // The private exponent plus the modulus: too long, though it would do.
    refused(session.create(&with(&RSA_1024.private(), bytes(CKA_MODULUS, hex(RSA_2048.n)))), CKR_TEMPLATE_INCONSISTENT);
}

/// d·e ≡ 1 modulo p - 1 and q - 1, but p is a product: only trying the key shows it.
#[test]
fn composite_factors_are_refused() {
    let token = token();
    let session = token.user();
    let key = COMPOSITE_1024;
    let template: Vec<_> = [
        (CKA_MODULUS, key.n),
        (CKA_PUBLIC_EXPONENT, key.e),
        (CKA_PRIVATE_EXPONENT, key.d),
        (CKA_PRIME_1, key.p),
        (CKA_PRIME_2, key.q),
    ]
    .map(|(attribute, number)| bytes(attribute, hex(number)))
    .into_iter()
    .chain([class(CKO_PRIVATE_KEY), key_type(CKK_RSA)])
    .collect();
    refused(session.create(&template), CKR_TEMPLATE_INCONSISTENT);
}

#[test]
fn a_modulus_of_a_wrong_size_or_parity_is_refused() {
    let token = token();
    let session = token.user();
    let of = |template: &[Attribute], modulus: Vec<u8>| session.create(&with(template, bytes(CKA_MODULUS, modulus)));
    let odd = |bits: usize| {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        modulus[0] = 0xff >> (modulus.len() * 8 - bits);
        modulus
    };
    let even = |bits| odd(bits).into_iter().rev().skip(1).rev().chain([0xfe]).collect::<Vec<_>>();
    for template in [RSA_1024.public(), RSA_1024.private(), RSA_1024.least()] {
        for modulus in [vec![1], vec![3], odd(512), odd(1023), odd(8193), odd(16384), odd(8_000_000), even(2048)] {
            refused(of(&template, modulus), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
    for bits in [1024, 1025, 8191, 8192] {
        let key = ok(of(&RSA_1024.public(), odd(bits)));
        assert_eq!(ok(session.get_ulong(key, CKA_MODULUS_BITS)), bits as CK_ULONG);
    }
    // Its length follows from the modulus, and cannot be given.
    let template = with(&RSA_1024.public(), ulong(CKA_MODULUS_BITS, 1024));
    refused(session.create(&template), CKR_ATTRIBUTE_READ_ONLY);
}

/// Finding primes that are not there, under the largest modulus and exponents.
#[test]
fn nonsense_of_the_largest_size_is_refused_in_good_time() {
    let token = token();
    let session = token.user();
    let start = std::time::Instant::now();
    for d in [vec![1], vec![0xa5; 512], vec![0xa5; 1024], vec![0xff; 1024]] {
        for e in [&[1, 0, 1], &LARGEST_EXPONENT[..]] {
            let template = with(&RSA_1024.least(), bytes(CKA_MODULUS, [0xff; 1024]));
            let template = with(&template, bytes(CKA_PUBLIC_EXPONENT, e));
            let template = with(&template, bytes(CKA_PRIVATE_EXPONENT, &d));
            refused(session.create(&template), CKR_TEMPLATE_INCONSISTENT);
            let primes = [bytes(CKA_PRIME_1, [0xff; 512]), bytes(CKA_PRIME_2, [0xfd; 512])];
            refused(session.create(&[&template[..], &primes].concat()), CKR_TEMPLATE_INCONSISTENT);
        }
    }
    let each = start.elapsed() / 16;
    println!("{each:?} each");
    assert!(each.as_secs() < 2);
}

#[test]
fn a_public_exponent_out_of_range_is_refused() {
    let token = token();
    let session = token.user();
    for template in [RSA_1024.public(), RSA_1024.private(), RSA_1024.least()] {
        for exponent in [vec![1], vec![2], vec![4], vec![1, 0, 0], vec![2, 0, 0, 0, 1], vec![0xff; 9], vec![0xff; 4096]]
        {
            let template = with(&template, bytes(CKA_PUBLIC_EXPONENT, exponent));
            refused(session.create(&template), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
    for exponent in [&[3][..], &[1, 0, 1], &LARGEST_EXPONENT] {
        ok(session.create(&with(&RSA_1024.public(), bytes(CKA_PUBLIC_EXPONENT, exponent))));
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn a_generated_pair_is_what_was_asked_for() {
    let token = token();
    let session = token.user();
    for (bits, exponent) in [(1024, None), (1024, Some(&[3][..])), (1031, Some(&[1, 0, 1])), (2048, Some(&[0, 3]))] {
        let (public, private) = ok(generate(&session, bits, exponent));
        let modulus = ok(session.get(public, CKA_MODULUS));
        assert_eq!(modulus.len() as CK_ULONG * 8 - CK_ULONG::from(modulus[0].leading_zeros()), bits);
        assert_eq!(ok(session.get_ulong(public, CKA_MODULUS_BITS)), bits);
        let expected = if exponent.is_some_and(|exponent| exponent.ends_with(&[3])) { vec![3] } else { vec![1, 0, 1] };
        for key in [public, private] {
            assert_eq!(ok(session.get(key, CKA_MODULUS)), modulus);
            assert_eq!(ok(session.get(key, CKA_PUBLIC_EXPONENT)), expected);
            assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_RSA);
            assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CKM_RSA_PKCS_KEY_PAIR_GEN);
            assert!(ok(session.get_bool(key, CKA_LOCAL)));
        }
        // Other people's arithmetic agrees that the numbers make a key.
        let numbers: Vec<_> = SECRET_NUMBERS.iter().map(|number| ok(session.get(private, *number))).collect();
        let folder = Folder::new();
        folder.put("key.der", &private_der(&modulus, &expected, &numbers));
        assert_eq!(
            folder.openssl(&["rsa", "-inform", "DER", "-in", "key.der", "-check", "-noout"]).trim(),
            "RSA key ok"
        );
        folder.put_public(&session, public);
        let signature = ok(session.sign(&mech(CKM_SHA256_RSA_PKCS), private, b"data"));
        ok(session.verify(&mech(CKM_SHA256_RSA_PKCS), public, b"data", &signature));
    }
    let keys: Vec<_> = (0..2).map(|_| ok(generate(&session, 1024, None)).0).collect();
    assert_ne!(ok(session.get(keys[0], CKA_MODULUS)), ok(session.get(keys[1], CKA_MODULUS)));
}

#[test]
fn a_pair_that_cannot_be_is_not_generated() {
    let token = token();
    let session = token.user();
    for bits in [0, 1, 512, 1023, 8193, 1 << 20, 1 << 40, CK_ULONG::MAX] {
        refused(generate(&session, bits, None), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    // The standard's section on generation names this code.
    for exponent in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[0xff; 9], &[0xff; 1000]] {
        refused(generate(&session, 1024, Some(exponent)), CKR_TEMPLATE_INCONSISTENT);
    }
    let mechanism = mech(CKM_RSA_PKCS_KEY_PAIR_GEN);
    refused(session.generate_pair(&mechanism, &[], &[]), CKR_TEMPLATE_INCOMPLETE);
    let public = [ulong(CKA_MODULUS_BITS, 1024)];
    refused(session.generate_pair(&mechanism, &public, &[key_type(CKK_EC)]), CKR_TEMPLATE_INCONSISTENT);
    let with_parameter = mech_bytes(CKM_RSA_PKCS_KEY_PAIR_GEN, &[0; 8]);
    refused(session.generate_pair(&with_parameter, &public, &[]), CKR_MECHANISM_PARAM_INVALID);
    refused(session.generate(&mechanism, &[]), CKR_MECHANISM_INVALID);
}

#[test]
fn mechanism_info_says_what_the_mechanisms_do() {
    let token = token();
    token.session();
    let crypt = CKF_ENCRYPT | CKF_DECRYPT | CKF_WRAP | CKF_UNWRAP | CKF_ENCAPSULATE | CKF_DECAPSULATE;
    let recovers = CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER;
    let rows = [
        (CKM_RSA_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR),
        (CKM_RSA_PKCS, crypt | SIGNS | recovers),
        (CKM_RSA_X_509, crypt | SIGNS | recovers),
        (CKM_RSA_PKCS_OAEP, crypt),
        (CKM_RSA_PKCS_PSS, SIGNS),
        (CKM_MD5_RSA_PKCS, SIGNS_IN_PARTS),
        (CKM_SHA256_RSA_PKCS, SIGNS_IN_PARTS),
        (CKM_SHA3_512_RSA_PKCS_PSS, SIGNS_IN_PARTS),
    ];
    for (mechanism, flags) in rows {
        let mut info = CK_MECHANISM_INFO::default();
        // SAFETY: a place for the structure.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, mechanism, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (1024, 8192, flags), "{mechanism:x}");
    }
}
