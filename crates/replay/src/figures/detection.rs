//! Faults that a judge names, against those that are there. The rubric's criteria are named `faulty`, `failure_step`,
//! `failure_type` and `confidence`, as far as there are any.

use agreement::{Detection, expected_calibration_error, macro_f1, mean};
use serde_json::Value;

use super::{Found, grouped, named, real};
use crate::reading::Reading;
use crate::said::Source;

/// Where an item says what is wrong with it.
pub(super) struct Fields<'f> {
    /// Whether it is faulty.
    pub(super) truth: &'f str,
    /// The step at which it failed.
    pub(super) step: Option<&'f str>,
    /// The kind of fault.
    pub(super) fault: Option<&'f str>,
    /// Whether the outcome is right all the same: such a fault is silent.
    pub(super) silent: Option<&'f str>,
    /// What variants of one run have in common, the clean one included.
    pub(super) family: Option<&'f str>,
    /// Bins of the calibration error.
    pub(super) bins: usize,
}

impl Fields<'_> {
    pub(super) fn figures(&self, readings: &[&Reading<'_>], source: Source) -> Found {
        let flags = |reading: &Reading<'_>| {
            let said = reading.said(source, "faulty")?;
            Some(said.number > 0.5)
        };
        let is_faulty =
            |reading: &Reading<'_>| reading.call.at(self.truth) == Some(&Value::Bool(true));
        let is_silent = |reading: &Reading<'_>| {
            self.silent
                .is_some_and(|field| reading.call.at(field) == Some(&Value::Bool(true)))
        };
        let read: Vec<(&Reading<'_>, bool)> = readings
            .iter()
            .filter_map(|reading| Some((*reading, flags(reading)?)))
            .collect();
        let of = |wanted: &dyn Fn(&Reading<'_>) -> bool| {
            let wanted = read.iter().filter(|(reading, _)| wanted(reading));
            Detection::of(wanted.map(|(reading, flagged)| (*flagged, is_faulty(reading))))
        };
        let all = of(&|_| true);
        let steps: Vec<bool> = read
            .iter()
            .filter(|(reading, flagged)| *flagged && is_faulty(reading))
            .filter_map(|(reading, _)| {
                let said = reading.said(source, "failure_step")?.number;
                Some(reading.call.at(self.step?)?.as_f64()? == said)
            })
            .collect();
        let exact = steps.iter().filter(|exact| **exact).count();
        let kinds: Vec<_> = read
            .iter()
            .filter(|(reading, _)| is_faulty(reading))
            .map(|(reading, _)| {
                let said = reading.said(source, "failure_type");
                let right = self.fault.and_then(|field| reading.call.text(field));
                (said.and_then(|said| said.label.clone()), right)
            })
            .collect();
        let answers: Vec<(f64, bool)> = read
            .iter()
            .filter_map(|(reading, flagged)| {
                let confidence = reading.said(source, "confidence")?.number;
                Some((confidence, *flagged == is_faulty(reading)))
            })
            .collect();
        let apart = self.apart(&read, &is_faulty);
        named([
            ("n", Some(real(read.len()))),
            ("unread", Some(real(readings.len() - read.len()))),
            ("precision", all.precision()),
            ("recall", all.recall()),
            ("f1", all.f1()),
            ("false_alarm_rate", all.false_alarm_rate()),
            ("silent_recall", of(&|reading| is_silent(reading)).recall()),
            ("loud_recall", of(&|reading| !is_silent(reading)).recall()),
            ("step_scored", Some(real(steps.len()))),
            (
                "step_exact",
                (!steps.is_empty()).then(|| real(exact) / real(steps.len())),
            ),
            ("type_macro_f1", macro_f1(&kinds)),
            (
                "calibration_error",
                expected_calibration_error(&answers, self.bins),
            ),
            ("pairs", Some(real(apart.len()))),
            ("paired_discrimination", mean(&apart)),
        ])
    }

    /// Of each faulty run that has a clean sibling: flagged less sibling flagged.
    fn apart(
        &self,
        read: &[(&Reading<'_>, bool)],
        is_faulty: &dyn Fn(&Reading<'_>) -> bool,
    ) -> Vec<f64> {
        let Some(family) = self.family else {
            return Vec::new();
        };
        let number = |flagged: bool| f64::from(u8::from(flagged));
        let families = grouped(read, |(reading, _)| reading.call.text(family));
        let mut apart = Vec::new();
        for runs in families.values() {
            let Some((_, clean)) = runs.iter().find(|(reading, _)| !is_faulty(reading)) else {
                continue;
            };
            let faulty = runs.iter().filter(|(reading, _)| is_faulty(reading));
            apart.extend(faulty.map(|(_, flagged)| number(*flagged) - number(*clean)));
        }
        apart
    }
}
