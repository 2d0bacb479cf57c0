//! What moves a judge of comparisons that should not: the place of a candidate, and its length.

use crate::{Interval, pearson, real, wilson};

/// The verdict on two candidates as they were shown, and the other way round where that was done.
///
/// Each is a vote for the one that was shown first: 1, 0, and a half for a tie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// The vote for the one shown first.
    pub vote: f64,
    /// The vote for the one shown first where the two were shown the other way round.
    pub swapped: Option<f64>,
}

/// How much the place counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionBias {
    /// Verdicts that were no tie, in either order.
    pub decisive: usize,
    /// The share of them for the one shown first; a half without bias. `None` without any.
    pub first_share: Option<f64>,
    /// Its 95 % interval (Wilson).
    pub first_interval: Option<Interval>,
    /// Pairs that were shown both ways.
    pub pairs: usize,
    /// The share of these with the same verdict both ways. `None` without any.
    pub consistency: Option<f64>,
    /// The share of these in which the one shown first won both times.
    pub prefers_first: Option<f64>,
    /// The share of these in which the one shown second won both times.
    pub prefers_second: Option<f64>,
}

/// Position bias over verdicts.
#[must_use]
pub fn position_bias(verdicts: &[Shown]) -> PositionBias {
    let votes = || {
        verdicts
            .iter()
            .flat_map(|each| [Some(each.vote), each.swapped])
            .flatten()
    };
    let firsts = votes().filter(|vote| *vote > 0.5).count();
    let decisive = firsts + votes().filter(|vote| *vote < 0.5).count();
    let both: Vec<(f64, f64)> = verdicts
        .iter()
        .filter_map(|each| Some((each.vote, each.swapped?)))
        .collect();
    let of_both = |is: &dyn Fn(f64, f64) -> bool| {
        let count = both
            .iter()
            .filter(|(vote, swapped)| is(*vote, *swapped))
            .count();
        share(count, both.len())
    };
    PositionBias {
        decisive,
        first_share: share(firsts, decisive),
        first_interval: interval(firsts, decisive),
        pairs: both.len(),
        consistency: of_both(&|vote, swapped| side(vote) == -side(swapped)),
        prefers_first: of_both(&|vote, swapped| side(vote) > 0 && side(swapped) > 0),
        prefers_second: of_both(&|vote, swapped| side(vote) < 0 && side(swapped) < 0),
    }
}

/// A verdict on two candidates with their lengths, in any unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lengths {
    /// The length of the first.
    pub first: f64,
    /// That of the second.
    pub second: f64,
    /// The vote for the first: 1, 0, and a half for a tie.
    pub vote: f64,
}

/// How much length counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LengthBias {
    /// Verdicts that were no tie, on candidates of different lengths.
    pub decisive: usize,
    /// The share of them for the longer one. `None` without any.
    pub longer_share: Option<f64>,
    /// Its 95 % interval (Wilson).
    pub longer_interval: Option<Interval>,
    /// Pearson's correlation of the vote with the difference of the lengths' logarithms, which does not depend on the unit.
    pub correlation: Option<f64>,
}

/// Length bias over verdicts. Longer candidates may be better ones: compare with what people preferred.
#[must_use]
pub fn length_bias(verdicts: &[Lengths]) -> LengthBias {
    let decided = || {
        verdicts
            .iter()
            .filter(|each| side(each.vote) != 0 && each.first != each.second)
    };
    let longer = decided()
        .filter(|each| (side(each.vote) > 0) == (each.first > each.second))
        .count();
    let decisive = decided().count();
    let logarithms: Vec<(f64, f64)> = verdicts
        .iter()
        .map(|each| {
            (
                (each.first + 1.0).ln() - (each.second + 1.0).ln(),
                each.vote,
            )
        })
        .collect();
    LengthBias {
        decisive,
        longer_share: share(longer, decisive),
        longer_interval: interval(longer, decisive),
        correlation: pearson(&logarithms),
    }
}

fn side(vote: f64) -> i8 {
    i8::from(vote > 0.5) - i8::from(vote < 0.5)
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}

fn interval(part: usize, whole: usize) -> Option<Interval> {
    let [low, high] = wilson(share(part, whole)?, real(whole));
    Some(Interval { low, high })
}
