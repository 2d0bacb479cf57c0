//! Every answer of both APIs, so that no change of the public surface goes unseen. Each is also read by the type that clients
//! have for it, and written again the same.
//!
//! `INSTA_UPDATE=always` writes them anew. What needs a dependency that is away is shown by the tests that take it away.

use ::api::{
    Accepted, Agreement, BatchAnswer, Command, CommandPreview, Evaluation, EvaluationSummary,
    Label, Page, RubricVersion,
};
use local_stack::eventually;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, BOUND};
use crate::stacks::{fault, judging, unjudged};
use crate::transcript::{Transcript, check_type};

#[tokio::test]
async fn posts() {
    let mut it = Transcript::of(unjudged().await);
    let payload = json!({"output": "Snapshot of a post.", "metadata": {"agent": "coder-7"}});
    it.posts("new", payload.to_string()).await;
    it.posts("known", payload.to_string()).await;
    it.posts("not JSON", "{\"output\": ").await;
    it.posts("a key twice", r#"{"output": "a", "output": "b"}"#)
        .await;
    let wrong =
        json!({"outptu": "x", "samples": 0, "metadata": {"n": 1}, "rubric": {"criteria": []}});
    it.posts("wrong fields", wrong.to_string()).await;
    let unknown = json!({"output": "x", "rubric": "no-such-rubric@3"});
    it.posts("no such rubric", unknown.to_string()).await;
    it.posts("too large", vec![b' '; 4 * 1024 * 1024 + 1]).await;
    for (what, key, output) in [
        ("by a key", "snapshot-1", "keyed"),
        (
            "the same key, another payload",
            "snapshot-1",
            "keyed otherwise",
        ),
        ("a key that is none", "é", "keyed"),
    ] {
        let body = json!({ "output": output }).to_string();
        let request = it.api.json_post().header("idempotency-key", key).body(body);
        it.sends::<Accepted>(what, request).await;
    }
    let post = it.api.http.post(it.api.evaluations()).body("x");
    let typed = post
        .try_clone()
        .unwrap()
        .header("content-type", "text/plain");
    it.sends::<Accepted>("another media type", typed).await;
    let post = it
        .api
        .json_post()
        .header("content-encoding", "br")
        .body("x");
    it.sends::<Accepted>("another encoding", post).await;
    let get = it.api.http.get(it.api.evaluations());
    it.sends::<Accepted>("another method", get).await;
    let get = it
        .api
        .http
        .get(format!("{}/v2", it.api.stack.ingest_url(0)));
    it.sends::<Accepted>("another path", get).await;
    let long = it.api.json_post().header("x-long", "x".repeat(4_000_000));
    it.sends::<Accepted>("a head that is too large", long).await;
    it.is("posts");
}

#[tokio::test]
async fn batches() {
    let mut it = Transcript::of(unjudged().await);
    let lines = "{\"output\": \"Snapshot of a line.\"}\n\n{\"output\": \"Snapshot of a line.\"}\n{\"outptu\": \"x\"}\nno JSON";
    let post = |api: &Api, media_type: &str| {
        let post = api.http.post(format!("{}/batch", api.evaluations()));
        post.header("content-type", media_type).body(lines)
    };
    let request = post(&it.api, "application/x-ndjson");
    it.sends::<BatchAnswer>("new, known, wrong", request).await;
    let request = post(&it.api, "application/x-ndjson").header("idempotency-key", "k");
    it.sends::<BatchAnswer>("with a key", request).await;
    let request = post(&it.api, "text/csv");
    it.sends::<BatchAnswer>("another media type", request).await;
    it.is("batches");
}

#[tokio::test]
async fn evaluations_that_wait() {
    let mut it = Transcript::of(unjudged().await);
    let payload = json!({"output": "Snapshot of one that waits.", "metadata": {"snapshot": "waits"}, "priority": "batch"});
    let post = it.api.json_post().header("x-correlation-id", "waits");
    let id = it.api.send(post.body(payload.to_string())).await.id();
    let path = format!("/v1/evaluations/{id}");
    let first = it.gets::<Evaluation>("pending", &path).await;
    let request = it
        .api
        .status_get(&path)
        .header("if-none-match", first.header("etag"));
    it.sends::<Evaluation>("nothing new", request).await;
    it.gets::<Value>("the payload", &format!("{path}/payload"))
        .await;
    it.gets::<Evaluation>("a wait that is none", &format!("{path}?wait=x"))
        .await;
    it.asks::<Evaluation>(
        "retry too early",
        Method::POST,
        &format!("{path}/retry"),
        "",
    )
    .await;
    it.asks::<Evaluation>("cancel", Method::POST, &format!("{path}/cancel"), "")
        .await;
    it.asks::<Evaluation>("cancel again", Method::POST, &format!("{path}/cancel"), "")
        .await;
    it.asks::<Evaluation>("retry", Method::POST, &format!("{path}/retry"), "")
        .await;
    it.asks::<Evaluation>("delete", Method::DELETE, &path, "")
        .await;
    let nothing = "/v1/evaluations/00000000-0000-8000-8000-000000000000";
    it.gets::<Evaluation>("no such evaluation", nothing).await;
    it.gets::<Value>("no such payload", &format!("{nothing}/payload"))
        .await;
    it.asks::<Evaluation>(
        "cancel nothing",
        Method::POST,
        &format!("{nothing}/cancel"),
        "",
    )
    .await;
    it.asks::<Evaluation>(
        "retry nothing",
        Method::POST,
        &format!("{nothing}/retry"),
        "",
    )
    .await;
    it.is("waiting");
}

#[tokio::test]
async fn lists() {
    let mut it = Transcript::of(unjudged().await);
    for n in 1..=2 {
        let payload =
            json!({"output": format!("Snapshot {n} of a list."), "metadata": {"snapshot": "list"}});
        let post = it.api.json_post().header("x-correlation-id", "list");
        it.api.send(post.body(payload.to_string())).await.id();
    }
    let path = "/v1/evaluations?metadata.snapshot=list&limit=1";
    let page = it
        .gets::<Page<EvaluationSummary>>("the first page", path)
        .await
        .json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = format!("{path}&cursor={cursor}");
    it.gets::<Page<EvaluationSummary>>("the last page", &next)
        .await;
    it.gets::<Page<EvaluationSummary>>("nothing", "/v1/evaluations?rubric=nowhere@1")
        .await;
    for query in [
        "limit=0",
        "status=ended",
        "cursor=x",
        "created_after=today",
        "colour=red",
    ] {
        it.gets::<Page<EvaluationSummary>>(query, &format!("/v1/evaluations?{query}"))
            .await;
    }
    it.is("lists");
}

#[tokio::test]
async fn commands_for_all_that_match() {
    let mut it = Transcript::of(unjudged().await);
    let path = "/v1/evaluations/cancel?metadata.snapshot=command";
    let payload = json!({"output": "Snapshot of a command.", "metadata": {"snapshot": "command"}});
    it.api
        .send(it.api.json_post().body(payload.to_string()))
        .await
        .id();
    it.asks::<CommandPreview>("counted", Method::POST, &format!("{path}&dry_run=true"), "")
        .await;
    let given = it.asks::<Command>("given", Method::POST, path, "").await;
    let progress = given.header("location").to_owned();
    let finished = eventually(BOUND, async || {
        let command = it.api.get(&progress).await.json();
        anyhow::ensure!(command["status"] == "finished", "{command}");
        Ok(())
    });
    finished.await.unwrap();
    it.gets::<Command>("finished", &progress).await;
    for (what, path) in [
        ("without a filter", "/v1/evaluations/retry"),
        ("a limit", "/v1/evaluations/retry?status=failed&limit=1"),
    ] {
        it.asks::<Command>(what, Method::POST, path, "").await;
    }
    let nothing = "/v1/commands/00000000-0000-8000-8000-000000000000";
    it.gets::<Command>("no such command", nothing).await;
    it.is("commands");
}

#[tokio::test]
async fn labels() {
    let mut it = Transcript::of(unjudged().await);
    let payload = json!({"output": "Snapshot of labels."}).to_string();
    let id = it.api.send(it.api.json_post().body(payload)).await.id();
    let path = format!("/v1/evaluations/{id}/labels");
    for (what, label) in [
        (
            "a label",
            json!({"rater": "ann", "score": 0.5, "note": "So so."}),
        ),
        ("another", json!({"rater": "ann", "score": 0.75})),
        (
            "of a criterion",
            json!({"rater": "ann", "criterion": "accuracy", "score": 4}),
        ),
        (
            "off the scale",
            json!({"rater": "ann", "criterion": "accuracy", "score": 6}),
        ),
        (
            "wrong fields",
            json!({"criterion": "nothing", "preference": "first", "stars": 5}),
        ),
    ] {
        it.asks::<Label>(what, Method::POST, &path, &label.to_string())
            .await;
    }
    it.gets::<Page<Label>>("all", &path).await;
    it.asks::<Label>("not JSON", Method::POST, &path, "{").await;
    it.gets::<Page<Label>>("a limit that is none", &format!("{path}?limit=0"))
        .await;
    let nothing = "/v1/evaluations/00000000-0000-8000-8000-000000000000/labels";
    it.gets::<Page<Label>>("of nothing", nothing).await;
    it.is("labels");
}

#[tokio::test]
async fn agreement() {
    let mut it = Transcript::of(unjudged().await);
    let rubric = json!({"pass_threshold": 0.7, "criteria": [{"name": "merit"}]}).to_string();
    it.asks::<RubricVersion>("a rubric", Method::PUT, "/v1/rubrics/agreeable", &rubric)
        .await;
    for (what, path) in [
        ("nothing labelled", "/v1/agreement?rubric=agreeable"),
        ("without a rubric", "/v1/agreement"),
        ("no such rubric", "/v1/agreement?rubric=no-such-rubric"),
        (
            "no such criterion",
            "/v1/agreement?rubric=agreeable&criterion=style",
        ),
        (
            "no such parameter",
            "/v1/agreement?rubric=agreeable&rater=ann",
        ),
    ] {
        it.gets::<Agreement>(what, path).await;
    }
    it.is("agreement");
}

#[tokio::test]
async fn evaluations_that_ended() {
    let mut it = Transcript::of(judging().await);
    // Judged by what a rule of the stack says, see `stacks`.
    let rubric = json!({"pass_threshold": 0.7, "criteria": [{"name": "merit"}]});
    let four = format!("Ice floats. {}", fault("four"));
    let task = format!("Does ice float? {}", fault("the first"));
    let pair = json!([{"id": "x", "text": "Ice floats."}, {"id": "y", "text": "No."}]);
    let sides = json!([{"stance": "advocate"}, {"stance": "critic"}]);
    let debate = json!({"kind": "debate", "rounds": 1, "debaters": sides});
    let post = |output: &str| json!({"output": output, "rubric": rubric, "metadata": {"agent": "coder-7"}});
    let mut debated = post(&four);
    debated["strategy"] = debate;
    let compared = json!({"outputs": pair, "input": task, "rubric": rubric});
    for (what, payload) in [
        ("scored", post(&four)),
        ("compared", compared),
        ("debated", debated),
        ("unscorable", post(&fault("refusal"))),
        ("failed", post(&fault("400 with an echo"))),
    ] {
        let post = it.api.json_post().header("x-correlation-id", what);
        let id = it.api.send(post.body(payload.to_string())).await.id();
        it.gets::<Evaluation>(what, &format!("/v1/evaluations/{id}?wait=30"))
            .await;
        if what == "scored" {
            let path = format!("/v1/evaluations/{id}/retry");
            it.asks::<Evaluation>("retry of what is scored", Method::POST, &path, "")
                .await;
        }
    }
    it.is("ended");
}

#[tokio::test]
async fn rubrics() {
    let mut it = Transcript::of(unjudged().await);
    let path = "/v1/rubrics/snapshot";
    let rubric = r#"{"description": "A test.", "pass_threshold": 0.5, "criteria": [{"name": "right", "weight": 2},
        {"name": "neat", "scale": {"type": "categories", "values": {"poor": 0, "good": 1}}, "may_not_apply": true}]}"#;
    it.asks::<RubricVersion>("a version", Method::PUT, path, rubric)
        .await;
    it.asks::<RubricVersion>("the same", Method::PUT, path, rubric)
        .await;
    it.asks::<RubricVersion>(
        "wrong fields",
        Method::PUT,
        path,
        r#"{"name": "other", "criteria": [{"nam": 1}]}"#,
    )
    .await;
    it.asks::<RubricVersion>("one wrong field", Method::PUT, path, r#"{"criteria": []}"#)
        .await;
    it.asks::<RubricVersion>(
        "a key twice",
        Method::PUT,
        path,
        r#"{"name": "a", "name": "a"}"#,
    )
    .await;
    it.asks::<RubricVersion>(
        "a name with a version",
        Method::PUT,
        "/v1/rubrics/a@1",
        rubric,
    )
    .await;
    it.asks::<RubricVersion>("not JSON", Method::PUT, path, "{")
        .await;
    it.asks::<RubricVersion>("too large", Method::PUT, path, &" ".repeat(1024 * 1024 + 1))
        .await;
    it.asks::<RubricVersion>("another method", Method::POST, path, rubric)
        .await;
    it.gets::<RubricVersion>("by name", path).await;
    it.gets::<RubricVersion>("by version", &format!("{path}@1"))
        .await;
    it.gets::<RubricVersion>("no such version", &format!("{path}@2"))
        .await;
    it.gets::<RubricVersion>("built in", "/v1/rubrics/general-quality@1")
        .await;
    it.is("rubrics");
    let api = unjudged().await;
    let list = api.get("/v1/rubrics").await;
    check_type::<Page<RubricVersion>>(&list.body);
}

#[tokio::test]
async fn health() {
    let mut it = Transcript::of(judging().await);
    let stack = it.api.stack.clone();
    let worker = stack.worker(0);
    let services = [&stack.ingest()[0], &stack.status()[0], &*worker];
    for (name, service) in ["ingest-api", "status-api", "scorer-worker"]
        .into_iter()
        .zip(services)
    {
        let admin = service.admin_url().unwrap();
        // A service is ready without Redis, and may not have looked for it yet.
        let looked = eventually(BOUND, async || {
            let report = it.api.http.get(format!("{admin}/readyz"));
            let report = it.api.send(report).await;
            let checks = report.json()["checks"].take();
            let mut checks = checks.as_object().unwrap().values();
            anyhow::ensure!(checks.all(|check| check["ok"] == true), "{}", report.text());
            Ok(())
        });
        looked.await.unwrap();
        for path in ["/livez", "/readyz", "/nothing"] {
            let answer = it.api.send(it.api.http.get(format!("{admin}{path}"))).await;
            it.note(&format!("{name} {path}"), &answer);
        }
    }
    it.is("health");
}
