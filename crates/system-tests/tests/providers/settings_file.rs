//! Edits of the settings file while work is under way.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion};
use crate::site::{Site, TWO};
use crate::support::SOON;

/// The same with the order turned round.
fn turned() -> String {
    TWO.replace(r#"["first", "second"]"#, r#"["second", "first"]"#)
}

fn payload(run: &str) -> Value {
    json!({"output": "Bees dance to tell the way.", "rubric": one_criterion(), "run": run})
}

async fn provider_of(site: &Site, run: &str) -> Result<String> {
    let ended = judged(&site.system, &payload(run)).await?;
    let provider = &ended["assessment"]["judges"][0]["provider"];
    Ok(provider.as_str().context("no provider")?.to_owned())
}

#[tokio::test]
async fn an_edit_holds_for_what_comes_and_a_bad_one_is_refused() -> Result<()> {
    let site = Site::start("edits", 2, TWO).await?;
    assert_eq!(provider_of(&site, "before").await?, "first");
    site.edit("[models.x]\ndeployments = [\"third\"]\n")?;
    eventually(SOON, async || {
        let refused = site.metric("autorater_settings_refused").await?;
        ensure!(refused == Some(1.0), "{refused:?}");
        anyhow::Ok(())
    })
    .await?;
    let log = site.system.worker(0).log();
    assert!(
        log.contains("unknown provider") && log.contains("third"),
        "{log}"
    );
    assert_eq!(provider_of(&site, "refused").await?, "first");
    site.edit(&turned())?;
    eventually(SOON, async || {
        let log = site.system.worker(0).log();
        ensure!(log.contains("new providers and models are in use"), "{log}");
        anyhow::Ok(())
    })
    .await?;
    assert_eq!(site.metric("autorater_settings_refused").await?, Some(0.0));
    assert_eq!(provider_of(&site, "after").await?, "second");
    Ok(())
}

#[tokio::test]
async fn a_plan_that_runs_is_not_touched() -> Result<()> {
    let site = Site::start("running_plan", 2, TWO).await?;
    // The steps of cot are one call, the judgement another: the edit comes between the two.
    site.providers[0].set(&json!({"latency_ms": 3_000})).await?;
    let mut asked = payload("cot");
    asked["strategy"] = json!("cot");
    let id = site.system.post_payload(&asked).await?;
    eventually(SOON, async || {
        let plans = site.system.number("SELECT count(*) FROM plans").await?;
        ensure!(plans == 1, "{plans} plans");
        anyhow::Ok(())
    })
    .await?;
    site.edit(&turned())?;
    let ended = site.system.judged(&id).await?;
    assert_eq!(ended["usage"]["calls"], 2, "{ended:#}");
    assert_eq!(site.providers[0].count("requests").await?, 2);
    assert_eq!(site.providers[1].count("requests").await?, 0);
    let log = site.system.worker(0).log();
    assert!(log.contains("new providers and models are in use"), "{log}");
    // From the post to the end: the two calls are part of it.
    eventually(SOON, async || {
        let seconds = site.metric("autorater_evaluation_seconds_sum").await?;
        ensure!(seconds.is_some_and(|sum| sum >= 6.0), "{seconds:?}");
        anyhow::Ok(())
    })
    .await
}
