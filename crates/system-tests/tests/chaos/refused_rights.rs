//! A right is missing for a minute, as after a migration whose GRANT was forgotten.

use std::time::{Duration, Instant};

use local_stack::{SERVICES_ROLE, Stack};
use serde_json::{Value, json};

use crate::bench::Bench;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_minute_without_a_right_under_two_hundred_running_fails_none() {
    for table in ["replies", "assessments"] {
        a_minute_without(table).await;
    }
}

async fn a_minute_without(table: &str) {
    let stack = Stack::builder()
        .plain_role(true)
        .worker_env("AUTORATER__WORKER__SLOTS", "200");
    let bench = Bench::on(stack.start().await.unwrap()).await;
    bench.latency(15_000).await;
    bench.post(table, 200).await;
    let running = "SELECT count(*) FROM evaluations WHERE state = 'running'";
    bench.reaches(running, 200.0, Duration::from_secs(60)).await;
    bench
        .sql
        .batch_execute(&format!("REVOKE ALL ON {table} FROM {SERVICES_ROLE}"))
        .await
        .unwrap();
    let worker = bench.stack.worker(0);
    let admin = worker.admin_url().unwrap();
    let (mut first_call_ended, mut told) = (None, None);
    let begun = Instant::now();
    while begun.elapsed() < MINUTE {
        if first_call_ended.is_none() && bench.provider().await["completed"] != 0 {
            first_call_ended = Some(Instant::now());
        }
        let answer = bench
            .api
            .http()
            .get(format!("{admin}/readyz"))
            .send()
            .await
            .unwrap();
        let is_ready = answer.status() == 200;
        let report: Value = answer.json().await.unwrap();
        let reason = report["checks"]["postgres"]["reason"].as_str();
        if told.is_none() && !is_ready {
            assert!(reason.unwrap().contains(table), "{report}");
            told = Some(Instant::now());
        }
        let live = bench
            .api
            .http()
            .get(format!("{admin}/livez"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            live.status(),
            200,
            "a restart would throw away what it holds"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let after = told.unwrap().duration_since(first_call_ended.unwrap());
    assert!(
        after < Duration::from_secs(10),
        "told only {after:?} after the first refusal"
    );
    let failed = "SELECT count(*) FROM evaluations WHERE state IN ('failed', 'succeeded')";
    assert_eq!(bench.number(failed).await, 0.0);
    let granted = Instant::now();
    bench
        .sql
        .batch_execute(&format!("GRANT ALL ON {table} TO {SERVICES_ROLE}"))
        .await
        .unwrap();
    bench.all_judged_once(200, Duration::from_secs(120)).await;
    let provider = bench.provider().await;
    assert_eq!(
        provider["requests"],
        json!(200),
        "none is bought twice: {provider}"
    );
    let log = worker.log();
    let errors = log
        .lines()
        .filter(|line| line.contains("\"ERROR\""))
        .count();
    assert!(errors < 20, "{errors} errors: {log}");
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "figure: a minute without {table} under 200 running: told after {:.1} s, {errors} lines of errors, all judged {:.1} s after \
             the right was back",
            after.as_secs_f64(),
            granted.elapsed().as_secs_f64()
        );
    }
}
