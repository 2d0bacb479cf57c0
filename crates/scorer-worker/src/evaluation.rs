//! One evaluation, from its claim to its end: load, ask `next`, make the calls, commit, ask again.
//!
//! There is no code here for resuming, because there is nothing to it: the plan and the replies are in
//! PostgreSQL, and `next` goes on from whatever is there.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::assessment::Assessment;
use domain::failure::{Failure, FailureCode};
use futures::FutureExt as _;
use judging::{Next, Reply};
use queue::progress::Progress;
use service::{metrics, telemetry};
use storage::evaluations::{self, Backoff, Claimed, RequeueResult};
use storage::replies::{self, Stored};
use storage::{assessments, payloads};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::calls;
use crate::evaluation_run::{EvaluationRun, NextAction, unreadable};
use crate::memory::MemoryReservation;
use crate::plan::NEWER_WORKER_DELAY;
use crate::unavailable::retry_while_unavailable;
use crate::worker::{Abort, Worker};

/// The next try may be another version's.
const AFTER_PANIC: Duration = Duration::from_secs(10);

/// Runs an evaluation to its end, or gives it back.
pub(crate) async fn run(
    worker: Worker,
    claimed: Claimed,
    _slot: OwnedSemaphorePermit,
    // Behind the slot: who has all slots finds all memory free.
    mut memory: MemoryReservation,
) {
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
        let hold = worker.owned.register(&claimed.ownership);
        let judged = tokio::select! {
            judged = count_failure(claimed.failures, judge(&worker, &claimed, &mut memory)) => judged,
            () = hold.lost.cancelled() => Err(Abort::OwnershipLost),
            () = tokio::time::sleep(claimed.time_left()) => Err(Abort::Failed(deadline_message())),
            () = hand_back_before(&worker) => Err(Abort::HandBack { after: Duration::ZERO }),
        };
        // Writing down what became of it has a bound of its own: past the lease it is another's anyway.
        let ending = end(&worker, &claimed, judged);
        if tokio::time::timeout(worker.settings.worker.lease, ending)
            .await
            .is_err()
        {
            tracing::warn!("the end cannot be written; the lease brings it back");
        }
    }
    .instrument(span)
    .await;
}

/// For so long after the drain replies that are here are committed, and ends written; then what is left is requeued.
pub(crate) const AFTER_DRAIN: Duration = Duration::from_secs(2);

/// Done when an evaluation has to be requeued because the process was asked to stop.
async fn hand_back_before(worker: &Worker) {
    worker.drained().await;
    tokio::time::sleep(AFTER_DRAIN).await;
}

fn deadline_message() -> Failure {
    Failure {
        code: FailureCode::DeadlineExceeded,
        message: "its time was over before it was judged".to_owned(),
    }
}

/// A panic is a defect of ours. It is counted like any other failure: uncounted, it would be met again after each lease, and
/// what was bought on the way there paid for each time.
async fn count_failure<T>(
    failures: u32,
    work: impl Future<Output = Result<T, Abort>>,
) -> Result<T, Abort> {
    let caught = AssertUnwindSafe(work).catch_unwind().await;
    caught.unwrap_or_else(|_| {
        Err(Abort::RetryLater {
            after: AFTER_PANIC,
            reason: "a defect of the worker, which its log has".to_owned(),
            failures: failures + 1,
        })
    })
}

async fn judge(
    worker: &Worker,
    claimed: &Claimed,
    memory: &mut MemoryReservation,
) -> Result<Box<Assessment>, Abort> {
    let (tenant, id) = (&claimed.ownership.tenant, claimed.ownership.id);
    let load = || replies::load(&worker.database, tenant, id, Reply::VERSION);
    let committed = match retry_while_unavailable(load).await? {
        Stored::Known(committed) => committed,
        Stored::Newer { version } => {
            tracing::info!(version, "given back: its replies are of a newer release");
            return Err(Abort::HandBack {
                after: NEWER_WORKER_DELAY,
            });
        }
    };
    let mut course = EvaluationRun::new(committed);
    loop {
        let payload =
            retry_while_unavailable(|| payloads::load(&worker.database, tenant, id)).await?;
        let payload = payload.ok_or_else(|| unreadable("its payload is not there any more"))?;
        let NextAction { next, at_once } = course.decide(worker, claimed, &payload, memory).await?;
        drop(payload);
        // Also what an earlier claim bought and could not keep any more.
        course.keep_steps(worker, claimed).await?;
        let calls = match next {
            Next::Done(assessment) => return Ok(assessment),
            // Between two steps nothing is lost by leaving.
            Next::Calls(_) if worker.shutdown.is_cancelled() => {
                return Err(Abort::HandBack {
                    after: Duration::ZERO,
                });
            }
            Next::Calls(calls) => calls,
        };
        let mut progress = course.progress(&calls);
        let report = |progress: &Progress| {
            let ownership = &claimed.ownership;
            let progress = Progress::clone(progress);
            worker
                .progress
                .step(ownership.id, ownership.epoch, progress);
        };
        report(&progress);
        let under = course.call_scope(claimed, &calls);
        // Those for which there is no memory now are asked for again behind these.
        let groups = calls::group(worker, &under, calls, at_once);
        course.mark_requested(&groups);
        let mut left: usize = groups.iter().map(|group| group.others.len() + 1).sum();
        calls::make_calls(worker, claimed, &under, groups, |replies| {
            left -= replies.len();
            progress.completed = course.extend(replies);
            // After the last one comes what is next, or the end.
            if left > 0 {
                report(&progress);
            }
        })
        .await
        .map_err(|stop| course.without_mark(stop))?;
    }
}

/// Writes down what became of it, under the epoch.
async fn end(worker: &Worker, claimed: &Claimed, judged: Result<Box<Assessment>, Abort>) {
    let ownership = &claimed.ownership;
    let fails = matches!(judged, Err(Abort::Failed(_)));
    let ended = match judged {
        Ok(assessment) => retry_while_unavailable(|| {
            assessments::finish(&worker.database, ownership, &assessment)
        })
        .await
        .inspect(|ours| {
            if *ours {
                tracing::info!(outcome = assessment.outcome.as_str(), "evaluation judged");
                count(claimed, "succeeded", assessment.outcome.as_str());
            }
        }),
        Err(Abort::Failed(failure)) => {
            retry_while_unavailable(|| evaluations::fail(&worker.database, ownership, &failure))
                .await
                .inspect(|ours| {
                    if *ours {
                        // Not the message: it may hold a provider's words, and those may quote the candidate.
                        tracing::error!(code = failure.code.as_str(), "evaluation failed");
                        count(claimed, "failed", "none");
                    }
                })
        }
        Err(Abort::RetryLater {
            after,
            reason,
            failures,
        }) => {
            let most = worker.settings.worker.max_attempts;
            let aside = Backoff {
                delay: after,
                reason: &reason,
                failures,
                most,
            };
            retry_while_unavailable(|| {
                evaluations::requeue_after_failure(&worker.database, ownership, &aside)
            })
            .await
            .map(|release| {
                match release {
                    RequeueResult::Queued => {
                        tracing::warn!(after_ms = after.as_millis(), "evaluation put aside");
                    }
                    RequeueResult::Exhausted => {
                        tracing::error!("evaluation failed: too many attempts");
                        count(claimed, "failed", "none");
                    }
                    RequeueResult::Lost => {}
                }
                release != RequeueResult::Lost
            })
        }
        Err(Abort::ProviderUnavailable { after, reason }) => {
            tracing::warn!(
                after_ms = after.as_millis(),
                reason,
                "evaluation waits for a provider"
            );
            retry_while_unavailable(|| {
                evaluations::requeue_uncharged(&worker.database, ownership, after)
            })
            .await
        }
        Err(Abort::AwaitsSteps { maker }) => {
            retry_while_unavailable(|| evaluations::park(&worker.database, ownership, maker)).await
        }
        Err(Abort::HandBack { after }) => {
            retry_while_unavailable(|| {
                evaluations::requeue_uncharged(&worker.database, ownership, after)
            })
            .await
        }
        Err(Abort::OwnershipLost) => Ok(false),
    };
    match ended {
        Ok(true) => worker.notify_ended(ownership.id),
        // Its progress is another's now.
        Ok(false) => tracing::info!("evaluation is no longer ours"),
        // Its end is refused for what is wrong with it: without another it would be given back and judged for ever.
        Err(refused @ Abort::Failed(_)) if !fails => {
            Box::pin(end(worker, claimed, Err(refused))).await;
        }
        Err(_) => {}
    }
}

fn count(claimed: &Claimed, status: &'static str, outcome: &'static str) {
    let age = claimed.age + claimed.at.elapsed();
    metrics::evaluation_ended(status, outcome, &claimed.strategy, age);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure_that_counts() {
        let broken = count_failure::<()>(2, async { panic!("as a defect does") }).await;
        let Err(Abort::RetryLater { failures, .. }) = broken else {
            panic!("{broken:?}");
        };
        assert_eq!(failures, 3);
        assert!(count_failure(0, async { Ok(()) }).await.is_ok());
    }
}
