//! A comparison as a picture: a bar for each operation, as long as the first module is faster than the second.

use super::Measured;
use std::fmt::Write;

const LEFT: f64 = 260.0;
const WIDTH: f64 = 460.0;
const ROW: f64 = 18.0;
const TOP: f64 = 56.0;

/// The scale is logarithmic: from half as fast to as many doublings more as the longest bar needs.
const LOWEST: f64 = -1.0;

/// SVG of what both modules have, in one thread.
pub fn svg(names: &[String], results: &[Measured]) -> String {
    let rows: Vec<(String, f64)> = results.iter().filter(|result| result.threads == 1).filter_map(row).collect();
    let most = rows.iter().map(|(_, ratio)| ratio.log2()).fold(1.0, f64::max).ceil();
    let x = |ratio: f64| LEFT + WIDTH * (ratio.log2().max(LOWEST) - LOWEST) / (most - LOWEST);
    let height = TOP + ROW * rows.len() as f64 + 12.0;
    let [first, second] = [0, 1].map(|number| names.get(number).map_or("", String::as_str));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\">How many times as fast {} is as {}</text>\n",
        LEFT + WIDTH + 60.0,
        escaped(first),
        escaped(second)
    );
    for power in LOWEST as i32..=most as i32 {
        let ratio = f64::from(power).exp2();
        let (at, stroke) = (x(ratio), if power == 0 { "#000" } else { "#ddd" });
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" y1=\"{:.0}\" x2=\"{at:.1}\" y2=\"{height:.0}\" stroke=\"{stroke}\"/>\
             <text x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#666\">{ratio}</text>",
            TOP - 6.0,
            TOP - 10.0
        );
    }
    for (number, (label, ratio)) in rows.iter().enumerate() {
        let y = TOP + ROW * number as f64;
        let (from, to) = (x(1.0).min(x(*ratio)), x(1.0).max(x(*ratio)));
        let fill = if *ratio < 1.0 { "#c2410c" } else { "#0f766e" };
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.0}\" fill=\"{fill}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#333\">{ratio:.2}</text>",
            LEFT - 8.0,
            y + 12.0,
            escaped(label),
            y + 2.0,
            to - from,
            ROW - 5.0,
            to + 4.0,
            y + 12.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// What a bar is called, and its length; `None` where one of the modules lacks the operation.
fn row(result: &Measured) -> Option<(String, f64)> {
    let [Some(first), Some(second)] = result.nanoseconds[..] else { return None };
    let size = match result.size {
        0 => String::new(),
        size if size >= 1 << 20 => format!(", {} MiB", size >> 20),
        size if size >= 1 << 10 => format!(", {} KiB", size >> 10),
        size => format!(", {size} bytes"),
    };
    Some((format!("{}{size}", result.operation), second / first))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
