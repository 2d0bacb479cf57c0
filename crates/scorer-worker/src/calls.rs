//! Making the calls that a strategy wants, side by side, and committing each reply as it comes.

use std::time::Instant;

use domain::failure::{Failure, FailureCode};
use futures::stream::{FuturesUnordered, StreamExt as _};
use judging::{JudgeCall, Reply, StepKey};
use providers::{CallContext, CallError, retry};
use service::{metrics, telemetry};
use storage::evaluations::Claimed;
use storage::replies::{self, Cost};
use tracing::Instrument as _;

use crate::patience::patiently;
use crate::worker::{Stop, Worker};

/// Makes all calls and hands each committed reply to `committed`. What fails is judged only after the others
/// have come in: their replies are paid for.
pub(crate) async fn make(
    worker: &Worker,
    claimed: &Claimed,
    calls: Vec<JudgeCall>,
    mut committed: impl FnMut(StepKey, Reply),
) -> Result<(), Stop> {
    let mut under_way: FuturesUnordered<_> = calls
        .iter()
        .map(|call| one(worker, claimed, call))
        .collect();
    let mut stop = None;
    while let Some(result) = under_way.next().await {
        match result {
            Ok((step, reply)) => committed(step, reply),
            Err(Stop::Lost) => return Err(Stop::Lost),
            Err(first) => stop = stop.or(Some(first)),
        }
    }
    stop.map_or(Ok(()), Err)
}

async fn one(
    worker: &Worker,
    claimed: &Claimed,
    call: &JudgeCall,
) -> Result<(StepKey, Reply), Stop> {
    let ownership = &claimed.ownership;
    let span = tracing::info_span!("judge_call", otel.kind = "client", model = %call.model, step = %call.step);
    let asked =
        async {
            let context = CallContext {
                correlation_id: claimed.correlation_id.clone(),
                traceparent: telemetry::current_traceparent(),
                idempotency_key: format!("{}/{}/{}", ownership.id, call.step, claimed.round),
            };
            retry::run(&worker.retries, || timed(worker, call, &context), |error| {
            tracing::warn!(kind = error.kind.as_str(), error = %error, "a judge call failed");
        })
        .await
        };
    let reply = asked
        .instrument(span)
        .await
        .map_err(|error| refused(worker, claimed, &error))?;
    let usage = reply.usage;
    let cost = Cost {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        nano_usd: usage.cost_nano_usd,
    };
    let kept =
        patiently(|| replies::commit(&worker.database, ownership, &call.step.0, &reply, cost))
            .await?;
    if kept {
        Ok((call.step.clone(), reply))
    } else {
        Err(Stop::Lost)
    }
}

async fn timed(
    worker: &Worker,
    call: &JudgeCall,
    context: &CallContext,
) -> Result<Reply, CallError> {
    // After a long silence the evaluation may be another's, who pays for this call as well. A process that is
    // asked to stop need not wait: what it holds is its own until it gives it back.
    worker.is_alive().await;
    let provider = worker.provider.name();
    let begun = Instant::now();
    let result = worker.provider.call(call, context).await;
    let outcome = result
        .as_ref()
        .map_or_else(|error| error.kind.as_str(), |_| "replied");
    metrics::judge_calls_total(provider, &call.model, outcome).increment(1);
    metrics::judge_call_seconds().record(begun.elapsed().as_secs_f64());
    if let Ok(reply) = &result {
        metrics::tokens_total(provider, &call.model, "input").increment(reply.usage.input_tokens);
        metrics::tokens_total(provider, &call.model, "output").increment(reply.usage.output_tokens);
    }
    result
}

fn refused(worker: &Worker, claimed: &Claimed, error: &CallError) -> Stop {
    let failed = |code, message| Stop::Failed(Failure { code, message });
    if !error.kind.is_passing() {
        return failed(FailureCode::ProviderRejected, error.in_full());
    }
    let after = worker
        .retries
        .put_aside(claimed.failures + 1, error, rand::random());
    if after >= claimed.time_left {
        let message = format!(
            "no time is left to try again in {} s; {}",
            after.as_secs(),
            error.in_full()
        );
        return failed(FailureCode::DeadlineExceeded, message);
    }
    Stop::Later {
        after,
        reason: error.in_full(),
    }
}
