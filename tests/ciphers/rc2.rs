//! RC2, whose parameters say how many bits of the key count.

use super::cases::cipher_key;
use crate::common::*;

fn cbc(kind: CK_MECHANISM_TYPE, bits: CK_ULONG, iv: &str) -> Mech {
    mech_params(kind, &CK_RC2_CBC_PARAMS { ulEffectiveBits: bits, iv: hex(iv).try_into().unwrap() })
}

/// RFC 2268, section 5: key, effective bits, plaintext, ciphertext.
const RFC_2268: [(&str, CK_ULONG, &str, &str); 8] = [
    ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
    ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
    ("3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"),
    ("88", 64, "0000000000000000", "61a8a244adacccf0"),
    ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
    ("88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"),
    ("88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"),
    ("88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e", 129, "0000000000000000", "5b78d3a43dfff1f1"),
];

#[test]
fn known_answers_of_rc2_hold() {
    let s = token().user();
    for (key, bits, plain, cipher) in RFC_2268 {
        let (key, m) = (cipher_key(&s, CKK_RC2, &hex(key)), mech_params(CKM_RC2_ECB, &bits));
        assert_eq!(ok(s.encrypt(&m, key, &hex(plain))), hex(cipher));
        assert_eq!(ok(s.decrypt(&m, key, &hex(cipher))), hex(plain));
    }
}

const KEY: &str = "88bca90e90875a7f0f79c384627bafb2";
const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c";

/// Made with OpenSSL 3.0's `enc -rc2-cbc` and `-rc2-64-cbc`; the MACs are the last block with no initialisation vector.
#[test]
fn modes_of_rc2_are_those_of_openssl() {
    let s = token().user();
    let key = cipher_key(&s, CKK_RC2, &hex(KEY));
    let short = cipher_key(&s, CKK_RC2, &hex("88bca90e90875a7f"));
    let iv = "1234567890abcdef";
    for (key, bits, sealed) in [
        (key, 128, "3c5699549469167933c9875704396ace62c8b1451977c62a"),
        (short, 64, "6369a62e5050197811b764826990dd26c298b28c06b1c3b6"),
    ] {
        let m = cbc(CKM_RC2_CBC, bits, iv);
        assert_eq!(ok(s.encrypt(&m, key, &hex(PLAIN))), hex(sealed));
        let parts: Vec<Vec<u8>> = hex(sealed).chunks(5).map(<[u8]>::to_vec).collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(ok(s.decrypt_parts(&m, key, &parts)), hex(PLAIN));
        // Whole blocks get a block of padding behind the same ciphertext.
        let padded = ok(s.encrypt(&cbc(CKM_RC2_CBC_PAD, bits, iv), key, &hex(PLAIN)));
        assert_eq!(padded[..24], hex(sealed));
        assert_eq!(ok(s.decrypt(&cbc(CKM_RC2_CBC_PAD, bits, iv), key, &padded)), hex(PLAIN));
    }
    let mac = hex("e13b7a301de04996");
    for length in 1..=8 {
        let params = CK_RC2_MAC_GENERAL_PARAMS { ulEffectiveBits: 128, ulMacLength: length };
        let m = mech_params(CKM_RC2_MAC_GENERAL, &params);
        let short = &mac[..length as usize];
        assert_eq!(ok(s.sign(&m, key, &hex(PLAIN))), short);
        ok(s.verify(&m, key, &hex(PLAIN), short));
    }
    let half: CK_ULONG = 128;
    assert_eq!(ok(s.sign(&mech_params(CKM_RC2_MAC, &half), key, &hex(PLAIN))), mac[..4]);
}

#[test]
fn keys_are_generated_and_wrapped() {
    let s = token().user();
    for length in [1, 5, 16, 128] {
        let template = [ulong(CKA_VALUE_LEN, length), yes(CKA_EXTRACTABLE)];
        let key = ok(s.generate(&mech(CKM_RC2_KEY_GEN), &template));
        let m = cbc(CKM_RC2_CBC_PAD, 128, "0000000000000000");
        let wrapped = ok(s.wrap(&m, key, key));
        let again = [class(CKO_SECRET_KEY), key_type(CKK_RC2)];
        let again = ok(s.unwrap(&m, key, &wrapped, &again));
        assert_eq!(ok(s.get(again, CKA_CHECK_VALUE)), ok(s.get(key, CKA_CHECK_VALUE)));
    }
    for length in [0, 129, 1 << 20] {
        refused(s.generate(&mech(CKM_RC2_KEY_GEN), &[ulong(CKA_VALUE_LEN, length)]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let imported = |length: usize| [class(CKO_SECRET_KEY), key_type(CKK_RC2), bytes(CKA_VALUE, vec![1; length])];
    refused(s.create(&imported(129)), CKR_ATTRIBUTE_VALUE_INVALID);
}

#[test]
fn effective_bits_are_1_to_1024() {
    let s = token().user();
    let key = cipher_key(&s, CKK_RC2, &hex(KEY));
    for bits in [0, 1025, CK_ULONG::MAX] {
        refused(s.encrypt(&mech_params(CKM_RC2_ECB, &bits), key, &[0; 8]), CKR_MECHANISM_PARAM_INVALID);
        refused(s.encrypt(&cbc(CKM_RC2_CBC, bits, "0000000000000000"), key, &[0; 8]), CKR_MECHANISM_PARAM_INVALID);
        refused(s.sign(&mech_params(CKM_RC2_MAC, &bits), key, b""), CKR_MECHANISM_PARAM_INVALID);
    }
    for bits in [1 as CK_ULONG, 8, 1024] {
        let m = mech_params(CKM_RC2_ECB, &bits);
        let sealed = ok(s.encrypt(&m, key, &[7; 16]));
        assert_eq!(ok(s.decrypt(&m, key, &sealed)), [7; 16]);
    }
    refused(s.encrypt(&mech(CKM_RC2_ECB), key, &[0; 8]), CKR_MECHANISM_PARAM_INVALID);
    refused(s.encrypt(&mech_bytes(CKM_RC2_CBC, &[0; 8]), key, &[0; 8]), CKR_MECHANISM_PARAM_INVALID);
}
