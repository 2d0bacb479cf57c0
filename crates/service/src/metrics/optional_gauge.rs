//! Gauges whose value may be unknown, and a counter of fractions: neither exists in `metrics`.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::models::head;

/// A name and what it means.
type Named = (&'static str, &'static str);
/// One series: its name with its meaning, and its labels.
type Series = (Named, Vec<(&'static str, &'static str)>);

/// Gauges that are left out while their value is not known.
#[derive(Debug)]
pub(super) struct OptionalGauges(Mutex<BTreeMap<Series, GaugeValue>>);

#[derive(Debug)]
struct GaugeValue {
    value: f64,
    /// When the value has become too old to be called known.
    until: Option<Instant>,
}

/// A gauge that is left out of the exposition while its value is not known.
#[derive(Debug)]
#[must_use = "a gauge does nothing until it is set"]
pub struct OptionalGauge {
    registry: &'static OptionalGauges,
    series: Series,
    fresh_for: Option<Duration>,
}

impl OptionalGauge {
    pub(super) fn new(
        registry: &'static OptionalGauges,
        name: Named,
        labels: Vec<(&'static str, &'static str)>,
        fresh_for: Option<Duration>,
    ) -> Self {
        Self {
            registry,
            series: (name, labels),
            fresh_for,
        }
    }

    /// Sets the value; `None` and what is not a number take the series out.
    pub fn set(self, value: Option<f64>) {
        let until = self.fresh_for.map(|fresh_for| Instant::now() + fresh_for);
        let mut series = self
            .registry
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match value.filter(|value| value.is_finite()) {
            Some(value) => series.insert(self.series, GaugeValue { value, until }),
            None => series.remove(&self.series),
        };
    }
}

impl OptionalGauges {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The exposition of what is known at a moment.
    pub(super) fn render(&self, now: Instant) -> String {
        let mut text = String::new();
        let mut family = "";
        let series = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (((name, help), labels), known) in series.iter() {
            if known.until.is_some_and(|until| until < now) {
                continue;
            }
            if *name != family {
                family = name;
                head(&mut text, name, help, "gauge");
            }
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{value}\""))
                .collect();
            let labels = if labels.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", labels.join(","))
            };
            text.push_str(&format!("{name}{labels} {}\n", known.value));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static GAUGES: OptionalGauges = OptionalGauges::new();

    fn gauge(state: &'static str, fresh_for: Option<Duration>) -> OptionalGauge {
        OptionalGauge::new(
            &GAUGES,
            ("entries", "What waits."),
            vec![("state", state)],
            fresh_for,
        )
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let minute = Duration::from_mins(1);
        gauge("waiting", Some(minute)).set(Some(3.0));
        gauge("in_flight", None).set(Some(0.0));
        let now = Instant::now();
        assert_eq!(
            GAUGES.render(now),
            "# HELP entries What waits.\n# TYPE entries gauge\nentries{state=\"in_flight\"} 0\nentries{state=\"waiting\"} 3\n"
        );
        assert!(!GAUGES.render(now + 2 * minute).contains("waiting"));

        gauge("in_flight", None).set(None);
        gauge("waiting", None).set(Some(f64::NAN));
        assert_eq!(GAUGES.render(now), "");
    }
}
