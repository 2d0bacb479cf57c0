//! What was counted, as figures that say how many they are of.

use std::collections::BTreeMap;

use api::{
    CostFigures, Coverage, Figures, IntervalFigures, LatencyFigures, PassRate, ScoreFigures, Stats,
    StatsInterval,
};
use domain::State;
use domain::money::NanoUsd;
use storage::stats::{self, CriterionTally, Interval, Tally};

/// How far a time may be off that is read from bins.
const TIME_ERROR: f64 = 0.05;

pub(crate) fn stats(interval: Interval, found: stats::Stats) -> Stats {
    let mut sum = Tally::default();
    for tally in found.intervals.values() {
        sum.add(tally);
    }
    let intervals = found.intervals.iter();
    let [from, to] = found.within;
    Stats {
        interval: match interval {
            Interval::Hour => StatsInterval::Hour,
            Interval::Day => StatsInterval::Day,
        },
        from,
        to,
        as_of: found.as_of,
        sum: figures(&sum),
        intervals: intervals
            .map(|(start, tally)| IntervalFigures {
                start: *start,
                figures: figures(tally),
            })
            .collect(),
    }
}

fn figures(tally: &Tally) -> Figures {
    let in_state = |state: State| {
        tally
            .states
            .get(state.as_str())
            .copied()
            .unwrap_or_default()
    };
    let evaluations = tally.states.values().sum();
    let scored = tally.outcomes.get("scored").copied().unwrap_or_default();
    let with_verdict = tally.passed + tally.not_passed;
    let unscored = in_state(State::Failed) + in_state(State::Succeeded).saturating_sub(scored);
    let interval =
        share(tally.passed, with_verdict).map(|rate| agreement::wilson(rate, real(with_verdict)));
    let ended = tally.seconds.values().sum();
    Figures {
        evaluations,
        status: State::ALL
            .map(|state| (state.status().to_owned(), in_state(state)))
            .into(),
        outcome: ["scored", "abstained", "unscorable"]
            .map(|outcome| {
                let count = tally.outcomes.get(outcome).copied();
                (outcome.to_owned(), count.unwrap_or_default())
            })
            .into(),
        coverage: Coverage {
            n: scored,
            unused: unscored,
            share: share(scored, scored + unscored),
        },
        criteria: criteria(tally, scored),
        pass_rate: PassRate {
            n: with_verdict,
            passed: tally.passed,
            unused: evaluations - with_verdict,
            rate: share(tally.passed, with_verdict),
            low: interval.map(|[low, _]| low),
            high: interval.map(|[_, high]| high),
            method: "wilson_95".to_owned(),
        },
        cost: CostFigures {
            usd: (tally.priced_calls > 0).then(|| NanoUsd(tally.cost).to_string()),
            n: tally.priced_calls,
            unused: tally.unpriced_calls,
        },
        latency: LatencyFigures {
            n: ended,
            unused: evaluations - ended,
            p50_seconds: tally.quantile(0.5),
            p95_seconds: tally.quantile(0.95),
            p99_seconds: tally.quantile(0.99),
            relative_error: TIME_ERROR,
        },
    }
}

fn criteria(tally: &Tally, scored: u64) -> BTreeMap<String, ScoreFigures> {
    let of = |criterion: &CriterionTally| {
        let n = criterion.count();
        ScoreFigures {
            n,
            not_applicable: criterion.not_applicable,
            unused: scored.saturating_sub(n + criterion.not_applicable),
            mean: (n > 0).then(|| criterion.sum / real(n)),
            histogram: criterion.bins,
        }
    };
    let criteria = tally.criteria.iter();
    criteria
        .map(|(name, criterion)| (name.clone(), of(criterion)))
        .collect()
}

pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| real(part) / real(whole))
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn real(count: u64) -> f64 {
    count as f64
}
