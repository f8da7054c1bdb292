//! Tokens that last: in a directory, used by one process after another and by several at once.

#[path = "../common/mod.rs"]
mod common;
mod common_keys;
#[path = "../compiler/mod.rs"]
mod compiler;
mod crash;
mod damage;
mod files;
mod fork;
#[cfg(target_os = "linux")]
#[path = "../memory/mod.rs"]
mod memory;
mod persistence;
mod pins;
#[cfg(target_os = "linux")]
mod power;
mod processes;
mod register;
mod scene;
mod secrets;
mod slots;
#[cfg(unix)]
mod stopped;
