//! Counting the hours that have changed, for `/v1/stats`: one worker at a time.

use std::time::Duration;

use storage::stats;

use crate::worker::Worker;

/// How often is looked for what has changed.
const INTERVAL: Duration = Duration::from_secs(10);
/// Hours that are counted before is looked again.
const HOURS: u32 = 100;
/// The database breathes in between.
const BREATH: Duration = Duration::from_millis(100);

/// Counts until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    loop {
        let counted = turn(&worker).await;
        worker.report_optional(
            "stats",
            "figures of closed hours are as they were",
            &counted,
        );
        if !worker.pause(INTERVAL).await {
            return;
        }
    }
}

async fn turn(worker: &Worker) -> storage::Result<()> {
    if !stats::mark(&worker.database, INTERVAL).await? {
        return Ok(());
    }
    for _ in 0..HOURS {
        if !stats::count_one(&worker.database).await? || !worker.pause(BREATH).await {
            break;
        }
    }
    Ok(())
}
