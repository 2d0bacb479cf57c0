//! A choice in the last sentence of a reply: `Therefore, I choose 1 as the better answer.`
//!
//! It counts when it stands behind a word of choosing (`I choose Assistant 1`, `my answer is: 1`, `the output should
//! be 3`) or before `is better`, when the sentence names no other choice before or behind it, and when no word turns
//! it round or makes it a comparison (`not`, `if`, `than`, `worse`).

use std::ops::Range;

use domain::rubric::{Meaning, Side};

use super::choice::{Choices, NOUNS};
use super::{Match, claim, lines};

/// Words of choosing.
const LEADS: &str = "choose chose choosing select selected pick prefer recommend choice answer verdict output decision \
    winner selection preference vote judgment judgement conclusion chosen";

/// Words that may stand between such a word and the choice.
const BETWEEN: &str = "is be should would will the as for therefore";

/// Words that make the sentence say something else.
const TURNS: &str = "not never cannot can't don't doesn't isn't won't wouldn't neither nor or if unless than worse worst \
    wrong incorrect correct except although between";

/// Words that say that neither is better.
const EVEN: &str = "equivalent equal equally tie tied draw";

/// The choice of the last sentence of a line.
pub(super) fn chosen(
    text: &str,
    line: Range<usize>,
    choices: &Choices<'_>,
) -> Option<Match<Meaning>> {
    let start = last_sentence(text, line.clone());
    let body = text.get(start..line.end)?;
    let all: Vec<Match<&Meaning>> = body
        .char_indices()
        .filter_map(|(at, _)| choices.at(text, start + at, line.end))
        .collect();
    let (first, others) = all.split_first()?;
    let turned = words(body).any(|word| lines::is_among(TURNS, &word));
    if turned || others.iter().any(|other| other.what != first.what) {
        return None;
    }
    // A preference of a judge that finds both alike is none.
    let even = words(text.get(line.clone())?).any(|word| lines::is_among(EVEN, &word));
    if even && matches!(first.what, Meaning::Side(Side::First | Side::Second)) {
        return None;
    }
    let spot = all.iter().find(|spot| {
        let before = text.get(start..spot.at.start).unwrap_or_default();
        let behind = text.get(spot.at.end..line.end).unwrap_or_default();
        let named = text.get(spot.at.clone()).unwrap_or_default();
        (is_led_to(before) && claim::acts(before) && ends(behind)) || is_better(behind, named)
    })?;
    Some(Match {
        what: spot.what.clone(),
        at: spot.at.clone(),
    })
}

/// Whether a line ends in words of choosing and a colon, so that the choice follows: `I would choose:`.
pub(super) fn announces(text: &str, line: Range<usize>) -> bool {
    let sentence = text.get(last_sentence(text, line.clone())..line.end);
    sentence.is_some_and(|sentence| {
        let words_end = sentence.trim_end_matches(['*', '_']);
        words_end.ends_with([':', '：'])
            && is_led_to(sentence)
            && !words(sentence).any(|word| lines::is_among(TURNS, &word))
    })
}

/// Where the last sentence of a line begins.
pub(super) fn last_sentence(text: &str, line: Range<usize>) -> usize {
    let start = line.start;
    further(text, line).max().unwrap_or(start)
}

/// Where the sentences of a line behind its first one begin, in any order.
pub(super) fn further(text: &str, line: Range<usize>) -> impl Iterator<Item = usize> + '_ {
    let body = text.get(line.clone()).unwrap_or_default();
    let content = body.trim_end_matches(|each: char| {
        each.is_whitespace() || lines::is_wrapper(each) || matches!(each, '.' | '!' | '。' | '！')
    });
    let latin = [". ", "! ", "? "].into_iter();
    let latin = latin.flat_map(|mark| content.match_indices(mark));
    let wide = ['。', '！', '？'].into_iter();
    let wide = wide.flat_map(|mark| content.match_indices(mark));
    latin
        .chain(wide)
        .map(move |(at, mark)| line.start + at + mark.len())
}

/// The most quotes and emphasis between the mark that ends a sentence and the next one.
const MOST_CLOSING: usize = 6;

/// The longest sentence that claims something, in bytes: a longer one is a flood.
const LONGEST_CLAIM: usize = 1500;

/// The sentences of a line, as they end with a mark and a blank, or with a mark of a script without blanks. Quotes and
/// emphasis may stand between the two.
pub(super) fn sentences(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let body = text.get(line.clone()).unwrap_or_default();
    let mut all = Vec::new();
    let mut start = 0;
    for (at, each) in body.char_indices() {
        if !matches!(each, '.' | '!' | '?' | '。' | '！' | '？') {
            continue;
        }
        let behind = body.get(at + each.len_utf8()..).unwrap_or_default();
        // What leads to a word ends nothing: `test_b ... FAIL`.
        let is_gap = body.get(..at).is_some_and(|before| before.ends_with(" .."));
        if is_gap && !behind.trim_start().is_empty() {
            continue;
        }
        let wrappers = behind
            .chars()
            .take(MOST_CLOSING)
            .take_while(|each| lines::is_wrapper(*each));
        let closed = behind
            .get(wrappers.map(char::len_utf8).sum()..)
            .unwrap_or_default();
        if !each.is_ascii() || closed.is_empty() || closed.starts_with(char::is_whitespace) {
            let end = body.len() - closed.len();
            if end > start {
                all.push(line.start + start..line.start + end);
            }
            start = body.len() - closed.trim_start().len();
        }
    }
    if start < body.len() {
        all.push(line.start + start..line.end);
    }
    all.retain(|sentence| sentence.len() <= LONGEST_CLAIM);
    all
}

pub(super) fn words(text: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    text.split(|each: char| !(each.is_alphanumeric() || matches!(each, '\'' | '’')))
        .map(|word| {
            let word = word.trim_matches(['\'', '’']);
            if word.is_ascii() {
                word.to_ascii_lowercase()
            } else {
                word.replace('’', "'").to_lowercase()
            }
        })
        .filter(|word| !word.is_empty())
}

/// Whether the words before a choice end in one of choosing.
fn is_led_to(before: &str) -> bool {
    let mut is_passed = false;
    for word in words(before).rev() {
        if lines::is_among(LEADS, &word) && (is_passed || !lines::is_among(NOUNS, &word)) {
            return true;
        }
        let is_noun = lines::is_among(NOUNS, &word);
        // `the answer is 1` has its word of choosing behind `is`; `the answer 1` only names a candidate.
        if lines::is_among(BETWEEN, &word) {
            is_passed |= matches!(word.as_str(), "is" | "be");
        } else if !is_noun {
            return false;
        }
    }
    false
}

/// Whether a sentence is over behind a choice, but for what it is chosen as, or why.
fn ends(behind: &str) -> bool {
    let whose = [
        "'s answer",
        "'s response",
        "'s output",
        "’s answer",
        "’s response",
        "’s output",
    ];
    let behind = whose
        .iter()
        .find_map(|whose| behind.strip_prefix(whose))
        .unwrap_or_else(|| behind.trim_start_matches(lines::is_wrapper));
    let why = || {
        let next = words(behind).next().unwrap_or_default();
        behind.starts_with(' ') && lines::is_among("as because since due for", &next)
    };
    lines::is_over(behind) || behind.starts_with(", ") || why()
}

/// Whether a choice is said to be the better one; it may be said once more behind that.
fn is_better(behind: &str, named: &str) -> bool {
    let mut words = words(behind);
    let is = words.next().is_some_and(|word| word == "is");
    let mut rest = words.filter(|word| word != "the");
    let better = rest
        .next()
        .is_some_and(|word| lines::is_among("better best winner preferred superior", &word));
    let more = "answer response output one choice option assistant";
    is && better && rest.all(|word| lines::is_among(more, &word) || word == named.to_lowercase())
}
