//! Commands for all that match.

use local_stack::eventually;
use serde_json::{Value, json};

use crate::support::{Bench, SOON, check_problem};

/// A command once nothing is left to do.
async fn finished(bench: &Bench, location: &str) -> Value {
    let finished = eventually(SOON, async || {
        let command: Value = bench.get_path(location).await.json().await.unwrap();
        match command["status"].as_str() {
            Some("finished") => Ok(command),
            _ => Err(command),
        }
    });
    finished.await.unwrap()
}

#[tokio::test]
async fn a_dry_run_only_counts() {
    let bench = Bench::start(|_| ()).await;
    let id = bench.submitted("Counted.").await;
    bench.submitted("Counted as well.").await;
    let cancelled = bench.submitted("Over.").await;
    bench.cancel(cancelled).await;
    for (query, expected) in [
        ("strategy=direct", 2),
        ("strategy=debate", 0),
        ("status=cancelled", 0),
    ] {
        let query = format!("/v1/evaluations/cancel?dry_run=true&{query}");
        let answer = bench.post(&query).await;
        assert_eq!(answer.status(), 200, "{query}");
        let counted: Value = answer.json().await.unwrap();
        assert_eq!(counted, json!({"matched": expected}), "{query}");
    }
    let still: Value = bench
        .get(id, "")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(still["status"], "pending");
}

#[tokio::test]
async fn a_command_goes_on_by_itself_and_tells_how_far_it_is() {
    let bench = Bench::start(|_| ()).await;
    let ids = [
        bench.submitted("Taken back.").await,
        bench.submitted("Taken back as well.").await,
    ];
    let answer = bench.post("/v1/evaluations/cancel?status=pending").await;
    assert_eq!(answer.status(), 202);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let given: Value = answer.json().await.unwrap();
    assert_eq!(given["command"], "cancel", "{given}");
    assert_eq!(given["matched"], 2, "{given}");
    let finished = finished(&bench, &location).await;
    assert_eq!(finished["done"], 2, "{finished}");
    assert_eq!(finished["id"], given["id"]);
    for id in ids {
        assert_eq!(bench.one(id).await["status"], "cancelled");
    }
}

#[tokio::test]
async fn a_command_of_a_newer_release_is_left_to_that_and_holds_no_other_up() {
    let bench = Bench::start(|_| ()).await;
    let id = bench.submitted("Kept.").await;
    let newer = bench
        .begun(&[("strategy", "direct"), ("colour", "red")])
        .await;
    let other = bench.submitted("Taken back.").await;
    let answer =
        bench.post("/v1/evaluations/cancel?created_after=2026-01-01T00:00:00Z&strategy=debate");
    let location = answer.await.headers()["location"]
        .to_str()
        .unwrap()
        .to_owned();
    finished(&bench, &location).await;
    let left: Value = bench
        .get_path(&format!("/v1/commands/{newer}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&left["status"], &left["done"]),
        (&json!("running"), &json!(0))
    );
    for id in [id, other] {
        assert_eq!(bench.one(id).await["status"], "pending");
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_meant_is_refused() {
    let bench = Bench::start(|_| ()).await;
    let id = bench.submitted("Still there.").await;
    for command in ["cancel", "retry"] {
        for query in ["", "?dry_run=true", "?dry_run=false"] {
            let path = format!("/v1/evaluations/{command}{query}");
            check_problem(bench.post(&path).await, &path, 422, "invalid_request").await;
        }
        for query in [
            "statsu=pending",
            "status=pending&dry_run=yes",
            "status=pending&dry_run=",
            "status=pending&limit=5",
            "status=pending&cursor=x",
            "status=pending&status=running",
            "status=pending&passed=true",
        ] {
            let path = format!("/v1/evaluations/{command}?{query}");
            check_problem(bench.post(&path).await, &path, 400, "invalid_query").await;
        }
    }
    let nothing = "/v1/commands/00000000-0000-8000-8000-000000000000";
    check_problem(bench.get_path(nothing).await, nothing, 404, "not_found").await;
    assert_eq!(bench.one(id).await["status"], "pending");
}

#[tokio::test]
async fn nothing_runs_again_for_a_tenant_that_has_all_its_evaluations() {
    let bench = Bench::start(|settings| settings.limits.evaluations = 2).await;
    let over = bench.submitted("Over.").await;
    bench.cancel(over).await;
    let waiting = [
        bench.submitted("Waits.").await,
        bench.submitted("Waits as well.").await,
    ];
    let one = format!("/v1/evaluations/{over}/retry");
    for path in [one.as_str(), "/v1/evaluations/retry?status=cancelled"] {
        check_problem(bench.post(path).await, path, 429, "rate_limited").await;
    }
    let dry = "/v1/evaluations/retry?status=cancelled&dry_run=true";
    assert_eq!(bench.post(dry).await.status(), 200);
    for id in waiting {
        bench.cancel(id).await;
    }
    let granted = eventually(SOON, async || {
        match bench.post(&one).await.status().as_u16() {
            202 => Ok(()),
            status => Err(status),
        }
    });
    granted.await.unwrap();
}
