//! What the values of a scale mean, where a reply says so: `1 = excellent, 5 = terrible`. A scale whose smaller values are the
//! better ones is not the form's, and its values are none.

use std::ops::Range;

use super::choice::NOUNS;
use super::sentence::{sentences, words};
use super::{digits, label, lines, rival, tail};

/// Words for the better end of a scale, and for the worse one.
const GOOD: &str = "excellent best perfect good great outstanding superb flawless ideal optimal gut bestens hervorragend excelente parfait";
const BAD: &str = "terrible worst poor bad awful useless horrible unacceptable abysmal schlecht ungenügend mangelhaft mauvais pésimo malo";

/// Those for the very ends: one of them alone turns a scale round.
const BEST: &str = "best perfect";
const WORST: &str = "worst";

/// What may stand between a value and such a word, and words beside the latter.
const LINKS: &str = "=|:|：|(|（|–|—|->|→|means|is|stands for|being|the ";
const BESIDE: &str = "the a an very really completely absolutely sehr très muy";

/// The most words of a sentence that says which values are the better ones.
const LONGEST: usize = 8;

/// Whether a part of a reply says that the smaller values of its scale, which ends with `most`, are the better ones.
pub(super) fn is_reversed(text: &str, part: Range<usize>, most: f64) -> bool {
    let mut good: Vec<f64> = Vec::new();
    let mut bad: Vec<f64> = Vec::new();
    for line in lines::lines(text, part) {
        let line = line.start..line.start + tail::near(text, line.start, line.end).len();
        let body = text.get(line.clone()).unwrap_or_default();
        let counts_down = |at: Range<usize>| {
            let said = body.get(at).unwrap_or_default();
            words(said).count() <= LONGEST && tail::prefers_less(said)
        };
        if sentences(body, 0..body.len()).into_iter().any(counts_down) {
            return true;
        }
        for (number, word) in entries(body) {
            let is = |list| lines::is_among(list, &word);
            if is(BEST) && number <= 1.0 && number < most
                || (is(WORST) || is(BAD)) && number.total_cmp(&most).is_eq()
            {
                return true;
            }
            if is(GOOD) {
                good.push(number);
            } else if is(BAD) {
                bad.push(number);
            }
        }
    }
    let is_below =
        |one: &[f64], other: &[f64]| one.iter().any(|one| other.iter().any(|other| one < other));
    is_below(&good, &bad) && !is_below(&bad, &good)
}

/// The largest of the values that words in brackets say the meaning of, where those are both ends of a scale and the larger ones are
/// better: `1 = worst, 5 = best`.
pub(super) fn names_most(inside: &str) -> Option<f64> {
    let entries = entries(inside);
    let most = entries
        .iter()
        .map(|(number, _)| *number)
        .max_by(f64::total_cmp)?;
    let is_known =
        |(_, word): &(f64, String)| [GOOD, BAD].iter().any(|list| lines::is_among(list, word));
    let is_whole = entries.len() > 1 && entries.iter().all(is_known);
    (is_whole && !is_reversed(inside, 0..inside.len(), most)).then_some(most)
}

/// Whether words in brackets say which values are good or bad.
pub(super) fn is_told(inside: &str) -> bool {
    words(inside).any(|word| [GOOD, BAD].iter().any(|list| lines::is_among(list, &word)))
}

/// The numbers of a line behind which a word says what they mean.
fn entries(line: &str) -> Vec<(f64, String)> {
    let mut entries = Vec::new();
    let mut end = 0;
    for (at, each) in line.char_indices() {
        if at < end || !each.is_numeric() {
            continue;
        }
        let before = line.get(..at).unwrap_or_default();
        let Some((number, behind)) = digits::at(line, at, true) else {
            continue;
        };
        end = behind;
        // `Step 1 is good`; a score and a remark on it.
        let named = words(before).next_back().is_some_and(|word| {
            lines::is_among(rival::NAMED, &word)
                || lines::is_among(NOUNS, &word)
                || label::is_known(&word)
        });
        let is_part = before.ends_with(|each: char| each.is_alphanumeric() || each == '.');
        let is_scale = words(before).any(|word| lines::is_among("scale range", &word));
        if (named && !is_scale) || is_part {
            continue;
        }
        let rest = line.get(behind..).unwrap_or_default().trim_start();
        let linked = LINKS.split('|').find_map(|link| rest.strip_prefix(link));
        let word = linked.and_then(|rest| words(rest).find(|word| !lines::is_among(BESIDE, word)));
        entries.extend(word.map(|word| (number, word)));
    }
    entries
}
