//! How much a token takes, and what happens where the memory ends.

mod common;

use common::*;

/// A process whose token has these limits.
fn limited(test: &str, limits: &str, body: impl FnOnce(Token)) {
    in_child(test, &[], || {
        by_hand();
        configure(&format!("{}{limits}", ready(0)));
        assert_eq!(initialise(), CKR_OK);
        body(Token { slot: 0 });
    });
}

#[test]
fn sessions_come_to_an_end_and_the_token_says_where() {
    limited("sessions_come_to_an_end_and_the_token_says_where", "max-sessions = 3\n", |token| {
        assert_eq!((token.info().ulMaxSessionCount, token.info().ulMaxRwSessionCount), (3, 3));
        let mut sessions = vec![token.session(), token.read_only(), token.session()];
        refused(token.open(CKF_SERIAL_SESSION | CKF_RW_SESSION), CKR_SESSION_COUNT);
        refused(token.open(CKF_SERIAL_SESSION), CKR_SESSION_COUNT);
        assert_eq!(token.info().ulSessionCount, 3);
        ok(sessions.pop().unwrap().close());
        sessions.push(token.session());
        refused(token.open(CKF_SERIAL_SESSION), CKR_SESSION_COUNT);
    });
}

#[test]
fn without_a_word_there_is_room_for_thousands_of_sessions() {
    limited("without_a_word_there_is_room_for_thousands_of_sessions", "", |token| {
        assert_eq!(token.info().ulMaxSessionCount, 65_536);
        let sessions: Vec<_> = (0..10_000).map(|_| token.session()).collect();
        assert_eq!(token.info().ulSessionCount, sessions.len() as CK_ULONG);
    });
}

#[test]
fn objects_come_to_an_end_whatever_makes_them() {
    limited("objects_come_to_an_end_whatever_makes_them", "max-objects = 4\n", |token| {
        let session = token.user();
        let data = |more: &[Attribute]| session.create(&[&[class(CKO_DATA)], more].concat());
        let aes = [ulong(CKA_VALUE_LEN, 16), yes(CKA_DERIVE)];
        let key = ok(session.generate(&mech(CKM_AES_KEY_GEN), &aes));
        let kept = [ok(data(&[yes(CKA_TOKEN)])), ok(data(&[]))];
        // A pair finds room for both of its halves, or for none.
        let curve = [bytes(CKA_EC_PARAMS, [6, 8, 42, 134, 72, 206, 61, 3, 1, 7])];
        let pair = || session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &curve, &[]);
        refused(pair(), CKR_DEVICE_MEMORY);
        let before = session.find(&[]).len();
        let last = ok(session.copy(kept[0], &[]));
        refused(session.copy(kept[0], &[]), CKR_DEVICE_MEMORY);
        refused(data(&[]), CKR_DEVICE_MEMORY);
        refused(data(&[yes(CKA_TOKEN)]), CKR_DEVICE_MEMORY);
        refused(session.generate(&mech(CKM_AES_KEY_GEN), &aes), CKR_DEVICE_MEMORY);
        refused(session.derive(&mech(CKM_SHA256_KEY_DERIVATION), key, &[]), CKR_DEVICE_MEMORY);
        assert_eq!(session.find(&[]).len(), before + 1);
        // What goes makes room.
        ok(session.destroy(last));
        ok(session.destroy(kept[1]));
        ok(pair());
        refused(data(&[]), CKR_DEVICE_MEMORY);
    });
}

#[test]
fn an_object_has_a_greatest_size() {
    limited("an_object_has_a_greatest_size", "max-object-bytes = 5000\n", |token| {
        let session = token.user();
        let data = |length: usize| session.create(&[class(CKO_DATA), bytes(CKA_VALUE, vec![1; length])]);
        let object = ok(data(4_000));
        assert!(ok(session.size(object)) <= 5_000);
        refused(data(5_000), CKR_DEVICE_MEMORY);
        // Neither by changing nor by copying it grows beyond that.
        refused(session.set(object, &[bytes(CKA_LABEL, vec![b'a'; 5_000])]), CKR_DEVICE_MEMORY);
        refused(session.copy(object, &[bytes(CKA_LABEL, vec![b'a'; 5_000])]), CKR_DEVICE_MEMORY);
        assert_eq!(ok(session.get(object, CKA_VALUE)), [1; 4_000]);
    });
}

/// The memory ends in the middle of whatever the library does with something large: it says so, and the process goes on.
#[test]
#[cfg(target_os = "linux")]
fn where_memory_ends_calls_fail_and_the_process_goes_on() {
    in_child("where_memory_ends_calls_fail_and_the_process_goes_on", &[], || {
        // More than what the C library reserves for a thread and does not use.
        const SIZE: usize = 80 << 20;
        let token = token();
        let session = token.user();
        let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16])];
        let key = ok(session.create(&aes));
        let curve = [bytes(CKA_EC_PARAMS, [6, 3, 43, 101, 112])];
        let (_, private) = ok(session.generate_pair(&mech(CKM_EC_EDWARDS_KEY_PAIR_GEN), &curve, &[]));
        let gcm_iv = [1; 12];
        let gcm = mech_params(CKM_AES_GCM, &gcm_params(&gcm_iv));
        let cbc = mech_bytes(CKM_AES_CBC_PAD, &[1; 16]);
        let mut data = vec![7; SIZE];
        let large = [class(CKO_DATA), bytes(CKA_VALUE, vec![1; 15 << 20])];
        let template = Template::new(&large);
        let mut seen = Vec::new();
        for room in [2, 20, 60, 100, 200] {
            let mut codes = Vec::new();
            in_room(room << 20, || {
                let (input, length) = (data.as_mut_ptr(), SIZE as CK_ULONG);
                let (mut small, mut handle) = ([0; 64], 0);
                let mut written = small.len() as CK_ULONG;
                // SAFETY: input and output have the lengths that are given; nothing is written to what is too small.
                unsafe {
                    ok(session.sign_init(&mech(CKM_EDDSA), private));
                    codes.push(f().C_Sign.unwrap()(session.handle, input, length, small.as_mut_ptr(), &mut written));
                    ok(session.encrypt_init(&cbc, key));
                    // In place, and a little behind: the library needs a copy.
                    let mut written = length - 32;
                    let behind = input.add(16);
                    codes.push(f().C_Encrypt.unwrap()(session.handle, input, length - 64, behind, &mut written));
                    ok(session.decrypt_init(&gcm, key));
                    written = small.len() as CK_ULONG;
                    codes.push(f().C_Decrypt.unwrap()(session.handle, input, length, small.as_mut_ptr(), &mut written));
                    let create = f().C_CreateObject.unwrap();
                    codes.push(create(session.handle, template.list(), template.count(), &mut handle));
                    if handle != 0 {
                        ok(session.destroy(handle));
                    }
                    ok(session.cancel(CKF_SIGN | CKF_ENCRYPT | CKF_DECRYPT));
                }
            });
            seen.extend(codes);
        }
        let may_be =
            [CKR_OK, CKR_HOST_MEMORY, CKR_ENCRYPTED_DATA_INVALID, CKR_AEAD_DECRYPT_FAILED, CKR_BUFFER_TOO_SMALL];
        assert!(seen.iter().all(|code| may_be.contains(code)), "{seen:x?}");
        assert!(seen.iter().filter(|code| **code == CKR_HOST_MEMORY).count() >= 4, "{seen:x?}");
        assert!(seen.contains(&CKR_OK), "{seen:x?}");
        ok(session.digest(&mech(CKM_SHA256), b"still alive"));
    });
}

/// Runs the body where the process may have only so many bytes of memory more.
#[cfg(target_os = "linux")]
fn in_room(bytes: u64, body: impl FnOnce()) {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let size = pages.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096;
    let limit = |most| libc::rlimit { rlim_cur: most, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a structure with two numbers.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit(size + bytes)) }, 0);
    body();
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit(libc::RLIM_INFINITY)) }, 0);
}
