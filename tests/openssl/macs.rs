//! Digests and MACs.

use crate::curves::Files;
use crate::*;

/// Digest, HMAC, openssl's name.
const HASHES: &[(CK_MECHANISM_TYPE, Option<CK_MECHANISM_TYPE>, &str)] = &[
    (CKM_MD5, Some(CKM_MD5_HMAC), "MD5"),
    (CKM_RIPEMD160, Some(CKM_RIPEMD160_HMAC), "RIPEMD160"),
    (CKM_SHA_1, Some(CKM_SHA_1_HMAC), "SHA1"),
    (CKM_SHA224, Some(CKM_SHA224_HMAC), "SHA224"),
    (CKM_SHA256, Some(CKM_SHA256_HMAC), "SHA256"),
    (CKM_SHA384, Some(CKM_SHA384_HMAC), "SHA384"),
    (CKM_SHA512, Some(CKM_SHA512_HMAC), "SHA512"),
    (CKM_SHA512_224, Some(CKM_SHA512_224_HMAC), "SHA512-224"),
    (CKM_SHA512_256, Some(CKM_SHA512_256_HMAC), "SHA512-256"),
    (CKM_SHA3_224, Some(CKM_SHA3_224_HMAC), "SHA3-224"),
    (CKM_SHA3_256, Some(CKM_SHA3_256_HMAC), "SHA3-256"),
    (CKM_SHA3_384, Some(CKM_SHA3_384_HMAC), "SHA3-384"),
    (CKM_SHA3_512, Some(CKM_SHA3_512_HMAC), "SHA3-512"),
    (CKM_BLAKE2B_512, Some(CKM_BLAKE2B_512_HMAC), "BLAKE2B-512"),
];

#[test]
fn digests_and_their_macs_are_the_same() {
    let (s, files) = (token().user(), Files::new());
    for length in [0, 1, 200] {
        let message = data(length);
        files.write("data", &message);
        for (digest, hmac, name) in HASHES {
            let theirs = files.openssl_must(&format!("dgst -{} -binary data", name.to_lowercase()));
            assert_eq!(ok(s.digest(&mech(*digest), &message)), theirs, "{name}");
            let (Some(hmac), value) = (hmac, data(33)) else { continue };
            let command = format!("mac -digest {name} -macopt hexkey:{} -in data HMAC", digits(&value));
            let key = secret(&s, CKK_GENERIC_SECRET, &value);
            assert_eq!(ok(s.sign(&mech(*hmac), key, &message)), printed(&files, &command), "{name}");
        }
    }
}

/// What `openssl mac` prints, which is hexadecimal.
fn printed(files: &Files, command: &str) -> Vec<u8> {
    hex(&String::from_utf8(files.openssl_must(command)).unwrap())
}

#[test]
fn macs_of_ciphers_are_the_same() {
    let (s, files) = (token().user(), Files::new());
    let iv = data(12);
    let gmac = gcm_params(iv.first_chunk().unwrap());
    let nonce = format!(" -macopt hexiv:{}", digits(&iv));
    for length in [1, 16, 200] {
        let message = data(length);
        files.write("data", &message);
        for (m, kind, key_len, name, more) in [
            (mech(CKM_AES_CMAC), CKK_AES, 16, "CMAC", " -cipher AES-128-CBC"),
            (mech(CKM_AES_CMAC), CKK_AES, 24, "CMAC", " -cipher AES-192-CBC"),
            (mech(CKM_AES_CMAC), CKK_AES, 32, "CMAC", " -cipher AES-256-CBC"),
            (mech_params(CKM_AES_GMAC, &gmac), CKK_AES, 16, "GMAC", &format!(" -cipher AES-128-GCM{nonce}")),
            (mech_params(CKM_AES_GMAC, &gmac), CKK_AES, 32, "GMAC", &format!(" -cipher AES-256-GCM{nonce}")),
            (mech(CKM_POLY1305), CKK_POLY1305, 32, "POLY1305", ""),
        ] {
            let value = data(key_len);
            let command = format!("mac{more} -macopt hexkey:{} -in data {name}", digits(&value));
            let key = secret(&s, kind, &value);
            assert_eq!(ok(s.sign(&m, key, &message)), printed(&files, &command), "{name} {length}");
        }
        let value = hex("0123456789abcdef 23456789abcdef01 456789abcdef0123");
        let command = format!("mac -cipher DES-EDE3-CBC -macopt hexkey:{} -in data CMAC", digits(&value));
        let key = secret(&s, CKK_DES3, &value);
        assert_eq!(ok(s.sign(&mech(CKM_DES3_CMAC), key, &message)), printed(&files, &command));
    }
}
