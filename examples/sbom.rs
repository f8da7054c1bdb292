//! Writes a bill of materials in the form of CycloneDX 1.5: every crate that is in the library and the tool, with its version, licence
//! and hash, and what needs what. `cargo run --locked --example sbom > ferrotoken.cdx.json`

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::error::Error;
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let arguments = ["metadata", "--locked", "--format-version", "1", "--manifest-path", manifest];
    let output = Command::new(cargo).args(arguments).args(["--filter-platform", &target]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let hashes = hashes();
    let needs = needs(&metadata);
    let root = text(&metadata["resolve"]["root"]);
    let packages = list(&metadata["packages"]).iter();
    let packages: BTreeMap<&str, &Value> = packages.map(|package| (text(&package["id"]), package)).collect();
    let components: Vec<Value> =
        needs.keys().filter(|id| **id != root).map(|id| component(packages[id], &hashes, "library")).collect();
    let purls = |ids: &BTreeSet<&str>| ids.iter().map(|id| purl(packages[id])).collect::<Vec<_>>();
    let dependencies: Vec<Value> =
        needs.iter().map(|(id, on)| json!({ "ref": purl(packages[id]), "dependsOn": purls(on) })).collect();
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component(packages[root], &hashes, "application") },
        "components": components,
        "dependencies": dependencies,
    });
    println!("{}", serde_json::to_string_pretty(&bill)?);
    Ok(())
}

/// What is needed from the root on, and by what: at run time and while building, but not for tests.
fn needs(metadata: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let (mut found, mut open) = (BTreeMap::new(), VecDeque::from([text(&metadata["resolve"]["root"])]));
    while let Some(id) = open.pop_front() {
        if found.contains_key(id) {
            continue;
        }
        let shipped = |need: &&Value| list(&need["dep_kinds"]).iter().any(|kind| kind["kind"].as_str() != Some("dev"));
        let on: BTreeSet<&str> =
            list(&nodes[id]["deps"]).iter().filter(shipped).map(|need| text(&need["pkg"])).collect();
        open.extend(&on);
        found.insert(id, on);
    }
    found
}

fn component(package: &Value, hashes: &BTreeMap<(String, String), String>, kind: &str) -> Value {
    let (name, version) = (text(&package["name"]), text(&package["version"]));
    let mut component = json!({
        "type": kind,
        "bom-ref": purl(package),
        "name": name,
        "version": version,
        "purl": purl(package),
        "licenses": [{ "expression": text(&package["license"]).replace('/', " OR ") }],
    });
    if let Some(hash) = hashes.get(&(name.to_owned(), version.to_owned())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
    }
    component
}

/// The hashes in Cargo.lock, by name and version.
fn hashes() -> BTreeMap<(String, String), String> {
    let packages = include_str!("../Cargo.lock").split("[[package]]").skip(1);
    let with_hash = packages.filter_map(|package| {
        let mut lines = package.lines();
        let mut field = |key: &str| {
            let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
            Some(value.trim_matches('"').to_owned())
        };
        Some(((field("name")?, field("version")?), field("checksum")?))
    });
    with_hash.collect()
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(&package["name"]), text(&package["version"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
