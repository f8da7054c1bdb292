//! Generic secrets: their generation, their attributes, their check values.

mod common;

use common::*;

/// The key types that hold any bytes.
const ANY: [CK_KEY_TYPE; 14] = [
    CKK_GENERIC_SECRET,
    CKK_HKDF,
    CKK_MD5_HMAC,
    CKK_SHA_1_HMAC,
    CKK_SHA224_HMAC,
    CKK_SHA256_HMAC,
    CKK_SHA384_HMAC,
    CKK_SHA512_HMAC,
    CKK_SHA512_224_HMAC,
    CKK_SHA512_256_HMAC,
    CKK_SHA3_224_HMAC,
    CKK_SHA3_256_HMAC,
    CKK_SHA3_384_HMAC,
    CKK_SHA3_512_HMAC,
];

fn key(kind: CK_KEY_TYPE, value: &[u8]) -> Vec<Attribute> {
    vec![class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value)]
}

#[test]
fn secrets_of_every_type_are_made_and_read() {
    let s = token().user();
    for kind in ANY {
        for length in [1, 8, 20, 1000] {
            let object = ok(s.create(&key(kind, &vec![7; length])));
            assert_eq!(ok(s.get_ulong(object, CKA_VALUE_LEN)), length as CK_ULONG);
            assert_eq!(ok(s.get_ulong(object, CKA_KEY_TYPE)), kind);
            assert_eq!(ok(s.get(object, CKA_VALUE)), vec![7; length]);
        }
        refused(s.create(&key(kind, b"")), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(s.create(&[class(CKO_SECRET_KEY), key_type(kind)]), CKR_TEMPLATE_INCOMPLETE);
        let told = [key(kind, b"secret"), vec![ulong(CKA_VALUE_LEN, 6)]].concat();
        refused(s.create(&told), CKR_ATTRIBUTE_READ_ONLY);
        assert!(s.create(&[class(CKO_PUBLIC_KEY), key_type(kind), bytes(CKA_VALUE, b"secret")]).is_err());
    }
}

/// SHA-1("abc") begins a9993e (FIPS 180); AES-128 of a block of zeros under a key of zeros begins 66e94b (FIPS 197's
/// algorithm, NIST's GFSbox vectors).
#[test]
fn check_values_are_computed_and_compared() {
    let s = token().user();
    for (key, check) in ANY
        .map(|kind| (key(kind, b"abc"), "a9993e"))
        .into_iter()
        .chain([(key(CKK_AES, &[0; 16]), "66e94b"), (key(CKK_AES, &[0; 32]), "dc95c0")])
    {
        let with = |check: &[u8]| [key.clone(), vec![bytes(CKA_CHECK_VALUE, check)]].concat();
        assert_eq!(ok(s.get(ok(s.create(&key)), CKA_CHECK_VALUE)), hex(check));
        assert_eq!(ok(s.get(ok(s.create(&with(&hex(check)))), CKA_CHECK_VALUE)), hex(check));
        refused(s.create(&with(b"no!")), CKR_ATTRIBUTE_VALUE_INVALID);
        refused(s.create(&with(&hex(check)[..2])), CKR_ATTRIBUTE_VALUE_INVALID);
        // No value: none is wanted.
        let without = ok(s.create(&with(b"")));
        refused(s.get(without, CKA_CHECK_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
    }
}

#[test]
fn generic_secrets_are_generated() {
    let s = token().user();
    let m = mech(CKM_GENERIC_SECRET_KEY_GEN);
    let open = |length| [ulong(CKA_VALUE_LEN, length), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
    for length in [1, 16, 33, 65_536] {
        let [one, other] = [(); 2].map(|()| ok(s.generate(&m, &open(length))));
        let value = ok(s.get(one, CKA_VALUE));
        assert_eq!(value.len() as CK_ULONG, length);
        assert!(length < 16 || value != ok(s.get(other, CKA_VALUE)), "twice the same key");
        assert_eq!(ok(s.get_ulong(one, CKA_VALUE_LEN)), length);
        assert_eq!(ok(s.get_ulong(one, CKA_KEY_GEN_MECHANISM)), CKM_GENERIC_SECRET_KEY_GEN);
        assert!(ok(s.get_bool(one, CKA_LOCAL)));
        assert_eq!(ok(s.get(one, CKA_CHECK_VALUE)), ok(s.digest(&mech(CKM_SHA_1), &value))[..3]);
    }
    refused(s.generate(&m, &[]), CKR_TEMPLATE_INCOMPLETE);
    for length in [0, 65_537, 1 << 32, 1 << 61, CK_ULONG::MAX] {
        refused(s.generate(&m, &open(length)), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(s.generate(&m, &[ulong(CKA_VALUE_LEN, 16), key_type(CKK_AES)]), CKR_TEMPLATE_INCONSISTENT);
    refused(s.generate(&m, &[ulong(CKA_VALUE_LEN, 16), class(CKO_PRIVATE_KEY)]), CKR_TEMPLATE_INCONSISTENT);
    refused(s.generate(&m, &[ulong(CKA_VALUE_LEN, 16), bytes(CKA_VALUE, [0; 16])]), CKR_ATTRIBUTE_READ_ONLY);
    refused(s.generate(&mech_bytes(CKM_GENERIC_SECRET_KEY_GEN, b"x"), &open(16)), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn sizes_are_told_in_bits_for_secrets_and_in_bytes_for_the_rest() {
    let token = token();
    for (kind, min, max) in [
        (CKM_GENERIC_SECRET_KEY_GEN, 8, 8 * 65_536),
        (CKM_SHA256_KEY_GEN, 1, 65_536),
        (CKM_SHA256_HMAC, 1, 65_536),
        (CKM_AES_KEY_GEN, 16, 32),
        (CKM_AES_GCM, 16, 32),
    ] {
        let mut info = CK_MECHANISM_INFO::default();
        // SAFETY: a place for the structure.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize), (min, max), "{kind:#x}");
    }
}
