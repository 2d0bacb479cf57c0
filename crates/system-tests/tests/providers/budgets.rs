//! A tenant's budget holds over all workers, and through their death.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::ask::one_criterion;
use crate::site::Site;
use crate::support::{SOON, quick};

/// A million tokens in and out cost a dollar.
const PRICED: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [providers.only.prices.judge]
    input = "1"
    output = "1"
    [models."*"]
    deployments = ["only"]
"#;
const COUNT: usize = 500;
/// What a call takes: 1,100 millionths of a dollar.
const TOKENS: u64 = 1_100;
/// In tokens, as all money below: of 500 calls it suffices for 100.
const LIMIT: u64 = 110_000;
/// More than is reserved for a call, in US dollars: 1,000 tokens out, and its prompt at three bytes a token.
const LARGEST_ESTIMATE: f64 = 0.006;
const NANO_USD_OF_A_TOKEN: u64 = 1_000;

fn payload(number: usize) -> Value {
    json!({"output": format!("Bees dance, {number}."), "rubric": one_criterion(), "model": "judge"})
}

#[tokio::test]
async fn it_is_never_exceeded_by_five_hundred_evaluations_and_a_killed_worker() -> Result<()> {
    let site = Site::with("budgets", 1, PRICED, quick().workers(2)).await?;
    let provider = &site.providers[0];
    let text = json!({"criteria": {"merit": {"rationale": "Fair.", "evidence": [], "score": 4}}, "summary": ""});
    let reply = json!({"fault": "reply", "text": text, "usage": {"input_tokens": 1_000, "output_tokens": 100}});
    provider
        .set(&json!({"latency_ms": 400, "faults": [reply]}))
        .await?;
    let limit = LIMIT * NANO_USD_OF_A_TOKEN;
    let sql = format!(
        "INSERT INTO budgets (tenant, period, limit_nano_usd) VALUES ('default', 'day', {limit})"
    );
    site.system.run_sql(&sql).await?;
    let lines: String = (0..COUNT)
        .map(|number| format!("{}\n", payload(number)))
        .collect();
    site.system.api.submit_batch(lines).await?;
    eventually(SOON, async || {
        let completed = provider.count("completed").await?;
        ensure!(completed >= 20, "{completed}");
        anyhow::Ok(())
    })
    .await?;
    site.system.kill_worker(0).await?;
    site.system.worker(0).start_again()?;
    let count = async |condition: &str| -> Result<usize> {
        let query = format!("SELECT count(*) FROM evaluations WHERE {condition}");
        Ok(usize::try_from(site.system.number(&query).await?)?)
    };
    eventually(Duration::from_secs(120), async || {
        let left = count("state IN ('queued', 'running')").await?;
        ensure!(left == 0, "{left} wait or run");
        anyhow::Ok(())
    })
    .await?;
    let judged = count("state = 'succeeded'").await?;
    let refused = count("state = 'failed' AND error_code = 'budget_exceeded'").await?;
    ensure!(
        judged + refused == COUNT,
        "{judged} judged, {refused} refused"
    );
    // Whoever was killed may have paid for what it had asked for.
    let (completed, cancelled) = (
        provider.count("completed").await?,
        provider.count("cancelled").await?,
    );
    let paid = (completed + cancelled) * TOKENS;
    ensure!(
        paid <= LIMIT,
        "{paid} of {LIMIT}: {completed} + {cancelled}"
    );
    let budgets: Value = site.system.api.get("/v1/budgets").await?;
    let [budget] = budgets["items"]
        .as_array()
        .context("no budgets")?
        .as_slice()
    else {
        anyhow::bail!("not one budget: {budgets}");
    };
    ensure!(
        budget["limit_usd"] == "0.11" && budget["key_id"].is_null(),
        "{budget}"
    );
    let dollars =
        |name: &str| -> Result<f64> { Ok(budget[name].as_str().context("no amount")?.parse()?) };
    let spent = dollars("spent_usd")?;
    // What a killed worker's calls may have cost stays reserved; for the next call there is no room.
    let left = 0.11 - spent - dollars("reserved_usd")?;
    ensure!(left < LARGEST_ESTIMATE, "not used: {budget}");
    let expected = 0.0011 * f64::from(u32::try_from(judged)?);
    ensure!(
        spent >= expected - 1e-9 && spent <= 0.11,
        "{budget}, {judged} judged"
    );
    ensure!(
        site.metric("autorater_budget_refusals_total")
            .await?
            .is_some_and(|count| count > 0.0),
        "no refusal is counted"
    );
    Ok(())
}
