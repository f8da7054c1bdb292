//! A token that is a folder of files, one for each object.

use super::Found;
use super::record::{Layout, Reader, Record};
use crate::Result;
use std::fs;
use std::path::Path;
use zeroize::Zeroizing;

/// The token's own record.
pub const TOKEN: &str = "token.object";

/// The token's own record, and its objects.
pub fn read(folder: &Path) -> Result<(Record, Vec<Found>)> {
    let own = record(&folder.join(TOKEN))?;
    let mut names: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    names.retain(|path| path.extension().is_some_and(|extension| extension == "object") && !path.ends_with(TOKEN));
    names.sort();
    let found = |path: &std::path::PathBuf| {
        let place = path.file_name().unwrap_or_default().display().to_string();
        Found { place, record: record(path) }
    };
    Ok((own, names.iter().map(found).collect()))
}

/// A generation, and attributes to the end.
fn record(path: &Path) -> std::result::Result<Record, String> {
    let content = fs::read(path).map(Zeroizing::new);
    let content = content.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut reader = Reader::new(&content, Layout::File);
    let mut attributes = || {
        reader.number()?;
        let mut record = Record::new();
        while !reader.is_at_end() {
            let (attribute, value) = reader.attribute()?;
            record.insert(attribute, value);
        }
        Some(record)
    };
    attributes().ok_or_else(|| format!("{} is damaged", path.display()))
}
