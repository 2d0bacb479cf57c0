//! Why an evaluation has not ended: told from its record, its workers and what the one who judges it says.

use api::Waiting;
use domain::State;
use domain::timeline::{Cause, WaitReason};
use jiff::Timestamp;
use queue::progress::Recorded;
use storage::waiting::{Facts, Queue};
use storage::workers::Capacity;

/// With less time than this left nothing can be expected any more.
const NEAR: f64 = 5.0;

/// What else is known.
#[derive(Debug)]
pub(crate) struct Surroundings<'s> {
    /// Whether Redis can be reached, and takes work.
    pub(crate) has_redis: bool,
    /// What its worker says of it.
    pub(crate) recorded: Option<&'s Recorded>,
}

/// Why it waits, since when, and for how long.
pub(crate) fn of(
    facts: &Facts,
    workers: &Capacity,
    queue: &Queue,
    around: &Surroundings<'_>,
) -> Waiting {
    let waiting = match facts.state {
        State::Running => running(facts, workers, around),
        _ if facts.due_at > facts.now => put_back(facts),
        _ => queued(facts, workers, queue, around),
    };
    let Some(left) = facts.deadline_at.map(|deadline| until(facts, deadline)) else {
        return waiting;
    };
    // A call that is under way may still come in.
    let is_late = waiting.reason != WaitReason::JudgeCall
        && left < waiting.estimate_seconds.unwrap_or_default().max(NEAR);
    if !is_late {
        return waiting;
    }
    Waiting {
        reason: WaitReason::DeadlineNear,
        detail: format!(
            "its deadline is in {left:.0} s, and until then no result can be expected: {}",
            waiting.detail
        ),
        estimate_seconds: Some(left.max(0.0)),
        ..waiting
    }
}

fn until(facts: &Facts, then: Timestamp) -> f64 {
    then.duration_since(facts.now).as_secs_f64()
}

fn running(facts: &Facts, workers: &Capacity, around: &Surroundings<'_>) -> Waiting {
    let plain = |reason, since, detail: String| Waiting {
        reason,
        since,
        detail,
        estimate_seconds: None,
        position: None,
    };
    // One that is late by a heartbeat is not given up.
    if let Some(owner) = facts.owner.filter(|owner| owner.silent > owner.every * 2) {
        let left = owner.lease.saturating_sub(owner.silent);
        // Those who have just come wait first for the others to be heard of.
        let then = if workers.alive == 0 {
            "no worker is alive that could take it over".to_owned()
        } else if left.is_zero() {
            "its lease is over, and another takes it over soon".to_owned()
        } else {
            format!(
                "its lease is over in {} s, then another takes it over",
                left.as_secs()
            )
        };
        let silent = owner.silent.as_secs();
        let detail = format!("its worker has not been heard of for {silent} s; {then}");
        return Waiting {
            estimate_seconds: (workers.alive > 0 && !left.is_zero()).then_some(left.as_secs_f64()),
            ..plain(WaitReason::OwnerSilent, facts.now - owner.silent, detail)
        };
    }
    let Some(recorded) = around.recorded else {
        let detail = if around.has_redis {
            "its worker has begun".to_owned()
        } else {
            "its worker judges it; how far it is, Redis would say, which cannot be reached"
                .to_owned()
        };
        return plain(WaitReason::JudgeCall, facts.updated_at, detail);
    };
    match &recorded.waiting {
        Some(waiting) => Waiting {
            estimate_seconds: waiting
                .until
                .map(|then| until(facts, then))
                .filter(|left| *left > 0.0),
            ..plain(
                waiting.reason,
                waiting.since,
                format!(
                    "{}; the call is `{}`",
                    with_error(waiting.reason, waiting.class.as_deref(), waiting.status),
                    waiting.step
                ),
            )
        },
        None => plain(
            WaitReason::JudgeCall,
            Timestamp::from_millisecond(recorded.at_ms).unwrap_or(facts.updated_at),
            format!("{}: {}", recorded.progress.step, recorded.progress.message),
        ),
    }
}

/// The reason in words, with the error before it.
fn with_error(reason: WaitReason, class: Option<&str>, status: Option<u16>) -> String {
    let status = status.map(|status| format!(", status {status}"));
    let error =
        class.map(|class| format!("; the last error was {class}{}", status.unwrap_or_default()));
    format!("{}{}", words(reason), error.unwrap_or_default())
}

/// It is not due yet.
fn put_back(facts: &Facts) -> Waiting {
    let (since, detail) = match &facts.queued {
        Some((at, detail)) => (*at, Some(detail)),
        None => (facts.updated_at, None),
    };
    let cause: Cause = detail
        .and_then(|detail| serde_json::from_value(detail.clone()).ok())
        .unwrap_or_default();
    let reason = if facts.awaits_steps {
        WaitReason::AwaitsSteps
    } else {
        cause.reason.unwrap_or(WaitReason::RetryDelay)
    };
    let due = until(facts, facts.due_at);
    let mut text = with_error(reason, cause.class.as_deref(), cause.status);
    if !facts.awaits_steps {
        text = format!("{text}; it is due in {due:.0} s");
    }
    Waiting {
        reason,
        since,
        detail: text,
        // When steps are there, nobody knows.
        estimate_seconds: (!facts.awaits_steps).then_some(due),
        position: None,
    }
}

/// It is due.
fn queued(facts: &Facts, workers: &Capacity, queue: &Queue, around: &Surroundings<'_>) -> Waiting {
    let position = queue.ahead.map(|ahead| ahead + 1);
    let estimate = position
        .filter(|_| queue.rate > 0.0)
        .map(|position| position as f64 / queue.rate);
    let free = workers.slots.saturating_sub(workers.taken);
    let needed = workers
        .needs
        .map(|needs| needs.of(facts.payload_size).into());
    let lacks_memory = workers
        .free_memory
        .zip(needed)
        .is_some_and(|(free, needed)| free < needed);
    let (reason, detail) = if workers.alive == 0 {
        (WaitReason::NoWorker, words(WaitReason::NoWorker).to_owned())
    } else if !around.has_redis {
        (
            WaitReason::RedisUnavailable,
            words(WaitReason::RedisUnavailable).to_owned(),
        )
    } else if facts.is_suspect {
        (WaitReason::Isolated, words(WaitReason::Isolated).to_owned())
    } else if let Some(slots) = workers
        .tenant_slots
        .filter(|slots| queue.running_of_tenant >= *slots)
    {
        (
            WaitReason::TenantCap,
            format!(
                "{}: {} of {slots}",
                words(WaitReason::TenantCap),
                queue.running_of_tenant
            ),
        )
    } else if free == 0 {
        (
            WaitReason::WorkersBusy,
            format!(
                "all {} slots of {} workers are taken",
                workers.slots, workers.alive
            ),
        )
    } else if lacks_memory {
        (
            WaitReason::Memory,
            format!(
                "no worker has the {} KiB of free memory that its payload takes; the most is {} KiB",
                needed.unwrap_or_default(),
                workers.free_memory.unwrap_or_default()
            ),
        )
    } else {
        (WaitReason::Queued, words(WaitReason::Queued).to_owned())
    };
    Waiting {
        reason,
        since: facts
            .queued
            .as_ref()
            .map_or(facts.created_at, |(at, _)| *at)
            .max(facts.due_at),
        detail,
        estimate_seconds: (workers.alive > 0 && around.has_redis)
            .then_some(estimate)
            .flatten(),
        position,
    }
}

/// A reason in words.
fn words(reason: WaitReason) -> &'static str {
    match reason {
        WaitReason::Queued => "it waits for its turn",
        WaitReason::NoWorker => "no worker is alive",
        WaitReason::WorkersBusy => "every slot of every worker is taken",
        WaitReason::TenantCap => "as many evaluations of its tenant run as may",
        WaitReason::Memory => "no worker has enough free memory for its payload",
        WaitReason::RedisUnavailable => {
            "Redis cannot be reached, or takes nothing: workers get their work through it"
        }
        WaitReason::DeadlineNear => "its deadline is near",
        WaitReason::RetryDelay => "a judge call failed and is made again after a pause",
        WaitReason::BreakerOpen => "a provider failed too often and is left alone for a while",
        WaitReason::RateLimited => "a provider asks for fewer requests",
        WaitReason::NoCapacity => {
            "the cheaper tier of a provider has no capacity; there is time to ask for it again"
        }
        WaitReason::Limiter => "there is no room within the limits of the settings for a provider",
        WaitReason::ProviderUnauthorized => {
            "a provider does not take the key, or has no money left"
        }
        WaitReason::ProviderUnavailable => {
            "a provider cannot be reached, fails, or does not answer in time"
        }
        WaitReason::ProviderMissing => "the settings no longer have the provider",
        WaitReason::RetryBudget => "too many requests to the provider are repeated ones",
        WaitReason::AwaitsSteps => "another evaluation makes the steps of its rubric",
        WaitReason::Isolated => {
            "workers died while they held it: it runs alone, once a worker has nothing else"
        }
        WaitReason::WorkerStopping => "its worker stopped",
        WaitReason::NewerRelease => "it was begun by a newer release, for whose workers it waits",
        WaitReason::OwnerSilent => "its worker is no longer heard of",
        WaitReason::ClaimNotConfirmed => "its worker never learned that it had claimed it",
        WaitReason::WorkerDefect => "a defect of its worker stopped it, which the log has",
        WaitReason::JudgeCall => "a judge model is answering",
    }
}

#[cfg(test)]
mod tests;
