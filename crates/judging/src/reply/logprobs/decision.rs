//! What the token says that decides between values.

use std::ops::Range;

use super::Values;
use crate::call::Token;
use crate::reply::verdict::Grade;

/// The least probability that the possible values must have together: with less the judge was about to write
/// something else, and what is left says little about the score.
const MIN_MASS: f64 = 0.5;

/// The most of the values' probability that may be with tokens which can be read as two of them, such as `1` for 1
/// and for the beginning of 10. They are left out; with more there is no weighing.
const MAX_AMBIGUOUS: f64 = 0.01;

/// The fewest letters of a token that is only the beginning of a value and yet counts as it.
const MIN_LETTERS: usize = 3;

/// What a token says at the place that decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TokenReading {
    /// None of the values.
    Nothing,
    /// The value with this score.
    Value(f64),
    /// One of several values, or the beginning of one and nothing certain.
    Ambiguous,
}

/// An expected score and its normalised form.
pub(super) struct Expected(f64, f64);

impl Expected {
    pub(super) fn into_grade(self, at: Option<Range<usize>>) -> Option<Grade> {
        let Self(score, normalized) = self;
        (score.is_finite() && normalized.is_finite()).then(|| Grade {
            score,
            normalized: normalized.clamp(0.0, 1.0),
            label: None,
            at,
        })
    }
}

/// The place at which the next token decides between values.
pub(super) struct Decision<'v> {
    /// What of each value is still to come, with its score and normalised score.
    left: Vec<(&'v str, f64, f64)>,
    /// Whether a value begins here, so that blanks and quotes may stand before it.
    begins: bool,
    /// Whether the tokens show that the judge writes several digits as one token: then `1` is not the beginning of
    /// 10.
    joins_digits: bool,
    values: &'v Values,
}

impl<'v> Decision<'v> {
    /// `None` when what stands before has ruled some values out, or is one of them as a whole: the token says nothing
    /// about these.
    pub(super) fn new(values: &'v Values, before: &str, tokens: &[Token]) -> Option<Self> {
        let left = values
            .values
            .iter()
            .map(|(text, score, normalized)| {
                let left = text.strip_prefix(before)?;
                let is_whole = left.trim_end_matches(is_around).is_empty();
                (!is_whole).then_some((left, *score, *normalized))
            })
            .collect::<Option<_>>()?;
        let texts = tokens.iter().flat_map(|token| {
            let others = token.alternatives.iter().map(|(text, _)| text.as_str());
            std::iter::once(token.text.as_str()).chain(others)
        });
        let joins_digits = texts
            .map(|text| text.trim_matches(is_around))
            .any(|text| text.len() > 1 && text.bytes().all(|each| each.is_ascii_digit()));
        Some(Self {
            left,
            begins: before.is_empty(),
            joins_digits,
            values,
        })
    }

    pub(super) fn says(&self, token: &str) -> TokenReading {
        let folded = self.values.fold(token);
        let begun = if self.begins {
            folded.trim_start_matches(is_around)
        } else {
            folded.as_str()
        };
        let said =
            begun.trim_end_matches(|each| is_around(each) || matches!(each, '.' | ',' | '}'));
        if said.is_empty() {
            return TokenReading::Nothing;
        }
        let digits = said.bytes().all(|each| each.is_ascii_digit());
        let complete = said.len() < begun.len() || (digits && self.joins_digits);
        let mut found = TokenReading::Nothing;
        for (text, score, _) in &self.left {
            let whole = text.trim_end_matches(is_around);
            let begins = whole.len() > said.len() && whole.starts_with(said) && !complete;
            // Too little to tell: another word may begin so.
            let uncertain = begins && (digits || said.chars().count() < MIN_LETTERS);
            if whole != said && !begins {
                continue;
            }
            found = match found {
                _ if uncertain => return TokenReading::Ambiguous,
                TokenReading::Nothing => TokenReading::Value(*score),
                TokenReading::Value(other) if other.total_cmp(score).is_eq() => found,
                TokenReading::Value(_) | TokenReading::Ambiguous => return TokenReading::Ambiguous,
            };
        }
        found
    }

    /// Whether the values together have less than the least probability, as far as the token's alternatives tell: where
    /// these are values one and all, the rest may be values too.
    pub(super) fn is_improbable(&self, token: &Token) -> bool {
        let (mut values, mut others) = (0.0, 0.0);
        for (text, logprob) in &token.alternatives {
            let probability = logprob.exp().min(1.0);
            match self.says(text) {
                TokenReading::Nothing => others += probability,
                TokenReading::Value(_) | TokenReading::Ambiguous => values += probability,
            }
        }
        values < MIN_MASS && others > 0.0
    }

    /// The values are weighed in the likeliest spelling, where it has the least mass by itself: ` 4` beside `4` is the same judge in
    /// another sentence, and as those who publish such figures weigh exact tokens, counting it would move theirs.
    pub(super) fn expected(&self, token: &Token) -> Option<Expected> {
        let (mut mass, mut ambiguous) = (0.0, 0.0);
        let mut values = Vec::new();
        for (text, logprob) in &token.alternatives {
            if logprob.is_nan() {
                return None;
            }
            let probability = logprob.exp().min(1.0);
            match self.says(text) {
                TokenReading::Nothing => {}
                TokenReading::Ambiguous => ambiguous += probability,
                TokenReading::Value(score) => {
                    mass += probability;
                    values.push((around(text), probability, score));
                }
            }
        }
        if mass < MIN_MASS || ambiguous > MAX_AMBIGUOUS * (mass + ambiguous) {
            return None;
        }
        let mass_of = |spelling| -> f64 {
            let alike = values.iter().filter(|value| value.0 == spelling);
            alike.map(|value| value.1).sum()
        };
        let spellings = values.iter().map(|value| (value.0, mass_of(value.0)));
        let (spelling, own) = spellings.max_by(|one, other| one.1.total_cmp(&other.1))?;
        let alike = values
            .iter()
            .filter(|value| own < MIN_MASS || value.0 == spelling);
        let (mut weight, mut sum, mut normalized_sum) = (0.0, 0.0, 0.0);
        for (_, probability, score) in alike {
            let mut left = self.left.iter();
            let (.., normalized) = left.find(|(_, other, _)| other.total_cmp(score).is_eq())?;
            weight += probability;
            sum += probability * score;
            normalized_sum += probability * normalized;
        }
        Some(Expected(sum / weight, normalized_sum / weight))
    }
}

/// What stands around a value within its token, before and behind it.
fn around(token: &str) -> (&str, &str) {
    let behind = token.trim_start_matches(is_around);
    let before = token.strip_suffix(behind).unwrap_or_default();
    let value = behind.trim_end_matches(|each| is_around(each) || matches!(each, '.' | ',' | '}'));
    (before, behind.strip_prefix(value).unwrap_or_default())
}

/// What may stand around a value within its token.
fn is_around(each: char) -> bool {
    each.is_whitespace()
        || matches!(
            each,
            '"' | '\'' | '`' | '*' | '[' | ']' | '(' | ')' | ':' | '“' | '”'
        )
}
