//! Whether anything was lost or bought twice.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use local_stack::{ApiClient, MockLlm};
use serde_json::Value;

/// How the evaluations of a run ended, and what was bought for them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) posted: usize,
    pub(crate) succeeded: usize,
    /// Posted, and now not there or not ended.
    pub(crate) lost: usize,
    /// Ended otherwise.
    pub(crate) failed: usize,
    /// What the evaluations say was paid for.
    pub(crate) calls: u64,
    /// What the provider answered to the end.
    pub(crate) answered: u64,
    /// Requests that said the same as one before.
    pub(crate) bought_twice: u64,
    /// Requests that were given up before their end.
    pub(crate) given_up: u64,
}

impl Outcome {
    /// Nothing lost, nothing bought twice, nothing failed; and the provider has counted from the beginning.
    pub(crate) const fn is_good(&self) -> bool {
        self.lost == 0 && self.failed == 0 && self.bought_twice == 0 && self.answered >= self.calls
    }
}

/// Of these evaluations, none of which is older than `since`.
pub(crate) async fn outcome(
    api: &ApiClient,
    mock: &MockLlm,
    ids: &[String],
    since: &str,
) -> Result<Outcome> {
    let path = format!("/v1/evaluations/export?created_after={since}");
    let answer = api.status_get(&path).send().await?.error_for_status()?;
    let mut outcome = ended(&answer.text().await?, ids)?;
    let stats = mock.stats().await?;
    let count = |name: &str| {
        let count = stats[name].as_u64();
        count.with_context(|| format!("the simulated provider does not say {name}"))
    };
    outcome.answered = count("completed")?;
    outcome.bought_twice = count("repeated_bodies")?;
    outcome.given_up = count("cancelled")?;
    Ok(outcome)
}

/// What an export says of these evaluations.
fn ended(export: &str, ids: &[String]) -> Result<Outcome> {
    let mut missing: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let mut outcome = Outcome {
        posted: ids.len(),
        ..Outcome::default()
    };
    for line in export.lines() {
        let evaluation: Value = serde_json::from_str(line)?;
        let id = evaluation["id"].as_str().context("a line without an id")?;
        if !missing.remove(id) {
            continue;
        }
        match evaluation["status"].as_str() {
            Some("succeeded") => outcome.succeeded += 1,
            Some("failed" | "cancelled" | "expired") => outcome.failed += 1,
            _ => outcome.lost += 1,
        }
        outcome.calls += evaluation
            .pointer("/usage/calls")
            .and_then(Value::as_u64)
            .context("an evaluation without usage")?;
    }
    outcome.lost += missing.len();
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_ended_or_is_not_there_is_lost() {
        let export = r#"{"id": "a", "status": "succeeded", "usage": {"calls": 1}}
{"id": "b", "status": "running", "usage": {"calls": 2}}
{"id": "c", "status": "failed", "usage": {"calls": 3}}
{"id": "of somebody else", "status": "queued", "usage": {"calls": 9}}"#;
        let ids = ["a", "b", "c", "d"].map(str::to_owned);
        let outcome = ended(export, &ids).unwrap();
        let expected = Outcome {
            posted: 4,
            succeeded: 1,
            lost: 2,
            failed: 1,
            calls: 6,
            ..Outcome::default()
        };
        assert_eq!(outcome, expected);
        assert!(!outcome.is_good());
    }
}
