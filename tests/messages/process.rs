//! The life of a process: what it excludes, what ends a message, and what ends the process.

use super::ciphers::encrypt_parts;
use super::*;

fn sealed(s: &Session, number: u8) -> (MessageParam, Vec<u8>) {
    let mut parameter = gcm(&[number; 12]);
    let sealed = ok(s.encrypt_message(&mut parameter, b"", b"data"));
    (parameter, sealed)
}

#[test]
fn a_process_takes_many_messages_whole_and_in_parts() {
    let s = token().user();
    let key = aes(&s);
    refused(s.encrypt_message(&mut gcm(&[1; 12]), b"", b"data"), CKR_OPERATION_NOT_INITIALIZED);
    refused(s.encrypt_message_begin(&mut gcm(&[1; 12]), b""), CKR_OPERATION_NOT_INITIALIZED);
    refused(s.message_encrypt_final(), CKR_OPERATION_NOT_INITIALIZED);
    ok(s.message_encrypt_init(CKM_AES_GCM, key));
    let (whole, ciphertext) = sealed(&s, 1);
    ok(s.message_encrypt_final());
    ok(s.message_encrypt_init(CKM_AES_GCM, key));
    let mut parts = gcm(&[1; 12]);
    assert_eq!(ok(encrypt_parts(&s, &mut parts, b"", b"data", 3)), ciphertext);
    assert_eq!(parts, whole);
    for number in 2..50 {
        sealed(&s, number);
    }
    ok(s.message_encrypt_final());
    refused(s.message_encrypt_final(), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn a_message_in_its_middle_admits_no_other_and_loses_nothing_by_it() {
    let s = token().user();
    ok(s.message_encrypt_init(CKM_AES_GCM, aes(&s)));
    let mut parameter = gcm(&[1; 12]);
    refused(s.encrypt_message_next(&mut parameter, b"data", 0), CKR_OPERATION_NOT_INITIALIZED);
    ok(s.encrypt_message_begin(&mut parameter, b""));
    let mut all = ok(s.encrypt_message_next(&mut parameter, b"da", 0));
    refused(s.encrypt_message(&mut gcm(&[2; 12]), b"", b"data"), CKR_OPERATION_ACTIVE);
    refused(s.encrypt_message_begin(&mut gcm(&[2; 12]), b""), CKR_OPERATION_ACTIVE);
    refused(s.message_encrypt_final(), CKR_OPERATION_ACTIVE);
    refused(s.message_encrypt_init(CKM_AES_GCM, aes(&s)), CKR_OPERATION_ACTIVE);
    all.extend(ok(s.encrypt_message_next(&mut parameter, b"ta", CKF_END_OF_MESSAGE)));
    refused(s.encrypt_message_next(&mut parameter, b"data", 0), CKR_OPERATION_NOT_INITIALIZED);
    ok(s.message_encrypt_final());
    ok(s.message_decrypt_init(CKM_AES_GCM, aes(&s)));
    assert_eq!(ok(s.decrypt_message(&mut parameter, b"", &all)), b"data");
}

#[test]
fn an_error_ends_the_message_and_not_the_process() {
    let s = token().user();
    ok(s.message_encrypt_init(CKM_AES_GCM, aes(&s)));
    type Spoil = fn(&mut MessageParam, &mut CK_FLAGS);
    let spoils: [Spoil; 3] = [
        |_, flags| *flags = 6,
        |parameter, _| parameter.tag = vec![0; 12],
        |parameter, _| {
            parameter.kind = CKM_CHACHA20_POLY1305;
        },
    ];
    for (number, spoil) in (1..).zip(spoils) {
        let (mut parameter, mut flags) = (gcm(&[number; 12]), 0);
        ok(s.encrypt_message_begin(&mut parameter, b""));
        spoil(&mut parameter, &mut flags);
        let code = if flags == 0 { CKR_MECHANISM_PARAM_INVALID } else { CKR_ARGUMENTS_BAD };
        refused(s.encrypt_message_next(&mut parameter, b"data", flags), code);
        refused(s.encrypt_message_next(&mut gcm(&[9; 12]), b"data", 0), CKR_OPERATION_NOT_INITIALIZED);
        sealed(&s, 100 + number);
    }
    // A whole message with a parameter of another form, or with none.
    let mut other = MessageParam::given(CKM_CHACHA20_POLY1305, &[1; 12], 16);
    refused(s.encrypt_message(&mut other, b"", b"data"), CKR_MECHANISM_PARAM_INVALID);
    let begin = f().C_EncryptMessageBegin.unwrap();
    // SAFETY: nothing is pointed to.
    let code = unsafe { begin(s.handle, std::ptr::null_mut(), 0, std::ptr::null_mut(), 0) };
    refused(result(code), CKR_MECHANISM_PARAM_INVALID);
    sealed(&s, 200);
    ok(s.message_encrypt_final());
}

#[test]
fn asking_for_a_length_and_too_small_a_buffer_change_nothing() {
    let s = token().user();
    for kind in [CKM_AES_GCM, CKM_AES_CCM] {
        ok(s.message_encrypt_init(kind, aes(&s)));
        let mut parameter = MessageParam::given(kind, &[1; 13], 16).of(10);
        ok(s.encrypt_message_begin(&mut parameter, b""));
        let mut raw = parameter.raw().parameter;
        let (at, size) = (raw.as_mut_ptr().cast(), raw.len() as CK_ULONG);
        let next = f().C_EncryptMessageNext.unwrap();
        let data = b"0123456789".as_ptr().cast_mut();
        let (mut out, mut length) = ([0; 32], 0);
        for room in [None, Some(0), Some(9), None] {
            length = room.unwrap_or(7);
            let buffer = if room.is_some() { out.as_mut_ptr() } else { std::ptr::null_mut() };
            // SAFETY: a parameter, data of its length, a buffer of its length or none.
            let code = unsafe { next(s.handle, at, size, data, 10, buffer, &mut length, CKF_END_OF_MESSAGE) };
            assert_eq!((code, length), (if room.is_some() { CKR_BUFFER_TOO_SMALL } else { CKR_OK }, 10));
            assert_eq!(out, [0; 32]);
        }
        // SAFETY: as above.
        let code = unsafe { next(s.handle, at, size, data, 10, out.as_mut_ptr(), &mut length, CKF_END_OF_MESSAGE) };
        assert_eq!((code, length), (CKR_OK, 10));
        ok(s.message_encrypt_final());
        ok(s.message_decrypt_init(kind, aes(&s)));
        assert_eq!(ok(s.decrypt_message(&mut parameter, b"", &out[..10])), b"0123456789");
        ok(s.message_decrypt_final());
    }
}

#[test]
fn processes_exclude_all_other_operations() {
    let s = token().user();
    let (aes, cmac) = (aes(&s), mech(CKM_AES_CMAC));
    let ecb = mech(CKM_AES_ECB);
    type Begin = fn(&Session, CK_OBJECT_HANDLE) -> Result<(), CK_RV>;
    let start: [Begin; 4] = [
        |s, key| s.message_encrypt_init(CKM_AES_GCM, key),
        |s, key| s.message_decrypt_init(CKM_AES_GCM, key),
        |s, key| s.message_sign_init(&mech(CKM_AES_CMAC), key),
        |s, key| s.message_verify_init(&mech(CKM_AES_CMAC), key),
    ];
    let flags = [CKF_MESSAGE_ENCRYPT, CKF_MESSAGE_DECRYPT, CKF_MESSAGE_SIGN, CKF_MESSAGE_VERIFY];
    for (own, begin) in start.iter().enumerate() {
        ok(begin(&s, aes));
        for other in start {
            refused(other(&s, aes), CKR_OPERATION_ACTIVE);
        }
        refused(s.encrypt_init(&ecb, aes), CKR_OPERATION_ACTIVE);
        refused(s.decrypt_init(&ecb, aes), CKR_OPERATION_ACTIVE);
        refused(s.digest_init(&mech(CKM_SHA256)), CKR_OPERATION_ACTIVE);
        refused(s.sign_init(&cmac, aes), CKR_OPERATION_ACTIVE);
        refused(s.verify_init(&cmac, aes), CKR_OPERATION_ACTIVE);
        // Its steps are not those of the others.
        refused(s.encrypt_update(b"data"), CKR_OPERATION_NOT_INITIALIZED);
        refused(s.sign_update(b"data"), CKR_OPERATION_NOT_INITIALIZED);
        // A process is none of the operations that can be saved.
        refused(s.save_state(), CKR_OPERATION_NOT_INITIALIZED);
        // It is cancelled by its own flag alone.
        let others: CK_FLAGS = flags.iter().filter(|flag| **flag != flags[own]).sum();
        ok(s.cancel(others | CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN | CKF_VERIFY));
        refused(begin(&s, aes), CKR_OPERATION_ACTIVE);
        ok(s.cancel(flags[own]));
        ok(begin(&s, aes));
        ok(s.cancel(flags[own]));
    }
    for begin in start {
        ok(s.digest_init(&mech(CKM_SHA256)));
        refused(begin(&s, aes), CKR_OPERATION_ACTIVE);
        ok(s.cancel(CKF_DIGEST));
        ok(s.encrypt_init(&ecb, aes));
        refused(begin(&s, aes), CKR_OPERATION_ACTIVE);
        ok(s.cancel(CKF_ENCRYPT));
    }
}

#[test]
fn no_mechanism_ends_a_process_with_its_message() {
    let s = token().user();
    let inits = [f().C_MessageEncryptInit, f().C_MessageDecryptInit, f().C_MessageSignInit, f().C_MessageVerifyInit];
    for (index, init) in inits.into_iter().enumerate() {
        let begin = || match index {
            0 => {
                ok(s.message_encrypt_init(CKM_AES_GCM, aes(&s)));
                ok(s.encrypt_message_begin(&mut gcm(&[1; 12]), b""));
            }
            1 => {
                ok(s.message_decrypt_init(CKM_AES_GCM, aes(&s)));
                ok(s.decrypt_message_begin(&mut gcm(&[1; 12]), b""));
            }
            2 => {
                ok(s.message_sign_init(&mech(CKM_AES_CMAC), aes(&s)));
                ok(s.sign_message_begin(&none()));
            }
            _ => {
                ok(s.message_verify_init(&mech(CKM_AES_CMAC), aes(&s)));
                ok(s.verify_message_begin(&none()));
            }
        };
        for _ in 0..2 {
            begin();
            // SAFETY: no mechanism.
            ok(result(unsafe { init.unwrap()(s.handle, std::ptr::null_mut(), 0) }));
        }
        // SAFETY: as above; there is nothing to end, which is fine.
        ok(result(unsafe { init.unwrap()(s.handle, std::ptr::null_mut(), 0) }));
    }
}

#[test]
fn what_the_key_and_the_mechanism_do_not_allow_is_refused_at_once() {
    let s = token().user();
    let aes = aes(&s);
    refused(s.message_encrypt_init(CKM_AES_CBC, aes), CKR_MECHANISM_INVALID);
    refused(s.message_encrypt_init(CKM_SHA256, aes), CKR_MECHANISM_INVALID);
    refused(s.message_encrypt_init(0x7fff_0000, aes), CKR_MECHANISM_INVALID);
    refused(s.message_encrypt_init(CKM_AES_GCM, 0), CKR_KEY_HANDLE_INVALID);
    refused(s.message_encrypt_init(CKM_CHACHA20_POLY1305, aes), CKR_KEY_TYPE_INCONSISTENT);
    ok(s.set(aes, &[no(CKA_ENCRYPT), no(CKA_SIGN)]));
    refused(s.message_encrypt_init(CKM_AES_GCM, aes), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(s.message_sign_init(&mech(CKM_AES_CMAC), aes), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(s.message_decrypt_init(CKM_AES_GCM, aes));
    ok(s.message_decrypt_final());
    // A parameter of the message's form is fine and says nothing; another one is not.
    let init = f().C_MessageDecryptInit.unwrap();
    ok(s.begin(init, &gcm(&[1; 12]).raw(), aes));
    ok(s.message_decrypt_final());
    for length in [1, 12, 16, 40, 56] {
        refused(s.begin(init, &mech_bytes(CKM_AES_GCM, &vec![0; length]), aes), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[test]
fn a_process_with_a_private_key_ends_with_the_login() {
    let token = token();
    let s = token.user();
    let private =
        ok(s.create(&[class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [7; 16]), yes(CKA_PRIVATE)]));
    ok(s.message_encrypt_init(CKM_AES_GCM, private));
    ok(s.encrypt_message_begin(&mut gcm(&[1; 12]), b""));
    ok(s.logout());
    refused(s.encrypt_message_next(&mut gcm(&[1; 12]), b"data", 0), CKR_OPERATION_NOT_INITIALIZED);
    refused(s.message_encrypt_final(), CKR_OPERATION_NOT_INITIALIZED);
}
