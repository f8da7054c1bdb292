//! What is derived from a hidden key stays hidden, and helps nobody to guess it.

use crate::cases::*;

fn sensitivity(session: &Session, key: CK_OBJECT_HANDLE) -> [bool; 4] {
    [CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE]
        .map(|attribute| ok(session.get_bool(key, attribute)))
}

fn hkdf(kind: CK_MECHANISM_TYPE) -> Mech {
    mech_params(
        kind,
        &CK_HKDF_PARAMS {
            bExtract: CK_TRUE,
            bExpand: CK_TRUE,
            prfHashMechanism: CKM_SHA256,
            ulSaltType: CKF_HKDF_SALT_NULL,
            pSalt: std::ptr::null_mut(),
            ulSaltLen: 0,
            hSaltKey: CK_INVALID_HANDLE,
            pInfo: std::ptr::null_mut(),
            ulInfoLen: 0,
        },
    )
}

/// A mechanism of each kind, which takes a base of 32 bytes.
fn mechanisms_of_one_key() -> Vec<Mech> {
    vec![
        data(CKM_CONCATENATE_BASE_AND_DATA, &[2; 32]),
        data(CKM_CONCATENATE_DATA_AND_BASE, &[2; 32]),
        data(CKM_XOR_BASE_AND_DATA, &[2; 32]),
        number(CKM_EXTRACT_KEY_FROM_KEY, 0),
        mech(CKM_SHA256_KEY_DERIVATION),
        mech(CKM_SHAKE_128_KEY_DERIVATION),
        hkdf(CKM_HKDF_DERIVE),
    ]
}

#[test]
fn a_derived_key_is_no_more_open_than_its_base() {
    let session = token().user();
    let generated = |template: &[Attribute]| {
        let length = [ulong(CKA_VALUE_LEN, 32), yes(CKA_DERIVE)];
        ok(session.generate(&mech(CKM_GENERIC_SECRET_KEY_GEN), &[&length, template].concat()))
    };
    let always = generated(&[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]);
    let sensitive = hidden(&session, &[1; 32]);
    let extractable = generated(&[yes(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    let visible = open(&session, &[1; 32]);
    for mechanism in mechanisms_of_one_key() {
        let derive = |base, template: &[Attribute]| {
            session.derive(&mechanism, base, &[&[ulong(CKA_VALUE_LEN, 32)], template].concat())
        };
        assert_eq!(sensitivity(&session, ok(derive(always, &[]))), [true, false, true, true]);
        assert_eq!(sensitivity(&session, ok(derive(sensitive, &[]))), [true, false, false, false]);
        assert_eq!(sensitivity(&session, ok(derive(extractable, &[]))), [true, true, true, false]);
        assert_eq!(sensitivity(&session, ok(derive(extractable, &[no(CKA_EXTRACTABLE)]))), [true, false, true, false]);
        assert_eq!(sensitivity(&session, ok(derive(visible, &seen()))), [false, true, false, false]);
        assert!(sensitivity(&session, ok(derive(visible, &[yes(CKA_SENSITIVE)])))[0]);
        for base in [always, sensitive, extractable] {
            refused(derive(base, &[no(CKA_SENSITIVE)]), CKR_TEMPLATE_INCONSISTENT);
        }
        for base in [always, sensitive] {
            refused(derive(base, &[yes(CKA_EXTRACTABLE)]), CKR_TEMPLATE_INCONSISTENT);
        }
        for forged in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL] {
            refused(derive(visible, &[yes(forged)]), CKR_ATTRIBUTE_READ_ONLY);
        }
    }
}

#[test]
fn a_key_of_two_is_no_more_open_than_either() {
    let session = token().user();
    let (visible, closed) = (open(&session, &[1; 32]), hidden(&session, &[1; 32]));
    for (base, other) in [(visible, closed), (closed, visible)] {
        let mechanism = number(CKM_CONCATENATE_BASE_AND_KEY, other);
        refused(session.derive(&mechanism, base, &[no(CKA_SENSITIVE)]), CKR_TEMPLATE_INCONSISTENT);
        refused(session.derive(&mechanism, base, &[yes(CKA_EXTRACTABLE)]), CKR_TEMPLATE_INCONSISTENT);
        assert_eq!(sensitivity(&session, ok(session.derive(&mechanism, base, &[]))), [true, false, false, false]);
    }
    let both = number(CKM_CONCATENATE_BASE_AND_KEY, visible);
    assert_eq!(sensitivity(&session, ok(session.derive(&both, visible, &seen()))), [false, true, false, false]);
}

/// Whoever may wrap a key only with trusted ones could wrap its copy, XORed with zeros, with any.
#[test]
fn what_is_wrapped_with_trusted_keys_only_stays_so() {
    let session = token().user();
    let base = ok(session.create(&[
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [1; 32]),
        yes(CKA_DERIVE),
        yes(CKA_EXTRACTABLE),
        yes(CKA_WRAP_WITH_TRUSTED),
    ]));
    let zeros = data(CKM_XOR_BASE_AND_DATA, &[0; 32]);
    refused(session.derive(&zeros, base, &[no(CKA_WRAP_WITH_TRUSTED)]), CKR_TEMPLATE_INCONSISTENT);
    let twin = ok(session.derive(&zeros, base, &[]));
    assert!(ok(session.get_bool(twin, CKA_WRAP_WITH_TRUSTED)));
    let visible = open(&session, &[1; 32]);
    let other = ok(session.derive(&zeros, visible, &[]));
    assert!(!ok(session.get_bool(other, CKA_WRAP_WITH_TRUSTED)));
}

/// The attack on PKCS#11 tokens by short keys: a key of the first byte, then of the first two, is guessed with its MAC.
#[test]
fn no_short_pieces_are_taken_from_a_hidden_key() {
    let session = token().user();
    let base = hidden(&session, &[1; 32]);
    for mechanism in mechanisms_of_one_key() {
        for length in [1, 2, 8, 13] {
            refused(session.derive(&mechanism, base, &[ulong(CKA_VALUE_LEN, length)]), CKR_KEY_SIZE_RANGE);
        }
        // What everybody sees may be cut as anybody likes.
        ok(session.derive(&mechanism, open(&session, &[1; 32]), &[ulong(CKA_VALUE_LEN, 1)]));
        // A short key gives keys as short as itself, and no shorter.
        let short = hidden(&session, &[1; 5]);
        refused(session.derive(&mechanism, short, &[ulong(CKA_VALUE_LEN, 4)]), CKR_KEY_SIZE_RANGE);
        ok(session.derive(&mechanism, short, &[ulong(CKA_VALUE_LEN, 5)]));
    }
    let short = data(CKM_XOR_BASE_AND_DATA, &[0]);
    refused(session.derive(&short, base, &[]), CKR_KEY_SIZE_RANGE);
    for mechanism in [data(CKM_XOR_BASE_AND_DATA, &[0; 14]), number(CKM_EXTRACT_KEY_FROM_KEY, 200)] {
        ok(session.derive(&mechanism, base, &[ulong(CKA_VALUE_LEN, 14)]));
    }
}

/// The same attack with known bytes in front: an AES key of fifteen bytes of data and one of the secret.
#[test]
fn no_few_bytes_are_taken_behind_known_ones() {
    let session = token().user();
    let base = hidden(&session, &[1; 32]);
    let known = open(&session, &[2; 15]);
    let aes = [key_type(CKK_AES), ulong(CKA_VALUE_LEN, 16)];
    refused(session.derive(&data(CKM_CONCATENATE_DATA_AND_BASE, &[2; 15]), base, &aes), CKR_KEY_SIZE_RANGE);
    refused(session.derive(&number(CKM_CONCATENATE_BASE_AND_KEY, base), known, &aes), CKR_KEY_SIZE_RANGE);
    refused(
        session.derive(&data(CKM_CONCATENATE_DATA_AND_BASE, &[2; 50]), base, &[ulong(CKA_VALUE_LEN, 51)]),
        CKR_KEY_SIZE_RANGE,
    );
    // Much of it, all of it, or nothing.
    let prefixed = data(CKM_CONCATENATE_DATA_AND_BASE, &[2; 18]);
    for length in [18, 32, 49, 50] {
        ok(session.derive(&prefixed, base, &[ulong(CKA_VALUE_LEN, length)]));
    }
    // A short key cannot be taken in pieces either.
    let short = hidden(&session, &[1; 4]);
    let prefixed = data(CKM_CONCATENATE_DATA_AND_BASE, &[2; 12]);
    refused(session.derive(&prefixed, short, &[ulong(CKA_VALUE_LEN, 15)]), CKR_KEY_SIZE_RANGE);
    ok(session.derive(&prefixed, short, &aes));
}

/// HKDF_DATA gives away what HKDF_DERIVE keeps: only the owner of a hidden key can allow it.
#[test]
fn data_is_derived_from_a_hidden_key_only_if_its_owner_says_so() {
    let session = token().user();
    let length = [ulong(CKA_VALUE_LEN, 32)];
    let template = |allowed: &[CK_MECHANISM_TYPE]| {
        let mut template = vec![
            class(CKO_SECRET_KEY),
            key_type(CKK_HKDF),
            bytes(CKA_VALUE, [1; 32]),
            yes(CKA_DERIVE),
            yes(CKA_SENSITIVE),
        ];
        if !allowed.is_empty() {
            template.push(mechanisms(CKA_ALLOWED_MECHANISMS, allowed));
        }
        ok(session.create(&template))
    };
    let silent = template(&[]);
    ok(session.derive(&hkdf(CKM_HKDF_DERIVE), silent, &length));
    refused(session.derive(&hkdf(CKM_HKDF_DATA), silent, &length), CKR_KEY_FUNCTION_NOT_PERMITTED);
    let willing = template(&[CKM_HKDF_DATA]);
    let object = ok(session.derive(&hkdf(CKM_HKDF_DATA), willing, &length));
    let visible = open_of(&session, CKK_HKDF, &[1; 32]);
    let same = ok(session.derive(&hkdf(CKM_HKDF_DATA), visible, &length));
    assert_eq!(ok(session.get(object, CKA_VALUE)), ok(session.get(same, CKA_VALUE)));
}

/// Once, known bytes were put in front of a hidden key, and in a second step nearly all but them cut off again: fourteen bytes and
/// more, but of the secret only one.
#[test]
fn no_few_bytes_are_taken_in_two_steps_either() {
    let session = token().user();
    let base = hidden(&session, &[1; 32]);
    let mixtures = [
        ok(session.derive(&data(CKM_CONCATENATE_DATA_AND_BASE, &[2; 18]), base, &[yes(CKA_DERIVE)])),
        ok(session.derive(&data(CKM_CONCATENATE_BASE_AND_DATA, &[2; 18]), base, &[yes(CKA_DERIVE)])),
        ok(session.derive(&number(CKM_CONCATENATE_BASE_AND_KEY, open(&session, &[2; 18])), base, &[yes(CKA_DERIVE)])),
        // The other key may be hidden and of the caller's making all the same.
        ok(session.derive(&number(CKM_CONCATENATE_BASE_AND_KEY, hidden(&session, &[2; 18])), base, &[yes(CKA_DERIVE)])),
    ];
    let cutting = |mixture, length: CK_ULONG| {
        let first = [
            data(CKM_CONCATENATE_BASE_AND_DATA, &[3]),
            data(CKM_XOR_BASE_AND_DATA, &[0; 50]),
            number(CKM_EXTRACT_KEY_FROM_KEY, 31 * 8),
            data(CKM_XOR_BASE_AND_DATA, &[0; 19]),
        ];
        let template = [ulong(CKA_VALUE_LEN, length), yes(CKA_DERIVE)];
        first.map(|mechanism| session.derive(&mechanism, mixture, &template))
    };
    for mixture in mixtures {
        for length in [14, 19, 49] {
            for result in cutting(mixture, length) {
                refused(result, CKR_KEY_SIZE_RANGE);
            }
        }
        // Whole it is taken, turned and XORed; and a hash of it is no piece of it. What is a mixture still is one.
        let [_, xored, turned, _] = cutting(mixture, 50);
        for whole in [ok(xored), ok(turned), ok(session.copy(mixture, &[]))] {
            refused(
                session.derive(&number(CKM_EXTRACT_KEY_FROM_KEY, 0), whole, &[ulong(CKA_VALUE_LEN, 19)]),
                CKR_KEY_SIZE_RANGE,
            );
        }
        let hash = ok(session.derive(&mech(CKM_SHA256_KEY_DERIVATION), mixture, &[yes(CKA_DERIVE)]));
        ok(session.derive(&number(CKM_EXTRACT_KEY_FROM_KEY, 0), hash, &[ulong(CKA_VALUE_LEN, 16)]));
        // The token keeps that to itself.
        refused(session.get(mixture, CKA_VENDOR_DEFINED | 0x4654_0001), CKR_ATTRIBUTE_TYPE_INVALID);
    }
}
