//! Keys out of passwords as in PKCS #12 and PKCS #5.

use crate::cases::*;

/// A CK_PBE_PARAMS; it points into the slices.
fn params(vector: &mut [u8], password: &[u8], salt: &[u8], iterations: CK_ULONG) -> CK_PBE_PARAMS {
    CK_PBE_PARAMS {
        pInitVector: if vector.is_empty() { std::ptr::null_mut() } else { vector.as_mut_ptr() },
        pPassword: start(password),
        ulPasswordLen: password.len() as CK_ULONG,
        pSalt: start(salt),
        ulSaltLen: salt.len() as CK_ULONG,
        ulIteration: iterations,
    }
}

/// A password as PKCS #12 wants it: a BMPString, and two zeros.
fn bmp(password: &str) -> Vec<u8> {
    password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
}

/// Made with OpenSSL 3.0: `openssl pkcs8 -topk8 -v1 … -iter 1000` of one Ed25519 key under the password "smeg". Mechanism,
/// key type, salt, ciphertext.
const FILES: [(CK_MECHANISM_TYPE, CK_KEY_TYPE, &str, &str); 5] = [
    (
        CKM_PBE_MD5_DES_CBC,
        CKK_DES,
        "57c79edbc39301ce",
        "9a732e61c0d946c4a7e740d33ac2b4f5eca00dff2a4a2f275e6715a40f5dca47cc8d96520af78307833d6af33c9f3917ff0b324bf27bbe4c",
    ),
    (
        CKM_PBE_SHA1_DES3_EDE_CBC,
        CKK_DES3,
        "a90c81b209cf68d0",
        "860c0ca117ba5e21bd637510e41c10c53b6f95e78f6a87733fc2e07b619bf35e56b6256679612572cec8c880969816883a3c1dc25860f31a",
    ),
    (
        CKM_PBE_SHA1_DES2_EDE_CBC,
        CKK_DES2,
        "701da5f0b2f3407b",
        "bcbbc7e4c0c4f83104f09aebe4969206c958cfcf3cafb01fd3faedb60267ac0a896daf582ab5b88d89881140aba1839e538cdc1d8ad167bd",
    ),
    (
        CKM_PBE_SHA1_RC2_128_CBC,
        CKK_RC2,
        "cefe0552ac51128f",
        "20521389c55ce4d1732f5dd57c82d06f216727ce59aec726a8dac20d530adda183395af04b8eed7f247c0def55b2ab0ac6a8b99ccde8c737",
    ),
    (
        CKM_PBE_SHA1_RC2_40_CBC,
        CKK_RC2,
        "e90b741cbc42bfed",
        "230b3f60350bdcd40eaa8bcfee33a527460bf594a642fb83b929a14a5ab0d5bda4c6bdc11429ca38342b189677cf155d6edf739e8168d1d2",
    ),
];

const PLAIN: &str = "302e020100300506032b657004220420fc88f03db1ad7330da710179b41711e5fb973f1fc25524a8c4e2c8bf4a657cf5";

#[test]
fn keys_under_a_password_can_be_read() {
    let session = token().user();
    for (kind, expected, salt, sealed) in FILES {
        let password = if kind == CKM_PBE_MD5_DES_CBC { b"smeg".to_vec() } else { bmp("smeg") };
        let (salt, mut vector) = (hex(salt), [0; 8]);
        let params = params(&mut vector, &password, &salt, 1000);
        let key = ok(session.generate(&mech_params(kind, &params), &[yes(CKA_DECRYPT), class(CKO_SECRET_KEY)]));
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), expected);
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), kind);
        let decryption = match expected {
            CKK_DES => mech_bytes(CKM_DES_CBC_PAD, &vector),
            CKK_RC2 => {
                let bits = if kind == CKM_PBE_SHA1_RC2_40_CBC { 40 } else { 128 };
                mech_params(CKM_RC2_CBC_PAD, &CK_RC2_CBC_PARAMS { ulEffectiveBits: bits, iv: vector })
            }
            _ => mech_bytes(CKM_DES3_CBC_PAD, &vector),
        };
        assert_eq!(ok(session.decrypt(&decryption, key, &hex(sealed))), hex(PLAIN), "{kind:#x}");
    }
}

/// `openssl kdf -kdfopt digest:SHA1 … -kdfopt iter:1000 PKCS12KDF` with identification bytes 1 and 3.
#[test]
fn other_keys_are_those_of_openssl() {
    let session = token().user();
    let (password, salt) = (bmp("smeg"), hex("0a58cf64530d823f"));
    for (kind, expected, value) in [
        (CKM_PBE_SHA1_RC4_128, CKK_RC4, "65a0185313e1be626a62223edc56a602"),
        (CKM_PBE_SHA1_RC4_40, CKK_RC4, "65a0185313"),
        (CKM_PBA_SHA1_WITH_SHA1_HMAC, CKK_GENERIC_SECRET, "eeda645443827451e9753694f90ee9b9cf9248ff"),
    ] {
        // No initialisation vector is made, so there may be no place for it.
        let params = params(&mut [], &password, &salt, 1000);
        let template = [seen(), vec![ulong(CKA_VALUE_LEN, (value.len() / 2) as CK_ULONG)]].concat();
        for template in [seen(), template] {
            let key = ok(session.generate(&mech_params(kind, &params), &template));
            assert_eq!(ok(session.get(key, CKA_VALUE)), hex(value));
            assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), expected);
        }
        let wrong = [seen(), vec![ulong(CKA_VALUE_LEN, 7)]].concat();
        refused(session.generate(&mech_params(kind, &params), &wrong), CKR_TEMPLATE_INCONSISTENT);
    }
}

#[test]
fn what_does_not_fit_is_refused_and_no_vector_is_written() {
    let session = token().user();
    let (password, salt, mut vector) = (bmp("smeg"), [7; 8], [0xee; 8]);
    let kind = CKM_PBE_SHA1_DES3_EDE_CBC;
    type Change = fn(&mut CK_PBE_PARAMS);
    let changes: [Change; 8] = [
        |params| params.pInitVector = std::ptr::null_mut(),
        |params| params.pPassword = std::ptr::null_mut(),
        |params| params.pSalt = std::ptr::null_mut(),
        |params| params.ulPasswordLen = CK_ULONG::MAX,
        |params| params.ulPasswordLen = 0x1_0000,
        |params| params.ulSaltLen = CK_ULONG::MAX,
        |params| params.ulIteration = 0,
        |params| params.ulIteration = CK_ULONG::MAX,
    ];
    for change in changes {
        let mut params = params(&mut vector, &password, &salt, 1);
        change(&mut params);
        refused(session.generate(&mech_params(kind, &params), &[]), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(session.generate(&mech(kind), &[]), CKR_MECHANISM_PARAM_INVALID);
    let good = params(&mut vector, &password, &salt, 1);
    refused(session.generate(&mech_params(kind, &good), &[key_type(CKK_AES)]), CKR_TEMPLATE_INCONSISTENT);
    let short = params(&mut vector, &password, &salt[..7], 1);
    refused(session.generate(&mech_params(CKM_PBE_MD5_DES_CBC, &short), &[]), CKR_MECHANISM_PARAM_INVALID);
    assert_eq!(vector, [0xee; 8]);
}

#[test]
fn no_password_and_no_salt_are_taken() {
    let session = token().user();
    let mut vector = [0; 8];
    let params = params(&mut vector, b"", b"", 1);
    ok(session.generate(&mech_params(CKM_PBE_SHA1_DES3_EDE_CBC, &params), &[]));
    assert_ne!(vector, [0; 8]);
}
