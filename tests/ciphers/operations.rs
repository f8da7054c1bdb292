//! Encryption and decryption: whole, in parts, in place, with buffers too small, interrupted, and refused.

use super::cases::{CASES, CIPHERS, cipher_key, sample};
use crate::common::*;

#[test]
fn known_answers_hold() {
    let s = token().user();
    for case in CASES {
        let (key, m) = (case.key(&s), case.mech());
        assert_eq!(ok(s.encrypt(&m, key, &case.plain())), case.cipher(), "{}", case.name);
        assert_eq!(ok(s.decrypt(&m, key, &case.cipher())), case.plain(), "{}", case.name);
    }
}

#[test]
fn parts_of_any_size_give_the_same() {
    let s = token().user();
    for case in CASES {
        let (key, m, plain, cipher) = (case.key(&s), case.mech(), case.plain(), case.cipher());
        for size in 1..=40 {
            let parts: Vec<&[u8]> = plain.chunks(size).collect();
            assert_eq!(ok(s.encrypt_parts(&m, key, &parts)), cipher, "{} by {size}", case.name);
            let parts: Vec<&[u8]> = cipher.chunks(size).collect();
            assert_eq!(ok(s.decrypt_parts(&m, key, &parts)), plain, "{} by {size}", case.name);
        }
    }
    for_each_mode(|s, m, key, block| {
        let plain: Vec<u8> = (0..block * 125).map(|n| ((n * n) >> 3) as u8).collect();
        let cipher = ok(s.encrypt(m, key, &plain));
        for size in [1, 7, 8, 9, 15, 16, 17, 500] {
            let parts: Vec<&[u8]> = plain.chunks(size).collect();
            assert_eq!(ok(s.encrypt_parts(m, key, &parts)), cipher);
            let parts: Vec<&[u8]> = cipher.chunks(size).collect();
            assert_eq!(ok(s.decrypt_parts(m, key, &parts)), plain);
        }
    });
}

#[test]
fn nothing_can_be_encrypted() {
    let padding = |m: &Mech, block| if pads(m) { block } else { 0 };
    for_each_mode(|s, m, key, block| {
        let sealed = ok(s.encrypt(m, key, b""));
        assert_eq!(sealed.len(), padding(m, block));
        assert_eq!(ok(s.encrypt_parts(m, key, &[])), sealed, "Final without Update");
        assert_eq!(ok(s.decrypt(m, key, &sealed)), b"");
    });
}

#[test]
fn input_and_output_may_be_the_same_memory() {
    for_each_mode(|s, m, key, block| {
        let plain: Vec<u8> = (0..block * 20).map(|n| n as u8).collect();
        let cipher = ok(s.encrypt(m, key, &plain));
        for shift in [0, 1, block] {
            ok(s.encrypt_init(m, key));
            assert_eq!(in_place(s, f().C_Encrypt.unwrap(), &plain, shift), cipher);
            ok(s.decrypt_init(m, key));
            assert_eq!(in_place(s, f().C_Decrypt.unwrap(), &cipher, shift), plain);
        }
    });
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    for_each_mode(|s, m, key, block| {
        let plain: Vec<u8> = (0..block * 3).map(|n| n as u8).collect();
        let cipher = ok(s.encrypt(m, key, &plain));
        ok(s.encrypt_init(m, key));
        assert_eq!(retried(s, f().C_Encrypt.unwrap(), &plain, cipher.len()), cipher);
        ok(s.decrypt_init(m, key));
        assert_eq!(retried(s, f().C_Decrypt.unwrap(), &cipher, plain.len()), plain);
        ok(s.encrypt_init(m, key));
        let (head, tail) = plain.split_at(block + 3);
        let mut all = retried(s, f().C_EncryptUpdate.unwrap(), head, block);
        all.extend(retried(s, f().C_EncryptUpdate.unwrap(), tail, 2 * block));
        all.extend(ok(s.encrypt_final()));
        assert_eq!(all, cipher);
    });
}

#[test]
fn padding_is_removed_from_every_length_and_judged() {
    for_each_mode(|s, m, key, block| {
        if !pads(m) {
            return;
        }
        for length in 0..=3 * block {
            let plain = vec![0xab; length];
            let sealed = ok(s.encrypt(m, key, &plain));
            assert_eq!(sealed.len(), length - length % block + block);
            assert_eq!(ok(s.decrypt(m, key, &sealed)), plain);
        }
        // Through CBC, what is changed in one block changes the same bits of the next.
        let mut sealed = ok(s.encrypt(m, key, &vec![0xab; 2 * block - 1]));
        sealed[block - 1] ^= 1 ^ 0x11;
        refused(s.decrypt(m, key, &sealed), CKR_ENCRYPTED_DATA_INVALID);
        let parts: Vec<&[u8]> = sealed.chunks(3).collect();
        refused(s.decrypt_parts(m, key, &parts), CKR_ENCRYPTED_DATA_INVALID);
    });
}

#[test]
fn wrong_lengths_of_data_are_refused() {
    for_each_mode(|s, m, key, block| {
        for length in [1, block - 1, block + 1] {
            let data = vec![0; length];
            if !pads(m) {
                refused(s.encrypt(m, key, &data), CKR_DATA_LEN_RANGE);
                refused(s.encrypt_parts(m, key, &[&data]), CKR_DATA_LEN_RANGE);
            }
            refused(s.decrypt(m, key, &data), CKR_ENCRYPTED_DATA_LEN_RANGE);
            refused(s.decrypt_parts(m, key, &[&data]), CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
        if pads(m) {
            refused(s.decrypt(m, key, b""), CKR_ENCRYPTED_DATA_LEN_RANGE);
        }
    });
}

#[test]
fn wrong_parameters_are_refused() {
    let s = token().user();
    for cipher in CIPHERS {
        let key = cipher.keys(&s)[0];
        let mut wrong: Vec<Mech> = cipher.ecb.iter().map(|ecb| mech_bytes(*ecb, &vec![0; cipher.block])).collect();
        for kind in [cipher.cbc, cipher.cbc_pad] {
            let lengths = [0, cipher.block - 1, cipher.block + 1, 24 - cipher.block];
            wrong.extend(lengths.map(|length| mech_bytes(kind, &vec![0; length])));
        }
        for m in wrong {
            refused(s.encrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
            refused(s.decrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
            refused(s.wrap(&m, key, key), CKR_MECHANISM_PARAM_INVALID);
        }
    }
    let key = cipher_key(&s, CKK_CAMELLIA, &sample(CKK_CAMELLIA));
    let counter = |bits| mech_params(CKM_CAMELLIA_CTR, &CK_CAMELLIA_CTR_PARAMS { ulCounterBits: bits, cb: [0; 16] });
    for bits in [0, 129, CK_ULONG::MAX] {
        refused(s.encrypt_init(&counter(bits), key), CKR_MECHANISM_PARAM_INVALID);
    }
    let m = counter(1);
    ok(s.encrypt(&m, key, &[0; 32]));
    refused(s.encrypt(&m, key, &[0; 33]), CKR_DATA_LEN_RANGE);
}

#[test]
fn keys_of_other_types_are_refused() {
    let s = token().user();
    for cipher in CIPHERS {
        let others = [CKK_AES, CKK_DES, CKK_DES2, CKK_DES3, CKK_CAMELLIA, CKK_ARIA, CKK_BLOWFISH, CKK_TWOFISH];
        let (encryptions, macs) = cipher.encryptions_and_macs();
        for other in others.into_iter().filter(|other| !cipher.key_types.contains(other)) {
            let key = cipher_key(&s, other, &sample(other));
            for m in &encryptions {
                refused(s.encrypt_init(m, key), CKR_KEY_TYPE_INCONSISTENT);
                refused(s.decrypt_init(m, key), CKR_KEY_TYPE_INCONSISTENT);
                refused(s.wrap(m, key, key), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
            }
            for m in &macs {
                refused(s.sign_init(m, key), CKR_KEY_TYPE_INCONSISTENT);
                refused(s.verify_init(m, key), CKR_KEY_TYPE_INCONSISTENT);
            }
        }
    }
}

#[test]
fn operations_are_saved_and_taken_up_again() {
    for_each_mode(|s, m, key, block| {
        let plain: Vec<u8> = (0..block * 4).map(|n| n as u8).collect();
        let cipher = ok(s.encrypt(m, key, &plain));
        for cut in [0, 1, block, block + 1, 4 * block - 1] {
            ok(s.encrypt_init(m, key));
            let mut all = ok(s.encrypt_update(&plain[..cut]));
            let state = ok(s.save_state());
            ok(s.encrypt_update(&[0; 50]));
            ok(s.restore_state(&state, key, CK_INVALID_HANDLE));
            all.extend(ok(s.encrypt_update(&plain[cut..])));
            all.extend(ok(s.encrypt_final()));
            assert_eq!(all, cipher);
        }
    });
}

/// Each mode of each cipher with a key of each type; the number is the size of a block.
fn for_each_mode(check: impl Fn(&Session, &Mech, CK_OBJECT_HANDLE, usize)) {
    let s = token().user();
    for cipher in CIPHERS {
        for key in cipher.keys(&s) {
            for m in cipher.modes() {
                println!("{}, mechanism {:#x}", cipher.name, m.kind);
                check(&s, &m, key, cipher.block);
            }
        }
    }
}

fn pads(m: &Mech) -> bool {
    CIPHERS.iter().any(|cipher| cipher.cbc_pad == m.kind)
}

type InOut = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR) -> CK_RV;

/// Output to where the input is, or `shift` bytes behind.
fn in_place(s: &Session, function: InOut, data: &[u8], shift: usize) -> Vec<u8> {
    let mut buffer = [data, &vec![0; shift + 100]].concat();
    let (start, mut length) = (buffer.as_mut_ptr(), (buffer.len() - shift) as CK_ULONG);
    // SAFETY: the input is the beginning of the buffer, and the output the rest of it from `shift` on.
    let code = unsafe { function(s.handle, start, data.len() as CK_ULONG, start.add(shift), &mut length) };
    assert_eq!(code, CKR_OK, "{}", codes::name(code));
    buffer[shift..shift + length as usize].to_vec()
}

/// With a byte too little, then with exactly the bytes that come out.
fn retried(s: &Session, function: InOut, data: &[u8], exact: usize) -> Vec<u8> {
    let mut buffer = vec![0; exact];
    let mut call = |room: usize| {
        let mut length = room as CK_ULONG;
        let (input, output) = (data.as_ptr().cast_mut(), buffer.as_mut_ptr());
        // SAFETY: data of its length, and a buffer that is at least as large as it is said to be.
        let code = unsafe { function(s.handle, input, data.len() as CK_ULONG, output, &mut length) };
        (code, length as usize)
    };
    let (code, length) = call(exact - 1);
    assert_eq!(code, CKR_BUFFER_TOO_SMALL, "{}", codes::name(code));
    assert!(length >= exact, "the length that was told suffices");
    assert_eq!(call(exact), (CKR_OK, exact));
    buffer
}
