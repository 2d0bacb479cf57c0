//! `GET /v1/stats`.

use std::time::Duration;

use serde_json::json;
use storage::stats;

use crate::support::{Bench, check_problem};

#[tokio::test]
async fn what_was_just_posted_is_in_the_figures_and_each_says_what_it_could_not_use() {
    let bench = Bench::start(|_| {}).await;
    let none = bench.read("/v1/stats").await;
    assert_eq!(
        (&none["sum"]["evaluations"], &none["intervals"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(
        none["sum"]["coverage"],
        json!({"n": 0, "unused": 0, "share": null})
    );
    for output in ["One.", "Two."] {
        bench.submitted(output).await;
    }
    let taken_back = bench.submitted("Three.").await;
    bench.cancel(taken_back).await;
    let found = bench
        .read("/v1/stats?interval=hour&rubric=general-quality&strategy=direct")
        .await;
    assert_eq!(found["interval"], "hour");
    let sum = &found["sum"];
    assert_eq!(sum["evaluations"], 3);
    assert_eq!(
        sum["status"],
        json!({"pending": 2, "running": 0, "succeeded": 0, "failed": 0, "cancelled": 1})
    );
    assert_eq!(
        sum["outcome"],
        json!({"scored": 0, "abstained": 0, "unscorable": 0})
    );
    assert_eq!(
        (&sum["latency"]["n"], &sum["latency"]["unused"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(
        (&sum["pass_rate"]["rate"], &sum["pass_rate"]["unused"]),
        (&json!(null), &json!(3))
    );
    assert_eq!(sum["cost"], json!({"usd": null, "n": 0, "unused": 0}));
    let other = bench.read("/v1/stats?rubric=general-quality@2").await;
    assert_eq!(other["sum"]["evaluations"], 0);
}

#[tokio::test]
async fn figures_are_of_the_hours_that_were_counted_too() {
    let bench = Bench::start(|_| {}).await;
    bench.submitted("Old.").await;
    bench
        .execute(
            "UPDATE evaluations SET created_at = now() - interval '3 days'",
            &[],
        )
        .await;
    assert!(bench.read("/v1/stats").await["as_of"].is_null());
    assert!(stats::mark(&bench.database, Duration::ZERO).await.unwrap());
    assert!(stats::count_one(&bench.database).await.unwrap());
    for query in ["", "?interval=hour", "?created_after=2020-01-01T00:00:00Z"] {
        let found = bench.read(&format!("/v1/stats{query}")).await;
        assert_eq!(found["sum"]["evaluations"], 1, "{query}: {found}");
        assert!(found["as_of"].is_string(), "{found}");
    }
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let bench = Bench::start(|_| {}).await;
    bench.submitted("Old.").await;
    bench
        .execute(
            "UPDATE evaluations SET created_at = now() - interval '30 days'",
            &[],
        )
        .await;
    for query in [
        "interval=week",
        "rubrics=a",
        "created_after=yesterday",
        "limit=3",
        "interval=hour&created_after=2026-01-01T00:00:00Z",
    ] {
        let answer = bench.get_path(&format!("/v1/stats?{query}")).await;
        check_problem(answer, query, 400, "invalid_query").await;
    }
}

#[tokio::test]
async fn an_end_far_ahead_is_as_good_as_none() {
    let bench = Bench::start(|_| {}).await;
    bench.submitted("Now.").await;
    for end in ["9999-12-31T23:59:59Z", "2999-01-01T00:00:00Z"] {
        for more in ["", "&interval=hour", "&created_after=2026-01-01T00:00:00Z"] {
            let path = format!("/v1/stats?created_before={end}{more}");
            let found = bench.read(&path).await;
            assert_eq!(found["sum"]["evaluations"], 1, "{path}");
        }
    }
}
