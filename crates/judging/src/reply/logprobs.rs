//! Scores weighed by the probabilities of the judge's tokens (G-Eval, Liu et al. 2023).
//!
//! The score is the expected value over the discrete values that the judge might have written at this place, by
//! the probabilities that the provider gives for the token. The token is found by where the value stands in the
//! reply and the values by what they say, never by their position.

mod decision;

use std::ops::Range;

use domain::rubric::{Criterion, ReplyForm, ReplyFormat, Scale, Side, is_discrete};

use decision::{Decision, TokenReading};

use super::custom::{mapped, meant};
use super::verdict::Grade;
use crate::call::Token;

/// The values that a judge can write for a criterion, and what each is worth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values {
    /// Text, score, normalised score. Several texts may stand for one value.
    values: Vec<(String, f64, f64)>,
    /// Whether the case of letters is looked at.
    cased: bool,
}

impl Values {
    /// The values of a scale, as our own prompts ask for them; `None` when it is not discrete: a numeric one whose
    /// ends are not whole numbers or lie more than 20 apart.
    pub(crate) fn of_scale(scale: &Scale) -> Option<Self> {
        let grades: Vec<(String, Grade)> = match scale {
            Scale::Numeric { min, max, .. } => whole_numbers(*min, *max)?
                .map(|number| Some((number.to_string(), Grade::number(scale, number)?)))
                .collect::<Option<_>>()?,
            Scale::Boolean => [
                ("true", true),
                ("yes", true),
                ("false", false),
                ("no", false),
            ]
            .map(|(word, holds)| (word.to_owned(), Grade::truth(holds)))
            .into(),
            Scale::Categories { .. } => scale
                .categories()
                .into_iter()
                .map(|word| Some((word.to_owned(), Grade::category(scale, word)?)))
                .collect::<Option<_>>()?,
        };
        Some(Self::new(grades, false))
    }

    /// The sides of a comparison, as our own prompts ask for them: `A` is the candidate that was shown first.
    pub(crate) fn of_sides() -> Self {
        let sides = [("A", Side::First), ("B", Side::Second), ("tie", Side::Tie)];
        Self::new(
            sides.map(|(word, side)| (word.to_owned(), Grade::side(side))),
            false,
        )
    }

    /// The values of a reply to a rubric's own prompt; `None` when they are not discrete.
    pub(crate) fn of_form(
        criterion: &Criterion,
        form: &ReplyForm,
        comparison: bool,
    ) -> Option<Self> {
        let scale = &criterion.scale;
        match &form.format {
            ReplyFormat::Choice { choices } | ReplyFormat::Regex { choices, .. }
                if !choices.is_empty() =>
            {
                let grades = choices.iter().map(|(text, meaning)| {
                    let grade = meant(meaning, scale, comparison).ok()?;
                    Some((text.clone(), grade))
                });
                Some(Self::new(grades.collect::<Option<Vec<_>>>()?, true))
            }
            ReplyFormat::Number { min, max } if !comparison => {
                let grades = whole_numbers(*min, *max)?.map(|number| {
                    let grade = mapped(number, (*min, *max), scale).ok()?;
                    Some((number.to_string(), grade))
                });
                Some(Self::new(grades.collect::<Option<Vec<_>>>()?, false))
            }
            // Two numbers make one value there, so that no token decides.
            ReplyFormat::Numbers { .. } | ReplyFormat::Number { .. } if comparison => None,
            _ if comparison => Some(Self::of_sides()),
            _ => Self::of_scale(scale),
        }
    }

    fn new(grades: impl IntoIterator<Item = (String, Grade)>, cased: bool) -> Self {
        let values = grades
            .into_iter()
            .map(|(text, grade)| {
                let text = if cased { text } else { text.to_lowercase() };
                (text, grade.score, grade.normalized)
            })
            .collect();
        Self { values, cased }
    }

    /// The expected value where a value stands in a reply; where the place is the whole of a reply of one token, that
    /// need not be a value itself. `None` when the tokens are not those of the text, when no
    /// single token decides which value it is, or when the values together are improbable.
    pub(crate) fn logprob_expectation(
        &self,
        text: &str,
        at: &Range<usize>,
        tokens: &[Token],
    ) -> Option<Grade> {
        let Some(score) = self.written(text, at) else {
            let is_all = *at == (0..text.len());
            return is_all.then(|| self.weigh_whole(text, tokens))?;
        };
        let (decision, token) = self.decided(text, at, tokens)?;
        let is_own = decision.says(&token.text) == TokenReading::Value(score);
        is_own
            .then(|| decision.expected(token))??
            .into_grade(Some(at.clone()))
    }

    /// Whether a value was written that the judge would hardly have: something else was likelier than all values
    /// together, where its token decides.
    pub(super) fn is_improbable(&self, text: &str, at: &Range<usize>, tokens: &[Token]) -> bool {
        self.written(text, at).is_some()
            && self
                .decided(text, at, tokens)
                .is_some_and(|(decision, token)| decision.is_improbable(token))
    }

    /// What the value that is written at a place is worth.
    fn written(&self, text: &str, at: &Range<usize>) -> Option<f64> {
        let written = self.fold(text.get(at.clone())?);
        let value = self.values.iter().find(|(text, ..)| *text == written);
        value.map(|(_, score, _)| *score)
    }

    /// The token of a place that decides which value stands there.
    fn decided<'k>(
        &self,
        text: &str,
        at: &Range<usize>,
        tokens: &'k [Token],
    ) -> Option<(Decision<'_>, &'k Token)> {
        let mut before = String::new();
        for (token, from) in token_positions(text, tokens)? {
            let to = from + token.text.len();
            if to <= at.start || from >= at.end {
                continue;
            }
            let own = text.get(from.max(at.start)..to.min(at.end))?;
            let through = format!("{before}{}", self.fold(own));
            if self
                .values
                .iter()
                .all(|(text, ..)| text.starts_with(&through))
            {
                before = through;
                continue;
            }
            return Some((Decision::new(self, &before, tokens)?, token));
        }
        None
    }

    /// The expected value of a reply that is one token, whatever it says: what the judge most probably says is one
    /// of the values even where this sample of it is not.
    pub(crate) fn weigh_whole(&self, text: &str, tokens: &[Token]) -> Option<Grade> {
        let [token] = tokens else {
            return None;
        };
        token_positions(text, tokens)?;
        Decision::new(self, "", tokens)?
            .expected(token)?
            .into_grade(None)
    }

    fn fold(&self, text: &str) -> String {
        if self.cased {
            text.to_owned()
        } else {
            text.to_lowercase()
        }
    }
}

/// Each token with its place in the text, when they are the text's.
fn token_positions<'k>(text: &str, tokens: &'k [Token]) -> Option<Vec<(&'k Token, usize)>> {
    let mut at = 0;
    let mut places = Vec::with_capacity(tokens.len());
    for token in tokens {
        if !text.get(at..)?.starts_with(&token.text) {
            return None;
        }
        places.push((token, at));
        at += token.text.len();
    }
    (at == text.len()).then_some(places)
}

/// The whole numbers of a scale, when it is discrete.
fn whole_numbers(min: f64, max: f64) -> Option<impl Iterator<Item = f64>> {
    is_discrete(min, max).then(|| {
        std::iter::successors(Some(min), |last| Some(last + 1.0))
            .take_while(move |number| *number <= max)
    })
}
