//! RSA signatures through the C interface.

mod common;
mod rsa_keys;

use common::*;
use rsa_keys::*;

/// The hash-and-sign mechanisms: PKCS #1 v1.5 and PSS of each hash of [`HASHES`].
const HASHED: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE); 9] = [
    (CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS),
    (CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS),
    (CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS),
    (CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS),
    (CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS),
    (CKM_SHA3_224_RSA_PKCS, CKM_SHA3_224_RSA_PKCS_PSS),
    (CKM_SHA3_256_RSA_PKCS, CKM_SHA3_256_RSA_PKCS_PSS),
    (CKM_SHA3_384_RSA_PKCS, CKM_SHA3_384_RSA_PKCS_PSS),
    (CKM_SHA3_512_RSA_PKCS, CKM_SHA3_512_RSA_PKCS_PSS),
];

/// RSA Laboratories' first message for signatures, and its signatures under [`RSA_1024`] with SHA-1.
const MESSAGE: &str = "cdc87da223d786df3b45e0bbbc721326d1ee2af806cc315475cc6f0d9c66e1b62371d45ce2392e1ac92844c310102f15\
    6a0d8d52c1f4c40ba3aa65095786cb769757a6563ba958fed0bcc984e8b517a3d5f515b23b8a41e74aa867693f90dfb061a6e86dfaaee64472\
    c00e5f20945729cbebe77f06ce78e08f4098fba41f9d6193c0317e8b60d4b6084acb42d29e3808a3bc372d85e331170fcbf7cc72d0b71c2966\
    48b3a4d10f416295d0807aa625cab2744fd9ea8fd223c42537029828bd16be02546f130fd2e33b936d2676e08aed1b73318b750a0167d0";
const PKCS_SIGNATURE: &str = "6bc3a0665684293 0a247e30d5864b4d819236ba7c68965862ad7dbc4e24af28e86bb531f03358be5fb74777c\
    6086f850caef893f0d6fcc2d0c91ec013693b4ea00b80cd49aac4ecb5f8911afe539ada4a8f3823d1d13e472d1490547c659c7617f3d24087d\
    db6f2b72096167fc097cab18e9a458fcb634cdce8ee35894c484d7";
const PSS_SIGNATURE: &str = "9074308fb598e9701b2294388e52f971faac2b60a5145af185df5287b5ed2887e57ce7fd44dc8634e407c8e0e4\
    360bc226f3ec227f9d9e54638e8d31f5051215df6ebb9c2f9579aa77598a38f914b5b9c1bd83c4e2f9f382a0d0aa3542ffee65984a601bc69e\
    b28deb27dca12c82c2d4c3f66cd500f1ff2b994d8a4e30cbb33c";

/// DigestInfo of SHA-1, before the digest (RFC 8017, section 9.2, note 1).
const SHA1_INFO: &str = "3021300906052b0e03021a05000414";

#[test]
fn signatures_are_those_of_rsa_laboratories() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let message = hex(MESSAGE);
    let digest = ok(session.digest(&mech(CKM_SHA_1), &message));
    let info = [hex(SHA1_INFO), digest.clone()].concat();
    let block = [&[0, 1][..], &[0xff; 90], &[0], &info].concat();
    for (mechanism, data) in [
        (CKM_SHA1_RSA_PKCS, &message),
        (CKM_RSA_PKCS, &info),
        (CKM_RSA_X_509, &block),
        (CKM_RSA_X_509, &block[1..].to_vec()),
    ] {
        let mechanism = mech(mechanism);
        assert_eq!(ok(session.sign(&mechanism, private, data)), hex(PKCS_SIGNATURE));
        ok(session.verify(&mechanism, public, data, &hex(PKCS_SIGNATURE)));
    }
    assert_eq!(ok(session.sign_recover(&mech(CKM_RSA_PKCS), private, &info)), hex(PKCS_SIGNATURE));
    assert_eq!(ok(session.verify_recover(&mech(CKM_RSA_PKCS), public, &hex(PKCS_SIGNATURE))), info);
    assert_eq!(ok(session.sign_recover(&mech(CKM_RSA_X_509), private, &block)), hex(PKCS_SIGNATURE));
    assert_eq!(ok(session.verify_recover(&mech(CKM_RSA_X_509), public, &hex(PKCS_SIGNATURE))), block);
    let hashed = pss(CKM_SHA1_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1, 20);
    ok(session.verify(&hashed, public, &message, &hex(PSS_SIGNATURE)));
    ok(session.verify(&pss(CKM_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1, 20), public, &digest, &hex(PSS_SIGNATURE)));
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn pkcs_signatures_are_those_of_openssl() {
    let token = token();
    let session = token.user();
    let folder = Folder::new();
    folder.put("data", b"some data");
    for key in [RSA_1025, RSA_2048] {
        let (public, private) = key.import(&session);
        folder.put("key.der", &key.der());
        let rows = HASHED.iter().zip(HASHES).map(|((mechanism, _), (_, _, name, _))| (*mechanism, name));
        for (mechanism, name) in rows.chain([(CKM_MD5_RSA_PKCS, "md5"), (CKM_RIPEMD160_RSA_PKCS, "ripemd160")]) {
            folder.openssl(&[
                "dgst",
                &format!("-{name}"),
                "-sign",
                "key.der",
                "-keyform",
                "DER",
                "-out",
                "sig",
                "data",
            ]);
            let mechanism = mech(mechanism);
            assert_eq!(ok(session.sign(&mechanism, private, b"some data")), folder.get("sig"), "{name}");
            ok(session.verify(&mechanism, public, b"some data", &folder.get("sig")));
        }
    }
}

/// Every hash with every mask generation function, with salts of several lengths, under a modulus of 2048 bits and
/// under one whose encodings are a byte shorter than the modulus.
#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_verifies_every_kind_of_pss_signature() {
    let token = token();
    let session = token.user();
    let folder = Folder::new();
    for key in [RSA_2048, RSA_1025] {
        let (public, private) = key.import(&session);
        folder.put_public(&session, public);
        for ((_, mechanism), (hash, _, name, length)) in HASHED.iter().zip(HASHES) {
            folder.put("data", name.as_bytes());
            let digest = ok(session.digest(&mech(hash), name.as_bytes()));
            for (_, mgf, mgf_name, mgf_length) in HASHES {
                let room = (key.k() * 8 - 1) / 8 - 2 - length;
                let salt = [0, 1, mgf_length.min(room), room][(length + mgf_length) % 4];
                let hashed = pss(*mechanism, hash, mgf, salt);
                let raw = pss(CKM_RSA_PKCS_PSS, hash, mgf, salt);
                let signature = ok(session.sign(&hashed, private, name.as_bytes()));
                folder.put("sig", &signature);
                let said = folder.openssl(&[
                    "dgst",
                    &format!("-{name}"),
                    "-verify",
                    "public.der",
                    "-keyform",
                    "DER",
                    "-signature",
                    "sig",
                    "-sigopt",
                    "rsa_padding_mode:pss",
                    "-sigopt",
                    &format!("rsa_pss_saltlen:{salt}"),
                    "-sigopt",
                    &format!("rsa_mgf1_md:{mgf_name}"),
                    "data",
                ]);
                assert_eq!(said.trim(), "Verified OK", "{name} {mgf_name} {salt}");
                ok(session.verify(&raw, public, &digest, &signature));
                let signature = ok(session.sign(&raw, private, &digest));
                ok(session.verify(&hashed, public, name.as_bytes(), &signature));
                // The salt's length is part of what is verified.
                let other = pss(CKM_RSA_PKCS_PSS, hash, mgf, if salt == room { salt - 1 } else { salt + 1 });
                refused(session.verify(&other, public, &digest, &signature), CKR_SIGNATURE_INVALID);
            }
        }
    }
}

#[test]
fn pss_salts_are_fresh() {
    let token = token();
    let session = token.user();
    let (_, private) = RSA_1024.import(&session);
    let mechanism = pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32);
    let signature = || ok(session.sign(&mechanism, private, b"data"));
    assert_ne!(signature(), signature());
    let without_salt = pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 0);
    let signature = || ok(session.sign(&without_salt, private, b"data"));
    assert_eq!(signature(), signature());
}

#[test]
fn data_may_come_in_parts_where_it_is_hashed() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let data: Vec<u8> = (0..1000u32).map(|index| index as u8).collect();
    let parts: Vec<&[u8]> = data.chunks(7).collect();
    for ((pkcs, hashed_pss), (hash, mgf, ..)) in HASHED.iter().zip(HASHES) {
        for mechanism in [mech(*pkcs), pss(*hashed_pss, hash, mgf, 0)] {
            let signature = ok(session.sign_parts(&mechanism, private, &parts));
            assert_eq!(signature, ok(session.sign(&mechanism, private, &data)));
            ok(session.verify_parts(&mechanism, public, &parts, &signature));
            ok(session.verify_parts(&mechanism, public, &[&data[..1], &[], &data[1..]], &signature));
            refused(session.verify_parts(&mechanism, public, &parts[1..], &signature), CKR_SIGNATURE_INVALID);
            let nothing = ok(session.sign_parts(&mechanism, private, &[]));
            ok(session.verify(&mechanism, public, &[], &nothing));
        }
    }
    // The others take one part.
    for mechanism in [mech(CKM_RSA_PKCS), mech(CKM_RSA_X_509), pss(CKM_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1, 20)] {
        refused(session.sign_parts(&mechanism, private, &[&[0; 20]]), CKR_OPERATION_NOT_INITIALIZED);
        refused(session.verify_parts(&mechanism, public, &[&[0; 20]], &[0; 128]), CKR_OPERATION_NOT_INITIALIZED);
    }
}

#[test]
fn data_of_a_wrong_length_is_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let digest = pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32);
    for (mechanism, lengths) in [
        (mech(CKM_RSA_PKCS), &[118, 127, 128, 1000][..]),
        (mech(CKM_RSA_X_509), &[129, 1000]),
        (digest, &[0, 20, 31, 33, 64]),
    ] {
        for length in lengths {
            let data = vec![0; *length];
            refused(session.sign(&mechanism, private, &data), CKR_DATA_LEN_RANGE);
            refused(session.verify(&mechanism, public, &data, &[0; 128]), CKR_DATA_LEN_RANGE);
            if mechanism.kind != CKM_RSA_PKCS_PSS {
                refused(session.sign_recover(&mechanism, private, &data), CKR_DATA_LEN_RANGE);
            }
        }
    }
    // The longest and the shortest that do.
    for data in [vec![7; 117], Vec::new(), vec![0; 20]] {
        let signature = ok(session.sign(&mech(CKM_RSA_PKCS), private, &data));
        ok(session.verify(&mech(CKM_RSA_PKCS), public, &data, &signature));
        assert_eq!(ok(session.verify_recover(&mech(CKM_RSA_PKCS), public, &signature)), data);
    }
}

#[test]
fn a_number_that_is_not_below_the_modulus_is_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let mechanism = mech(CKM_RSA_X_509);
    let modulus = hex(RSA_1024.n);
    let mut below = modulus.clone();
    *below.last_mut().unwrap() -= 1;
    for data in [modulus.clone(), vec![0xff; 128]] {
        refused(session.sign(&mechanism, private, &data), CKR_DATA_INVALID);
        refused(session.sign_recover(&mechanism, private, &data), CKR_DATA_INVALID);
        refused(session.verify(&mechanism, public, &data, &[1; 128]), CKR_DATA_INVALID);
        for mechanism in [mech(CKM_RSA_X_509), mech(CKM_RSA_PKCS), mech(CKM_SHA256_RSA_PKCS)] {
            refused(session.verify(&mechanism, public, b"data", &data), CKR_SIGNATURE_INVALID);
        }
        refused(session.verify_recover(&mechanism, public, &data), CKR_SIGNATURE_INVALID);
        refused(session.verify_recover(&mech(CKM_RSA_PKCS), public, &data), CKR_SIGNATURE_INVALID);
    }
    // n - 1, 0 and 1 are their own signatures, as the exponents are odd.
    for data in [below, vec![], vec![1]] {
        let signature = ok(session.sign(&mechanism, private, &data));
        assert_eq!(signature, [vec![0; 128 - data.len()], data.clone()].concat());
        ok(session.verify(&mechanism, public, &data, &signature));
    }
}

#[test]
fn a_wrong_signature_is_told_by_its_length_or_its_value() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    for mechanism in [
        mech(CKM_RSA_PKCS),
        mech(CKM_RSA_X_509),
        mech(CKM_SHA256_RSA_PKCS),
        pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32),
        pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32),
    ] {
        let data = [5; 32];
        let signature = ok(session.sign(&mechanism, private, &data));
        ok(session.verify(&mechanism, public, &data, &signature));
        refused(session.verify(&mechanism, public, &[6; 32], &signature), CKR_SIGNATURE_INVALID);
        for position in [0, 1, 64, 127] {
            let mut wrong = signature.clone();
            wrong[position] ^= 1;
            refused(session.verify(&mechanism, public, &data, &wrong), CKR_SIGNATURE_INVALID);
        }
        refused(session.verify(&mechanism, public, &data, &[0; 128]), CKR_SIGNATURE_INVALID);
        for wrong in [&signature[1..], &signature[..127], &[&[0], &signature[..]].concat(), &[], &[0; 4096]] {
            refused(session.verify(&mechanism, public, &data, wrong), CKR_SIGNATURE_LEN_RANGE);
        }
    }
    for mechanism in [CKM_RSA_PKCS, CKM_RSA_X_509].map(mech) {
        refused(session.verify_recover(&mechanism, public, &[0; 127]), CKR_SIGNATURE_LEN_RANGE);
        refused(session.verify_recover(&mechanism, public, &[0; 129]), CKR_SIGNATURE_LEN_RANGE);
    }
}

#[test]
fn only_block_type_1_gives_back_data() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let recover = |block: &[u8]| {
        let signature = ok(session.sign(&mech(CKM_RSA_X_509), private, block));
        session.verify_recover(&mech(CKM_RSA_PKCS), public, &signature)
    };
    let block = |kind, padding: &[u8], data: &[u8]| [&[0, kind], padding, &[0], data].concat();
    assert_eq!(ok(recover(&block(1, &[0xff; 121], b"data"))), b"data");
    assert_eq!(ok(recover(&block(1, &[0xff; 8], &[0; 117]))), [0; 117]);
    assert_eq!(ok(recover(&block(1, &[0xff; 125], &[]))), b"");
    for wrong in [
        block(1, &[0xff; 7], &[1; 118]),
        block(1, &[0xfe; 121], b"data"),
        block(2, &[0xff; 121], b"data"),
        block(0, &[0; 121], b"data"),
        [&[0, 1][..], &[0xff; 126]].concat(),
        [&[0, 1][..], &[0xff; 125], &[1]].concat(),
        vec![0; 128],
        vec![1, 2],
    ] {
        refused(recover(&wrong), CKR_SIGNATURE_INVALID);
    }
}

#[test]
fn a_small_buffer_gets_the_length_and_the_retry_signs() {
    let token = token();
    let session = token.user();
    let (_, private) = RSA_1024.import(&session);
    let mechanism = mech(CKM_SHA256_RSA_PKCS);
    let expected = ok(session.sign(&mechanism, private, b"data"));
    ok(session.sign_init(&mechanism, private));
    let mut buffer = [0; 128];
    let mut sign = |room: CK_ULONG| {
        let mut length = room;
        // SAFETY: four bytes of data, and a buffer of at least its length.
        let code = unsafe {
            f().C_Sign.unwrap()(session.handle, b"data".as_ptr().cast_mut(), 4, buffer.as_mut_ptr(), &mut length)
        };
        (result(code), length)
    };
    assert_eq!(sign(127), (Err(CKR_BUFFER_TOO_SMALL), 128));
    assert_eq!(sign(0), (Err(CKR_BUFFER_TOO_SMALL), 128));
    assert_eq!(sign(128), (Ok(()), 128));
    assert_eq!(buffer[..], expected);
}

#[test]
fn a_wrong_parameter_is_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let refuses = |mechanism: &Mech| {
        refused(session.sign_init(mechanism, private), CKR_MECHANISM_PARAM_INVALID);
        refused(session.verify_init(mechanism, public), CKR_MECHANISM_PARAM_INVALID);
    };
    for kind in [CKM_RSA_PKCS, CKM_RSA_X_509, CKM_SHA256_RSA_PKCS] {
        refuses(&mech_bytes(kind, &[0; 24]));
    }
    for (kind, hash) in [(CKM_RSA_PKCS_PSS, CKM_SHA256), (CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256)] {
        refuses(&mech(kind));
        refuses(&mech_bytes(kind, &[0; 23]));
        refuses(&mech_bytes(kind, &[0; 24]));
        // 128 - 2 - 32 is the longest salt.
        ok(session.sign_init(&pss(kind, hash, CKG_MGF1_SHA256, 94), private));
        ok(session.cancel(CKF_SIGN));
        for salt in [95, 128, 1 << 20, usize::MAX] {
            refuses(&pss(kind, hash, CKG_MGF1_SHA256, salt));
        }
        for mgf in [0, 10, CK_ULONG::MAX] {
            refuses(&pss(kind, hash, mgf, 32));
        }
        for hash in [CKM_MD5, CKM_SHA256_RSA_PKCS, CKM_AES_CBC, CK_ULONG::MAX] {
            refuses(&pss(kind, hash, CKG_MGF1_SHA256, 32));
        }
    }
    // The hash must be the mechanism's own.
    refuses(&pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA3_256, CKG_MGF1_SHA256, 32));
    refuses(&pss(CKM_SHA1_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA1, 20));
    // Under a modulus of 1025 bits an encoding has 128 bytes.
    let (_, private) = RSA_1025.import(&session);
    ok(session.sign_init(&pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 94), private));
    ok(session.cancel(CKF_SIGN));
    let one_more = pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 95);
    refused(session.sign_init(&one_more, private), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn a_wrong_key_is_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let secret = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, [1; 128]), yes(CKA_SIGN)];
    let may_not_sign = ok(session.create(&with(&RSA_1024.private(), no(CKA_SIGN))));
    let may_not_recover = ok(session.create(&with(&RSA_1024.private(), no(CKA_SIGN_RECOVER))));
    let mechanism = mech(CKM_RSA_PKCS);
    refused(session.sign_init(&mechanism, public), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.verify_init(&mechanism, private), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.sign_recover_init(&mechanism, public), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.sign_init(&mechanism, may_not_sign), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.sign_recover_init(&mechanism, may_not_recover), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.sign_init(&mechanism, CK_INVALID_HANDLE), CKR_KEY_HANDLE_INVALID);
    if let Ok(secret) = session.create(&secret) {
        refused(session.sign_init(&mechanism, secret), CKR_KEY_TYPE_INCONSISTENT);
    }
    // What the mechanisms cannot do.
    refused(session.sign_recover_init(&mech(CKM_SHA256_RSA_PKCS), private), CKR_MECHANISM_INVALID);
    refused(session.encrypt_init(&mech(CKM_SHA256_RSA_PKCS), public), CKR_MECHANISM_INVALID);
    refused(session.sign_init(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), private), CKR_MECHANISM_INVALID);
}
