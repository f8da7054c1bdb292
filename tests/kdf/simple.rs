use crate::cases::*;

fn both(key: CK_OBJECT_HANDLE) -> Mech {
    number(CKM_CONCATENATE_BASE_AND_KEY, key)
}

/// The standard's own examples.
#[test]
fn the_standards_examples_come_out() {
    let session = token().user();
    let base = open(&session, &hex("01234567"));
    let other = hex("89abcdef");
    let key = open(&session, &other);
    for (mechanism, expected) in [
        (both(key), "0123456789abcdef"),
        (data(CKM_CONCATENATE_BASE_AND_DATA, &other), "0123456789abcdef"),
        (data(CKM_CONCATENATE_DATA_AND_BASE, &other), "89abcdef01234567"),
        (data(CKM_XOR_BASE_AND_DATA, &other), "88888888"),
    ] {
        let derived = ok(session.derive(&mechanism, base, &seen()));
        assert_eq!(ok(session.get(derived, CKA_VALUE)), hex(expected));
        assert_eq!(ok(session.get_ulong(derived, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
        assert_eq!(ok(session.get_ulong(derived, CKA_VALUE_LEN)), hex(expected).len() as CK_ULONG);
        assert!(!ok(session.get_bool(derived, CKA_LOCAL)));
    }
    let base = open(&session, &hex("329f84a9"));
    assert_eq!(ok(value(&session, &number(CKM_EXTRACT_KEY_FROM_KEY, 21), base, &seen_of(2))), hex("9526"));
}

#[test]
fn an_extraction_begins_at_any_bit_and_goes_round_the_end() {
    let session = token().user();
    let bytes = hex("0123456789abcdef00ff55aa");
    let base = open(&session, &bytes);
    let bit = |index: usize| bytes[index / 8 % bytes.len()] >> (7 - index % 8) & 1;
    for first in 0..bytes.len() * 8 {
        for length in [1, 5, bytes.len()] {
            let expected: Vec<u8> =
                (0..length).map(|byte| (0..8).fold(0, |sum, index| sum << 1 | bit(first + byte * 8 + index))).collect();
            let mechanism = number(CKM_EXTRACT_KEY_FROM_KEY, first as CK_ULONG);
            assert_eq!(ok(value(&session, &mechanism, base, &seen_of(length))), expected, "{length} from {first}");
        }
    }
    for first in [bytes.len() as CK_ULONG * 8, CK_ULONG::MAX] {
        refused(
            session.derive(&number(CKM_EXTRACT_KEY_FROM_KEY, first), base, &seen_of(1)),
            CKR_MECHANISM_PARAM_INVALID,
        );
    }
}

/// "If no length or key type is provided …": the four cases of every mechanism.
#[test]
fn the_template_says_type_and_length() {
    let session = token().user();
    let base = open(&session, &[1; 20]);
    let other = [2; 20];
    let key = open(&session, &other);
    for (mechanism, whole) in [
        (both(key), 40),
        (data(CKM_CONCATENATE_BASE_AND_DATA, &other), 40),
        (data(CKM_CONCATENATE_DATA_AND_BASE, &other), 40),
        (data(CKM_XOR_BASE_AND_DATA, &other), 20),
        (number(CKM_EXTRACT_KEY_FROM_KEY, 3), 20),
        (mech(CKM_SHA512_256_KEY_DERIVATION), 32),
    ] {
        let all = ok(value(&session, &mechanism, base, &seen()));
        assert_eq!(all.len(), whole);
        assert_eq!(ok(value(&session, &mechanism, base, &seen_of(7))), all[..7]);
        let aes = |length| [seen_of(length), vec![key_type(CKK_AES)]].concat();
        assert_eq!(ok(value(&session, &mechanism, base, &aes(16))), all[..16]);
        refused(session.derive(&mechanism, base, &aes(17)), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(session.derive(&mechanism, base, &[seen(), vec![key_type(CKK_AES)]].concat()), CKR_TEMPLATE_INCOMPLETE);
        for length in [0, whole + 1, 1 << 32, usize::MAX] {
            refused(session.derive(&mechanism, base, &seen_of(length)), CKR_KEY_SIZE_RANGE);
        }
        assert_eq!(info(&session, mechanism.kind), (8, 8 * 65_536, CKF_DERIVE));
    }
}

#[test]
fn keys_of_any_secret_type_are_combined() {
    let session = token().user();
    let aes = open_of(&session, CKK_AES, &[3; 16]);
    let hmac = open_of(&session, CKK_SHA256_HMAC, b"abc");
    let whole = [&[3; 16][..], b"abc"].concat();
    assert_eq!(ok(value(&session, &both(hmac), aes, &seen())), whole);
    assert_eq!(ok(value(&session, &both(aes), aes, &seen())), [3; 32]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let session = token().user();
    let base = open(&session, &[1; 16]);
    for kind in [
        CKM_CONCATENATE_BASE_AND_KEY,
        CKM_CONCATENATE_BASE_AND_DATA,
        CKM_CONCATENATE_DATA_AND_BASE,
        CKM_XOR_BASE_AND_DATA,
        CKM_EXTRACT_KEY_FROM_KEY,
    ] {
        for parameter in [&[][..], &[0; 7], &[0; 9], &[0; 15], &[0; 17]] {
            refused(session.derive(&mech_bytes(kind, parameter), base, &seen()), CKR_MECHANISM_PARAM_INVALID);
        }
    }
    for kind in [CKM_CONCATENATE_BASE_AND_DATA, CKM_CONCATENATE_DATA_AND_BASE, CKM_XOR_BASE_AND_DATA] {
        let null = CK_KEY_DERIVATION_STRING_DATA { pData: std::ptr::null_mut(), ulLen: 1 };
        refused(session.derive(&mech_params(kind, &null), base, &seen()), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(session.derive(&data(CKM_XOR_BASE_AND_DATA, b""), base, &seen_of(1)), CKR_KEY_SIZE_RANGE);
    refused(session.derive(&both(base + 1000), base, &seen()), CKR_KEY_HANDLE_INVALID);
    refused(session.derive(&both(base), base + 1000, &seen()), CKR_KEY_HANDLE_INVALID);
    let closed = ok(session.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [1; 16]),
        no(CKA_DERIVE),
    ]));
    refused(session.derive(&both(closed), base, &seen()), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.derive(&both(base), closed, &seen()), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let for_others = ok(session.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [1; 16]),
        yes(CKA_DERIVE),
        mechanisms(CKA_ALLOWED_MECHANISMS, &[CKM_SHA256_KEY_DERIVATION]),
    ]));
    refused(session.derive(&both(for_others), base, &seen()), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn a_derive_template_is_applied_and_enforced() {
    let session = token().user();
    let base = ok(session.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [1; 16]),
        yes(CKA_DERIVE),
        template(CKA_DERIVE_TEMPLATE, &[text(CKA_LABEL, "child"), no(CKA_ENCRYPT)]),
    ]));
    let mechanism = data(CKM_CONCATENATE_BASE_AND_DATA, b"more");
    let child = ok(session.derive(&mechanism, base, &[]));
    assert_eq!(ok(session.get(child, CKA_LABEL)), b"child");
    assert!(!ok(session.get_bool(child, CKA_ENCRYPT)));
    refused(session.derive(&mechanism, base, &[yes(CKA_ENCRYPT)]), CKR_TEMPLATE_INCONSISTENT);
}

/// "If a DES … key is derived with this mechanism, the parity bits of the key will be set properly." Its length is known.
#[test]
fn derived_des_keys_have_parity() {
    let session = token().user();
    let base = open(&session, &[2; 32]);
    for mechanism in [
        both(base),
        data(CKM_CONCATENATE_BASE_AND_DATA, &[4; 32]),
        data(CKM_CONCATENATE_DATA_AND_BASE, &[4; 32]),
        data(CKM_XOR_BASE_AND_DATA, &[4; 32]),
        number(CKM_EXTRACT_KEY_FROM_KEY, 3),
        mech(CKM_SHA256_KEY_DERIVATION),
    ] {
        let raw = ok(value(&session, &mechanism, base, &seen()));
        for (kind, length) in [(CKK_DES, 8), (CKK_DES2, 16), (CKK_DES3, 24)] {
            let key = ok(value(&session, &mechanism, base, &[seen(), vec![key_type(kind)]].concat()));
            assert_eq!(key.len(), length);
            assert!(key.iter().all(|byte| byte.count_ones() % 2 == 1));
            assert!(key.iter().zip(&raw).all(|(one, other)| one | 1 == other | 1));
        }
    }
    // A key of 56 bits would help to guess what it comes from.
    let hidden = hidden(&session, &[2; 32]);
    let single = [key_type(CKK_DES)];
    refused(session.derive(&mech(CKM_SHA256_KEY_DERIVATION), hidden, &single), CKR_KEY_SIZE_RANGE);
}
