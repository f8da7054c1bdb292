//! How much a token takes, as the configuration says.

/// What a token takes at most.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Open sessions of one application: more are `SessionCount`.
    pub sessions: usize,
    /// Objects, those of sessions included: more are `DeviceMemory`.
    pub objects: usize,
    /// The bytes of an object's values: more are `DeviceMemory`.
    pub object_bytes: usize,
}

impl Limits {
    /// The most that may be configured: what a template holds is bounded in any case.
    pub const MOST: Self = Self { sessions: 1 << 24, objects: 1 << 24, object_bytes: 64 << 20 };
}

impl Default for Limits {
    /// More than anybody has, and less than would make a program that forgets to close and to destroy fill the machine's memory.
    fn default() -> Self {
        Self { sessions: 65_536, objects: 1_000_000, object_bytes: 64 << 20 }
    }
}
