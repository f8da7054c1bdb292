//! Forks of a process that uses a token.
#![cfg(unix)]

use crate::common::*;
use crate::scene::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

#[test]
fn a_forked_child_uses_the_token_beside_its_parent() {
    let test = "fork::a_forked_child_uses_the_token_beside_its_parent";
    let play_it = || {
        make();
        let user = TOKEN.user();
        let kept = ok(user.create(&secret("of the parent", b"1")));
        in_fork(|| {
            let child = super::scene::user();
            assert_eq!(ok(child.get(only(&child, "of the parent"), CKA_VALUE)), b"1");
            ok(child.create(&secret("of the child", b"2")));
        });
        assert_eq!(ok(user.get(kept, CKA_VALUE)), b"1");
        assert_eq!(ok(user.get(only(&user, "of the child"), CKA_VALUE)), b"2");
    };
    play(test, &[("fork", &play_it)]);
}

/// SQLite's account of the locks on a file is the process's: a child that inherits it in the middle of a transaction spoils the
/// file, or waits for ever.
#[test]
fn forks_in_the_middle_of_writes_spoil_nothing() {
    let test = "fork::forks_in_the_middle_of_writes_spoil_nothing";
    const FORKS: usize = 12;
    let play_it = || {
        make();
        let user = TOKEN.user();
        let over = AtomicBool::new(false);
        let written = thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut written = 0;
                while !over.load(Ordering::Relaxed) {
                    ok(user.create(&secret("of the parent", b"1")));
                    written += 1;
                }
                written
            });
            // The writer ends whatever becomes of the children.
            let forked = std::panic::catch_unwind(|| {
                for number in 0..FORKS {
                    in_fork(|| {
                        let child = super::scene::user();
                        ok(child.create(&secret(&format!("child {number}"), b"2")));
                    });
                }
            });
            over.store(true, Ordering::Relaxed);
            let written = writer.join().unwrap();
            forked.unwrap();
            written
        });
        assert_eq!(user.find(&[text(CKA_LABEL, "of the parent")]).len(), written);
    };
    let look = || {
        let user = user();
        for number in 0..FORKS {
            only(&user, &format!("child {number}"));
        }
        let all = user.find(&[]);
        all.iter().for_each(|object| drop(ok(user.get(*object, CKA_VALUE))));
    };
    play(test, &[("fork", &play_it), ("look", &look)]);
}
