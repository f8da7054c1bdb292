//! Ciphers: what one side encrypts, the other decrypts.

use crate::curves::Files;
use crate::*;

/// How the initialisation vector, or the counter, gets into the parameter.
#[derive(Clone, Copy)]
enum Form {
    None,
    Iv(usize),
    /// CTR: all bits count.
    Counter,
    /// ChaCha20: a counter of 32 bits, little-endian, then the nonce.
    ChaCha,
    /// RC2: the effective bits, and an initialisation vector.
    Rc2,
    /// RC2 in ECB: the effective bits.
    Rc2Bits,
    /// A key wrap's initial value, which is its own default.
    Initial(&'static str),
}

use Form::*;

/// Mechanism, key type, length of the key, openssl's name, the form of the parameter, whole blocks or any length.
type Row = (CK_MECHANISM_TYPE, CK_KEY_TYPE, usize, &'static str, Form, bool);

const ROWS: &[Row] = &[
    (CKM_AES_ECB, CKK_AES, 16, "aes-128-ecb", None, true),
    (CKM_AES_ECB, CKK_AES, 24, "aes-192-ecb", None, true),
    (CKM_AES_ECB, CKK_AES, 32, "aes-256-ecb", None, true),
    (CKM_AES_CBC, CKK_AES, 16, "aes-128-cbc", Iv(16), true),
    (CKM_AES_CBC, CKK_AES, 24, "aes-192-cbc", Iv(16), true),
    (CKM_AES_CBC, CKK_AES, 32, "aes-256-cbc", Iv(16), true),
    (CKM_AES_CBC_PAD, CKK_AES, 16, "aes-128-cbc", Iv(16), false),
    (CKM_AES_CBC_PAD, CKK_AES, 24, "aes-192-cbc", Iv(16), false),
    (CKM_AES_CBC_PAD, CKK_AES, 32, "aes-256-cbc", Iv(16), false),
    (CKM_AES_CTR, CKK_AES, 16, "aes-128-ctr", Counter, false),
    (CKM_AES_CTR, CKK_AES, 24, "aes-192-ctr", Counter, false),
    (CKM_AES_CTR, CKK_AES, 32, "aes-256-ctr", Counter, false),
    (CKM_AES_OFB, CKK_AES, 16, "aes-128-ofb", Iv(16), false),
    (CKM_AES_OFB, CKK_AES, 24, "aes-192-ofb", Iv(16), false),
    (CKM_AES_OFB, CKK_AES, 32, "aes-256-ofb", Iv(16), false),
    (CKM_AES_CFB1, CKK_AES, 16, "aes-128-cfb1", Iv(16), false),
    (CKM_AES_CFB1, CKK_AES, 24, "aes-192-cfb1", Iv(16), false),
    (CKM_AES_CFB1, CKK_AES, 32, "aes-256-cfb1", Iv(16), false),
    (CKM_AES_CFB8, CKK_AES, 16, "aes-128-cfb8", Iv(16), false),
    (CKM_AES_CFB8, CKK_AES, 24, "aes-192-cfb8", Iv(16), false),
    (CKM_AES_CFB8, CKK_AES, 32, "aes-256-cfb8", Iv(16), false),
    (CKM_AES_CFB128, CKK_AES, 16, "aes-128-cfb", Iv(16), false),
    (CKM_AES_CFB128, CKK_AES, 24, "aes-192-cfb", Iv(16), false),
    (CKM_AES_CFB128, CKK_AES, 32, "aes-256-cfb", Iv(16), false),
    (CKM_CAMELLIA_ECB, CKK_CAMELLIA, 16, "camellia-128-ecb", None, true),
    (CKM_CAMELLIA_CBC, CKK_CAMELLIA, 24, "camellia-192-cbc", Iv(16), true),
    (CKM_CAMELLIA_CBC_PAD, CKK_CAMELLIA, 32, "camellia-256-cbc", Iv(16), false),
    (CKM_CAMELLIA_CTR, CKK_CAMELLIA, 16, "camellia-128-ctr", Counter, false),
    (CKM_CAMELLIA_CTR, CKK_CAMELLIA, 24, "camellia-192-ctr", Counter, false),
    (CKM_CAMELLIA_CTR, CKK_CAMELLIA, 32, "camellia-256-ctr", Counter, false),
    (CKM_ARIA_ECB, CKK_ARIA, 16, "aria-128-ecb", None, true),
    (CKM_ARIA_CBC, CKK_ARIA, 24, "aria-192-cbc", Iv(16), true),
    (CKM_ARIA_CBC_PAD, CKK_ARIA, 32, "aria-256-cbc", Iv(16), false),
    (CKM_DES3_ECB, CKK_DES3, 24, "des-ede3-ecb", None, true),
    (CKM_DES3_CBC, CKK_DES3, 24, "des-ede3-cbc", Iv(8), true),
    (CKM_DES3_CBC_PAD, CKK_DES3, 24, "des-ede3-cbc", Iv(8), false),
    (CKM_DES3_CBC, CKK_DES2, 16, "des-ede-cbc", Iv(8), true),
    (CKM_DES3_ECB, CKK_DES2, 16, "des-ede-ecb", None, true),
    (CKM_DES3_CBC_PAD, CKK_DES2, 16, "des-ede-cbc", Iv(8), false),
    (CKM_DES_ECB, CKK_DES, 8, "des-ecb", None, true),
    (CKM_DES_CBC, CKK_DES, 8, "des-cbc", Iv(8), true),
    (CKM_DES_CBC_PAD, CKK_DES, 8, "des-cbc", Iv(8), false),
    (CKM_BLOWFISH_CBC, CKK_BLOWFISH, 16, "bf-cbc", Iv(8), true),
    (CKM_BLOWFISH_CBC_PAD, CKK_BLOWFISH, 16, "bf-cbc", Iv(8), false),
    (CKM_RC2_ECB, CKK_RC2, 16, "rc2-ecb", Rc2Bits, true),
    (CKM_RC2_CBC, CKK_RC2, 16, "rc2-cbc", Rc2, true),
    (CKM_RC2_CBC_PAD, CKK_RC2, 16, "rc2-cbc", Rc2, false),
    (CKM_CHACHA20, CKK_CHACHA20, 32, "chacha20", ChaCha, false),
    (CKM_AES_KEY_WRAP, CKK_AES, 16, "id-aes128-wrap", Initial("a6a6a6a6a6a6a6a6"), true),
    (CKM_AES_KEY_WRAP, CKK_AES, 24, "id-aes192-wrap", Initial("a6a6a6a6a6a6a6a6"), true),
    (CKM_AES_KEY_WRAP, CKK_AES, 32, "id-aes256-wrap", Initial("a6a6a6a6a6a6a6a6"), true),
    (CKM_AES_KEY_WRAP_KWP, CKK_AES, 16, "id-aes128-wrap-pad", Initial("a65959a6"), false),
    (CKM_AES_KEY_WRAP_KWP, CKK_AES, 24, "id-aes192-wrap-pad", Initial("a65959a6"), false),
    (CKM_AES_KEY_WRAP_KWP, CKK_AES, 32, "id-aes256-wrap-pad", Initial("a65959a6"), false),
];

fn mechanism(kind: CK_MECHANISM_TYPE, form: Form, vector: &[u8]) -> Mech {
    match form {
        None | Initial(_) => mech(kind),
        Iv(_) => mech_bytes(kind, vector),
        // The structures of both ciphers are the same.
        Counter => mech_params(kind, &CK_AES_CTR_PARAMS { ulCounterBits: 128, cb: vector.try_into().unwrap() }),
        ChaCha => mech_params(
            kind,
            &CK_CHACHA20_PARAMS {
                pBlockCounter: kept(&vector[..4]),
                blockCounterBits: 32,
                pNonce: kept(&vector[4..]),
                ulNonceBits: 96,
            },
        ),
        Rc2Bits => mech_params(kind, &(128 as CK_RC2_PARAMS)),
        Rc2 => mech_params(kind, &CK_RC2_CBC_PARAMS { ulEffectiveBits: 128, iv: vector.try_into().unwrap() }),
    }
}

#[test]
fn each_side_decrypts_what_the_other_encrypts() {
    let (s, files) = (token().user(), Files::new());
    for (kind, key_type, length, name, form, whole) in ROWS {
        let mut value: Vec<u8> = data(*length).iter().map(|byte| byte ^ 0x5c).collect();
        if [CKK_DES, CKK_DES2, CKK_DES3].contains(key_type) {
            // Odd parity.
            value.iter_mut().for_each(|byte| *byte = *byte & 0xfe | (1 ^ ((*byte >> 1).count_ones() as u8 & 1)));
        }
        let key = secret(&s, *key_type, &value);
        let vector = match form {
            None | Rc2Bits => Vec::new(),
            Iv(length) => data(*length),
            Rc2 => data(8),
            Counter | ChaCha => data(16),
            Initial(digits) => hex(digits),
        };
        let iv = if vector.is_empty() { String::new() } else { format!(" -iv {}", digits(&vector)) };
        let padding = if *whole || !name.ends_with("cbc") { " -nopad" } else { "" };
        let enc = |mode, from, to| {
            let key = digits(&value);
            files.openssl_must(&format!(
                "enc {mode} -{name} -K {key}{iv}{padding} -in {from} -out {to} -provider legacy -provider default"
            ));
            files.read(to)
        };
        let m = mechanism(*kind, *form, &vector);
        for size in if *whole { [16, 32, 1024] } else { [1, 33, 1000] } {
            let plain = data(size);
            files.write("plain", &plain);
            let sealed = ok(s.encrypt(&m, key, &plain));
            assert_eq!(enc("-e", "plain", "theirs"), sealed, "{name}, {size} bytes");
            files.write("ours", &sealed);
            assert_eq!(enc("-d", "ours", "opened"), plain, "{name}, {size} bytes");
            assert_eq!(ok(s.decrypt(&m, key, &sealed)), plain);
        }
    }
}
