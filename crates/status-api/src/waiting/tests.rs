use std::time::Duration;

use domain::MemoryNeeds;
use queue::progress::{Progress, Waiting as Told};
use serde_json::json;
use storage::waiting::Owner;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000 + second).unwrap()
}

fn owner(silent: u64) -> Owner {
    Owner {
        silent: Duration::from_secs(silent),
        every: Duration::from_secs(10),
        lease: Duration::from_secs(30),
    }
}

fn facts(state: State) -> Facts {
    Facts {
        state,
        created_at: at(-100),
        updated_at: at(-50),
        now: at(0),
        due_at: at(-50),
        deadline_at: None,
        awaits_steps: false,
        is_suspect: false,
        payload_size: 1 << 20,
        queued: None,
        owner: Some(owner(1)),
    }
}

fn workers() -> Capacity {
    Capacity {
        alive: 2,
        slots: 10,
        taken: 4,
        free_memory: Some(100_000),
        needs: Some(MemoryNeeds {
            fixed: 64,
            copies: 3,
            max: 1_000_000,
        }),
        tenant_slots: None,
    }
}

const QUEUE: Queue = Queue {
    ahead: Some(9),
    rate: 2.0,
    running_of_tenant: 4,
};

fn around(recorded: Option<&Recorded>) -> Surroundings<'_> {
    Surroundings {
        has_redis: true,
        recorded,
    }
}

#[test]
fn what_is_due_waits_for_what_is_missing() {
    let queued = facts(State::Queued);
    let suspect = Facts {
        is_suspect: true,
        ..queued.clone()
    };
    let none = Capacity::default();
    let busy = Capacity {
        taken: 10,
        ..workers()
    };
    let capped = Capacity {
        tenant_slots: Some(4),
        taken: 10,
        ..workers()
    };
    let has_room = Capacity {
        tenant_slots: Some(5),
        ..workers()
    };
    let full = Capacity {
        free_memory: Some(1_000),
        ..workers()
    };
    let without_redis = Surroundings {
        has_redis: false,
        ..around(None)
    };
    let reason = |facts: &Facts, workers: &Capacity, around: &Surroundings<'_>| {
        of(facts, workers, &QUEUE, around).reason
    };
    assert_eq!(reason(&queued, &none, &around(None)), WaitReason::NoWorker);
    assert_eq!(
        reason(&queued, &busy, &around(None)),
        WaitReason::WorkersBusy
    );
    assert_eq!(reason(&queued, &full, &around(None)), WaitReason::Memory);
    assert_eq!(
        reason(&queued, &capped, &around(None)),
        WaitReason::TenantCap
    );
    assert_eq!(
        reason(&queued, &has_room, &around(None)),
        WaitReason::Queued
    );
    assert_eq!(
        reason(&suspect, &workers(), &around(None)),
        WaitReason::Isolated
    );
    assert_eq!(
        reason(&queued, &workers(), &without_redis),
        WaitReason::RedisUnavailable
    );
    let turn = of(&queued, &workers(), &QUEUE, &around(None));
    assert_eq!(turn.reason, WaitReason::Queued);
    assert_eq!(
        (turn.position, turn.estimate_seconds),
        (Some(10), Some(5.0))
    );
}

#[test]
fn what_was_put_back_says_why_and_for_how_long() {
    let detail =
        json!({"reason": "rate_limited", "class": "rate_limited", "status": 429, "due_at": "x"});
    let put_back = Facts {
        due_at: at(20),
        queued: Some((at(-3), detail)),
        ..facts(State::Queued)
    };
    let waiting = of(&put_back, &workers(), &QUEUE, &around(None));
    assert_eq!(waiting.reason, WaitReason::RateLimited);
    assert_eq!(
        (waiting.since, waiting.estimate_seconds),
        (at(-3), Some(20.0))
    );
    assert!(waiting.detail.contains("status 429"), "{}", waiting.detail);
    let late = Facts {
        deadline_at: Some(at(10)),
        ..put_back.clone()
    };
    let waiting = of(&late, &workers(), &QUEUE, &around(None));
    assert_eq!(waiting.reason, WaitReason::DeadlineNear);
    assert_eq!(waiting.estimate_seconds, Some(10.0));
    let in_time = Facts {
        deadline_at: Some(at(100)),
        ..put_back
    };
    assert_eq!(
        of(&in_time, &workers(), &QUEUE, &around(None)).reason,
        WaitReason::RateLimited
    );
}

#[test]
fn what_runs_waits_for_its_call_or_what_holds_that_up() {
    let mut recorded = Recorded {
        progress: Progress {
            step: "judging".to_owned(),
            completed: 0,
            total: 1,
            message: "waiting for gpt-4o".to_owned(),
        },
        waiting: None,
        at_ms: at(-7).as_millisecond(),
    };
    let running = facts(State::Running);
    let call = of(&running, &workers(), &QUEUE, &around(Some(&recorded)));
    assert_eq!((call.reason, call.since), (WaitReason::JudgeCall, at(-7)));
    recorded.waiting = Some(Told {
        reason: WaitReason::Limiter,
        step: "direct".to_owned(),
        since: at(-4),
        until: Some(at(3)),
        class: None,
        status: None,
    });
    let limited = of(&running, &workers(), &QUEUE, &around(Some(&recorded)));
    assert_eq!(
        (limited.reason, limited.since, limited.estimate_seconds),
        (WaitReason::Limiter, at(-4), Some(3.0))
    );
    if let Some(told) = &mut recorded.waiting {
        told.reason = WaitReason::RetryDelay;
        told.class = Some("unavailable".to_owned());
        told.status = Some(500);
    }
    let paused = of(&running, &workers(), &QUEUE, &around(Some(&recorded)));
    assert_eq!(paused.reason, WaitReason::RetryDelay);
    assert!(
        paused.detail.contains("unavailable, status 500"),
        "{}",
        paused.detail
    );
    let silent = Facts {
        owner: Some(owner(25)),
        ..running
    };
    let dead = of(&silent, &workers(), &QUEUE, &around(Some(&recorded)));
    assert_eq!(dead.reason, WaitReason::OwnerSilent);
    assert_eq!(dead.estimate_seconds, Some(5.0));
}
