//! A stack with work on it, and figures about it.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use local_stack::{Stack, eventually};
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

/// A running stack, a client for its APIs, and a look at its tables.
pub(crate) struct Bench {
    pub(crate) stack: Stack,
    pub(crate) http: reqwest::Client,
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
            stack,
            http: reqwest::Client::new(),
            sql,
        }
    }

    /// Sets how long the mock provider takes, in milliseconds.
    pub(crate) async fn latency(&self, milliseconds: u32) {
        let url = format!("{}/mock/config", self.stack.mock_url());
        let answer = self
            .http
            .patch(url)
            .json(&json!({"latency_ms": milliseconds}))
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success());
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
        let url = format!("{}/v1/evaluations", self.stack.ingest_url(0));
        self.http
            .post(url)
            .json(payload)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
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
        let url = format!("{}/mock/stats", self.stack.mock_url());
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
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
