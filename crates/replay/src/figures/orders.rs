//! Pairs of candidates that were shown in both orders.

use std::collections::BTreeMap;

use super::{Found, grouped, named, percent, real};
use crate::reading::Reading;
use crate::said::Source;

/// The candidate that a verdict prefers; `Some(None)` is a tie, `None` unread.
fn preferred<'r>(reading: &'r Reading<'_>, source: Source) -> Option<Option<&'r str>> {
    let vote = reading.number(source)?;
    let shown = reading.call.shown();
    Some(if vote > 0.5 + 1e-9 {
        shown.first().copied()
    } else if vote < 0.5 - 1e-9 {
        shown.get(1).copied()
    } else {
        None
    })
}

/// Final verdicts against the better candidate: accuracy over both orders, and the share of items with the same verdict in both.
///
/// Where each candidate was scored by itself, the larger score wins; equal or unread ones are half right and no agreement. An
/// unread verdict of a comparison is wrong; two of them agree on nothing (`agreement_pct`), or on that (`…_unread_alike_pct`).
pub(super) fn against_label(readings: &[&Reading<'_>], label: &str, source: Source) -> Found {
    let (mut right, mut verdicts, mut same, mut unread_alike) = (0.0, 0, 0, 0);
    let items = grouped(readings, |reading| {
        reading.call.text("item_id").unwrap_or_default()
    });
    for readings in items.values() {
        let better = readings
            .first()
            .and_then(|reading| reading.call.text(label));
        let is_scored = readings
            .iter()
            .all(|reading| reading.call.shown().len() == 1);
        if is_scored {
            let score = |is_better: bool| {
                let mut of_side = readings.iter().filter(|reading| {
                    (reading.call.shown().first().copied() == better.as_deref()) == is_better
                });
                of_side.next()?.number(source)
            };
            verdicts += 1;
            match (score(true), score(false)) {
                (Some(good), Some(bad)) if good != bad => {
                    right += f64::from(u8::from(good > bad));
                    same += 1;
                    unread_alike += 1;
                }
                _ => right += 0.5,
            }
            continue;
        }
        let said: Vec<_> = readings
            .iter()
            .map(|reading| preferred(reading, source))
            .collect();
        for verdict in &said {
            verdicts += 1;
            right += match verdict {
                None => 0.0,
                Some(None) => 0.5,
                Some(winner) => f64::from(u8::from(*winner == better.as_deref())),
            };
        }
        let alike = said.windows(2).all(|two| two.first() == two.last());
        unread_alike += usize::from(alike);
        same += usize::from(alike && said.iter().all(Option::is_some));
    }
    named([
        ("n", Some(real(items.len()))),
        ("accuracy_pct", percent(right, verdicts)),
        ("agreement_pct", percent(real(same), items.len())),
        (
            "agreement_unread_alike_pct",
            percent(real(unread_alike), items.len()),
        ),
    ])
}

/// How the two orders of a pair compare: `both NAME`, `both tie`, `both unread`, or `inconsistent`.
pub(super) fn counts(readings: &[&Reading<'_>], pair: &[String], source: Source) -> Found {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for readings in grouped(readings, |reading| reading.call.group(pair)).values() {
        let [one, other] = readings.as_slice() else {
            continue;
        };
        let (said, again) = (preferred(one, source), preferred(other, source));
        let name = match said {
            _ if said != again => "inconsistent".to_owned(),
            None => "both unread".to_owned(),
            Some(None) => "both tie".to_owned(),
            Some(Some(name)) => format!("both {name}"),
        };
        *counts.entry(name).or_default() += 1;
    }
    let counted = counts
        .into_iter()
        .map(|(name, count)| (name, Some(real(count))));
    counted.collect()
}
