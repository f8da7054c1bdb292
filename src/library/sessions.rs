//! The open sessions by handle.
//!
//! Every call looks a session up. So that threads with sessions of their own do not pass one lock's counter around, there
//! are several maps, each with its lock, and neighbouring handles are in different ones.

use crate::session::Session;
use crate::sync::RwLock;
use cryptoki_sys::CK_SESSION_HANDLE;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Sessions([Shard; 64]);

impl Default for Sessions {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Shard::default()))
    }
}

/// In cache lines of its own: processors fetch two at once.
#[derive(Default)]
#[repr(align(128))]
struct Shard(RwLock<BTreeMap<CK_SESSION_HANDLE, Arc<Session>>>);

impl Sessions {
    pub(super) fn get(&self, handle: CK_SESSION_HANDLE) -> Option<Arc<Session>> {
        self.shard(handle)?.read().get(&handle).cloned()
    }

    pub(super) fn insert(&self, handle: CK_SESSION_HANDLE, session: Arc<Session>) {
        if let Some(shard) = self.shard(handle) {
            shard.write().insert(handle, session);
        }
    }

    pub(super) fn remove(&self, handle: CK_SESSION_HANDLE) -> Option<Arc<Session>> {
        self.shard(handle)?.write().remove(&handle)
    }

    /// Those that are open now.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        self.0.iter().flat_map(|shard| shard.0.read().values().cloned().collect::<Vec<_>>()).collect()
    }

    /// Removes those that a rule names, and gives them.
    pub(super) fn remove_where(&self, gone: impl Fn(&Session) -> bool) -> Vec<Arc<Session>> {
        let mut removed = Vec::new();
        for shard in &self.0 {
            shard.0.write().retain(|_, session| {
                let stays = !gone(session);
                if !stays {
                    removed.push(session.clone());
                }
                stays
            });
        }
        removed
    }

    /// There is one for every handle.
    fn shard(&self, handle: CK_SESSION_HANDLE) -> Option<&RwLock<BTreeMap<CK_SESSION_HANDLE, Arc<Session>>>> {
        self.0.get(handle as usize % self.0.len()).map(|shard| &shard.0)
    }
}
