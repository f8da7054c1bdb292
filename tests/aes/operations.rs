//! Each mode as an operation: whole, in parts, in place, with buffers too small, interrupted and taken up again.

use super::cases::{Case, Parameter, aes_key, cases};
use crate::common::*;
use std::ptr;

type InOut = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR) -> CK_RV;

#[test]
fn known_answers_hold() {
    let s = token().user();
    for case in cases() {
        let key = case.key_in(&s);
        assert_eq!(ok(s.encrypt(&case.mech(), key, &case.plain)), case.cipher, "{}", case.name);
        assert_eq!(ok(s.decrypt(&case.mech(), key, &case.cipher)), case.plain, "{}", case.name);
    }
}

#[test]
fn parts_of_any_size_give_the_same() {
    let s = token().user();
    for case in cases().iter().chain(&long_cases(&s)).filter(|case| case.parts) {
        let key = case.key_in(&s);
        for size in 1..=40 {
            let parts: Vec<&[u8]> = case.plain.chunks(size).collect();
            assert_eq!(ok(s.encrypt_parts(&case.mech(), key, &parts)), case.cipher, "{} by {size}", case.name);
            let parts: Vec<&[u8]> = case.cipher.chunks(size).collect();
            assert_eq!(ok(s.decrypt_parts(&case.mech(), key, &parts)), case.plain, "{} by {size}", case.name);
        }
        // Empty parts change nothing.
        let (head, tail) = case.plain.split_at(case.plain.len() / 3);
        assert_eq!(ok(s.encrypt_parts(&case.mech(), key, &[&[], head, &[], tail, &[]])), case.cipher, "{}", case.name);
    }
}

#[test]
fn nothing_can_be_encrypted() {
    let s = token().user();
    let key = aes_key(&s, &[7; 16]);
    let iv = Parameter::Bytes(vec![0; 16]);
    let modes = [
        (CKM_AES_ECB, Parameter::None, 0),
        (CKM_AES_CBC, iv.clone(), 0),
        (CKM_AES_CBC_PAD, iv.clone(), 16),
        (CKM_AES_OFB, iv.clone(), 0),
        (CKM_AES_CFB1, iv.clone(), 0),
        (CKM_AES_CFB8, iv.clone(), 0),
        (CKM_AES_CFB64, iv.clone(), 0),
        (CKM_AES_CFB128, iv, 0),
        (CKM_AES_CTR, Parameter::counter(&"00".repeat(16), 128), 0),
        (CKM_AES_GCM, Parameter::gcm(&[1; 12], b"", 128), 16),
        (CKM_AES_CCM, Parameter::ccm(0, &[1; 12], b"", 8), 8),
    ];
    for (kind, parameter, length) in modes {
        let m = parameter.mech(kind);
        let sealed = ok(s.encrypt(&m, key, b""));
        assert_eq!(sealed.len(), length);
        assert_eq!(ok(s.encrypt_parts(&m, key, &[])), sealed, "Final without Update");
        assert_eq!(ok(s.encrypt_parts(&m, key, &[b""])), sealed);
        assert_eq!(ok(s.decrypt(&m, key, &sealed)), b"");
    }
}

#[test]
fn single_part_modes_take_no_parts() {
    let s = token().user();
    for case in cases().iter().filter(|case| !case.parts) {
        let key = case.key_in(&s);
        refused(s.encrypt_parts(&case.mech(), key, &[&case.plain]), CKR_OPERATION_NOT_INITIALIZED);
        refused(s.decrypt_parts(&case.mech(), key, &[&case.cipher]), CKR_OPERATION_NOT_INITIALIZED);
    }
}

#[test]
fn input_and_output_may_be_the_same_memory() {
    let s = token().user();
    for case in cases().iter().chain(&long_cases(&s)) {
        let key = case.key_in(&s);
        for shift in [0, 1, 16] {
            ok(s.encrypt_init(&case.mech(), key));
            assert_eq!(in_place(&s, f().C_Encrypt.unwrap(), &case.plain, shift), case.cipher, "{}", case.name);
            ok(s.decrypt_init(&case.mech(), key));
            assert_eq!(in_place(&s, f().C_Decrypt.unwrap(), &case.cipher, shift), case.plain, "{}", case.name);
        }
        if case.parts {
            ok(s.encrypt_init(&case.mech(), key));
            let mut all = Vec::new();
            for part in case.plain.chunks(21) {
                all.extend(in_place(&s, f().C_EncryptUpdate.unwrap(), part, 0));
            }
            all.extend(ok(s.encrypt_final()));
            assert_eq!(all, case.cipher, "{}", case.name);
        }
    }
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    let s = token().user();
    for case in cases().iter().chain(&long_cases(&s)) {
        let key = case.key_in(&s);
        ok(s.encrypt_init(&case.mech(), key));
        assert_eq!(retried(&s, f().C_Encrypt.unwrap(), &case.plain, case.cipher.len()), case.cipher, "{}", case.name);
        ok(s.decrypt_init(&case.mech(), key));
        assert_eq!(retried(&s, f().C_Decrypt.unwrap(), &case.cipher, case.plain.len()), case.plain, "{}", case.name);
        if !case.parts {
            continue;
        }
        // Every update is first tried with a buffer that is a byte short.
        for size in [1, 15, 16, 17, 40] {
            ok(s.encrypt_init(&case.mech(), key));
            let mut all = Vec::new();
            for part in case.plain.chunks(size) {
                all.extend(query_and_retry(&s, f().C_EncryptUpdate.unwrap(), part));
            }
            all.extend(final_and_retry(&s, true));
            assert_eq!(all, case.cipher, "{} by {size}", case.name);
            ok(s.decrypt_init(&case.mech(), key));
            let mut all = Vec::new();
            for part in case.cipher.chunks(size) {
                all.extend(query_and_retry(&s, f().C_DecryptUpdate.unwrap(), part));
            }
            all.extend(final_and_retry(&s, false));
            assert_eq!(all, case.plain, "{} by {size}", case.name);
        }
    }
}

#[test]
fn cbc_pad_decryption_gives_as_much_as_it_can_and_no_more() {
    let s = token().user();
    let (key, m) = (aes_key(&s, &[9; 32]), mech_bytes(CKM_AES_CBC_PAD, &[1; 16]));
    let plain: Vec<u8> = (0..100).collect();
    let sealed = ok(s.encrypt(&m, key, &plain));
    for size in 1..=40 {
        ok(s.decrypt_init(&m, key));
        let (mut fed, mut got) = (0, 0);
        for part in sealed.chunks(size) {
            fed += part.len();
            got += ok(s.decrypt_update(part)).len();
            // All whole blocks but one that may be the last.
            assert_eq!(got, (fed - 1) / 16 * 16, "after {fed} bytes by {size}");
        }
        got += ok(s.decrypt_final()).len();
        assert_eq!(got, plain.len());
    }
}

#[test]
fn encryption_gives_whole_blocks_as_they_come() {
    let s = token().user();
    let key = aes_key(&s, &[9; 32]);
    for m in [mech(CKM_AES_ECB), mech_bytes(CKM_AES_CBC, &[1; 16]), mech_bytes(CKM_AES_CBC_PAD, &[1; 16])] {
        ok(s.encrypt_init(&m, key));
        let (mut fed, mut got) = (0, 0);
        for size in [1, 14, 1, 1, 31, 16, 0, 80] {
            fed += size;
            got += ok(s.encrypt_update(&vec![5; size])).len();
            assert_eq!(got, fed / 16 * 16);
        }
        ok(s.encrypt_final());
    }
}

#[test]
fn no_plaintext_leaves_before_the_tag_is_checked() {
    let s = token().user();
    let key = aes_key(&s, &[3; 16]);
    for (kind, parameter) in [
        (CKM_AES_GCM, Parameter::gcm(&[1; 12], b"aad", 128)),
        (CKM_AES_CCM, Parameter::ccm(1000, &[1; 12], b"aad", 16)),
    ] {
        let m = parameter.mech(kind);
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
            let mut buffer = vec![0xa5; 2000];
            let (code, _) = call(&s, f().C_Decrypt.unwrap(), &sealed, &mut buffer, 2000);
            assert_eq!(code, CKR_ENCRYPTED_DATA_INVALID);
            assert!(!buffer.contains(&0xee), "plaintext left in the buffer");
            sealed[index] ^= 1;
        }
    }
}

#[test]
fn gcm_takes_every_length_of_tag() {
    let s = token().user();
    let key = aes_key(&s, &[3; 16]);
    let full = Parameter::gcm(&[1; 12], b"aad", 128);
    let full = ok(s.encrypt(&full.mech(CKM_AES_GCM), key, b"text"));
    for bytes in 0..=16 {
        let parameter = Parameter::gcm(&[1; 12], b"aad", bytes * 8);
        let m = parameter.mech(CKM_AES_GCM);
        let sealed = ok(s.encrypt(&m, key, b"text"));
        assert_eq!(sealed, full[..4 + bytes]);
        assert_eq!(ok(s.decrypt(&m, key, &sealed)), b"text");
    }
}

#[test]
fn gcm_takes_the_older_structure() {
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Old(*mut u8, CK_ULONG, *mut u8, CK_ULONG, CK_ULONG);
    let s = token().user();
    let case = cases().into_iter().find(|case| case.kind == CKM_AES_GCM).unwrap();
    let Parameter::Gcm { iv, aad, tag_bits } = &case.parameter else { panic!() };
    let pointer = |bytes: &Vec<u8>| bytes.as_ptr().cast_mut();
    let old = Old(pointer(iv), iv.len() as CK_ULONG, pointer(aad), aad.len() as CK_ULONG, *tag_bits);
    let key = case.key_in(&s);
    assert_eq!(ok(s.encrypt(&mech_params(CKM_AES_GCM, &old), key, &case.plain)), case.cipher);
}

#[test]
fn ctr_counts_as_far_as_its_bits_and_no_further() {
    let s = token().user();
    let key = aes_key(&s, &[3; 16]);
    // The standard's example: two bits that start as 1 are good for three blocks.
    for (bits, start, blocks) in [(2, "01", 3), (1, "00", 2), (1, "01", 1), (8, "f0", 16), (3, "ff", 1), (9, "00", 512)]
    {
        let parameter = Parameter::counter(&format!("{}{start}", "00".repeat(15)), bits);
        let m = parameter.mech(CKM_AES_CTR);
        let whole = vec![0; blocks * 16];
        let sealed = ok(s.encrypt(&m, key, &whole));
        refused(s.encrypt(&m, key, &vec![0; blocks * 16 + 1]), CKR_DATA_LEN_RANGE);
        refused(s.encrypt_parts(&m, key, &[&whole, &[0]]), CKR_DATA_LEN_RANGE);
        refused(s.decrypt_parts(&m, key, &[&sealed, &[0]]), CKR_DATA_LEN_RANGE);
        // Nothing beyond the counter's bits is counted.
        let blocks: Vec<&[u8]> = sealed.chunks(16).collect();
        for (index, block) in blocks.iter().enumerate() {
            assert!(!blocks[..index].contains(block), "the key stream repeats");
        }
    }
    let most = Parameter::counter(&"ff".repeat(16), 128);
    ok(s.encrypt(&most.mech(CKM_AES_CTR), key, &[0; 16]));
    refused(s.encrypt(&most.mech(CKM_AES_CTR), key, &[0; 17]), CKR_DATA_LEN_RANGE);
}

#[test]
fn operations_are_saved_and_taken_up_again() {
    let t = token();
    let s = t.user();
    let saveable = [
        CKM_AES_ECB,
        CKM_AES_CBC,
        CKM_AES_CBC_PAD,
        CKM_AES_CTR,
        CKM_AES_OFB,
        CKM_AES_CFB1,
        CKM_AES_CFB8,
        CKM_AES_CFB64,
        CKM_AES_CFB128,
        CKM_AES_CTS,
        CKM_AES_XTS,
    ];
    for case in cases().iter().chain(&long_cases(&s)).filter(|case| saveable.contains(&case.kind)) {
        let key = case.key_in(&s);
        for cut in [0, 1, 16, 17, 40, case.plain.len() - 1] {
            let (head, tail) = case.plain.split_at(cut.min(case.plain.len()));
            ok(s.encrypt_init(&case.mech(), key));
            let mut all = ok(s.encrypt_update(head));
            let state = ok(s.save_state());
            ok(s.cancel(CKF_ENCRYPT));
            refused(s.restore_state(&state, CK_INVALID_HANDLE, CK_INVALID_HANDLE), CKR_KEY_NEEDED);
            ok(s.restore_state(&state, key, CK_INVALID_HANDLE));
            all.extend(ok(s.encrypt_update(tail)));
            all.extend(ok(s.encrypt_final()));
            assert_eq!(all, case.cipher, "{} cut at {cut}", case.name);

            let (head, tail) = case.cipher.split_at(cut.min(case.cipher.len()));
            ok(s.decrypt_init(&case.mech(), key));
            let mut all = ok(s.decrypt_update(head));
            let state = ok(s.save_state());
            // In another session, after this one has gone on.
            ok(s.decrypt_update(tail));
            let other = t.user();
            ok(other.restore_state(&state, key, CK_INVALID_HANDLE));
            all.extend(ok(other.decrypt_update(tail)));
            all.extend(ok(other.decrypt_final()));
            assert_eq!(all, case.plain, "{} cut at {cut}", case.name);
            ok(s.cancel(CKF_DECRYPT));
        }
    }
    let gcm = Parameter::gcm(&[1; 12], b"", 128);
    let key = aes_key(&s, &[3; 16]);
    ok(s.encrypt_init(&gcm.mech(CKM_AES_GCM), key));
    refused(s.save_state(), CKR_STATE_UNSAVEABLE);
}

/// Every mode that takes parts, over data that is longer than any stretch that is processed at once: its ciphertext comes
/// from one call, so that it shows nothing alone, but that other ways of feeding it agree.
fn long_cases(s: &Session) -> Vec<Case> {
    let plain: Vec<u8> = (0..9_999u32).map(|n| ((n * n) >> 3) as u8).collect();
    let iv = Parameter::Bytes((0..16).collect());
    let case = |name, kind, parameter, length: usize| {
        let mut case = Case {
            name,
            kind,
            parameter,
            key: (0..32).collect(),
            plain: plain[..length].to_vec(),
            cipher: Vec::new(),
            parts: true,
        };
        case.cipher = ok(s.encrypt(&case.mech(), case.key_in(s), &case.plain));
        case
    };
    vec![
        case("long ECB", CKM_AES_ECB, Parameter::None, 9_984),
        case("long CBC", CKM_AES_CBC, iv.clone(), 9_984),
        case("long CBC with padding", CKM_AES_CBC_PAD, iv.clone(), 9_999),
        case("long OFB", CKM_AES_OFB, iv.clone(), 9_999),
        case("long CFB1", CKM_AES_CFB1, iv.clone(), 999),
        case("long CFB8", CKM_AES_CFB8, iv.clone(), 999),
        case("long CFB64", CKM_AES_CFB64, iv.clone(), 9_999),
        case("long CFB128", CKM_AES_CFB128, iv.clone(), 9_999),
        case("long CTS", CKM_AES_CTS, iv.clone(), 9_999),
        case("long XTS", CKM_AES_XTS, iv, 9_999),
        case("long CTR", CKM_AES_CTR, Parameter::counter(&"ff".repeat(16).replacen("ff", "00", 2), 128), 9_999),
        case("long GCM", CKM_AES_GCM, Parameter::gcm(&[0xff; 16], &plain[..5_000], 96), 9_999),
        case("long CCM", CKM_AES_CCM, Parameter::ccm(9_999, &[0xff; 13], &plain[..5_000], 14), 9_999),
    ]
}

/// One call with a buffer of so many bytes; the code and the length that it stored.
fn call(s: &Session, function: InOut, data: &[u8], buffer: &mut [u8], room: usize) -> (CK_RV, usize) {
    let mut length = room as CK_ULONG;
    // SAFETY: data of its length, and a buffer that is at least as large as it is said to be.
    let code = unsafe {
        let data_pointer = data.as_ptr().cast_mut();
        function(s.handle, data_pointer, data.len() as CK_ULONG, buffer.as_mut_ptr(), &mut length)
    };
    (code, length as usize)
}

/// Output to where the input is, or `shift` bytes behind.
fn in_place(s: &Session, function: InOut, data: &[u8], shift: usize) -> Vec<u8> {
    let mut buffer = [data, &vec![0; shift + 100]].concat();
    let (start, mut length) = (buffer.as_mut_ptr(), (buffer.len() - shift) as CK_ULONG);
    // SAFETY: the input is the beginning of the buffer, and the output the rest of it from `shift` on.
    let code = unsafe { function(s.handle, start, data.len() as CK_ULONG, start.add(shift), &mut length) };
    assert_eq!(code, CKR_OK, "{}", codes::name(code));
    buffer[shift..shift + length as usize].to_vec()
}

/// Without room, with a byte too little, then with exactly the bytes that come out.
fn retried(s: &Session, function: InOut, data: &[u8], exact: usize) -> Vec<u8> {
    let mut buffer = vec![0; exact];
    for room in [0, exact.saturating_sub(1)].into_iter().filter(|room| *room < exact) {
        let (code, length) = call(s, function, data, &mut buffer, room);
        assert_eq!(code, CKR_BUFFER_TOO_SMALL, "{}", codes::name(code));
        assert!(length >= exact, "the length that was told suffices");
    }
    let (code, length) = call(s, function, data, &mut buffer, exact);
    assert_eq!((code, length), (CKR_OK, exact), "{}", codes::name(code));
    buffer
}

/// Asks for the length, tries with a byte less, and then with the length that was told.
fn query_and_retry(s: &Session, function: InOut, data: &[u8]) -> Vec<u8> {
    let mut bound: CK_ULONG = 0;
    // SAFETY: data of its length; only the length is asked for.
    let code = unsafe {
        let data_pointer = data.as_ptr().cast_mut();
        function(s.handle, data_pointer, data.len() as CK_ULONG, ptr::null_mut(), &mut bound)
    };
    assert_eq!(code, CKR_OK);
    retried(s, function, data, bound as usize)
}

/// As [`query_and_retry`] for the last step, whose length may be known only afterwards.
fn final_and_retry(s: &Session, encrypt: bool) -> Vec<u8> {
    let function = if encrypt { f().C_EncryptFinal.unwrap() } else { f().C_DecryptFinal.unwrap() };
    let mut length: CK_ULONG = 0;
    let mut byte = 0u8;
    // SAFETY: no room at all, but a pointer that is not NULL.
    let code = unsafe { function(s.handle, &mut byte, &mut length) };
    if code == CKR_OK {
        assert_eq!(length, 0);
        return Vec::new();
    }
    assert_eq!(code, CKR_BUFFER_TOO_SMALL, "{}", codes::name(code));
    let mut buffer = vec![0; length as usize];
    // SAFETY: a buffer of its length.
    let code = unsafe { function(s.handle, buffer.as_mut_ptr(), &mut length) };
    assert_eq!(code, CKR_OK, "{}", codes::name(code));
    buffer.truncate(length as usize);
    buffer
}
