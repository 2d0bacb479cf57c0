//! Many senders of one payload.

use futures::future::join_all;
use local_stack::{Stack, eventually};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

use crate::api::{Answer, Api, BOUND, text, unique};

#[tokio::test]
async fn a_thousand_posts_of_one_payload_are_one_evaluation_and_one_judge_call() {
    let stack = Stack::builder().ingest_replicas(2).start().await.unwrap();
    let api = Api::of(Arc::new(stack));
    let payload = json!({"output": "Once is enough.", "run": unique("thousand")}).to_string();
    let (api, payload) = (&api, &payload);
    let answers = join_all((0..1_000).map(|index| post(api, index % 2, payload))).await;

    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((count(202), count(200)), (1, 999));
    let id = answers[0].id();
    assert!(answers.iter().all(|answer| answer.id() == id));
    assert_eq!(api.count("SELECT count(*) FROM evaluations").await, 1);
    assert_eq!(api.count("SELECT count(*) FROM payloads").await, 1);

    let evaluation = api.ended(&id).await;
    assert_eq!(
        text(&evaluation, "/assessment/outcome"),
        "scored",
        "{evaluation:#}"
    );
    let stats = api.mock().stats().await.unwrap();
    assert_eq!(
        (&stats["requests"], &stats["completed"]),
        (&json!(1), &json!(1)),
        "{stats:#}"
    );
    assert_eq!(api.count("SELECT count(*) FROM assessments").await, 1);
}

/// Under this load a sender may be asked to come back.
async fn post(api: &Api, replica: usize, payload: &str) -> Answer {
    let url = format!("{}/v1/evaluations", api.stack.ingest_url(replica));
    eventually(BOUND, async || {
        let answer = api.send(api.http.post(&url).body(payload.to_owned())).await;
        // Its head did not come in time, on a machine that is busy with a thousand connections.
        if answer.status == 408 {
            return Err(answer.text());
        }
        if answer.status == 503 {
            assert!(
                !answer.header("retry-after").is_empty(),
                "{}",
                answer.text()
            );
            return Err(answer.text());
        }
        Ok(answer)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn payloads_of_many_senders_are_each_judged_once() {
    let stack = Stack::builder().workers(2).start().await.unwrap();
    let api = Api::of(Arc::new(stack));
    let (run, api) = (&unique("many"), &api);
    let ids = join_all((0..100).map(|n| async move {
        let payload = json!({"output": format!("Number {n}."), "run": run, "priority": if n % 2 == 0 { "batch" } else { "interactive" }});
        post(api, 0, &payload.to_string()).await.id()
    }))
    .await;
    for id in &ids {
        let evaluation = api.ended(id).await;
        assert_eq!(
            (&evaluation["status"], &evaluation["attempts"]),
            (&json!("succeeded"), &json!(1))
        );
    }
    let calls = eventually(Duration::from_secs(5), async || {
        let stats = api.mock().stats().await.unwrap();
        (stats["in_flight"] == 0).then_some(stats["requests"].clone())
    });
    assert_eq!(calls.await.unwrap(), 100);
}
