//! What the fuzz targets share: calls of the C interface made from a fuzzer's bytes, and the oracles over them.
//!
//! The library is linked and not loaded, so that the fuzzer sees which of its code runs. Its functions are called through the
//! list of the tests (tests/common), which knows the codes that each may give.
//!
//! What a caller claims to be in memory is there: a pointer with a length points to so many bytes, unless it is NULL or the
//! length is more than any memory has. All else may be wrong.

pub mod common;
pub mod ground;
pub mod machine;
pub mod memory;
pub mod params;
pub mod tape;
pub mod templates;
