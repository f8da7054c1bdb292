//! The store's file as any bytes: a good one that is changed. Opened, logged into, read and used.
#![no_main]

use ferrotoken_fuzz::common::*;
use ferrotoken_fuzz::tape::Tape;
use std::path::PathBuf;
use std::sync::OnceLock;

const SLOT: CK_SLOT_ID = 0;

/// A good file: a token with its PINs and a few objects.
fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        returns::expect_damage();
        let folder = place();
        let _ = std::fs::remove_dir_all(&folder);
        let cheap = "argon2-memory = 8\nargon2-passes = 1\n";
        configure(&format!("[store]\ndirectory = \"{}\"\n{cheap}", folder.display()));
        assert_eq!(initialise(), CKR_OK);
        let mut label = *b"fuzz                            ";
        let (pin, length) = (SO_PIN.as_ptr().cast_mut(), SO_PIN.len() as CK_ULONG);
        // SAFETY: a PIN of its length, and a label.
        ok(result(unsafe { f().C_InitToken.unwrap()(SLOT, pin, length, label.as_mut_ptr()) }));
        let session = ok(open(SLOT, CKF_SERIAL_SESSION | CKF_RW_SESSION));
        ok(session.login(CKU_SO, SO_PIN));
        ok(session.init_pin(USER_PIN));
        ok(session.logout());
        ok(session.login(CKU_USER, USER_PIN));
        for private in [CK_TRUE, CK_FALSE] {
            let own = [yes(CKA_TOKEN), bytes(CKA_PRIVATE, [private])];
            let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16]), yes(CKA_SIGN)];
            let data = [class(CKO_DATA), bytes(CKA_VALUE, b"value"), text(CKA_LABEL, "data")];
            ok(session.create(&[&own[..], &aes].concat()));
            ok(session.create(&[&own[..], &data].concat()));
        }
        drop(session);
        finalise();
        std::fs::read(folder.join("0.token")).unwrap()
    })
}

fn place() -> PathBuf {
    folder().join("tokens")
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut bytes = good().to_vec();
    let mut tape = Tape::new(input);
    if tape.once_in(16) {
        bytes = tape.rest().to_vec();
    }
    while !tape.is_over() && !bytes.is_empty() {
        let place = (usize::from(tape.byte()) << 8 | usize::from(tape.byte())) % bytes.len();
        match tape.below(16) {
            0 => bytes.truncate(place),
            1 => {
                let byte = tape.byte();
                let end = (place + usize::from(tape.byte())).min(bytes.len());
                bytes[place..end].fill(byte);
            }
            _ => bytes[place] ^= tape.byte(),
        }
    }
    let folder = place();
    for suffix in ["-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(folder.join(format!("0.token{suffix}")));
    }
    std::fs::write(folder.join("0.token"), &bytes).unwrap();
    if initialise() != CKR_OK {
        return;
    }
    if let Ok(session) = open(SLOT, CKF_SERIAL_SESSION | CKF_RW_SESSION) {
        use_all(&session);
        let _ = session.login(CKU_USER, USER_PIN);
        use_all(&session);
        let _ = session.create(&[class(CKO_DATA), yes(CKA_TOKEN)]);
        let _ = session.set_pin(USER_PIN, USER_PIN);
    }
    finalise();
});

fn use_all(session: &Session) {
    if session.find_init(&[]).is_err() {
        return;
    }
    let found = session.find_some(20);
    let _ = session.find_final();
    for object in found.unwrap_or_default() {
        for kind in [CKA_CLASS, CKA_VALUE, CKA_LABEL, CKA_ALLOWED_MECHANISMS, CKA_PRIVATE] {
            let _ = session.get(object, kind);
        }
        let _ = session.sign(&mech(CKM_AES_CMAC), object, b"abc");
        let _ = session.set(object, &[text(CKA_LABEL, "other")]);
    }
}
