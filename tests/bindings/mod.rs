//! What is generated from the bindings of `cryptoki-sys`, and how a generated file is compared with the checked-in one.
#![allow(dead_code)] // Each test uses a part.

pub mod c_header;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The bindings as Rust source: those for 64-bit Linux, which differ from the others in the layout of structures only.
pub fn source() -> syn::File {
    syn::parse_file(&text()).expect("bindgen writes Rust")
}

fn text() -> String {
    let path = cryptoki_sys().join("src/bindings/x86_64-unknown-linux-gnu.rs");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A numeric constant of the bindings.
pub struct Constant {
    pub name: String,
    pub kind: String,
    pub value: u64,
}

/// Every numeric constant, in the bindings' order.
pub fn constants(source: &syn::File) -> Vec<Constant> {
    source.items.iter().filter_map(constant).collect()
}

fn constant(item: &syn::Item) -> Option<Constant> {
    let syn::Item::Const(item) = item else { return None };
    let syn::Type::Path(kind) = &*item.ty else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(value), .. }) = &*item.expr else { return None };
    Some(Constant {
        name: item.ident.to_string(),
        kind: kind.path.require_ident().expect("a plain type").to_string(),
        value: value.base10_parse().expect("bindgen writes numbers that fit"),
    })
}

/// Where cargo keeps the source of `cryptoki-sys`.
fn cryptoki_sys() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        // For this platform only: what other platforms need may not have been fetched.
        .args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--locked",
            "--filter-platform=host-tuple",
            "--manifest-path",
        ])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    // The paths are all that is wanted of the JSON; that is not worth a parser.
    let metadata = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let manifests = metadata.split(r#""manifest_path":""#).skip(1).filter_map(|rest| rest.split('"').next());
    let mut folders = manifests.filter_map(|path| Path::new(&path.replace(r"\\", r"\")).parent().map(Path::to_owned));
    let found = folders.find(|folder| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == "cryptoki-sys" || name.starts_with("cryptoki-sys-")
    });
    found.expect("cargo metadata names cryptoki-sys")
}

/// Compares what was generated with the checked-in file; writes it if FERROTOKEN_BLESS is set.
pub fn compare(path: &str, generated: &str) {
    let file = root().join(path);
    if env::var_os("FERROTOKEN_BLESS").is_some() {
        fs::write(&file, generated).expect("the working tree can be written");
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let differs = found.lines().zip(generated.lines()).position(|(found, generated)| found != generated);
    assert!(
        found == generated,
        "{path} is not what the bindings give (first at line {}); FERROTOKEN_BLESS=1 cargo test writes it",
        differs.map_or(found.lines().count().min(generated.lines().count()), |line| line) + 1,
    );
}

/// The top of the working tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The layout of structures that rustc checks when it compiles the bindings: sizes by `STRUCTURE` and offsets by
/// `STRUCTURE::member`, the members by their names in C.
pub fn layout() -> Vec<(String, u64)> {
    // ["Size of CK_DATE"][::std::mem::size_of::<CK_DATE>() - 8usize];
    // ["Offset of field: CK_DATE::month"][::std::mem::offset_of!(CK_DATE, month) - 4usize];
    let stated = |line: &str| {
        let (name, rest) = line.split_once('"')?;
        let name = name.strip_prefix("Size of ").or_else(|| name.strip_prefix("Offset of field: "))?;
        let number = rest.split_once(" - ")?.1.split_once("usize]")?.0;
        Some((name.trim_end_matches('_').to_owned(), number.parse().ok()?))
    };
    text().split("[\"").filter_map(stated).collect()
}
