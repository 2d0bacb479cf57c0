//! A stack with short settings, and how a test talks to it.

use std::ops::Deref;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use local_stack::{ApiClient, MockLlm, Service, Stack, StackBuilder, eventually};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

/// Stacks that run at once: more of them would slow one another down beyond their bounds.
const STACKS: usize = 3;
static TURNS: Semaphore = Semaphore::const_new(STACKS);

/// For whatever should happen soon, on a machine that is busy with other tests.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A running stack.
pub(crate) struct System {
    stack: Stack,
    pub(crate) api: ApiClient,
    _turn: SemaphorePermit<'static>,
}

/// A stack whose workers notice everything quickly.
pub(crate) fn quick() -> StackBuilder {
    Stack::builder()
        .worker_env("AUTORATER__WORKER__HEARTBEAT", "500ms")
        .worker_env("AUTORATER__WORKER__LEASE", "3s")
        .worker_env("AUTORATER__WORKER__SWEEP", "500ms")
        .worker_env("AUTORATER__WORKER__RELAY", "250ms")
}

/// A payload; different texts are different evaluations.
pub(crate) fn payload(text: &str) -> Value {
    json!({"input": "Say something useful.", "output": text})
}

impl Deref for System {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

impl System {
    pub(crate) async fn start(builder: StackBuilder) -> Result<Self> {
        let turn = TURNS.acquire().await?;
        let stack = builder.start().await?;
        Ok(Self {
            api: ApiClient::new(stack.ingest_url(0), stack.status_url())?,
            stack,
            _turn: turn,
        })
    }

    pub(crate) fn http(&self) -> &Client {
        self.api.http()
    }

    pub(crate) async fn try_post(&self, text: &str) -> Result<Response> {
        self.api.post(&payload(text)).await
    }

    /// Posts a candidate, which has to be taken, and returns the id.
    pub(crate) async fn post(&self, text: &str) -> Result<String> {
        self.post_payload(&payload(text)).await
    }

    /// Posts a payload of one's own, which has to be taken, and returns the id.
    pub(crate) async fn post_payload(&self, payload: &Value) -> Result<String> {
        let answer = self.api.post(payload).await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(status == 202, "{status}: {body}");
        Ok(body["id"].as_str().context("no id")?.to_owned())
    }

    /// Posts so many different candidates in one batch and returns their ids.
    pub(crate) async fn post_many(&self, count: usize) -> Result<Vec<String>> {
        let lines: String = (0..count)
            .map(|n| {
                format!(
                    "{}\n",
                    payload(&format!("Candidate number {n} of a batch."))
                )
            })
            .collect();
        let text = self.api.submit_batch(lines).await?;
        let id = |line: &str| -> Result<String> {
            let line: Value = serde_json::from_str(line)?;
            ensure!(line["created"] == true, "{line}");
            Ok(line["id"].as_str().context("no id")?.to_owned())
        };
        let ids = text.lines().map(id).collect::<Result<Vec<_>>>()?;
        ensure!(ids.len() == count, "{} answers", ids.len());
        Ok(ids)
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Value> {
        self.api.get(&format!("/v1/evaluations/{id}")).await
    }

    /// Asks status-api for something by `POST`: the status and the body of its answer.
    pub(crate) async fn ask(&self, path: &str) -> Result<(u16, Value)> {
        let url = format!("{}{path}", self.status_url());
        let answer = self.http().post(url).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Stores a version of a rubric.
    pub(crate) async fn put_rubric(&self, name: &str, rubric: &Value) -> Result<()> {
        let url = format!("{}/v1/rubrics/{name}", self.status_url());
        let put = self.http().put(url).json(rubric);
        put.send().await?.error_for_status()?;
        Ok(())
    }

    /// Waits for the end of an evaluation.
    pub(crate) async fn ended(&self, id: &str) -> Result<Value> {
        eventually(SOON, async || {
            let evaluation = self.get(id).await?;
            match evaluation["status"].as_str() {
                Some("succeeded" | "failed" | "cancelled") => Ok(evaluation),
                _ => bail!("{evaluation}"),
            }
        })
        .await
    }

    /// Waits for the end of an evaluation, which has to be a score.
    pub(crate) async fn judged(&self, id: &str) -> Result<Value> {
        let evaluation = self.ended(id).await?;
        ensure!(evaluation["status"] == "succeeded", "{evaluation}");
        ensure!(
            evaluation["assessment"]["outcome"] == "scored",
            "{evaluation}"
        );
        Ok(evaluation)
    }

    /// Waits until this many evaluations have succeeded, and all have.
    pub(crate) async fn all_judged(&self, count: i64, bound: Duration) -> Result<()> {
        eventually(bound, async || {
            let left = self
                .number("SELECT count(*) FROM evaluations WHERE state <> 'succeeded'")
                .await?;
            let done = self
                .number("SELECT count(*) FROM evaluations WHERE state = 'succeeded'")
                .await?;
            ensure!(
                left == 0 && done == count,
                "{done} judged, {left} not, of {count}"
            );
            anyhow::Ok(())
        })
        .await?;
        let assessments = self.number("SELECT count(*) FROM assessments").await?;
        ensure!(assessments == count, "{assessments} assessments");
        Ok(())
    }

    /// The one number that a query returns.
    pub(crate) async fn number(&self, query: &str) -> Result<i64> {
        self.number_of(query, &[]).await
    }

    /// Runs statements as the superuser.
    pub(crate) async fn run_sql(&self, statements: &str) -> Result<()> {
        self.with_sql(async |client| Ok(client.batch_execute(statements).await?))
            .await
    }

    /// Does something with a connection to the database.
    pub(crate) async fn with_sql<T>(
        &self,
        work: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T>,
    ) -> Result<T> {
        let connect = tokio_postgres::connect(self.database_url(), NoTls);
        let (client, connection) = tokio::time::timeout(SOON, connect).await??;
        tokio::select! {
            result = work(&client) => result,
            ended = connection => bail!("the connection ended: {ended:?}"),
        }
    }

    /// What `/readyz` of a service says: whether it is ready, and the reason of a check.
    pub(crate) async fn readiness(
        &self,
        service: &Service,
        check: &str,
    ) -> Result<(bool, Option<String>)> {
        let admin = service.admin_url().context("no admin address")?;
        let answer = self.http().get(format!("{admin}/readyz")).send().await?;
        let is_ready = answer.status() == 200;
        let report: Value = answer.json().await?;
        let reason = report["checks"][check]["reason"]
            .as_str()
            .map(str::to_owned);
        Ok((is_ready, reason))
    }

    /// Waits until a service is not ready and its check says this; returns how long that took.
    pub(crate) async fn says(
        &self,
        service: &Service,
        check: &str,
        words: &str,
    ) -> Result<Duration> {
        let begun = Instant::now();
        eventually(SOON, async || {
            let (is_ready, reason) = self.readiness(service, check).await?;
            let is_said = reason.as_ref().is_some_and(|reason| reason.contains(words));
            ensure!(!is_ready && is_said, "ready: {is_ready}, {reason:?}");
            anyhow::Ok(())
        })
        .await?;
        Ok(begun.elapsed())
    }

    /// Waits until a service is ready.
    pub(crate) async fn is_ready(&self, service: &Service) -> Result<()> {
        eventually(SOON, async || {
            let (is_ready, _) = self.readiness(service, "postgres").await?;
            ensure!(is_ready, "not ready");
            anyhow::Ok(())
        })
        .await
    }

    pub(crate) async fn number_of(
        &self,
        query: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<i64> {
        self.with_sql(async |client| Ok(client.query_one(query, params).await?.try_get(0)?))
            .await
    }

    /// Sets the mock provider: the whole of its settings.
    pub(crate) async fn mock_is(&self, settings: Value) -> Result<()> {
        self.mock_llm()?.set(&settings).await
    }

    /// A figure of the mock provider.
    pub(crate) async fn mock_count(&self, name: &str) -> Result<u64> {
        self.mock_llm()?.count(name).await
    }

    /// The requests that the mock provider got, oldest first.
    pub(crate) async fn mock_requests(&self) -> Result<Vec<Value>> {
        self.mock_llm()?.requests().await
    }

    fn mock_llm(&self) -> Result<MockLlm> {
        MockLlm::at(self.mock_url())
    }

    /// Waits until a figure of the mock provider is at least this.
    pub(crate) async fn mock_reaches(&self, name: &str, least: u64) -> Result<()> {
        eventually(SOON, async || {
            let count = self.mock_count(name).await?;
            ensure!(count >= least, "{name} is {count}");
            anyhow::Ok(())
        })
        .await
    }
}
