//! An evaluation that kills its workers.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::support::{System, quick};

/// For whatever takes several leases, or many groups of suspects one after the other.
const LONG: Duration = Duration::from_secs(120);

#[tokio::test]
async fn after_three_dead_workers_it_is_given_up_and_nobody_else_suffers() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang", "match": "Deadly"}]}))
        .await?;
    let deadly = system.post("Deadly for whoever judges it.").await?;
    let mut others = Vec::new();
    for worker in 0..3 {
        system.mock_reaches("in_flight", 1).await?;
        let other = system.post(&format!("Harmless, number {worker}.")).await?;
        system.judged(&other).await?;
        others.push(other);
        system.kill_worker(worker).await?;
        system.calls_stop(u64::try_from(worker)? + 1).await?;
        system.start_worker().await?;
    }
    let evaluation = system.failed(&deadly, "poison").await?;
    let message = evaluation["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("died") && message.contains("3 times"),
        "{message}"
    );
    assert_eq!(evaluation["attempts"], 3, "{evaluation}");
    assert_eq!(system.steps_asked(&deadly).await?.len(), 3);
    let crashed = "SELECT count(*) FROM evaluations WHERE crashes > 0";
    assert_eq!(system.number(crashed).await?, 1);
    for other in &others {
        assert_eq!(system.get(other).await?["attempts"], 1);
    }
    // What killed them has been mended: it gets all its chances again.
    system.mock_is(json!({})).await?;
    system.granted(&deadly, "retry").await?;
    system.judged(&deadly).await?;
    assert_eq!(system.number(crashed).await?, 0);
    Ok(())
}

/// Kills every worker that has the deadly one, until it has ended; says how many those were.
async fn killed_until_it_ends(system: &System, deadly: &str, mut next: usize) -> Result<usize> {
    let begun = next;
    let mut calls = system.steps_asked(deadly).await?.len();
    loop {
        system.start_worker().await?;
        let is_over = eventually(LONG, async || {
            let evaluation = system.get(deadly).await?;
            if evaluation["status"] == "failed" {
                return Ok(true);
            }
            let asked = system.steps_asked(deadly).await?.len();
            ensure!(asked > calls, "{evaluation}");
            anyhow::Ok(false)
        })
        .await?;
        if is_over {
            return Ok(next - begun);
        }
        calls = system.steps_asked(deadly).await?.len();
        system.kill_worker(next).await?;
        next += 1;
        ensure!(next - begun < 8, "it does not end");
    }
}

/// So many others are in the worker with a deadly one, twice; then it has them run in smaller company.
async fn only_the_deadly_one_ends(
    others: usize,
    deaths: std::ops::RangeInclusive<usize>,
) -> Result<()> {
    let system = System::start(quick()).await?;
    system.mock_is(json!({"latency_ms": 120_000})).await?;
    let mut innocent = system.post_many(others / 2).await?;
    let deadly = system.post("Deadly for whoever judges it.").await?;
    for n in others / 2..others {
        innocent.push(system.post(&format!("Harmless, number {n}.")).await?);
    }
    let all = u64::try_from(others)? + 1;
    system.mock_reaches("in_flight", all).await?;
    system.kill_worker(0).await?;
    system.calls_stop(all).await?;
    system.start_worker().await?;
    system.mock_reaches("in_flight", all).await?;
    system.kill_worker(1).await?;
    system.calls_stop(2 * all).await?;
    let hangs = json!({"fault": "hang", "match": "Deadly"});
    system
        .mock_is(json!({"latency_ms": 300, "faults": [hangs]}))
        .await?;
    let more = killed_until_it_ends(&system, &deadly, 2).await?;
    assert!(deaths.contains(&(2 + more)), "{more} deaths more");
    let evaluation = system.failed(&deadly, "poison").await?;
    let message = evaluation["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("nothing beside"), "{message}");
    for id in &innocent {
        let evaluation = eventually(LONG, async || {
            let evaluation = system.get(id).await?;
            ensure!(
                evaluation["status"] != "pending" && evaluation["status"] != "running",
                "{evaluation}"
            );
            anyhow::Ok(evaluation)
        })
        .await?;
        assert_eq!(evaluation["status"], "succeeded", "{evaluation}");
    }
    Ok(())
}

#[tokio::test]
async fn a_few_beside_it_are_judged_and_it_ends_with_the_third_death() -> Result<()> {
    only_the_deadly_one_ends(8, 3..=3).await
}

#[tokio::test]
async fn sixty_three_beside_it_are_judged() -> Result<()> {
    only_the_deadly_one_ends(63, 3..=4).await
}

/// A node that fails takes all its workers with it, and nobody who ran there is to blame: not even one that ran alone.
#[tokio::test]
async fn where_all_workers_die_at_once_nobody_is_poison() -> Result<()> {
    let system = System::start(quick().workers(2)).await?;
    system.mock_is(json!({"latency_ms": 120_000})).await?;
    system.post_many(20).await?;
    for (death, in_flight) in [20, 20, 2, 2].into_iter().enumerate() {
        system.mock_reaches("in_flight", in_flight).await?;
        system.kill_worker(2 * death).await?;
        system.kill_worker(2 * death + 1).await?;
        eventually(LONG, async || {
            let left = system.mock_count("in_flight").await?;
            ensure!(left == 0, "{left} in flight");
            anyhow::Ok(())
        })
        .await?;
        if death == 3 {
            system.mock_is(json!({})).await?;
        }
        system.start_worker().await?;
        system.start_worker().await?;
    }
    let alone = "SELECT count(*) FROM evaluations WHERE crashes >= 3";
    system.all_judged(20, LONG).await?;
    assert!(system.number(alone).await? > 0);
    Ok(())
}

/// What has its worker to itself is not let stand in the way of others.
#[tokio::test]
async fn others_get_on_beside_a_suspect_that_takes_long() -> Result<()> {
    let builder = quick().worker_env("AUTORATER__WORKER__MAX_CRASHES", "2");
    let system = System::start(builder).await?;
    let hangs = json!({"faults": [{"fault": "hang", "match": "Slow"}]});
    system.mock_is(hangs).await?;
    let slow = system.post("Slow.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.kill_worker(0).await?;
    system.start_worker().await?;
    system.mock_reaches("requests", 2).await?;
    let other = system.post("Quick.").await?;
    system.judged(&other).await?;
    assert_eq!(system.get(&slow).await?["status"], "running");
    Ok(())
}
