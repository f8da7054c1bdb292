//! Nothing secret stays in the memory of the process: not after `C_Logout`, and not after `C_Finalize`.
//!
//! The secrets of this test lie in the program's read-only data, and the library gets pointers to them there. Whatever copy
//! is found in writable memory, on a stack or in a heap, is the library's.
#![cfg(target_os = "linux")]

mod common;
#[path = "secrets/generator.rs"]
mod generator;
mod memory;
mod rsa_keys;
#[path = "secrets/sessions.rs"]
mod sessions;

use common::*;
use memory::{hide, search, wipe};

static SO: [u8; 24] = *b"the security officer 941";
static USER: [u8; 24] = *b"the normal user's PIN 83";
static AES: [u8; 32] = *b"\x91\x3e\xa7\x05\x66\xd8\xf1\x4b\x20\x7c\x99\xe3\x5a\x8f\x16\xcd\x42\xb0\x6e\x3b\xfa\x07\xd5\x81\x2c\x94\xe7\x58\x13\xaf\x60\xbb";
static HMAC: [u8; 40] = *b"\x17\xc2\x8e\x4a\xf5\x39\x70\xbd\x06\xda\x63\x9f\x2b\xe8\x54\xa1\x7d\x0c\xf3\x48\x96\xbe\x25\xea\x51\x8d\x34\xc7\x6a\x1f\xb2\x09\xe5\x78\xd3\x4c\xa0\x3f\x92\x66";
static EC: [u8; 32] = *b"\x3a\xf0\x16\x8b\xc5\x72\xed\x49\xb6\x01\x9d\x5f\x84\xe2\x37\xca\x6b\x18\xd4\x90\x2e\xf7\x53\xac\x08\x7e\xb1\xc9\x45\x9a\xe6\x21";
static WRAPPED: [u8; 24] =
    *b"\xd1\x5b\x86\x2f\xe9\x04\xc8\x73\x3d\xaa\x61\xfe\x17\x90\x4c\xb5\x28\xdf\x7a\x03\x96\xe1\x5c\x8d";
static PLAIN: [u8; 48] = *b"a plaintext of the users, which nobody else sees";
static P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// The secrets, each with its name. Numbers may lie in memory with the other end first.
fn secrets(rsa: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
    let bytes: [(&str, &[u8]); 6] = [
        ("SO PIN", &SO),
        ("user PIN", &USER),
        ("AES key", &AES),
        ("HMAC key", &HMAC),
        ("wrapped key", &WRAPPED),
        ("plaintext", &PLAIN),
    ];
    let mut found: Vec<_> = bytes.iter().map(|(name, value)| (name.to_string(), hide(value, false))).collect();
    for (name, value) in rsa.iter().copied().chain([("EC key", &EC[..])]) {
        found.push((name.to_string(), hide(value, false)));
        found.push((format!("{name}, reversed"), hide(value, true)));
    }
    found
}

fn attribute(kind: CK_ATTRIBUTE_TYPE, value: &'static [u8]) -> CK_ATTRIBUTE {
    CK_ATTRIBUTE { type_: kind, pValue: value.as_ptr().cast_mut().cast(), ulValueLen: value.len() as CK_ULONG }
}

fn number(kind: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> CK_ATTRIBUTE {
    attribute(kind, Box::leak(Box::new(value.to_ne_bytes())))
}

fn truth(kind: CK_ATTRIBUTE_TYPE) -> CK_ATTRIBUTE {
    attribute(kind, &[CK_TRUE])
}

fn create(session: &Session, class: CK_OBJECT_CLASS, kind: CK_KEY_TYPE, more: &[CK_ATTRIBUTE]) -> CK_OBJECT_HANDLE {
    let mut template = vec![number(CKA_CLASS, class), number(CKA_KEY_TYPE, kind), truth(CKA_PRIVATE)];
    template.extend_from_slice(more);
    let mut key = 0;
    // SAFETY: a template whose values live for ever.
    let code = unsafe {
        f().C_CreateObject.unwrap()(session.handle, template.as_mut_ptr(), template.len() as CK_ULONG, &mut key)
    };
    assert_eq!(code, CKR_OK);
    key
}

fn pin(pin: &'static [u8]) -> (*mut u8, CK_ULONG) {
    (pin.as_ptr().cast_mut(), pin.len() as CK_ULONG)
}

fn login(session: &Session, user: CK_USER_TYPE, secret: &'static [u8]) {
    let (start, length) = pin(secret);
    // SAFETY: a PIN that lives for ever.
    assert_eq!(unsafe { f().C_Login.unwrap()(session.handle, user, start, length) }, CKR_OK);
}

/// Decrypts into a buffer that is wiped; compares with what is in the read-only data.
fn decrypts(session: &Session, mechanism: &Mech, key: CK_OBJECT_HANDLE, cipher: &[u8]) {
    ok(session.decrypt_init(mechanism, key));
    let mut out = [0; 512];
    let mut length = out.len() as CK_ULONG;
    let (input, input_length) = (cipher.as_ptr().cast_mut(), cipher.len() as CK_ULONG);
    // SAFETY: buffers with their lengths.
    let code = unsafe { f().C_Decrypt.unwrap()(session.handle, input, input_length, out.as_mut_ptr(), &mut length) };
    assert_eq!(code, CKR_OK);
    let right = out[..length as usize] == PLAIN;
    wipe(&mut out);
    assert!(right);
}

/// Makes keys of the secrets, and uses them in every way.
fn work(session: &Session, numbers: &rsa_keys::Numbers) {
    let aes = create(session, CKO_SECRET_KEY, CKK_AES, &[attribute(CKA_VALUE, &AES), truth(CKA_DERIVE)]);
    let hmac = create(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, &[attribute(CKA_VALUE, &HMAC), truth(CKA_DERIVE)]);
    let wrapped = create(session, CKO_SECRET_KEY, CKK_AES, &[attribute(CKA_VALUE, &WRAPPED), truth(CKA_EXTRACTABLE)]);
    let ec_parts = [attribute(CKA_EC_PARAMS, &P256), attribute(CKA_VALUE, &EC), truth(CKA_DERIVE)];
    let ec = create(session, CKO_PRIVATE_KEY, CKK_EC, &ec_parts);
    let rsa = import_rsa(session, numbers);

    let iv = [3; 16];
    let counter = mech_params(CKM_AES_CTR, &CK_AES_CTR_PARAMS { ulCounterBits: 128, cb: iv });
    let nonce = [3; 12];
    let gcm = mech_params(CKM_AES_GCM, &gcm_params(&nonce));
    for mechanism in [mech(CKM_AES_ECB), mech_bytes(CKM_AES_CBC, &iv), mech_bytes(CKM_AES_CBC_PAD, &iv), counter, gcm] {
        let cipher = ok(session.encrypt(&mechanism, aes, &PLAIN));
        decrypts(session, &mechanism, aes, &cipher);
        ok(session.encrypt_parts(&mechanism, aes, &[&PLAIN[..7], &PLAIN[7..]]));
    }
    ok(session.sign(&mech(CKM_AES_CMAC), aes, &PLAIN));
    ok(session.sign(&mech(CKM_SHA256_HMAC), hmac, &PLAIN));
    ok(session.sign_parts(&mech(CKM_SHA512_HMAC), hmac, &[&PLAIN[..9], &PLAIN[9..]]));
    ok(session.digest(&mech(CKM_SHA256), &PLAIN));
    ok(session.digest_init(&mech(CKM_SHA512)));
    ok(session.digest_key(hmac));
    ok(session.digest_final());
    for mechanism in [CKM_SHA256_RSA_PKCS, CKM_SHA1_RSA_PKCS] {
        ok(session.sign(&mech(mechanism), rsa, &PLAIN));
    }
    ok(session.sign(&mech(CKM_ECDSA_SHA256), ec, &PLAIN));
    let wrap = mech(CKM_AES_KEY_WRAP);
    let blob = ok(session.wrap(&wrap, aes, wrapped));
    let back = [class(CKO_SECRET_KEY), key_type(CKK_AES), yes(CKA_PRIVATE)];
    ok(session.unwrap(&wrap, aes, &blob, &back));
    ok(session.copy(wrapped, &[text(CKA_LABEL, "copy")]));
    ok(session.set(aes, &[text(CKA_LABEL, "changed")]));
    assert!(!session.find(&[class(CKO_SECRET_KEY)]).is_empty());
    // Half done, for the logout to end it.
    ok(session.encrypt_init(&mech_bytes(CKM_AES_CBC, &iv), wrapped));
    ok(session.encrypt_update(&PLAIN[..20]));
}

fn import_rsa(session: &Session, numbers: &rsa_keys::Numbers) -> CK_OBJECT_HANDLE {
    let parts = [
        (CKA_MODULUS, numbers.n),
        (CKA_PUBLIC_EXPONENT, numbers.e),
        (CKA_PRIVATE_EXPONENT, numbers.d),
        (CKA_PRIME_1, numbers.p),
        (CKA_PRIME_2, numbers.q),
        (CKA_EXPONENT_1, numbers.dp),
        (CKA_EXPONENT_2, numbers.dq),
        (CKA_COEFFICIENT, numbers.qinv),
    ];
    let mut parts = parts.map(|(kind, digits)| (kind, hex(digits)));
    let list = parts.each_mut().map(|(kind, value)| CK_ATTRIBUTE {
        type_: *kind,
        pValue: value.as_mut_ptr().cast(),
        ulValueLen: value.len() as CK_ULONG,
    });
    let key = create(session, CKO_PRIVATE_KEY, CKK_RSA, &list);
    parts.iter_mut().for_each(|(_, value)| wipe(value));
    key
}

#[test]
fn nothing_secret_stays_in_memory() {
    in_child("nothing_secret_stays_in_memory", &[], || {
        by_hand();
        let numbers = rsa_keys::RSA_2048;
        let mut rsa = [("RSA d", numbers.d), ("RSA p", numbers.p), ("RSA q", numbers.q), ("RSA dP", numbers.dp)]
            .map(|(name, digits)| (name, hex(digits)));
        let secrets = secrets(&rsa.each_ref().map(|(name, value)| (*name, &value[..])));
        rsa.iter_mut().for_each(|(_, value)| wipe(value));
        assert_eq!(search(&secrets), [""; 0], "the test itself leaves nothing");

        configure("[[token]]\n");
        assert_eq!(initialise(), CKR_OK);
        let (start, length) = pin(&SO);
        // SAFETY: a PIN that lives for ever, and a label of 32 bytes.
        assert_eq!(unsafe { f().C_InitToken.unwrap()(0, start, length, [b' '; 32].as_mut_ptr()) }, CKR_OK);
        let token = Token { slot: 0 };
        let session = token.session();
        login(&session, CKU_SO, &SO);
        let (start, length) = pin(&USER);
        // SAFETY: a PIN that lives for ever.
        assert_eq!(unsafe { f().C_InitPIN.unwrap()(session.handle, start, length) }, CKR_OK);
        ok(session.logout());
        login(&session, CKU_USER, &USER);
        work(&session, &numbers);
        let during = search(&secrets);
        assert!(during.iter().any(|found| found.starts_with("AES key")), "the search finds what there is: {during:?}");
        ok(session.logout());
        assert_eq!(search(&secrets), [""; 0], "after C_Logout");
        // SAFETY: as the function wants it.
        assert_eq!(unsafe { f().C_Finalize.unwrap()(std::ptr::null_mut()) }, CKR_OK);
        assert_eq!(search(&secrets), [""; 0], "after C_Finalize");
    });
}

/// A key from a password, made on a thread: PBKDF2 of "password", "salt" and one iteration (RFC 6070, section 2).
#[test]
fn the_unfetched_result_of_an_asynchronous_function_outlived_the_login() {
    in_child("the_unfetched_result_of_an_asynchronous_function_outlived_the_login", &[], || {
        let mut derived = hex("0c60c80f961f0e71f3a9b524af6012062fe037a6");
        let secret = [("derived key".to_owned(), hide(&derived, false))];
        wipe(&mut derived);
        let token = token();
        let session = ok(token.open(CKF_SERIAL_SESSION | CKF_RW_SESSION | CKF_ASYNC_SESSION));
        ok(session.login(CKU_USER, USER_PIN));
        let params = CK_PKCS5_PBKD2_PARAMS2 {
            saltSource: CKZ_SALT_SPECIFIED,
            pSaltSourceData: b"salt".as_ptr().cast_mut().cast(),
            ulSaltSourceDataLen: 4,
            iterations: 1,
            prf: CKP_PKCS5_PBKD2_HMAC_SHA1,
            pPrfData: std::ptr::null_mut(),
            ulPrfDataLen: 0,
            pPassword: b"password".as_ptr().cast_mut(),
            ulPasswordLen: 8,
        };
        let template =
            [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), ulong(CKA_VALUE_LEN, 20), yes(CKA_PRIVATE)];
        refused(session.generate(&mech_params(CKM_PKCS5_PBKD2, &params), &template), CKR_PENDING);
        // The thread may take a moment to make it, and a moment to find that it is not wanted.
        let within_seconds = |there: bool| {
            (0..100).any(|_| {
                std::thread::sleep(std::time::Duration::from_millis(50));
                search(&secret).is_empty() != there
            })
        };
        assert!(within_seconds(true), "the search finds what there is");
        ok(session.logout());
        assert!(within_seconds(false), "{:?}", search(&secret));
    });
}
