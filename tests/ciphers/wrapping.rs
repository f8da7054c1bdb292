//! Keys wrapped and unwrapped.

use super::cases::{CIPHERS, cipher_key, sample};
use crate::common::*;

fn readable(kind: CK_KEY_TYPE) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(kind), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

#[test]
fn secrets_of_any_length_come_back() {
    let s = token().user();
    for cipher in CIPHERS {
        for key in cipher.keys(&s) {
            for m in cipher.modes() {
                for length in 1..=40 {
                    let value: Vec<u8> = (1..=length).map(|n| n as u8).collect();
                    let wrapped = ok(s.wrap(&m, key, cipher_key(&s, CKK_GENERIC_SECRET, &value)));
                    let mut template = readable(CKK_GENERIC_SECRET);
                    if m.kind != cipher.cbc_pad {
                        assert_eq!(wrapped.len(), value.len().next_multiple_of(cipher.block));
                        refused(s.unwrap(&m, key, &wrapped, &template), CKR_TEMPLATE_INCOMPLETE);
                        template.push(ulong(CKA_VALUE_LEN, length as CK_ULONG));
                    }
                    let unwrapped = ok(s.unwrap(&m, key, &wrapped, &template));
                    assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), value, "{}, {length} bytes", cipher.name);
                }
            }
        }
    }
}

#[test]
fn keys_of_each_type_come_back() {
    let s = token().user();
    let kinds = [CKK_DES, CKK_DES2, CKK_DES3, CKK_CAMELLIA, CKK_ARIA, CKK_TWOFISH];
    for cipher in CIPHERS {
        let key = cipher.keys(&s)[0];
        for m in cipher.modes() {
            for kind in kinds {
                let target = cipher_key(&s, kind, &sample(kind));
                let wrapped = ok(s.wrap(&m, key, target));
                let unwrapped = ok(s.unwrap(&m, key, &wrapped, &readable(kind)));
                assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), sample(kind), "{}", cipher.name);
            }
        }
    }
}

/// The standard lets a template say the length that the key type has anyway, and has a code for another (section 5.18.4).
#[test]
fn the_length_of_a_des_key_may_be_told_if_it_is_right() {
    let s = token().user();
    let key = cipher_key(&s, CKK_AES, &[7; 16]);
    for m in [mech(CKM_AES_KEY_WRAP_KWP), mech_bytes(CKM_AES_CBC_PAD, &[0; 16])] {
        for (kind, length) in [(CKK_DES, 8), (CKK_DES2, 16), (CKK_DES3, 24)] {
            let wrapped = ok(s.wrap(&m, key, cipher_key(&s, kind, &sample(kind))));
            let told = |length| [readable(kind), vec![ulong(CKA_VALUE_LEN, length)]].concat();
            let unwrapped = ok(s.unwrap(&m, key, &wrapped, &told(length)));
            assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), sample(kind));
            refused(s.get(unwrapped, CKA_VALUE_LEN), CKR_ATTRIBUTE_TYPE_INVALID);
            for wrong in [0, length - 1, length + 8, CK_ULONG::MAX] {
                refused(s.unwrap(&m, key, &wrapped, &told(wrong)), CKR_WRAPPED_KEY_LEN_RANGE);
            }
            // Who derives may say it, too ("the length must be compatible with that key type"); who brings one, not.
            let base = cipher_key(&s, CKK_GENERIC_SECRET, &[9; 32]);
            let derived = ok(s.derive(&mech(CKM_SHA256_KEY_DERIVATION), base, &told(length)));
            assert_eq!(ok(s.get(derived, CKA_VALUE)).len() as CK_ULONG, length);
            let wrong = s.derive(&mech(CKM_SHA256_KEY_DERIVATION), base, &told(length + 1));
            refused(wrong, CKR_TEMPLATE_INCONSISTENT);
        }
    }
}

/// AES bytes as triple DES, or a key of one length as one of another: by length, else by parity.
#[test]
fn keys_do_not_change_into_des_keys() {
    let s = token().user();
    for cipher in CIPHERS {
        let key = cipher.keys(&s)[0];
        for m in cipher.modes() {
            let wrap = |length| ok(s.wrap(&m, key, cipher_key(&s, CKK_AES, &vec![2; length])));
            // Bytes of 2 have the parity of DES keys, bytes of 3 have not.
            refused(s.unwrap(&m, key, &wrap(16), &readable(CKK_DES3)), CKR_WRAPPED_KEY_LEN_RANGE);
            refused(s.unwrap(&m, key, &wrap(32), &readable(CKK_DES2)), CKR_WRAPPED_KEY_LEN_RANGE);
            refused(s.unwrap(&m, key, &wrap(32), &readable(CKK_DES)), CKR_WRAPPED_KEY_LEN_RANGE);
            for (length, kind) in [(16, CKK_DES2), (24, CKK_DES3)] {
                let wrapped = ok(s.wrap(&m, key, cipher_key(&s, CKK_AES, &vec![3; length])));
                refused(s.unwrap(&m, key, &wrapped, &readable(kind)), CKR_WRAPPED_KEY_INVALID);
            }
        }
    }
}

#[test]
fn wrapped_keys_of_impossible_length_are_refused() {
    let s = token().user();
    for cipher in CIPHERS {
        let key = cipher.keys(&s)[0];
        for m in cipher.modes() {
            for length in [0, 1, cipher.block - 1, cipher.block + 1] {
                let result = s.unwrap(&m, key, &vec![0; length], &readable(CKK_CAMELLIA));
                refused(result, CKR_WRAPPED_KEY_LEN_RANGE);
            }
        }
    }
}

#[test]
fn private_keys_are_wrapped_with_padding_only() {
    let s = token().user();
    let p256 = hex("06082a8648ce3d030107");
    let private = [yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
    let (_, target) = ok(s.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, &p256)], &private));
    let template = [class(CKO_PRIVATE_KEY), key_type(CKK_EC), no(CKA_SENSITIVE)];
    for cipher in CIPHERS {
        let key = cipher.keys(&s)[0];
        for m in cipher.modes() {
            if m.kind != cipher.cbc_pad {
                refused(s.wrap(&m, key, target), CKR_KEY_NOT_WRAPPABLE);
                continue;
            }
            let wrapped = ok(s.wrap(&m, key, target));
            let unwrapped = ok(s.unwrap(&m, key, &wrapped, &template));
            assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), ok(s.get(target, CKA_VALUE)), "{}", cipher.name);
        }
    }
}
