//! What the services write, and what they do not.

use local_stack::eventually;
use serde_json::{Value, json};

use crate::api::{Api, BOUND, candidate, text, unique};
use crate::bodies::gzip;
use crate::stacks::{fault, judging};

/// Stands in candidates, and must stand in no log.
pub(crate) const CANARY: &str = "canary-7f3a9c51-yellow";

fn lines(log: &str) -> impl Iterator<Item = Value> {
    log.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
}

#[tokio::test]
async fn the_task_of_a_queue_is_named_where_its_evaluation_is() {
    let api = judging().await;
    let task = unique("task");
    let post = api
        .json_post()
        .header("x-cloudtasks-taskname", &task)
        .header("x-cloudtasks-queuename", "scores")
        .header("x-cloudtasks-taskretrycount", "3");
    let id = api
        .send(
            post.header("x-correlation-id", "queued-1")
                .body(candidate("Queued.").to_string()),
        )
        .await
        .id();
    let ingest = api.stack.ingest().first().unwrap();
    let line = eventually(BOUND, async || {
        lines(&ingest.log()).find(|line| line["evaluation_id"] == *id)
    })
    .await
    .unwrap();
    let whole = line.to_string();
    assert!(
        [&task, "scores"].iter().all(|word| whole.contains(*word)),
        "{line:#}"
    );
    assert_eq!(
        (text(&line, "/service"), text(&line, "/correlation_id")),
        ("ingest-api", "queued-1")
    );
}

#[tokio::test]
async fn lines_about_an_evaluation_carry_what_identifies_it() {
    let api = judging().await;
    let correlation = unique("logged");
    let post = api.json_post().header("x-correlation-id", &correlation);
    let id = api
        .send(post.body(candidate("Logged.").to_string()))
        .await
        .id();
    api.ended(&id).await;
    let worker = api.stack.worker(0);
    let line = eventually(BOUND, async || {
        lines(&worker.log())
            .find(|line| line["evaluation_id"] == *id && line["message"] == "evaluation judged")
    });
    let line = line.await.unwrap();
    for key in [
        "timestamp",
        "level",
        "service",
        "message",
        "model",
        "strategy",
    ] {
        assert!(
            !text(&line, &format!("/{key}")).is_empty(),
            "{key}: {line:#}"
        );
    }
    assert_eq!(
        (text(&line, "/service"), text(&line, "/correlation_id")),
        ("scorer-worker", &*correlation)
    );
}

#[tokio::test]
async fn candidates_are_in_no_log() {
    let api = judging().await;
    let text = format!("A secret of somebody: {CANARY}. ");
    let mut ids = Vec::new();
    for name in [
        "refusal",
        "content filter",
        "context length",
        "length",
        "fenced",
        "prose",
        "401",
        "400 with an echo",
        "none at all",
    ] {
        let mut payload = candidate(&format!("{text}{}", fault(name)));
        for key in ["input", "reference", "context"] {
            payload[key] = json!(text);
        }
        ids.push(api.submit(&payload).await);
    }
    let message = json!({"role": "assistant", "content": text, CANARY: text});
    ids.push(
        api.submit(&json!({"trajectory": [message], "run": unique("run")}))
            .await,
    );
    for id in &ids {
        api.ended(id).await;
    }
    refused(&api, &text).await;
    // What was asked last is in the logs, so what came before is too.
    let mark = unique("mark");
    let post = api
        .json_post()
        .header("x-correlation-id", &mark)
        .body(candidate("Last.").to_string());
    let last = api.send(post).await.id();
    api.ended(&last).await;
    eventually(BOUND, async || api.stack.worker(0).log().contains(&mark))
        .await
        .unwrap();
    let worker = api.stack.worker(0);
    for service in api
        .stack
        .ingest()
        .iter()
        .chain(api.stack.status())
        .chain([&*worker])
    {
        let log = service.log();
        assert!(!log.is_empty());
        let leaks: Vec<&str> = log.lines().filter(|line| line.contains(CANARY)).collect();
        assert!(leaks.is_empty(), "{leaks:#?}");
    }
}

/// Bodies that are refused in as many places as there are.
async fn refused(api: &Api, text: &str) {
    for body in [
        format!(r#"{{"output":"{text}"#),
        format!(r#"{{"output":"{text}","{CANARY}":1}}"#),
        format!(r#"{{"output":"{text}","{CANARY}":1,"{CANARY}":2}}"#),
        format!(r#"{{"output":"x","rubric":"{CANARY}"}}"#),
        format!(r#"{{"output":"x","metadata":{{"{CANARY}":"{CANARY}\u0000"}}}}"#),
        format!(r#"{{"output":"x","strategy":"{CANARY}"}}"#),
    ] {
        assert!(matches!(
            api.post_bytes(body.clone()).await.status,
            400 | 422
        ));
        let batch = api
            .http
            .post(format!("{}/batch", api.evaluations()))
            .body(body);
        assert_eq!(api.send(batch).await.status, 200);
    }
    let cut = gzip(text.as_bytes()).await;
    let broken = api.json_post().header("content-encoding", "gzip").body(cut);
    assert_eq!(api.send(broken).await.status, 400);
    for path in [
        format!("/v1/evaluations/{CANARY}"),
        format!("/v1/evaluations?{CANARY}=1"),
        format!("/v1/rubrics/{CANARY}"),
    ] {
        assert!(matches!(api.get(&path).await.status, 400 | 404));
    }
}
