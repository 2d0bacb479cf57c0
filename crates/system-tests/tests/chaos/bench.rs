//! A stack with work on it, and figures about it.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use local_stack::{ApiClient, MockLlm, Stack, eventually};
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

/// A running stack, a client for its APIs, and a look at its tables.
pub(crate) struct Bench {
    pub(crate) stack: Stack,
    pub(crate) api: ApiClient,
    pub(crate) sql: Client,
}

impl Bench {
    pub(crate) async fn on(stack: Stack) -> Self {
        let (sql, connection) = tokio_postgres::connect(stack.database_url(), NoTls)
            .await
            .unwrap();
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        drop(tokio::task::spawn(connection));
        Self {
            api: ApiClient::new(stack.ingest_url(0), stack.status_url()).unwrap(),
            stack,
            sql,
        }
    }

    /// Sets how long the mock provider takes, in milliseconds.
    pub(crate) async fn latency(&self, milliseconds: u32) {
        let latency = json!({"latency_ms": milliseconds});
        self.mock().change(&latency).await.unwrap();
    }

    /// Posts that many different evaluations; each must be taken.
    pub(crate) async fn post(&self, name: &str, count: usize) {
        stream::iter(0..count)
            .for_each_concurrent(32, |number| async move {
                let status = self
                    .post_one(&json!({"input": name, "output": format!("{name} {number}")}))
                    .await;
                assert_eq!(status, 202);
            })
            .await;
    }

    /// Posts one and returns the status of the answer.
    pub(crate) async fn post_one(&self, payload: &Value) -> u16 {
        self.api.post(payload).await.unwrap().status().as_u16()
    }

    /// One number from the database.
    pub(crate) async fn number(&self, sql: &str) -> f64 {
        self.sql
            .query_one(&format!("SELECT ({sql})::float8"), &[])
            .await
            .unwrap()
            .get(0)
    }

    /// Waits until a number is reached.
    pub(crate) async fn reaches(&self, sql: &str, wanted: f64, bound: Duration) {
        let look = || async {
            let now = self.number(sql).await;
            if now >= wanted {
                Ok(())
            } else {
                Err(format!("{now} of {wanted}"))
            }
        };
        eventually(bound, look).await.unwrap();
    }

    /// Waits until every evaluation has succeeded, and checks that each has one assessment and one reply.
    pub(crate) async fn all_judged_once(&self, count: usize, bound: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let count = count as f64;
        self.reaches(
            "SELECT count(*) FROM evaluations WHERE state = 'succeeded'",
            count,
            bound,
        )
        .await;
        assert_eq!(self.number("SELECT count(*) FROM evaluations").await, count);
        assert_eq!(self.number("SELECT count(*) FROM assessments").await, count);
        assert_eq!(self.number("SELECT count(*) FROM replies").await, count);
    }

    /// What the mock provider has counted.
    pub(crate) async fn provider(&self) -> Value {
        self.mock().stats().await.unwrap()
    }

    fn mock(&self) -> MockLlm {
        MockLlm::at(self.stack.mock_url()).unwrap()
    }
}

/// The value below which a share of the sorted numbers lies.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1;
    *sorted.get(index).unwrap()
}
