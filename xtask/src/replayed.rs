//! What came out of a replay, for people and for programs.

use replay::{CheckResult, SetReport, Tally};
use serde_json::{Value, json};

use crate::paint::Paint;

/// A table for each set, and one line for each at the end.
pub(crate) fn tables(reports: &[SetReport], brief: bool, replies: bool, paint: Paint) -> String {
    let mut text = String::new();
    for report in reports {
        let rows: Vec<&CheckResult> = report
            .checks
            .iter()
            .filter(|check| !brief || !check.is_equal())
            .collect();
        if brief && rows.is_empty() && !replies {
            continue;
        }
        text.push_str(&format!("{}  {}\n", paint.bold(&report.set), report.about));
        for tally in &report.tallies {
            text.push_str(&format!("  {}\n", paint.dim(read(tally))));
        }
        text.push_str(&figures(&rows, paint));
        if replies {
            for odd in &report.odd {
                let word =
                    |said: &Option<String>| said.clone().unwrap_or_else(|| "nothing".to_owned());
                let why = odd.detail.as_ref().map(|why| format!(" ({why})"));
                text.push_str(&format!(
                    "  {}: {}{}, recorded {}\n",
                    odd.call,
                    word(&odd.ours),
                    why.unwrap_or_default(),
                    word(&odd.recorded)
                ));
            }
        }
        text.push('\n');
    }
    for report in reports {
        text.push_str(&line(report, paint));
    }
    text
}

/// How the replies of a judge were read, in a line.
fn read(tally: &Tally) -> String {
    let Tally {
        judge,
        kind,
        replies,
        read,
        compared,
        differing,
    } = tally;
    let judge = if judge.is_empty() {
        "(not named)"
    } else {
        judge
    };
    let unread = replies - read;
    let mut line = format!(
        "{judge}, kind {}: {read} of {replies} replies read, {unread} unscorable",
        kind + 1
    );
    if *compared > 0 {
        line.push_str(&format!(
            "; {differing} of {compared} otherwise than recorded"
        ));
    }
    line
}

fn figures(rows: &[&CheckResult], paint: Paint) -> String {
    let cells: Vec<[String; 6]> = rows.iter().map(|check| row(check)).collect();
    let mut widths = [0; 6];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(console::measure_text_width(cell));
        }
    }
    let mut text = String::new();
    for (row, check) in cells.iter().zip(rows) {
        let padded = row.iter().zip(widths);
        let padded = padded
            .map(|(cell, width)| console::pad_str(cell, width, console::Alignment::Left, None));
        let line = padded.collect::<Vec<_>>().join("  ");
        let mark = match (check.is_equal(), &check.quirk) {
            (true, _) => paint.green("ok"),
            (false, Some(why)) => paint.yellow(format!("differs: {why}")),
            (false, None) => paint.red("OFF"),
        };
        text.push_str(&format!("  {line}  {mark}\n"));
    }
    text
}

fn row(check: &CheckResult) -> [String; 6] {
    let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), shown);
    let relation = if check.at_most { "at most" } else { "expected" };
    let within = if check.at_most {
        String::new()
    } else {
        format!("± {}", shown(check.within))
    };
    [
        check.group.clone(),
        check.figure.clone(),
        check.source.as_str().to_owned(),
        number(check.found),
        format!("{relation} {}", number(check.expected)),
        within,
    ]
}

/// A number with as many digits as say something.
fn shown(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 {
        return format!("{value:e}");
    }
    let text = format!("{value:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn line(report: &SetReport, paint: Paint) -> String {
    let equal = report
        .checks
        .iter()
        .filter(|check| check.is_equal())
        .count();
    let expected = report
        .checks
        .iter()
        .filter(|check| check.is_as_expected())
        .count();
    let all = report.checks.len();
    let sum = |of: fn(&Tally) -> usize| report.tallies.iter().map(of).sum::<usize>();
    let (replies, read) = (sum(|tally| tally.replies), sum(|tally| tally.read));
    let mark = if report.is_as_expected() {
        paint.green("as expected")
    } else {
        paint.red(format!("{} off", all - expected))
    };
    let quirks = match expected - equal {
        0 => String::new(),
        count => format!(", {count} differ for a known reason"),
    };
    format!(
        "{:24} {read:6} of {replies:6} replies read, {equal:4} of {all:4} figures equal{quirks}: {mark}\n",
        report.set
    )
}

/// All of it, and the folders that could not be replayed, each with why.
pub(crate) fn json(reports: &[SetReport], failed: &[(String, String)]) -> Value {
    let check = |check: &CheckResult| {
        json!({
            "group": check.group, "figure": check.figure, "readings": check.source.as_str(),
            "found": check.found, "expected": check.expected, "within": check.within, "at_most": check.at_most,
            "equal": check.is_equal(), "as_expected": check.is_as_expected(), "quirk": check.quirk,
        })
    };
    let tally = |tally: &Tally| {
        json!({
            "judge": tally.judge, "kind": tally.kind + 1, "replies": tally.replies, "read": tally.read,
            "unscorable": tally.replies - tally.read, "compared": tally.compared, "differing": tally.differing,
        })
    };
    let set = |report: &SetReport| {
        let odd = report.odd.iter().map(|odd| {
            json!({"call": odd.call, "ours": odd.ours, "recorded": odd.recorded, "detail": odd.detail})
        });
        json!({
            "set": report.set, "about": report.about, "as_expected": report.is_as_expected(),
            "replies": report.tallies.iter().map(tally).collect::<Vec<_>>(),
            "figures": report.checks.iter().map(check).collect::<Vec<_>>(),
            "odd_replies": odd.collect::<Vec<_>>(),
        })
    };
    let good = failed.is_empty() && reports.iter().all(SetReport::is_as_expected);
    let failed = failed
        .iter()
        .map(|(set, why)| json!({"set": set, "detail": why}));
    json!({
        "as_expected": good,
        "sets": reports.iter().map(set).collect::<Vec<_>>(),
        "not_replayed": failed.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_without_idle_digits() {
        for (value, text) in [
            (0.0, "0"),
            (17.188_24, "17.18824"),
            (400.0, "400"),
            (1e-9, "1e-9"),
        ] {
            assert_eq!(shown(value), text);
        }
    }
}
