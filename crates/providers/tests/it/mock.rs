//! A running mock-llm and a provider that reaches it.

use std::path::PathBuf;
use std::time::Duration;

use judging::{JudgeCall, Message, Reply, ReplyFormat, Role, StepKey};
use local_stack::{Process, ports};
use providers::{CallContext, CallError, Options, Provider};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Bound of everything a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Mock {
    pub(crate) provider: Provider,
    url: String,
    client: reqwest::Client,
    _process: Process,
    _logs: TempDir,
}

impl Mock {
    pub(crate) async fn start() -> Self {
        let logs = tempfile::tempdir().unwrap();
        let program = binaries().join("mock-llm");
        let address = format!("127.0.0.1:{}", ports::free());
        let process = Process::builder("mock-llm", program, logs.path())
            .arg("--listen")
            .arg(&address)
            .start()
            .unwrap();
        let url = format!("http://{address}");
        process
            .wait_ready(&format!("{url}/mock/health"), PATIENCE)
            .await
            .unwrap();
        let provider = Provider::new(Options {
            name: "mock".to_owned(),
            base_url: format!("{url}/v1").parse().unwrap(),
            api_key: None,
            connect_timeout: PATIENCE,
            call_timeout: PATIENCE,
        });
        Self {
            provider: provider.unwrap(),
            url,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _process: process,
            _logs: logs,
        }
    }

    /// One fault rule for everything that follows.
    pub(crate) async fn rule(&self, rule: Value) {
        let url = format!("{}/mock/config", self.url);
        let config = json!({"faults": [rule]});
        let response = self.client.put(url).json(&config).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    }

    /// A body that comes under status 200, to the letter.
    pub(crate) async fn body(&self, body: &str) {
        self.rule(json!({"fault": "status", "status": 200, "body": body}))
            .await;
    }

    pub(crate) async fn ask(&self, call: &JudgeCall) -> Result<Reply, CallError> {
        let context = CallContext {
            correlation_id: "test".to_owned(),
            traceparent: None,
            idempotency_key: "test/1".to_owned(),
        };
        self.provider.call(call, &context).await
    }

    /// The body of the last request.
    pub(crate) async fn last_request(&self) -> Value {
        let url = format!("{}/mock/requests?limit=1&bodies=true", self.url);
        let requests: Value = self
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        serde_json::from_str(requests["requests"][0]["body"].as_str().unwrap()).unwrap()
    }
}

/// Where `cargo xtask test` has built the services: beside this test, or where it says.
fn binaries() -> PathBuf {
    let built = || {
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().to_owned()
    };
    std::env::var_os("AUTORATER_BIN_DIR").map_or_else(built, PathBuf::from)
}

/// A call without a schema.
pub(crate) fn call(system: &str, logprobs: bool) -> JudgeCall {
    let message = |role, content: &str| Message {
        role,
        content: content.to_owned(),
    };
    JudgeCall {
        step: StepKey("direct".to_owned()),
        model: "mock-judge".to_owned(),
        messages: vec![
            message(Role::System, system),
            message(
                Role::User,
                "<candidate 7f>\nThe migration keeps both columns — «zwölf» — until every reader has moved.\n\
                 It backfills in batches of one thousand rows.\n</candidate 7f>",
            ),
        ],
        format: ReplyFormat::Text,
        temperature: None,
        logprobs,
    }
}

/// A call with a schema of one criterion.
pub(crate) fn rubric_call(logprobs: bool) -> JudgeCall {
    let schema = r#"{"type":"object","properties":{"criteria":{"type":"object","properties":{
        "clarity":{"type":"object","properties":{"rationale":{"type":"string"},
            "evidence":{"type":"array","items":{"type":"string"}},
            "score":{"type":"number","minimum":1,"maximum":5}},
            "required":["rationale","evidence","score"],"additionalProperties":false}},
        "required":["clarity"],"additionalProperties":false}},
        "required":["criteria"],"additionalProperties":false}"#;
    JudgeCall {
        format: ReplyFormat::Json {
            name: "verdict",
            schema: RawValue::from_string(schema.to_owned()).unwrap(),
        },
        ..call("You judge by the rubric.", logprobs)
    }
}
