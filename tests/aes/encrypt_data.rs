//! Keys derived by encrypting data. The data and its encryption are those of SP 800-38A, F.1.1 and F.2.1.

use super::cases::{IV, KEY_128, PLAIN, aes_key};
use crate::common::*;

const BY_ECB: &str = "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf";
const BY_CBC: &str = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2";

/// Both mechanisms on this data; they point into it.
fn mechs(data: &[u8]) -> [Mech; 2] {
    let (start, length) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
    [
        mech_params(CKM_AES_ECB_ENCRYPT_DATA, &CK_KEY_DERIVATION_STRING_DATA { pData: start, ulLen: length }),
        mech_params(
            CKM_AES_CBC_ENCRYPT_DATA,
            &CK_AES_CBC_ENCRYPT_DATA_PARAMS { iv: hex(IV).try_into().unwrap(), pData: start, length },
        ),
    ]
}

const OPEN: [(CK_ATTRIBUTE_TYPE, u8); 2] = [(CKA_SENSITIVE, CK_FALSE), (CKA_EXTRACTABLE, CK_TRUE)];

fn open(more: &[Attribute]) -> Vec<Attribute> {
    OPEN.iter().map(|(kind, value)| bytes(*kind, [*value])).chain(more.iter().cloned()).collect()
}

fn base(s: &Session) -> CK_OBJECT_HANDLE {
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, hex(KEY_128)), yes(CKA_DERIVE)];
    ok(s.create(&open(&template)))
}

#[test]
fn the_key_is_the_beginning_of_the_encrypted_data() {
    let s = token().user();
    let (base, data) = (base(&s), &hex(PLAIN)[..32]);
    for (m, value) in mechs(data).iter().zip([BY_ECB, BY_CBC].map(hex)) {
        for length in [1, 16, 17, 31, 32] {
            let template = open(&[key_type(CKK_GENERIC_SECRET), ulong(CKA_VALUE_LEN, length)]);
            let key = ok(s.derive(m, base, &template));
            assert_eq!(ok(s.get(key, CKA_VALUE)), value[..length as usize]);
            assert!(!ok(s.get_bool(key, CKA_LOCAL)));
        }
        for length in [16, 24, 32] {
            let key = ok(s.derive(m, base, &open(&[key_type(CKK_AES), ulong(CKA_VALUE_LEN, length)])));
            assert_eq!(ok(s.get(key, CKA_VALUE)), value[..length as usize]);
            assert_eq!(ok(s.encrypt(&mech(CKM_AES_ECB), key, &[0; 16])).len(), 16);
        }
        // A type of one length needs none.
        let key = ok(s.derive(m, base, &open(&[key_type(CKK_CHACHA20)])));
        assert_eq!(ok(s.get(key, CKA_VALUE)), value);
        // No type: a generic secret, of this length or of all there is.
        let key = ok(s.derive(m, base, &open(&[ulong(CKA_VALUE_LEN, 5)])));
        assert_eq!(ok(s.get(key, CKA_VALUE)), value[..5]);
        let key = ok(s.derive(m, base, &open(&[])));
        assert_eq!(ok(s.get_ulong(key, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
        assert_eq!(ok(s.get(key, CKA_VALUE)), value);
    }
}

#[test]
fn data_that_is_too_short_or_no_whole_blocks_is_refused() {
    let s = token().user();
    let base = base(&s);
    let template = |length| open(&[key_type(CKK_GENERIC_SECRET), ulong(CKA_VALUE_LEN, length)]);
    for length in [1, 15, 17, 31] {
        for m in mechs(&vec![0; length]) {
            refused(s.derive(&m, base, &template(8)), CKR_MECHANISM_PARAM_INVALID);
        }
    }
    for (data, length) in [(0, 1), (16, 17), (32, 33), (32, CK_ULONG::MAX)] {
        for m in mechs(&vec![0; data]) {
            refused(s.derive(&m, base, &template(length)), CKR_DATA_LEN_RANGE);
        }
    }
    for m in mechs(&[0; 16]) {
        refused(s.derive(&m, base, &open(&[key_type(CKK_AES), ulong(CKA_VALUE_LEN, 15)])), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(s.derive(&m, base, &open(&[key_type(CKK_CHACHA20)])), CKR_DATA_LEN_RANGE);
    }
}

#[test]
fn malformed_parameters_of_derivations_are_refused() {
    let s = token().user();
    let base = base(&s);
    let nothing = std::ptr::null_mut();
    let wrong = [
        mech(CKM_AES_ECB_ENCRYPT_DATA),
        mech(CKM_AES_CBC_ENCRYPT_DATA),
        mech_bytes(CKM_AES_ECB_ENCRYPT_DATA, &[0; 15]),
        mech_bytes(CKM_AES_CBC_ENCRYPT_DATA, &[0; 16]),
        mech_params(CKM_AES_ECB_ENCRYPT_DATA, &CK_KEY_DERIVATION_STRING_DATA { pData: nothing, ulLen: 16 }),
        mech_params(
            CKM_AES_CBC_ENCRYPT_DATA,
            &CK_AES_CBC_ENCRYPT_DATA_PARAMS { iv: [0; 16], pData: nothing, length: 16 },
        ),
    ];
    for m in wrong {
        refused(s.derive(&m, base, &open(&[ulong(CKA_VALUE_LEN, 16)])), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[test]
fn keys_that_may_not_derive_do_not() {
    let s = token().user();
    let not_allowed = aes_key(&s, &[1; 16]);
    ok(s.set(not_allowed, &[no(CKA_DERIVE)]));
    let secret = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, [1; 16]), yes(CKA_DERIVE)];
    let generic = ok(s.create(&secret));
    for m in mechs(&[0; 16]) {
        refused(s.derive(&m, not_allowed, &open(&[])), CKR_KEY_FUNCTION_NOT_PERMITTED);
        refused(s.derive(&m, generic, &open(&[])), CKR_KEY_TYPE_INCONSISTENT);
        refused(s.derive(&m, CK_INVALID_HANDLE, &open(&[])), CKR_KEY_HANDLE_INVALID);
    }
}

#[test]
fn a_key_derived_from_a_sensitive_one_is_sensitive() {
    let s = token().user();
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16]), yes(CKA_DERIVE)];
    let closed = [&template[..], &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]].concat();
    let base = ok(s.create(&closed));
    for m in mechs(&[0; 16]) {
        match s.derive(&m, base, &open(&[])) {
            Ok(key) => refused(s.get(key, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE),
            Err(code) => assert_eq!(code, CKR_TEMPLATE_INCONSISTENT),
        }
        let key = ok(s.derive(&m, base, &[]));
        assert!(ok(s.get_bool(key, CKA_SENSITIVE)) && !ok(s.get_bool(key, CKA_EXTRACTABLE)));
        refused(s.get(key, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    }
}
