//! Evaluation steps: made once for a rubric version.

use std::time::Duration;

use domain::{EvaluationId, Tenant};
use futures::future::join_all;
use storage::evaluations::{cancel, park};
use storage::rubric_steps::{Claim, Key, claim, promote_waiting, store};
use uuid::Uuid;

use crate::support::{Bench, items};

const KEY: Key<'_> = Key {
    rubric: "own@1",
    model: "judge-1",
    prompt: "steps-1",
};
const LONG: Duration = Duration::from_secs(3600);

fn evaluation(number: u128) -> EvaluationId {
    EvaluationId(Uuid::from_u128(number))
}

fn steps(text: &str) -> Vec<String> {
    vec![text.to_owned(), "Zero\0 is a character.".to_owned()]
}

#[tokio::test]
async fn of_many_at_once_one_makes_the_steps_and_all_get_the_same() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    let ids = bench.submitted(&items("cot", 20)).await;
    let ask = async |id: EvaluationId| {
        claim(&bench.database, &tenant, KEY, id, LONG)
            .await
            .unwrap()
    };
    let claims = join_all(ids.iter().map(|id| ask(*id))).await;
    let makers: Vec<EvaluationId> = ids
        .iter()
        .zip(&claims)
        .filter(|(_, claim)| **claim == Claim::Ours)
        .map(|(id, _)| *id)
        .collect();
    let [maker] = makers.as_slice() else {
        panic!("one makes them: {claims:?}");
    };
    assert_eq!(
        ask(*maker).await,
        Claim::Ours,
        "the maker may come back after a crash"
    );
    for (id, text) in [(*maker, "first"), (ids[0], "second")] {
        store(&bench.database, &tenant, KEY, id, &steps(text))
            .await
            .unwrap();
    }
    for id in ids {
        assert_eq!(
            ask(id).await,
            Claim::Stored(steps("first")),
            "the first stay"
        );
    }
}

#[tokio::test]
async fn a_maker_that_takes_too_long_loses_its_claim() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    let ids = bench.submitted(&items("cot", 2)).await;
    let ask = async |which: usize, patience: Duration| {
        claim(&bench.database, &tenant, KEY, ids[which], patience)
            .await
            .unwrap()
    };
    assert_eq!(ask(0, LONG).await, Claim::Ours);
    assert_eq!(ask(1, LONG).await, Claim::HeldByOther(ids[0]));
    assert_eq!(ask(1, Duration::ZERO).await, Claim::Ours);
    assert_eq!(ask(0, LONG).await, Claim::HeldByOther(ids[1]));
    // Two are at it, and no third.
    assert_eq!(ask(0, Duration::ZERO).await, Claim::HeldByOther(ids[1]));
}

#[tokio::test]
async fn one_other_follows_on_a_maker_that_has_ended_without_steps() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    let ids = bench.submitted(&items("cot", 3)).await;
    let ask = async |which: usize| {
        claim(&bench.database, &tenant, KEY, ids[which], LONG)
            .await
            .unwrap()
    };
    assert_eq!(ask(0).await, Claim::Ours);
    assert_eq!(ask(1).await, Claim::HeldByOther(ids[0]));
    cancel(&bench.database, &tenant, ids[0]).await.unwrap();
    let (one, other) = futures::future::join(ask(1), ask(2)).await;
    let is_one = |claim: &&Claim| **claim == Claim::Ours;
    assert_eq!(
        [&one, &other].into_iter().filter(is_one).count(),
        1,
        "{one:?} {other:?}"
    );
}

#[tokio::test]
async fn who_waits_sleeps_until_the_steps_are_there() {
    const DUE: &str = "evaluations WHERE state = 'queued' AND next_run_at <= now()";
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    let ids = bench.submitted(&items("cot", 4)).await;
    let owner = bench.worker().await;
    let mut claimed = bench.claim(owner, &ids).await;
    claimed.sort_by_key(|one| ids.iter().position(|id| *id == one.ownership.id));
    let ask = async |which: usize| {
        claim(&bench.database, &tenant, KEY, ids[which], LONG)
            .await
            .unwrap()
    };
    assert_eq!(ask(0).await, Claim::Ours);
    for waiting in &claimed[1..] {
        assert!(
            park(&bench.database, &waiting.ownership, ids[0])
                .await
                .unwrap()
        );
        assert!(
            !park(&bench.database, &waiting.ownership, ids[0])
                .await
                .unwrap()
        );
    }
    promote_waiting(&bench.database, LONG).await.unwrap();
    assert_eq!(bench.count(DUE).await, 0, "the maker is at it");

    // The maker ends without any: one follows on it, and the others wait for that one.
    cancel(&bench.database, &tenant, ids[0]).await.unwrap();
    promote_waiting(&bench.database, LONG).await.unwrap();
    promote_waiting(&bench.database, LONG).await.unwrap();
    assert_eq!(bench.count(DUE).await, 1);
    let next = bench
        .row(&format!("SELECT id FROM {DUE}"), &[])
        .await
        .get::<_, Uuid>(0);
    assert_eq!(
        bench
            .count(&format!("evaluations WHERE waits_for = '{next}'"))
            .await,
        2
    );
    assert_eq!(
        bench
            .count(&format!("rubric_steps WHERE maker = '{next}'"))
            .await,
        1
    );
    // It is too slow: one other, and no third.
    for _ in 0..2 {
        promote_waiting(&bench.database, Duration::ZERO)
            .await
            .unwrap();
    }
    assert_eq!(bench.count(DUE).await, 2);
    let last = "evaluations WHERE waits_for IS NOT NULL";
    assert_eq!(bench.count(last).await, 1);
    // Whoever keeps steps first wakes who waits, whomever for.
    store(
        &bench.database,
        &tenant,
        KEY,
        EvaluationId(next),
        &steps("made"),
    )
    .await
    .unwrap();
    assert_eq!((bench.count(DUE).await, bench.count(last).await), (3, 0));
    assert_eq!(bench.count("evaluations WHERE attempts > 1").await, 0);
}

#[tokio::test]
async fn who_falls_asleep_while_the_steps_are_kept_is_woken() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    let waiting = bench.held("late").await;
    let maker = bench.held("maker").await.id;
    assert_eq!(
        claim(&bench.database, &tenant, KEY, maker, LONG)
            .await
            .unwrap(),
        Claim::Ours
    );
    store(&bench.database, &tenant, KEY, maker, &steps("made"))
        .await
        .unwrap();
    assert!(park(&bench.database, &waiting, maker).await.unwrap());
    promote_waiting(&bench.database, LONG).await.unwrap();
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &[waiting.id]).await.len(), 1);
}

#[tokio::test]
async fn steps_belong_to_a_tenant_a_version_a_model_and_a_prompt() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    store(&bench.database, &tenant, KEY, evaluation(1), &steps("kept"))
        .await
        .unwrap();
    let others = [
        Key {
            rubric: "own@2",
            ..KEY
        },
        Key {
            model: "judge-2",
            ..KEY
        },
        Key {
            prompt: "steps-2",
            ..KEY
        },
    ];
    for other in others {
        let claimed = claim(&bench.database, &tenant, other, evaluation(2), LONG).await;
        assert_eq!(claimed.unwrap(), Claim::Ours, "{other:?}");
    }
    let another = crate::support::tenant("another");
    let claimed = claim(&bench.database, &another, KEY, evaluation(2), LONG).await;
    assert_eq!(claimed.unwrap(), Claim::Ours);
}
