//! scorer-worker: judges; also relays, sweeps, sends webhooks and keeps the figures of the queue.

mod capability_exchange;
mod evaluation;
mod heartbeat;
mod housekeeping;
mod intake;
mod liveness;
mod model_lists;
mod ownership;
mod provider_config;
mod queue_stats;
mod reclaim;
mod relay;
mod roll_up;
mod suspects;
mod sweep;
mod webhooks;
mod worker;

use std::process::ExitCode;

use service::backends::Backends;
use service::run::{self, Context};
use service::{ServiceName, shutdown};

use crate::heartbeat::Heartbeat;
use crate::worker::Worker;

/// Large payloads come and go: this allocator gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run::without_huge_pages();
    run::main(ServiceName::ScorerWorker, serve)
}

async fn serve(context: Context) -> anyhow::Result<()> {
    let settings = &context.settings;
    let backends = Backends::connect(&context).await?;
    let (worker, background) = Worker::new(&context, &backends)?;
    context.tasks.spawn(background);
    let heartbeat = Heartbeat::start(&context, &worker)?;
    context.tasks.spawn(provider_config::apply_settings_changes(
        context.clone(),
        worker.clone(),
    ));
    context
        .tasks
        .spawn(capability_exchange::run(worker.clone()));
    context.tasks.spawn(model_lists::run(worker.clone()));
    context.tasks.spawn(queue_stats::run(worker.clone()));
    context.tasks.spawn(relay::run(worker.clone()));
    context.tasks.spawn(sweep::run(worker.clone()));
    context.tasks.spawn(suspects::run(worker.clone()));
    context.tasks.spawn(reclaim::run(worker.clone()));
    context.tasks.spawn(ownership::run(worker.clone()));
    context.tasks.spawn(housekeeping::run(worker.clone()));
    context.tasks.spawn(roll_up::run(worker.clone()));
    context.tasks.spawn(webhooks::run(worker.clone()));
    liveness::watch(&worker, &context.health);
    context.tasks.spawn(liveness::run(worker.clone()));
    tokio::select! {
        () = intake::run(&worker) => {}
        refusal = backends.incompatibility(&context) => return Err(refusal.into()),
    }

    // What is under way when the drain is over requeues itself, within a bound of its own; see `engine`.
    let bound = settings.worker.drain + shutdown::HAND_BACK;
    if !shutdown::wait_for(&worker.evaluations, bound).await {
        tracing::warn!(
            evaluations = worker.evaluations.len(),
            "evaluations did not end in time; their lease brings them back"
        );
    }
    heartbeat.stop().await;
    if let Err(error) = worker.deregister().await {
        tracing::debug!(%error, "could not leave in good order");
    }
    Ok(())
}
