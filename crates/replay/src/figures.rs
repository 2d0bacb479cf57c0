//! Figures of groups of readings.

mod checklist;
mod correlation;
mod debate;
mod detection;
mod means;
mod orders;
mod votes;
mod wins;

use std::collections::BTreeMap;

use anyhow::Result;

use crate::manifest::{Figures, Kind, Manifest};
use crate::reading::Reading;
use crate::records::{Call, Set};
use crate::said::Source;

/// Figures by name; `None` is undefined.
pub(crate) type Found = BTreeMap<String, Option<f64>>;

/// The figure of every group that counts the replies which were left unread, or read otherwise than by the source.
const ODD: &str = "odd";

/// Found figures by group.
pub(crate) type Groups = BTreeMap<Vec<String>, Found>;

/// What figures are made of.
pub(crate) struct Material<'s> {
    pub(crate) set: &'s Set,
    pub(crate) manifest: &'s Manifest,
    pub(crate) readings: &'s [Reading<'s>],
}

/// The figures of every group, by one source's readings.
pub(crate) fn find(figures: &Figures, material: &Material<'_>, source: Source) -> Result<Groups> {
    let readings: Vec<&Reading<'_>> = material
        .readings
        .iter()
        .filter(|reading| reading.call.fits(&figures.filter))
        .collect();
    let grouped = grouped(&readings, |reading| reading.call.group(&figures.by));
    let odd_of = |group: &[String]| -> usize {
        let readings = grouped.get(group).into_iter().flatten();
        readings.filter(|reading| reading.is_odd).count()
    };
    let of_each = |of: &dyn Fn(&[&Reading<'_>]) -> Found| -> Groups {
        let found = grouped
            .iter()
            .map(|(group, readings)| (group.clone(), of(readings)));
        found.collect()
    };
    let mut groups = match &figures.of {
        Kind::Means => of_each(&|readings| means::means(readings, source)),
        Kind::WinRate { candidate } => {
            of_each(&|readings| wins::win_rate(readings, candidate, source))
        }
        Kind::TwoOrders { label } => {
            of_each(&|readings| orders::against_label(readings, label, source))
        }
        Kind::OrderCounts { pair } => of_each(&|readings| orders::counts(readings, pair, source)),
        Kind::Votes { votes } => of_each(&|readings| votes::of_judge(readings, votes, source)),
        Kind::Jury {
            votes,
            judge,
            weights,
            tie_within,
        } => {
            let how = votes::Jury {
                votes,
                judge,
                weights: *weights,
                tie_within: *tie_within,
            };
            let mut groups = Groups::new();
            for (group, readings) in &grouped {
                groups.insert(group.clone(), how.figures(readings, source)?);
            }
            groups
        }
        Kind::Correlation { label, problem } => {
            of_each(&|readings| correlation::correlation(readings, label, problem, source))
        }
        Kind::Detection {
            truth,
            step,
            fault,
            silent,
            family,
            bins,
        } => {
            let how = detection::Fields {
                truth,
                step: step.as_deref(),
                fault: fault.as_deref(),
                silent: silent.as_deref(),
                family: family.as_deref(),
                bins: *bins,
            };
            of_each(&|readings| how.figures(readings, source))
        }
        Kind::Debate {
            debate,
            round,
            seat,
        } => {
            let fields = debate::Fields {
                debate,
                round,
                seat,
            };
            let mut groups = Groups::new();
            for (group, readings) in &grouped {
                let debates = fields.debates(material.manifest, readings, source)?;
                groups.insert(group.clone(), debate::figures(&debates));
            }
            groups
        }
        Kind::Alone {
            debate,
            round,
            seat,
        } => {
            let fields = debate::Fields {
                debate,
                round,
                seat,
            };
            let everything: Vec<&Reading<'_>> = material.readings.iter().collect();
            let debates = fields.debates(material.manifest, &everything, source)?;
            of_each(&|readings| debate::alone(&debates, readings, source))
        }
        Kind::Checklist {
            requirements,
            judge,
            human,
            prerequisites,
            id,
        } => {
            let fields = checklist::Fields {
                requirements,
                judge,
                human,
                prerequisites,
                id,
            };
            let items: Vec<&Call> = material
                .set
                .items
                .iter()
                .filter(|item| item.fits(&figures.filter))
                .collect();
            self::grouped(&items, |item| item.group(&figures.by))
                .into_iter()
                .map(|(group, items)| (group, fields.figures(&items)))
                .collect()
        }
    };
    if source == Source::Ours {
        for (group, found) in &mut groups {
            found.insert(ODD.to_owned(), Some(real(odd_of(group))));
        }
    }
    Ok(groups)
}

/// What belongs together, by a key.
pub(crate) fn grouped<T: Copy, K: Ord>(all: &[T], key: impl Fn(T) -> K) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for each in all {
        groups.entry(key(*each)).or_default().push(*each);
    }
    groups
}

/// A count as a figure.
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// A share in percent; `None` of nothing.
pub(crate) fn percent(part: f64, whole: usize) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part / real(whole))
}

/// Names figures.
pub(crate) fn named<const N: usize>(figures: [(&str, Option<f64>); N]) -> Found {
    figures
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
