//! `ferrotoken profile-test MODULE CASE.xml`: runs a test case of the standard's profiles on a module.
//!
//! A case is a list of calls, each with the answer that a module gives ("PKCS#11 XML Representation" in PKCS#11 Profiles).
//! A call is made, and what comes back compared with the answer, item by item. What may vary is in `compare.rs`.

mod compare;
mod node;
mod steps;
mod value;

use crate::client::{Failure, Module};
use compare::{Difference, Judge};
use cryptoki_sys::{CK_RV, CK_SLOT_ID, CKR_OK};
use ferrotoken::names::{Named, Shown};
use node::{Call, Node, Variables};
use std::io;
use std::path::PathBuf;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file.
    #[error("cannot read {0}: {1}")]
    File(String, io::Error),
    /// Its XML.
    #[error("{0} is not XML: {1}")]
    Xml(String, roxmltree::Error),
    /// What it says.
    #[error("{0}, line {1}: {2}")]
    Case(String, u32, String),
    /// The module.
    #[error(transparent)]
    Module(#[from] Failure),
    /// The module does not do what the case says.
    #[error("{0}: failed in step {1}")]
    Failed(String, usize),
    /// Wrong arguments.
    #[error("{0}")]
    Usage(String),
}

/// What is asked for.
pub struct Options {
    module: PathBuf,
    case: PathBuf,
    variables: Variables,
    slot: Option<CK_SLOT_ID>,
    strict: bool,
}

impl Options {
    /// The words behind `profile-test`.
    pub fn read(words: &[&str]) -> Result<Self, Error> {
        let mut paths = Vec::new();
        let mut options = Self {
            module: PathBuf::new(),
            case: PathBuf::new(),
            variables: Variables::default(),
            slot: None,
            strict: false,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Error::Usage(format!("{word} needs a value")));
            match *word {
                "--strict" => options.strict = true,
                "--slot" => {
                    let slot = value::number(value()?);
                    options.slot = Some(slot.ok_or_else(|| Error::Usage("--slot needs a number".into()))?);
                }
                "--pin" => options.variables.give("Pin", value()?),
                "--set" => {
                    let value = value()?;
                    let (name, value) = value
                        .split_once('=')
                        .ok_or_else(|| Error::Usage(format!("--set {value}: write NAME=VALUE")))?;
                    options.variables.give(name, value);
                }
                word if word.starts_with('-') => return Err(Error::Usage(format!("there is no option {word}"))),
                path => paths.push(PathBuf::from(path)),
            }
        }
        let [module, case] = <[PathBuf; 2]>::try_from(paths)
            .map_err(|_| Error::Usage("profile-test needs a MODULE and a CASE.xml".into()))?;
        Ok(Self { module, case, ..options })
    }
}

/// Runs a case.
pub fn run(options: Options) -> Result<(), Error> {
    let Options { module, case, mut variables, slot, strict } = options;
    let name = case.display().to_string();
    let text = std::fs::read_to_string(&case).map_err(|error| Error::File(name.clone(), error))?;
    let document = roxmltree::Document::parse(&text).map_err(|error| Error::Xml(name.clone(), error))?;
    let wrong = |node: &roxmltree::Node<'_, '_>, what: String| {
        let line = document.text_pos_at(node.range().start).row;
        Error::Case(name.clone(), line, what)
    };
    let pairs = pairs(document.root_element()).map_err(|(node, what)| wrong(&node, what))?;
    let module = Module::open(&module)?;
    let runner = steps::Runner::new(module.calls(), slot);
    let mut judge = Judge::new(strict);
    for (index, (call, answer)) in pairs.iter().enumerate() {
        let step = index + 1;
        let function = call.tag_name().name();
        let (code, given) =
            runner.run(&Call::new(*call, &variables)).map_err(|what| wrong(call, format!("{function}: {what}")))?;
        variables.learn(&given);
        let expected = return_code(answer).map_err(|what| wrong(answer, what))?;
        let differences = judge.compare(*answer, &given, &variables, (expected, code));
        report(step, function, &differences);
        if differences.iter().any(|difference| difference.fatal) {
            // Whatever the module thinks of it: nothing comes after this.
            runner.finish();
            return Err(Error::Failed(name, step));
        }
    }
    let others = match judge.varied() {
        0 => String::new(),
        count => format!("; values of the module's own: {count}"),
    };
    println!("{name}: passed, {} steps{others}", pairs.len());
    Ok(())
}

type Xml<'a> = roxmltree::Node<'a, 'a>;

/// The calls and their answers.
fn pairs<'a>(root: Xml<'a>) -> Result<Vec<(Xml<'a>, Xml<'a>)>, (Xml<'a>, String)> {
    if root.tag_name().name() != "PKCS11" {
        return Err((root, "the root element is not PKCS11".into()));
    }
    let mut pairs = Vec::new();
    let mut elements = root.children().filter(Xml::is_element);
    while let Some(call) = elements.next() {
        let function = call.tag_name().name();
        match elements.next() {
            _ if call.has_attribute("rv") => return Err((call, format!("an answer of {function} without a call"))),
            Some(answer) if answer.tag_name().name() == function && answer.has_attribute("rv") => {
                pairs.push((call, answer));
            }
            _ => return Err((call, format!("no answer of {function} follows its call"))),
        }
    }
    if pairs.is_empty() { Err((root, "there is no call in it".into())) } else { Ok(pairs) }
}

fn return_code(answer: &Xml<'_>) -> Result<CK_RV, String> {
    let name = answer.attribute("rv").unwrap_or_default();
    Named::return_code(name).or_else(|| value::number(name)).ok_or_else(|| format!("there is no return code {name}"))
}

fn report(step: usize, function: &str, differences: &[Difference]) {
    let failed = differences.iter().any(|difference| difference.fatal);
    println!("{step:3} {function:28} {}", if failed { "FAILED" } else { "ok" });
    for Difference { place, expected, given, fatal } in differences {
        let mark = if *fatal { "!" } else { "~" };
        println!("      {mark} {place}");
        println!("          in the case: {expected}");
        println!("          given:       {given}");
    }
}

/// A return code as a case writes it.
fn shown_code(code: CK_RV) -> String {
    let name = Shown::return_code(code);
    name.strip_prefix("CKR_").unwrap_or(&name).to_owned()
}

/// An answer with nothing in it.
fn nothing(code: CK_RV) -> (CK_RV, Vec<Node>) {
    (code, Vec::new())
}

/// What was given, if all went well.
fn given(code: CK_RV, nodes: impl FnOnce() -> Vec<Node>) -> (CK_RV, Vec<Node>) {
    (code, if code == CKR_OK { nodes() } else { Vec::new() })
}
