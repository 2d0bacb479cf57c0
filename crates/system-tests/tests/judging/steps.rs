//! Evaluation steps with many that wait for them: few calls, and nobody is claimed now and then to look.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::ask::steps;
use crate::support::{System, quick};

/// Long enough for a thousand on a busy machine.
const ALL_WITHIN: Duration = Duration::from_secs(240);
/// Words of every prompt that asks for steps.
const ASKS_FOR_STEPS: &str = "You prepare the work of a judge";

async fn post_cot(system: &System, count: usize) -> Result<()> {
    post(system, count, &json!("cot")).await
}

async fn post(system: &System, count: usize, strategy: &Value) -> Result<()> {
    let lines: String = (0..count)
        .map(|n| {
            let text = format!("Candidate {n}.");
            let line = json!({"output": text, "strategy": strategy, "rubric": "general-quality@1"});
            format!("{line}\n")
        })
        .collect();
    let text = system.api.submit_batch(lines).await?;
    let created = text.matches("\"created\":true").count();
    ensure!(created == count, "{created} of {count}: {text}");
    Ok(())
}

/// Waits until so many wait for the steps that another makes.
async fn wait_for_steps(system: &System, count: usize) -> Result<()> {
    let wanted = i64::try_from(count)?;
    eventually(ALL_WITHIN, async || {
        let query = "SELECT count(*) FROM evaluations WHERE waits_for IS NOT NULL";
        let waiting = system.number(query).await?;
        ensure!(waiting == wanted, "{waiting} wait");
        anyhow::Ok(())
    })
    .await
}

async fn all_ended(system: &System) -> Result<()> {
    eventually(ALL_WITHIN, async || {
        let query = "SELECT count(*) FROM evaluations WHERE finished_at IS NULL";
        let left = system.number(query).await?;
        ensure!(left == 0, "{left} have not ended");
        anyhow::Ok(())
    })
    .await
}

async fn asked_for_steps(system: &System) -> Result<Vec<String>> {
    let mut calls = steps(system).await?;
    calls.retain(|step| step.starts_with("steps"));
    Ok(calls)
}

/// So many wait, and the first maker's call meets this fault; says how often steps were asked for.
async fn with_a_fault(count: usize, fault: Value) -> Result<(System, Vec<String>)> {
    let system = System::start(quick().workers(2)).await?;
    let mut fault = fault;
    fault["match"] = json!(ASKS_FOR_STEPS);
    system.mock_is(json!({ "faults": [fault] })).await?;
    post_cot(&system, count).await?;
    all_ended(&system).await?;
    let calls = asked_for_steps(&system).await?;
    Ok((system, calls))
}

#[tokio::test]
async fn a_thousand_wait_asleep_and_a_dead_maker_costs_one_call_more() -> Result<()> {
    const COUNT: usize = 1_000;
    // Who waits needs no slot. With one for each, a busy machine would not write their ends within a short lease, and they
    // would be claimed again.
    let builder = quick()
        .worker_env("AUTORATER__WORKER__SLOTS", "40")
        .worker_env("AUTORATER__WORKER__LEASE", "10s");
    let system = System::start(builder).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang", "match": ASKS_FOR_STEPS}]}))
        .await?;
    post_cot(&system, COUNT).await?;
    wait_for_steps(&system, COUNT - 1).await?;
    // Each was claimed once and is left alone since, over several sweeps and relays.
    let begun = "SELECT extract(epoch FROM now() - max(updated_at))::int8 FROM evaluations WHERE waits_for IS NOT NULL";
    eventually(ALL_WITHIN, async || {
        let seconds = system.number(begun).await?;
        ensure!(seconds >= 3, "{seconds} s");
        anyhow::Ok(())
    })
    .await?;
    let claims = "SELECT sum(epoch)::int8 FROM evaluations";
    assert_eq!(system.number(claims).await?, COUNT as i64);
    assert_eq!(asked_for_steps(&system).await?, ["steps"]);
    system.kill_worker(0).await?;
    system.mock_is(json!({})).await?;
    system.start_worker().await?;
    system.start_worker().await?;
    system.all_judged(COUNT as i64, ALL_WITHIN).await?;
    // Each was judged with one call, and the steps were asked for twice. The journal does not go that far back.
    assert_eq!(system.mock_count("requests").await?, COUNT as u64 + 2);
    // A claim that parked it and one that judged it; the maker was swept in between.
    assert_eq!(system.number(claims).await?, 2 * COUNT as i64 + 1);
    let crashed = "SELECT count(*) FROM evaluations WHERE crashes > 0";
    assert_eq!(system.number(crashed).await?, 1);
    Ok(())
}

#[tokio::test]
async fn where_the_makers_call_fails_one_other_makes_them() -> Result<()> {
    let refused = json!({"fault": "status", "status": 403, "times": 1});
    let (system, calls) = with_a_fault(60, refused).await?;
    assert_eq!(calls, ["steps", "steps"]);
    let succeeded =
        "SELECT count(*) FROM evaluations WHERE state = 'succeeded' AND outcome = 'scored'";
    assert_eq!(system.number(succeeded).await?, 59);
    Ok(())
}

#[tokio::test]
async fn unreadable_steps_are_repaired_once_and_serve_all() -> Result<()> {
    let garbage = json!({"fault": "garbage", "kind": "not_json_text", "times": 1});
    let (system, calls) = with_a_fault(60, garbage).await?;
    assert_eq!(calls, ["steps", "steps/repair"]);
    system.all_judged(60, ALL_WITHIN).await
}

#[tokio::test]
async fn where_the_maker_cannot_read_any_one_other_makes_them() -> Result<()> {
    let garbage = json!({"fault": "garbage", "kind": "not_json_text", "times": 2});
    let (system, calls) = with_a_fault(60, garbage).await?;
    assert_eq!(calls, ["steps", "steps/repair", "steps"]);
    let unscorable = "SELECT count(*) FROM evaluations WHERE outcome = 'unscorable'";
    assert_eq!(system.number(unscorable).await?, 1);
    system.all_judged(60, ALL_WITHIN).await
}

#[tokio::test]
async fn the_first_stage_of_a_cascade_waits_for_steps_as_cot_does() -> Result<()> {
    const COUNT: usize = 60;
    let system = System::start(quick().workers(2)).await?;
    let cascade = json!({"kind": "cascade", "first": "cot", "then": "direct"});
    post(&system, COUNT, &cascade).await?;
    all_ended(&system).await?;
    let mut calls = steps(&system).await?;
    calls.retain(|step| step.contains("steps"));
    assert_eq!(calls, ["first/steps"]);
    // They serve `cot` by the same model as well.
    post_cot(&system, 3).await?;
    all_ended(&system).await?;
    let mut calls = steps(&system).await?;
    calls.retain(|step| step.contains("steps"));
    assert_eq!(calls, ["first/steps"]);
    Ok(())
}
