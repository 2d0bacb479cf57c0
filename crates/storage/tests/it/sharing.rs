//! Owners share transactions: each keeps its own fence, and its own faults.

use domain::{State, Tenant};
use futures::future::join_all;
use storage::replies::{Cost, PaidReply, Stored};
use storage::{Database, Error, Ownership, assessments, inputs, plans};
use tokio::task::JoinSet;

use crate::support::{Bench, assessment, commit, committed, plan};

/// A handle that shares transactions, and the task that does them. What is asked for in one go is one group: the task runs
/// on the same thread.
fn sharing(bench: &Bench) -> (Database, JoinSet<()>) {
    let (database, task) = bench.database.sharing();
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    (database, tasks)
}

async fn held(bench: &Bench, count: usize) -> Vec<Ownership> {
    let mut held = Vec::new();
    for number in 0..count {
        held.push(bench.held(&format!("held {number}")).await);
    }
    held
}

/// In how many transactions replies were written.
async fn transactions(bench: &Bench) -> i64 {
    let sql = "SELECT count(DISTINCT xmin::text) FROM replies";
    bench.row(sql, &[]).await.get(0)
}

#[tokio::test]
async fn what_comes_together_is_one_transaction_with_one_that_is_lost() {
    let bench = Bench::migrated().await;
    let (database, _tasks) = sharing(&bench);
    let held = held(&bench, 8).await;
    assert!(bench.give_back(&held[3]).await);
    let before = bench.everything(held[3].id).await;
    let writes = held
        .iter()
        .map(|ownership| commit(&database, ownership, "judge", "text", Cost::default()));
    let written = join_all(writes).await;
    for (nth, written) in written.into_iter().enumerate() {
        assert_eq!(written, Ok(nth != 3), "{nth}");
    }
    assert_eq!(bench.count("replies").await, 7);
    assert_eq!(transactions(&bench).await, 1);
    assert_eq!(bench.everything(held[3].id).await, before);
}

#[tokio::test]
async fn what_the_server_refuses_fails_alone() {
    let bench = Bench::migrated().await;
    let check = "ALTER TABLE replies ADD CONSTRAINT no_poison CHECK (step <> 'poison')";
    bench.execute(check, &[]).await;
    let (database, _tasks) = sharing(&bench);
    let held = held(&bench, 8).await;
    let step = |nth| if nth == 4 { "poison" } else { "judge" };
    for round in 0..2 {
        let writes = held.iter().enumerate().map(|(nth, ownership)| {
            let step = format!("{}{}", step(nth), if nth == 4 { "" } else { "/x" });
            let (database, round) = (&database, round.to_string());
            async move { commit(database, ownership, &step, &round, Cost::default()).await }
        });
        for (nth, written) in join_all(writes).await.into_iter().enumerate() {
            match (nth, written) {
                (4, Err(Error::Refused(_))) => {}
                (4, other) => panic!("{other:?}"),
                (_, written) => assert_eq!(written, Ok(true), "{nth}"),
            }
        }
    }
    // What is there stays, and nobody else's place was taken.
    assert_eq!(bench.count("replies").await, 7);
    // It is this record's fault, and no operator's business.
    assert_eq!(database.refusal_of_records(), None);
    // The one that was refused is still its owner's.
    assert!(
        commit(&database, &held[4], "judge", "text", Cost::default())
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn writes_of_one_evaluation_keep_their_order_in_a_transaction() {
    let bench = Bench::migrated().await;
    let (database, _tasks) = sharing(&bench);
    let held = held(&bench, 5).await;
    // Plan, reply and end, all at once: each finds what was before it.
    let all = held.iter().map(|ownership| {
        let database = &database;
        async move {
            let plan = plan();
            let assessment = assessment("done");
            let done = futures::join!(
                plans::store(database, ownership, &plan, 1),
                commit(database, ownership, "judge", "text", Cost::default()),
                assessments::finish(database, ownership, &assessment),
                commit(database, ownership, "late", "text", Cost::default()),
            );
            (
                done.0.unwrap(),
                done.1.unwrap(),
                done.2.unwrap(),
                done.3.unwrap(),
            )
        }
    });
    for done in join_all(all).await {
        assert_eq!(done, (true, true, true, false));
    }
    assert_eq!(transactions(&bench).await, 1);
    assert_eq!(bench.count("plans").await, 5);
    assert_eq!(bench.count("replies WHERE step = 'late'").await, 0);
}

#[tokio::test]
async fn replies_are_committed_with_the_end_that_is_made_of_them() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("both").await;
    let database = &bench.database;
    let first = commit(database, &ownership, "judge", "first", Cost::default()).await;
    assert!(first.unwrap());
    let text = "repaired".to_owned();
    let cost = Cost {
        input_tokens: Some(11),
        nano_usd: Some(7),
        ..Cost::default()
    };
    let bought = [PaidReply {
        step: "judge/repair",
        reply: &text,
        cost,
        request: None,
    }];
    let end = assessment("both");
    let finish = || assessments::finish_with_replies(database, &ownership, &end, 1, &bought);
    assert!(finish().await.unwrap());
    assert_eq!(bench.state(ownership.id).await, State::Succeeded);
    let kept = bench.replies_of(&ownership, 1).await;
    let known = [("judge", "first"), ("judge/repair", "repaired")];
    let known = known.map(|(step, text)| committed(step, text)).to_vec();
    assert_eq!(kept.unwrap(), Stored::Known(known));
    // In the evaluation's order of events: claimed, two calls, succeeded.
    let sql = "SELECT (SELECT array_agg(seq ORDER BY seq) FROM replies),
                      (SELECT array_agg(seq ORDER BY seq) FROM events), (SELECT last_seq FROM evaluations)";
    let row = bench.row(sql, &[]).await;
    assert_eq!(row.get::<_, Vec<i32>>(0), [4, 5]);
    assert_eq!(row.get::<_, Vec<i32>>(1), [3, 6]);
    assert_eq!(row.get::<_, i32>(2), 6);
    // Under the fence, both of them.
    let before = bench.everything(ownership.id).await;
    assert!(!finish().await.unwrap());
    assert_eq!(bench.everything(ownership.id).await, before);
}

#[tokio::test]
async fn what_claims_begin_with_is_read_together() {
    let bench = Bench::migrated().await;
    let (database, _tasks) = sharing(&bench);
    let held = held(&bench, 4).await;
    let stored = plans::store(&database, &held[1], &plan(), 1).await;
    assert!(stored.unwrap());
    for step in ["judge", "another"] {
        let kept = commit(&database, &held[1], step, step, Cost::default()).await;
        assert!(kept.unwrap());
    }
    let foreign = Tenant::stored("another".to_owned());
    let own = &held[0].tenant;
    let read = |tenant, nth: usize| inputs::load(&database, tenant, held[nth].id, 100);
    let reads = [read(own, 0), read(own, 1), read(&foreign, 2), read(own, 1)];
    let mut found: Vec<_> = join_all(reads)
        .await
        .into_iter()
        .map(|read| read.unwrap())
        .collect();
    for nth in [0, 1, 3] {
        let payload = found[nth].payload().unwrap();
        let payload = String::from_utf8(payload.unwrap()).unwrap();
        let own = if nth == 0 { 0 } else { 1 };
        assert_eq!(payload, format!(r#"{{"output":"held {own}"}}"#));
    }
    for nth in [1, 3] {
        let known = ["another", "judge"]
            .map(|step| committed(step, step))
            .to_vec();
        let replies = found[nth].replies::<String>(1);
        assert_eq!(replies.unwrap(), Stored::Known(known));
        let kept = found[nth].plan().unwrap();
        assert_eq!(kept, Some(plans::Stored::Known(Box::new(plan()))));
    }
    assert_eq!(found[0].plan().unwrap(), None);
    assert_eq!(
        found[0].replies::<String>(1).unwrap(),
        Stored::Known(Vec::new())
    );
    // Another tenant's is as if it did not exist.
    assert_eq!(found[2].payload().unwrap(), None);
}
