//! Compares what a module gave with what a case says.
//!
//! "Permitted Test Case Variations" (PKCS#11 Profiles, section 3.1) names what may differ: that is passed over. Beside it
//! the answers in the cases describe the token of those who wrote them: its flags, its limits, its keys. The standard calls
//! these values illustrative, and only a strict judge takes them by the letter; another one notes them.

use super::node::{Node, Variables, attribute_of, symbol};
use super::shown_code;
use super::value::Value;
use cryptoki_sys::CK_RV;

/// Where an answer differs from the case.
pub struct Difference {
    /// Which item.
    pub place: String,
    /// What the case says.
    pub expected: String,
    /// What was given.
    pub given: String,
    /// Whether the case has failed by this.
    pub fatal: bool,
}

/// Judges answers.
pub struct Judge {
    strict: bool,
    varied: usize,
}

/// Items that may differ wherever they are.
const FREE: &[&str] = &["SlotID", "Session", "Object", "Data", "EncryptedData", "RandomData"];

/// Items of `Info`, `SlotInfo` and `TokenInfo` that may differ.
const FREE_INFORMATION: &[&str] = &[
    "LibraryDescription",
    "LibraryVersion",
    "ManufacturerID",
    "SlotDescription",
    "HardwareVersion",
    "FirmwareVersion",
    "serialNumber",
    "label",
    "model",
    "utcTime",
];

/// Attributes that may differ.
const FREE_ATTRIBUTES: &[&str] = &[
    "VALUE",
    "PUBLIC_EXPONENT",
    "PRIVATE_EXPONENT",
    "PRIME_1",
    "PRIME_2",
    "EXPONENT_1",
    "EXPONENT_2",
    "COEFFICIENT",
    "PRIME",
    "SUBPRIME",
    "BASE",
    "EC_POINT",
    "UNIQUE_ID",
];

/// Lists whose entries come in any order, and may be more.
const UNORDERED: &[&str] = &["SlotList", "MechanismList", "InterfaceList"];

/// How an item is compared.
enum Rule {
    Free,
    Illustrative,
    Exact,
}

fn rule(path: &str, node: &Node) -> Rule {
    let name = node.name.as_str();
    let within = |structure: &str| path.split('.').any(|part| part == structure);
    let information = ["Info", "SlotInfo", "TokenInfo"].into_iter().any(within);
    let free = if node.attribute.is_some() { FREE_ATTRIBUTES } else { FREE };
    if free.contains(&name) || (information && FREE_INFORMATION.contains(&name)) {
        Rule::Free
    } else if node.attribute.is_some() || within("TokenInfo") || within("MechanismInfo") || name == "Signature" {
        Rule::Illustrative
    } else {
        Rule::Exact
    }
}

impl Judge {
    /// A judge.
    pub fn new(strict: bool) -> Self {
        Self { strict, varied: 0 }
    }

    /// How many illustrative values were others.
    pub fn varied(&self) -> usize {
        self.varied
    }

    /// Compares an answer: its return code, and then the items that the case names.
    pub fn compare(
        &mut self,
        answer: roxmltree::Node<'_, '_>,
        given: &[Node],
        variables: &Variables,
        (expected, code): (CK_RV, CK_RV),
    ) -> Vec<Difference> {
        if expected != code {
            let (expected, given) = (shown_code(expected), shown_code(code));
            return vec![Difference { place: "the return code".into(), expected, given, fatal: true }];
        }
        let mut found = Comparison { judge: self, variables, differences: Vec::new() };
        found.children(answer, given, "", false);
        found.differences
    }
}

struct Comparison<'a> {
    judge: &'a mut Judge,
    variables: &'a Variables,
    differences: Vec<Difference>,
}

impl Comparison<'_> {
    fn children(&mut self, expected: roxmltree::Node<'_, '_>, given: &[Node], path: &str, unordered: bool) {
        let elements: Vec<_> = expected.children().filter(roxmltree::Node::is_element).collect();
        for (position, element) in elements.iter().enumerate() {
            let name = element.tag_name().name();
            let attribute = attribute_of(element).ok();
            let index = elements.iter().take(position).filter(|other| other.tag_name().name() == name).count();
            let alike = given.iter().filter(|node| node.name == name);
            let node = match attribute {
                Some(attribute) => given.iter().find(|node| node.attribute == Some(attribute)),
                None if unordered => {
                    alike.clone().find(|node| self.says(element, node)).or_else(|| alike.clone().nth(index))
                }
                None => alike.clone().nth(index),
            };
            match node {
                Some(node) => self.node(*element, node, &format!("{path}{}", node.name), index),
                None => self.fail(&format!("{path}{name}[{index}]"), "it is there", "there is none"),
            }
        }
    }

    /// Whether a case's entry says this value.
    fn says(&self, element: &roxmltree::Node<'_, '_>, node: &Node) -> bool {
        let text = element.attribute("value").and_then(|text| self.variables.resolve(text).ok());
        let value = node.value.as_ref();
        value.is_some_and(|value| text.and_then(|text| value.read_alike(&text)).is_some_and(|read| read.equals(value)))
    }

    fn node(&mut self, element: roxmltree::Node<'_, '_>, node: &Node, path: &str, index: usize) {
        let version = || Some(format!("{}.{}", element.attribute("major")?, element.attribute("minor")?));
        let indexed = format!("{path}[{index}]");
        let own = |suffix: &str, text: &str| {
            let named = symbol(text).and_then(|name| name.strip_suffix(suffix));
            named == Some(indexed.as_str()) || (index == 0 && named == Some(path))
        };
        if let Some(text) = element.attribute("value").map(str::to_owned).or_else(version).filter(|text| !own("", text))
        {
            self.item(&text, node.value.as_ref(), node, path);
        }
        if let Some(text) = element.attribute("length").filter(|text| !own(".length", text)) {
            let length = node.length.map(Value::Number);
            self.item(text, length.as_ref(), node, &format!("{path}, the length"));
        }
        self.children(element, &node.children, &format!("{path}."), UNORDERED.contains(&node.name.as_str()));
    }

    fn item(&mut self, text: &str, given: Option<&Value>, node: &Node, path: &str) {
        let Some(given) = given else { return self.fail(path, text, "nothing") };
        let text = match self.variables.resolve(text) {
            Ok(text) => text,
            Err(what) => return self.fail(path, &what, &given.to_string()),
        };
        if given.read_alike(&text).is_some_and(|expected| expected.equals(given)) {
            return;
        }
        let fatal = match rule(path, node) {
            Rule::Free => return,
            Rule::Illustrative => self.judge.strict,
            Rule::Exact => true,
        };
        self.judge.varied += usize::from(!fatal);
        self.differences.push(Difference { place: path.to_owned(), expected: text, given: given.to_string(), fatal });
    }

    fn fail(&mut self, place: &str, expected: &str, given: &str) {
        let (place, expected, given) = (place.to_owned(), expected.to_owned(), given.to_owned());
        self.differences.push(Difference { place, expected, given, fatal: true });
    }
}
