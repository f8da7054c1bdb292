//! There are no backups of tokens in memory, and this program was built without any others.

use crate::Result;
use crate::cli::Cli;
use crate::client::Module;
use crate::pin::Source;
use cryptoki_sys::CK_SLOT_ID;
use ferrotoken::config::StoreConfig;
use std::path::Path;

const WHY: &str = "this program was built without its feature `store`, and knows tokens in memory only";

pub fn write(_: &Cli, _: &Module, _: &Path, _: Option<&Source>) -> Result<()> {
    Err(WHY.into())
}

pub fn restore(_: &Cli, _: &Path, _: Option<&Source>) -> Result<()> {
    Err(WHY.into())
}

pub fn examine(_: &StoreConfig, _: CK_SLOT_ID) -> Result<()> {
    Err(WHY.into())
}
