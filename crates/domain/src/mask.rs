//! Masks personal data and credentials in text that leaves for a log, a trace or `error.message`.
//!
//! The second wall: the first is that only named fields get there at all. It knows shapes alone, and takes those that have a check
//! digit, a prefix or a strict form, so that an id, a hash, a time or a version stays readable.

mod credentials;
mod network;
mod numbers;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

use regex::Regex;

/// A kind of text that is masked: what may be one, and which part of that is.
struct Kind {
    /// Stands in its place.
    mask: &'static str,
    /// What a text without any of these cannot have.
    needs: Needs,
    candidate: Regex,
    /// The part of a candidate that is one, in bytes of the whole text.
    check: fn(text: &str, candidate: Range<usize>) -> Option<Range<usize>>,
}

/// What is cheap to look for first.
enum Needs {
    Any(&'static [&'static str]),
    Digit,
}

/// In this order: a credential may have a number in it, an address of mail a network address.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    [
        credentials::kinds(),
        vec![network::email()],
        numbers::kinds(),
        network::kinds(),
        vec![numbers::phone()],
    ]
    .into_iter()
    .flatten()
    .collect()
});

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    pattern("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
});

/// The text without personal data and credentials.
///
/// Masked are addresses of mail (`[email]`), telephone numbers (`[phone]`), payment cards (`[card]`), bank accounts (`[iban]`),
/// network addresses other than this machine's own (`[ip]`), and keys and tokens (`[key]`). It takes time linear in the text's
/// length, and masks nothing twice.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    for kind in KINDS.iter() {
        if let Some(changed) = kind.apply(&masked) {
            masked = Cow::Owned(changed);
        }
    }
    masked
}

impl Kind {
    /// The text without what is of this kind; `None` where nothing is.
    fn apply(&self, text: &str) -> Option<String> {
        let may_be_there = match self.needs {
            Needs::Any(words) => words.iter().any(|word| text.contains(word)),
            Needs::Digit => text.bytes().any(|byte| byte.is_ascii_digit()),
        };
        if !may_be_there || !self.candidate.is_match(text) {
            return None;
        }
        let ids: Vec<_> = UUID.find_iter(text).map(|id| id.range()).collect();
        let is_of_id = |range: &Range<usize>| {
            let next = ids.partition_point(|id| id.end <= range.start);
            ids.get(next).is_some_and(|id| id.start < range.end)
        };
        let (mut masked, mut written, mut from) = (String::new(), 0, 0);
        while let Some(candidate) = self.candidate.find_at(text, from) {
            let found = (self.check)(text, candidate.range())
                .filter(|found| found.start >= written && !is_of_id(found));
            from = match found {
                Some(found) => {
                    masked.push_str(text.get(written..found.start)?);
                    masked.push_str(self.mask);
                    written = found.end;
                    found.end
                }
                None => after_word(text, candidate.start()),
            };
        }
        if written == 0 {
            return None;
        }
        masked.push_str(text.get(written..)?);
        Some(masked)
    }
}

/// Where the word that holds this place ends: what was none there is none in the middle of it.
fn after_word(text: &str, from: usize) -> usize {
    let mut rest = text.get(from..).unwrap_or_default().char_indices();
    rest.find(|(index, letter)| *index > 0 && !letter.is_alphanumeric())
        .map_or(text.len(), |(index, _)| from + index)
}

/// The letters that a range stands between.
fn neighbours(text: &str, range: &Range<usize>) -> (Option<char>, Option<char>) {
    let before = text
        .get(..range.start)
        .and_then(|text| text.chars().next_back());
    let behind = text.get(range.end..).and_then(|text| text.chars().next());
    (before, behind)
}

/// Whether a letter goes on a word that it stands beside. Where words have no blanks between them, a number beside one is none of its letters.
fn is_in_word(letter: char) -> bool {
    const WITHOUT_BLANKS: [RangeInclusive<char>; 6] = [
        // Thai, Lao, Khmer; kana; ideographs; Hangul, which has particles; more ideographs.
        '\u{e00}'..='\u{eff}',
        '\u{1780}'..='\u{17ff}',
        '\u{3040}'..='\u{9fff}',
        '\u{ac00}'..='\u{d7af}',
        '\u{f900}'..='\u{faff}',
        '\u{20000}'..='\u{3ffff}',
    ];
    letter.is_alphanumeric() && !WITHOUT_BLANKS.iter().any(|range| range.contains(&letter))
}

/// Whether a range stands by itself: in no word, and in no number with a point.
fn is_apart(text: &str, range: &Range<usize>) -> bool {
    let (before, behind) = neighbours(text, range);
    let in_word = |letter: Option<char>| letter.is_some_and(is_in_word);
    let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let before_point = before == Some('.')
        && digit(
            text.get(..range.start - 1)
                .and_then(|text| text.chars().next_back()),
        );
    let behind_point = behind == Some('.')
        && digit(
            text.get(range.end + 1..)
                .and_then(|text| text.chars().next()),
        );
    !(in_word(before) || in_word(behind) || before_point || behind_point)
}

#[expect(
    clippy::expect_used,
    reason = "each is constant, and the tests use each"
)]
fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a pattern of ours")
}
