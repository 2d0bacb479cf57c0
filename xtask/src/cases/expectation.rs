//! What should become of a case, in words: `scored 0.75`, `failed/provider_rejected at once`, `8 or unscorable; never 88`.

use serde::Deserialize;

use super::Outcome;

/// What should become of a case. Words name what may become of it: a score, of the whole or of a criterion, an outcome, a
/// reason or a code of an error. What stands behind `never`, `wrong` or a `not` at the beginning may not, up to the end of its
/// part of the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Expectation(pub(crate) String);

impl Expectation {
    /// Whether an outcome is as expected.
    pub(crate) fn is_met(&self, outcome: &Outcome) -> bool {
        let may: Vec<String> = parts(&self.0).map(|part| allowed(&part)).collect();
        may.iter()
            .any(|part| words(part).any(|word| names(word, outcome)))
    }
}

/// The parts of sentences, in small letters. A point within a number ends none.
fn parts(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase().replace(". ", "; ");
    let parts: Vec<String> = lower
        .split(';')
        .map(|part| part.trim().to_owned())
        .collect();
    parts.into_iter()
}

/// What a part allows.
fn allowed(part: &str) -> String {
    let mut all = part.split_whitespace().peekable();
    if all.peek().is_some_and(|first| *first == "not") {
        return String::new();
    }
    let is_denial = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        matches!(word, "never" | "wrong")
    };
    all.take_while(|word| !is_denial(word))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Names and numbers.
fn words(part: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    part.split(move |c: char| !is_part(c))
        .map(|word| word.trim_matches(['.', '-']))
        .filter(|word| !word.is_empty())
}

/// Whether a word names an outcome.
fn names(word: &str, outcome: &Outcome) -> bool {
    const PRECISION: f64 = 0.000_05;
    if let Some(score) = outcome.score {
        let number: Option<f64> = word.parse().ok();
        let is_near =
            |score: &f64| number.is_some_and(|number| (number - score).abs() <= PRECISION);
        return is_near(&score) || outcome.criteria.iter().any(is_near);
    }
    word == outcome.outcome || (!outcome.reason.is_empty() && word == outcome.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(score: f64, criteria: &[f64]) -> Outcome {
        Outcome {
            outcome: "scored".to_owned(),
            score: Some(score),
            criteria: criteria.to_vec(),
            ..Outcome::default()
        }
    }

    fn ended(outcome: &str, reason: &str) -> Outcome {
        Outcome {
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
            ..Outcome::default()
        }
    }

    #[test]
    fn an_outcome_is_met_where_the_words_name_it() {
        let unreadable = || ended("unscorable", "unreadable_reply");
        for (text, met, not_met) in [
            (
                "scored 0.75",
                vec![scored(0.75, &[4.0])],
                vec![
                    scored(0.5, &[3.0]),
                    unreadable(),
                    ended("failed", "provider_rejected"),
                ],
            ),
            (
                "Best: 8 (0.08) or unscorable; never 88",
                vec![scored(0.08, &[8.0]), unreadable()],
                vec![scored(0.88, &[88.0]), ended("failed", "provider_rejected")],
            ),
            (
                "failed/provider_rejected at once. Not five attempts and attempts_exhausted.",
                vec![ended("failed", "provider_rejected")],
                vec![ended("running", ""), scored(1.0, &[])],
            ),
            (
                "correct = true (1.0). Never false (0.0), unscorable neither",
                vec![scored(1.0, &[])],
                vec![scored(0.0, &[]), unreadable()],
            ),
            (
                "scored 0.75 by the first reply. Wrong: 0.5",
                vec![scored(0.75, &[])],
                vec![scored(0.5, &[])],
            ),
            (
                "context_too_long",
                vec![ended("unscorable", "context_too_long")],
                vec![ended("unscorable", "content_filtered")],
            ),
        ] {
            let expectation = Expectation(text.to_owned());
            for outcome in met {
                assert!(expectation.is_met(&outcome), "{text}: {outcome:?}");
            }
            for outcome in not_met {
                assert!(!expectation.is_met(&outcome), "{text}: {outcome:?}");
            }
        }
    }
}
