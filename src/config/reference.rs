//! All keys and variables at a glance: the table in docs/configuration.md, which tests/config.rs writes and holds against this.

use super::{DEFAULT_INTERFACE, TOKEN, environment, import, limits, mechanisms, protection, store, token};
use crate::mech::offer::{DEFAULT, POLICIES};
use crate::pin::Policy;
use crate::seal::Cost;
use crate::token::Limits;

/// One line: where it stands, its name, its value, its default.
type Line = (&'static str, &'static str, String, String);

/// The table, in Markdown.
pub fn reference() -> String {
    let mut page = String::from("| in | key | value | default |\n|---|---|---|---|\n");
    for (place, key, value, default) in lines() {
        page += &format!("| {place} | `{key}` | {value} | {default} |\n");
    }
    page
}

fn lines() -> Vec<Line> {
    let (pins, most, usual, cost) = (Policy::default(), Limits::MOST, Limits::default(), Cost::default());
    let number = |from: u64, to: u64, default: u64| (format!("{from} to {to}"), default.to_string());
    let text = |value: &str, default: &str| (value.to_owned(), default.to_owned());
    let none = |value: &str| text(value, "none");
    let policies = POLICIES.map(|name| format!("`\"{name}\"`")).join(", ");
    let describe = |key: &str| match key {
        environment::FILE => text("a file", "see above"),
        environment::DIRECTORY | store::DIRECTORY => none("a directory"),
        environment::LOG => none("a level"),
        environment::LOG_FILE => text("a file", "standard error"),
        DEFAULT_INTERFACE => text("`\"3.2\"`, `\"3.0\"`, `\"2.40\"`", "`\"3.2\"`"),
        protection::CORE_DUMPS => text("`true`, `false`", "`true`"),
        protection::LOCK_MEMORY | store::SHARED | import::EXTRACTABLE => text("`true`, `false`", "`false`"),
        store::MEMORY => number(8, Cost::MOST.memory.into(), cost.memory.into()),
        store::PASSES => number(1, Cost::MOST.passes.into(), cost.passes.into()),
        token::SLOT => text("0 to 2147483647", "its position"),
        token::PIN_MIN => number(1, token::LONGEST_PIN, pins.min_len as u64),
        token::PIN_MAX => number(1, token::LONGEST_PIN, pins.max_len as u64),
        token::PIN_TRIES => number(1, token::MOST_TRIES, pins.tries.into()),
        mechanisms::POLICY => (policies.clone(), format!("`\"{}\"`", POLICIES.get(DEFAULT).unwrap_or(&"default"))),
        mechanisms::ALLOW => text("mechanisms", "all"),
        mechanisms::DENY => none("mechanisms"),
        token::WRAPPING_KEYS => text("`\"separate\"`, `\"any-use\"`", "`\"separate\"`"),
        limits::SESSIONS => number(1, most.sessions as u64, usual.sessions as u64),
        limits::OBJECTS => number(1, most.objects as u64, usual.objects as u64),
        limits::OBJECT_BYTES => number(1, most.object_bytes as u64, usual.object_bytes as u64),
        token::IMPORT => none("files"),
        import::TYPE => text("`\"generic\"`, `\"aes\"`", "`\"generic\"`"),
        import::FILE => text("a file", "must be given"),
        import::ID => text("hexadecimal", "empty"),
        key if key.ends_with("-file") => none("a file"),
        _ => none("a string"),
    };
    let tables: [(&'static str, &'static [&'static str]); 5] = [
        ("environment", &super::VARIABLES),
        ("–", super::ROOT),
        ("`[store]`", store::KEYS),
        ("`[[token]]`", token::KEYS),
        ("`[[token.secret-key]]`", import::KEYS),
    ];
    let keys = tables.into_iter().flat_map(|(place, keys)| keys.iter().map(move |key| (place, *key)));
    let keys = keys.filter(|(_, key)| ![TOKEN, store::TABLE, token::SECRET_KEY].contains(key));
    keys.map(|(place, key)| {
        let (value, default) = match (place, key) {
            ("`[[token.secret-key]]`", import::LABEL) => text("a string", "the file's name"),
            _ => describe(key),
        };
        (place, key, value, default)
    })
    .collect()
}
