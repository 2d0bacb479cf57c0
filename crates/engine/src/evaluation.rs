//! One evaluation, from its claim to its end: load, ask `next`, make the calls, commit, ask again.
//!
//! There is no code here for resuming, because there is nothing to it: the plan and the replies are in
//! PostgreSQL, and `next` goes on from whatever is there.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::OnceLock;
use std::time::Duration;

use domain::assessment::Assessment;
use domain::failure::{Failure, FailureCode};
use domain::plan::Plan;
use domain::timeline::{Cause, WaitReason};
use futures::FutureExt as _;
use judging::{Next, Reply};
use queue::progress::Progress;
use service::telemetry::conventions::{
    EPOCH, MESSAGING_CONSUMER_GROUP_NAME, MESSAGING_DESTINATION_NAME, MESSAGING_MESSAGE_ID,
    MESSAGING_OPERATION_NAME, MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM, RUBRIC, TENANT,
};
use service::telemetry::{self, Annotate as _, EvaluatedResponse};
use storage::evaluations::Claimed;
use storage::replies::{Committed, Stored};
use storage::{Ownership, inputs, plans};
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::Engine;
use crate::abort::Abort;
use crate::calls;
use crate::end::end;
use crate::evaluation_run::{EvaluationRun, NextAction};
use crate::memory::MemoryReservation;
use crate::payload::{Payload, off_executor};
use crate::results::evaluated_response;
use crate::slot::SlotHold;
use crate::unavailable::retry_while_unavailable;

/// The next try may be another version's.
const AFTER_PANIC: Duration = Duration::from_secs(10);

impl Engine {
    /// Runs a claimed evaluation to its end, or gives it back. It stops when `lost` is cancelled: the claim is another's.
    pub async fn run(
        &self,
        claimed: &Claimed,
        mut memory: MemoryReservation,
        slot: &SlotHold,
        lost: &CancellationToken,
    ) {
        // At the level ERROR, so that no filter but `off` breaks traces or takes the ids away from lines within.
        let span = tracing::error_span!(
            "evaluation",
            otel.kind = "consumer",
            otel.name = "process work",
            correlation_id = claimed.correlation_id,
            evaluation_id = %claimed.ownership.id,
            tenant = %claimed.ownership.tenant,
            strategy = claimed.strategy,
            attempt = claimed.failures + claimed.crashes + 1,
            model = Empty,
            trace_id = Empty,
        );
        if let Some(traceparent) = &claimed.traceparent {
            telemetry::set_parent(&span, traceparent);
        }
        describe(&span, claimed);
        let evaluated = OnceLock::new();
        async {
            tracing::info!(
                epoch = claimed.ownership.epoch,
                size = claimed.payload_size,
                "evaluation started"
            );
            let judged = tokio::select! {
                judged = count_failure(claimed.failures, Box::pin(judge(self, claimed, (&mut memory, slot), &evaluated))) => judged,
                () = lost.cancelled() => Err(Abort::OwnershipLost),
                () = tokio::time::sleep(claimed.time_left()) => Err(Abort::Failed(deadline_message(), Cause::default())),
                () = self.drain.hand_back() => Err(Abort::stopping()),
            };
            // Writing down what became of it has a bound of its own: past the lease it is another's anyway.
            let ending = Box::pin(end(self, claimed, judged, evaluated.get()));
            if tokio::time::timeout(self.options.lease, ending)
                .await
                .is_err()
            {
                tracing::warn!("the end cannot be written; the lease brings it back");
            }
        }
        .instrument(span)
        .await;
    }
}

/// One message of the queue is one evaluation.
fn describe(span: &Span, claimed: &Claimed) {
    let ownership = &claimed.ownership;
    for (name, value) in [
        (MESSAGING_SYSTEM, "redis"),
        (MESSAGING_DESTINATION_NAME, "work"),
        (MESSAGING_OPERATION_NAME, "process"),
        (MESSAGING_OPERATION_TYPE, "process"),
        (MESSAGING_CONSUMER_GROUP_NAME, "workers"),
    ] {
        span.annotate(name, value);
    }
    span.annotate(MESSAGING_MESSAGE_ID, ownership.id.to_string());
    span.annotate(TENANT, ownership.tenant.to_string());
    span.annotate(RUBRIC, claimed.rubric.clone());
    span.annotate(EPOCH, ownership.epoch);
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
            cause: Cause::of(WaitReason::WorkerDefect),
        })
    })
}

/// What an evaluation came to.
pub(crate) struct Judged {
    pub(crate) assessment: Box<Assessment>,
    /// Whether that is written already, with the reply that it was made of last.
    pub(crate) is_ended: bool,
}

/// What is not under way while a provider is waited for has room of its own, which is given back: thousands wait side by side.
async fn judge(
    engine: &Engine,
    claimed: &Claimed,
    (memory, slot): (&mut MemoryReservation, &SlotHold),
    evaluated: &OnceLock<EvaluatedResponse>,
) -> Result<Judged, Abort> {
    let Loaded {
        payload: bytes,
        plan,
        replies,
    } = Box::pin(load(engine, claimed)).await?;
    let mut run = EvaluationRun::new(plan, replies);
    let mut payload = Payload::new(&bytes);
    let submission = payload.submission()?;
    evaluated.get_or_init(|| evaluated_response(&submission.metadata));
    drop(submission);
    loop {
        let decided = Box::pin(run.decide(engine, claimed, &mut payload, memory));
        let decided = match AssertUnwindSafe(decided).catch_unwind().await {
            Ok(decided) => decided,
            // Bought again with each try otherwise.
            Err(defect) => {
                Box::pin(run.commit_received(engine, claimed)).await?;
                resume_unwind(defect)
            }
        };
        let NextAction { next, at_once } = match decided {
            // Nothing waits between the last reply and the end: they are committed together.
            Ok(NextAction {
                next: Next::Done(assessment),
                ..
            }) if !run.has_steps_to_keep() => {
                let is_ended = Box::pin(run.finish(engine, claimed, &assessment)).await?;
                return Ok(Judged {
                    assessment,
                    is_ended,
                });
            }
            decided => {
                Box::pin(run.commit_received(engine, claimed)).await?;
                decided?
            }
        };
        // Also what an earlier claim bought and could not keep any more.
        Box::pin(run.keep_steps(engine, claimed)).await?;
        let calls = match next {
            Next::Done(assessment) => {
                return Ok(Judged {
                    assessment,
                    is_ended: false,
                });
            }
            // Between two steps nothing is lost by leaving.
            Next::Calls(_) if engine.drain.has_begun() => {
                return Err(Abort::stopping());
            }
            Next::Calls(calls) => calls,
        };
        let mut progress = run.progress(&calls);
        let report = |progress: &Progress| {
            let ownership = &claimed.ownership;
            let progress = Progress::clone(progress);
            engine
                .progress
                .step(ownership.id, ownership.epoch, progress);
        };
        report(&progress);
        let scope = run.call_scope(claimed, &calls);
        // Those for which there is no memory now are asked for again behind these.
        let mut batches = calls::group(engine, &scope, calls, at_once);
        run.mark_requested(&batches);
        if batches.len() == 1
            && let Some(only) = batches.pop()
        {
            let received = calls::request(engine, claimed, &scope, slot, only).await;
            run.receive(received.map_err(|abort| run.without_mark(abort))?);
            continue;
        }
        let mut left: usize = batches.iter().map(|batch| batch.others.len() + 1).sum();
        let calls = calls::make_calls(engine, claimed, &scope, slot, batches, |replies| {
            left -= replies.len();
            progress.completed = run.extend(replies);
            // After the last one comes what is next, or the end.
            if left > 0 {
                report(&progress);
            }
        });
        Box::pin(calls)
            .await
            .map_err(|abort| run.without_mark(abort))?;
    }
}

/// What a claim begins with.
struct Loaded {
    payload: Vec<u8>,
    /// Of an earlier claim.
    plan: Option<Plan>,
    /// What earlier claims bought.
    replies: Vec<Committed<Reply>>,
}

async fn load(engine: &Engine, claimed: &Claimed) -> Result<Loaded, Abort> {
    let Ownership { tenant, id, .. } = &claimed.ownership;
    let size = claimed.payload_size;
    let load = || inputs::load(&engine.database, tenant, *id, size);
    let mut inputs = retry_while_unavailable(load).await?;
    let unreadable = |error: storage::Error| Abort::unreadable(error.to_string());
    let replies = match inputs.replies(Reply::VERSION).map_err(unreadable)? {
        Stored::Known(committed) => committed,
        Stored::Newer { version } => {
            tracing::info!(version, "given back: its replies are of a newer release");
            return Err(Abort::newer_release());
        }
    };
    let plan = match inputs.plan().map_err(unreadable)? {
        Some(plans::Stored::Known(plan)) => Some(*plan),
        Some(plans::Stored::Newer { part, version }) => {
            tracing::info!(part, version, "given back: its plan is of a newer release");
            return Err(Abort::newer_release());
        }
        None => None,
    };
    let payload = off_executor(size, || inputs.payload()).map_err(unreadable)?;
    let payload = payload.ok_or_else(|| Abort::unreadable("its payload is not there any more"))?;
    Ok(Loaded {
        payload,
        plan,
        replies,
    })
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
