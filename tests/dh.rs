//! Diffie-Hellman of PKCS #3 and X9.42, through the C interface.

mod common;
mod curves;
mod groups;

use common::*;
#[cfg(feature = "clients")]
use curves::Files;
use groups::*;
use std::ptr;

fn pkcs3(p: &[u8], g: &[u8]) -> Vec<Attribute> {
    vec![bytes(CKA_PRIME, p), bytes(CKA_BASE, g)]
}

fn x942(p: &[u8], q: &[u8], g: &[u8]) -> Vec<Attribute> {
    [pkcs3(p, g), vec![bytes(CKA_SUBPRIME, q)]].concat()
}

/// The first group of RFC 5114.
fn small() -> Vec<Attribute> {
    x942(&hex(P_1024), &hex(Q_1024), &hex(G_1024))
}

/// (p-1)/2.
fn half(p: &str) -> Vec<u8> {
    let p = hex(p);
    let shifted = p.iter().scan(0u8, |carry, byte| {
        let shifted = *carry << 7 | byte >> 1;
        *carry = byte & 1;
        Some(shifted)
    });
    shifted.collect()
}

fn open() -> [Attribute; 2] {
    [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

fn key(
    s: &Session,
    object: CK_OBJECT_CLASS,
    kind: CK_KEY_TYPE,
    rest: &[Attribute],
    value: &[u8],
) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    let own = [class(object), key_type(kind), bytes(CKA_VALUE, value)];
    s.create(&[&own[..], rest].concat())
}

fn pair(s: &Session, generator: CK_MECHANISM_TYPE, parameters: &[Attribute]) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    ok(s.generate_pair(&mech(generator), parameters, &open()))
}

/// CKM_X9_42_DH_DERIVE; it points into the slices.
fn x942_derive(kdf: CK_X9_42_DH_KDF_TYPE, other: &[u8], public: &[u8]) -> Mech {
    let start = |bytes: &[u8]| if bytes.is_empty() { ptr::null_mut() } else { bytes.as_ptr().cast_mut() };
    let params = CK_X9_42_DH1_DERIVE_PARAMS {
        kdf,
        ulOtherInfoLen: other.len() as CK_ULONG,
        pOtherInfo: start(other),
        ulPublicDataLen: public.len() as CK_ULONG,
        pPublicData: start(public),
    };
    mech_params(CKM_X9_42_DH_DERIVE, &params)
}

fn derived(s: &Session, m: &Mech, base: CK_OBJECT_HANDLE, length: Option<usize>) -> Result<Vec<u8>, CK_RV> {
    let mut template = open().to_vec();
    template.extend(length.map(|length| ulong(CKA_VALUE_LEN, length as CK_ULONG)));
    let key = s.derive(m, base, &template)?;
    Ok(ok(s.get(key, CKA_VALUE)))
}

#[test]
fn rfc_5114_secret_comes_out() {
    let s = token().user();
    let rest = [&small()[..], &open()].concat();
    let plain = [&pkcs3(&hex(P_1024), &hex(G_1024))[..], &open()].concat();
    for (x, y, other) in [(X_A, Y_A, Y_B), (X_B, Y_B, Y_A)] {
        let private = ok(key(&s, CKO_PRIVATE_KEY, CKK_X9_42_DH, &rest, &hex(x)));
        let public = ok(key(&s, CKO_PUBLIC_KEY, CKK_X9_42_DH, &small(), &hex(y)));
        assert_eq!(ok(s.get(public, CKA_PUBLIC_KEY_INFO)), ok(s.get(private, CKA_PUBLIC_KEY_INFO)));
        let peer = hex(other);
        let m = x942_derive(CKD_NULL, &[], &peer);
        assert_eq!(ok(derived(&s, &m, private, None)), hex(Z));
        // "The truncation removes bytes from the leading end."
        assert_eq!(ok(derived(&s, &m, private, Some(24))), hex(Z)[104..]);

        let private = ok(key(&s, CKO_PRIVATE_KEY, CKK_DH, &plain, &hex(x)));
        let m = mech_bytes(CKM_DH_PKCS_DERIVE, &hex(other));
        assert_eq!(ok(derived(&s, &m, private, None)), hex(Z));
        assert_eq!(ok(derived(&s, &m, private, Some(16))), hex(Z)[112..]);
        assert_eq!(ok(s.get_ulong(private, CKA_VALUE_BITS)), 160);
        for length in [0, 129] {
            refused(derived(&s, &m, private, Some(length)), CKR_KEY_SIZE_RANGE);
        }
        let aes = [key_type(CKK_AES), ulong(CKA_VALUE_LEN, 32), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        let aes = ok(s.derive(&m, private, &aes));
        assert_eq!(ok(s.get(aes, CKA_VALUE)), hex(Z)[96..]);
    }
}

#[test]
fn both_sides_agree_in_every_group() {
    let s = token().user();
    let [ffdhe, modp] = [FFDHE2048, MODP1536].map(|p| (p, hex(p)));
    for (parameters, bits) in
        [(pkcs3(&ffdhe.1, &[2]), 256), (pkcs3(&modp.1, &[2]), 256), (pkcs3(&hex(P_1024), &hex(G_1024)), 1023)]
    {
        let (public, private) = pair(&s, CKM_DH_PKCS_KEY_PAIR_GEN, &parameters);
        let (other_public, other) = pair(&s, CKM_DH_PKCS_KEY_PAIR_GEN, &parameters);
        assert_eq!(ok(s.get_ulong(private, CKA_VALUE_BITS)), bits);
        for key in [public, private] {
            assert_eq!(ok(s.get_ulong(key, CKA_KEY_TYPE)), CKK_DH);
            assert_eq!(ok(s.get(key, CKA_PRIME)), ok(s.get(other, CKA_PRIME)));
        }
        assert_eq!(ok(s.get(public, CKA_PUBLIC_KEY_INFO)), ok(s.get(private, CKA_PUBLIC_KEY_INFO)));
        let [one, two] = [public, other_public].map(|key| mech_bytes(CKM_DH_PKCS_DERIVE, &ok(s.get(key, CKA_VALUE))));
        let secret = ok(derived(&s, &two, private, None));
        assert_eq!(secret.len(), ok(s.get(public, CKA_PRIME)).len());
        assert_eq!(secret, ok(derived(&s, &one, other, None)));
    }
    for parameters in [small(), x942(&ffdhe.1, &half(ffdhe.0), &[2])] {
        let (public, private) = pair(&s, CKM_X9_42_DH_KEY_PAIR_GEN, &parameters);
        let (other_public, other) = pair(&s, CKM_X9_42_DH_KEY_PAIR_GEN, &parameters);
        let [one, two] = [public, other_public].map(|key| ok(s.get(key, CKA_VALUE)));
        let secret = ok(derived(&s, &x942_derive(CKD_NULL, &[], &two), private, None));
        assert_eq!(secret, ok(derived(&s, &x942_derive(CKD_NULL, &[], &one), other, None)));
        assert_eq!(ok(s.get(private, CKA_SUBPRIME)), ok(s.get(public, CKA_SUBPRIME)));
    }
}

#[test]
fn private_values_are_as_long_as_asked_for() {
    let s = token().user();
    let parameters = pkcs3(&hex(FFDHE2048), &[2]);
    let generate = |bits: CK_ULONG| {
        let private = [&open()[..], &[ulong(CKA_VALUE_BITS, bits)]].concat();
        s.generate_pair(&mech(CKM_DH_PKCS_KEY_PAIR_GEN), &parameters, &private)
    };
    for bits in [160, 161, 167, 168, 225, 2047] {
        let (_, private) = ok(generate(bits));
        let value = ok(s.get(private, CKA_VALUE));
        assert_eq!(value.len() as CK_ULONG * 8 - CK_ULONG::from(value[0].leading_zeros()), bits);
        assert_eq!(ok(s.get_ulong(private, CKA_VALUE_BITS)), bits);
    }
    for bits in [0, 1, 159, 2048, CK_ULONG::MAX] {
        refused(generate(bits), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let rest = [&parameters[..], &[ulong(CKA_VALUE_BITS, 160)]].concat();
    refused(key(&s, CKO_PRIVATE_KEY, CKK_DH, &rest, &[7; 20]), CKR_ATTRIBUTE_READ_ONLY);
}

#[test]
fn bad_parameters_and_values_are_refused() {
    let s = token().user();
    let (p, q, g) = (hex(P_1024), hex(Q_1024), hex(G_1024));
    let changed = |number: &[u8], place: usize| {
        let mut number = number.to_vec();
        let place = number.len() - place;
        number[place] ^= 2;
        number
    };
    let ffdhe = hex(FFDHE2048);
    for (kind, generator, wrong) in [
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&changed(&p, 1), &g)),
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&changed(&ffdhe, 30), &[2])),
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&p, &[1])),
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&p, &p)),
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&[0xff; 64], &[2])),
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&[0xff; 1025], &[2])),
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&[0xfe; 256], &[2])),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, x942(&changed(&p, 1), &q, &g)),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, x942(&p, &changed(&q, 1), &g)),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, x942(&p, &q, &changed(&g, 1))),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, x942(&p, &q, &[2])),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, x942(&p, &[3], &g)),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, x942(&ffdhe, &q, &[2])),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, x942(&ffdhe, &half(FFDHE2048), &[11])), // no square
    ] {
        refused(key(&s, CKO_PUBLIC_KEY, kind, &wrong, &[9]), CKR_DOMAIN_PARAMS_INVALID);
        refused(key(&s, CKO_PRIVATE_KEY, kind, &wrong, &[9]), CKR_DOMAIN_PARAMS_INVALID);
        refused(s.generate_pair(&mech(generator), &wrong, &[]), CKR_DOMAIN_PARAMS_INVALID);
        let object = [class(CKO_DOMAIN_PARAMETERS), key_type(kind)];
        refused(s.create(&[&object[..], &wrong].concat()), CKR_DOMAIN_PARAMS_INVALID);
    }
    let mut minus_one = p.clone();
    minus_one[127] -= 1;
    let plain = pkcs3(&p, &g);
    for wrong in [vec![0], vec![1], minus_one, p.clone(), vec![0xff; 2000]] {
        refused(key(&s, CKO_PUBLIC_KEY, CKK_DH, &plain, &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(key(&s, CKO_PUBLIC_KEY, CKK_X9_42_DH, &small(), &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
        let (_, private) = pair(&s, CKM_DH_PKCS_KEY_PAIR_GEN, &plain);
        let m = mech_bytes(CKM_DH_PKCS_DERIVE, &wrong);
        refused(derived(&s, &m, private, None), CKR_MECHANISM_PARAM_INVALID);
        let (_, private) = pair(&s, CKM_X9_42_DH_KEY_PAIR_GEN, &small());
        refused(derived(&s, &x942_derive(CKD_NULL, &[], &wrong), private, None), CKR_MECHANISM_PARAM_INVALID);
    }
    // Not in the subgroup.
    refused(key(&s, CKO_PUBLIC_KEY, CKK_X9_42_DH, &small(), &[2]), CKR_ATTRIBUTE_VALUE_INVALID);
    let (_, private) = pair(&s, CKM_X9_42_DH_KEY_PAIR_GEN, &small());
    refused(derived(&s, &x942_derive(CKD_NULL, &[], &[2]), private, None), CKR_MECHANISM_PARAM_INVALID);
    for wrong in [p.clone(), vec![0xff; 128], vec![0xff; 2000]] {
        refused(key(&s, CKO_PRIVATE_KEY, CKK_DH, &plain, &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(key(&s, CKO_PRIVATE_KEY, CKK_X9_42_DH, &small(), &q), CKR_ATTRIBUTE_VALUE_INVALID);
}

#[test]
fn mechanism_parameters_that_do_not_fit_are_refused() {
    let s = token().user();
    let invalid = CKR_MECHANISM_PARAM_INVALID;
    let (_, private) = pair(&s, CKM_DH_PKCS_KEY_PAIR_GEN, &pkcs3(&hex(FFDHE2048), &[2]));
    refused(derived(&s, &mech(CKM_DH_PKCS_DERIVE), private, None), invalid);
    let (_, other) = pair(&s, CKM_X9_42_DH_KEY_PAIR_GEN, &small());
    let y = hex(Y_A);
    for (kdf, info) in [
        (CKD_NULL, &b"info"[..]),
        (CKD_SHA1_KDF_ASN1, b""),
        (CKD_SHA1_KDF_ASN1, b"no DER"),
        (CKD_SHA1_KDF, b""),
        (CKD_SHA256_KDF, b""),
        (0, b""),
        (CK_ULONG::MAX, b""),
    ] {
        refused(derived(&s, &x942_derive(kdf, info, &y), other, Some(16)), invalid);
    }
    refused(derived(&s, &mech(CKM_X9_42_DH_DERIVE), other, None), invalid);
    refused(derived(&s, &mech_bytes(CKM_X9_42_DH_DERIVE, &[0; 39]), other, None), invalid);
    refused(derived(&s, &mech_bytes(CKM_X9_42_DH_DERIVE, &y), other, None), invalid);
    // Keys of the other kind.
    refused(derived(&s, &mech_bytes(CKM_DH_PKCS_DERIVE, &y), other, None), CKR_KEY_TYPE_INCONSISTENT);
    refused(derived(&s, &x942_derive(CKD_NULL, &[], &y), private, None), CKR_KEY_TYPE_INCONSISTENT);
    let (public, closed) = ok(s.generate_pair(&mech(CKM_X9_42_DH_KEY_PAIR_GEN), &small(), &[no(CKA_DERIVE)]));
    refused(derived(&s, &x942_derive(CKD_NULL, &[], &y), closed, None), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(derived(&s, &x942_derive(CKD_NULL, &[], &y), public, None), CKR_KEY_TYPE_INCONSISTENT);
    refused(s.generate_pair(&mech_bytes(CKM_DH_PKCS_KEY_PAIR_GEN, &[1]), &small()[..2], &[]), invalid);
}

/// The functions of X9.42 over the secret of RFC 5114, done by hand with the token's SHA-1.
#[test]
fn x942_keys_are_hashes_of_the_secret() {
    let s = token().user();
    let rest = [&small()[..], &open()].concat();
    let private = ok(key(&s, CKO_PRIVATE_KEY, CKK_X9_42_DH, &rest, &hex(X_A)));
    let y = hex(Y_B);
    let sha1 = |parts: &[&[u8]]| ok(s.digest_parts(&mech(CKM_SHA_1), parts));
    let z = hex(Z);
    for info in [&b""[..], b"other info"] {
        let m = x942_derive(CKD_SHA1_KDF_CONCATENATE, info, &y);
        let whole: Vec<u8> =
            [[0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 0, 3]].iter().flat_map(|n| sha1(&[&z, n, info])).collect();
        for length in [1, 20, 21, 60] {
            assert_eq!(ok(derived(&s, &m, private, Some(length))), whole[..length]);
        }
        refused(derived(&s, &m, private, None), CKR_TEMPLATE_INCOMPLETE);
        for length in [0, 65_537, usize::MAX] {
            refused(derived(&s, &m, private, Some(length)), CKR_KEY_SIZE_RANGE);
        }
    }
    let info = |counter: u8| hex(&format!("301d3013060b2a864886f70d01091003060404000000{counter:02x}a2060404000000c0"));
    let m_info = info(1);
    let m = x942_derive(CKD_SHA1_KDF_ASN1, &m_info, &y);
    let whole: Vec<u8> = [1, 2, 3].iter().flat_map(|n| sha1(&[&z, &info(*n)])).collect();
    for length in [1, 20, 24, 60] {
        assert_eq!(ok(derived(&s, &m, private, Some(length))), whole[..length]);
    }
}

#[test]
fn domain_parameters_are_objects_and_are_generated() {
    let s = token().user();
    let object = [class(CKO_DOMAIN_PARAMETERS), key_type(CKK_DH)];
    let domain = ok(s.create(&[&object[..], &pkcs3(&hex(MODP1536), &[2])].concat()));
    assert_eq!(ok(s.get_ulong(domain, CKA_PRIME_BITS)), 1536);
    let object = [class(CKO_DOMAIN_PARAMETERS), key_type(CKK_X9_42_DH)];
    let domain = ok(s.create(&[&object[..], &small()].concat()));
    assert_eq!((ok(s.get_ulong(domain, CKA_PRIME_BITS)), ok(s.get_ulong(domain, CKA_SUBPRIME_BITS))), (1024, 160));
    assert!(!ok(s.get_bool(domain, CKA_LOCAL)));

    let generate = |bits| s.generate(&mech(CKM_DH_PKCS_PARAMETER_GEN), &[ulong(CKA_PRIME_BITS, bits)]);
    for bits in [2048, 3072, 4096, 6144, 8192] {
        let domain = ok(generate(bits));
        assert_eq!(ok(s.get_ulong(domain, CKA_CLASS)), CKO_DOMAIN_PARAMETERS);
        assert_eq!(ok(s.get_ulong(domain, CKA_PRIME_BITS)), bits);
        assert_eq!(ok(s.get(domain, CKA_BASE)), [2]);
        let p = ok(s.get(domain, CKA_PRIME));
        assert_eq!(p.len() as CK_ULONG * 8, bits);
        assert!(bits != 2048 || p == hex(FFDHE2048));
    }
    // A size without a group of its own: a fresh safe prime.
    let fresh = ok(generate(1024));
    assert!(ok(s.get_bool(fresh, CKA_LOCAL)));
    let (p, g) = (ok(s.get(fresh, CKA_PRIME)), ok(s.get(fresh, CKA_BASE)));
    assert_eq!(ok(s.get_ulong(fresh, CKA_PRIME_BITS)), 1024);
    let digits: String = p.iter().map(|byte| format!("{byte:02x}")).collect();
    // That (p-1)/2 is prime and the order of g shows when it is taken for the order of a group of X9.42.
    pair(&s, CKM_X9_42_DH_KEY_PAIR_GEN, &x942(&p, &half(&digits), &g));
    pair(&s, CKM_DH_PKCS_KEY_PAIR_GEN, &pkcs3(&p, &g));
    for bits in [0, 1023, 2049, 8193, CK_ULONG::MAX] {
        refused(generate(bits), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(s.generate(&mech(CKM_DH_PKCS_PARAMETER_GEN), &[]), CKR_TEMPLATE_INCOMPLETE);
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_agrees_and_reads_the_keys() {
    let s = token().user();
    for (kind, generator, parameters, make) in [
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&hex(FFDHE2048), &[2]), "-algorithm DH -pkeyopt group:ffdhe2048"),
        (CKK_DH, CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&hex(MODP1536), &[2]), "-algorithm DH -pkeyopt group:modp_1536"),
        (CKK_X9_42_DH, CKM_X9_42_DH_KEY_PAIR_GEN, small(), "-algorithm DHX -pkeyopt dh_rfc5114:1"),
        (
            CKK_X9_42_DH,
            CKM_X9_42_DH_KEY_PAIR_GEN,
            x942(&hex(P_2048), &hex(Q_2048), &hex(G_2048)),
            "-algorithm DHX -pkeyopt dh_rfc5114:3",
        ),
    ] {
        let files = Files::new();
        files.openssl_must(&format!("genpkey {make} -out theirs.pem"));
        let (public, private) = pair(&s, generator, &parameters);
        files.write("ours.der", &ok(s.get(public, CKA_PUBLIC_KEY_INFO)));
        files.openssl_must("pkey -pubin -inform DER -in ours.der -pubout -out ours.pem");
        // PKCS #3 makes it as long as the prime; openssl leaves out zeros in front.
        let secret = files.openssl_must("pkeyutl -derive -inkey theirs.pem -peerkey ours.pem");
        let secret = [vec![0; ok(s.get(public, CKA_PRIME)).len() - secret.len()], secret].concat();

        // Their key comes in by its PKCS#8 form.
        let aes = ok(s.create(&[class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [7; 32])]));
        let m = mech_bytes(CKM_AES_CBC_PAD, &[0; 16]);
        files.openssl_must("pkcs8 -topk8 -nocrypt -in theirs.pem -outform DER -out theirs.der");
        let wrapped = ok(s.encrypt(&m, aes, &files.read("theirs.der")));
        let template = [&[class(CKO_PRIVATE_KEY), key_type(kind)][..], &open()].concat();
        let theirs = ok(s.unwrap(&m, aes, &wrapped, &template));
        let derive = |y: &[u8]| match kind {
            CKK_DH => mech_bytes(CKM_DH_PKCS_DERIVE, y),
            _ => x942_derive(CKD_NULL, &[], y),
        };
        let ours = ok(s.get(public, CKA_VALUE));
        assert_eq!(ok(derived(&s, &derive(&ours), theirs, None)), secret);

        // And ours goes out by it.
        let pkcs8 = ok(s.decrypt(&m, aes, &ok(s.wrap(&m, aes, private))));
        files.write("key.der", &pkcs8);
        let info = files.openssl_must("pkey -inform DER -in key.der -pubout -outform DER");
        assert_eq!(info, ok(s.get(public, CKA_PUBLIC_KEY_INFO)));
        refused(s.unwrap(&m, aes, &wrapped, &[class(CKO_PRIVATE_KEY), key_type(CKK_RSA)]), CKR_WRAPPED_KEY_INVALID);
    }
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    let kem = CKF_DERIVE | CKF_ENCAPSULATE | CKF_DECAPSULATE;
    for (kind, flags) in [
        (CKM_DH_PKCS_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR),
        (CKM_DH_PKCS_PARAMETER_GEN, CKF_GENERATE),
        (CKM_DH_PKCS_DERIVE, kem),
        (CKM_X9_42_DH_KEY_PAIR_GEN, CKF_GENERATE_KEY_PAIR),
        (CKM_X9_42_DH_DERIVE, kem),
    ] {
        let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
        // SAFETY: a place for the information.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (1024, 8192, flags));
    }
}

/// A mechanism with a peer's public value.
type By<'a> = &'a dyn Fn(&[u8]) -> Mech;

#[test]
fn an_encapsulated_key_is_one_derived_with_the_ciphertext() {
    let s = token().user();
    let with_length = |length| [&open()[..], &[ulong(CKA_VALUE_LEN, length)]].concat();
    let pkcs3_by = |peer: &[u8]| mech_bytes(CKM_DH_PKCS_DERIVE, peer);
    let x942_by = |peer: &[u8]| x942_derive(CKD_NULL, &[], peer);
    let hashed_by = |peer: &[u8]| x942_derive(CKD_SHA1_KDF_CONCATENATE, b"info", peer);
    let cases: [(_, _, By, _); 5] = [
        (CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&hex(FFDHE2048), &[2]), &pkcs3_by, open().to_vec()),
        (CKM_DH_PKCS_KEY_PAIR_GEN, pkcs3(&hex(P_1024), &hex(G_1024)), &pkcs3_by, with_length(16)),
        (CKM_X9_42_DH_KEY_PAIR_GEN, small(), &x942_by, open().to_vec()),
        (CKM_X9_42_DH_KEY_PAIR_GEN, x942(&hex(FFDHE2048), &half(FFDHE2048), &[2]), &x942_by, with_length(32)),
        (CKM_X9_42_DH_KEY_PAIR_GEN, small(), &hashed_by, with_length(50)),
    ];
    for (generator, parameters, by, template) in cases {
        let parameters = [&parameters[..], &[yes(CKA_ENCAPSULATE)]].concat();
        let (public, private) = ok(s.generate_pair(&mech(generator), &parameters, &[yes(CKA_DECAPSULATE)]));
        let mechanism = by(&[]);
        let (ciphertext, key) = ok(s.encapsulate(&mechanism, public, &template));
        assert_eq!(ciphertext.len(), ok(s.get(public, CKA_PRIME)).len());
        let value = ok(s.get(key, CKA_VALUE));
        let same = ok(s.decapsulate(&mechanism, private, &ciphertext, &template));
        assert_eq!(ok(s.get(same, CKA_VALUE)), value);
        let derived = ok(s.derive(&by(&ciphertext), private, &template));
        assert_eq!(ok(s.get(derived, CKA_VALUE)), value);

        for wrong in [vec![], vec![1], vec![0xff; ciphertext.len()], vec![7; 3000]] {
            refused(s.decapsulate(&mechanism, private, &wrong, &template), CKR_WRAPPED_KEY_INVALID);
        }
        let wrong = by(&ciphertext);
        refused(s.encapsulate(&wrong, public, &template), CKR_MECHANISM_PARAM_INVALID);
        refused(s.decapsulate(&wrong, private, &ciphertext, &template), CKR_MECHANISM_PARAM_INVALID);
        refused(s.encapsulate(&mechanism, public, &with_length(1 << 20)), CKR_TEMPLATE_INCONSISTENT);
        refused(s.decapsulate(&mechanism, private, &ciphertext, &with_length(1 << 20)), CKR_TEMPLATE_INCONSISTENT);
        refused(s.encapsulate(&mechanism, private, &template), CKR_KEY_TYPE_INCONSISTENT);
        refused(s.decapsulate(&mechanism, public, &ciphertext, &template), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    }
}
