//! The series of models at providers.
//!
//! Whoever posts may name models, and most names that anybody invents are refused. So a model has series of its own
//! when the settings name it, or once it has answered; of those that answered, the latest. The others are `other`
//! together, and what is counted is never lost: a model that makes room leaves its counts there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use super::{CALLS, MODEL_GAUGES, TOKENS};

/// Models that the settings do not name and that have series of their own.
const MAX_MODELS: usize = 200;
/// Bytes that a name may have.
const LENGTH: usize = 100;
const OTHER: &str = "other";

/// The series of all models.
#[derive(Debug)]
pub(super) struct Models(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    of_settings: BTreeSet<String>,
    /// By provider and model.
    series: BTreeMap<(String, String), Series>,
    /// Counts answers, for their order.
    answers: u64,
}

#[derive(Debug, Default)]
struct Series {
    /// The latest answer; 0 where there was none.
    answered: u64,
    /// By result.
    calls: BTreeMap<&'static str, u64>,
    /// By direction.
    tokens: BTreeMap<&'static str, u64>,
    /// In the order of [`MODEL_GAUGES`].
    gauges: [Option<f64>; MODEL_GAUGES.len()],
}

/// How a model at a provider is.
#[derive(Debug, Clone, Copy)]
pub struct DeploymentGauges {
    /// Whether calls are made: 0 closed (they are), 1 half open (one tries), 2 open (none is).
    pub breaker: f64,
    /// Whether its provider's list of models has it.
    pub is_listed: Option<bool>,
    /// When its provider takes it off, in seconds since 1970.
    pub retires_at: Option<i64>,
}

impl Models {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Inner {
            of_settings: BTreeSet::new(),
            series: BTreeMap::new(),
            answers: 0,
        }))
    }

    /// Takes the models that the settings name now.
    pub(super) fn of_settings(&self, models: impl IntoIterator<Item = String>) {
        self.inner().of_settings = models.into_iter().collect();
    }

    /// Counts a call.
    pub(super) fn called(&self, provider: &str, model: &str, result: &'static str, answered: bool) {
        let mut inner = self.inner();
        inner.answers += 1;
        let latest = inner.answers;
        let series = inner.series(provider, model, answered);
        if answered {
            series.answered = latest;
        }
        *series.calls.entry(result).or_default() += 1;
    }

    /// Counts tokens.
    pub(super) fn took(&self, provider: &str, model: &str, direction: &'static str, tokens: u64) {
        let mut inner = self.inner();
        let series = inner.series(provider, model, false);
        *series.tokens.entry(direction).or_default() += tokens;
    }

    /// Shows how a model is; not one of those that are `other` together.
    pub(super) fn deployment(&self, provider: &str, model: &str, gauges: DeploymentGauges) {
        let mut inner = self.inner();
        if inner.has_its_own(provider, model) {
            inner.series(provider, model, false).gauges = [
                Some(gauges.breaker),
                gauges
                    .is_listed
                    .map(|is_listed| f64::from(u8::from(is_listed))),
                gauges.retires_at.map(|seconds| seconds as f64),
            ];
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exposition.
    pub(super) fn render(&self) -> String {
        let inner = self.inner();
        let mut text = String::new();
        let counted = |text: &mut String,
                       (name, help): (&str, &str),
                       label: &str,
                       of: fn(&Series) -> &BTreeMap<&'static str, u64>| {
            if inner.series.values().all(|series| of(series).is_empty()) {
                return;
            }
            head(text, name, help, "counter");
            for (key, series) in &inner.series {
                for (value, count) in of(series) {
                    let labels = labels(key);
                    text.push_str(&format!("{name}{{{labels},{label}=\"{value}\"}} {count}\n"));
                }
            }
        };
        counted(&mut text, CALLS, "result", |series| &series.calls);
        counted(&mut text, TOKENS, "direction", |series| &series.tokens);
        for (number, (name, help)) in MODEL_GAUGES.iter().enumerate() {
            let gauges = inner.series.iter();
            let mut known = gauges
                .filter_map(|(key, series)| Some((key, series.gauges.get(number).copied()??)))
                .peekable();
            if known.peek().is_some() {
                head(&mut text, name, help, "gauge");
            }
            for (key, value) in known {
                text.push_str(&format!("{name}{{{}}} {value}\n", labels(key)));
            }
        }
        text
    }
}

/// What stands before the series of a family.
pub(super) fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
}

fn labels((provider, model): &(String, String)) -> String {
    let escaped = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        value.replace('\n', "\\n")
    };
    format!(
        "provider=\"{}\",model=\"{}\"",
        escaped(provider),
        escaped(model)
    )
}

impl Inner {
    /// Whether a model has series of its own.
    fn has_its_own(&self, provider: &str, model: &str) -> bool {
        let key = (provider.to_owned(), model.to_owned());
        self.of_settings.contains(model)
            || self
                .series
                .get(&key)
                .is_some_and(|series| series.answered > 0)
    }

    /// The series of a model: its own, or the common ones.
    fn series(&mut self, provider: &str, model: &str, answered: bool) -> &mut Series {
        let is_short = model.len() <= LENGTH && provider.len() <= LENGTH;
        let is_new = !self.has_its_own(provider, model);
        if is_new && answered && is_short {
            self.make_room();
        }
        let model = if is_short && (answered || !is_new) {
            model
        } else {
            OTHER
        };
        let key = (provider.to_owned(), model.to_owned());
        self.series.entry(key).or_default()
    }

    /// Makes room for one more that answered.
    fn make_room(&mut self) {
        let own = self.series.iter().filter(|((_, model), series)| {
            series.answered > 0 && !self.of_settings.contains(model)
        });
        if own.clone().count() < MAX_MODELS {
            return;
        }
        let oldest = own.min_by_key(|(_, series)| series.answered);
        let Some(key) = oldest.map(|(key, _)| key.clone()) else {
            return;
        };
        let Some(gone) = self.series.remove(&key) else {
            return;
        };
        let common = self.series.entry((key.0, OTHER.to_owned())).or_default();
        for (result, count) in gone.calls {
            *common.calls.entry(result).or_default() += count;
        }
        for (direction, count) in gone.tokens {
            *common.tokens.entry(direction).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(models: &Models) -> Vec<String> {
        models.render().lines().map(str::to_owned).collect()
    }

    fn breaker(state: f64) -> DeploymentGauges {
        DeploymentGauges {
            breaker: state,
            is_listed: None,
            retires_at: None,
        }
    }

    #[track_caller]
    fn has(models: &Models, line: &str) {
        let lines = lines(models);
        assert!(
            lines.iter().any(|found| found == line),
            "{line}\n{lines:#?}"
        );
    }

    #[test]
    fn names_that_are_made_up_take_no_room_from_real_ones() {
        let models = Models::new();
        models.of_settings(["judge-7".to_owned()]);
        for number in 0..1_000 {
            models.called("p", &format!("made-up-{number}"), "rejected", false);
            models.deployment("p", &format!("made-up-{number}"), breaker(0.0));
        }
        models.called("p", "judge-7", "unavailable", false);
        models.deployment(
            "p",
            "judge-7",
            DeploymentGauges {
                is_listed: Some(false),
                retires_at: Some(1_799_884_800),
                ..breaker(2.0)
            },
        );
        models.called("p", "another", "replied", true);
        models.took("p", "another", "input", 12);
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"other\",result=\"rejected\"} 1000",
        );
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"judge-7\",result=\"unavailable\"} 1",
        );
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"another\",result=\"replied\"} 1",
        );
        has(
            &models,
            "autorater_tokens_total{provider=\"p\",model=\"another\",direction=\"input\"} 12",
        );
        for line in [
            "autorater_breaker_state{provider=\"p\",model=\"judge-7\"} 2",
            "autorater_model_listed{provider=\"p\",model=\"judge-7\"} 0",
            "autorater_model_retirement_timestamp_seconds{provider=\"p\",model=\"judge-7\"} 1799884800",
        ] {
            has(&models, line);
        }
        let lines = lines(&models);
        let series = lines.iter().filter(|line| !line.starts_with('#')).count();
        assert_eq!(series, 7, "{lines:#?}");
    }

    #[test]
    fn of_those_that_answered_the_latest_have_their_own_and_sums_stay() {
        let models = Models::new();
        let count = MAX_MODELS + 50;
        for number in 0..count {
            models.called("p", &format!("m{number}"), "replied", true);
        }
        // Who answers now and then stays.
        models.called("p", &format!("m{}", 50), "replied", true);
        models.called("p", "new", "replied", true);
        let lines = lines(&models);
        assert_eq!(lines.len(), 2 + MAX_MODELS + 1);
        let sum: u64 = lines
            .iter()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
            .sum();
        assert_eq!(sum, u64::try_from(count).unwrap() + 2);
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"new\",result=\"replied\"} 1",
        );
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"m50\",result=\"replied\"} 2",
        );
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"other\",result=\"replied\"} 51",
        );
    }

    #[test]
    fn a_name_is_a_label_whatever_it_holds() {
        let models = Models::new();
        models.called("p", "a\"b\\c\nd", "replied", true);
        models.called("p", &"x".repeat(LENGTH + 1), "replied", true);
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"a\\\"b\\\\c\\nd\",result=\"replied\"} 1",
        );
        has(
            &models,
            "autorater_judge_calls_total{provider=\"p\",model=\"other\",result=\"replied\"} 1",
        );
    }
}
