//! What threads meet at: the locks and atomic numbers of library, sessions and tokens. Here and nowhere else it is said whose they are.
//!
//! In the unit tests with feature `shuttle` they are those of a checker, which runs the threads of a test in very many orders, each
//! of them to the end (`library/orders.rs`). What is built never has them. The store and the border, whose locks are statics or wait
//! for the disk, are not part of that and name `parking_lot` themselves.

#[cfg(not(all(test, feature = "shuttle")))]
pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock, RwLockWriteGuard};
#[cfg(all(test, feature = "shuttle"))]
pub(crate) use shuttle_parking_lot_impl::{Mutex, MutexGuard, RwLock, RwLockWriteGuard};

#[cfg(all(test, feature = "shuttle"))]
pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
#[cfg(not(all(test, feature = "shuttle")))]
pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
