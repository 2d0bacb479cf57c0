//! What these tests ask of a stack beyond the common helpers.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::support::{SOON, System};

/// Promised is that calls under way stop within this.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

impl System {
    /// Posts one payload, which has to be new, and returns the id.
    pub(crate) async fn submit(&self, payload: &Value) -> Result<String> {
        self.post_payload(payload).await
    }

    /// Posts so many different candidates that nobody waits for.
    pub(crate) async fn post_backlog(&self, count: usize) -> Result<()> {
        let line = |n| {
            let text = format!("Candidate {n} of the backlog.");
            format!("{}\n", json!({"output": text, "priority": "batch"}))
        };
        let lines: String = (0..count).map(line).collect();
        let text = self.api.submit_batch(lines).await?;
        let created = text.matches("\"created\":true").count();
        ensure!(created == count, "{created} of {count}: {text}");
        Ok(())
    }

    /// Asks status-api for `cancel` or `retry`.
    pub(crate) async fn wish(&self, id: &str, wish: &str) -> Result<(u16, Value)> {
        self.api.transition(id, wish).await
    }

    /// A wish that is granted: the evaluation as it is then.
    pub(crate) async fn granted(&self, id: &str, wish: &str) -> Result<Value> {
        let (status, evaluation) = self.wish(id, wish).await?;
        ensure!(status == 202, "{wish}: {status}: {evaluation}");
        ensure!(evaluation["id"] == id, "{evaluation}");
        Ok(evaluation)
    }

    /// A wish that conflicts with the evaluation's state: the sentence that says why.
    pub(crate) async fn refused(&self, id: &str, wish: &str) -> Result<String> {
        let (status, problem) = self.wish(id, wish).await?;
        ensure!(status == 409, "{wish}: {status}: {problem}");
        ensure!(problem["code"] == "conflict", "{problem}");
        Ok(problem["detail"].as_str().context("no detail")?.to_owned())
    }

    /// The HTTP status of a path of status-api.
    pub(crate) async fn status_of(&self, path: &str) -> Result<u16> {
        let get = self.api.status_get(&format!("/v1/evaluations/{path}"));
        Ok(get.send().await?.status().as_u16())
    }

    /// Waits for the end of an evaluation, which has to be this failure.
    pub(crate) async fn failed(&self, id: &str, code: &str) -> Result<Value> {
        let evaluation = self.ended(id).await?;
        ensure!(evaluation["status"] == "failed", "{evaluation}");
        ensure!(evaluation["error"]["code"] == code, "{evaluation}");
        ensure!(evaluation["assessment"].is_null(), "{evaluation}");
        Ok(evaluation)
    }

    /// Waits until the one number that a query returns is this.
    pub(crate) async fn number_becomes(&self, wanted: i64, query: &str) -> Result<()> {
        eventually(SOON, async || {
            let number = self.number(query).await?;
            ensure!(number == wanted, "{number}: {query}");
            anyhow::Ok(())
        })
        .await
    }

    /// Waits, as long as is promised, until the provider has seen its clients leave so many calls, and none goes on.
    pub(crate) async fn calls_stop(&self, cancelled: u64) -> Result<()> {
        eventually(STOPPED_WITHIN, async || {
            let seen = self.mock_count("cancelled").await?;
            let in_flight = self.mock_count("in_flight").await?;
            ensure!(
                seen == cancelled && in_flight == 0,
                "{seen} cancelled, {in_flight} in flight"
            );
            anyhow::Ok(())
        })
        .await
    }

    /// Waits until a worker has logged these words.
    pub(crate) async fn logged(&self, worker: usize, words: &str) -> Result<()> {
        eventually(SOON, async || {
            let log = self.worker(worker).log();
            ensure!(log.contains(words), "{log}");
            anyhow::Ok(())
        })
        .await
    }

    /// The step keys of all calls, oldest first, that the provider got for an evaluation.
    pub(crate) async fn steps_asked(&self, id: &str) -> Result<Vec<String>> {
        let requests = self.mock_requests().await?;
        let step = |request: &Value| {
            let key = request["headers"]["idempotency-key"].as_str()?;
            // Behind the step and the round stands what tells its bodies apart.
            let (key, _) = key.rsplit_once('.')?;
            Some(key.strip_prefix(id)?.strip_prefix('/')?.to_owned())
        };
        Ok(requests.iter().filter_map(step).collect())
    }

    /// Changes rows; says how many.
    pub(crate) async fn execute(&self, statement: &str) -> Result<u64> {
        self.with_sql(async |client| Ok(client.execute(statement, &[]).await?))
            .await
    }
}
