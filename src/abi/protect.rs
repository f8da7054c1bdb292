//! Keeps what is in memory out of core dumps and swap, for the process as a whole and only if the configuration asks for it.
//!
//! The library's keys lie in the host's heap, beside the host's own data and what other libraries copied of them: to keep out
//! its own pages alone would promise what it could not hold. What is done here changes the host's life, so it is for its
//! administrator to say; and what was asked for and cannot be had makes `C_Initialize` fail. It is not undone by `C_Finalize`: the host may
//! have come to rely on it.

use crate::config::{Problem, Protection};

/// Does what the configuration asks for.
pub(super) fn apply(protection: &Protection) -> Result<(), Problem> {
    if let Some(place) = &protection.no_core_dumps {
        no_core_dumps().map_err(|what| {
            place.problem(format!("core dumps cannot be kept from happening: {what}"), "Take the key away")
        })?;
    }
    if let Some(place) = &protection.lock_memory {
        lock_memory().map_err(|what| {
            let remedy = "Let the process lock as much as it likes (ulimit -l unlimited, LimitMEMLOCK=infinity), or take the key away";
            place.problem(format!("memory cannot be kept out of swap: {what}"), remedy)
        })?;
    }
    Ok(())
}

/// A process that is not dumpable leaves no core, whatever the limits and the handler of cores are. Others than root cannot
/// attach debuggers to it either.
#[cfg(target_os = "linux")]
fn no_core_dumps() -> Result<(), String> {
    // SAFETY: takes numbers.
    match unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error().to_string()),
    }
}

/// Locks what is in use and what will be.
#[cfg(target_os = "linux")]
fn lock_memory() -> Result<(), String> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a place for the structure.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &mut limit) } == 0;
    // SAFETY: takes nothing.
    let root = unsafe { libc::geteuid() } == 0;
    // With a limit, the host's next allocation could be the one that fails.
    if !(root || known && limit.rlim_cur == libc::RLIM_INFINITY) {
        return Err("the process may lock only a limited amount of memory".into());
    }
    // Pages are locked when they are first used, so that what is reserved and never used takes no memory.
    // SAFETY: takes flags.
    match unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE | libc::MCL_ONFAULT) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error().to_string()),
    }
}

#[cfg(not(target_os = "linux"))]
fn no_core_dumps() -> Result<(), String> {
    Err("not on this system".into())
}

#[cfg(not(target_os = "linux"))]
fn lock_memory() -> Result<(), String> {
    Err("not on this system".into())
}
