//! From verdicts to scores.

use domain::assessment::CriterionScore;
use domain::rubric::{Criterion, Rubric};

use crate::evidence::Index;
use crate::reply::CriterionVerdict;

/// Each criterion's score with its evidence looked up. Both lists are in the rubric's order.
pub(crate) fn criteria(
    rubric: &Rubric,
    verdicts: Vec<CriterionVerdict>,
    index: &Index<'_>,
) -> Vec<CriterionScore> {
    rubric
        .criteria
        .iter()
        .zip(verdicts)
        .map(|(criterion, verdict)| one(criterion, verdict, index))
        .collect()
}

fn one(criterion: &Criterion, verdict: CriterionVerdict, index: &Index<'_>) -> CriterionScore {
    let CriterionVerdict {
        rationale,
        quotes,
        grade,
    } = verdict;
    CriterionScore {
        name: criterion.name.clone(),
        score: grade.score,
        normalized: grade.normalized,
        label: grade.label,
        weight: criterion.weight,
        rationale,
        evidence: quotes
            .into_iter()
            .map(|quote| index.look_up(quote))
            .collect(),
    }
}

/// The weighted mean of the normalised scores, 0 to 1. Weights are more than 0 and there is a criterion.
pub(crate) fn weighted_mean(criteria: &[CriterionScore]) -> f64 {
    let weights: f64 = criteria.iter().map(|criterion| criterion.weight).sum();
    let sum: f64 = criteria
        .iter()
        .map(|criterion| criterion.weight * criterion.normalized)
        .sum();
    (sum / weights).clamp(0.0, 1.0)
}

/// Whether a score reaches a threshold, forgiving the rounding of the mean: 0.7 as a sum of thirds passes 0.7.
pub(crate) fn reaches(score: f64, threshold: f64) -> bool {
    score + 1e-9 >= threshold
}
