//! Asynchronous sessions (section 5.21), through the C interface.

mod common;
mod parameter_sets;
#[path = "model/random.rs"]
#[allow(dead_code)]
mod random;

use common::*;
use parameter_sets::{context, pair as set_pair};
use std::ffi::CStr;
use std::ptr;
use std::thread;
use std::time::Duration;

const RW: CK_FLAGS = CKF_SERIAL_SESSION | CKF_RW_SESSION;

const NOTHING: CK_ASYNC_DATA = CK_ASYNC_DATA {
    ulVersion: 0,
    pValue: ptr::null_mut(),
    ulValue: 0xdead,
    hObject: 0xdead,
    hAdditionalObject: 0xdead,
};

/// An asynchronous session, the user logged in.
fn asynchronous(token: &Token) -> Session {
    let session = ok(token.open(RW | CKF_ASYNC_SESSION));
    match session.login(CKU_USER, USER_PIN) {
        Ok(()) | Err(CKR_USER_ALREADY_LOGGED_IN) => session,
        Err(code) => panic!("C_Login gave {code:#x}"),
    }
}

fn ask(session: &Session, function: &CStr, data: *mut CK_ASYNC_DATA) -> Result<(), CK_RV> {
    let name = function.as_ptr().cast_mut().cast();
    // SAFETY: a name, and NULL or a place for the results.
    result(unsafe { f().C_AsyncComplete.unwrap()(session.handle, name, data) })
}

/// Asks until the function is over.
fn complete(session: &Session, function: &CStr) -> (Result<(), CK_RV>, CK_ASYNC_DATA) {
    loop {
        let mut data = NOTHING;
        match ask(session, function, &mut data) {
            Err(CKR_PENDING) => {
                assert_eq!((data.ulValue, data.hObject), (0xdead, 0xdead), "nothing is written while it is pending");
                thread::sleep(Duration::from_millis(1));
            }
            other => return (other, data),
        }
    }
}

fn completed(session: &Session, function: &CStr) -> CK_ASYNC_DATA {
    let (outcome, data) = complete(session, function);
    ok(outcome);
    assert_eq!(data.ulVersion, 0);
    data
}

fn p256() -> Attribute {
    bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"))
}

fn generate_pair(session: &Session, private: &[Attribute]) {
    let generated = session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[p256()], private);
    refused(generated, CKR_PENDING);
}

type InOut = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR) -> CK_RV;

/// The buffers of a step, which its caller must keep.
struct Step {
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Step {
    fn run(&mut self, session: &Session, function: InOut) -> Result<usize, CK_RV> {
        let (mut length, size) = (self.output.len() as CK_ULONG, self.input.len() as CK_ULONG);
        let (from, to) = (self.input.as_mut_ptr(), self.output.as_mut_ptr());
        // SAFETY: input and output of their lengths.
        result(unsafe { function(session.handle, from, size, to, &mut length) })?;
        Ok(length as usize)
    }
}

fn large() -> Vec<u8> {
    (0..(1_u32 << 20) + 5).map(|index| (index ^ index >> 9) as u8).collect()
}

#[test]
fn a_session_is_asynchronous_if_it_is_asked_for() {
    let token = token();
    assert_ne!(token.info().flags & CKF_ASYNC_SESSION_SUPPORTED, 0);
    let session = asynchronous(&token);
    assert_eq!(ok(session.info()).flags, RW | CKF_ASYNC_SESSION);
    assert_eq!(
        ok(ok(token.open(CKF_SERIAL_SESSION | CKF_ASYNC_SESSION)).info()).flags,
        CKF_SERIAL_SESSION | CKF_ASYNC_SESSION
    );
    refused(token.open(CKF_ASYNC_SESSION | CKF_RW_SESSION).map(drop), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    assert_eq!(ok(token.user().info()).flags, RW);
}

#[test]
fn a_synchronous_session_never_gives_pending() {
    let session = token().user();
    ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[p256()], &[]));
    ok(session.digest(&mech(CKM_SHA256), &large()));
    for function in [c"C_GenerateKeyPair", c"C_Digest", c""] {
        refused(ask(&session, function, ptr::null_mut()), CKR_OPERATION_NOT_INITIALIZED);
    }
}

#[test]
fn a_key_pair_is_made_and_fetched() {
    let token = token();
    let session = asynchronous(&token);
    let rsa = [ulong(CKA_MODULUS_BITS, 2048)];
    let private = [yes(CKA_TOKEN), text(CKA_LABEL, "made later")];
    refused(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &rsa, &private), CKR_PENDING);
    let data = completed(&session, c"C_GenerateKeyPair");
    assert_eq!((data.pValue, data.ulValue), (ptr::null_mut(), 0));
    let (public, private) = (data.hObject, data.hAdditionalObject);
    assert_eq!(ok(session.get_ulong(public, CKA_CLASS)), CKO_PUBLIC_KEY);
    assert_eq!(ok(session.get_ulong(private, CKA_CLASS)), CKO_PRIVATE_KEY);
    assert!(ok(session.get_bool(private, CKA_LOCAL)) && ok(session.get_bool(private, CKA_TOKEN)));
    let signature = ok(session.sign(&mech(CKM_SHA256_RSA_PKCS), private, b"data"));
    ok(token.user().verify(&mech(CKM_SHA256_RSA_PKCS), public, b"data", &signature));
    // It has been fetched.
    refused(ask(&session, c"C_GenerateKeyPair", ptr::null_mut()), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn domain_parameters_and_keys_from_passwords_are_fetched_too() {
    let session = asynchronous(&token());
    let dsa = [ulong(CKA_PRIME_BITS, 1024)];
    refused(session.generate(&mech(CKM_DSA_PARAMETER_GEN), &dsa), CKR_PENDING);
    let data = completed(&session, c"C_GenerateKey");
    assert_eq!(ok(session.get_ulong(data.hObject, CKA_CLASS)), CKO_DOMAIN_PARAMETERS);
    assert_eq!(data.hAdditionalObject, CK_INVALID_HANDLE);
    // What a mechanism writes into its parameter is written when the result is fetched, and not before.
    let mut seed = [0xee; 20];
    let params = CK_DSA_PARAMETER_GEN_PARAM { hash: CKM_SHA_1, pSeed: seed.as_mut_ptr(), ulSeedLen: 20, ulIndex: 0 };
    let probabilistic = mech_params(CKM_DSA_PROBABILISTIC_PARAMETER_GEN, &params);
    refused(session.generate(&probabilistic, &dsa), CKR_PENDING);
    assert_eq!(seed, [0xee; 20]);
    let data = completed(&session, c"C_GenerateKey");
    assert_eq!((data.pValue, data.ulValue), (seed.as_mut_ptr(), 20));
    assert_ne!(seed, [0xee; 20]);
    assert_eq!(ok(session.get_ulong(data.hObject, CKA_PRIME_BITS)), 1024);
    // RFC 6070, the second vector. The caller's memory is not needed once the call is over.
    let (mut password, mut salt) = (b"password".to_vec(), b"salt".to_vec());
    let params = CK_PKCS5_PBKD2_PARAMS2 {
        saltSource: CKZ_SALT_SPECIFIED,
        pSaltSourceData: salt.as_mut_ptr().cast(),
        ulSaltSourceDataLen: salt.len() as CK_ULONG,
        iterations: 2,
        prf: CKP_PKCS5_PBKD2_HMAC_SHA1,
        pPrfData: ptr::null_mut(),
        ulPrfDataLen: 0,
        pPassword: password.as_mut_ptr(),
        ulPasswordLen: password.len() as CK_ULONG,
    };
    let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE), ulong(CKA_VALUE_LEN, 20), key_type(CKK_GENERIC_SECRET)];
    refused(session.generate(&mech_params(CKM_PKCS5_PBKD2, &params), &open), CKR_PENDING);
    password.fill(0);
    salt.fill(0);
    let key = completed(&session, c"C_GenerateKey").hObject;
    assert_eq!(ok(session.get(key, CKA_VALUE)), hex("ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"));
    // What is quick is done at once.
    ok(session.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
}

#[test]
fn until_it_is_fetched_the_session_does_nothing_else() {
    let token = token();
    let session = asynchronous(&token);
    let before = ok(session.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
    ok(session.digest_init(&mech(CKM_SHA256)));
    generate_pair(&session, &[]);
    generate_pair_refused(&session);
    refused(session.digest_update(b"abc"), CKR_OPERATION_ACTIVE);
    refused(session.digest_final(), CKR_OPERATION_ACTIVE);
    refused(session.encrypt_init(&mech(CKM_AES_ECB), before), CKR_OPERATION_ACTIVE);
    refused(session.get(before, CKA_CLASS), CKR_OPERATION_ACTIVE);
    refused(session.destroy(before), CKR_OPERATION_ACTIVE);
    refused(session.verify_signature_init(&mech(CKM_ECDSA), before, b""), CKR_OPERATION_ACTIVE);
    assert_eq!(ok(session.info()).state, CKS_RW_USER_FUNCTIONS);
    // Others go on.
    let other = token.user();
    ok(other.get(before, CKA_CLASS));
    ok(other.digest(&mech(CKM_SHA256), b"abc"));
    // Only under its name is it fetched, and not without a place for the handles.
    for name in [c"C_GenerateKey", c"C_GenerateKeyPairs", c"", c"c_generatekeypair"] {
        refused(ask(&session, name, &mut { NOTHING }), CKR_OPERATION_NOT_INITIALIZED);
    }
    refused(ask(&session, c"C_GenerateKeyPair", ptr::null_mut()), CKR_ARGUMENTS_BAD);
    refused(ask(&session, c"C_GenerateKeyPair", &mut CK_ASYNC_DATA { ulVersion: 1, ..NOTHING }), CKR_ARGUMENTS_BAD);
    completed(&session, c"C_GenerateKeyPair");
    // The digest has waited.
    ok(session.digest_update(b"abc"));
    assert_eq!(ok(session.digest_final())[..4], hex("ba7816bf"));
}

fn generate_pair_refused(session: &Session) {
    let generated = session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[p256()], &[]);
    refused(generated, CKR_OPERATION_ACTIVE);
}

#[test]
fn an_error_comes_with_the_result() {
    let session = asynchronous(&token());
    let generated = session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &[ulong(CKA_MODULUS_BITS, 17)], &[]);
    refused(generated, CKR_PENDING);
    let (outcome, data) = complete(&session, c"C_GenerateKeyPair");
    refused(outcome, CKR_ATTRIBUTE_VALUE_INVALID);
    assert_eq!((data.hObject, data.hAdditionalObject), (CK_INVALID_HANDLE, CK_INVALID_HANDLE));
    assert_eq!(session.find(&[]), []);
    // Arguments are judged at once.
    refused(session.generate_pair(&mech(CKM_AES_GCM), &[], &[]), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn a_long_signature_is_made_and_fetched() {
    let token = token();
    let (session, other) = (asynchronous(&token), token.user());
    let (public, private) = set_pair(&other, CKM_SLH_DSA_KEY_PAIR_GEN, CKP_SLH_DSA_SHA2_128F);
    let mechanism = context(CKM_SLH_DSA, CKH_DETERMINISTIC_REQUIRED, b"");
    let wanted = ok(other.sign(&mechanism, private, b"message"));
    let mut step = Step { input: b"message".to_vec(), output: vec![0xa5; wanted.len()] };
    ok(session.sign_init(&mechanism, private));
    // Lengths are told at once, and what is too small is.
    let mut short = Step { input: step.input.clone(), output: vec![0; wanted.len() - 1] };
    refused(short.run(&session, f().C_Sign.unwrap()), CKR_BUFFER_TOO_SMALL);
    refused(step.run(&session, f().C_Sign.unwrap()), CKR_PENDING);
    step.input.fill(0);
    thread::sleep(Duration::from_millis(20));
    assert!(step.output.iter().all(|byte| *byte == 0xa5), "the buffer is written when the result is fetched");
    let data = completed(&session, c"C_Sign");
    assert_eq!((data.pValue, data.ulValue as usize), (step.output.as_mut_ptr(), wanted.len()));
    assert_eq!(step.output, wanted);
    ok(other.verify(&mechanism, public, b"message", &step.output));
    // The operation is over.
    refused(step.run(&session, f().C_Sign.unwrap()), CKR_OPERATION_NOT_INITIALIZED);
    // In parts.
    ok(session.sign_init(&mechanism, private));
    ok(session.sign_update(b"mess"));
    ok(session.sign_update(b"age"));
    let (mut output, mut length) = (vec![0; wanted.len()], wanted.len() as CK_ULONG);
    // SAFETY: a buffer of its length.
    let code = unsafe { f().C_SignFinal.unwrap()(session.handle, output.as_mut_ptr(), &mut length) };
    assert_eq!(code, CKR_PENDING);
    completed(&session, c"C_SignFinal");
    assert_eq!(output, wanted);
}

#[test]
fn large_data_is_processed_on_a_thread_and_small_data_at_once() {
    let token = token();
    let (session, other) = (asynchronous(&token), token.user());
    let (data, digest) = (large(), mech(CKM_SHA256));
    let wanted = ok(other.digest(&digest, &data));
    ok(session.digest_init(&digest));
    let mut step = Step { input: data.clone(), output: vec![0; 32] };
    refused(step.run(&session, f().C_Digest.unwrap()), CKR_PENDING);
    step.input.fill(0);
    assert_eq!(completed(&session, c"C_Digest").ulValue, 32);
    assert_eq!(step.output, wanted);
    // In parts, of which one is small. An update has nothing to give, and needs no place.
    ok(session.digest_init(&digest));
    refused(session.digest_update(&data[..1 << 20]), CKR_PENDING);
    while let Err(code) = ask(&session, c"C_DigestUpdate", ptr::null_mut()) {
        assert_eq!(code, CKR_PENDING);
    }
    ok(session.digest_update(&data[1 << 20..]));
    assert_eq!(ok(session.digest_final()), wanted);
    assert_eq!(ok(session.digest(&digest, b"abc"))[..4], hex("ba7816bf"));
}

#[test]
fn encryption_goes_on_after_a_large_part() {
    let token = token();
    let (session, other) = (asynchronous(&token), token.user());
    let key = ok(session.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
    let (data, mechanism) = (large(), mech_bytes(CKM_AES_CBC_PAD, &[7; 16]));
    let wanted = ok(other.encrypt(&mechanism, key, &data));
    for (init, update, name, from, to) in [
        (f().C_EncryptInit, f().C_EncryptUpdate, c"C_EncryptUpdate", &data, &wanted),
        (f().C_DecryptInit, f().C_DecryptUpdate, c"C_DecryptUpdate", &wanted, &data),
    ] {
        ok(session.begin(init.unwrap(), &mechanism, key));
        let mut step = Step { input: from[..1 << 20].to_vec(), output: vec![0; (1 << 20) + 16] };
        refused(step.run(&session, update.unwrap()), CKR_PENDING);
        let length = completed(&session, name).ulValue as usize;
        let mut all = step.output[..length].to_vec();
        let mut rest = Step { input: from[1 << 20..].to_vec(), output: vec![0; 64] };
        let length = ok(rest.run(&session, update.unwrap()));
        all.extend(&rest.output[..length]);
        all.extend(if name == c"C_EncryptUpdate" { ok(session.encrypt_final()) } else { ok(session.decrypt_final()) });
        assert_eq!(all, *to);
    }
    // A whole one; and a wrong one, whose error ends the operation.
    ok(session.decrypt_init(&mechanism, key));
    let mut step = Step { input: wanted.clone(), output: vec![0; wanted.len()] };
    refused(step.run(&session, f().C_Decrypt.unwrap()), CKR_PENDING);
    let length = completed(&session, c"C_Decrypt").ulValue as usize;
    assert_eq!(step.output[..length], data);
    ok(session.decrypt_init(&mechanism, key));
    let mut step = Step { input: wanted[..(1 << 20) + 1].to_vec(), output: vec![0; wanted.len()] };
    refused(step.run(&session, f().C_Decrypt.unwrap()), CKR_PENDING);
    let (outcome, result) = complete(&session, c"C_Decrypt");
    refused(outcome, CKR_ENCRYPTED_DATA_LEN_RANGE);
    assert_eq!(result.pValue, step.output.as_mut_ptr(), "so that it can be freed");
    refused(session.decrypt_final(), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn what_is_cancelled_leaves_nothing() {
    let token = token();
    let session = asynchronous(&token);
    generate_pair(&session, &[yes(CKA_TOKEN)]);
    // Other flags do not name it.
    for other in [0, CKF_GENERATE, CKF_SIGN | CKF_ENCRYPT, CKF_FIND_OBJECTS] {
        ok(session.cancel(other));
        refused(session.find_init(&[]), CKR_OPERATION_ACTIVE);
    }
    ok(session.cancel(CKF_GENERATE_KEY_PAIR | CKF_SIGN));
    refused(ask(&session, c"C_GenerateKeyPair", &mut { NOTHING }), CKR_OPERATION_NOT_INITIALIZED);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(session.find(&[]), []);
    // A step: with it the operation ends, and the buffer may be freed.
    ok(session.digest_init(&mech(CKM_SHA256)));
    refused(session.digest_update(&large()), CKR_PENDING);
    ok(session.cancel(CKF_DIGEST));
    refused(session.digest_final(), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.digest(&mech(CKM_SHA256), b"abc"));
}

/// The thread of a cancelled step once came late, and fed the operation that was begun after it.
#[test]
fn a_cancelled_step_does_not_run_on_the_next_operation() {
    let token = token();
    let session = asynchronous(&token);
    let (data, sha256) = (large(), mech(CKM_SHA256));
    for _ in 0..50 {
        ok(session.digest_init(&sha256));
        refused(session.digest_update(&data), CKR_PENDING);
        ok(session.cancel(CKF_DIGEST));
        ok(session.digest_init(&sha256));
        ok(session.digest_update(b"abc"));
        assert_eq!(ok(session.digest_final())[..4], hex("ba7816bf"));
    }
}

#[test]
fn what_is_closed_leaves_nothing() {
    let token = token();
    let watcher = token.user();
    for _ in 0..20 {
        let session = asynchronous(&token);
        generate_pair(&session, &[yes(CKA_TOKEN)]);
        ok(session.close());
    }
    let session = asynchronous(&token);
    generate_pair(&session, &[]);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(watcher.find(&[]), []);
    ok(token.close_all());
    refused(ask(&session, c"C_GenerateKeyPair", &mut { NOTHING }), CKR_SESSION_HANDLE_INVALID);
}

#[test]
fn a_login_that_ends_takes_the_result_with_it() {
    let token = token();
    let session = asynchronous(&token);
    generate_pair(&session, &[]);
    ok(session.logout());
    refused(complete(&session, c"C_GenerateKeyPair").0, CKR_USER_NOT_LOGGED_IN);
    assert_eq!(session.find(&[]), []);
    // A signature by a private key, though the same user is back.
    let other = token.user();
    let (_, private) = set_pair(&other, CKM_SLH_DSA_KEY_PAIR_GEN, CKP_SLH_DSA_SHA2_128F);
    let mut step = Step { input: b"message".to_vec(), output: vec![0xa5; 17_088] };
    ok(session.sign_init(&context(CKM_SLH_DSA, CKH_HEDGE_PREFERRED, b""), private));
    refused(step.run(&session, f().C_Sign.unwrap()), CKR_PENDING);
    ok(session.logout());
    ok(other.login(CKU_USER, USER_PIN));
    let (outcome, data) = complete(&session, c"C_Sign");
    refused(outcome, CKR_USER_NOT_LOGGED_IN);
    assert_eq!(data.pValue, step.output.as_mut_ptr());
    assert!(step.output.iter().all(|byte| *byte == 0xa5));
    // What is nobody's secret is not concerned.
    ok(session.digest_init(&mech(CKM_SHA256)));
    let mut step = Step { input: large(), output: vec![0; 32] };
    refused(step.run(&session, f().C_Digest.unwrap()), CKR_PENDING);
    ok(session.logout());
    assert_eq!(completed(&session, c"C_Digest").ulValue, 32);
}

#[test]
fn nothing_is_kept_beyond_its_session() {
    let session = asynchronous(&token());
    let id = |name: &CStr| {
        let mut id = 0;
        // SAFETY: a name, and a place for the number.
        result(unsafe { f().C_AsyncGetID.unwrap()(session.handle, name.as_ptr().cast_mut().cast(), &mut id) })
    };
    let join = |name: &CStr, id| {
        let mut buffer = [0; 8];
        let name = name.as_ptr().cast_mut().cast();
        // SAFETY: a name, and a buffer of its length.
        result(unsafe { f().C_AsyncJoin.unwrap()(session.handle, name, id, buffer.as_mut_ptr(), 8) })
    };
    refused(id(c"C_GenerateKeyPair"), CKR_OPERATION_NOT_INITIALIZED);
    generate_pair(&session, &[]);
    refused(id(c"C_GenerateKeyPair"), CKR_STATE_UNSAVEABLE);
    refused(id(c"C_Sign"), CKR_OPERATION_NOT_INITIALIZED);
    for number in [0, 1, CK_ULONG::MAX] {
        refused(join(c"C_GenerateKeyPair", number), CKR_SAVED_STATE_INVALID);
    }
    // It is still there.
    completed(&session, c"C_GenerateKeyPair");
    let none = ptr::null_mut();
    // SAFETY: NULL where a name or a place should be.
    unsafe {
        refused(result(f().C_AsyncComplete.unwrap()(session.handle, none, ptr::null_mut())), CKR_ARGUMENTS_BAD);
        refused(result(f().C_AsyncGetID.unwrap()(session.handle, none, &mut 0)), CKR_ARGUMENTS_BAD);
        refused(result(f().C_AsyncJoin.unwrap()(session.handle, none, 0, none, 0)), CKR_ARGUMENTS_BAD);
        let name = c"C_Sign".as_ptr().cast_mut().cast();
        refused(result(f().C_AsyncGetID.unwrap()(session.handle, name, ptr::null_mut())), CKR_ARGUMENTS_BAD);
    }
}

#[test]
fn many_sessions_wait_side_by_side() {
    let token = token();
    let sessions: Vec<Session> = (0..16).map(|_| asynchronous(&token)).collect();
    sessions.iter().for_each(|session| generate_pair(session, &[]));
    let mut keys: Vec<_> = sessions.iter().map(|session| completed(session, c"C_GenerateKeyPair").hObject).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 16);
}

/// A step of either session: its name, its flag, and how it is made with so much input into a buffer that holds all that may come.
type Move = (&'static CStr, CK_FLAGS, fn(&Session, &mut Step) -> Result<usize, CK_RV>);

const MOVES: &[Move] = &[
    (c"C_Digest", CKF_DIGEST, |session, step| step.run(session, f().C_Digest.unwrap())),
    (c"C_DigestUpdate", CKF_DIGEST, |session, step| session.digest_update(&step.input).map(|()| 0)),
    (c"C_Encrypt", CKF_ENCRYPT, |session, step| step.run(session, f().C_Encrypt.unwrap())),
    (c"C_EncryptUpdate", CKF_ENCRYPT, |session, step| step.run(session, f().C_EncryptUpdate.unwrap())),
    (c"C_Decrypt", CKF_DECRYPT, |session, step| step.run(session, f().C_Decrypt.unwrap())),
    (c"C_DecryptUpdate", CKF_DECRYPT, |session, step| step.run(session, f().C_DecryptUpdate.unwrap())),
];

/// Two sessions are given the same calls, one of them asynchronous: in the end both have the same codes, output and state.
#[test]
fn random_sequences_come_out_as_in_a_synchronous_session() {
    let token = token();
    let (session, model) = (asynchronous(&token), token.user());
    let key = ok(model.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
    let (data, cbc) = (large(), mech_bytes(CKM_AES_CBC_PAD, &[7; 16]));
    let mut numbers = random::Random(7);
    let mut pending = 0;
    for turn in 0..1500 {
        let begin = |session: &Session, which| match which {
            0 => session.digest_init(&mech(CKM_SHA256)),
            1 => session.encrypt_init(&cbc, key),
            _ => session.decrypt_init(&cbc, key),
        };
        let end = |session: &Session, which| match which {
            0 => session.digest_final(),
            1 => session.encrypt_final(),
            _ => session.decrypt_final(),
        };
        let which = numbers.below(3);
        match numbers.below(4) {
            0 => assert_eq!(begin(&session, which), begin(&model, which), "turn {turn}"),
            1 => assert_eq!(end(&session, which), end(&model, which), "turn {turn}"),
            _ => {
                let (name, flag, make) = MOVES[numbers.below(MOVES.len())];
                let length = [0, 5, 16, 1 << 20, (1 << 20) + 5][numbers.below(5)];
                let steps = || Step { input: data[..length].to_vec(), output: vec![0; length + 64] };
                let (mut step, mut wanted) = (steps(), steps());
                let right = make(&model, &mut wanted);
                let mut got = make(&session, &mut step);
                if got == Err(CKR_PENDING) {
                    pending += 1;
                    assert!(length >= 1 << 20, "small data is processed at once");
                    refused(begin(&session, which), CKR_OPERATION_ACTIVE);
                    if numbers.below(4) == 0 {
                        ok(session.cancel(flag));
                        ok(model.cancel(flag));
                        continue;
                    }
                    let (outcome, data) = complete(&session, name);
                    got = outcome.map(|()| data.ulValue as usize);
                }
                assert_eq!(got, right, "turn {turn}: {name:?} of {length}");
                if let Ok(length) = right {
                    assert!(step.output[..length] == wanted.output[..length], "turn {turn}: {name:?}");
                }
            }
        }
    }
    assert!(pending > 50, "{pending} were pending");
}

/// A process in which this test alone initialises.
fn alone(test: &str, body: impl FnOnce(&Token)) {
    in_child(test, &[], || {
        by_hand();
        configure(&ready(1));
        body(&Token { slot: 1 });
    });
}

fn initialise_with(flags: CK_FLAGS) -> CK_RV {
    let mut args = CK_C_INITIALIZE_ARGS { flags, ..Default::default() };
    // SAFETY: the structure that the function wants.
    unsafe { loaded().C_Initialize.unwrap()(ptr::from_mut(&mut args).cast()) }
}

fn finalise() -> CK_RV {
    // SAFETY: NULL is what the function wants.
    unsafe { loaded().C_Finalize.unwrap()(ptr::null_mut()) }
}

#[test]
fn who_may_make_no_threads_has_no_asynchronous_sessions() {
    alone("who_may_make_no_threads_has_no_asynchronous_sessions", |token| {
        assert_eq!(initialise_with(CKF_LIBRARY_CANT_CREATE_OS_THREADS | CKF_OS_LOCKING_OK), CKR_OK);
        assert_eq!(token.info().flags & CKF_ASYNC_SESSION_SUPPORTED, 0);
        refused(token.open(RW | CKF_ASYNC_SESSION).map(drop), CKR_SESSION_ASYNC_NOT_SUPPORTED);
        ok(token.user().generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[p256()], &[]));
    });
}

#[test]
fn what_is_pending_when_the_library_is_finalised_is_gone() {
    alone("what_is_pending_when_the_library_is_finalised_is_gone", |token| {
        for _ in 0..10 {
            assert_eq!(initialise(), CKR_OK);
            let session = asynchronous(token);
            generate_pair(&session, &[yes(CKA_TOKEN)]);
            assert_eq!(finalise(), CKR_OK);
            refused(ask(&session, c"C_GenerateKeyPair", &mut { NOTHING }), CKR_CRYPTOKI_NOT_INITIALIZED);
        }
        assert_eq!(initialise(), CKR_OK);
        assert_eq!(token.user().find(&[]), []);
    });
}

#[cfg(unix)]
#[test]
fn a_forked_child_starts_anew_while_its_parent_waits() {
    alone("a_forked_child_starts_anew_while_its_parent_waits", |token| {
        assert_eq!(initialise(), CKR_OK);
        let session = asynchronous(token);
        for _ in 0..10 {
            generate_pair(&session, &[]);
            in_fork(|| {
                refused(ask(&session, c"C_GenerateKeyPair", &mut { NOTHING }), CKR_CRYPTOKI_NOT_INITIALIZED);
                assert_eq!(initialise(), CKR_OK);
                let own = asynchronous(token);
                generate_pair(&own, &[]);
                completed(&own, c"C_GenerateKeyPair");
            });
            completed(&session, c"C_GenerateKeyPair");
        }
    });
}
