//! The rules of objects, through the C interface.

#[path = "../common/mod.rs"]
mod common;
#[path = "../groups/mod.rs"]
mod groups;

mod access;
mod attacks;
mod built_in;
mod certificates;
mod changing;
mod creating;
mod footnotes;
mod history;
mod key_templates;
mod making;
mod model;
mod public_crc;
mod reading;
mod searching;
mod standard;
mod strict;
mod template_attributes;
mod wrappers;
