//! Where one judge stands: a mark for each criterion.

use domain::assessment::{CriterionScore, CriterionWord, Evidence, JudgeWord, NOT_APPLICABLE};
use domain::rubric::{Criterion, Rubric};
use domain::strategy::Stance;

use crate::ask::Answered;
use crate::call::Reply;
use crate::context::{EvaluationContext, Order, side};
use crate::reply::{CriterionVerdict, Grade, Values, Verdict};
use crate::{evidence, score};

/// A verdict on every criterion, in the rubric's order. In a comparison each mark is a vote for the first
/// candidate of the payload, whichever was shown first.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    pub(crate) marks: Vec<CriterionMark>,
    pub(crate) summary: String,
    /// Whether a reply had to be asked for again.
    pub(crate) repaired: bool,
}

/// What is said about one criterion.
#[derive(Debug, Clone)]
pub(crate) struct CriterionMark {
    /// `None` where the criterion does not apply.
    pub(crate) value: Option<MarkValue>,
    pub(crate) rationale: String,
    pub(crate) evidence: Vec<Evidence>,
    /// The index of the trajectory's message at which it failed.
    pub(crate) failure_step: Option<usize>,
}

/// A value on one criterion's scale.
#[derive(Debug, Clone)]
pub(crate) struct MarkValue {
    pub(crate) score: f64,
    pub(crate) normalized: f64,
    pub(crate) label: Option<String>,
    pub(crate) weighed: bool,
}

impl MarkValue {
    /// What a judge wrote, or what its probabilities make of it.
    pub(crate) fn of(grade: Grade, weighed: Option<Grade>) -> Self {
        let is_weighed = weighed.is_some();
        let grade = weighed.unwrap_or(grade);
        Self {
            score: grade.score,
            normalized: grade.normalized,
            label: grade.label,
            weighed: is_weighed,
        }
    }

    /// A vote for the first candidate of the payload.
    pub(crate) fn vote(vote: f64, weighed: bool) -> Self {
        Self {
            score: vote,
            normalized: vote,
            label: Some(side(vote).as_str().to_owned()),
            weighed,
        }
    }
}

impl Position {
    /// The overall score, 0 to 1; in a comparison the vote for the first candidate. `None` where no criterion applies.
    pub(crate) fn overall(&self, case: &EvaluationContext<'_>) -> Option<f64> {
        let criteria = case.rubric().criteria.iter().zip(&self.marks);
        let values = criteria.filter_map(|(criterion, mark)| {
            Some((criterion.weight, mark.value.as_ref()?.normalized))
        });
        let mean = score::weighted_mean(values)?;
        // A vote goes to one side, unless the judge's own probabilities split it.
        let mut values = self.marks.iter().filter_map(|mark| mark.value.as_ref());
        Some(
            if case.is_comparison() && !values.all(|value| value.weighed) {
                side(mean).vote()
            } else {
                mean
            },
        )
    }

    /// As the criteria of an assessment.
    pub(crate) fn into_criteria(self, rubric: &Rubric) -> Vec<CriterionScore> {
        rubric
            .criteria
            .iter()
            .zip(self.marks)
            .map(|(criterion, mark)| mark.into_score(criterion))
            .collect()
    }

    /// As what one of several judges says about the criteria.
    pub(crate) fn criterion_opinions(&self, rubric: &Rubric) -> Vec<CriterionWord> {
        rubric
            .criteria
            .iter()
            .zip(&self.marks)
            .map(|(criterion, mark)| CriterionWord {
                name: criterion.name.clone(),
                normalized: mark.value.as_ref().map(|value| value.normalized),
                label: mark.label(),
                rationale: mark.rationale.clone(),
                failure_step: mark.failure_step,
            })
            .collect()
    }
}

/// The position in an answer. `rubric` holds the criteria that were asked for, one or all.
pub(crate) fn of(
    case: &EvaluationContext<'_>,
    rubric: &Rubric,
    order: Order,
    answered: Answered<'_, Verdict>,
) -> Position {
    let verdict = answered.value;
    let marks = rubric
        .criteria
        .iter()
        .zip(verdict.criteria)
        .map(|(criterion, each)| {
            let CriterionVerdict {
                rationale,
                quotes,
                grade,
                failure_step,
            } = each;
            let value = grade.map(|grade| {
                let expected = expected(case, criterion, &grade, answered.text, answered.reply);
                let value = MarkValue::of(grade, expected);
                if case.is_comparison() {
                    MarkValue::vote(order.vote(value.normalized), value.weighed)
                } else {
                    value
                }
            });
            let evidence = quotes
                .into_iter()
                .map(|quote| case.index().look_up(&quote, failure_step))
                .collect();
            CriterionMark {
                value,
                rationale,
                evidence,
                failure_step,
            }
        })
        .collect();
    Position {
        marks,
        summary: verdict.summary,
        repaired: answered.repaired,
    }
}

/// The expected value over the judge's token probabilities, where they are there and the values are discrete.
fn expected(
    case: &EvaluationContext<'_>,
    criterion: &Criterion,
    grade: &Grade,
    text: &str,
    reply: &Reply,
) -> Option<Grade> {
    let (at, tokens) = (grade.at.as_ref()?, reply.logprobs.as_deref()?);
    let rubric = case.rubric();
    let values = match (&rubric.prompt, &rubric.reply) {
        (Some(_), Some(form)) => Values::of_form(criterion, form, case.is_comparison())?,
        (Some(_), None) => return None,
        (None, _) if case.is_comparison() => Values::of_sides(),
        (None, _) => Values::of_scale(&criterion.scale)?,
    };
    values.logprob_expectation(text, at, tokens)
}

impl CriterionMark {
    /// A value without words.
    pub(crate) fn of(value: Option<MarkValue>) -> Self {
        Self {
            value,
            rationale: String::new(),
            evidence: Vec::new(),
            failure_step: None,
        }
    }

    /// The word for its value.
    pub(crate) fn label(&self) -> Option<String> {
        match &self.value {
            Some(value) => value.label.clone(),
            None => Some(NOT_APPLICABLE.to_owned()),
        }
    }

    /// As a criterion of an assessment.
    pub(crate) fn into_score(self, criterion: &Criterion) -> CriterionScore {
        CriterionScore {
            name: criterion.name.clone(),
            score: self.value.as_ref().map(|value| value.score),
            normalized: self.value.as_ref().map(|value| value.normalized),
            label: self.label(),
            weight: criterion.weight,
            weighed: self.value.is_some_and(|value| value.weighed),
            rationale: self.rationale,
            evidence: self.evidence,
            failure_step: criterion.locate.then_some(self.failure_step),
        }
    }

    /// Whether it quotes the trajectory and nothing of it from the message at which it is said to have failed. What spans
    /// several texts of a message has no place and may be of any.
    pub(crate) fn is_unsupported(&self) -> bool {
        let Some(step) = self.failure_step else {
            return false;
        };
        let quoted = self.evidence.iter().filter(|evidence| evidence.found);
        let pointers: Vec<&str> = quoted.filter_map(|it| it.pointer.as_deref()).collect();
        let may_be = |pointer: &&str| {
            **pointer == *"/trajectory" || evidence::message_of(pointer) == Some(step)
        };
        !pointers.is_empty() && !pointers.iter().any(may_be)
    }
}

/// Who speaks, when several do.
pub(crate) struct Speaker<'s> {
    pub(crate) role: &'static str,
    pub(crate) name: Option<char>,
    pub(crate) stance: Option<Stance>,
    pub(crate) round: u32,
    pub(crate) sample: Option<u32>,
    pub(crate) order: Order,
    pub(crate) model: &'s str,
    pub(crate) provider: &'s str,
    /// Whether its words about each criterion are kept as well.
    pub(crate) in_full: bool,
}

impl Speaker<'_> {
    /// The judge's own word.
    pub(crate) fn opinion(&self, case: &EvaluationContext<'_>, position: &Position) -> JudgeWord {
        let overall = position.overall(case);
        let comparison = case.is_comparison();
        JudgeWord {
            model: self.model.to_owned(),
            provider: self.provider.to_owned(),
            role: self.role.to_owned(),
            stage: None,
            name: self.name.map(String::from),
            stance: self.stance,
            round: self.round,
            sample: self.sample,
            swapped: comparison.then_some(self.order == Order::Swapped),
            score: overall.filter(|_| !comparison),
            preference: overall.filter(|_| comparison).map(side),
            rationale: position.summary.clone(),
            criteria: if self.in_full {
                position.criterion_opinions(case.rubric())
            } else {
                Vec::new()
            },
            moved: None,
        }
    }
}
