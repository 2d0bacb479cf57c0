//! Debates of several agents over rounds.

use std::collections::BTreeMap;

use agreement::fleiss_kappa;
use anyhow::{Context as _, Result};

use super::{Found, grouped, named, real};
use crate::judge;
use crate::manifest::Manifest;
use crate::reading::Reading;
use crate::said::Source;

/// Where a call says which turn of which debate it is.
pub(super) struct Fields<'f> {
    pub(super) debate: &'f str,
    pub(super) round: &'f str,
    pub(super) seat: &'f str,
}

/// Who said what in a debate: by round and seat the vote for the first candidate.
#[derive(Default)]
pub(super) struct Debate {
    turns: BTreeMap<(u32, usize), Option<f64>>,
    seats: Vec<usize>,
    item: String,
}

impl Fields<'_> {
    /// The debates, as one source reads them. Ours are evaluations by the strategy `debate`.
    pub(super) fn debates(
        &self,
        manifest: &Manifest,
        readings: &[&Reading<'_>],
        source: Source,
    ) -> Result<Vec<Debate>> {
        let by_id = grouped(readings, |reading| reading.call.text(self.debate));
        let mut debates = Vec::new();
        for (id, turns) in by_id {
            let (Some(_), Some(first)) = (id, turns.first()) else {
                continue;
            };
            let item = first.call.text("item_id").unwrap_or_default();
            let mut of_seat = BTreeMap::new();
            for turn in turns {
                let number = |field: &str| -> Result<usize> {
                    let number = turn.call.at(field).and_then(serde_json::Value::as_u64);
                    Ok(usize::try_from(number.context(field.to_owned())?)?)
                };
                of_seat.insert(
                    (u32::try_from(number(self.round)?)?, number(self.seat)?),
                    turn,
                );
            }
            let mut seats: Vec<usize> = of_seat.keys().map(|(_, seat)| *seat).collect();
            seats.sort_unstable();
            seats.dedup();
            let turns = match source {
                Source::Ours => judged(manifest, &of_seat, &seats)?,
                _ => of_seat
                    .iter()
                    .map(|(at, turn)| (*at, turn.number(source)))
                    .collect(),
            };
            debates.push(Debate { turns, seats, item });
        }
        Ok(debates)
    }
}

/// The turns of a debate as our strategy sees them. One that the strategy asks for and that was not recorded is missing.
fn judged(
    manifest: &Manifest,
    turns: &BTreeMap<(u32, usize), &Reading<'_>>,
    seats: &[usize],
) -> Result<BTreeMap<(u32, usize), Option<f64>>> {
    let Some(first) = turns.values().next() else {
        return Ok(BTreeMap::new());
    };
    let judge = manifest
        .judges
        .iter()
        .find(|judge| first.call.fits(&judge.filter));
    let rubric = judge::rubric(&judge.context("no judge fits")?.rubric, true)?;
    let rounds = turns
        .keys()
        .map(|(round, _)| *round)
        .max()
        .unwrap_or_default();
    let replies = turns.iter().filter_map(|((round, seat), turn)| {
        let place = seats.iter().position(|each| each == seat)? + 1;
        let text = *turn.call.replies().first()?;
        Some(((*round, place), judge::reply(turn.call, 0, text)))
    });
    let words = judge::debate(&rubric, first.call, seats.len(), rounds, replies.collect())?;
    let said = words.into_iter().filter_map(|(round, place, vote)| {
        Some(((round, *seats.get(place.checked_sub(1)?)?), Some(vote)))
    });
    Ok(said.collect())
}

impl Debate {
    fn openings(&self) -> Vec<Option<f64>> {
        let at = |seat: &usize| self.turns.get(&(0, *seat)).copied().flatten();
        self.seats.iter().map(at).collect()
    }

    /// The last word of each.
    fn last(&self) -> Vec<Option<f64>> {
        let last_of = |seat: &usize| {
            let mut of_seat = self.turns.iter().filter(|((_, each), _)| each == seat);
            of_seat.next_back().and_then(|(_, vote)| *vote)
        };
        self.seats.iter().map(last_of).collect()
    }

    fn rounds(&self) -> u32 {
        self.turns
            .keys()
            .map(|(round, _)| *round)
            .max()
            .unwrap_or_default()
    }

    /// What more than half of the debaters say in the end.
    fn majority(&self) -> Option<f64> {
        let last = self.last();
        let with = |vote: &f64| last.iter().filter(|each| **each == Some(*vote)).count();
        last.iter()
            .flatten()
            .copied()
            .find(|vote| 2 * with(vote) > last.len())
    }

    /// How many end otherwise than they began.
    fn changed_minds(&self) -> usize {
        let last = self.last();
        let both = self.openings().into_iter().zip(last);
        both.filter(|(before, after)| before != after).count()
    }
}

fn agreed(votes: &[Option<f64>]) -> bool {
    votes.windows(2).all(|two| two.first() == two.last())
}

fn kappa(debates: &[Debate], votes: impl Fn(&Debate) -> Vec<Option<f64>>) -> Option<f64> {
    let label = |vote: Option<f64>| vote.map_or_else(|| "none".to_owned(), |vote| vote.to_string());
    let subjects = debates
        .iter()
        .map(|debate| votes(debate).into_iter().map(label).collect());
    fleiss_kappa(&subjects.collect::<Vec<Vec<String>>>())
}

/// Consensus before and after, and the verdict of the majority.
pub(super) fn figures(debates: &[Debate]) -> Found {
    let count = |is: &dyn Fn(&Debate) -> bool| {
        let count = debates.iter().filter(|debate| is(debate)).count();
        Some(real(count))
    };
    let says = |vote: f64| count(&|debate| debate.majority() == Some(vote));
    let ends = |round: u32| count(&|debate| debate.rounds() == round);
    let changed: usize = debates.iter().map(Debate::changed_minds).sum();
    named([
        ("debates", Some(real(debates.len()))),
        (
            "consensus_at_start",
            count(&|debate| agreed(&debate.openings())),
        ),
        (
            "consensus_at_last_round",
            count(&|debate| agreed(&debate.last())),
        ),
        ("no_consensus", count(&|debate| !agreed(&debate.last()))),
        ("changed_minds", Some(real(changed))),
        ("majority_first", says(1.0)),
        ("majority_second", says(0.0)),
        ("majority_tie", says(0.5)),
        ("split", count(&|debate| debate.majority().is_none())),
        ("ended_in_round_0", ends(0)),
        ("ended_in_round_1", ends(1)),
        ("ended_in_round_2", ends(2)),
        ("fleiss_kappa_initial", kappa(debates, Debate::openings)),
        ("fleiss_kappa_last_round", kappa(debates, Debate::last)),
    ])
}

/// How often a judge by itself says what the majority of the debate on the same item says.
pub(super) fn alone(debates: &[Debate], readings: &[&Reading<'_>], source: Source) -> Found {
    let of_item: BTreeMap<&str, &Debate> = debates
        .iter()
        .map(|debate| (debate.item.as_str(), debate))
        .collect();
    let debated: Vec<(Option<f64>, Option<f64>)> = readings
        .iter()
        .filter_map(|reading| {
            let debate = of_item.get(reading.call.text("item_id")?.as_str())?;
            Some((reading.number(source), debate.majority()))
        })
        .collect();
    let same = debated
        .iter()
        .filter(|(said, majority)| said.is_some() && said == majority)
        .count();
    named([
        ("n", Some(real(debated.len()))),
        (
            "agreement",
            (!debated.is_empty()).then(|| real(same) / real(debated.len())),
        ),
    ])
}
