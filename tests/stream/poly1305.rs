//! Poly1305 alone.

use super::key;
use crate::common::*;

/// RFC 8439, section 2.5.2 and appendix A.3: key, data, tag.
fn cases() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let ietf = b"Any submission to the IETF intended by the Contributor for publication as all or part of an IETF \
        Internet-Draft or RFC and any statement made within the context of an IETF activity is considered an \"IETF \
        Contribution\". Such statements include oral statements in IETF sessions, as well as written and electronic \
        communications made at any time or place, which are addressed to";
    let two = "0200000000000000000000000000000000000000000000000000000000000000";
    vec![
        (
            "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
            b"Cryptographic Forum Research Group".to_vec(),
            "a8061dc1305136c6c22b8baf0c0127a9",
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            vec![0; 64],
            "00000000000000000000000000000000",
        ),
        (
            "0000000000000000000000000000000036e5f6b5c5e06070f0efca96227a863e",
            ietf.to_vec(),
            "36e5f6b5c5e06070f0efca96227a863e",
        ),
        (
            "36e5f6b5c5e06070f0efca96227a863e00000000000000000000000000000000",
            ietf.to_vec(),
            "f3477e7cd95417af89a6b8794c310cf0",
        ),
        (two, vec![0xff; 16], "03000000000000000000000000000000"),
        (
            "02000000000000000000000000000000ffffffffffffffffffffffffffffffff",
            hex("02000000000000000000000000000000"),
            "03000000000000000000000000000000",
        ),
        (
            "0100000000000000000000000000000000000000000000000000000000000000",
            hex("ffffffffffffffffffffffffffffffff f0ffffffffffffffffffffffffffffff 11000000000000000000000000000000"),
            "05000000000000000000000000000000",
        ),
        (
            "0100000000000000000000000000000000000000000000000000000000000000",
            hex("ffffffffffffffffffffffffffffffff fbfefefefefefefefefefefefefefefe 01010101010101010101010101010101"),
            "00000000000000000000000000000000",
        ),
        (two, hex("fdffffffffffffffffffffffffffffff"), "faffffffffffffffffffffffffffffff"),
    ]
}

#[test]
fn poly1305_agrees_with_rfc_8439() {
    let s = token().user();
    let m = mech(CKM_POLY1305);
    for (value, data, tag) in cases() {
        let (key, tag) = (key(&s, CKK_POLY1305, &hex(value)), hex(tag));
        assert_eq!(ok(s.sign(&m, key, &data)), tag);
        ok(s.verify(&m, key, &data, &tag));
        for size in [1, 5, 15, 16, 17, 100] {
            let parts: Vec<&[u8]> = data.chunks(size).collect();
            assert_eq!(ok(s.sign_parts(&m, key, &parts)), tag, "by {size}");
            ok(s.verify_parts(&m, key, &parts, &tag));
        }
        let mut wrong = tag.clone();
        wrong[15] ^= 0x80;
        refused(s.verify(&m, key, &data, &wrong), CKR_SIGNATURE_INVALID);
        refused(s.verify(&m, key, &data, &tag[..15]), CKR_SIGNATURE_LEN_RANGE);
        refused(s.verify(&m, key, &data, b""), CKR_SIGNATURE_LEN_RANGE);
    }
    // Nothing to authenticate: what is left is the second half of the key.
    let value: Vec<u8> = (0..32).collect();
    assert_eq!(ok(s.sign_parts(&m, key(&s, CKK_POLY1305, &value), &[])), value[16..]);
}

#[test]
fn poly1305_takes_no_parameter_and_only_signs() {
    let s = token().user();
    let key = key(&s, CKK_POLY1305, &[1; 32]);
    refused(s.sign_init(&mech_bytes(CKM_POLY1305, &[0; 16]), key), CKR_MECHANISM_PARAM_INVALID);
    refused(s.verify_init(&mech_bytes(CKM_POLY1305, &[0; 16]), key), CKR_MECHANISM_PARAM_INVALID);
    refused(s.encrypt_init(&mech(CKM_POLY1305), key), CKR_MECHANISM_INVALID);
    refused(s.wrap(&mech(CKM_POLY1305), key, key), CKR_MECHANISM_INVALID);
}
