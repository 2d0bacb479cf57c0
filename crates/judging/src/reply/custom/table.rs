//! Tables as Markdown writes them, and tags: a verdict stands in the row, in the column, or in the tag that has its label.

use std::ops::Range;

use super::label::{self, Kind};
use super::lines;

/// What stands before the verdict over all rows.
const TOTAL: &str = "overall total final gesamt insgesamt global итого 总计 合計";

/// How long a tag with what it holds may be, in bytes.
const LONGEST_TAG: usize = 120;

/// The cells of a reply's tables that a label of `kind` belongs to: of a row of two, the second (`| Score | 4 |`); below a
/// heading (`| Score |`) that of the only row, or of the only row with a label of its own (`| Overall | 4 |`).
pub(super) fn labelled(text: &str, said: &[Range<usize>], kind: Kind<'_>) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    for rows in tables(text, said) {
        let has_label = |cell: &Range<usize>| {
            text.get(cell.clone())
                .is_some_and(|words| label::is_label(words, kind))
        };
        for row in &rows {
            if let [label, value] = row.as_slice()
                && has_label(label)
            {
                all.push(value.clone());
            }
        }
        let Some((head, body)) = rows.split_first() else {
            continue;
        };
        let Some(column) = head.iter().position(has_label) else {
            continue;
        };
        let is_total = |cell: &Range<usize>| {
            let words = text.get(cell.clone()).unwrap_or_default();
            let words = words.trim_matches(lines::is_wrapper).to_lowercase();
            has_label(cell) || lines::is_among(TOTAL, &words)
        };
        let mut labelled_rows = body.iter().filter(|row| row.first().is_some_and(is_total));
        let (([row], ..) | (_, Some(row), None)) =
            (body, labelled_rows.next(), labelled_rows.next())
        else {
            continue;
        };
        all.extend(row.get(column).cloned());
    }
    all.sort_by_key(|cell| cell.start);
    all.dedup();
    all
}

/// The cells below a heading for which `is_named` holds, in tables that have other columns too: `| Score | Max |`.
pub(super) fn below(
    text: &str,
    said: &[Range<usize>],
    is_named: impl Fn(&str) -> bool,
) -> Vec<Range<usize>> {
    let is_named = |cell: &Range<usize>| text.get(cell.clone()).is_some_and(&is_named);
    let mut all = Vec::new();
    for rows in tables(text, said) {
        let mut rows = rows.into_iter();
        let head = rows.next().unwrap_or_default();
        if let Some(column) = head.iter().position(is_named).filter(|_| head.len() > 1) {
            all.extend(rows.filter_map(|row| row.get(column).cloned()));
        }
    }
    all
}

/// What stands in tags whose name is a label, and behind square brackets with one: `<score>4</score>`, `[RESULT] 4`.
pub(super) fn tagged(text: &str, part: Range<usize>, kind: Kind<'_>) -> Vec<Range<usize>> {
    // What is set apart so needs no last line.
    let set_apart = match kind {
        Kind::Score { criterion, .. } => Kind::Score {
            criterion,
            answers: true,
        },
        kind => kind,
    };
    let mut all = in_tags(text, part.clone(), |name| label::names(name, kind));
    for line in lines::lines(text, part) {
        let body = text.get(line.clone()).unwrap_or_default();
        all.extend(body.match_indices('[').filter_map(|(at, _)| {
            let inside = body.get(at + 1..body.floor_char_boundary(at + LONGEST_TAG))?;
            let (name, _) = inside.split_once(']')?;
            // Behind a sentence that is over: `The format is [RESULT] 4` gives none.
            let before = body.get(..at)?.trim_end_matches(['*', ' ']);
            let is_apart = before.is_empty() || before.ends_with(['.', '!', '?', '。', '！']);
            let behind = body
                .get(at + name.len() + "[]".len()..)
                .filter(|_| is_apart)?;
            let value = behind.trim_start_matches([':', '：', ' ', '*']);
            label::names(name, set_apart).then_some(line.end - value.len()..line.end)
        }));
    }
    all
}

/// What stands in tags for whose name `is_named` holds.
pub(super) fn in_tags(
    text: &str,
    part: Range<usize>,
    is_named: impl Fn(&str) -> bool,
) -> Vec<Range<usize>> {
    let body = text.get(part.clone()).unwrap_or_default();
    let inside = |(open, _): (usize, &str)| {
        let near = body.get(open + 1..body.floor_char_boundary(open + LONGEST_TAG))?;
        let (name, rest) = near.split_once('>')?;
        let end = rest.find('<')?;
        let close = rest.get(end..)?.strip_prefix("</")?.strip_prefix(name)?;
        let from = part.start + open + 1 + name.len() + 1;
        (close.starts_with('>') && !name.is_empty() && is_named(name)).then_some(from..from + end)
    };
    body.match_indices('<').filter_map(inside).collect()
}

/// The rows of each table that lines hold, with their cells.
fn tables<'t>(
    text: &'t str,
    said: &'t [Range<usize>],
) -> impl Iterator<Item = Vec<Vec<Range<usize>>>> + 't {
    let is_row =
        move |line: &Range<usize>| text.get(line.clone()).is_some_and(|it| it.starts_with('|'));
    let tables = said.chunk_by(move |one, other| is_row(one) && is_row(other));
    tables.map(move |table| {
        let rows = table.iter().filter(|line| is_row(line));
        let rows = rows.map(|line| cells(text, line));
        rows.filter(|row| !row.is_empty()).collect()
    })
}

/// The cells of a row without the blanks around them; none of the row of dashes below a heading.
fn cells(text: &str, line: &Range<usize>) -> Vec<Range<usize>> {
    let body = text.get(line.clone()).unwrap_or_default();
    let inside = body.trim_end_matches('|');
    let is_rule = |each| matches!(each, '|' | '-' | ':' | ' ');
    if inside.chars().all(is_rule) {
        return Vec::new();
    }
    let bars: Vec<usize> = inside.match_indices('|').map(|(at, _)| at).collect();
    let ends = bars.iter().skip(1).copied().chain([inside.len()]);
    bars.iter()
        .zip(ends)
        .filter_map(|(bar, end)| {
            let from = line.start + bar + 1;
            lines::lines(text, from..line.start + end).next()
        })
        .collect()
}
