//! `ferrotoken mechanisms`: what a token can do, as its module says.

use crate::client::{Module, Result};
use cryptoki_sys::*;
use ferrotoken::mech::Offer;
use ferrotoken::names::{Shown, functions};
use std::path::Path;

/// Prints the table. Policies are our own library's: of another module nothing is said about them.
pub fn run(library: &Path, own: bool, as_json: bool) -> Result<()> {
    let module = Module::load(library)?;
    let rows = match module.slots()?.first() {
        Some(slot) => module.mechanisms(*slot)?,
        None => Vec::new(),
    };
    let rows: Vec<Row> = rows.iter().map(|(id, info)| Row::new(*id, info, own)).collect();
    if as_json {
        let rows: Vec<String> = rows.iter().map(Row::json).collect();
        println!("[\n{}\n]", rows.join(",\n"));
    } else {
        println!("{:44} {:>15}  {:40} policies", "mechanism", "key sizes", "functions");
        rows.iter().for_each(|row| println!("{}", row.line()));
    }
    module.finalise()
}

struct Row {
    name: String,
    sizes: (CK_ULONG, CK_ULONG),
    functions: Vec<&'static str>,
    policies: Option<Vec<&'static str>>,
}

impl Row {
    fn new(id: CK_MECHANISM_TYPE, info: &CK_MECHANISM_INFO, own: bool) -> Self {
        Self {
            name: Shown::mechanism(id),
            sizes: (info.ulMinKeySize, info.ulMaxKeySize),
            functions: functions(info.flags),
            policies: own.then(|| Offer::policies_with(id)),
        }
    }

    fn line(&self) -> String {
        let sizes = if self.sizes.1 == 0 { "-".to_owned() } else { format!("{}..{}", self.sizes.0, self.sizes.1) };
        let policies = self.policies.as_ref().map(|policies| policies.join(" ")).unwrap_or_default();
        let line = format!("{:44} {sizes:>15}  {:40} {policies}", self.name, self.functions.join(" "));
        line.trim_end().to_owned()
    }

    /// No name has a character in it that JSON would escape.
    fn json(&self) -> String {
        let list = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let policies = self.policies.as_ref().map(|names| format!(", \"policies\": [{}]", list(names)));
        format!(
            "  {{\"mechanism\": \"{}\", \"min_key_size\": {}, \"max_key_size\": {}, \"functions\": [{}]{}}}",
            self.name,
            self.sizes.0,
            self.sizes.1,
            list(&self.functions),
            policies.unwrap_or_default(),
        )
    }
}
