//! One evaluation, from its claim to its end: load, ask `next`, make the calls, commit, ask again.
//!
//! There is no code here for resuming, because there is nothing to it: the plan and the replies are in
//! PostgreSQL, and `next` goes on from whatever is there.

use std::sync::Arc;
use std::time::Duration;

use domain::assessment::Assessment;
use domain::failure::{Failure, FailureCode};
use domain::json::Json;
use domain::plan::Plan;
use domain::submission;
use judging::{Next, Replies, StepKey};
use service::{metrics, telemetry};
use storage::evaluations::{self, Claimed, Release};
use storage::{assessments, payloads, replies};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::patience::patiently;
use crate::worker::{Stop, Worker};
use crate::{calls, plan};

/// Memory that an evaluation takes besides its payload, in KiB.
const BASE_KIB: usize = 64;
/// How often a payload is in memory while its calls are made: the prompt, and the request's body.
const COPIES: usize = 3;

/// Runs an evaluation to its end, or gives it back.
pub(crate) async fn run(worker: Worker, claimed: Claimed, _slot: OwnedSemaphorePermit) {
    let span = tracing::info_span!(
        "evaluation",
        otel.kind = "consumer",
        correlation_id = claimed.correlation_id,
        evaluation_id = %claimed.ownership.id,
        strategy = claimed.strategy,
        model = Empty,
        trace_id = Empty,
    );
    if let Some(traceparent) = &claimed.traceparent {
        telemetry::set_parent(&span, traceparent);
    }
    async {
        tracing::info!(
            epoch = claimed.ownership.epoch,
            size = claimed.payload_size,
            "evaluation started"
        );
        let judged = tokio::select! {
            judged = judge(&worker, &claimed) => judged,
            () = tokio::time::sleep(claimed.time_left) => Err(Stop::Failed(late())),
            () = leaving(&worker) => Err(Stop::NotHere { after: Duration::ZERO }),
        };
        // Writing down what became of it has a bound of its own: past the lease it is another's anyway.
        let ending = end(&worker, &claimed, judged);
        if tokio::time::timeout(worker.settings.worker.lease, ending)
            .await
            .is_err()
        {
            tracing::warn!("the end cannot be written; the lease brings it back");
        }
        worker.ended(claimed.ownership.id);
    }
    .instrument(span)
    .await;
}

/// Done when calls under way have had their time after the process was asked to stop.
async fn leaving(worker: &Worker) {
    worker.shutdown.cancelled().await;
    tokio::time::sleep(worker.drain()).await;
}

fn late() -> Failure {
    Failure {
        code: FailureCode::DeadlineExceeded,
        message: "its time was over before it was judged".to_owned(),
    }
}

async fn judge(worker: &Worker, claimed: &Claimed) -> Result<Box<Assessment>, Stop> {
    let (tenant, id) = (&claimed.ownership.tenant, claimed.ownership.id);
    let _memory = memory(worker, claimed.payload_size).await;
    let mut known = Replies::new();
    for (step, reply) in patiently(|| replies::load(&worker.database, tenant, id)).await? {
        known.insert(StepKey(step), reply);
    }
    let mut plan = None;
    loop {
        let payload = patiently(|| payloads::load(&worker.database, tenant, id)).await?;
        let payload = payload.ok_or_else(|| unreadable("its payload is not there any more"))?;
        let wanted = decide(worker, claimed, &mut plan, &known, payload).await?;
        let calls = match wanted {
            Next::Done(assessment) => return Ok(assessment),
            // Between two steps nothing is lost by leaving.
            Next::Calls(_) if worker.shutdown.is_cancelled() => {
                return Err(Stop::NotHere {
                    after: Duration::ZERO,
                });
            }
            Next::Calls(calls) => calls,
        };
        report(worker, claimed, plan.as_deref(), known.len());
        calls::make(worker, claimed, calls, |step, reply| {
            known.insert(step, reply);
        })
        .await?;
    }
}

/// Asks what comes next. The payload is read here and gone afterwards: nothing holds it while a provider is
/// awaited but the prompts made of it.
async fn decide(
    worker: &Worker,
    claimed: &Claimed,
    plan: &mut Option<Arc<Plan>>,
    known: &Replies,
    payload: Vec<u8>,
) -> Result<Next, Stop> {
    let json = Json::parse(&payload).map_err(|error| unreadable(&error.to_string()))?;
    let submission = submission::parse(&json)
        .map_err(|_| unreadable("its payload is not one that this release takes"))?;
    let current = match plan {
        Some(plan) => Arc::clone(plan),
        None => {
            let obtained = Arc::new(plan::obtain(worker, claimed, &submission).await?);
            tracing::Span::current().record("model", obtained.model.as_str());
            Arc::clone(plan.insert(obtained))
        }
    };
    Ok(judging::next(&current, &submission, known))
}

fn report(worker: &Worker, claimed: &Claimed, plan: Option<&Plan>, completed: usize) {
    let Some(plan) = plan else { return };
    let completed = u32::try_from(completed).unwrap_or(u32::MAX);
    let total = judging::steps_planned(plan).max(completed.saturating_add(1));
    let progress = queue::progress::Progress {
        step: format!("call {} of {total}", completed.saturating_add(1)),
        completed,
        total,
        message: format!("waiting for {}", plan.model),
    };
    worker
        .progress
        .step(claimed.ownership.id, claimed.ownership.epoch, progress);
}

/// Waits until there is memory for a payload and what is made of it.
async fn memory(worker: &Worker, payload_size: usize) -> Option<OwnedSemaphorePermit> {
    let kibibytes = payload_size.saturating_mul(COPIES) / 1024 + BASE_KIB;
    // One that is larger than the whole budget runs alone.
    let permits = u32::try_from(kibibytes)
        .unwrap_or(u32::MAX)
        .min(worker.memory_permits);
    worker.memory.clone().acquire_many_owned(permits).await.ok()
}

fn unreadable(problem: &str) -> Stop {
    Stop::Failed(Failure {
        code: FailureCode::Unreadable,
        message: problem.to_owned(),
    })
}

/// Writes down what became of it, under the epoch.
async fn end(worker: &Worker, claimed: &Claimed, judged: Result<Box<Assessment>, Stop>) {
    let ownership = &claimed.ownership;
    let ended = match judged {
        Ok(assessment) => {
            patiently(|| assessments::finish(&worker.database, ownership, &assessment))
                .await
                .inspect(|ours| {
                    if *ours {
                        tracing::info!(outcome = assessment.outcome.as_str(), "evaluation judged");
                        count(claimed, "succeeded", assessment.outcome.as_str());
                    }
                })
        }
        Err(Stop::Failed(failure)) => {
            patiently(|| evaluations::fail(&worker.database, ownership, &failure))
                .await
                .inspect(|ours| {
                    if *ours {
                        tracing::error!(
                            code = failure.code.as_str(),
                            reason = failure.message,
                            "evaluation failed"
                        );
                        count(claimed, "failed", "none");
                    }
                })
        }
        Err(Stop::Later { after, reason }) => {
            let most = worker.settings.worker.max_attempts;
            patiently(|| evaluations::release(&worker.database, ownership, after, &reason, most))
                .await
                .map(|release| {
                    match release {
                        Release::Queued => tracing::warn!(
                            reason,
                            after_ms = after.as_millis(),
                            "evaluation put aside"
                        ),
                        Release::Exhausted => {
                            tracing::error!(reason, "evaluation failed: too many attempts");
                            count(claimed, "failed", "none");
                        }
                        Release::Lost => {}
                    }
                    release != Release::Lost
                })
        }
        Err(Stop::NotHere { after }) => {
            patiently(|| evaluations::give_back(&worker.database, ownership, after)).await
        }
        Err(Stop::Lost) => Ok(false),
    };
    if matches!(ended, Ok(false)) {
        tracing::info!("evaluation is no longer ours");
    }
}

fn count(claimed: &Claimed, status: &'static str, outcome: &'static str) {
    metrics::evaluations_total(status, outcome, &claimed.strategy).increment(1);
    metrics::evaluation_seconds().record(claimed.age.as_secs_f64());
}
