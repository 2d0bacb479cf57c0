//! Running services that tests share: started by the first that asks, stopped after the last that holds them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use local_stack::{Stack, StackBuilder};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::api::Api;

/// How slow the judge of [`slow`] is.
pub(crate) const SLOWNESS: Duration = Duration::from_millis(2_500);

type Shared = Mutex<Weak<Stack>>;

/// Everything, and a judge that fails in the way that the candidate names, see [`fault`], and knows the examples of the
/// demo and of README.
pub(crate) async fn judging() -> Api {
    static STACK: Shared = Mutex::const_new(Weak::new());
    let script = include_str!("../../../../xtask/demo/judge.script.json");
    let mut config: Value = serde_json::from_str(script).unwrap();
    config["faults"].as_array_mut().unwrap().extend(faults());
    let config = json!({ "faults": config["faults"] });
    attach(&STACK, Stack::builder(), &config).await
}

/// Two `ingest-api` and nobody who judges.
pub(crate) async fn unjudged() -> Api {
    static STACK: Shared = Mutex::const_new(Weak::new());
    let stack = Stack::builder().ingest_replicas(2).workers(0).mock(false);
    attach(&STACK, stack, &Value::Null).await
}

/// Everything, and a judge that takes its time.
pub(crate) async fn slow() -> Api {
    static STACK: Shared = Mutex::const_new(Weak::new());
    let config = json!({ "latency_ms": SLOWNESS.as_millis() });
    attach(&STACK, Stack::builder(), &config).await
}

async fn attach(shared: &Shared, stack: StackBuilder, mock: &Value) -> Api {
    let mut shared = shared.lock().await;
    if let Some(stack) = shared.upgrade() {
        return Api::of(stack);
    }
    let stack = Arc::new(stack.start().await.unwrap());
    *shared = Arc::downgrade(&stack);
    let api = Api::of(stack);
    if !mock.is_null() {
        api.mock().change(mock).await.unwrap();
    }
    api
}

/// The text that brings a fault about when it stands anywhere in a judge call.
pub(crate) fn fault(name: &str) -> String {
    format!("[fault: {name}]")
}

fn faults() -> Vec<Value> {
    let rule = |name: &str, mut rule: Value| {
        rule["match"] = fault(name).into();
        rule
    };
    let says = |mark: Value| {
        let merit = json!({"rationale": "It says so.", "evidence": ["floats"]});
        let mut text = json!({"criteria": {"merit": merit}, "summary": "So be it.", "moved_by": null, "consensus": true});
        let marked = text["criteria"]["merit"].as_object_mut().unwrap();
        marked.extend(mark.as_object().unwrap().clone());
        json!({"fault": "reply", "text": text})
    };
    vec![
        rule("four", says(json!({"score": 4}))),
        rule("the first", says(json!({"better": "A"}))),
        rule("refusal", json!({"fault": "refusal"})),
        rule("content filter", json!({"fault": "content_filter"})),
        rule("context length", json!({"fault": "context_length"})),
        rule("length", json!({"fault": "length"})),
        rule("fenced", json!({"fault": "fenced"})),
        rule(
            "prose",
            json!({"fault": "garbage", "kind": "not_json_text"}),
        ),
        rule(
            "prose once",
            json!({"fault": "garbage", "kind": "not_json_text", "times": 1}),
        ),
        rule(
            "half an envelope once",
            json!({"fault": "garbage", "kind": "truncated_json", "times": 1}),
        ),
        rule(
            "500 twice",
            json!({"fault": "status", "status": 500, "times": 2}),
        ),
        rule(
            "429 once",
            json!({"fault": "rate_limit", "retry_after": "0.1", "times": 1}),
        ),
        rule("401", json!({"fault": "status", "status": 401})),
        rule(
            "400 with an echo",
            json!({"fault": "status", "status": 400, "body": crate::logs::CANARY}),
        ),
    ]
}
