//! An audit of a judge ends whole, whoever dies while it is made or judged.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::studies::{ended, paid, record};
use crate::support::{SOON, System, quick};

const AUDIT: &str = "/v1/audits?rubric=audited&judge=judge-x";

/// A statement that stores an audit waits in its middle for whoever has the lock.
const WAITS: &str = "
    CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock_shared(21); RETURN NEW; END';
    CREATE TRIGGER waits BEFORE INSERT ON study_cases FOR EACH ROW WHEN (NEW.variant = 'longer') EXECUTE FUNCTION waits()";
const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
const MADE: &str = "SELECT count(*) FROM evaluations WHERE study_id IS NOT NULL";

/// Everything is worth as much; what bears a name never gets its answer while that is `held`.
fn judge(held: bool) -> Value {
    let says = json!({"criteria": {"merit": {"rationale": "So.", "evidence": [], "score": 3}}, "summary": "So."});
    let hangs = json!({"fault": "hang", "contains": ["(Written by Emily.)"]});
    let mut rules = vec![json!({"fault": "reply", "text": says})];
    if held {
        rules.insert(0, hangs);
    }
    json!({"faults": rules})
}

/// Kills status-api while it stores an audit, and its session of the database too, if that is to be cut.
async fn dies_over_it(system: &System, is_cut: bool) -> Result<()> {
    let status = &system.status()[0];
    system
        .with_sql(async |client| {
            client.batch_execute("SELECT pg_advisory_lock(21)").await?;
            let post = system
                .http()
                .post(format!("{}{AUDIT}", system.status_url()));
            let mut asked = JoinSet::new();
            asked.spawn(post.send());
            eventually(SOON, async || {
                let waiting: i64 = client.query_one(WAITING, &[]).await?.try_get(0)?;
                ensure!(waiting == 1, "{waiting} wait");
                anyhow::Ok(())
            })
            .await?;
            status.kill().await?;
            let answer = asked.join_next().await.context("it was sent")??;
            ensure!(answer.is_err(), "nobody may have had an answer");
            if is_cut {
                client.query_one(CUT, &[]).await?;
            }
            Ok(())
        })
        .await?;
    status.start_again()?;
    status.wait_ready().await
}

#[tokio::test]
async fn an_audit_outlives_who_makes_it_and_who_judges_it() -> Result<()> {
    let system = System::start(quick()).await?;
    let criterion = json!({"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}});
    // Every score is so near the pass mark that the second stage is asked.
    let rubric = json!({"pass_threshold": 0.5, "criteria": [criterion]});
    system.put_rubric("audited", &rubric).await?;
    system.mock_is(judge(false)).await?;
    for number in 0..3 {
        let payload = json!({"rubric": "audited",
            "strategy": {"kind": "cascade", "first": {"model": "judge-1"}, "then": {"model": "judge-2"}},
            "trajectory": [{"role": "user", "content": "Which one?"},
                {"role": "assistant", "content": format!("The answer is {number}.")}]});
        system.judged(&system.post_payload(&payload).await?).await?;
    }
    let before = record(&system, "audited").await?;
    system.run_sql(WAITS).await?;
    system.mock_is(judge(true)).await?;
    let requests = system.mock_count("requests").await?;

    // Each of three as it is and in six ways, or none of it.
    dies_over_it(&system, true).await?;
    assert_eq!(system.number(MADE).await?, 0);
    dies_over_it(&system, false).await?;
    eventually(SOON, async || {
        let made = system.number(MADE).await?;
        ensure!(made == 21, "{made} evaluations were made");
        anyhow::Ok(())
    })
    .await?;
    // Whoever got no answer asks again, and has what was made.
    let (status, audit) = system.ask(AUDIT).await?;
    assert_eq!(status, 200, "{audit}");
    let path = format!("/v1/audits/{}", audit["id"].as_str().context("an id")?);

    ended(&system, &path, 18).await?;
    system.mock_reaches("in_flight", 3).await?;
    system.kill_worker(0).await?;
    system.mock_is(judge(false)).await?;
    system.start_worker().await?;
    let audit = ended(&system, &path, 21).await?;
    assert_eq!(audit["status"], "finished", "{audit}");
    assert_eq!(audit["judging"]["total"], 21);
    assert_eq!(audit["judging"]["usage"]["calls"], 42);
    for found in audit["biases"].as_array().context("biases")? {
        let n = if found["bias"] == "position" { 0 } else { 3 };
        assert_eq!(
            (&found["n"], &found["unused"]),
            (&json!(n), &json!(0)),
            "{found}"
        );
    }

    // None was paid for twice: what hung when the worker died is asked again, and nothing else. Both stages are the judge's.
    assert_eq!(paid(&system).await?, 42);
    assert_eq!(system.mock_count("requests").await?, requests + 42 + 3);
    let asked = system.mock_requests().await?;
    for request in asked.iter().rev().take(42 + 3) {
        let body: Value = serde_json::from_str(request["body"].as_str().context("a body")?)?;
        assert_eq!(body["model"], "judge-x");
    }
    assert_eq!(record(&system, "audited").await?, before);
    assert_eq!(system.number(MADE).await?, 21);
    Ok(())
}
