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
    // AWS-LC allocates and frees by functions of these names if the process has them, each by itself. Where a host has jemalloc,
    // and loads us so that we find the C library first (as BIND does, through OpenSSL's provider), what the C library has
    // allocated would be freed by jemalloc. Keys are no business of a host's allocator either: we say that there are none.
    for name in
        ["sdallocx", "OPENSSL_memory_alloc", "OPENSSL_memory_free", "OPENSSL_memory_get_size", "OPENSSL_memory_realloc"]
    {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--defsym={name}=0");
    }
}
