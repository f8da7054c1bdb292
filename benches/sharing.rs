//! What would happen with 64 processors, counted and not measured: `cargo bench --bench sharing` (needs valgrind and objdump).
//!
//! Two threads with sessions of their own use one key. A thread is slowed down by another only where it writes to memory that the other
//! uses as well: the processors pass such a line of memory around, and the more of them there are, the longer each waits. So each
//! operation runs in one thread and then in the other under valgrind's lackey, which prints every instruction and every address that is read or
//! written; what both have written to is shared. Instructions with a lock prefix are counted too, which cost something wherever they
//! are: by their addresses in the library.

#[path = "../tests/common/mod.rs"]
mod common;

use common::*;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A write to this says that a phase begins or ends.
static MARK: AtomicU64 = AtomicU64::new(0);

const OPERATIONS: [&str; 9] = [
    "C_GetSessionInfo",
    "C_GenerateRandom of 32 bytes",
    "SHA-256 of 16 bytes",
    "HMAC-SHA-256 of 16 bytes",
    "AES-256-GCM of 16 bytes",
    "AES-256-CBC of 16 bytes",
    "ECDSA P-256 sign",
    "ECDSA P-256 verify",
    "create and destroy an AES key",
];
const CALLS: u64 = 8;
const LINE: u64 = 64;

fn main() {
    if std::env::var_os("FERROTOKEN_BENCH_SHARING").is_some() {
        return work();
    }
    let mut command = Command::new("valgrind");
    command.args(["--tool=lackey", "--basic-counts=no", "--trace-mem=yes", "--log-fd=2"]);
    command.arg(std::env::current_exe().unwrap()).env("FERROTOKEN_BENCH_SHARING", "1");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("valgrind is installed");
    // It says where to look, and waits until that is known. The trace must be read all the time.
    let (told, places) = channel();
    let (stdout, mut stdin) = (child.stdout.take().unwrap(), child.stdin.take().unwrap());
    std::thread::spawn(move || {
        let mut said = String::new();
        BufReader::new(stdout).read_line(&mut said).unwrap();
        let numbers: Vec<u64> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
        told.send((numbers[0], locked_instructions(numbers[1]))).unwrap();
        stdin.write_all(b"\n").unwrap();
    });
    let phases = phases(BufReader::with_capacity(1 << 20, child.stderr.take().unwrap()), &places);
    child.wait().unwrap();
    assert_eq!(phases.len(), 2 * OPERATIONS.len());

    println!("| operation | instructions | of which locked | lines written | of which shared |");
    println!("|---|--:|--:|--:|--:|");
    for (operation, pair) in OPERATIONS.iter().zip(phases.chunks(2)) {
        let [one, other] = pair else { unreachable!() };
        let shared = one.written.intersection(&other.written).count();
        let (instructions, locked) = (one.instructions / CALLS, one.locked as f64 / CALLS as f64);
        println!("| {operation} | {instructions} | {locked:.0} | {} | {shared} |", one.written.len());
    }
}

#[derive(Default)]
struct Phase {
    instructions: u64,
    locked: u64,
    /// Lines of memory.
    written: HashSet<u64>,
}

/// What was done between the first and the second mark, the third and the fourth, and so on.
fn phases(mut trace: impl BufRead, places: &Receiver<(u64, HashSet<u64>)>) -> Vec<Phase> {
    let (mut mark, mut locked) = (0, HashSet::new());
    let (mut phases, mut inside, mut line) = (Vec::<Phase>::new(), false, Vec::new());
    while trace.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
        if mark == 0 {
            if let Ok(told) = places.try_recv() {
                (mark, locked) = told;
            }
            line.clear();
            continue;
        }
        let text = std::str::from_utf8(&line).unwrap_or_default();
        let access = text.get(..3).zip(text.get(3..).and_then(|rest| rest.split_once(',')));
        if let Some((kind, (address, _))) = access
            && let Ok(address) = u64::from_str_radix(address, 16)
        {
            if address == mark && kind != "I  " {
                // A store that locks is shown as what it reads and what it writes, maybe as one.
                if kind != " L " {
                    inside = !inside;
                    phases.extend(inside.then(Phase::default));
                }
            } else if let Some(phase) = phases.last_mut().filter(|_| inside) {
                match kind {
                    "I  " => {
                        phase.instructions += 1;
                        phase.locked += u64::from(locked.contains(&address));
                    }
                    " S " | " M " => drop(phase.written.insert(address / LINE)),
                    _ => {}
                }
            }
        }
        line.clear();
    }
    phases
}

/// Where the library's instructions are that lock a line: those with the prefix, and exchanges with memory.
fn locked_instructions(base: u64) -> HashSet<u64> {
    let output = Command::new("objdump").args(["-d", "--no-show-raw-insn"]).arg(library_path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let locks = |code: &str| code.starts_with("lock ") || code.starts_with("xchg") && code.contains('(');
    let lines = text.lines().filter_map(|line| line.split_once(":\t"));
    let addresses = lines.filter(|(_, code)| locks(code)).map(|(at, _)| u64::from_str_radix(at.trim(), 16));
    addresses.map(|address| base + address.unwrap()).collect()
}

/// Where the library was loaded.
fn base() -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let name = library_path().file_name().unwrap().to_string_lossy().into_owned();
    let first = maps.lines().find(|line| line.ends_with(&name)).unwrap();
    u64::from_str_radix(first.split_once('-').unwrap().0, 16).unwrap()
}

/// Under valgrind: the operations, in two threads by turns.
fn work() {
    by_hand();
    configure(&ready(0));
    assert_eq!(initialise(), CKR_OK);
    let token = Token { slot: 0 };
    println!("{} {}", &raw const MARK as u64, base());
    // The other process reads the library's code first.
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let owner = token.user();
    let secret = |kind, usage| {
        let template = [class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, [7; 32]), yes(usage)];
        ok(owner.create(&template))
    };
    let curve = bytes(CKA_EC_PARAMS, [6, 8, 42, 134, 72, 206, 61, 3, 1, 7]);
    let pair = ok(owner.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[curve], &[yes(CKA_SIGN)]));
    let keys = [secret(CKK_AES, CKA_ENCRYPT), secret(CKK_GENERIC_SECRET, CKA_SIGN), pair.0, pair.1];
    let slot = token.slot;
    let workers = [(); 2].map(|()| {
        let (order, orders) = channel();
        let (done, finished) = channel();
        std::thread::spawn(move || worker(&Token { slot }, keys, &orders, &done));
        (order, finished)
    });
    for operation in 0..OPERATIONS.len() {
        for (order, finished) in &workers {
            order.send(operation).unwrap();
            finished.recv().unwrap();
        }
    }
}

fn worker(
    token: &Token,
    [aes, hmac, public, private]: [CK_OBJECT_HANDLE; 4],
    orders: &Receiver<usize>,
    done: &Sender<()>,
) {
    let session = token.session();
    let (f, handle) = (unchecked(), session.handle);
    let (mut data, mut out) = ([5u8; 32], [0u8; 512]);
    let mut signature = ok(session.sign(&mech(CKM_ECDSA), private, &data));
    let parameter = gcm_params(&[9; 12]);
    let mut mechanisms = [mech(CKM_SHA256).raw(), mech(CKM_SHA256_HMAC).raw(), mech(CKM_ECDSA).raw()];
    let (gcm, cbc) = (mech_params(CKM_AES_GCM, &parameter), mech_bytes(CKM_AES_CBC, &[9; 16]));
    let mut ciphers = [gcm.raw(), cbc.raw()];
    let template = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [7; 32])];
    let template = Template::new(&template);
    let mut info = CK_SESSION_INFO { slotID: 0, state: 0, flags: 0, ulDeviceError: 0 };
    while let Ok(operation) = orders.recv() {
        let mut length = out.len() as CK_ULONG;
        let (data, out) = (data.as_mut_ptr(), out.as_mut_ptr());
        // SAFETY: a session, mechanisms with their parameters, keys, and buffers with their lengths.
        let mut once = || unsafe {
            length = 512;
            match operation {
                0 => f.C_GetSessionInfo.unwrap()(handle, &mut info),
                1 => f.C_GenerateRandom.unwrap()(handle, out, 32),
                2 => {
                    f.C_DigestInit.unwrap()(handle, &mut mechanisms[0])
                        | f.C_Digest.unwrap()(handle, data, 16, out, &mut length)
                }
                3 => {
                    f.C_SignInit.unwrap()(handle, &mut mechanisms[1], hmac)
                        | f.C_Sign.unwrap()(handle, data, 16, out, &mut length)
                }
                4 | 5 => {
                    f.C_EncryptInit.unwrap()(handle, &mut ciphers[operation - 4], aes)
                        | f.C_Encrypt.unwrap()(handle, data, 16, out, &mut length)
                }
                6 => {
                    f.C_SignInit.unwrap()(handle, &mut mechanisms[2], private)
                        | f.C_Sign.unwrap()(handle, data, 32, out, &mut length)
                }
                7 => {
                    let (signature, length) = (signature.as_mut_ptr(), signature.len() as CK_ULONG);
                    f.C_VerifyInit.unwrap()(handle, &mut mechanisms[2], public)
                        | f.C_Verify.unwrap()(handle, data, 32, signature, length)
                }
                _ => {
                    let mut key = 0;
                    f.C_CreateObject.unwrap()(handle, template.list(), template.count(), &mut key)
                        | f.C_DestroyObject.unwrap()(handle, key)
                }
            }
        };
        for _ in 0..4 {
            assert_eq!(once(), CKR_OK);
        }
        MARK.store(1, Ordering::Relaxed);
        for _ in 0..CALLS {
            assert_eq!(once(), CKR_OK);
        }
        MARK.store(2, Ordering::Relaxed);
        done.send(()).unwrap();
    }
}
