//! Replies that one request brought are committed together.

use storage::evaluations::find;
use storage::replies::{self, Cost, PaidReply, Stored};

use crate::support::{Bench, commit, committed};

const TEXTS: [(&str, &str); 3] = [
    ("judge", "first"),
    ("judge/2", "second"),
    ("judge/3", "third"),
];
/// What the request took, with the first.
const WHOLE: Cost = Cost {
    cached_input_tokens: None,
    cache_write_tokens: None,
    input_tokens: Some(100),
    output_tokens: Some(30),
    nano_usd: Some(7),
};

/// Commits what a request for three choices brought.
async fn commit_three(bench: &Bench, ownership: &storage::Ownership) -> bool {
    let texts = TEXTS.map(|(step, text)| (step, text.to_owned()));
    let mut bought = texts.each_ref().map(|(step, reply)| PaidReply {
        step,
        reply,
        cost: Cost {
            input_tokens: Some(0),
            output_tokens: Some(0),
            nano_usd: Some(0),
            ..Cost::default()
        },
        request: None,
    });
    bought[0].cost = WHOLE;
    let kept = replies::commit(&bench.database, ownership, 1, &bought).await;
    kept.unwrap()
}

#[tokio::test]
async fn what_one_request_brought_is_there_at_once_and_counted_once() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("three at once").await;
    assert!(commit_three(&bench, &ownership).await);
    let kept = bench.replies_of(&ownership, 1).await;
    let expected = TEXTS.map(|(step, text)| committed(step, text));
    assert_eq!(kept.unwrap(), Stored::Known(expected.to_vec()));
    let found = find(&bench.database, &ownership.tenant, ownership.id).await;
    let usage = found.unwrap().unwrap().usage;
    assert_eq!(
        (usage.calls, usage.input_tokens, usage.output_tokens),
        (3, Some(100), Some(30))
    );
    assert_eq!(usage.cost.map(|cost| cost.0), Some(7));
}

#[tokio::test]
async fn none_is_there_once_the_evaluation_is_anothers() {
    let bench = Bench::migrated().await;
    let old = bench.held("lost").await;
    assert!(bench.give_back(&old).await);
    let before = bench.everything(old.id).await;
    assert!(!commit_three(&bench, &old).await);
    assert_eq!(bench.everything(old.id).await, before);
}

#[tokio::test]
async fn one_that_is_there_already_stays_and_the_others_go_in() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("partly there").await;
    let own = commit(
        &bench.database,
        &ownership,
        "judge/2",
        "mine",
        Cost::default(),
    );
    assert!(own.await.unwrap());
    assert!(commit_three(&bench, &ownership).await);
    let kept = bench.replies_of(&ownership, 1).await;
    let expected = [
        ("judge", "first"),
        ("judge/2", "mine"),
        ("judge/3", "third"),
    ];
    let expected = expected.map(|(step, text)| committed(step, text));
    assert_eq!(kept.unwrap(), Stored::Known(expected.to_vec()));
}

#[tokio::test]
async fn a_reply_of_a_newer_format_is_not_read_by_an_older_release() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("newer").await;
    assert!(commit_three(&bench, &ownership).await);
    let newer = "UPDATE replies SET version = 2, body = 'of another form' WHERE step = 'judge/2'";
    bench.execute(newer, &[]).await;
    let load = async |newest| bench.replies_of(&ownership, newest).await;
    assert_eq!(load(1).await, Ok(Stored::Newer { version: 2 }));
    // Who knows the format reads it, and says when it is damaged.
    let error = load(2).await.unwrap_err();
    assert!(error.fault_of_record().is_some(), "{error}");
}
