//! Headings that name something else than what is judged, and whose value stands below them: `Style`, `**Tone**`, `Reference answer:`.
//!
//! The value right below the heading of another criterion is that one's. Further down it may be that of the whole again, so that
//! there are two readings where it differs.

use std::ops::Range;

use super::choice::NOUNS;
use super::label::{self, Kind};
use super::sentence::words;
use super::{lead, lines, score, tail};

/// The most words of a heading, and the most letters of one in a script without blanks.
const MOST_WORDS: usize = 5;
const MOST_WIDE: usize = 12;

/// The most words of another criterion's name.
const MOST_NAMED: usize = 3;

/// Words for what has a verdict that is not the judge's.
const NOT_JUDGED: &str =
    "reference ideal perfect maximum minimum max min musterlösung referenz référence referencia";

/// Words by which a heading says that the judge looks at the same once more.
const AGAIN: &str = "look looking glance thought thoughts second again closer reflection reflecting hindsight review hmm wait note all end";

/// Words for what a criterion is.
const ASPECTS: &str = "aspect criterion dimension metric category attribute facet kriterium aspekt dimensión critère aspecto criterio критерий \
    维度 維度 方面 指标 标准";

/// Whose values stand in a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Section {
    Own,
    /// Right below the heading of another criterion.
    Other,
    /// Below such a heading with other lines between, or below one that may name anything.
    Doubtful,
    /// Right below the heading of an example, or of what has its own verdict.
    Elsewhere,
}

/// The sections that the lines of a reply stand in. `kind` gives the labels of a value, by whether it is the last line, and
/// `has_value` says of a line whether it holds one, which makes it no heading.
pub(super) fn sections<'n>(
    text: &str,
    said: &[Range<usize>],
    kind: impl Fn(bool) -> Kind<'n>,
    has_value: impl Fn(&Range<usize>) -> bool,
) -> Vec<Section> {
    let line = |index: usize| text.get(said.get(index)?.clone());
    let mut sections = Vec::with_capacity(said.len());
    // What the lines below the last heading are, and how many of them are right below it.
    let mut below = Section::Own;
    let mut right_below = 0_usize;
    for (index, own) in said.iter().enumerate() {
        let words = line(index).unwrap_or_default();
        let kind = kind(index + 1 == said.len());
        // A value under the name of another criterion is that one's, up to the next heading.
        if let Some(named) = aspect(words) {
            below = if is_own(named, kind) {
                Section::Own
            } else {
                Section::Elsewhere
            };
            right_below = usize::MAX;
            sections.push(below);
            continue;
        }
        let opened = heading(words, line(index + 1), kind)
            .filter(|_| !words.starts_with('>') && !has_value(own))
            .map(|named| section(named, kind));
        if let Some(opened) = opened {
            below = opened;
            right_below = 1;
            sections.push(Section::Own);
            continue;
        }
        sections.push(match below {
            Section::Own => Section::Own,
            _ if right_below > 0 => below,
            _ => Section::Doubtful,
        });
        // The label may have a line of its own.
        if !label::is_label(words, kind) && right_below < usize::MAX {
            right_below = right_below.saturating_sub(1);
        }
    }
    sections
}

/// The heading that a line is: a few words with a mark of a list, of emphasis or of a heading around them, or a colon behind
/// them, and no sentence. Without these it is one where a value stands right below it.
fn heading<'l>(line: &'l str, next: Option<&str>, kind: Kind<'_>) -> Option<&'l str> {
    let bare = label::without_list_mark(line);
    let ended = bare.trim_end_matches(lines::is_gap);
    let named = ended
        .trim_end_matches([':', '：'])
        .trim_matches(lines::is_gap);
    let is_wide = named.contains(|each: char| each.is_alphabetic() && each > '\u{2E80}');
    let is_short = if is_wide {
        named.chars().count() <= MOST_WIDE
    } else {
        (1..=MOST_WORDS).contains(&words(named).count())
    };
    let is_sentence = named.contains([
        '.', '!', '?', '。', '！', '？', ',', '，', ':', '：', '=', '|',
    ]);
    let is_marked = bare.len() < line.len()
        || bare.len() > ended.len() && line.starts_with(['*', '_'])
        || ended.ends_with([':', '：']);
    // `Candidate 2`, `Criterion 2 - Style`.
    let first = words(named).next().unwrap_or_default();
    let is_numbered = lines::is_among(
        "candidate assistant response submission criterion aspect part",
        &first,
    ) && named.chars().filter(|each| each.is_numeric()).count() == 1;
    let is_valued = |next: &str| {
        let value = |from: usize| {
            let (_, end) = score::at(next, from, next.len())?;
            lines::is_clause_over(next.get(end..)?).then_some(())
        };
        label::behind(next, kind).is_some()
            || label::is_label(next, kind) && next.ends_with([':', '：'])
            || value(0).is_some()
    };
    let is_one = is_short
        && !is_sentence
        && named.contains(char::is_alphabetic)
        && (!named.contains(char::is_numeric) || is_numbered)
        && (is_marked || !named.starts_with(char::is_lowercase) && next.is_some_and(is_valued));
    is_one.then_some(named)
}

/// What stands right below a heading.
fn section(named: &str, kind: Kind<'_>) -> Section {
    let said: Vec<String> = words(named).collect();
    let is = |list| said.iter().any(|word| lines::is_among(list, word));
    if is(NOT_JUDGED) || lead::names_elsewhere(named) {
        return Section::Elsewhere;
    }
    if is_own(named, kind) {
        Section::Own
    } else if is(AGAIN) || said.len() > MOST_NAMED {
        Section::Doubtful
    } else {
        Section::Other
    }
}

fn is_own(named: &str, kind: Kind<'_>) -> bool {
    label::is_label(named, kind)
        || label::names_verdict(named, kind)
        || label::is_anew(named)
        // `On second thought:`, and no `second candidate`.
        || tail::takes_back(named)
            && !words(named)
                .next_back()
                .is_some_and(|word| lines::is_among(NOUNS, &word))
}

/// The name behind a word for a criterion: `style` of `**Aspect:** style`.
fn aspect(line: &str) -> Option<&str> {
    let is_mark = |each: char| matches!(each, '*' | '_' | '`' | '"') || each.is_whitespace();
    let bare = label::without_list_mark(line);
    let (label, named) = bare.split_once([':', '：', '='])?;
    let named = named.trim_matches(is_mark);
    // `Aspect: style. Score: 1`.
    let named = named
        .split(['.', ';', '。', '|'])
        .next()
        .unwrap_or_default();
    let is_aspect = words(label).all(|word| {
        lines::is_among(ASPECTS, &word) || lines::is_among("evaluated judged assessed rated", &word)
    });
    let is_short = (1..=MOST_WORDS).contains(&words(named).count());
    (is_aspect && label.contains(char::is_alphabetic) && is_short).then_some(named)
}
