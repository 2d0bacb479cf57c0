//! Lines, and what stands around a value in them.

use std::ops::Range;

use super::quoted::Quotations;
use super::unseen;
pub(super) use crate::reply::word_list::is_among;

/// What models put around a value: emphasis, quotes, brackets.
const WRAPPERS: &[char] = &[
    '*', '_', '`', '"', '\'', '“', '”', '‘', '’', '「', '」', '『', '』', '【', '】', '[', ']',
    '(', ')', '（', '）', '<', '>', '$',
];

/// How many blanks and wrappers are looked behind for a value: more are no emphasis, and a flood of them would have
/// each looked at from each.
const MOST_WRAPPERS: usize = 32;

/// How far from double brackets those that close them are looked for, in bytes: more than the longest choice.
const LONGEST_BRACKETED: usize = 512;

/// The longest value in angle brackets, in bytes.
const LONGEST_WRAPPED: usize = 40;

/// Words that may stand between a value and another one that might stand in its place, and the most of them.
const JOINERS: &str =
    "or maybe perhaps possibly and to at even rather probably likely oder vielleicht o ou quizás";
const MOST_JOINERS: usize = 4;

/// Words that make a value hold in a case only.
const CONDITIONS: &str =
    "if unless were provided assuming wenn falls sofern si sauf se jeśli если 如果 もし";

/// Words that, behind `or` and `at`, make a value a bound.
const BOUNDS: &str = "least most best worst more less higher lower better worse above below over under fewer so up down";

/// The lines of a part of a text without the blanks around them, those that hold nothing left out; in bytes.
pub(super) fn lines(text: &str, part: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = part.start;
    let body = text.get(part).unwrap_or_default();
    body.split_inclusive('\n').filter_map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let bare = line.trim();
        (!bare.is_empty()).then_some(start..start + bare.len())
    })
}

/// The numbered items of a text (`1. …`, `2) …`), two at least, up to the paragraph behind the last.
pub(super) fn numbered(text: &str) -> Option<Range<usize>> {
    let is_item = |line: &Range<usize>| {
        let said = text.get(line.clone()).unwrap_or_default();
        let behind = said.trim_start_matches(|each: char| each.is_ascii_digit());
        behind.len() < said.len() && (behind.starts_with(". ") || behind.starts_with(") "))
    };
    let mut items = lines(text, 0..text.len()).filter(is_item);
    let first = items.next()?;
    let last = items.last()?;
    let paragraph = text.get(last.start..)?.find("\n\n");
    let end = paragraph.map_or(text.len(), |length| last.start + length);
    Some(first.start..end)
}

/// The lines that say something: those that only open or close a code fence, or are a tag, are left out.
pub(super) fn said(text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let is_frame =
        |line: &str| line.starts_with("```") || (line.starts_with('<') && line.ends_with('>'));
    lines(text, part)
        .filter(|line| !text.get(line.clone()).is_some_and(is_frame))
        .collect()
}

/// Takes the braces and the comma from around a member of an object that stands in lines: `{score: 4}`. Lines of
/// braces alone are left out.
pub(super) fn unwrap_objects(text: &str, said: &mut Vec<Range<usize>>) {
    said.retain(|line| {
        text.get(line.clone())
            .is_none_or(|it| !it.trim_matches(['{', '}', ',', ' ']).is_empty())
    });
    for line in said {
        let body = text.get(line.clone()).unwrap_or_default();
        let whole = body
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let inside = match whole {
            Some(inside) if !inside.contains(['{', '}', ',']) => inside.trim(),
            None if body.starts_with('"') => body.trim_end_matches(','),
            _ => continue,
        };
        let start = line.start + body.find(inside).unwrap_or_default();
        *line = start..start + inside.len();
    }
}

/// Whether a place stands in a line that is marked as a quotation.
pub(super) fn is_block_quoted(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.get(line..).unwrap_or_default();
    line.trim_start().starts_with('>')
}

/// The places behind double brackets that open, as in `[[4]]`. Those of `grid[[0]]` are left out: it is a place in a
/// list; of a link (`[[1]](https://…)`); and those in a quotation, which is somebody else's verdict.
pub(super) fn bracketed(text: &str, part: Range<usize>) -> impl Iterator<Item = usize> + '_ {
    let body = text.get(part.clone()).unwrap_or_default();
    let quotations = Quotations::of(text, part.clone());
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let open = at + body.get(at..)?.find("[[")?;
            let run = body.get(open..)?;
            let behind = body.len() - run.trim_start_matches('[').len();
            at = behind;
            let before = body.get(..open)?.chars().next_back();
            let in_list = before.is_some_and(|each| {
                each.is_ascii_alphanumeric() || matches!(each, '_' | ']' | ')')
            });
            let near = body.get(..body.floor_char_boundary(behind + LONGEST_BRACKETED))?;
            let closed = || Some(behind + near.get(behind..)?.find("]]")? + "]]".len());
            let is_other = |to: usize| {
                is_linked(near.get(to..).unwrap_or_default())
                    || quotations.hold(text, part.start + open..part.start + to)
            };
            if !in_list && !closed().is_some_and(is_other) {
                return Some(part.start + behind);
            }
        }
    })
}

/// Whether what follows double brackets makes them a link: an address in brackets, which has no blanks.
fn is_linked(behind: &str) -> bool {
    let address = || behind.strip_prefix('(')?.split_once(')');
    address().is_some_and(|(address, _)| {
        address.contains("://") || !address.contains(char::is_whitespace)
    })
}

/// The places where a value may begin behind a place: there, and behind each of the blanks and wrappers that follow.
pub(super) fn openings(text: &str, from: usize, to: usize) -> impl Iterator<Item = usize> + '_ {
    let body = text.get(from..to).unwrap_or_default();
    let wrapped = body
        .char_indices()
        .take(MOST_WRAPPERS)
        .take_while(|(at, each)| {
            each.is_whitespace() || (is_wrapper(*each) && !is_comparison(body, *at, *each))
        })
        .map(move |(at, each)| from + at + each.len_utf8());
    std::iter::once(from).chain(wrapped)
}

/// Whether a mark that may wrap a value compares with it: `<4` is not `<4>`, and `> 4` no value at all.
fn is_comparison(body: &str, at: usize, mark: char) -> bool {
    let inside = body.get(at + mark.len_utf8()..).unwrap_or_default();
    let near = inside
        .get(..inside.floor_char_boundary(LONGEST_WRAPPED))
        .unwrap_or_default();
    match mark {
        '>' => true,
        '<' => near
            .find(['<', '>', '\n'])
            .and_then(|end| near.split_at_checked(end))
            .is_none_or(|(value, behind)| value.trim() != value || !behind.starts_with('>')),
        _ => false,
    }
}

/// Whether what stands behind a value leaves it open: another value (`4, or 5`; `4 (maybe 5)`), a bound (`4, at most`)
/// or a condition (`4, if it ran`). `value` gives the place behind the value that begins at a place.
pub(super) fn is_left_open(
    text: &str,
    from: usize,
    to: usize,
    value: impl Fn(usize) -> Option<usize>,
) -> bool {
    let Some(rest) = text.get(from..to) else {
        return false;
    };
    let is_mark = |each: char| !(each.is_alphanumeric() || each == '-' || each == '[');
    let said = rest.trim_start_matches(is_mark);
    if rest
        .get(..rest.len() - said.len())
        .is_none_or(|marks| marks.contains(is_stop))
    {
        return false;
    }
    let said = said.strip_prefix("- ").unwrap_or(said);
    let mut at = to - said.len();
    let mut first = String::new();
    for index in 0..MOST_JOINERS {
        if value(at).is_some_and(|end| is_clause_over(text.get(end..to).unwrap_or_default())) {
            return true;
        }
        let rest = text.get(at..to).unwrap_or_default();
        let end = rest
            .find(|each: char| !each.is_alphabetic())
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end).unwrap_or_default();
        let word = word.to_lowercase();
        let is_bound = index == 1
            && is_among("or at", &first)
            && is_among(BOUNDS, &word)
            && is_clause_over(behind);
        if is_bound || (index == 0 && is_among(CONDITIONS, &word)) {
            return true;
        }
        if !is_among(JOINERS, &word) {
            return false;
        }
        at = to - behind.trim_start().len();
        if index == 0 {
            first = word;
        }
    }
    false
}

/// The place behind the wrappers that follow a place.
pub(super) fn closed(text: &str, from: usize, to: usize) -> usize {
    let rest = text.get(from..to).unwrap_or_default();
    to - rest.trim_start_matches(is_wrapper).len()
}

/// Whether a mark that stands right at a value is none of emphasis, since it closes nothing or nothing closes it: `A*`, `$4`;
/// or asks: `PASS?`.
pub(super) fn is_marked(text: &str, part: &Range<usize>, at: &Range<usize>) -> bool {
    let before = text.get(part.start..at.start).unwrap_or_default();
    let behind = text.get(at.end..part.end).unwrap_or_default();
    let ends = |text: &str| text.find('\n').unwrap_or(text.len());
    if behind.starts_with(['?', '？']) {
        return true;
    }
    let Some(mark) = behind
        .chars()
        .next()
        .filter(|each| "*'\"$`".contains(*each))
    else {
        let line = behind.get(..ends(behind)).unwrap_or_default();
        return before.ends_with('$') && !line.contains('$');
    };
    let rest = behind.trim_start_matches(mark);
    if rest.starts_with(char::is_alphabetic) {
        return false;
    }
    let run = behind.len() - rest.len();
    // Emphasis may begin in the line above; `* ` begins an item of a list.
    let (above, own) = before.rsplit_once('\n').unwrap_or(("", before));
    let above = above.lines().rfind(|line| !line.trim().is_empty());
    let opened = [own, above.unwrap_or_default()].into_iter().map(|line| {
        let item = line.trim_start();
        item.strip_prefix("* ")
            .unwrap_or(item)
            .matches(mark)
            .count()
    });
    run > opened.sum()
}

/// Whether a line is over: nothing follows but blanks, wrappers and the end of a sentence.
pub(super) fn is_over(rest: &str) -> bool {
    rest.chars()
        .all(|each| each.is_whitespace() || is_wrapper(each) || is_stop(each))
}

/// Whether a clause is over: the line is, or a mark follows that separates a value from an explanation. A digit
/// behind the mark makes it a range or a row of values, a letter right behind a point a name.
pub(super) fn is_clause_over(rest: &str) -> bool {
    if is_over(rest) {
        return true;
    }
    let bare = rest.trim_start();
    let blank_before = bare.len() < rest.len();
    let Some(mark) = bare.chars().next() else {
        return true;
    };
    let behind = bare.get(mark.len_utf8()..).unwrap_or_default();
    let blank_behind = behind.starts_with(char::is_whitespace);
    let digit = behind
        .trim_start()
        .starts_with(|each: char| each.is_numeric());
    match mark {
        '(' | '（' => true,
        '。' | '，' | '、' | '；' | '：' | '！' => !digit,
        '.' | ',' | ';' | ':' | '!' => blank_behind && !digit,
        '—' => !digit,
        '-' | '–' => blank_behind && blank_before && !digit,
        _ => false,
    }
}

/// Whether a mark compares: what stands behind it is a bound, or what a value is not.
pub(super) fn is_comparing(each: char) -> bool {
    matches!(
        each,
        '<' | '>' | '!' | '~' | '≠' | '≤' | '≥' | '≈' | '≮' | '≯' | '¬'
    )
}

/// Whether double brackets that open before `open` and close before `close` hold a bound or a part of a value:
/// `≥[[4]]`, `not [[A]]`, `at most [[4]]`, `[[4]]+`, `[[3]].5`.
pub(super) fn is_bound(text: &str, open: usize, close: usize) -> bool {
    let before = text.get(..open).unwrap_or_default();
    let before = before.trim_end_matches(|each| is_wrapper(each) && !is_comparing(each));
    let near =
        before.get(before.ceil_char_boundary(before.len().saturating_sub(LONGEST_WRAPPED))..);
    let said = near.unwrap_or_default().trim_end().to_lowercase();
    let mut words = said.split_whitespace().rev();
    let (last, other) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let behind = text.get(close..).unwrap_or_default();
    let behind = behind.trim_start_matches(['*', '_', '`', '"']);
    let is_part = behind
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|each: char| each.is_numeric()));
    last == "not"
        || (last == "but" && other == "anything")
        || (last == "than" && is_among(BOUNDS, other))
        || (other == "at" && is_among(BOUNDS, last))
        || said.ends_with(['~', '≠', '≤', '≥', '≈', '<'])
        || before.ends_with('!')
        || behind.starts_with(['+', '?'])
        || is_part
}

fn is_stop(each: char) -> bool {
    matches!(each, '.' | '。' | '．' | '!' | '！')
}

/// Whether a character may stand around a value: a blank, or what wraps it.
pub(super) fn is_gap(each: char) -> bool {
    is_wrapper(each) || each.is_whitespace()
}

pub(super) fn is_wrapper(each: char) -> bool {
    WRAPPERS.contains(&each)
}

/// Whether two characters that stand side by side belong to one word. Scripts without blanks between words do not
/// join with Latin letters.
pub(super) fn join(left: char, right: char) -> bool {
    if unseen::is_combining(right) {
        return true;
    }
    let word = |each: char| each.is_alphanumeric() || each == '_';
    word(left) && word(right) && left.is_ascii() == right.is_ascii()
}
