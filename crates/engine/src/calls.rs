//! Making the calls that a strategy wants, side by side, and committing replies as they come.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::failure::{Failure, FailureCode};
use futures::stream::{FuturesUnordered, StreamExt as _};
use judging::{JudgeCall, Replies, StepKey};
use providers::CallContext;
use providers::retry::CallFailure;
use storage::evaluations::Claimed;
use tracing::Instrument as _;

use crate::Engine;
use crate::abort::Abort;
use crate::call_batch::{CallBatch, batched};
use crate::call_gate::CallGate;
use crate::commit::Received;
use crate::payload::off_executor;
use crate::quotes::without_quotes;
use crate::route_cache::Routes;
use crate::slot::SlotHold;

/// Under what calls are made.
pub(crate) struct CallScope {
    /// Where their models are asked.
    pub(crate) routes: Routes,
    /// How often in a row the evaluation was put aside without getting on.
    pub(crate) failures: u32,
    /// Steps that a request for several choices left without one: each is asked for by itself.
    pub(crate) unbatched: BTreeSet<StepKey>,
}

/// The requests for calls: so many at most, the first of them. Calls that put the same question are one request where
/// several choices are given for one prompt.
pub(crate) fn group(
    engine: &Engine,
    under: &CallScope,
    calls: Vec<JudgeCall>,
    at_once: usize,
) -> Vec<CallBatch> {
    let may_join = |call: &JudgeCall| {
        !under.unbatched.contains(&call.step) && {
            let route = under.routes.of(&engine.providers, &call.model);
            engine.providers.give_choices(call, &route)
        }
    };
    let mut groups = batched(calls, may_join);
    groups.truncate(at_once);
    groups
}

/// Makes all calls and hands the committed replies of each request to `committed`. What fails is judged only after the
/// others have come in: their replies are paid for.
///
/// A request for several choices may bring fewer than were asked for: who is left without a reply has to be asked for
/// again.
pub(crate) async fn make_calls(
    engine: &Engine,
    claimed: &Claimed,
    under: &CallScope,
    slot: &SlotHold,
    groups: Vec<CallBatch>,
    mut committed: impl FnMut(Replies),
) -> Result<(), Abort> {
    let mut under_way: FuturesUnordered<_> = groups
        .into_iter()
        .map(|group| async {
            let received = Box::pin(request(engine, claimed, under, slot, group)).await?;
            received.commit(engine, &claimed.ownership).await?;
            Ok(received.replies)
        })
        .collect();
    let mut stop = None;
    let mut has_got_on = false;
    while let Some(result) = under_way.next().await {
        match result {
            Ok(replies) => {
                has_got_on = true;
                committed(replies);
            }
            Err(Abort::OwnershipLost) => return Err(Abort::OwnershipLost),
            Err(first) => stop = stop.or(Some(first)),
        }
    }
    // What counts is that nothing comes of it any more.
    if let Some(Abort::RetryLater { failures, .. }) = &mut stop
        && has_got_on
    {
        *failures = 1;
    }
    stop.map_or(Ok(()), Err)
}

/// Makes the one request that there is, and leaves it to the caller to commit what it brought.
pub(crate) async fn request(
    engine: &Engine,
    claimed: &Claimed,
    under: &CallScope,
    slot: &SlotHold,
    group: CallBatch,
) -> Result<Received, Abort> {
    let ownership = &claimed.ownership;
    let call = &group.call;
    // At the level ERROR, so that no filter but `off` breaks traces.
    let span = tracing::error_span!("judge_call", model = %call.model, step = %group.name());
    let route = under.routes.of(&engine.providers, &call.model);
    let gate = CallGate::new(engine, claimed, slot, group.name());
    let due = slot.call_is_due();
    // Apart, as it is moved into its span: a future keeps the room of what was moved out of it.
    let asked = Box::pin(async {
        let context = CallContext {
            tenant: ownership.tenant.clone(),
            correlation_id: claimed.correlation_id.clone(),
            idempotency_key: format!("{}/{}/{}", ownership.id, group.name(), claimed.round),
            ends_at: Instant::now() + claimed.time_left(),
        };
        let policy = &engine.retries;
        tokio::select! {
            // What is here is taken: it is paid for.
            biased;
            choices = engine
                .providers
                .ask(call, group.choice_count(), &route, &context, policy, &gate) => {
                choices.map_err(|none| without_reply(engine, claimed, under.failures, none, (call, &gate)))
            }
            () = gate.withheld() => Err(Abort::stopping()),
            () = engine.drain.calls_cut_off() => Err(Abort::stopping()),
        }
    });
    let choices = asked.instrument(span).await?;
    drop(due);
    Ok(Received {
        at: Instant::now(),
        request: gate.record(),
        replies: group.into_steps().zip(choices).collect(),
    })
}

fn without_reply(
    engine: &Engine,
    claimed: &Claimed,
    failures: u32,
    none: CallFailure,
    (call, gate): (&JudgeCall, &CallGate<'_>),
) -> Abort {
    let (reason, error) = match &none {
        CallFailure::Refused(error) => (None, Some(error)),
        CallFailure::OverBudget(_) => (None, None),
        CallFailure::Failed(error) => (Some(error.wait_reason()), Some(error)),
        CallFailure::Unavailable { why, .. } => (Some(*why), None),
    };
    let cause = gate.cause(reason, error);
    // Its words stay with the evaluation, and may repeat what it was sent.
    let prompt = call.messages.iter().map(|message| message.content.len());
    let own = |words: &str| off_executor(prompt.clone().sum(), || without_quotes(words, call));
    let failed = |code, message| Abort::Failed(Failure { code, message }, cause.clone());
    let late = |after: Duration, reason: &str| {
        let message = format!(
            "no time is left to try again in {} s; {reason}",
            after.as_secs()
        );
        failed(FailureCode::DeadlineExceeded, message)
    };
    match none {
        CallFailure::Refused(error) => failed(FailureCode::ProviderRejected, own(&error.in_full())),
        CallFailure::OverBudget(reason) => failed(FailureCode::BudgetExceeded, reason),
        CallFailure::Failed(error) => {
            let failures = failures + 1;
            let after = engine
                .retries
                .requeue_delay(failures, &error, rand::random());
            let reason = own(&error.in_full());
            if after >= claimed.time_left() {
                return late(after, &reason);
            }
            Abort::RetryLater {
                after,
                reason,
                failures,
                cause,
            }
        }
        CallFailure::Unavailable {
            after,
            reason,
            said,
            ..
        } => {
            if after >= claimed.time_left() {
                let said = said.map_or_else(String::new, |said| format!(": {}", own(&said)));
                return late(after, &format!("{reason}{said}"));
            }
            Abort::ProviderUnavailable {
                after,
                reason,
                cause,
            }
        }
    }
}
