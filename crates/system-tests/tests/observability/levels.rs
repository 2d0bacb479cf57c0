//! Levels of modules, changed while a process runs.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::log::lines;
use crate::support::{SOON, System};
use crate::system::sending;

/// How many lines of requests ingest-api has logged at DEBUG.
fn debugged(system: &System) -> Result<usize> {
    let lines = lines(system)?;
    let found = lines.iter().filter(|line| {
        line.service == "ingest-api"
            && line.is_about("level", "DEBUG")
            && line.is_about("message", "request answered")
    });
    Ok(found.count())
}

fn says(system: &System, message: &str) -> Result<()> {
    let lines = lines(system)?;
    let there = lines.iter().any(|line| line.is_about("message", message));
    ensure!(there, "no line \"{message}\"");
    Ok(())
}

#[tokio::test]
async fn a_filter_holds_for_its_time_and_no_longer() -> Result<()> {
    let system = System::start(sending().workers(0)).await?;
    let admin = system.ingest()[0]
        .admin_url()
        .context("no admin address")?
        .to_owned();
    let url = format!("{admin}/log-level");
    let http = system.http();
    system.post("Before.").await?;
    let put = |body: Value| http.put(&url).json(&body).send();

    for (body, pointer) in [
        (json!({"filter": "service=loud"}), "/filter"),
        (json!({"filter": "info", "seconds": 0}), "/seconds"),
        (json!({"filter": "info", "seconds": 86_401}), "/seconds"),
        (json!({"level": "info"}), ""),
    ] {
        let answer = put(body).await?;
        ensure!(answer.status() == 422, "{}", answer.status());
        let problem: Value = answer.json().await?;
        ensure!(problem["errors"][0]["pointer"] == pointer, "{problem}");
    }

    // Of one module, and of no other.
    let answer = put(json!({"filter": "info,service::http=debug", "seconds": 3})).await?;
    ensure!(answer.status() == 200, "{}", answer.status());
    let held: Value = answer.json().await?;
    ensure!(held["filter"] == "info,service::http=debug", "{held}");
    ensure!(
        held["configured"] == "info" && held["restored_at"].is_string(),
        "{held}"
    );
    system.post("While it holds.").await?;
    eventually(SOON, async || {
        let count = debugged(&system)?;
        ensure!(count == 1, "{count}");
        anyhow::Ok(())
    })
    .await?;
    eventually(SOON, async || says(&system, "log levels restored")).await?;
    let now: Value = http.get(&url).send().await?.json().await?;
    ensure!(
        now["filter"] == "info" && now["restored_at"].is_null(),
        "{now}"
    );
    system.post("Afterwards.").await?;

    // Taken back at once.
    put(json!({"filter": "debug"})).await?.error_for_status()?;
    let back: Value = http.delete(&url).send().await?.json().await?;
    ensure!(back["filter"] == "info", "{back}");
    system.post("At last.").await?;
    // When a later request has its line, an earlier one has all of its own.
    let last = system.post("After that.").await?;
    eventually(SOON, async || {
        let lines = lines(&system)?;
        let is_there = lines
            .iter()
            .any(|line| line.is_about("evaluation_id", &last));
        ensure!(is_there, "not logged yet");
        anyhow::Ok(())
    })
    .await?;
    let count = debugged(&system)?;
    ensure!(count == 1, "{count} requests were logged");
    Ok(())
}
