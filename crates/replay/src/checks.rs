//! Found against expected.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use crate::figures::{self, Material};
use crate::manifest::{Check, Manifest};
use crate::reading::{Extent, OddReply, Readings, Tally};
use crate::records::Set;
use crate::said::Source;

/// What came out for a set.
#[derive(Debug, Clone)]
pub struct SetReport {
    /// The name of its folder.
    pub set: String,
    /// What it is.
    pub about: String,
    /// How its replies were read.
    pub tallies: Vec<Tally>,
    /// Each figure, beside what is expected.
    pub checks: Vec<CheckResult>,
    /// The replies that were left unread, or read otherwise than by the source.
    pub odd: Vec<OddReply>,
}

impl SetReport {
    /// Whether all is as expected. A set of which nothing was checked is not.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(CheckResult::is_as_expected)
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// The fields of the group, with `|` between.
    pub group: String,
    /// The figure's name.
    pub figure: String,
    /// Whose readings it was made of.
    pub source: Source,
    /// What came out; `None` is undefined.
    pub found: Option<f64>,
    /// What should; `None` is not known, or undefined.
    pub expected: Option<f64>,
    /// How far it may be off.
    pub within: f64,
    /// Whether an upper bound is meant, and not a value.
    pub at_most: bool,
    /// Why the published number differs all the same, where that is known.
    pub quirk: Option<String>,
}

impl CheckResult {
    /// Whether it is within its tolerance.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        match (self.found, self.expected) {
            (Some(found), Some(expected)) if self.at_most => found <= expected + self.within,
            // The last digit of what was rounded is forgiven.
            (Some(found), Some(expected)) => (found - expected).abs() <= self.within + 1e-9,
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether it is equal, or differs for a reason that the manifest gives.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.is_equal() || self.quirk.is_some()
    }
}

pub(crate) fn check(
    set_name: String,
    set: &Set,
    manifest: &Manifest,
    readings: Readings<'_>,
    extent: Extent,
) -> Result<SetReport> {
    let mut checks = shares(manifest, &readings.tallies);
    let mut looked_at = BTreeSet::new();
    let material = Material {
        set,
        manifest,
        readings: &readings.all,
    };
    for figures in &manifest.figures {
        for source in [Source::Ours, Source::Recorded, Source::Rule] {
            let wanted: Vec<&Check> = figures
                .checks
                .iter()
                .filter(|check| check.readings == source)
                .collect();
            if wanted.is_empty() {
                continue;
            }
            if source == Source::Ours && extent == Extent::Published {
                continue;
            }
            let found = figures::find(figures, &material, source)?;
            for check in wanted {
                let before = checks.len();
                for (group, found) in &found {
                    looked_at.extend(check.expected.iter().map(|to| filled_in(to, group)));
                    checks.extend(compare(check, set, group, found));
                }
                if checks.len() == before && !check.optional {
                    checks.push(nothing(check));
                }
            }
        }
    }
    checks.extend(without_group(manifest, set, extent, &looked_at));
    Ok(SetReport {
        set: set_name,
        about: manifest.about.clone(),
        tallies: readings.tallies,
        checks,
        odd: readings.odd,
    })
}

fn compare(
    check: &Check,
    set: &Set,
    group: &[String],
    found: &figures::Found,
) -> Option<CheckResult> {
    let name = group.join("|");
    if check
        .groups
        .as_ref()
        .is_some_and(|wanted| !name.contains(wanted.as_str()))
    {
        return None;
    }
    let expected = check
        .expected
        .iter()
        .find_map(|pointer| set.expected.pointer(&filled_in(pointer, group)));
    let expected = match (expected, check.equals) {
        (Some(value), _) => number(value),
        (None, Some(value)) => Some(value),
        (None, None) if check.optional => return None,
        (None, None) => Some(f64::NAN),
    };
    let value = |name: &String| found.get(name).copied().flatten();
    let has_quirk = check
        .quirk_where
        .as_ref()
        .is_none_or(|name| value(name).is_some_and(|it| it > 0.0));
    Some(CheckResult {
        group: name,
        figure: check.figure.clone(),
        source: check.readings,
        found: value(&check.figure),
        expected,
        within: check.within,
        at_most: false,
        quirk: check.quirk.clone().filter(|_| has_quirk),
    })
}

/// The expected figures of groups that no record is of.
fn without_group(
    manifest: &Manifest,
    set: &Set,
    extent: Extent,
    looked_at: &BTreeSet<String>,
) -> Vec<CheckResult> {
    let mut missing = BTreeMap::new();
    let checks = manifest.figures.iter().flat_map(|each| &each.checks);
    // Of what needs no reading of ours not every group is looked at.
    let checks = checks.filter(|check| check.groups.is_none() && extent == Extent::All);
    for check in checks {
        for pointer in &check.expected {
            let Some((above, below)) = pointer.split_once("/{}") else {
                continue;
            };
            let groups = set.expected.pointer(above).and_then(Value::as_object);
            for (group, figures) in groups.into_iter().flatten() {
                let filled = filled_in(pointer, std::slice::from_ref(group));
                if let Some(value) = figures.pointer(below).and_then(number)
                    && !looked_at.contains(&filled)
                {
                    missing.entry(filled).or_insert_with(|| CheckResult {
                        group: group.clone(),
                        expected: Some(value),
                        ..nothing(check)
                    });
                }
            }
        }
    }
    missing.into_values().collect()
}

/// An expected figure, which may be written as text.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    }
}

/// A pointer for a group: `{}` is all of its fields with `|` between, `{0}` the first.
fn filled_in(pointer: &str, group: &[String]) -> String {
    let escaped = |text: &str| text.replace('~', "~0").replace('/', "~1");
    let mut filled = pointer.replace("{}", &escaped(&group.join("|")));
    for (index, field) in group.iter().enumerate() {
        filled = filled.replace(&format!("{{{index}}}"), &escaped(field));
    }
    filled
}

/// A check that found nothing to look at is none.
fn nothing(check: &Check) -> CheckResult {
    CheckResult {
        group: "(no group)".to_owned(),
        figure: check.figure.clone(),
        source: check.readings,
        found: None,
        expected: Some(f64::NAN),
        within: check.within,
        at_most: false,
        quirk: None,
    }
}

/// The shares of replies that were not read, and that were read otherwise than by the source.
fn shares(manifest: &Manifest, tallies: &[Tally]) -> Vec<CheckResult> {
    let mut checks = Vec::new();
    for (kind, judge) in manifest.judges.iter().enumerate() {
        let of_kind = || tallies.iter().filter(|tally| tally.kind == kind);
        let sum = |of: fn(&Tally) -> usize| of_kind().map(of).sum::<usize>();
        let share = |part: usize, whole: usize| {
            (whole > 0).then(|| figures::real(part) / figures::real(whole))
        };
        let replies = sum(|tally| tally.replies);
        if replies == 0 {
            continue;
        }
        let group = format!("{replies} replies of kind {}", kind + 1);
        let mut bound = |figure: &str, found: Option<f64>, most: f64| {
            checks.push(CheckResult {
                group: group.clone(),
                figure: figure.to_owned(),
                source: Source::Ours,
                found,
                expected: Some(most),
                within: 0.0,
                at_most: true,
                quirk: None,
            });
        };
        let unread = replies - sum(|tally| tally.read);
        bound("unread share", share(unread, replies), judge.unread);
        let compared = sum(|tally| tally.compared);
        if let Some(most) = judge.differing.filter(|_| compared > 0) {
            let differing = sum(|tally| tally.differing);
            bound(
                "read otherwise than recorded",
                share(differing, compared),
                most,
            );
        }
    }
    checks
}
