//! Whether a request and the rubric that it names go together. Each may be right by itself.

use std::collections::BTreeSet;

use super::Submission;
use crate::fields::FieldError;
use crate::rubric::{Meaning, ReplyFormat, Rubric, template};
use crate::strategy::{Ruling, Stage, Strategy};

/// Calls that one request may make side by side: more is a mistake, and a dear one.
const MAX_CALLS: usize = 256;

/// What of a submission has to do with its rubric. It borrows nothing, so that it outlives the payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    strategy: Strategy,
    samples: u32,
    is_comparison: bool,
    /// The names of a prompt that there are values for.
    present: BTreeSet<&'static str>,
}

impl Shape {
    /// The shape of a submission.
    #[must_use]
    pub fn of(submission: &Submission<'_>) -> Self {
        Self {
            strategy: submission.strategy.clone(),
            samples: submission.samples,
            is_comparison: submission.candidate.outputs.is_some(),
            present: present(submission),
        }
    }

    /// What keeps it from being judged by a rubric; empty when nothing does.
    #[must_use]
    pub fn incompatibilities(&self, rubric: &Rubric) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut add = |pointer: &str, message: String| {
            errors.push(FieldError {
                pointer: pointer.to_owned(),
                message,
            });
        };
        for part in self.parts() {
            let calls = self.independent_calls(rubric, &part);
            if calls > MAX_CALLS {
                add(
                    &format!("{}/samples", part.samples_under),
                    format!(
                        "makes {calls} calls of one request, with a call for each criterion and order; {MAX_CALLS} at most"
                    ),
                );
            }
        }
        let Some(prompt) = &rubric.prompt else {
            return errors;
        };
        for part in self.parts() {
            if let Some(problem) = strategy_problem(part.strategy) {
                add(part.pointer, problem.to_owned());
            }
        }
        let misfit = match (is_for_comparisons(rubric), self.is_comparison) {
            (Some(true), false) => {
                Some("is required: the rubric's reply says which of two candidates is better")
            }
            (Some(false), true) => {
                Some("does not fit the rubric, whose reply scores one candidate")
            }
            _ => None,
        };
        if let Some(misfit) = misfit {
            add("/outputs", misfit.to_owned());
        }
        let uses = template::uses(prompt, &self.present);
        if misfit.is_none()
            && let Some(pointer) = self.unseen(&uses.names)
        {
            add(
                pointer,
                "is not shown by the rubric's prompt, which judges something else".to_owned(),
            );
        }
        for name in &uses.missing {
            if misfit.is_some() && name.starts_with("output") {
                continue;
            }
            let pointer = match *name {
                "patch" | "base" | "test_log" => format!("/change/{name}"),
                "output_a" | "output_b" => "/outputs".to_owned(),
                other => format!("/{other}"),
            };
            add(
                &pointer,
                format!("is required: the rubric's prompt uses `{name}`"),
            );
        }
        errors
    }

    /// What of the candidate is there and a prompt does not show: a judge would score what it has not seen.
    fn unseen(&self, names: &BTreeSet<&'static str>) -> Option<&'static str> {
        let seen = |name| names.contains(name) && self.present.contains(name);
        if self.is_comparison {
            let both = seen("output_a") && seen("output_b");
            (!both).then_some("/outputs")
        } else {
            let parts = [
                ("output", "/output"),
                ("trajectory", "/trajectory"),
                ("patch", "/change"),
            ];
            let there = parts
                .into_iter()
                .find(|(name, _)| self.present.contains(name));
            let any = parts.into_iter().any(|(name, _)| seen(name));
            there.filter(|_| !any).map(|(_, pointer)| pointer)
        }
    }

    /// The strategy, or each stage of a cascade.
    fn parts(&self) -> Vec<Part<'_>> {
        let Strategy::Cascade(cascade) = &self.strategy else {
            return vec![Part {
                strategy: &self.strategy,
                samples: self.samples,
                pointer: "/strategy",
                samples_under: "",
            }];
        };
        vec![
            Part::of(&cascade.first, "/strategy/first"),
            Part::of(&cascade.then, "/strategy/then"),
        ]
    }

    /// The calls of a judge that works alone.
    fn independent_calls(&self, rubric: &Rubric, part: &Part<'_>) -> usize {
        let (Strategy::Direct(options) | Strategy::Cot(options)) = part.strategy else {
            return 0;
        };
        let parts = if options.per_criterion {
            rubric.criteria.len()
        } else {
            1
        };
        let orders = if self.is_comparison && options.swap {
            2
        } else {
            1
        };
        let samples = usize::try_from(part.samples).unwrap_or(usize::MAX);
        samples.saturating_mul(parts).saturating_mul(orders)
    }
}

/// A strategy that is no cascade, and where it stands in the request.
struct Part<'s> {
    strategy: &'s Strategy,
    samples: u32,
    pointer: &'static str,
    /// What `samples` belongs to.
    samples_under: &'static str,
}

impl<'s> Part<'s> {
    fn of(stage: &'s Stage, pointer: &'static str) -> Self {
        Self {
            strategy: &stage.strategy,
            samples: stage.samples,
            pointer,
            samples_under: pointer,
        }
    }
}

/// A prompt of one's own is put to single judges: there are no words in it for a debate or for steps.
fn strategy_problem(strategy: &Strategy) -> Option<&'static str> {
    match strategy {
        Strategy::Direct(options) if options.per_criterion => {
            Some("a rubric with a prompt of its own has one call for all criteria")
        }
        Strategy::Direct(options) if options.logprobs => Some(
            "a rubric with a prompt of its own says in its `reply` whether scores are weighed: `logprobs` stands there",
        ),
        Strategy::Direct(_) => None,
        Strategy::Debate(debate)
            if debate.rounds == 0 && debate.verdict != Some(Ruling::Moderator) =>
        {
            None
        }
        Strategy::Cot(_) | Strategy::Debate(_) | Strategy::Cascade(_) => Some(
            "a rubric with a prompt of its own is judged by `direct`, or by a jury: `debate` with `rounds` 0 and no moderator",
        ),
    }
}

/// Whether the replies that a rubric describes are about two candidates; `None` where they may be about either.
fn is_for_comparisons(rubric: &Rubric) -> Option<bool> {
    match &rubric.reply.as_ref()?.format {
        ReplyFormat::Json => None,
        ReplyFormat::Number { .. } => Some(false),
        ReplyFormat::Numbers { count } if rubric.criteria.len() == 1 && *count == 2 => Some(true),
        ReplyFormat::Numbers { .. } => Some(false),
        ReplyFormat::Choice { choices } | ReplyFormat::Regex { choices, .. } => choices
            .values()
            .next()
            .map(|meaning| matches!(meaning, Meaning::Side(_))),
    }
}

/// The names of a prompt that a submission has values for.
fn present(submission: &Submission<'_>) -> BTreeSet<&'static str> {
    let candidate = &submission.candidate;
    let change = candidate.change.as_ref();
    let all = [
        ("input", submission.input.is_some()),
        ("reference", submission.reference.is_some()),
        ("context", submission.context.is_some()),
        ("output", candidate.output.is_some()),
        ("output_a", candidate.outputs.is_some()),
        ("output_b", candidate.outputs.is_some()),
        ("trajectory", candidate.trajectory.is_some()),
        ("patch", change.is_some()),
        ("base", change.is_some_and(|change| change.base.is_some())),
        (
            "test_log",
            change.is_some_and(|change| change.test_log.is_some()),
        ),
        ("rubric", true),
        ("criteria", true),
        ("nonce", true),
    ];
    all.into_iter()
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}
