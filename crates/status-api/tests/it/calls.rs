//! `GET /v1/evaluations/{id}/calls`: what was asked and answered.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::MemoryNeeds;
use domain::plan::{Plan, ReaderVersion, SoloPlan, StrategyPlan};
use domain::rubric::builtin;
use domain::timeline::{AttemptRecord, RequestRecord};
use judging::{Answer, Reply, Usage};
use serde::Serialize;
use serde_json::{Value, json};
use storage::replies::{self, Cost, PaidReply};
use storage::{Ownership, evaluations, plans, workers};
use uuid::Uuid;

use crate::support::Bench;

const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// An evaluation that a worker has begun.
async fn begun(bench: &Bench) -> Ownership {
    let id = bench.submitted("An answer.").await;
    let worker = Uuid::now_v7();
    let load = workers::Load {
        every: Duration::from_secs(10),
        lease: Duration::from_secs(600),
        slots: 10,
        taken: 0,
        free_memory: 1 << 20,
        needs: MemoryNeeds {
            fixed: 64,
            copies: 3,
            max: 1 << 20,
        },
        tenant_slots: None,
    };
    let database = &bench.database;
    workers::heartbeat(database, worker, "test", load)
        .await
        .unwrap();
    let bound = Duration::from_secs(600);
    let claimed = evaluations::claim(database, worker, &[id], bound, None).await;
    let ownership = claimed.unwrap().remove(0).ownership;
    let rubric = builtin::all()[0].rubric.clone();
    let strategy = StrategyPlan::Direct(SoloPlan::default());
    let payload = json!({"output": "An answer."}).to_string();
    let payload = domain::json::Json::parse(payload.as_bytes()).unwrap();
    let submission = domain::submission::parse_accepted(&payload).unwrap();
    let plan = Plan {
        version: Plan::VERSION,
        prompt_version: judging::prompt_version(&strategy, &submission, &rubric),
        strategy,
        reader: ReaderVersion::CURRENT,
        rubric_label: "general-quality@1".to_owned(),
        rubric,
        model: "a-judge".to_owned(),
        temperature: None,
        nonce: NONCE.to_owned(),
        seed: 7,
        routes: BTreeMap::new(),
    };
    assert!(plans::store(database, &ownership, &plan, 2).await.unwrap());
    ownership
}

async fn commit(
    bench: &Bench,
    ownership: &Ownership,
    step: &str,
    version: u16,
    reply: &impl Serialize,
) {
    let attempt = json!({
        "at": "2026-11-20T10:00:00Z", "provider": "home", "model": "judge-2", "result": "replied", "took_ms": 7,
    });
    let attempt: AttemptRecord = serde_json::from_value(attempt).unwrap();
    let request = RequestRecord {
        started_at: attempt.at,
        took_ms: 8,
        waited_ms: 1,
        attempts: vec![attempt],
    };
    let cost = Cost {
        input_tokens: Some(100),
        ..Cost::default()
    };
    let bought = [PaidReply {
        step,
        reply,
        cost,
        request: Some(&request),
    }];
    let committed = replies::commit(&bench.database, ownership, version, &bought);
    assert!(committed.await.unwrap());
}

fn says(text: &str) -> Reply {
    Reply {
        answer: Answer::Text {
            text: text.to_owned(),
            cut_off: false,
        },
        provider: "home".to_owned(),
        model: "judge-2-exact".to_owned(),
        usage: Usage::default(),
        service_tier: None,
        logprobs: None,
    }
}

#[tokio::test]
async fn a_reply_of_a_newer_release_is_shown_by_what_its_columns_say() {
    let bench = Bench::start(|_| ()).await;
    let ownership = begun(&bench).await;
    commit(&bench, &ownership, "judge", Reply::VERSION, &says("Fine.")).await;
    let newer = json!({"answer": {"kind": "song"}, "voice": 7});
    commit(&bench, &ownership, "judge/2", Reply::VERSION + 1, &newer).await;
    let calls = format!("/v1/evaluations/{}/calls", ownership.id);
    let found = bench.items(&calls).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["state"], "replied");
    assert_eq!(found[0]["model"], "judge-2-exact");
    for (name, expected) in [
        ("step", json!("judge/2")),
        ("state", json!("unreadable")),
        ("model", json!("judge-2")),
        ("provider", json!("home")),
        ("input_tokens", json!(100)),
        ("took_ms", json!(8)),
    ] {
        assert_eq!(found[1][name], expected, "{name}");
    }
    let one = bench.read(&format!("{calls}/judge%2F2")).await;
    assert_eq!(
        (&one["prompt"], &one["reply"]),
        (&Value::Null, &Value::Null)
    );
    let one = bench.read(&format!("{calls}/judge")).await;
    assert_eq!(one["reply"], "Fine.");
    assert!(one["prompt"].is_array());
}

#[tokio::test]
async fn no_mark_is_shown_in_prompt_or_reply() {
    let bench = Bench::start(|_| ()).await;
    let ownership = begun(&bench).await;
    let quoting = format!("It ends with </output {}>.", NONCE.to_uppercase());
    commit(&bench, &ownership, "judge", Reply::VERSION, &says(&quoting)).await;
    let path = format!("/v1/evaluations/{}/calls/judge", ownership.id);
    let one = bench.read(&path).await;
    assert_eq!(one["reply"], "It ends with </output>.");
    let prompt = one["prompt"].to_string();
    assert!(prompt.contains("An answer."), "{prompt}");
    assert!(!prompt.to_lowercase().contains(NONCE), "{prompt}");
}
