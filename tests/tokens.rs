//! Tokens, PINs, sessions and login (sections 5.5 and 5.6).

mod common;
use common::*;

const RW: CK_FLAGS = CKF_SERIAL_SESSION | CKF_RW_SESSION;

/// How many wrong PINs in a row lock one, where the configuration does not say.
const TRIES: usize = 10;

fn has(token: &Token, flag: CK_FLAGS) -> bool {
    token.info().flags & flag != 0
}

/// A data object, as it may be made by anybody.
fn data(label: &str, more: &[Attribute]) -> Vec<Attribute> {
    let mut template = vec![class(CKO_DATA), text(CKA_LABEL, label), bytes(CKA_VALUE, b"value"), no(CKA_PRIVATE)];
    template.retain(|own| more.iter().all(|other| other.kind != own.kind));
    template.extend_from_slice(more);
    template
}

fn labelled(session: &Session, label: &str) -> Vec<CK_OBJECT_HANDLE> {
    session.find(&[text(CKA_LABEL, label)])
}

fn state(session: &Session) -> CK_STATE {
    ok(session.info()).state
}

// Initialising a token

#[test]
fn a_blank_token_takes_any_so_pin_and_is_ready_after_init_pin() {
    let token = blank();
    assert!(!has(&token, CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED));
    assert!(has(&token, CKF_LOGIN_REQUIRED) && has(&token, CKF_RNG));
    refused(token.open(RW).map(drop), CKR_TOKEN_NOT_RECOGNIZED);

    ok(token.init("first SO PIN", "My first token"));
    assert_eq!(&token.info().label, b"My first token                  ");
    assert!(has(&token, CKF_TOKEN_INITIALIZED) && !has(&token, CKF_USER_PIN_INITIALIZED));

    let session = token.session();
    refused(session.login(CKU_USER, "anything"), CKR_USER_PIN_NOT_INITIALIZED);
    ok(session.login(CKU_SO, "first SO PIN"));
    ok(session.init_pin("user PIN"));
    assert!(has(&token, CKF_USER_PIN_INITIALIZED));
    ok(session.logout());
    ok(session.login(CKU_USER, "user PIN"));
}

#[test]
fn initialising_again_wants_the_so_pin_and_destroys_everything() {
    let token = token();
    let session = token.user();
    ok(session.create(&data("kept", &[yes(CKA_TOKEN)])));
    ok(session.create(&data("kept", &[yes(CKA_TOKEN), yes(CKA_PRIVATE)])));
    ok(session.close());

    refused(token.init("not the PIN", "new label"), CKR_PIN_INCORRECT);
    assert!(has(&token, CKF_SO_PIN_COUNT_LOW));
    assert_eq!(labelled(&token.user(), "kept").len(), 2);

    ok(token.init(SO_PIN, "new label"));
    assert!(token.info().label.starts_with(b"new label "));
    assert!(!has(&token, CKF_USER_PIN_INITIALIZED | CKF_SO_PIN_COUNT_LOW));
    let session = token.session();
    refused(session.login(CKU_USER, USER_PIN), CKR_USER_PIN_NOT_INITIALIZED);
    ok(session.login(CKU_SO, SO_PIN));
    ok(session.init_pin(USER_PIN));
    ok(session.logout());
    assert!(labelled(&token.user(), "kept").is_empty());
}

#[test]
fn a_token_with_open_sessions_is_not_initialised() {
    let token = token();
    let session = token.read_only();
    refused(token.init(SO_PIN, "label"), CKR_SESSION_EXISTS);
    ok(session.close());
    ok(token.init(SO_PIN, "label"));
}

// PINs

#[test]
fn pins_have_a_least_and_a_greatest_length() {
    let token = token();
    let (least, most) = (token.info().ulMinPinLen as usize, token.info().ulMaxPinLen as usize);
    assert_eq!((least, most), (4, 255));
    let mut current = USER_PIN.to_owned();
    let so = token.so();
    for length in [0, 1, least - 1, most + 1, 10_000] {
        refused(so.init_pin(&"9".repeat(length)), CKR_PIN_LEN_RANGE);
        refused(so.set_pin(SO_PIN, &"9".repeat(length)), CKR_PIN_LEN_RANGE);
    }
    for length in [least, most] {
        ok(so.init_pin(&"9".repeat(length)));
        current = "9".repeat(length);
    }
    drop(so);
    let user = token.session();
    ok(user.login(CKU_USER, &current));
    for length in [0, least - 1, most + 1] {
        refused(user.set_pin(&current, &"8".repeat(length)), CKR_PIN_LEN_RANGE);
    }
    for length in [least, most] {
        let next = "7".repeat(length);
        ok(user.set_pin(&current, &next));
        current = next;
    }
    let blank = blank();
    refused(blank.init("123", "label"), CKR_PIN_INCORRECT);
    assert!(!has(&blank, CKF_TOKEN_INITIALIZED));
}

#[test]
fn a_pin_is_utf_8() {
    let token = token();
    let so = token.so();
    refused(so.put(f().C_InitPIN.unwrap(), b"\xff\xfe\xff\xfe"), CKR_PIN_INVALID);
    ok(so.init_pin("пароль"));
    ok(so.logout());
    ok(so.login(CKU_USER, "пароль"));
}

#[test]
fn only_the_so_sets_a_users_pin() {
    let token = token();
    let session = token.session();
    refused(session.init_pin("other pin"), CKR_USER_NOT_LOGGED_IN);
    ok(session.login(CKU_USER, USER_PIN));
    refused(session.init_pin("other pin"), CKR_USER_NOT_LOGGED_IN);
    ok(session.logout());
    ok(session.login(CKU_SO, SO_PIN));
    ok(session.init_pin("other pin"));
    ok(session.logout());
    refused(session.login(CKU_USER, USER_PIN), CKR_PIN_INCORRECT);
    ok(session.login(CKU_USER, "other pin"));
}

#[test]
fn set_pin_changes_the_pin_of_who_is_logged_in_or_of_the_user() {
    let token = token();
    let session = token.session();
    ok(session.set_pin(USER_PIN, "second"));
    assert_eq!(state(&session), CKS_RW_PUBLIC_SESSION);
    ok(session.login(CKU_USER, "second"));
    refused(session.set_pin(USER_PIN, "third"), CKR_PIN_INCORRECT);
    ok(session.set_pin("second", "third"));
    ok(session.logout());
    ok(session.login(CKU_SO, SO_PIN));
    refused(session.set_pin("third", "fourth"), CKR_PIN_INCORRECT);
    ok(session.set_pin(SO_PIN, "SO's second"));
    ok(session.logout());
    refused(session.login(CKU_SO, SO_PIN), CKR_PIN_INCORRECT);
    ok(session.login(CKU_SO, "SO's second"));
    ok(session.logout());
    ok(session.login(CKU_USER, "third"));
}

#[test]
fn set_pin_is_not_for_read_only_sessions() {
    let token = token();
    let session = token.read_only();
    refused(session.set_pin(USER_PIN, "second"), CKR_SESSION_READ_ONLY);
    ok(session.login(CKU_USER, USER_PIN));
    refused(session.set_pin(USER_PIN, "second"), CKR_SESSION_READ_ONLY);
}

#[test]
fn no_pin_must_be_changed_before_anything_else() {
    let token = token();
    ok(token.so().init_pin("chosen by the SO"));
    assert!(!has(&token, CKF_USER_PIN_TO_BE_CHANGED | CKF_SO_PIN_TO_BE_CHANGED));
}

/// Enters wrong PINs until it is locked, looking at the flags; then the right one.
fn lock(
    token: &Token,
    wrong: impl Fn() -> Result<(), CK_RV>,
    right: impl Fn() -> Result<(), CK_RV>,
    flags: [CK_FLAGS; 3],
) {
    let [low, last, locked] = flags;
    let seen = || flags.map(|flag| has(token, flag));
    assert_eq!(seen(), [false; 3]);
    for tried in 1..=TRIES {
        refused(wrong(), if tried == TRIES { CKR_PIN_LOCKED } else { CKR_PIN_INCORRECT });
        assert_eq!(has(token, low), tried < TRIES, "after {tried}");
        assert_eq!(has(token, last), tried == TRIES - 1, "after {tried}");
        assert_eq!(has(token, locked), tried == TRIES, "after {tried}");
    }
    refused(right(), CKR_PIN_LOCKED);
    refused(wrong(), CKR_PIN_LOCKED);
    assert!(has(token, locked));
}

const USER_FLAGS: [CK_FLAGS; 3] = [CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED];
const SO_FLAGS: [CK_FLAGS; 3] = [CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED];

#[test]
fn wrong_user_pins_lock_it_and_the_so_unlocks_it() {
    let token = token();
    let session = token.session();
    let right = || session.login(CKU_USER, USER_PIN);
    lock(&token, || session.login(CKU_USER, "wrong"), right, USER_FLAGS);
    refused(session.set_pin(USER_PIN, "second"), CKR_PIN_LOCKED);
    ok(session.login(CKU_SO, SO_PIN));
    ok(session.init_pin("new pin"));
    ok(session.logout());
    assert!(USER_FLAGS.iter().all(|flag| !has(&token, *flag)));
    refused(session.login(CKU_USER, "wrong"), CKR_PIN_INCORRECT);
    ok(session.login(CKU_USER, "new pin"));
}

#[test]
fn wrong_so_pins_lock_it_for_every_function() {
    let token = token();
    let session = token.session();
    let right = || session.login(CKU_SO, SO_PIN);
    lock(&token, || session.login(CKU_SO, "wrong"), right, SO_FLAGS);
    ok(session.login(CKU_USER, USER_PIN));
    ok(session.close());
    refused(token.init(SO_PIN, "label"), CKR_PIN_LOCKED);
}

#[test]
fn wrong_old_pins_lock_as_wrong_logins_do() {
    let token = token();
    let session = token.user();
    let right = || session.set_pin(USER_PIN, USER_PIN);
    lock(&token, || session.set_pin("wrong", "other"), right, USER_FLAGS);
}

#[test]
fn wrong_pins_of_init_token_lock_the_so_pin() {
    let token = token();
    lock(&token, || token.init("wrong", "label"), || token.init(SO_PIN, "label"), SO_FLAGS);
}

#[test]
fn a_right_pin_resets_the_counter() {
    let token = token();
    let session = token.session();
    for _ in 0..3 {
        for _ in 1..TRIES {
            refused(session.login(CKU_USER, "wrong"), CKR_PIN_INCORRECT);
        }
        assert!(has(&token, CKF_USER_PIN_FINAL_TRY));
        ok(session.login(CKU_USER, USER_PIN));
        assert!(USER_FLAGS.iter().all(|flag| !has(&token, *flag)));
        ok(session.logout());
    }
}

#[test]
fn parallel_guesses_cannot_outrun_the_counter() {
    let token = token();
    let sessions: Vec<_> = (0..8).map(|_| token.session()).collect();
    let judged = std::thread::scope(|scope| {
        let threads: Vec<_> = sessions
            .iter()
            .map(|session| scope.spawn(|| (0..50).map(|_| session.login(CKU_USER, "wrong")).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let judged_wrong = judged.iter().filter(|result| **result == Err(CKR_PIN_INCORRECT)).count();
    assert!(judged_wrong < TRIES, "{judged_wrong}");
    assert!(judged.iter().all(|result| [Err(CKR_PIN_INCORRECT), Err(CKR_PIN_LOCKED)].contains(result)));
}

// Login

#[test]
fn one_user_is_logged_in_at_a_time() {
    let token = token();
    let session = token.session();
    refused(session.logout(), CKR_USER_NOT_LOGGED_IN);
    ok(session.login(CKU_USER, USER_PIN));
    refused(session.login(CKU_USER, USER_PIN), CKR_USER_ALREADY_LOGGED_IN);
    refused(session.login(CKU_USER, "wrong"), CKR_USER_ALREADY_LOGGED_IN);
    refused(session.login(CKU_SO, SO_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    ok(session.logout());
    refused(session.logout(), CKR_USER_NOT_LOGGED_IN);
    ok(session.login(CKU_SO, SO_PIN));
    refused(session.login(CKU_SO, SO_PIN), CKR_USER_ALREADY_LOGGED_IN);
    refused(session.login(CKU_USER, USER_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    ok(session.logout());
    refused(session.login(3, USER_PIN), CKR_USER_TYPE_INVALID);
    refused(session.login(CK_ULONG::MAX, USER_PIN), CKR_USER_TYPE_INVALID);
    refused(session.login(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
    // None of the refusals counted as a wrong PIN.
    assert!(!has(&token, CKF_USER_PIN_COUNT_LOW | CKF_SO_PIN_COUNT_LOW));
}

#[test]
fn login_user_is_login_for_who_has_no_name() {
    let token = token();
    let session = token.session();
    let login = |user, pin, name: &[u8]| session.login_user(user, pin, name);
    refused(login(CKU_USER, USER_PIN, b"somebody"), CKR_ARGUMENTS_BAD);
    assert_eq!(state(&session), CKS_RW_PUBLIC_SESSION);
    refused(login(CKU_USER, "wrong", b""), CKR_PIN_INCORRECT);
    ok(login(CKU_USER, USER_PIN, b""));
    assert_eq!(state(&session), CKS_RW_USER_FUNCTIONS);
    refused(login(CKU_SO, SO_PIN, b""), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}

#[test]
fn the_so_and_read_only_sessions_exclude_each_other() {
    let token = token();
    let session = token.session();
    let reading = token.read_only();
    refused(session.login(CKU_SO, SO_PIN), CKR_SESSION_READ_ONLY_EXISTS);
    refused(reading.login(CKU_SO, SO_PIN), CKR_SESSION_READ_ONLY_EXISTS);
    ok(reading.close());
    ok(session.login(CKU_SO, SO_PIN));
    refused(token.open(CKF_SERIAL_SESSION).map(drop), CKR_SESSION_READ_WRITE_SO_EXISTS);
    ok(session.logout());
    ok(token.open(CKF_SERIAL_SESSION).map(drop));
}

#[test]
fn a_session_tells_its_state() {
    let token = token();
    let (writing, reading) = (token.session(), token.read_only());
    let states = || (state(&writing), state(&reading));
    assert_eq!(states(), (CKS_RW_PUBLIC_SESSION, CKS_RO_PUBLIC_SESSION));
    ok(reading.login(CKU_USER, USER_PIN));
    assert_eq!(states(), (CKS_RW_USER_FUNCTIONS, CKS_RO_USER_FUNCTIONS));
    ok(writing.logout());
    assert_eq!(states(), (CKS_RW_PUBLIC_SESSION, CKS_RO_PUBLIC_SESSION));
    let (one, other) = (ok(writing.info()), ok(reading.info()));
    assert_eq!((one.slotID, one.flags, one.ulDeviceError), (token.slot, RW, 0));
    assert_eq!((other.slotID, other.flags, other.ulDeviceError), (token.slot, CKF_SERIAL_SESSION, 0));
    ok(reading.close());
    ok(writing.login(CKU_SO, SO_PIN));
    assert_eq!(state(&writing), CKS_RW_SO_FUNCTIONS);
}

#[test]
fn new_sessions_share_the_login() {
    let token = token();
    let first = token.user();
    let (second, third) = (token.session(), token.read_only());
    assert_eq!((state(&second), state(&third)), (CKS_RW_USER_FUNCTIONS, CKS_RO_USER_FUNCTIONS));
    ok(first.close());
    assert_eq!(state(&second), CKS_RW_USER_FUNCTIONS);
}

#[test]
fn closing_the_last_session_logs_out() {
    let token = token();
    let (first, second) = (token.user(), token.session());
    ok(first.close());
    assert_eq!(state(&second), CKS_RW_USER_FUNCTIONS);
    ok(second.close());
    assert_eq!(state(&token.session()), CKS_RW_PUBLIC_SESSION);
    let so = token.so();
    ok(token.close_all());
    refused(so.info(), CKR_SESSION_HANDLE_INVALID);
    assert_eq!(state(&token.session()), CKS_RW_PUBLIC_SESSION);
}

#[test]
fn a_login_of_one_token_is_none_of_another() {
    let (one, other) = (token(), token());
    let (first, second) = (one.user(), other.session());
    assert_eq!((state(&first), state(&second)), (CKS_RW_USER_FUNCTIONS, CKS_RW_PUBLIC_SESSION));
    ok(one.close_all());
    ok(second.info());
}

// Sessions

#[test]
fn sessions_are_serial_and_synchronous() {
    let token = token();
    refused(token.open(0).map(drop), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    refused(token.open(CKF_RW_SESSION).map(drop), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    refused(Token { slot: 999_999 }.open(RW).map(drop), CKR_SLOT_ID_INVALID);
}

#[test]
fn a_closed_session_is_gone_and_its_handle_is_not_used_again() {
    let token = token();
    let session = token.session();
    let handle = session.handle;
    ok(session.close());
    let later = token.session();
    assert_ne!(later.handle, handle);
    for handle in [handle, CK_INVALID_HANDLE, CK_ULONG::MAX] {
        let stale = Session { handle, slot: token.slot };
        refused(stale.info(), CKR_SESSION_HANDLE_INVALID);
        refused(stale.logout(), CKR_SESSION_HANDLE_INVALID);
        refused(stale.digest_init(&mech(CKM_SHA256)), CKR_SESSION_HANDLE_INVALID);
        refused(stale.close(), CKR_SESSION_HANDLE_INVALID);
    }
}

#[test]
fn a_token_counts_its_sessions() {
    let token = token();
    let counts = || (token.info().ulSessionCount, token.info().ulRwSessionCount);
    assert_eq!(counts(), (0, 0));
    let sessions = (token.session(), token.read_only(), token.read_only());
    assert_eq!(counts(), (3, 1));
    ok(sessions.0.close());
    assert_eq!(counts(), (2, 0));
    ok(token.close_all());
    assert_eq!(counts(), (0, 0));
}

// Objects and who may see them

#[test]
fn session_objects_die_with_their_session() {
    let token = token();
    let (first, second) = (token.session(), token.session());
    let dying = ok(first.create(&data("object", &[])));
    let lasting = ok(first.create(&data("object", &[yes(CKA_TOKEN)])));
    let own = ok(second.create(&data("object", &[])));
    assert_eq!(labelled(&second, "object"), [dying, lasting, own]);
    ok(first.close());
    assert_eq!(labelled(&second, "object"), [lasting, own]);
    refused(second.get(dying, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
    ok(token.close_all());
    assert_eq!(labelled(&token.session(), "object"), [lasting]);
}

#[test]
fn private_objects_are_for_the_user_only() {
    let token = token();
    let session = token.user();
    let object = ok(session.create(&data("secret", &[yes(CKA_TOKEN), yes(CKA_PRIVATE)])));
    assert_eq!(labelled(&session, "secret"), [object]);
    ok(session.logout());
    for so in [false, true] {
        if so {
            ok(session.login(CKU_SO, SO_PIN));
        }
        assert!(labelled(&session, "secret").is_empty());
        // Handles are small numbers: none of them opens it.
        for handle in (0..100).chain([object]) {
            if session.get(handle, CKA_LABEL).is_ok_and(|label| label == b"secret") {
                panic!("object {handle} is seen");
            }
        }
        refused(session.get(object, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
        refused(session.set(object, &[text(CKA_LABEL, "x")]), CKR_OBJECT_HANDLE_INVALID);
        refused(session.copy(object, &[]), CKR_OBJECT_HANDLE_INVALID);
        refused(session.size(object), CKR_OBJECT_HANDLE_INVALID);
        refused(session.destroy(object), CKR_OBJECT_HANDLE_INVALID);
        for token_object in [yes(CKA_TOKEN), no(CKA_TOKEN)] {
            let template = data("made", &[token_object, yes(CKA_PRIVATE)]);
            refused(session.create(&template), CKR_USER_NOT_LOGGED_IN);
        }
        // A public object cannot become private in a copy either.
        let public = ok(session.create(&data("public", &[])));
        refused(session.copy(public, &[yes(CKA_PRIVATE)]), CKR_USER_NOT_LOGGED_IN);
        ok(session.destroy(public));
    }
}

#[test]
fn handles_of_private_objects_die_with_the_login_for_good() {
    let token = token();
    let session = token.user();
    let private = ok(session.create(&data("token", &[yes(CKA_TOKEN), yes(CKA_PRIVATE)])));
    let passing = ok(session.create(&data("session", &[yes(CKA_PRIVATE)])));
    let public = ok(session.create(&data("public", &[yes(CKA_TOKEN)])));
    ok(session.logout());
    refused(session.get(private, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
    ok(session.get(public, CKA_VALUE));
    ok(session.login(CKU_USER, USER_PIN));
    refused(session.get(private, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
    refused(session.get(passing, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
    ok(session.get(public, CKA_VALUE));
    let found = labelled(&session, "token");
    assert_eq!(found.len(), 1);
    assert_ne!(found, [private]);
    assert!(labelled(&session, "session").is_empty());
}

#[test]
fn handles_of_private_objects_die_when_the_last_session_closes() {
    let token = token();
    let session = token.user();
    let private = ok(session.create(&data("token", &[yes(CKA_TOKEN), yes(CKA_PRIVATE)])));
    ok(session.close());
    let session = token.user();
    refused(session.get(private, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
    assert_eq!(labelled(&session, "token").len(), 1);
}

#[test]
fn read_only_sessions_write_no_token_object() {
    let token = token();
    let (writing, reading) = (token.user(), token.read_only());
    let object = ok(writing.create(&data("object", &[yes(CKA_TOKEN)])));
    refused(reading.create(&data("new", &[yes(CKA_TOKEN)])), CKR_SESSION_READ_ONLY);
    refused(reading.set(object, &[text(CKA_LABEL, "changed")]), CKR_SESSION_READ_ONLY);
    refused(reading.copy(object, &[text(CKA_LABEL, "copy")]), CKR_SESSION_READ_ONLY);
    refused(reading.destroy(object), CKR_SESSION_READ_ONLY);
    assert_eq!(ok(reading.get(object, CKA_LABEL)), b"object");

    let own = ok(reading.copy(object, &[no(CKA_TOKEN), text(CKA_LABEL, "copy")]));
    ok(reading.set(own, &[text(CKA_LABEL, "changed")]));
    ok(reading.destroy(own));
    ok(reading.create(&data("private", &[yes(CKA_PRIVATE)])));
}

// Operations and the login

fn hmac_key(session: &Session, more: &[Attribute]) -> CK_OBJECT_HANDLE {
    let mut template = vec![
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [7; 32]),
        yes(CKA_SIGN),
        yes(CKA_VERIFY),
    ];
    template.extend_from_slice(more);
    ok(session.create(&template))
}

#[test]
fn an_operation_with_a_private_key_ends_with_the_login() {
    let token = token();
    let session = token.user();
    let key = hmac_key(&session, &[yes(CKA_PRIVATE)]);
    ok(session.sign_init(&mech(CKM_SHA256_HMAC), key));
    ok(session.sign_update(b"abc"));
    ok(session.logout());
    refused(session.sign_update(b"abc"), CKR_OPERATION_NOT_INITIALIZED);
    // Nor does the next login bring it back.
    ok(session.login(CKU_USER, USER_PIN));
    refused(session.sign_final(), CKR_OPERATION_NOT_INITIALIZED);
}

/// Once, the operation was over for the steps, but still in the way of the next one.
#[test]
fn a_logout_frees_the_place_of_the_operation_that_it_ends() {
    let token = token();
    let session = token.user();
    let key = hmac_key(&session, &[yes(CKA_PRIVATE)]);
    ok(session.sign_init(&mech(CKM_SHA256_HMAC), key));
    ok(session.logout());
    ok(session.digest_init(&mech(CKM_SHA256)));
    ok(session.digest_final());
    refused(session.save_state(), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn an_operation_with_a_public_key_outlives_the_login() {
    let token = token();
    let session = token.user();
    let key = hmac_key(&session, &[no(CKA_PRIVATE)]);
    let whole = ok(session.sign(&mech(CKM_SHA256_HMAC), key, b"abcdef"));
    ok(session.sign_init(&mech(CKM_SHA256_HMAC), key));
    ok(session.sign_update(b"abc"));
    ok(session.logout());
    ok(session.sign_update(b"def"));
    assert_eq!(ok(session.sign_final()), whole);
}

/// A key that asks for the PIN before each use, and the public key that belongs to it.
fn strict_pair(session: &Session) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    ok(session.generate_pair(
        &mech(CKM_RSA_PKCS_KEY_PAIR_GEN),
        &[ulong(CKA_MODULUS_BITS, 1024), yes(CKA_VERIFY)],
        &[yes(CKA_SIGN), yes(CKA_PRIVATE), yes(CKA_ALWAYS_AUTHENTICATE)],
    ))
}

#[test]
fn a_strict_key_wants_the_pin_before_each_use() {
    let token = token();
    let session = token.user();
    let (public, private) = strict_pair(&session);
    let mechanism = mech(CKM_SHA256_RSA_PKCS);
    for _ in 0..2 {
        ok(session.sign_init(&mechanism, private));
        refused(session.sign_update(b"abc"), CKR_USER_NOT_LOGGED_IN);
        refused(session.pass(f().C_Sign.unwrap(), b"abc"), CKR_USER_NOT_LOGGED_IN);
        refused(session.login(CKU_CONTEXT_SPECIFIC, "wrong"), CKR_PIN_INCORRECT);
        refused(session.sign_final(), CKR_USER_NOT_LOGGED_IN);
        assert_eq!(state(&session), CKS_RW_USER_FUNCTIONS);
        ok(session.login(CKU_CONTEXT_SPECIFIC, USER_PIN));
        refused(session.login(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
        ok(session.sign_update(b"ab"));
        ok(session.sign_update(b"c"));
        let signature = ok(session.sign_final());
        ok(session.verify(&mechanism, public, b"abc", &signature));
    }
    // In one session, not in all.
    let other = token.session();
    ok(session.sign_init(&mechanism, private));
    refused(other.login(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn a_lenient_key_is_not_asked_for_and_goes_on() {
    let session = token().user();
    let key = hmac_key(&session, &[]);
    ok(session.sign_init(&mech(CKM_SHA256_HMAC), key));
    ok(session.sign_update(b"abc"));
    refused(session.login(CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.sign_final());
}

#[test]
fn a_pin_that_locks_in_the_middle_logs_out() {
    let token = token();
    let session = token.user();
    let (_, private) = strict_pair(&session);
    ok(session.sign_init(&mech(CKM_SHA256_RSA_PKCS), private));
    for tried in 1..=TRIES {
        let code = if tried == TRIES { CKR_PIN_LOCKED } else { CKR_PIN_INCORRECT };
        refused(session.login(CKU_CONTEXT_SPECIFIC, "wrong"), code);
    }
    assert_eq!(state(&session), CKS_RW_PUBLIC_SESSION);
    refused(session.sign_update(b"abc"), CKR_OPERATION_NOT_INITIALIZED);
    refused(session.login(CKU_USER, USER_PIN), CKR_PIN_LOCKED);
}

/// Once, a login that was judged while the last session was being closed left the token logged in, without any session.
#[test]
fn a_login_does_not_outlive_the_last_session_that_closes_meanwhile() {
    use std::sync::atomic::{AtomicU64, Ordering};
    const ROUNDS: usize = 2000;
    let token = token();
    // The handle of the session to log in with; 0 when there is none, MAX at the end.
    let current = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                match current.swap(0, Ordering::AcqRel) {
                    0 => std::hint::spin_loop(),
                    u64::MAX => break,
                    handle => {
                        let session = std::mem::ManuallyDrop::new(Session { handle, slot: token.slot });
                        match session.login(CKU_USER, USER_PIN) {
                            Ok(()) | Err(CKR_SESSION_HANDLE_INVALID | CKR_SESSION_CLOSED) => {}
                            Err(code) => panic!("{}", codes::name(code)),
                        }
                    }
                }
            }
        });
        let _stop = Stop(&current);
        for round in 0..ROUNDS {
            let session = token.session();
            current.store(session.handle, Ordering::Release);
            // A little later each time, so that some meet in the middle.
            (0..round % 200).for_each(|_| std::hint::spin_loop());
            ok(session.close());
            while current.load(Ordering::Acquire) != 0 {
                std::hint::spin_loop();
            }
            let states = [(); 20].map(|()| state(&token.session()));
            assert_eq!(states, [CKS_RW_PUBLIC_SESSION; 20]);
        }
    });
}

/// Stops the thread that logs in, also when the test fails.
struct Stop<'a>(&'a std::sync::atomic::AtomicU64);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(u64::MAX, std::sync::atomic::Ordering::Release);
    }
}
