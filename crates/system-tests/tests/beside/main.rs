//! Two versions beside each other, as in every deploy: what one worker began the other goes on with, and each status-api
//! shows what either has written. Needs the worker and the status-api of another commit: run by `cargo xtask beside`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "shared with a test program that uses more of it")]
#[path = "../chaos/bench.rs"]
mod bench;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use local_stack::{Stack, eventually};
use serde_json::{Value, json};

use crate::bench::Bench;

/// Names the directory with the worker of the other version.
const OTHER: &str = "AUTORATER_PREVIOUS_BIN_DIR";
const SLOTS: usize = 40;
const EVALUATIONS: usize = 400;

#[tokio::test]
async fn an_old_and_a_new_worker_share_the_work_and_take_over_from_each_other() {
    let other = std::env::var_os(OTHER)
        .expect("the directory with the other worker, see `cargo xtask beside`");
    let other = PathBuf::from(other);
    let stack = Stack::builder().worker_env("AUTORATER__WORKER__SLOTS", SLOTS.to_string());
    let bench = Bench::on(stack.start().await.unwrap()).await;
    let new = bench.stack.worker(0);
    let old = bench.stack.start_worker_from(&other).await.unwrap();
    let old = bench.stack.worker(old);
    let old_status = bench.stack.start_status_from(&other).await.unwrap();

    // A deploy, or its rollback, under load.
    bench.latency(800).await;
    let deploy = async {
        old.stop(Duration::from_secs(35)).await.unwrap();
        old.start_again().unwrap();
        old.wait_ready().await.unwrap();
    };
    tokio::join!(bench.post("deploy", 200), deploy);
    bench.all_judged_once(200, Duration::from_secs(60)).await;

    // Both full of calls that last longer than a drain: the old one has to give its evaluations back, and the
    // new one loses its own. Each continues plans of the other.
    bench.latency(60_000).await;
    bench.post("full", 100).await;
    eventually(Duration::from_secs(30), async || {
        let calls = bench.provider().await["in_flight"].clone();
        ensure!(calls == 2 * SLOTS, "{calls} calls");
        anyhow::Ok(())
    })
    .await
    .unwrap();
    bench.latency(300).await;
    let killed = async {
        new.kill().await.unwrap();
        new.start_again().unwrap();
        new.wait_ready().await.unwrap();
    };
    let stopped = async {
        old.stop(Duration::from_secs(35)).await.unwrap();
        old.start_again().unwrap();
        old.wait_ready().await.unwrap();
    };
    tokio::join!(killed, stopped, bench.post("meanwhile", 100));
    bench
        .all_judged_once(EVALUATIONS, Duration::from_secs(120))
        .await;

    let provider = bench.provider().await;
    assert_eq!(
        provider["completed"],
        json!(EVALUATIONS),
        "no finished call is repeated: {provider}"
    );
    let crashes = bench.number("SELECT sum(crashes) FROM evaluations").await;
    let failures = bench.number("SELECT sum(failures) FROM evaluations").await;
    assert_eq!((crashes, failures), (40.0, 0.0), "only the killed worker's");
    assert_eq!(
        provider["requests"],
        json!(EVALUATIONS + 2 * SLOTS),
        "only what was under way is asked again: {provider}"
    );
    // Every evaluation by either version, as either version shows it.
    let new_status = bench.stack.status_url();
    let old_status = old_status.url().unwrap();
    let (shown, listed) = tokio::join!(all(&bench, new_status), all(&bench, old_status));
    assert_eq!(shown.len(), EVALUATIONS);
    assert_eq!(listed.len(), EVALUATIONS);
    for (shown, listed) in shown.iter().zip(&listed) {
        let members = shown.as_object().unwrap().iter();
        for (member, value) in members.filter(|(member, _)| listed.get(member).is_some()) {
            assert_eq!(value, &listed[member], "{member}");
        }
    }
    for evaluation in shown.iter().step_by(20) {
        let id = evaluation["id"].as_str().unwrap();
        for status in [new_status, old_status] {
            let one = get(&bench, &format!("{status}/v1/evaluations/{id}")).await;
            assert_eq!(one["status"], "succeeded", "{status}: {one}");
            assert_eq!(one["assessment"]["outcome"], "scored", "{status}: {one}");
        }
    }
    let judged = [&new, &old].map(|worker| worker.log().matches("evaluation judged").count());
    assert!(judged.iter().all(|count| *count > 0), "{judged:?}");
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "figure: {EVALUATIONS} evaluations beside another version: {} judged by this one, {} by the other",
            judged[0], judged[1]
        );
    }
}

/// Every evaluation, page by page.
async fn all(bench: &Bench, status: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(bench, &format!("{status}/v1/evaluations?limit=150{cursor}")).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

async fn get(bench: &Bench, url: &str) -> Value {
    let answer = bench.api.http().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.json().await.unwrap()
}
