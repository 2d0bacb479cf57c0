//! One evaluation, from its claim to its end: load, ask `next`, make the calls, commit, ask again.
//!
//! There is no code here for resuming, because there is nothing to it: the plan and the replies are in
//! PostgreSQL, and `next` goes on from whatever is there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::assessment::{Assessment, Outcome};
use domain::failure::{Failure, FailureCode};
use domain::json::Json;
use domain::plan::Plan;
use domain::submission::{self, Submission};
use judging::{Next, Replies, Reply, StepKey};
use service::{metrics, telemetry};
use storage::evaluations::{self, Claimed, Release};
use storage::replies::Committed;
use storage::{assessments, payloads, replies};
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::patience::patiently;
use crate::worker::{Stop, Worker};
use crate::{calls, plan};

/// Memory that an evaluation takes besides its payload, in KiB.
const BASE_KIB: usize = 64;
/// Payloads from this size on take longer to read than other tasks should wait: about half a millisecond.
const LARGE: usize = 64 * 1024;
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
        let hold = worker.held.hold(&claimed.ownership);
        let judged = tokio::select! {
            judged = judge(&worker, &claimed) => judged,
            () = hold.lost.cancelled() => Err(Stop::Lost),
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
    let committed = patiently(|| replies::load(&worker.database, tenant, id)).await?;
    let mut progress = Judging {
        plan: None,
        committed,
        known: Replies::new(),
    };
    loop {
        let payload = patiently(|| payloads::load(&worker.database, tenant, id)).await?;
        let payload = payload.ok_or_else(|| unreadable("its payload is not there any more"))?;
        let calls = match progress.decide(worker, claimed, payload).await? {
            Next::Done(assessment) => return Ok(assessment),
            // Between two steps nothing is lost by leaving.
            Next::Calls(_) if worker.shutdown.is_cancelled() => {
                return Err(Stop::NotHere {
                    after: Duration::ZERO,
                });
            }
            Next::Calls(calls) => calls,
        };
        report(
            worker,
            claimed,
            progress.plan.as_deref(),
            progress.known.len(),
        );
        calls::make(worker, claimed, calls, |step, reply| {
            progress.known.insert(step, reply);
        })
        .await?;
    }
}

/// What is known after the replies of earlier claims: of each step that of its latest round.
///
/// A round that begins with an unscorable end is run again because of that: it buys once more what was of no
/// use. This goes through the rounds as they went, so that a crash in the middle of one changes nothing.
fn known(
    plan: &Plan,
    submission: &Submission<'_>,
    committed: Vec<Committed<Reply>>,
    round: i32,
) -> Replies {
    let mut rounds = BTreeMap::from([(round, Vec::new())]);
    for reply in committed {
        rounds.entry(reply.round).or_default().push(reply);
    }
    let mut known = Replies::new();
    for bought in rounds.into_values() {
        let next = judging::next(plan, submission, &known);
        if matches!(&next, Next::Done(assessment) if assessment.outcome == Outcome::Unscorable) {
            known.retain(|_, reply| judging::is_usable(plan, reply));
        }
        known.extend(
            bought
                .into_iter()
                .map(|committed| (StepKey(committed.step), committed.reply)),
        );
    }
    known
}

/// Where an evaluation is.
struct Judging {
    plan: Option<Arc<Plan>>,
    /// What earlier claims bought, until there is a plan to read it by.
    committed: Vec<Committed<Reply>>,
    known: Replies,
}

impl Judging {
    /// Asks what comes next. The payload is read here and gone afterwards: nothing holds it while a provider
    /// is awaited but the prompts made of it.
    async fn decide(
        &mut self,
        worker: &Worker,
        claimed: &Claimed,
        payload: Vec<u8>,
    ) -> Result<Next, Stop> {
        let size = payload.len();
        let json = aside(size, || Json::parse(&payload))
            .map_err(|error| unreadable(&error.to_string()))?;
        let submission = submission::parse(&json)
            .map_err(|_| unreadable("its payload is not one that this release takes"))?;
        let plan = match &self.plan {
            Some(plan) => Arc::clone(plan),
            None => {
                let obtained = Arc::new(plan::obtain(worker, claimed, &submission).await?);
                tracing::Span::current().record("model", obtained.model.as_str());
                let committed = std::mem::take(&mut self.committed);
                self.known = known(&obtained, &submission, committed, claimed.round);
                Arc::clone(self.plan.insert(obtained))
            }
        };
        Ok(aside(size, || {
            judging::next(&plan, &submission, &self.known)
        }))
    }
}

/// Does work on a payload. For a large one the thread's other tasks move to another thread first.
fn aside<T>(size: usize, work: impl FnOnce() -> T) -> T {
    if size < LARGE {
        work()
    } else {
        tokio::task::block_in_place(work)
    }
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
                        // Not the message: it may hold a provider's words, and those may quote the candidate.
                        tracing::error!(code = failure.code.as_str(), "evaluation failed");
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
                        Release::Queued => {
                            tracing::warn!(after_ms = after.as_millis(), "evaluation put aside");
                        }
                        Release::Exhausted => {
                            tracing::error!("evaluation failed: too many attempts");
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
    match ended {
        Ok(true) => worker.ended(ownership.id),
        // Its progress is another's now.
        Ok(false) => tracing::info!("evaluation is no longer ours"),
        Err(_) => {}
    }
}

fn count(claimed: &Claimed, status: &'static str, outcome: &'static str) {
    metrics::evaluations_total(status, outcome, &claimed.strategy).increment(1);
    metrics::evaluation_seconds().record(claimed.age.as_secs_f64());
}
