//! What is counted of a set of evaluations: two of them add up to that of both sets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bins of a normalised score.
pub const BINS: usize = 10;
/// Bins of times grow by this factor: what is read from them is at most its root away from the truth, which is 5 %.
const GROWTH: f64 = 1.1;
/// The first bin ends here, in seconds.
const SHORTEST: f64 = 0.001;

/// The counts of a set of evaluations.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// By state, as the table names it.
    pub states: BTreeMap<String, u64>,
    /// Those that succeeded, by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Scored ones that passed.
    pub passed: u64,
    /// Scored ones that did not pass.
    pub not_passed: u64,
    /// Scored ones whose criteria no column says yet.
    pub without_columns: u64,
    /// By the name of the criterion.
    pub criteria: BTreeMap<String, CriterionTally>,
    /// How many took how long from their posting to their end, by bin.
    pub seconds: BTreeMap<i32, u64>,
    /// Calls whose price is known.
    pub priced_calls: u64,
    /// Calls whose price is not.
    pub unpriced_calls: u64,
    /// What the former cost, in nano-USD.
    pub cost: i64,
}

/// The normalised scores of a criterion.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CriterionTally {
    /// How many lie in each tenth of 0 to 1; 1 itself in the last.
    pub bins: [u64; BINS],
    /// How many did not apply.
    pub not_applicable: u64,
    /// The sum of the scores.
    pub sum: f64,
}

impl Tally {
    /// Adds those of another set.
    pub fn add(&mut self, other: &Self) {
        add_counts(&mut self.states, &other.states);
        add_counts(&mut self.outcomes, &other.outcomes);
        add_counts(&mut self.seconds, &other.seconds);
        self.passed += other.passed;
        self.not_passed += other.not_passed;
        self.without_columns += other.without_columns;
        self.priced_calls += other.priced_calls;
        self.unpriced_calls += other.unpriced_calls;
        self.cost = self.cost.saturating_add(other.cost);
        for (name, criterion) in &other.criteria {
            let own = self.criteria.entry(name.clone()).or_default();
            for (bin, count) in own.bins.iter_mut().zip(criterion.bins) {
                *bin += count;
            }
            own.not_applicable += criterion.not_applicable;
            own.sum += criterion.sum;
        }
    }

    /// Adds a row of the statement that counts; see `count.rs`.
    pub(super) fn add_row(&mut self, kind: &str, key: &str, bin: i32, n: u64, sum: Sum) {
        match kind {
            "state" => *self.states.entry(key.to_owned()).or_default() += n,
            "outcome" => *self.outcomes.entry(key.to_owned()).or_default() += n,
            "passed" if key == "true" => self.passed += n,
            "passed" => self.not_passed += n,
            "without_columns" => self.without_columns += n,
            "criterion" => {
                let criterion = self.criteria.entry(key.to_owned()).or_default();
                match usize::try_from(bin) {
                    Ok(bin) => criterion.bins[bin.min(BINS - 1)] += n,
                    Err(_) => criterion.not_applicable += n,
                }
                criterion.sum += sum.scores;
            }
            "seconds" => *self.seconds.entry(bin).or_default() += n,
            "priced" => {
                self.priced_calls += n;
                self.cost = self.cost.saturating_add(sum.nano_usd);
            }
            _ => self.unpriced_calls += n,
        }
    }

    /// The time within which this share of those that ended did, in seconds, give or take 5 %; `None` where none did.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank"
    )]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let all: u64 = self.seconds.values().sum();
        let rank = ((all as f64 * share).ceil() as u64).max(1);
        let mut before = 0;
        let bin = self.seconds.iter().find_map(|(bin, count)| {
            before += count;
            (before >= rank).then_some(*bin)
        })?;
        // In the middle of the bin, as ratios go.
        Some(SHORTEST * GROWTH.powf(f64::from(bin) + 0.5))
    }
}

impl CriterionTally {
    /// How many scores there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.bins.iter().sum()
    }
}

/// What a row says besides its count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) scores: f64,
    pub(super) nano_usd: i64,
}

/// The bin of a time, as SQL.
pub(super) fn bin_of(seconds: &str) -> String {
    format!(
        "floor(ln(greatest(({seconds})::float8, {SHORTEST}) / {SHORTEST}) / ln({GROWTH}::float8))::int4"
    )
}

fn add_counts<K: Ord + Clone>(own: &mut BTreeMap<K, u64>, other: &BTreeMap<K, u64>) {
    for (key, count) in other {
        *own.entry(key.clone()).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(bins: impl IntoIterator<Item = (i32, u64)>) -> Tally {
        Tally {
            seconds: bins.into_iter().collect(),
            ..Tally::default()
        }
    }

    #[test]
    fn a_quantile_is_within_a_root_of_the_growth() {
        let bin = |seconds: f64| ((seconds / SHORTEST).ln() / GROWTH.ln()).floor() as i32;
        for seconds in [0.0015, 0.73, 1.0, 59.0, 3_000.0] {
            let found = tally([(bin(seconds), 5)]).quantile(0.5).unwrap();
            assert!((found / seconds - 1.0).abs() < 0.05, "{seconds}: {found}");
        }
        assert_eq!(tally([]).quantile(0.5), None);
        let two = tally([(10, 99), (50, 1)]);
        assert_eq!(two.quantile(0.99), tally([(10, 1)]).quantile(0.5));
        assert_eq!(two.quantile(0.991), tally([(50, 1)]).quantile(0.5));
    }

    #[test]
    fn the_whole_is_the_sum_of_its_parts() {
        let mut one = Tally::default();
        one.add_row("state", "succeeded", 0, 2, Sum::default());
        one.add_row("passed", "true", 0, 1, Sum::default());
        one.add_row("passed", "false", 0, 1, Sum::default());
        let scores = Sum {
            scores: 1.5,
            nano_usd: 0,
        };
        one.add_row("criterion", "a", 7, 2, scores);
        one.add_row("criterion", "a", 10, 1, scores);
        one.add_row("criterion", "a", -1, 4, Sum::default());
        let paid = Sum {
            scores: 0.0,
            nano_usd: 41,
        };
        one.add_row("priced", "", 0, 3, paid);
        one.add_row("unpriced", "", 0, 5, Sum::default());
        let mut two = one.clone();
        two.add(&one);
        assert_eq!(two.states["succeeded"], 4);
        assert_eq!((two.passed, two.not_passed, two.cost), (2, 2, 82));
        assert_eq!((two.priced_calls, two.unpriced_calls), (6, 10));
        let criterion = &two.criteria["a"];
        assert_eq!((criterion.bins[7], criterion.bins[9]), (4, 2));
        assert_eq!((criterion.count(), criterion.not_applicable), (6, 8));
        assert!((criterion.sum - 6.0).abs() < 1e-12);
    }
}
