//! The end of a claim: written down under its epoch, whatever became of the evaluation.

use domain::failure::FailureCode;
use domain::timeline::Cause;
use service::metrics;
use service::telemetry::conventions::{EVALUATION_OUTCOME, EVALUATION_RESULT};
use service::telemetry::{Annotate as _, EvaluatedResponse};
use storage::assessments;
use storage::evaluations::{self, Backoff, Claimed, RequeueResult};
use tracing::Span;

use crate::Engine;
use crate::abort::Abort;
use crate::evaluation::Judged;
use crate::results;
use crate::unavailable::retry_while_unavailable;

/// Writes down what became of it, under the epoch.
pub(crate) async fn end(
    engine: &Engine,
    claimed: &Claimed,
    judged: Result<Judged, Abort>,
    evaluated: Option<&EvaluatedResponse>,
) {
    let ownership = &claimed.ownership;
    let fails = matches!(judged, Err(Abort::Failed(..)));
    let ended = match judged {
        Ok(Judged {
            assessment,
            is_ended,
        }) => if is_ended {
            Ok(true)
        } else {
            let finish = || assessments::finish(&engine.database, ownership, &assessment);
            retry_while_unavailable(finish).await
        }
        .inspect(|ours| {
            if *ours {
                tracing::info!(outcome = assessment.outcome.as_str(), "evaluation judged");
                count(claimed, "succeeded", assessment.outcome.as_str());
                if let Some(cascade) = &assessment.cascade {
                    let reason = cascade.reason.as_str();
                    metrics::cascades_total(cascade.decided_by.as_str(), reason).increment(1);
                }
                let outcome = assessment.outcome.as_str();
                Span::current().annotate(EVALUATION_OUTCOME, outcome);
                came_to("succeeded", None);
                results::assessed(claimed, &assessment, evaluated);
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
                came_to("failed", Some(failure.code.as_str()));
                results::failed(claimed, failure.code.as_str(), evaluated);
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
                        came_to("requeued", Some(cause.class.as_deref().unwrap_or("_OTHER")));
                    }
                    RequeueResult::Exhausted => {
                        tracing::error!("evaluation failed: too many attempts");
                        count(claimed, "failed", "none");
                        let code = FailureCode::AttemptsExhausted.as_str();
                        came_to("failed", Some(code));
                        results::failed(claimed, code, evaluated);
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
            came_to("requeued", None);
            retry_while_unavailable(|| {
                evaluations::requeue_uncharged(&engine.database, ownership, after, &cause)
            })
            .await
        }
        Err(Abort::AwaitsSteps { maker }) => {
            came_to("requeued", None);
            retry_while_unavailable(|| evaluations::park(&engine.database, ownership, maker)).await
        }
        Err(Abort::HandBack { after, reason }) => {
            let cause = Cause::of(reason);
            came_to("requeued", None);
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
        Ok(false) => {
            tracing::info!("evaluation is no longer ours");
            came_to("lost", None);
        }
        // Its end is refused for what is wrong with it: without another it would be given back and judged for ever.
        Err(refused @ Abort::Failed(..)) if !fails => {
            Box::pin(end(engine, claimed, Err(refused), evaluated)).await;
        }
        Err(_) => {}
    }
}

/// Says in the claim's span what became of it.
fn came_to(result: &'static str, error: Option<&str>) {
    let span = Span::current();
    span.annotate(EVALUATION_RESULT, result);
    if let Some(error) = error {
        span.fail(error);
    }
}

fn count(claimed: &Claimed, status: &'static str, outcome: &'static str) {
    let age = claimed.age + claimed.at.elapsed();
    metrics::evaluation_ended(status, outcome, &claimed.strategy, age);
}
