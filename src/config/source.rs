//! A configuration file: its text, its tables, and its values by kind.
//!
//! The tables are walked by hand: what a deserialiser says of a value of the wrong kind quotes the value, and here
//! it may be a PIN.

use super::{Place, Problem};
use crate::log::{self, Level};
use crate::rights;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::{Zeroize, Zeroizing};

/// The longest file that is read, in bytes: a hundred times what anybody writes.
const LONGEST: u64 = 1 << 20;

/// Reads a file that may hold secrets: no copy of them stays behind.
pub(crate) fn read_secret(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let expected = file.metadata()?.len().min(LONGEST) as usize;
    // With room for all of it, and for the byte that tells the end, the buffer never moves.
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected + 64));
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than a megabyte"));
    }
    Ok(bytes)
}

/// Notes in the log that a file with secrets in it can be read by others.
pub(crate) fn warn_if_shared(path: &Path) {
    if log::enabled(Level::Warn) && rights::of_others(path).is_some() {
        let path = path.display();
        log::write(Level::Warn, format_args!("{path} holds secrets, and others may read it: chmod 600 {path}"));
    }
}

/// The text of a configuration file.
pub(super) struct Source {
    path: Arc<Path>,
    text: Zeroizing<String>,
}

impl Source {
    /// Reads the file that a variable names.
    pub(super) fn read(path: &Path, variable: &str) -> Result<Self, Problem> {
        let mut bytes = read_secret(path).map_err(|error| {
            Place::File(path.into())
                .problem(format!("cannot be read: {error}"), format!("Correct {variable}, which names it, or unset it"))
        })?;
        let path = Arc::from(path);
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(Self { path, text: Zeroizing::new(text) }),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let bytes = Zeroizing::new(error.into_bytes());
                let line = line_of(&bytes, good);
                Err(Place::Line(path, line).problem("the text is not UTF-8", "Save the file in UTF-8"))
            }
        }
    }

    /// The tables.
    pub(super) fn parse(&self) -> Result<Document<'_>, Problem> {
        let root = DeTable::parse(&self.text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            self.at(start).problem(
                format!("this is not TOML: {}", error.message()),
                "Correct the line; docs/configuration.md has examples",
            )
        })?;
        Ok(Document { source: self, root })
    }

    fn at(&self, offset: usize) -> Spot<'_> {
        Spot { source: self, offset }
    }
}

/// The number of the line in which an offset lies, counted from one.
pub(crate) fn line_of(text: &[u8], offset: usize) -> usize {
    1 + text.iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// A parsed file. The strings that the parser had to copy are cleared when it is dropped.
pub(super) struct Document<'a> {
    source: &'a Source,
    root: Spanned<DeTable<'a>>,
}

impl Document<'_> {
    /// What stands outside all tables, and the tables in it.
    pub(super) fn root(&self, known: &'static [&'static str]) -> Result<Section<'_>, Problem> {
        Section::new(self.root.get_ref(), self.source.at(0), known)
    }
}

impl Drop for Document<'_> {
    fn drop(&mut self) {
        wipe_table(self.root.get_mut());
    }
}

fn wipe_table(table: &mut DeTable<'_>) {
    table.iter_mut().for_each(|(_, value)| wipe(value.get_mut()));
}

fn wipe(value: &mut DeValue<'_>) {
    match value {
        DeValue::String(Cow::Owned(text)) => text.zeroize(),
        DeValue::Array(items) => items.iter_mut().for_each(|item| wipe(item.get_mut())),
        DeValue::Table(table) => wipe_table(table),
        _ => {}
    }
}

/// A spot in a file. Which line that is, is counted only if somebody asks.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    source: &'a Source,
    offset: usize,
}

impl Spot<'_> {
    pub(super) fn place(self) -> Place {
        Place::Line(self.source.path.clone(), line_of(self.source.text.as_bytes(), self.offset))
    }

    pub(super) fn problem(self, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.place().problem(what, remedy)
    }

    /// A path that stands here: relative to the file.
    pub(super) fn resolve(self, path: &str) -> PathBuf {
        self.source.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

/// A value and where it stands.
pub(super) struct Placed<'a, T> {
    pub(super) value: T,
    pub(super) spot: Spot<'a>,
}

/// One table, with no key in it that is not known.
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    /// Where its header stands.
    pub(super) spot: Spot<'a>,
}

impl<'a> Section<'a> {
    fn new(table: &'a DeTable<'a>, spot: Spot<'a>, known: &'static [&'static str]) -> Result<Self, Problem> {
        let unknown = table.keys().filter(|key| !known.contains(&&**key.get_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(Self { table, spot }) };
        let plain = |name: &str| name.replace(['-', '_'], "").to_lowercase();
        let remedy = match known.iter().find(|known| plain(known) == plain(key.get_ref())) {
            Some(meant) => format!("Write {meant}"),
            None => format!("The keys that may stand here are {}", known.join(", ")),
        };
        Err(spot.source.at(key.span().start).problem(format!("there is no key {:?}", key.get_ref()), remedy))
    }

    /// A string.
    pub(super) fn string(&self, key: &str) -> Result<Option<Placed<'a, &'a str>>, Problem> {
        self.value(key).map(|value| self.as_string(value, key, &format!("{key} = \"…\""))).transpose()
    }

    /// The strings of a list, and nothing if the key is absent.
    pub(super) fn strings(&self, key: &str) -> Result<Vec<Placed<'a, &'a str>>, Problem> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let example = format!("{key} = [\"…\", \"…\"]");
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.as_string(item, key, &example)).collect(),
            _ => {
                let remedy = format!("Write it in brackets: {example}");
                Err(self.spot_of(value).problem(format!("{key} is not a list"), remedy))
            }
        }
    }

    /// A whole number within limits.
    pub(super) fn number(&self, key: &str, limits: RangeInclusive<u64>) -> Result<Option<Placed<'a, u64>>, Problem> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let spot = self.spot_of(value);
        let number = match value.get_ref() {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        match number.filter(|number| limits.contains(number)) {
            Some(value) => Ok(Some(Placed { value, spot })),
            None => Err(spot.problem(
                format!("{key} is not a whole number from {} to {}", limits.start(), limits.end()),
                format!("Write one without quotes, for example: {key} = {}", limits.start()),
            )),
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>, Problem> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Boolean(value) => Ok(Some(*value)),
            _ => Err(self.spot_of(value).problem(
                format!("{key} is neither true nor false"),
                format!("Write one of the two without quotes, for example: {key} = true"),
            )),
        }
    }

    /// One table, if it is there.
    pub(super) fn table(&self, name: &str, known: &'static [&'static str]) -> Result<Option<Section<'a>>, Problem> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Table(table) => Section::new(table, self.spot_of(value), known).map(Some),
            _ => Err(self
                .spot_of(value)
                .problem(format!("{name} is not a table"), format!("Begin it with a line [{name}]"))),
        }
    }

    /// The tables of a list of tables, and nothing if there are none. The list has the full name by which a header calls
    /// it: `token.secret-key` within `token`.
    pub(super) fn tables(&self, name: &str, known: &'static [&'static str]) -> Result<Vec<Section<'a>>, Problem> {
        let key = name.rsplit('.').next().unwrap_or(name);
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let wrong = |value| {
            let remedy = format!("Begin each with a line [[{name}]], in double brackets");
            self.spot_of(value).problem(format!("{key} is not a list of tables"), remedy)
        };
        let DeValue::Array(items) = value.get_ref() else { return Err(wrong(value)) };
        items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Table(table) => Section::new(table, self.spot_of(item), known),
                _ => Err(wrong(item)),
            })
            .collect()
    }

    /// Where a key stands; the table, if it does not.
    pub(super) fn spot_of_key(&self, key: &str) -> Place {
        self.value(key).map_or(self.spot, |value| self.spot_of(value)).place()
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    fn as_string(
        &self,
        value: &'a Spanned<DeValue<'a>>,
        key: &str,
        example: &str,
    ) -> Result<Placed<'a, &'a str>, Problem> {
        let spot = self.spot_of(value);
        match value.get_ref() {
            DeValue::String(text) => Ok(Placed { value: text, spot }),
            _ => Err(spot.problem(format!("{key} is not a string"), format!("Write it in quotes: {example}"))),
        }
    }

    fn spot_of(&self, value: &Spanned<DeValue<'_>>) -> Spot<'a> {
        self.spot.source.at(value.span().start)
    }
}
