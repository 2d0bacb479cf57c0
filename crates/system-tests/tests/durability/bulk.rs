//! A command for all that match outlives the process that was asked.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use local_stack::{Stack, eventually};
use serde_json::{Value, json};

use crate::support::{SOON, System};

/// Ten batches; two hundred with `AUTORATER_FULL_SIZE=1`.
const FAILED: i64 = 5_000;
const FULL_SIZE: i64 = 100_000;

/// Evaluations that failed, each with its payload, one a millisecond.
const FILL: &str = "
    INSERT INTO evaluations (id, tenant, payload_sha256, state, priority, strategy, rubric, correlation_id, created_at,
                             finished_at, error_code)
    SELECT gen_random_uuid(), 'default', '', 'failed', 'batch', 'direct', 'general-quality@1', 'dead',
           now() - n * interval '1 ms', now(), 'attempts_exhausted'
    FROM generate_series(1, $1::int8) n";
const PAYLOADS: &str = "
    INSERT INTO payloads (evaluation_id, tenant, size, body) SELECT id, tenant, 2, '' FROM evaluations";
/// So that a batch can be met half way.
const SLOW: &str = "
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END';
    CREATE TRIGGER slow BEFORE UPDATE OF next_at ON bulk_commands FOR EACH ROW EXECUTE FUNCTION slow()";

#[tokio::test]
async fn a_bulk_retry_whose_process_is_killed_is_finished_by_another_and_retries_none_twice()
-> Result<()> {
    let is_full_size = std::env::var_os("AUTORATER_FULL_SIZE").is_some();
    let failed = if is_full_size { FULL_SIZE } else { FAILED };
    let system = System::start(Stack::builder().workers(0).status_replicas(2)).await?;
    let fill = async |client: &tokio_postgres::Client| {
        let filled = client.execute(FILL, &[&failed]).await?;
        client.execute(PAYLOADS, &[]).await?;
        Ok(filled)
    };
    assert_eq!(system.with_sql(fill).await?, failed.unsigned_abs());
    system.run_sql(SLOW).await?;
    let other = system.status_url_of(1).to_owned();
    // Whoever looks for commands first would carry this one out, so the other is started when it is under way.
    system.status()[1].kill().await?;

    let command = "error_code=attempts_exhausted&correlation_id=dead";
    let url = format!("{}/v1/evaluations/retry?{command}", system.status_url());
    let answer = system.http().post(format!("{url}&dry_run=true")).send();
    let counted: Value = answer.await?.error_for_status()?.json().await?;
    assert_eq!(counted, json!({"matched": failed}));
    let answer = system.http().post(url).send().await?;
    assert_eq!(answer.status(), 202);
    let location = answer.headers()["location"].to_str()?.to_owned();
    let given: Value = answer.json().await?;
    assert_eq!(given["matched"], failed, "{given}");

    let done = "SELECT coalesce(max(done), 0) FROM bulk_commands";
    eventually(SOON, async || {
        let done = system.number(done).await?;
        ensure!(done > 0, "no batch yet");
        anyhow::Ok(())
    })
    .await?;
    system.status()[0].kill().await?;
    let before = system.number(done).await?;
    ensure!(before < failed, "it was finished before the kill");
    // Some of those that were retried fail again in the meantime.
    let again = "UPDATE evaluations SET state = 'failed', error_code = 'attempts_exhausted', finished_at = now()
                 WHERE id IN (SELECT id FROM evaluations WHERE round = 2 LIMIT 100)";
    let fail = async |client: &tokio_postgres::Client| Ok(client.execute(again, &[]).await?);
    assert_eq!(system.with_sql(fail).await?, 100);

    let killed = Instant::now();
    system.status()[1].start_again()?;
    system.status()[1].wait_ready().await?;
    let finished = eventually(3 * SOON, async || {
        let answer = system.http().get(format!("{other}{location}")).send();
        let command: Value = answer.await?.error_for_status()?.json().await?;
        ensure!(command["status"] == "finished", "{command}");
        anyhow::Ok(command)
    })
    .await?;
    tell(before, killed.elapsed());
    assert_eq!(finished["done"], failed, "{finished}");
    assert!(finished["finished_at"].is_string(), "{finished}");
    let rounds = "SELECT count(*) FROM evaluations WHERE round <> 2";
    assert_eq!(system.number(rounds).await?, 0, "each is retried once");
    let waiting = "SELECT count(*) FROM evaluations WHERE state = 'queued'";
    assert_eq!(system.number(waiting).await?, failed - 100);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figure that this test is for")]
fn tell(before: i64, after: Duration) {
    println!("figure: killed after {before}, finished by another {after:?} later");
}
