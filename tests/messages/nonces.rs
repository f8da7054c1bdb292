//! Nonces that are made by the token: what they look like, that they never come twice, and that they come to an end.

use super::*;
use std::collections::HashSet;

const GENERATORS: [CK_GENERATOR_FUNCTION; 4] =
    [CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_RANDOM, CKG_GENERATE_COUNTER_XOR];

fn begin(s: &Session) {
    ok(s.message_encrypt_init(CKM_AES_GCM, aes(s)));
}

/// The nonce that a message was encrypted with.
fn nonce(s: &Session, given: &[u8], generator: CK_GENERATOR_FUNCTION, fixed_bits: CK_ULONG) -> Result<Vec<u8>, CK_RV> {
    let mut parameter = MessageParam::made(CKM_AES_GCM, given, generator, fixed_bits);
    s.encrypt_message(&mut parameter, b"", b"data")?;
    Ok(parameter.nonce)
}

#[test]
fn counters_start_at_zero_behind_the_fixed_bits() {
    let s = token().user();
    begin(&s);
    let given = hex("a1a2a3a4 ffffffff ffffffff");
    for count in 0u64..300 {
        let expected = [&given[..4], &count.to_be_bytes()].concat();
        assert_eq!(ok(nonce(&s, &given, CKG_GENERATE_COUNTER, 32)), expected);
    }
    ok(s.message_encrypt_final());
    // In the middle of a byte.
    begin(&s);
    assert_eq!(ok(nonce(&s, &given, CKG_GENERATE_COUNTER, 35))[..6], hex("a1a2a3a4 e000"));
    ok(s.message_encrypt_final());
    begin(&s);
    assert_eq!(ok(nonce(&s, &given, CKG_GENERATE_COUNTER, 0)), [0; 12]);
    assert_eq!(ok(nonce(&s, &given, CKG_GENERATE_COUNTER, 0))[11], 1);
}

/// As TLS 1.3 makes its nonces (RFC 8446, section 5.3).
#[test]
fn the_xor_counter_runs_through_what_is_given() {
    let s = token().user();
    begin(&s);
    let given = hex("5d313eb2671276ee13000b30");
    for count in 0u64..300 {
        let mut expected = given.clone();
        expected.iter_mut().rev().zip(count.to_le_bytes()).for_each(|(byte, count)| *byte ^= count);
        assert_eq!(ok(nonce(&s, &given, CKG_GENERATE_COUNTER_XOR, 0)), expected);
    }
    // "The value of the non-fixed portion passed must not vary from call to call."
    refused(nonce(&s, &[0; 12], CKG_GENERATE_COUNTER_XOR, 0), CKR_MECHANISM_PARAM_INVALID);
    assert_eq!(ok(nonce(&s, &given, CKG_GENERATE_COUNTER_XOR, 0))[10..], [0x0b ^ 1, 0x30 ^ 44]);
    // With fixed bits, these alone may vary.
    ok(s.message_encrypt_final());
    begin(&s);
    assert_eq!(ok(nonce(&s, &[1; 12], CKG_GENERATE_COUNTER_XOR, 48)), [1; 12]);
    let other = [[2; 6], [1; 6]].concat();
    assert_eq!(ok(nonce(&s, &other, CKG_GENERATE_COUNTER_XOR, 48)), [&other[..11], &[0]].concat());
}

#[test]
fn random_nonces_keep_the_fixed_bits_and_nothing_else() {
    let s = token().user();
    for generator in [CKG_GENERATE, CKG_GENERATE_RANDOM] {
        let mut seen = HashSet::new();
        // Several processes: one that counts leaves the front of its nonces as it is, and that may be ones by chance.
        for _ in 0..20 {
            begin(&s);
            for _ in 0..10 {
                let nonce = ok(nonce(&s, &[0xff; 12], generator, 20));
                assert_eq!(nonce[..3], [0xff, 0xff, 0xf0 | nonce[2]]);
                assert!(seen.insert(nonce), "a nonce came twice");
            }
            ok(s.message_encrypt_final());
        }
        let spread = (3..12).all(|index| seen.iter().any(|nonce| nonce[index] != 0xff));
        assert!(spread, "a part of the nonces is not random");
    }
    // Two processes begin at different places.
    let first = |generator| {
        begin(&s);
        let nonce = ok(nonce(&s, &[0; 12], generator, 0));
        ok(s.message_encrypt_final());
        nonce
    };
    for generator in [CKG_GENERATE, CKG_GENERATE_RANDOM] {
        assert_ne!(first(generator), first(generator));
    }
}

#[test]
fn no_generator_gives_a_nonce_twice_and_each_gives_all() {
    let s = token().user();
    for generator in GENERATORS {
        for free in [0, 1, 3, 8, 11] {
            begin(&s);
            let fixed = 96 - free;
            let mut seen = HashSet::new();
            for _ in 0..1 << free {
                assert!(seen.insert(ok(nonce(&s, &[0x5a; 12], generator, fixed))), "a nonce came twice");
            }
            for _ in 0..3 {
                refused(nonce(&s, &[0x5a; 12], generator, fixed), CKR_FUNCTION_FAILED);
            }
            // Also where a message comes in parts.
            let mut parameter = MessageParam::made(CKM_AES_GCM, &[0x5a; 12], generator, fixed);
            refused(s.encrypt_message_begin(&mut parameter, b""), CKR_FUNCTION_FAILED);
            ok(s.message_encrypt_final());
            begin(&s);
            ok(nonce(&s, &[0x5a; 12], generator, fixed));
            ok(s.message_encrypt_final());
        }
    }
}

#[test]
fn a_nonce_that_was_used_is_used_no_more_whoever_made_it() {
    let s = token().user();
    begin(&s);
    ok(nonce(&s, &[1; 12], CKG_NO_GENERATE, 0));
    refused(nonce(&s, &[1; 12], CKG_NO_GENERATE, 0), CKR_MECHANISM_PARAM_INVALID);
    // One that was given for a message in parts, and one that the token made.
    ok(s.encrypt_message_begin(&mut gcm(&[2; 12]), b""));
    ok(s.encrypt_message_next(&mut gcm(&[2; 12]), b"data", CKF_END_OF_MESSAGE));
    refused(nonce(&s, &[2; 12], CKG_NO_GENERATE, 0), CKR_MECHANISM_PARAM_INVALID);
    for generator in GENERATORS {
        let made = ok(nonce(&s, &[3; 12], generator, 16));
        refused(nonce(&s, &made, CKG_NO_GENERATE, 0), CKR_MECHANISM_PARAM_INVALID);
    }
    // A counter passes over those that were given.
    ok(s.message_encrypt_final());
    begin(&s);
    ok(nonce(&s, &[0; 12], CKG_NO_GENERATE, 0));
    ok(nonce(&s, &[&[0; 11][..], &[1]].concat(), CKG_NO_GENERATE, 0));
    assert_eq!(ok(nonce(&s, &[9; 12], CKG_GENERATE_COUNTER, 0)), [&[0; 11][..], &[2]].concat());
    // Long ones, and ones of other lengths.
    for length in [1, 8, 16, 17, 40] {
        ok(nonce(&s, &vec![4; length], CKG_NO_GENERATE, 0));
        refused(nonce(&s, &vec![4; length], CKG_NO_GENERATE, 0), CKR_MECHANISM_PARAM_INVALID);
        let last = [&vec![4; length - 1][..], &[5]].concat();
        ok(nonce(&s, &last, CKG_NO_GENERATE, 0));
        let made = ok(nonce(&s, &vec![0; length], CKG_GENERATE_COUNTER, 0));
        refused(nonce(&s, &made, CKG_NO_GENERATE, 0), CKR_MECHANISM_PARAM_INVALID);
    }
    ok(s.message_encrypt_final());
    // Another process knows nothing of it; a decryption may see it again and again.
    begin(&s);
    let mut parameter = gcm(&[1; 12]);
    let sealed = ok(s.encrypt_message(&mut parameter, b"", b"data"));
    ok(s.message_encrypt_final());
    ok(s.message_decrypt_init(CKM_AES_GCM, aes(&s)));
    for _ in 0..3 {
        assert_eq!(ok(s.decrypt_message(&mut parameter, b"", &sealed)), b"data");
    }
}

#[test]
fn a_message_that_came_to_nothing_has_used_no_nonce_and_changed_no_parameter() {
    let s = token().user();
    let key = aes(&s);
    ok(s.message_encrypt_init(CKM_AES_CCM, key));
    let parameter = MessageParam::made(CKM_AES_CCM, &[0xff; 13], CKG_GENERATE_COUNTER, 0).of(4);
    let mut wrong = parameter.clone();
    // More data than the parameter says.
    refused(s.encrypt_message(&mut wrong, b"", b"12345"), CKR_DATA_LEN_RANGE);
    assert_eq!(wrong, parameter);
    wrong.tag.truncate(5);
    refused(s.encrypt_message(&mut wrong, b"", b"1234"), CKR_MECHANISM_PARAM_INVALID);
    // No room.
    let mut small = parameter.clone();
    let mut raw = small.raw().parameter;
    let (at, size) = (raw.as_mut_ptr().cast(), raw.len() as CK_ULONG);
    let (mut out, mut room) = ([0xa5; 4], 3);
    let encrypt = f().C_EncryptMessage.unwrap();
    let data = b"1234".as_ptr().cast_mut();
    // SAFETY: a parameter, data of its length, a buffer.
    let code = unsafe { encrypt(s.handle, at, size, std::ptr::null_mut(), 0, data, 4, out.as_mut_ptr(), &mut room) };
    refused(result(code), CKR_BUFFER_TOO_SMALL);
    assert_eq!((room, out, &small), (4, [0xa5; 4], &parameter));
    // The counter is still at its beginning.
    let mut good = parameter.clone();
    ok(s.encrypt_message(&mut good, b"", b"1234"));
    assert_eq!(good.nonce, [0; 13]);
    assert_ne!(good.tag, [0; 16]);
}

#[test]
fn the_nonce_of_a_message_in_parts_is_told_when_it_begins_and_the_tag_when_it_ends() {
    let s = token().user();
    begin(&s);
    let mut parameter = MessageParam::made(CKM_AES_GCM, &[0xee; 12], CKG_GENERATE_COUNTER, 32);
    ok(s.encrypt_message_begin(&mut parameter, b"header"));
    let nonce = [&[0xee; 4][..], &[0; 8]].concat();
    assert_eq!((&parameter.nonce, &parameter.tag[..]), (&nonce, &[0; 16][..]));
    let mut sealed = ok(s.encrypt_message_next(&mut parameter, b"some ", 0));
    assert_eq!((sealed.len(), &parameter.tag[..]), (5, &[0; 16][..]));
    sealed.extend(ok(s.encrypt_message_next(&mut parameter, b"data", CKF_END_OF_MESSAGE)));
    assert_eq!(parameter.nonce, nonce);
    assert_ne!(parameter.tag, [0; 16]);
    ok(s.message_encrypt_final());
    ok(s.message_decrypt_init(CKM_AES_GCM, aes(&s)));
    // Generator and fixed bits are ignored here.
    parameter.fixed_bits = 1000;
    parameter.generator = 77;
    assert_eq!(ok(s.decrypt_message(&mut parameter, b"header", &sealed)), b"some data");
}

#[test]
fn generators_and_fixed_bits_that_there_are_not_are_refused() {
    let s = token().user();
    begin(&s);
    for (generator, fixed) in [(5, 0), (CK_ULONG::MAX, 0), (CKG_GENERATE, 97), (CKG_GENERATE_COUNTER, CK_ULONG::MAX)] {
        refused(nonce(&s, &[0; 12], generator, fixed), CKR_MECHANISM_PARAM_INVALID);
    }
    // "Zero is always an acceptable value."
    for generator in GENERATORS {
        ok(nonce(&s, &[0; 12], generator, 0));
    }
    // What has no meaning without a generator is not looked at.
    ok(nonce(&s, &[8; 12], CKG_NO_GENERATE, 1000));
    refused(nonce(&s, &[], CKG_GENERATE, 0), CKR_MECHANISM_PARAM_INVALID);
}

/// Where nothing is generated the nonce is input, and may stand in memory that cannot be written to.
#[test]
fn a_nonce_that_is_given_is_not_written_to() {
    static NONCE: [u8; 12] = *b"a fixed text";
    let s = token().user();
    begin(&s);
    let mut tag = [0; 16];
    let mut parameter = CK_GCM_MESSAGE_PARAMS {
        pIv: NONCE.as_ptr().cast_mut(),
        ulIvLen: 12,
        ulIvFixedBits: 0,
        ivGenerator: CKG_NO_GENERATE,
        pTag: tag.as_mut_ptr(),
        ulTagBits: 128,
    };
    let (at, size) = (std::ptr::from_mut(&mut parameter).cast(), size_of_val(&parameter) as CK_ULONG);
    let (mut out, mut room, none) = ([0; 4], 4, std::ptr::null_mut());
    let (encrypt, data) = (f().C_EncryptMessage.unwrap(), b"data".as_ptr().cast_mut());
    // SAFETY: a parameter, data of its length, a buffer of its length.
    ok(result(unsafe { encrypt(s.handle, at, size, none, 0, data, 4, out.as_mut_ptr(), &mut room) }));
    assert_ne!(tag, [0; 16]);
}
