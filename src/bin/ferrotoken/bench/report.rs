//! What was measured, for people and for programs.

use super::Measured;
use std::fmt::Write;

/// A table in Markdown.
pub fn table(names: &[String], results: &[Measured]) {
    println!("{}", text(names, results));
}

fn text(names: &[String], results: &[Measured]) -> String {
    let mut text = String::new();
    let headings: Vec<String> = names.iter().map(|name| format!(" {name} |")).collect();
    let ratio = if names.len() == 2 { " ratio |" } else { "" };
    let _ = writeln!(text, "| operation | bytes | threads |{}{ratio}", headings.concat());
    let _ = writeln!(text, "|---|--:|--:|{}", "--:|".repeat(names.len() + usize::from(!ratio.is_empty())));
    for result in results {
        let size = if result.size == 0 { String::new() } else { result.size.to_string() };
        let times: Vec<String> = result
            .nanoseconds
            .iter()
            .map(|time| format!(" {} |", time.map_or("–".into(), |time| shown(time, result.size))))
            .collect();
        let ratio = match result.nanoseconds[..] {
            [Some(first), Some(second)] => format!(" {:.2} |", second / first),
            [_, _] => " |".into(),
            _ => String::new(),
        };
        let _ = writeln!(text, "| {} | {size} | {} |{}{ratio}", result.operation, result.threads, times.concat());
    }
    text
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
