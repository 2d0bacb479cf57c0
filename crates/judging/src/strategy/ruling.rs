//! Several positions into one.

use domain::strategy::Ruling;

use crate::case::{Case, side};
use crate::position::{Mark, Position};
use crate::score;

/// A position and how much it counts.
pub(super) type Weighted<'p> = (&'p Position, f64);

/// What is closer than this is equal: scores are a few divisions away from what a judge wrote.
const EQUAL: f64 = 1e-9;

/// Whether the normalised marks of each criterion lie within `most` of each other.
pub(super) fn agree(positions: &[Weighted<'_>], most: f64) -> bool {
    let criteria = positions
        .first()
        .map_or(0, |(position, _)| position.marks.len());
    (0..criteria).all(|index| {
        let marks = || marks(positions, index).map(|(mark, _)| mark.normalized);
        let highest = marks().fold(f64::MIN, f64::max);
        let lowest = marks().fold(f64::MAX, f64::min);
        highest - lowest <= most + EQUAL
    })
}

/// One position out of several, criterion by criterion.
///
/// # Errors
/// A sentence: a majority is tied.
pub(super) fn rule(
    case: &Case<'_>,
    ruling: Ruling,
    positions: &[Weighted<'_>],
) -> Result<Position, String> {
    let criteria = &case.rubric().criteria;
    let marks = criteria.iter().enumerate().map(|(index, criterion)| {
        let given: Vec<(&Mark, f64)> = marks(positions, index).collect();
        let (score, normalized) = match ruling {
            Ruling::Median => median(&given),
            Ruling::Majority => match majority(&given) {
                Ok(most) => most,
                // Of a comparison only the whole has to be decided.
                Err(_) if case.is_comparison() => mean(&given),
                Err(split) => {
                    return Err(format!("the vote on `{}` is tied: {split}", criterion.name));
                }
            },
            Ruling::Mean | Ruling::Moderator | Ruling::Consensus => mean(&given),
        };
        Ok(speak_for(case, &given, score, normalized))
    });
    Ok(Position {
        marks: marks.collect::<Result<_, String>>()?,
        summary: String::new(),
        repaired: positions.iter().any(|(position, _)| position.repaired),
    })
}

fn marks<'p>(positions: &'p [Weighted<'p>], index: usize) -> impl Iterator<Item = (&'p Mark, f64)> {
    positions
        .iter()
        .filter_map(move |(position, weight)| Some((position.marks.get(index)?, *weight)))
}

/// The mark with a value that was put together, in the words of the judge that comes closest to it.
fn speak_for(case: &Case<'_>, given: &[(&Mark, f64)], score: f64, normalized: f64) -> Mark {
    let distance = |mark: &Mark| (mark.normalized - normalized).abs();
    let nearest = given
        .iter()
        .map(|(mark, _)| *mark)
        .min_by(|left, right| distance(left).total_cmp(&distance(right)));
    let Some(nearest) = nearest else {
        // No criterion is without marks: positions have one for each.
        return Mark {
            score,
            normalized,
            label: None,
            rationale: String::new(),
            evidence: Vec::new(),
            weighed: false,
        };
    };
    let exact = distance(nearest) <= EQUAL;
    let mut mark = Mark {
        score,
        normalized,
        label: nearest.label.clone().filter(|_| exact),
        weighed: given.iter().all(|(mark, _)| mark.weighed),
        ..nearest.clone()
    };
    if case.is_comparison() {
        mark.label = Some(side(normalized).as_str().to_owned());
    }
    mark
}

fn mean(given: &[(&Mark, f64)]) -> (f64, f64) {
    let weights: f64 = given.iter().map(|(_, weight)| weight).sum();
    let score: f64 = given.iter().map(|(mark, weight)| mark.score * weight).sum();
    let normalized = score::weighted_mean(
        given
            .iter()
            .map(|(mark, weight)| (*weight, mark.normalized)),
    );
    (score / weights, normalized)
}

/// The value at which half of the weight is reached; between two values where it is reached exactly.
fn median(given: &[(&Mark, f64)]) -> (f64, f64) {
    let mut sorted: Vec<_> = given.to_vec();
    sorted.sort_by(|left, right| left.0.normalized.total_cmp(&right.0.normalized));
    let half = sorted.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut reached = 0.0;
    let mut below: Option<&Mark> = None;
    for (mark, weight) in &sorted {
        if let Some(below) = below {
            return (
                f64::midpoint(below.score, mark.score),
                f64::midpoint(below.normalized, mark.normalized),
            );
        }
        reached += weight;
        if (reached - half).abs() <= EQUAL * half {
            below = Some(mark);
        } else if reached > half {
            return (mark.score, mark.normalized);
        }
    }
    mean(given)
}

/// The value with the most weight behind it, or the split.
fn majority(given: &[(&Mark, f64)]) -> Result<(f64, f64), String> {
    let mut votes: Vec<(&Mark, f64)> = Vec::new();
    for (mark, weight) in given {
        let same = votes
            .iter_mut()
            .find(|(other, _)| (other.normalized - mark.normalized).abs() <= EQUAL);
        match same {
            Some((_, sum)) => *sum += weight,
            None => votes.push((mark, *weight)),
        }
    }
    votes.sort_by(|left, right| right.1.total_cmp(&left.1));
    match votes.as_slice() {
        [first, second, ..] if first.1 - second.1 <= EQUAL * first.1 => {
            let split = votes.iter().map(|(mark, weight)| {
                let value = mark.label.clone().unwrap_or_else(|| mark.score.to_string());
                format!("{weight} for {value}")
            });
            Err(split.collect::<Vec<_>>().join(", "))
        }
        [(mark, _), ..] => Ok((mark.score, mark.normalized)),
        [] => Ok(mean(given)),
    }
}

/// The vote of a comparison that decides, and the share of the votes for the first candidate.
///
/// # Errors
/// A sentence: the majority is tied.
pub(super) fn vote(
    case: &Case<'_>,
    ruling: Ruling,
    positions: &[Weighted<'_>],
) -> Result<(f64, f64), String> {
    let votes: Vec<(Mark, f64)> = positions
        .iter()
        .map(|(position, weight)| {
            let mut mark = Mark {
                score: 0.0,
                normalized: 0.0,
                label: None,
                rationale: String::new(),
                evidence: Vec::new(),
                weighed: false,
            };
            mark.set_vote(position.overall(case));
            (mark, *weight)
        })
        .collect();
    let given: Vec<_> = votes.iter().map(|(mark, weight)| (mark, *weight)).collect();
    let (_, share) = mean(&given);
    let (_, deciding) = match ruling {
        Ruling::Median => median(&given),
        Ruling::Majority => {
            majority(&given).map_err(|split| format!("the vote on the whole is tied: {split}"))?
        }
        Ruling::Mean | Ruling::Moderator | Ruling::Consensus => mean(&given),
    };
    Ok((deciding, share))
}
