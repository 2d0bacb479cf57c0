//! Verdicts on ordered pairs against people's votes; single judges, and all of them as a jury.

use std::collections::BTreeMap;

use agreement::{accuracy, fleiss_kappa};
use anyhow::Result;
use serde_json::Value;

use super::{Found, grouped, named, real};
use crate::judge;
use crate::manifest::Weights;
use crate::reading::Reading;
use crate::records::Call;
use crate::said::Source;

/// How often weights by peers are refined.
const ROUNDS: usize = 5;

/// One for the candidate shown first, -1 for the other, 0 for a tie: by the mean of people's votes. `None` without votes.
fn gold(call: &Call, votes: &str) -> Option<i8> {
    let shown = call.shown();
    let (first, second) = (*shown.first()?, *shown.get(1)?);
    let all = call.at(votes)?.as_array()?;
    let pair = all.iter().find(|each| {
        let of = each.get("shown").and_then(Value::as_array);
        of.is_some_and(|of| {
            [first, second]
                .iter()
                .all(|name| of.iter().any(|id| id.as_str() == Some(name)))
        })
    })?;
    let sum: i32 = pair
        .get("votes")?
        .as_array()?
        .iter()
        .map(|vote| match vote.as_str() {
            Some(name) if name == first => 1,
            Some(name) if name == second => -1,
            _ => 0,
        })
        .sum();
    i8::try_from(sum.signum()).ok()
}

fn side(vote: f64, tie_within: f64) -> i8 {
    let lean = 2.0 * vote - 1.0;
    i8::from(lean > tie_within + 1e-9) - i8::from(lean < -tie_within - 1e-9)
}

/// How verdicts compare with people's: those that are read, and all, an unread one being a tie.
fn compared(cells: &[(Option<i8>, i8)]) -> Found {
    let read: Vec<(i8, i8)> = cells
        .iter()
        .filter_map(|(said, gold)| Some(((*said)?, *gold)))
        .collect();
    let all: Vec<(i8, i8)> = cells
        .iter()
        .map(|(said, gold)| (said.unwrap_or_default(), *gold))
        .collect();
    let kappa = |pairs: &[(i8, i8)]| {
        let subjects: Vec<Vec<i8>> = pairs
            .iter()
            .map(|(said, gold)| vec![*said, *gold])
            .collect();
        fleiss_kappa(&subjects)
    };
    named([
        ("n", Some(real(cells.len()))),
        ("unread", Some(real(cells.len() - read.len()))),
        ("accuracy", accuracy(&read)),
        ("fleiss_kappa", kappa(&read)),
        ("accuracy_unread_as_tie", accuracy(&all)),
        ("fleiss_kappa_unread_as_tie", kappa(&all)),
    ])
}

/// Each candidate's wins and half its ties, over the verdicts on it, each with a weight.
fn win_rates<'r>(cells: impl Iterator<Item = (&'r Call, f64, f64)>) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for (call, vote, weight) in cells {
        let shown = call.shown();
        for (name, won) in shown.iter().zip([vote, 1.0 - vote]) {
            let sum = sums.entry((*name).to_owned()).or_default();
            sum.0 += weight * won;
            sum.1 += weight;
        }
    }
    sums.retain(|_, (_, whole)| *whole > 0.0);
    sums.into_iter()
        .map(|(name, (won, whole))| (name, won / whole))
        .collect()
}

/// One judge.
pub(super) fn of_judge(readings: &[&Reading<'_>], votes: &str, source: Source) -> Found {
    let cells: Vec<_> = readings
        .iter()
        .filter_map(|reading| {
            let said = reading.number(source).map(|vote| side(vote, 0.0));
            Some((said, gold(reading.call, votes)?))
        })
        .collect();
    let mut found = compared(&cells);
    let voted = readings
        .iter()
        .map(|reading| (reading.call, reading.number(source).unwrap_or(0.5), 1.0));
    for (name, rate) in win_rates(voted) {
        found.insert(format!("win_rate.{name}"), Some(rate));
    }
    let pairs = grouped(readings, |reading| {
        let mut shown = reading.call.shown();
        shown.sort_unstable();
        (reading.call.text("item_id"), shown)
    });
    let both: Vec<_> = pairs
        .values()
        .filter(|readings| readings.len() == 2)
        .collect();
    let side_of = |reading: &Reading<'_>| reading.number(source).map_or(0, |vote| side(vote, 0.0));
    let same = both
        .iter()
        .filter(|readings| readings.iter().map(|reading| side_of(reading)).sum::<i8>() == 0)
        .count();
    let consistent = (!both.is_empty()).then(|| real(same) / real(both.len()));
    found.insert("position_consistency".to_owned(), consistent);
    found
}

/// All judges together.
pub(super) struct Jury<'j> {
    pub(super) votes: &'j str,
    pub(super) judge: &'j str,
    pub(super) weights: Weights,
    pub(super) tie_within: f64,
}

impl Jury<'_> {
    pub(super) fn figures(&self, readings: &[&Reading<'_>], source: Source) -> Result<Found> {
        let name = |reading: &Reading<'_>| reading.call.text(self.judge).unwrap_or_default();
        let judges = grouped(readings, name);
        let mut weights: BTreeMap<String, f64> =
            judges.keys().map(|judge| (judge.clone(), 1.0)).collect();
        if self.weights == Weights::PeerRank {
            for _ in 0..ROUNDS {
                weights = by_peers(&weights, readings, source, &name);
            }
        }
        let cells = grouped(readings, |reading| {
            (reading.call.text("item_id"), reading.call.shown())
        });
        let (mut compared, mut verdicts) = (Vec::new(), Vec::new());
        for readings in cells.values() {
            let Some(first) = readings.first() else {
                continue;
            };
            let votes: Vec<(f64, f64)> = readings
                .iter()
                .filter_map(|reading| {
                    let weight = weights.get(&name(reading)).copied().unwrap_or_default();
                    // A judge of which nothing can be read leans to neither side.
                    let vote = reading.number(source).unwrap_or(0.5);
                    (weight > 0.0).then_some((vote, weight))
                })
                .collect();
            let vote = judge::jury(&votes)?;
            let said = vote.map(|vote| side(vote, self.tie_within));
            verdicts.push((
                first.call,
                f64::midpoint(1.0, f64::from(said.unwrap_or_default())),
                1.0,
            ));
            if let Some(gold) = gold(first.call, self.votes) {
                compared.push((said, gold));
            }
        }
        let mut found = self::compared(&compared);
        for (name, rate) in win_rates(verdicts.into_iter()) {
            found.insert(format!("verdict_win_rate.{name}"), Some(rate));
        }
        for (judge, weight) in weights {
            found.insert(format!("weight.{judge}"), Some(weight));
        }
        Ok(found)
    }
}

/// A judge's weight is what the jury thinks of it as a candidate: its win rate, from the worst at 0, all together 1.
fn by_peers(
    weights: &BTreeMap<String, f64>,
    readings: &[&Reading<'_>],
    source: Source,
    name: &dyn Fn(&Reading<'_>) -> String,
) -> BTreeMap<String, f64> {
    let voted = readings.iter().map(|reading| {
        let weight = weights.get(&name(reading)).copied().unwrap_or_default();
        (reading.call, reading.number(source).unwrap_or(0.5), weight)
    });
    let rates = win_rates(voted);
    let rate = |judge: &String| rates.get(judge).copied().unwrap_or_default();
    let least = weights.keys().map(rate).fold(f64::INFINITY, f64::min);
    let sum: f64 = weights.keys().map(|judge| rate(judge) - least).sum();
    weights
        .keys()
        .map(|judge| (judge.clone(), (rate(judge) - least) / sum))
        .collect()
}
