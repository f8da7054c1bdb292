//! The two sides of a step: what a case says of a call, and what the module gives.

use super::value::{self, Family, Value};
use crate::client::Attribute;
use cryptoki_sys::*;
use ferrotoken::names::{Named, Shown};
use std::collections::HashMap;

/// The most room that a case may ask for, in bytes or items.
const MOST_ROOM: CK_ULONG = 1 << 24;

/// An item of an answer: one element of the XML.
pub struct Node {
    /// The element's name; for an attribute its type, without the prefix.
    pub name: String,
    /// `CKA_…`, if it is an attribute.
    pub attribute: Option<CK_ATTRIBUTE_TYPE>,
    /// Its value.
    pub value: Option<Value>,
    /// The length, where that is what was asked for.
    pub length: Option<CK_ULONG>,
    /// What is in it.
    pub children: Vec<Node>,
}

impl Node {
    /// An item with a value.
    pub fn new(name: &str, value: Value) -> Self {
        Self { value: Some(value), ..Self::structure(name, Vec::new()) }
    }

    /// A structure, or a list.
    pub fn structure(name: &str, children: Vec<Node>) -> Self {
        Self { name: name.to_owned(), attribute: None, value: None, length: None, children }
    }

    /// A list or a buffer of which only the length is known.
    pub fn length(name: &str, length: CK_ULONG) -> Self {
        Self { length: Some(length), ..Self::structure(name, Vec::new()) }
    }

    /// An attribute, its length, and its value if there was room.
    pub fn attribute(attribute: CK_ATTRIBUTE_TYPE, length: CK_ULONG, bytes: Option<Vec<u8>>) -> Self {
        let name = Shown::attribute(attribute);
        let value = bytes.map(|bytes| Value::of_attribute(attribute, bytes));
        let name = name.strip_prefix("CKA_").unwrap_or(&name);
        Self { attribute: Some(attribute), value, ..Self::length(name, length) }
    }
}

/// The symbolic identifiers, by their paths: `SlotList.SlotID[0]`.
#[derive(Default)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// Gives one a value.
    pub fn give(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// What a text stands for: itself, or the value that it names.
    pub fn resolve(&self, text: &str) -> Result<String, String> {
        let Some(name) = symbol(text) else { return Ok(text.to_owned()) };
        let missing = || format!("nothing has given {text} a value yet; --set {name}=VALUE does");
        self.0.get(name).cloned().ok_or_else(missing)
    }

    /// Takes in an answer.
    pub fn learn(&mut self, answer: &[Node]) {
        self.learn_in("", answer);
    }

    fn learn_in(&mut self, path: &str, nodes: &[Node]) {
        for (position, node) in nodes.iter().enumerate() {
            let index = nodes.iter().take(position).filter(|other| other.name == node.name).count();
            let plain = format!("{path}{}", node.name);
            let indexed = format!("{plain}[{index}]");
            for name in [Some(&indexed), (index == 0).then_some(&plain)].into_iter().flatten() {
                if let Some(value) = &node.value {
                    self.give(name, &value.to_string());
                }
                if let Some(length) = node.length {
                    self.give(&format!("{name}.length"), &length.to_string());
                }
                self.learn_in(&format!("{name}."), &node.children);
            }
        }
    }
}

/// The name in `${NAME}`.
pub fn symbol(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix('}')
}

/// A call in a case.
pub struct Call<'a> {
    element: roxmltree::Node<'a, 'a>,
    variables: &'a Variables,
}

impl<'a> Call<'a> {
    /// A call, with the values that its symbolic identifiers have now.
    pub fn new(element: roxmltree::Node<'a, 'a>, variables: &'a Variables) -> Self {
        Self { element, variables }
    }

    /// The function's name.
    pub fn function(&self) -> &'a str {
        self.element.tag_name().name()
    }

    /// A number, such as a handle.
    pub fn number(&self, name: &str) -> Result<CK_ULONG, String> {
        self.read(name, value::number)
    }

    /// A boolean.
    pub fn boolean(&self, name: &str) -> Result<bool, String> {
        self.read(name, value::boolean)
    }

    /// Flags.
    pub fn flags(&self, name: &str, names: &[(&str, CK_FLAGS)]) -> Result<CK_FLAGS, String> {
        self.read(name, |text| value::flags(text, names))
    }

    /// A number by its name.
    pub fn named(&self, name: &str, family: Family) -> Result<CK_ULONG, String> {
        self.read(name, |text| match Value::Name(0, family).read_alike(text)? {
            Value::Name(number, _) => Some(number),
            _ => None,
        })
    }

    /// Bytes.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        self.read(name, value::bytes)
    }

    /// Text.
    pub fn text(&self, name: &str) -> Result<Vec<u8>, String> {
        self.read(name, |text| Some(text.as_bytes().to_vec()))
    }

    /// How much room a list or a buffer has; `None` if only the length is asked for.
    pub fn room(&self, name: &str) -> Result<Option<usize>, String> {
        room(&self.child(name)?, self.variables)
    }

    /// A mechanism and its parameter.
    pub fn mechanism(&self) -> Result<(CK_MECHANISM_TYPE, Vec<u8>), String> {
        let inner = Call::new(self.child("Mechanism")?, self.variables);
        let parameter = if inner.child("Parameter").is_ok() { inner.bytes("Parameter")? } else { Vec::new() };
        Ok((inner.named("Type", Family::Mechanism)?, parameter))
    }

    /// A template with values.
    pub fn template(&self) -> Result<Vec<Attribute>, String> {
        let attributes = self.attributes()?.into_iter().map(|(attribute, element)| {
            let text = self.variables.resolve(element.attribute("value").ok_or("an attribute without a value")?)?;
            let value = Value::read_attribute(attribute, &text);
            let value = value.ok_or_else(|| format!("{text} is no value of {}", Shown::attribute(attribute)))?;
            Ok(Attribute::bytes(attribute, &value.to_attribute()))
        });
        attributes.collect()
    }

    /// A template to fill, and the room of each attribute.
    pub fn asked(&self) -> Result<Vec<(CK_ATTRIBUTE_TYPE, Option<usize>)>, String> {
        let attributes = self.attributes()?.into_iter();
        attributes.map(|(attribute, element)| Ok((attribute, room(&element, self.variables)?))).collect()
    }

    fn attributes(&self) -> Result<Vec<(CK_ATTRIBUTE_TYPE, roxmltree::Node<'a, 'a>)>, String> {
        let elements = self.child("Template")?.children().filter(roxmltree::Node::is_element);
        elements.map(|element| Ok((attribute_of(&element)?, element))).collect()
    }

    fn child(&self, name: &str) -> Result<roxmltree::Node<'a, 'a>, String> {
        let mut children = self.element.children();
        children.find(|child| child.has_tag_name(name)).ok_or_else(|| format!("there is no {name} in the call"))
    }

    fn read<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, String> {
        let text = self.child(name)?.attribute("value").ok_or_else(|| format!("{name} has no value"))?;
        let text = self.variables.resolve(text)?;
        read(&text).ok_or_else(|| format!("{text} is no value of {name}"))
    }
}

/// The type of an attribute in a template.
pub fn attribute_of(element: &roxmltree::Node<'_, '_>) -> Result<CK_ATTRIBUTE_TYPE, String> {
    let name = element.attribute("type").ok_or("an attribute without a type")?;
    Named::attribute(name).or_else(|| value::number(name)).ok_or_else(|| format!("there is no attribute {name}"))
}

fn room(element: &roxmltree::Node<'_, '_>, variables: &Variables) -> Result<Option<usize>, String> {
    let Some(text) = element.attribute("length") else { return Ok(None) };
    let text = variables.resolve(text)?;
    let room = value::number(&text).filter(|room| *room <= MOST_ROOM);
    room.map(|room| Some(room as usize)).ok_or_else(|| format!("{text} is no length for a buffer"))
}
