//! How much a token takes: sessions, objects, the size of one.

use super::Problem;
use super::source::Section;
use crate::token::Limits;

pub(super) const SESSIONS: &str = "max-sessions";
pub(super) const OBJECTS: &str = "max-objects";
pub(super) const OBJECT_BYTES: &str = "max-object-bytes";

/// Reads the keys of one token.
pub(super) fn read(section: &Section<'_>) -> Result<Limits, Problem> {
    let (usual, most) = (Limits::default(), Limits::MOST);
    let number = |key, usual, most| -> Result<usize, Problem> {
        Ok(section.number(key, 1..=most as u64)?.map_or(usual, |given| given.value as usize))
    };
    Ok(Limits {
        sessions: number(SESSIONS, usual.sessions, most.sessions)?,
        objects: number(OBJECTS, usual.objects, most.objects)?,
        object_bytes: number(OBJECT_BYTES, usual.object_bytes, most.object_bytes)?,
    })
}
