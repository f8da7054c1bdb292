//! The rules of the attribute table (stub).
use super::template::{Attributes, Template, Value};
use crate::error::Result;
use crate::mech::{Contribution, Mechanism};
use cryptoki_sys::*;

/// By which function an object comes to be.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Origin {
    Create,
    Generate,
    Unwrap,
    Derive,
}
/// What changes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Change {
    Set,
    Copy,
}
/// History.
#[derive(Clone, Copy)]
pub struct History;
impl History {
    /// Of a key.
    pub fn of(_: &Attributes) -> Self {
        Self
    }
}
/// What is asked for.
pub struct Request {
    /// SO.
    pub so: bool,
    /// Base.
    pub base: Option<History>,
}
impl Request {
    /// New.
    pub fn new(_: Origin) -> Self {
        todo!()
    }
    /// Class.
    pub fn class(self, _: CK_OBJECT_CLASS) -> Self {
        self
    }
    /// Mechanism.
    pub fn mechanism(self, _: &Mechanism) -> Self {
        self
    }
}
/// A draft.
pub struct Draft {
    attributes: Attributes,
}
impl Draft {
    /// Begin.
    pub fn begin(_: Request, _: &Template) -> Result<Self> {
        todo!()
    }
    /// Attributes.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }
    /// Finish.
    pub fn finish(self, _: Contribution) -> Result<Attributes> {
        todo!()
    }
}
/// Change.
pub fn change(_: &Attributes, _: &Template, _: Change, _so: bool) -> Result<Attributes> {
    todo!()
}
/// Satisfies.
pub fn satisfies(_: &Attributes, _: &Template) -> bool {
    todo!()
}
/// Template.
pub fn with_key_template(_: &Attributes, _: CK_ATTRIBUTE_TYPE, _: &Template) -> Result<Template> {
    todo!()
}
/// Reveal.
pub fn reveal(_: &Attributes, _: CK_ATTRIBUTE_TYPE) -> Result<&Value> {
    todo!()
}
