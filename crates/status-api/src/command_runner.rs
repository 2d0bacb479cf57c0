//! Carries commands for all that match out, batch by batch: its own and those of a process that died over them. Of several
//! commands each has its turn.

use std::time::Duration;

use futures::future::join_all;
use service::admin::Health;
use service::http::Parameters;
use service::metrics;
use storage::bulk_commands::{self, BulkKind, Changed, ClaimedCommand};

use crate::query::CommandQuery;
use crate::state::State;

/// How many evaluations are changed in one statement.
const BATCH: u32 = 500;
/// For how long nobody else takes a command whose batch is under way; after that whoever comes first does. A batch that takes
/// longer does no harm: only one of two changes anything.
const LEASE: Duration = Duration::from_secs(15);
/// How often is looked for commands of others, and up to half as long again.
const POLL: Duration = Duration::from_secs(4);
/// How long those who wait for changed evaluations may hold the next batch up. They look by themselves as well.
const WAKE_TIMEOUT: Duration = Duration::from_millis(200);

/// Works until the process is asked to stop.
pub async fn run_commands(state: State, health: Health) {
    let shutdown = state.shutdown.clone();
    while !shutdown.is_cancelled() {
        let step = step(&state).await;
        let reported = step.as_ref().map(|_| ()).map_err(ToString::to_string);
        health.set("commands", reported);
        if let Ok(true) = step {
            continue;
        }
        let pause = POLL.mul_f64(1.0 + rand::random::<f64>() / 2.0);
        tokio::select! {
            () = state.commands.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// One batch of one command. False: there is none to carry out.
async fn step(state: &State) -> anyhow::Result<bool> {
    let Some(command) = bulk_commands::claim(&state.database, LEASE).await? else {
        return Ok(false);
    };
    // One of a newer release, of which this one does not know a filter, is left to that.
    let query = CommandQuery::read(Parameters(command.parameters.clone()))
        .map_err(|problem| anyhow::anyhow!("command {}: {problem}", command.id))?;
    let changed = bulk_commands::run_batch(&state.database, &command, &query.filter, BATCH).await?;
    tracing::debug!(command = %command.id, changed = changed.len(), "a batch of a command");
    tell(state, &command, &changed).await;
    Ok(true)
}

/// Wakes those who wait for these evaluations.
async fn tell(state: &State, command: &ClaimedCommand, changed: &[Changed]) {
    if command.kind == BulkKind::Cancel {
        for each in changed {
            metrics::evaluation_ended("cancelled", "none", &each.strategy, each.age);
        }
    }
    let wakes = changed
        .iter()
        .map(|each| state.redis.publish_changes(each.id));
    let woken = tokio::time::timeout(WAKE_TIMEOUT, join_all(wakes)).await;
    if woken.map_or(true, |sent| sent.iter().any(Result::is_err)) {
        tracing::debug!("not all who wait are woken");
    }
}
