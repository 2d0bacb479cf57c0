//! What a reply says, by whom it was read, in one form for all.

use anyhow::{Context as _, Result};
use domain::assessment::{Assessment, Outcome};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::manifest::{Judge, Recorded, Rule};
use crate::records::Call;

/// Whose reading it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Our own parsers and strategies.
    #[default]
    Ours,
    /// The parser of those who recorded the replies.
    Recorded,
    /// The manifest's plain rule.
    Rule,
}

impl Source {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Recorded => "recorded",
            Self::Rule => "rule",
        }
    }
}

/// A value on one criterion; of a comparison the vote for the candidate that was shown first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) number: f64,
    pub(crate) label: Option<String>,
}

/// A value for each criterion; `None` where it does not apply.
pub(crate) type Values = Vec<Option<Said>>;

/// What an assessment says; `None` where it has no score.
pub(crate) fn of_assessment(assessment: &Assessment) -> Option<Values> {
    if assessment.outcome != Outcome::Scored {
        return None;
    }
    if let Some(preference) = &assessment.preference {
        return Some(vec![Some(Said {
            number: preference.probability_first,
            label: Some(preference.winner.as_str().to_owned()),
        })]);
    }
    let said = assessment.criteria.iter().map(|criterion| {
        Some(Said {
            number: criterion.score?,
            label: criterion.label.clone(),
        })
    });
    Some(said.collect())
}

/// What the source's own parser made of a call; `None` where it made nothing of it.
pub(crate) fn recorded(call: &Call, how: &Recorded) -> Option<Values> {
    let values: Values = how
        .at
        .iter()
        .map(|field| {
            let said = of_value(call, how, call.at(field)?)?;
            let is_read = how.least.is_none_or(|least| said.number >= least);
            is_read.then_some(said)
        })
        .collect();
    // A criterion may not apply; a record without any value holds no verdict.
    values.iter().any(Option::is_some).then_some(values)
}

fn of_value(call: &Call, how: &Recorded, value: &Value) -> Option<Said> {
    let number = match value {
        Value::Number(number) => Some(number.as_f64()?),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::String(text) => {
            let shown = call.shown();
            let side = |index: usize| shown.len() == 2 && shown.get(index) == Some(&text.as_str());
            if let Some(meaning) = how.means.get(text) {
                Some(meaning.number())
            } else if side(0) {
                Some(1.0)
            } else if side(1) {
                Some(0.0)
            } else {
                text.trim().parse().ok()
            }
        }
        _ => None,
    };
    let label = value.as_str().map(str::to_owned);
    let number = match &how.of_candidate {
        Some(field) => {
            let (candidate, shown) = (call.text(field)?, call.shown());
            let is_first = *shown.first()? == candidate;
            number.map(|vote| if is_first { vote } else { 1.0 - vote })
        }
        None => number,
    };
    // A word of a category has no number here.
    match (number, &label) {
        (Some(number), _) => Some(Said { number, label }),
        (None, Some(_)) if how.means.is_empty() => Some(Said {
            number: f64::NAN,
            label,
        }),
        _ => None,
    }
}

/// A plain rule, ready to be used.
pub(crate) struct PlainRule<'m> {
    rule: &'m Rule,
    patterns: Vec<Regex>,
}

impl<'m> PlainRule<'m> {
    pub(crate) fn of(judge: &'m Judge) -> Result<Option<Self>> {
        let Some(rule) = &judge.rule else {
            return Ok(None);
        };
        let compiled = rule
            .patterns
            .iter()
            .map(|pattern| Regex::new(pattern).with_context(|| format!("the rule `{pattern}`")));
        Ok(Some(Self {
            rule,
            patterns: compiled.collect::<Result<_>>()?,
        }))
    }

    pub(crate) fn read(&self, call: &Call, reply: &str) -> Option<Values> {
        let said = |number| {
            vec![Some(Said {
                number,
                label: None,
            })]
        };
        if !self.rule.tokens.is_empty() {
            return self.weigh(call).map(said);
        }
        let matched = self.patterns.iter().find_map(|pattern| {
            let mut all = pattern
                .captures_iter(reply)
                .filter_map(|found| found.name("value"));
            if self.rule.last {
                all.last()
            } else {
                all.next()
            }
        });
        let number = match matched {
            Some(text) => match self.rule.means.get(text.as_str()) {
                Some(meaning) => Some(meaning.number()),
                None => text.as_str().parse().ok(),
            },
            None => self.rule.unread,
        }?;
        Some(said(number))
    }

    fn weigh(&self, call: &Call) -> Option<f64> {
        let (mut mass, mut sum) = (0.0, 0.0);
        for token in call.at("/top_logprobs/0")?.as_array()? {
            let text = token.get("token").and_then(Value::as_str)?;
            if let Some(meaning) = self.rule.tokens.get(text) {
                let probability = token.get("logprob")?.as_f64()?.exp();
                mass += probability;
                sum += probability * meaning.number();
            }
        }
        (mass > 0.0).then(|| sum / mass)
    }
}

/// Whether two readings are the same; a vote counts by its side, unless numbers are told to be compared.
pub(crate) fn agree(ours: &Values, theirs: &Values, within: f64) -> bool {
    ours.len() >= theirs.len()
        && theirs
            .iter()
            .zip(ours)
            .all(|(theirs, ours)| match (theirs, ours) {
                (None, None) => true,
                (Some(theirs), Some(ours)) if theirs.number.is_nan() => theirs.label == ours.label,
                (Some(theirs), Some(ours)) => (theirs.number - ours.number).abs() <= within + 1e-12,
                _ => false,
            })
}

/// Values for people.
pub(crate) fn in_words(values: &Values) -> String {
    let word = |said: &Option<Said>| match said {
        None => "-".to_owned(),
        Some(Said {
            number,
            label: Some(label),
        }) if number.is_nan() => label.clone(),
        Some(said) => said.number.to_string(),
    };
    values.iter().map(word).collect::<Vec<_>>().join(", ")
}
