//! Several processes on one token at the same time.

use crate::common::*;
use crate::scene::*;

/// The other process answers line for line.
#[test]
fn what_one_process_does_the_other_sees_at_once() {
    let test = "processes::what_one_process_does_the_other_sees_at_once";
    let make = || make();
    let other = || {
        let user = user();
        let mut seen = 0;
        eprintln!("ready");
        for line in std::io::stdin().lines() {
            match &line.unwrap()[..] {
                "created" => {
                    seen = only(&user, "moving");
                    ok(user.sign(&mech(CKM_SHA256_HMAC), seen, b"data"));
                    ok(user.create(&secret("answer", b"2")));
                }
                "changed" => {
                    assert_eq!(ok(user.get(seen, CKA_ID)), [9]);
                    assert_eq!(user.find(&[bytes(CKA_ID, [9])]), [seen]);
                }
                "destroyed" => {
                    refused(user.sign_init(&mech(CKM_SHA256_HMAC), seen), CKR_KEY_HANDLE_INVALID);
                    refused(user.get(seen, CKA_VALUE), CKR_OBJECT_HANDLE_INVALID);
                    assert_eq!(user.find(&[text(CKA_LABEL, "moving")]), []);
                }
                "initialised" => {
                    assert_eq!(user.find(&[]), []);
                    refused(user.logout(), CKR_USER_NOT_LOGGED_IN);
                    refused(user.create(&secret("late", b"3")), CKR_USER_NOT_LOGGED_IN);
                    return;
                }
                _ => unreachable!(),
            }
            eprintln!("ready");
        }
    };
    let lead = || {
        open();
        let user = TOKEN.user();
        let (mut child, mut go) = Stage::here(test).start_waiting("-other");
        go.wait_until_ready(&mut child);
        let moving = ok(user.create(&secret("moving", b"1")));
        go.say(&mut child, "created");
        only(&user, "answer");
        ok(user.set(moving, &[bytes(CKA_ID, [9])]));
        go.say(&mut child, "changed");
        ok(user.destroy(moving));
        go.say(&mut child, "destroyed");
        ok(user.close());
        ok(TOKEN.init(SO_PIN, "anew"));
        go.tell("initialised");
        Stage::here(test).end("-other", child);
    };
    play(test, &[("make", &make), ("lead", &lead), ("-other", &other)]);
}

#[test]
fn eight_processes_work_on_one_token() {
    let test = "processes::eight_processes_work_on_one_token";
    /// A trial may ask for more.
    fn rounds() -> usize {
        std::env::var("FERROTOKEN_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10)
    }
    let make = || {
        make();
        ok(TOKEN.user().create(&secret("shared", b"the shared key")));
    };
    let work = || {
        let user = user();
        let shared = only(&user, "shared");
        let expected = ok(user.sign(&mech(CKM_SHA256_HMAC), shared, b"data"));
        let own = format!("of {}", std::process::id());
        for round in 0..rounds() {
            let key = ok(user.create(&secret(&own, &[round as u8; 32])));
            ok(user.set(key, &[bytes(CKA_ID, [round as u8])]));
            assert_eq!(ok(user.sign(&mech(CKM_SHA256_HMAC), shared, b"data")), expected);
            assert_eq!(ok(user.get(only(&user, &own), CKA_VALUE)), [round as u8; 32]);
            ok(user.set(shared, &[bytes(CKA_ID, &own)]));
            ok(user.destroy(key));
        }
        ok(user.create(&secret("done", b"1")));
    };
    let look = || {
        let user = user();
        assert_eq!(user.find(&[text(CKA_LABEL, "done")]).len(), 8);
        assert_eq!(user.find(&[]).len(), 9);
    };
    direct(test, &[("make", &make), ("-work", &work), ("look", &look)], |stage| {
        stage.play("make");
        let all: Vec<_> = (0..8).map(|_| stage.start("-work")).collect();
        all.into_iter().for_each(|child| drop(stage.end("-work", child)));
        stage.play("look");
    });
}

/// A counter is on the disk before its password is out.
#[test]
fn processes_never_give_the_same_password() {
    let test = "processes::processes_never_give_the_same_password";
    let params = CK_OTP_PARAMS { pParams: std::ptr::null_mut(), ulCount: 0 };
    let template = [
        class(CKO_OTP_KEY),
        key_type(CKK_HOTP),
        bytes(CKA_VALUE, b"12345678901234567890"),
        text(CKA_LABEL, "passwords"),
        yes(CKA_TOKEN),
    ];
    let make = || {
        make();
        ok(TOKEN.user().create(&template));
    };
    let work = || {
        let user = user();
        let key = only(&user, "passwords");
        for _ in 0..10 {
            ok(user.sign(&mech_params(CKM_HOTP, &params), key, &[]));
        }
    };
    let look = || {
        let user = user();
        let counter = ok(user.get(only(&user, "passwords"), CKA_OTP_COUNTER));
        assert_eq!(counter, 40u64.to_be_bytes());
    };
    direct(test, &[("make", &make), ("-work", &work), ("look", &look)], |stage| {
        stage.play("make");
        let all: Vec<_> = (0..4).map(|_| stage.start("-work")).collect();
        all.into_iter().for_each(|child| drop(stage.end("-work", child)));
        stage.play("look");
    });
}

/// What a key has wrapped in one process, it opens in no other: neither one that looks it up afterwards, nor one that has begun before.
#[test]
fn a_key_that_has_wrapped_a_hidden_key_opens_nothing_in_other_processes() {
    let test = "processes::a_key_that_has_wrapped_a_hidden_key_opens_nothing_in_other_processes";
    let aes = |label: &str| {
        [
            class(CKO_SECRET_KEY),
            key_type(CKK_AES),
            bytes(CKA_VALUE, [label.as_bytes()[0]; 16]),
            text(CKA_LABEL, label),
            yes(CKA_TOKEN),
            yes(CKA_EXTRACTABLE),
        ]
    };
    let ecb = mech(CKM_AES_ECB);
    let make = || {
        make();
        let user = TOKEN.user();
        ok(user.create(&aes("wrapping")));
        ok(user.create(&[&aes("hidden")[..], &[yes(CKA_SENSITIVE)]].concat()));
    };
    let lead = || {
        open();
        let user = TOKEN.user();
        let (mut child, mut go) = Stage::here(test).start_waiting("-other");
        go.wait_until_ready(&mut child);
        ok(user.wrap(&ecb, only(&user, "wrapping"), only(&user, "hidden")));
        go.say(&mut child, "wrapped");
        go.tell("end");
        Stage::here(test).end("-other", child);
    };
    let other = || {
        let user = user();
        let wrapping = only(&user, "wrapping");
        ok(user.decrypt(&ecb, wrapping, &[0; 16]));
        ok(user.decrypt_init(&ecb, wrapping));
        eprintln!("ready");
        for line in std::io::stdin().lines() {
            if line.unwrap() == "end" {
                return;
            }
            refused(user.decrypt_update(&[0; 16]), CKR_OPERATION_NOT_INITIALIZED);
            refused(user.decrypt_init(&ecb, wrapping), CKR_KEY_FUNCTION_NOT_PERMITTED);
            eprintln!("ready");
        }
    };
    let later = || {
        let user = user();
        let wrapping = only(&user, "wrapping");
        refused(user.decrypt_init(&ecb, wrapping), CKR_KEY_FUNCTION_NOT_PERMITTED);
        // Its record is no object, and not the only thing that it can do.
        assert_eq!(user.find(&[]).len(), 2);
        let blob = ok(user.wrap(&ecb, wrapping, only(&user, "hidden")));
        let open = [class(CKO_SECRET_KEY), key_type(CKK_AES), no(CKA_SENSITIVE)];
        refused(user.unwrap(&ecb, wrapping, &blob, &open), CKR_TEMPLATE_INCONSISTENT);
    };
    play(test, &[("make", &make), ("lead", &lead), ("-other", &other), ("later", &later)]);
}
