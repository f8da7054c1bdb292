//! Wiping what cryptography leaves behind.
//!
//! Keys and PINs are wiped where they are dropped, by their types. This module is for what has no type of ours: intermediate
//! values of other crates, in memory that they freed and on the stack.

use std::hint::black_box;
use zeroizing_alloc::ZeroAlloc;

/// The library's memory is wiped when it is freed.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// More than any call uses below the function that wipes; little enough for the small stacks that hosts give to threads.
const DEPTH: usize = 32 * 1024;

/// Wipes the part of this thread's stack that earlier calls have used.
#[inline(never)]
pub(crate) fn stack() {
    black_box(&mut [0u8; DEPTH]);
}
