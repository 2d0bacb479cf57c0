//! The ends of all runs, over samples and orders, put together into the assessment.

mod finish;

use std::collections::BTreeSet;

use domain::assessment::{
    Assessment, Flag, JudgeWord, Outcome, Preference, ReasonCode, Uncertainty,
};
use domain::rubric::Side;
use domain::strategy::Ruling;

use super::ruling::{self, Weighted};
use super::{RunEnd, Verdict, Vote};
use crate::ask::Unusable;
use crate::call::StepKey;
use crate::context::{EvaluationContext, Order, side};
use crate::interval;
use crate::position::{CriterionMark, Position};
use crate::score;

/// The assessment, and the steps whose replies kept it from having a score.
pub(super) fn of(
    case: &EvaluationContext<'_>,
    ended: Vec<RunEnd>,
) -> (Box<Assessment>, Vec<StepKey>) {
    let mut sum = Aggregator::default();
    for end in ended {
        sum.add(end);
    }
    let (mut outcome, spoiled) = sum.outcome(case);
    outcome.service_tiers = service_tiers(case);
    if case.asks_to_locate() && case.messages().is_none() {
        outcome.flags.push(Flag::TrajectoryMissing);
    }
    (
        Box::new(finish::finished(outcome, &case.plan.nonce)),
        spoiled,
    )
}

/// A run that came to a position.
struct UsableRun {
    order: Order,
    position: Position,
    vote: Option<Vote>,
}

#[derive(Default)]
struct Aggregator {
    usable: Vec<UsableRun>,
    unusable: Vec<(Order, Unusable)>,
    no_consensus: Option<String>,
    words: Vec<JudgeWord>,
    passed_over: usize,
    uncertainty: Option<Uncertainty>,
}

impl Aggregator {
    fn add(&mut self, end: RunEnd) {
        self.words.extend(end.words);
        self.passed_over += end.passed_over;
        self.uncertainty = self.uncertainty.take().or(end.uncertainty);
        match end.verdict {
            Verdict::Position { position, vote } => self.usable.push(UsableRun {
                order: end.order,
                position,
                vote,
            }),
            Verdict::NoConsensus(detail) => {
                self.no_consensus.get_or_insert(detail);
            }
            Verdict::Unusable(unusable) => self.unusable.push((end.order, unusable)),
        }
    }

    fn outcome(mut self, case: &EvaluationContext<'_>) -> (Assessment, Vec<StepKey>) {
        if let Some(detail) = self.no_consensus.take() {
            let mut blank = self.blank(case, Outcome::Abstained, ReasonCode::NoConsensus, detail);
            if self.passed_over > 0 || !self.unusable.is_empty() {
                blank.flags.push(Flag::RepliesUnusable);
            }
            return (blank, Vec::new());
        }
        if self.has_too_few() {
            let unusable = std::mem::take(&mut self.unusable).into_iter();
            if let Some(all) = Unusable::all(unusable.map(|(_, unusable)| unusable)) {
                let mut blank = self.blank(case, Outcome::Unscorable, all.reason, all.detail);
                blank.model_used = models(&self.words, all.models);
                return (blank, all.steps);
            }
        }
        (self.scored(case), Vec::new())
    }

    /// Whether too few runs came to a position: under half of them, in either order.
    fn has_too_few(&self) -> bool {
        [Order::Given, Order::Swapped].into_iter().any(|order| {
            let usable = self.usable.iter().filter(|run| run.order == order).count();
            let unusable = self.unusable.iter().filter(|run| run.0 == order).count();
            usable < unusable || (usable == 0 && unusable > 0)
        })
    }

    fn scored(self, case: &EvaluationContext<'_>) -> Assessment {
        // Both orders count the same, however many of each could be used.
        let weight = |order: Order| match order {
            Order::Given => interval::count(self.runs_of(Order::Swapped).max(1)),
            Order::Swapped => interval::count(self.runs_of(Order::Given).max(1)),
        };
        let positions: Vec<Weighted<'_>> = self
            .usable
            .iter()
            .map(|run| (&run.position, weight(run.order)))
            .collect();
        // A mean is never tied.
        let merged = ruling::rule(case, Ruling::Mean, &positions);
        let mut flags = self.flags(case);
        let preference = if case.is_comparison() {
            self.preference(case)
        } else {
            None
        };
        if preference
            .as_ref()
            .is_some_and(|preference| preference.order_dependent == Some(true))
        {
            flags.insert(Flag::OrderDependent);
        }
        let mut criteria = merged.map_or_else(
            |_| Vec::new(),
            |position| position.into_criteria(case.rubric()),
        );
        if case.is_comparison() {
            for (index, criterion) in criteria.iter_mut().enumerate() {
                if criterion.score.is_some() && self.criterion_depends_on_order(index) {
                    criterion.label = Some(Side::Tie.as_str().to_owned());
                }
            }
        }
        let values = criteria
            .iter()
            .filter_map(|criterion| Some((criterion.weight, criterion.normalized?)));
        let overall = score::weighted_mean(values);
        if overall.is_none() || (case.is_comparison() && preference.is_none()) {
            let (outcome, reason) = (Outcome::Abstained, ReasonCode::NotApplicable);
            let detail = "none of the rubric's criteria applies to what is judged".to_owned();
            return Assessment {
                criteria,
                flags: flags.into_iter().collect(),
                ..self.blank(case, outcome, reason, detail)
            };
        }
        let score = overall.filter(|_| !case.is_comparison());
        let threshold = case.rubric().pass_threshold;
        Assessment {
            outcome: Outcome::Scored,
            reason: None,
            detail: None,
            score,
            passed: score
                .zip(threshold)
                .map(|(score, threshold)| score::reaches(score, threshold)),
            criteria,
            preference,
            uncertainty: self.uncertainty(case),
            model_requested: case.plan.model.clone(),
            model_used: models(
                &self.words,
                self.unusable
                    .iter()
                    .flat_map(|(_, unusable)| unusable.models.clone())
                    .collect(),
            ),
            flags: flags.into_iter().collect(),
            prompt_version: case.plan.prompt_version.clone(),
            judges: self.words,
            service_tiers: Vec::new(),
            cascade: None,
        }
    }

    fn flags(&self, case: &EvaluationContext<'_>) -> BTreeSet<Flag> {
        let positions = || self.usable.iter().map(|run| &run.position);
        let marks = || positions().flat_map(|position| &position.marks);
        let mut flags = BTreeSet::new();
        if positions().any(|position| position.repaired) {
            flags.insert(Flag::ReplyRepaired);
        }
        if marks()
            .flat_map(|mark| &mark.evidence)
            .any(|evidence| !evidence.found)
        {
            flags.insert(Flag::EvidenceNotFound);
        }
        if marks().any(CriterionMark::is_unsupported) {
            flags.insert(Flag::FailureStepUnsupported);
        }
        if self.passed_over > 0 || !self.unusable.is_empty() {
            flags.insert(Flag::RepliesUnusable);
        }
        if super::asks_for_logprobs(case) {
            let values = || marks().filter_map(|mark| mark.value.as_ref());
            let weighed = values().filter(|value| value.weighed).count();
            if weighed == 0 {
                flags.insert(Flag::LogprobsMissing);
            } else if weighed < values().count() {
                flags.insert(Flag::PartlyWeighed);
            }
        }
        flags
    }

    /// The winner: the side on which the votes of both orders fall. Where they fall on different sides, the
    /// answer is the order's and not the candidates': a tie. `None` where nobody votes, because no criterion applies.
    fn preference(&self, case: &EvaluationContext<'_>) -> Option<Preference> {
        let in_order = |order: Order| {
            let runs = self.usable.iter().filter(move |run| run.order == order);
            let (votes, shares): (Vec<f64>, Vec<f64>) = runs
                .filter_map(|run| Some((run.vote?.deciding, run.vote?.share)))
                .unzip();
            (!votes.is_empty()).then(|| (interval::mean(&votes), interval::mean(&shares)))
        };
        let given = in_order(Order::Given);
        let swapped = in_order(Order::Swapped);
        let (votes, shares): (Vec<f64>, Vec<f64>) = [given, swapped].into_iter().flatten().unzip();
        if votes.is_empty() {
            return None;
        }
        let order_dependent = given
            .zip(swapped)
            .map(|(given, swapped)| side(given.0) != side(swapped.0));
        let winner = if order_dependent == Some(true) {
            Side::Tie
        } else {
            side(interval::mean(&votes))
        };
        let outputs = case.submission.candidate.outputs.as_ref();
        let winner_id = outputs.and_then(|[first, second]| match winner {
            Side::First => Some(first.id.clone().into()),
            Side::Second => Some(second.id.clone().into()),
            Side::Tie => None,
        });
        Some(Preference {
            winner,
            winner_id,
            probability_first: interval::mean(&shares),
            order_dependent,
        })
    }

    fn runs_of(&self, order: Order) -> usize {
        self.usable.iter().filter(|run| run.order == order).count()
    }

    fn criterion_depends_on_order(&self, index: usize) -> bool {
        let in_order = |order: Order| {
            let votes: Vec<f64> = self
                .usable
                .iter()
                .filter(|run| run.order == order)
                .filter_map(|run| {
                    let mark = run.position.marks.get(index)?;
                    Some(mark.value.as_ref()?.normalized)
                })
                .collect();
            (!votes.is_empty()).then(|| side(interval::mean(&votes)))
        };
        in_order(Order::Given)
            .zip(in_order(Order::Swapped))
            .is_some_and(|(given, swapped)| given != swapped)
    }

    fn uncertainty(&self, case: &EvaluationContext<'_>) -> Option<Uncertainty> {
        let values: Vec<f64> = if case.is_comparison() {
            let runs = self.usable.iter();
            runs.filter_map(|run| Some(run.vote?.share)).collect()
        } else {
            self.usable
                .iter()
                .filter_map(|run| run.position.overall(case))
                .collect()
        };
        let unusable = self.unusable.len() + self.usable.len() - values.len();
        let samples = super::samples(case);
        let given = self.runs_of(Order::Given);
        let is_balanced = [0, given].contains(&self.runs_of(Order::Swapped));
        match (samples > 1, case.is_comparison()) {
            (true, true) if is_balanced => Some(interval::of_votes(&values, unusable)),
            // An interval around a mean that leans to one order would not hold the share that is told.
            (true, true) => Some(interval::of_spread(&values, unusable)),
            (true, false) => Some(interval::of_scores(&values, unusable)),
            // A jury that judged in both orders is not sure twice over.
            (false, true) => self.uncertainty.clone().filter(|_| self.usable.len() == 1),
            (false, false) => self.uncertainty.clone(),
        }
    }

    fn blank(
        &self,
        case: &EvaluationContext<'_>,
        outcome: Outcome,
        reason: ReasonCode,
        detail: String,
    ) -> Assessment {
        Assessment {
            outcome,
            reason: Some(reason),
            detail: Some(detail),
            score: None,
            passed: None,
            criteria: Vec::new(),
            preference: None,
            uncertainty: None,
            judges: self.words.clone(),
            flags: Vec::new(),
            model_requested: case.plan.model.clone(),
            model_used: models(&self.words, Vec::new()),
            prompt_version: case.plan.prompt_version.clone(),
            service_tiers: Vec::new(),
            cascade: None,
        }
    }
}

fn models(words: &[JudgeWord], others: Vec<String>) -> Vec<String> {
    let used: BTreeSet<String> = words
        .iter()
        .map(|word| word.model.clone())
        .chain(others)
        .collect();
    used.into_iter().collect()
}

/// The name of the tier at which a reply is bought that names none.
pub(super) const STANDARD_TIER: &str = "standard";

/// The tiers at which replies were bought, where one was bought at another than the usual.
fn service_tiers(case: &EvaluationContext<'_>) -> Vec<String> {
    let tiers = || {
        case.replies
            .values()
            .map(|reply| reply.service_tier.as_deref())
    };
    if tiers().all(|tier| tier.is_none()) {
        return Vec::new();
    }
    let named: BTreeSet<&str> = tiers().map(|tier| tier.unwrap_or(STANDARD_TIER)).collect();
    named.into_iter().map(str::to_owned).collect()
}
