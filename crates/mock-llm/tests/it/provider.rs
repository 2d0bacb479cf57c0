//! A running mock-llm.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Response};
use serde_json::{Value, json};

/// Bound of everything a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Provider {
    pub(crate) process: Child,
    pub(crate) url: String,
    pub(crate) client: Client,
}

impl Provider {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_mock-llm"))
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("mock-llm listening on ")
            .unwrap()
            .to_owned();
        let client = Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self {
            process,
            url,
            client,
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.client
            .post(format!("{}{path}", self.url))
            .json(body)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn chat(&self, body: &Value) -> Value {
        let response = self.post("/v1/chat/completions", body).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn configure(&self, config: &Value) {
        let url = format!("{}/mock/config", self.url);
        let response = self.client.put(url).json(config).send().await.unwrap();
        let status = response.status();
        assert_eq!(status, 200, "{}", response.text().await.unwrap());
    }

    /// One fault rule for everything that follows.
    pub(crate) async fn fault(&self, rule: Value) {
        self.configure(&json!({"faults": [rule]})).await;
    }

    /// Polls the stats until they satisfy the condition.
    pub(crate) async fn stats_until(&self, condition: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let stats = self.get("/mock/stats").await;
            if condition(&stats) {
                return stats;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "stats never came to it: {stats}"
            );
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

pub(crate) const CANDIDATE: &str = "The migration keeps both columns until every reader has moved.\n\
    It backfills in batches of one thousand rows.\nA rollback drops only the new column.";

/// A judge's prompt around a candidate.
pub(crate) fn prompt(candidate: &str) -> Value {
    json!([
        {"role": "system", "content": "You judge answers by a rubric, on a scale of 1 to 5."},
        {"role": "user", "content": [{"type": "text", "text": format!(
            "Judge the text between the marks.\n<candidate 7f3a>\n{candidate}\n</candidate 7f3a>\n\
             Be strict."
        )}]},
    ])
}

pub(crate) fn request(candidate: &str) -> Value {
    json!({"model": "mock-judge", "messages": prompt(candidate)})
}

/// A schema as a rubric makes it, in an order that sorting would change.
pub(crate) const RUBRIC: &str = r##"{
    "type": "object", "additionalProperties": false, "required": ["criteria", "summary"],
    "properties": {
        "criteria": {
            "type": "object", "additionalProperties": false, "required": ["task_fit", "accuracy"],
            "properties": {
                "task_fit": {"$ref": "#/$defs/judgement"},
                "accuracy": {"$ref": "#/$defs/judgement"}
            }
        },
        "summary": {"type": "string"}
    },
    "$defs": {"judgement": {
        "type": "object", "additionalProperties": false,
        "required": ["rationale", "evidence", "score", "applies"],
        "properties": {
            "rationale": {"type": "string"},
            "evidence": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
            "score": {"type": "integer", "minimum": 1, "maximum": 7},
            "applies": {"type": "boolean"}
        }
    }}
}"##;

/// The request as text: `serde_json::json!` would sort the schema.
pub(crate) fn rubric_request(candidate: &str) -> String {
    let messages = prompt(candidate);
    format!(
        r#"{{"model":"mock-judge","messages":{messages},"response_format":{{"type":"json_schema",
            "json_schema":{{"name":"judgement","strict":true,"schema":{RUBRIC}}}}}}}"#
    )
}

pub(crate) fn content(completion: &Value) -> &str {
    completion["choices"][0]["message"]["content"]
        .as_str()
        .unwrap()
}
