//! What the timeline of an evaluation says of waits and requests.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Attempts that a record holds at most; of more, the first are left out.
const MAX_ATTEMPTS: usize = 32;

/// Why an evaluation waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// Its turn in the queue has not come.
    Queued,
    /// No worker is alive.
    NoWorker,
    /// Every slot of every worker is taken.
    WorkersBusy,
    /// As many evaluations of its tenant run as may.
    TenantCap,
    /// No worker has enough free memory for its payload.
    Memory,
    /// Redis cannot be reached, through which workers get their work.
    RedisUnavailable,
    /// Its own deadline comes before a result can be expected.
    DeadlineNear,
    /// A call failed; the next attempt comes after a pause.
    RetryDelay,
    /// A provider failed too often and is left alone for a while.
    BreakerOpen,
    /// A provider asks for fewer requests.
    RateLimited,
    /// A provider's cheaper tier has no capacity.
    NoCapacity,
    /// There is no room within the limits that the settings give a provider.
    Limiter,
    /// A provider does not take the key, or has no money left.
    ProviderUnauthorized,
    /// A provider cannot be reached, fails, or does not answer in time.
    ProviderUnavailable,
    /// The settings no longer have the provider.
    ProviderMissing,
    /// Too many requests to the provider are repeated ones.
    RetryBudget,
    /// Another evaluation makes the steps of its rubric.
    AwaitsSteps,
    /// It may be what workers die of: it runs alone.
    Isolated,
    /// Its worker is stopping.
    WorkerStopping,
    /// It was begun by a newer release than the worker's.
    NewerRelease,
    /// Its worker is no longer heard of; the lease gives it to another.
    OwnerSilent,
    /// It was claimed, and its worker never learned of that.
    ClaimNotConfirmed,
    /// A defect of the worker, which its log has.
    WorkerDefect,
    /// A judge model is answering.
    JudgeCall,
}

/// Why an evaluation was put back, or failed: for its timeline, with nobody else's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// Why it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<WaitReason>,
    /// The judge call that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What kind of error the last one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The HTTP status that the provider answered with last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The requests that were made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptRecord>,
}

impl Cause {
    /// Nothing but a reason.
    #[must_use]
    pub fn of(reason: WaitReason) -> Self {
        Self {
            reason: Some(reason),
            ..Self::default()
        }
    }
}

/// What it took to get a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestRecord {
    /// When the call was due.
    pub started_at: Timestamp,
    /// From then until the reply was there, in milliseconds.
    pub took_ms: u64,
    /// How much of that was spent between requests, in milliseconds.
    pub waited_ms: u64,
    /// Every request; the last one brought the reply.
    pub attempts: Vec<AttemptRecord>,
}

/// A request to a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptRecord {
    /// When it was made.
    pub at: Timestamp,
    /// The provider, as the settings name it.
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
    /// `replied`, or the kind of the error.
    pub result: String,
    /// The HTTP status of an answer that was no reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The tier at which the provider answered, where it was asked for a cheaper one; of an error, that one. Absent: it was
    /// not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
}

/// The requests of one call, the newest of them.
#[derive(Debug, Default)]
pub struct AttemptLog(Vec<AttemptRecord>);

impl AttemptLog {
    /// Adds a request that has ended.
    pub fn push(&mut self, attempt: AttemptRecord) {
        if self.0.len() == MAX_ATTEMPTS {
            self.0.remove(0);
        }
        self.0.push(attempt);
    }

    /// The last one.
    #[must_use]
    pub fn last(&self) -> Option<&AttemptRecord> {
        self.0.last()
    }

    /// What is in it, which is taken out.
    pub fn take(&mut self) -> Vec<AttemptRecord> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_the_name_that_clients_know() {
        for (reason, name) in [
            (WaitReason::Queued, "queued"),
            (WaitReason::NoWorker, "no_worker"),
            (WaitReason::WorkersBusy, "workers_busy"),
            (WaitReason::TenantCap, "tenant_cap"),
            (WaitReason::RedisUnavailable, "redis_unavailable"),
            (WaitReason::DeadlineNear, "deadline_near"),
            (WaitReason::NoCapacity, "no_capacity"),
            (WaitReason::ProviderUnauthorized, "provider_unauthorized"),
            (WaitReason::ClaimNotConfirmed, "claim_not_confirmed"),
            (WaitReason::JudgeCall, "judge_call"),
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), name);
        }
    }

    #[test]
    fn of_many_attempts_the_last_are_kept() {
        let mut log = AttemptLog::default();
        for number in 0..100 {
            log.push(AttemptRecord {
                at: Timestamp::UNIX_EPOCH,
                provider: "p".to_owned(),
                model: "m".to_owned(),
                result: "unavailable".to_owned(),
                status: Some(500),
                took_ms: number,
                service_tier: None,
            });
        }
        let kept = log.take();
        assert_eq!(kept.len(), MAX_ATTEMPTS);
        assert_eq!(kept.last().unwrap().took_ms, 99);
    }
}
