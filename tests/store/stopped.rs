//! A process that is stopped, at whatever moment, keeps nobody else from working, but in the short time of its transaction;
//! and there, others are told who it is, and lose nothing.

use crate::common::*;
use crate::scene::*;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often the process is stopped; a trial may ask for more.
fn stops() -> usize {
    std::env::var("FERROTOKEN_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60)
}

/// A child that says a line for each thing that it has done.
struct Worker {
    child: Child,
    done: Arc<AtomicUsize>,
    reader: std::thread::JoinHandle<String>,
}

impl Worker {
    fn start(stage: &Stage, scene: &str) -> Self {
        let mut child = stage.start(scene);
        let stderr = child.stderr.take().unwrap();
        let done = Arc::new(AtomicUsize::new(0));
        let count = done.clone();
        let reader = std::thread::spawn(move || {
            let mut said = String::new();
            for line in BufReader::new(stderr).lines() {
                let line = line.unwrap();
                count.fetch_add(usize::from(line == "done"), Ordering::SeqCst);
                if line != "done" {
                    said += &line;
                    said.push('\n');
                }
            }
            said
        });
        Self { child, done, reader }
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }

    fn signal(&self, signal: i32) {
        // SAFETY: the child is ours, and has not been waited for.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, signal) }, 0);
    }

    /// Stops it, and waits until it is stopped.
    fn stop(&self) {
        self.signal(libc::SIGSTOP);
        let mut status = 0;
        // SAFETY: the child is ours, and `status` is a place for its status.
        let child = unsafe { libc::waitpid(self.child.id() as i32, &mut status, libc::WUNTRACED) };
        assert!(child > 0 && libc::WIFSTOPPED(status), "it has ended by itself");
    }

    /// Closes its standard input, which ends it; gives how much it has done.
    fn end(mut self) -> usize {
        drop(self.child.stdin.take());
        let said = self.reader.join().unwrap();
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        assert!(self.child.wait().unwrap().success(), "{stdout}\n{said}");
        self.done.load(Ordering::SeqCst)
    }
}

/// Calls the body until the standard input ends, and says each time that it is done.
fn until_told(mut body: impl FnMut(usize)) {
    let over = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    for round in 0.. {
        if over.is_finished() {
            return;
        }
        body(round);
        eprintln!("done");
    }
}

#[test]
fn a_stopped_process_keeps_nobody_from_working() {
    let test = "stopped::a_stopped_process_keeps_nobody_from_working";
    let make = || {
        make();
        ok(TOKEN.user().create(&secret("shared", b"the shared key")));
    };
    // Each time one object that stays is made, and one is made, changed and destroyed.
    let write = |user: &Session| {
        ok(user.create(&secret("kept", b"1")));
        let passing = ok(user.create(&secret("passing", b"2")));
        ok(user.set(passing, &[bytes(CKA_ID, [1])]));
        ok(user.sign(&mech(CKM_SHA256_HMAC), only(user, "shared"), b"data"));
        ok(user.destroy(passing));
    };
    let work = || {
        let user = user();
        until_told(|_| write(&user));
    };
    // That is stopped: it does everything that there is.
    let vary = || {
        let mut user = user();
        until_told(|round| {
            write(&user);
            match round % 4 {
                0 => ok(user.logout()),
                1 => ok(user.set_pin(USER_PIN, USER_PIN)),
                2 => {
                    finalise();
                    open();
                }
                _ => {}
            }
            if round % 4 == 0 || round % 4 == 2 {
                user = TOKEN.session();
                ok(user.login(CKU_USER, USER_PIN));
            }
        });
    };
    let look = || {
        let user = user();
        let expected: usize = std::env::var("FERROTOKEN_TEST_KEPT").unwrap().parse().unwrap();
        assert_eq!(user.find(&[text(CKA_LABEL, "kept")]).len(), expected);
        assert_eq!(user.find(&[text(CKA_LABEL, "passing")]).len(), 0);
    };
    direct(test, &[("make", &make), ("-work", &work), ("-vary", &vary), ("-look", &look)], |stage| {
        stage.play("make");
        let workers: Vec<_> = (0..2).map(|_| Worker::start(stage, "-work")).collect();
        let stopped = Worker::start(stage, "-vary");
        let begin = Instant::now();
        while workers.iter().chain([&stopped]).any(|worker| worker.done() < 3) {
            assert!(begin.elapsed() < Duration::from_secs(60), "nobody gets on");
            std::thread::sleep(Duration::from_millis(5));
        }
        // Whether all others have done something more before the time is over.
        let get_on = |patience: Duration| {
            let (begin, before) = (Instant::now(), workers.iter().map(Worker::done).collect::<Vec<_>>());
            // What was under way when it was stopped does not count.
            let on = |(worker, before): (&Worker, &usize)| worker.done() > before + 1;
            while !workers.iter().zip(&before).all(on) {
                if begin.elapsed() > patience {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            true
        };
        let mut held_up = 0;
        for stop in 0..stops() {
            std::thread::sleep(Duration::from_micros((stop * 7919 % 23_000) as u64));
            stopped.stop();
            let on = get_on(Duration::from_secs(3));
            stopped.signal(libc::SIGCONT);
            if !on {
                held_up += 1;
                assert!(get_on(Duration::from_secs(60)), "nobody gets on after it goes on");
            }
        }
        println!("stopped {} times, others held up {held_up} times", stops());
        // In its own transactions; those take a part of the time of a process that does little else.
        assert!(held_up * 2 < stops(), "others were held up {held_up} times");
        let kept: usize = workers.into_iter().chain([stopped]).map(Worker::end).sum();
        let kept = kept.to_string();
        stage.end("-look", stage.start_in("-look", &[("FERROTOKEN_TEST_KEPT", kept.as_ref())]));
    });
}

#[test]
fn a_transaction_that_does_not_end_gives_a_clear_error_and_loses_nothing() {
    let test = "stopped::a_transaction_that_does_not_end_gives_a_clear_error_and_loses_nothing";
    let make = || make();
    let work = || {
        let user = user();
        ok(user.create(&secret("before", b"1")));
        eprintln!("ready");
        for line in std::io::stdin().lines() {
            match &line.unwrap()[..] {
                "held up" => {
                    returns::expect_damage();
                    refused(user.create(&secret("lost", b"2")), CKR_DEVICE_ERROR);
                    // Who only reads is not held up.
                    ok(user.sign(&mech(CKM_SHA256_HMAC), only(&user, "before"), b"data"));
                    assert_eq!(user.find(&[text(CKA_LABEL, "lost")]), []);
                }
                _ => drop(ok(user.create(&secret("after", b"3")))),
            }
            eprintln!("ready");
        }
    };
    let look = || {
        let user = user();
        assert_eq!(user.find(&[]), [only(&user, "before"), only(&user, "after")]);
    };
    direct(test, &[("make", &make), ("-work", &work), ("-look", &look)], |stage| {
        stage.play("make");
        let (mut child, mut go) = stage.start_waiting("-work");
        go.wait_until_ready(&mut child);
        // As a process would that was stopped in it.
        let other = rusqlite::Connection::open(stage.file()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let said = go.say(&mut child, "held up");
        let remedy = format!("Process {} (", std::process::id());
        assert!(cfg!(not(target_os = "linux")) || said.contains(&remedy), "{said}");
        other.execute_batch("ROLLBACK").unwrap();
        go.say(&mut child, "go on");
        go.end(child);
        drop(other);
        stage.play("-look");
    });
}
