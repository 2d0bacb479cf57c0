//! Words of which a remark beside a value may be made that leaves it as it is: `4 (good)`, not `4 (halved)`. They praise or find
//! fault, count, or say how sure the judge is.

use super::choice::NOUNS;
use super::sentence::words;
use super::{digits, lines, score};

/// The letters of the shortest plural.
const SHORTEST: usize = 4;

/// Words for how good something is.
const QUALITIES: &str = "good better best bad worse poor fair average mediocre decent okay ok fine great excellent perfect flawless outstanding \
    superb strong weak solid correct incorrect right wrong true false accurate inaccurate precise helpful unhelpful useful \
    useless clear unclear short long brief concise verbose wordy complete incomplete thorough detailed adequate inadequate sufficient \
    insufficient satisfactory unsatisfactory acceptable unacceptable competent proficient expert relevant irrelevant coherent slow \
    consistent inconsistent fluent natural readable safe unsafe harmful harmless polite neutral high low medium moderate minimal \
    significant severe full pass fail passed failed yes no positive negative sound logical creative original engaging plain simple \
    gut gute befriedigend ausreichend mangelhaft bon bonne bien mauvais moyen bueno buena malo mala buono buona ottimo хорошо отлично winner preferred superior clearly obviously easily";

/// Words that may stand beside those.
const BESIDE: &str = "very quite mostly moderately highly slightly fairly rather partly partially completely fully entirely \
    somewhat mainly largely above below sehr très muy molto not one some few several many minor major small big a an the of and but \
    with without to see error fault mistake issue bug flaw problem gap overall work needs well sure certain confident confidence certainty \
    doubt written done most more less by far as requested than final nearly about code text reply b c on out scale";

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
        || digits::is_digits(word)
        || digits::word(word).is_some()
}

/// Whether a word is one for how good something is.
pub(super) fn is_quality(word: &str) -> bool {
    lines::is_among(QUALITIES, word)
}

/// Whether a word is in the plural, as what is counted.
pub(in crate::reply) fn counts(word: &str) -> bool {
    let is_singular = ["ss", "us", "is", "'s"]
        .iter()
        .any(|end| word.ends_with(end));
    word.len() >= SHORTEST && word.ends_with('s') && !is_singular
}
