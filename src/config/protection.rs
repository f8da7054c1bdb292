//! What of the process's memory is to be kept where.

use super::source::Section;
use super::{Place, Problem};

pub(super) const CORE_DUMPS: &str = "core-dumps";
pub(super) const LOCK_MEMORY: &str = "lock-memory";

/// What the configuration asks for, each with the place where it does.
#[derive(Default)]
pub struct Protection {
    /// The process is to leave no core dumps.
    pub no_core_dumps: Option<Place>,
    /// Its memory is to stay out of swap.
    pub lock_memory: Option<Place>,
}

impl Protection {
    pub(super) fn read(root: &Section<'_>) -> Result<Self, Problem> {
        let asked = |key, unless| -> Result<Option<Place>, Problem> {
            let given = root.boolean(key)?.is_some_and(|given| given != unless);
            Ok(given.then(|| root.spot_of_key(key)))
        };
        Ok(Self { no_core_dumps: asked(CORE_DUMPS, true)?, lock_memory: asked(LOCK_MEMORY, false)? })
    }
}
