//! The two APIs as a client sees them.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use local_stack::{ApiClient, MockLlm, Stack};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

/// For whatever has to happen, on a machine that does other things too.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// A client of a running stack. Not shared between tests: each has a runtime of its own, on which connections live.
pub(crate) struct Api {
    pub(crate) http: Client,
    client: ApiClient,
    pub(crate) stack: Arc<Stack>,
}

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Api {
    pub(crate) fn of(stack: Arc<Stack>) -> Self {
        let client = ApiClient::new(stack.ingest_url(0), stack.status_url()).unwrap();
        Self {
            http: client.http().clone(),
            client,
            stack,
        }
    }

    /// The collection at the first `ingest-api`.
    pub(crate) fn evaluations(&self) -> String {
        self.client.evaluations()
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().into(),
        }
    }

    /// The simulated provider.
    pub(crate) fn mock(&self) -> MockLlm {
        MockLlm::at(self.stack.mock_url()).unwrap()
    }

    /// Posts bytes as JSON.
    pub(crate) async fn post_bytes(&self, body: impl Into<reqwest::Body>) -> Answer {
        self.send(self.json_post().body(body)).await
    }

    pub(crate) async fn post(&self, payload: &Value) -> Answer {
        self.post_bytes(payload.to_string()).await
    }

    pub(crate) fn json_post(&self) -> RequestBuilder {
        let post = self.http.post(self.evaluations());
        post.header("content-type", "application/json")
    }

    /// Posts what must be taken, and gives its id.
    pub(crate) async fn submit(&self, payload: &Value) -> String {
        let answer = self.post(payload).await;
        assert!(matches!(answer.status, 200 | 202), "{}", answer.text());
        answer.id()
    }

    /// Of `status-api`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.status_get(path)).await
    }

    pub(crate) fn status_get(&self, path: &str) -> RequestBuilder {
        self.client.status_get(path)
    }

    pub(crate) async fn evaluation(&self, id: &str) -> Value {
        let answer = self.get(&format!("/v1/evaluations/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The evaluation once it has ended.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        // Other tests have the same provider fail: while its breaker is open, for a minute at most, this one waits as well.
        let mut evaluation = Value::Null;
        for _ in 0..5 {
            let answer = self.get(&format!("/v1/evaluations/{id}?wait=30")).await;
            evaluation = answer.json();
            if is_terminal(&evaluation) {
                return evaluation;
            }
        }
        panic!("it does not end: {evaluation:#}");
    }

    /// Posts a payload and waits for the end.
    pub(crate) async fn judge(&self, payload: &Value) -> Value {
        let id = self.submit(payload).await;
        self.ended(&id).await
    }

    /// A number out of the database.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let url = self.stack.database_url();
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
            .await
            .unwrap();
        let counted = async { client.query_one(sql, &[]).await.unwrap().get(0) };
        tokio::select! {
            count = counted => count,
            ended = connection => panic!("the connection ended: {ended:?}"),
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.status, String::from_utf8_lossy(&self.body))
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    #[track_caller]
    pub(crate) fn id(&self) -> String {
        text(&self.json(), "/id").to_owned()
    }

    /// Checks all that every problem document has, and gives it.
    #[track_caller]
    pub(crate) fn problem(&self, what: impl Display, status: u16, code: &str) -> Value {
        let problem = self.json();
        let found = (self.status, problem["code"].as_str().unwrap_or_default());
        assert_eq!(found, (status, code), "{what}: {problem:#}");
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{what}"
        );
        check_problem(&problem, status);
        assert_eq!(
            problem["correlation_id"],
            self.header("x-correlation-id"),
            "{what}"
        );
        problem
    }
}

/// What every problem document has, also one in a line of a batch.
#[track_caller]
pub(crate) fn check_problem(problem: &Value, status: u16) {
    assert_eq!(problem["status"], status, "{problem:#}");
    for key in ["type", "title", "detail", "code", "correlation_id"] {
        assert!(
            !text(problem, &format!("/{key}")).is_empty(),
            "{key}: {problem:#}"
        );
    }
}

/// The pointers of a problem's errors; each has a message.
#[track_caller]
pub(crate) fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array();
    let pointer = |error| {
        assert!(!text(error, "/message").is_empty(), "{problem:#}");
        text(error, "/pointer")
    };
    errors.into_iter().flatten().map(pointer).collect()
}

/// The text at a pointer.
#[track_caller]
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer}: {value:#}"))
}

pub(crate) fn is_terminal(evaluation: &Value) -> bool {
    ["succeeded", "failed", "cancelled"].contains(&text(evaluation, "/status"))
}

/// A word that no other test has.
pub(crate) fn unique(word: &str) -> String {
    format!("{word}-{}", Uuid::now_v7().simple())
}

/// A payload that no other test has, whose candidate holds this text.
pub(crate) fn candidate(words: &str) -> Value {
    json!({
        "input": "Say something about sorting.",
        "output": format!("{words} Sorting first makes the median easy to find."),
        "run": unique("run"),
    })
}
