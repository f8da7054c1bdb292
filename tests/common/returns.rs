//! Every return code is checked against the standard's list for its function, here and nowhere else.

use super::codes;
use cryptoki_sys::{CK_RV, CKR_DEVICE_ERROR, CKR_GENERAL_ERROR};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Notes a code that its function may not give. To panic here would abort, for the caller is a C function:
/// [`settle`] panics as soon as the test is back in Rust.
pub fn check(function: &'static str, code: CK_RV) {
    let allowed = allowed().get(function).is_some_and(|codes| codes.contains(&code));
    // The lists allow these everywhere, but that is how the library reports a panic, and few tests damage its files.
    let damaged = code == CKR_DEVICE_ERROR && DAMAGED.load(Ordering::Relaxed);
    let failure = [CKR_GENERAL_ERROR, CKR_DEVICE_ERROR].contains(&code) && !damaged;
    if !allowed || failure {
        let complaint = format!("{function} gave {}, which tests/returns does not allow", codes::name(code));
        COMPLAINTS.with_borrow_mut(|complaints| complaints.push(complaint));
    }
}

/// From now on the token is damaged, and may say so.
pub fn expect_damage() {
    DAMAGED.store(true, Ordering::Relaxed);
}

static DAMAGED: AtomicBool = AtomicBool::new(false);

/// Reads the lists now, so that a forked child never finds another thread of its parent at it.
pub fn prepare() {
    allowed();
}

/// Panics if an earlier call of this thread gave a code that it may not give.
pub fn settle() {
    let complaints = COMPLAINTS.take();
    if !complaints.is_empty() && !std::thread::panicking() {
        panic!("{}", complaints.join("\n"));
    }
}

thread_local! {
    static COMPLAINTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn allowed() -> &'static HashMap<&'static str, Vec<CK_RV>> {
    static ALLOWED: OnceLock<HashMap<&str, Vec<CK_RV>>> = OnceLock::new();
    ALLOWED.get_or_init(|| {
        let mut allowed: HashMap<&str, Vec<CK_RV>> = HashMap::new();
        let rules = include_str!("../returns/returns.tsv").lines().skip(1);
        let exceptions = include_str!("../returns/exceptions.tsv").lines();
        for line in rules.chain(exceptions.filter(|line| !line.starts_with('#'))) {
            let mut fields = line.split('\t');
            let function = fields.next().unwrap();
            let codes = fields.next().unwrap_or_default().split(',').filter(|code| !code.is_empty());
            allowed.entry(function).or_default().extend(codes.map(codes::value));
        }
        allowed
    })
}
