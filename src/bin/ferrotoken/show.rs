//! Answers: a table for people, JSON for programs.

use crate::Result;
use serde_json::Value;
use std::io::{self, Write};

/// Prints rows under their titles; as JSON, each row is an object.
pub fn table(json: bool, titles: &[&str], rows: Vec<Vec<Value>>) -> Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let rows = rows.into_iter().map(|row| {
            let named = titles.iter().map(|title| title.replace(' ', "_")).zip(row);
            Value::Object(named.collect())
        });
        return Ok(writeln!(out, "{:#}", Value::Array(rows.collect()))?);
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.iter().map(shown).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).chain(titles.get(column).map(|title| title.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..titles.len()).map(width).collect();
    let mut line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    line(&titles.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    rows.iter().try_for_each(|row| line(row))?;
    Ok(())
}

/// Says that something is done; as JSON, the facts.
pub fn done(json: bool, sentence: &str, facts: Value) {
    if json { println!("{facts:#}") } else { println!("{sentence}") }
}

/// A text field of fixed width.
pub fn text(padded: &[u8]) -> String {
    String::from_utf8_lossy(padded).trim_end_matches([' ', '\0']).to_owned()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Bool(value) => if *value { "yes" } else { "no" }.into(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
