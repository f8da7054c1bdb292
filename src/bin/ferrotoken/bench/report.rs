//! What was measured, for people and for programs.

use super::Measured;
use std::fmt::Write;

/// A table in Markdown.
pub fn table(names: &[String], results: &[Measured]) {
    println!("{}", text(names, results));
}

/// A row for each operation and size: each module with the first number of threads, how the first compares with the second, and
/// for each module how many times the work of that many threads others do.
fn text(names: &[String], results: &[Measured]) -> String {
    let mut counts: Vec<usize> = results.iter().map(|result| result.threads).collect();
    counts.sort_unstable();
    counts.dedup();
    let (first, more) = counts.split_first().map_or((1, &[][..]), |(first, more)| (*first, more));
    let mut headings: Vec<String> = vec!["operation".into(), "bytes".into()];
    headings
        .extend(names.iter().map(|name| if first == 1 { name.clone() } else { format!("{name}, {first} threads") }));
    headings.extend((names.len() == 2).then(|| "ratio".into()));
    headings
        .extend(more.iter().flat_map(|count| names.iter().map(move |name| format!("{name}: work of {count} threads"))));
    let mut text = format!("| {} |\n|---|{}\n", headings.join(" | "), "--:|".repeat(headings.len() - 1));
    for result in results.iter().filter(|result| result.threads == first) {
        let mut cells = vec![result.operation.to_string()];
        cells.push(if result.size == 0 { String::new() } else { result.size.to_string() });
        cells.extend(result.nanoseconds.iter().map(|time| time.map_or("–".into(), |time| shown(time, result.size))));
        if let [one, other] = result.nanoseconds[..] {
            cells.push(quotient(other, one));
        }
        for count in more {
            let same = |other: &&Measured| {
                (other.operation, other.size, other.threads) == (result.operation, result.size, *count)
            };
            let other = results.iter().find(same);
            let times = result.nanoseconds.iter().enumerate();
            cells
                .extend(times.map(|(module, time)| quotient(*time, other.and_then(|other| other.nanoseconds[module]))));
        }
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn quotient(dividend: Option<f64>, divisor: Option<f64>) -> String {
    dividend.zip(divisor).map_or(String::new(), |(dividend, divisor)| format!("{:.2}", dividend / divisor))
}

/// A time for each call, and beside it how much data that is in a second.
fn shown(nanoseconds: f64, size: usize) -> String {
    let time = match nanoseconds {
        time if time < 10_000.0 => format!("{time:.0} ns"),
        time if time < 10_000_000.0 => format!("{:.1} µs", time / 1e3),
        time => format!("{:.1} ms", time / 1e6),
    };
    // Bytes in a nanosecond are gigabytes in a second.
    if size >= 1024 { format!("{time}, {:.2} GB/s", size as f64 / nanoseconds) } else { time }
}

/// An array of objects.
pub fn json(names: &[String], results: &[Measured]) {
    let entries: Vec<String> = results
        .iter()
        .map(|result| {
            let times = names.iter().zip(&result.nanoseconds);
            let times: Vec<String> = times
                .map(|(name, time)| {
                    format!("{}: {}", quoted(name), time.map_or("null".into(), |time| format!("{time:.1}")))
                })
                .collect();
            format!(
                "  {{\"operation\": {}, \"bytes\": {}, \"threads\": {}, \"nanoseconds\": {{{}}}}}",
                quoted(result.operation),
                result.size,
                result.threads,
                times.join(", ")
            )
        })
        .collect();
    println!("[\n{}\n]", entries.join(",\n"));
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
