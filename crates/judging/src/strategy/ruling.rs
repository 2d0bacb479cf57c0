//! Several positions into one.

use std::collections::BTreeSet;

use domain::strategy::Ruling;

use super::Vote;
use crate::context::{EvaluationContext, side};
use crate::position::{CriterionMark, MarkValue, Position};
use crate::score;

/// A position and how much it counts.
pub(super) type Weighted<'p> = (&'p Position, f64);

/// What is closer than this is equal: scores are a few divisions away from what a judge wrote.
const EQUAL: f64 = 1e-9;

/// Whether the normalised marks of each criterion lie within `most` of each other, or it applies for nobody.
pub(super) fn agree(positions: &[Weighted<'_>], most: f64) -> bool {
    let criteria = positions
        .first()
        .map_or(0, |(position, _)| position.marks.len());
    (0..criteria).all(|index| {
        let marks = || marks(positions, index);
        let values = || marks().filter_map(|(mark, _)| Some(mark.value.as_ref()?.normalized));
        let highest = values().fold(f64::MIN, f64::max);
        let lowest = values().fold(f64::MAX, f64::min);
        match values().count() {
            0 => true,
            applies => applies == marks().count() && highest - lowest <= most + EQUAL,
        }
    })
}

/// One position out of several, criterion by criterion. A criterion does not apply where most say so; else those count
/// who gave it a value.
///
/// # Errors
/// A sentence: a majority is tied.
pub(super) fn rule(
    case: &EvaluationContext<'_>,
    ruling: Ruling,
    positions: &[Weighted<'_>],
) -> Result<Position, String> {
    let criteria = &case.rubric().criteria;
    let marks = criteria.iter().enumerate().map(|(index, criterion)| {
        let all: Vec<(&CriterionMark, f64)> = marks(positions, index).collect();
        let given = values(&all);
        let value = match ruling {
            Ruling::Majority => match majority(&all) {
                Ok(most) => most,
                // Of a comparison only the whole has to be decided.
                Err(_) if case.is_comparison() => most_apply(&all).then(|| mean(&given)),
                Err(split) => {
                    return Err(format!("the vote on `{}` is tied: {split}", criterion.name));
                }
            },
            Ruling::Median => most_apply(&all).then(|| median(&given)),
            Ruling::Mean | Ruling::Moderator | Ruling::Consensus => {
                most_apply(&all).then(|| mean(&given))
            }
        };
        Ok(speak_for(case, &all, value))
    });
    Ok(Position {
        marks: marks.collect::<Result<_, String>>()?,
        summary: String::new(),
        repaired: positions.iter().any(|(position, _)| position.repaired),
    })
}

fn marks<'p>(
    positions: &'p [Weighted<'p>],
    index: usize,
) -> impl Iterator<Item = (&'p CriterionMark, f64)> {
    positions
        .iter()
        .filter_map(move |(position, weight)| Some((position.marks.get(index)?, *weight)))
}

/// A value on its scale and from 0 to 1.
type Value = (f64, f64);

/// The values that were given, with their weights.
fn values(marks: &[(&CriterionMark, f64)]) -> Vec<(Value, f64)> {
    let values = marks.iter().filter_map(|(mark, weight)| {
        let value = mark.value.as_ref()?;
        Some(((value.score, value.normalized), *weight))
    });
    values.collect()
}

/// Whether at least half of the weight says that a criterion applies.
fn most_apply(marks: &[(&CriterionMark, f64)]) -> bool {
    let weight = |applies: bool| -> f64 {
        let marks = marks.iter();
        let side = marks.filter(|(mark, _)| mark.value.is_some() == applies);
        side.map(|(_, weight)| weight).sum()
    };
    weight(true) > 0.0 && weight(true) >= weight(false) * (1.0 - EQUAL)
}

/// The mark with a value that was put together, in the words of the judge that comes closest to it, if one can be of one
/// with its label.
fn speak_for(
    case: &EvaluationContext<'_>,
    given: &[(&CriterionMark, f64)],
    value: Option<Value>,
) -> CriterionMark {
    let distance = |mark: &CriterionMark| match (&mark.value, value) {
        (Some(given), Some((_, normalized))) => (given.normalized - normalized).abs(),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    };
    let exact = |mark: &CriterionMark| value.is_some() && distance(mark) <= EQUAL;
    let label = label(given.iter().filter(|(mark, _)| exact(mark)));
    let speaks = |mark: &CriterionMark| (distance(mark), exact(mark) && mark.label() != label);
    let nearest = given.iter().map(|(mark, _)| *mark).min_by(|left, right| {
        let ((left, left_other), (right, right_other)) = (speaks(left), speaks(right));
        let either = if (left - right).abs() <= EQUAL {
            std::cmp::Ordering::Equal
        } else {
            left.total_cmp(&right)
        };
        either.then(left_other.cmp(&right_other))
    });
    let weighed = given.iter().filter_map(|(mark, _)| mark.value.as_ref());
    let value = value.map(|(score, normalized)| MarkValue {
        score,
        normalized,
        label: if case.is_comparison() {
            Some(side(normalized).as_str().to_owned())
        } else {
            label
        },
        weighed: weighed.into_iter().all(|value| value.weighed),
    });
    // No criterion is without marks: positions have one for each.
    let mut spoken = nearest.cloned().unwrap_or_else(|| CriterionMark::of(None));
    spoken.value = value;
    spoken
}

/// The label that has the most weight of marks with one value; `None` where two categories are worth the same and none
/// of them has more than the other.
fn label<'m>(marks: impl Iterator<Item = &'m (&'m CriterionMark, f64)>) -> Option<String> {
    let mut labels: Vec<(String, f64)> = Vec::new();
    for (mark, weight) in marks {
        let label = mark.label()?;
        match labels.iter_mut().find(|(other, _)| *other == label) {
            Some((_, sum)) => *sum += weight,
            None => labels.push((label, *weight)),
        }
    }
    labels.sort_by(|left, right| right.1.total_cmp(&left.1));
    match labels.as_slice() {
        [first, second, ..] if first.1 - second.1 <= EQUAL * first.1 => None,
        [(label, _), ..] => Some(label.clone()),
        [] => None,
    }
}

fn mean(given: &[(Value, f64)]) -> Value {
    let weights: f64 = given.iter().map(|(_, weight)| weight).sum();
    let score: f64 = given
        .iter()
        .map(|((score, _), weight)| score * weight)
        .sum();
    let normalized = score::weighted_mean(
        given
            .iter()
            .map(|((_, normalized), weight)| (*weight, *normalized)),
    );
    (score / weights, normalized.unwrap_or_default())
}

/// The value at which half of the weight is reached; between two values where it is reached exactly.
fn median(given: &[(Value, f64)]) -> Value {
    let mut sorted: Vec<_> = given.to_vec();
    sorted.sort_by(|((_, left), _), ((_, right), _)| left.total_cmp(right));
    let half = sorted.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut reached = 0.0;
    let mut below: Option<Value> = None;
    for (value, weight) in &sorted {
        if let Some(below) = below {
            return (
                f64::midpoint(below.0, value.0),
                f64::midpoint(below.1, value.1),
            );
        }
        reached += weight;
        if (reached - half).abs() <= EQUAL * half {
            below = Some(*value);
        } else if reached > half {
            return *value;
        }
    }
    mean(given)
}

/// What has the most weight behind it, a value or that the criterion does not apply; or the split.
fn majority(given: &[(&CriterionMark, f64)]) -> Result<Option<Value>, String> {
    /// What votes for one thing have in common, in words, and their weight.
    struct Votes {
        value: Option<Value>,
        names: BTreeSet<String>,
        weight: f64,
    }
    let mut votes: Vec<Votes> = Vec::new();
    for (mark, weight) in given {
        let value = mark
            .value
            .as_ref()
            .map(|value| (value.score, value.normalized));
        let name = match (mark.label(), value) {
            (None, Some((score, _))) => score::tidy(score).to_string(),
            (label, _) => label.unwrap_or_default(),
        };
        let same = votes.iter_mut().find(|other| match (other.value, value) {
            (Some((_, one)), Some((_, other))) => (one - other).abs() <= EQUAL,
            (None, None) => true,
            _ => false,
        });
        match same {
            Some(votes) => {
                votes.names.insert(name);
                votes.weight += weight;
            }
            None => votes.push(Votes {
                value,
                names: BTreeSet::from([name]),
                weight: *weight,
            }),
        }
    }
    votes.sort_by(|left, right| right.weight.total_cmp(&left.weight));
    match votes.as_slice() {
        [first, second, ..] if first.weight - second.weight <= EQUAL * first.weight => {
            let split = votes.iter().map(|votes| {
                let names: Vec<&str> = votes.names.iter().map(String::as_str).collect();
                format!("{} for {}", score::tidy(votes.weight), names.join(" or "))
            });
            Err(split.collect::<Vec<_>>().join(", "))
        }
        [votes, ..] => Ok(votes.value),
        [] => Ok(None),
    }
}

/// The vote of a comparison that decides, and the share of the votes for the first candidate. `None` where nobody votes,
/// because no criterion applies.
///
/// # Errors
/// A sentence: the majority is tied.
pub(super) fn vote(
    case: &EvaluationContext<'_>,
    ruling: Ruling,
    positions: &[Weighted<'_>],
) -> Result<Option<Vote>, String> {
    let votes: Vec<(CriterionMark, f64)> = positions
        .iter()
        .filter_map(|(position, weight)| {
            let vote = MarkValue::vote(position.overall(case)?, false);
            Some((CriterionMark::of(Some(vote)), *weight))
        })
        .collect();
    if votes.is_empty() {
        return Ok(None);
    }
    let marks: Vec<_> = votes.iter().map(|(mark, weight)| (mark, *weight)).collect();
    let given = values(&marks);
    let (_, share) = mean(&given);
    let (_, deciding) = match ruling {
        Ruling::Median => median(&given),
        Ruling::Majority => majority(&marks)
            .map_err(|split| format!("the vote on the whole is tied: {split}"))?
            .unwrap_or_else(|| mean(&given)),
        Ruling::Mean | Ruling::Moderator | Ruling::Consensus => mean(&given),
    };
    Ok(Some(Vote { deciding, share }))
}
