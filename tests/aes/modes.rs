//! Known answers of OFB, CFB, CTS and XTS.

use super::cases::{Case, IV, KEY_128, KEY_192, KEY_256, PLAIN, Parameter, aes_key, case};
use crate::common::*;

/// Mechanism, key, ciphertext of the plaintext's beginning, under the usual initialisation vector.
const FEEDBACK: &[(&str, CK_MECHANISM_TYPE, &str, &str)] = &[
    // NIST SP 800-38A, appendix F.
    ("F.3.1 CFB1-AES128", CKM_AES_CFB1, KEY_128, "68b3"),
    ("F.3.3 CFB1-AES192", CKM_AES_CFB1, KEY_192, "9359"),
    ("F.3.5 CFB1-AES256", CKM_AES_CFB1, KEY_256, "9029"),
    ("F.3.7 CFB8-AES128", CKM_AES_CFB8, KEY_128, "3b79424c9c0dd436bace9e0ed4586a4f32b9"),
    ("F.3.9 CFB8-AES192", CKM_AES_CFB8, KEY_192, "cda2521ef0a905ca44cd057cbf0d47a0678a"),
    ("F.3.11 CFB8-AES256", CKM_AES_CFB8, KEY_256, "dc1f1a8520a64db55fcc8ac554844e889700"),
    (
        "F.3.13 CFB128-AES128",
        CKM_AES_CFB128,
        KEY_128,
        "3b3fd92eb72dad20333449f8e83cfb4a c8a64537a0b3a93fcde3cdad9f1ce58b
         26751f67a3cbb140b1808cf187a4f4df c04b05357c5d1c0eeac4c66f9ff7f2e6",
    ),
    (
        "F.3.15 CFB128-AES192",
        CKM_AES_CFB128,
        KEY_192,
        "cdc80d6fddf18cab34c25909c99a4174 67ce7f7f81173621961a2b70171d3d7a
         2e1e8a1dd59b88b1c8e60fed1efac4c9 c05f9f9ca9834fa042ae8fba584b09ff",
    ),
    (
        "F.3.17 CFB128-AES256",
        CKM_AES_CFB128,
        KEY_256,
        "dc7e84bfda79164b7ecd8486985d3860 39ffed143b28b1c832113c6331e5407b
         df10132415e54b92a13ed0a8267ae2f9 75a385741ab9cef82031623d55b1e471",
    ),
    (
        "F.4.1 OFB-AES128",
        CKM_AES_OFB,
        KEY_128,
        "3b3fd92eb72dad20333449f8e83cfb4a 7789508d16918f03f53c52dac54ed825
         9740051e9c5fecf64344f7a82260edcc 304c6528f659c77866a510d9c1d6ae5e",
    ),
    (
        "F.4.3 OFB-AES192",
        CKM_AES_OFB,
        KEY_192,
        "cdc80d6fddf18cab34c25909c99a4174 fcc28b8d4c63837c09e81700c1100401
         8d9a9aeac0f6596f559c6d4daf59a5f2 6d9f200857ca6c3e9cac524bd9acc92a",
    ),
    (
        "F.4.5 OFB-AES256",
        CKM_AES_OFB,
        KEY_256,
        "dc7e84bfda79164b7ecd8486985d3860 4febdc6740d20b3ac88f6ad82a4fb08d
         71ab47a086e86eedf39d1c5bba97c408 0126141d67f37be8538f5a8be740e484",
    ),
    // SP 800-38A has no examples of 64 bits; these are PyCryptodome's.
    (
        "CFB64, 128 bits",
        CKM_AES_CFB64,
        KEY_128,
        "3b3fd92eb72dad20764bc8b40ee0de40 f857ab76f3e7bc33332265ff0594b12e
         6c8bf2f3fc1ba87b2f124a56f7fe88d2 341f1d0535f0d56e58287bbec2952b2a",
    ),
    (
        "CFB64, 192 bits",
        CKM_AES_CFB64,
        KEY_192,
        "cdc80d6fddf18cabdd77d693b7f9ac00 26a3ad7dec1fd4401bc8c7ec98d09be9
         e0f7d12011d06ad91775e17e15321703 a3227525eddf057961a7f86c183fefec",
    ),
    (
        "CFB64, 256 bits",
        CKM_AES_CFB64,
        KEY_256,
        "dc7e84bfda79164b5354b1128a039ec7 506b65da6782cdfa2eb7f5711565fc14
         19345a7d5eed18808be1d3864ae3e0dc f435ae891b3032834ee359d40e86af01",
    ),
];

/// RFC 3962, appendix B: the length of the plaintext, and the ciphertext. The RFC has the last two blocks in the order CS3
/// of the addendum to SP 800-38A; here they are in the order CS1, as OpenSSL's AES-128-CBC-CTS gives them.
const STOLEN: &[(&str, usize, &str)] = &[
    ("CTS, a block", 16, "97687268d6ecccc0c07b25e25ecfe584"),
    ("RFC 3962, 17 bytes", 17, "97 c6353568f2bf8cb4d8a580362da7ff7f"),
    ("RFC 3962, 31 bytes", 31, "97687268d6ecccc0c07b25e25ecfe5 fc00783e0efdb2c1d445d4c8eff7ed22"),
    ("RFC 3962, 32 bytes", 32, "97687268d6ecccc0c07b25e25ecfe584 39312523a78662d5be7fcbcc98ebf5a8"),
    (
        "RFC 3962, 47 bytes",
        47,
        "97687268d6ecccc0c07b25e25ecfe584 39312523a78662d5be7fcbcc98ebf5 b3fffd940c16a18c1b5549d2f838029e",
    ),
    (
        "RFC 3962, 48 bytes",
        48,
        "97687268d6ecccc0c07b25e25ecfe584 39312523a78662d5be7fcbcc98ebf5a8 9dad8bbb96c4cdc03bc103e1a194bbd8",
    ),
    (
        "RFC 3962, 64 bytes",
        64,
        "97687268d6ecccc0c07b25e25ecfe584 39312523a78662d5be7fcbcc98ebf5a8
         9dad8bbb96c4cdc03bc103e1a194bbd8 4807efe836ee89a526730dbc2f7bc840",
    ),
];

/// IEEE 1619, annex B, and one of 31 bytes that OpenSSL made: key, data unit, plaintext, ciphertext.
const XTS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "IEEE 1619, vector 2",
        "11111111111111111111111111111111 22222222222222222222222222222222",
        "33333333330000000000000000000000",
        "44444444444444444444444444444444 44444444444444444444444444444444",
        "c454185e6a16936e39334038acef838b fb186fff7480adc4289382ecd6d394f0",
    ),
    (
        "IEEE 1619, vector 3",
        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0 22222222222222222222222222222222",
        "33333333330000000000000000000000",
        "44444444444444444444444444444444 44444444444444444444444444444444",
        "af85336b597afc1a900b2eb21ec949d2 92df4c047e0b21532186a5971a227a89",
    ),
    (
        "IEEE 1619, vector 15",
        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0 bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
        "9a785634120000000000000000000000",
        "000102030405060708090a0b0c0d0e0f 10",
        "6c1625db4671522d3d7599601de7ca09 ed",
    ),
    (
        "IEEE 1619, vector 18",
        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0 bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
        "9a785634120000000000000000000000",
        "000102030405060708090a0b0c0d0e0f 10111213",
        "9d84c813f719aa2c7be3f66171c7c5c2 edbf9dac",
    ),
    (
        "XTS, 256 bits, 31 bytes",
        "2718281828459045235360287471352662497757247093699959574966967627
         3141592653589793238462643383279502884197169399375105820974944592",
        "ff000000000000000000000000000000",
        "000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e",
        "b7a469d9a0a8237d178ad4323b274632 1c3b3a102f770386e4836c99e370cf",
    ),
];

pub fn cases() -> Vec<Case> {
    let iv = || Parameter::bytes(IV);
    let feedback = FEEDBACK.iter().map(|(name, kind, key, cipher)| {
        let mut case = case(name, *kind, iv(), key, PLAIN, cipher);
        case.plain.truncate(case.cipher.len());
        case
    });
    let text = b"I would like the General Gau's Chicken, please, and wonton soup.";
    let stolen = STOLEN.iter().map(|(name, length, cipher)| Case {
        name,
        kind: CKM_AES_CTS,
        parameter: Parameter::Bytes(vec![0; 16]),
        key: b"chicken teriyaki".to_vec(),
        plain: text[..*length].to_vec(),
        cipher: hex(cipher),
        parts: true,
    });
    let xts = XTS
        .iter()
        .map(|(name, key, unit, plain, cipher)| case(name, CKM_AES_XTS, Parameter::bytes(unit), key, plain, cipher));
    feedback.chain(stolen).chain(xts).collect()
}

/// Keeps no more back than it must: what comes out is as long as the input, or lacks the end that may still change.
#[test]
fn stealing_modes_give_all_blocks_but_the_last_as_they_come() {
    let s = token().user();
    let (key, m) = (aes_key(&s, &[9; 32]), mech_bytes(CKM_AES_CTS, &[1; 16]));
    for size in 1..=40 {
        ok(s.encrypt_init(&m, key));
        let (mut fed, mut got) = (0, 0);
        for part in [7; 200].chunks(size) {
            fed += part.len();
            got += ok(s.encrypt_update(part)).len();
            assert_eq!(got, (fed / 16).saturating_sub(1) * 16, "after {fed} bytes by {size}");
        }
        got += ok(s.encrypt_final()).len();
        assert_eq!(got, 200);
    }
}

/// CS1 differs from CBC only where there is a part of a block.
#[test]
fn cts_of_whole_blocks_is_cbc() {
    let s = token().user();
    let (key, plain) = (aes_key(&s, &[9; 32]), [3; 80]);
    let cbc = ok(s.encrypt(&mech_bytes(CKM_AES_CBC, &[1; 16]), key, &plain));
    assert_eq!(ok(s.encrypt(&mech_bytes(CKM_AES_CTS, &[1; 16]), key, &plain)), cbc);
}

/// SP 800-38A's definition of CFB, computed with ECB alone.
#[test]
fn cfb_is_what_its_definition_says() {
    let s = token().user();
    let key = aes_key(&s, &[9; 24]);
    let plain: Vec<u8> = (0..100u8).map(|n| n.wrapping_mul(37)).collect();
    for (kind, segment) in [(CKM_AES_CFB8, 1), (CKM_AES_CFB64, 8), (CKM_AES_CFB128, 16)] {
        let (mut register, mut expected) = (vec![1; 16], Vec::new());
        for part in plain.chunks(segment) {
            let mask = ok(s.encrypt(&mech(CKM_AES_ECB), key, &register));
            let cipher: Vec<u8> = part.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
            register.extend_from_slice(&cipher);
            register.drain(..cipher.len());
            expected.extend(cipher);
        }
        assert_eq!(ok(s.encrypt(&mech_bytes(kind, &[1; 16]), key, &plain)), expected);
    }
}
