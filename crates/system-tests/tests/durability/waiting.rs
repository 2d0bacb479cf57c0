//! Thousands of evaluations that wait for their judge: tasks, not connections.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::support::{System, quick};

const MANY: usize = 2_000;
const POOL: i64 = 4;
const BOUND: Duration = Duration::from_secs(90);

#[tokio::test]
async fn thousands_wait_for_their_judge_on_four_connections() -> Result<()> {
    let builder = quick()
        .worker_env("AUTORATER__WORKER__LEASE", "15s")
        .worker_env("AUTORATER__WORKER__SLOTS", "2500")
        .env("AUTORATER__DATABASE__POOL_SIZE", POOL.to_string())
        .env("AUTORATER__WORKER__STREAM_WINDOW", "2000");
    let system = System::start(builder).await?;
    system.mock_is(json!({"latency_ms": 12_000})).await?;
    let _ids = system.post_many(MANY).await?;
    let many = u64::try_from(MANY)?;
    eventually(BOUND, async || {
        let calls = system.mock_count("requests").await?;
        ensure!(calls == many, "{calls} calls");
        anyhow::Ok(())
    })
    .await?;
    let connections = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'scorer-worker%'";
    // The pool, and the heartbeat's own.
    let connections = system.number(connections).await?;
    assert!(connections <= POOL + 1, "{connections} connections");

    system.all_judged(i64::try_from(MANY)?, BOUND).await?;
    let most = system.mock_count("max_in_flight").await?;
    assert!(most >= many / 2, "{most} at once");
    assert_eq!(system.mock_count("requests").await?, many);
    let once = "SELECT count(*) FROM evaluations WHERE attempts = 1";
    assert_eq!(system.number(once).await?, i64::try_from(MANY)?);
    // A claim whose answer took too long is given back and made again: on a busy machine some are.
    let claimed_once = "SELECT count(*) FROM evaluations WHERE epoch = 1";
    let claimed_once = system.number(claimed_once).await?;
    assert!(
        claimed_once * 20 >= i64::try_from(MANY)? * 19,
        "{claimed_once}"
    );
    Ok(())
}
