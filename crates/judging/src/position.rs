//! Where one judge stands: a mark for each criterion.

use domain::assessment::{CriterionScore, CriterionWord, Evidence, JudgeWord};
use domain::rubric::{Criterion, Rubric};
use domain::strategy::Stance;

use crate::ask::Answered;
use crate::call::Reply;
use crate::case::{Case, Order, side};
use crate::reply::{CriterionVerdict, Grade, Values, Verdict};
use crate::score;

/// A verdict on every criterion, in the rubric's order. In a comparison each mark is a vote for the first
/// candidate of the payload, whichever was shown first.
#[derive(Debug, Clone)]
pub(crate) struct Position {
    pub(crate) marks: Vec<Mark>,
    pub(crate) summary: String,
    /// Whether a reply had to be asked for again.
    pub(crate) repaired: bool,
}

/// A value on one criterion's scale.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) score: f64,
    pub(crate) normalized: f64,
    pub(crate) label: Option<String>,
    pub(crate) rationale: String,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) weighed: bool,
}

impl Position {
    /// The overall score, 0 to 1; in a comparison the vote for the first candidate.
    pub(crate) fn overall(&self, case: &Case<'_>) -> f64 {
        let mean = score::weighted_mean(
            case.rubric()
                .criteria
                .iter()
                .zip(&self.marks)
                .map(|(criterion, mark)| (criterion.weight, mark.normalized)),
        );
        // A vote goes to one side, unless the judge's own probabilities split it.
        if case.is_comparison() && !self.marks.iter().all(|mark| mark.weighed) {
            side(mean).vote()
        } else {
            mean
        }
    }

    /// As the criteria of an assessment.
    pub(crate) fn into_criteria(self, rubric: &Rubric) -> Vec<CriterionScore> {
        rubric
            .criteria
            .iter()
            .zip(self.marks)
            .map(|(criterion, mark)| CriterionScore {
                name: criterion.name.clone(),
                score: mark.score,
                normalized: mark.normalized,
                label: mark.label,
                weight: criterion.weight,
                rationale: mark.rationale,
                evidence: mark.evidence,
                weighed: mark.weighed,
            })
            .collect()
    }

    /// As what one of several judges says about the criteria.
    pub(crate) fn words(&self, rubric: &Rubric) -> Vec<CriterionWord> {
        rubric
            .criteria
            .iter()
            .zip(&self.marks)
            .map(|(criterion, mark)| CriterionWord {
                name: criterion.name.clone(),
                normalized: mark.normalized,
                label: mark.label.clone(),
                rationale: mark.rationale.clone(),
            })
            .collect()
    }
}

/// The position in an answer. `rubric` holds the criteria that were asked for, one or all.
pub(crate) fn of(
    case: &Case<'_>,
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
            } = each;
            let expected = expected(case, criterion, &grade, answered.text, answered.reply);
            let weighed = expected.is_some();
            let grade = expected.unwrap_or(grade);
            let evidence = quotes
                .into_iter()
                .map(|quote| case.index().look_up(quote))
                .collect();
            let mut mark = Mark {
                score: grade.score,
                normalized: grade.normalized,
                label: grade.label,
                rationale,
                evidence,
                weighed,
            };
            if case.is_comparison() {
                mark.set_vote(order.vote(mark.normalized));
            }
            mark
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
    case: &Case<'_>,
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
    values.weigh(text, at, tokens)
}

impl Mark {
    /// Makes it a vote for the first candidate of the payload.
    pub(crate) fn set_vote(&mut self, vote: f64) {
        self.score = vote;
        self.normalized = vote;
        self.label = Some(side(vote).as_str().to_owned());
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
    pub(crate) fn says(&self, case: &Case<'_>, position: &Position) -> JudgeWord {
        let overall = position.overall(case);
        let comparison = case.is_comparison();
        JudgeWord {
            model: self.model.to_owned(),
            provider: self.provider.to_owned(),
            role: self.role.to_owned(),
            name: self.name.map(String::from),
            stance: self.stance,
            round: self.round,
            sample: self.sample,
            swapped: comparison.then_some(self.order == Order::Swapped),
            score: (!comparison).then_some(overall),
            preference: comparison.then(|| side(overall)),
            rationale: position.summary.clone(),
            criteria: if self.in_full {
                position.words(case.rubric())
            } else {
                Vec::new()
            },
            moved: None,
        }
    }
}
