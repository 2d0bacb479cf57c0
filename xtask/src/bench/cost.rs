//! `cargo xtask bench cost`: what of prompts a provider's cache can serve, and what evaluations cost with and without it.

mod prices;
mod workload;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use local_stack::{ApiClient, MockLlm, Stack};
use serde_json::{Value, json};

use self::prices::{Price, Prices};
use self::workload::Workload;
use super::{judging, stacks};
use crate::paint::say;
use crate::workspace;

/// Evaluations posted at once.
const BATCH: usize = 100;

/// Judge with a simulated provider that caches prefixes: how many input tokens come out of the cache, and the cost at example
/// prices.
#[derive(Debug, clap::Args)]
pub(crate) struct Cost {
    /// How many `direct` evaluations of 2 KB.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    count: usize,
    /// How many of each of the others.
    #[arg(long, default_value_t = 10, value_name = "N")]
    large: usize,
    /// The built-in rubric of the `direct` ones.
    #[arg(long, default_value = "general-quality", value_name = "NAME")]
    rubric: String,
    /// A directory with built binaries, instead of building them.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
}

/// Measures.
pub(crate) async fn cost(args: &Cost) -> Result<()> {
    let bin_dir = match &args.bin_dir {
        Some(dir) => dir.clone(),
        None => workspace::binaries(false).await?,
    };
    let prices = Prices::read()?;
    let home = stacks::home()?.with_file_name("cost");
    std::fs::create_dir_all(&home).context("a directory for the provider")?;
    let mock = MockLlm::start_from(&bin_dir, &home).await?;
    let settings = home.join("autorater.toml");
    std::fs::write(&settings, prices.settings(mock.url())).context("writing settings")?;
    let settings = settings.to_str().context("a path that is no text")?;
    let stack = stacks::fresh(&bin_dir)?
        .mock(false)
        .worker_env("AUTORATER_CONFIG", settings)
        .start()
        .await?;
    say(format!("prices as of {}: {}", prices.as_of, prices.note));
    say("| what | schema before the messages | model | input tokens | from cache | written | of what is constant | of all input | USD each, without a cache | with |".to_owned());
    say("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |".to_owned());
    for workload in Workload::all(args.count, args.large, &args.rubric) {
        for price in &prices.models {
            for schema_first in [true, false] {
                measure(&stack, &mock, &workload, price, schema_first).await?;
            }
        }
    }
    stack.stop().await
}

async fn measure(
    stack: &Stack,
    mock: &MockLlm,
    workload: &Workload,
    price: &Price,
    schema_first: bool,
) -> Result<()> {
    // Settings begin with an empty cache, and answers that take as long as a short one does.
    let cache = json!({"kind": price.cache, "schema_first": schema_first});
    mock.set(
        &json!({"cache": {&*price.model: cache}, "latency_ms": 50, "faults": workload.replies()}),
    )
    .await?;
    let before = mock.stats().await?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let run = format!("{} {} {schema_first}", workload.name(), price.model);
    let posts: Vec<Value> = workload.payloads(&price.model, &run);
    for posts in posts.chunks(BATCH) {
        let lines: String = posts.iter().map(|post| format!("{post}\n")).collect();
        let answers = api.submit_batch(lines).await?;
        ensure!(
            !answers.contains("\"error\""),
            "not all were taken: {answers}"
        );
    }
    judging::all_have_ended(&api).await?;
    let failed: Value = api.get("/v1/evaluations?status=failed&limit=1").await?;
    ensure!(
        failed["items"].as_array().is_some_and(Vec::is_empty),
        "some have failed: {failed}"
    );
    // An answer is counted before its last bytes leave.
    let after = mock.stats().await?;
    let count = |name: &str| -> Result<u64> {
        let number = |stats: &Value| stats[name].as_u64().context("no such figure");
        Ok(number(&after)? - number(&before)?)
    };
    let used = Used {
        calls: count("completed")?,
        input: count("input_tokens")?,
        cached: count("cached_input_tokens")?,
        written: count("cache_write_tokens")?,
        output: count("output_tokens")?,
    };
    let constant = match workload.is_of_one_rubric() {
        true => Some(workload::constant_tokens(&mock.requests().await?)? * used.calls),
        false => None,
    };
    let with = price.cost(used);
    let without = price.cost(Used {
        cached: 0,
        written: 0,
        ..used
    });
    let each = |cost: f64| format!("{:.6}", cost / in_floats(posts.len() as u64));
    let share = |of: u64| format!("{:.1} %", 100.0 * in_floats(used.cached) / in_floats(of));
    say(format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        workload.name(),
        if schema_first { "yes" } else { "no" },
        price.model,
        used.input,
        used.cached,
        used.written,
        constant.map_or_else(|| "–".to_owned(), share),
        share(used.input),
        each(without),
        each(with),
    ));
    Ok(())
}

/// Tokens of all calls.
#[derive(Debug, Clone, Copy)]
struct Used {
    calls: u64,
    input: u64,
    cached: u64,
    written: u64,
    output: u64,
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn in_floats(number: u64) -> f64 {
    number as f64
}
