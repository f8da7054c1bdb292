//! Objects: their attributes, the rules for making and changing them, and the search for them.

pub mod template;
