//! What every input finds: an initialised library with one token, and keys of every type in it.

use crate::common::*;

pub const SLOT: CK_SLOT_ID = 1;

/// Tells our keys from those of the input.
const MARK: &str = "ground";

/// Named curves, and two things that are none.
pub const CURVES: &[&[u8]] = &[
    &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
    &[0x06, 5, 0x2b, 0x81, 4, 0, 0x22],
    &[0x06, 5, 0x2b, 0x81, 4, 0, 0x23],
    &[0x06, 5, 0x2b, 0x81, 4, 0, 0x0a],
    &[0x06, 9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7],
    &[0x06, 3, 0x2b, 0x65, 0x70],
    &[0x06, 3, 0x2b, 0x65, 0x71],
    &[0x06, 3, 0x2b, 0x65, 0x6e],
    &[0x06, 3, 0x2b, 0x65, 0x6f],
    &[0x13, 0x0c, b'e', b'd', b'w', b'a', b'r', b'd', b's', b'2', b'5', b'5', b'1', b'9'],
    &[0x05, 0],
    &[0x06, 0x7f],
];

/// The handles of the keys that are there; all is made anew if an input has spoilt it.
pub fn ground() -> Vec<CK_OBJECT_HANDLE> {
    thread_local! {
        static COUNT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }
    let found = found();
    if !found.is_empty() && found.len() == COUNT.get() {
        return found;
    }
    finalise();
    let pins = format!("so-pin = \"{SO_PIN}\"\nuser-pin = \"{USER_PIN}\"\n");
    configure(&format!("[[token]]\nslot = {SLOT}\nlabel = \"fuzz\"\n{pins}"));
    assert_eq!(initialise(), CKR_OK);
    let handles = make();
    COUNT.set(handles.len());
    handles
}

/// Nobody is logged in, no session is open, and the keys are as they were.
fn found() -> Vec<CK_OBJECT_HANDLE> {
    // SAFETY: a number.
    let closed = result(unsafe { f().C_CloseAllSessions.unwrap()(SLOT) });
    if closed.is_err() {
        return Vec::new();
    }
    let Ok(session) = open(SLOT, CKF_SERIAL_SESSION | CKF_RW_SESSION) else { return Vec::new() };
    // The PIN may be another now, or locked; the SO's is tried by few inputs.
    if session.login(CKU_USER, USER_PIN).is_err() {
        return Vec::new();
    }
    for foreign in session.find(&[no(CKA_DESTROYABLE)]) {
        if session.get(foreign, CKA_LABEL).ok().is_none_or(|label| label != MARK.as_bytes()) {
            return Vec::new();
        }
    }
    for object in session.find(&[yes(CKA_TOKEN)]) {
        if session.get_bool(object, CKA_DESTROYABLE) == Ok(true) && session.destroy(object).is_err() {
            return Vec::new();
        }
    }
    session.find(&[text(CKA_LABEL, MARK), no(CKA_MODIFIABLE)])
}

fn make() -> Vec<CK_OBJECT_HANDLE> {
    let session = ok(open(SLOT, CKF_SERIAL_SESSION | CKF_RW_SESSION));
    ok(session.login(CKU_USER, USER_PIN));
    let common = [yes(CKA_TOKEN), no(CKA_PRIVATE), no(CKA_MODIFIABLE), no(CKA_DESTROYABLE), text(CKA_LABEL, MARK)];
    let open_key = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let mut handles = Vec::new();
    let secret: &[(CK_KEY_TYPE, usize, &[CK_ATTRIBUTE_TYPE])] = &[
        (CKK_AES, 16, &USES),
        (CKK_AES, 32, &USES),
        (CKK_GENERIC_SECRET, 32, &[CKA_SIGN, CKA_VERIFY, CKA_DERIVE]),
        (CKK_GENERIC_SECRET, 48, &[CKA_SIGN, CKA_VERIFY, CKA_DERIVE]),
        (CKK_DES3, 24, &USES),
        (CKK_CHACHA20, 32, &[CKA_ENCRYPT, CKA_DECRYPT]),
        (CKK_SALSA20, 32, &[CKA_ENCRYPT, CKA_DECRYPT]),
        (CKK_POLY1305, 32, &[CKA_SIGN, CKA_VERIFY]),
        (CKK_CAMELLIA, 16, &USES),
        (CKK_ARIA, 16, &USES),
        (CKK_BLOWFISH, 16, &USES[..6]),
        (CKK_TWOFISH, 16, &USES[..6]),
        (CKK_RC2, 16, &USES[..6]),
        (CKK_AES_XTS, 64, &[CKA_ENCRYPT, CKA_DECRYPT]),
        (CKK_HKDF, 32, &[CKA_DERIVE]),
        (CKK_SHA256_HMAC, 32, &[CKA_SIGN, CKA_VERIFY]),
    ];
    for (kind, length, uses) in secret {
        // Of odd parity, as DES wants it.
        let value: Vec<u8> = (1..=*length as u8).map(|byte| byte * 2 + (byte.count_ones() as u8 + 1) % 2).collect();
        let own = [class(CKO_SECRET_KEY), key_type(*kind), bytes(CKA_VALUE, value)];
        let uses: Vec<_> = uses.iter().map(|kind| yes(*kind)).collect();
        let made = session.create(&[&own[..], &common, &open_key, &uses].concat());
        handles
            .push(made.unwrap_or_else(|code| panic!("a key of type {kind:#x} is refused with {}", codes::name(code))));
    }
    let sign = (&[CKA_VERIFY][..], &[CKA_SIGN][..]);
    let derive = (&[][..], &[CKA_DERIVE][..]);
    let rsa = (
        &[CKA_ENCRYPT, CKA_VERIFY, CKA_WRAP, CKA_VERIFY_RECOVER][..],
        &[CKA_DECRYPT, CKA_SIGN, CKA_UNWRAP, CKA_SIGN_RECOVER][..],
    );
    let curve = |index: usize| bytes(CKA_EC_PARAMS, CURVES[index]);
    let pairs = [
        (CKM_RSA_PKCS_KEY_PAIR_GEN, ulong(CKA_MODULUS_BITS, 1024), rsa),
        (CKM_EC_KEY_PAIR_GEN, curve(0), (&[CKA_VERIFY][..], &[CKA_SIGN, CKA_DERIVE][..])),
        (CKM_EC_KEY_PAIR_GEN, curve(2), (&[CKA_VERIFY][..], &[CKA_SIGN, CKA_DERIVE][..])),
        (CKM_EC_EDWARDS_KEY_PAIR_GEN, curve(5), sign),
        (CKM_EC_EDWARDS_KEY_PAIR_GEN, curve(6), sign),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, curve(7), derive),
        (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, curve(8), derive),
        (CKM_ML_DSA_KEY_PAIR_GEN, ulong(CKA_PARAMETER_SET, CKP_ML_DSA_44), sign),
        (
            CKM_ML_KEM_KEY_PAIR_GEN,
            ulong(CKA_PARAMETER_SET, CKP_ML_KEM_512),
            (&[CKA_ENCAPSULATE][..], &[CKA_DECAPSULATE][..]),
        ),
    ];
    for (mechanism, own, (public, private)) in pairs {
        let uses = |list: &[CK_ATTRIBUTE_TYPE]| list.iter().map(|kind| yes(*kind)).collect::<Vec<_>>();
        let public = [&[own][..], &common, &uses(public)].concat();
        let private = [&common[..], &open_key, &uses(private)].concat();
        let (public, private) = ok(session.generate_pair(&mech(mechanism), &public, &private));
        handles.extend([public, private]);
    }
    let otp = [class(CKO_OTP_KEY), key_type(CKK_HOTP), bytes(CKA_VALUE, [3; 20]), yes(CKA_SIGN), yes(CKA_VERIFY)];
    handles.push(ok(session.create(&[&otp[..], &common].concat())));
    let data = [class(CKO_DATA), bytes(CKA_VALUE, b"value")];
    handles.push(ok(session.create(&[&data[..], &common].concat())));
    handles
}

const USES: [CK_ATTRIBUTE_TYPE; 7] = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];
