//! The end of a claim: written down under its epoch, whatever became of the evaluation.

use domain::assessment::Assessment;
use domain::timeline::Cause;
use service::metrics;
use storage::assessments;
use storage::evaluations::{self, Backoff, Claimed, RequeueResult};

use crate::Engine;
use crate::abort::Abort;
use crate::unavailable::retry_while_unavailable;

/// Writes down what became of it, under the epoch.
pub(crate) async fn end(
    engine: &Engine,
    claimed: &Claimed,
    judged: Result<Box<Assessment>, Abort>,
) {
    let ownership = &claimed.ownership;
    let fails = matches!(judged, Err(Abort::Failed(..)));
    let ended = match judged {
        Ok(assessment) => retry_while_unavailable(|| {
            assessments::finish(&engine.database, ownership, &assessment)
        })
        .await
        .inspect(|ours| {
            if *ours {
                tracing::info!(outcome = assessment.outcome.as_str(), "evaluation judged");
                count(claimed, "succeeded", assessment.outcome.as_str());
            }
        }),
        Err(Abort::Failed(failure, cause)) => retry_while_unavailable(|| {
            evaluations::fail(&engine.database, ownership, &failure, &cause)
        })
        .await
        .inspect(|ours| {
            if *ours {
                // Not the message: it may hold a provider's words, and those may quote the candidate.
                tracing::error!(code = failure.code.as_str(), "evaluation failed");
                count(claimed, "failed", "none");
            }
        }),
        Err(Abort::RetryLater {
            after,
            reason,
            failures,
            cause,
        }) => {
            let most = engine.options.max_attempts;
            let aside = Backoff {
                delay: after,
                reason: &reason,
                cause: &cause,
                failures,
                most,
            };
            retry_while_unavailable(|| {
                evaluations::requeue_after_failure(&engine.database, ownership, &aside)
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
        Err(Abort::ProviderUnavailable {
            after,
            reason,
            cause,
        }) => {
            tracing::warn!(
                after_ms = after.as_millis(),
                reason,
                "evaluation waits for a provider"
            );
            retry_while_unavailable(|| {
                evaluations::requeue_uncharged(&engine.database, ownership, after, &cause)
            })
            .await
        }
        Err(Abort::AwaitsSteps { maker }) => {
            retry_while_unavailable(|| evaluations::park(&engine.database, ownership, maker)).await
        }
        Err(Abort::HandBack { after, reason }) => {
            let cause = Cause::of(reason);
            retry_while_unavailable(|| {
                evaluations::requeue_uncharged(&engine.database, ownership, after, &cause)
            })
            .await
        }
        Err(Abort::OwnershipLost) => Ok(false),
    };
    match ended {
        Ok(true) => engine.progress.end(ownership.id),
        // Its progress is another's now.
        Ok(false) => tracing::info!("evaluation is no longer ours"),
        // Its end is refused for what is wrong with it: without another it would be given back and judged for ever.
        Err(refused @ Abort::Failed(..)) if !fails => {
            Box::pin(end(engine, claimed, Err(refused))).await;
        }
        Err(_) => {}
    }
}

fn count(claimed: &Claimed, status: &'static str, outcome: &'static str) {
    let age = claimed.age + claimed.at.elapsed();
    metrics::evaluation_ended(status, outcome, &claimed.strategy, age);
}
