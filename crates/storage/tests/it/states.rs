//! Storage and the table of states in `domain` say the same.

use std::time::Duration;

use domain::State;
use domain::state::Event;
use domain::timeline::Cause;
use storage::evaluations::{self, cancel, expire, fail, requeue_after_failure, retry};
use storage::{Ownership, assessments};
use uuid::Uuid;

use crate::support::{Bench, LEASE, aside, assessment, failure, item};

/// Every way in which storage lets an event happen.
#[derive(Debug, Clone, Copy)]
enum Way {
    Claim,
    Release,
    GiveBack,
    Sweep,
    Finish,
    Fail,
    Expire,
    Cancel,
    Retry,
}

impl Way {
    const ALL: [Self; 9] = [
        Self::Claim,
        Self::Release,
        Self::GiveBack,
        Self::Sweep,
        Self::Finish,
        Self::Fail,
        Self::Expire,
        Self::Cancel,
        Self::Retry,
    ];

    fn event(self) -> Event {
        match self {
            Self::Claim => Event::Claim,
            Self::Release | Self::GiveBack => Event::Release,
            Self::Sweep => Event::OwnerDied,
            Self::Finish => Event::Finish,
            Self::Fail | Self::Expire => Event::Fail,
            Self::Cancel => Event::Cancel,
            Self::Retry => Event::Retry,
        }
    }

    /// What the table allows but this way does not: only an owner may fail, and a queued row has none.
    fn is_narrower_at(self, state: State) -> bool {
        matches!((self, state), (Self::Fail, State::Queued))
    }

    async fn go(self, bench: &Bench, ownership: &Ownership) {
        let database = &bench.database;
        match self {
            Self::Claim => {
                let owner = bench.worker().await;
                drop(bench.claim(owner, &[ownership.id]).await);
            }
            Self::Release => {
                let released = requeue_after_failure(
                    database,
                    ownership,
                    &aside(Duration::ZERO, "why", (1, 5)),
                )
                .await;
                released.unwrap();
            }
            Self::GiveBack => {
                bench.give_back(ownership).await;
            }
            Self::Sweep => {
                bench.silence(ownership.owner).await;
                drop(bench.sweep(LEASE, 3).await);
            }
            Self::Finish => {
                let result = assessment("done");
                assessments::finish(database, ownership, &result)
                    .await
                    .unwrap();
            }
            Self::Fail => {
                fail(database, ownership, &failure("no"), &Cause::default())
                    .await
                    .unwrap();
            }
            Self::Cancel => {
                cancel(database, &ownership.tenant, ownership.id)
                    .await
                    .unwrap();
            }
            Self::Retry => {
                retry(database, &ownership.tenant, ownership.id)
                    .await
                    .unwrap();
            }
            Self::Expire => {
                let late = "UPDATE evaluations SET deadline_at = now() - interval '1 second'";
                bench.execute(late, &[]).await;
                drop(expire(database).await.unwrap());
            }
        }
    }
}

/// An evaluation in this state, with the ownership of whoever had it last.
async fn put_into(bench: &Bench, state: State, text: &str) -> Ownership {
    if state == State::Queued {
        let ids = bench.submitted(&[item(text)]).await;
        return Ownership {
            id: ids[0],
            tenant: domain::Tenant::default(),
            owner: Uuid::now_v7(),
            epoch: 0,
        };
    }
    let ownership = bench.held(text).await;
    match state {
        State::Queued | State::Running => {}
        State::Succeeded => Way::Finish.go(bench, &ownership).await,
        State::Failed => Way::Fail.go(bench, &ownership).await,
        State::Cancelled => Way::Cancel.go(bench, &ownership).await,
    }
    ownership
}

#[tokio::test]
async fn every_event_leads_where_the_table_says() {
    let bench = Bench::migrated().await;
    for way in Way::ALL {
        for state in State::ALL {
            let ownership = put_into(&bench, state, &format!("{way:?} {state:?}")).await;
            assert_eq!(bench.state(ownership.id).await, state);
            way.go(&bench, &ownership).await;
            let wanted = state
                .after(way.event())
                .filter(|_| !way.is_narrower_at(state))
                .unwrap_or(state);
            let found = bench.state(ownership.id).await;
            assert_eq!(found, wanted, "{way:?} at {state:?}");
            // Out of the way of the next one's sweep and deadline.
            bench.execute("DELETE FROM evaluations", &[]).await;
        }
    }
}

#[tokio::test]
async fn release_queues_again_until_that_was_one_failure_too_many() {
    let bench = Bench::migrated().await;
    let mut ownership = bench.held("unlucky").await;
    for failures in 1..=3 {
        let result = requeue_after_failure(
            &bench.database,
            &ownership,
            &aside(Duration::ZERO, "no\0route", (failures, 3)),
        )
        .await;
        if failures < 3 {
            assert_eq!(result.unwrap(), evaluations::RequeueResult::Queued);
            let claimed = bench
                .claim(ownership.owner, &[ownership.id])
                .await
                .remove(0);
            assert_eq!(claimed.failures, failures);
            ownership = claimed.ownership;
        } else {
            assert_eq!(result.unwrap(), evaluations::RequeueResult::Exhausted);
        }
    }
    let found = evaluations::find(&bench.database, &ownership.tenant, ownership.id).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.state, State::Failed);
    let (code, message) = found.error.unwrap();
    assert_eq!(code, "attempts_exhausted");
    assert_eq!(message, "no\u{fffd}route");
    assert!(found.finished_at.is_some());
}

#[tokio::test]
async fn what_is_released_for_later_is_not_due_before() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("later").await;
    let hour = Duration::from_secs(3600);
    let result =
        requeue_after_failure(&bench.database, &ownership, &aside(hour, "busy", (1, 5))).await;
    assert_eq!(result.unwrap(), evaluations::RequeueResult::Queued);
    assert!(
        bench
            .claim(ownership.owner, &[ownership.id])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn giving_back_charges_nothing_and_keeps_the_place_in_the_queue() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("untouched").await;
    let earlier = "UPDATE evaluations SET next_run_at = now() - interval '1 hour'";
    bench.execute(earlier, &[]).await;
    assert!(bench.give_back(&ownership).await);
    let row = bench
        .row("SELECT attempts, failures, crashes FROM evaluations", &[])
        .await;
    let counts: [i32; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(counts, [0, 0, 0]);
    let in_place = "evaluations WHERE next_run_at < now() - interval '59 minutes'";
    assert_eq!(bench.count(in_place).await, 1);
}
