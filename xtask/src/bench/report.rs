//! What was found: one row for each thing that was measured, with its goal.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::load::Figures;

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Of the machine: cores, and the version of the server.
    pub(crate) machine: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    /// One for each round.
    pub(crate) values: Vec<f64>,
    pub(crate) median: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) goal: Option<Goal>,
    /// How the runs went in full.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) runs: Vec<Figures>,
}

/// What the figure should be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtLeast(f64),
    Below(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::Below(bound) => value < bound,
        }
    }
}

impl Report {
    /// Adds a figure, measured several times.
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        values: Vec<f64>,
        goal: Option<Goal>,
    ) -> Result<f64> {
        self.add_runs(what, unit, values, goal, Vec::new())
    }

    /// The same with the runs that it is of.
    pub(crate) fn add_runs(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        values: Vec<f64>,
        goal: Option<Goal>,
        runs: Vec<Figures>,
    ) -> Result<f64> {
        let middle = median(&values).context("nothing was measured")?;
        self.rows.push(Row {
            what: what.into(),
            unit,
            median: middle,
            lowest: values.iter().copied().fold(f64::INFINITY, f64::min),
            highest: values.iter().copied().fold(0.0, f64::max),
            values,
            goal,
            runs,
        });
        Ok(middle)
    }

    /// A table in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "| what | median | lowest to highest | goal | |\n| --- | ---: | ---: | ---: | --- |\n",
        );
        for row in &self.rows {
            let (goal, met) = match row.goal {
                None => (String::new(), ""),
                Some(goal) => {
                    let (sign, bound) = match goal {
                        Goal::AtLeast(bound) => ("≥", bound),
                        Goal::Below(bound) => ("<", bound),
                    };
                    let met = if goal.is_met(row.median) {
                        "met"
                    } else {
                        "**not met**"
                    };
                    (format!("{sign} {}", number(bound)), met)
                }
            };
            text.push_str(&format!(
                "| {} | {} {} | {} to {} | {goal} | {met} |\n",
                row.what,
                number(row.median),
                row.unit,
                number(row.lowest),
                number(row.highest)
            ));
        }
        text
    }

    /// Keeps it for programs.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_vec_pretty(self)?;
        std::fs::write(path, json).with_context(|| format!("writing {}", path.display()))
    }
}

/// Three significant digits, and no thousandths of thousands.
fn number(value: f64) -> String {
    if value >= 100.0 {
        let whole = format!("{value:.0}");
        let mut text = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Of an even count the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len().is_multiple_of(2) {
        let lower = *sorted.get(sorted.len() / 2 - 1)?;
        return Some(f64::midpoint(lower, upper));
    }
    Some(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_is_not_met() {
        let mut report = Report::default();
        let goal = Some(Goal::AtLeast(8_000.0));
        let middle = report
            .add("2 KB", "/s", vec![9_100.0, 7_000.0, 7_512.4], goal)
            .unwrap();
        assert_eq!(middle, 7_512.4);
        let table = report.table();
        let last = table.lines().last();
        assert_eq!(
            last,
            Some("| 2 KB | 7,512 /s | 7,000 to 9,100 | ≥ 8,000 | **not met** |")
        );
    }

    #[test]
    fn a_median_of_two_is_between_them() {
        assert_eq!(median(&[1.0, 2.0]), Some(1.5));
        assert_eq!(median(&[]), None);
    }
}
