//! Evaluation steps: made once for a rubric version.

use std::time::Duration;

use domain::{EvaluationId, Tenant};
use futures::future::join_all;
use storage::rubric_steps::{Claim, Key, claim, keep};
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
        keep(&bench.database, &tenant, KEY, id, &steps(text))
            .await
            .unwrap();
    }
    for id in ids {
        assert_eq!(ask(id).await, Claim::Kept(steps("first")), "the first stay");
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
    assert_eq!(ask(1, LONG).await, Claim::Anothers);
    assert_eq!(ask(1, Duration::ZERO).await, Claim::Ours);
    assert_eq!(ask(0, LONG).await, Claim::Anothers);
}

#[tokio::test]
async fn nobody_waits_for_a_maker_that_has_ended_without_steps() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    let ids = bench.submitted(&items("cot", 3)).await;
    let ask = async |which: usize| {
        claim(&bench.database, &tenant, KEY, ids[which], LONG)
            .await
            .unwrap()
    };
    assert_eq!(ask(0).await, Claim::Ours);
    assert_eq!(ask(1).await, Claim::Anothers);
    storage::evaluations::cancel(&bench.database, &tenant, ids[0])
        .await
        .unwrap();
    assert_eq!((ask(1).await, ask(2).await), (Claim::Ours, Claim::Ours));
}

#[tokio::test]
async fn steps_belong_to_a_tenant_a_version_a_model_and_a_prompt() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    keep(&bench.database, &tenant, KEY, evaluation(1), &steps("kept"))
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
