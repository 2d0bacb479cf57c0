//! Every line of the three services over a run in which much happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::log::{Line, lines};
use crate::receiver::{Receiver, Reply};
use crate::support::{SOON, System, payload};
use crate::system::{ask, new_secret, received, sending};

/// A provider that fails when the candidate says so.
fn faults() -> Value {
    json!({"faults": [
        {"fault": "status", "status": 500, "times": 1, "match": "Once broken."},
        {"fault": "status", "status": 400, "match": "Always refused."},
        {"fault": "hang", "match": "Never answered."},
    ]})
}

async fn post(system: &System, text: &str, url: &str, correlation: &str) -> Result<String> {
    let mut body = payload(text);
    body["webhook"] = json!({ "url": url });
    let request = system
        .http()
        .post(format!("{}/v1/evaluations", system.ingest_url(0)))
        .header("x-correlation-id", correlation)
        .json(&body);
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(answer["id"].as_str().context("no id")?.to_owned())
}

async fn batch(system: &System, url: &str, correlation: &str) -> Result<Vec<String>> {
    let mut lines: Vec<String> = (0..3)
        .map(|number| {
            let mut body = payload(&format!("Of a batch, {number}."));
            body["webhook"] = json!({ "url": url });
            body.to_string()
        })
        .collect();
    lines.push("{\"output\": 7}".to_owned());
    let request = system
        .http()
        .post(format!("{}/v1/evaluations/batch", system.ingest_url(0)))
        .header("x-correlation-id", correlation)
        .header("content-type", "application/x-ndjson")
        .body(lines.join("\n"));
    let text = request.send().await?.error_for_status()?.text().await?;
    let ids = text.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(line["id"].as_str()?.to_owned())
    });
    Ok(ids.collect())
}

/// Requests that are refused, each in another way.
async fn refused(system: &System) -> Result<()> {
    let (ingest, status) = (system.ingest_url(0), system.status_url());
    let http = system.http();
    let post = |body: &str| {
        http.post(format!("{ingest}/v1/evaluations"))
            .header("content-type", "application/json")
            .body(body.to_owned())
    };
    for request in [
        post("{"),
        post("{\"output\": 7}"),
        post("{\"output\": \"x\", \"rubric\": \"nowhere\"}"),
        post("{}").header("content-type", "text/plain"),
        http.get(format!("{ingest}/nothing")),
        http.get(format!("{status}/v1/evaluations/no-id")),
        http.get(format!("{status}/v1/evaluations?nothing=1")),
        http.delete(format!("{status}/v1/queue")),
    ] {
        let answer = request.send().await?;
        ensure!(answer.status().is_client_error(), "{}", answer.status());
    }
    Ok(())
}

/// Everything that a run may have; says whose ids are to be followed, with their correlation ids.
async fn run(system: &System) -> Result<Vec<(String, String)>> {
    new_secret(system, json!({})).await?;
    system.mock_is(faults()).await?;
    let receiver = Receiver::start().await?;
    let url = receiver.url("/hook");
    receiver.answers("/hook", [Reply::Status(500), Reply::Status(204)]);
    let mut followed = Vec::new();
    for (text, correlation) in [
        ("Judged at once.", "follow-judged"),
        ("Once broken.", "follow-broken"),
        ("Always refused.", "follow-refused"),
    ] {
        let id = post(system, text, &url, correlation).await?;
        followed.push((id, correlation.to_owned()));
    }
    for id in batch(system, &url, "follow-batch").await? {
        followed.push((id, "follow-batch".to_owned()));
    }
    for (id, _) in &followed {
        system.ended(id).await?;
    }
    let hanging = post(system, "Never answered.", &url, "follow-cancelled").await?;
    system.mock_reaches("in_flight", 1).await?;
    ask(system, &hanging, "cancel").await?;
    system.ended(&hanging).await?;
    followed.push((hanging, "follow-cancelled".to_owned()));
    refused(system).await?;
    // Redis is away for a moment.
    let worker = system.worker(0);
    system.redis().freeze()?;
    let outage = post(system, "While Redis was away.", &url, "follow-outage").await?;
    system.says(&worker, "redis", "Redis").await?;
    system.redis().thaw()?;
    system.judged(&outage).await?;
    followed.push((outage, "follow-outage".to_owned()));
    // One more than there are: the first was answered with 500.
    received(&receiver, "/hook", followed.len() + 1).await?;
    Ok(followed)
}

fn message_is_constant(message: &str) -> bool {
    !message.is_empty()
        && !message.chars().any(|letter| letter.is_ascii_digit())
        && message.len() < 120
}

/// What every line has.
fn check_each(lines: &[Line]) -> Result<()> {
    for Line { service, json } in lines {
        for field in ["timestamp", "level", "service", "message", "target"] {
            ensure!(json[field].is_string(), "{field}: {json:#}");
        }
        ensure!(json["service"] == *service, "{json:#}");
        let at: jiff::Timestamp = json["timestamp"].as_str().unwrap_or_default().parse()?;
        ensure!(at.as_second() > 1_700_000_000, "{json:#}");
        let message = json["message"].as_str().unwrap_or_default();
        ensure!(message_is_constant(message), "{json:#}");
        // Where there is an evaluation, there is all that it is found by.
        if json["evaluation_id"].is_string() {
            for field in ["correlation_id", "tenant", "trace_id", "span_id"] {
                ensure!(json[field].is_string(), "{field}: {json:#}");
            }
        }
        if *service == "scorer-worker" && json["evaluation_id"].is_string() {
            ensure!(
                json["strategy"].is_string() || message.contains("webhook"),
                "{json:#}"
            );
            ensure!(
                json["attempt"].is_u64() || json["attempt"].is_i64(),
                "{json:#}"
            );
        }
    }
    Ok(())
}

/// From the post to the webhook, by either id.
fn check_followed(lines: &[Line], id: &str, correlation: &str) -> Result<()> {
    let of_id: Vec<&Line> = lines
        .iter()
        .filter(|line| line.is_about("evaluation_id", id))
        .collect();
    for (service, message) in [
        ("ingest-api", "evaluation accepted"),
        ("scorer-worker", "evaluation started"),
        ("scorer-worker", "webhook delivered"),
    ] {
        let there = of_id.iter().any(|line| {
            line.service == service
                && line.is_about("message", message)
                && line.is_about("correlation_id", correlation)
        });
        let found: Vec<_> = of_id.iter().map(|line| &line.json).collect();
        ensure!(there, "{id}: no \"{message}\" of {service}: {found:#?}");
    }
    let traces: BTreeSet<&str> = of_id
        .iter()
        .filter(|line| line.is_about("correlation_id", correlation))
        .map(|line| line.text("trace_id"))
        .collect();
    ensure!(traces.len() == 1, "{id} has several traces: {traces:?}");
    Ok(())
}

/// Ours once: no two lines at ERROR of one request or evaluation, and no line of what a client did wrong.
fn check_errors(lines: &[Line]) -> Result<()> {
    let mut errors: BTreeMap<(&str, &str), Vec<&Value>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is_about("level", "ERROR")) {
        let key = (line.text("correlation_id"), line.text("evaluation_id"));
        if key != ("", "") {
            errors.entry(key).or_default().push(&line.json);
        }
    }
    for (key, lines) in &errors {
        ensure!(lines.len() == 1, "{key:?}: {lines:#?}");
    }
    let failed = errors.values().flatten().count();
    ensure!(
        failed == 1,
        "one failed, and these were logged: {errors:#?}"
    );
    let refused = |line: &&Line| line.text("message").contains("refused");
    let quiet: Vec<_> = lines
        .iter()
        .filter(refused)
        .map(|line| &line.json)
        .collect();
    ensure!(quiet.is_empty(), "of clients: {quiet:#?}");
    Ok(())
}

#[tokio::test]
async fn every_line_of_a_run_can_be_parsed_and_followed() -> Result<()> {
    let system = System::start(sending().private_redis(true)).await?;
    let followed = run(&system).await?;
    let logged = eventually(SOON, async || {
        let lines = lines(&system)?;
        for (id, _) in &followed {
            let is_told = lines.iter().any(|line| {
                line.is_about("evaluation_id", id) && line.is_about("message", "webhook delivered")
            });
            ensure!(is_told, "{id} was not told of");
        }
        let ends = lines.iter().filter(|line| {
            line.is_about("check", "redis") && line.is_about("message", "check passes")
        });
        ensure!(ends.count() > 1, "the outage has no end");
        Ok(lines)
    })
    .await?;
    check_each(&logged)?;
    for (id, correlation) in &followed {
        check_followed(&logged, id, correlation)?;
    }
    check_errors(&logged)?;
    let messages: BTreeSet<&str> = logged.iter().map(|line| line.text("message")).collect();
    ensure!(messages.len() < 40, "{messages:#?}");
    Ok(())
}

#[tokio::test]
async fn what_clients_do_wrong_is_logged_for_those_who_look() -> Result<()> {
    let system = System::start(sending().workers(0).env("RUST_LOG", "debug")).await?;
    refused(&system).await?;
    eventually(Duration::from_secs(10), async || {
        let lines = lines(&system)?;
        let refused = lines
            .iter()
            .filter(|line| line.is_about("message", "request refused"));
        let refused: Vec<_> = refused.collect();
        ensure!(refused.len() == 8, "{}", refused.len());
        for line in refused {
            ensure!(line.is_about("level", "DEBUG"), "{:#}", line.json);
            ensure!(!line.text("correlation_id").is_empty(), "{:#}", line.json);
        }
        anyhow::Ok(())
    })
    .await
}
