//! A few words in brackets right behind a value: `4 (good)`, `4 (halved)`.
//!
//! So few are the value's name or change what it means. They leave it only where each of them is understood: it praises or
//! finds fault, counts, or says how sure the judge is. Longer ones are a reason.

use super::choice::NOUNS;
use super::sentence::words;
use super::{digits, lines, score};

/// The most words that a bracket has which is no reason.
const MOST: usize = 3;

/// Words for how good something is.
const QUALITIES: &str = "good better best bad worse poor fair average mediocre decent okay ok fine great excellent perfect flawless outstanding \
    superb strong weak solid correct incorrect right wrong true false accurate inaccurate precise helpful unhelpful useful \
    useless clear unclear short long brief concise verbose wordy complete incomplete thorough detailed adequate inadequate sufficient \
    insufficient satisfactory unsatisfactory acceptable unacceptable competent proficient expert relevant irrelevant coherent \
    consistent inconsistent fluent natural readable safe unsafe harmful harmless polite neutral high low medium moderate minimal \
    significant severe full pass fail passed failed yes no positive negative sound logical creative original engaging plain simple \
    gut befriedigend ausreichend mangelhaft bon bien mauvais moyen bueno malo buono ottimo winner preferred superior clearly obviously easily";

/// Words that may stand beside those.
const BESIDE: &str = "very quite mostly moderately highly slightly fairly rather partly partially completely fully entirely \
    somewhat mainly largely above below sehr très muy molto not one some few several many minor major small big a an the of and but \
    with without to see error fault mistake issue bug flaw problem gap overall work needs well sure certain confident confidence certainty \
    doubt written done most more less by far as requested than final nearly about code text reply b c on out scale";

/// Words that begin a clause, and verbs within one.
const SUBJECTS: &str = "it its this that these those there they he she because since given due while although which who no";
const VERBS: &str = "is are was were has have";

/// Whether what stands right behind a value is no bracket, or one whose words are understood. `takes_numbers` says whether a
/// number alone is.
pub(super) fn is_understood(rest: &str, takes_numbers: bool) -> bool {
    let rest = rest.trim_start_matches(['*', '_', '`', '"', ' ']);
    let inside = rest.strip_prefix(['(', '[']);
    let Some((inside, _)) = inside.and_then(|inside| inside.split_once([')', ']', '\n'])) else {
        return true;
    };
    let said: Vec<String> = words(inside).collect();
    let is_reason = said.len() > MOST
        || said
            .first()
            .is_some_and(|word| lines::is_among(SUBJECTS, word))
        || said.iter().skip(1).any(|word| lines::is_among(VERBS, word))
        || inside.starts_with(['"', '“', '['])
        || inside
            .chars()
            .any(|each| each.is_alphabetic() && !each.is_ascii());
    is_reason
        || said.iter().all(|word| is_known(word))
            && (takes_numbers || said.iter().any(|word| !is_number(word)))
}

/// Whether each word of a clause is understood.
pub(super) fn knows(clause: &str) -> bool {
    words(clause).all(|word| is_known(&word))
}

fn is_known(word: &str) -> bool {
    [QUALITIES, BESIDE, NOUNS]
        .iter()
        .any(|list| lines::is_among(list, word))
        || score::is_unit(word)
        || counts(word)
        || is_number(word)
        || digits::word(word).is_some()
}

fn is_number(word: &str) -> bool {
    word.chars().all(|each| each.is_ascii_digit())
}

/// Whether a word is one for how good something is.
pub(super) fn is_quality(word: &str) -> bool {
    lines::is_among(QUALITIES, word)
}

/// Whether a word is in the plural, as what is counted.
pub(super) fn counts(word: &str) -> bool {
    let is_singular = ["ss", "us", "is", "'s"]
        .iter()
        .any(|end| word.ends_with(end));
    word.len() > MOST && word.ends_with('s') && !is_singular
}
