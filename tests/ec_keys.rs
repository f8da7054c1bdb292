//! The attributes and the PKCS#8 form of elliptic curve keys, through the C interface.

mod common;
mod curves;

use common::*;
use curves::*;

/// Each kind of key, those of RFC 8410 with both fields: type, parameters, a point in its raw form, and its generator.
fn kinds() -> [(CK_KEY_TYPE, &'static [u8], Vec<u8>, CK_MECHANISM_TYPE); 5] {
    let nine = hex("0900000000000000000000000000000000000000000000000000000000000000");
    let edwards = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let five = [&[5][..], &[0; 55]].concat();
    let edwards448 = hex("5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778
         edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180");
    [
        (CKK_EC, P256.params, hex(P256_POINT), CKM_EC_KEY_PAIR_GEN),
        (CKK_EC_EDWARDS, ED25519, edwards, CKM_EC_EDWARDS_KEY_PAIR_GEN),
        (CKK_EC_MONTGOMERY, X25519, nine, CKM_EC_MONTGOMERY_KEY_PAIR_GEN),
        (CKK_EC_EDWARDS, ED448, edwards448, CKM_EC_EDWARDS_KEY_PAIR_GEN),
        (CKK_EC_MONTGOMERY, X448, five, CKM_EC_MONTGOMERY_KEY_PAIR_GEN),
    ]
}

#[test]
fn every_name_of_a_curve_is_understood_and_the_oid_given_back() {
    let token = token();
    let session = token.user();
    let names: &[(CK_KEY_TYPE, &[u8], &[&str])] = &[
        (CKK_EC, P224.params, &["secp224r1", "P-224", "nistp224"]),
        (CKK_EC, P256.params, &["secp256r1", "prime256v1", "P-256", "nistp256", "SECP256R1"]),
        (CKK_EC, K256.params, &["secp256k1"]),
        (CKK_EC, P384.params, &["secp384r1", "P-384", "nistp384"]),
        (CKK_EC, P521.params, &["secp521r1", "P-521", "nistp521"]),
        (CKK_EC, P192.params, &["secp192r1", "prime192v1", "P-192", "nistp192"]),
        (CKK_EC, BP256R1.params, &["brainpoolP256r1", "brainpoolp256R1"]),
        (CKK_EC, BP256T1.params, &["brainpoolP256t1"]),
        (CKK_EC, BP384R1.params, &["brainpoolP384r1"]),
        (CKK_EC, BP384T1.params, &["brainpoolP384t1"]),
        (CKK_EC_EDWARDS, ED25519, &["edwards25519", "Ed25519"]),
        (CKK_EC_EDWARDS, ED448, &["edwards448", "Ed448"]),
        (CKK_EC_MONTGOMERY, X25519, &["curve25519", "X25519"]),
        (CKK_EC_MONTGOMERY, X448, &["curve448", "X448"]),
    ];
    for (kind, oid, names) in names {
        let generator = kinds().iter().find(|known| known.0 == *kind).unwrap().3;
        let public = pair(&session, generator, oid).0;
        let point = ok(session.get(public, CKA_EC_POINT));
        for params in names.iter().map(|name| tlv(0x13, name.as_bytes())).chain([oid.to_vec()]) {
            let key = ok(session.create(&public_template(*kind, &params, &point)));
            for attribute in [CKA_EC_PARAMS, CKA_EC_POINT, CKA_PUBLIC_KEY_INFO] {
                assert_eq!(ok(session.get(key, attribute)), ok(session.get(public, attribute)));
            }
            assert_eq!(ok(session.get(key, CKA_EC_PARAMS)), *oid);
        }
    }
}

#[test]
fn other_clients_names_are_understood() {
    let token = token();
    let session = token.user();
    // GnuPG's OIDs, and what pkcs11-tool of OpenSC 0.23 sends, whose length is one too many.
    for (kind, params) in [
        (CKK_EC_EDWARDS, hex("06092b06010401da470f01")),
        (CKK_EC_MONTGOMERY, hex("060a2b060104019755010501")),
        (CKK_EC_MONTGOMERY, hex("130b63757276653235353139")),
    ] {
        let (_, oid, point, _) = kinds().into_iter().find(|known| known.0 == kind).unwrap();
        let key = ok(session.create(&public_template(kind, &params, &point)));
        assert_eq!(ok(session.get(key, CKA_EC_PARAMS)), oid);
    }
}

#[test]
fn unknown_curves_and_bad_parameters_are_told_apart() {
    let token = token();
    let session = token.user();
    for (kind, good, point, _) in kinds() {
        let create = |params: &[u8]| session.create(&public_template(kind, params, &point));
        for (_, other, ..) in kinds().iter().filter(|known| known.0 != kind) {
            refused(create(other), CKR_CURVE_NOT_SUPPORTED);
        }
        // brainpoolP160r1, sect163k1, something that is no curve, names that nobody has.
        for unknown in ["06092b2403030208010101", "06052b81040001", "06012a"] {
            refused(create(&hex(unknown)), CKR_CURVE_NOT_SUPPORTED);
        }
        for unknown in ["", "secp256", "secp256r1 "] {
            refused(create(&tlv(0x13, unknown.as_bytes())), CKR_CURVE_NOT_SUPPORTED);
        }
        let trailing = [good, &[0]].concat();
        let cut = &good[..good.len() - 1];
        let long_form = [&[good[0], 0x81], &good[1..]].concat();
        for bad in [
            &trailing[..],
            cut,
            &long_form,
            &good[..1],
            &[0x06, 0x00],
            &[0x05, 0x00],        // implicitlyCA
            &[0x30, 0x00],        // ecParameters, as the next test has them whole
            &tlv(0x0c, b"P-256"), // a UTF8String
            &tlv(0x13, b"secp256r1@"),
            &tlv(0x13, &[0xff]),
            &octets(good),
            b"secp256r1",
        ] {
            refused(create(bad), CKR_DOMAIN_PARAMS_INVALID);
        }
        refused(create(&[]), CKR_DOMAIN_PARAMS_INVALID);
        for missing in [CKA_EC_PARAMS, CKA_EC_POINT] {
            let mut template = public_template(kind, good, &point);
            template.retain(|attribute| attribute.kind != missing);
            refused(session.create(&template), CKR_TEMPLATE_INCOMPLETE);
        }
    }
}

/// Explicit parameters are an unsupported representation, even those of a curve that is known: who writes them out
/// can also write them wrong.
#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn explicit_parameters_are_refused() {
    let token = token();
    let session = token.user();
    let files = Files::new();
    let params = files.openssl_must("ecparam -name prime256v1 -param_enc explicit -outform DER");
    assert_eq!(params[0], 0x30);
    let template = public_template(CKK_EC, &params, &hex(P256_POINT));
    refused(session.create(&template), CKR_DOMAIN_PARAMS_INVALID);
    refused(
        session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, &params)], &[]),
        CKR_DOMAIN_PARAMS_INVALID,
    );
}

#[test]
fn every_form_of_a_point_is_understood_and_the_octet_string_given_back() {
    let token = token();
    let session = token.user();
    for (kind, params, point, _) in kinds() {
        let bits = tlv(3, &[&[0], &point[..]].concat());
        for form in [point.clone(), octets(&point), bits] {
            let key = ok(session.create(&public_template(kind, params, &form)));
            assert_eq!(ok(session.get(key, CKA_EC_POINT)), octets(&point));
        }
    }
    for curve in &CURVES {
        // Both signs of y, whichever this key has.
        for _ in 0..4 {
            let public = pair(&session, CKM_EC_KEY_PAIR_GEN, curve.params).0;
            let wrapped = ok(session.get(public, CKA_EC_POINT));
            let point = &wrapped[wrapped.len() - (1 + 2 * curve.length)..];
            let compressed = [&[2 + (point[2 * curve.length] & 1)], &point[1..=curve.length]].concat();
            for form in [point, &wrapped, &compressed, &octets(&compressed)] {
                let key = ok(session.create(&public_template(CKK_EC, curve.params, form)));
                assert_eq!(ok(session.get(key, CKA_EC_POINT)), wrapped);
            }
        }
    }
}

#[test]
fn bad_points_are_refused() {
    let token = token();
    let session = token.user();
    for (kind, params, point, _) in kinds() {
        let create = |point: &[u8]| session.create(&public_template(kind, params, point));
        let longer = [&point[..], &[0]].concat();
        let in_bits = |unused: u8| tlv(3, &[&[unused], &point[..]].concat());
        for bad in [
            vec![0],
            vec![4, 0],
            longer.clone(),
            point[1..].to_vec(),
            octets(&longer),
            octets(&point[1..]),
            octets(&octets(&point)),
            [&octets(&point)[..], &[0]].concat(),
            octets(&point)[..point.len() + 1].to_vec(),
            [&[4, 0x81, point.len() as u8], &point[..]].concat(), // a long length where a short one does
            tlv(0x24, &octets(&point)),                           // constructed
            tlv(0x0c, &point),
            in_bits(1),
            tlv(3, &point),
        ] {
            refused(create(&bad), CKR_ATTRIBUTE_VALUE_INVALID);
        }
        refused(create(&[]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let point = hex(P256_POINT);
    let mut off = point.clone();
    off[64] ^= 1;
    let mut other_x = point.clone();
    other_x[1] = 0xff;
    let modulus = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    for bad in [
        off,
        other_x,
        [&[4], &modulus[..], &point[33..]].concat(),
        [&[2], &modulus[..]].concat(),
        [&[2][..], &[0xff; 32]].concat(),
        [&[4][..], &[0; 64]].concat(),
        vec![0; 65],
        [&[5], &point[1..33]].concat(), // the compact form that only RustCrypto has
        [&[6], &point[1..]].concat(),   // hybrid
        [&[7], &point[1..]].concat(),
        // A point of another curve of the same size.
        hex("0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
             483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"),
    ] {
        refused(session.create(&public_template(CKK_EC, P256.params, &bad)), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(session.create(&public_template(CKK_EC, P256.params, &octets(&bad))), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    for bad in SMALL_ORDER {
        let template = public_template(CKK_EC_MONTGOMERY, X25519, &hex(bad));
        refused(session.create(&template), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    // Edwards: points of order 1, 2, 4 and 8, one that is none, and encodings that are not the shortest.
    for bad in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p + 3
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let template = public_template(CKK_EC_EDWARDS, ED25519, &hex(bad));
        refused(session.create(&template), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

#[test]
fn private_values_are_in_range() {
    let token = token();
    let session = token.user();
    for curve in &CURVES {
        let create = |value: &[u8]| session.create(&private_template(CKK_EC, curve.params, value));
        let order = hex(curve.order);
        let most = order_minus(curve, &padded(&[1], curve.length));
        // The number 1 gives the base point, n-1 its negative, however many zeros stand in front.
        let one = ok(create(&[1]));
        assert_eq!(ok(session.get(one, CKA_VALUE)), [1]);
        for value in [padded(&[1], curve.length), padded(&[1], curve.length + 3)] {
            let same = ok(create(&value));
            for attribute in [CKA_VALUE, CKA_EC_POINT, CKA_PUBLIC_KEY_INFO] {
                assert_eq!(ok(session.get(same, attribute)), ok(session.get(one, attribute)));
            }
        }
        let negative = ok(session.get(ok(create(&most)), CKA_EC_POINT));
        let positive = ok(session.get(one, CKA_EC_POINT));
        let x = positive.len() - 2 * curve.length..positive.len() - curve.length;
        assert_eq!(negative[x.clone()], positive[x.clone()]);
        assert_ne!(negative[x.end..], positive[x.end..]);
        for bad in
            [vec![0], vec![0; curve.length], order.clone(), vec![0xff; curve.length], [&[1], &order[..]].concat()]
        {
            refused(create(&bad), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
    for (kind, params) in [(CKK_EC_EDWARDS, ED25519), (CKK_EC_MONTGOMERY, X25519)] {
        let create = |value: &[u8]| session.create(&private_template(kind, params, value));
        // Bytes, not numbers: zeros at either end stay.
        for value in [[0; 32], [0xff; 32], core::array::from_fn(|index| index as u8)] {
            assert_eq!(ok(session.get(ok(create(&value)), CKA_VALUE)), value);
        }
        for bad in [&[1; 31][..], &[1; 33], &[1], &octets(&[1; 32])] {
            refused(create(bad), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
}

#[test]
fn a_point_with_a_private_key_is_its_own() {
    let token = token();
    let session = token.user();
    for (kind, params, point, generator) in kinds() {
        let (public, private) = pair(&session, generator, params);
        let (own, value) = (ok(session.get(public, CKA_EC_POINT)), ok(session.get(private, CKA_VALUE)));
        let create = |more: Attribute| {
            let mut template = private_template(kind, params, &value);
            template.push(more);
            session.create(&template)
        };
        let raw = own[own.len() - point.len()..].to_vec();
        for form in [own.clone(), raw] {
            let key = ok(create(bytes(CKA_EC_POINT, form)));
            assert_eq!(ok(session.get(key, CKA_EC_POINT)), own);
            assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), ok(session.get(public, CKA_PUBLIC_KEY_INFO)));
        }
        // NSS imports without a point.
        let key = ok(session.create(&private_template(kind, params, &value)));
        assert_eq!(ok(session.get(key, CKA_EC_POINT)), own);
        refused(create(bytes(CKA_EC_POINT, &point)), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(create(bytes(CKA_EC_POINT, [4, 0])), CKR_ATTRIBUTE_VALUE_INVALID);
        ok(create(bytes(CKA_PUBLIC_KEY_INFO, ok(session.get(public, CKA_PUBLIC_KEY_INFO)))));
        let other = pair(&session, generator, params).0;
        let other = ok(session.get(other, CKA_PUBLIC_KEY_INFO));
        refused(create(bytes(CKA_PUBLIC_KEY_INFO, other)), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

#[test]
fn private_keys_lack_nothing() {
    let token = token();
    let session = token.user();
    for (kind, params, ..) in kinds() {
        for missing in [CKA_EC_PARAMS, CKA_VALUE] {
            let mut template = private_template(kind, params, &[1; 32]);
            template.retain(|attribute| attribute.kind != missing);
            refused(session.create(&template), CKR_TEMPLATE_INCOMPLETE);
        }
        refused(session.create(&private_template(kind, params, &[])), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(session.create(&private_template(kind, &[0x05, 0x00], &[1; 32])), CKR_DOMAIN_PARAMS_INVALID);
        refused(session.create(&private_template(kind, &hex("06012a"), &[1; 32])), CKR_CURVE_NOT_SUPPORTED);
    }
}

/// An AES key to wrap with.
fn wrapping_key(session: &Session) -> CK_OBJECT_HANDLE {
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [7; 32])];
    let uses = [CKA_WRAP, CKA_UNWRAP, CKA_ENCRYPT, CKA_DECRYPT].map(yes);
    ok(session.create(&[&template[..], &uses].concat()))
}

fn cbc_pad() -> Mech {
    mech_bytes(CKM_AES_CBC_PAD, &[0; 16])
}

/// An unwrapped private key that lets its value be read.
fn unwrapped(session: &Session, kind: CK_KEY_TYPE, pkcs8: &[u8]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    let key = wrapping_key(session);
    let wrapped = ok(session.encrypt(&cbc_pad(), key, pkcs8));
    let template = [class(CKO_PRIVATE_KEY), key_type(kind), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    session.unwrap(&cbc_pad(), key, &wrapped, &template)
}

/// A wrapped private key, in the clear.
fn wrapped(session: &Session, private: CK_OBJECT_HANDLE) -> Vec<u8> {
    let key = wrapping_key(session);
    let wrapped = ok(session.wrap(&cbc_pad(), key, private));
    ok(session.decrypt(&cbc_pad(), key, &wrapped))
}

/// Every key type with each of its curves: type, generator, parameters, and how openssl makes such a key.
#[cfg(feature = "clients")]
fn all() -> Vec<(CK_KEY_TYPE, CK_MECHANISM_TYPE, &'static [u8], String)> {
    let weierstrass = CURVES.iter().map(|curve| {
        let make = format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{} -out key.pem", curve.name);
        (CKK_EC, CKM_EC_KEY_PAIR_GEN, curve.params, make)
    });
    let make = |name: &str| format!("genpkey -algorithm {name} -out key.pem");
    let own = [
        (CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519, make("ED25519")),
        (CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED448, make("ED448")),
        (CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519, make("X25519")),
        (CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X448, make("X448")),
    ];
    weierstrass.chain(own).collect()
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn wrapped_keys_come_back_and_openssl_reads_them() {
    let token = token();
    let session = token.user();
    for (kind, generator, params, _) in all() {
        let (public, private) = pair(&session, generator, params);
        let pkcs8 = wrapped(&session, private);
        let files = Files::new();
        files.write("key.der", &pkcs8);
        let info = files.openssl_must("pkey -inform DER -in key.der -pubout -outform DER");
        assert_eq!(info, ok(session.get(public, CKA_PUBLIC_KEY_INFO)));

        let back = ok(unwrapped(&session, kind, &pkcs8));
        for attribute in [CKA_EC_PARAMS, CKA_VALUE, CKA_EC_POINT, CKA_PUBLIC_KEY_INFO] {
            assert_eq!(ok(session.get(back, attribute)), ok(session.get(private, attribute)));
        }
        assert!(!ok(session.get_bool(back, CKA_LOCAL)));
        for (wrong, ..) in kinds().iter().filter(|other| other.0 != kind) {
            refused(unwrapped(&session, *wrong, &pkcs8), CKR_WRAPPED_KEY_INVALID);
        }
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn keys_of_openssl_unwrap_and_wrap_to_the_same_bytes() {
    let token = token();
    let session = token.user();
    for (kind, _, params, make) in all() {
        let files = Files::new();
        files.openssl_must(&make);
        files.openssl_must("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
        let pkcs8 = files.read("key.der");
        let key = ok(unwrapped(&session, kind, &pkcs8));
        assert_eq!(ok(session.get(key, CKA_EC_PARAMS)), params);
        let info = files.openssl_must("pkey -inform DER -in key.der -pubout -outform DER");
        assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), info);
        assert_eq!(wrapped(&session, key), pkcs8);
    }
}

/// A PrivateKeyInfo of a P-256 key whose parts can be left out or changed.
fn ec_pkcs8(outside: &[u8], inside: &[u8], value: &[u8], public: &[u8]) -> Vec<u8> {
    let optional = |tag, value: &[u8]| if value.is_empty() { vec![] } else { tlv(tag, value) };
    let public = if public.is_empty() { vec![] } else { tlv(3, &[&[0], public].concat()) };
    let key = [&[2, 1, 1], &octets(value)[..], &optional(0xa0, inside), &optional(0xa1, &public)].concat();
    let algorithm = tlv(0x30, &[&hex("06072a8648ce3d0201")[..], outside].concat());
    tlv(0x30, &[&[2, 1, 0], &algorithm[..], &octets(&tlv(0x30, &key))].concat())
}

#[test]
fn pkcs8_of_a_weierstrass_key_has_optional_parts_but_no_contradictions() {
    let token = token();
    let session = token.user();
    let unwrap = |pkcs8: &[u8]| unwrapped(&session, CKK_EC, pkcs8);
    let value = padded(&[1], 32);
    let (p, point) = (P256.params, hex(P256_POINT));
    let compressed = [&[3], &point[1..33]].concat();
    for good in [
        ec_pkcs8(p, &[], &value, &[]),
        ec_pkcs8(p, p, &value, &[]),
        ec_pkcs8(&[], p, &value, &[]),
        ec_pkcs8(p, &[], &value, &point),
        ec_pkcs8(p, &[], &value, &compressed),
        ec_pkcs8(p, p, &value, &point),
        ec_pkcs8(p, &[], &[1], &point), // some write the value without its zeros
    ] {
        let key = ok(unwrap(&good));
        assert_eq!(ok(session.get(key, CKA_VALUE)), [1]);
        assert_eq!(ok(session.get(key, CKA_EC_POINT)), octets(&point));
        assert_eq!(wrapped(&session, key), ec_pkcs8(p, &[], &value, &point));
    }
    let mut other = point.clone();
    other[64] ^= 1;
    let negative = hex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296
         b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a");
    let good = ec_pkcs8(p, &[], &value, &point);
    for bad in [
        ec_pkcs8(&[], &[], &value, &point),
        ec_pkcs8(p, P384.params, &value, &[]),
        ec_pkcs8(&[0x05, 0x00], &[], &value, &[]),
        ec_pkcs8(p, &[], &[0; 32], &[]),
        ec_pkcs8(p, &[], &hex(P256.order), &[]),
        ec_pkcs8(p, &[], &[], &[]),
        ec_pkcs8(p, &[], &value, &other),
        ec_pkcs8(p, &[], &value, &negative),
        ec_pkcs8(p, &[], &value, &[0]),
        ec_pkcs8(ED25519, &[], &[1; 32], &[])[1..].to_vec(),
        [&good[..], &[0]].concat(),
        good[..good.len() - 1].to_vec(),
        b"not a key at all".to_vec(),
    ] {
        refused(unwrap(&bad), CKR_WRAPPED_KEY_INVALID);
    }
    for unknown in [ED25519, &hex("06052b81040001")] {
        refused(unwrap(&ec_pkcs8(unknown, &[], &[1; 32], &[])), CKR_CURVE_NOT_SUPPORTED);
    }
}

#[test]
fn pkcs8_of_rfc_8410_is_strict() {
    let token = token();
    let session = token.user();
    let info = |version: u8, oid: &[u8], more: &[u8], key: &[u8], public: &[u8]| {
        let algorithm = tlv(0x30, &[oid, more].concat());
        tlv(0x30, &[&[2, 1, version], &algorithm[..], &octets(key), public].concat())
    };
    for (kind, params, _, generator) in kinds().into_iter().skip(1) {
        let unwrap = |pkcs8: &[u8]| unwrapped(&session, kind, pkcs8);
        let (public, private) = pair(&session, generator, params);
        let value = ok(session.get(private, CKA_VALUE));
        let public_bits = |key| tlv(0x81, &[&[0], &ok(session.get(key, CKA_EC_POINT))[2..]].concat());
        let (own, other) = (public_bits(public), public_bits(pair(&session, generator, params).0));
        for good in [info(0, params, &[], &octets(&value), &[]), info(1, params, &[], &octets(&value), &own)] {
            assert_eq!(ok(session.get(ok(unwrap(&good)), CKA_VALUE)), value);
        }
        let short = octets(&value[1..]);
        let trailing = [&octets(&value)[..], &[0]].concat();
        for bad in [
            info(0, params, &[0x05, 0x00], &octets(&value), &[]),
            info(0, params, &[], &value, &[]),
            info(0, params, &[], &short, &[]),
            info(0, params, &[], &trailing, &[]),
            info(0, &hex("06032b6572"), &[], &octets(&value), &[]),
            info(1, params, &[], &octets(&value), &other),
            info(2, params, &[], &octets(&value), &[]),
            [&info(0, params, &[], &octets(&value), &[])[..], &[0]].concat(),
        ] {
            refused(unwrap(&bad), CKR_WRAPPED_KEY_INVALID);
        }
    }
}
