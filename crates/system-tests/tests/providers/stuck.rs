//! Why an evaluation does not get on: each reason that the timeline gives, of real processes that are really in the way.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::site::{ONE, Site};
use crate::support::{SOON, System, payload, quick};

async fn timeline(system: &System, id: &str) -> Result<Value> {
    let path = format!("/v1/evaluations/{id}/timeline");
    system.api.get(&path).await
}

/// Waits until the timeline gives this reason; returns what it says.
async fn waits_for(system: &System, id: &str, reason: &str) -> Result<Value> {
    eventually(SOON, async || {
        let timeline = timeline(system, id).await?;
        let waiting = &timeline["waiting"];
        ensure!(waiting["reason"] == reason, "not {reason}: {timeline:#}");
        ensure!(waiting["since"].is_string(), "{waiting}");
        let detail = waiting["detail"].as_str().unwrap_or_default();
        ensure!(!detail.is_empty(), "{waiting}");
        anyhow::Ok(waiting.clone())
    })
    .await
}

#[tokio::test]
async fn a_slot_a_worker_its_owner_or_time_is_missing() -> Result<()> {
    let builder = quick().worker_env("AUTORATER__WORKER__SLOTS", "1");
    let system = System::start(builder).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let running = system.post("It is being judged.").await?;
    let call = waits_for(&system, &running, "judge_call").await?;
    ensure!(call["position"].is_null(), "{call}");
    let second = system.post("No slot is free.").await?;
    let busy = waits_for(&system, &second, "workers_busy").await?;
    ensure!(busy["position"] == 1, "{busy}");

    system.kill_worker(0).await?;
    let silent = waits_for(&system, &running, "owner_silent").await?;
    ensure!(
        silent["estimate_seconds"].is_null() || silent["estimate_seconds"].as_f64() <= Some(3.0),
        "{silent}"
    );
    waits_for(&system, &second, "no_worker").await?;
    let mut hurried = payload("Its sender does not wait for long.");
    hurried["deadline_seconds"] = json!(30);
    let hurried = system.post_payload(&hurried).await?;
    waits_for(&system, &hurried, "no_worker").await?;
    let near = waits_for(&system, &hurried, "deadline_near").await?;
    ensure!(
        near["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("no worker")),
        "{near}"
    );

    // Once somebody is there, nothing of it is left but the record.
    system.mock_is(json!({})).await?;
    system.start_worker().await?;
    system.judged(&second).await?;
    let over = timeline(&system, &running).await?;
    let kinds = |timeline: &Value| -> Vec<String> {
        let events = timeline["events"].as_array().into_iter().flatten();
        events
            .filter_map(|event| Some(event["kind"].as_str()?.to_owned()))
            .collect()
    };
    system.judged(&running).await?;
    let over_again = timeline(&system, &running).await?;
    ensure!(over_again["waiting"].is_null(), "{over_again}");
    ensure!(
        kinds(&over_again)
            == [
                "accepted",
                "queued",
                "claimed",
                "owner_lost",
                "claimed",
                "call",
                "succeeded"
            ],
        "{over:#} {over_again:#}"
    );
    Ok(())
}

#[tokio::test]
async fn as_many_of_its_tenant_run_as_may() -> Result<()> {
    let builder = quick()
        .workers(2)
        .worker_env("AUTORATER__WORKER__TENANT_SLOTS", "3");
    let system = System::start(builder).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(system.post(&format!("One of twelve: {number}.")).await?);
    }
    system.mock_reaches("in_flight", 3).await?;
    let mut capped = 0;
    for id in &ids {
        let reason = &timeline(&system, id).await?["waiting"]["reason"];
        ensure!(
            *reason == "judge_call" || *reason == "tenant_cap",
            "{reason}"
        );
        capped += usize::from(*reason == "tenant_cap");
    }
    ensure!(capped == 9, "{capped}");
    let running = "SELECT count(*) FROM evaluations WHERE state = 'running'";
    ensure!(system.number(running).await? == 3, "more run than may");
    // What holds the places ends in time, and the others have their turn.
    system.mock_is(json!({})).await?;
    for worker in 0..2 {
        system.kill_worker(worker).await?;
    }
    system.start_worker().await?;
    for id in &ids {
        system.judged(id).await?;
    }
    Ok(())
}

#[tokio::test]
async fn memory_is_missing() -> Result<()> {
    let builder = quick().worker_env("AUTORATER__WORKER__PAYLOAD_BUDGET", "8388608");
    let system = System::start(builder).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let large = |n: u32| payload(&format!("{n} {}", "a line of output\n".repeat(120_000)));
    let first = system.post_payload(&large(1)).await?;
    waits_for(&system, &first, "judge_call").await?;
    let second = system.post_payload(&large(2)).await?;
    let waiting = waits_for(&system, &second, "memory").await?;
    ensure!(
        waiting["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("KiB")),
        "{waiting}"
    );
    Ok(())
}

#[tokio::test]
async fn redis_is_gone() -> Result<()> {
    let system = System::start(quick().private_redis(true)).await?;
    system.redis().stop().await?;
    let id = system.post("Nobody hears of it.").await?;
    waits_for(&system, &id, "redis_unavailable").await?;
    system.redis().start().await?;
    system.judged(&id).await?;
    // A full one answers.
    let memory = async |bytes| {
        let set = ["CONFIG", "SET", "maxmemory", bytes];
        system.redis().cli(&set).await
    };
    memory("1").await?;
    let id = system.post("There is no room for it.").await?;
    waits_for(&system, &id, "redis_unavailable").await?;
    memory("0").await?;
    system.judged(&id).await?;
    Ok(())
}

const LIMITED: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [providers.only.limits]
    concurrency = 1
    [models."*"]
    deployments = ["only"]
"#;

#[tokio::test]
async fn a_limit_is_reached() -> Result<()> {
    let site = Site::start("stuck_limit", 1, LIMITED).await?;
    site.providers[0]
        .set(&json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let first = site.system.post("It has the one place.").await?;
    waits_for(&site.system, &first, "judge_call").await?;
    let second = site.system.post("It has none.").await?;
    let waiting = waits_for(&site.system, &second, "limiter").await?;
    ensure!(
        waiting["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("limits")),
        "{waiting}"
    );
    Ok(())
}

#[tokio::test]
async fn a_provider_fails_or_is_gone() -> Result<()> {
    let site = Site::start("stuck_provider", 1, ONE).await?;
    let provider = &site.providers[0];
    let failing = json!({"faults": [{"fault": "status", "status": 500, "body": "a secret of the candidate"}]});
    provider.set(&failing).await?;
    let id = site.system.post("It is asked again.").await?;
    let waiting = waits_for(&site.system, &id, "retry_delay").await?;
    ensure!(
        waiting["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("status 500")),
        "{waiting}"
    );
    ensure!(
        waiting["estimate_seconds"].as_f64() > Some(0.0),
        "{waiting}"
    );
    // First it waits in its slot; it is put back with the same words.
    let (told, detail) = eventually(SOON, async || {
        let told = timeline(&site.system, &id).await?;
        let mut events = told["events"].as_array().context("events")?.iter();
        let put_back = events.rfind(|event| event["kind"] == "queued");
        let detail = put_back.context("put back")?["detail"].clone();
        ensure!(
            detail["class"] == "unavailable" && detail["status"] == 500,
            "{detail}"
        );
        anyhow::Ok((told, detail))
    })
    .await?;
    ensure!(
        detail["attempts"]
            .as_array()
            .is_some_and(|attempts| attempts.len() == 3),
        "{detail}"
    );
    // Nobody else's words.
    ensure!(!told.to_string().contains("secret"), "{told:#}");

    // Many failures open the breaker.
    site.system.post_many(40).await?;
    let last = site.system.post("The provider is left alone.").await?;
    waits_for(&site.system, &last, "breaker_open").await?;
    Ok(())
}

#[tokio::test]
async fn a_provider_cannot_be_reached_or_asks_for_a_pause() -> Result<()> {
    let site = Site::start("stuck_gone", 1, ONE).await?;
    let provider = &site.providers[0];
    let slow = json!({"faults": [{"fault": "rate_limit", "retry_after": "600"}]});
    provider.set(&slow).await?;
    let id = site.system.post("It is asked for later.").await?;
    waits_for(&site.system, &id, "rate_limited").await?;
    // A short pause is waited for in place.
    let site = Site::start("stuck_pause", 1, ONE).await?;
    let slow = json!({"faults": [{"fault": "rate_limit", "retry_after": "20"}]});
    site.providers[0].set(&slow).await?;
    let id = site.system.post("It is asked for soon.").await?;
    let paused = waits_for(&site.system, &id, "rate_limited").await?;
    let estimate = paused["estimate_seconds"].as_f64().unwrap_or_default();
    ensure!(estimate > 0.0 && estimate <= 25.0, "{paused}");

    let site = Site::start("stuck_dead", 1, ONE).await?;
    site.providers[0].kill().await?;
    let id = site.system.post("Nobody is there.").await?;
    waits_for(&site.system, &id, "provider_unavailable").await?;
    Ok(())
}
