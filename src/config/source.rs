//! A configuration file: its text, its tables, and its values by kind.
//!
//! The tables are walked by hand: what a deserialiser says of a value of the wrong kind quotes the value, and here
//! it may be a PIN.

use super::{Place, Problem};
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
pub fn read_secret(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
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
            self.place(start).problem(
                format!("this is not TOML: {}", error.message()),
                "Correct the line; docs/configuration.md has examples",
            )
        })?;
        Ok(Document { source: self, root })
    }

    /// A path as the file gives it: relative to the file.
    fn resolve(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    fn place(&self, offset: usize) -> Place {
        Place::Line(self.path.clone(), line_of(self.text.as_bytes(), offset))
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
        Section::new(self.source, self.root.get_ref(), 0, known)
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

/// A value and where it stands.
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

impl<T> Placed<T> {
    pub(super) fn problem(&self, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.place.problem(what, remedy)
    }
}

/// One table, with no key in it that is not known.
pub(super) struct Section<'a> {
    source: &'a Source,
    table: &'a DeTable<'a>,
    /// Where its header stands.
    pub(super) place: Place,
}

impl<'a> Section<'a> {
    fn new(
        source: &'a Source,
        table: &'a DeTable<'a>,
        start: usize,
        known: &'static [&'static str],
    ) -> Result<Self, Problem> {
        let unknown = table.keys().filter(|key| !known.contains(&&**key.get_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(Self { source, table, place: source.place(start) }),
            Some(key) => {
                let name = key.get_ref();
                let like =
                    known.iter().find(|known| known.replace('-', "") == name.replace(['-', '_'], "").to_lowercase());
                let remedy = match like {
                    Some(like) => format!("Write {like:?}"),
                    None => format!("The keys that may stand here are {}", known.join(", ")),
                };
                Err(source.place(key.span().start).problem(format!("unknown key {name:?}"), remedy))
            }
        }
    }

    /// A string.
    pub(super) fn string(&self, key: &str) -> Result<Option<Placed<&'a str>>, Problem> {
        self.value(key).map(|value| self.as_string(value, key, &format!("{key} = \"…\""))).transpose()
    }

    /// The strings of a list, and nothing if the key is absent.
    pub(super) fn strings(&self, key: &str) -> Result<Vec<Placed<&'a str>>, Problem> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let example = format!("{key} = [\"…\", \"…\"]");
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.as_string(item, key, &example)).collect(),
            _ => Err(self
                .place_of(value)
                .problem(format!("{key} is not a list"), format!("Write it in brackets: {example}"))),
        }
    }

    /// A path, made relative to the file.
    pub(super) fn path(&self, key: &str) -> Result<Option<Placed<PathBuf>>, Problem> {
        Ok(self.string(key)?.map(|path| self.resolved(path)))
    }

    /// The paths of a list, made relative to the file.
    pub(super) fn paths(&self, key: &str) -> Result<Vec<Placed<PathBuf>>, Problem> {
        Ok(self.strings(key)?.into_iter().map(|path| self.resolved(path)).collect())
    }

    /// A whole number within limits.
    pub(super) fn number(&self, key: &str, limits: RangeInclusive<u64>) -> Result<Option<Placed<u64>>, Problem> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let place = self.place_of(value);
        let number = match value.get_ref() {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        match number.filter(|number| limits.contains(number)) {
            Some(value) => Ok(Some(Placed { value, place })),
            None => Err(place.problem(
                format!("{key} is not a whole number from {} to {}", limits.start(), limits.end()),
                format!("Write a number without quotes, for example: {key} = {}", limits.start()),
            )),
        }
    }

    /// The tables of a list of tables, and nothing if there are none.
    pub(super) fn tables(&self, key: &str, known: &'static [&'static str]) -> Result<Vec<Section<'a>>, Problem> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let wrong = |value| {
            let remedy = format!("Begin each with a line [[{key}]], in double brackets");
            self.place_of(value).problem(format!("{key} is not a list of tables"), remedy)
        };
        let DeValue::Array(items) = value.get_ref() else { return Err(wrong(value)) };
        items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Table(table) => Section::new(self.source, table, item.span().start, known),
                _ => Err(wrong(item)),
            })
            .collect()
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    fn as_string(&self, value: &'a Spanned<DeValue<'a>>, key: &str, example: &str) -> Result<Placed<&'a str>, Problem> {
        let place = self.place_of(value);
        match value.get_ref() {
            DeValue::String(text) => Ok(Placed { value: text, place }),
            _ => Err(place.problem(format!("{key} is not a string"), format!("Write it in quotes: {example}"))),
        }
    }

    fn resolved(&self, path: Placed<&str>) -> Placed<PathBuf> {
        Placed { value: self.source.resolve(path.value), place: path.place }
    }

    fn place_of(&self, value: &Spanned<DeValue<'_>>) -> Place {
        self.source.place(value.span().start)
    }
}
