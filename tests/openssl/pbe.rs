//! Private keys under passwords, as `openssl pkcs8` writes them: PKCS #5 (PBES2) and PKCS #12. The token opens them, and wraps
//! to the same bytes: so openssl opens what the token wraps.

use crate::curves::Files;
use crate::*;
use std::ptr;

const PASSWORD: &str = "a password";
const ITERATIONS: CK_ULONG = 2048;

/// The OCTET STRINGs of an encoding, in their order: salt, initialisation vector if there is one, ciphertext.
fn octet_strings(mut der: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let [tag, length, rest @ ..] = der {
        let extra = if length & 0x80 == 0 { 0 } else { usize::from(length & 0x7f) };
        let length = match extra {
            0 => usize::from(*length),
            _ => rest[..extra].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
        };
        let (value, behind) = rest[extra..].split_at(length);
        match tag {
            0x30 => found.extend(octet_strings(value)),
            4 => found.push(value.to_vec()),
            _ => {}
        }
        der = behind;
    }
    found
}

/// An Ed25519 key under the password, and in clear.
fn sealed(files: &Files, how: &str) -> (Vec<Vec<u8>>, Vec<u8>) {
    files.write("password", PASSWORD.as_bytes());
    files.openssl_must("genpkey -algorithm ED25519 -out key.pem");
    files.openssl_must(&format!(
        "pkcs8 -topk8 -in key.pem -passout file:password -iter {ITERATIONS} {how} -outform DER -out sealed.der \
         -provider legacy -provider default"
    ));
    (octet_strings(&files.read("sealed.der")), files.openssl_must("pkey -in key.pem -pubout -outform DER"))
}

/// The key comes out, and goes back to the same bytes.
fn opens_and_wraps(s: &Session, m: &Mech, key: CK_OBJECT_HANDLE, sealed: &[u8], public: &[u8], what: &str) {
    let template = [class(CKO_PRIVATE_KEY), key_type(CKK_EC_EDWARDS), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
    let private = ok(s.unwrap(m, key, sealed, &template));
    assert_eq!(ok(s.get(private, CKA_PUBLIC_KEY_INFO)), public, "{what}");
    assert_eq!(ok(s.wrap(m, key, private)), sealed, "{what}");
}

#[test]
fn pbes2_is_understood_both_ways() {
    let (s, files) = (token().user(), Files::new());
    for (prf, name) in [
        (CKP_PKCS5_PBKD2_HMAC_SHA1, "hmacWithSHA1"),
        (CKP_PKCS5_PBKD2_HMAC_SHA224, "hmacWithSHA224"),
        (CKP_PKCS5_PBKD2_HMAC_SHA256, "hmacWithSHA256"),
        (CKP_PKCS5_PBKD2_HMAC_SHA384, "hmacWithSHA384"),
        (CKP_PKCS5_PBKD2_HMAC_SHA512, "hmacWithSHA512"),
    ] {
        for (kind, length, cbc, cipher) in [
            (CKK_AES, 16, CKM_AES_CBC_PAD, "aes-128-cbc"),
            (CKK_AES, 24, CKM_AES_CBC_PAD, "aes-192-cbc"),
            (CKK_AES, 32, CKM_AES_CBC_PAD, "aes-256-cbc"),
            (CKK_DES3, 0, CKM_DES3_CBC_PAD, "des3"),
        ] {
            let how = format!("-v2 {cipher} -v2prf {name}");
            let (strings, public) = sealed(&files, &how);
            let [salt, iv, ciphertext] = &strings[..] else { panic!("salt, vector, ciphertext: {how}") };
            let params = CK_PKCS5_PBKD2_PARAMS2 {
                saltSource: CKZ_SALT_SPECIFIED,
                pSaltSourceData: kept(salt).cast(),
                ulSaltSourceDataLen: salt.len() as CK_ULONG,
                iterations: ITERATIONS,
                prf,
                pPrfData: ptr::null_mut(),
                ulPrfDataLen: 0,
                pPassword: kept(PASSWORD.as_bytes()),
                ulPasswordLen: PASSWORD.len() as CK_ULONG,
            };
            let mut template = vec![class(CKO_SECRET_KEY), key_type(kind)];
            template.extend((length > 0).then(|| ulong(CKA_VALUE_LEN, length)));
            let key = ok(s.generate(&mech_params(CKM_PKCS5_PBKD2, &params), &template));
            opens_and_wraps(&s, &mech_bytes(cbc, iv), key, ciphertext, &public, &how);
        }
    }
}

#[test]
fn pkcs_12_is_understood_both_ways() {
    let (s, files) = (token().user(), Files::new());
    // A BMPString, and two zeros; PKCS #5 takes the bytes.
    let wide: Vec<u8> = PASSWORD.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    for (kind, name, cbc) in [
        (CKM_PBE_SHA1_DES3_EDE_CBC, "PBE-SHA1-3DES", CKM_DES3_CBC_PAD),
        (CKM_PBE_SHA1_DES2_EDE_CBC, "PBE-SHA1-2DES", CKM_DES3_CBC_PAD),
        (CKM_PBE_SHA1_RC2_128_CBC, "PBE-SHA1-RC2-128", CKM_RC2_CBC_PAD),
        (CKM_PBE_SHA1_RC2_40_CBC, "PBE-SHA1-RC2-40", CKM_RC2_CBC_PAD),
        (CKM_PBE_MD5_DES_CBC, "PBE-MD5-DES", CKM_DES_CBC_PAD),
    ] {
        let (strings, public) = sealed(&files, &format!("-v1 {name}"));
        let [salt, ciphertext] = &strings[..] else { panic!("salt, ciphertext: {name}") };
        let password = if kind == CKM_PBE_MD5_DES_CBC { PASSWORD.as_bytes() } else { &wide };
        let mut vector = [0; 8];
        let params = CK_PBE_PARAMS {
            pInitVector: vector.as_mut_ptr(),
            pPassword: kept(password),
            ulPasswordLen: password.len() as CK_ULONG,
            pSalt: kept(salt),
            ulSaltLen: salt.len() as CK_ULONG,
            ulIteration: ITERATIONS,
        };
        let key = ok(s.generate(&mech_params(kind, &params), &[]));
        let bits = if kind == CKM_PBE_SHA1_RC2_40_CBC { 40 } else { 128 };
        let m = match cbc {
            CKM_RC2_CBC_PAD => mech_params(cbc, &CK_RC2_CBC_PARAMS { ulEffectiveBits: bits, iv: vector }),
            _ => mech_bytes(cbc, &vector),
        };
        opens_and_wraps(&s, &m, key, ciphertext, &public, name);
    }
}
