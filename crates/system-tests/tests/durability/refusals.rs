//! Rights that are taken away while work is under way: everything waits, health says why, and nothing has failed.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::{SERVICES_ROLE, StackBuilder, eventually};
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

/// What is in a row, and must be in no log.
const QUOTED: &str = "quoted-4711";

/// Health is to say so within this.
const WITHIN: Duration = Duration::from_secs(10);

fn with_rights_to_take() -> StackBuilder {
    quick().plain_role(true)
}

impl System {
    async fn revoke(&self, table: &str) -> Result<()> {
        let revoke = format!("REVOKE ALL ON {table} FROM {SERVICES_ROLE}");
        self.run_sql(&revoke).await
    }

    async fn grant(&self, table: &str) -> Result<()> {
        let grant = format!("GRANT ALL ON {table} TO {SERVICES_ROLE}");
        self.run_sql(&grant).await
    }

    /// Waits until a worker has met the refusal for this long, by what its health says.
    async fn is_refused(&self, table: &str) -> Result<()> {
        let words = format!("permission denied for table {table}");
        let took = self.says(&self.worker(0), "postgres", &words).await?;
        ensure!(took < WITHIN, "{table}: only after {took:?}");
        Ok(())
    }
}

#[tokio::test]
async fn a_right_that_is_taken_away_under_running_evaluations_fails_none_of_them() -> Result<()> {
    let system = System::start(with_rights_to_take()).await?;
    let mut count = 0;
    for table in ["payloads", "plans", "replies", "assessments", "evaluations"] {
        // Some are under way when it is taken, the others are begun without it.
        system.mock_is(json!({"latency_ms": 1_500})).await?;
        let waits = system.mock_count("requests").await? + 5;
        for n in 0..5 {
            system.post(&format!("Under way, {table} {n}.")).await?;
        }
        system.mock_reaches("requests", waits).await?;
        let begun = match table {
            // Nothing can be posted without these.
            "payloads" | "evaluations" => 0,
            _ => 5,
        };
        system.revoke(table).await?;
        for n in 0..begun {
            system.post(&format!("Begun without, {table} {n}.")).await?;
        }
        count += 5 + begun;
        if table == "payloads" {
            // Those under way have read theirs: whoever posts meets it.
            let refused = system.try_post("Without payloads.").await?;
            assert_eq!(refused.status(), 503);
            assert!(refused.headers().contains_key("retry-after"));
            let problem = refused.text().await?;
            assert!(problem.contains("dependency_unavailable"), "{problem}");
            assert!(!problem.contains("permission denied"), "{problem}");
            let words = "permission denied for table payloads";
            system.says(&system.ingest()[0], "postgres", words).await?;
        } else {
            system.is_refused(table).await?;
        }
        system.grant(table).await?;
        system.all_judged(count, SOON).await?;
        system.is_ready(&system.worker(0)).await?;
        system.is_ready(&system.ingest()[0]).await?;
    }
    assert_eq!(system.number("SELECT count(*) FROM replies").await?, count);
    let log = system.worker(0).log();
    // Once for each change, not once for each try.
    let errors = log
        .lines()
        .filter(|line| line.contains("\"ERROR\""))
        .count();
    assert!((4..=40).contains(&errors), "{errors} errors:\n{log}");
    Ok(())
}

#[tokio::test]
async fn what_can_not_be_claimed_is_told_and_waited_for() -> Result<()> {
    let system = System::start(with_rights_to_take()).await?;
    system.judged(&system.post("Before.").await?).await?;
    // Any column at all is enough for whoever posts: the key of the payload locks the row.
    let claim = format!(
        "REVOKE UPDATE ON evaluations FROM {SERVICES_ROLE};
         GRANT UPDATE (correlation_id) ON evaluations TO {SERVICES_ROLE}"
    );
    system.run_sql(&claim).await?;
    let id = system.post("Nobody can claim it.").await?;
    let words = "permission denied for table evaluations";
    system.says(&system.worker(0), "claim", words).await?;
    let told = system.worker(0).log();
    assert_eq!(told.matches("nothing can be claimed").count(), 1, "{told}");
    system.grant("evaluations").await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 1, "{evaluation}");
    system.is_ready(&system.worker(0)).await
}

#[tokio::test]
async fn every_other_table_can_be_taken_away_for_a_while() -> Result<()> {
    let system = System::start(with_rights_to_take()).await?;
    for table in [
        "workers",
        "rubrics",
        "rubric_steps",
        "endpoints",
        "queue_figures",
    ] {
        system.revoke(table).await?;
        let words = format!("permission denied for table {table}");
        // A rubric is looked up by whoever posts, steps by the strategy that makes them.
        let payload = json!({"output": format!("Without {table}."), "strategy": "cot"});
        let posted = system.api.post(&payload).await?;
        match table {
            "rubrics" => {
                assert_eq!(posted.status(), 503);
                system.says(&system.ingest()[0], "postgres", &words).await?;
                let url = format!("{}/v1/rubrics", system.status_url());
                let list = system.http().get(url).send().await?;
                assert_eq!(list.status(), 503);
                let problem = list.text().await?;
                assert!(!problem.contains("permission denied"), "{problem}");
                system.says(&system.status()[0], "postgres", &words).await?;
            }
            "workers" => {
                system.says(&system.worker(0), "heartbeat", &words).await?;
            }
            "queue_figures" => {
                // Others go on without the figures.
                system.says(&system.worker(0), "postgres", &words).await?;
            }
            _ => {
                system.says(&system.worker(0), "postgres", &words).await?;
            }
        }
        system.grant(table).await?;
        eventually(SOON, async || {
            let posted = system.api.post(&payload).await?;
            ensure!(posted.status().is_success(), "{}", posted.status());
            anyhow::Ok(())
        })
        .await?;
        system.is_ready(&system.worker(0)).await?;
    }
    system.all_judged(5, SOON).await
}

/// Final is what is wrong with the record itself, and its sender does not read the server's words.
#[tokio::test]
async fn what_the_database_does_not_take_of_one_record_ends_that_one() -> Result<()> {
    let system = System::start(with_rights_to_take().env("RUST_LOG", "debug")).await?;
    system
        .run_sql("ALTER TABLE evaluations ADD CONSTRAINT canary CHECK (steps_total <> 3)")
        .await?;
    system.judged(&system.post("Of one step.").await?).await?;
    let payload = json!({"output": format!("The {QUOTED} candidate."), "samples": 3, "temperature": 0.5,
                         "metadata": {"agent": QUOTED}});
    let id = system.post_payload(&payload).await?;
    let failed = system.ended(&id).await?;
    assert_eq!(failed["error"]["code"], "unreadable", "{failed}");
    let message = failed["error"]["message"].as_str().unwrap_or_default();
    for word in ["canary", "23514", "constraint", "relation"] {
        assert!(!message.contains(word), "{message}");
    }
    let log = system.worker(0).log();
    let line = log
        .lines()
        .find(|line| line.contains("a record cannot be read or written"));
    let line: Value = serde_json::from_str(line.unwrap_or_default())?;
    assert!(line.to_string().contains("23514"), "{line}");
    // PostgreSQL quotes the failing row in the detail, and its client library logs what it sends.
    for log in [log, system.ingest()[0].log(), system.status()[0].log()] {
        let leak = log
            .lines()
            .find(|line| line.contains("Failing row") || line.contains(QUOTED));
        assert_eq!(leak, None);
    }
    system
        .judged(&system.post("Of one step, after it.").await?)
        .await?;
    Ok(())
}

/// The first may have had a fault of its own. Once a second is refused like it, they wait until the table is mended, and
/// nothing that was paid for is bought again.
#[tokio::test]
async fn what_is_refused_of_one_record_after_another_is_told_by_health_and_waited_for() -> Result<()>
{
    const COUNT: usize = 8;
    for table in ["assessments", "replies"] {
        let system = System::start(with_rights_to_take()).await?;
        let worker = system.worker(0);
        let broken =
            format!("ALTER TABLE {table} ADD CONSTRAINT broken CHECK (epoch < 0) NOT VALID");
        system.run_sql(&broken).await?;
        for n in 0..COUNT {
            system.post(&format!("Refused {n}.")).await?;
        }
        eventually(WITHIN, async || {
            let (is_ready, reason) = system.readiness(&worker, "records").await?;
            let reason = reason.unwrap_or_default();
            ensure!(
                is_ready && reason.contains("broken") && reason.contains("23514"),
                "{reason}"
            );
            anyhow::Ok(())
        })
        .await?;
        // All have been judged by now, and none but the first has ended.
        system.mock_reaches("requests", COUNT as u64).await?;
        let failed = "SELECT count(*) FROM evaluations WHERE state = 'failed'";
        assert!(system.number(failed).await? <= 1, "{table}");
        let mends = format!("ALTER TABLE {table} DROP CONSTRAINT broken");
        system.run_sql(&mends).await?;
        eventually(SOON, async || {
            let ended = "SELECT count(*) FROM evaluations WHERE state IN ('failed', 'succeeded')";
            let ended = system.number(ended).await?;
            ensure!(ended == COUNT as i64, "{ended} of {COUNT}");
            anyhow::Ok(())
        })
        .await?;
        assert!(system.number(failed).await? <= 1, "{table}");
        system.is_ready(&worker).await?;
        assert_eq!(
            system.mock_count("requests").await?,
            COUNT as u64,
            "{table}"
        );
        let log = worker.log();
        let told = |line: &&str| line.contains("one record after another");
        assert_eq!(log.lines().filter(told).count(), 1, "{table}:\n{log}");
    }
    Ok(())
}

/// What was paid for a reply that cannot be kept is shown.
#[tokio::test]
async fn what_a_reply_cost_is_shown_where_the_database_does_not_take_what_it_says() -> Result<()> {
    let system = System::start(with_rights_to_take()).await?;
    // An empty reply is shorter than this.
    system
        .run_sql("ALTER TABLE replies ADD CONSTRAINT short CHECK (length(body) < 180) NOT VALID")
        .await?;
    let id = system.post("Refused.").await?;
    let failed = system.ended(&id).await?;
    assert_eq!(failed["error"]["code"], "unreadable", "{failed}");
    assert_eq!(failed["usage"]["calls"], 1, "{failed}");
    assert!(
        failed["usage"]["output_tokens"].as_u64() > Some(0),
        "{failed}"
    );
    Ok(())
}
