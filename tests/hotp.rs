//! One-time passwords by a counter (sections "OTP" and "OATH HOTP"), against the values of RFC 4226, appendix D.

mod common;

use common::*;
use std::collections::BTreeSet;

const SECRET: &[u8] = b"12345678901234567890";

const PASSWORDS: [&str; 10] =
    ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];

/// The list of parameters, and the values that it points to.
struct Params {
    _values: Vec<Vec<u8>>,
    list: Vec<CK_OTP_PARAM>,
}

impl Params {
    fn of(params: &[(CK_OTP_PARAM_TYPE, &[u8])]) -> Self {
        let values: Vec<Vec<u8>> = params.iter().map(|(_, value)| value.to_vec()).collect();
        let list = params.iter().zip(&values).map(|((kind, _), value)| CK_OTP_PARAM {
            type_: *kind,
            pValue: value.as_ptr().cast_mut().cast(),
            ulValueLen: value.len() as CK_ULONG,
        });
        Self { list: list.collect(), _values: values }
    }

    fn mech(&self) -> Mech {
        let params = CK_OTP_PARAMS { pParams: self.list.as_ptr().cast_mut(), ulCount: self.list.len() as CK_ULONG };
        mech_params(CKM_HOTP, &params)
    }
}

fn at(counter: u64) -> Params {
    Params::of(&[(CK_OTP_COUNTER, &counter.to_be_bytes())])
}

fn template(more: &[Attribute]) -> Vec<Attribute> {
    let key = [class(CKO_OTP_KEY), key_type(CKK_HOTP), bytes(CKA_VALUE, SECRET)];
    [&key[..], more].concat()
}

/// The password and the counter in `CK_OTP_SIGNATURE_INFO`, all of which lies in the buffer.
fn told(signature: &[u8]) -> (String, u64) {
    // SAFETY: the library says that the structure is there; it may be misaligned.
    let info: CK_OTP_SIGNATURE_INFO = unsafe { signature.as_ptr().cast::<CK_OTP_SIGNATURE_INFO>().read_unaligned() };
    let inside = |start: usize, length: usize| {
        let range = signature.as_ptr_range();
        assert!(range.start.addr() <= start && start + length <= range.end.addr(), "it points out of the buffer");
        &signature[start - range.start.addr()..][..length]
    };
    let size = size_of::<CK_OTP_PARAM>();
    let list = inside(info.pParams.addr(), info.ulCount as usize * size);
    let value = |kind: CK_OTP_PARAM_TYPE| {
        let params = list.chunks(size).map(|chunk| {
            // SAFETY: as many bytes as the structure has.
            unsafe { chunk.as_ptr().cast::<CK_OTP_PARAM>().read_unaligned() }
        });
        let param = params.into_iter().find(|param| param.type_ == kind).expect("the parameter is told");
        inside(param.pValue.addr(), param.ulValueLen as usize)
    };
    let counter = value(CK_OTP_COUNTER).try_into().unwrap();
    (String::from_utf8(value(CK_OTP_VALUE).to_vec()).unwrap(), u64::from_be_bytes(counter))
}

fn next(user: &Session, key: CK_OBJECT_HANDLE) -> (String, u64) {
    told(&ok(user.sign(&Params::of(&[]).mech(), key, &[])))
}

fn counter(user: &Session, key: CK_OBJECT_HANDLE) -> u64 {
    u64::from_be_bytes(ok(user.get(key, CKA_OTP_COUNTER)).try_into().unwrap())
}

#[test]
fn the_passwords_of_the_rfc_come_one_after_the_other() {
    let token = token();
    let user = token.user();
    let key = ok(user.create(&template(&[yes(CKA_TOKEN)])));
    assert_eq!(ok(user.get_ulong(key, CKA_OTP_LENGTH)), 6);
    // A read-only session may use a key, and that advances it.
    let reader = token.read_only();
    for (count, password) in PASSWORDS.iter().enumerate() {
        assert_eq!(counter(&user, key), count as u64);
        let session = if count % 2 == 0 { &user } else { &reader };
        assert_eq!(next(session, key), (password.to_string(), count as u64));
        let verified = |count: u64| user.verify(&at(count).mech(), key, &[], password.as_bytes());
        ok(verified(count as u64));
        refused(verified(count as u64 + 1), CKR_SIGNATURE_INVALID);
    }
    refused(user.verify(&at(0).mech(), key, &[], b"75522"), CKR_SIGNATURE_LEN_RANGE);
    refused(user.set(key, &[bytes(CKA_OTP_COUNTER, [0; 8])]), CKR_ATTRIBUTE_READ_ONLY);
}

#[test]
fn what_gives_no_password_leaves_the_counter() {
    let token = token();
    let user = token.user();
    let key = ok(user.create(&template(&[])));
    let mechanism = Params::of(&[]).mech();
    ok(user.sign_init(&mechanism, key));
    let mut length = 0;
    let sign = |data: &mut [u8], out: &mut [u8], length: &mut CK_ULONG| {
        let start = if out.is_empty() { std::ptr::null_mut() } else { out.as_mut_ptr() };
        // SAFETY: data and a buffer of their lengths.
        let code =
            unsafe { f().C_Sign.unwrap()(user.handle, data.as_mut_ptr(), data.len() as CK_ULONG, start, length) };
        result(code)
    };
    ok(sign(&mut [], &mut [], &mut length));
    let needed = length as usize;
    length -= 1;
    refused(sign(&mut [], &mut vec![0; needed], &mut length), CKR_BUFFER_TOO_SMALL);
    assert_eq!(length as usize, needed);
    assert_eq!(counter(&user, key), 0);
    ok(sign(&mut [], &mut vec![0; needed], &mut length));
    assert_eq!(counter(&user, key), 1);
    // There is no data.
    refused(user.sign(&mechanism, key, b"1"), CKR_DATA_LEN_RANGE);
    refused(user.verify(&at(0).mech(), key, b"1", b"755224"), CKR_DATA_LEN_RANGE);
    // The caller's own counter leaves the key's.
    assert_eq!(told(&ok(user.sign(&at(7).mech(), key, &[]))), ("162583".into(), 7));
    assert_eq!(counter(&user, key), 1);
    // In parts, of which there are none, and as a message.
    ok(user.sign_init(&mechanism, key));
    assert_eq!(told(&ok(user.sign_final())), ("287082".into(), 1));
    ok(user.message_sign_init(&mechanism, key));
    assert_eq!(told(&ok(user.sign_message(&mechanism, &[]))), ("359152".into(), 2));
    assert_eq!(told(&ok(user.sign_message(&mechanism, &[]))), ("969429".into(), 3));
    ok(user.message_sign_final());
    ok(user.sign_init(&mechanism, key));
    refused(user.save_state(), CKR_STATE_UNSAVEABLE);
}

#[test]
fn a_password_is_what_was_asked_for() {
    let token = token();
    let user = token.user();
    let key = ok(user.create(&template(&[bytes(CKA_OTP_COUNTER, 4u64.to_be_bytes()), ulong(CKA_OTP_LENGTH, 8)])));
    let number = |number: CK_ULONG| number.to_ne_bytes();
    let asked = |params: &[(CK_OTP_PARAM_TYPE, &[u8])]| user.sign(&Params::of(params).mech(), key, &[]);
    // RFC 4226, appendix D, has the whole numbers too.
    assert_eq!(told(&ok(asked(&[]))), ("40338314".into(), 4));
    assert_eq!(told(&ok(asked(&[(CK_OTP_OUTPUT_LENGTH, &number(7))]))), ("8254676".into(), 5));
    let flags = CKF_NEXT_OTP | CKF_USER_FRIENDLY_OTP | CKF_EXCLUDE_TIME | CKF_EXCLUDE_CHALLENGE | CKF_EXCLUDE_PIN;
    let next = [(CK_OTP_FLAGS, &number(flags)[..]), (CK_OTP_OUTPUT_LENGTH, &number(6))];
    assert_eq!(told(&ok(asked(&next))), ("162583".into(), 7));
    assert_eq!(counter(&user, key), 8);
    ok(asked(&[(CK_OTP_OUTPUT_FORMAT, &number(CK_OTP_FORMAT_DECIMAL)), (CK_OTP_PIN, b"1234"), (CK_OTP_TIME, b"2026")]));
    let zero = 0u64.to_be_bytes();
    let wrong: &[&[(CK_OTP_PARAM_TYPE, &[u8])]] = &[
        &[(CK_OTP_COUNTER, &[0; 7])],
        &[(CK_OTP_COUNTER, &zero), (CK_OTP_COUNTER, &zero)],
        &[(CK_OTP_OUTPUT_LENGTH, &number(5))],
        &[(CK_OTP_OUTPUT_LENGTH, &number(9))],
        &[(CK_OTP_OUTPUT_LENGTH, &[6])],
        &[(CK_OTP_OUTPUT_FORMAT, &number(CK_OTP_FORMAT_BINARY))],
        &[(CK_OTP_FLAGS, &number(CKF_EXCLUDE_COUNTER))],
        &[(CK_OTP_VALUE, b"755224")],
        &[(99, b"")],
    ];
    for params in wrong {
        refused(asked(params), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(user.sign_init(&mech(CKM_HOTP), key), CKR_MECHANISM_PARAM_INVALID);
    refused(user.verify_init(&Params::of(&[]).mech(), key), CKR_MECHANISM_PARAM_INVALID);
    assert_eq!(counter(&user, key), 9);
}

#[test]
fn a_key_says_what_must_be_brought() {
    let token = token();
    let user = token.user();
    let demanding = ok(user.create(&template(&[ulong(CKA_OTP_COUNTER_REQUIREMENT, CK_OTP_PARAM_MANDATORY)])));
    refused(user.sign_init(&Params::of(&[]).mech(), demanding), CKR_MECHANISM_PARAM_INVALID);
    assert_eq!(told(&ok(user.sign(&at(9).mech(), demanding, &[]))), ("520489".into(), 9));
    let own = ok(user.create(&template(&[
        ulong(CKA_OTP_COUNTER_REQUIREMENT, CK_OTP_PARAM_IGNORED),
        no(CKA_OTP_USER_FRIENDLY_MODE),
    ])));
    assert_eq!(told(&ok(user.sign(&at(9).mech(), own, &[]))), ("755224".into(), 0));
    let friendly = Params::of(&[(CK_OTP_FLAGS, &CKF_USER_FRIENDLY_OTP.to_ne_bytes())]);
    refused(user.sign_init(&friendly.mech(), own), CKR_MECHANISM_PARAM_INVALID);
    for wrong in [
        bytes(CKA_OTP_COUNTER, [0; 4]),
        ulong(CKA_OTP_LENGTH, 9),
        ulong(CKA_OTP_FORMAT, CK_OTP_FORMAT_HEXADECIMAL),
        ulong(CKA_OTP_PIN_REQUIREMENT, CK_OTP_PARAM_MANDATORY),
        ulong(CKA_OTP_COUNTER_REQUIREMENT, 3),
    ] {
        refused(user.create(&template(&[wrong])), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let last = ok(user.create(&template(&[bytes(CKA_OTP_COUNTER, [0xff; 8])])));
    refused(user.sign(&Params::of(&[]).mech(), last, &[]), CKR_KEY_EXHAUSTED);
}

#[test]
fn generated_keys_are_one_time_password_keys_and_nothing_else() {
    let token = token();
    let user = token.user();
    let key = ok(user.generate(&mech(CKM_HOTP_KEY_GEN), &[ulong(CKA_VALUE_LEN, 20), yes(CKA_EXTRACTABLE)]));
    assert_eq!(ok(user.get_ulong(key, CKA_CLASS)), CKO_OTP_KEY);
    assert_eq!(ok(user.get_ulong(key, CKA_KEY_TYPE)), CKK_HOTP);
    assert_eq!(ok(user.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CKM_HOTP_KEY_GEN);
    assert_eq!(counter(&user, key), 0);
    let (password, _) = next(&user, key);
    ok(user.verify(&at(0).mech(), key, &[], password.as_bytes()));
    refused(user.generate(&mech(CKM_HOTP_KEY_GEN), &[]), CKR_TEMPLATE_INCOMPLETE);
    refused(user.generate(&mech(CKM_HOTP_KEY_GEN), &[ulong(CKA_VALUE_LEN, 9)]), CKR_ATTRIBUTE_VALUE_INVALID);
    let secret = [class(CKO_SECRET_KEY), ulong(CKA_VALUE_LEN, 20)];
    refused(user.generate(&mech(CKM_HOTP_KEY_GEN), &secret), CKR_TEMPLATE_INCONSISTENT);
    refused(user.sign_init(&mech(CKM_SHA_1_HMAC), key), CKR_KEY_TYPE_INCONSISTENT);
    let aes = ok(user.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
    refused(user.wrap(&mech(CKM_AES_KEY_WRAP_PAD), aes, key), CKR_KEY_NOT_WRAPPABLE);
    refused(user.sign_init(&Params::of(&[]).mech(), aes), CKR_KEY_TYPE_INCONSISTENT);
    let generic = [class(CKO_OTP_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, SECRET)];
    refused(user.create(&generic), CKR_TEMPLATE_INCONSISTENT);
    let swapped = [class(CKO_SECRET_KEY), key_type(CKK_HOTP), bytes(CKA_VALUE, SECRET)];
    refused(user.create(&swapped), CKR_TEMPLATE_INCONSISTENT);
}

#[test]
fn threads_never_get_the_same_password() {
    let token = token();
    let user = token.user();
    let key = ok(user.create(&template(&[])));
    let counters: Vec<u64> = std::thread::scope(|scope| {
        let work = || {
            let session = token.session();
            (0..50).map(|_| next(&session, key).1).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(counters.iter().collect::<BTreeSet<_>>().len(), 200);
    assert_eq!(counter(&user, key), 200);
}
