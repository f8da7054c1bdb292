//! How the shared library is linked.
#![allow(clippy::expect_used)] // Cargo promises the variable.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").expect("cargo says for which system it builds");
    if system != "linux" {
        return;
    }
    for argument in [
        // The function lists and our own calls must reach our functions, also where the host program, or another token
        // that it loaded before, has a `C_Sign` of its own: an exported symbol is otherwise bound to the first of its
        // name in the process.
        "-Wl,-Bsymbolic",
        // The library stays in memory after dlclose. A thread that has used it may have left with the system what is to
        // run when it ends (`std::thread::current()` does that), and the handler of pthread_atfork, which not every C
        // library takes back: the host would crash when that thread ends, or at its next fork.
        "-Wl,-z,nodelete",
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}
