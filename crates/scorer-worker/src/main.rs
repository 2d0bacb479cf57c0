//! scorer-worker: judges; also relays, sweeps and keeps the figures of the queue.

mod calls;
mod course;
mod evaluation;
mod figures;
mod groups;
mod heartbeat;
mod held;
mod intake;
mod isolation;
mod judges;
mod lessons;
mod liveness;
mod memory;
mod patience;
mod plan;
mod progress;
mod relay;
mod retention;
mod room;
mod routes;
mod sweep;
mod take_over;
mod worker;

use std::process::ExitCode;

use service::backends::Backends;
use service::run::{self, Context};
use service::{ServiceName, metrics, shutdown};

use crate::heartbeat::Heartbeat;
use crate::worker::Worker;

/// Large payloads come and go: this allocator gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run::main(ServiceName::ScorerWorker, serve)
}

async fn serve(context: Context) -> anyhow::Result<()> {
    let settings = &context.settings;
    let backends = Backends::connect(&context)?;
    let (worker, progress) = Worker::new(&context, &backends)?;
    context.tasks.spawn(progress);
    let heartbeat = Heartbeat::start(&context, &worker)?;
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::worker_slots().set(Some(settings.worker.slots as f64));
    context
        .tasks
        .spawn(judges::follow(context.clone(), worker.clone()));
    context.tasks.spawn(lessons::run(worker.clone()));
    context.tasks.spawn(figures::run(worker.clone()));
    context.tasks.spawn(relay::run(worker.clone()));
    context.tasks.spawn(sweep::run(worker.clone()));
    context.tasks.spawn(isolation::run(worker.clone()));
    context.tasks.spawn(take_over::run(worker.clone()));
    context.tasks.spawn(held::run(worker.clone()));
    context.tasks.spawn(retention::run(worker.clone()));
    liveness::watch(&worker, &context.health);
    context.tasks.spawn(liveness::run(worker.clone()));
    tokio::select! {
        () = intake::run(&worker) => {}
        refusal = backends.refusal(&context) => return Err(refusal.into()),
    }

    // What is under way when the drain is over requeues itself, within a bound of its own; see `evaluation`.
    let bound = settings.worker.drain + shutdown::HAND_BACK;
    if !shutdown::wait_for(&worker.evaluations, bound).await {
        tracing::warn!(
            evaluations = worker.evaluations.len(),
            "evaluations did not end in time; their lease brings them back"
        );
    }
    heartbeat.stop().await;
    if let Err(error) = worker.leave().await {
        tracing::debug!(%error, "could not leave in good order");
    }
    Ok(())
}
