//! RSA encryption and key wrapping through the C interface.

mod common;
mod rsa_keys;

use common::*;
use rsa_keys::*;

/// RSA Laboratories' OAEP examples 2.1, 2.2 and 10.1 (SHA-1): key, message, ciphertext.
const OAEP_EXAMPLES: [(Numbers, &str, &str); 3] = [
    (
        RSA_1025,
        "8ff00caa605c702830634d9a6c3d42c652b58cf1d92fec570beee7",
        "0181af8922b9fcb4d79d92ebe19815992fc0c1439d8bcd491398a0f4ad3a329a5bd9385560db532683c8b7da04e4b12aed6aacdf471c34\
         c9cda891addcc2df3456653aa6382e9ae59b54455257eb099d562bbe10453f2b6d13c59c02e10f1f8abb5da0d0570932dacf2d0901db72\
         9d0fefcc054e70968ea540c81b04bcaefe720e",
    ),
    (
        RSA_1025,
        "2d",
        "018759ff1df63b2792410562314416a8aeaf2ac634b46f940ab82d64dbf165eee33011da749d4bab6e2fcd18129c9e49277d8453112b42\
         9a222a8471b070993998e758861c4d3f6d749d91c4290d332c7a4ab3f7ea35ff3a07d497c955ff0ffc95006b62c6d296810d9bfab02419\
         6c7934012c2df978ef299aba239940cba10245",
    ),
    (
        RSA_2048,
        "8bba6bf82a6c0f86d5f1756e97956870b08953b06b4eb205bc1694ee",
        "53ea5dc08cd260fb3b858567287fa91552c30b2febfba213f0ae87702d068d19bab07fe574523dfb42139d68c3c5afeee0bfe4cb7969cb\
         f382b804d6e61396144e2d0e60741f8993c3014b58b9b1957a8babcd23af854f4c356fb1662aa72bfcc7e586559dc4280d160c126785a7\
         23ebeebeff71f11594440aaef87d10793a8774a239d4a04c87fe1467b9daf85208ec6c7255794a96cc29142f9a8bd418e3c1fd67344b0c\
         d0829df3b2bec60253196293c6b34d3f75d32f213dd45c6273d505adf4cced1057cb758fc26aeefa441255ed4e64c199ee075e7f166461\
         82fdb464739b68ab5daff0e63e9552016824f054bf4d3c8c90a97bb6b6553284eb429fcc",
    ),
];

const SHA1_OAEP: (CK_MECHANISM_TYPE, CK_RSA_PKCS_MGF_TYPE) = (CKM_SHA_1, CKG_MGF1_SHA1);

#[test]
fn oaep_decrypts_the_examples_of_rsa_laboratories() {
    let token = token();
    let session = token.user();
    for (key, message, ciphertext) in OAEP_EXAMPLES {
        let (_, private) = key.import(&session);
        let mechanism = oaep(SHA1_OAEP.0, SHA1_OAEP.1, &[]);
        assert_eq!(ok(session.decrypt(&mechanism, private, &hex(ciphertext))), hex(message));
    }
}

#[test]
fn implicit_rejection_gives_the_plaintexts_of_the_draft() {
    let token = token();
    let session = token.user();
    let (_, private) = implicit_rejection::KEY.import(&session);
    for (ciphertext, plaintext) in implicit_rejection::CASES {
        assert_eq!(ok(session.decrypt(&mech(CKM_RSA_PKCS), private, &hex(ciphertext))), hex(plaintext));
    }
}

/// Every hash with every mask generation function.
#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_and_the_token_understand_each_others_oaep() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_2048.import(&session);
    let folder = Folder::new();
    folder.put_public(&session, public);
    folder.put("key.der", &RSA_2048.der());
    for (hash, _, name, length) in HASHES {
        for (_, mgf, mgf_name, mgf_length) in HASHES {
            let label = &b"a label"[..if mgf_length == 32 { 7 } else { 0 }];
            let plain = vec![length as u8; (256 - 2 - 2 * length) * (mgf_length % 3) / 2];
            let label_option = format!("rsa_oaep_label:{}", if label.is_empty() { "" } else { "61206c6162656c" });
            let md = [format!("rsa_oaep_md:{name}"), format!("rsa_mgf1_md:{mgf_name}")];
            let mut options = vec!["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", &md[0], "-pkeyopt", &md[1]];
            if !label.is_empty() {
                options.extend(["-pkeyopt", &label_option]);
            }
            let mechanism = oaep(hash, mgf, label);
            folder.put("encrypted", &ok(session.encrypt(&mechanism, public, &plain)));
            let decrypt =
                ["pkeyutl", "-decrypt", "-inkey", "key.der", "-keyform", "DER", "-in", "encrypted", "-out", "plain"];
            folder.openssl(&[&decrypt, &options[..]].concat());
            assert_eq!(folder.get("plain"), plain, "{name} {mgf_name}");
            let encrypt = [
                "pkeyutl",
                "-encrypt",
                "-pubin",
                "-inkey",
                "public.der",
                "-keyform",
                "DER",
                "-in",
                "plain",
                "-out",
                "encrypted",
            ];
            folder.openssl(&[&encrypt, &options[..]].concat());
            assert_eq!(ok(session.decrypt(&mechanism, private, &folder.get("encrypted"))), plain, "{name} {mgf_name}");
        }
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_and_the_token_understand_each_others_pkcs_and_raw_encryption() {
    let token = token();
    let session = token.user();
    for (key, pad) in [(RSA_2048, 0), (RSA_1025, 1)] {
        let (public, private) = key.import(&session);
        let folder = Folder::new();
        folder.put_public(&session, public);
        folder.put("key.der", &key.der());
        let k = key.k();
        for (kind, mode, plain) in [
            (CKM_RSA_PKCS, "pkcs1", b"some data".to_vec()),
            (CKM_RSA_PKCS, "pkcs1", vec![0; k - 11]),
            (CKM_RSA_PKCS, "pkcs1", vec![9]),
            (CKM_RSA_X_509, "none", [vec![0; 1 + pad], vec![5; k - 1 - pad]].concat()),
        ] {
            let option = format!("rsa_padding_mode:{mode}");
            folder.put("encrypted", &ok(session.encrypt(&mech(kind), public, &plain)));
            folder.openssl(&[
                "pkeyutl",
                "-decrypt",
                "-inkey",
                "key.der",
                "-keyform",
                "DER",
                "-in",
                "encrypted",
                "-out",
                "plain",
                "-pkeyopt",
                &option,
            ]);
            assert_eq!(folder.get("plain"), plain);
            folder.openssl(&[
                "pkeyutl",
                "-encrypt",
                "-pubin",
                "-inkey",
                "public.der",
                "-keyform",
                "DER",
                "-in",
                "plain",
                "-out",
                "encrypted",
                "-pkeyopt",
                &option,
            ]);
            assert_eq!(ok(session.decrypt(&mech(kind), private, &folder.get("encrypted"))), plain);
        }
    }
}

#[test]
fn encryption_is_fresh_where_its_padding_is_random() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    for (mechanism, fresh) in
        [(mech(CKM_RSA_PKCS), true), (oaep(CKM_SHA256, CKG_MGF1_SHA256, &[]), true), (mech(CKM_RSA_X_509), false)]
    {
        let encrypted = [(); 2].map(|()| ok(session.encrypt(&mechanism, public, b"data")));
        assert_eq!(encrypted[0] != encrypted[1], fresh);
        let plain = ok(session.decrypt(&mechanism, private, &encrypted[0]));
        assert_eq!(plain, if fresh { b"data".to_vec() } else { [&[0; 124], &b"data"[..]].concat() });
    }
}

#[test]
fn plaintexts_of_every_length_come_back() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    for (mechanism, longest) in [(mech(CKM_RSA_PKCS), 117), (oaep(CKM_SHA256, CKG_MGF1_SHA1, b"label"), 62)] {
        for length in [0, 1, 2, 31, 32, longest - 1, longest] {
            let plain: Vec<u8> = (0..length as u8).collect();
            let encrypted = ok(session.encrypt(&mechanism, public, &plain));
            assert_eq!(encrypted.len(), 128);
            assert_eq!(ok(session.decrypt(&mechanism, private, &encrypted)), plain);
        }
        for length in [longest + 1, 128, 1000] {
            refused(session.encrypt(&mechanism, public, &vec![0; length]), CKR_DATA_LEN_RANGE);
        }
    }
    refused(session.encrypt(&mech(CKM_RSA_X_509), public, &[0; 129]), CKR_DATA_LEN_RANGE);
    for too_large in [hex(RSA_1024.n), vec![0xff; 128]] {
        refused(session.encrypt(&mech(CKM_RSA_X_509), public, &too_large), CKR_DATA_INVALID);
    }
    assert_eq!(ok(session.encrypt(&mech(CKM_RSA_X_509), public, &[])), [0; 128]);
}

#[test]
fn a_wrong_ciphertext_is_told_by_its_length_or_its_value() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let oaep = oaep(CKM_SHA256, CKG_MGF1_SHA256, &[]);
    for mechanism in [&mech(CKM_RSA_PKCS), &mech(CKM_RSA_X_509), &oaep] {
        for length in [0, 1, 127, 129, 4096] {
            refused(session.decrypt(mechanism, private, &vec![1; length]), CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        for too_large in [hex(RSA_1024.n), vec![0xff; 128]] {
            refused(session.decrypt(mechanism, private, &too_large), CKR_ENCRYPTED_DATA_INVALID);
        }
    }
    // Every kind of wrong OAEP gives the same answer: no number at all, 0, 1, another label, hash or mask.
    for wrong in [vec![0; 128], [vec![0; 127], vec![1]].concat(), vec![1; 128]] {
        refused(session.decrypt(&oaep, private, &wrong), CKR_ENCRYPTED_DATA_INVALID);
    }
    for other in [
        crate::oaep(CKM_SHA256, CKG_MGF1_SHA256, b"label"),
        crate::oaep(CKM_SHA256, CKG_MGF1_SHA1, &[]),
        crate::oaep(CKM_SHA3_256, CKG_MGF1_SHA256, &[]),
        crate::oaep(CKM_SHA_1, CKG_MGF1_SHA256, &[]),
    ] {
        let encrypted = ok(session.encrypt(&other, public, b"data"));
        refused(session.decrypt(&oaep, private, &encrypted), CKR_ENCRYPTED_DATA_INVALID);
    }
}

#[test]
fn a_buffer_needs_only_the_plaintexts_length() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    for (mechanism, bound) in [(mech(CKM_RSA_PKCS), 117), (oaep(CKM_SHA_1, CKG_MGF1_SHA1, &[]), 86)] {
        let encrypted = ok(session.encrypt(&mechanism, public, b"data"));
        ok(session.decrypt_init(&mechanism, private));
        let mut buffer = [0; 128];
        let mut decrypt = |room: Option<CK_ULONG>| {
            let mut length = room.unwrap_or_default();
            let place = if room.is_some() { buffer.as_mut_ptr() } else { std::ptr::null_mut() };
            let (data, size) = (encrypted.as_ptr().cast_mut(), encrypted.len() as CK_ULONG);
            // SAFETY: a ciphertext of its length, and a buffer of at least the length that is told.
            let code = unsafe { f().C_Decrypt.unwrap()(session.handle, data, size, place, &mut length) };
            (result(code), length)
        };
        assert_eq!(decrypt(None), (Ok(()), bound));
        assert_eq!(decrypt(Some(3)), (Err(CKR_BUFFER_TOO_SMALL), 4));
        assert_eq!(decrypt(Some(4)), (Ok(()), 4));
        assert_eq!(decrypt(Some(4)).0, Err(CKR_OPERATION_NOT_INITIALIZED));
        assert_eq!(buffer[..5], *b"data\0");
    }
}

#[test]
fn input_and_output_may_be_the_same_memory() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    for mechanism in [mech(CKM_RSA_PKCS), mech(CKM_RSA_X_509), oaep(CKM_SHA_1, CKG_MGF1_SHA1, &[])] {
        let mut buffer = [7; 128];
        let mut length = 128;
        ok(session.encrypt_init(&mechanism, public));
        // SAFETY: a buffer of its length, of which the first bytes are the input.
        let code = unsafe {
            let place = buffer.as_mut_ptr();
            f().C_Encrypt.unwrap()(session.handle, place, 32, place, &mut length)
        };
        ok(result(code));
        ok(session.decrypt_init(&mechanism, private));
        // SAFETY: as above.
        let code = unsafe {
            let place = buffer.as_mut_ptr();
            f().C_Decrypt.unwrap()(session.handle, place, 128, place, &mut length)
        };
        ok(result(code));
        assert!(buffer[..length as usize].ends_with(&[7; 32]));
    }
}

#[test]
fn a_wrong_parameter_key_or_part_is_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = RSA_1024.import(&session);
    let refuses = |mechanism: &Mech| {
        refused(session.encrypt_init(mechanism, public), CKR_MECHANISM_PARAM_INVALID);
        refused(session.decrypt_init(mechanism, private), CKR_MECHANISM_PARAM_INVALID);
    };
    refuses(&mech_bytes(CKM_RSA_PKCS, &[0; 40]));
    refuses(&mech_bytes(CKM_RSA_X_509, &[0]));
    refuses(&mech(CKM_RSA_PKCS_OAEP));
    refuses(&mech_bytes(CKM_RSA_PKCS_OAEP, &[0; 39]));
    refuses(&mech_bytes(CKM_RSA_PKCS_OAEP, &[0; 40]));
    for mgf in [0, 10, CK_ULONG::MAX] {
        refuses(&oaep(CKM_SHA256, mgf, &[]));
    }
    for hash in [CKM_MD5, CKM_SHA256_RSA_PKCS, CK_ULONG::MAX] {
        refuses(&oaep(hash, CKG_MGF1_SHA256, &[]));
    }
    // Two digests of SHA-512 and two bytes are more than 1024 bits.
    refuses(&oaep(CKM_SHA512, CKG_MGF1_SHA1, &[]));
    for mechanism in [mech(CKM_RSA_PKCS), mech(CKM_RSA_X_509), oaep(CKM_SHA_1, CKG_MGF1_SHA1, &[])] {
        refused(session.encrypt_init(&mechanism, private), CKR_KEY_TYPE_INCONSISTENT);
        refused(session.decrypt_init(&mechanism, public), CKR_KEY_TYPE_INCONSISTENT);
        let may_not = ok(session.create(&with(&RSA_1024.private(), no(CKA_DECRYPT))));
        refused(session.decrypt_init(&mechanism, may_not), CKR_KEY_FUNCTION_NOT_PERMITTED);
        refused(session.encrypt_parts(&mechanism, public, &[b"data"]), CKR_OPERATION_NOT_INITIALIZED);
        refused(session.decrypt_parts(&mechanism, private, &[b"data"]), CKR_OPERATION_NOT_INITIALIZED);
    }
}
