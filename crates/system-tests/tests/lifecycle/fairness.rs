//! Who goes first, and that nobody goes last for ever.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::{Role, StackBuilder, eventually};
use serde_json::json;

use crate::support::{System, payload, quick};

const BOUND: Duration = Duration::from_secs(60);

fn two_slots() -> StackBuilder {
    quick().role_env(Role::Worker, "AUTORATER__WORKER__SLOTS", "2")
}

#[tokio::test]
async fn interactive_work_overtakes_a_batch_backlog_and_does_not_starve_it() -> Result<()> {
    let system = System::start(two_slots()).await?;
    system.mock_is(json!({"latency_ms": 50})).await?;
    system.post_backlog(300).await?;
    system.mock_reaches("completed", 5).await?;
    let id = system
        .submit(&payload("Somebody waits for this one."))
        .await?;
    system.judged(&id).await?;
    let left = "SELECT count(*) FROM evaluations WHERE priority = 'batch' AND state = 'queued'";
    let left = system.number(left).await?;
    assert!(left > 150, "only {left} of the batch still wait");

    // As many at once as keep both slots busy for a while.
    let _ids = system.post_many(60).await?;
    let waiting = "SELECT count(*) FROM evaluations
        WHERE priority = 'interactive' AND state IN ('queued', 'running')";
    system.number_becomes(0, waiting).await?;
    let meanwhile = format!(
        "SELECT count(*) FROM evaluations b, (
            SELECT min(started_at) AS first, max(started_at) AS last FROM evaluations
            WHERE priority = 'interactive' AND id <> '{id}'
        ) i WHERE b.priority = 'batch' AND b.started_at BETWEEN i.first AND i.last"
    );
    let meanwhile = system.number(&meanwhile).await?;
    assert!(
        (10..=40).contains(&meanwhile),
        "{meanwhile} of the batch beside 60 interactive ones"
    );
    Ok(())
}

/// So many more of a tenant, each a copy of one that is there.
fn copies(tenant: &str, count: u32) -> String {
    format!(
        "WITH one AS (
            SELECT e.payload_sha256, e.priority, e.strategy, e.rubric, e.correlation_id, p.size, p.body
            FROM evaluations e JOIN payloads p ON p.evaluation_id = e.id LIMIT 1
        ), copied AS (
            INSERT INTO evaluations (id, tenant, payload_sha256, priority, strategy, rubric, correlation_id)
            SELECT gen_random_uuid(), '{tenant}', payload_sha256, priority, strategy, rubric, correlation_id
            FROM one, generate_series(1, {count})
            RETURNING id
        )
        INSERT INTO payloads (evaluation_id, tenant, size, body)
        SELECT c.id, '{tenant}', size, body FROM copied c, one"
    )
}

/// What a flood costs another tenant is what is in the stream before it, and then its share: never the whole backlog.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "the figure that this test is for")]
async fn a_flood_of_ten_thousand_holds_another_tenant_up_for_one_window() -> Result<()> {
    const WINDOW: i64 = 200;
    let builder = quick()
        .workers(0)
        .env("AUTORATER__WORKER__STREAM_WINDOW", WINDOW.to_string())
        .role_env(Role::Worker, "AUTORATER__WORKER__SLOTS", "20");
    let system = System::start(builder).await?;
    system.mock_is(json!({"latency_ms": 20})).await?;
    system.post_backlog(1).await?;
    assert_eq!(system.execute(&copies("flood", 10_000)).await?, 10_000);
    system.start_worker().await?;
    let ended = "SELECT count(*) FROM evaluations WHERE tenant = 'flood' AND state = 'succeeded'";
    eventually(BOUND, async || {
        let ended = system.number(ended).await?;
        ensure!(ended >= 100, "{ended}");
        anyhow::Ok(())
    })
    .await?;
    assert_eq!(system.execute(&copies("quiet", 20)).await?, 20);
    let open = "SELECT count(*) FROM evaluations WHERE tenant = 'quiet' AND state <> 'succeeded'";
    eventually(BOUND, async || {
        let open = system.number(open).await?;
        ensure!(open == 0, "{open} of the quiet tenant's wait");
        anyhow::Ok(())
    })
    .await?;
    let meanwhile = "
        SELECT count(*) FROM evaluations, (
            SELECT min(created_at) AS first, max(finished_at) AS last FROM evaluations WHERE tenant = 'quiet') q
        WHERE tenant = 'flood' AND finished_at BETWEEN q.first AND q.last";
    let meanwhile = system.number(meanwhile).await?;
    let waited = "
        SELECT (1000 * max(extract(epoch FROM started_at - created_at)))::int8 FROM evaluations WHERE tenant = 'quiet'";
    let waited = system.number(waited).await?;
    let left = system
        .number("SELECT count(*) FROM evaluations WHERE tenant = 'flood' AND state = 'queued'")
        .await?;
    println!(
        "20 beside a flood of 10,000, window {WINDOW}: the last began after {waited} ms, {meanwhile} of the flood ended meanwhile, {left} of it still wait"
    );
    // What was in the stream, what ran, and turn by turn as many as its own; the relay tops the stream up meanwhile.
    assert!(
        meanwhile <= 2 * WINDOW + 100,
        "{meanwhile} of the flood ended first"
    );
    assert!(left > 8_000, "only {left} are left");
    Ok(())
}

#[tokio::test]
async fn a_large_backlog_of_one_tenant_does_not_hide_anothers() -> Result<()> {
    let builder = two_slots()
        .workers(0)
        .env("AUTORATER__WORKER__STREAM_WINDOW", "10");
    let system = System::start(builder).await?;
    system.mock_is(json!({"latency_ms": 20})).await?;
    system.post_backlog(120).await?;
    // Another tenant's, posted after all of them.
    assert_eq!(system.execute(&copies("another", 30)).await?, 30);
    let whose = "SELECT id::text FROM evaluations WHERE tenant = 'another' LIMIT 1";
    let whose: String = system
        .with_sql(async |client| Ok(client.query_one(whose, &[]).await?.try_get(0)?))
        .await?;

    system.start_worker().await?;
    system.all_judged(150, BOUND).await?;
    // Of what was judged until the other tenant was done, about half is each one's.
    let beside = "
        SELECT count(*) FROM evaluations WHERE tenant = 'default'
          AND finished_at <= (SELECT max(finished_at) FROM evaluations WHERE tenant = 'another')";
    let beside = system.number(beside).await?;
    assert!(
        (20..=70).contains(&beside),
        "{beside} beside the other tenant's 30"
    );
    // And nobody sees what is another's.
    assert_eq!(system.status_of(&whose).await?, 404);
    assert_eq!(system.status_of(&format!("{whose}/payload")).await?, 404);
    for wish in ["cancel", "retry"] {
        assert_eq!(system.wish(&whose, wish).await?.0, 404);
    }
    Ok(())
}
